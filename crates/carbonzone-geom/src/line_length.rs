//! Length of a road in each parcel: clamped crossings.
//!
//! Along the line through a segment, a parcel is a union of intervals bounded by edges that cross the line. Clamping is monotone,
//! so the length of the segment inside is `|q − p| · Σ ± clamp(t, 0, 1)` over these edges: no sorting, no test of
//! where the segment starts. A vertex on the line counts as left of it, so a road along a shared edge belongs to exactly one side.

use std::sync::Arc;

use rayon::prelude::*;

use crate::coincidence::ALONG_M;
use crate::feature_grid::{CellRun, FeatureGrid};
use crate::ring::{MASK, for_each_change, for_each_change_in, masks_of, turn};
use crate::ring_blocks::{Blocks, for_each_bit};
use crate::{Coverage, PointLocator};

/// Lines per task in [`LineIndex::lengths_all`].
const CHUNK: usize = 4096;
/// Lines that are measured together.
const BLOCK: usize = 256;

/// Index for road lengths per parcel.
#[derive(Debug)]
pub struct LineIndex<'a> {
    coverage: &'a Coverage,
    grid: Arc<FeatureGrid>,
    /// No coordinate of the layer is larger, m.
    size: f64,
}

impl<'a> LineIndex<'a> {
    /// Builds the index over all features.
    #[must_use]
    pub fn new(coverage: &'a Coverage) -> Self {
        Self::from_locator(&PointLocator::new(coverage))
    }

    /// Shares the index of a [`PointLocator`] on the same layer.
    #[must_use]
    pub fn from_locator(locator: &PointLocator<'a>) -> Self {
        let (coverage, grid) = locator.parts();
        let size = grid.largest_coordinate();
        Self { coverage, grid, size }
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
        let mut block = Block::default();
        self.measure([(0, xs, ys)].into_iter(), &mut block);
        block.lines().flat_map(|line| line.lengths()).collect()
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
        let chunks = self.measure_all((xs, ys), line_off, |line, out| {
            out.extend(line.lengths().into_iter().map(|(parcel, m)| (line.number, parcel, m)));
        });
        LineLengths::assemble(line_off.len().saturating_sub(1), &chunks)
    }

    /// Measures many lines, tile by tile of the layer in chunks of fixed size, and lets `take` append what it makes of each that has
    /// a length.
    pub(crate) fn measure_all<T: Send>(
        &self,
        (xs, ys): (&[f64], &[f64]),
        line_off: &[u32],
        take: impl Fn(&OfLine<'_>, &mut Vec<T>) + Sync,
    ) -> Vec<Vec<T>> {
        assert_eq!(xs.len(), ys.len(), "one northing per easting");
        let vertices = |k: usize| line_off[k] as usize..line_off[k + 1] as usize;
        let mut order: Vec<u64> = (0..line_off.len().saturating_sub(1))
            .into_par_iter()
            .map(|k| {
                let first = vertices(k).start.min(xs.len().saturating_sub(1));
                let tile = xs.get(first).map_or(0, |&x| self.grid.tile(x, ys[first]));
                (u64::from(tile) << 32) | k as u64
            })
            .collect();
        order.par_sort_unstable();
        let chunks = order.par_chunks(CHUNK).map_init(Block::default, |block, keys| {
            let mut out = vec![];
            for keys in keys.chunks(BLOCK) {
                let lines = keys.iter().map(|&key| {
                    let v = vertices(key as u32 as usize);
                    (key as u32, &xs[v.clone()], &ys[v])
                });
                self.measure(lines, block);
                block.lines().for_each(|line| take(&line, &mut out));
            }
            out
        });
        chunks.collect()
    }

    /// Fills the block with the lines' segments, the features near them, and their shares.
    ///
    /// Pass after pass over the whole block: coordinates, cells, features of the cells, sides of all vertices, crossings. In each of
    /// them what is read next does not hang on what was found, so the processor fetches several things at a time.
    pub(crate) fn measure<'l>(
        &self,
        lines: impl Iterator<Item = (u32, &'l [f64], &'l [f64])>,
        block: &mut Block,
    ) {
        block.clear();
        for (line, xs, ys) in lines {
            let ends = xs.windows(2).zip(ys.windows(2)).map(|(x, y)| ([x[0], y[0]], [x[1], y[1]]));
            block.segments.extend(ends.map(|(p, q)| Segment { line, p, q, length: 0.0 }));
        }
        for s in &mut block.segments {
            let (p, q) = (s.p, s.q);
            (s.p, s.q) = if (p[0], p[1]) <= (q[0], q[1]) { (p, q) } else { (q, p) };
            s.length = (q[0] - p[0]).hypot(q[1] - p[1]);
        }
        block.segments.retain(|s| s.length > 0.0 && s.length.is_finite());
        for Segment { p, q, .. } in &block.segments {
            self.grid.cells_along(*p, *q, ALONG_M, &mut block.cells);
            block.cell_ends.push(block.cells.len());
        }
        let mut first = 0;
        for (Segment { p, q, .. }, &end) in block.segments.iter().zip(&block.cell_ends) {
            self.grid.features_along(*p, *q, ALONG_M, &block.cells[first..end], &mut block.near);
            block.near_ends.push(block.near.len());
            first = end;
        }
        let mut first = 0;
        for (segment, &end) in block.near_ends.iter().enumerate() {
            let near = &mut block.near[first..end];
            near.sort_unstable();
            let pair = |same: &[u32]| Pair { segment: segment as u32, feature: same[0], ..Pair::default() };
            block.pairs.extend(near.chunk_by(|a, b| a == b).map(pair));
            first = end;
        }
        self.fill_shares(block);
    }

