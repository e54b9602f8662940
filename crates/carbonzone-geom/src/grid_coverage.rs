//! Exact area of a feature in each grid cell: signed area and cover accumulation.
//!
//! Every edge, taken upward, adds to the cell it crosses `cover += s·Δy` and `area += s·Δy·(x_right − x_mean)`; the area
//! of the feature in a cell is then `area + cell · Σ cover` over the cells to its west. Crossings with grid lines are computed
//! from the edge's own end points, so two parcels that share an edge add exactly opposite terms.

use carbonzone_types::GridSpec;

use crate::Coverage;
use crate::ring::FeatureShape;
use crate::row_sink::RowSink;

/// Windows of more cells than this use sorted records instead of a dense array.
const DENSE_CELLS: usize = 4096;

/// Rounding allowance in units of the sum of |Δy| of a feature: pieces below it are not told from zero.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Cells that a feature can touch, in local coordinates from the window's south-west corner.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// South-west corner, m.
    origin: [f64; 2],
    cell: f64,
    per_cell: f64,
    cols: usize,
    rows: usize,
    /// Column of the window's first column, row (from the north) of its first row, in the grid.
    first: (u32, u32),
    /// The feature's box lies in the grid.
    inside: bool,
}

impl Window {
    /// `None` if the box has no area in common with the grid.
    fn of(bounds: [f64; 4], grid: &GridSpec) -> Option<Self> {
        let [x0, y0, x1, y1] = bounds;
        let [gx0, gy0, gx1, gy1] = grid.bounds();
        if grid.is_empty() || !(x0 < gx1 && x1 > gx0 && y0 < gy1 && y1 > gy0) {
            return None;
        }
        let per_cell = grid.cell.recip();
        // Casts instead of floor and ceil, which are calls on the default target; negative values become 0.
        let range = |from: f64, to: f64, n: u32| {
            let lo = ((from / grid.cell) as u32).min(n - 1);
            let end = to / grid.cell;
            let hi = end as u32;
            let hi = if f64::from(hi) == end { hi.saturating_sub(1) } else { hi };
            (lo, hi.clamp(lo, n - 1))
        };
        let (c0, c1) = range(x0 - grid.x_min, x1 - grid.x_min, grid.cols);
        let (r0, r1) = range(grid.y_max - y1, grid.y_max - y0, grid.rows);
        let origin = [grid.x_min + f64::from(c0) * grid.cell, grid.y_max - (f64::from(r1) + 1.0) * grid.cell];
        Some(Self {
            origin,
            cell: grid.cell,
            per_cell,
            cols: (c1 - c0 + 1) as usize,
            rows: (r1 - r0 + 1) as usize,
            first: (c0, r0),
            inside: x0 >= gx0 && x1 <= gx1 && y0 >= gy0 && y1 <= gy1,
        })
    }

    /// Slot of a local row (from the south) and column; column −1 gathers what lies west of the window.
    #[inline]
    fn slot(&self, row: usize, col: i64) -> usize {
        (self.rows - 1 - row) * (self.cols + 1) + (col + 1) as usize
    }

    /// Local coordinates and cell of a vertex.
    #[inline]
    fn spot(&self, x: f64, y: f64) -> Spot {
        let at = [x - self.origin[0], y - self.origin[1]];
        let (col, row) = (at[0] * self.per_cell, at[1] * self.per_cell);
        let within = col >= 0.0 && row >= 0.0 && col < self.cols as f64 && row < self.rows as f64;
        if within {
            let (col, row) = (col as u32, row as u32);
            Spot { at, slot: self.slot(row as usize, i64::from(col)), east: f64::from(col + 1) * self.cell }
        } else {
            Spot { at, slot: ELSEWHERE, east: 0.0 }
        }
    }
}

/// A vertex in local coordinates and the cell of the window it lies in.
#[derive(Debug, Clone, Copy)]
struct Spot {
    at: [f64; 2],
    /// Slot of the cell, or [`ELSEWHERE`].
    slot: usize,
    /// Eastern side of the cell.
    east: f64,
}

/// The slot of a vertex outside the window.
const ELSEWHERE: usize = usize::MAX;

/// One contribution to a slot.
#[derive(Debug, Clone, Copy)]
struct Record {
    slot: usize,
    cover: f64,
    area: f64,
}

