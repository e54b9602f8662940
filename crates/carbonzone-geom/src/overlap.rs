//! From parcels to the 1 km grid and the townships: areas of parcel × cell and parcel × zone, features in fixed chunks, rows in feature order.

use crate::grid_coverage::{GridScratch, cover_feature};
use crate::ring::FeatureShape;
use crate::row_sink::RowSink;
use crate::zone_index::ZoneIndex;
use crate::zone_overlap::{ZoneScratch, overlap_feature};
use crate::{Coverage, OverlapMatrix};
use carbonzone_types::GridSpec;
use rayon::prelude::*;

/// Features per task. Fixed, so that results do not depend on the number of threads.
pub(crate) const CHUNK: usize = 4096;

/// Chunks whose rows wait to be joined.
const GROUP: usize = 64;

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
            (first..(first + GROUP).min(chunks)).into_par_iter().with_max_len(1).map(chunk).collect();
        for sinks in &group {
            out.iter_mut().zip(sinks).for_each(|(matrix, sink)| matrix.append(sink));
        }
    }
    out
}

/// Area of every parcel in every grid cell, m².
///
/// Rows ascend by cell index; parts beyond the grid are in `outside_m2`. The result is the same bits for any number of threads.
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
pub fn overlap_zones(parcels: &Coverage, zones: &Coverage) -> OverlapMatrix {
    let index = ZoneIndex::new(zones);
    let [pieces] = by_chunks(parcels, [zones.len()], |shape, scratch: &mut ZoneScratch, [out]| {
        overlap_feature(parcels, shape, &index, scratch, out);
    });
    pieces
}

/// [`overlap_grid`] and [`overlap_zones`] in one pass over the parcel coordinates.
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
