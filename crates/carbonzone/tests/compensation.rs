//! `[compensation]` through whole runs: tables, record, map, report, explanation, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::explain::{Unit, explain};
use carbonzone::{Config, Files, NoProgress, RunManifest};
use carbonzone_types::AttributeTable;
use std::path::{Path, PathBuf};

const SECTION: &str = r#"
[compensation]
models = ["benchmark", "ability_to_pay", "quota"]
prices = [
  { name = "market", cny_per_t = 89.06, source = "example" },
  { name = "low", cny_per_t = 52.84, source = "example" },
  { name = "shadow", cny_per_t = 1944.84, source = "example" },
]
[compensation.ability]
engel = 0.3
engel_of = { Z1 = 0.25 }
source = "example"
[compensation.quota]
reduction = 0.1
by = "entropy"
indicators = ["gross", "gdp"]
[uncertainty]
draws = 128
drivers = false
gdp_pct = 30.0
budgets = { industry = 20.0, construction = 10.0, sink = 40.0 }
"#;

fn read(dir: &Path, section: &str) -> carbonzone::Checked<Config> {
    let pipeline = city::city(dir, 12);
    let text = std::fs::read_to_string(&pipeline).unwrap();
    std::fs::write(&pipeline, text + section).unwrap();
    Config::read(&pipeline, &[])
}

fn run(dir: &Path, section: &str) -> (PathBuf, RunManifest) {
    let config = read(dir, section).value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let result = carbonzone::compute(inputs, &NoProgress);
    let result = result.value.unwrap_or_else(|| panic!("{:?}", result.findings));
    let folder = dir.join("out");
    std::fs::create_dir_all(&folder).unwrap();
    carbonzone::write(&result, &folder, config.outputs(), &NoProgress).unwrap();
    let record = carbonzone::out_dir::read_manifest(&folder).unwrap();
    (folder, record)
}

fn table(folder: &Path) -> AttributeTable {
    carbonzone_io::read_own_layer(&folder.join("small.gpkg"), "townships").unwrap().1
}

#[test]
fn a_run_nets_to_nothing_and_says_the_same_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, record) = run(dir.path(), SECTION);
    let kept = record.compensation.as_ref().unwrap();
    assert_eq!((kept.models.len(), kept.prices.len()), (3, 3));
    let zones = table(&folder);
    let (gross, gdp) = (zones.numbers("gross_t").unwrap(), zones.numbers("gdp_1e4cny").unwrap());
    let (ecc, esc, ccr) =
        (zones.numbers("ecc").unwrap(), zones.numbers("esc").unwrap(), record.totals.ccr_of_zones.unwrap());
    assert!(gdp.iter().all(Option::is_some));
    for model in &kept.models {
        assert_eq!(model.net_fen, [0, 0, 0]);
        for (p, moved) in model.moved_cny.iter().enumerate() {
            let fen: i64 = model.units.iter().map(|u| (u.cny[p] * 100.0).round() as i64).sum();
            assert_eq!(fen, 0);
            let paid: f64 = model.units.iter().map(|u| u.cny[p].min(0.0)).sum();
            assert!((paid + moved).abs() < 1e-6 && *moved > 0.0);
        }
        assert!(model.units.iter().all(|u| u.sign_probability.is_some_and(|p| (0.0..=1.0).contains(&p))));
    }
    // The benchmark is S − E of the indices that the table has.
    let columns = (zones.numbers("compensation_t").unwrap(), zones.numbers("compensation_cny").unwrap());
    for (i, unit) in kept.models[0].units.iter().enumerate() {
        let (c, ecc, esc) = (gross[i].unwrap(), ecc[i].unwrap(), esc[i].unwrap());
        let expected = ccr * c * (esc - 1.0) - c * (1.0 - ecc);
        assert!((unit.settled_t - expected).abs() < 1e-9 * c.max(1.0), "{} {expected}", unit.settled_t);
        assert_eq!((columns.0[i], columns.1[i]), (Some(unit.settled_t), Some(unit.cny[0])));
        let said = explain(&folder, &Unit::Zone(unit.unit_id.clone()), None).unwrap().compensation;
        assert_eq!(said.len(), 3);
        assert_eq!((said[0].settled_t, said[0].at[2].cny), (unit.settled_t, unit.cny[2]));
        assert_eq!(said[0].sign_probability, unit.sign_probability);
    }
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let csv = read("compensation.csv");
    assert_eq!(csv.lines().count(), 1 + 3 * zones.rows());
    assert!(csv.lines().skip(1).all(|l| l.contains("shares among the units of this run")), "{csv}");
    assert!(read("compensation_flows.csv").lines().count() > 9);
    let page = read("report.html");
    for word in [
        "Compensation: benchmark, zero-sum",
        "碳补偿：基准法（零和）",
        "arithmetic on shares among the units of this run",
        "资金流向",
    ] {
        assert!(page.contains(word), "{word}");
    }
    assert!(read("figures/fig12_compensation.svg").contains("CNY/t"));
    assert!(record.statements.iter().any(|s| s.en.contains("arithmetic on shares") && s.zh.contains("算术")));
}

