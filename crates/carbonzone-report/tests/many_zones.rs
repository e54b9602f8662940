//! A page with very many zones stays small, and its figures do not draw them one by one.
#![allow(clippy::unwrap_used, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_report::{MapData, MapLayer, RenderOptions, What, render};
use carbonzone_types::{AttributeTable, ColumnData};

/// The data of the small city with its zones replaced by `side` × `side` squares of six vertices each.
fn many(side: usize) -> MapData {
    let mut data = common::city(100);
    let n = side * side;
    let [x0, y0, x1, y1] = data.frame().unwrap();
    let (dx, dy) = ((x1 - x0) / side as f64, (y1 - y0) / side as f64);
    let mut coverage = Coverage::new();
    for i in 0..n {
        let (x, y) = (x0 + dx * (i % side) as f64, y0 + dy * (i / side) as f64);
        let ring = [[x, y], [x + dx / 2.0, y], [x + dx, y], [x + dx, y + dy], [x, y + dy], [x, y]];
        coverage.push_rings(&[vec![ring.to_vec()]]);
    }
    let classes: Vec<_> = data.manifest.zone_classes.iter().take(4).cloned().collect();
    let real = |f: fn(usize) -> f64| ColumnData::Real((0..n).map(|i| Some(f(i))).collect());
    let text = |f: &dyn Fn(usize) -> String| ColumnData::Text((0..n).map(|i| Some(f(i))).collect());
    // No two zones have the same numbers.
    let gross = |i: usize| 100.0 + (i * 7919 % 100_003) as f64;
    let table = AttributeTable::new()
        .with("unit_id", text(&|i| format!("Z{i:06}")))
        .with("name", text(&|i| format!("村{i}")))
        .with("name_en", text(&|i| format!("Village {i}")))
        .with("area_m2", ColumnData::Real(vec![Some(dx * dy); n]))
        .with("industry_t", ColumnData::Real((0..n).map(|i| Some(gross(i))).collect()))
        .with("gross_t", ColumnData::Real((0..n).map(|i| Some(gross(i))).collect()))
        .with("sink_t", real(|i| (i * 104_729 % 997) as f64))
        .with(
            "net_t",
            ColumnData::Real((0..n).map(|i| Some(gross(i) - (i * 104_729 % 997) as f64)).collect()),
        )
        .with("ccr", real(|i| (i % 997) as f64 / 1000.0))
        .with("ecc", real(|i| 0.1 + (i % 613) as f64 / 200.0))
        .with("esc", real(|i| 0.1 + (i % 811) as f64 / 300.0))
        .with("zone", text(&|i| classes[i % 4].key.clone()))
        .with("zone_color", text(&|i| classes[i % 4].color.clone()));
    data.zones = MapLayer { name: data.zones.name.clone(), coverage: coverage.into(), cells: None, table };
    data
}

#[test]
fn a_page_with_thousands_of_zones_grows_by_less_than_a_hundred_bytes_a_zone() {
    let folder = tempfile::tempdir().unwrap();
    let size = |side: usize| {
        let what = What { figures: false, qgis: false, report: true };
        let options = RenderOptions { what, ..RenderOptions::default() };
        render(&many(side), &options, folder.path(), &carbonzone_types::NoProgress).unwrap();
        std::fs::read_to_string(folder.path().join("report.html")).unwrap()
    };
    let (small, large) = (size(130), size(160));
    let per_zone = (large.len() as f64 - small.len() as f64) / (160.0 * 160.0 - 130.0 * 130.0);
    // 50,000 zones then need 5 MB beside their figures and geometry.
    assert!(per_zone < 100.0, "{per_zone} bytes a zone, {} in all", large.len());
    assert_eq!(large.matches("<tr data-zone=").count(), 1_000, "the table lists those that emit most");
    assert!(
        large.contains("24,600") && !large.contains("<circle data-zone"),
        "the rest is counted, and drawn as dots"
    );
}