    fn fill_shares(&self, block: &mut Block) {
        for pair in &mut block.pairs {
            let Segment { p, q, .. } = block.segments[pair.segment as usize];
            if let Some((ring, weight)) =
                self.grid.only_ring(pair.feature as usize).filter(|r| r.0.len() <= MASK)
            {
                pair.first = ring.start as u32;
                pair.vertices = ring.len() as u32;
                pair.weight = weight;
                pair.left = left_mask(&self.coverage.xs[ring.clone()], &self.coverage.ys[ring], p, q);
            }
        }
        for pair in &mut block.pairs {
            let Segment { p, q, .. } = block.segments[pair.segment as usize];
            let share = if pair.vertices > 0 {
                let ring = pair.first as usize..(pair.first + pair.vertices) as usize;
                let (xs, ys) = (&self.coverage.xs[ring.clone()], &self.coverage.ys[ring]);
                let mut sum = 0.0;
                for_each_change_in(pair.left, xs.len(), |from, to, goes_left| {
                    sum += bound(xs, ys, (from, to, goes_left), p, q);
                });
                pair.weight * sum
            } else {
                self.inside_share(pair.feature as usize, p, q)
            };
            // Below this the sum of clamped crossings is rounding.
            pair.share = if share > 1e-14 { share.min(1.0) } else { 0.0 };
        }
    }

    /// Share of the segment inside a feature of any kind, before rounding is cut off.
    fn inside_share(&self, feature: usize, p: [f64; 2], q: [f64; 2]) -> f64 {
        let (mut share, ahead) = (0.0, Ahead::of(p, q, self.size));
        self.for_each_counting_ring(feature, |ring, blocks, weight| {
            share += weight * ring_share(ring, blocks, &ahead);
        });
        share
    }
}

impl LineIndex<'_> {
    /// Calls `f` with every ring of a feature that counts, the boxes along it, and +1 or −1, which turns it the right way round.
    pub(crate) fn for_each_counting_ring(
        &self,
        feature: usize,
        mut f: impl FnMut((&[f64], &[f64]), Blocks<'_>, f64),
    ) {
        let parts = self.coverage.parts_of(feature);
        let rings = self.coverage.part_off[parts.start] as usize..self.coverage.part_off[parts.end] as usize;
        for r in rings.filter(|&r| self.grid.rings().weight(r) != 0) {
            let ring = self.coverage.ring(r);
            f(ring, self.grid.rings().blocks(r, ring.0.len()), f64::from(self.grid.rings().weight(r)));
        }
    }
}

/// Calls `f` with ± clamp(t, 0, 1) for every edge of a ring that crosses the line p → q, those behind p included.
pub(crate) fn bounds_along(ring: (&[f64], &[f64]), p: [f64; 2], q: [f64; 2], mut f: impl FnMut(f64)) {
    let (xs, ys) = ring;
    let left = |xs: &[f64], ys: &[f64]| left_mask(xs, ys, p, q);
    for_each_change(
        ring,
        Blocks::NONE,
        |_| false,
        left,
        |from, to, goes_left| {
            f(bound(xs, ys, (from, to, goes_left), p, q));
        },
    );
}

