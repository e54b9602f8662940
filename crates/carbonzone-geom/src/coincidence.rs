//! Segments that lie on each other.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use carbonzone_types::ExactSum;
use rayon::prelude::*;

use crate::ring::{BITS, MASK};
use crate::ring_box::union;

/// Lines no farther apart than this, in m, lie on each other; the lanes of a road lie metres apart.
pub(crate) const ALONG_M: f64 = 0.01;
/// They must do so for at least this long, m: other lines cross or touch.
const LEAST_M: f64 = 0.1;
/// A segment over more rows than this is looked at for every other one.
const MANY_ROWS: f64 = 4096.0;
/// No more segments than these are.
const MANY_LONG: usize = 64;
/// Parts of segments in rows: at most so many for each segment.
const PARTS_PER_SEGMENT: f64 = 16.0;
/// But so many may always be.
const FEW_PARTS: f64 = 1e6;
/// A row in which a segment has more neighbours than this is cut into finer ones,
const CROWDED: usize = 64;
/// so many of them,
const FINER: i32 = 8;
/// unless it is no higher than this, m.
const LOWEST_ROW_M: f64 = 0.25;

type Segment = ([f64; 2], [f64; 2]);

/// The stretch of `p → q` (from, to; shares of it) that lies along the segment a–b.
pub(crate) fn common_stretch((p, q): Segment, (a, b): Segment) -> Option<(f64, f64)> {
    let d = [q[0] - p[0], q[1] - p[1]];
    let e = [b[0] - a[0], b[1] - a[1]];
    if surely_apart(p, d, a, b) {
        return None;
    }
    let (length, other) = (d[0].hypot(d[1]), e[0].hypot(e[1]));
    let place = |v: [f64; 2]| ((v[0] - p[0]) * d[0] + (v[1] - p[1]) * d[1]) / length;
    let (u, v) = (place(a), place(b));
    let (from, to) = (u.min(v).max(0.0), u.max(v).min(length));
    // Not a number is no stretch.
    if !(to - from >= LEAST_M && other > 0.0) {
        return None;
    }
    let off = |s: f64| {
        let at = [p[0] + d[0] * s / length - a[0], p[1] + d[1] * s / length - a[1]];
        (at[0] * e[1] - at[1] * e[0]).abs() / other
    };
    (off(from) <= ALONG_M && off(to) <= ALONG_M).then(|| (from / length, to / length))
}

/// True if the segment a–b covers less of the segment from `p` along `d` than what counts, by far more than any rounding: most
/// neighbours only touch.
fn surely_apart(p: [f64; 2], d: [f64; 2], a: [f64; 2], b: [f64; 2]) -> bool {
    let square = d[0] * d[0] + d[1] * d[1];
    let along = |v: [f64; 2]| (v[0] - p[0]) * d[0] + (v[1] - p[1]) * d[1];
    let (u, v) = (along(a), along(b));
    u.max(v).min(square) - u.min(v).max(0.0) < 0.99 * LEAST_M * square.sqrt()
}

/// The edges from vertex to vertex of a ring, at most [`MASK`] of them, that may lie along a segment: the others are
/// [`surely_apart`] from it, tested here free of branches. The closing edge is not among them.
pub(crate) fn edges_along((p, q): Segment, xs: &[f64], ys: &[f64]) -> u64 {
    let d = [q[0] - p[0], q[1] - p[1]];
    let square = d[0] * d[0] + d[1] * d[1];
    let least = 0.99 * LEAST_M * square.sqrt();
    let mut along = [0.0; MASK];
    for ((along, x), y) in along.iter_mut().zip(xs).zip(ys) {
        *along = (x - p[0]) * d[0] + (y - p[1]) * d[1];
    }
    let along = &along[..xs.len().min(MASK)];
    let mut mask = 0;
    for ((&u, &v), &bit) in along.iter().zip(along.iter().skip(1)).zip(&BITS) {
        let apart = u.max(v).min(square) - u.min(v).max(0.0) < least;
        mask |= if apart { 0 } else { bit };
    }
    mask
}

