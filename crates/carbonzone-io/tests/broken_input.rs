//! Bad input of docs/your-city.md as far as it is a matter of reading: each on a file made here, each with the message a
//! stranger needs.

use crate::common;
use carbonzone_io::{
    FieldType, GeometryKind, LayerSpec, LineBatch, VectorFormat, VectorSource, VectorWriter,
};
use carbonzone_types::{AttributeTable, ColumnData, Severity, Stage};
use common::{
    Parcel, good_parcels, lines, parcel, parcel_spec, points, polygons, square, suzhou, write_parcels,
};
use std::path::Path;

const X: f64 = 500_000.0;
const Y: f64 = 3_460_000.0;

fn source(path: &Path) -> VectorSource {
    VectorSource::new("parcels", path).id("id").fields(&["use"])
}

#[test]
fn a_missing_file_is_fatal_and_names_the_file_that_was_meant() {
    let dir = tempfile::tempdir().unwrap();
    write_parcels(&dir.path().join("parcels.gpkg"), "EPSG:4549", &good_parcels());
    let read = polygons(&source(&dir.path().join("parcel.gpkg")), &suzhou());
    assert!(read.layer.is_none());
    let finding = read.finding("missing_file");
    assert_eq!(finding.severity, Severity::Fatal);
    assert!(finding.hint.as_ref().unwrap().contains("parcels.gpkg"), "{finding:?}");
    assert_eq!(read.findings.exit_code(), 2);
}

#[test]
fn unknown_layer_and_fields_list_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:4549", &good_parcels());
    let read = polygons(&source(&path).layer("parcel"), &suzhou());
    let finding = read.finding("unknown_layer");
    assert!(finding.expected.as_ref().unwrap().contains("\"parcels\""));
    assert!(finding.hint.as_ref().unwrap().contains("did you mean \"parcels\""));
    let read =
        polygons(&VectorSource::new("parcels", &path).id("ids").fields(&["usee", "nothing"]), &suzhou());
    let unknown: Vec<_> = read.findings.items.iter().filter(|f| f.code == "unknown_field").collect();
    assert_eq!(unknown.len(), 3, "all at once: {:?}", read.findings);
    assert!(unknown.iter().all(|f| f.expected.as_ref().unwrap().contains("\"use\"")));
    assert_eq!(unknown[0].hint.as_deref(), Some("did you mean \"use\"?"));
    assert_eq!(read.findings.exit_code(), 1);
}

#[test]
fn a_file_with_several_layers_asks_which_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    let crs = suzhou();
    let mut writer = carbonzone_io::GpkgWriter::create(&path, &crs).unwrap();
    let (coverage, table) = common::layer_of(&good_parcels());
    for name in ["now", "planned"] {
        writer.polygons(name, "", &coverage, &table, &carbonzone_types::NoProgress).unwrap();
    }
    writer.finish().unwrap();
    let read = polygons(&source(&path), &crs);
    assert!(read.finding("layer_not_named").expected.as_ref().unwrap().contains("\"planned\""));
    assert!(polygons(&source(&path).layer("planned"), &crs).layer.is_some());
}

#[test]
fn a_layer_without_crs_needs_an_override() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "", &good_parcels());
    let read = polygons(&source(&path), &suzhou());
    assert!(read.layer.is_none());
    assert!(read.finding("no_crs").hint.as_ref().unwrap().contains("crs = "));
    let read = polygons(&source(&path).crs("EPSG:4549"), &suzhou());
    assert_eq!(read.layer.unwrap().coverage.areas_m2(), [1e4; 4]);
    let read = polygons(&source(&path).crs("EPSG:99999999"), &suzhou());
    assert_eq!(read.finding("unknown_crs").value.as_deref(), Some("EPSG:99999999"));
}

#[test]
fn parcels_in_degrees_are_transformed_and_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:4326", &[parcel("a", vec![vec![square(120.6, 31.3, 0.01)]])]);
    let read = polygons(&source(&path), &suzhou());
    assert!(read.finding("reprojected").message.contains("degrees"));
    let layer = read.layer.unwrap();
    assert_eq!(layer.record.crs, "EPSG:4326");
    // 0.01° × 0.01° at 31.3° N: 951.9 m × 1108.7 m on the ellipsoid, scale of the zone at 0.6° from its meridian 1.00004.
    assert!(
        (layer.coverage.area_m2(0) / (951.9 * 1108.7) - 1.0).abs() < 2e-3,
        "{}",
        layer.coverage.area_m2(0)
    );
}

