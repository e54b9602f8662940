//! Area of a feature in each zone: the trapezoid pair sum, local to the feature's box.
//!
//! The indicator of a polygon is the signed sum of the strips below its edges. Hence
//! `area(P ∩ Z) = Σ_a Σ_b s_a s_b ∫ min(y_a(x), y_b(x)) dx` over the common range of x, with y measured from the south
//! side of P's box. Zone edges below the box add nothing; zone edges above it act as a lid on the box, which is present
//! where the zone contains the box's north side: there is no node, no predicate, and no special case for coincident edges.

use crate::Coverage;
use crate::ring::{FeatureShape, for_each_edge};
use crate::row_sink::RowSink;
use crate::zone_index::{ZoneEdge, ZoneIndex};

/// Pieces below this share of the feature's box are not told from zero.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// From this many pairs on, zone pieces are looked up by easting.
const MANY_PAIRS: usize = 4096;

/// An edge, or part of one, over `west..east` in local coordinates; the strip below it counts `sign` times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strip {
    pub west: f64,
    pub east: f64,
    pub y_west: f64,
    pub y_east: f64,
    pub slope: f64,
    pub sign: f64,
}

impl Strip {
    /// The strip below the edge a → b; `sign` is that of an edge running west (ground below it inside).
    /// `None` for a vertical edge.
    pub fn new(a: [f64; 2], b: [f64; 2], sign: f64) -> Option<Self> {
        let (w, e, sign) = if a[0] < b[0] { (a, b, -sign) } else { (b, a, sign) };
        let width = e[0] - w[0];
        (width > 0.0).then(|| Self {
            west: w[0],
            east: e[0],
            y_west: w[1],
            y_east: e[1],
            slope: (e[1] - w[1]) / width,
            sign,
        })
    }

    /// Height at `x`, kept between the end heights.
    #[inline]
    fn y(&self, x: f64) -> f64 {
        let y = self.y_west + (x - self.west) * self.slope;
        let (lo, hi) =
            if self.y_west < self.y_east { (self.y_west, self.y_east) } else { (self.y_east, self.y_west) };
        let y = if y < lo { lo } else { y };
        if y > hi { hi } else { y }
    }

    /// `s_a s_b ∫ min(y_a, y_b) dx` over the common range.
    #[inline]
    pub fn common_area(&self, other: &Self) -> f64 {
        let west = if self.west > other.west { self.west } else { other.west };
        let east = if self.east < other.east { self.east } else { other.east };
        if west >= east {
            return 0.0;
        }
        let (a_w, a_e, b_w, b_e) = (self.y(west), self.y(east), other.y(west), other.y(east));
        let (d_w, d_e) = (a_w - b_w, a_e - b_e);
        let lower = |a: f64, b: f64| if a < b { a } else { b };
        let chord = 0.5 * (lower(a_w, b_w) + lower(a_e, b_e));
        // min is concave: where the edges cross it rises above the chord by a triangle.
        let bulge = if d_w * d_e < 0.0 { 0.5 * (d_w * d_e).abs() / (d_w.abs() + d_e.abs()) } else { 0.0 };
        self.sign * other.sign * (east - west) * (chord + bulge)
    }
}

/// A frame with its origin at the south-west corner of a box.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub origin: [f64; 2],
    pub width: f64,
    pub height: f64,
    /// Northing of the north side, not rounded.
    north: f64,
}

impl Frame {
    pub fn of(bounds: [f64; 4]) -> Self {
        let [west, south, east, north] = bounds;
        Self { origin: [west, south], width: east - west, height: north - south, north }
    }

    #[inline]
    pub fn local(&self, p: [f64; 2]) -> [f64; 2] {
        [p[0] - self.origin[0], p[1] - self.origin[1]]
    }

    /// Strips of a feature that lies in the frame.
    pub fn strips_of(&self, coverage: &Coverage, shape: &FeatureShape, out: &mut Vec<Strip>) {
        out.clear();
        for ring in &shape.rings {
            let (xs, ys) = coverage.ring(ring.ring);
            for_each_edge(xs, ys, |xa, ya, xb, yb| {
                out.extend(Strip::new(self.local([xa, ya]), self.local([xb, yb]), ring.weight));
            });
        }
    }

