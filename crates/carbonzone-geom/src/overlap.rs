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
/// Chunks whose rows wait to be joined.
const GROUP: usize = 64;

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

impl OverlapMatrix {
    /// An empty matrix with room for so many sources.
    fn with_room(sources: usize, n_targets: usize) -> Self {
        let pieces = sources + sources / 2;
        let mut offsets = Vec::with_capacity(sources + 1);
        offsets.push(0);
        Self {
            offsets,
            targets: Vec::with_capacity(pieces),
            areas_m2: Vec::with_capacity(pieces),
            outside_m2: vec![0.0; sources],
            overcovered_m2: vec![0.0; sources],
            n_targets,
        }
    }

    /// Appends the rows of the next run of features.
    fn append(&mut self, rows: &RowSink) {
        let (row, pieces) = (self.offsets.len() - 1, self.targets.len());
        self.offsets.extend(rows.ends.iter().map(|end| pieces + end));
        self.targets.extend_from_slice(&rows.targets);
        self.areas_m2.extend_from_slice(&rows.areas);
        rows.outside.iter().for_each(|&(k, a)| self.outside_m2[row + k as usize] = a);
        rows.overcovered.iter().for_each(|&(k, a)| self.overcovered_m2[row + k as usize] = a);
    }
}

/// Runs `row` for every feature; each chunk starts with fresh scratch and sinks. Chunks are joined in order, group by group, so
/// that the pieces are not in memory twice.
fn by_chunks<S: Default, const N: usize>(
    parcels: &Coverage,
    n_targets: [usize; N],
    row: impl Fn(&FeatureShape, &mut S, &mut [RowSink; N]) + Sync,
) -> [OverlapMatrix; N] {
    let mut out = n_targets.map(|n| OverlapMatrix::with_room(parcels.len(), n));
    let chunk = |k: usize| {
        let features = k * CHUNK..((k + 1) * CHUNK).min(parcels.len());
        let (mut shape, mut scratch) = (FeatureShape::default(), S::default());
        let mut sinks = std::array::from_fn(|_| RowSink::with_capacity(features.len()));
        for i in features {
            shape.measure(parcels, i);
            row(&shape, &mut scratch, &mut sinks);
        }
        sinks
    };
    let chunks = parcels.len().div_ceil(CHUNK);
    for first in (0..chunks).step_by(GROUP) {
        let group: Vec<[RowSink; N]> =
            (first..(first + GROUP).min(chunks)).into_par_iter().map(chunk).collect();
        for sinks in &group {
            out.iter_mut().zip(sinks).for_each(|(matrix, sink)| matrix.append(sink));
        }
    }
    out
}

/// Area of every parcel in every grid cell, m².
///
/// Rows ascend by cell index; parts beyond the grid are in `outside_m2`. The result is the same bits for any number of threads.
#[must_use]
pub fn overlap_grid(parcels: &Coverage, grid: &GridSpec) -> OverlapMatrix {
    let [cells] = by_chunks(parcels, [grid.len()], |shape, scratch: &mut GridScratch, [out]| {
        cover_feature(parcels, shape, grid, scratch, out);
    });
    cells
}

/// Area of every parcel in every zone, m².
///
/// Zones may overlap: the common ground then counts in each, and the excess over the parcel's area is in `overcovered_m2`.
/// Ground in no zone is in `outside_m2`.
#[must_use]
pub fn overlap_zones(parcels: &Coverage, zones: &Coverage) -> OverlapMatrix {
    let index = ZoneIndex::new(zones);
    let [pieces] = by_chunks(parcels, [zones.len()], |shape, scratch: &mut ZoneScratch, [out]| {
        overlap_feature(parcels, shape, &index, scratch, out);
    });
    pieces
}

/// [`overlap_grid`] and [`overlap_zones`] in one pass over the parcel coordinates.
#[must_use]
pub fn overlap_grid_and_zones(
    parcels: &Coverage,
    grid: &GridSpec,
    zones: &Coverage,
) -> (OverlapMatrix, OverlapMatrix) {
    let index = ZoneIndex::new(zones);
    let [cells, pieces] = by_chunks(
        parcels,
        [grid.len(), zones.len()],
        |shape, scratch: &mut (GridScratch, ZoneScratch), [to_grid, to_zones]| {
            cover_feature(parcels, shape, grid, &mut scratch.0, to_grid);
            overlap_feature(parcels, shape, &index, &mut scratch.1, to_zones);
        },
    );
    (cells, pieces)
}