#[test]
fn feet_are_converted_to_metres_and_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:2249", &[parcel("a", vec![vec![square(760_000.0, 2_960_000.0, 1000.0)]])]);
    let crs = carbonzone_io::WorkingCrs::parse("EPSG:26986").unwrap();
    let read = polygons(&source(&path), &crs);
    assert!(read.finding("unit_converted").message.contains("0.3048"), "{:?}", read.findings);
    let area = read.layer.unwrap().coverage.area_m2(0);
    // 1000 US survey feet are 1200/3937 km.
    assert!((area - (1000.0_f64 * 1200.0 / 3937.0).powi(2)).abs() < 1e-3, "{area}");
}

#[test]
fn a_layer_of_another_place_is_suspected() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:32633", &[parcel("a", vec![vec![square(500_000.0, 5_000_000.0, 1000.0)]])]);
    let read = polygons(&source(&path), &suzhou());
    let finding = read.finding("outside_crs_area");
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.value.as_ref().unwrap().contains("longitude 15"), "{finding:?}");
}

#[test]
fn truncated_files_are_errors_in_every_format() {
    let dir = tempfile::tempdir().unwrap();
    let many: Vec<Parcel> =
        (0..3000).map(|i| parcel("x", vec![vec![square(X + f64::from(i), Y, 1.0)]])).collect();
    for name in ["p.gpkg", "p.fgb", "p.shp"] {
        let path = dir.path().join(name);
        write_parcels(&path, "EPSG:4549", &many);
        let bytes = std::fs::read(&path).unwrap();
        for share in [0.1, 0.5, 0.9] {
            std::fs::write(&path, &bytes[..(bytes.len() as f64 * share) as usize]).unwrap();
            let read = polygons(&source(&path), &suzhou());
            assert!(read.findings.blocks(), "{name} cut to {share}: {:?}", read.findings);
            assert!(read.layer.is_none());
            let text = format!("{:?}", read.findings);
            assert!(text.contains("get it again"), "{name} {share}: {text}");
        }
    }
    let parquet = dir.path().join("p.parquet");
    let (coverage, table) = common::layer_of(&many);
    carbonzone_io::write_geoparquet(&parquet, &coverage, &table, &suzhou()).unwrap();
    let bytes = std::fs::read(&parquet).unwrap();
    std::fs::write(&parquet, &bytes[..bytes.len() / 2]).unwrap();
    assert!(polygons(&source(&parquet), &suzhou()).has("unreadable_file"));
    std::fs::write(&parquet, "").unwrap();
    assert!(polygons(&source(&parquet), &suzhou()).finding("unreadable_file").message.contains("empty"));
}

#[test]
fn a_file_of_another_format_is_named_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    std::fs::write(&path, "<html>404 not found</html>").unwrap();
    let read = polygons(&source(&path), &suzhou());
    assert!(read.finding("unreadable_file").expected.as_ref().unwrap().contains("GeoPackage"));
}

#[test]
fn an_empty_layer_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:4549", &[]);
    assert_eq!(polygons(&source(&path), &suzhou()).finding("empty_layer").severity, Severity::Error);
    write_parcels(&path, "EPSG:4549", &good_parcels());
    let mut filtered = source(&path);
    filtered.filter = Some("use = '9999'".to_owned());
    let read = polygons(&filtered, &suzhou());
    assert!(read.finding("empty_layer").hint.as_ref().unwrap().contains("filter"));
    filtered.filter = Some("usage = '0601'".to_owned());
    assert!(
        polygons(&filtered, &suzhou()).finding("bad_filter").expected.as_ref().unwrap().contains("\"use\"")
    );
}

