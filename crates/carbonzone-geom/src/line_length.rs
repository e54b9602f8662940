//! Length of a road in each parcel: clamped crossings.
//!
//! Along the line through a segment, a parcel is a union of intervals bounded by edges that cross the line. Clamping is monotone,
//! so the length of the segment inside is `|q − p| · Σ ± clamp(t, 0, 1)` over these edges: no sorting, no test of
//! where the segment starts. A vertex on the line counts as left of it, so a road along a shared edge belongs to exactly one side.

use std::sync::Arc;

use rayon::prelude::*;

use crate::feature_grid::FeatureGrid;
use crate::ring::turn;
use crate::{Coverage, PointLocator};

/// Lines per task in [`LineIndex::lengths_all`].
const CHUNK: usize = 4096;

/// Index for road lengths per parcel.
#[derive(Debug)]
pub struct LineIndex<'a> {
    coverage: &'a Coverage,
    grid: Arc<FeatureGrid>,
}

impl<'a> LineIndex<'a> {
    /// Builds the index over all features.
    #[must_use]
    pub fn new(coverage: &'a Coverage) -> Self {
        Self { coverage, grid: Arc::new(FeatureGrid::new(coverage)) }
    }

    /// Shares the index of a [`PointLocator`] on the same layer.
    #[must_use]
    pub fn from_locator(locator: &PointLocator<'a>) -> Self {
        let (coverage, grid) = locator.parts();
        Self { coverage, grid }
    }

    /// Length in m of the polyline inside each parcel, ascending by parcel, lengths > 0 only.
    ///
    /// The direction in which a segment is drawn does not matter. Segments with a coordinate that is not finite are left out.
    /// In a valid layer the lengths sum to the length of the line inside the layer.
    ///
    /// # Panics
    /// If the slices differ in length.
    #[must_use]
    pub fn lengths(&self, xs: &[f64], ys: &[f64]) -> Vec<(u32, f64)> {
        assert_eq!(xs.len(), ys.len(), "one northing per easting");
        let mut scratch = LineScratch::default();
        self.collect(xs, ys, &mut scratch);
        scratch.merged().collect()
    }

    /// [`lengths`](Self::lengths) of many polylines: line `k` has the vertices `line_off[k]..line_off[k + 1]`.
    ///
    /// Lines are worked through tile by tile of the layer, in chunks of fixed size; rows come out in the order of the lines, the
    /// same bits for any number of threads.
    ///
    /// # Panics
    /// If the slices differ in length or `line_off` does not ascend within them.
    #[must_use]
    pub fn lengths_all(&self, xs: &[f64], ys: &[f64], line_off: &[u32]) -> LineLengths {
        assert_eq!(xs.len(), ys.len(), "one northing per easting");
        let lines = line_off.len().saturating_sub(1);
        let vertices = |k: usize| line_off[k] as usize..line_off[k + 1] as usize;
        let mut order: Vec<u64> = (0..lines)
            .into_par_iter()
            .map(|k| {
                let first = vertices(k).start.min(xs.len().saturating_sub(1));
                let tile = xs.get(first).map_or(0, |&x| self.grid.tile(x, ys[first]));
                (u64::from(tile) << 32) | k as u64
            })
            .collect();
        order.par_sort_unstable();
        let chunks: Vec<Vec<(u32, u32, f64)>> = order
            .par_chunks(CHUNK)
            .map(|keys| {
                let (mut scratch, mut out) = (LineScratch::default(), vec![]);
                for k in keys.iter().map(|&key| key as u32) {
                    let v = vertices(k as usize);
                    self.collect(&xs[v.clone()], &ys[v], &mut scratch);
                    out.extend(scratch.merged().map(|(parcel, m)| (k, parcel, m)));
                }
                out
            })
            .collect();
        LineLengths::assemble(lines, &chunks)
    }

    /// Pieces of a polyline, segment by segment.
    fn collect(&self, xs: &[f64], ys: &[f64], scratch: &mut LineScratch) {
        scratch.pieces.clear();
        for i in 1..xs.len() {
            let (a, b) = ([xs[i - 1], ys[i - 1]], [xs[i], ys[i]]);
            let (p, q) = if (a[0], a[1]) <= (b[0], b[1]) { (a, b) } else { (b, a) };
            let length = (q[0] - p[0]).hypot(q[1] - p[1]);
            if !(length > 0.0 && length.is_finite()) {
                continue;
            }
            self.grid.along(p, q, &mut scratch.candidates);
            for &feature in &scratch.candidates {
                let share = self.inside_share(feature as usize, p, q);
                if share > 0.0 {
                    scratch.pieces.push((feature, share * length));
                }
            }
        }
        scratch.pieces.sort_by_key(|p| p.0);
    }