    /// The part of a (lower end first) edge inside the frame as a strip.
    pub fn clip(&self, e: &ZoneEdge) -> Option<Strip> {
        let (a, b) = (self.local(e.a), self.local(e.b));
        if b[1] <= 0.0 || a[1] >= self.height || a[0].max(b[0]) <= 0.0 || a[0].min(b[0]) >= self.width {
            return None;
        }
        let slope = (b[0] - a[0]) / (b[1] - a[1]);
        let from = if a[1] < 0.0 { [between(a[0] - a[1] * slope, a[0], b[0]), 0.0] } else { a };
        let to = if b[1] > self.height { [self.crossing(a, b), self.height] } else { b };
        let strip = Strip::new(from, to, e.winding)?;
        let (west, east) = (strip.west.max(0.0), strip.east.min(self.width));
        (west < east).then(|| Strip { west, east, y_west: strip.y(west), y_east: strip.y(east), ..strip })
    }

    /// The strip below the north side where the edge runs above the frame.
    pub fn lid_below(&self, e: &ZoneEdge) -> Option<Strip> {
        let (a, b) = (self.local(e.a), self.local(e.b));
        if b[1] < self.height {
            return None;
        }
        let from = if a[1] < self.height { self.crossing(a, b) } else { a[0] };
        let strip = Strip::new([from, self.height], [b[0], self.height], e.winding)?;
        let (west, east) = (strip.west.max(0.0), strip.east.min(self.width));
        (west < east).then_some(Strip { west, east, ..strip })
    }

    /// Easting where a lower-end-first edge in local coordinates crosses the north side.
    fn crossing(&self, a: [f64; 2], b: [f64; 2]) -> f64 {
        between(a[0] + (self.height - a[1]) * ((b[0] - a[0]) / (b[1] - a[1])), a[0], b[0])
    }
}

fn between(v: f64, p: f64, q: f64) -> f64 {
    v.clamp(p.min(q), p.max(q))
}

/// Scratch of one thread.
#[derive(Debug, Default)]
pub(crate) struct ZoneScratch {
    local_edges: Vec<u32>,
    parcel: Vec<Strip>,
    zone: Vec<Strip>,
    steps: Vec<(f64, f64)>,
    pairs: PairSum,
}

/// Appends the row of one measured feature to `out`.
pub(crate) fn overlap_feature(
    coverage: &Coverage,
    shape: &FeatureShape,
    index: &ZoneIndex,
    scratch: &mut ZoneScratch,
    out: &mut RowSink,
) {
    if shape.rings.is_empty() {
        out.end_row(0.0, 0.0);
        return;
    }
    let [x0, y0, x1, y1] = shape.bounds;
    let (c0, c1, r0, r1) = (index.col(x0), index.col(x1), index.row(y0), index.row(y1));
    if index.is_empty_rect(r0..=r1, c0, c1) {
        whole(shape, index.label(r1, c0), out);
        return;
    }
    gather(index, shape.bounds, (c0, c1, r0, r1), &mut scratch.local_edges);
    split(coverage, shape, index, (r1, c0), scratch, out);
}

/// The feature lies in a region of constant label.
fn whole(shape: &FeatureShape, label: &[(u32, f64)], out: &mut RowSink) {
    if shape.area > 0.0 {
        label.iter().filter(|l| l.1 > 0.0).for_each(|&(zone, times)| out.push(zone, times * shape.area));
    }
    let outside = if label.is_empty() { shape.area } else { 0.0 };
    out.end_row(shape.area, outside);
}

/// Edges of the north-western cell, and those of the other cells under the box that meet it; ascending, once each.
fn gather(
    index: &ZoneIndex,
    [x0, y0, x1, y1]: [f64; 4],
    (c0, c1, r0, r1): (usize, usize, usize, usize),
    out: &mut Vec<u32>,
) {
    out.clear();
    for row in r0..=r1 {
        for col in c0..=c1 {
            let edges = index.edges_in(row, col);
            if (row, col) == (r1, c0) {
                out.extend_from_slice(edges);
                continue;
            }
            out.extend(edges.iter().filter(|&&k| {
                let e = &index.edges[k as usize];
                e.b[1] >= y0 && e.a[1] <= y1 && e.a[0].max(e.b[0]) >= x0 && e.a[0].min(e.b[0]) <= x1
            }));
        }
    }
    out.sort_unstable();
    out.dedup();
}

