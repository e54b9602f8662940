//! The overlay drivers: features in fixed chunks, rows in feature order.

use carbonzone_types::GridSpec;
use rayon::prelude::*;

use crate::grid_coverage::{GridScratch, cover_feature};
use crate::ring::FeatureShape;
use crate::zone_index::ZoneIndex;
use crate::zone_overlap::{ZoneScratch, overlap_feature};
use crate::{Coverage, OverlapMatrix};

/// Features per task. Fixed, so that results do not depend on the number of threads.
pub(crate) const CHUNK: usize = 4096;

/// By how much pieces may exceed the area before it is reported, relative to the area.
const OVERCOVER_TOLERANCE: f64 = 1e-9;

/// Rows under construction for a run of consecutive features.
#[derive(Debug)]
pub(crate) struct RowSink {
    ends: Vec<usize>,
    targets: Vec<u32>,
    areas: Vec<f64>,
    /// Rows that have such an area at all.
    outside: Vec<(u32, f64)>,
    overcovered: Vec<(u32, f64)>,
}

impl RowSink {
    /// Room for a usual run of this many features.
    fn with_capacity(features: usize) -> Self {
        let pieces = features + features / 2;
        Self {
            ends: Vec::with_capacity(features),
            targets: Vec::with_capacity(pieces),
            areas: Vec::with_capacity(pieces),
            outside: vec![],
            overcovered: vec![],
        }
    }

    fn open_row(&self) -> &[f64] {
        &self.areas[self.ends.last().copied().unwrap_or(0)..]
    }

    /// Adds a piece to the open row; targets must ascend.
    #[inline]
    pub fn push(&mut self, target: u32, area_m2: f64) {
        self.targets.push(target);
        self.areas.push(area_m2);
    }

    /// Sum of the open row.
    pub fn row_sum(&self) -> f64 {
        self.open_row().iter().sum()
    }

    /// Closes the row of a feature of the given area.
    #[inline]
    pub fn end_row(&mut self, area_m2: f64, outside_m2: f64) {
        let excess = match self.open_row() {
            [] => 0.0,
            pieces => pieces.iter().sum::<f64>() + outside_m2 - area_m2,
        };
        let row = self.ends.len() as u32;
        if outside_m2 > 0.0 {
            self.outside.push((row, outside_m2));
        }
        if excess > OVERCOVER_TOLERANCE * area_m2.abs() {
            self.overcovered.push((row, excess));
        }
        self.ends.push(self.areas.len());
    }
}

/// Joins chunk results in order. A column of the chunks is given up as soon as it is copied.
fn assemble(mut chunks: Vec<RowSink>, n_targets: usize) -> OverlapMatrix {
    let rows: usize = chunks.iter().map(|c| c.ends.len()).sum();
    let mut m = OverlapMatrix {
        offsets: Vec::with_capacity(rows + 1),
        targets: concat(chunks.iter_mut().map(|c| std::mem::take(&mut c.targets)).collect()),
        areas_m2: concat(chunks.iter_mut().map(|c| std::mem::take(&mut c.areas)).collect()),
        outside_m2: vec![0.0; rows],
        overcovered_m2: vec![0.0; rows],
        n_targets,
    };
    m.offsets.push(0);
    let mut pieces = 0;
    for c in &chunks {
        let row = m.offsets.len() - 1;
        m.offsets.extend(c.ends.iter().map(|e| pieces + e));
        pieces += c.ends.last().copied().unwrap_or(0);
        c.outside.iter().for_each(|&(k, a)| m.outside_m2[row + k as usize] = a);
        c.overcovered.iter().for_each(|&(k, a)| m.overcovered_m2[row + k as usize] = a);
    }
    m
}

/// One column of all chunks, copied in parallel.
fn concat<T: Copy + Default + Send + Sync>(chunks: Vec<Vec<T>>) -> Vec<T> {
    let mut out = vec![T::default(); chunks.iter().map(Vec::len).sum()];
    let (mut rest, mut jobs) = (&mut out[..], Vec::with_capacity(chunks.len()));
    for from in chunks {
        let (to, after) = rest.split_at_mut(from.len());
        jobs.push((to, from));
        rest = after;
    }
    jobs.into_par_iter().for_each(|(to, from)| to.copy_from_slice(&from));
    out
}

/// Runs `row` for every feature; each chunk starts with fresh scratch and sinks.
fn by_chunks<S: Default, const N: usize>(
    parcels: &Coverage,
    row: impl Fn(&FeatureShape, &mut S, &mut [RowSink; N]) + Sync,
) -> [Vec<RowSink>; N] {
    let chunks: Vec<[RowSink; N]> = (0..parcels.len().div_ceil(CHUNK))
        .into_par_iter()
        .map(|k| {
            let features = k * CHUNK..((k + 1) * CHUNK).min(parcels.len());
            let (mut shape, mut scratch) = (FeatureShape::default(), S::default());
            let mut sinks = std::array::from_fn(|_| RowSink::with_capacity(features.len()));
            for i in features {
                shape.measure(parcels, i);
                row(&shape, &mut scratch, &mut sinks);
            }
            sinks
        })
        .collect();
    let mut out: [Vec<RowSink>; N] = std::array::from_fn(|_| Vec::with_capacity(chunks.len()));
    for chunk in chunks {
        for (list, sink) in out.iter_mut().zip(chunk) {
            list.push(sink);
        }
    }
    out
}

/// Area of every parcel in every grid cell, m².
///
/// Rows ascend by cell index; parts beyond the grid are in `outside_m2`. The result is the same bits for any number of threads.
#[must_use]
pub fn overlap_grid(parcels: &Coverage, grid: &GridSpec) -> OverlapMatrix {
    let [chunks] = by_chunks::<GridScratch, 1>(parcels, |shape, scratch, [out]| {
        cover_feature(parcels, shape, grid, scratch, out);
    });
    assemble(chunks, grid.len())
}

/// Area of every parcel in every zone, m².
///
/// Zones may overlap: the common ground then counts in each, and the excess over the parcel's area is in `overcovered_m2`.
/// Ground in no zone is in `outside_m2`.
#[must_use]
pub fn overlap_zones(parcels: &Coverage, zones: &Coverage) -> OverlapMatrix {
    let index = ZoneIndex::new(zones);
    let [chunks] = by_chunks::<ZoneScratch, 1>(parcels, |shape, scratch, [out]| {
        overlap_feature(parcels, shape, &index, scratch, out);
    });
    assemble(chunks, zones.len())
}

/// [`overlap_grid`] and [`overlap_zones`] in one pass over the parcel coordinates.
#[must_use]
pub fn overlap_grid_and_zones(
    parcels: &Coverage,
    grid: &GridSpec,
    zones: &Coverage,
) -> (OverlapMatrix, OverlapMatrix) {
    let index = ZoneIndex::new(zones);
    let [cells, pieces] =
        by_chunks::<(GridScratch, ZoneScratch), 2>(parcels, |shape, scratch, [to_grid, to_zones]| {
            cover_feature(parcels, shape, grid, &mut scratch.0, to_grid);
            overlap_feature(parcels, shape, &index, &mut scratch.1, to_zones);
        });
    (assemble(cells, grid.len()), assemble(pieces, zones.len()))
}
