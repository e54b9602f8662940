//! Which polygons touch: neighbours over edges (rook) and over corners too (queen), within a tolerance.
//!
//! Vertices need not match: a corner of one polygon may lie on an edge of the other, and a border may be digitised twice.

use crate::Coverage;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Two polygons whose outlines come closer than the tolerance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// The polygon with the lower index.
    pub a: u32,
    /// The other one.
    pub b: u32,
    /// Length of the outlines that run along each other within the tolerance, m.
    pub shared_m: f64,
}

impl Contact {
    /// True if they share more than a corner; at a corner two outlines run together for a few tolerances at most.
    pub fn over_edge(&self, tolerance_m: f64) -> bool {
        self.shared_m > 10.0 * tolerance_m
    }
}

/// A straight piece of an outline.
#[derive(Debug, Clone, Copy)]
struct Segment {
    owner: u32,
    a: [f64; 2],
    b: [f64; 2],
}

/// Pairs of polygons that touch within `tolerance_m`, ascending, with the length they share.
///
/// # Examples
/// ```
/// use carbonzone_geom::{Coverage, contacts};
/// let square = |x: f64, y: f64| vec![vec![vec![[x, y], [x + 9.0, y], [x + 9.0, y + 9.0], [x, y + 9.0], [x, y]]]];
/// let mut coverage = Coverage::new();
/// for (x, y) in [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0)] {
///     coverage.push_rings(&square(x, y));
/// }
/// let found = contacts(&coverage, 0.01);
/// assert_eq!(found.iter().map(|c| (c.a, c.b, c.over_edge(0.01))).collect::<Vec<_>>(), [(0, 1, true), (0, 2, false), (1, 2, true)]);
/// ```
pub fn contacts(coverage: &Coverage, tolerance_m: f64) -> Vec<Contact> {
    let segments = segments(coverage);
    let size = bucket_size(coverage, &segments, tolerance_m);
    let mut buckets: BTreeMap<(i64, i64), Vec<u32>> = BTreeMap::new();
    for (k, segment) in segments.iter().enumerate() {
        let [x0, y0, x1, y1] = boxed(segment, tolerance_m).map(|v| (v / size).floor() as i64);
        for x in x0..=x1 {
            for y in y0..=y1 {
                buckets.entry((x, y)).or_default().push(k as u32);
            }
        }
    }
    let buckets: Vec<((i64, i64), Vec<u32>)> = buckets.into_iter().collect();
    let found: Vec<Vec<(u32, u32, f64)>> = buckets
        .par_iter()
        .map(|(at, members)| of_bucket(&segments, *at, members, size, tolerance_m))
        .collect();
    let mut shared: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for (a, b, metres) in found.into_iter().flatten() {
        *shared.entry((a, b)).or_default() += metres;
    }
    shared.into_iter().map(|((a, b), shared_m)| Contact { a, b, shared_m }).collect()
}

fn segments(coverage: &Coverage) -> Vec<Segment> {
    let mut out = Vec::new();
    for owner in 0..coverage.len() {
        for ring in coverage.rings(owner) {
            for (x, y) in ring.xs.windows(2).zip(ring.ys.windows(2)) {
                let (a, b) = ([x[0], y[0]], [x[1], y[1]]);
                if a != b {
                    out.push(Segment { owner: owner as u32, a, b });
                }
            }
        }
    }
    out
}

/// Twice the mean length of a segment, and no more than about four million buckets.
fn bucket_size(coverage: &Coverage, segments: &[Segment], tolerance_m: f64) -> f64 {
    let length: f64 = segments.iter().map(|s| (s.b[0] - s.a[0]).hypot(s.b[1] - s.a[1])).sum();
    let [x0, y0, x1, y1] = coverage.total_bounds().unwrap_or_default();
    let mean = length / segments.len().max(1) as f64;
    (2.0 * mean).max((x1 - x0).max(y1 - y0) / 2048.0).max(10.0 * tolerance_m).max(f64::MIN_POSITIVE)
}

/// Box of a segment, wider by half a tolerance on all sides: boxes of segments within the tolerance meet.
fn boxed(s: &Segment, tolerance_m: f64) -> [f64; 4] {
    let half = tolerance_m / 2.0;
    [
        s.a[0].min(s.b[0]) - half,
        s.a[1].min(s.b[1]) - half,
        s.a[0].max(s.b[0]) + half,
        s.a[1].max(s.b[1]) + half,
    ]
}

/// Contacts of the segments of a bucket; a pair belongs to the bucket in which the common part of its boxes begins.
fn of_bucket(
    segments: &[Segment],
    at: (i64, i64),
    members: &[u32],
    size: f64,
    tolerance_m: f64,
) -> Vec<(u32, u32, f64)> {
    let mut out = Vec::new();
    for (k, i) in members.iter().enumerate() {
        let s = &segments[*i as usize];
        let own = boxed(s, tolerance_m);
        for j in &members[k + 1..] {
            let t = &segments[*j as usize];
            let other = boxed(t, tolerance_m);
            let (x0, y0) = (own[0].max(other[0]), own[1].max(other[1]));
            let (x1, y1) = (own[2].min(other[2]), own[3].min(other[3]));
            let here = ((x0 / size).floor() as i64, (y0 / size).floor() as i64) == at;
            if s.owner == t.owner || !here || x0 > x1 || y0 > y1 {
                continue;
            }
            if let Some(metres) = together(s, t, tolerance_m) {
                out.push((s.owner.min(t.owner), s.owner.max(t.owner), metres));
            }
        }
    }
    out
}

