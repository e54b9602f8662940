//! Ring measures shared by all kernels: signed area, box, and the weight that makes a ring count.

use crate::Coverage;
use crate::ring_blocks::{BLOCK as LONG_BLOCK, Blocks, for_each_bit};
use crate::ring_box::{NOWHERE, area_and_bounds, union};
use robust::{Coord, orient2d};

/// A ring that counts: `weight * area` is positive for a shell and negative for a hole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeightedRing {
    /// Index into `Coverage::ring_off`.
    pub ring: usize,
    /// +1 or −1: turns the ring so that a shell is counter-clockwise and a hole clockwise.
    pub weight: f64,
    /// Signed area as stored, m².
    pub area: f64,
    /// `[x_min, y_min, x_max, y_max]`.
    pub bounds: [f64; 4],
}

/// Rings, area and box of one feature; reused as scratch.
#[derive(Debug, Default)]
pub(crate) struct FeatureShape {
    pub rings: Vec<WeightedRing>,
    /// Shells minus holes, m².
    pub area: f64,
    /// Box of all counting rings; infinite and empty if there is none.
    pub bounds: [f64; 4],
}

impl FeatureShape {
    /// Measures feature `i`: one pass over its coordinates.
    #[inline]
    pub fn measure(&mut self, coverage: &Coverage, i: usize) {
        self.rings.clear();
        (self.area, self.bounds) = (0.0, NOWHERE);
        for p in coverage.parts_of(i) {
            for ring in polygon_rings(coverage, p) {
                self.area += ring.weight * ring.area;
                self.bounds = union(self.bounds, ring.bounds);
                self.rings.push(ring);
            }
        }
    }
}

/// The counting rings of one part: none if the shell does not count.
pub(crate) fn polygon_rings(coverage: &Coverage, part: usize) -> impl Iterator<Item = WeightedRing> {
    let mut rings = coverage.rings_of(part);
    let shell = rings.next().and_then(|r| weighted(coverage, r, 1.0));
    let holes = if shell.is_some() { rings } else { 0..0 };
    shell.into_iter().chain(holes.filter_map(move |r| weighted(coverage, r, -1.0)))
}

fn weighted(coverage: &Coverage, ring: usize, role: f64) -> Option<WeightedRing> {
    let (xs, ys) = coverage.ring(ring);
    let (area, bounds) = ring_area(xs, ys);
    (area.is_finite() && area != 0.0).then(|| WeightedRing {
        ring,
        weight: role * area.signum(),
        area,
        bounds,
    })
}

/// Rings up to this many vertices are summed about one vertex.
const SHORT_RING: usize = 512;

/// Edges per block of a long ring.
const BLOCK: usize = 64;

/// Signed area (m²) and box of a ring. A long ring is cut into blocks, each closed by its chord and summed about its own first
/// vertex; the chords form a shorter ring. So a road parcel across a city loses no digits to its extent.
pub(crate) fn ring_area(xs: &[f64], ys: &[f64]) -> (f64, [f64; 4]) {
    if xs.len() <= SHORT_RING {
        return area_and_bounds(xs, ys);
    }
    let last = xs.len() - 1;
    let (mut area, mut bounds) = (0.0, NOWHERE);
    let (mut chord_x, mut chord_y) = (vec![], vec![]);
    for from in (0..last).step_by(BLOCK) {
        let to = (from + BLOCK).min(last);
        let (a, b) = area_and_bounds(&xs[from..=to], &ys[from..=to]);
        area += a;
        bounds = union(bounds, b);
        chord_x.push(xs[from]);
        chord_y.push(ys[from]);
    }
    chord_x.push(xs[last]);
    chord_y.push(ys[last]);
    (area + ring_area(&chord_x, &chord_y).0, bounds)
}

/// Calls `f(x_a, y_a, x_b, y_b)` for every edge, the closing one included.
#[inline]
pub(crate) fn for_each_edge(xs: &[f64], ys: &[f64], mut f: impl FnMut(f64, f64, f64, f64)) {
    let n = xs.len().min(ys.len());
    for i in 1..n {
        f(xs[i - 1], ys[i - 1], xs[i], ys[i]);
    }
    if n > 1 && (xs[n - 1] != xs[0] || ys[n - 1] != ys[0]) {
        f(xs[n - 1], ys[n - 1], xs[0], ys[0]);
    }
}

/// Vertices per mask in [`for_each_change`].
pub(crate) const MASK: usize = 64;

/// One bit per vertex of a mask.
pub(crate) const BITS: [u64; MASK] = {
    let mut bits = [0; MASK];
    let mut k = 0;
    while k < MASK {
        bits[k] = 1 << k;
        k += 1;
    }
    bits
};

