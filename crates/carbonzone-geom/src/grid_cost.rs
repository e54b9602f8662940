//! How many pieces a grid cuts a layer into, before it is cut.

use crate::coverage::Coverage;
use rayon::prelude::*;

/// Cells that a box touches at most.
pub fn cells_of([x0, y0, x1, y1]: [f64; 4], cell_m: f64) -> f64 {
    ((x1 - x0) / cell_m + 1.0).ceil() * ((y1 - y0) / cell_m + 1.0).ceil()
}

/// Pieces of all features of a layer in cells of this side, an upper bound.
pub fn pieces_at_most(layer: &Coverage, cell_m: f64) -> f64 {
    let of_feature = |i: usize| {
        let in_box = layer.bounds(i).map_or(0.0, |b| cells_of(b, cell_m));
        // A road through the city has a box of many cells and touches few of them.
        if in_box < 64.0 { in_box } else { in_box.min(touched(layer, i, cell_m)) }
    };
    let each = (0..layer.len()).into_par_iter().with_min_len(1024).map(of_feature);
    each.collect::<Vec<f64>>().iter().sum()
}

/// Cells that a feature touches at most: those inside and those along its boundary.
fn touched(layer: &Coverage, i: usize, cell_m: f64) -> f64 {
    let along = |r: crate::Ring<'_>| {
        let steps = r.xs.windows(2).zip(r.ys.windows(2));
        let crossed = |(x, y): (&[f64], &[f64])| ((x[1] - x[0]).abs() + (y[1] - y[0]).abs()) / cell_m;
        steps.map(crossed).sum::<f64>() + 4.0
    };
    layer.area_m2(i) / (cell_m * cell_m) + layer.rings(i).map(along).sum::<f64>()
}
