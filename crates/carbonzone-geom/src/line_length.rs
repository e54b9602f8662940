//! Length of a road in each parcel: clamped crossings.
//!
//! Along the line through a segment, a parcel is a union of intervals bounded by edges that cross the line. Clamping is monotone,
//! so the length of the segment inside is `|q − p| · Σ ± clamp(t, 0, 1)` over these edges: no sorting, no test of
//! where the segment starts. A vertex on the line counts as left of it, so a road along a shared edge belongs to exactly one side.

use std::sync::Arc;

use crate::feature_grid::FeatureGrid;
use crate::ring::{for_each_edge, polygon_rings, turn};
use crate::{Coverage, PointLocator};

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
        let (mut pieces, mut candidates) = (vec![], vec![]);
        for i in 1..xs.len() {
            let (a, b) = ([xs[i - 1], ys[i - 1]], [xs[i], ys[i]]);
            let (p, q) = if (a[0], a[1]) <= (b[0], b[1]) { (a, b) } else { (b, a) };
            let length = (q[0] - p[0]).hypot(q[1] - p[1]);
            if !(length > 0.0 && length.is_finite()) {
                continue;
            }
            self.grid.along(p, q, &mut candidates);
            for &feature in &candidates {
                let share = self.inside_share(feature as usize, p, q);
                if share > 0.0 {
                    pieces.push((feature, share * length));
                }
            }
        }
        merge(pieces)
    }

    /// Share of the segment inside a feature, in [0, 1].
    fn inside_share(&self, feature: usize, p: [f64; 2], q: [f64; 2]) -> f64 {
        let mut share = 0.0;
        for part in self.coverage.parts_of(feature).filter(|&part| self.grid.counts(part)) {
            for ring in polygon_rings(self.coverage, part) {
                let (xs, ys) = self.coverage.ring(ring.ring);
                share += ring.weight * ring_share(xs, ys, p, q);
            }
        }
        // Below this the sum of clamped crossings is rounding.
        if share > 1e-14 { share.min(1.0) } else { 0.0 }
    }
}

/// Σ ± clamp(t, 0, 1) over the edges of a ring that cross the line p → q; positive inside a counter-clockwise ring.
fn ring_share(xs: &[f64], ys: &[f64], p: [f64; 2], q: [f64; 2]) -> f64 {
    let mut sum = 0.0;
    for_each_edge(xs, ys, |xa, ya, xb, yb| {
        let (a, b) = ([xa, ya], [xb, yb]);
        let (left_a, left_b) = (turn(p, q, a) >= 0.0, turn(p, q, b) >= 0.0);
        if left_a != left_b {
            // The ground left of the edge is inside: an edge that goes to the left side of the line ends an interval.
            let t = crossing(p, q, a, b).clamp(0.0, 1.0);
            sum += if left_b { t } else { -t };
        }
    });
    sum
}

/// Parameter along p → q where the edge crosses the line; the same bits for both directions of the edge.
fn crossing(p: [f64; 2], q: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (a, b) = if (a[1], a[0]) <= (b[1], b[0]) { (a, b) } else { (b, a) };
    let (d, e) = ([q[0] - p[0], q[1] - p[1]], [b[0] - a[0], b[1] - a[1]]);
    let cross = |u: [f64; 2], v: [f64; 2]| u[0] * v[1] - u[1] * v[0];
    let t = cross([a[0] - p[0], a[1] - p[1]], e) / cross(d, e);
    if t.is_nan() { 0.0 } else { t }
}

/// Sums the pieces of each parcel in segment order.
fn merge(mut pieces: Vec<(u32, f64)>) -> Vec<(u32, f64)> {
    pieces.sort_by_key(|p| p.0);
    pieces.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.iter().map(|p| p.1).sum())).collect()
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
