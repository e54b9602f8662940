//! Rasters as people have them: masks, undeclared "no value", several bands, gaps, values that cannot be meant.

use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_io::{VectorSource, ZonalSums, class_areas, read_land_cover, zonal_sums};
use carbonzone_types::{Checked, Finding, Findings, Severity};
use common::{square, suzhou, wanted};
use gdal::raster::{Buffer, ColorInterpretation, GdalType, RasterBand, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager, Metadata};
use std::path::{Path, PathBuf};

const X: f64 = 500_000.0;
const Y: f64 = 3_460_000.0;
/// 4 × 2 pixels of 100 m; the upper left corner is (X, Y + 200).
const SIZE: (usize, usize) = (4, 2);

/// A `GeoTIFF` of 4 × 2 pixels, one slice of values per band.
fn raster<T: GdalType + Copy>(path: &Path, bands: &[[T; 8]], finish: impl FnOnce(&mut Dataset)) -> PathBuf {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset = driver.create_with_band_type::<T, _>(path, SIZE.0, SIZE.1, bands.len()).unwrap();
    dataset.set_geo_transform(&[X, 100.0, 0.0, Y + 200.0, 0.0, -100.0]).unwrap();
    dataset.set_spatial_ref(&SpatialRef::from_epsg(4549).unwrap()).unwrap();
    finish(&mut dataset);
    for (i, values) in bands.iter().enumerate() {
        dataset
            .rasterband(i + 1)
            .unwrap()
            .write((0, 0), SIZE, &mut Buffer::new(SIZE, values.to_vec()))
            .unwrap();
    }
    drop(dataset);
    path.to_owned()
}

fn band(dataset: &Dataset, number: usize) -> RasterBand<'_> {
    dataset.rasterband(number).unwrap()
}

/// The left and the right half of the raster.
fn halves() -> Coverage {
    let mut zones = Coverage::new();
    zones.push_rings(&[vec![square(X, Y, 200.0)]]);
    zones.push_rings(&[vec![square(X + 200.0, Y, 200.0)]]);
    zones
}

struct Read {
    sums: Option<ZonalSums>,
    findings: Findings,
}

impl Read {
    fn finding(&self, code: &str) -> &Finding {
        self.findings
            .items
            .iter()
            .find(|f| f.code == code)
            .unwrap_or_else(|| panic!("no {code}: {:#?}", self.findings.items))
    }

    fn sums(&self) -> &[f64] {
        &self.sums.as_ref().unwrap_or_else(|| panic!("refused: {:#?}", self.findings.items)).sums
    }

    fn assert_silent(&self) {
        assert!(self.findings.worst() <= Some(Severity::Info), "{:#?}", self.findings.items);
    }
}

fn sums(source: &VectorSource) -> Read {
    let Checked { value: sums, findings, .. } = zonal_sums(wanted(source, &suzhou()), &halves());
    Read { sums, findings }
}

fn people(path: &Path) -> VectorSource {
    VectorSource::new("population", path)
}

#[test]
fn pixels_under_a_mask_have_no_value() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("a.tif"), &[[1u32, 1, 99_999, 99_999, 1, 1, 5, 99_999]], |d| {
        band(d, 1).create_mask_band(true).unwrap();
        let mut mask = Buffer::new(SIZE, vec![255u8, 255, 0, 0, 255, 255, 255, 0]);
        band(d, 1).open_mask_band().unwrap().write((0, 0), SIZE, &mut mask).unwrap();
    });
    let read = sums(&people(&path));
    assert_eq!(read.sums(), [4.0, 5.0]);
    assert_eq!(read.sums.as_ref().unwrap().known, [1.0, 0.25]);
    assert!(read.finding("raster_nodata").message.contains("37.50 %"), "{:?}", read.finding("raster_nodata"));
}

#[test]
fn transparent_pixels_have_no_value() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("a.tif"), &[[3u8; 8], [255, 255, 255, 255, 255, 255, 0, 0]], |d| {
        band(d, 2).set_color_interpretation(ColorInterpretation::AlphaBand).unwrap();
    });
    let read = sums(&people(&path));
    assert_eq!(read.sums(), [12.0, 6.0]);
    read.assert_silent();
}