/// Polylines of which no two lie on each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinesOnce {
    /// Eastings, m.
    pub xs: Vec<f64>,
    /// Northings, m.
    pub ys: Vec<f64>,
    /// Line to vertex, starts with 0.
    pub offsets: Vec<u32>,
    /// The line each of them is, or is a piece of.
    pub of_line: Vec<u32>,
    /// What was left out, m: it lies on a line that stays.
    pub doubled_m: f64,
}

/// Leaves out what lies on other lines, in either direction, so that it counts once. `None`: nothing does.
///
/// Line `k` has the vertices `offsets[k]..offsets[k + 1]` and the weight `weights[k]`; where lines lie on each other the heaviest stays.
/// The result depends on the lines, not on their order. Segments with a coordinate that is not finite are left alone.
///
/// # Panics
/// If the slices do not fit each other.
pub fn lines_once(xs: &[f64], ys: &[f64], offsets: &[u32], weights: &[f64]) -> Option<LinesOnce> {
    assert_eq!(xs.len(), ys.len(), "one northing per easting");
    let lines = Lines { xs, ys, offsets, weights };
    let firsts = suspects(lines).unwrap_or_else(|| lines.firsts());
    let mut covered = Rows::new(lines, &firsts).covered();
    if covered.is_empty() {
        return None;
    }
    covered.par_sort_unstable_by(|a, b| {
        a.first.cmp(&b.first).then(a.from.total_cmp(&b.from)).then(a.to.total_cmp(&b.to))
    });
    Some(lines.without(&covered))
}

#[derive(Debug, Clone, Copy)]
struct Lines<'a> {
    xs: &'a [f64],
    ys: &'a [f64],
    offsets: &'a [u32],
    weights: &'a [f64],
}

/// A segment, its western end first.
#[derive(Debug, Clone, Copy)]
struct OneSegment {
    p: [f64; 2],
    q: [f64; 2],
    /// Its first vertex in all coordinates.
    first: u32,
}

/// What of a segment lies on another: shares of it from its western end.
#[derive(Debug, Clone, Copy)]
struct Covered {
    first: u32,
    from: f64,
    to: f64,
}

