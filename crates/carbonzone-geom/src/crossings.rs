//! Is a point in a feature? The half-open crossing rule, see [`PointLocator`](crate::PointLocator).

use crate::Coverage;
use crate::measured::Rings;
use crate::ring::{for_each_change, masks_of, turn};
use crate::ring_blocks::Blocks;

/// True if feature `i` owns the point.
pub(crate) fn contains(coverage: &Coverage, rings: &Rings, i: usize, [x, y]: [f64; 2]) -> bool {
    coverage.parts_of(i).any(|p| {
        let counting = coverage.rings_of(p).filter(|&r| rings.weight(r) != 0);
        counting.fold(false, |inside, r| {
            let (xs, ys) = coverage.ring(r);
            inside ^ odd_crossings((xs, ys), rings.blocks(r, xs.len()), x, y)
        })
    })
}

/// True if the ray to the east crosses the ring an odd number of times.
#[inline]
pub(crate) fn odd_crossings((xs, ys): (&[f64], &[f64]), blocks: Blocks<'_>, x: f64, y: f64) -> bool {
    let mut odd = false;
    for_each_change(
        (xs, ys),
        blocks,
        // Above, below, or west of the point, where no edge counts.
        |[_, south, east, north]| y < south || y >= north || east < x,
        |xs, ys| below(xs, ys, y),
        |from, to, goes_down| odd ^= passes_west(xs, ys, (from, to, goes_down), x, y),
    );
    odd
}

/// Mask of the vertices below the level `y` or on it.
#[inline]
pub(crate) fn below(xs: &[f64], ys: &[f64], y: f64) -> u64 {
    masks_of(xs, ys, |_, v| [v <= y])[0]
}

/// True if the point lies strictly west of an edge that crosses its level.
#[inline]
pub(crate) fn passes_west(
    xs: &[f64],
    ys: &[f64],
    (from, to, goes_down): (usize, usize, bool),
    x: f64,
    y: f64,
) -> bool {
    let (a, b) = ([xs[from], ys[from]], [xs[to], ys[to]]);
    let (lo, hi) = if goes_down { (b, a) } else { (a, b) };
    turn(lo, hi, [x, y]) > 0.0
}