#[test]
fn two_point_rings_and_bow_ties_do_not_stop_the_layer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    let two_points = vec![[X, Y], [X + 9.0, Y], [X, Y]];
    let bow_tie = vec![[X, Y], [X + 20.0, Y + 10.0], [X + 20.0, Y], [X, Y + 10.0], [X, Y]];
    let mut parcels = good_parcels();
    parcels.push(parcel("line", vec![vec![two_points.clone()]]));
    parcels.push(parcel("bow", vec![vec![bow_tie]]));
    parcels.push(parcel("half", vec![vec![square(X, Y + 500.0, 10.0), two_points]]));
    write_parcels(&path, "EPSG:4549", &parcels);
    let read = polygons(&source(&path), &suzhou());
    let layer = read.layer.as_ref().unwrap();
    assert_eq!(layer.ids, ["a", "b", "bow", "c", "d", "half"]);
    let areas = layer.coverage.areas_m2();
    assert!((areas[2] - 100.0).abs() < 1e-6, "two triangles of 50 m² by the odd-even rule: {areas:?}");
    assert!((areas[5] - 100.0).abs() < 1e-6, "{areas:?}");
    assert_eq!(read.finding("zero_area").feature.as_deref(), Some("line"));
    let repaired = read.finding("invalid_geometry");
    assert_eq!((repaired.count, repaired.feature.as_deref()), (Some(2), Some("bow, half")));
    let row = read.ledger.rows.iter().find(|r| r.stage == Stage::Repair).unwrap();
    assert_eq!((row.count, row.unit.as_str()), (Some(2.0), "features"));
    assert!(
        (row.amount_m2.unwrap() - 100.0).abs() < 1e-6,
        "a bow-tie's lobes cancel before and add after: {row:?}"
    );
    assert!(read.ledger.rows.iter().any(|r| r.stage == Stage::Drop && r.count == Some(1.0)));
}

#[test]
fn null_empty_and_foreign_geometry_is_counted_and_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.geojson");
    let feature = |id: &str, geometry: &str| {
        format!(r#"{{"type":"Feature","properties":{{"id":"{id}","use":"0601"}},"geometry":{geometry}}}"#)
    };
    let polygon =
        r#"{"type":"Polygon","coordinates":[[[120.6,31.3],[120.61,31.3],[120.61,31.31],[120.6,31.3]]]}"#;
    let collection = format!(
        r#"{{"type":"GeometryCollection","geometries":[{polygon},{{"type":"LineString","coordinates":[[120.6,31.3],[120.7,31.3]]}}]}}"#
    );
    let features = [
        feature("good", polygon),
        feature("null", "null"),
        feature("empty", r#"{"type":"Polygon","coordinates":[]}"#),
        feature("point", r#"{"type":"Point","coordinates":[120.6,31.3]}"#),
        feature("mixed", &collection),
        feature(
            "no polygon",
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[120.6,31.3]}]}"#,
        ),
    ];
    std::fs::write(&path, format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")))
        .unwrap();
    let read = polygons(&source(&path), &suzhou());
    assert_eq!(read.layer.as_ref().unwrap().ids, ["good", "mixed"]);
    // GDAL's GeoJSON reader gives no geometry for empty coordinates.
    assert_eq!(read.finding("null_geometry").feature.as_deref(), Some("empty, null"));
    assert_eq!(read.finding("collection_reduced").feature.as_deref(), Some("mixed"));
    let foreign: Vec<_> = read.findings.items.iter().filter(|f| f.code == "not_a_polygon").collect();
    assert_eq!(foreign.len(), 2, "{:?}", read.findings);
    let dropped: f64 =
        read.ledger.rows.iter().filter(|r| r.stage == Stage::Drop).filter_map(|r| r.count).sum();
    assert_eq!(dropped, 4.0);
    assert_eq!(read.layer.unwrap().record.features, 6);
}

