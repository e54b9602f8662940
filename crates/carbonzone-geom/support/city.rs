//! A deterministic jittered city for benches, examples and tests: every number follows from a hash of its place, so any
//! size has the same bits everywhere, and neighbours share their boundary vertices exactly.

#![allow(dead_code, reason = "each bench, test and example uses its own part of this file")]

use carbonzone_geom::Coverage;

/// Mean parcel width, m.
pub const PARCEL_M: f64 = 93.0;
/// South-west corner, m: the size of transverse Mercator coordinates of Suzhou.
pub const ORIGIN: [f64; 2] = [500_000.0, 3_450_000.0];

/// splitmix64 (public domain, S. Vigna) of a place, as a number in [-1, 1).
pub fn noise(kind: u64, a: u64, b: u64) -> f64 {
    let mut z = kind
        .wrapping_mul(0xA076_1D64_78BD_642F)
        .wrapping_add(a.wrapping_mul(0xE703_7ED1_A0B4_28DB))
        .wrapping_add(b.wrapping_mul(0x8EBC_6AF0_9C88_C6E3));
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// A lattice of quadrilaterals with jittered nodes and wiggly shared sides.
pub struct Lattice {
    pub columns: u64,
    pub rows: u64,
    /// Cell width, m.
    pub step: f64,
    /// Edges per side.
    pub edges_per_side: u64,
    /// Jitter of the nodes and of the points on sides, in cell widths.
    pub node_jitter: f64,
    pub side_jitter: f64,
    /// South-west node, m.
    pub origin: [f64; 2],
    pub seed: u64,
}

impl Lattice {
    /// About `n` parcels of 17 stored vertices.
    pub fn parcels(n: usize) -> Self {
        let columns = (n as f64).sqrt().round().max(1.0) as u64;
        Self {
            columns,
            rows: (n as u64).div_ceil(columns),
            step: PARCEL_M,
            edges_per_side: 4,
            node_jitter: 0.2,
            side_jitter: 0.05,
            origin: ORIGIN,
            seed: 1,
        }
    }

    /// `k` × `k` zones with `edges` edges each, covering the parcels of `city`.
    pub fn zones(city: &Lattice, k: u64, edges: u64) -> Self {
        let margin = 1.5 * city.step;
        let size = city.columns.max(city.rows) as f64 * city.step + 2.0 * margin;
        Self {
            columns: k,
            rows: k,
            step: size / k as f64,
            edges_per_side: edges / 4,
            node_jitter: 0.0,
            side_jitter: 0.2 * city.step / (size / k as f64),
            origin: [city.origin[0] - margin, city.origin[1] - margin],
            seed: 2,
        }
    }

    fn node(&self, c: u64, r: u64) -> [f64; 2] {
        let j = self.node_jitter;
        [
            self.origin[0] + (c as f64 + j * noise(self.seed, 2 * c, r)) * self.step,
            self.origin[1] + (r as f64 + j * noise(self.seed, 2 * c + 1, r)) * self.step,
        ]
    }

    /// Points from node to node, the first included; the same for both neighbours up to direction.
    fn side(&self, from: (u64, u64), vertical: bool, out: &mut Vec<[f64; 2]>) {
        let to = if vertical { (from.0, from.1 + 1) } else { (from.0 + 1, from.1) };
        let (a, b) = (self.node(from.0, from.1), self.node(to.0, to.1));
        let place = (from.1 * (self.columns + 1) + from.0) * 2 + u64::from(vertical);
        out.push(a);
        for k in 1..self.edges_per_side {
            let t = k as f64 / self.edges_per_side as f64;
            // Towards the nodes the wiggle fades, so that the sides that meet there cannot cross.
            let to_node = t.min(1.0 - t) * 0.4;
            let d = self.side_jitter.min(to_node) * self.step * noise(self.seed + 100, place, k);
            let shift = if vertical { [d, 0.0] } else { [0.0, d] };
            out.push([a[0] + (b[0] - a[0]) * t + shift[0], a[1] + (b[1] - a[1]) * t + shift[1]]);
        }
    }

    /// Closed counter-clockwise ring of a cell.
    pub fn ring(&self, c: u64, r: u64) -> Vec<[f64; 2]> {
        let (mut south, mut east, mut north, mut west) = (vec![], vec![], vec![], vec![]);
        self.side((c, r), false, &mut south);
        self.side((c + 1, r), true, &mut east);
        self.side((c, r + 1), false, &mut north);
        self.side((c, r), true, &mut west);
        north.push(self.node(c + 1, r + 1));
        west.push(self.node(c, r + 1));
        north.reverse();
        west.reverse();
        let mut ring = south;
        ring.extend(east);
        ring.extend(&north[..north.len() - 1]);
        ring.extend(west);
        ring
    }

    /// All cells, row by row.
    pub fn coverage(&self) -> Coverage {
        let mut c = Coverage::new();
        for r in 0..self.rows {
            for q in 0..self.columns {
                c.push_rings(&[vec![self.ring(q, r)]]);
            }
        }
        c
    }

    /// `[x0, y0, x1, y1]` of the unjittered lattice.
    pub fn bounds(&self) -> [f64; 4] {
        let [x, y] = self.origin;
        [x, y, x + self.columns as f64 * self.step, y + self.rows as f64 * self.step]
    }
}

/// `n` points in a box: half uniform, half in 40 clusters.
pub fn points(n: usize, bounds: [f64; 4]) -> (Vec<f64>, Vec<f64>) {
    let (w, h) = (bounds[2] - bounds[0], bounds[3] - bounds[1]);
    let unit = |kind: u64, i: u64| 0.5 + 0.5 * noise(kind, i, 7);
    (0..n as u64)
        .map(|i| {
            let (u, v) = if i % 2 == 0 {
                (unit(11, i), unit(12, i))
            } else {
                let c = i / 2 % 40;
                let near = |centre: f64, d: f64| (centre + 0.02 * d).clamp(0.0, 1.0);
                (
                    near(unit(13, c), noise(15, i, 1) * noise(15, i, 2)),
                    near(unit(14, c), noise(16, i, 1) * noise(16, i, 2)),
                )
            };
            (bounds[0] + u * w, bounds[1] + v * h)
        })
        .unzip()
}

/// `n` road segments of 20 to 180 m in a box: `[x0, y0, x1, y1]` each.
pub fn segments(n: usize, bounds: [f64; 4]) -> Vec<[f64; 4]> {
    let (xs, ys) = points(n, bounds);
    (0..n)
        .map(|i| {
            let length = 100.0 + 80.0 * noise(21, i as u64, 0);
            let angle = std::f64::consts::PI * noise(22, i as u64, 0);
            [xs[i], ys[i], xs[i] + length * angle.cos(), ys[i] + length * angle.sin()]
        })
        .collect()
}
