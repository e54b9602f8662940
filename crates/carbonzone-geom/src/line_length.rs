//! Length of a road in each parcel: clamped crossings.
//!
//! Along the line through a segment, a parcel is a union of intervals bounded by edges that cross the line. Clamping is monotone,
//! so the length of the segment inside is `|q − p| · Σ ± clamp(t, 0, 1)` over these edges: no sorting, no test of
//! where the segment starts. A vertex on the line counts as left of it, so a road along a shared edge belongs to exactly one side.

use std::sync::Arc;

use rayon::prelude::*;

use crate::coincidence::ALONG_M;
use crate::feature_grid::{CellRun, Entry, FeatureGrid, Path, Paths};
use crate::ring::{MASK, changes_after_first, for_each_change, for_each_change_in, masks_of, turn};
use crate::ring_blocks::{BLOCK as BLOCK_EDGES, Blocks, for_each_bit};
use crate::{Coverage, PointLocator};

/// Lines per task in [`LineIndex::lengths_all`].
const CHUNK: usize = 256;
/// Lines that are measured together.
const BLOCK: usize = 64;
/// Neighbouring segments of a line that are looked for together at most.
const RUN: usize = 8;

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
    pub fn new(coverage: &'a Coverage) -> Self {
        Self::from_locator(&PointLocator::new(coverage))
    }

    /// Shares the index of a [`PointLocator`] on the same layer.
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
    pub fn lengths_all(&self, xs: &[f64], ys: &[f64], line_off: &[u32]) -> LineLengths {
        let chunks = self.measure_all((xs, ys), line_off, |line, out: &mut Vec<_>| {
            out.extend(line.lengths().into_iter().map(|(parcel, m)| (line.number, parcel, m)));
        });
        LineLengths::assemble(line_off.len().saturating_sub(1), &chunks)
    }

    /// Measures many lines, tile by tile of the layer in chunks of fixed size, and lets `take` add what it makes of each that has a
    /// length to what it has made of its chunk.
    pub(crate) fn measure_all<T: Default + Send>(
        &self,
        (xs, ys): (&[f64], &[f64]),
        line_off: &[u32],
        take: impl Fn(&OfLine<'_>, &mut T) + Sync,
    ) -> Vec<T> {
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
        // Chunk by chunk, so that no thread keeps a part of the work to itself at the end.
        let chunks = order.par_chunks(CHUNK).with_max_len(1).map_init(Block::default, |block, keys| {
            let mut out = T::default();
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
            block.segments.extend(ends.map(|(p, q)| Segment { line, p, q, length: 0.0, doubt: 0.0 }));
        }
        for s in &mut block.segments {
            let (p, q) = (s.p, s.q);
            (s.p, s.q) = if (p[0], p[1]) <= (q[0], q[1]) { (p, q) } else { (q, p) };
            s.length = (q[0] - p[0]).hypot(q[1] - p[1]);
            s.doubt = doubt(s.p, s.q, self.size);
        }
        block.segments.retain(|s| s.length > 0.0 && s.length.is_finite());
        self.find_pairs(block);
        self.fill_shares(block);
    }

    fn find_pairs(&self, block: &mut Block) {
        let Block { segments, paths, runs, cells, near, pairs } = block;
        paths.extend(segments.iter().map(|s| self.grid.path(s.p, s.q, ALONG_M)));
        let most = self.grid.finest_cell();
        for (k, path) in paths.iter().enumerate() {
            let run = runs.last_mut().filter(|run| k - run.first < RUN);
            let run = run.filter(|run| segments[run.first].line == segments[k].line);
            if !run.is_some_and(|run| run.paths.join(path, most)) {
                runs.push(Run { first: k, paths: Paths::of(*path), cells: 0, near: 0 });
            }
        }
        for run in &mut *runs {
            self.grid.cells_along(&run.paths, cells);
            run.cells = cells.len();
        }
        let mut first = 0;
        for run in &mut *runs {
            self.grid.entries_along(&run.paths, &cells[first..run.cells], near);
            (first, run.near) = (run.cells, near.len());
        }
        let mut first = 0;
        for (k, run) in runs.iter().enumerate() {
            let entries = &mut near[first..run.near];
            entries.sort_unstable_by_key(|entry| entry.feature);
            let mut once = 0;
            for entry in 0..entries.len() {
                if once == 0 || entries[entry].feature != entries[once - 1].feature {
                    entries[once] = entries[entry];
                    once += 1;
                }
            }
            let end = runs.get(k + 1).map_or(paths.len(), |next| next.first);
            for (segment, path) in (run.first..).zip(&paths[run.first..end]) {
                let met = entries[..once].iter().filter(|entry| entry.reaches(path));
                pairs.extend(met.map(|entry| Pair {
                    segment: segment as u32,
                    feature: entry.feature,
                    ..Pair::default()
                }));
            }
            first = run.near;
        }
    }

    fn fill_shares(&self, block: &mut Block) {
        for pair in &mut block.pairs {
            let Segment { p, q, doubt, .. } = block.segments[pair.segment as usize];
            if let Some((ring, weight)) =
                self.grid.only_ring(pair.feature as usize).filter(|r| r.0.len() <= MASK)
            {
                pair.first = ring.start as u32;
                pair.vertices = ring.len() as u32;
                pair.weight = weight;
                pair.left = left_mask(&self.coverage.xs[ring.clone()], &self.coverage.ys[ring], p, q, doubt);
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

/// Calls `f` with ± clamp(t, 0, 1) for every edge of a ring that crosses the line of a segment, those behind its first end included.
pub(crate) fn bounds_along(ring: (&[f64], &[f64]), segment: &Segment, mut f: impl FnMut(f64)) {
    let (xs, ys) = ring;
    let Segment { p, q, doubt, .. } = *segment;
    let left = |xs: &[f64], ys: &[f64]| left_mask(xs, ys, p, q, doubt);
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
    let Ahead { p, q, doubt, .. } = *ahead;
    let last = xs.len().saturating_sub(1);
    let mut sum = Share::default();
    let left = |xs: &[f64], ys: &[f64]| left_mask(xs, ys, p, q, doubt);
    if blocks.is_empty() {
        let add = |from, to, goes_left| sum.add(bound(xs, ys, (from, to, goes_left), p, q));
        for_each_change((xs, ys), Blocks::NONE, |_| false, left, add);
        return sum.value;
    }
    for (first, large, small) in blocks.runs() {
        if ahead.of_block(large)[0] {
            continue;
        }
        // All are tested first, free of branches.
        let (mut near, mut beyond) = (0u64, 0u64);
        for (k, block) in small.iter().enumerate() {
            let [passed, far] = ahead.of_block(*block);
            near |= u64::from(!passed) << k;
            beyond |= u64::from(far) << k;
        }
        for_each_bit(near, |k| {
            let from = first + k * BLOCK_EDGES;
            let to = (from + BLOCK_EDGES).min(last);
            if sum.is_whole && beyond >> k & 1 == 1 {
                // Each crossing adds or takes 1, and they take turns: only the two ends of the block matter.
                let is_left = |k: usize| f64::from(u8::from(turn(p, q, [xs[k], ys[k]]) >= 0.0));
                sum.value += is_left(to) - is_left(from);
                return;
            }
            let here = left(&xs[from..=to], &ys[from..=to]);
            for_each_bit(changes_after_first(here, to - from), |k| {
                let edge = (from + k - 1, from + k, here >> k & 1 == 1);
                sum.add(bound(xs, ys, edge, p, q));
            });
        });
    }
    let ends = left(&[xs[last], xs[0]], &[ys[last], ys[0]]);
    if ends & 1 != ends >> 1 & 1 {
        sum.add(bound(xs, ys, (last, 0, ends >> 1 & 1 == 1), p, q));
    }
    sum.value
}

/// A sum of clamped crossings, and whether it is a whole number that is exact.
struct Share {
    value: f64,
    is_whole: bool,
}

impl Default for Share {
    fn default() -> Self {
        Self { value: 0.0, is_whole: true }
    }
}

impl Share {
    #[inline]
    fn add(&mut self, term: f64) {
        self.value += term;
        self.is_whole &= term == 0.0 || term.abs() == 1.0;
    }
}

/// What boxes along a ring are tested against: the line p → q from p on.
struct Ahead {
    p: [f64; 2],
    q: [f64; 2],
    /// Twice `p`.
    twice_p: [f64; 2],
    d: [f64; 2],
    /// Far above the rounding of the coordinates and of the test.
    slack: f64,
    doubt: f64,
    /// Twice the square of a length a little larger than that of the segment.
    end: f64,
}

impl Ahead {
    /// `size` is no less than any coordinate of the layer, m.
    fn of(p: [f64; 2], q: [f64; 2], size: f64) -> Self {
        let (doubt, d) = (doubt(p, q, size), [q[0] - p[0], q[1] - p[1]]);
        let end = BEYOND * 2.0 * (d[0] * d[0] + d[1] * d[1]);
        Self { p, q, twice_p: [p[0] + p[0], p[1] + p[1]], d, slack: doubt * 1e4, doubt, end }
    }

    /// Whether no edge in a box counts, as it lies wholly on one side of the line, or wholly behind p, by more than any rounding; and
    /// whether it lies wholly beyond q, by so much that no crossing in it comes out below 1. A box that is not finite does neither.
    #[inline]
    fn of_block(&self, [x0, y0, x1, y1]: [f64; 4]) -> [bool; 2] {
        let Self { twice_p, d: [dx, dy], slack, end, .. } = *self;
        // All doubled: from p to the middle of the box, and its sides.
        let (to_x, to_y) = ((x0 + x1) - twice_p[0], (y0 + y1) - twice_p[1]);
        let (width, height) = (x1 - x0, y1 - y0);
        let (aside, along) = ((dx * to_y - dy * to_x).abs(), dx * to_x + dy * to_y);
        let (dx, dy) = (dx.abs() * (1.0 + 1e-6), dy.abs() * (1.0 + 1e-6));
        let half = dx * width + dy * height + slack;
        let (off, behind) = (aside > dx * height + dy * width + slack, -along > half);
        [off | behind, along - half > end]
    }
}

/// A block counts as beyond the end of a segment from so many times the square of its length on: a crossing there, whose place has
/// the rounding of a quotient, does not come out below 1 unless the edge and the segment are parallel to within 1e-13.
const BEYOND: f64 = 1.02;

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

/// Twice the area of the triangle between a segment and a vertex of a layer with coordinates up to `size`, m², below which rounding
/// may have turned it: the rounding of five operations, generously.
fn doubt(p: [f64; 2], q: [f64; 2], size: f64) -> f64 {
    let size = [p, q].as_flattened().iter().fold(size, |size, v| size.max(v.abs()));
    8.0 * f64::EPSILON * ((q[0] - p[0]).abs() + (q[1] - p[1]).abs()) * (2.0 * size)
}

/// Mask of the vertices left of the line p → q or on it; exact.
#[inline]
fn left_mask(xs: &[f64], ys: &[f64], p: [f64; 2], q: [f64; 2], doubt: f64) -> u64 {
    let d = [q[0] - p[0], q[1] - p[1]];
    let [mut left, open] = masks_of(xs, ys, |x, y| {
        let det = d[0] * (y - p[1]) - d[1] * (x - p[0]);
        [det > doubt, det.abs() <= doubt]
    });
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
    /// See [`doubt`].
    doubt: f64,
}

/// Neighbouring segments of a line; their cells and entries end before these places.
#[derive(Debug)]
struct Run {
    first: usize,
    paths: Paths,
    cells: usize,
    near: usize,
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
    pub share: f64,
}

/// Lines that are measured together.
#[derive(Debug, Default)]
pub(crate) struct Block {
    segments: Vec<Segment>,
    paths: Vec<Path>,
    runs: Vec<Run>,
    /// Cells along the runs.
    cells: Vec<CellRun>,
    /// Features near the runs, some several times.
    near: Vec<Entry>,
    pairs: Vec<Pair>,
}

impl Block {
    fn clear(&mut self) {
        self.segments.clear();
        self.paths.clear();
        self.runs.clear();
        self.cells.clear();
        self.near.clear();
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
mod tests;
