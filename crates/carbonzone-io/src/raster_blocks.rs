//! Pixels of a raster block by block, with the polygons that touch each block in pixel coordinates.

use crate::crs::{CrsPath, Transformer};
use crate::datum::check_datum;
use crate::error::{IoError, Result};
use crate::raster::{Raster, open_both_ways};
use crate::raster_band::{BandPlan, PixelUse, choose_band};
use crate::reading::Reading;
use crate::source::VectorSource;
use carbonzone_geom::{Coverage, OverlapMatrix, overlap_grid};
use carbonzone_types::{Finding, GridSpec, InputRecord, Progress};

/// Pixels held at a time: 4 million values are 32 MB.
pub(crate) const BLOCK_PIXELS: usize = 1 << 22;

/// A raster ready to be measured against polygons: the way from the working CRS into its own, and the band.
pub(crate) struct ZonalInput {
    pub raster: Raster,
    pub path: CrsPath,
    pub band: BandPlan,
    /// Metres per unit of the raster's CRS, if it is projected.
    unit_m: Option<f64>,
}

impl ZonalInput {
    /// Opens the raster and chooses the band. `path.label` names the raster's CRS. `None`: reported.
    pub(crate) fn open(reading: &mut Reading<'_>, zones: &Coverage, pixels: PixelUse) -> Option<Self> {
        let (raster, mut there, back) = open_both_ways(reading)?;
        check_datum(reading, &back, zones.total_bounds());
        let band = choose_band(&mut reading.report(), raster.dataset(), pixels)?;
        there.label.clone_from(&back.label);
        there.geographic = back.geographic;
        Some(Self { raster, path: there, band, unit_m: back.source_unit_m })
    }

    /// Provenance.
    pub(crate) fn record(&self, source: &VectorSource, digest: (u64, String)) -> InputRecord {
        let (cols, rows) = self.raster.size();
        source.record(self.band.label(), digest, (cols * rows) as u64, &self.path.label)
    }

    /// Ground area of a pixel at a row in km², if the raster's CRS tells it.
    pub(crate) fn pixel_km2(&self, row: f64) -> Option<f64> {
        let [_, dx, rx, y0, ry, dy] = self.raster.transform();
        let det = (dx * dy - rx * ry).abs();
        let unit_m = if self.path.geographic {
            // A degree of latitude is 111.2 km on the mean sphere; the longitude shrinks by the cosine.
            111_195.0 * (y0 + row * dy).to_radians().cos().max(0.0).sqrt()
        } else {
            self.unit_m?
        };
        Some(det * unit_m * unit_m / 1e6)
    }
}

/// A block of pixels with the polygons that touch it.
pub(crate) struct Block<'a> {
    /// Stored numbers; NaN where there is no value.
    pub values: &'a [f64],
    /// The pixels, in pixel coordinates: each has area 1.
    pub grid: GridSpec,
    /// The polygons that touch the block, ascending.
    pub zones: &'a [u32],
    /// Every polygon alone, in pixel coordinates.
    shapes: &'a [Coverage],
    /// Relative ground area of a pixel per row of the block.
    pub row_scale: &'a [f64],
}

impl Block<'_> {
    /// Fractions of the block's pixels in one polygon: a matrix of one row.
    pub(crate) fn weights(&self, zone: u32) -> OverlapMatrix {
        overlap_grid(&self.shapes[zone as usize], &self.grid)
    }

    /// Number of a row of the block in the raster.
    pub(crate) fn row(&self, row: usize) -> u64 {
        // The grid lies below 0: its upper edge is minus the first row.
        -self.grid.y_max as u64 + row as u64
    }
}

/// The polygons in pixel coordinates: column to the right, row upwards negative.
fn in_pixels(raster: &Raster, path: &CrsPath, zones: &Coverage) -> Result<Coverage> {
    let [x0, dx, rx, y0, ry, dy] = raster.transform();
    let det = dx * dy - rx * ry;
    if det == 0.0 || !det.is_finite() {
        return Err(IoError::read(raster.path(), "the pixels of the raster have no size"));
    }
    let transformer: Transformer = path.transformer()?;
    let mut pixels = zones.clone();
    let mut failed = Ok(0);
    pixels.transform(|xs, ys| {
        failed = transformer.apply(xs, ys);
        for (x, y) in xs.iter_mut().zip(ys.iter_mut()) {
            let (u, v) = (*x - x0, *y - y0);
            *x = (dy * u - rx * v) / det;
            *y = -(dx * v - ry * u) / det;
        }
    });
    failed.map(|_| pixels)
}

