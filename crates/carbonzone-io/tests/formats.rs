//! Formats that carbonzone reads but does not write: OpenStreetMap, File Geodatabase, PostGIS, curves, CSV with shapes; names
//! that stand twice and encodings that are not those of the file.

#![expect(clippy::print_stderr, reason = "test helpers outside of test functions")]

use crate::common;
use crate::pbf;
use carbonzone_io::{FieldType, VectorFormat, VectorSource, VectorWriter, read_own_layer};
use carbonzone_types::{AttributeTable, ColumnData};
use common::{good_parcels, lines, parcel_spec, points, polygons, suzhou, write_parcels};
use gdal::DriverManager;
use gdal::vector::{Geometry, LayerAccess, LayerOptions};
use std::path::Path;

fn driver(name: &str) -> Option<gdal::Driver> {
    let found = DriverManager::get_driver_by_name(name).ok();
    if found.is_none() {
        eprintln!("skipped: this GDAL has no {name} driver");
    }
    found
}

const OSM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
<node id="1" lat="31.30" lon="120.60"><tag k="amenity" v="school"/><tag k="name" v="苏州中学"/></node>
<node id="2" lat="31.30" lon="120.61"/>
<node id="3" lat="31.31" lon="120.61"/>
<node id="4" lat="31.31" lon="120.60"><tag k="shop" v="bakery"/></node>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
<way id="11"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="landuse" v="industrial"/></way>
</osm>
"#;

#[test]
fn an_openstreetmap_file_gives_each_reader_its_layer_and_any_tag() {
    if driver("OSM").is_none() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("city.osm");
    std::fs::write(&path, OSM).unwrap();
    let read =
        points(&VectorSource::new("poi", &path).id("osm_id").fields(&["amenity", "shop", "name"]), &suzhou());
    read.assert_clean();
    assert!(read.finding("osm_layer").message.contains("points"));
    let text = |t: &str| Some(t.to_owned());
    let rows = read.layer.unwrap().rows;
    assert_eq!(rows[0], [text("school"), None, text("苏州中学"), text("1")]);
    assert_eq!(rows[1], [None, text("bakery"), None, text("4")]);
    let read = lines(&VectorSource::new("roads", &path).fields(&["highway"]), &suzhou());
    let batch = &read.layer.unwrap()[0];
    assert_eq!((batch.len(), batch.table.texts("highway").unwrap()[0].clone()), (1, text("primary")));
    let read =
        polygons(&VectorSource::new("parcels", &path).id("osm_way_id").fields(&["landuse"]), &suzhou());
    let layer = read.layer.unwrap();
    assert_eq!(
        (layer.ids, layer.table.texts("landuse").unwrap()),
        (vec!["11".to_owned()], vec![text("industrial")])
    );
}

#[test]
fn an_openstreetmap_extract_in_pbf_gives_land_use_points_and_roads() {
    if driver("OSM").is_none() {
        return;
    }
    let corner = |id, lon, lat| pbf::Node { id, lon, lat, tags: &[] };
    let nodes = [
        pbf::Node {
            id: 1, lon: 120.605, lat: 31.305, tags: &[("amenity", "school"), ("name", "苏州中学")]
        },
        pbf::Node { id: 2, lon: 120.606, lat: 31.306, tags: &[("highway", "bus_stop")] },
        corner(11, 120.60, 31.30),
        corner(12, 120.61, 31.30),
        corner(13, 120.61, 31.31),
        corner(14, 120.60, 31.31),
        corner(21, 120.602, 31.302),
        corner(22, 120.604, 31.302),
        corner(23, 120.604, 31.304),
        corner(24, 120.602, 31.304),
    ];
    let ring = |ids: &[i64]| ids.iter().chain(&ids[..1]).copied().collect::<Vec<i64>>();
    let ways = [
        pbf::Way { id: 101, nodes: ring(&[11, 12, 13, 14]), tags: &[] },
        pbf::Way { id: 102, nodes: ring(&[21, 22, 23, 24]), tags: &[("natural", "water")] },
        pbf::Way { id: 103, nodes: vec![11, 13], tags: &[("highway", "primary"), ("lanes", "4")] },
        pbf::Way { id: 104, nodes: vec![12, 14], tags: &[("railway", "rail")] },
    ];
    // A multipolygon: land around a pond.
    let relations = [pbf::Relation {
        id: 201,
        ways: vec![(101, "outer"), (102, "inner")],
        tags: &[("type", "multipolygon"), ("landuse", "industrial")],
    }];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("city.osm.pbf");
    std::fs::write(&path, pbf::write(&nodes, &ways, &relations)).unwrap();
    let text = |t: &str| Some(t.to_owned());
    let read = points(&VectorSource::new("poi", &path).fields(&["amenity", "highway", "name"]), &suzhou());
    read.assert_clean();
    let rows = read.layer.unwrap().rows;
    assert_eq!(rows, [[text("school"), None, text("苏州中学")], [None, text("bus_stop"), None]]);
    let read = lines(&VectorSource::new("roads", &path).fields(&["highway", "railway", "lanes"]), &suzhou());
    let batch = &read.layer.unwrap()[0];
    assert_eq!(batch.table.texts("highway").unwrap(), [text("primary"), None]);
    assert_eq!(batch.table.texts("railway").unwrap(), [None, text("rail")]);
    assert_eq!(batch.table.texts("lanes").unwrap()[0], text("4"), "any tag, not only GDAL's columns");
    let read = polygons(&VectorSource::new("parcels", &path).fields(&["landuse", "natural"]), &suzhou());
    let layer = read.layer.unwrap();
    let of = |field: &str, value: &str| {
        layer.table.texts(field).unwrap().iter().position(|v| v.as_deref() == Some(value)).unwrap()
    };
    let (land, pond) = (of("landuse", "industrial"), of("natural", "water"));
    assert_eq!(layer.ids.len(), 2);
    // The pond is a hole of the land: about 0.01° by 0.01° less a twenty-fifth.
    let (land, pond) = (layer.coverage.area_m2(land), layer.coverage.area_m2(pond));
    assert!((pond / (land + pond) - 0.04).abs() < 1e-4, "{pond} of {land}");
}