/// Sums zone by zone: zones around the north-western cell's centre and zones with a local edge, ascending.
fn split(
    coverage: &Coverage,
    shape: &FeatureShape,
    index: &ZoneIndex,
    (row, col): (usize, usize),
    scratch: &mut ZoneScratch,
    out: &mut RowSink,
) {
    let frame = Frame::of(shape.bounds);
    let centre = index.centre(row, col);
    let rounding = ROUNDING * frame.width * frame.height;
    let label = index.label(row, col);
    let ZoneScratch { local_edges, parcel, zone: strips, steps, pairs } = scratch;
    parcel.clear();
    let mut groups =
        local_edges.chunk_by(|&p, &q| index.edges[p as usize].zone == index.edges[q as usize].zone);
    let mut group = groups.next();
    let mut labelled = label.iter().peekable();
    loop {
        let by_edge = group.map(|g| index.edges[g[0] as usize].zone);
        let by_label = labelled.peek().map(|l| l.0);
        let Some(zone) = by_edge.into_iter().chain(by_label).min() else { break };
        let winding = labelled.next_if(|l| l.0 == zone).map_or(0.0, |l| l.1);
        let edges = if by_edge == Some(zone) {
            let g = group.unwrap_or_default();
            group = groups.next();
            g
        } else {
            &[]
        };
        let lid = local_boundary(index, edges, &frame, (centre, winding), strips, steps);
        let mut area = lid * shape.area;
        if !strips.is_empty() {
            if parcel.is_empty() {
                frame.strips_of(coverage, shape, parcel);
            }
            area += pairs.sum(parcel, strips, frame.width);
        }
        if area > rounding {
            let covers_all = (area - shape.area).abs() <= rounding;
            out.push(zone, if covers_all { shape.area } else { area });
        }
    }
    let rest = shape.area - out.row_sum();
    out.end_row(shape.area, if rest > rounding { rest } else { 0.0 });
}

/// Fills `strips` with the zone's edges inside the frame and the changes of its lid; returns the lid at the north-west corner.
///
/// The zone's winding number is known at the centre of the north-western cell. From there the way leads along the meridian to
/// the level of the north side, with exact tests, and along that level to both sides.
fn local_boundary(
    index: &ZoneIndex,
    edges: &[u32],
    frame: &Frame,
    (centre, winding): ([f64; 2], f64),
    strips: &mut Vec<Strip>,
    steps: &mut Vec<(f64, f64)>,
) -> f64 {
    strips.clear();
    steps.clear();
    let north = frame.north;
    let bend = [centre[0], north];
    let mut lid = winding;
    for &k in edges {
        let e = &index.edges[k as usize];
        strips.extend(frame.clip(e));
        lid += e.change_along_meridian(centre, bend);
        if e.crosses(north) {
            let x = frame.crossing(frame.local(e.a), frame.local(e.b));
            // Going east across the edge changes the winding number by −e.winding.
            match (e.has_west(bend), x > 0.0) {
                (true, false) => lid -= e.winding,
                (false, true) => lid += e.winding,
                _ => {}
            }
            if x > 0.0 && x < frame.width {
                steps.push((x, -e.winding));
            }
        }
    }
    add_lid_changes(frame, steps, strips);
    lid
}

/// Turns the steps of the lid into strips at the height of the frame, where it differs from its value in the corner.
fn add_lid_changes(frame: &Frame, steps: &mut [(f64, f64)], strips: &mut Vec<Strip>) {
    steps.sort_unstable_by(|p, q| p.0.total_cmp(&q.0));
    let mut change = 0.0;
    for (k, &(west, step)) in steps.iter().enumerate() {
        change += step;
        let east = steps.get(k + 1).map_or(frame.width, |s| s.0);
        if change != 0.0 && west < east {
            let (y_west, y_east) = (frame.height, frame.height);
            strips.push(Strip { west, east, y_west, y_east, slope: 0.0, sign: change });
        }
    }
}

/// The double sum; looks up candidates by easting when both sides are long.
#[derive(Debug, Default)]
pub(crate) struct PairSum {
    bucket_off: Vec<u32>,
    bucket: Vec<u32>,
}

