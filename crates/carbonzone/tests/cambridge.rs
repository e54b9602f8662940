//! A real city against GEOS: `oracle/cambridge_expected.py` computed the expected tonnes and indices.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::{Config, Files, NoProgress, RunManifest};
use carbonzone_types::DataLabel;
use serde_json::Value;
use std::path::Path;

/// Some neighbourhoods overlap by less than a millimetre and twelve square metres: which side a corner of that falls to
/// moves up to 2.3e-8 of a sector.
const TOLERANCE: f64 = 1e-7;

fn run(folder: &Path) {
    let config =
        Config::read(&city::root().join("pipelines/cambridge.toml"), &["outputs.maps=false".to_owned()]);
    let config = config.value.unwrap_or_else(|| panic!("{:?}", config.findings));
    let inputs = carbonzone::load(&config, Files, &NoProgress);
    let inputs = inputs.value.unwrap_or_else(|| panic!("{:?}", inputs.findings));
    let result = carbonzone::compute(inputs, &NoProgress).value.unwrap();
    carbonzone::write(&result, folder, config.outputs(), &NoProgress).unwrap();
}

#[test]
fn neighbourhoods_of_cambridge_have_the_tonnes_and_indices_that_geos_gives_and_say_that_totals_are_illustrative()
 {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path());
    let expected: Value = serde_json::from_str(include_str!("expected/cambridge.json")).unwrap();
    let expected = expected["neighborhoods"].as_object().unwrap();
    let csv = std::fs::read_to_string(dir.path().join("neighborhoods.csv")).unwrap();
    let mut lines = csv.trim_start_matches('\u{feff}').lines().map(|l| l.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    assert_eq!((rows.len(), expected.len()), (13, 13));
    for row in rows {
        let cell = |name: &str| row[header.iter().position(|h| *h == name).unwrap()];
        let of = &expected[cell("unit_id")];
        for name in ["industry_t", "construction_t", "transport_t", "gross_t", "sink_t", "ccr", "ecc", "esc"]
        {
            let (ours, theirs): (f64, f64) = (cell(name).parse().unwrap(), of[name].as_f64().unwrap());
            assert!(
                (ours - theirs).abs() <= TOLERANCE * theirs.abs(),
                "{}, {name}: {ours}, GEOS {theirs}",
                cell("name")
            );
        }
        assert_eq!(cell("zone"), of["zone"].as_str().unwrap(), "{}", cell("name"));
        assert_eq!(cell("illustrative"), "true");
    }
    let record = std::fs::read_to_string(dir.path().join("run.json")).unwrap();
    let record: RunManifest = serde_json::from_str(&record).unwrap();
    assert_eq!(record.data_label(), Some(DataLabel::Illustrative));
    let feet =
        record.findings.iter().filter(|f| f.code == "unit_converted" && !f.message.contains("USD")).count();
    assert_eq!(feet, 3, "parcels, streets and neighbourhoods come in feet");
}
