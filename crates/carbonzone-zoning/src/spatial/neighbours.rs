//! Neighbours by distance, and of cells on a grid.

use super::weights::SpatialWeights;
use crate::{Result, ZoningError};
use carbonzone_types::loops::neighbours::Neighbours;

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
        let bad = |most| ZoningError::parameter("k", k, format!("from 1 to {most}, fewer than units"));
        Neighbours::k_nearest(points, k).map(Self).map_err(bad)
    }

    /// Binary weights to all points within a distance, the distance included.
    ///
    /// # Errors
    /// [`ZoningError::Parameter`] if the distance is not a number above 0.
    pub fn distance_band(points: &[[f64; 2]], distance: f64) -> Result<Self> {
        if !(distance.is_finite() && distance > 0.0) {
            return Err(ZoningError::parameter("distance", distance, "a number above 0"));
        }
        Ok(Self(Neighbours::distance_band(points, distance)))
    }

    /// Binary weights between cells of a grid that share an edge, or (with `corners`) a corner; `cells` are column and row.
    pub fn of_cells(cells: &[(u32, u32)], corners: bool) -> Self {
        Self(Neighbours::of_cells(cells, corners))
    }
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
