//! Overlaps inside one layer.
//!
//! Features whose edges all cancel with those of their neighbours share no ground with any ([`shared_edges`]). Of the others,
//! candidates are pairs of boxes that share ground, found by a sweep from west to east through strips of the layer; a
//! strip's features lie close together, so their coordinates stay in the cache. In the common box of a pair only the edges
//! that meet it are summed; a run of edges north of it is one lid, because directed intervals of easting telescope.

use rayon::prelude::*;

use crate::Coverage;
use crate::measured::{Measured, Rings};
use crate::ring::FeatureShape;
use crate::ring_blocks::BLOCK;
use crate::shared_edges;
use crate::strips::Strips;
use crate::zone_index::ZoneEdge;
use crate::zone_overlap::{Frame, PairSum, Strip};

/// Common ground up to this area is taken for the rounding of stored coordinates, m².
pub const OVERLAP_TOLERANCE_M2: f64 = 1e-3;

/// Parcels that share no more than this only touch, m².
const COMMON_GROUND_M2: f64 = 0.1;

/// Pairs that [`common_ground`] looks for per parcel.
pub const MOST_PARTNERS: usize = 64;

/// Pairs of features `(i, j)`, `i < j`, that share more than [`OVERLAP_TOLERANCE_M2`] of ground, with the area in m²; ascending.
///
/// Use it for zones (overlapping townships are an error) and for parcels (duplicates, sloppy digitising). Where features are no
/// valid polygons, a pair may be missed: ground that counts negatively can cancel with that of a neighbour.
pub fn self_overlaps(coverage: &Coverage) -> Vec<(u32, u32, f64)> {
    self_overlaps_up_to(coverage, usize::MAX)
}

/// [`self_overlaps`] with at most `partners` pairs for each feature `i` of a pair: ten thousand copies of one polygon lie in fifty
/// million pairs. Which pairs are left out depends on the layer only. A feature that occurs `partners` times as the first
/// of its pairs may have more.
pub fn self_overlaps_up_to(coverage: &Coverage, partners: usize) -> Vec<(u32, u32, f64)> {
    measured_overlaps(coverage, &Measured::of(coverage), partners)
}

fn measured_overlaps(coverage: &Coverage, measured: &Measured, partners: usize) -> Vec<(u32, u32, f64)> {
    let mut strips = Strips::of(&measured.boxes);
    strips.leave_out(&shared_edges::alone(coverage, measured, &strips));
    let limits = Pairs { at_least_m2: OVERLAP_TOLERANCE_M2, limit: usize::MAX };
    let in_strip = |strip| strips.measure(strip, coverage, measured, (&limits, partners));
    let mut found =
        (0..strips.len()).into_par_iter().with_max_len(4).map(in_strip).collect::<Vec<_>>().concat();
    found.par_sort_unstable_by_key(|&(i, j, _)| (i, j));
    found
}

/// Pairs of parcels that claim the same ground: [`self_overlaps_up_to`] [`MOST_PARTNERS`], above 0.1 m².
/// With an index of points beside it: [`PointLocator::with_common_ground`](crate::PointLocator::with_common_ground).
pub fn common_ground(parcels: &Coverage) -> Vec<(u32, u32, f64)> {
    common_ground_of(parcels, &Measured::of(parcels))
}

pub(crate) fn common_ground_of(parcels: &Coverage, measured: &Measured) -> Vec<(u32, u32, f64)> {
    let mut found = measured_overlaps(parcels, measured, MOST_PARTNERS);
    found.retain(|(_, _, m2)| *m2 > COMMON_GROUND_M2);
    found
}

/// Which pairs are looked for.
pub(crate) struct Pairs {
    /// Common ground above this, m².
    pub at_least_m2: f64,
    /// No more of them.
    pub limit: usize,
}

