//! Rasters larger than memory are read and written by blocks.
#![expect(clippy::unwrap_used, reason = "test helpers outside of test functions")]

#[path = "../support/province.rs"]
mod province;

use carbonzone_io::{
    CogWriter, FloatBand, Raster, VectorSource, Wanted, WorkingCrs, class_areas, class_areas_in_blocks,
    write_cog, zonal_sums,
};
use carbonzone_types::{Checked, GridSpec, NoProgress};
use gdal::Metadata;
use std::path::Path;

/// Classes of the counties together against the pixels of the raster, relative.
fn check_areas(path: &Path, grid: &GridSpec, count: [u64; 6], pixels_at_once: usize) -> Vec<f64> {
    let crs = WorkingCrs::parse(province::CRS).unwrap();
    let zones = province::counties(grid, 13, 12);
    let source = VectorSource::new("land_cover", path);
    let wanted = Wanted { source: &source, crs: &crs, progress: &NoProgress };
    let Checked { value, findings, .. } = class_areas_in_blocks(wanted, &zones, pixels_at_once);
    let found = value.unwrap();
    assert_eq!(found.classes, [1, 2, 3, 4, 5, 6]);
    for (j, n) in count.into_iter().enumerate() {
        let area: f64 = (0..zones.len()).map(|i| found.row(i)[j]).sum();
        let wanted = n as f64 * grid.cell_area_m2();
        assert!((area / wanted - 1.0).abs() < 1e-9, "class {}: {area} instead of {wanted}", j + 1);
    }
    // Rounding of coordinates of 4e6 m on 30 m pixels.
    assert!(found.unknown_m2.iter().all(|m2| m2.abs() < 1.0), "{:?}", found.unknown_m2);
    assert!(findings.items.is_empty(), "{:?}", findings.items);
    found.areas_m2
}

#[test]
fn two_million_pixels_in_small_blocks_give_the_areas_of_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("land_cover.tif");
    let (grid, crs) = (province::grid(1415), WorkingCrs::parse(province::CRS).unwrap());
    let count = province::write_land_cover(&path, &grid, &crs);
    assert_eq!(count.iter().sum::<u64>(), 1415 * 1415);
    let whole = check_areas(&path, &grid, count, usize::MAX);
    // 14, 47 and 283 rows at a time: less than, not a multiple of, and more than a tile.
    for pixels in [20_000, 66_505, 400_445] {
        let parts = check_areas(&path, &grid, count, pixels);
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * b.max(1.0);
        assert!(whole.iter().zip(&parts).all(near), "blocks of {pixels} pixels");
    }
    let zones = province::counties(&grid, 13, 12);
    let source = VectorSource::new("land_cover", &path);
    let one =
        class_areas(Wanted { source: &source, crs: &crs, progress: &NoProgress }, &zones).value.unwrap();
    assert_eq!(one.areas_m2, whole);
    let sums =
        zonal_sums(Wanted { source: &source, crs: &crs, progress: &NoProgress }, &zones).value.unwrap();
    let total: f64 = (1..).zip(count).map(|(class, n)| f64::from(class) * n as f64).sum();
    assert!((sums.sums.iter().sum::<f64>() / total - 1.0).abs() < 1e-9);
}

/// `cargo test --release -p carbonzone-io --test streaming -- --ignored`
#[test]
#[ignore = "two hundred million pixels: 50 MB of disk, about a minute"]
fn two_hundred_million_pixels_stay_below_a_gigabyte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("land_cover.tif");
    let (grid, crs) = (province::grid(14_143), WorkingCrs::parse(province::CRS).unwrap());
    let count = province::write_land_cover(&path, &grid, &crs);
    check_areas(&path, &grid, count, 1 << 22);
    let peak = province::peak_mb().unwrap_or(0);
    assert!(peak < 1024, "peak {peak} MB");
}

#[test]
fn a_raster_written_by_rows_has_the_bytes_of_one_written_whole() {
    let dir = tempfile::tempdir().unwrap();
    let grid = GridSpec { x_min: 0.0, y_max: 3e6, cell: 500.0, cols: 300, rows: 290 };
    let crs = WorkingCrs::parse(province::CRS).unwrap();
    let values: Vec<f64> =
        (0..grid.len()).map(|i| if i % 11 == 0 { f64::NAN } else { i as f64 / 7.0 }).collect();
    let bands = ["a", "b"].map(|d| FloatBand { description: d.to_owned(), values: values.clone() });
    let tags = [("TITLE".to_owned(), "t".to_owned())];
    let (whole, rows) = (dir.path().join("whole.tif"), dir.path().join("rows.tif"));
    write_cog(&whole, &grid, &crs, &bands, &tags).unwrap();
    let mut writer = CogWriter::float(&rows, &grid, &crs, &["a", "b"], &tags).unwrap();
    for first in (0..grid.rows).step_by(13) {
        let last = (first + 13).min(grid.rows);
        let part = &values[(first * grid.cols) as usize..(last * grid.cols) as usize];
        writer.write_rows(2, first, part).unwrap();
        writer.write_rows(1, first, part).unwrap();
    }
    writer.finish().unwrap();
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&rows).unwrap());
}

#[test]
fn a_raster_too_large_for_memory_goes_through_a_file_that_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    // 72 MB of Float64: above the limit for memory. Only some rows are written; the rest is nodata.
    let grid = GridSpec { x_min: 0.0, y_max: 3e6, cell: 100.0, cols: 3000, rows: 3000 };
    let crs = WorkingCrs::parse(province::CRS).unwrap();
    let path = dir.path().join("large.tif");
    let mut writer = CogWriter::float(&path, &grid, &crs, &["t"], &[]).unwrap();
    let row: Vec<f64> = (0..3000).map(f64::from).collect();
    writer.write_rows(1, 7, &row).unwrap();
    writer.write_rows(1, 2999, &row).unwrap();
    writer.finish().unwrap();
    let files: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|f| f.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, ["large.tif"]);
    let raster = Raster::open(&path).unwrap();
    let name = gdal::Dataset::open(&path).unwrap().rasterband(1).unwrap().description().unwrap();
    assert_eq!((name.as_str(), raster.size()), ("t", (3000, 3000)));
    for at in [7, 2999] {
        assert_eq!(raster.read_block(1, 0, at, 3000, 1).unwrap(), row);
    }
    assert!(raster.read_block(1, 0, 1500, 3000, 1).unwrap().iter().all(|v| v.is_nan()));
}

#[test]
fn rows_that_do_not_fit_the_grid_are_refused_and_nothing_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let grid = GridSpec { x_min: 0.0, y_max: 0.0, cell: 1.0, cols: 4, rows: 3 };
    let crs = WorkingCrs::parse(province::CRS).unwrap();
    let path = dir.path().join("x.tif");
    let mut writer = CogWriter::float(&path, &grid, &crs, &["t"], &[]).unwrap();
    assert!(writer.write_rows(1, 0, &[1.0; 5]).unwrap_err().to_string().contains("rows from 0 of band 1"));
    assert!(writer.write_rows(1, 2, &[1.0; 8]).is_err());
    assert!(writer.write_rows(2, 0, &[1.0; 4]).is_err());
    drop(writer);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let nowhere = dir.path().join("no/such/folder/x.tif");
    let writer = CogWriter::float(&nowhere, &grid, &crs, &["t"], &[]).unwrap();
    assert!(writer.finish().unwrap_err().to_string().contains("x.tif"));
}
