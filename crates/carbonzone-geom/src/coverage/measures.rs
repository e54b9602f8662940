//! Areas and boxes of the features of a layer.

use rayon::prelude::*;

use super::Coverage;
use crate::ring::polygon_rings;
use crate::ring_box::union;

impl Coverage {
    /// `[x_min, y_min, x_max, y_max]` of the rings of feature `i` that count; `None` if none does.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn bounds(&self, i: usize) -> Option<[f64; 4]> {
        self.parts_of(i).flat_map(|p| polygon_rings(self, p)).map(|ring| ring.bounds).reduce(union)
    }

    /// Box around all features; `None` if no ring counts.
    pub fn total_bounds(&self) -> Option<[f64; 4]> {
        (0..self.len()).into_par_iter().with_min_len(1024).filter_map(|i| self.bounds(i)).reduce_with(union)
    }

    /// Planar area of feature `i` in m²: shells minus holes, whatever their direction. A ring that is not finite
    /// counts for nothing.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn area_m2(&self, i: usize) -> f64 {
        self.parts_of(i).flat_map(|p| polygon_rings(self, p)).map(|ring| ring.weight * ring.area).sum()
    }

    /// Planar areas of all features in m², in feature order.
    pub fn areas_m2(&self) -> Vec<f64> {
        (0..self.len()).into_par_iter().with_min_len(1024).map(|i| self.area_m2(i)).collect()
    }
}