#[test]
fn the_largest_value_of_a_type_is_suspected_and_can_be_declared() {
    let dir = tempfile::tempdir().unwrap();
    let sixteen = raster(&dir.path().join("u16.tif"), &[[1u16, 1, 65_535, 65_535, 1, 1, 1, 1]], |_| {});
    let eight = raster(&dir.path().join("u8.tif"), &[[1u8, 1, 255, 255, 1, 1, 1, 1]], |_| {});
    for (path, value) in [(sixteen, 65_535.0), (eight, 255.0)] {
        let read = sums(&people(&path));
        assert_eq!(read.sums(), [4.0, 2.0 * value + 2.0]);
        let finding = read.finding("undeclared_nodata");
        assert_eq!((finding.severity, finding.count), (Severity::Warning, Some(2)));
        assert!(finding.message.contains(&format!("{value}, the largest value of its type")), "{finding:?}");
        assert!(finding.hint.as_ref().unwrap().contains(&format!("nodata = {value}")), "{finding:?}");
        let mut declared = people(&path);
        declared.nodata = Some(value);
        let read = sums(&declared);
        assert_eq!(read.sums(), [4.0, 2.0]);
        read.assert_silent();
    }
}

#[test]
fn signed_bytes_stay_signed() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("a.tif"), &[[1u8, 1, 128, 1, 1, 1, 1, 1]], |_| {});
    // As programs with a newer GDAL write them: TIFF tag 339, SampleFormat 2.
    let signed = dir.path().join("signed.tif");
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let options = RasterCreationOptions::from_iter(["PIXELTYPE=SIGNEDBYTE"]);
    Dataset::open(&path).unwrap().create_copy(&driver, &signed, &options).unwrap();
    let read = sums(&people(&signed));
    assert_eq!(read.sums(), [4.0, 3.0]);
    assert_eq!(read.finding("negative_value").value.as_deref().map(|v| v.starts_with("-128")), Some(true));
    let mut declared = people(&signed);
    declared.nodata = Some(-128.0);
    assert_eq!(sums(&declared).sums(), [4.0, 3.0]);
}

#[test]
fn minus_9999_and_the_smallest_float_are_named_and_count_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let lowest = f32::MIN;
    for (name, value, why) in
        [("a.tif", -9999.0, "a usual mark"), ("b.tif", lowest, "the smallest value of its type")]
    {
        let path = raster(&dir.path().join(name), &[[1f32, 1.0, value, value, 1.0, 1.0, 1.0, 1.0]], |_| {});
        let read = sums(&people(&path));
        assert_eq!(read.sums(), [4.0, 2.0]);
        let finding = read.finding("negative_value");
        assert_eq!((finding.count, finding.feature.as_deref()), (Some(2), Some("column 2, row 0")));
        assert!(finding.value.as_ref().unwrap().contains(why), "{finding:?}");
    }
}

#[test]
fn declared_nodata_that_float_files_keep_rounded_stays_nodata() {
    let dir = tempfile::tempdir().unwrap();
    let path =
        raster(&dir.path().join("a.tif"), &[[1f32, 1.0, f32::MIN, 2.0, 1.0, 1.0, 1.0, f32::NAN]], |d| {
            band(d, 1).set_no_data_value(Some(-3.402_823_466_385_29e38)).unwrap();
        });
    let read = sums(&people(&path));
    assert_eq!(read.sums(), [4.0, 3.0]);
    read.assert_silent();
}

#[test]
fn numbers_too_large_to_sum_are_an_error_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let two_to_62 = (1u64 << 62) as f64;
    for (name, value, shown) in [
        ("huge.tif", f64::from(f32::MAX), "3.4028"),
        ("limit.tif", two_to_62, "4.61168"),
        ("inf.tif", f64::INFINITY, "inf"),
        ("minus_inf.tif", f64::NEG_INFINITY, "-inf"),
    ] {
        let path = raster(&dir.path().join(name), &[[1f64, 1.0, 1.0, value, 1.0, 1.0, 1.0, 1.0]], |_| {});
        let read = sums(&people(&path));
        assert!(read.sums.is_none(), "{name}");
        let finding = read.finding("unusable_pixel");
        assert_eq!(
            (finding.severity, finding.feature.as_deref()),
            (Severity::Error, Some("column 3, row 0"))
        );
        assert!(finding.value.as_ref().unwrap().starts_with(shown), "{finding:?}");
    }
    let most = raster(&dir.path().join("most.tif"), &[[4e18f64; 8]], |_| {});
    assert!(sums(&people(&most)).sums.is_none(), "each can be summed, all together cannot");
    let fine = raster(&dir.path().join("fine.tif"), &[[1e15f64; 8]], |_| {});
    assert_eq!(sums(&people(&fine)).sums(), [4e15, 4e15]);
}

