//! Segments that lie on each other.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use carbonzone_types::ExactSum;
use rayon::prelude::*;

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
#[must_use]
pub fn lines_once(xs: &[f64], ys: &[f64], offsets: &[u32], weights: &[f64]) -> Option<LinesOnce> {
    assert_eq!(xs.len(), ys.len(), "one northing per easting");
    let lines = Lines { xs, ys, offsets, weights };
    let mut covered = Rows::new(lines).covered();
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
    fn firsts(&self) -> impl IndexedParallelIterator<Item = std::ops::Range<u32>> {
        self.offsets.par_windows(2).map(|ends| ends[0]..ends[1].saturating_sub(1).max(ends[0]))
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
    fn new(lines: Lines<'a>) -> Self {
        let segments = || lines.firsts().flat_map_iter(|r| r.filter_map(|first| lines.segment(first)));
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
        let Some((part, _)) = row.first().filter(|_| height > LOWEST_ROW_M && crowded(&row)) else {
            return for_each_pair(&row, f);
        };
        let (first, finer) = (part.row.saturating_mul(FINER), height / f64::from(FINER));
        let within = first..=first.saturating_add(FINER - 1);
        let mut parts: Vec<InRow> = row.iter().flat_map(|(_, s)| in_rows(s, finer, within.clone())).collect();
        drop(row);
        parts.par_sort_unstable_by(west_to_east);
        for row in parts.chunk_by(|a, b| a.row == b.row) {
            self.look(row, finer, covered, f);
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

/// True if the segments of a row, from west to east, have too many neighbours side by side to look at all pairs.
fn crowded(row: &[(InRow, OneSegment)]) -> bool {
    let begun_before = |east: f32| row.partition_point(|(part, _)| part.west <= east);
    let pairs: usize = row.iter().enumerate().map(|(k, (part, _))| begun_before(part.east) - k - 1).sum();
    pairs > CROWDED * row.len()
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
mod tests {
    use super::*;

    fn once(lines: &[(&[[f64; 2]], f64)]) -> Option<LinesOnce> {
        let (mut xs, mut ys, mut offsets) = (vec![], vec![], vec![0]);
        for (line, _) in lines {
            xs.extend(line.iter().map(|p| p[0]));
            ys.extend(line.iter().map(|p| p[1]));
            offsets.push(xs.len() as u32);
        }
        let weights: Vec<f64> = lines.iter().map(|l| l.1).collect();
        lines_once(&xs, &ys, &offsets, &weights)
    }

    /// Length of what stays of each line.
    fn left(found: &LinesOnce, lines: usize) -> Vec<f64> {
        let mut out = vec![0.0; lines];
        for (ends, &line) in found.offsets.windows(2).zip(&found.of_line) {
            for i in ends[0] as usize..ends[1] as usize - 1 {
                out[line as usize] += (found.xs[i + 1] - found.xs[i]).hypot(found.ys[i + 1] - found.ys[i]);
            }
        }
        out
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-9, "{found:?} {expected:?}"));
    }

    #[test]
    fn both_directions_of_a_street_count_once() {
        let there = [[0.0, 0.0], [30.0, 40.0], [30.0, 100.0]];
        let back = [[30.0, 100.0], [30.0, 40.0], [0.0, 0.0]];
        for pair in [[&there, &back], [&there, &there]] {
            let found = once(&[(pair[0], 1.0), (pair[1], 1.0)]).unwrap();
            close(&[left(&found, 2).iter().sum(), found.doubled_m], &[110.0, 110.0]);
            // The heavier one stays, wherever it stands.
            let found = once(&[(pair[0], 1.0), (pair[1], 2.0)]).unwrap();
            close(&left(&found, 2), &[0.0, 110.0]);
        }
        // The result does not depend on the order.
        let (a, b) =
            (once(&[(&there, 1.0), (&back, 1.0)]).unwrap(), once(&[(&back, 1.0), (&there, 1.0)]).unwrap());
        assert_eq!((a.xs, a.ys, a.offsets), (b.xs, b.ys, b.offsets));
    }

    #[test]
    fn other_vertices_and_part_of_a_line_are_seen_too() {
        // 100 m, drawn back with a vertex in between, 3 mm off.
        let found = once(&[
            (&[[0.0, 0.0], [100.0, 0.0]], 1.0),
            (&[[100.0, 0.003], [40.0, 0.003], [0.0, 0.003]], 1.0),
        ]);
        close(&[left(&found.unwrap(), 2).iter().sum()], &[100.0]);
        // A bus line over 60 of 100 m of a street; and three lines on each other.
        let found = once(&[(&[[0.0, 0.0], [100.0, 0.0]], 1.0), (&[[40.0, 0.0], [200.0, 0.0]], 1.0)]).unwrap();
        close(&[left(&found, 2).iter().sum(), found.doubled_m], &[200.0, 60.0]);
        let found = once(&[
            (&[[0.0, 0.0], [60.0, 80.0]], 1.0),
            (&[[30.0, 40.0], [90.0, 120.0]], 3.0),
            (&[[-30.0, -40.0], [120.0, 160.0]], 2.0),
        ])
        .unwrap();
        // The heaviest keeps its 100 m, the next what of its 250 m is left, the lightest nothing.
        close(&left(&found, 3), &[0.0, 100.0, 150.0]);
    }

    #[test]
    fn carriageways_crossings_and_bends_are_not_doubled() {
        assert_eq!(once(&[(&[[0.0, 0.0], [100.0, 0.0]], 1.0), (&[[100.0, 6.0], [0.0, 6.0]], 1.0)]), None);
        assert_eq!(once(&[(&[[0.0, 0.0], [100.0, 0.0]], 1.0), (&[[0.0, -0.5], [100.0, 0.5]], 1.0)]), None);
        assert_eq!(once(&[(&[[0.0, 0.0], [50.0, 0.0], [100.0, 0.0], [100.0, 50.0]], 1.0)]), None);
        assert_eq!(once(&[(&[[0.0, 0.0], [50.0, 0.0]], 1.0), (&[[50.0, 0.0], [90.0, 0.0]], 1.0)]), None);
        assert_eq!(once(&[(&[[f64::NAN, 0.0], [1.0, 0.0]], 1.0), (&[[5.0, 5.0]], 1.0), (&[], 1.0)]), None);
        assert_eq!(lines_once(&[], &[], &[0], &[]), None);
    }

    #[test]
    fn long_lines_and_many_copies_are_found() {
        // A line over more rows than are kept, twice, and a piece on it.
        let long = [[0.0, 0.0], [3e5, 4e5]];
        let found = once(&[
            (&long, 1.0),
            (&[[30.0, 40.0], [33.0, 44.0]], 1.0),
            (&[[0.0, 9.0], [1.0, 9.0]], 1.0),
            (&long, 1.0),
            (&[[0.0, 7.0], [1.0, 7.0]], 1.0),
            (&[[0.0, 5.0], [1.0, 5.0]], 1.0),
        ])
        .unwrap();
        assert!((found.doubled_m - 500_005.0).abs() < 1e-6, "{}", found.doubled_m);
        let street: Vec<[f64; 2]> = (0..200).map(|k| [f64::from(k) * 7.0, f64::from(k % 3)]).collect();
        let routes: Vec<(&[[f64; 2]], f64)> = (0..500).map(|_| (&street[..], 1.0)).collect();
        let found = once(&routes).unwrap();
        let total: f64 = left(&found, 500).iter().sum();
        assert!((found.doubled_m - 499.0 * total).abs() < 1e-6 * found.doubled_m);
    }

    /// Lines of two vertices each.
    fn layer(lines: impl Iterator<Item = [[f64; 2]; 2]>) -> (Vec<f64>, Vec<f64>, Vec<u32>, Vec<f64>) {
        let (xs, ys): (Vec<f64>, Vec<f64>) = lines.flatten().map(|[x, y]| (x, y)).unzip();
        let offsets = (0..=xs.len() as u32).step_by(2).collect();
        let weights = vec![1.0; xs.len() / 2];
        (xs, ys, offsets, weights)
    }

    /// Pairs that are looked at.
    fn pairs(rows: &Rows<'_>) -> usize {
        let mut looked_at = 0;
        for row in rows.parts.chunk_by(|a, b| a.row == b.row) {
            rows.look(row, rows.height, &mut vec![], &mut |_, _| looked_at += 1);
        }
        looked_at
    }

    #[test]
    fn many_long_lines_among_short_ones_are_no_quadratic_step() {
        let short = (0..5_001).map(|k| [[f64::from(k), 0.0], [f64::from(k) + 0.9, 0.4]]);
        let long = (0..5_000).map(|k| [[f64::from(k) + 0.5, -3e5], [f64::from(k) + 1.5, 3e5]]);
        let twice = [[4_999.5, -3e5], [5_000.5, 3e5]];
        let (xs, ys, offsets, weights) = layer(short.chain(long).chain([twice]));
        let found = lines_once(&xs, &ys, &offsets, &weights).unwrap();
        assert!((found.doubled_m - 1f64.hypot(6e5)).abs() < 1e-6, "{}", found.doubled_m);
        let rows = Rows::new(Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights });
        assert!(rows.long.len() <= MANY_LONG && rows.parts.len() < 1_100_000, "{}", rows.parts.len());
        assert!(pairs(&rows) < 100 * weights.len(), "{}", pairs(&rows));
    }

    #[test]
    fn many_lines_over_each_other_are_no_quadratic_step() {
        // Parallel lines over the whole town, and some across them; every thousandth is drawn twice.
        let mut lines = vec![];
        for k in 0..10_000 {
            let v = f64::from(k);
            let parallel = [[0.0, 0.39 * v], [4000.0, 0.39 * v + 1.0]];
            lines.push(parallel);
            if k % 10 == 0 {
                lines.push([[(1.7 * v) % 3900.0, 0.0], [(2.9 * v) % 3700.0, 4000.0]]);
            }
            if k % 1000 == 0 {
                lines.push([parallel[1], parallel[0]]);
            }
        }
        let (xs, ys, offsets, weights) = layer(lines.into_iter());
        let found = lines_once(&xs, &ys, &offsets, &weights).unwrap();
        assert!(found.doubled_m >= 10.0 * 4000.0, "{}", found.doubled_m);
        // Of them 10 million cross; without finer rows 60 million.
        let looked_at = pairs(&Rows::new(Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights }));
        assert!(looked_at < 20_000_000, "{looked_at}");
    }

    #[test]
    fn a_hundred_thousand_segments_look_at_a_few_neighbours_each() {
        let (mut xs, mut ys) = (vec![], vec![]);
        for k in 0..100_000u32 {
            let (x, y) = (f64::from(k % 316) * 50.0, f64::from(k / 316) * 50.0);
            xs.extend([x, x + 50.0]);
            ys.extend([y, y]);
        }
        xs.extend([-1e7, 1e7]);
        ys.extend([3.0, 2e5]);
        let offsets: Vec<u32> = (0..=xs.len() as u32).step_by(2).collect();
        let weights = vec![1.0; xs.len() / 2];
        let lines = Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights };
        let rows = Rows::new(lines);
        let looked_at = pairs(&rows);
        assert!(looked_at < 5 * 100_000, "{looked_at}");
        assert_eq!(lines_once(&xs, &ys, &offsets, &weights), None);
    }
}
