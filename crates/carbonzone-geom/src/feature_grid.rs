//! Feature boxes in uniform grids of growing cell size, for points and lines.

use std::ops::Range;

use rayon::prelude::*;

use crate::Coverage;
use crate::far_off::core_box;
use crate::measured::{Measured, Rings};
use crate::ring_box::{NOWHERE, union};

/// A feature's box relative to the index origin, rounded outward, and its index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// West, south, −east, −north: one comparison with a point `[x, y, −x, −y]` tells whether the box holds it.
    sides: [f32; 4],
    pub feature: u32,
}

impl Entry {
    /// Rounds the box outward.
    fn new([west, south, east, north]: [f64; 4], feature: u32) -> Self {
        let outward = |v: f64| (v as f32).next_down();
        Self { sides: [outward(west), outward(south), outward(-east), outward(-north)], feature }
    }

    /// True if the box may hold the point `[x, y, −x, −y]`, or meet the box `[east, north, −west, −south]`. Rounding to 32 bits is
    /// monotone, so a point in the box passes.
    #[inline]
    #[expect(clippy::needless_bitwise_bool, reason = "one comparison of four lanes instead of four branches")]
    fn meets(&self, reach: [f32; 4]) -> bool {
        let [w, s, e, n] = self.sides;
        let [x, y, minus_x, minus_y] = reach;
        (x >= w) & (y >= s) & (minus_x >= e) & (minus_y >= n)
    }

    /// True if the segment touches the box, or passes by within `aside` m or little more.
    #[inline]
    pub fn reaches(&self, path: &Path) -> bool {
        self.meets(path.reach) & self.reaches_line(path.p, path.q, path.aside)
    }

    /// False only if the box lies clearly on one side of the line p → q, farther than `aside` m from it.
    #[inline]
    fn reaches_line(&self, p: [f64; 2], q: [f64; 2], aside: f64) -> bool {
        let [w, s, e, n] = self.sides.map(f64::from);
        let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
        let to_centre = dx * (0.5 * (s - n) - p[1]) - dy * (0.5 * (w - e) - p[0]);
        let half = 0.5 * (dy.abs() * (-e - w) - dx.abs() * (n + s));
        // The boxes are rounded outward by far more than the rounding of this test.
        to_centre.abs() <= half * (1.0 + 1e-6) + aside * (dx.abs() + dy.abs())
    }
}

/// One grid: CSR of entries by cell, features ascending within a cell.
#[derive(Debug)]
struct Level {
    per_cell: f64,
    cols: usize,
    rows: usize,
    off: Vec<u32>,
    entries: Vec<Entry>,
}

/// Tiles per side of the layer: work is sorted by tile, so that the parcels of a tile are read once.
const TILE_SIDE: u32 = 64;
pub(crate) const TILES: usize = (TILE_SIDE * TILE_SIDE) as usize;

/// A feature's box must not touch more than this many cells of its level.
const MAX_CELLS_PER_FEATURE: usize = 16;
/// Cell sizes of consecutive levels.
const LEVEL_FACTOR: f64 = 8.0;

/// The index.
#[derive(Debug)]
pub(crate) struct FeatureGrid {
    pub origin: [f64; 2],
    /// Size of the cells together, m. What lies beyond them is in the outermost ones.
    pub extent: [f64; 2],
    /// Box of all features, relative to the origin.
    whole: [f64; 4],
    levels: Vec<Level>,
    rings: Rings,
    /// Per feature, if just one of its rings counts: the first vertex, and the number of vertices times the weight; else 0 of them.
    only_ring: Vec<(u32, i32)>,
}

impl FeatureGrid {
    pub fn new(coverage: &Coverage) -> Self {
        Self::beside(coverage, |_| ()).0
    }