#[test]
fn duplicate_and_blank_ids_get_stable_names_whatever_the_order_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    let make = |order: &[usize]| {
        let mut parcels = [
            Some(parcel("a", vec![vec![square(X, Y, 30.0)]])),
            Some(parcel("a", vec![vec![square(X, Y, 10.0)]])),
            Some(parcel("b", vec![vec![square(X, Y, 5.0)]])),
            Some(Parcel { id: None, use_code: "x", rings: vec![vec![square(X, Y, 6.0)]] }),
            Some(parcel(" ", vec![vec![square(X, Y, 7.0)]])),
        ];
        let shuffled: Vec<Parcel> = order.iter().map(|&i| parcels[i].take().unwrap()).collect();
        write_parcels(&path, "EPSG:4549", &shuffled);
        polygons(&source(&path), &suzhou())
    };
    let (one, two) = (make(&[0, 1, 2, 3, 4]), make(&[4, 1, 3, 0, 2]));
    let layer = one.layer.as_ref().unwrap();
    assert_eq!(layer.ids, ["a", "a#2", "b", "null", "null#2"]);
    let other = two.layer.as_ref().unwrap();
    assert_eq!((&layer.ids, &layer.coverage, &layer.table), (&other.ids, &other.coverage, &other.table));
    let finding = one.finding("duplicate_id");
    assert_eq!((finding.count, finding.severity), (Some(2), Severity::Warning));
    assert_eq!(one.finding("blank_id").count, Some(2));
}

#[test]
fn without_an_id_column_the_order_of_the_file_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    let mut parcels = good_parcels();
    write_parcels(&path, "EPSG:4549", &parcels);
    let plain = VectorSource::new("parcels", &path).fields(&["id"]);
    let one = polygons(&plain, &suzhou()).layer.unwrap();
    parcels.reverse();
    write_parcels(&path, "EPSG:4549", &parcels);
    let two = polygons(&plain, &suzhou()).layer.unwrap();
    assert_eq!(one.ids, ["1", "2", "3", "4"]);
    assert_eq!((one.coverage, one.table), (two.coverage, two.table));
}

#[test]
fn a_shapefile_without_its_parts_says_which_part_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.shp");
    let write = || write_parcels(&path, "EPSG:4549", &good_parcels());
    write();
    polygons(&source(&path), &suzhou()).assert_clean();
    std::fs::remove_file(path.with_extension("dbf")).unwrap();
    let read = polygons(&source(&path), &suzhou());
    assert!(read.layer.is_none());
    assert!(read.finding("shapefile_part_missing").message.contains(".dbf"));
    let read = polygons(&VectorSource::new("parcels", &path), &suzhou());
    assert_eq!(read.finding("shapefile_part_missing").severity, Severity::Warning);
    assert_eq!(read.layer.unwrap().ids.len(), 4);
    write();
    std::fs::remove_file(path.with_extension("prj")).unwrap();
    assert!(polygons(&source(&path), &suzhou()).finding("no_crs").hint.as_ref().unwrap().contains(".prj"));
    write();
    std::fs::remove_file(path.with_extension("shx")).unwrap();
    assert!(polygons(&source(&path), &suzhou()).finding("shapefile_part_missing").message.contains(".shx"));
}

fn write_named_roads(path: &Path, encoding: &str, field: &str) {
    let mut batch = LineBatch::default();
    for i in 0..5u32 {
        batch.push(i, [[X, Y + f64::from(i)], [X + 100.0, Y + f64::from(i)]]);
    }
    batch.table = AttributeTable::new()
        .with(field, ColumnData::texts(&["人民路", "干将东路", "北环快速路", "沪宁高速", "路"]));
    let spec = LayerSpec {
        fields: vec![(field.to_owned(), FieldType::Text)],
        geometry: Some(GeometryKind::Line),
        encoding: Some(encoding.to_owned()),
        ..parcel_spec("EPSG:4549")
    };
    let mut writer = VectorWriter::create(path, VectorFormat::Shapefile, &spec).unwrap();
    writer.lines(&batch).unwrap();
    writer.finish().unwrap();
}

/// Nothing tells the encoding any more: byte 29 of a DBF is its language driver.
fn forget_encoding(path: &Path) {
    std::fs::remove_file(path.with_extension("cpg")).unwrap();
    let dbf = path.with_extension("dbf");
    let mut bytes = std::fs::read(&dbf).unwrap();
    bytes[29] = 0;
    std::fs::write(&dbf, &bytes).unwrap();
}

