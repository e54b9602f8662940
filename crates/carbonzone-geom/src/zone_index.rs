//! Zone boundaries in a uniform grid: the edges of each cell, and the zones that contain its centre.
//!
//! Winding numbers are exact. Every side is decided for the point shifted by infinitesimals, `(x − ε₁, y − ε₂)` with `ε₂ ≪ ε₁`:
//! a vertex level with the point is above it, one on its meridian east of it, and a point on an edge is west of it (below it, if the edge is level).

use std::collections::BTreeMap;

use crate::Coverage;
use crate::ring::{FeatureShape, for_each_edge, turn};
use crate::ring_box::{NOWHERE, union};

/// A zone edge, lower end first (the western end last if level).
#[derive(Debug, Clone, Copy)]
pub(crate) struct ZoneEdge {
    pub a: [f64; 2],
    pub b: [f64; 2],
    /// Winding of the ground just west of the edge minus that just east of it (for a level edge: below minus above).
    pub winding: f64,
    pub zone: u32,
}

impl ZoneEdge {
    /// True if the edge crosses the level `y`: half-open, so of two edges that meet on it one counts.
    #[inline]
    pub fn crosses(&self, y: f64) -> bool {
        self.a[1] < y && self.b[1] >= y
    }

    /// True if the point lies west of the edge (below it, if it is level) or on it; exact.
    #[inline]
    pub fn has_west(&self, p: [f64; 2]) -> bool {
        turn(self.a, self.b, p) >= 0.0
    }

    /// Change of the zone's winding number on the way from `p` to `q`, two points on one meridian.
    #[inline]
    pub fn change_along_meridian(&self, p: [f64; 2], q: [f64; 2]) -> f64 {
        if (self.a[0] < p[0]) == (self.b[0] < p[0]) {
            return 0.0;
        }
        match (self.has_west(p), self.has_west(q)) {
            (false, true) => self.winding,
            (true, false) => -self.winding,
            _ => 0.0,
        }
    }
}

/// Zones that contain a cell, with their winding number (1, unless the zone overlaps itself).
pub(crate) type Label = Vec<(u32, f64)>;

#[derive(Debug)]
pub(crate) struct ZoneIndex {
    pub edges: Vec<ZoneEdge>,
    /// Distinct labels; 0 is "no zone".
    pub labels: Vec<Label>,
    origin: [f64; 2],
    cell: f64,
    per_cell: f64,
    cols: usize,
    rows: usize,
    cell_off: Vec<u32>,
    cell_edges: Vec<u32>,
    cell_label: Vec<u32>,
}

/// At most this many index cells.
const MAX_CELLS: f64 = 4_194_304.0;

impl ZoneIndex {
    /// Builds the index: every edge into every cell it touches, then the labels row by row.
    pub fn new(zones: &Coverage) -> Self {
        let (edges, bounds) = collect_edges(zones);
        let mut index = Self::layout(edges, bounds);
        index.insert_edges();
        index.label_cells();
        index
    }

    /// Chooses the cells: about two per edge, one empty cell around the zones.
    fn layout(edges: Vec<ZoneEdge>, bounds: [f64; 4]) -> Self {
        let [x0, y0, x1, y1] = if edges.is_empty() { [0.0, 0.0, 1.0, 1.0] } else { bounds };
        let (width, height) = (x1 - x0, y1 - y0);
        let magnitude = bounds.iter().filter(|v| v.is_finite()).fold(1.0, |m: f64, v| m.max(v.abs()));
        let wanted = (2.0 * edges.len() as f64).clamp(16.0, MAX_CELLS);
        let by_area = (width * height / wanted).sqrt();
        let by_length = width.max(height) / wanted;
        let cell = by_area.max(by_length).max(1e4 * f64::EPSILON * magnitude);
        let (cols, rows) = ((width / cell) as usize + 3, (height / cell) as usize + 3);
        Self {
            edges,
            labels: vec![vec![]],
            origin: [x0 - cell, y0 - cell],
            cell,
            per_cell: cell.recip(),
            cols,
            rows,
            cell_off: vec![],
            cell_edges: vec![],
            cell_label: vec![0; cols * rows],
        }
    }

    /// Column of an easting; beyond the index the outermost column, which is empty.
    #[inline]
    pub fn col(&self, x: f64) -> usize {
        (((x - self.origin[0]) * self.per_cell).max(0.0) as usize).min(self.cols - 1)
    }

