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
#[derive(Debug, Default)]
pub(crate) struct RowSink {
    ends: Vec<usize>,
    targets: Vec<u32>,
    areas: Vec<f64>,
    outside: Vec<f64>,
    overcovered: Vec<f64>,
}

impl RowSink {
    /// Adds a piece to the open row; targets must ascend.
    pub fn push(&mut self, target: u32, area_m2: f64) {
        self.targets.push(target);
        self.areas.push(area_m2);
    }

    /// Sum of the open row.
    pub fn row_sum(&self) -> f64 {
        self.areas[self.ends.last().copied().unwrap_or(0)..].iter().sum()
    }

    /// Closes the row of a feature of the given area.
    pub fn end_row(&mut self, area_m2: f64, outside_m2: f64) {
        let excess = if self.ends.last().copied().unwrap_or(0) == self.areas.len() {
            0.0
        } else {
            self.row_sum() + outside_m2 - area_m2
        };
        self.ends.push(self.areas.len());
        self.outside.push(outside_m2.max(0.0));
        self.overcovered.push(if excess > OVERCOVER_TOLERANCE * area_m2.abs() { excess } else { 0.0 });
    }
}

/// Joins chunk results in order.
fn assemble(chunks: Vec<RowSink>, n_targets: usize) -> OverlapMatrix {
    let rows: usize = chunks.iter().map(|c| c.ends.len()).sum();
    let pieces: usize = chunks.iter().map(|c| c.targets.len()).sum();
    let mut m = OverlapMatrix {
        offsets: Vec::with_capacity(rows + 1),
        targets: Vec::with_capacity(pieces),
        areas_m2: Vec::with_capacity(pieces),
        outside_m2: Vec::with_capacity(rows),
        overcovered_m2: Vec::with_capacity(rows),
        n_targets,
    };
    m.offsets.push(0);
    for c in chunks {
        let base = m.targets.len();
        m.offsets.extend(c.ends.iter().map(|e| base + e));
        m.targets.extend_from_slice(&c.targets);
        m.areas_m2.extend_from_slice(&c.areas);
        m.outside_m2.extend_from_slice(&c.outside);
        m.overcovered_m2.extend_from_slice(&c.overcovered);
    }
    m
}

/// Runs `row` for every feature; each chunk starts with fresh scratch and sinks.
fn by_chunks<S: Default, const N: usize>(
    parcels: &Coverage,
    row: impl Fn(&FeatureShape, &mut S, &mut [RowSink; N]) + Sync,
) -> [Vec<RowSink>; N]
where
    [RowSink; N]: Default + Send,
{
    let chunks: Vec<[RowSink; N]> = (0..parcels.len().div_ceil(CHUNK))
        .into_par_iter()
        .map(|k| {
            let (mut shape, mut scratch, mut sinks) =
                (FeatureShape::default(), S::default(), Default::default());
            for i in k * CHUNK..((k + 1) * CHUNK).min(parcels.len()) {
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
