//! How many pieces a grid cuts a layer into, before it is cut.

use crate::coverage::Coverage;
use crate::ring_box::union;
use rayon::prelude::*;

/// Cells that a box touches at most.
pub fn cells_of([x0, y0, x1, y1]: [f64; 4], cell_m: f64) -> f64 {
    ((x1 - x0) / cell_m + 1.0).ceil() * ((y1 - y0) / cell_m + 1.0).ceil()
}

/// Box around all features of a layer, and their pieces in cells of this side, an upper bound.
pub fn box_and_pieces(layer: &Coverage, cell_m: f64) -> (Option<[f64; 4]>, f64) {
    let chunk = |k: usize| {
        let (mut around, mut pieces) = (None, Vec::with_capacity(CHUNK));
        for i in k * CHUNK..((k + 1) * CHUNK).min(layer.len()) {
            let bounds = layer.bounds(i);
            let in_box = bounds.map_or(0.0, |b| cells_of(b, cell_m));
            // A road through the city has a box of many cells and touches few of them.
            pieces.push(if in_box < 64.0 { in_box } else { in_box.min(touched(layer, i, cell_m)) });
            around = around.into_iter().chain(bounds).reduce(union);
        }
        (around, pieces)
    };
    let chunks: Vec<_> =
        (0..layer.len().div_ceil(CHUNK)).into_par_iter().with_max_len(4).map(chunk).collect();
    let around = chunks.iter().filter_map(|(around, _)| *around).reduce(union);
    (around, chunks.iter().flat_map(|(_, pieces)| pieces).sum())
}

/// Features per task.
const CHUNK: usize = 1024;

/// Cells that a feature touches at most: those inside and those along its boundary.
fn touched(layer: &Coverage, i: usize, cell_m: f64) -> f64 {
    let along = |r: crate::Ring<'_>| {
        let steps = r.xs.windows(2).zip(r.ys.windows(2));
        let crossed = |(x, y): (&[f64], &[f64])| ((x[1] - x[0]).abs() + (y[1] - y[0]).abs()) / cell_m;
        steps.map(crossed).sum::<f64>() + 4.0
    };
    layer.area_m2(i) / (cell_m * cell_m) + layer.rings(i).map(along).sum::<f64>()
}