/// 64-bit integers as a virtual raster over raw bytes.
fn wide(dir: &Path, name: &str, values: [i64; 8], nodata: &str) -> PathBuf {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(dir.join(format!("{name}.raw")), bytes).unwrap();
    let path = dir.join(format!("{name}.vrt"));
    let text = format!(
        "<VRTDataset rasterXSize=\"4\" rasterYSize=\"2\"><SRS>EPSG:4549</SRS><GeoTransform>{X}, 100, 0, {}, 0, -100</GeoTransform>\
         <VRTRasterBand dataType=\"Int64\" band=\"1\" subClass=\"VRTRawRasterBand\">{nodata}\
         <SourceFilename relativetoVRT=\"1\">{name}.raw</SourceFilename><ByteOrder>LSB</ByteOrder></VRTRasterBand></VRTDataset>",
        Y + 200.0
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn integers_of_64_bits_are_read_and_keep_their_nodata() {
    let dir = tempfile::tempdir().unwrap();
    let least = "<NoDataValue>-9223372036854775808</NoDataValue>";
    let path = wide(dir.path(), "least", [7, 7, i64::MIN, 7, 7, 7, 7, 7], least);
    let read = sums(&people(&path));
    // GDAL before 3.5 has no such type.
    if read.sums.is_none() && read.findings.items.iter().all(|f| f.code == "unreadable_file") {
        return;
    }
    assert_eq!(read.sums(), [28.0, 21.0]);
    read.assert_silent();
    let path = wide(dir.path(), "most", [7, 7, i64::MAX, 7, 7, 7, 7, 7], "");
    assert!(sums(&people(&path)).finding("unusable_pixel").value.as_ref().unwrap().contains("largest value"));
}

#[test]
fn which_of_several_bands_is_read_is_told_and_can_be_chosen() {
    let dir = tempfile::tempdir().unwrap();
    let path =
        raster(&dir.path().join("a.tif"), &[[1f32; 8], [2f32, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0]], |d| {
            band(d, 1).set_description("households").unwrap();
            band(d, 2).set_description("population").unwrap();
        });
    let read = sums(&people(&path));
    assert_eq!(read.sums(), [4.0, 4.0]);
    let finding = read.finding("several_bands");
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.message.contains("2 bands: band 1 (\"households\")"), "{finding:?}");
    assert!(finding.expected.as_ref().unwrap().contains("2 (population)"), "{finding:?}");
    let mut second = people(&path);
    second.band = Some(2);
    let read = sums(&second);
    assert_eq!(read.sums(), [8.0, 12.0]);
    assert_eq!(read.sums.as_ref().unwrap().record.layer, "band 2 (\"population\")");
    read.assert_silent();
    let mut none = people(&path);
    none.band = Some(3);
    assert!(sums(&none).finding("unknown_band").expected.as_ref().unwrap().contains("1 (households)"));
}

#[test]
fn classes_are_taken_from_the_band_that_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("cover.tif"), &[[9u8; 8], [1u8, 1, 2, 2, 1, 1, 2, 2]], |_| {});
    let mut source = VectorSource::new("cover", &path);
    let classes =
        |source: &VectorSource| class_areas(wanted(source, &suzhou()), &halves()).value.unwrap().classes;
    let parcels =
        |source: &VectorSource| read_land_cover(wanted(source, &suzhou()), None).value.unwrap().ids.len();
    assert_eq!((classes(&source), parcels(&source)), (vec![9], 1));
    source.band = Some(2);
    assert_eq!((classes(&source), parcels(&source)), (vec![1, 2], 2));
    source.nodata = Some(2.0);
    assert_eq!((classes(&source), parcels(&source)), (vec![1], 1));
}

#[test]
fn classes_that_are_no_whole_numbers_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("a.tif"), &[[1f32, 1.0, 1.5, 2.0, 1.0, 1.0, 2.0, 2.0]], |_| {});
    let source = VectorSource::new("cover", &path);
    let Checked { value, findings, .. } = class_areas(wanted(&source, &suzhou()), &halves());
    assert!(value.is_some());
    assert_eq!(findings.items[0].code, "class_not_whole");
    assert_eq!(findings.items[0].value.as_deref(), Some("1.5"));
}

