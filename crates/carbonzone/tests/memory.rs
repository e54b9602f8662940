//! A whole run from layers in memory: no file but the pipeline's is opened, and the numbers are those of the files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

mod city;
use carbonzone::{Config, Files, Layers, MemoryLayers, NoProgress, RunManifest};
use carbonzone_geom::Coverage;
use carbonzone_io::PointBatch;
use carbonzone_types::{AttributeTable, ColumnData};
use city::Square;

const SIDE: u64 = 24;

fn coverage(squares: &[Square]) -> Coverage {
    let mut out = Coverage::new();
    for square in squares {
        let [x0, y0, x1, y1] = square.edges();
        out.push_rings(&[vec![vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]]);
    }
    out
}

fn text(squares: &[Square], f: fn(&Square) -> &String) -> ColumnData {
    ColumnData::Text(squares.iter().map(|s| Some(f(s).clone())).collect())
}

/// The city of the files, its parcels in another order.
fn layers() -> MemoryLayers {
    let mut parcels = city::parcels(SIDE);
    parcels.reverse();
    let zones = city::townships(SIDE);
    let number = |k: f64| ColumnData::Real(zones.iter().map(|s| Some(k * s.number as f64)).collect());
    let zone_table = AttributeTable::new()
        .with("id", text(&zones, |s| &s.id))
        .with("name", text(&zones, |s| &s.code))
        .with("gdp", number(1000.0))
        .with("people", number(500.0));
    let parcel_table =
        AttributeTable::new().with("id", text(&parcels, |s| &s.id)).with("code", text(&parcels, |s| &s.code));
    let points = city::poi(SIDE);
    let poi_table = AttributeTable::new()
        .with("id", ColumnData::Text((0..points.len()).map(|i| Some(i.to_string())).collect()))
        .with("type", ColumnData::Text(points.iter().map(|p| Some(p.2.to_owned())).collect()));
    let (xs, ys) = points.iter().map(|p| (p.0 as f64, p.1 as f64)).unzip();
    MemoryLayers::default()
        .with_polygons("parcels", coverage(&parcels), parcel_table)
        .with_polygons("zones", coverage(&zones), zone_table)
        .with_points("poi", PointBatch { xs, ys, table: poi_table, features: Vec::new() })
}

fn record(config: &Config, layers: impl Layers + 'static) -> RunManifest {
    let inputs = carbonzone::load(config, layers, &NoProgress);
    let inputs = inputs.value.unwrap_or_else(|| panic!("{:?}", inputs.findings));
    let result = carbonzone::compute(inputs, &NoProgress);
    result.value.unwrap_or_else(|| panic!("{:?}", result.findings)).record().clone()
}

#[test]
fn layers_in_memory_give_the_bits_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = city::city(dir.path(), SIDE);
    let config = Config::read(&pipeline, &[]).value.unwrap();
    let of_files = record(&config, Files);
    for file in ["parcels.geojson", "zones.geojson", "poi.csv"] {
        std::fs::remove_file(dir.path().join(file)).unwrap();
    }
    let of_memory = record(&config, layers());
    assert_eq!(of_memory.contributions, of_files.contributions);
    assert_eq!(of_memory.ledger, of_files.ledger);
    assert_eq!(of_memory.zone_classes, of_files.zone_classes);
    assert!(of_memory.contributions.len() > 8 && of_memory.totals.gross_t == 156_000.0);
    assert!(of_memory.inputs.iter().all(|i| i.path == "(memory)"));
}

#[test]
fn a_table_in_memory_without_the_field_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = city::city(dir.path(), SIDE);
    let config = Config::read(&pipeline, &["layers.parcels.land_use=cod".to_owned()]).value.unwrap();
    let refused = carbonzone::load(&config, layers(), &NoProgress);
    assert!(refused.value.is_none());
    let finding = refused.findings.items.iter().find(|f| f.code == "unknown_field").unwrap();
    assert_eq!((finding.layer.as_deref(), finding.field.as_deref()), (Some("parcels"), Some("cod")));
    assert!(finding.hint.as_deref().is_some_and(|h| h.contains("code")), "{finding:?}");
}