fn by_place(a: &OneSegment, b: &OneSegment) -> Ordering {
    let key = |s: &OneSegment| [s.p[0], s.p[1], s.q[0], s.q[1]];
    let pairs = key(a).into_iter().zip(key(b));
    pairs.map(|(x, y)| x.total_cmp(&y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

impl Lines<'_> {
    /// The segment from a vertex to the next one of its line; `None` without a length, or not finite.
    fn segment(&self, first: u32) -> Option<OneSegment> {
        let at = |i: usize| [self.xs[i], self.ys[i]];
        let (p, q) = (at(first as usize), at(first as usize + 1));
        let used = p != q && [p, q].as_flattened().iter().all(|v| v.is_finite());
        let (p, q) = if turned(p, q) { (q, p) } else { (p, q) };
        used.then_some(OneSegment { p, q, first })
    }

    /// First vertices of all segments.
    fn firsts(&self) -> Vec<u32> {
        self.offsets.par_windows(2).flat_map_iter(|ends| ends[0]..ends[1].saturating_sub(1)).collect()
    }

    /// The runs of a line, of about the same number of segments each.
    fn runs(&self, first: u32, end: u32) -> impl Iterator<Item = Run> {
        let last = end.saturating_sub(1).max(first);
        let step = (last - first).div_ceil((last - first).div_ceil(RUN).max(1)).max(1);
        (first..last).step_by(step as usize).filter_map(move |from| self.run(from..last.min(from + step)))
    }

    /// A run with its box; `None` without a segment.
    fn run(&self, firsts: Range<u32>) -> Option<Run> {
        let segments = firsts.clone().filter_map(|first| self.segment(first));
        let boxes = segments.map(|s| {
            let (south, north) = (s.p[1].min(s.q[1]), s.p[1].max(s.q[1]));
            [s.p[0] - ALONG_M, south - ALONG_M, s.q[0] + ALONG_M, north + ALONG_M]
        });
        let [x0, y0, x1, y1] = boxes.reduce(union)?.map(|v| v as f32);
        let (west, east, south, north) = (x0.next_down(), x1.next_up(), y0.next_down(), y1.next_up());
        Some(Run { row: 0, west, east, south, north, first: firsts.start, end: firsts.end })
    }

    /// True if every segment of a run turns less than 60° away from its chord: then none comes back over another.
    fn goes_one_way(&self, run: &Run) -> bool {
        let between = |i: u32, j: u32| {
            let (i, j) = (i as usize, j as usize);
            [self.xs[j] - self.xs[i], self.ys[j] - self.ys[i]]
        };
        let dot = |a: [f64; 2], b: [f64; 2]| a[0] * b[0] + a[1] * b[1];
        let chord = between(run.first, run.end);
        (run.first..run.end).map(|i| between(i, i + 1)).all(|step| {
            let along = dot(step, chord);
            along > 0.0 && 4.0 * along * along > dot(step, step) * dot(chord, chord)
        })
    }

    /// Appends the segments of two runs of which one lies along the other.
    fn look_at(&self, a: &Run, b: &Run, out: &mut Vec<u32>) {
        for s in (a.first..a.end).filter_map(|first| self.segment(first)).filter(|s| b.reaches(s)) {
            for t in (b.first..b.end).filter_map(|first| self.segment(first)) {
                compare_two(&s, &t, out);
            }
        }
    }

    fn line_of(&self, vertex: u32) -> u32 {
        self.offsets.partition_point(|&end| end <= vertex) as u32 - 1
    }

    fn weight(&self, s: &OneSegment) -> f64 {
        self.weights[self.line_of(s.first) as usize]
    }

    /// The order in which segments at one place stay: the heavier one, then the one that begins farther west and south.
    fn stays_before(&self, a: &OneSegment, b: &OneSegment) -> bool {
        self.weight(b).total_cmp(&self.weight(a)).then_with(|| by_place(a, b)) == Ordering::Less
    }

    /// The order of copies of one segment, the one that stays first.
    fn by_line(&self, a: &OneSegment, b: &OneSegment) -> Ordering {
        let (of_a, of_b) = (self.line_of(a.first), self.line_of(b.first));
        let (heavy_a, heavy_b) = (self.weights[of_a as usize], self.weights[of_b as usize]);
        let shape = || if of_a == of_b { Ordering::Equal } else { self.compare(of_a, of_b) };
        heavy_b.total_cmp(&heavy_a).then_with(shape).then(a.first.cmp(&b.first))
    }

    /// Vertices of a line from one end to the other, for an order that does not depend on that of the lines.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        let vertices = |line: u32| {
            let range = self.offsets[line as usize] as usize..self.offsets[line as usize + 1] as usize;
            self.xs[range.clone()].iter().zip(&self.ys[range])
        };
        let mut pairs = vertices(a).zip(vertices(b));
        let first =
            pairs.find_map(|(u, v)| Some(u.0.total_cmp(v.0).then(u.1.total_cmp(v.1))).filter(|o| o.is_ne()));
        first.unwrap_or_else(|| vertices(a).len().cmp(&vertices(b).len()))
    }

    /// The lines without what is covered (ascending by vertex and share), cut where that begins and ends.
    fn without(&self, covered: &[Covered]) -> LinesOnce {
        let mut out = LinesOnce { offsets: vec![0], ..LinesOnce::default() };
        let mut doubled = ExactSum::new();
        let mut next = covered.chunk_by(|a, b| a.first == b.first).peekable();
        for (line, ends) in self.offsets.windows(2).enumerate() {
            let mut run: Vec<[f64; 2]> = vec![];
            for i in ends[0]..ends[1] {
                let here = [self.xs[i as usize], self.ys[i as usize]];
                run.push(here);
                let Some(covered) = next.next_if(|c| c[0].first == i) else { continue };
                let to = [self.xs[i as usize + 1], self.ys[i as usize + 1]];
                let length = (to[0] - here[0]).hypot(to[1] - here[1]);
                let at = |t: f64| [here[0] + (to[0] - here[0]) * t, here[1] + (to[1] - here[1]) * t];
                let mut covered = merged(covered);
                if turned(here, to) {
                    covered = covered.into_iter().rev().map(|(from, to)| (1.0 - to, 1.0 - from)).collect();
                }
                for (from, to) in covered {
                    doubled.add((to - from) * length);
                    if from > 0.0 {
                        run.push(at(from));
                    }
                    out.push(line as u32, &mut run);
                    if to < 1.0 {
                        run.push(at(to));
                    }
                }
            }
            out.push(line as u32, &mut run);
        }
        out.doubled_m = doubled.value();
        out
    }
}