#[test]
fn a_file_geodatabase_is_a_folder_with_layers() {
    let Some(driver) = driver("OpenFileGDB") else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("city.gdb");
    let Ok(mut dataset) = driver.create_vector_only(&path) else {
        eprintln!("skipped: this GDAL cannot write File Geodatabases");
        return;
    };
    let srs = gdal::spatial_ref::SpatialRef::from_epsg(4549).unwrap();
    for name in ["landuse", "zones"] {
        let ty = gdal_sys::OGRwkbGeometryType::wkbMultiPolygon;
        let mut layer =
            dataset.create_layer(LayerOptions { name, srs: Some(&srs), ty, options: None }).unwrap();
        let wkt =
            "MULTIPOLYGON(((500000 3460000,500100 3460000,500100 3460100,500000 3460100,500000 3460000)))";
        layer.create_feature(Geometry::from_wkt(wkt).unwrap()).unwrap();
    }
    dataset.close().unwrap();
    let read = polygons(&VectorSource::new("parcels", &path).layer("landuse"), &suzhou());
    let layer = read.layer.unwrap();
    assert!((layer.coverage.area_m2(0) - 1e4).abs() < 1e-3);
    assert!(layer.record.bytes > 0 && layer.record.sha256.len() == 64);
    let read = polygons(&VectorSource::new("parcels", &path), &suzhou());
    assert!(read.finding("layer_not_named").expected.as_ref().unwrap().contains("\"zones\""));
}