    /// [`new`](Self::new), and meanwhile what `other` makes of the same measures.
    pub fn beside<T: Send>(coverage: &Coverage, other: impl FnOnce(&Measured) -> T + Send) -> (Self, T) {
        let measured = Measured::of(coverage);
        let cells = || {
            let boxes = &measured.boxes;
            let all = boxes.iter().copied().fold(NOWHERE, union);
            let (cells, whole) =
                if all[0] <= all[2] { (layout(boxes, all), all) } else { ([0.0; 4], [0.0; 4]) };
            let (origin, extent) = ([cells[0], cells[1]], [cells[2] - cells[0], cells[3] - cells[1]]);
            let whole = [0, 1, 2, 3].map(|k| whole[k] - origin[k % 2]);
            (origin, extent, whole, build_levels(boxes, origin, extent))
        };
        let ((origin, extent, whole, levels), other) = rayon::join(cells, || other(&measured));
        let rings = measured.rings;
        let only_ring = (0..coverage.len()).into_par_iter().map(|i| rings.only_ring(coverage, i)).collect();
        (Self { origin, extent, whole, levels, rings, only_ring }, other)
    }

    /// Number of the tile of a point, row by row over the layer; points beyond it are in the outermost tiles.
    #[inline]
    pub fn tile(&self, x: f64, y: f64) -> u32 {
        let place = |v: f64, k: usize| {
            let per_m = if self.extent[k] > 0.0 { f64::from(TILE_SIDE) / self.extent[k] } else { 0.0 };
            (((v - self.origin[k]) * per_m).max(0.0) as u32).min(TILE_SIDE - 1)
        };
        place(y, 1) * TILE_SIDE + place(x, 0)
    }

    /// The rings of the layer.
    #[inline]
    pub fn rings(&self) -> &Rings {
        &self.rings
    }

    /// Vertices and weight of the ring of a feature of which just one ring counts.
    #[inline]
    pub fn only_ring(&self, feature: usize) -> Option<(Range<usize>, f64)> {
        let (first, vertices) = self.only_ring[feature];
        let first = first as usize;
        (vertices != 0)
            .then(|| (first..first + vertices.unsigned_abs() as usize, f64::from(vertices.signum())))
    }

    /// Features whose box may hold the point: level by level, ascending within a level.
    #[inline]
    pub fn at(&self, x: f64, y: f64) -> impl Iterator<Item = impl Iterator<Item = u32>> {
        let (x, y) = (x - self.origin[0], y - self.origin[1]);
        let [x0, y0, x1, y1] = self.whole;
        let within = x >= x0 && y >= y0 && x <= x1 && y <= y1;
        let point = [x as f32, y as f32, -x as f32, -y as f32];
        let levels = if within { &self.levels[..] } else { &[] };
        levels.iter().map(move |level| {
            let entries = level.cell(level.col(x), level.row(y)).iter();
            entries.filter(move |e| e.meets(point)).map(|e| e.feature)
        })
    }

    /// No coordinate of a feature is larger, m.
    pub fn largest_coordinate(&self) -> f64 {
        let sides = (0..4).map(|k| (self.whole[k] + self.origin[k % 2]).abs());
        sides.fold(0.0, f64::max)
    }

    /// Side of a cell of the finest level, m; 0 without features.
    pub fn finest_cell(&self) -> f64 {
        self.levels.first().map_or(0.0, |level| level.per_cell.recip())
    }

    /// The segment as cells and boxes are tested against it; `aside` m beside it count as on it.
    #[inline]
    pub fn path(&self, p: [f64; 2], q: [f64; 2], aside: f64) -> Path {
        Path::new(self.local(p), self.local(q), aside)
    }

    /// Appends the runs of cells that a segment passes, or those under the box of several.
    pub fn cells_along(&self, paths: &Paths, out: &mut Vec<CellRun>) {
        let [x0, y0, x1, y1] = paths.bounds;
        let [west, south, east, north] = self.whole;
        if x0 <= east && y0 <= north && x1 >= west && y1 >= south {
            for (k, level) in self.levels.iter().enumerate() {
                match &paths.only {
                    Some(path) => level.cells_along(k as u32, path, out),
                    None => level.cells_under(k as u32, paths.bounds, out),
                }
            }
        }
    }