    /// Share of the segment inside a feature, in [0, 1].
    fn inside_share(&self, feature: usize, p: [f64; 2], q: [f64; 2]) -> f64 {
        let mut share = 0.0;
        let parts = self.coverage.parts_of(feature);
        let rings = self.coverage.part_off[parts.start]..self.coverage.part_off[parts.end];
        for ring in rings.map(|r| r as usize) {
            let weight = self.grid.ring_weight(ring);
            if weight != 0 {
                let (xs, ys) = self.coverage.ring(ring);
                share += f64::from(weight) * ring_share(xs, ys, p, q);
            }
        }
        // Below this the sum of clamped crossings is rounding.
        if share > 1e-14 { share.min(1.0) } else { 0.0 }
    }
}

/// Σ ± clamp(t, 0, 1) over the edges of a ring that cross the line p → q; positive inside a counter-clockwise ring.
fn ring_share(xs: &[f64], ys: &[f64], p: [f64; 2], q: [f64; 2]) -> f64 {
    let n = xs.len();
    if n == 0 {
        return 0.0;
    }
    let ys = &ys[..n];
    let mut sum = 0.0;
    let left = |i: usize| is_left(p, q, [xs[i], ys[i]]);
    // Starting from the last vertex closes the ring, whether or not it repeats the first.
    let (mut before, mut left_before) = (n - 1, left(n - 1));
    for i in 0..n {
        let left_here = left(i);
        if left_here != left_before {
            // The ground left of the edge is inside: an edge that goes to the left side of the line ends an interval.
            let t = crossing(p, q, [xs[before], ys[before]], [xs[i], ys[i]]).clamp(0.0, 1.0);
            sum += if left_here { t } else { -t };
        }
        (before, left_before) = (i, left_here);
    }
    sum
}

/// True if `v` lies left of the line p → q or on it; exact.
#[inline]
fn is_left(p: [f64; 2], q: [f64; 2], v: [f64; 2]) -> bool {
    let up = (q[0] - p[0]) * (v[1] - p[1]);
    let across = (q[1] - p[1]) * (v[0] - p[0]);
    let det = up - across;
    // Rounding of the five operations, generously.
    let doubt = 8.0 * f64::EPSILON * (up.abs() + across.abs());
    if det > doubt {
        true
    } else if det < -doubt {
        false
    } else {
        turn(p, q, v) >= 0.0
    }
}

/// Parameter along p → q where the edge crosses the line; the same bits for both directions of the edge.
fn crossing(p: [f64; 2], q: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (a, b) = if (a[1], a[0]) <= (b[1], b[0]) { (a, b) } else { (b, a) };
    let (d, e) = ([q[0] - p[0], q[1] - p[1]], [b[0] - a[0], b[1] - a[1]]);
    let cross = |u: [f64; 2], v: [f64; 2]| u[0] * v[1] - u[1] * v[0];
    let t = cross([a[0] - p[0], a[1] - p[1]], e) / cross(d, e);
    if t.is_nan() { 0.0 } else { t }
}

/// Scratch of one thread.
#[derive(Debug, Default)]
struct LineScratch {
    candidates: Vec<u32>,
    pieces: Vec<(u32, f64)>,
}

impl LineScratch {
    /// Sums the pieces of each parcel in segment order.
    fn merged(&self) -> impl Iterator<Item = (u32, f64)> {
        self.pieces.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.iter().map(|p| p.1).sum()))
    }
}

/// Lengths of many lines in parcels, CSR by line, parcels ascending within a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineLengths {
    /// Row starts, length lines + 1.
    pub offsets: Vec<usize>,
    /// Parcel index of each piece.
    pub parcels: Vec<u32>,
    /// Length of each piece, m, always > 0.
    pub lengths_m: Vec<f64>,
}

impl LineLengths {
    /// Parcels and lengths (m) of line `k`.
    ///
    /// # Panics
    /// If there is no line `k`.
    #[must_use]
    pub fn row(&self, k: usize) -> (&[u32], &[f64]) {
        let range = self.offsets[k]..self.offsets[k + 1];
        (&self.parcels[range.clone()], &self.lengths_m[range])
    }

    /// Puts chunks of (line, parcel, m), each line in one chunk, into the order of the lines.
    fn assemble(lines: usize, chunks: &[Vec<(u32, u32, f64)>]) -> Self {
        let mut offsets = vec![0usize; lines + 1];
        for (k, _, _) in chunks.iter().flatten() {
            offsets[*k as usize + 1] += 1;
        }
        for k in 0..lines {
            offsets[k + 1] += offsets[k];
        }
        let mut next = offsets.clone();
        let (mut parcels, mut lengths_m) = (vec![0; offsets[lines]], vec![0.0; offsets[lines]]);
        for &(k, parcel, m) in chunks.iter().flatten() {
            let at = &mut next[k as usize];
            (parcels[*at], lengths_m[*at]) = (parcel, m);
            *at += 1;
        }
        Self { offsets, parcels, lengths_m }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    }