#[test]
fn a_database_connection_is_no_missing_file() {
    if driver("PostgreSQL").is_none() {
        return;
    }
    let read = polygons(
        &VectorSource::new("parcels", "PG:host=/nonexistent dbname=none connect_timeout=1"),
        &suzhou(),
    );
    assert!(read.finding("unreadable_file").message.len() > 40, "{:?}", read.findings);
    let Ok(connection) = std::env::var("CARBONZONE_PG") else {
        eprintln!(
            "skipped: set CARBONZONE_PG to a connection string such as \"PG:dbname=test\" to test against PostGIS"
        );
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:4549", &good_parcels());
    let (coverage, _) = read_own_layer(&path, "parcels").unwrap();
    let mut dataset = gdal::Dataset::open_ex(
        &connection,
        gdal::DatasetOptions {
            open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE | gdal::GdalOpenFlags::GDAL_OF_VECTOR,
            ..Default::default()
        },
    )
    .unwrap();
    let srs = gdal::spatial_ref::SpatialRef::from_epsg(4549).unwrap();
    let ty = gdal_sys::OGRwkbGeometryType::wkbPolygon;
    let options = ["OVERWRITE=YES"];
    let mut layer = dataset
        .create_layer(LayerOptions { name: "carbonzone_test", srs: Some(&srs), ty, options: Some(&options) })
        .unwrap();
    for i in 0..coverage.len() {
        layer.create_feature(Geometry::from_wkb(&coverage.wkb(i)).unwrap()).unwrap();
    }
    dataset.close().unwrap();
    let read = polygons(&VectorSource::new("parcels", &connection).layer("carbonzone_test"), &suzhou());
    assert_eq!(read.layer.unwrap().coverage, coverage);
}

/// Formats without types: what stands there is text, and numbers are made of it where they are asked for.
#[test]
fn codes_and_ids_of_untyped_files_keep_their_zeros() {
    let dir = tempfile::tempdir().unwrap();
    let ring = |x: u32| {
        let [x0, x1] = [x, x + 100].map(|x| 500_000 + x);
        [[x0, 0], [x1, 0], [x1, 100], [x0, 100], [x0, 0]].map(|[x, y]| (x, 3_460_000 + y))
    };
    let wkt = |x: u32| {
        let points = ring(x).map(|(x, y)| format!("{x} {y}")).join(",");
        format!("\"POLYGON (({points}))\"")
    };
    let csv = format!("WKT,id,code,area\n{},001,0601,1.5\n{},010,\"0701\",\"1,950\"\n", wkt(0), wkt(200));
    std::fs::write(dir.path().join("parcels.csv"), csv).unwrap();
    let member = |x: u32, id: &str, code: &str, area: &str| {
        let points = ring(x).map(|(x, y)| format!("{x} {y}")).join(" ");
        format!(
            "<gml:featureMember><p fid=\"p{x}\"><g><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{points}\
             </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></g><id>{id}</id><code>{code}</code><area>{area}</area></p></gml:featureMember>"
        )
    };
    let gml = format!(
        "<gml:FeatureCollection xmlns:gml=\"http://www.opengis.net/gml\">{}{}</gml:FeatureCollection>",
        member(0, "001", "0601", "1.5"),
        member(200, "010", "0701", "1,950")
    );
    std::fs::write(dir.path().join("parcels.gml"), gml).unwrap();
    for file in ["parcels.csv", "parcels.gml"] {
        let source = VectorSource::new("parcels", dir.path().join(file)).id("id").crs("EPSG:4549");
        let read = polygons(&source.fields(&["code", "area"]), &suzhou());
        let layer = read.layer.as_ref().unwrap_or_else(|| panic!("{file}: {:?}", read.findings));
        assert_eq!(layer.ids, ["001", "010"], "{file}");
        let texts =
            |name: &str| -> Vec<String> { layer.table.texts(name).unwrap().into_iter().flatten().collect() };
        assert_eq!(
            (texts("code"), texts("area")),
            (vec!["0601".into(), "0701".into()], vec!["1.5".into(), "1,950".into()]),
            "{file}"
        );
    }
}

/// A layer of curves: one feature with this WKT.
fn curves(path: &Path, format: &str, wkt: &str) {
    let mut dataset = driver(format).unwrap().create_vector_only(path).unwrap();
    let srs = gdal::spatial_ref::SpatialRef::from_epsg(4549).unwrap();
    let ty = gdal_sys::OGRwkbGeometryType::wkbUnknown;
    let mut layer =
        dataset.create_layer(LayerOptions { name: "p", srs: Some(&srs), ty, options: None }).unwrap();
    layer.create_feature(Geometry::from_wkt(wkt).unwrap()).unwrap();
    dataset.close().unwrap();
}

#[test]
fn arcs_become_lines_of_nearly_the_same_area_and_length_and_that_is_told() {
    const ARC: &str =
        "CIRCULARSTRING (500500 3460000, 500000 3460500, 499500 3460000, 500000 3459500, 500500 3460000)";
    let dir = tempfile::tempdir().unwrap();
    let circle = std::f64::consts::PI * 500.0 * 500.0;
    let half = "COMPOUNDCURVE (CIRCULARSTRING (500500 3460000, 500000 3460500, 499500 3460000), (499500 3460000, 500500 3460000))";
    let areas = [
        (format!("CURVEPOLYGON ({ARC})"), circle),
        (format!("CURVEPOLYGON ({half})"), circle / 2.0),
        (
            format!(
                "MULTISURFACE (CURVEPOLYGON ({ARC}, (500100 3460000, 500100 3460100, 500000 3460100, 500100 3460000)))"
            ),
            circle - 5000.0,
        ),
        (format!("GEOMETRYCOLLECTION (CURVEPOLYGON ({ARC}))"), circle),
    ];
    for (i, (wkt, m2)) in areas.iter().enumerate() {
        for (format, extension) in [("GPKG", "gpkg"), ("FlatGeobuf", "fgb")] {
            let path = dir.path().join(format!("{i}.{extension}"));
            curves(&path, format, wkt);
            let read = polygons(&VectorSource::new("parcels", &path), &suzhou());
            let told = read.finding("arcs_as_lines");
            assert!(told.count == Some(1) && told.message.contains("0.5 degrees"), "{told:?}");
            let area = read.layer.as_ref().unwrap().coverage.areas_m2()[0];
            assert!((area / m2 - 1.0).abs() < 2e-5, "{wkt}: {area}, not {m2}");
        }
    }
    // A curve polygon without an arc is a polygon.
    let path = dir.path().join("straight.gpkg");
    curves(&path, "GPKG", "CURVEPOLYGON ((500000 3460000, 500100 3460000, 500100 3460100, 500000 3460000))");
    let read = polygons(&VectorSource::new("parcels", &path), &suzhou());
    assert!(read.findings.items.is_empty() && read.layer.unwrap().coverage.areas_m2() == [5000.0]);
    let path = dir.path().join("road.gpkg");
    curves(
        &path,
        "GPKG",
        "COMPOUNDCURVE (CIRCULARSTRING (500500 3460000, 500000 3460500, 499500 3460000), (499500 3460000, 499400 3460000))",
    );
    let read = lines(&VectorSource::new("roads", &path), &suzhou());
    assert_eq!(read.finding("arcs_as_lines").count, Some(1));
    let batch = &read.layer.unwrap()[0];
    let steps = batch.xs.windows(2).zip(batch.ys.windows(2));
    let metres: f64 = steps.map(|(x, y)| (x[1] - x[0]).hypot(y[1] - y[0])).sum();
    let right = std::f64::consts::PI * 500.0 + 100.0;
    assert!((metres / right - 1.0).abs() < 1e-5, "{metres}, not {right}");
}

/// Rows of CSV files with shapes are taken apart as those of all tables: GDAL alone would lose the rows between two quotes.
#[test]
fn polygons_and_lines_in_csv_files_lose_no_row_to_quotes_encodings_or_delimiters() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.csv");
    let shape = |i: usize| {
        let (x0, x1) = (500_000 + 100 * i, 500_100 + 100 * i);
        format!("\"POLYGON (({x0} 3460000,{x1} 3460000,{x1} 3460100,{x0} 3460100,{x0} 3460000))\"")
    };
    let table = |names: [&str; 4], sep: &str| {
        let rows = names.iter().enumerate().map(|(i, name)| {
            [format!("{}", i + 1), (*name).to_owned(), "0601".to_owned(), shape(i)].join(sep)
        });
        format!("{}\n{}\n", ["id", "name", "code", "WKT"].join(sep), rows.collect::<Vec<_>>().join("\n"))
    };
    let read = || {
        let source = VectorSource::new("parcels", &path).id("id").crs("EPSG:4549").fields(&["name", "code"]);
        polygons(&source, &suzhou())
    };
    let names = ["一厂", "二厂", "三厂", "四厂"];
    for (bytes, said) in [
        (table(["一厂", "\"二厂", "三\" 厂", "四厂"], ",").into_bytes(), Some("stray_quote")),
        (table(["一厂", "5\" 管", "\"三厂", "四厂"], ",").into_bytes(), Some("stray_quote")),
        (encoding_rs::GB18030.encode(&table(names, ",")).0.into_owned(), Some("encoding_detected")),
        (table(names, ";").into_bytes(), None),
        (table(names, "\t").replace('\n', "\r\n").into_bytes(), None),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let read = read();
        let layer = read.layer.as_ref().unwrap_or_else(|| panic!("{:?}", read.findings));
        assert_eq!(layer.ids, ["1", "2", "3", "4"]);
        assert_eq!(layer.coverage.areas_m2(), [10_000.0; 4]);
        assert_eq!(layer.table.texts("name").unwrap()[3].as_deref(), Some("四厂"));
        assert_eq!(layer.record.path, path.display().to_string());
        assert!(said.is_none_or(|code| read.has(code)), "{said:?}: {:?}", read.findings);
    }
    std::fs::write(&path, table(["一厂", "二厂,西", "三厂", "四厂"], ",")).unwrap();
    let ragged = read();
    assert!(ragged.layer.is_none());
    assert!(ragged.finding("ragged_rows").message.contains("line 3 has 5 cells"), "{:?}", ragged.findings);
    let road = "id,name,WKT\n1,\"人民路,\"LINESTRING (500000 3460000,500100 3460000)\"\n2,x\",\"LINESTRING (500000 3460000,500200 3460000)\"\n";
    std::fs::write(&path, road).unwrap();
    let roads = lines(&VectorSource::new("roads", &path).crs("EPSG:4549"), &suzhou());
    assert!(roads.has("stray_quote"), "{:?}", roads.findings);
    assert_eq!(roads.layer.unwrap().iter().map(carbonzone_io::LineBatch::len).sum::<usize>(), 2);
}