/// Masks of up to 64 vertices for which each of the `sides` holds.
#[inline]
pub(crate) fn masks_of<const N: usize>(
    xs: &[f64],
    ys: &[f64],
    sides: impl Fn(f64, f64) -> [bool; N],
) -> [u64; N] {
    let mut masks = [0; N];
    for ((&x, &y), &bit) in xs.iter().zip(ys).zip(&BITS) {
        for (mask, side) in masks.iter_mut().zip(sides(x, y)) {
            *mask |= if side { bit } else { 0 };
        }
    }
    masks
}

/// Calls `f(from, to, side of to)` with the vertices of every edge whose ends lie on different sides of a line, the closing edge included.
///
/// `sides` gives the sides of up to 64 vertices as a mask. So the test of all vertices is free of branches, and the few edges
/// that cross are picked from the mask. Along a ring with `blocks` those are passed over of whose box `pass_over` says that
/// no edge in it crosses or counts.
#[inline]
pub(crate) fn for_each_change(
    (xs, ys): (&[f64], &[f64]),
    blocks: Blocks<'_>,
    pass_over: impl Fn([f64; 4]) -> bool,
    sides: impl Fn(&[f64], &[f64]) -> u64,
    mut f: impl FnMut(usize, usize, bool),
) {
    let n = xs.len().min(ys.len());
    if n == 0 {
        return;
    }
    if n <= MASK {
        return for_each_change_in(sides(xs, ys), n, f);
    }
    let mut stretch = |from: usize, to: usize| {
        let here = sides(&xs[from..=to], &ys[from..=to]);
        for_each_bit(changes_after_first(here, to - from), |k| f(from + k - 1, from + k, here >> k & 1 == 1));
    };
    if blocks.is_empty() {
        (0..n - 1).step_by(MASK - 1).for_each(|from| stretch(from, (from + MASK - 1).min(n - 1)));
    } else {
        blocks.for_each_near(pass_over, |from| stretch(from, (from + LONG_BLOCK).min(n - 1)));
    }
    let ends = sides(&[xs[n - 1], xs[0]], &[ys[n - 1], ys[0]]);
    if ends & 1 != ends >> 1 & 1 {
        f(n - 1, 0, ends >> 1 & 1 == 1);
    }
}

/// The vertices of a stretch whose side is not that of the one before; `last` is the number of the last one, less than [`MASK`].
#[inline]
pub(crate) fn changes_after_first(sides: u64, last: usize) -> u64 {
    (sides ^ sides << 1) & (u64::MAX >> (MASK - 1 - last)) & !1
}

/// [`for_each_change`] for a ring of `n` vertices, at least 1 and at most [`MASK`], whose sides are known.
#[inline]
pub(crate) fn for_each_change_in(sides: u64, n: usize, mut f: impl FnMut(usize, usize, bool)) {
    let last = sides >> (n - 1) & 1;
    let changes = (sides ^ (sides << 1 | last)) & (u64::MAX >> (MASK - n));
    for_each_bit(changes, |to| f(if to == 0 { n - 1 } else { to - 1 }, to, sides >> to & 1 == 1));
}

/// Exact sign of the turn a → b → c: positive if c lies left of a → b.
///
/// One branch that is nearly never taken leads to the exact predicate; the sign itself is not branched on.
#[inline]
pub(crate) fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    let plus = (a[0] - c[0]) * (b[1] - c[1]);
    let minus = (a[1] - c[1]) * (b[0] - c[0]);
    let det = plus - minus;
    // Rounding of the seven operations, generously (J. R. Shewchuk 1997, section 4.4: 3 ulp and a bit).
    if det.abs() > 8.0 * f64::EPSILON * (plus.abs() + minus.abs()) {
        return det;
    }
    exact_turn(a, b, c)
}