    /// Appends the entries in the cells whose box meets that of the segments; some several times.
    pub fn entries_along(&self, paths: &Paths, cells: &[CellRun], out: &mut Vec<Entry>) {
        let reach = reach(paths.bounds);
        for run in cells {
            let entries = &self.levels[run.level as usize].entries[run.first as usize..run.end as usize];
            // Written whether or not it counts, so that nothing is branched on that is still on its way from memory.
            let mut n = out.len();
            out.resize(n + entries.len(), NO_ENTRY);
            for entry in entries {
                out[n] = *entry;
                n += usize::from(entry.meets(reach));
            }
            out.truncate(n);
        }
    }

    fn local(&self, v: [f64; 2]) -> [f64; 2] {
        [v[0] - self.origin[0], v[1] - self.origin[1]]
    }
}

/// Entries of neighbouring cells of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CellRun {
    level: u32,
    first: u32,
    end: u32,
}

/// An entry of nothing.
const NO_ENTRY: Entry = Entry { sides: [0.0; 4], feature: 0 };

/// A segment in local coordinates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    p: [f64; 2],
    q: [f64; 2],
    aside: f64,
    /// Its box, wider by `aside` on every side.
    bounds: [f64; 4],
    /// Its box as [`Entry::meets`] takes it.
    reach: [f32; 4],
}

/// Segments that follow each other.
#[derive(Debug)]
pub(crate) struct Paths {
    /// The segment, if it is just one.
    only: Option<Path>,
    /// Their box.
    bounds: [f64; 4],
}

impl Paths {
    pub fn of(first: Path) -> Self {
        Self { bounds: first.bounds, only: Some(first) }
    }

    /// Adds the next segment, unless the box would be longer than so many m.
    pub fn join(&mut self, next: &Path, most: f64) -> bool {
        let both = union(self.bounds, next.bounds);
        let fits = (both[2] - both[0]).max(both[3] - both[1]) <= most;
        if fits {
            (self.only, self.bounds) = (None, both);
        }
        fits
    }
}

/// A box as [`Entry::meets`] takes it.
#[inline]
fn reach([x0, y0, x1, y1]: [f64; 4]) -> [f32; 4] {
    [x1, y1, -x0, -y0].map(|v| v as f32)
}

impl Path {
    #[inline]
    fn new(p: [f64; 2], q: [f64; 2], aside: f64) -> Self {
        let [x0, y0] = [0, 1].map(|k| p[k].min(q[k]) - aside);
        let [x1, y1] = [0, 1].map(|k| p[k].max(q[k]) + aside);
        let bounds = [x0, y0, x1, y1];
        Self { p, q, aside, bounds, reach: reach(bounds) }
    }
}

impl Level {
    #[inline]
    fn col(&self, x: f64) -> usize {
        ((x * self.per_cell).max(0.0) as usize).min(self.cols - 1)
    }

    #[inline]
    fn row(&self, y: f64) -> usize {
        ((y * self.per_cell).max(0.0) as usize).min(self.rows - 1)
    }

    #[inline]
    fn cell(&self, col: usize, row: usize) -> &[Entry] {
        let c = row * self.cols + col;
        &self.entries[self.off[c] as usize..self.off[c + 1] as usize]
    }

    fn cells_under(&self, level: u32, bounds: [f64; 4], out: &mut Vec<CellRun>) {
        let (cols, rows) = self.span(bounds);
        out.extend(rows.map(|row| row * self.cols).map(|row| CellRun {
            level,
            first: self.off[row + cols.start],
            end: self.off[row + cols.end],
        }));
    }