fn named(path: &Path) -> VectorSource {
    VectorSource::new("parcels", path).id("id").fields(&["use"])
}

#[test]
fn a_broken_line_of_newline_delimited_geojson_is_refused_with_its_number() {
    let dir = tempfile::tempdir().unwrap();
    let feature = |id: &str, x: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{id}","use":"0601"}},"geometry":{{"type":"Polygon","coordinates":[[[{x},31.3],[120.7,31.3],[120.7,31.4],[{x},31.3]]]}}}}"#
        )
    };
    let whole = [feature("a", 120.6), feature("b", 120.5), feature("c", 120.4)];
    for (name, cut) in
        [("p.geojsonl", None), ("q.geojsonl", Some(1)), ("r.geojson", Some(2)), ("s.geojsons", Some(0))]
    {
        let path = dir.path().join(name);
        let mut list = whole.clone();
        if let Some(i) = cut {
            list[i].truncate(90);
        }
        std::fs::write(&path, list.join("\n") + "\n").unwrap();
        let read = polygons(&named(&path), &suzhou());
        let Some(i) = cut else {
            assert_eq!(read.layer.unwrap().ids, ["a", "b", "c"]);
            continue;
        };
        assert!(read.layer.is_none());
        let found = read.finding("broken_line");
        assert!(found.message.ends_with(&format!("line {}", i + 1)), "{found:?}");
    }
}