/// True if a segment runs from its eastern end.
fn turned(p: [f64; 2], q: [f64; 2]) -> bool {
    (p[0], p[1]) > (q[0], q[1])
}

impl LinesOnce {
    /// Appends a line, if it has a length, and empties it.
    fn push(&mut self, line: u32, run: &mut Vec<[f64; 2]>) {
        if run.len() > 1 {
            self.xs.extend(run.iter().map(|p| p[0]));
            self.ys.extend(run.iter().map(|p| p[1]));
            self.offsets.push(self.xs.len() as u32);
            self.of_line.push(line);
        }
        run.clear();
    }
}

/// Ascending intervals, joined where they meet.
fn merged(intervals: &[Covered]) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = vec![];
    for c in intervals {
        match out.last_mut() {
            Some(last) if c.from <= last.1 => last.1 = last.1.max(c.to),
            _ => out.push((c.from, c.to)),
        }
    }
    out
}

/// Segments per run at most.
const RUN: u32 = 8;
/// A row in which a run has more neighbours than this is crowded.
const MANY_BESIDE: usize = 24;

/// Neighbouring segments of a line in one row of the ground, with their box, rounded outwards.
#[derive(Debug, Clone, Copy)]
struct Run {
    row: i32,
    west: f32,
    east: f32,
    south: f32,
    north: f32,
    /// First vertices of its segments.
    first: u32,
    end: u32,
}

impl Run {
    /// True if a segment may come into the box.
    fn reaches(&self, s: &OneSegment) -> bool {
        let (south, north) = (s.p[1].min(s.q[1]), s.p[1].max(s.q[1]));
        let [west, east] = [self.west, self.east].map(f64::from);
        s.p[0] <= east && s.q[0] >= west && south <= self.north.into() && north >= self.south.into()
    }
}

/// Appends two segments if one lies along the other.
fn compare_two(s: &OneSegment, t: &OneSegment, out: &mut Vec<u32>) {
    let (u, v) = ((s.p, s.q), (t.p, t.q));
    if s.first != t.first && (u == v || common_stretch(u, v).is_some() || common_stretch(v, u).is_some()) {
        out.extend([s.first, t.first]);
    }
}