/// The polygons in pixel coordinates; `None`: reported.
pub(crate) fn polygons_in_pixels(
    reading: &mut Reading<'_>,
    input: &ZonalInput,
    zones: &Coverage,
) -> Option<Coverage> {
    in_pixels(&input.raster, &input.path, zones)
        .map_err(|error| reading.add(Finding::error("crs_transformation", error.to_string())))
        .ok()
}

/// Area of every polygon in pixels, weighted like the blocks.
pub(crate) fn pixel_areas(
    reading: &mut Reading<'_>,
    input: &ZonalInput,
    zones: &Coverage,
) -> Option<Vec<f64>> {
    let pixels = polygons_in_pixels(reading, input, zones)?;
    let area = |i: usize| {
        let middle = pixels.bounds(i).map_or(0.0, |b| -f64::midpoint(b[1], b[3]));
        pixels.area_m2(i) * row_scale(&input.raster, &input.path, middle)
    };
    Some((0..pixels.len()).map(area).collect())
}

/// Relative ground area of a pixel at a (fractional) row: the cosine of its latitude, if it is in degrees.
fn row_scale(raster: &Raster, path: &CrsPath, row: f64) -> f64 {
    if path.geographic {
        (raster.transform()[3] + row * raster.transform()[5]).to_radians().cos()
    } else {
        1.0
    }
}

pub(crate) fn for_each_block(
    input: &ZonalInput,
    zones: &Coverage,
    pixels_at_once: usize,
    progress: &dyn Progress,
    work: &mut dyn FnMut(&Block<'_>),
) -> Result<()> {
    let (raster, path) = (&input.raster, &input.path);
    let (width, height) = raster.size();
    let pixels = in_pixels(raster, path, zones)?;
    let bounds: Vec<Option<[f64; 4]>> = (0..pixels.len()).map(|i| pixels.bounds(i)).collect();
    let Some([x0, y0, x1, y1]) = pixels.total_bounds() else { return Ok(()) };
    let clamp = |v: f64, max: usize| v.clamp(0.0, max as f64) as usize;
    let (col0, col1) = (clamp(x0.floor(), width), clamp(x1.ceil(), width));
    let (row0, row1) = (clamp((-y1).floor(), height), clamp((-y0).ceil(), height));
    if col0 >= col1 || row0 >= row1 {
        return Ok(());
    }
    let cols = col1 - col0;
    let shapes: Vec<Coverage> = (0..pixels.len() as u32).map(|i| pixels.reordered(&[i])).collect();
    let step = raster.rows_at_once(cols, pixels_at_once);
    progress.begin("reading raster", Some((row1 - row0) as u64));
    let mut result = Ok(());
    let mut row = row0;
    while row < row1 {
        // Blocks end where the file's own tiles end, so that no tile is decoded twice.
        let rows = (step - row % step).min(row1 - row);
        let (top, bottom) = (-(row as f64), -((row + rows) as f64));
        let touching: Vec<u32> = (0..pixels.len() as u32)
            .filter(|&i| bounds[i as usize].is_some_and(|b| b[3] > bottom && b[1] < top))
            .collect();
        match raster.read_stored(&input.band, (col0, row), (cols, rows)) {
            Ok(values) => {
                let grid = GridSpec {
                    x_min: col0 as f64,
                    y_max: top,
                    cell: 1.0,
                    cols: cols as u32,
                    rows: rows as u32,
                };
                let row_scale: Vec<f64> =
                    (0..rows).map(|r| row_scale(raster, path, (row + r) as f64 + 0.5)).collect();
                work(&Block {
                    values: &values,
                    grid,
                    zones: &touching,
                    shapes: &shapes,
                    row_scale: &row_scale,
                });
            }
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        progress.advance(rows as u64);
        row += rows;
        if progress.cancelled() {
            break;
        }
    }
    progress.end();
    result
}
