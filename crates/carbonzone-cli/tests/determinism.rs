//! Same bytes for any number of threads and any order of the input features.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_io::{LineBatch, VectorFormat, VectorWriter, WorkingCrs, read_own_layer};
use carbonzone_types::{AttributeTable, NoProgress, RunManifest};
use common::{City, expect};
use std::collections::BTreeMap;
use std::path::Path;

const COMPARED: [&str; 6] =
    ["townships.csv", "townships.geojson", "grid_1km.tif", "zones.tif", "ledger.csv", "townships.xlsx"];

/// Two folders of results hold the same.
fn assert_same(a: &str, b: &str) {
    for file in COMPARED {
        let read = |run: &str| std::fs::read(Path::new(run).join(file)).unwrap();
        assert!(read(a) == read(b), "{file} differs between {a} and {b}");
    }
    // GeoPackages are compared by content: their index pages depend on the platform.
    for layer in ["parcels", "grid_1km", "townships", "zones"] {
        let read = |run: &str| read_own_layer(&Path::new(run).join("suzhou.gpkg"), layer).unwrap();
        let ((ca, ta), (cb, tb)) = (read(a), read(b));
        assert!(ca == cb && ta == tb, "layer {layer} differs between {a} and {b}");
    }
}

/// Drawings, page and project of a run, by name.
fn drawn(city: &City, run: &str) -> BTreeMap<String, Vec<u8>> {
    let figures = std::fs::read_dir(city.path(&format!("{run}/figures"))).unwrap();
    let figures = figures.map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "svg"));
    let more = ["suzhou.qgz", "layers.json"].map(|f| Path::new(&city.path(&format!("{run}/{f}"))).to_owned());
    let read = |f: std::path::PathBuf| {
        (f.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(f).unwrap())
    };
    figures.chain(more).map(read).collect()
}

/// What `run.json` says of the city, without what is of this run only.
fn said(city: &City, run: &str) -> RunManifest {
    RunManifest {
        seal: String::new(),
        command_line: Vec::new(),
        stages: Vec::new(),
        peak_memory_bytes: None,
        threads: 0,
        outputs: Vec::new(),
        ..city.manifest(run)
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let city = City::new();
    city.run("2", &["--threads", "2"]);
    for threads in ["1", "7"] {
        let args =
            ["run", &city.path("city.toml"), "--out", &city.path(threads), "--threads", threads, "--quiet"];
        expect(0, &args);
    }
    assert_same(&city.path("1"), &city.path("2"));
    assert_same(&city.path("1"), &city.path("7"));
    assert_eq!(said(&city, "1"), said(&city, "7"));
    let sure = said(&city, "1").confidence.unwrap();
    assert!(sure.units.len() == 97 && sure.counts[2] > 0 && sure.units.iter().any(|u| !u.drivers.is_empty()));
    let before = drawn(&city, "1");
    assert!(before.contains_key("fig10a_confidence.svg") && before.contains_key("fig10b_indices.svg"));
    let differ = |other: &BTreeMap<String, Vec<u8>>| -> Vec<String> {
        before
            .iter()
            .filter(|(name, bytes)| other.get(*name) != Some(*bytes))
            .map(|(n, _)| n.clone())
            .collect()
    };
    assert_eq!(differ(&drawn(&city, "7")), [""; 0]);
    // Drawn again from the folder, all of it is the same, the project too.
    expect(0, &["maps", &city.path("7"), "--quiet"]);
    assert_eq!(differ(&drawn(&city, "7")), [""; 0]);
}

/// A permutation without a pattern: multiples of a number that has no factor in common with `n`.
fn shuffled(n: usize) -> Vec<u32> {
    let step = (n / 3 + 1..=2 * n).find(|s| gcd(*s, n) == 1).unwrap();
    (0..n).map(|i| ((i * step + 5) % n) as u32).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn rewrite_polygons(city: &City, file: &str, layer: &str) {
    let path = city.path(file);
    let (coverage, table) = read_own_layer(Path::new(&path), layer).unwrap();
    let order = shuffled(coverage.len());
    let (coverage, table): (Coverage, AttributeTable) = (coverage.reordered(&order), table.reordered(&order));
    let crs = WorkingCrs::parse("EPSG:4549").unwrap();
    let spec =
        carbonzone_io::LayerSpec::for_table(layer, Some(carbonzone_io::GeometryKind::Polygon), &crs, &table);
    let mut writer = VectorWriter::create(Path::new(&path), VectorFormat::GeoPackage, &spec).unwrap();
    writer.polygons(&coverage, &table).unwrap();
    writer.finish().unwrap();
}

fn rewrite_lines(city: &City) {
    let path = city.path("layers/roads.shp");
    let crs = WorkingCrs::parse("EPSG:4549").unwrap();
    let mut source = carbonzone_io::VectorSource::new("roads", &path).fields(&["osm_id", "fclass", "name"]);
    source.encoding = Some("GBK".to_owned());
    let mut all: Vec<LineBatch> = Vec::new();
    let wanted = carbonzone_io::Wanted { source: &source, crs: &crs, progress: &NoProgress };
    carbonzone_io::read_lines(wanted, &mut |batch| all.push(batch)).value.unwrap();
    assert_eq!(all.len(), 1, "the small city fits one batch");
    let batch = &all[0];
    let order = shuffled(batch.len());
    let mut out = LineBatch { table: batch.table.reordered(&order), ..LineBatch::default() };
    for (row, &i) in order.iter().enumerate() {
        let (xs, ys) = batch.line(i as usize);
        out.push(row as u32, xs.iter().zip(ys).map(|(x, y)| [*x, *y]));
    }
    let mut spec = carbonzone_io::LayerSpec::for_table(
        "roads",
        Some(carbonzone_io::GeometryKind::Line),
        &crs,
        &out.table,
    );
    spec.encoding = Some("GBK".to_owned());
    let mut writer = VectorWriter::create(Path::new(&path), VectorFormat::Shapefile, &spec).unwrap();
    writer.lines(&out).unwrap();
    writer.finish().unwrap();
}

fn rewrite_csv(city: &City, file: &str) {
    let path = city.path(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let rows: Vec<&str> = lines.collect();
    let body: Vec<&str> = shuffled(rows.len()).iter().map(|&i| rows[i as usize]).collect();
    std::fs::write(&path, format!("{header}\n{}\n", body.join("\n"))).unwrap();
}

#[test]
fn the_order_of_the_input_features_does_not_change_a_byte() {
    let city = City::new();
    rewrite_polygons(&city, "layers/parcels.gpkg", "parcels");
    rewrite_polygons(&city, "layers/townships.gpkg", "townships");
    rewrite_lines(&city);
    for file in ["layers/poi.csv", "layers/population.csv", "layers/township_stats.csv"] {
        rewrite_csv(&city, file);
    }
    city.run("after", &[]);
    assert_same(&City::finished().path("out"), &city.path("after"));
}