/// First vertices of the segments that lie on others, or others on them, ascending: in most layers only a few, which are found by the
/// boxes of runs. `None` if too many runs lie side by side for that.
fn suspects(lines: Lines<'_>) -> Option<Vec<u32>> {
    let runs = lines.offsets.par_windows(2).flat_map_iter(|ends| lines.runs(ends[0], ends[1]));
    let runs: Vec<Run> = runs.collect();
    let rise: f64 = runs.iter().map(|run| f64::from(run.north - run.south)).sum();
    if !rise.is_finite() {
        return None;
    }
    let height = (2.0 * rise / runs.len() as f64).max(1.0);
    let row = |v: f32| (f64::from(v) / height).floor() as i32;
    let in_rows =
        runs.par_iter().flat_map_iter(|run| (row(run.south)..=row(run.north)).map(|row| Run { row, ..*run }));
    let mut parts: Vec<Run> = in_rows.collect();
    parts.par_sort_unstable_by(|a, b| a.row.cmp(&b.row).then(a.west.total_cmp(&b.west)));
    let rows = parts.par_chunk_by(|a, b| a.row == b.row);
    let found: Option<Vec<Vec<u32>>> = rows.map(|row| side_by_side_runs(lines, row)).collect();
    let mut out = found?.concat();
    let winding = runs.par_iter().filter(|run| !lines.goes_one_way(run));
    out.par_extend(winding.flat_map_iter(|run| {
        let mut out = vec![];
        let segments: Vec<OneSegment> = (run.first..run.end).filter_map(|v| lines.segment(v)).collect();
        for (k, s) in segments.iter().enumerate() {
            segments[k + 1..].iter().for_each(|t| compare_two(s, t, &mut out));
        }
        out
    }));
    out.par_sort_unstable();
    out.dedup();
    Some(out)
}

/// Segments of different runs of a row that lie on each other; `None` if the row is crowded.
fn side_by_side_runs(lines: Lines<'_>, row: &[Run]) -> Option<Vec<u32>> {
    let beside = |k: usize| &row[k + 1..row.partition_point(|b| b.west <= row[k].east)];
    if (0..row.len()).map(|k| beside(k).len()).sum::<usize>() > MANY_BESIDE * row.len() {
        return None;
    }
    let mut out = vec![];
    for (k, a) in row.iter().enumerate() {
        for b in beside(k).iter().filter(|b| a.south <= b.north && b.south <= a.north) {
            lines.look_at(a, b, &mut out);
        }
    }
    Some(out)
}

/// Part of a segment in one row of the ground.
#[derive(Debug, Clone, Copy)]
struct InRow {
    row: i32,
    /// West and east end in the row, rounded outwards.
    west: f32,
    east: f32,
    first: u32,
}

/// Segments by rows of the ground, in each row from west to east: what lies on each other is found side by side.
struct Rows<'a> {
    lines: Lines<'a>,
    /// Height of a row, m.
    height: f64,
    parts: Vec<InRow>,
    /// Segments over so many rows that they are in none.
    long: Vec<OneSegment>,
}

impl<'a> Rows<'a> {
    /// Rows of four times the median length, at least 1 m; higher ones where there are many long segments.
    fn new(lines: Lines<'a>, firsts: &[u32]) -> Self {
        let segments = || firsts.par_iter().filter_map(|&first| lines.segment(first));
        let mut lengths: Vec<f32> = segments().map(|s| length(&s) as f32).collect();
        let (middle, count) = (lengths.len() / 2, lengths.len() as f64);
        let median =
            if lengths.is_empty() { 0.0 } else { *lengths.select_nth_unstable_by(middle, f32::total_cmp).1 };
        drop(lengths);
        let mut height = (4.0 * f64::from(median)).max(1.0);
        let most = (PARTS_PER_SEGMENT * count).max(FEW_PARTS);
        let rise = |s: &OneSegment| (s.q[1] - s.p[1]).abs();
        // A power of four of the first height: it does not depend on the order of what is summed.
        let many = |height: f64| {
            let long = segments().filter(|s| rise(s) > MANY_ROWS * height).count();
            let rows = segments().map(|s| (rise(&s) / height).min(MANY_ROWS).floor() as u64).sum::<u64>();
            long > MANY_LONG || rows as f64 > most
        };
        while height < f64::MAX / 8.0 && many(height) {
            height *= 4.0;
        }
        let is_long = |s: &OneSegment| rise(s) > MANY_ROWS * height;
        let parts =
            segments().filter(|s| !is_long(s)).flat_map_iter(|s| in_rows(&s, height, i32::MIN..=i32::MAX));
        let mut parts: Vec<InRow> = parts.collect();
        parts.par_sort_unstable_by(west_to_east);
        Self { lines, height, parts, long: segments().filter(is_long).collect() }
    }