    /// Row of a northing, from the south; beyond the index the outermost row, which is empty.
    #[inline]
    pub fn row(&self, y: f64) -> usize {
        (((y - self.origin[1]) * self.per_cell).max(0.0) as usize).min(self.rows - 1)
    }

    /// Centre of a cell.
    pub fn centre(&self, row: usize, col: usize) -> [f64; 2] {
        [self.origin[0] + (col as f64 + 0.5) * self.cell, self.origin[1] + (row as f64 + 0.5) * self.cell]
    }

    /// Edges of a cell.
    #[inline]
    pub fn edges_in(&self, row: usize, col: usize) -> &[u32] {
        let c = row * self.cols + col;
        &self.cell_edges[self.cell_off[c] as usize..self.cell_off[c + 1] as usize]
    }

    /// True if no cell of the rectangle has an edge.
    #[inline]
    pub fn is_empty_rect(&self, rows: std::ops::RangeInclusive<usize>, c0: usize, c1: usize) -> bool {
        rows.into_iter().all(|r| {
            let start = r * self.cols;
            self.cell_off[start + c0] == self.cell_off[start + c1 + 1]
        })
    }

    /// Zones that contain the centre of a cell; the whole cell, if it has no edges.
    pub fn label(&self, row: usize, col: usize) -> &Label {
        &self.labels[self.cell_label[row * self.cols + col] as usize]
    }

    /// Calls `f` with every cell the edge touches or nearly touches, row by row.
    fn cells_of(&self, e: &ZoneEdge, mut f: impl FnMut(usize)) {
        let margin = 1e-3 * self.cell;
        let slope = (e.b[0] - e.a[0]) / (e.b[1] - e.a[1]);
        let (west, east) = (e.a[0].min(e.b[0]), e.a[0].max(e.b[0]));
        let at = |y: f64| (e.a[0] + (y - e.a[1]) * slope).clamp(west, east);
        for row in self.row(e.a[1] - margin)..=self.row(e.b[1] + margin) {
            let south = self.origin[1] + row as f64 * self.cell - margin;
            let north = self.origin[1] + (row + 1) as f64 * self.cell + margin;
            let (p, q) = if e.a[1] == e.b[1] {
                (west, east)
            } else {
                let (p, q) = (at(south.max(e.a[1])), at(north.min(e.b[1])));
                (p.min(q), p.max(q))
            };
            for col in self.col(p - margin)..=self.col(q + margin) {
                f(row * self.cols + col);
            }
        }
    }

    fn insert_edges(&mut self) {
        let mut off = vec![0u32; self.cols * self.rows + 1];
        for e in &self.edges {
            self.cells_of(e, |c| off[c + 1] += 1);
        }
        for c in 1..off.len() {
            off[c] += off[c - 1];
        }
        let mut next = off.clone();
        let mut list = vec![0u32; off[off.len() - 1] as usize];
        for (k, e) in self.edges.iter().enumerate() {
            self.cells_of(e, |c| {
                list[next[c] as usize] = k as u32;
                next[c] += 1;
            });
        }
        (self.cell_off, self.cell_edges) = (off, list);
    }

    /// Sweeps the middle of each row from west to east, toggling zones where their edges cross it.
    fn label_cells(&mut self) {
        let mut known: BTreeMap<Vec<(u32, i64)>, u32> = BTreeMap::from([(vec![], 0)]);
        let mut by_row: Vec<Vec<(f64, u32)>> = vec![vec![]; self.rows];
        for (k, e) in self.edges.iter().enumerate() {
            let slope = (e.b[0] - e.a[0]) / (e.b[1] - e.a[1]);
            let first = self.row(e.a[1]);
            for (row, crossings) in (first..).zip(&mut by_row[first..=self.row(e.b[1])]) {
                let y = self.centre(row, 0)[1];
                if e.crosses(y) {
                    crossings.push((e.a[0] + (y - e.a[1]) * slope, k as u32));
                }
            }
        }
        for (row, crossings) in by_row.iter_mut().enumerate() {
            crossings.sort_unstable_by(|p, q| p.0.total_cmp(&q.0).then(p.1.cmp(&q.1)));
            self.label_row(row, crossings, &mut known);
        }
    }