/// Scratch of one thread.
#[derive(Debug, Default)]
pub(crate) struct GridScratch {
    dense: Vec<[f64; 2]>,
    sparse: Vec<Record>,
}

/// Appends the row of one measured feature to `out`.
pub(crate) fn cover_feature(
    coverage: &Coverage,
    shape: &FeatureShape,
    grid: &GridSpec,
    scratch: &mut GridScratch,
    out: &mut RowSink,
) {
    let Some(window) = Window::of(shape.bounds, grid) else {
        out.end_row(shape.area, shape.area);
        return;
    };
    if window.inside && window.cols * window.rows == 1 {
        if shape.area > 0.0 {
            out.push(grid.index(window.first.0, window.first.1), shape.area);
        }
        out.end_row(shape.area, 0.0);
        return;
    }
    let slots = window.rows * (window.cols + 1);
    let height = if slots <= DENSE_CELLS {
        scratch.dense.clear();
        scratch.dense.resize(slots, [0.0; 2]);
        let cells = &mut scratch.dense;
        let height = accumulate_rings(coverage, shape, &window, |r| {
            cells[r.slot][0] += r.cover;
            cells[r.slot][1] += r.area;
        });
        emit_dense(&window, grid, cells, height, out);
        height
    } else {
        let records = &mut scratch.sparse;
        records.clear();
        let height = accumulate_rings(coverage, shape, &window, |r| records.push(r));
        records.sort_by_key(|r| r.slot);
        let merged = records.chunk_by(|a, b| a.slot == b.slot).map(|same| {
            let sum = |f: fn(&Record) -> f64| same.iter().map(f).sum();
            Record { slot: same[0].slot, cover: sum(|r| r.cover), area: sum(|r| r.area) }
        });
        emit_sparse(&window, grid, merged, height, out);
        height
    };
    let outside = if window.inside {
        0.0
    } else {
        let rest = shape.area - out.row_sum();
        if rest > 8.0 * ROUNDING * (shape.area + height * grid.cell) { rest } else { 0.0 }
    };
    out.end_row(shape.area, outside);
}

/// Feeds all edges into the window; returns the sum of |Δy|, the scale of rounding.
///
/// Most edges lie in one cell, and so do most runs of edges: their terms are summed up and handed on when the cell changes.
/// Edges that leave a cell are walked.
fn accumulate_rings(
    coverage: &Coverage,
    shape: &FeatureShape,
    window: &Window,
    mut add: impl FnMut(Record),
) -> f64 {
    let mut height = 0.0;
    for ring in &shape.rings {
        let (xs, ys) = coverage.ring(ring.ring);
        let (Some(&x), Some(&y)) = (xs.last(), ys.last()) else { continue };
        // Starting from the last vertex closes the ring, whether or not it repeats the first.
        let mut from = window.spot(x, y);
        let (mut cover, mut area) = (0.0, 0.0);
        for (&x, &y) in xs.iter().zip(ys) {
            let to = window.spot(x, y);
            let rise = to.at[1] - from.at[1];
            height += rise.abs();
            if to.slot == from.slot && to.slot != ELSEWHERE {
                // A counter-clockwise ring goes up on its east side: the ground west of an upward edge is inside, so
                // the ground east of it loses.
                let loss = -ring.weight * rise;
                cover += loss;
                area += loss * (to.east - 0.5 * (from.at[0] + to.at[0]));
            } else {
                if from.slot != ELSEWHERE {
                    add(Record { slot: from.slot, cover, area });
                    (cover, area) = (0.0, 0.0);
                }
                if rise > 0.0 {
                    accumulate_edge(window, from.at, to.at, -ring.weight, &mut add);
                } else if rise < 0.0 {
                    accumulate_edge(window, to.at, from.at, ring.weight, &mut add);
                }
            }
            from = to;
        }
        if from.slot != ELSEWHERE {
            add(Record { slot: from.slot, cover, area });
        }
    }
    height
}

