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
    let features = || (0..coverage.len()).into_par_iter().with_min_len(1024);
    let boxes: Vec<Option<[f64; 4]>> = features().map(|i| coverage.bounds(i)).collect();
    let large: Vec<Option<Box<EdgeColumns>>> = features().map(|i| EdgeColumns::of(coverage, i)).collect();
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
            pair.first(coverage, i, large[i].as_deref());
            for j in others {
                let second = large[j as usize].as_deref();
                let common = pair.with(coverage, j as usize, second, OVERLAP_TOLERANCE_M2);
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
    let mut pair = PairArea::default();
    pair.first(a, i, None);
    pair.with(b, j, None, 0.0)
}

/// From this many vertices on, the edges of a feature are looked up by easting: a road parcel across the city has a
/// box that meets all others.
const LARGE: usize = 256;
/// Edges per column, on average.
const EDGES_PER_COLUMN: usize = 4;
/// At most this many columns.
const MAX_COLUMNS: usize = 4096;

/// The edges of a large feature in ring order, and which of them each column of its box meets.
#[derive(Debug)]
struct EdgeColumns {
    bounds: [f64; 4],
    edges: Vec<ZoneEdge>,
    per_m: f64,
    off: Vec<u32>,
    list: Vec<u32>,
}

impl EdgeColumns {
    /// Columns of feature `i`; `None` if it is small or has no area.
    fn of(coverage: &Coverage, i: usize) -> Option<Box<Self>> {
        let parts = coverage.parts_of(i);
        let rings = coverage.part_off[parts.start] as usize..coverage.part_off[parts.end] as usize;
        let vertices = coverage.ring_off[rings.end] - coverage.ring_off[rings.start];
        if (vertices as usize) < LARGE {
            return None;
        }
        let mut shape = FeatureShape::default();
        shape.measure(coverage, i);
        let mut edges = Vec::new();
        for_each_lower_first(coverage, &shape, |edge| edges.push(edge));
        let [west, _, east, _] = shape.bounds;
        let columns = (edges.len() / EDGES_PER_COLUMN).clamp(1, MAX_COLUMNS);
        let per_m = if east > west { columns as f64 / (east - west) } else { 0.0 };
        let mut out = Self { bounds: shape.bounds, edges, per_m, off: vec![0; columns + 1], list: vec![] };
        out.fill();
        Some(Box::new(out))
    }

    /// Two passes: count, then place; edges ascend within a column.
    fn fill(&mut self) {
        let mut off = std::mem::take(&mut self.off);
        let last = off.len() - 2;
        let span = |e: &ZoneEdge| {
            let (west, east) = (e.a[0].min(e.b[0]), e.a[0].max(e.b[0]));
            column(west, self.bounds[0], self.per_m, last)..=column(east, self.bounds[0], self.per_m, last)
        };
        for e in &self.edges {
            span(e).for_each(|c| off[c + 1] += 1);
        }
        for c in 1..off.len() {
            off[c] += off[c - 1];
        }
        let mut next = off.clone();
        let mut list = vec![0; off[last + 1] as usize];
        for (k, e) in self.edges.iter().enumerate() {
            for c in span(e) {
                list[next[c] as usize] = k as u32;
                next[c] += 1;
            }
        }
        (self.off, self.list) = (off, list);
    }

    /// Calls `f` with every edge whose eastings meet the range, in ring order: no other edge has a strip there.
    fn within(&self, west: f64, east: f64, scratch: &mut Vec<u32>, mut f: impl FnMut(&ZoneEdge)) {
        let last = self.off.len() - 2;
        let columns =
            column(west, self.bounds[0], self.per_m, last)..=column(east, self.bounds[0], self.per_m, last);
        if 2 * columns.clone().count() > last {
            self.edges.iter().for_each(f);
            return;
        }
        scratch.clear();
        scratch.extend(columns.flat_map(|c| &self.list[self.off[c] as usize..self.off[c + 1] as usize]));
        scratch.sort_unstable();
        scratch.dedup();
        scratch.iter().for_each(|&k| f(&self.edges[k as usize]));
    }
}

