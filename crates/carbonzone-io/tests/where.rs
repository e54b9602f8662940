//! A condition (`where`) means the same in every format, and the rows that it cannot decide are told.

use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_io::{
    LayerSpec, VectorFormat, VectorSource, write_flatgeobuf, write_geojson, write_geoparquet, write_polygons,
};
use carbonzone_types::{AttributeTable, ColumnData};
use common::{points, polygons, square, suzhou};
use std::path::Path;

/// Five squares: their type, people as text, an area as a number.
fn layer() -> (Coverage, AttributeTable) {
    let mut coverage = Coverage::new();
    for i in 0..5u8 {
        coverage.push_rings(&[vec![square(500_000.0 + 200.0 * f64::from(i), 3_460_000.0, 100.0)]]);
    }
    let texts = |list: [Option<&str>; 5]| ColumnData::Text(list.map(|t| t.map(str::to_owned)).into());
    let table = AttributeTable::new()
        .with("id", texts(["a", "b", "c", "d", "e"].map(Some)))
        .with("kind", texts([Some("night"), Some("day"), None, Some("Night"), Some("day")]))
        .with("people", texts([Some("1,950"), Some("950"), Some("约90"), Some("12%"), None]))
        .with("ha", ColumnData::Real(vec![Some(9.5), Some(10.5), Some(100.0), None, Some(2.0)]));
    (coverage, table)
}

/// The layer in every format that takes polygons.
fn write_all(dir: &Path) -> [&'static str; 5] {
    let ((coverage, table), crs) = (layer(), suzhou());
    let spec = LayerSpec::for_table("a", Some(carbonzone_io::GeometryKind::Polygon), &crs, &table);
    write_polygons(&dir.join("a.gpkg"), VectorFormat::GeoPackage, &spec, &coverage, &table).unwrap();
    write_polygons(&dir.join("a.shp"), VectorFormat::Shapefile, &spec, &coverage, &table).unwrap();
    write_flatgeobuf(&dir.join("a.fgb"), &coverage, &table, &crs).unwrap();
    write_geojson(&dir.join("a.geojson"), &coverage, &table, &crs).unwrap();
    write_geoparquet(&dir.join("a.parquet"), &coverage, &table, &crs).unwrap();
    ["a.gpkg", "a.shp", "a.fgb", "a.geojson", "a.parquet"]
}

/// Condition; ids kept; rows told as undecided, by column.
type Case<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, u64)]);

#[test]
fn a_condition_chooses_the_same_features_in_every_format_and_tells_what_it_cannot_decide() {
    let dir = tempfile::tempdir().unwrap();
    let files = write_all(dir.path());
    let cases: [Case; 9] = [
        ("people > 1000", &["a"], &[("people", 2), ("people", 1)]),
        ("people >= '950'", &["a", "b"], &[("people", 2), ("people", 1)]),
        ("\"people\" <> 950", &["a"], &[("people", 2), ("people", 1)]),
        ("people > 1000 OR ha > 50", &["a", "c"], &[("people", 1), ("people", 1), ("ha", 1)]),
        ("kind <> 'day'", &["a", "d"], &[("kind", 1)]),
        ("kind <> 'day' OR kind IS NULL", &["a", "c", "d"], &[]),
        ("kind IS NOT NULL AND NOT kind LIKE 'day'", &["a", "d"], &[]),
        ("ha BETWEEN 9 AND 11", &["a", "b"], &[("ha", 1)]),
        ("kind = 'night'", &["a"], &[("kind", 1)]),
    ];
    for file in files {
        for (condition, kept, undecided) in cases {
            let mut source = VectorSource::new("zones", dir.path().join(file)).id("id");
            source.filter = Some(condition.to_owned());
            let read = polygons(&source, &suzhou());
            let at = format!("{file}, {condition}: {:?}", read.findings);
            assert_eq!(read.layer.expect(&at).ids, kept, "{at}");
            let told: Vec<(String, u64)> = read
                .findings
                .items
                .iter()
                .filter(|f| f.code == "filter_undecided")
                .map(|f| (f.message.split('"').nth(1).unwrap().to_owned(), f.count.unwrap()))
                .collect();
            let expected: Vec<(String, u64)> = undecided.iter().map(|(c, n)| ((*c).to_owned(), *n)).collect();
            assert_eq!(told, expected, "{at}");
            let counts = read.findings.items.iter().find(|f| f.code == "filtered_rows").unwrap();
            assert!(counts.message.contains(&format!("{} of 5 rows", kept.len())), "{at}");
            let case = read.findings.items.iter().any(|f| f.code == "filter_case");
            assert_eq!(case, condition.contains("= 'night'"), "{at}");
        }
    }
}

#[test]
fn what_only_gdal_understands_is_left_to_it_and_empty_cells_are_told_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    write_all(dir.path());
    let mut source = VectorSource::new("zones", dir.path().join("a.gpkg")).id("id");
    source.filter = Some("length(kind) = 5".to_owned());
    let read = polygons(&source, &suzhou());
    assert_eq!(read.layer.as_ref().unwrap().ids, ["a", "d"]);
    let told = read.findings.items.iter().find(|f| f.code == "filter_undecided").unwrap();
    assert!(told.count == Some(1) && told.message.contains("\"kind\""), "{told:?}");
    for wrong in ["kin = 'day'", "kind = = 'day'", "kind = 'day"] {
        source.filter = Some(wrong.to_owned());
        let read = polygons(&source, &suzhou());
        assert!(
            read.layer.is_none() && read.findings.items.iter().any(|f| f.code == "bad_filter"),
            "{wrong}"
        );
    }
}

#[test]
fn rows_of_points_that_a_condition_cannot_decide_are_told_with_line_and_value() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.csv");
    let rows = ["1,120.61,31.3,\"1,200\"", "2,120.62,31.3,约90", "3,120.63,31.3,", "4,120.64,31.3,80"];
    std::fs::write(&path, format!("id,lon,lat,people\n{}\n", rows.join("\n"))).unwrap();
    let mut source = VectorSource::new("population", &path).id("id").crs("EPSG:4326");
    source.filter = Some("people >= 80".to_owned());
    let read = points(&source, &suzhou());
    let said = format!("{:?}", read.findings);
    assert!(said.contains("2 of 4 rows are kept"), "{said}");
    assert!(said.contains("line 3: \\\"约90\\\"") && said.contains("empty there: line 4"), "{said}");
}
