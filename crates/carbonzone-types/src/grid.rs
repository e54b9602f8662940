//! The regular grid onto which parcels are aggregated.

use serde::{Deserialize, Serialize};

/// A north-up grid of square cells in the working CRS, rows counted from the north as in a GeoTIFF.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GridSpec {
    /// Western edge, metres.
    pub x_min: f64,
    /// Northern edge, metres.
    pub y_max: f64,
    /// Cell size, metres.
    pub cell: f64,
    /// Number of columns.
    pub cols: u32,
    /// Number of rows.
    pub rows: u32,
}

impl GridSpec {
    /// Smallest grid of whole cells, snapped to multiples of `cell`, that covers `[x0, y0, x1, y1]`.
    ///
    /// Returns `None` for an empty or not finite box, a non-positive cell, or more than 2³² cells.
    pub fn covering(bounds: [f64; 4], cell: f64) -> Option<Self> {
        let [x0, y0, x1, y1] = bounds;
        let valid =
            bounds.iter().all(|v| v.is_finite()) && cell.is_finite() && cell > 0.0 && x1 >= x0 && y1 >= y0;
        if !valid {
            return None;
        }
        let (c0, c1) = ((x0 / cell).floor(), (x1 / cell).ceil().max((x0 / cell).floor() + 1.0));
        let (r0, r1) = ((y0 / cell).floor(), (y1 / cell).ceil().max((y0 / cell).floor() + 1.0));
        let (cols, rows) = (c1 - c0, r1 - r0);
        if cols * rows >= f64::from(u32::MAX) {
            return None;
        }
        Some(Self { x_min: c0 * cell, y_max: r1 * cell, cell, cols: cols as u32, rows: rows as u32 })
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.cols as usize * self.rows as usize
    }

    /// True if there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of a cell: row-major from the north-west.
    pub fn index(&self, col: u32, row: u32) -> u32 {
        row * self.cols + col
    }

    /// Column and row of a cell index.
    pub fn col_row(&self, index: u32) -> (u32, u32) {
        (index % self.cols, index / self.cols)
    }

    /// `[x0, y0, x1, y1]` of a cell.
    pub fn cell_bounds(&self, col: u32, row: u32) -> [f64; 4] {
        let x0 = self.x_min + f64::from(col) * self.cell;
        let y1 = self.y_max - f64::from(row) * self.cell;
        [x0, y1 - self.cell, x0 + self.cell, y1]
    }

    /// `[x0, y0, x1, y1]` of the whole grid.
    pub fn bounds(&self) -> [f64; 4] {
        [
            self.x_min,
            self.y_max - f64::from(self.rows) * self.cell,
            self.x_min + f64::from(self.cols) * self.cell,
            self.y_max,
        ]
    }

    /// Area of one full cell in m².
    pub fn cell_area_m2(&self) -> f64 {
        self.cell * self.cell
    }

    /// Stable id of a cell: `c<col>_r<row>`.
    pub fn cell_id(&self, index: u32) -> String {
        let (col, row) = self.col_row(index);
        format!("c{col}_r{row}")
    }

    /// `grid_1km`, `grid_500m`: the layer name by cell size.
    pub fn layer_name(&self) -> String {
        let km = self.cell / 1000.0;
        if km >= 1.0 && km.fract() == 0.0 { format!("grid_{km}km") } else { format!("grid_{}m", self.cell) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covering_snaps_outward_to_whole_cells() {
        let g = GridSpec::covering([1500.0, -200.0, 3000.0, 999.0], 1000.0).unwrap();
        assert_eq!(g, GridSpec { x_min: 1000.0, y_max: 1000.0, cell: 1000.0, cols: 2, rows: 2 });
        assert_eq!(g.cell_bounds(0, 0), [1000.0, 0.0, 2000.0, 1000.0]);
        assert_eq!(g.cell_id(3), "c1_r1");
        assert_eq!(g.layer_name(), "grid_1km");
    }

    #[test]
    fn a_box_without_size_still_has_a_cell_and_nan_has_none() {
        assert_eq!(GridSpec::covering([5.0, 5.0, 5.0, 5.0], 10.0).unwrap().len(), 1);
        assert_eq!(GridSpec::covering([10.0, 10.0, 10.0, 10.0], 10.0).unwrap().len(), 1);
        assert!(GridSpec::covering([f64::NAN, 0.0, 1.0, 1.0], 10.0).is_none());
        assert!(GridSpec::covering([0.0, 0.0, 1.0, 1.0], 0.0).is_none());
    }
}
