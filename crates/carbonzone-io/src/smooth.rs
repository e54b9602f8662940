//! A smooth map between two planes, interpolated: for millions of vertices, where PROJ takes a third of a microsecond each.
//!
//! The layer is covered with square tiles; in each the map is the polynomial of degree 4 in both directions through 5 × 5
//! Chebyshev points taken exactly. Map projections are analytic over lengths of the order of the Earth's radius, so on a
//! tile of 10 km the error is below 1e-9 m, which is the rounding of PROJ itself. It is tested in every tile, at points
//! between the nodes; a map that fails the test is not used.

use rayon::prelude::*;

/// Nodes per direction and tile.
const NODES: usize = 5;
/// Side of a tile, m.
const TILE_M: f64 = 10_000.0;
/// Most tiles per direction: beyond, the layer is too large for interpolation to pay.
const MOST_TILES: f64 = 200.0;
/// Largest difference from the exact map that is accepted, m.
const ACCEPTED_M: f64 = 2e-8;

/// Points that are mapped side by side.
const LANES: usize = 8;

/// Coefficients of `u^i v^j` for both coordinates, `u` and `v` from −1 to 1 over the tile.
type Tile = [[[f64; NODES]; NODES]; 2];

/// The interpolated map.
pub(crate) struct SmoothMap {
    origin: [f64; 2],
    /// Side of a tile.
    side: f64,
    cols: usize,
    rows: usize,
    tiles: Vec<Tile>,
}

impl SmoothMap {
    /// Interpolates `exact` over a box in metres. `exact` transforms a batch in place, points without an image become NaN.
    /// `None` if the box is too large or the map is not smooth there.
    pub(crate) fn over([x0, y0, x1, y1]: [f64; 4], exact: impl Fn(&mut [f64], &mut [f64])) -> Option<Self> {
        let tiles_of = |size: f64| ((size / TILE_M).floor() + 1.0).min(1e9);
        let (cols, rows) = (tiles_of(x1 - x0), tiles_of(y1 - y0));
        if !(cols <= MOST_TILES && rows <= MOST_TILES) {
            return None;
        }
        Self::tiled([x0, y0], TILE_M, (cols as usize, rows as usize), false, exact)
    }

    /// Interpolates over one tile.
    pub(crate) fn of_tile(
        origin: [f64; 2],
        side: f64,
        exact: impl Fn(&mut [f64], &mut [f64]),
    ) -> Option<Self> {
        Self::tiled(origin, side, (1, 1), true, exact)
    }

    /// `from_middle`: each tile is solved from the image of its middle, so that the size of the coordinates does not cost digits.
    fn tiled(
        origin: [f64; 2],
        side: f64,
        (cols, rows): (usize, usize),
        from_middle: bool,
        exact: impl Fn(&mut [f64], &mut [f64]),
    ) -> Option<Self> {
        let mut map = Self { origin, side, cols, rows, tiles: Vec::with_capacity(cols * rows) };
        let (nodes, checks) = (map.points(&chebyshev()), map.points(&BETWEEN));
        let image = |points: &[[f64; 2]]| {
            let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = points.iter().map(|p| (p[0], p[1])).unzip();
            exact(&mut xs, &mut ys);
            (xs, ys)
        };
        let (xs, ys) = image(&nodes);
        let solve = Solver::new();
        map.tiles = xs
            .par_chunks(NODES * NODES)
            .zip(ys.par_chunks(NODES * NODES))
            .map(|tile| [tile.0, tile.1].map(|values| solve.coefficients(values, from_middle)))
            .collect();
        let (xs, ys) = image(&checks);
        let good = checks.iter().zip(xs.iter().zip(&ys)).all(|(p, (x, y))| {
            let [u, v] = map.at(p[0], p[1]);
            // NaN on either side fails both comparisons.
            (u - x).abs() <= ACCEPTED_M && (v - y).abs() <= ACCEPTED_M
        });
        good.then_some(map)
    }

