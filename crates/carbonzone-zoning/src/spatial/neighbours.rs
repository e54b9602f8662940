//! Neighbours by distance, and of cells on a grid.

use super::weights::SpatialWeights;
use crate::{Result, ZoningError};
use std::collections::BTreeMap;

/// Ties of distance are decided to this part of the distance: roundings of coordinates do not choose neighbours.
const SAME_DISTANCE: f64 = 1e-9;

impl SpatialWeights {
    /// Binary weights to the `k` nearest points of each (not symmetric). Of equally distant ones the lower index comes first.
    ///
    /// # Errors
    /// [`ZoningError::Parameter`] unless `0 < k <` number of points.
    ///
    /// ```
    /// use carbonzone_zoning::spatial::weights::SpatialWeights;
    /// let w = SpatialWeights::k_nearest(&[[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]], 1)?;
    /// assert_eq!((w.row(0).0, w.row(1).0, w.row(2).0), ([1].as_slice(), [0].as_slice(), [1].as_slice()));
    /// # Ok::<(), carbonzone_zoning::ZoningError>(())
    /// ```
    pub fn k_nearest(points: &[[f64; 2]], k: usize) -> Result<Self> {
        if k == 0 || k >= points.len() {
            let expected = format!("from 1 to {}, fewer than units", points.len().saturating_sub(1));
            return Err(ZoningError::parameter("k", k, expected));
        }
        let index = Buckets::new(points, k);
        Ok(Self::from_rows(points.len(), |i| {
            let mut near = index.at_least(i, k);
            near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            near.truncate(k);
            near.into_iter().map(|(_, j)| j).collect()
        }))
    }

    /// Binary weights to all points within a distance, the distance included.
    ///
    /// # Errors
    /// [`ZoningError::Parameter`] if the distance is not a number above 0.
    pub fn distance_band(points: &[[f64; 2]], distance: f64) -> Result<Self> {
        if !(distance.is_finite() && distance > 0.0) {
            return Err(ZoningError::parameter("distance", distance, "a number above 0"));
        }
        let index = Buckets::of_size(points, distance);
        let most = distance * (1.0 + SAME_DISTANCE);
        Ok(Self::from_rows(points.len(), |i| {
            index.within(i, most).into_iter().filter(|(d, _)| *d <= most).map(|(_, j)| j).collect()
        }))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 × 3 cells of a kilometre at large coordinates.
    fn centres() -> (Vec<(u32, u32)>, Vec<[f64; 2]>) {
        let cells: Vec<(u32, u32)> = (0..12).map(|i| (i % 4, i / 4)).collect();
        let centre =
            |c: &(u32, u32)| [586_500.0 + 1000.0 * f64::from(c.0), 3_480_500.0 - 1000.0 * f64::from(c.1)];
        let points = cells.iter().map(centre).collect();
        (cells, points)
    }

    #[test]
    fn on_a_grid_the_band_of_one_cell_is_rook_and_of_its_diagonal_queen() {
        let (cells, points) = centres();
        let rook = SpatialWeights::of_cells(&cells, false);
        assert_eq!(SpatialWeights::distance_band(&points, 1000.0).unwrap(), rook);
        let queen = SpatialWeights::of_cells(&cells, true);
        assert_eq!(SpatialWeights::distance_band(&points, 1000.0 * 2f64.sqrt()).unwrap(), queen);
        assert_eq!((rook.row(5).0, queen.row(0).0), ([1, 4, 6, 9].as_slice(), [1, 4, 5].as_slice()));
    }

    #[test]
    fn the_nearest_are_those_of_a_search_over_all() {
        let points: Vec<[f64; 2]> = (0..60)
            .map(|i| {
                let i = f64::from(i);
                [(i * 12.9898).sin() * 5e4, (i * 78.233).sin() * if i > 50.0 { 2e5 } else { 1e3 }]
            })
            .collect();
        for k in [1, 4, 59] {
            let w = SpatialWeights::k_nearest(&points, k).unwrap();
            for i in 0..points.len() {
                let mut all: Vec<(f64, u32)> = (0..points.len())
                    .filter(|j| *j != i)
                    .map(|j| ((points[j][0] - points[i][0]).hypot(points[j][1] - points[i][1]), j as u32))
                    .collect();
                all.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut wanted: Vec<u32> = all[..k].iter().map(|(_, j)| *j).collect();
                wanted.sort_unstable();
                assert_eq!(w.row(i).0, wanted, "{i} {k}");
            }
        }
    }

    #[test]
    fn of_equally_distant_points_the_lower_index_is_taken() {
        let (_, points) = centres();
        let w = SpatialWeights::k_nearest(&points, 2).unwrap();
        // Cell 5 has four neighbours at 1 km.
        assert_eq!(w.row(5).0, [1, 4]);
    }

    #[test]
    fn points_on_one_place_and_on_a_line_are_no_trouble() {
        let same = vec![[7.0, 7.0]; 5];
        assert_eq!(SpatialWeights::k_nearest(&same, 2).unwrap().row(0).0, [1, 2]);
        let line: Vec<[f64; 2]> = (0..50).map(|i| [f64::from(i), 0.0]).collect();
        assert_eq!(SpatialWeights::k_nearest(&line, 2).unwrap().row(20).0, [19, 21]);
        assert!(SpatialWeights::k_nearest(&line, 50).is_err());
        assert!(SpatialWeights::k_nearest(&line, 0).is_err());
        assert!(SpatialWeights::distance_band(&line, 0.0).is_err());
    }
}