/// Length that two segments run within the tolerance of each other; `None` if they come nowhere so close.
fn together(s: &Segment, t: &Segment, tolerance_m: f64) -> Option<f64> {
    let ends = [
        (to_segment(t.a, s), t.a),
        (to_segment(t.b, s), t.b),
        (to_segment(s.a, t), s.a),
        (to_segment(s.b, t), s.b),
    ];
    let near: Vec<[f64; 2]> = ends.into_iter().filter(|(d, _)| *d <= tolerance_m).map(|(_, p)| p).collect();
    if near.is_empty() {
        return cross(s, t).then_some(0.0);
    }
    // The common part begins and ends at ends of the segments.
    let length = (s.b[0] - s.a[0]).hypot(s.b[1] - s.a[1]);
    let along =
        |p: &[f64; 2]| ((p[0] - s.a[0]) * (s.b[0] - s.a[0]) + (p[1] - s.a[1]) * (s.b[1] - s.a[1])) / length;
    let (low, high) = near
        .iter()
        .map(along)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    Some(high - low)
}

/// Distance of a point to a segment.
fn to_segment(p: [f64; 2], s: &Segment) -> f64 {
    let (dx, dy) = (s.b[0] - s.a[0], s.b[1] - s.a[1]);
    let at = (((p[0] - s.a[0]) * dx + (p[1] - s.a[1]) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (p[0] - s.a[0] - at * dx).hypot(p[1] - s.a[1] - at * dy)
}

/// True if the segments cross properly.
fn cross(s: &Segment, t: &Segment) -> bool {
    let side = |a: [f64; 2], b: [f64; 2], p: [f64; 2]| {
        ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])).signum()
    };
    side(s.a, s.b, t.a) * side(s.a, s.b, t.b) < 0.0 && side(t.a, t.b, s.a) * side(t.a, t.b, s.b) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<Vec<Vec<[f64; 2]>>> {
        vec![vec![vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]]
    }

    fn pairs(shapes: &[[f64; 4]], tolerance_m: f64) -> Vec<(u32, u32, bool)> {
        let mut coverage = Coverage::new();
        for [x0, y0, x1, y1] in shapes {
            coverage.push_rings(&rectangle(*x0, *y0, *x1, *y1));
        }
        let found = contacts(&coverage, tolerance_m);
        found.into_iter().map(|c| (c.a, c.b, c.over_edge(tolerance_m))).collect()
    }

    #[test]
    fn a_corner_in_the_middle_of_an_edge_is_a_contact_over_the_edge() {
        // One long neighbour below two short ones: no common corner between 0 and the gap of 1 and 2.
        let found =
            pairs(&[[0.0, 0.0, 100.0, 10.0], [10.0, 10.0, 50.0, 20.0], [50.0, 10.0, 90.0, 20.0]], 0.5);
        assert_eq!(found, [(0, 1, true), (0, 2, true), (1, 2, true)]);
    }

    #[test]
    fn a_gap_within_the_tolerance_is_none_and_a_wider_one_is() {
        // Two metres of border and what comes together at its ends are less than ten tolerances.
        assert_eq!(pairs(&[[0.0, 0.0, 2.0, 2.0], [2.4, 0.0, 5.0, 2.0]], 0.5), [(0, 1, false)]);
        assert_eq!(pairs(&[[0.0, 0.0, 90.0, 90.0], [90.4, 0.0, 200.0, 90.0]], 0.5), [(0, 1, true)]);
        assert_eq!(pairs(&[[0.0, 0.0, 90.0, 90.0], [91.0, 0.0, 200.0, 90.0]], 0.5), []);
    }

    #[test]
    fn overlapping_outlines_that_cross_are_neighbours_over_a_corner() {
        assert_eq!(pairs(&[[0.0, 0.0, 100.0, 100.0], [50.0, 40.0, 150.0, 140.0]], 0.5), [(0, 1, false)]);
    }

    #[test]
    fn cells_of_a_grid_have_the_neighbours_of_a_grid_far_from_the_origin() {
        let (x, y) = (586_000.3, 3_480_000.7);
        let cells: Vec<[f64; 4]> = (0..12)
            .map(|i| {
                let (c, r) = (f64::from(i % 4), f64::from(i / 4));
                [x + c * 100.0, y + r * 100.0, x + (c + 1.0) * 100.0, y + (r + 1.0) * 100.0]
            })
            .collect();
        let found = pairs(&cells, 0.5);
        let wanted = |over_edge: bool| {
            let mut out = Vec::new();
            for a in 0..12i32 {
                for b in a + 1..12 {
                    let (dx, dy) = ((a % 4 - b % 4).abs(), (a / 4 - b / 4).abs());
                    if dx.max(dy) == 1 && (dx + dy == 1) == over_edge {
                        out.push((a as u32, b as u32));
                    }
                }
            }
            out
        };
        let of = |over_edge: bool| {
            found.iter().filter(|c| c.2 == over_edge).map(|c| (c.0, c.1)).collect::<Vec<_>>()
        };
        assert_eq!((of(true), of(false)), (wanted(true), wanted(false)));
    }
}
