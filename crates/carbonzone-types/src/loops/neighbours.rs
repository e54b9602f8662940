//! Sparse neighbours of units: who is near whom, sums over neighbours.

use std::collections::BTreeMap;

/// Ties of distance are decided to this part of the distance: roundings of coordinates do not choose neighbours.
const SAME_DISTANCE: f64 = 1e-9;

/// Neighbours of units with their weights, rows of units.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    offsets: Vec<usize>,
    units: Vec<u32>,
    weights: Vec<f64>,
}

impl Neighbours {
    /// Binary symmetric weights of `n` units from pairs of neighbours (either order, repetitions ignored).
    ///
    /// # Errors
    /// The first pair with an index ≥ `n` or of a unit with itself.
    pub fn from_pairs(n: usize, pairs: &[(u32, u32)]) -> Result<Self, (u32, u32)> {
        let bad = |p: &&(u32, u32)| p.0 as usize >= n || p.1 as usize >= n || p.0 == p.1;
        if let Some(pair) = pairs.iter().find(bad) {
            return Err(*pair);
        }
        let mut both: Vec<(u32, u32)> = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
        both.sort_unstable();
        both.dedup();
        let mut offsets = vec![0; n + 1];
        for pair in &both {
            offsets[pair.0 as usize + 1] += 1;
        }
        for i in 0..n {
            offsets[i + 1] += offsets[i];
        }
        Ok(Self { offsets, weights: vec![1.0; both.len()], units: both.iter().map(|p| p.1).collect() })
    }

    /// Binary weights to the `k` nearest points of each. Of equally distant ones the lower index comes first.
    ///
    /// # Errors
    /// There are not more than `k` points, or `k` is 0: how many others a point has.
    pub fn k_nearest(points: &[[f64; 2]], k: usize) -> Result<Self, usize> {
        if k == 0 || k >= points.len() {
            return Err(points.len().saturating_sub(1));
        }
        let index = Buckets::new(points, k);
        Ok(Self::from_rows(points.len(), |i| {
            let mut near = index.at_least(i, k);
            near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            near.truncate(k);
            near.into_iter().map(|(_, j)| j).collect()
        }))
    }

    /// Binary weights to all points within a distance (above 0), the distance included.
    pub fn distance_band(points: &[[f64; 2]], distance: f64) -> Self {
        let index = Buckets::of_size(points, distance);
        let most = distance * (1.0 + SAME_DISTANCE);
        Self::from_rows(points.len(), |i| {
            index.within(i, most).into_iter().filter(|(d, _)| *d <= most).map(|(_, j)| j).collect()
        })
    }

    /// Binary weights between cells of a grid that share an edge, or (with `corners`) a corner; `cells` are column and row.
    pub fn of_cells(cells: &[(u32, u32)], corners: bool) -> Self {
        let mut at: Vec<((u32, u32), u32)> = cells.iter().copied().zip(0..).collect();
        at.sort_unstable();
        let find = |col: i64, row: i64| {
            let key = (u32::try_from(col).ok()?, u32::try_from(row).ok()?);
            at.binary_search_by_key(&key, |(cell, _)| *cell).ok().map(|k| at[k].1)
        };
        Self::from_rows(cells.len(), |i| {
            let (col, row) = (i64::from(cells[i].0), i64::from(cells[i].1));
            let around = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy)));
            around
                .filter(|(dx, dy)| (*dx, *dy) != (0, 0) && (corners || dx * dy == 0))
                .filter_map(|(dx, dy)| find(col + dx, row + dy))
                .collect()
        })
    }

    /// Binary weights from the neighbours of each unit; need not be symmetric.
    fn from_rows(n: usize, row: impl Fn(usize) -> Vec<u32>) -> Self {
        let mut out = Self { offsets: vec![0], units: Vec::new(), weights: Vec::new() };
        for i in 0..n {
            let mut neighbours = row(i);
            neighbours.sort_unstable();
            out.units.append(&mut neighbours);
            out.offsets.push(out.units.len());
        }
        out.weights = vec![1.0; out.units.len()];
        out
    }

    /// Number of units.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// True if there is no unit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Neighbours of a unit, ascending, with their weights.
    pub fn row(&self, unit: usize) -> (&[u32], &[f64]) {
        let range = self.offsets[unit]..self.offsets[unit + 1];
        (&self.units[range.clone()], &self.weights[range])
    }

    /// Units without neighbours.
    pub fn islands(&self) -> Vec<u32> {
        (0..self.len()).filter(|&i| self.row(i).0.is_empty()).map(|i| i as u32).collect()
    }

    /// The same neighbours with weights that sum to 1 in each row (islands keep none).
    pub fn row_standardised(&self) -> Self {
        let mut out = self.clone();
        for i in 0..self.len() {
            let range = self.offsets[i]..self.offsets[i + 1];
            let sum: f64 = self.weights[range.clone()].iter().sum();
            out.weights[range].iter_mut().for_each(|w| *w /= sum);
        }
        out
    }

    /// Weights among the kept units only, renumbered in their order.
    pub fn subset(&self, keep: &[bool]) -> Self {
        let mut number = vec![u32::MAX; self.len()];
        let kept: Vec<usize> = (0..self.len()).filter(|&i| keep.get(i) == Some(&true)).collect();
        for (new, &old) in kept.iter().enumerate() {
            number[old] = new as u32;
        }
        let mut out = Self { offsets: vec![0], units: Vec::new(), weights: Vec::new() };
        for &old in &kept {
            let (neighbours, weights) = self.row(old);
            for (j, w) in neighbours.iter().zip(weights).filter(|(j, _)| number[**j as usize] != u32::MAX) {
                out.units.push(number[*j as usize]);
                out.weights.push(*w);
            }
            out.offsets.push(out.units.len());
        }
        out
    }

    /// `Σ_j w_ij x_j`.
    pub fn lag(&self, unit: usize, x: &[f64]) -> f64 {
        let (neighbours, weights) = self.row(unit);
        neighbours.iter().zip(weights).map(|(j, w)| w * x[*j as usize]).sum()
    }

    /// `S0`, `S1`, `S2` of the moments of Moran's I.
    pub fn moments(&self) -> (f64, f64, f64) {
        let n = self.len();
        let s0: f64 = self.weights.iter().sum();
        let mut column = vec![0.0; n];
        let mut s1 = 0.0;
        for i in 0..n {
            let (neighbours, weights) = self.row(i);
            for (j, w) in neighbours.iter().zip(weights) {
                column[*j as usize] += w;
                let back = self.between(*j as usize, i as u32);
                // A pair with a weight in both directions is met twice, one with a weight in one direction once.
                s1 += (w + back).powi(2) * if back == 0.0 { 2.0 } else { 1.0 };
            }
        }
        let row_sum = |i: usize| self.row(i).1.iter().sum::<f64>();
        let s2 = (0..n).map(|i| (row_sum(i) + column[i]).powi(2)).sum();
        (s0, s1 / 2.0, s2)
    }

    fn between(&self, from: usize, to: u32) -> f64 {
        let (neighbours, weights) = self.row(from);
        neighbours.binary_search(&to).map_or(0.0, |at| weights[at])
    }
}