#[test]
fn ground_off_the_raster_is_told_with_its_share() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("a.tif"), &[[1f32; 8]], |_| {});
    for (by, share, covered) in [(50.0, "12.50 %", 3.0), (100.0, "25.00 %", 2.0), (200.0, "50.00 %", 0.0)] {
        let mut zones = Coverage::new();
        zones.push_rings(&[vec![square(X, Y, 200.0)]]);
        zones.push_rings(&[vec![square(X + 200.0 + by, Y, 200.0)]]);
        let Checked { value, findings, .. } = zonal_sums(wanted(&people(&path), &suzhou()), &zones);
        let sums = value.unwrap();
        assert_eq!(sums.sums, [4.0, covered], "{by}");
        let finding = findings.items.iter().find(|f| f.code == "raster_gap").unwrap();
        assert_eq!(finding.severity, Severity::Warning);
        assert!(finding.message.starts_with(share), "{finding:?}");
    }
}

#[test]
fn scale_and_offset_are_applied() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("a.tif"), &[[10i16; 8]], |d| {
        band(d, 1).set_scale(0.5).unwrap();
        band(d, 1).set_offset(1.0).unwrap();
    });
    assert_eq!(sums(&people(&path)).sums(), [24.0, 24.0]);
}

#[test]
fn rasters_that_stand_on_their_head_or_are_turned_give_the_same_sums() {
    let dir = tempfile::tempdir().unwrap();
    // Row 0 in the south.
    let path = raster(&dir.path().join("south.tif"), &[[1f32, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]], |d| {
        d.set_geo_transform(&[X, 100.0, 0.0, Y, 0.0, 100.0]).unwrap();
    });
    let read = sums(&people(&path));
    assert_eq!(read.sums(), [4.0, 8.0]);
    read.assert_silent();
    // Columns run north, rows run east.
    let path = raster(&dir.path().join("turned.tif"), &[[1f32, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]], |d| {
        d.set_geo_transform(&[X, 0.0, 100.0, Y, 100.0, 0.0]).unwrap();
    });
    let read = sums(&people(&path));
    // Pixels (0..2, row) lie in the lower left corner of the left half, (2..4, row) above it, off the polygons.
    assert_eq!(read.sums(), [4.0, 0.0]);
    assert!(read.finding("raster_gap").message.starts_with("50.00 %"));
}

#[test]
fn a_raster_without_georeference_is_refused_with_what_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    let memory = DriverManager::get_driver_by_name("MEM")
        .unwrap()
        .create_with_band_type::<u8, _>("", 4, 2, 1)
        .unwrap();
    memory
        .create_copy(&DriverManager::get_driver_by_name("PNG").unwrap(), &path, &RasterCreationOptions::new())
        .unwrap();
    let read = sums(&people(&path));
    assert!(read.sums.is_none());
    let finding = read.finding("unreadable_file");
    assert!(
        finding.message.contains("not georeferenced")
            && finding.hint.as_ref().unwrap().contains("world file"),
        "{finding:?}"
    );
}

#[test]
fn rasters_of_another_datum_and_with_a_zone_number_are_told() {
    let dir = tempfile::tempdir().unwrap();
    for (epsg, words) in [(2385, "Xian 1980"), (2437, "6 transformations")] {
        let path = raster(&dir.path().join(format!("{epsg}.tif")), &[[1f32; 8]], |d| {
            d.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
        });
        let read = sums(&people(&path));
        assert!(read.sums.is_some());
        assert!(read.finding("unknown_datum_shift").message.contains(words));
    }
    for (epsg, x, wanted) in [(4549, 40_500_000.0, "EPSG:4528"), (4528, X, "EPSG:4549")] {
        let path = raster(&dir.path().join("zone.tif"), &[[1f32; 8]], |d| {
            d.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
            d.set_geo_transform(&[x, 100.0, 0.0, Y + 200.0, 0.0, -100.0]).unwrap();
        });
        let read = sums(&people(&path));
        assert!(read.sums.is_none());
        assert!(read.finding("zone_number").hint.as_ref().unwrap().contains(wanted));
    }
}

