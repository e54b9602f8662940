//! Real layers, if there are any at hand: set `CARBONZONE_CASES` to a folder with `cambridge_ma` and
//! `liechtenstein`. Skipped, and said so, without it.

#![expect(clippy::print_stderr, reason = "test helpers outside of test functions")]

use crate::common;
use carbonzone_io::{VectorSource, WorkingCrs, areas_m2};
use common::{lines, points, polygons};
use std::path::PathBuf;

fn case(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CARBONZONE_CASES")
        .map(|root| PathBuf::from(root).join(name))
        .filter(|p| p.is_dir());
    if folder.is_none() {
        eprintln!("skipped: no {name} under CARBONZONE_CASES");
    }
    folder
}

#[test]
fn cambridge_parcels_in_us_feet_become_metres() {
    let Some(dir) = case("cambridge_ma") else { return };
    let crs = WorkingCrs::parse("EPSG:26986").unwrap();
    let read = polygons(&VectorSource::new("parcels", dir.join("parcels.gpkg")), &crs);
    assert!(read.has("unit_converted"), "{:#?}", read.findings);
    let layer = read.layer.unwrap();
    assert_eq!(layer.record.features, 13_115);
    let km2 = layer.coverage.areas_m2().iter().sum::<f64>() / 1e6;
    // The city has 18.4 km² with its waters; parcels leave out streets.
    assert!((8.0..18.5).contains(&km2), "{km2}");
    let roads = lines(&VectorSource::new("roads", dir.join("roads.shp")), &crs);
    let parts: usize = roads.layer.unwrap().iter().map(carbonzone_io::LineBatch::len).sum();
    assert!(parts >= 2_644, "{parts}");
    let poi = points(&VectorSource::new("poi", dir.join("poi.geojson")), &crs).layer.unwrap();
    assert_eq!(poi.record.features, 2_492);
    let people = VectorSource::new("population", dir.join("population_points.csv")).crs("EPSG:4326");
    assert_eq!(points(&people, &crs).layer.unwrap().xs.len(), 10_985);
}

#[test]
fn liechtenstein_has_its_area() {
    let Some(dir) = case("liechtenstein") else { return };
    let crs = WorkingCrs::parse("EPSG:2056").unwrap();
    let zones = polygons(&VectorSource::new("zones", dir.join("zones.gpkg")), &crs).layer.unwrap();
    assert_eq!(zones.ids.len(), 11);
    let planar: f64 = zones.coverage.areas_m2().iter().sum();
    let ellipsoidal: f64 = areas_m2(&zones.coverage, &crs).unwrap()[1].iter().sum();
    assert!((planar / 160.5e6 - 1.0).abs() < 2e-3, "{planar}");
    assert!((ellipsoidal / planar - 1.0).abs() < 1e-3, "{ellipsoidal} {planar}");
    let parcels = polygons(&VectorSource::new("parcels", dir.join("parcels.gpkg")), &crs).layer.unwrap();
    assert_eq!(parcels.record.features, 1_430);
}
