//! Signed area and box of a stretch of vertices.

/// The empty box.
pub(crate) const NOWHERE: [f64; 4] = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

/// Independent accumulators, so that the additions do not wait for each other.
const LANES: usize = 4;

/// Signed shoelace area (m², counter-clockwise positive) about the first vertex, and the box. The closing edge ends in
/// that vertex and adds nothing, so an unclosed ring is closed. Not finite if and only if a coordinate is not (or overflows).
pub(crate) fn area_and_bounds(xs: &[f64], ys: &[f64]) -> (f64, [f64; 4]) {
    let (Some(&x0), Some(&y0)) = (xs.first(), ys.first()) else { return (0.0, NOWHERE) };
    let ys = &ys[..xs.len()];
    let (mut lo_x, mut hi_x, mut lo_y, mut hi_y) = ([x0; LANES], [x0; LANES], [y0; LANES], [y0; LANES]);
    let mut twice = [0.0; LANES];
    let mut lane = |k: usize, xa: f64, ya: f64, xb: f64, yb: f64| {
        twice[k] += (xa - x0) * (yb - y0) - (xb - x0) * (ya - y0);
        lo_x[k] = if xb < lo_x[k] { xb } else { lo_x[k] };
        hi_x[k] = if xb > hi_x[k] { xb } else { hi_x[k] };
        lo_y[k] = if yb < lo_y[k] { yb } else { lo_y[k] };
        hi_y[k] = if yb > hi_y[k] { yb } else { hi_y[k] };
    };
    let edges = xs.len() - 1;
    let whole = edges - edges % LANES;
    for i in (0..whole).step_by(LANES) {
        let (wx, wy) = (&xs[i..=i + LANES], &ys[i..=i + LANES]);
        for k in 0..LANES {
            lane(k, wx[k], wy[k], wx[k + 1], wy[k + 1]);
        }
    }
    for i in whole..edges {
        lane(i - whole, xs[i], ys[i], xs[i + 1], ys[i + 1]);
    }
    let min = |v: [f64; LANES]| v.into_iter().fold(f64::INFINITY, f64::min);
    let max = |v: [f64; LANES]| v.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let area = 0.5 * ((twice[0] + twice[1]) + (twice[2] + twice[3]));
    (area, [min(lo_x), min(lo_y), max(hi_x), max(hi_y)])
}

/// Smallest box around two boxes.
pub(crate) fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}