    fn two_squares() -> Coverage {
        let mut c = Coverage::new();
        c.push_rings(&[vec![rect(0.0, 0.0, 10.0, 10.0)]]);
        c.push_rings(&[vec![rect(10.0, 0.0, 20.0, 10.0)]]);
        c
    }

    fn close(found: &[(u32, f64)], expected: &[(u32, f64)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (f, e) in found.iter().zip(expected) {
            // A few roundings of a length of tens of metres.
            assert!(f.0 == e.0 && (f.1 - e.1).abs() < 1e-14 * 30.0, "{found:?}");
        }
    }

    #[test]
    fn a_road_across_two_parcels_is_split_at_the_boundary() {
        let c = two_squares();
        let index = LineIndex::new(&c);
        close(&index.lengths(&[2.0, 17.0], &[5.0, 5.0]), &[(0, 8.0), (1, 7.0)]);
        close(&index.lengths(&[-5.0, 25.0], &[5.0, 5.0]), &[(0, 10.0), (1, 10.0)]);
        close(&index.lengths(&[3.0, 3.0, 6.0], &[1.0, 5.0, 5.0]), &[(0, 7.0)]);
    }

    #[test]
    fn road_along_a_shared_boundary_is_counted_once_in_either_direction() {
        let c = two_squares();
        let index = LineIndex::new(&c);
        let north = index.lengths(&[10.0, 10.0], &[2.0, 9.0]);
        let south = index.lengths(&[10.0, 10.0], &[9.0, 2.0]);
        assert_eq!(north, south);
        assert_eq!(north.iter().map(|l| l.1).sum::<f64>(), 7.0);
        assert_eq!(north.len(), 1);
    }

    #[test]
    fn a_concave_ring_and_a_hole_interrupt_the_road() {
        let mut c = Coverage::new();
        let u_shape = vec![
            [0.0, 0.0],
            [30.0, 0.0],
            [30.0, 20.0],
            [20.0, 20.0],
            [20.0, 10.0],
            [10.0, 10.0],
            [10.0, 20.0],
            [0.0, 20.0],
            [0.0, 0.0],
        ];
        c.push_rings(&[vec![u_shape, rect(2.0, 12.0, 6.0, 18.0)]]);
        let l = LineIndex::new(&c).lengths(&[-5.0, 35.0], &[15.0, 15.0]);
        assert_eq!(l.len(), 1);
        assert!((l[0].1 - 16.0).abs() < 1e-12, "{l:?}");
    }

    #[test]
    fn many_lines_give_the_same_rows_as_one_by_one() {
        let c = two_squares();
        let index = LineIndex::new(&c);
        let xs = [17.0, 2.0, 5.0, 50.0, 60.0, 3.0, 3.0, 12.0];
        let ys = [5.0, 5.0, 9.0, 5.0, 5.0, 1.0, 5.0, 5.0];
        let line_off = [0, 3, 5, 5, 8];
        let all = index.lengths_all(&xs, &ys, &line_off);
        assert_eq!(all.offsets.len(), 5);
        for k in 0..4 {
            let v = line_off[k] as usize..line_off[k + 1] as usize;
            let one = index.lengths(&xs[v.clone()], &ys[v]);
            let (parcels, lengths) = all.row(k);
            assert_eq!(one, parcels.iter().copied().zip(lengths.iter().copied()).collect::<Vec<_>>());
        }
        assert_eq!(all.parcels, [0, 1, 0, 1]);
        assert_eq!(
            index.lengths_all(&[], &[], &[]),
            LineLengths { offsets: vec![0], ..LineLengths::default() }
        );
    }

    #[test]
    fn roads_outside_without_length_or_not_finite_give_nothing() {
        let c = two_squares();
        let index = LineIndex::from_locator(&PointLocator::new(&c));
        assert!(index.lengths(&[50.0, 60.0], &[5.0, 5.0]).is_empty());
        assert!(index.lengths(&[5.0, 5.0], &[5.0, 5.0]).is_empty());
        assert!(index.lengths(&[5.0], &[5.0]).is_empty());
        assert!(index.lengths(&[f64::NAN, 5.0], &[5.0, 5.0]).is_empty());
        assert_eq!(index.lengths(&[1.0, f64::NAN, 1.0, 4.0], &[5.0, 5.0, 5.0, 5.0]), [(0, 3.0)]);
        assert_eq!(index.lengths(&[-1e9, 1e9], &[5.0, 5.0]).len(), 2);
    }
}