/// Column of an easting; it never falls as the easting grows.
fn column(x: f64, west: f64, per_m: f64, last: usize) -> usize {
    (((x - west) * per_m).max(0.0) as usize).min(last)
}

/// A feature, and the columns of its edges if it is large.
#[derive(Debug, Default)]
struct Side {
    shape: FeatureShape,
    strips: Vec<Strip>,
}

impl Side {
    /// Box of the feature; its rings are measured only where no columns stand in for them.
    fn measure(&mut self, coverage: &Coverage, i: usize, large: Option<&EdgeColumns>) -> [f64; 4] {
        if let Some(columns) = large {
            return columns.bounds;
        }
        self.shape.measure(coverage, i);
        self.shape.bounds
    }

    /// Strips below all edges of the feature inside the frame; edges above it become its north side.
    fn clip(
        &mut self,
        common: [f64; 4],
        coverage: &Coverage,
        large: Option<&EdgeColumns>,
        scratch: &mut Vec<u32>,
    ) {
        let frame = Frame::of(common);
        let Self { shape, strips } = self;
        strips.clear();
        let mut add = |edge: &ZoneEdge| {
            strips.extend(frame.clip(edge));
            strips.extend(frame.lid_below(edge));
        };
        match large {
            Some(columns) => columns.within(common[0], common[2], scratch, add),
            None => for_each_lower_first(coverage, shape, |edge| add(&edge)),
        }
    }
}

/// Scratch for pair areas: one feature is set, others are measured with it.
#[derive(Debug, Default)]
struct PairArea<'a> {
    first: Side,
    first_of: Option<(&'a Coverage, Option<&'a EdgeColumns>, [f64; 4])>,
    second: Side,
    candidates: Vec<u32>,
    sum: PairSum,
}

impl<'a> PairArea<'a> {
    /// Sets the first feature.
    fn first(&mut self, coverage: &'a Coverage, i: usize, large: Option<&'a EdgeColumns>) {
        let bounds = self.first.measure(coverage, i, large);
        self.first_of = Some((coverage, large, bounds));
    }

    /// Area of the intersection with a second feature; 0 if the common box is not above `at_least` m².
    fn with(&mut self, b: &Coverage, j: usize, large: Option<&EdgeColumns>, at_least: f64) -> f64 {
        let Some((a, first_large, u)) = self.first_of else { return 0.0 };
        let v = self.second.measure(b, j, large);
        let common = [u[0].max(v[0]), u[1].max(v[1]), u[2].min(v[2]), u[3].min(v[3])];
        let frame = Frame::of(common);
        if !(frame.width > 0.0 && frame.height > 0.0 && frame.width * frame.height > at_least) {
            return 0.0;
        }
        self.first.clip(common, a, first_large, &mut self.candidates);
        self.second.clip(common, b, large, &mut self.candidates);
        let area = self.sum.sum(&self.first.strips, &self.second.strips, frame.width);
        if area > 64.0 * f64::EPSILON * frame.width * frame.height { area } else { 0.0 }
    }
}

/// Edges of all counting rings, lower end first.
fn for_each_lower_first(coverage: &Coverage, shape: &FeatureShape, mut f: impl FnMut(ZoneEdge)) {
    for ring in &shape.rings {
        let (xs, ys) = coverage.ring(ring.ring);
        crate::ring::for_each_edge(xs, ys, |xa, ya, xb, yb| {
            let up = ya < yb || (ya == yb && xb < xa);
            let (a, b) = if up { ([xa, ya], [xb, yb]) } else { ([xb, yb], [xa, ya]) };
            let winding = if up { ring.weight } else { -ring.weight };
            f(ZoneEdge { a, b, winding, zone: 0 });
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
    fn the_edges_of_a_large_feature_are_looked_up_without_changing_a_bit() {
        let c = comb_and_parcels(300);
        let giant = 151;
        assert!(EdgeColumns::of(&c, giant).is_some() && EdgeColumns::of(&c, 0).is_none());
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
