//! `[reference.NAME]` through whole runs: totals of other sources beside ours, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::{Checked, Config, Files, NoProgress};
use carbonzone_sheet::ReadOptions;
use std::path::Path;

fn read(dir: &Path, section: &str) -> Checked<Config> {
    let pipeline = city::city(dir, 12);
    let text = std::fs::read_to_string(&pipeline).unwrap();
    std::fs::write(&pipeline, text + section).unwrap();
    Config::read(&pipeline, &["outputs.maps=false".to_owned()])
}

#[test]
fn totals_of_another_source_stand_beside_ours_in_every_output() {
    let dir = tempfile::tempdir().unwrap();
    let section = r#"
[reference.official]
title_zh = "官方清单"
source = "Yearbook, table 7"
differs_in = "without sinks of water"
unit = "t"
totals = { net = -5.0, gross = 1000.0, industry = 125000.0, sink = 0.0 }
units = { Z1 = 4000.0 }
[reference.other]
source = "example"
totals = { gross = 1.0 }
"#;
    let config = read(dir.path(), section);
    let config = config.value.unwrap_or_else(|| panic!("{:?}", config.findings));
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let result = carbonzone::compute(inputs, &NoProgress);
    let result = result.value.unwrap_or_else(|| panic!("{:?}", result.findings));
    let folder = dir.path().join("out");
    std::fs::create_dir_all(&folder).unwrap();
    carbonzone::write(&result, &folder, config.outputs(), &NoProgress).unwrap();
    let record = carbonzone::out_dir::read_manifest(&folder).unwrap();
    let [official, other] = &record.references[..] else { panic!("{:?}", record.references) };
    let row = |item: &str, unit: &str| {
        official.rows.iter().find(|r| r.item == item && r.unit == unit).unwrap_or_else(|| panic!("{item}"))
    };
    let totals = &record.totals;
    assert_eq!(row("gross", "").ours_t, Some(totals.gross_t));
    assert_eq!(row("gross", "").difference_t(), Some(totals.gross_t - 1000.0));
    assert!(row("industry", "").difference_pct().unwrap().abs() < 1e-9, "12.5 × 10⁴ t are placed");
    assert!((row("net", "").ours_t.unwrap() - totals.net_t).abs() < 1e-9 * totals.net_t.abs());
    // Percent are of the size of the reference: above it is above 0, whatever its sign.
    assert!(row("net", "").difference_pct().unwrap() > 0.0);
    assert_eq!(row("sink", "").difference_pct(), None, "nothing is a percentage of 0");
    let townships = carbonzone_io::read_own_layer(&folder.join("small.gpkg"), "townships").unwrap().1;
    let names = townships.texts("name").unwrap();
    let z1 = names.iter().position(|n| n.as_deref() == Some("Z1")).unwrap();
    assert_eq!(row("gross", "Z1").ours_t, townships.numbers("gross_t").unwrap()[z1]);
    // The unit of the file is 10⁴ t where nothing is said.
    assert_eq!((other.rows[0].reference_t, other.title.zh.as_str()), (1e4, "other"));
    let table = std::fs::read_to_string(folder.join("reference.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + official.rows.len() + other.rows.len());
    assert!(table.contains("nothing is adjusted to it") && table.contains("without sinks of water"));
    let lines: Vec<&str> = record.summary.iter().map(|s| s.zh.as_str()).collect();
    assert!(lines.iter().any(|l| l.contains("与官方清单对照") && l.contains("万吨")), "{lines:?}");
    assert!(record.statements.iter().any(|s| s.en.contains("Yearbook, table 7")));
    let sheets =
        carbonzone_sheet::read_sheets(&folder.join("townships.xlsx"), &ReadOptions::default()).unwrap();
    assert!(sheets.iter().any(|s| s.name == "reference"));
}

#[test]
fn what_is_wrong_with_a_reference_is_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let section = r#"
[reference.a]
source = " "
year = 1999
totals = { industri = 1.0, gross = -1.0, net = -1.0, sink = 1e300 }
units = { Z1 = nan }
[reference.b]
source = "example"
"#;
    let found = read(dir.path(), section);
    let told = |code: &str, field: &str| {
        let all = &found.findings.items;
        all.iter()
            .find(|f| f.code == code && f.field.as_deref() == Some(field))
            .unwrap_or_else(|| panic!("{code} {field}: {all:?}"))
    };
    told("reference_source", "reference.a.source");
    told("reference_year", "reference.a.year");
    told("reference_empty", "reference.b");
    let sector = told("unknown_sector", "reference.a.totals.industri");
    assert!(sector.hint.as_deref().is_some_and(|h| h.contains("\"industry\"")), "{sector:?}");
    for key in ["totals.gross", "totals.sink", "units.Z1"] {
        told("out_of_range", &format!("reference.a.{key}"));
    }
    assert!(!found.findings.items.iter().any(|f| f.field.as_deref() == Some("reference.a.totals.net")));

    let dir = tempfile::tempdir().unwrap();
    let config = read(dir.path(), "\n[reference.a]\nsource = \"x\"\nunits = { Z9 = 1.0 }\n").value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let refused = carbonzone::compute(inputs, &NoProgress);
    assert!(refused.value.is_none());
    let unit = refused.findings.items.iter().find(|f| f.code == "reference_unit").unwrap();
    assert!(unit.message.contains("\"Z9\""), "{unit:?}");
}
