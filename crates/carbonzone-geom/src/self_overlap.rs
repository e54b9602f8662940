//! Overlaps inside one layer.

use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::ring::FeatureShape;
use crate::zone_index::ZoneEdge;
use crate::zone_overlap::{Frame, PairSum, Strip};
use crate::{Coverage, overlap};

/// Common ground up to this area is taken for the rounding of stored coordinates, m².
pub const OVERLAP_TOLERANCE_M2: f64 = 1e-3;

type Item = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// Pairs of features `(i, j)`, `i < j`, that share more than [`OVERLAP_TOLERANCE_M2`] of ground, with the area in m²; ascending.
///
/// Use it for zones (overlapping townships are an error) and for parcels (duplicates, sloppy digitising).
#[must_use]
pub fn self_overlaps(coverage: &Coverage) -> Vec<(u32, u32, f64)> {
    let boxes: Vec<Option<[f64; 4]>> =
        (0..coverage.len()).into_par_iter().with_min_len(1024).map(|i| coverage.bounds(i)).collect();
    let items = boxes.iter().enumerate().filter_map(|(i, b)| {
        b.map(|[x0, y0, x1, y1]| Item::new(Rectangle::from_corners([x0, y0], [x1, y1]), i as u32))
    });
    let tree = RTree::bulk_load(items.collect());
    let chunk = |k: usize| {
        let (mut pair, mut out) = (PairArea::default(), vec![]);
        for (i, b) in boxes.iter().enumerate().skip(k * overlap::CHUNK).take(overlap::CHUNK) {
            let Some(b) = b else { continue };
            let near = tree.locate_in_envelope_intersecting(AABB::from_corners([b[0], b[1]], [b[2], b[3]]));
            let mut others: Vec<u32> = near.map(|item| item.data).filter(|&j| j as usize > i).collect();
            others.sort_unstable();
            for j in others {
                let common = pair.measure(coverage, i, coverage, j as usize, OVERLAP_TOLERANCE_M2);
                if common > OVERLAP_TOLERANCE_M2 {
                    out.push((i as u32, j, common));
                }
            }
        }
        out
    };
    (0..coverage.len().div_ceil(overlap::CHUNK)).into_par_iter().map(chunk).collect::<Vec<_>>().concat()
}

/// Sum of the areas of [`self_overlaps`], m². Ground under three features counts three times (once per pair).
#[must_use]
pub fn total_overlap_m2(overlaps: &[(u32, u32, f64)]) -> f64 {
    overlaps.iter().map(|o| o.2).collect::<carbonzone_types::ExactSum>().value()
}

/// Area of `a`'s feature `i` ∩ `b`'s feature `j`, m², never negative.
///
/// For one pair; for whole layers use [`crate::overlap_zones`].
///
/// # Panics
/// If an index is out of range.
#[must_use]
pub fn pair_overlap_m2(a: &Coverage, i: usize, b: &Coverage, j: usize) -> f64 {
    PairArea::default().measure(a, i, b, j, 0.0)
}

/// Scratch for pair areas.
#[derive(Debug, Default)]
struct PairArea {
    shapes: [FeatureShape; 2],
    strips: [Vec<Strip>; 2],
    sum: PairSum,
}

impl PairArea {
    /// Area of the intersection; 0 if the common box is not above `at_least` m².
    fn measure(&mut self, a: &Coverage, i: usize, b: &Coverage, j: usize, at_least: f64) -> f64 {
        let [p, q] = &mut self.shapes;
        p.measure(a, i);
        q.measure(b, j);
        let (u, v) = (p.bounds, q.bounds);
        let common = [u[0].max(v[0]), u[1].max(v[1]), u[2].min(v[2]), u[3].min(v[3])];
        let frame = Frame::of(common);
        if !(frame.width > 0.0 && frame.height > 0.0 && frame.width * frame.height > at_least) {
            return 0.0;
        }
        let [s, t] = &mut self.strips;
        clipped_strips(&frame, a, p, s);
        clipped_strips(&frame, b, q, t);
        let area = self.sum.sum(s, t, frame.width);
        if area > 64.0 * f64::EPSILON * frame.width * frame.height { area } else { 0.0 }
    }
}

/// Strips below all edges of a feature inside the frame; edges above it become its north side.
fn clipped_strips(frame: &Frame, coverage: &Coverage, shape: &FeatureShape, out: &mut Vec<Strip>) {
    out.clear();
    for ring in &shape.rings {
        let (xs, ys) = coverage.ring(ring.ring);
        crate::ring::for_each_edge(xs, ys, |xa, ya, xb, yb| {
            let up = ya < yb || (ya == yb && xb < xa);
            let (a, b) = if up { ([xa, ya], [xb, yb]) } else { ([xb, yb], [xa, ya]) };
            let winding = if up { ring.weight } else { -ring.weight };
            let edge = ZoneEdge { a, b, winding, zone: 0 };
            out.extend(frame.clip(&edge));
            out.extend(frame.lid_below(&edge));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<Vec<[f64; 2]>> {
        vec![vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]
    }

    #[test]
    fn overlapping_duplicate_and_touching_features_are_told_apart() {
        let mut c = Coverage::new();
        c.push_rings(&[rect(0.0, 0.0, 10.0, 10.0)]);
        c.push_rings(&[rect(10.0, 0.0, 20.0, 10.0)]);
        c.push_rings(&[rect(8.0, 8.0, 12.0, 12.0)]);
        c.push_empty();
        c.push_rings(&[rect(0.0, 0.0, 10.0, 10.0)]);
        let pairs = self_overlaps(&c);
        let expected = [(0, 2, 4.0), (0, 4, 100.0), (1, 2, 4.0), (2, 4, 4.0)];
        assert_eq!(pairs.len(), expected.len(), "{pairs:?}");
        for (p, e) in pairs.iter().zip(expected) {
            assert_eq!((p.0, p.1), (e.0, e.1));
            assert!((p.2 - e.2).abs() < 1e-12);
        }
        assert!((total_overlap_m2(&pairs) - 112.0).abs() < 1e-12);
    }

    #[test]
    fn oblique_pairs_have_the_area_of_their_intersection() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![vec![[0.0, 0.0], [8.0, 0.0], [0.0, 8.0], [0.0, 0.0]]]]);
        c.push_rings(&[vec![vec![[0.0, 0.0], [8.0, 8.0], [0.0, 8.0], [0.0, 0.0]]]]);
        c.push_rings(&[vec![vec![[3.0, 5.0], [8.0, 0.0], [8.0, 8.0], [3.0, 5.0]]]]);
        assert!((pair_overlap_m2(&c, 0, &c, 1) - 16.0).abs() < 1e-12);
        assert_eq!(pair_overlap_m2(&c, 0, &c, 2), 0.0);
        assert!((pair_overlap_m2(&c, 1, &c, 1) - 32.0).abs() < 1e-12);
    }
}
