//! Segments that lie on each other.

use std::cmp::Ordering;

use carbonzone_types::ExactSum;
use rayon::prelude::*;

/// Lines no farther apart than this, in m, lie on each other; the lanes of a road lie metres apart.
pub(crate) const ALONG_M: f64 = 0.01;
/// They must do so for at least this long, m: other lines cross or touch.
const LEAST_M: f64 = 0.1;
/// A segment that passes more cells than this is looked at for every other one.
const MANY_CELLS: f64 = 4096.0;

type Segment = ([f64; 2], [f64; 2]);

/// The stretch of `p → q` (from, to; shares of it) that lies along the segment a–b.
pub(crate) fn common_stretch((p, q): Segment, (a, b): Segment) -> Option<(f64, f64)> {
    let d = [q[0] - p[0], q[1] - p[1]];
    let e = [b[0] - a[0], b[1] - a[1]];
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
    let all = lines.segments();
    let (kept, mut gone) = lines.without_copies(all);
    let index = SegmentIndex::new(&kept);
    gone.par_extend(kept.par_iter().enumerate().filter_map(|(k, s)| {
        let mut covered: Vec<(f64, f64)> = vec![];
        index.for_each_near(k, |j| {
            if stays_before(&kept[j], s) {
                covered.extend(common_stretch((s.p, s.q), (kept[j].p, kept[j].q)));
            }
        });
        (!covered.is_empty()).then(|| Gone {
            line: s.line,
            first: s.first,
            covered: merged(covered),
            turned: s.turned,
        })
    }));
    if gone.is_empty() {
        return None;
    }
    gone.sort_unstable_by_key(|g| (g.line, g.first));
    Some(lines.without(&gone))
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
    weight: f64,
    line: u32,
    /// Its first vertex in all coordinates.
    first: u32,
    /// The line runs from `q` to `p`.
    turned: bool,
}

/// What of a segment lies on others: shares of it from its western end, ascending and apart.
#[derive(Debug)]
struct Gone {
    line: u32,
    first: u32,
    covered: Vec<(f64, f64)>,
    turned: bool,
}

/// The order in which segments at one place stay: the heavier one, then the one that begins farther west and south.
fn stays_before(a: &OneSegment, b: &OneSegment) -> bool {
    b.weight.total_cmp(&a.weight).then_with(|| by_place(a, b)) == Ordering::Less
}