    fn cells_along(&self, number: u32, path: &Path, out: &mut Vec<CellRun>) {
        let Path { p, q, aside, bounds, .. } = *path;
        let (a, b) = if p[1] <= q[1] { (p, q) } else { (q, p) };
        let cell = self.per_cell.recip();
        let slope = (b[0] - a[0]) / (b[1] - a[1]);
        let at = |y: f64| {
            let x = a[0] + (y - a[1]) * slope;
            if x.is_finite() { x.clamp(bounds[0], bounds[2]) } else { a[0] }
        };
        // A margin far above rounding, far below the size of a parcel.
        let margin = 1e-6 * cell + aside;
        for row in self.row(bounds[1])..=self.row(bounds[3]) {
            let (south, north) = (row as f64 * cell - margin, (row + 1) as f64 * cell + margin);
            let (x0, x1) = if b[1] - a[1] > 0.0 {
                let south = if row == 0 { a[1] } else { south.max(a[1]) };
                let north = if row + 1 == self.rows { b[1] } else { north.min(b[1]) };
                let (u, v) = (at(south), at(north));
                (u.min(v), u.max(v))
            } else {
                (bounds[0], bounds[2])
            };
            let row = row * self.cols;
            let (first, end) = (self.col(x0 - margin), self.col(x1 + margin) + 1);
            out.push(CellRun { level: number, first: self.off[row + first], end: self.off[row + end] });
        }
    }
}

/// Features per side beyond which a layer of so many features has more air than ground.
const SPARSE: f64 = 16.0;

/// The box that the cells cover: that of all features, or of all but those far off, which would leave the others in one cell.
fn layout(boxes: &[[f64; 4]], all: [f64; 4]) -> [f64; 4] {
    let longest = (all[2] - all[0]).max(all[3] - all[1]);
    // A thousand of them tell the usual size.
    let some: Vec<[f64; 4]> = boxes.iter().step_by(boxes.len().div_ceil(1024)).copied().collect();
    let used: Vec<u32> =
        (0..some.len() as u32).filter(|&i| some[i as usize][0] <= some[i as usize][2]).collect();
    let air = longest > SPARSE * first_cell(&some, &used, 0.0) * (boxes.len() as f64).sqrt();
    if air { core_box(boxes).unwrap_or(all) } else { all }
}

fn build_levels(boxes: &[[f64; 4]], origin: [f64; 2], extent: [f64; 2]) -> Vec<Level> {
    let mut left: Vec<u32> =
        (0..boxes.len() as u32).filter(|&i| boxes[i as usize][0] <= boxes[i as usize][2]).collect();
    let mut levels = vec![];
    let longest = extent[0].max(extent[1]);
    let mut cell = first_cell(boxes, &left, longest);
    while !left.is_empty() {
        let last = cell >= longest;
        let per_cell = if cell > 0.0 { cell.recip() } else { 1.0 };
        let (cols, rows) = ((extent[0] * per_cell) as usize + 1, (extent[1] * per_cell) as usize + 1);
        let mut level = Level { per_cell, cols, rows, off: vec![], entries: vec![] };
        let local = |i: u32| {
            let b = boxes[i as usize];
            [b[0] - origin[0], b[1] - origin[1], b[2] - origin[0], b[3] - origin[1]]
        };
        let fits = |i: &u32| {
            let (c, r) = level.span(local(*i));
            last || c.len() * r.len() <= MAX_CELLS_PER_FEATURE
        };
        let (here, up): (Vec<u32>, Vec<u32>) = left.iter().partition(|i| fits(i));
        if !here.is_empty() {
            level.fill(&here, local);
            levels.push(level);
        }
        left = up;
        cell *= LEVEL_FACTOR;
    }
    levels
}

/// Cells of the finest level are this many times as large as the median box: larger ones hold more candidates, smaller ones more
/// memory.
const CELL_PER_BOX: f64 = 1.5;

