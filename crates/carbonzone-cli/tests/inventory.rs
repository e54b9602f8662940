//! From the yearbook to the townships: no tonne is lost on the way, and every tonne leads back to its cell.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_types::{ExactSum, Stage, TOLERANCE};
use common::{City, expect, relative, root};

fn yearbook_city() -> City {
    let city = City::new();
    let toml = std::fs::read_to_string(root().join("pipelines/suzhou-inventory.toml")).unwrap();
    let toml = toml.replace("../build/synth/suzhou/", "layers/").replace(
        "../fixtures/suzhou/yearbook.csv",
        &root().join("fixtures/suzhou/yearbook.csv").display().to_string(),
    );
    std::fs::write(city.path("city.toml"), toml).unwrap();
    city
}

#[test]
fn mass_is_kept_from_activity_line_to_township() {
    let city = yearbook_city();
    city.run("out", &[]);
    let manifest = city.manifest("out");
    let lines = manifest.inventory["lines"].as_array().unwrap();
    let mut sectors = manifest.sectors.clone();
    sectors.push("sink".to_owned());
    for sector in &sectors {
        let counted = lines.iter().filter(|l| l["counted"] == true && l["sector"] == sector.as_str());
        let from_lines = counted.map(|l| l["result_t"].as_f64().unwrap()).collect::<ExactSum>().value();
        let of = |stage| {
            let rows = manifest.ledger.iter().filter(|r| r.stage == stage && r.sector == *sector);
            rows.filter_map(|r| r.amount_t).collect::<ExactSum>().value()
        };
        assert!(from_lines > 0.0, "{sector} has no line");
        assert!(relative(from_lines, of(Stage::Budget)) <= TOLERANCE, "{sector}: lines to budgets");
        assert!(relative(from_lines, of(Stage::Placed)) <= TOLERANCE, "{sector}: lines to parcels");
        let zones = of(Stage::Zones) + of(Stage::ZonesOutside);
        assert!(relative(from_lines, zones) <= TOLERANCE, "{sector}: lines to townships");
    }
}

#[test]
fn explain_traces_a_townships_industry_back_to_fuel_lines() {
    let city = yearbook_city();
    city.run("out", &[]);
    let (stdout, _) =
        expect(0, &["explain", &city.path("out"), "--township", "320582001", "--format", "json"]);
    let e: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let lines = e["inventory_lines"].as_array().unwrap();
    let coal = lines
        .iter()
        .find(|l| l["factor_id"] == "fuel.cn.raw_coal")
        .expect("coal is behind the industry tonnes");
    assert!(
        coal["file"].as_str().unwrap().contains("yearbook.csv") && !coal["cell"].as_str().unwrap().is_empty()
    );
    // The lines of industrial land sum to the budget that the township shares in.
    let sum: f64 = lines
        .iter()
        .filter(|l| l["sector"] == "industry" && l["land_group"] == "industrial")
        .map(|l| l["result_t"].as_f64().unwrap())
        .sum();
    let rule = e["lines"].as_array().unwrap().iter().find(|l| l["rule"] == "manufacturing").unwrap();
    assert!(relative(sum, rule["budget_t"].as_f64().unwrap()) <= TOLERANCE);
}

#[test]
fn the_inventory_command_prints_every_line_and_exports_it() {
    let city = yearbook_city();
    let export = city.path("lines.csv");
    let (stdout, stderr) = expect(0, &["inventory", &city.path("city.toml"), "--export", &export]);
    for needle in
        ["fuel.cn.raw_coal", "electricity_boundary = territorial", "cross-foot", "±", "approach 2, t"]
    {
        assert!(stdout.contains(needle), "`{needle}` is not in:\n{stdout}");
    }
    assert!(stderr.contains("double_count_electricity") && stderr.contains("unverified_factors"), "{stderr}");
    let csv = std::fs::read_to_string(export).unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.contains("fuel.cn.raw_coal"));
    for format in ["xlsx", "json"] {
        expect(
            0,
            &["inventory", &city.path("city.toml"), "--export", &city.path(&format!("lines.{format}"))],
        );
    }
    expect(2, &["inventory", &city.path("city.toml"), "--export", &city.path("lines.doc")]);
}
