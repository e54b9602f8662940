//! Ids that are numbers of nineteen digits, as the survey has them (BSM).

use crate::assert_near;
use crate::mini::{Mini, ORIGIN};
use carbonzone_geom::Coverage;
use carbonzone_io::{GeometryKind, LayerSpec, VectorFormat, VectorWriter, WorkingCrs};
use carbonzone_types::{AttributeTable, ColumnData};
use std::path::Path;

/// Two industrial parcels of 100 m.
fn squares() -> Coverage {
    let mut coverage = Coverage::new();
    for k in 0..2 {
        let (x, y) = (ORIGIN.0 + 100.0 * f64::from(k), ORIGIN.1);
        coverage.push_rings(&[vec![vec![
            [x, y],
            [x, y + 100.0],
            [x + 100.0, y + 100.0],
            [x + 100.0, y],
            [x, y],
        ]]]);
    }
    coverage
}

/// Writes the parcels with this id column.
fn write(path: &str, format: VectorFormat, ids: ColumnData) {
    let crs = WorkingCrs::parse("EPSG:4549").unwrap();
    let table = AttributeTable::new().with("bsm", ids).with("code", ColumnData::texts(&["0601", "0601"]));
    let spec = LayerSpec::for_table("parcels", Some(GeometryKind::Polygon), &crs, &table);
    let mut writer = VectorWriter::create(Path::new(path), format, &spec).unwrap();
    writer.polygons(&squares(), &table).unwrap();
    writer.finish().unwrap();
}

fn city(file: &str) -> Mini {
    Mini::new(&[r#""0601""#, r#""0601""#], &[("a", 100.0, "[\"industrial\"]", "[\"area\"]")])
        .edit("parcels.geojson", file)
        .edit("id = \"pid\"", "id = \"bsm\"")
}

/// A dBASE table with the fields bsm (number, width 19 or 20) and code (text).
fn dbf(width: u8, ids: [&str; 2]) -> Vec<u8> {
    let mut out = vec![3, 124, 1, 1];
    out.extend(2u32.to_le_bytes());
    out.extend(97u16.to_le_bytes());
    out.extend((1 + u16::from(width) + 4).to_le_bytes());
    out.resize(32, 0);
    for (name, kind, width) in [("bsm", b'N', width), ("code", b'C', 4)] {
        let mut field = [0u8; 32];
        field[..name.len()].copy_from_slice(name.as_bytes());
        (field[11], field[16]) = (kind, width);
        out.extend(field);
    }
    out.push(0x0D);
    for id in ids {
        out.extend(format!(" {id:>w$}0601", w = usize::from(width)).bytes());
    }
    out
}

#[test]
fn nineteen_digits_of_a_shapefile_are_kept_as_they_stand() {
    for (width, ids) in [
        (19, ["3205050000000000001", "3205050000000000002"]),
        (20, ["32050500000000000017", "32050500000000000099"]),
    ] {
        let mini = city("parcels.shp");
        write(&mini.path("parcels.shp"), VectorFormat::Shapefile, ColumnData::texts(&ids));
        std::fs::write(mini.path("parcels.dbf"), dbf(width, ids)).unwrap();
        let run = mini.run();
        let found: Vec<String> = run.parcels.texts("unit_id").unwrap().into_iter().flatten().collect();
        assert_eq!(found, ids);
        assert!(run.silent("duplicate_id") && run.silent("id_not_exact"));
    }
}

#[test]
fn reals_of_more_than_fifteen_digits_are_no_ids_and_that_is_told() {
    for (file, format) in [("parcels.fgb", VectorFormat::FlatGeobuf), ("p.gpkg", VectorFormat::GeoPackage)] {
        let mini = city(file);
        write(&mini.path(file), format, ColumnData::reals(&[3.205_05e18, 3.205_05e18 + 1024.0]));
        let told = mini.run().finding("id_not_exact").clone();
        assert_eq!(told.count, Some(2));
        assert_eq!(told.layer.as_deref(), Some("parcels"));
    }
    // Fifteen digits are exact.
    let mini = city("parcels.fgb");
    write(
        &mini.path("parcels.fgb"),
        VectorFormat::FlatGeobuf,
        ColumnData::reals(&[320_505_000_000_001.0, 320_505_000_000_002.0]),
    );
    let run = mini.run();
    assert!(run.silent("id_not_exact"));
    assert_near(&run.column("gross_t"), &[50.0, 50.0]);
}