/// Cell of the finest level: a little more than the median size of a box, but no more cells than four per feature.
fn first_cell(boxes: &[[f64; 4]], features: &[u32], longest: f64) -> f64 {
    let mut sizes: Vec<f64> = features
        .iter()
        .map(|&i| {
            let b = boxes[i as usize];
            (b[2] - b[0]).max(b[3] - b[1])
        })
        .collect();
    if sizes.is_empty() {
        return longest;
    }
    let middle = sizes.len() / 2;
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
    (CELL_PER_BOX * *median).max(longest / (4.0 * features.len() as f64).sqrt().max(1.0))
}

impl Level {
    /// Columns and rows that a local box touches.
    fn span(&self, b: [f64; 4]) -> (Range<usize>, Range<usize>) {
        (self.col(b[0])..self.col(b[2]) + 1, self.row(b[1])..self.row(b[3]) + 1)
    }

    /// Two passes: count, then place; features in ascending order.
    fn fill(&mut self, features: &[u32], local: impl Fn(u32) -> [f64; 4]) {
        let mut off = vec![0u32; self.cols * self.rows + 1];
        for &i in features {
            let (cols, rows) = self.span(local(i));
            for row in rows {
                cols.clone().for_each(|col| off[row * self.cols + col + 1] += 1);
            }
        }
        for c in 1..off.len() {
            off[c] += off[c - 1];
        }
        self.entries = vec![NO_ENTRY; off[off.len() - 1] as usize];
        let mut next = off.clone();
        for &i in features {
            let b = local(i);
            let entry = Entry::new(b, i);
            let (cols, rows) = self.span(b);
            for row in rows {
                for col in cols.clone() {
                    let at = &mut next[row * self.cols + col];
                    self.entries[*at as usize] = entry;
                    *at += 1;
                }
            }
        }
        self.off = off;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 × 100 squares of 100 m.
    fn city() -> Coverage {
        let mut c = Coverage::new();
        for k in 0..10_000u32 {
            let (x, y) = (500_000.0 + f64::from(k % 100) * 100.0, 3_450_000.0 + f64::from(k / 100) * 100.0);
            let (e, n) = (x + 100.0, y + 100.0);
            c.push_rings(&[vec![vec![[x, y], [e, y], [e, n], [x, n], [x, y]]]]);
        }
        c
    }

    #[test]
    fn parcels_far_off_do_not_fill_the_cells_of_the_others() {
        let mut c = city();
        for far in [[0.0, 0.0], [9e8, -9e8], [-4e7, 3_450_000.0]] {
            let [x, y] = far;
            c.push_rings(&[vec![vec![[x, y], [x + 10.0, y], [x, y + 10.0], [x, y]]]]);
        }
        // And one with a vertex far off.
        c.push_rings(&[vec![vec![
            [505_000.0, 3_455_000.0],
            [505_100.0, 3_455_000.0],
            [7e8, 7e8],
            [505_000.0, 3_455_000.0],
        ]]]);
        let grid = FeatureGrid::new(&c);
        let candidates = |x: f64, y: f64| grid.at(x, y).map(Iterator::count).sum::<usize>();
        for k in 0..1000 {
            let (x, y) = (500_050.0 + f64::from(k % 100) * 100.0, 3_450_050.0 + f64::from(k) * 10.0);
            assert!((1..=20).contains(&candidates(x, y)), "{}", candidates(x, y));
        }
        // What is far off is found all the same.
        let locator = crate::PointLocator::new(&c);
        let found = [
            [1.0, 1.0],
            [9e8 + 1.0, -9e8 + 1.0],
            [-4e7 + 1.0, 3_450_001.0],
            [505_050.0, 3_455_040.0],
            [2e8, 2.0e8],
        ];
        let owners = found.map(|[x, y]| locator.locate(x, y));
        assert_eq!(owners[..3], [Some(10_000), Some(10_001), Some(10_002)]);
        assert_eq!(owners[3], Some(5050));
        let line = crate::LineIndex::new(&c).lengths(&[-10.0, 20.0], &[1.0, 1.0]);
        assert_eq!(line, [(10_000, 9.0)]);
    }
}
