//! Formats that carbonzone reads but does not write: OpenStreetMap, File Geodatabase, PostGIS.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test helpers outside of test functions"
)]

mod common;

use carbonzone_io::{VectorSource, read_own_layer};
use common::{good_parcels, lines, points, polygons, suzhou, write_parcels};
use gdal::DriverManager;
use gdal::vector::{Geometry, LayerAccess, LayerOptions};

fn driver(name: &str) -> Option<gdal::Driver> {
    DriverManager::register_all();
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