/// Walks an upward edge row by row.
fn accumulate_edge(w: &Window, a: [f64; 2], b: [f64; 2], sign: f64, add: &mut impl FnMut(Record)) {
    let top = w.rows as f64 * w.cell;
    if b[1] <= 0.0 || a[1] >= top {
        return;
    }
    let last_row = w.rows - 1;
    let first = ((a[1] * w.per_cell) as u32 as usize).min(last_row);
    let end = b[1] * w.per_cell;
    let last = end as u32 as usize;
    let last = if last as f64 == end { last.saturating_sub(1) } else { last }.clamp(first, last_row);
    if first == last && a[1] >= 0.0 && b[1] <= top {
        return accumulate_in_row(w, first, a, b, sign, add);
    }
    let slope = (b[0] - a[0]) / (b[1] - a[1]);
    let (west, east) = (a[0].min(b[0]), a[0].max(b[0]));
    let at = |y: f64| [(a[0] + (y - a[1]) * slope).clamp(west, east), y];
    let mut from = if a[1] >= 0.0 { a } else { at(0.0) };
    for row in first..=last {
        let line = (row + 1) as f64 * w.cell;
        let ends_here = if row == last { b[1] <= top } else { b[1] <= line };
        let to = if ends_here { b } else { at(line) };
        accumulate_in_row(w, row, from, to, sign, add);
        from = to;
    }
}

/// Adds an upward piece that lies in one row, column by column.
fn accumulate_in_row(
    w: &Window,
    row: usize,
    from: [f64; 2],
    to: [f64; 2],
    sign: f64,
    add: &mut impl FnMut(Record),
) {
    let (a, b) = if from[0] <= to[0] { (from, to) } else { (to, from) };
    let column = |x: f64| {
        let col = x * w.per_cell;
        if col < 0.0 { -1 } else { i64::from(col as u32).min(w.cols as i64) }
    };
    let (first, last) = (column(a[0]), column(b[0]));
    let mut put = |col: i64, dy: f64, x_mean: f64| {
        if col < w.cols as i64 {
            let cover = sign * dy;
            let area = cover * ((col + 1) as f64 * w.cell - x_mean);
            add(Record { slot: w.slot(row, col), cover, area });
        }
    };
    if first == last {
        return put(first, to[1] - from[1], 0.5 * (a[0] + b[0]));
    }
    let slope = (b[1] - a[1]) / (b[0] - a[0]);
    let mut p = a;
    for col in first..last {
        let x = (col + 1) as f64 * w.cell;
        let q = [x, (a[1] + (x - a[0]) * slope).clamp(from[1], to[1])];
        put(col, (q[1] - p[1]).abs(), 0.5 * (p[0] + q[0]));
        p = q;
    }
    put(last, (b[1] - p[1]).abs(), 0.5 * (p[0] + b[0]));
}

/// Hands on the areas of cells (row from the north and column in the window) that are not rounding.
fn pieces<'a>(
    w: &'a Window,
    grid: &'a GridSpec,
    height: f64,
    out: &'a mut RowSink,
) -> impl FnMut(usize, usize, f64) + 'a {
    let full = grid.cell_area_m2();
    let rounding = ROUNDING * height * w.cell;
    move |row, col, area| {
        if area > rounding {
            let area = if (area - full).abs() <= rounding { full } else { area };
            out.push(grid.index(w.first.0 + col as u32, w.first.1 + row as u32), area);
        }
    }
}

/// Prefix sum along each row of `[cover, area]` per slot.
fn emit_dense(w: &Window, grid: &GridSpec, slots: &[[f64; 2]], height: f64, out: &mut RowSink) {
    let mut piece = pieces(w, grid, height, out);
    for (row, slots) in slots.chunks_exact(w.cols + 1).enumerate() {
        let mut cover = slots[0][0];
        for (col, slot) in slots[1..].iter().enumerate() {
            piece(row, col, slot[1] + cover * w.cell);
            cover += slot[0];
        }
    }
}