#[test]
fn gbk_field_names_without_a_cpg_file_are_told_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("roads.shp");
    write_named_roads(&path, "GBK", "道路名");
    forget_encoding(&path);
    let mut roads = VectorSource::new("roads", &path).fields(&["道路名"]);
    let read = lines(&roads, &suzhou());
    let finding = read.finding("wrong_encoding");
    assert!(finding.message.contains("道路名"), "{finding:?}");
    assert!(finding.hint.as_ref().unwrap().contains("encoding = \"GBK\""), "{finding:?}");
    assert!(!read.has("unknown_field"));
    roads.encoding = Some("GBK".to_owned());
    lines(&roads, &suzhou()).assert_clean();
}

#[test]
fn gbk_names_are_read_with_the_cpg_file_and_suspected_without() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("roads.shp");
    write_named_roads(&path, "GBK", "name");
    let roads = VectorSource::new("roads", &path).fields(&["name"]);
    let name = |read: &common::Read<Vec<LineBatch>>| {
        read.layer.as_ref().unwrap()[0].table.texts("name").unwrap()[0].clone()
    };
    let read = lines(&roads, &suzhou());
    read.assert_clean();
    assert_eq!(name(&read).as_deref(), Some("人民路"));
    forget_encoding(&path);
    let read = lines(&roads, &suzhou());
    let finding = read.finding("wrong_encoding");
    assert!(finding.hint.as_ref().unwrap().contains("GBK"), "{finding:?}");
    assert_eq!(finding.field.as_deref(), Some("name"));
    let mut fixed = roads.clone();
    fixed.encoding = Some("GBK".to_owned());
    let read = lines(&fixed, &suzhou());
    read.assert_clean();
    assert_eq!(name(&read).as_deref(), Some("人民路"));
    std::fs::write(path.with_extension("cpg"), "UTF-8").unwrap();
    let read = lines(&roads, &suzhou());
    assert!(read.has("wrong_encoding"), "GBK read as UTF-8: {:?} {:?}", read.findings, name(&read));
}

fn csv(dir: &Path, text: &[u8]) -> VectorSource {
    let path = dir.join("poi.csv");
    std::fs::write(&path, text).unwrap();
    VectorSource::new("poi", path).fields(&["type"]).crs("EPSG:4326")
}

#[test]
fn a_point_table_is_read_in_any_encoding_with_titles_above_its_header() {
    let dir = tempfile::tempdir().unwrap();
    let text = "苏州市POI\n名称,type,经度,纬度\n苏州站,150200,120.606,31.330\n\"厂, 一\",170300,120.7,31.4\n";
    let (gbk, _, _) = encoding_rs::GB18030.encode(text);
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bom = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let semicolons = text.replace("\"厂, 一\"", "厂").replace(',', ";");
    let mut all = Vec::new();
    for bytes in [text.as_bytes(), &gbk, &utf16, &bom, semicolons.as_bytes()] {
        let read = points(&csv(dir.path(), bytes), &suzhou());
        read.assert_clean();
        let layer = read.layer.unwrap();
        assert_eq!(layer.rows, [[Some("150200".to_owned())], [Some("170300".to_owned())]]);
        assert_eq!(layer.record.features, 2);
        all.push((layer.xs, layer.ys));
    }
    assert!(all.windows(2).all(|w| w[0] == w[1]));
    assert!((all[0].0[0] - 557_672.0).abs() < 500.0, "{all:?}");
}

#[test]
fn swapped_longitude_and_latitude_are_recognised() {
    let dir = tempfile::tempdir().unwrap();
    let text = "type,lon,lat\n1,31.3,120.6\n2,31.4,120.7\n3,31.2,120.5\n";
    let read = points(&csv(dir.path(), text.as_bytes()), &suzhou());
    assert!(read.layer.is_none());
    let finding = read.finding("swapped_coordinates");
    assert_eq!((finding.severity, finding.count), (Severity::Error, Some(3)));
    assert!(finding.hint.as_ref().unwrap().contains("swap"));
    let mut fixed = csv(dir.path(), text.as_bytes());
    (fixed.x, fixed.y) = (Some("lat".to_owned()), Some("lon".to_owned()));
    let read = points(&fixed, &suzhou());
    read.assert_clean();
    assert_eq!(read.layer.unwrap().xs.len(), 3);
    // Boston: both orders are possible degrees, only the area of the CRS can tell.
    let text = "type,lon,lat\n1,42.37,-71.1\n2,42.38,-71.11\n";
    let crs = carbonzone_io::WorkingCrs::parse("EPSG:26986").unwrap();
    assert!(points(&csv(dir.path(), text.as_bytes()), &crs).has("swapped_coordinates"));
}