fn by_place(a: &OneSegment, b: &OneSegment) -> Ordering {
    let key = |s: &OneSegment| [s.p[0], s.p[1], s.q[0], s.q[1]];
    let pairs = key(a).into_iter().zip(key(b));
    pairs.map(|(x, y)| x.total_cmp(&y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

impl Lines<'_> {
    fn segments(&self) -> Vec<OneSegment> {
        let mut out = Vec::with_capacity(self.xs.len());
        for (line, ends) in self.offsets.windows(2).enumerate() {
            for first in ends[0]..ends[1].saturating_sub(1).max(ends[0]) {
                let at = |i: u32| [self.xs[i as usize], self.ys[i as usize]];
                let (p, q) = (at(first), at(first + 1));
                if p != q && [p, q].as_flattened().iter().all(|v| v.is_finite()) {
                    let turned = (p[0], p[1]) > (q[0], q[1]);
                    let (p, q) = if turned { (q, p) } else { (p, q) };
                    out.push(OneSegment {
                        p,
                        q,
                        weight: self.weights[line],
                        line: line as u32,
                        first,
                        turned,
                    });
                }
            }
        }
        out
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

    /// One of each group of identical segments, and the others.
    fn without_copies(&self, mut all: Vec<OneSegment>) -> (Vec<OneSegment>, Vec<Gone>) {
        all.par_sort_unstable_by(|a, b| {
            by_place(a, b)
                .then_with(|| b.weight.total_cmp(&a.weight))
                .then_with(|| if a.line == b.line { Ordering::Equal } else { self.compare(a.line, b.line) })
                .then(a.line.cmp(&b.line))
                .then(a.first.cmp(&b.first))
        });
        let (mut kept, mut gone) = (Vec::with_capacity(all.len()), vec![]);
        for same in all.chunk_by(|a, b| (a.p, a.q) == (b.p, b.q)) {
            kept.push(same[0]);
            let whole = |s: &OneSegment| Gone {
                line: s.line,
                first: s.first,
                covered: vec![(0.0, 1.0)],
                turned: false,
            };
            gone.extend(same[1..].iter().map(whole));
        }
        (kept, gone)
    }

    /// The lines without what is gone, cut where that begins and ends.
    fn without(&self, gone: &[Gone]) -> LinesOnce {
        let mut out = LinesOnce { offsets: vec![0], ..LinesOnce::default() };
        let mut doubled = ExactSum::new();
        let mut next = gone.iter().peekable();
        for (line, ends) in self.offsets.windows(2).enumerate() {
            let mut run: Vec<[f64; 2]> = vec![];
            for i in ends[0]..ends[1] {
                let here = [self.xs[i as usize], self.ys[i as usize]];
                run.push(here);
                let Some(gone) = next.next_if(|g| (g.line, g.first) == (line as u32, i)) else { continue };
                let to = [self.xs[i as usize + 1], self.ys[i as usize + 1]];
                let length = (to[0] - here[0]).hypot(to[1] - here[1]);
                let at = |t: f64| [here[0] + (to[0] - here[0]) * t, here[1] + (to[1] - here[1]) * t];
                let turned = gone.covered.iter().rev().map(|(from, to)| (1.0 - to, 1.0 - from));
                let covered: Vec<(f64, f64)> =
                    if gone.turned { turned.collect() } else { gone.covered.clone() };
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

/// Intervals joined where they meet.
fn merged(mut intervals: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    intervals.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut out: Vec<(f64, f64)> = vec![];
    for (from, to) in intervals {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

/// Segments by square cell.
struct SegmentIndex<'a> {
    segments: &'a [OneSegment],
    cell: f64,
    /// Cell and segment, ascending.
    entries: Vec<([i64; 2], u32)>,
    /// Segments over so many cells that they are in none.
    long: Vec<u32>,
}

impl<'a> SegmentIndex<'a> {
    /// Cells of twice the median length, at least 1 m.
    fn new(segments: &'a [OneSegment]) -> Self {
        let mut lengths: Vec<f64> = segments.iter().map(length).collect();
        let middle = lengths.len() / 2;
        let median =
            if lengths.is_empty() { 0.0 } else { *lengths.select_nth_unstable_by(middle, f64::total_cmp).1 };
        let mut index = Self { segments, cell: (2.0 * median).max(1.0), entries: vec![], long: vec![] };
        let is_long = |k: &u32| length(&segments[*k as usize]) > MANY_CELLS * index.cell;
        let (long, short): (Vec<u32>, Vec<u32>) = (0..segments.len() as u32).partition(is_long);
        let entries =
            short.par_iter().flat_map_iter(|&k| index.cells(&segments[k as usize]).map(move |c| (c, k)));
        let mut entries: Vec<([i64; 2], u32)> = entries.collect();
        entries.par_sort_unstable();
        (index.entries, index.long) = (entries, long);
        index
    }

    /// Cells that a segment passes, or passes by within the tolerance.
    fn cells(&self, s: &OneSegment) -> impl Iterator<Item = [i64; 2]> + use<> {
        let cell = self.cell;
        let of = move |v: f64| (v / cell).floor() as i64;
        let (p, q) = (s.p, s.q);
        let (south, north) = (p[1].min(q[1]), p[1].max(q[1]));
        let at = move |y: f64| {
            let x = p[0] + (q[0] - p[0]) * ((y - p[1]) / (q[1] - p[1]));
            if x.is_finite() { x.clamp(p[0], q[0]) } else { p[0] }
        };
        (of(south - ALONG_M)..=of(north + ALONG_M)).flat_map(move |row| {
            let (low, high) = (row as f64 * cell - ALONG_M, (row + 1) as f64 * cell + ALONG_M);
            let (west, east) = if south < north {
                let (u, v) = (at(low.max(south)), at(high.min(north)));
                (u.min(v), u.max(v))
            } else {
                (p[0], q[0])
            };
            (of(west - ALONG_M)..=of(east + ALONG_M)).map(move |col| [col, row])
        })
    }

    /// Calls `f` with every segment that may lie along segment `k`, some several times, `k` among them.
    fn for_each_near(&self, k: usize, mut f: impl FnMut(usize)) {
        let s = &self.segments[k];
        self.long.iter().for_each(|&j| f(j as usize));
        if length(s) > MANY_CELLS * self.cell {
            // Long itself: found from the other side only if that one is looked at too.
            (0..self.segments.len()).for_each(f);
            return;
        }
        for cell in self.cells(s) {
            let from = self.entries.partition_point(|(c, _)| *c < cell);
            let here = self.entries[from..].iter().take_while(|(c, _)| *c == cell);
            here.for_each(|(_, j)| f(*j as usize));
        }
    }
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
    fn a_hundred_thousand_segments_look_at_a_few_neighbours_each() {
        // Streets every 50 m in blocks of 50 m, and one line across them all.
        let street = |k: u32| {
            let (x, y) = (f64::from(k % 316) * 50.0, f64::from(k / 316) * 50.0);
            OneSegment { p: [x, y], q: [x + 50.0, y], weight: 1.0, line: k, first: 0, turned: false }
        };
        let mut all: Vec<OneSegment> = (0..100_000).map(street).collect();
        all.push(OneSegment { p: [-1e7, 3.0], q: [1e7, 2e5], ..street(0) });
        let index = SegmentIndex::new(&all);
        let mut looked_at = 0usize;
        (0..100_000).for_each(|k| index.for_each_near(k, |_| looked_at += 1));
        assert!(looked_at < 60 * 100_000, "{looked_at}");
    }
}