    /// What lies on a segment that stays, in no order, parts of it several times.
    fn covered(&self) -> Vec<Covered> {
        let rows = self.parts.par_chunk_by(|a, b| a.row == b.row);
        let in_rows = rows.flat_map_iter(|row| {
            let (mut copies, mut out) = (vec![], vec![]);
            self.look(row, self.height, &mut copies, &mut |a, b| out.extend(self.covers(a, b)));
            copies.append(&mut out);
            copies
        });
        let mut out: Vec<Covered> = in_rows.collect();
        for (k, a) in self.long.iter().enumerate() {
            let of_rows = self.parts.par_iter().filter_map(|part| self.lines.segment(part.first));
            out.par_extend(of_rows.filter_map(|b| self.covers(a, &b)));
            out.extend(self.long[..k].iter().filter_map(|b| self.covers(a, b)));
        }
        out
    }

    /// Calls `f` with the pairs of a row of this height that may lie on each other; in finer rows, where too many lie side by side.
    /// Of copies one stays, the others are covered.
    fn look(
        &self,
        row: &[InRow],
        height: f64,
        covered: &mut Vec<Covered>,
        f: &mut dyn FnMut(&OneSegment, &OneSegment),
    ) {
        let row = self.without_copies(row, covered);
        let Some(parts) = finer_rows(&row, height) else { return for_each_pair(&row, f) };
        drop(row);
        for row in parts.chunk_by(|a, b| a.row == b.row) {
            self.look(row, height / f64::from(FINER), covered, f);
        }
    }

    /// The segments of a row from west to east; of identical ones the first to stay, the others are covered.
    fn without_copies(&self, row: &[InRow], covered: &mut Vec<Covered>) -> Vec<(InRow, OneSegment)> {
        let mut out = Vec::with_capacity(row.len());
        for same in row.chunk_by(|a, b| a.west == b.west) {
            let from = out.len();
            out.extend(same.iter().filter_map(|&part| Some((part, self.lines.segment(part.first)?))));
            if same.len() > 1 {
                out[from..]
                    .sort_unstable_by(|(_, a), (_, b)| by_place(a, b).then_with(|| self.lines.by_line(a, b)));
                let mut kept = from;
                for k in from + 1..out.len() {
                    if (out[k].1.p, out[k].1.q) == (out[kept].1.p, out[kept].1.q) {
                        covered.push(Covered { first: out[k].1.first, from: 0.0, to: 1.0 });
                    } else {
                        kept += 1;
                        out[kept] = out[k];
                    }
                }
                out.truncate(kept + 1);
            }
        }
        out
    }

    /// What of the segment that goes lies on the one that stays.
    fn covers(&self, a: &OneSegment, b: &OneSegment) -> Option<Covered> {
        let of = |s: &OneSegment, on: &OneSegment| {
            let (from, to) = common_stretch((s.p, s.q), (on.p, on.q))?;
            Some(Covered { first: s.first, from, to })
        };
        let d = |s: &OneSegment| [s.q[0] - s.p[0], s.q[1] - s.p[1]];
        // Cheap, and nearly always the end of it.
        if surely_apart(a.p, d(a), b.p, b.q) && surely_apart(b.p, d(b), a.p, a.q) {
            return None;
        }
        match by_place(a, b) {
            // A copy of a long segment.
            Ordering::Equal if a.first == b.first => None,
            Ordering::Equal if self.lines.by_line(a, b).is_lt() => of(b, a),
            Ordering::Equal => of(a, b),
            _ if self.lines.stays_before(a, b) => of(b, a),
            _ => of(a, b),
        }
    }
}