impl PairSum {
    /// Sum over all pairs; compensated, so that long boundaries lose nothing.
    pub fn sum(&mut self, ours: &[Strip], theirs: &[Strip], width: f64) -> f64 {
        let mut total = Compensated::default();
        if ours.len() * theirs.len() < MANY_PAIRS {
            for a in ours {
                total.add(theirs.iter().map(|b| a.common_area(b)).sum());
            }
            return total.value();
        }
        let buckets = theirs.len().clamp(1, 1 << 16);
        let per_m = buckets as f64 / width;
        let of = |x: f64| ((x * per_m).max(0.0) as usize).min(buckets - 1);
        self.fill(theirs, buckets, of);
        for a in ours {
            let mut part = 0.0;
            for k in of(a.west)..=of(a.east) {
                for &j in &self.bucket[self.bucket_off[k] as usize..self.bucket_off[k + 1] as usize] {
                    let b = &theirs[j as usize];
                    // A pair is counted in the first bucket that both share.
                    if of(a.west.max(b.west)) == k {
                        part += a.common_area(b);
                    }
                }
            }
            total.add(part);
        }
        total.value()
    }

    fn fill(&mut self, strips: &[Strip], buckets: usize, of: impl Fn(f64) -> usize) {
        self.bucket_off.clear();
        self.bucket_off.resize(buckets + 1, 0);
        for s in strips {
            (of(s.west)..=of(s.east)).for_each(|k| self.bucket_off[k + 1] += 1);
        }
        for k in 1..=buckets {
            self.bucket_off[k] += self.bucket_off[k - 1];
        }
        let mut next = self.bucket_off.clone();
        self.bucket.clear();
        self.bucket.resize(self.bucket_off[buckets] as usize, 0);
        for (j, s) in strips.iter().enumerate() {
            for n in &mut next[of(s.west)..=of(s.east)] {
                self.bucket[*n as usize] = j as u32;
                *n += 1;
            }
        }
    }
}

