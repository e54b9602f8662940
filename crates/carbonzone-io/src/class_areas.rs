//! Areas of raster classes (land cover) in polygons, exact on the raster's own pixels.

use crate::digest::DigestJob;
use crate::locate::locate;
use crate::raster_band::PixelUse;
use crate::raster_blocks::{BLOCK_PIXELS, ZonalInput, for_each_block, pixel_areas};
use crate::reading::{Reading, Wanted};
use crate::source::Reporter;
use carbonzone_geom::Coverage;
use carbonzone_types::{Checked, Finding, InputRecord};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Areas of raster classes in polygons.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassAreas {
    /// The raster file.
    pub record: InputRecord,
    /// Class values that occur, ascending.
    pub classes: Vec<i64>,
    /// m² of class `j` in polygon `i` at `i * classes.len() + j`.
    pub areas_m2: Vec<f64>,
    /// m² of each polygon on nodata or outside the raster.
    pub unknown_m2: Vec<f64>,
}

impl ClassAreas {
    /// Areas of the classes in polygon `i`, in the order of `classes`.
    ///
    /// # Panics
    /// If there is no polygon `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.areas_m2[i * self.classes.len()..(i + 1) * self.classes.len()]
    }
}

/// Area of every class of a categorical raster (land cover) in every polygon, m² in the working CRS.
///
/// Shares come from exact pixel fractions (weighted by the cosine of the latitude if the raster is in degrees)
/// and are multiplied by the polygon's planar area, so classes and unknown ground sum to it. `None` as in
/// [`crate::zonal_sums`].
pub fn class_areas(wanted: Wanted<'_>, zones: &Coverage) -> Checked<ClassAreas> {
    class_areas_in_blocks(wanted, zones, BLOCK_PIXELS)
}

/// As [`class_areas`], with at most about `pixels_at_once` pixels in memory (whole rows of what the polygons need).
pub fn class_areas_in_blocks(
    wanted: Wanted<'_>,
    zones: &Coverage,
    pixels_at_once: usize,
) -> Checked<ClassAreas> {
    wanted.read(|reading| areas(reading, zones, pixels_at_once))
}

fn areas(reading: &mut Reading<'_>, zones: &Coverage, pixels_at_once: usize) -> Option<ClassAreas> {
    let Reading { source, progress, .. } = *reading;
    let located = locate(&mut reading.report())?;
    let input = ZonalInput::open(&mut reading.of(&located.source), zones, PixelUse::Classes)?;
    let digest = DigestJob::start(&located.original);
    let mut tallies: Vec<Tally> = vec![Tally::default(); zones.len()];
    let done = for_each_block(&input, zones, pixels_at_once, progress, &mut |block| {
        // A zone belongs to one task per block and meets its blocks in order: the same bits for any thread count.
        let touched = tallies.par_iter_mut().enumerate();
        touched.filter(|(zone, _)| block.zones.binary_search(&(*zone as u32)).is_ok()).for_each(
            |(zone, tally)| {
                let weights = block.weights(zone as u32);
                let (pixels, fractions) = weights.row(0);
                for (&pixel, &fraction) in pixels.iter().zip(fractions) {
                    tally.add(
                        input.band.value(block.values[pixel as usize]),
                        fraction * block.row_scale[pixel as usize / block.grid.cols as usize],
                    );
                }
            },
        );
    });
    let digest = digest.finish();
    if let Err(error) = done {
        return reading.refuse(Finding::error("unreadable_file", error.to_string()));
    }
    if progress.cancelled() {
        return None;
    }
    let mut classes: Vec<i64> = tallies.iter().flat_map(Tally::classes).collect();
    classes.sort_unstable();
    classes.dedup();
    let areas = zones.areas_m2();
    // Pixel-space area of each polygon: what of it lies off the raster is unknown too.
    let whole = pixel_areas(reading, &input, zones)?;
    let mut report = reading.report();
    let mut areas_m2 = Vec::with_capacity(zones.len() * classes.len());
    let mut unknown_m2 = Vec::with_capacity(zones.len());
    for i in 0..zones.len() {
        let known: f64 = classes.iter().map(|c| tallies[i].of(*c)).sum();
        let total = (known + tallies[i].unknown).max(whole[i]);
        let per_pixel = if total > 0.0 { areas[i] / total } else { 0.0 };
        areas_m2.extend(classes.iter().map(|c| tallies[i].of(*c) * per_pixel));
        unknown_m2.push((total - known) * per_pixel);
    }
    report_fractions(&tallies, &mut report);
    let lost: f64 = unknown_m2.iter().sum();
    let all: f64 = areas.iter().sum();
    if lost > 1e-6 * all {
        let message =
            format!("{:.2} % of the ground ({lost:.0} m2) has no class in the raster", 100.0 * lost / all);
        report.add(Finding::warning("raster_gap", message).hint("does the raster cover the whole city?"));
    }
    let record = input.record(source, digest);
    Some(ClassAreas { record, classes, areas_m2, unknown_m2 })
}

/// Pixels per class of one polygon. Land-cover codes are small numbers: they are counted without a search.
#[derive(Debug, Clone)]
struct Tally {
    small: [f64; SMALL_CLASSES],
    others: BTreeMap<i64, f64>,
    unknown: f64,
    /// A value that is no whole number.
    fraction: Option<f64>,
}

/// Classes below this are counted in an array.
const SMALL_CLASSES: usize = 256;

impl Default for Tally {
    fn default() -> Self {
        Self { small: [0.0; SMALL_CLASSES], others: BTreeMap::new(), unknown: 0.0, fraction: None }
    }
}

impl Tally {
    fn add(&mut self, value: f64, weight: f64) {
        if !value.is_finite() {
            self.unknown += weight;
            return;
        }
        if value.fract() != 0.0 {
            self.fraction.get_or_insert(value);
        }
        let class = value.round() as i64;
        match usize::try_from(class).ok().and_then(|c| self.small.get_mut(c)) {
            Some(sum) => *sum += weight,
            None => *self.others.entry(class).or_default() += weight,
        }
    }

    fn classes(&self) -> impl Iterator<Item = i64> + '_ {
        let small = (0..SMALL_CLASSES).filter(|c| self.small[*c] > 0.0).map(|c| c as i64);
        small.chain(self.others.keys().copied())
    }

    fn of(&self, class: i64) -> f64 {
        let small = usize::try_from(class).ok().and_then(|c| self.small.get(c));
        small.copied().unwrap_or_else(|| self.others.get(&class).copied().unwrap_or(0.0))
    }
}

/// Values between the classes: not a raster of classes, or one that was resampled as if it held amounts.
fn report_fractions(tallies: &[Tally], report: &mut Reporter<'_>) {
    let fractions: Vec<f64> = tallies.iter().filter_map(|t| t.fraction).collect();
    if let Some(example) = fractions.first() {
        let message = format!(
            "pixel values that are no whole numbers lie in {} polygons: rounded to the nearest class",
            fractions.len()
        );
        report.add(
            Finding::warning("class_not_whole", message)
                .value(example.to_string())
                .expected("whole numbers")
                .count(fractions.len() as u64)
                .hint("was the raster resampled by averaging, or is it another one (elevation, population)?"),
        );
    }
}