/// Calls `f` with every two segments of a row whose boxes come within the tolerance.
fn for_each_pair(row: &[(InRow, OneSegment)], mut f: impl FnMut(&OneSegment, &OneSegment)) {
    for (k, (part, a)) in row.iter().enumerate() {
        let (south, north) = (a.p[1].min(a.q[1]) - ALONG_M, a.p[1].max(a.q[1]) + ALONG_M);
        for (_, b) in row[k + 1..].iter().take_while(|(other, _)| other.west <= part.east) {
            if b.p[1].min(b.q[1]) <= north && b.p[1].max(b.q[1]) >= south {
                f(a, b);
            }
        }
    }
}

fn west_to_east(a: &InRow, b: &InRow) -> Ordering {
    a.row.cmp(&b.row).then(a.west.total_cmp(&b.west)).then(a.first.cmp(&b.first))
}

/// The segments of a crowded row in finer rows; `None` if it is not crowded, or finer rows do not part its neighbours: steep lines
/// pass all of them. So what is spent stays below what looking at all pairs of the row would cost.
fn finer_rows(row: &[(InRow, OneSegment)], height: f64) -> Option<Vec<InRow>> {
    let here: Vec<InRow> = row.iter().map(|(part, _)| *part).collect();
    let pairs = side_by_side(&here);
    if height <= LOWEST_ROW_M || pairs <= CROWDED * row.len() {
        return None;
    }
    let first = here.first()?.row.saturating_mul(FINER);
    let (finer, within) = (height / f64::from(FINER), first..=first.saturating_add(FINER - 1));
    let mut parts: Vec<InRow> = row.iter().flat_map(|(_, s)| in_rows(s, finer, within.clone())).collect();
    parts.par_sort_unstable_by(west_to_east);
    let left: usize = parts.chunk_by(|a, b| a.row == b.row).map(side_by_side).sum();
    (2 * left <= pairs && 8 * parts.len() <= pairs).then_some(parts)
}

/// Pairs of neighbours in a row, from west to east.
fn side_by_side(row: &[InRow]) -> usize {
    let begun_before = |east: f32| row.partition_point(|part| part.west <= east);
    row.iter().enumerate().map(|(k, part)| begun_before(part.east) - k - 1).sum()
}

/// The rows of a range that a segment passes, or passes by within the tolerance, with its ends in each.
fn in_rows(s: &OneSegment, height: f64, rows: RangeInclusive<i32>) -> impl Iterator<Item = InRow> + use<> {
    let OneSegment { p, q, first: vertex } = *s;
    let (south, north) = (p[1].min(q[1]), p[1].max(q[1]));
    let of = move |v: f64| (v / height).floor() as i32;
    let at = move |y: f64| {
        let x = p[0] + (q[0] - p[0]) * ((y - p[1]) / (q[1] - p[1]));
        if x.is_finite() { x.clamp(p[0], q[0]) } else { p[0] }
    };
    let (first, last) = (of(south - ALONG_M).max(*rows.start()), of(north + ALONG_M).min(*rows.end()));
    (first..=last).map(move |row| {
        let (low, high) = (f64::from(row) * height - ALONG_M, (f64::from(row) + 1.0) * height + ALONG_M);
        let (west, east) = if south < north {
            let (u, v) = (at(low.max(south)), at(high.min(north)));
            (u.min(v), u.max(v))
        } else {
            (p[0], q[0])
        };
        let (west, east) = ((west - ALONG_M) as f32, (east + ALONG_M) as f32);
        InRow { row, west: west.next_down(), east: east.next_up(), first: vertex }
    })
}

fn length(s: &OneSegment) -> f64 {
    (s.q[0] - s.p[0]).hypot(s.q[1] - s.p[1])
}

#[cfg(test)]
mod tests;