#[test]
fn pictures_and_maps_of_classes_are_no_amounts() {
    let dir = tempfile::tempdir().unwrap();
    let path = raster(&dir.path().join("rgb.tif"), &[[1u8; 8], [2; 8], [3; 8]], |d| {
        use ColorInterpretation::{BlueBand, GreenBand, RedBand};
        for (i, colour) in [RedBand, GreenBand, BlueBand].into_iter().enumerate() {
            band(d, i + 1).set_color_interpretation(colour).unwrap();
        }
    });
    let read = sums(&people(&path));
    assert!(read.sums.is_none());
    assert_eq!(read.finding("picture_raster").severity, Severity::Error);
    let path = raster(&dir.path().join("palette.tif"), &[[1u8; 8]], |d| {
        use gdal::raster::{ColorEntry, ColorTable, PaletteInterpretation};
        let mut colours = ColorTable::new(PaletteInterpretation::Rgba);
        colours.set_color_entry(1, &ColorEntry::rgba(255, 0, 0, 255));
        band(d, 1).set_color_table(&colours);
    });
    assert_eq!(sums(&people(&path)).finding("paletted_raster").severity, Severity::Warning);
}

/// `finish` with texts about the values: the unit of the band, a description, the title of the file.
fn saying(path: &Path, unit: &str, description: &str, title: &str) -> PathBuf {
    raster(path, &[[100.0f32, 200.0, 0.0, 0.0, 300.0, 0.0, 0.0, 400.0]], |d| {
        if !unit.is_empty() {
            band(d, 1).set_metadata_item("units", unit, "").unwrap();
        }
        if !description.is_empty() {
            band(d, 1).set_description(description).unwrap();
        }
        if !title.is_empty() {
            d.set_metadata_item("TIFFTAG_IMAGEDESCRIPTION", title, "").unwrap();
        }
    })
}

#[test]
fn complex_numbers_are_no_amounts() {
    let dir = tempfile::tempdir().unwrap();
    raster(&dir.path().join("a.tif"), &[[1.0f32; 8]], |_| {});
    for kind in ["CFloat32", "CInt16"] {
        let path = dir.path().join("c.vrt");
        let text = format!(
            "<VRTDataset rasterXSize=\"4\" rasterYSize=\"2\"><SRS>EPSG:4549</SRS><GeoTransform>{X},100,0,{},0,-100</GeoTransform>\
             <VRTRasterBand dataType=\"{kind}\" band=\"1\"><SimpleSource><SourceFilename relativeToVRT=\"1\">a.tif</SourceFilename>\
             <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>",
            Y + 200.0
        );
        std::fs::write(&path, text).unwrap();
        let read = sums(&people(&path));
        assert!(read.sums.is_none(), "{kind}");
        assert!(read.finding("complex_raster").message.contains("band 1"), "{:?}", read.findings);
        let series = carbonzone_io::Raster::open(&path).unwrap().read_block(1, 0, 0, 4, 2);
        assert!(series.unwrap_err().to_string().contains("complex numbers"));
    }
}

#[test]
fn values_per_area_are_noticed_and_count_by_the_ground_of_their_pixel() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.tif");
    for (unit, description, title) in [
        ("persons/km2", "", ""),
        ("", "population density", ""),
        ("", "", "Population density per sq. km, 2020"),
        ("人/平方公里", "", ""),
        ("", "人口密度", ""),
    ] {
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_file(dir.path().join("p.tif.aux.xml"));
        let read = sums(&people(&saying(&path, unit, description, title)));
        let says = read.sums.unwrap().per_area;
        assert!(
            says.is_some_and(|s| [unit, description, title].contains(&s.as_str())),
            "{unit}{description}{title}"
        );
    }
    for (unit, description, title) in [("persons", "population", "WorldPop counts"), ("人", "常住人口", "")]
    {
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_file(dir.path().join("p.tif.aux.xml"));
        assert_eq!(sums(&people(&saying(&path, unit, description, title))).sums.unwrap().per_area, None);
    }
    // Pixels of 0.01 km²: per km² a hundredth, per hectare the same.
    let per = |km2: f64| VectorSource { per_km2: Some(km2), ..people(&path) };
    assert_eq!(sums(&people(&path)).sums(), [600.0, 400.0]);
    let read = sums(&per(1.0));
    let close = |a: &[f64], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(close(read.sums(), [6.0, 4.0]), "{:?}", read.sums());
    assert!((read.sums.as_ref().unwrap().densest.unwrap().per_km2 - 400.0).abs() < 1e-9);
    let read = sums(&per(0.01));
    assert!(close(read.sums(), [600.0, 400.0]), "{:?}", read.sums());
}
