//! A made province: a categorical raster of any size, written by blocks, and counties that cover it exactly.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the example and the test use their own parts; a failure of either is its message"
)]

use carbonzone_geom::Coverage;
use carbonzone_io::{ByteBand, CogWriter, WorkingCrs};
use carbonzone_types::GridSpec;
use std::path::Path;

/// Henan's Albers, equal area.
pub const CRS: &str = "ESRI:102025";
/// Land-cover classes of the raster.
pub const CLASSES: [&str; 6] = ["cultivated", "forest", "grassland", "water", "construction", "unused"];

/// A square raster of `side` × `side` pixels of 30 m.
pub fn grid(side: u32) -> GridSpec {
    GridSpec { x_min: 500_000.0, y_max: 3_900_000.0, cell: 30.0, cols: side, rows: side }
}

/// Class of a pixel, 1 to 6: patches of 23 × 17 pixels.
pub fn class_at(col: u32, row: u32) -> u8 {
    let h = (row / 17).wrapping_mul(73_856_093) ^ (col / 23).wrapping_mul(19_349_663);
    1 + ((h >> 7) % 6) as u8
}

/// Writes the raster, 256 rows at a time; returns the pixels of every class.
pub fn write_land_cover(path: &Path, grid: &GridSpec, crs: &WorkingCrs) -> [u64; 6] {
    let band = ByteBand {
        description: "land_cover".to_owned(),
        values: Vec::new(),
        palette: Vec::new(),
        categories: (1..).zip(CLASSES).map(|(v, name)| (v, name.to_owned())).collect(),
    };
    let mut writer = CogWriter::classes(path, grid, crs, &band, &[]).unwrap();
    let mut count = [0; 6];
    for first in (0..grid.rows).step_by(256) {
        let rows = first..(first + 256).min(grid.rows);
        let values: Vec<u8> =
            rows.flat_map(|row| (0..grid.cols).map(move |col| class_at(col, row))).collect();
        for v in &values {
            count[usize::from(*v) - 1] += 1;
        }
        writer.write_rows(1, first, &values).unwrap();
    }
    writer.finish().unwrap();
    count
}

/// `across` × `down` counties with bent borders that share their corners and cover the raster exactly.
pub fn counties(grid: &GridSpec, across: u32, down: u32) -> Coverage {
    let [x0, y0, x1, y1] = grid.bounds();
    let node = |i: u32, j: u32| -> [f64; 2] {
        // A fixed pseudo-random shift of inner corners, up to 0.3 of a county.
        let h = f64::from((i * 7919 + j * 104_729) % 1000) / 1000.0 - 0.5;
        let g = f64::from((i * 15_485 + j * 32_452) % 1000) / 1000.0 - 0.5;
        let shift = |inner: bool, h: f64| if inner { 0.6 * h } else { 0.0 };
        let u = f64::from(i) + shift(0 < i && i < across, h);
        let v = f64::from(j) + shift(0 < j && j < down, g);
        [x0 + (x1 - x0) * u / f64::from(across), y0 + (y1 - y0) * v / f64::from(down)]
    };
    let mut out = Coverage::new();
    for j in 0..down {
        for i in 0..across {
            let ring = vec![node(i, j), node(i + 1, j), node(i + 1, j + 1), node(i, j + 1), node(i, j)];
            out.push_rings(&[vec![ring]]);
        }
    }
    out
}

/// Peak resident memory of this process in MB, where the system tells.
pub fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