/// Prefix sum along each row; `records` ascend by slot, one per slot. Fully covered runs are filled in.
fn emit_sparse(
    w: &Window,
    grid: &GridSpec,
    records: impl Iterator<Item = Record>,
    height: f64,
    out: &mut RowSink,
) {
    let mut piece = pieces(w, grid, height, out);
    let stride = w.cols + 1;
    // `next` is the slot after the last one written; `cover` the running sum of its row.
    let (mut next, mut cover) = (0usize, 0.0);
    let fill = |from: usize, to: usize, cover: f64, piece: &mut dyn FnMut(usize, usize, f64)| {
        for slot in from..to {
            if slot % stride > 0 {
                piece(slot / stride, slot % stride - 1, cover * w.cell);
            }
        }
    };
    for r in records {
        let row_start = r.slot / stride * stride;
        if next < row_start {
            fill(next, next.next_multiple_of(stride), cover, &mut piece);
            (next, cover) = (row_start, 0.0);
        } else if next == row_start {
            cover = 0.0;
        }
        fill(next, r.slot, cover, &mut piece);
        if r.slot > row_start {
            piece(r.slot / stride, r.slot - row_start - 1, r.area + cover * w.cell);
        }
        cover += r.cover;
        next = r.slot + 1;
    }
    fill(next, next.next_multiple_of(stride), cover, &mut piece);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlap_grid;

    fn grid(cols: u32, rows: u32) -> GridSpec {
        GridSpec { x_min: 0.0, y_max: f64::from(rows) * 10.0, cell: 10.0, cols, rows }
    }

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    }

    fn one(parts: &[Vec<Vec<[f64; 2]>>], g: &GridSpec) -> (Vec<(u32, f64)>, f64) {
        let mut c = Coverage::new();
        c.push_rings(parts);
        let m = overlap_grid(&c, g);
        let (t, a) = m.row(0);
        (t.iter().copied().zip(a.iter().copied()).collect(), m.outside_m2[0])
    }

    #[test]
    fn a_square_on_a_corner_gives_a_quarter_to_each_cell() {
        let (row, outside) = one(&[vec![rect(5.0, 5.0, 15.0, 15.0)]], &grid(2, 2));
        assert_eq!(row, [(0, 25.0), (1, 25.0), (2, 25.0), (3, 25.0)]);
        assert_eq!(outside, 0.0);
    }

    #[test]
    fn cells_are_counted_from_the_north_west() {
        let (row, _) = one(&[vec![rect(1.0, 21.0, 3.0, 25.0)]], &grid(2, 3));
        assert_eq!(row, [(0, 8.0)]);
        let (row, _) = one(&[vec![rect(11.0, 1.0, 13.0, 5.0)]], &grid(2, 3));
        assert_eq!(row, [(5, 8.0)]);
    }

    #[test]
    fn parcel_touching_a_grid_line_exactly_stays_in_its_cell() {
        for r in [rect(0.0, 0.0, 10.0, 4.0), rect(4.0, 6.0, 10.0, 10.0)] {
            let (row, outside) = one(&[vec![r]], &grid(2, 2));
            assert_eq!(row.len(), 1, "{row:?}");
            assert_eq!((row[0].0, outside), (2, 0.0));
        }
    }

    #[test]
    fn parcel_equal_to_a_cell_fills_exactly_that_cell() {
        let (row, outside) = one(&[vec![rect(10.0, 10.0, 20.0, 20.0)]], &grid(3, 3));
        assert_eq!((row, outside), (vec![(4, 100.0)], 0.0));
    }

    #[test]
    fn parcel_smaller_than_a_cell_without_its_centre_is_kept() {
        let (row, _) = one(&[vec![rect(8.0, 8.0, 12.0, 9.0)]], &grid(2, 1));
        assert_eq!(row, [(0, 2.0), (1, 2.0)]);
    }

    #[test]
    fn a_wide_parcel_half_a_row_high_covers_the_middle_cells_half() {
        let (row, _) = one(&[vec![rect(5.0, 0.0, 45.0, 5.0)]], &grid(5, 1));
        assert_eq!(row, [(0, 25.0), (1, 50.0), (2, 50.0), (3, 50.0), (4, 25.0)]);
    }

    #[test]
    fn polygon_outside_the_grid_goes_to_the_outside_bucket() {
        let (row, outside) = one(&[vec![rect(100.0, 100.0, 110.0, 110.0)]], &grid(2, 2));
        assert_eq!((row, outside), (vec![], 100.0));
    }

    #[test]
    fn polygon_across_the_edge_of_the_grid_splits_into_cells_and_outside_on_every_side() {
        for (r, kept) in [
            (rect(-5.0, 5.0, 5.0, 9.0), 2),
            (rect(15.0, 5.0, 25.0, 9.0), 3),
            (rect(1.0, -2.0, 5.0, 8.0), 2),
            (rect(1.0, 12.0, 5.0, 28.0), 0),
        ] {
            let (row, outside) = one(&[vec![r.clone()]], &grid(2, 2));
            let whole = (r[1][0] - r[0][0]) * (r[2][1] - r[0][1]);
            assert_eq!(row.len(), 1, "{r:?} {row:?}");
            assert_eq!(row[0].0, kept, "{r:?}");
            assert!((row[0].1 + outside - whole).abs() < 1e-12 && outside > 1.0, "{r:?} {row:?} {outside}");
        }
    }

    #[test]
    fn a_polygon_around_the_whole_grid_fills_every_cell() {
        let (row, outside) = one(&[vec![rect(-1e7, -1e7, 1e7, 1e7)]], &grid(3, 2));
        assert_eq!(row.len(), 6);
        assert!(row.iter().all(|&(_, a)| (a - 100.0).abs() < 1e-3));
        assert!((outside - (4e14 - 600.0)).abs() <= 1.0);
    }

    #[test]
    fn holes_and_a_hole_touching_the_shell_are_taken_out() {
        let ring = vec![rect(0.0, 0.0, 30.0, 30.0), rect(10.0, 10.0, 20.0, 20.0)];
        let (row, _) = one(&[ring], &grid(3, 3));
        assert_eq!(row.iter().map(|r| r.0).collect::<Vec<_>>(), [0, 1, 2, 3, 5, 6, 7, 8]);
        let touching =
            vec![rect(0.0, 0.0, 30.0, 10.0), vec![[15.0, 0.0], [20.0, 5.0], [10.0, 5.0], [15.0, 0.0]]];
        let (row, _) = one(&[touching], &grid(3, 1));
        assert_eq!(row, [(0, 100.0), (1, 75.0), (2, 100.0)]);
    }

    #[test]
    fn sparse_and_dense_paths_agree_on_a_large_star_with_a_hole() {
        let star = |n: u32, r0: f64, r1: f64| -> Vec<[f64; 2]> {
            (0..=n)
                .map(|i| {
                    let t = std::f64::consts::TAU * f64::from(i % n) / f64::from(n);
                    let r = if i % 2 == 0 { r0 } else { r1 };
                    [500.0 + r * t.cos(), 500.0 + r * t.sin()]
                })
                .collect()
        };
        let mut c = Coverage::new();
        c.push_rings(&[vec![star(200, 480.0, 300.0), star(40, 100.0, 60.0)]]);
        let big = grid(100, 100);
        let m = overlap_grid(&c, &big);
        let sum: f64 = m.areas_m2.iter().sum();
        assert!((sum / c.area_m2(0) - 1.0).abs() < 1e-12);
        // The same cells four at a time through the dense path of windows cut by small grids.
        let mut cells = std::collections::BTreeMap::new();
        for (r, q) in (0..100u32).step_by(50).flat_map(|r| (0..100u32).step_by(50).map(move |q| (r, q))) {
            let part = GridSpec {
                x_min: f64::from(q) * 10.0,
                y_max: 1000.0 - f64::from(r) * 10.0,
                cell: 10.0,
                cols: 50,
                rows: 50,
            };
            let p = overlap_grid(&c, &part);
            for (&t, &a) in p.targets.iter().zip(&p.areas_m2) {
                let (col, row) = part.col_row(t);
                cells.insert(big.index(q + col, r + row), a);
            }
        }
        assert_eq!(cells.len(), m.targets.len());
        for (t, a) in m.targets.iter().zip(&m.areas_m2) {
            assert!((cells[t] - a).abs() < 1e-9, "{t}: {} {a}", cells[t]);
        }
    }

    #[test]
    fn a_lake_over_four_hundred_cells_fills_its_interior_exactly() {
        let (row, _) = one(&[vec![rect(5.0, 5.0, 305.0, 305.0)]], &grid(31, 31));
        let full = row.iter().filter(|r| r.1 == 100.0).count();
        assert_eq!((row.len(), full), (31 * 31, 29 * 29));
    }
}