    /// The points of a tile pattern in every tile, tile by tile.
    fn points(&self, pattern: &[f64]) -> Vec<[f64; 2]> {
        let mut out = Vec::with_capacity(self.cols * self.rows * pattern.len() * pattern.len());
        for row in 0..self.rows {
            for col in 0..self.cols {
                let place = |k: usize, tile: usize, t: f64| {
                    self.origin[k] + (tile as f64 + 0.5 * (t + 1.0)) * self.side
                };
                for v in pattern {
                    out.extend(pattern.iter().map(|u| [place(0, col, *u), place(1, row, *v)]));
                }
            }
        }
        out
    }

    /// Images of points of the box, in place; points that are not numbers stay so.
    pub(crate) fn apply(&self, xs: &mut [f64], ys: &mut [f64]) {
        let (xs, last_xs) = xs.as_chunks_mut::<LANES>();
        let (ys, last_ys) = ys.as_chunks_mut::<LANES>();
        for (xs, ys) in xs.iter_mut().zip(ys) {
            self.apply_to_lanes(xs, ys);
        }
        self.apply_one_by_one(last_xs, last_ys);
    }

    fn apply_one_by_one(&self, xs: &mut [f64], ys: &mut [f64]) {
        for (x, y) in xs.iter_mut().zip(ys) {
            [*x, *y] = self.at(*x, *y);
        }
    }

    /// Neighbours nearly always lie in one tile: then the same operations on all of them at a time, to the same bits.
    fn apply_to_lanes(&self, xs: &mut [f64; LANES], ys: &mut [f64; LANES]) {
        let (fx, fy) =
            (xs.map(|x| (x - self.origin[0]) / self.side), ys.map(|y| (y - self.origin[1]) / self.side));
        let (col, row) = self.tile_of(fx[0], fy[0]);
        let same = fx.iter().zip(&fy).fold(true, |same, (x, y)| same & (self.tile_of(*x, *y) == (col, row)));
        if !same {
            return self.apply_one_by_one(xs, ys);
        }
        let (u, v) = (fx.map(|fx| 2.0 * (fx - col as f64) - 1.0), fy.map(|fy| 2.0 * (fy - row as f64) - 1.0));
        let [of_x, of_y] = &self.tiles[row * self.cols + col];
        (*xs, *ys) = (values(of_x, &u, &v), values(of_y, &u, &v));
    }

    /// Column and row of the tile of a point, in tiles from the origin.
    #[inline]
    fn tile_of(&self, fx: f64, fy: f64) -> (usize, usize) {
        ((fx as usize).min(self.cols - 1), (fy as usize).min(self.rows - 1))
    }

    /// Image of a point of the box.
    #[inline]
    pub(crate) fn at(&self, x: f64, y: f64) -> [f64; 2] {
        let (fx, fy) = ((x - self.origin[0]) / self.side, (y - self.origin[1]) / self.side);
        let (col, row) = self.tile_of(fx, fy);
        let (u, v) = (2.0 * (fx - col as f64) - 1.0, 2.0 * (fy - row as f64) - 1.0);
        let tile = &self.tiles[row * self.cols + col];
        let value = |c: &[[f64; NODES]; NODES]| {
            let along = |k: usize| horner(&c[k], u);
            horner(&[along(0), along(1), along(2), along(3), along(4)], v)
        };
        [value(&tile[0]), value(&tile[1])]
    }
}

#[inline]
fn horner(c: &[f64; NODES], t: f64) -> f64 {
    (((c[4] * t + c[3]) * t + c[2]) * t + c[1]) * t + c[0]
}

/// One coordinate of the images of points of a tile.
#[inline]
fn values(c: &[[f64; NODES]; NODES], u: &[f64; LANES], v: &[f64; LANES]) -> [f64; LANES] {
    let along = |k: usize| {
        let [c0, c1, c2, c3, c4] = c[k].map(|c| [c; LANES]);
        let step = |r, c| horner_step(r, u, &c);
        step(step(step(step(c4, c3), c2), c1), c0)
    };
    let step = |r, k| horner_step(r, v, &along(k));
    step(step(step(step(along(4), 3), 2), 1), 0)
}

/// The step `r t + c` of [`horner`] for points side by side: written as a loop, it becomes a few instructions for all of them.
#[inline]
fn horner_step(mut r: [f64; LANES], t: &[f64; LANES], c: &[f64; LANES]) -> [f64; LANES] {
    for ((r, t), c) in r.iter_mut().zip(t).zip(c) {
        *r = *r * t + c;
    }
    r
}

