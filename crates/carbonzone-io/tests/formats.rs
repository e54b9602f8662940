//! Formats that carbonzone reads but does not write: OpenStreetMap, File Geodatabase, PostGIS.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test helpers outside of test functions"
)]

mod common;
#[path = "common/pbf.rs"]
mod pbf;

use carbonzone_io::{VectorSource, read_own_layer};
use common::{good_parcels, lines, points, polygons, suzhou, write_parcels};
use gdal::DriverManager;
use gdal::vector::{Geometry, LayerAccess, LayerOptions};

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