/// The pairs of a small layer on this thread alone; ascending.
pub(crate) fn overlapping_pairs(coverage: &Coverage, limits: &Pairs) -> Vec<(u32, u32, f64)> {
    let measured = Measured::of_features(coverage, 0..coverage.len());
    let strips = Strips::of(&measured.boxes);
    let mut found = vec![];
    for strip in 0..strips.len() {
        if found.len() >= limits.limit {
            break;
        }
        let left = Pairs { limit: limits.limit - found.len(), ..*limits };
        found.extend(strips.measure(strip, coverage, &measured, (&left, usize::MAX)));
    }
    found.sort_unstable_by_key(|&(i, j, _)| (i, j));
    found
}

/// Area of `a`'s feature `i` ∩ `b`'s feature `j`, m², never negative.
///
/// For one pair; for whole layers use [`crate::overlap_zones`].
///
/// # Panics
/// If an index is out of range.
pub fn pair_overlap_m2(a: &Coverage, i: usize, b: &Coverage, j: usize) -> f64 {
    let one = |coverage: &Coverage, index: usize| {
        let mut shape = FeatureShape::default();
        shape.measure(coverage, index);
        (shape.bounds, Measured { boxes: vec![], rings: Rings::of_one(coverage, &shape) })
    };
    let ((u, p), (v, q)) = (one(a, i), one(b, j));
    PairArea::default().measure(
        Feature { coverage: a, measured: &p, index: i },
        Feature { coverage: b, measured: &q, index: j },
        intersection(u, v),
        0.0,
    )
}

fn intersection(u: [f64; 4], v: [f64; 4]) -> [f64; 4] {
    [u[0].max(v[0]), u[1].max(v[1]), u[2].min(v[2]), u[3].min(v[3])]
}

impl Strips {
    /// Measures every pair whose boxes share ground and whose common box begins in this strip.
    fn measure(
        &self,
        strip: usize,
        coverage: &Coverage,
        measured: &Measured,
        (limits, partners): (&Pairs, usize),
    ) -> Vec<(u32, u32, f64)> {
        let boxes = &measured.boxes;
        let mut here: Vec<([f64; 4], u32)> =
            self.features(strip).iter().map(|&i| (boxes[i as usize], i)).collect();
        here.sort_unstable_by(|p, q| p.0[0].total_cmp(&q.0[0]).then(p.1.cmp(&q.1)));
        let (mut pair, mut out) = (PairArea::default(), vec![]);
        for (k, (b, i)) in here.iter().enumerate() {
            let before = out.len();
            for (c, j) in here[k + 1..].iter().take_while(|(c, _)| c[0] < b[2]) {
                let (south, north) = (b[1].max(c[1]), b[3].min(c[3]));
                if !(south < north && self.strip(south) == strip) {
                    continue;
                }
                let (i, j) = (*i.min(j), *i.max(j));
                let common = pair.measure(
                    Feature { coverage, measured, index: i as usize },
                    Feature { coverage, measured, index: j as usize },
                    intersection(boxes[i as usize], boxes[j as usize]),
                    limits.at_least_m2,
                );
                if common > limits.at_least_m2 {
                    out.push((i, j, common));
                    if out.len() >= limits.limit {
                        return out;
                    }
                }
                if out.len() - before >= partners {
                    break;
                }
            }
        }
        out
    }
}

/// A feature of a layer whose rings are weighted.
#[derive(Debug, Clone, Copy)]
struct Feature<'a> {
    coverage: &'a Coverage,
    measured: &'a Measured,
    index: usize,
}

/// Scratch for pair areas.
#[derive(Debug, Default)]
struct PairArea {
    strips: [Vec<Strip>; 2],
    codes: Vec<u8>,
    sum: PairSum,
}