/// Where the map is tested, in both directions: between the nodes and near the sides.
const BETWEEN: [f64; 2] = [-0.8, 0.35];

/// Roots of the Chebyshev polynomial of degree 5: where interpolation errs least.
fn chebyshev() -> [f64; NODES] {
    std::array::from_fn(|k| -(std::f64::consts::PI * (2 * k + 1) as f64 / (2 * NODES) as f64).cos())
}

/// From values at the nodes to coefficients of powers.
struct Solver {
    /// Row `i`: coefficients of the Lagrange polynomial that is 1 at node `i`.
    lagrange: [[f64; NODES]; NODES],
}

impl Solver {
    fn new() -> Self {
        let nodes = chebyshev();
        let lagrange = std::array::from_fn(|i| {
            let mut c = [0.0; NODES];
            c[0] = 1.0;
            let others = nodes.iter().enumerate().filter(|(k, _)| *k != i);
            for (degree, (_, other)) in others.enumerate() {
                let scale = 1.0 / (nodes[i] - other);
                for d in (0..=degree).rev() {
                    c[d + 1] += c[d] * scale;
                    c[d] *= -other * scale;
                }
            }
            c
        });
        Self { lagrange }
    }

    /// Coefficients `c[j][i]` of `u^i v^j` from values at the nodes, `u` running fastest.
    fn coefficients(&self, values: &[f64], from_middle: bool) -> [[f64; NODES]; NODES] {
        let mut out = [[0.0; NODES]; NODES];
        let base = if from_middle { values[values.len() / 2] } else { 0.0 };
        for (n, value) in values.iter().enumerate() {
            let (of_u, of_v) = (&self.lagrange[n % NODES], &self.lagrange[n / NODES]);
            for (row, v) in out.iter_mut().zip(of_v) {
                row.iter_mut().zip(of_u).for_each(|(c, u)| *c += (value - base) * u * v);
            }
        }
        out[0][0] += base;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_of_the_degree_is_met_exactly_and_a_kink_is_refused() {
        let bounds = [1000.0, -2000.0, 26_000.0, 9000.0];
        let f = |x: f64, y: f64| [x + 1e-9 * x * y * y, y - 1e-5 * x * x];
        let exact = |xs: &mut [f64], ys: &mut [f64]| {
            for (x, y) in xs.iter_mut().zip(ys) {
                [*x, *y] = f(*x, *y);
            }
        };
        let map = SmoothMap::over(bounds, exact).unwrap();
        for (x, y) in [(1000.0, -2000.0), (26_000.0, 9000.0), (11_000.0, 3000.5), (14_321.0, 8000.0)] {
            let (got, want) = (map.at(x, y), f(x, y));
            assert!((got[0] - want[0]).abs() < 1e-8 && (got[1] - want[1]).abs() < 1e-8, "{got:?} {want:?}");
        }
        // Runs within a tile and across tiles, and what is not a number, as one by one.
        for step in [3.0, 700.0, 3100.0] {
            let mut xs: Vec<f64> = (0..43).map(|k| 1000.0 + f64::from(k) * step % 25_000.0).collect();
            let mut ys: Vec<f64> = (0..43).map(|k| -2000.0 + f64::from(k * 7) * step % 11_000.0).collect();
            ys[21] = f64::NAN;
            let want: Vec<[u64; 2]> =
                xs.iter().zip(&ys).map(|(x, y)| map.at(*x, *y).map(f64::to_bits)).collect();
            map.apply(&mut xs, &mut ys);
            let got: Vec<[u64; 2]> = xs.iter().zip(&ys).map(|(x, y)| [x.to_bits(), y.to_bits()]).collect();
            assert_eq!(got, want, "{step}");
        }
        let kink = |xs: &mut [f64], _: &mut [f64]| xs.iter_mut().for_each(|x| *x = (*x - 9000.0).abs());
        assert!(SmoothMap::over(bounds, kink).is_none());
        let nowhere = |xs: &mut [f64], _: &mut [f64]| xs.fill(f64::NAN);
        assert!(SmoothMap::over(bounds, nowhere).is_none());
        assert!(SmoothMap::over([0.0, 0.0, 1e8, 1.0], exact).is_none());
    }
}
