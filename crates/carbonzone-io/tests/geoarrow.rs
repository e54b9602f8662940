//! GeoParquet with list encodings (`GeoArrow`), written here level by level.

use crate::common;
use carbonzone_io::VectorSource;
use common::{lines, points, polygons, suzhou};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Entries of the leaf columns: coordinates if there are any, definition level, repetition level.
type Entry = (Option<[f64; 2]>, i16, i16);

/// A file with ids and a geometry of `depth` nested lists.
fn write(dir: &Path, encoding: &str, depth: usize, ids: &[&str], entries: &[Entry]) -> PathBuf {
    let path = dir.join(format!("{encoding}.parquet"));
    let mut inner = String::from("required double x; required double y;");
    for _ in 0..depth {
        let own = format!("repeated group list {{ required group element {{ {inner} }} }}");
        inner = own;
    }
    let list = if depth > 0 { "(LIST)" } else { "" };
    let schema = format!(
        "message schema {{ required binary id (UTF8); optional group geometry {list} {{ {inner} }} }}"
    );
    let geo = format!(
        r#"{{"version":"1.1.0","primary_column":"geometry","columns":{{"geometry":{{"encoding":"{encoding}","geometry_types":[],"crs":"EPSG:4549"}}}}}}"#
    );
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![KeyValue::new("geo".to_owned(), Some(geo))]))
        .build();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(parse_message_type(&schema).unwrap()), Arc::new(properties))
            .unwrap();
    let mut group = writer.next_row_group().unwrap();
    let (definitions, repetitions): (Vec<i16>, Vec<i16>) = entries.iter().map(|e| (e.1, e.2)).unzip();
    let mut index = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(w) => {
                let ids: Vec<ByteArray> = ids.iter().map(|i| ByteArray::from(*i)).collect();
                w.write_batch(&ids, None, None).unwrap();
            }
            ColumnWriter::DoubleColumnWriter(w) => {
                let axis = index - 1;
                let values: Vec<f64> = entries.iter().filter_map(|e| e.0).map(|at| at[axis]).collect();
                let repetitions = (depth > 0).then_some(repetitions.as_slice());
                w.write_batch(&values, Some(&definitions), repetitions).unwrap();
            }
            _ => panic!("no other column"),
        }
        column.close().unwrap();
        index += 1;
    }
    group.close().unwrap();
    writer.close().unwrap();
    path
}

const X: f64 = 500_000.0;
const Y: f64 = 3_460_000.0;

/// The vertices of a square as entries: the first repeats at `first`, the others at `depth`.
fn ring(x: f64, side: f64, first: i16, depth: i16) -> Vec<Entry> {
    let corners = common::square(X + x, Y, side);
    corners
        .into_iter()
        .enumerate()
        .map(|(i, at)| (Some(at), depth + 1, if i == 0 { first } else { depth }))
        .collect()
}

#[test]
fn polygons_with_holes_null_and_empty_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut entries = ring(0.0, 100.0, 0, 2);
    // A hole, turned round or not, lies inside the first square.
    entries.extend(
        common::square(X + 40.0, Y + 40.0, 20.0)
            .into_iter()
            .enumerate()
            .map(|(i, at)| (Some(at), 3, if i == 0 { 1 } else { 2 })),
    );
    entries.push((None, 0, 0));
    entries.push((None, 1, 0));
    entries.extend(ring(200.0, 50.0, 0, 2));
    let path = write(dir.path(), "polygon", 2, &["hole", "null", "empty", "plain"], &entries);
    let read = polygons(&VectorSource::new("parcels", &path).id("id"), &suzhou());
    assert_eq!(
        (read.finding("null_geometry").count, read.finding("empty_geometry").count),
        (Some(1), Some(1))
    );
    let layer = read.layer.unwrap();
    assert_eq!(layer.ids, ["hole", "plain"]);
    assert_eq!(layer.coverage.areas_m2(), [9600.0, 2500.0]);
}

#[test]
fn multipolygons_keep_parts_and_holes_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut entries = ring(0.0, 100.0, 0, 3);
    entries.extend(
        common::square(X + 40.0, Y + 40.0, 20.0)
            .into_iter()
            .enumerate()
            .map(|(i, at)| (Some(at), 4, if i == 0 { 2 } else { 3 })),
    );
    entries.extend(ring(300.0, 10.0, 1, 3));
    entries.extend(ring(500.0, 20.0, 0, 3));
    let path = write(dir.path(), "multipolygon", 3, &["two", "one"], &entries);
    let mut source = VectorSource::new("parcels", &path).id("id");
    let layer = polygons(&source, &suzhou()).layer.unwrap();
    assert_eq!(
        (layer.ids.clone(), layer.coverage.areas_m2()),
        (vec!["one".to_owned(), "two".to_owned()], vec![400.0, 9700.0])
    );
    source.filter = Some("id = 'two'".to_owned());
    assert_eq!(polygons(&source, &suzhou()).layer.unwrap().coverage.areas_m2(), [9700.0]);
}