/// A written table: its rows by column.
fn rows(path: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let options = carbonzone_sheet::ReadOptions::default();
    let sheet = carbonzone_sheet::read_sheets(path, &options).unwrap().remove(0);
    let cells = |row: &Vec<carbonzone_sheet::Cell>| -> Vec<String> {
        row.iter()
            .map(|c| c.raw_text().unwrap_or_default().trim_start_matches('\u{feff}').to_owned())
            .collect()
    };
    let head = cells(&sheet.rows[0]);
    sheet.rows[1..].iter().map(|row| head.iter().cloned().zip(cells(row)).collect()).collect()
}

#[test]
fn the_written_economic_leg_is_gross_times_one_minus_the_written_ecc() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, record) = run(dir.path(), SECTION);
    let of_zones = rows(&folder.join("townships.csv"));
    let paid = rows(&folder.join("compensation.csv"));
    let number = |row: &std::collections::BTreeMap<String, String>, field: &str| -> f64 {
        row[field].parse().unwrap_or_else(|_| panic!("{field}: {:?}", row.get(field)))
    };
    let ccr = record.totals.ccr_of_zones.unwrap();
    let mut seen = 0;
    for row in paid.iter().filter(|r| r["model"] == "benchmark") {
        let zone = of_zones.iter().find(|z| z["unit_id"] == row["unit_id"]).unwrap();
        let gross = number(row, "gross_t");
        for ecc in [number(row, "ecc"), number(zone, "ecc")] {
            let (written, expected) = (number(row, "economic_t"), gross * (1.0 - ecc));
            assert!((written - expected).abs() < 1e-9 * gross.max(1.0), "{written} {expected}");
        }
        let (written, expected) = (number(row, "ecological_t"), ccr * gross * (number(row, "esc") - 1.0));
        assert!((written - expected).abs() < 1e-9 * gross.max(1.0), "{written} {expected}");
        seen += 1;
    }
    assert!(seen > 1);
    // Both legs are shares of wholes: they add up to nothing.
    for leg in ["economic_t", "ecological_t"] {
        let all = paid.iter().filter(|r| r["model"] == "benchmark");
        let (sum, size) =
            all.fold((0.0, 0.0), |(sum, size), r| (sum + number(r, leg), size + number(r, leg).abs()));
        assert!(f64::abs(sum) <= 1e-9 * size, "{leg}: {sum}");
    }
}

#[test]
fn everything_that_is_wrong_with_the_section_is_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let section = r#"
[compensation]
models = ["benchmark", "benchmark", "quota"]
year = 1999
weight_economic = -1.0
prices = [
  { name = "Market Price", cny_per_t = 0.0, source = "" },
  { name = "low", cny_per_t = nan, source = "x" },
]
[compensation.ability]
engel = 30.0
engel_of = { z1 = 0.0 }
source = ""
[compensation.quota]
reduction = 1.0
by = "history"
[compensation.quota.cost]
first_cny_per_t = -3.0
first_of = { z1 = -1.0 }
rise_cny_per_t = 0.0
source = " "
"#;
    let findings = read(dir.path(), section).findings;
    let of = |code: &str| {
        let all = findings.items.iter().filter(|f| f.code == code);
        all.filter_map(|f| f.field.clone()).collect::<Vec<_>>().join(" ")
    };
    for (code, fields) in [
        ("compensation_models", "compensation.models"),
        ("compensation_year", "compensation.year"),
        ("compensation_prices", "compensation.prices"),
        (
            "compensation_price",
            "compensation.prices.0.name compensation.prices.0.cny_per_t compensation.prices.1.cny_per_t",
        ),
        ("compensation_weight", "compensation.weight_economic"),
        ("compensation_engel", "compensation.ability.engel compensation.ability.engel_of.z1"),
        ("compensation_unused", "compensation.ability"),
        ("compensation_quota", "compensation.quota.reduction compensation.quota.by"),
        (
            "compensation_cost",
            "compensation.quota.cost.first_cny_per_t compensation.quota.cost.first_of.z1 compensation.quota.cost.rise_cny_per_t",
        ),
    ] {
        assert_eq!(of(code), fields, "{code}: {findings:?}");
    }
    assert_eq!(findings.items.iter().filter(|f| f.code == "compensation_source").count(), 3, "{findings:?}");
    assert!(findings.items.iter().filter(|f| f.code.starts_with("compensation")).all(|f| f.span.is_some()));
}

#[test]
fn names_that_no_unit_has_and_units_without_a_number_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = SECTION.replace("Z1 = 0.25", "Z9 = 0.25");
    let config = read(dir.path(), &wrong).value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let found = carbonzone::compute(inputs, &NoProgress);
    assert!(found.value.is_none());
    let finding = found.findings.items.iter().find(|f| f.code == "compensation_unit").unwrap();
    assert!(finding.message.contains("\"Z9\"") && finding.field.as_deref().unwrap().ends_with("engel_of.Z9"));

    let dir = tempfile::tempdir().unwrap();
    let zones = city::city(dir.path(), 12).with_file_name("zones.geojson");
    let text = std::fs::read_to_string(&zones).unwrap();
    let config = read(dir.path(), SECTION).value.unwrap();
    std::fs::write(&zones, text.replacen("\"gdp\":2000", "\"gdp\":null", 1)).unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let found = carbonzone::compute(inputs, &NoProgress);
    let record = found.value.unwrap();
    let kept = record.record().compensation.as_ref().unwrap();
    assert_eq!((kept.left_out.as_slice(), kept.models[0].units.len()), (&["z1".to_owned()][..], 3));
    assert!(found.findings.items.iter().any(|f| f.code == "compensation_left_out" && f.count == Some(1)));
}
