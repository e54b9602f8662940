//! Layers large enough to be read by several threads: the same on any number of them, whatever the format.
use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_io::{
    FieldType, GeometryKind, LayerSpec, LineBatch, PointBatch, VectorFormat, VectorSource, VectorWriter,
    write_geoparquet,
};
use carbonzone_types::{AttributeTable, ColumnData};
use common::{Points, Read, lines, points, polygons, square, suzhou};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Runs the same with 1, 2, 7 and 16 threads and compares.
fn on_any_threads<T: PartialEq + Send>(what: &str, read: impl Fn() -> Read<T> + Sync) -> Read<T> {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&read)
    };
    let one = with(1);
    for threads in [2, 7, 16] {
        let more = with(threads);
        assert!(more.layer == one.layer, "{what}: another layer on {threads} threads");
        assert_eq!(more.findings, one.findings, "{what} on {threads} threads");
        assert_eq!(more.ledger.rows, one.ledger.rows, "{what} on {threads} threads");
    }
    one
}

/// Squares of 10 m in rows, with some that are to be told of: crossing edges, no area, ids that repeat, texts of another encoding.
fn parcels(n: usize) -> (Coverage, AttributeTable) {
    let mut coverage = Coverage::new();
    for i in 0..n {
        let (x, y) = (500_000.0 + 10.0 * (i % 300) as f64, 3_460_000.0 + 10.0 * (i / 300) as f64);
        let ring = match i % 1000 {
            7 => vec![[x, y], [x + 9.0, y + 9.0], [x + 9.0, y], [x, y + 9.0], [x, y]],
            11 => vec![[x, y], [x + 9.0, y], [x, y]],
            _ => square(x, y, 10.0),
        };
        coverage.push_rings(&[vec![ring]]);
    }
    let id = |i: usize| Some(format!("P{}", if i % 1500 == 3 { 0 } else { i * 7919 % n }));
    let table = AttributeTable::new()
        .with("id", ColumnData::Text((0..n).map(id).collect()))
        .with("use", ColumnData::Text((0..n).map(|i| Some(format!("{:04}", i % 1300))).collect()))
        .with("n", ColumnData::Int((0..n).map(|i| Some(i as i64)).collect()));
    (coverage, table)
}

fn spec(geometry: GeometryKind, fields: &[(&str, FieldType)]) -> LayerSpec {
    LayerSpec {
        name: "layer".to_owned(),
        title: String::new(),
        description: String::new(),
        geometry: Some(geometry),
        crs: "EPSG:4549".to_owned(),
        fields: fields.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
        encoding: None,
        spatial_index: true,
    }
}

const PARCEL_FIELDS: [(&str, FieldType); 3] =
    [("id", FieldType::Text), ("use", FieldType::Text), ("n", FieldType::Int)];

/// More than two parts of polygons.
const PARCELS: usize = 9_000;
/// More than two parts of points or lines, and more than one row group.
const MANY: usize = 70_000;

fn write_parcels(path: &Path, format: VectorFormat, n: usize) {
    let (coverage, table) = parcels(n);
    let mut writer =
        VectorWriter::create(path, format, &spec(GeometryKind::Polygon, &PARCEL_FIELDS)).unwrap();
    writer.polygons(&coverage, &table).unwrap();
    writer.finish().unwrap();
}

/// Changes a GeoPackage as a program without its functions can: its triggers are taken out first.
fn sql(path: &Path, text: &str) {
    let db = rusqlite::Connection::open(path).unwrap();
    let mut triggers = db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").unwrap();
    let names: Vec<String> = triggers.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for name in names {
        db.execute_batch(&format!("DROP TRIGGER \"{name}\"")).unwrap();
    }
    db.execute_batch(text).unwrap();
}

fn read_parcels(path: &Path) -> Read<carbonzone_io::PolygonLayer> {
    let source = VectorSource::new("parcels", path).id("id").fields(&["use", "n"]);
    on_any_threads(&path.display().to_string(), || polygons(&source, &suzhou()))
}

#[test]
fn polygons_of_every_format_are_the_same_on_any_threads() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| -> PathBuf { dir.path().join(name) };
    for (name, format) in [
        ("a.gpkg", VectorFormat::GeoPackage),
        ("a.shp", VectorFormat::Shapefile),
        ("a.fgb", VectorFormat::FlatGeobuf),
    ] {
        write_parcels(&file(name), format, PARCELS);
    }
    // A table that is read row after row: its ids lie far apart.
    std::fs::copy(file("a.gpkg"), file("gaps.gpkg")).unwrap();
    sql(&file("gaps.gpkg"), "UPDATE layer SET fid = -(fid * 1000003)");
    let whole = read_parcels(&file("a.gpkg"));
    let layer = whole.layer.as_ref().unwrap();
    assert_eq!(layer.ids.len(), PARCELS - 9, "nine have no area");
    assert_eq!(layer.record.features, PARCELS as u64);
    assert!(whole.has("invalid_geometry") && whole.has("duplicate_id"), "{:?}", whole.findings.items);
    for name in ["gaps.gpkg", "a.shp", "a.fgb"] {
        let other = read_parcels(&file(name)).layer.unwrap();
        assert_eq!(other.ids, layer.ids, "{name}");
        assert_eq!(other.table, layer.table, "{name}");
        // A shapefile has its rings the other way round.
        let (areas, wanted) = (other.coverage.areas_m2(), layer.coverage.areas_m2());
        assert!(areas.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{name}");
    }
    let (coverage, table) = parcels(MANY);
    write_geoparquet(&file("a.parquet"), &coverage, &table, &suzhou()).unwrap();
    assert_eq!(read_parcels(&file("a.parquet")).layer.unwrap().record.features, MANY as u64);
}