/// Σ ± clamp(t, 0, 1) over the edges of a ring that cross the line p → q; positive inside a counter-clockwise ring.
fn ring_share((xs, ys): (&[f64], &[f64]), blocks: Blocks<'_>, ahead: &Ahead) -> f64 {
    let Ahead { p, q, .. } = *ahead;
    let mut sum = 0.0;
    for_each_change(
        (xs, ys),
        blocks,
        |block| ahead.passes(block),
        |xs, ys| left_mask(xs, ys, p, q),
        |from, to, goes_left| sum += bound(xs, ys, (from, to, goes_left), p, q),
    );
    sum
}

/// What boxes along a ring are tested against: the line p → q from p on.
struct Ahead {
    p: [f64; 2],
    q: [f64; 2],
    /// Far above the rounding of the coordinates and of the test.
    slack: f64,
}

impl Ahead {
    /// `size` is no less than any coordinate of the layer, m.
    fn of(p: [f64; 2], q: [f64; 2], size: f64) -> Self {
        let size = [p, q].as_flattened().iter().fold(size, |size, v| size.max(v.abs()));
        Self { p, q, slack: ((q[0] - p[0]).abs() + (q[1] - p[1]).abs()) * size * 1e-11 }
    }

    /// True if no edge in the box counts: it lies wholly on one side of the line, or wholly behind p, by more than any rounding.
    /// A box that is not finite does not.
    #[inline]
    fn passes(&self, [x0, y0, x1, y1]: [f64; 4]) -> bool {
        let Self { p, q, slack } = *self;
        let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
        // All doubled: from p to the middle of the box, and its sides.
        let (to_x, to_y) = ((x0 - p[0]) + (x1 - p[0]), (y0 - p[1]) + (y1 - p[1]));
        let (width, height) = ((x1 - x0) * (1.0 + 1e-6), (y1 - y0) * (1.0 + 1e-6));
        let (aside, back) = ((dx * to_y - dy * to_x).abs(), -(dx * to_x + dy * to_y));
        (aside > dx.abs() * height + dy.abs() * width + slack)
            | (back > dx.abs() * width + dy.abs() * height + slack)
    }
}

/// Where an edge that crosses the line bounds the ground inside, as ± clamp(t, 0, 1).
#[inline]
fn bound(
    xs: &[f64],
    ys: &[f64],
    (from, to, goes_left): (usize, usize, bool),
    p: [f64; 2],
    q: [f64; 2],
) -> f64 {
    // The ground left of the edge is inside: an edge that goes to the left side of the line ends an interval.
    let t = crossing(p, q, [xs[from], ys[from]], [xs[to], ys[to]]).clamp(0.0, 1.0);
    if goes_left { t } else { -t }
}

/// Mask of the vertices left of the line p → q or on it; exact.
#[inline]
fn left_mask(xs: &[f64], ys: &[f64], p: [f64; 2], q: [f64; 2]) -> u64 {
    let d = [q[0] - p[0], q[1] - p[1]];
    let [mut left, decided] = masks_of(xs, ys, |x, y| {
        let (up, across) = (d[0] * (y - p[1]), d[1] * (x - p[0]));
        let det = up - across;
        // Rounding of the five operations, generously.
        let doubt = 8.0 * f64::EPSILON * (up.abs() + across.abs());
        [det > doubt, det.abs() > doubt]
    });
    let open = !decided & (u64::MAX >> (MASK - xs.len()));
    for_each_bit(open, |k| {
        if turn(p, q, [xs[k], ys[k]]) >= 0.0 {
            left |= 1 << k;
        }
    });
    left
}

/// Parameter along p → q where the edge crosses the line; the same bits for both directions of the edge.
fn crossing(p: [f64; 2], q: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (a, b) = if (a[1], a[0]) <= (b[1], b[0]) { (a, b) } else { (b, a) };
    let (d, e) = ([q[0] - p[0], q[1] - p[1]], [b[0] - a[0], b[1] - a[1]]);
    let cross = |u: [f64; 2], v: [f64; 2]| u[0] * v[1] - u[1] * v[0];
    let t = cross([a[0] - p[0], a[1] - p[1]], e) / cross(d, e);
    if t.is_nan() { 0.0 } else { t }
}

/// A segment of a line, its western end first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    line: u32,
    pub p: [f64; 2],
    pub q: [f64; 2],
    /// m, > 0 and finite.
    pub length: f64,
}

/// A segment of a block and a feature whose box comes within 1 cm of it.
#[derive(Debug, Default)]
pub(crate) struct Pair {
    segment: u32,
    pub feature: u32,
    /// First vertex, number of vertices and weight of the only ring of the feature, if it is short; else 0 vertices.
    first: u32,
    vertices: u32,
    weight: f64,
    /// Mask of the vertices of this ring left of the segment.
    left: u64,
    /// Share of the segment inside the feature.
    share: f64,
}

