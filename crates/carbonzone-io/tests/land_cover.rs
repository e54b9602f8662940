//! Land-cover rasters as parcels: a small GeoTIFF with known regions each.

use crate::common;
use carbonzone_geom::self_overlaps;
use carbonzone_io::{LAND_COVER_CLASS, PolygonLayer, VectorSource, read_land_cover};
use carbonzone_types::{Checked, Stage};
use common::{Read, suzhou, wanted};
use gdal::raster::{Buffer, GdalType};
use gdal::{DriverManager, spatial_ref::SpatialRef};
use std::path::Path;

/// Writes a GeoTIFF of one band.
fn write<T: GdalType + Copy>(
    path: &Path,
    epsg: Option<u32>,
    place: [f64; 3],
    cols: usize,
    values: &[T],
    nodata: Option<f64>,
) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let rows = values.len() / cols;
    let mut tif = driver.create_with_band_type::<T, _>(path, cols, rows, 1).unwrap();
    let [x, y, pixel] = place;
    tif.set_geo_transform(&[x, pixel, 0.0, y, 0.0, -pixel]).unwrap();
    if let Some(epsg) = epsg {
        tif.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
    }
    let mut band = tif.rasterband(1).unwrap();
    band.set_no_data_value(nodata).unwrap();
    band.write((0, 0), (cols, rows), &mut Buffer::new((cols, rows), values.to_vec())).unwrap();
    tif.close().unwrap();
}

fn read(path: &Path, within: Option<[f64; 4]>) -> Read<PolygonLayer> {
    let source = VectorSource::new("parcels", path);
    let found = read_land_cover(wanted(&source, &suzhou()), within);
    let Checked { value: layer, findings, ledger } = found;
    assert!(layer.is_some() || findings.blocks(), "no layer without a reason");
    Read { layer, findings, ledger }
}

fn classes(layer: &PolygonLayer) -> Vec<String> {
    layer.table.texts(LAND_COVER_CLASS).unwrap().into_iter().map(Option::unwrap).collect()
}

/// Forest 10 around a lake 80 with a house 50 in it; a second wood touches the first one at a corner only.
#[rustfmt::skip]
const COVER: [u8; 30] = [
    10, 10, 10, 10,  0, 0,
    10, 80, 80, 10,  0, 0,
    10, 80, 50, 10,  0, 0,
    10, 10, 10, 10, 30, 30,
    30, 30, 30, 30, 10, 10,
];

#[test]
fn regions_of_one_class_are_parcels_and_their_area_is_that_of_their_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cover.tif");
    write(&path, Some(4549), [500_000.0, 3_460_000.0, 10.0], 6, &COVER, Some(0.0));
    let read = read(&path, None);
    read.assert_clean();
    let layer = read.layer.as_ref().unwrap();
    let mut found: Vec<(String, f64)> = classes(layer).into_iter().zip(layer.coverage.areas_m2()).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let expected =
        [("10", 200.0), ("10", 1200.0), ("30", 200.0), ("30", 400.0), ("50", 100.0), ("80", 300.0)];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (f, e) in found.iter().zip(expected) {
        assert!(f.0 == e.0 && (f.1 - e.1).abs() < 1e-6, "{found:?}");
    }
    assert_eq!(layer.ids, ["1", "2", "3", "4", "5", "6"]);
    assert!(self_overlaps(&layer.coverage).is_empty());
    let nodata = read.finding("raster_nodata");
    assert_eq!(nodata.count, Some(6));
    let row = read.ledger.rows.iter().find(|r| r.stage == Stage::Drop).unwrap();
    assert!((row.amount_m2.unwrap() - 600.0).abs() < 1e-6 && row.count == Some(6.0));
    assert_eq!(layer.record.features, 30);
    assert_eq!(layer.record.sha256.len(), 64);
}