#[test]
fn deleted_rows_are_left_out_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let (gpkg, shp) = (dir.path().join("a.gpkg"), dir.path().join("a.shp"));
    write_parcels(&gpkg, VectorFormat::GeoPackage, PARCELS);
    sql(&gpkg, "DELETE FROM layer WHERE fid BETWEEN 4090 AND 4100 OR fid > 8995 OR fid < 3");
    write_parcels(&shp, VectorFormat::Shapefile, PARCELS);
    // The mark of a deleted row is a star at its beginning.
    let mut dbf = std::fs::read(shp.with_extension("dbf")).unwrap();
    let short = |at: usize| usize::from(u16::from_le_bytes([dbf[at], dbf[at + 1]]));
    let (header, record) = (short(8), short(10));
    for row in (4089..4100).chain(8995..9000).chain(0..2) {
        dbf[header + row * record] = b'*';
    }
    std::fs::write(shp.with_extension("dbf"), dbf).unwrap();
    let [from_gpkg, from_shp] = [gpkg, shp].map(|path| read_parcels(&path).layer.unwrap());
    assert_eq!(from_gpkg.record.features, PARCELS as u64 - 18);
    assert_eq!(from_shp.record.features, PARCELS as u64 - 18);
    assert!(from_gpkg.ids == from_shp.ids && from_gpkg.table == from_shp.table);
}

#[test]
fn a_damaged_row_ends_reading_on_any_threads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.gpkg");
    write_parcels(&path, VectorFormat::GeoPackage, PARCELS);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xEE);
    std::fs::write(&path, bytes).unwrap();
    let read = read_parcels(&path);
    assert!(read.layer.is_none() && read.has("truncated_file"), "{:?}", read.findings.items);
}

/// Points along a line, a few of them nowhere.
fn many_points() -> PointBatch {
    let x = |i: usize| if i % 20_000 == 9 { 1e12 } else { 500_000.0 + i as f64 };
    PointBatch {
        xs: (0..MANY).map(x).collect(),
        ys: (0..MANY).map(|i| 3_460_000.0 + (i % 7) as f64).collect(),
        table: AttributeTable::new()
            .with("name", ColumnData::Text((0..MANY).map(|i| Some(format!("点{}", i * 31 % MANY))).collect()))
            .with("people", ColumnData::Real((0..MANY).map(|i| Some(i as f64 / 3.0)).collect())),
        features: Vec::new(),
    }
}

#[test]
fn points_of_every_format_come_in_the_order_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let all = many_points();
    let mut csv = "x,y,name,people\n".to_owned();
    for i in 0..MANY {
        let (name, people) = (format!("点{}", i * 31 % MANY), i as f64 / 3.0);
        writeln!(csv, "{},{},{name},{people}", all.xs[i], all.ys[i]).unwrap();
    }
    std::fs::write(dir.path().join("a.csv"), csv).unwrap();
    let spec = spec(GeometryKind::Point, &[("name", FieldType::Text), ("people", FieldType::Real)]);
    for (name, format) in [("a.gpkg", VectorFormat::GeoPackage), ("a.shp", VectorFormat::Shapefile)] {
        let mut writer = VectorWriter::create(&dir.path().join(name), format, &spec).unwrap();
        writer.points(&all).unwrap();
        writer.finish().unwrap();
    }
    for name in ["a.gpkg", "a.shp", "a.csv"] {
        let mut source = VectorSource::new("poi", dir.path().join(name)).fields(&["name", "people"]);
        source.numbers = vec!["people".to_owned()];
        if name == "a.csv" {
            source = source.crs("EPSG:4549");
            (source.x, source.y) = (Some("x".to_owned()), Some("y".to_owned()));
        }
        let read: Read<Points> = on_any_threads(name, || points(&source, &suzhou()));
        let layer = read.layer.as_ref().unwrap();
        let kept: Vec<usize> = (0..MANY).filter(|i| i % 20_000 != 9).collect();
        assert_eq!(layer.record.features, MANY as u64, "{name}");
        assert!(layer.xs == kept.iter().map(|&i| all.xs[i]).collect::<Vec<_>>(), "{name}");
        let first: Vec<_> = kept.iter().map(|i| Some(format!("点{}", i * 31 % MANY))).collect();
        assert!(layer.rows.iter().map(|r| r[0].clone()).eq(first), "{name}");
    }
}

#[test]
fn lines_come_in_the_order_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = LineBatch::default();
    for i in 0..MANY {
        let x = 500_000.0 + i as f64;
        all.push(i as u32, [[x, 3_460_000.0], [x + 0.5, 3_460_001.0]]);
    }
    all.table.push("class", ColumnData::Int((0..MANY).map(|i| Some(i as i64 % 9)).collect()));
    let path = dir.path().join("a.gpkg");
    let spec = spec(GeometryKind::Line, &[("class", FieldType::Int)]);
    let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &spec).unwrap();
    writer.lines(&all).unwrap();
    writer.finish().unwrap();
    let source = VectorSource::new("roads", &path).fields(&["class"]);
    let batches = on_any_threads("roads", || lines(&source, &suzhou())).layer.unwrap();
    let xs: Vec<f64> = batches.iter().flat_map(|b| b.xs.iter().copied()).collect();
    assert!(batches.len() > 2 && xs == all.xs);
}