/// Lines that are measured together.
#[derive(Debug, Default)]
pub(crate) struct Block {
    segments: Vec<Segment>,
    /// Cells along the segments, and where those of each segment end.
    cells: Vec<CellRun>,
    cell_ends: Vec<usize>,
    /// Features near the segments, some several times, and where those of each segment end.
    near: Vec<u32>,
    near_ends: Vec<usize>,
    pairs: Vec<Pair>,
}

impl Block {
    fn clear(&mut self) {
        self.segments.clear();
        self.cells.clear();
        self.cell_ends.clear();
        self.near.clear();
        self.near_ends.clear();
        self.pairs.clear();
    }

    /// The lines that have a length, in the order they were added.
    pub fn lines(&self) -> impl Iterator<Item = OfLine<'_>> {
        let (mut first, mut left) = (0, &self.pairs[..]);
        self.segments.chunk_by(|a, b| a.line == b.line).map(move |segments| {
            let end = first + segments.len();
            let (pairs, rest) = left.split_at(left.partition_point(|pair| (pair.segment as usize) < end));
            let line = OfLine { number: segments[0].line, first, segments, pairs };
            (first, left) = (end, rest);
            line
        })
    }
}

/// One line of a block.
pub(crate) struct OfLine<'b> {
    /// The number that it was added with.
    pub number: u32,
    first: usize,
    segments: &'b [Segment],
    pairs: &'b [Pair],
}

impl<'b> OfLine<'b> {
    /// m.
    pub fn length(&self) -> f64 {
        self.segments.iter().map(|s| s.length).sum()
    }

    /// Length in m in each parcel, ascending by parcel, the pieces of each summed in segment order.
    pub fn lengths(&self) -> Vec<(u32, f64)> {
        let inside = self.pairs.iter().filter(|pair| pair.share > 0.0);
        let length = |pair: &Pair| self.segments[pair.segment as usize - self.first].length;
        let mut out: Vec<(u32, f64)> = inside.map(|pair| (pair.feature, pair.share * length(pair))).collect();
        out.sort_by_key(|piece| piece.0);
        out.dedup_by(|next, sum| {
            let same = next.0 == sum.0;
            sum.1 += if same { next.1 } else { 0.0 };
            same
        });
        out
    }

    /// Segments, each with the features near it.
    pub fn segments(&self) -> impl Iterator<Item = (&'b Segment, &'b [Pair])> {
        let mut left = self.pairs;
        self.segments.iter().enumerate().map(move |(k, segment)| {
            let number = (self.first + k) as u32;
            let (near, rest) = left.split_at(left.partition_point(|pair| pair.segment == number));
            left = rest;
            (segment, near)
        })
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
    fn a_long_ring_gives_the_same_bits_by_blocks_as_whole() {
        let teeth = 400;
        let mut ring = vec![[0.0, 0.0]];
        for k in 0..teeth {
            let x = 10.0 * f64::from(k) + 0.37;
            ring.extend([[x, 5.0], [x, 60.0 + f64::from(k % 7)], [x + 3.1, 60.0], [x + 3.1, 5.0]]);
        }
        ring.extend([[4000.0, 0.0], [0.0, 0.0]]);
        let mut c = Coverage::new();
        c.push_rings(&[vec![ring]]);
        let index = LineIndex::new(&c);
        let (xs, ys) = c.ring(0);
        let number =
            |k: u32, n: u32| f64::from(k.wrapping_mul(2_654_435_761) >> 8 & 0xFFFF) / 65536.0 * f64::from(n);
        let mut inside = 0;
        for k in 0..2000 {
            let p = [number(k, 4000), number(k + 7, 70)];
            let q =
                if k % 5 == 0 { [p[0] + 300.0, p[1]] } else { [number(k + 99, 4000), number(k + 31, 70)] };
            let blocks = index.grid.rings().blocks(0, xs.len());
            let ahead = Ahead::of(p, q, index.size);
            let (whole, along) =
                (ring_share((xs, ys), Blocks::NONE, &ahead), ring_share((xs, ys), blocks, &ahead));
            assert_eq!(whole.to_bits(), along.to_bits(), "{p:?} {q:?}");
            inside += usize::from(along.abs() > 1e-9);
        }
        assert!(inside > 300, "{inside}");
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