#[test]
fn regions_of_a_raster_in_degrees_neither_overlap_nor_leave_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cover.tif");
    // 60 × 50 pixels of 0.001°: long straight borders, which are bent in the working CRS.
    let values: Vec<u8> = (0..3000).map(|i| COVER[(i / 60 / 10) * 6 + (i % 60) / 10]).collect();
    write(&path, Some(4326), [120.9, 31.4, 0.001], 60, &values, None);
    let read = read(&path, None);
    read.assert_clean();
    let layer = read.layer.unwrap();
    assert_eq!(layer.ids.len(), 7, "class 0 is a class without a nodata value");
    let overlaps = self_overlaps(&layer.coverage);
    assert!(overlaps.is_empty(), "{overlaps:?}");
    let whole = dir.path().join("whole.tif");
    write(&whole, Some(4326), [120.9, 31.4, 0.001], 60, &vec![1u8; 3000], None);
    let whole = super_read(&whole);
    let sum: f64 = layer.coverage.areas_m2().iter().sum();
    assert!((sum / whole.coverage.area_m2(0) - 1.0).abs() < 1e-11, "{sum}");
}

fn super_read(path: &Path) -> PolygonLayer {
    let read = read(path, None);
    read.layer.unwrap_or_else(|| panic!("{:?}", read.findings))
}

#[test]
fn only_the_box_of_the_zones_is_read_and_the_rest_is_booked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cover.tif");
    let values: Vec<i16> = (0..10_000).map(|i| if i % 100 < 50 { 1 } else { 8 }).collect();
    write(&path, Some(4549), [500_000.0, 3_460_000.0, 10.0], 100, &values, None);
    let read = read(&path, Some([500_405.0, 3_459_405.0, 500_595.0, 3_459_595.0]));
    let layer = read.layer.unwrap();
    // Columns 39 to 60 and rows 39 to 60: one pixel more on each side.
    assert_eq!(classes(&layer), ["1", "8"]);
    assert!(layer.coverage.areas_m2().iter().all(|a| (a - 11.0 * 22.0 * 100.0).abs() < 1e-6));
    let row = read.ledger.rows.iter().find(|r| r.note.contains("outside the box")).unwrap();
    assert_eq!(row.count, Some(10_000.0 - 22.0 * 22.0));
}

#[test]
fn what_is_no_land_cover_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    write(&at("people.tif"), Some(4549), [500_000.0, 3_460_000.0, 10.0], 2, &[0.5f32, 1.0], None);
    let people = read(&at("people.tif"), None);
    assert!(people.layer.is_none());
    assert!(people.finding("unreadable_file").message.contains("0.5 is no class"));
    write(&at("nowhere.tif"), None, [500_000.0, 3_460_000.0, 10.0], 2, &[1u8, 2], None);
    assert!(read(&at("nowhere.tif"), None).has("no_crs"));
    write(&at("blank.tif"), Some(4549), [500_000.0, 3_460_000.0, 10.0], 2, &[0u8, 0], Some(0.0));
    assert!(read(&at("blank.tif"), None).has("no_usable_feature"));
    write(&at("far.tif"), Some(4549), [500_000.0, 3_460_000.0, 10.0], 2, &[1u8, 2], None);
    assert!(read(&at("far.tif"), Some([600_000.0, 3_000_000.0, 600_100.0, 3_000_100.0])).has("no_overlap"));
    std::fs::write(at("cut.tif"), &std::fs::read(at("far.tif")).unwrap()[..120]).unwrap();
    assert!(read(&at("cut.tif"), None).has("unreadable_file"));
    assert!(read(&at("missing.tif"), None).has("missing_file"));
}

#[test]
fn a_raster_too_large_for_memory_says_how_to_make_it_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tile.vrt");
    // A virtual raster of 36,000 × 36,000 pixels, as a WorldCover tile has.
    let vrt = r#"<VRTDataset rasterXSize="36000" rasterYSize="36000"><SRS>EPSG:4326</SRS><GeoTransform>120.0, 8.333e-05, 0, 33.0, 0, -8.333e-05</GeoTransform><VRTRasterBand dataType="Byte" band="1"></VRTRasterBand></VRTDataset>"#;
    std::fs::write(&path, vrt).unwrap();
    let read = read(&path, None);
    assert!(read.layer.is_none());
    let finding = read.finding("raster_too_large");
    assert!(finding.message.contains("36000 × 36000 pixels (1296 million)"), "{finding:?}");
    assert!(finding.hint.as_ref().unwrap().contains("gdalwarp -tr"));
}