impl PairArea {
    /// Area of the intersection, which lies in the box `common`; 0 if that box is not above `at_least` m².
    fn measure(&mut self, p: Feature<'_>, q: Feature<'_>, common: [f64; 4], at_least: f64) -> f64 {
        let frame = Frame::of(common);
        if !(frame.width > 0.0 && frame.height > 0.0 && frame.width * frame.height > at_least) {
            return 0.0;
        }
        let [s, t] = &mut self.strips;
        clipped_strips(&frame, common, p, &mut self.codes, s);
        if s.is_empty() {
            return 0.0;
        }
        clipped_strips(&frame, common, q, &mut self.codes, t);
        let area = self.sum.sum(s, t, frame.width);
        if area > 64.0 * f64::EPSILON * frame.width * frame.height { area } else { 0.0 }
    }
}

/// Beyond this side of the frame: an edge with both ends there adds nothing.
const WEST: u8 = 1;
const EAST: u8 = 2;
const SOUTH: u8 = 4;
/// North of the frame: an edge with both ends there is part of a lid.
const NORTH: u8 = 8;

/// Strips below all edges of a feature inside the frame; edges above it become its north side.
fn clipped_strips(
    frame: &Frame,
    common: [f64; 4],
    feature: Feature<'_>,
    codes: &mut Vec<u8>,
    out: &mut Vec<Strip>,
) {
    out.clear();
    let coverage = feature.coverage;
    for ring in coverage.parts_of(feature.index).flat_map(|p| coverage.rings_of(p)) {
        let weight = feature.measured.rings.weight(ring);
        if weight == 0 {
            continue;
        }
        let (xs, ys) = coverage.ring(ring);
        let mut walk = Walk { frame, xs, ys, weight: f64::from(weight), lid: None, out };
        let last = xs.len() - 1;
        let blocks = feature.measured.rings.blocks(ring, xs.len());
        if blocks.is_empty() {
            walk.edges(0, last, common, codes);
        }
        for (first, large, small) in blocks.runs() {
            match side_of_box(large, common) {
                0 => walk.blocks(first, small, common, codes),
                side => walk.beyond(first, side),
            }
        }
        if xs[last] == xs[0] && ys[last] == ys[0] {
            walk.end_lid(last);
        } else {
            let side = side(xs[last], ys[last], common) & side(xs[0], ys[0], common);
            if side == 0 {
                walk.crossing(last, 0);
            } else {
                walk.beyond(last, side);
            }
            walk.end_lid(0);
        }
    }
}

/// Sides of the frame beyond which a point lies.
#[inline]
fn side(x: f64, y: f64, [west, south, east, north]: [f64; 4]) -> u8 {
    (u8::from(x <= west) * WEST)
        | (u8::from(x >= east) * EAST)
        | (u8::from(y <= south) * SOUTH)
        | (u8::from(y >= north) * NORTH)
}

/// Sides of the frame beyond which a whole box lies.
#[inline]
fn side_of_box([x0, y0, x1, y1]: [f64; 4], common: [f64; 4]) -> u8 {
    side(x1, y1, common) & (WEST | SOUTH) | side(x0, y0, common) & (EAST | NORTH)
}

/// A walk along a ring that collects what lies inside a frame.
struct Walk<'a> {
    frame: &'a Frame,
    xs: &'a [f64],
    ys: &'a [f64],
    weight: f64,
    /// Vertex from which on the boundary runs north of the frame.
    lid: Option<usize>,
    out: &'a mut Vec<Strip>,
}