#[test]
fn bad_rows_are_counted_with_an_example() {
    let dir = tempfile::tempdir().unwrap();
    let text = "type,lon,lat\n1,120.6,31.3\n2,east,31.3\n3,,\n4,0,0\n5,120.6,\n6,120.61,31.31\n7,nan,31\n";
    let read = points(&csv(dir.path(), text.as_bytes()), &suzhou());
    let bad = read.finding("bad_coordinates");
    assert_eq!((bad.count, bad.severity), (Some(4), Severity::Warning));
    assert_eq!(bad.value.as_deref(), Some("line 3: \"east\", \"31.3\""));
    let outside = read.finding("outside_crs_area");
    assert_eq!(outside.count, Some(1));
    let layer = read.layer.as_ref().unwrap();
    assert_eq!((layer.record.features, layer.xs.len()), (7, 3));
    let dropped: f64 = read.ledger.rows.iter().filter_map(|r| r.count).sum();
    assert_eq!(dropped, 4.0, "used + dropped = read: {:?}", read.ledger);
}

#[test]
fn a_point_table_needs_its_columns_and_a_crs() {
    let dir = tempfile::tempdir().unwrap();
    let read = points(&csv(dir.path(), b"typ,east,north\n1,2,3\n"), &suzhou());
    assert_eq!(read.findings.items.iter().filter(|f| f.code == "unknown_field").count(), 2);
    let read = points(&csv(dir.path(), b"typ,lon,lat\n1,2,3\n"), &suzhou());
    let finding = read.finding("unknown_field");
    assert_eq!(finding.hint.as_deref(), Some("did you mean \"typ\"?"));
    let mut source = csv(dir.path(), b"type,lon,lat\n1,120.6,31.3\n");
    source.crs = None;
    assert!(points(&source, &suzhou()).finding("no_crs").hint.as_ref().unwrap().contains("GCJ-02"));
    assert!(points(&csv(dir.path(), b"type,lon,lat\n"), &suzhou()).has("empty_layer"));
    source.crs = Some("EPSG:4326".to_owned());
    source.filter = Some("type = '2'".to_owned());
    assert!(points(&source, &suzhou()).finding("empty_layer").hint.as_ref().unwrap().contains("filter"));
}

#[test]
fn gcj02_points_come_back_to_where_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let (lon, lat) = carbonzone_geom::gcj02::wgs84_to_gcj02(120.6, 31.3);
    let table = format!("type,lon,lat\n1,{lon},{lat}\n");
    let true_place = points(&csv(dir.path(), b"type,lon,lat\n1,120.6,31.3\n"), &suzhou()).layer.unwrap();
    let read = points(&csv(dir.path(), table.as_bytes()).crs("GCJ-02"), &suzhou());
    let layer = read.layer.unwrap();
    assert_eq!(layer.record.crs, "GCJ-02");
    assert!((layer.xs[0] - true_place.xs[0]).hypot(layer.ys[0] - true_place.ys[0]) < 1e-3);
}

#[test]
fn polygons_among_points_are_taken_by_a_point_inside_and_lines_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poi.geojson");
    std::fs::write(
        &path,
        r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"k":1},"geometry":{"type":"Point","coordinates":[120.6,31.3]}},
        {"type":"Feature","properties":{"k":2},"geometry":{"type":"Polygon","coordinates":[[[120,31],[120.1,31],[120.1,31.1],[120,31]]]}},
        {"type":"Feature","properties":{"k":3},"geometry":{"type":"LineString","coordinates":[[120,31],[121,31]]}},
        {"type":"Feature","properties":{},"geometry":{"type":"MultiPoint","coordinates":[[120.6,31.3]]}},
        {"type":"Feature","properties":{"k":5},"geometry":null}]}"#,
    )
    .unwrap();
    let read = points(&VectorSource::new("poi", &path).fields(&["k"]), &suzhou());
    let layer = read.layer.as_ref().unwrap();
    let ks: Vec<_> = layer.rows.iter().map(|r| r[0].clone()).collect();
    assert_eq!(ks, [Some("1".to_owned()), Some("2".to_owned()), None], "an absent member is NULL, not 0");
    assert_eq!(read.finding("polygon_as_point").count, Some(1));
    assert_eq!(read.finding("not_a_point").count, Some(1));
    assert_eq!(read.finding("null_geometry").count, Some(1));
    let as_polygons = polygons(&VectorSource::new("zones", &path), &suzhou());
    assert_eq!(as_polygons.layer.unwrap().ids, ["1"]);
}