/// Neumaier's sum.
#[derive(Debug, Default, Clone, Copy)]
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost +=
            if self.sum.abs() >= term.abs() { (self.sum - sum) + term } else { (term - sum) + self.sum };
        self.sum = sum;
    }

    fn value(self) -> f64 {
        self.sum + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OverlapMatrix, overlap_zones};

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    }

    fn layer(features: &[Vec<Vec<Vec<[f64; 2]>>>]) -> Coverage {
        let mut c = Coverage::new();
        for f in features {
            c.push_rings(f);
        }
        c
    }

    fn close(m: &OverlapMatrix, i: usize, expected: &[(u32, f64)]) {
        let (t, a) = m.row(i);
        assert_eq!(t, expected.iter().map(|e| e.0).collect::<Vec<_>>(), "{a:?}");
        for (a, e) in a.iter().zip(expected) {
            assert!((a - e.1).abs() < 1e-11 * e.1.max(1.0), "{a} {}", e.1);
        }
    }

    #[test]
    fn a_parcel_across_two_zones_is_split_by_the_common_boundary() {
        let zones =
            layer(&[vec![vec![rect(0.0, 0.0, 50.0, 100.0)]], vec![vec![rect(50.0, 0.0, 100.0, 100.0)]]]);
        let parcels = layer(&[
            vec![vec![rect(40.0, 10.0, 70.0, 20.0)]],
            vec![vec![rect(10.0, 10.0, 20.0, 20.0)]],
            vec![vec![rect(90.0, 90.0, 110.0, 110.0)]],
            vec![vec![rect(200.0, 0.0, 210.0, 10.0)]],
        ]);
        let m = overlap_zones(&parcels, &zones);
        close(&m, 0, &[(0, 100.0), (1, 200.0)]);
        close(&m, 1, &[(0, 100.0)]);
        close(&m, 2, &[(1, 100.0)]);
        close(&m, 3, &[]);
        assert_eq!(m.outside_m2[..2], [0.0, 0.0]);
        assert!((m.outside_m2[2] - 300.0).abs() < 1e-9);
        assert_eq!(m.outside_m2[3], 100.0);
    }

    #[test]
    fn parcel_boundaries_on_the_zone_boundary_leave_no_sliver() {
        let zones = layer(&[vec![vec![vec![[0.0, 0.0], [90.0, 30.0], [0.0, 60.0], [0.0, 0.0]]]]]);
        // Inside and outside, sharing the oblique edge.
        let parcels = layer(&[
            vec![vec![vec![[0.0, 0.0], [90.0, 30.0], [0.0, 30.0], [0.0, 0.0]]]],
            vec![vec![vec![[0.0, 0.0], [90.0, 0.0], [90.0, 30.0], [0.0, 0.0]]]],
        ]);
        let m = overlap_zones(&parcels, &zones);
        close(&m, 0, &[(0, 1350.0)]);
        close(&m, 1, &[]);
        assert_eq!(m.outside_m2, [0.0, 1350.0]);
    }

    #[test]
    fn overlapping_zones_both_count_and_the_excess_is_reported() {
        let zones =
            layer(&[vec![vec![rect(0.0, 0.0, 60.0, 60.0)]], vec![vec![rect(40.0, 0.0, 100.0, 60.0)]]]);
        let parcels =
            layer(&[vec![vec![rect(30.0, 10.0, 70.0, 20.0)]], vec![vec![rect(45.0, 10.0, 55.0, 20.0)]]]);
        let m = overlap_zones(&parcels, &zones);
        close(&m, 0, &[(0, 300.0), (1, 300.0)]);
        close(&m, 1, &[(0, 100.0), (1, 100.0)]);
        assert_eq!(m.outside_m2, [0.0, 0.0]);
        assert!((m.overcovered_m2[0] - 200.0).abs() < 1e-9 && (m.overcovered_m2[1] - 100.0).abs() < 1e-9);
        let s = m.spread(&[7.0, 2.0]);
        assert!((s.per_target.iter().sum::<f64>() + s.outside - 9.0).abs() < 1e-12);
    }

    #[test]
    fn a_hole_in_a_zone_is_outside_and_a_zone_inside_the_parcel_is_found() {
        let zones = layer(&[
            vec![vec![rect(0.0, 0.0, 100.0, 100.0), rect(20.0, 20.0, 80.0, 80.0)]],
            vec![vec![rect(40.0, 40.0, 60.0, 60.0)]],
        ]);
        let parcels = layer(&[
            vec![vec![rect(10.0, 10.0, 90.0, 90.0)]],
            vec![vec![rect(30.0, 30.0, 35.0, 35.0)]],
            vec![vec![rect(-10.0, -10.0, 110.0, 110.0), rect(50.0, 50.0, 55.0, 55.0)]],
        ]);
        let m = overlap_zones(&parcels, &zones);
        close(&m, 0, &[(0, 2800.0), (1, 400.0)]);
        close(&m, 1, &[]);
        close(&m, 2, &[(0, 6400.0), (1, 375.0)]);
        assert!((m.outside_m2[0] - 3200.0).abs() < 1e-9);
        assert!((m.outside_m2[2] - (14400.0 - 25.0 - 6775.0)).abs() < 1e-9);
    }

    #[test]
    fn long_boundaries_on_both_sides_use_the_bucketed_sum_and_agree_with_the_plain_one() {
        let comb = |n: u32, y0: f64, y1: f64| -> Vec<[f64; 2]> {
            let mut ring: Vec<[f64; 2]> = (0..=n)
                .map(|i| [f64::from(i) * 100.0 / f64::from(n), if i % 2 == 0 { y0 } else { y1 }])
                .collect();
            ring.extend([[100.0, -50.0], [0.0, -50.0], [0.0, y0]]);
            ring
        };
        let zones = layer(&[vec![vec![comb(350, 10.0, 40.0)]]]);
        let parcels = layer(&[vec![vec![comb(271, 5.0, 45.0)]]]);
        let m = overlap_zones(&parcels, &zones);
        let (mut shape, mut p, mut z) = (FeatureShape::default(), vec![], vec![]);
        shape.measure(&parcels, 0);
        let frame = Frame::of(shape.bounds);
        frame.strips_of(&parcels, &shape, &mut p);
        shape.measure(&zones, 0);
        frame.strips_of(&zones, &shape, &mut z);
        let plain: f64 = p.iter().flat_map(|a| z.iter().map(move |b| a.common_area(b))).sum();
        assert!(p.len() * z.len() > MANY_PAIRS);
        assert!((m.areas_m2[0] / plain - 1.0).abs() < 1e-12, "{} {plain}", m.areas_m2[0]);
    }

    #[test]
    fn strips_integrate_the_lower_of_two_crossing_edges() {
        let a = Strip::new([1.0, 1.0], [0.0, 0.0], 1.0).unwrap();
        let b = Strip::new([1.0, 0.0], [0.0, 1.0], 1.0).unwrap();
        assert_eq!(a.common_area(&b), 0.25);
        assert!(Strip::new([1.0, 0.0], [1.0, 5.0], 1.0).is_none());
    }
}