impl Walk<'_> {
    /// The edges between two vertices.
    fn edges(&mut self, from: usize, to: usize, common: [f64; 4], codes: &mut Vec<u8>) {
        codes.clear();
        let vertices = self.xs[from..=to].iter().zip(&self.ys[from..=to]);
        codes.extend(vertices.map(|(&x, &y)| side(x, y, common)));
        for (k, pair) in codes.windows(2).enumerate() {
            match pair[0] & pair[1] {
                0 => self.crossing(from + k, from + k + 1),
                side => self.beyond(from + k, side),
            }
        }
    }

    /// Consecutive blocks, the first of which begins at a vertex.
    fn blocks(&mut self, first: usize, blocks: &[[f64; 4]], common: [f64; 4], codes: &mut Vec<u8>) {
        for (k, block) in blocks.iter().enumerate() {
            let from = first + k * BLOCK;
            match side_of_box(*block, common) {
                0 => self.edges(from, (from + BLOCK).min(self.xs.len() - 1), common, codes),
                side => self.beyond(from, side),
            }
        }
    }

    /// A stretch from vertex `from` on that lies beyond a side of the frame.
    #[inline]
    fn beyond(&mut self, from: usize, side: u8) {
        if side & NORTH != 0 {
            self.lid.get_or_insert(from);
        } else if self.lid.is_some() {
            self.end_lid(from);
        }
    }

    fn end_lid(&mut self, to: usize) {
        if let Some(from) = self.lid.take() {
            self.out.extend(lid_between(self.frame, self.xs[from], self.xs[to], self.weight));
        }
    }

    /// An edge that may meet the frame.
    fn crossing(&mut self, from: usize, to: usize) {
        self.end_lid(from);
        let (xa, ya, xb, yb) = (self.xs[from], self.ys[from], self.xs[to], self.ys[to]);
        let up = ya < yb || (ya == yb && xb < xa);
        let (a, b) = if up { ([xa, ya], [xb, yb]) } else { ([xb, yb], [xa, ya]) };
        let edge = ZoneEdge { a, b, winding: if up { self.weight } else { -self.weight }, zone: 0 };
        self.out.extend(self.frame.clip(&edge));
        self.out.extend(self.frame.lid_below(&edge));
    }
}

/// The lid under a stretch of boundary that runs north of the frame between two eastings.
fn lid_between(frame: &Frame, from: f64, to: f64, weight: f64) -> Option<Strip> {
    let at = |x: f64| [x - frame.origin[0], frame.height];
    let strip = Strip::new(at(from), at(to), weight)?;
    let (west, east) = (strip.west.max(0.0), strip.east.min(frame.width));
    (west < east).then_some(Strip { west, east, ..strip })
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

    /// A comb across the layer (one giant road parcel) with teeth between small parcels that it meets or cuts.
    fn comb_and_parcels(teeth: u32) -> Coverage {
        let mut ring = vec![[0.0, 0.0]];
        for k in 0..teeth {
            let x = 10.0 * f64::from(k) + 0.37;
            ring.extend([[x, 5.0], [x, 60.0 + f64::from(k % 7)], [x + 3.1, 60.0], [x + 3.1, 5.0]]);
        }
        ring.extend([[10.0 * f64::from(teeth), 0.0], [0.0, 0.0]]);
        let mut c = Coverage::new();
        for k in 0..teeth {
            let x = 10.0 * f64::from(k);
            c.push_rings(&[rect(x + 3.47, 6.0, x + 10.0 + 0.01 * f64::from(k % 90), 58.0)]);
            if k == teeth / 2 {
                c.push_rings(&[vec![ring.clone()]]);
            }
        }
        c
    }

    #[test]
    fn a_long_winding_feature_is_walked_by_blocks_without_changing_a_bit() {
        let c = comb_and_parcels(300);
        let giant = 151;
        let measured = Measured::of(&c);
        let blocks = |ring: usize| measured.rings.blocks(ring, c.ring(ring).0.len());
        assert!(blocks(giant).runs().count() > 1 && blocks(0).is_empty());
        let found = self_overlaps(&c);
        assert!(found.iter().filter(|p| p.0 as usize == giant || p.1 as usize == giant).count() > 100);
        for i in 0..c.len() {
            for j in i + 1..c.len() {
                let plain = pair_overlap_m2(&c, i, &c, j);
                let pair = found.iter().find(|p| (p.0 as usize, p.1 as usize) == (i, j));
                assert_eq!(pair.map_or(0.0, |p| p.2), if plain > OVERLAP_TOLERANCE_M2 { plain } else { 0.0 });
            }
        }
    }
}