    fn label_row(
        &mut self,
        row: usize,
        crossings: &[(f64, u32)],
        known: &mut BTreeMap<Vec<(u32, i64)>, u32>,
    ) {
        // Crossings nearer to a centre than this are decided by the exact test.
        let doubt = 1e-3 * self.cell;
        let mut west = 0;
        let mut winding: BTreeMap<u32, i64> = BTreeMap::new();
        let step = |winding: &mut BTreeMap<u32, i64>, e: &ZoneEdge| {
            let w = winding.entry(e.zone).or_default();
            *w -= e.winding as i64;
            if *w == 0 {
                winding.remove(&e.zone);
            }
        };
        let mut label = 0;
        for col in 0..self.cols {
            let centre = self.centre(row, col);
            let before = west;
            while west < crossings.len() && crossings[west].0 < centre[0] - doubt {
                step(&mut winding, &self.edges[crossings[west].1 as usize]);
                west += 1;
            }
            if west > before {
                label = intern(&winding, known, &mut self.labels);
            }
            let mut here = label;
            let near = crossings[west..].iter().take_while(|c| c.0 <= centre[0] + doubt);
            let mut passed =
                near.map(|c| &self.edges[c.1 as usize]).filter(|e| !e.has_west(centre)).peekable();
            if passed.peek().is_some() {
                let mut local = winding.clone();
                passed.for_each(|e| step(&mut local, e));
                here = intern(&local, known, &mut self.labels);
            }
            self.cell_label[row * self.cols + col] = here;
        }
    }
}

/// Number of a label, a new one if it was not seen before.
fn intern(
    winding: &BTreeMap<u32, i64>,
    known: &mut BTreeMap<Vec<(u32, i64)>, u32>,
    labels: &mut Vec<Label>,
) -> u32 {
    let key: Vec<(u32, i64)> = winding.iter().map(|(z, w)| (*z, *w)).collect();
    *known.entry(key).or_insert_with_key(|k| {
        labels.push(k.iter().map(|&(z, w)| (z, w as f64)).collect());
        (labels.len() - 1) as u32
    })
}

/// All edges of all counting rings, in zone order, and their box.
fn collect_edges(zones: &Coverage) -> (Vec<ZoneEdge>, [f64; 4]) {
    let (mut edges, mut bounds) = (Vec::with_capacity(zones.vertices()), NOWHERE);
    let mut shape = FeatureShape::default();
    for zone in 0..zones.len() {
        shape.measure(zones, zone);
        for ring in &shape.rings {
            bounds = union(bounds, ring.bounds);
            let (xs, ys) = zones.ring(ring.ring);
            for_each_edge(xs, ys, |xa, ya, xb, yb| {
                let up = ya < yb || (ya == yb && xb < xa);
                let (a, b) = if up { ([xa, ya], [xb, yb]) } else { ([xb, yb], [xa, ya]) };
                if a != b {
                    let winding = if up { ring.weight } else { -ring.weight };
                    edges.push(ZoneEdge { a, b, winding, zone: zone as u32 });
                }
            });
        }
    }
    (edges, bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_carry_the_zones_around_their_centre() {
        let rect =
            |x0: f64, y0: f64, x1: f64, y1: f64| vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]];
        let mut zones = Coverage::new();
        zones.push_rings(&[vec![rect(0.0, 0.0, 100.0, 100.0), rect(40.0, 40.0, 60.0, 60.0)]]);
        zones.push_rings(&[vec![rect(100.0, 0.0, 200.0, 100.0)]]);
        zones.push_rings(&[vec![rect(90.0, 10.0, 190.0, 90.0)]]);
        let index = ZoneIndex::new(&zones);
        let inside = |i: usize, x: f64, y: f64| match i {
            0 => {
                x < 100.0
                    && !(40.0 < x && x < 60.0 && 40.0 < y && y < 60.0)
                    && x > 0.0
                    && y > 0.0
                    && y < 100.0
            }
            1 => x > 100.0 && x < 200.0 && y > 0.0 && y < 100.0,
            _ => x > 90.0 && x < 190.0 && y > 10.0 && y < 90.0,
        };
        let mut seen = 0;
        for row in 0..index.rows {
            for col in 0..index.cols {
                let [x, y] = index.centre(row, col);
                let expected: Label = (0..3).filter(|&i| inside(i, x, y)).map(|i| (i as u32, 1.0)).collect();
                assert_eq!(index.label(row, col), &expected, "at {x} {y}");
                seen += usize::from(!index.edges_in(row, col).is_empty());
            }
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn no_zones_give_an_index_without_labels() {
        let index = ZoneIndex::new(&Coverage::new());
        assert!(index.label(index.row(0.5), index.col(0.5)).is_empty());
    }
}