#[cold]
fn exact_turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    let at = |p: [f64; 2]| Coord { x: p[0], y: p[1] };
    orient2d(at(a), at(b), at(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring_blocks::RingBlocks;

    #[test]
    fn area_and_box_agree_with_hand_values_for_every_remainder_of_the_lanes() {
        // A right-angled triangle with k extra vertices on its base: area 6 always.
        for k in 0..9 {
            let mut xs: Vec<f64> = (0..=k + 1).map(|i| 4.0 * f64::from(i) / f64::from(k + 1)).collect();
            let mut ys = vec![0.0; xs.len()];
            xs.extend([0.0, 0.0]);
            ys.extend([3.0, 0.0]);
            let (area, bounds) = area_and_bounds(&xs, &ys);
            assert!((area - 6.0).abs() < 1e-14, "{k}: {area}");
            assert_eq!(bounds, [0.0, 0.0, 4.0, 3.0]);
        }
    }

    #[test]
    fn a_coordinate_that_is_not_finite_makes_the_area_not_finite_at_any_place() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for at in 0..4 {
                let (mut xs, ys) = ([0.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0]);
                xs[at] = bad;
                assert!(!area_and_bounds(&xs, &ys).0.is_finite(), "{bad} at {at}");
                assert!(!area_and_bounds(&ys, &xs).0.is_finite(), "{bad} at {at} in y");
            }
        }
    }

    #[test]
    fn long_rings_keep_their_digits_and_report_what_is_not_finite() {
        // A comb of 30,001 teeth, 1 m high and 1 m wide, on a base of 1 m: all coordinates are exact.
        let teeth = 30_001;
        let mut xs: Vec<f64> = (0..teeth).flat_map(|k| [f64::from(k), f64::from(k)]).collect();
        let mut ys: Vec<f64> =
            (0..teeth).flat_map(|k| if k % 2 == 0 { [1.0, 2.0] } else { [2.0, 1.0] }).collect();
        xs.extend([f64::from(teeth), f64::from(teeth), 0.0, 0.0]);
        ys.extend([1.0, 0.0, 0.0, 1.0]);
        let (area, bounds) = ring_area(&xs, &ys);
        assert_eq!(-area, direct(&xs, &ys));
        assert_eq!(bounds, [0.0, 0.0, f64::from(teeth), 2.0]);
        for at in [0, 70, 40_000, xs.len() - 1] {
            let mut bad = ys.clone();
            bad[at] = f64::NAN;
            assert!(!ring_area(&xs, &bad).0.is_finite());
        }
    }

    /// Shoelace sum in integers, clockwise positive.
    fn direct(xs: &[f64], ys: &[f64]) -> f64 {
        let mut twice = 0i64;
        for_each_edge(xs, ys, |xa, ya, xb, yb| {
            twice += (xb as i64) * (ya as i64) - (xa as i64) * (yb as i64);
        });
        twice as f64 / 2.0
    }

    #[test]
    fn changes_of_side_are_found_in_rings_of_any_length_closed_or_not() {
        for n in [1usize, 2, 3, 5, 63, 64, 65, 127, 128, 129, 200] {
            let xs: Vec<f64> = (0..n).map(|i| (i * 7919 % 31) as f64).collect();
            let ys: Vec<f64> = (0..n).map(|i| (i * 104_729 % 37) as f64).collect();
            let side = |x: f64, y: f64| x + y > 30.0;
            let mut found = vec![];
            let mask = |xs: &[f64], ys: &[f64]| masks_of(xs, ys, |x, y| [side(x, y)])[0];
            let mut blocks = RingBlocks::default();
            for_each_change((&xs, &ys), Blocks::NONE, |_| true, mask, |a, b, s| found.push((a, b, s)));
            let at = |i: usize| side(xs[i], ys[i]);
            let edges = (0..n).map(|i| ((i + n - 1) % n, i));
            let mut expected: Vec<_> =
                edges.filter(|&(a, b)| at(a) != at(b)).map(|(a, b)| (a, b, at(b))).collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{n} vertices");
            blocks.push(&xs, &ys, true);
            let (along, mut seen) = (blocks.of(0, n), vec![]);
            let beyond = |[x0, y0, x1, y1]: [f64; 4]| x0 + y0 > 30.0 || x1 + y1 <= 30.0;
            for_each_change((&xs, &ys), along, beyond, mask, |a, b, s| seen.push((a, b, s)));
            seen.sort_unstable();
            assert_eq!(seen, expected, "{n} vertices by blocks");
        }
        let unreached = |_: usize, _: usize, _: bool| unreachable!("no vertices, no edges");
        for_each_change((&[], &[]), Blocks::NONE, |_| false, |_, _| u64::MAX, unreached);
    }

    #[test]
    fn an_unclosed_ring_is_closed_and_empty_or_single_points_have_no_area() {
        assert_eq!(area_and_bounds(&[0.0, 2.0, 0.0], &[0.0, 0.0, 2.0]).0, 2.0);
        assert_eq!(area_and_bounds(&[], &[]).0, 0.0);
        assert_eq!(area_and_bounds(&[7.0], &[8.0]), (0.0, [7.0, 8.0, 7.0, 8.0]));
        let mut edges = 0;
        for_each_edge(&[0.0, 2.0, 0.0], &[0.0, 0.0, 2.0], |_, _, _, _| edges += 1);
        assert_eq!(edges, 3);
    }
}
