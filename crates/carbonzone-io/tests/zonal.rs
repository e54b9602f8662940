//! Class areas and zonal sums against exactextract (`oracle/zonal_expected.py`).
use crate::common::wanted;
use carbonzone_geom::Coverage;
use carbonzone_io::{
    ByteBand, FloatBand, VectorSource, WorkingCrs, class_areas, write_cog, write_cog_byte, zonal_sums,
};
use carbonzone_types::GridSpec;
use serde_json::Value;

/// exactextract keeps coverage fractions in 32-bit floats: 2⁻²⁴ of a pixel, rounded up for the few operations on them.
const FRACTION: f64 = 1e-6;

fn expected() -> Value {
    serde_json::from_str(include_str!("expected/zonal.json")).unwrap()
}

fn grid(all: &Value) -> GridSpec {
    serde_json::from_value(all["grid"].clone()).unwrap()
}

/// Class of a cell, as in the script.
fn patch(row: u64, col: u64) -> u8 {
    let h = ((row / 5) * 73_856_093 + (col / 7) * 19_349_663) % 4_294_967_291;
    ((h / 97) % 20 % 7) as u8
}

/// Value of a cell, as in the script.
fn value(row: u64, col: u64) -> f64 {
    ((row * 37 + col * 11) % 101) as f64 / 4.0
}

fn cells<T>(grid: &GridSpec, of: impl Fn(u64, u64) -> T) -> Vec<T> {
    let cols = u64::from(grid.cols);
    (0..grid.len() as u64).map(|i| of(i / cols, i % cols)).collect()
}

fn polygons(all: &Value) -> Coverage {
    let mut out = Coverage::new();
    for parts in all["polygons"].as_array().unwrap() {
        let parts: Vec<Vec<Vec<[f64; 2]>>> = serde_json::from_value(parts.clone()).unwrap();
        out.push_rings(&parts);
    }
    out
}

/// Pixels on a polygon's border: only they have fractions that exactextract rounds.
fn border_pixels(zones: &Coverage, i: usize, cell: f64) -> f64 {
    let length: f64 = zones
        .rings(i)
        .map(|r| (1..r.xs.len()).map(|k| (r.xs[k] - r.xs[k - 1]).hypot(r.ys[k] - r.ys[k - 1])).sum::<f64>())
        .sum();
    2.0 * length / cell + 8.0
}

#[test]
fn class_areas_of_counties_agree_with_exactextract_to_its_float_precision() {
    let (all, dir) = (expected(), tempfile::tempdir().unwrap());
    let (grid, crs) = (grid(&all), WorkingCrs::parse("EPSG:4507").unwrap());
    let values = cells(&grid, patch);
    let counted: Vec<u64> = (0..7u8).map(|c| values.iter().filter(|v| **v == c).count() as u64).collect();
    assert_eq!(Value::from(counted), all["check"]["classes"], "the raster is not that of the script");
    let path = dir.path().join("cover.tif");
    let band = ByteBand { description: "class".to_owned(), values, palette: vec![], categories: vec![] };
    write_cog_byte(&path, &grid, &crs, &band, &[]).unwrap();
    let zones = polygons(&all);
    let source = VectorSource::new("cover", &path);
    let found = class_areas(wanted(&source, &crs), &zones).value.unwrap();
    let mut compared = 0;
    for (i, wanted) in all["expected"].as_array().unwrap().iter().enumerate() {
        let tolerance = FRACTION * border_pixels(&zones, i, grid.cell) * grid.cell_area_m2();
        for (j, class) in found.classes.iter().enumerate() {
            let theirs = wanted["class_m2"][class.to_string()].as_f64().unwrap_or(0.0);
            let ours = found.row(i)[j];
            assert!((ours - theirs).abs() <= tolerance, "polygon {i}, class {class}: {ours} and {theirs}");
            compared += usize::from(theirs > 0.0);
        }
    }
    assert!(compared > 120, "{compared} areas compared");
}

#[test]
fn zonal_sums_agree_with_exactextract_to_its_float_precision() {
    let (all, dir) = (expected(), tempfile::tempdir().unwrap());
    let (grid, crs) = (grid(&all), WorkingCrs::parse("EPSG:4507").unwrap());
    let values = cells(&grid, value);
    assert_eq!(values.iter().sum::<f64>(), all["check"]["sum"].as_f64().unwrap());
    let path = dir.path().join("people.tif");
    write_cog(&path, &grid, &crs, &[FloatBand { description: "people".to_owned(), values }], &[]).unwrap();
    let zones = polygons(&all);
    let source = VectorSource::new("people", &path);
    let found = zonal_sums(wanted(&source, &crs), &zones).value.unwrap();
    for (i, wanted) in all["expected"].as_array().unwrap().iter().enumerate() {
        let (ours, theirs) = (found.sums[i], wanted["sum"].as_f64().unwrap());
        // The largest value is 25.
        let tolerance = 25.0 * FRACTION * border_pixels(&zones, i, grid.cell);
        assert!((ours - theirs).abs() <= tolerance, "polygon {i}: {ours} and {theirs}");
    }
}