#[test]
fn a_name_that_stands_twice_is_refused_where_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let ring = "[[[120.60,31.30],[120.61,31.30],[120.61,31.31],[120.60,31.30]]]";
    let feature = |properties: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"Polygon","coordinates":{ring}}}}}"#
        )
    };
    let collection =
        |list: &[String]| format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}]}}", list.join(",\n"));
    let sound = r#""id":"a","use":"0601","note":"\"use\": \"x\"""#;
    let json = dir.path().join("p.geojson");
    let read = |path: &Path| polygons(&named(path), &suzhou());
    for (list, line) in [
        ([feature(sound), feature(r#""id":"b","use":"0601","名称":"甲","use":"0301""#)], Some(3)),
        ([feature(r#""id":"b","id":"c","use":"0601""#), feature(sound)], Some(2)),
        // A key that is not read, and the same key in two objects.
        ([feature(r#""id":"b","use":"0601","x":1,"x":2"#), feature(sound)], None),
    ] {
        std::fs::write(&json, collection(&list)).unwrap();
        let read = read(&json);
        let Some(line) = line else {
            assert!(read.layer.is_some(), "{:?}", read.findings);
            continue;
        };
        assert!(read.layer.is_none());
        let found = read.finding("same_column_twice");
        assert!(found.message.contains(&format!("line {line}")) && found.count == Some(1), "{found:?}");
    }
    std::fs::write(
        &json,
        collection(&[feature(sound).replace("\"geometry\"", "\"geometry\":null,\"geometry\"")]),
    )
    .unwrap();
    assert_eq!(read(&json).finding("same_column_twice").field.as_deref(), Some("geometry"));

    // A CRS that nobody knows: GDAL would take degrees of WGS 84 without a word.
    for (name, known) in [("GCJ-02", false), ("EPSG:999999", false), ("urn:ogc:def:crs:EPSG::4549", true)] {
        let crs = format!(r#","crs":{{"type":"name","properties":{{"name":"{name}"}}}}}}"#);
        let text = collection(&[feature(sound)]);
        std::fs::write(&json, text.strip_suffix('}').unwrap().to_owned() + &crs).unwrap();
        let found = read(&json);
        assert_eq!(found.has("unknown_crs"), !known, "{name}: {:?}", found.findings);
        let mut given = named(&json);
        given.crs = Some("EPSG:4549".to_owned());
        assert!(!polygons(&given, &suzhou()).has("unknown_crs"));
    }

    // Names of fields: twice in a shapefile, but for capitals in a FlatGeobuf, twice in a CSV.
    let fields = |names: [&str; 3]| {
        let mut spec = parcel_spec("EPSG:4549");
        spec.fields = names.map(|n| (n.to_owned(), FieldType::Text)).to_vec();
        let texts = |t: &str| ColumnData::Text(vec![Some(t.to_owned())]);
        let (coverage, _) = common::layer_of(&good_parcels()[..1]);
        let table = AttributeTable::new().with(names[0], texts("a")).with(names[1], texts("0601"));
        (spec, coverage, table.with(names[2], texts("0301")))
    };
    let write = |file: &str, format: VectorFormat, names: [&str; 3]| {
        let path = dir.path().join(file);
        let (spec, coverage, table) = fields(names);
        let mut writer = VectorWriter::create(&path, format, &spec).unwrap();
        writer.polygons(&coverage, &table).unwrap();
        writer.finish().unwrap();
        path
    };
    let shp = write("p.shp", VectorFormat::Shapefile, ["id", "use", "usx"]);
    let dbf = shp.with_extension("dbf");
    let bytes = std::fs::read(&dbf).unwrap();
    let at = bytes.windows(3).position(|w| w == b"usx").unwrap();
    std::fs::write(&dbf, [&bytes[..at], b"use", &bytes[at + 3..]].concat()).unwrap();
    let fgb = write("p.fgb", VectorFormat::FlatGeobuf, ["id", "USE", "Use"]);
    let csv = dir.path().join("p.csv");
    std::fs::write(&csv, "id,use,use,WKT\na,0601,0301,\"POLYGON ((0 0,1 0,1 1,0 0))\"\n").unwrap();
    for path in [&shp, &fgb, &csv] {
        let read = polygons(&named(path).crs("EPSG:4549"), &suzhou());
        assert!(read.layer.is_none(), "{}", path.display());
        let found = read.finding("same_column_twice");
        assert!(found.message.contains("fields 2, 3"), "{found:?}");
    }
    // The one that is written as asked for is meant.
    let fgb = write("q.fgb", VectorFormat::FlatGeobuf, ["id", "use", "Use"]);
    assert_eq!(read(&fgb).layer.unwrap().table.texts("use").unwrap()[0].as_deref(), Some("0601"));
}

#[test]
fn a_cpg_that_names_another_encoding_of_east_asia_is_told_with_the_right_one() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["城镇住宅用地", "农村宅基地", "公路用地", "乔木林地"];
    let taiwan = ["板橋區", "三重區", "中和區", "淡水區"];
    let mut spec = parcel_spec("EPSG:4549");
    for (i, (texts, written, says, meant)) in [
        (names, "GBK", "Big5", "GBK"),
        (names, "GBK", "EUC-KR", "GBK"),
        (taiwan, "BIG5", "GBK", "Big5"),
        (taiwan, "BIG5", "936", "Big5"),
        (["湖泊", "水田", "林地", "街道"], "UTF-8", "GBK", "UTF-8"),
        (names, "GBK", "GBK", ""),
    ]
    .into_iter()
    .enumerate()
    {
        spec.encoding = Some(written.to_owned());
        let path = dir.path().join(format!("{i}.shp"));
        let (coverage, table) = common::layer_of(&good_parcels());
        let mut table = table;
        table.columns[1].data = ColumnData::texts(&texts);
        let mut writer = VectorWriter::create(&path, VectorFormat::Shapefile, &spec).unwrap();
        writer.polygons(&coverage, &table).unwrap();
        writer.finish().unwrap();
        std::fs::write(path.with_extension("cpg"), says).unwrap();
        let read = polygons(&named(&path), &suzhou());
        if meant.is_empty() {
            read.assert_clean();
            continue;
        }
        let found = read.finding("wrong_encoding");
        let hint = found.hint.clone().unwrap();
        // Where bytes do not decode at all, nothing is left to tell the right encoding by.
        if let Some(right) = found.expected.as_deref() {
            assert!(hint.contains(&format!("\"{meant}\"")), "{says} over {written}: {found:?}");
            assert!(texts.contains(&right), "{found:?}");
        } else {
            assert!(written == "BIG5" && hint.contains("encoding ="), "{says} over {written}: {found:?}");
        }
        let mut right = named(&path);
        right.encoding = Some(meant.to_owned());
        let read = polygons(&right, &suzhou());
        assert_eq!(read.layer.unwrap().table.texts("use").unwrap()[0].as_deref(), Some(texts[0]));
    }
}