/// Points in square buckets.
struct Buckets<'a> {
    points: &'a [[f64; 2]],
    size: f64,
    members: BTreeMap<(i64, i64), Vec<u32>>,
    /// Rings of buckets that reach from any point to any other.
    most_rings: i64,
}

impl<'a> Buckets<'a> {
    /// Buckets that hold a few more points than are looked for.
    fn new(points: &'a [[f64; 2]], k: usize) -> Self {
        let [w, h] = spans(points);
        let long = w.max(h).max(f64::MIN_POSITIVE);
        let area = (w * h).max(long * long / points.len().max(1) as f64);
        Self::of_size(points, (area * (k + 1) as f64 / points.len().max(1) as f64).sqrt())
    }

    fn of_size(points: &'a [[f64; 2]], size: f64) -> Self {
        let [w, h] = spans(points);
        let size = size.max(w.max(h) / 1e6);
        // All on one place: any size does.
        let size = if size > 0.0 { size } else { 1.0 };
        let mut out = Self { points, size, members: BTreeMap::new(), most_rings: 1 };
        for (i, point) in points.iter().enumerate() {
            out.members.entry(out.bucket(*point)).or_default().push(i as u32);
        }
        out.most_rings = (w.max(h) / size) as i64 + 2;
        out
    }

    fn bucket(&self, [x, y]: [f64; 2]) -> (i64, i64) {
        ((x / self.size).floor() as i64, (y / self.size).floor() as i64)
    }

    /// Points whose buckets lie within some rings around a point's own, with their distances.
    fn rings(&self, i: usize, rings: i64) -> Vec<(f64, u32)> {
        let (cx, cy) = self.bucket(self.points[i]);
        let mut out = Vec::new();
        for x in cx - rings..=cx + rings {
            for (_, members) in self.members.range((x, cy - rings)..=(x, cy + rings)) {
                let others = members.iter().filter(|j| **j as usize != i);
                out.extend(others.map(|j| (self.distance(i, *j as usize), *j)));
            }
        }
        out
    }

    fn within(&self, i: usize, distance: f64) -> Vec<(f64, u32)> {
        self.rings(i, (distance / self.size).ceil() as i64)
    }

    /// At least the `k` nearest, by distances that are rounded so that ties are ties.
    fn at_least(&self, i: usize, k: usize) -> Vec<(f64, u32)> {
        let mut rings = 1;
        loop {
            let near = self.rings(i, rings);
            // All points within this distance have been seen.
            let seen = rings as f64 * self.size;
            if near.iter().filter(|(d, _)| *d <= seen).count() >= k || rings >= self.most_rings {
                return near.into_iter().map(|(d, j)| (tied(d), j)).collect();
            }
            rings *= 2;
        }
    }

    fn distance(&self, i: usize, j: usize) -> f64 {
        let ([x0, y0], [x1, y1]) = (self.points[i], self.points[j]);
        (x1 - x0).hypot(y1 - y0)
    }
}

/// A distance without its last digits.
fn tied(distance: f64) -> f64 {
    f64::from_bits((distance * (1.0 + SAME_DISTANCE / 4.0)).to_bits() & !0x7F_FFFF)
}

fn spans(points: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|axis| {
        let (low, high) = points
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        (high - low).max(0.0)
    })
}