#[test]
fn a_polygon_that_has_no_place_in_the_working_crs_is_dropped_not_bent() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    let parcels = [
        parcel("here", vec![vec![square(120.6, 31.3, 0.01)]]),
        parcel("nowhere", vec![vec![square(120.6, 95.0, 0.01)]]),
    ];
    write_parcels(&path, "EPSG:4326", &parcels);
    let read = polygons(&source(&path), &suzhou());
    assert_eq!(read.layer.as_ref().unwrap().ids, ["here"]);
    assert_eq!(read.finding("no_coordinates").feature.as_deref(), Some("nowhere"));
}

#[test]
fn what_cannot_be_written_is_an_error_with_the_path() {
    let crs = suzhou();
    let (coverage, table) = common::layer_of(&good_parcels());
    let nowhere = Path::new("no/such/folder/out.gpkg");
    let error = carbonzone_io::GpkgWriter::create(nowhere, &crs).err().unwrap();
    assert!(error.to_string().contains("out.gpkg"), "{error}");
    let error = carbonzone_io::write_geojson(&nowhere.with_extension("geojson"), &coverage, &table, &crs)
        .unwrap_err();
    assert!(error.to_string().contains("out.geojson"), "{error}");
    let dir = tempfile::tempdir().unwrap();
    let short = AttributeTable::new().with("id", ColumnData::texts(&["only one"]));
    let error = carbonzone_io::write_geojson(&dir.path().join("x"), &coverage, &short, &crs).unwrap_err();
    assert!(error.to_string().contains("expected 4"), "{error}");
}

#[test]
fn decimal_commas_hold_for_coordinates_numbers_and_filters() {
    let dir = tempfile::tempdir().unwrap();
    let text = "type;lon;lat;people\na;120,65;31,31;1,5\nb;120,66;31,32;12,5\nc;120,67;31,33;1.012,5\n";
    let mut source = csv(dir.path(), text.as_bytes());
    source.fields = vec!["people".to_owned()];
    source.numbers = vec!["people".to_owned()];
    source.filter = Some("people > 5".to_owned());
    let read = points(&source, &suzhou());
    assert!(read.has("decimal_comma"));
    let layer = read.layer.unwrap();
    assert_eq!(layer.rows, [vec![Some("12.5".to_owned())], vec![Some("1012.5".to_owned())]]);
    let plain = points(&csv(dir.path(), b"type,lon,lat\nb,120.66,31.32\n"), &suzhou()).layer.unwrap();
    assert_eq!(
        (layer.xs[0].to_bits(), layer.ys[0].to_bits()),
        (plain.xs[0].to_bits(), plain.ys[0].to_bits())
    );
}

#[test]
fn equal_headers_and_rows_of_another_length_are_refused_where_points_are_read() {
    let dir = tempfile::tempdir().unwrap();
    assert!(
        points(&csv(dir.path(), b"type,lon,lat,lon\n1,120.6,31.3,0\n"), &suzhou()).has("same_column_twice")
    );
    let ragged = points(&csv(dir.path(), b"type,lon,lat\n1,120.6,31.3\n2,120.6\n"), &suzhou());
    assert!(ragged.has("ragged_rows") && ragged.layer.is_none());
    let quote = points(&csv(dir.path(), b"type,lon,lat\n\"1,120.6\n2,120.6,31.3\n"), &suzhou());
    assert!(quote.has("broken_table") && quote.layer.is_none());
}
