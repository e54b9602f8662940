//! `carbonzone sensitivity` and `carbonzone synth --truth` as a user calls them.
#![allow(clippy::unwrap_used, reason = "a test panics with the reason")]

use crate::common;
use common::tiny::Tiny;
use common::{City, expect, root};
use std::collections::BTreeMap;

#[test]
fn every_choice_of_the_shipped_pipeline_can_be_tried() {
    let city = City::new();
    let (json, _) = expect(0, &["sensitivity", &city.path("city.toml"), "--quiet", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let (tried, changes) = (found["tried"].as_array().unwrap(), found["changes"].as_array().unwrap());
    assert!(
        found["zones"] == 97 && tried.len() > 25 && changes.len() > 5,
        "{} {}",
        tried.len(),
        changes.len()
    );
    for t in tried {
        // A city of 1,000 parcels has no air transport: its rule has no weight, and nothing else is left for it.
        assert_eq!(t["refused"], "", "{t}");
    }
    for key in ["layers.roads.lambda", "sinks.set", "allocate[manufacturing].proxies"] {
        assert!(tried.iter().any(|t| t["choice"] == key), "{key}");
    }
}

#[test]
fn what_was_tried_and_what_changes_is_a_table_and_csv() {
    let tiny = Tiny::new();
    let pipeline = tiny.path("city/p.toml");
    let (table, _) = expect(0, &["sensitivity", &pipeline, "--quiet"]);
    for needle in ["city.border", "ellipsoidal", "of 2 zones change class under at least one of"] {
        assert!(table.contains(needle), "`{needle}` is not in:\n{table}");
    }
    let out = tiny.path("changes.csv");
    let csv = ["sensitivity", &pipeline, "--quiet", "--format", "csv", "--out", &out];
    expect(0, &csv);
    let text = tiny.read("changes.csv");
    assert!(text.starts_with("\u{feff}unit_id,name,choice,tried,zone,zone_tried,change_pct,ccr,"), "{text}");
    let (_, refused) = expect(2, &csv);
    assert!(refused.contains("not written over"), "{refused}");
    let counties = root().join("pipelines/guiyang.toml").display().to_string();
    let (_, refused) = expect(1, &["sensitivity", &counties, "--quiet"]);
    assert!(refused.contains("only a study of parcels"), "{refused}");
}

#[test]
fn a_truth_sums_to_the_shipped_totals_and_leaves_the_city_as_it_is() {
    // The layers of this city are made without the truth, from the same seed.
    let city = City::new();
    let path = |name: &str| city.dir.path().join(name);
    let out = path("true").display().to_string();
    expect(0, &["synth", "suzhou", "--parcels", "1000", "--seed", "7", "--quiet", "--truth", "--out", &out]);
    for file in
        ["parcels.gpkg", "townships.gpkg", "township_stats.csv", "poi.csv", "population.csv", "roads.shp"]
    {
        let of = |folder: &str| std::fs::read(path(folder).join(file)).unwrap();
        assert!(of("layers") == of("true"), "{file}");
    }
    assert!(!path("layers").join("truth.csv").exists());
    let text = std::fs::read_to_string(path("true").join("truth.csv")).unwrap();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    assert_eq!(lines.next().unwrap(), "unit_id,name,sector,land_group,true_t,synthetic");
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[5], "true");
        // Kilograms, so that the sum is exact.
        *sums.entry(format!("{}:{}", cells[2], cells[3])).or_default() +=
            (cells[4].parse::<f64>().unwrap() * 1000.0).round();
    }
    let shipped = std::fs::read_to_string(root().join("pipelines/suzhou.toml")).unwrap();
    let budgets = carbonzone::inventory::budgets_in(&shipped).unwrap();
    assert_eq!(sums.len(), budgets.len());
    for (budget, amount_t) in budgets {
        assert_eq!(sums[&budget], (amount_t * 1000.0).round(), "{budget}");
    }
}