#[test]
fn points_and_lines_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let at = |x: f64| Some([X + x, Y]);
    let path = write(dir.path(), "point", 0, &["a", "b"], &[(at(1.0), 1, 0), (at(2.0), 1, 0)]);
    let read = points(&VectorSource::new("poi", &path).id("id"), &suzhou());
    read.assert_clean();
    assert_eq!(read.layer.unwrap().xs, [X + 1.0, X + 2.0]);
    let entries = [(at(0.0), 2, 0), (at(5.0), 2, 1), (at(10.0), 2, 0), (at(20.0), 2, 1), (at(30.0), 2, 1)];
    let path = write(dir.path(), "linestring", 1, &["a", "b"], &entries);
    let read = lines(&VectorSource::new("roads", &path).id("id"), &suzhou());
    read.assert_clean();
    let batch = &read.layer.unwrap()[0];
    assert_eq!((batch.line(0).0.len(), batch.line(1).0), (2, &[X + 10.0, X + 20.0, X + 30.0][..]));
    let entries = [(at(0.0), 3, 0), (at(5.0), 3, 2), (at(10.0), 3, 1), (at(20.0), 3, 2)];
    let path = write(dir.path(), "multilinestring", 2, &["a"], &entries);
    assert_eq!(lines(&VectorSource::new("roads", &path).id("id"), &suzhou()).layer.unwrap()[0].len(), 2);
}

#[test]
fn an_encoding_that_is_not_read_says_which_one_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "geometrycollection", 1, &["a"], &[(Some([X, Y]), 2, 0)]);
    let finding =
        polygons(&VectorSource::new("parcels", &path), &suzhou()).finding("unsupported_encoding").clone();
    assert!(finding.message.contains("geometrycollection") && finding.hint.unwrap().contains("WKB"));
}

/// A file with one WKB square and this `geo` metadata, if any.
fn write_wkb(path: &Path, geo: Option<&str>) {
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
    let corners = common::square(X, Y, 100.0);
    wkb.extend(corners.iter().flatten().flat_map(|c| c.to_le_bytes()));
    let metadata = geo.map(|geo| vec![KeyValue::new("geo".to_owned(), Some(geo.to_owned()))]);
    let properties = WriterProperties::builder().set_key_value_metadata(metadata).build();
    let schema = "message schema { required binary id (UTF8); required binary geometry; }";
    let file = std::fs::File::create(path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(parse_message_type(schema).unwrap()), Arc::new(properties))
            .unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut values = [b"P1".to_vec(), wkb].into_iter();
    while let Some(mut column) = group.next_column().unwrap() {
        let ColumnWriter::ByteArrayColumnWriter(w) = column.untyped() else { panic!("no other column") };
        w.write_batch(&[ByteArray::from(values.next().unwrap())], None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn a_parquet_file_that_says_nothing_of_its_crs_needs_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("parcels.parquet");
    let source = VectorSource::new("parcels", &path).id("id");
    let geo = |column: &str| {
        format!(
            r#"{{"version":"1.1.0","primary_column":"geometry","columns":{{"geometry":{{"encoding":"WKB","geometry_types":[]{column}}}}}}}"#
        )
    };
    for metadata in [None, Some(geo(r#","crs":null"#))] {
        write_wkb(&path, metadata.as_deref());
        let read = polygons(&source, &suzhou());
        assert_eq!((read.layer.is_none(), read.finding("no_crs").field.as_deref()), (true, Some("crs")));
        let given =
            polygons(&VectorSource { crs: Some("EPSG:4549".to_owned()), ..source.clone() }, &suzhou());
        assert_eq!(given.layer.unwrap().coverage.areas_m2(), [10_000.0]);
    }
    // Without the key the standard says degrees: metres are no degrees.
    write_wkb(&path, Some(&geo("")));
    let read = polygons(&source, &suzhou());
    assert!(read.layer.is_none() && read.finding("not_degrees").count == Some(1));
    write_wkb(&path, Some(&geo(r#","crs":"EPSG:4549""#)));
    assert_eq!(polygons(&source, &suzhou()).layer.unwrap().coverage.areas_m2(), [10_000.0]);
}
