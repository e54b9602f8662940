//! The skeleton of parcels: a k-d tree of axis-parallel cells over a density, with street strips between the larger cells.
//!
//! Every cut is a pure function of (cell, number of parcels, seed). So the vertices that the cells on the two sides of a line put on
//! it can be found by looking down both sides, and every cell knows all vertices on its edges although only one block of cells is
//! in memory. Coordinates are whole numbers ([`UNITS_PER_M`] to the metre): equal vertices are equal exactly.

use crate::rng::{key, unit};

/// Lattice units to the metre.
pub const UNITS_PER_M: f64 = 8.0;

/// A cell: `u0 < u1` (east), `v0 < v1` (north), in lattice units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// West.
    pub u0: i32,
    /// South.
    pub v0: i32,
    /// East.
    pub u1: i32,
    /// North.
    pub v1: i32,
}

impl Rect {
    /// East-west size in lattice units.
    pub fn width(&self) -> i32 {
        self.u1 - self.u0
    }

    /// North-south size in lattice units.
    pub fn height(&self) -> i32 {
        self.v1 - self.v0
    }

    fn hash(&self, seed: u64) -> u64 {
        key(&[seed, self.u0 as u64, self.v0 as u64, self.u1 as u64, self.v1 as u64])
    }
}

/// A density on square cells as an integral image: the weight of any rectangle in constant time.
#[derive(Debug, Clone)]
pub struct Density {
    columns: usize,
    rows: usize,
    cell: f64,
    sums: Vec<f64>,
}

impl Density {
    /// From weights per cell, row by row from the south; `cell` is the cell size in lattice units.
    pub fn new(columns: usize, rows: usize, cell: f64, weights: &[f64]) -> Self {
        let mut sums = vec![0.0; (columns + 1) * (rows + 1)];
        for r in 0..rows {
            let mut line = 0.0;
            for c in 0..columns {
                line += weights[r * columns + c];
                sums[(r + 1) * (columns + 1) + c + 1] = sums[r * (columns + 1) + c + 1] + line;
            }
        }
        Self { columns, rows, cell, sums }
    }

    fn up_to(&self, u: f64, v: f64) -> f64 {
        let (x, y) =
            ((u / self.cell).clamp(0.0, self.columns as f64), (v / self.cell).clamp(0.0, self.rows as f64));
        let (c, r) = ((x as usize).min(self.columns - 1), (y as usize).min(self.rows - 1));
        let (fx, fy) = (x - c as f64, y - r as f64);
        let at = |dc: usize, dr: usize| self.sums[(r + dr) * (self.columns + 1) + c + dc];
        (at(0, 0) * (1.0 - fx) + at(1, 0) * fx) * (1.0 - fy) + (at(0, 1) * (1.0 - fx) + at(1, 1) * fx) * fy
    }

    /// Weight of a rectangle (never negative).
    pub fn weight(&self, r: &Rect) -> f64 {
        let (u0, v0, u1, v1) = (f64::from(r.u0), f64::from(r.v0), f64::from(r.u1), f64::from(r.v1));
        (self.up_to(u1, v1) - self.up_to(u0, v1) - self.up_to(u1, v0) + self.up_to(u0, v0)).max(0.0)
    }

    /// Weight of everything.
    pub fn total(&self) -> f64 {
        self.sums[self.sums.len() - 1]
    }
}

/// Which way a cut runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// A north-south line at some u.
    U,
    /// An east-west line at some v.
    V,
}

/// One side of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// South.
    South,
    /// East.
    East,
    /// North.
    North,
    /// West.
    West,
}

/// How a cell is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Direction of the line.
    pub axis: Axis,
    /// Where the first child ends.
    pub at: i32,
    /// Width of the street strip between the children (0: none).
    pub strip: i32,
    /// Parcels of the first child (west or south).
    pub first: u32,
    /// Parcels of the second child.
    pub second: u32,
    /// Pieces of the strip.
    pub pieces: u32,
}

/// A cell that is not divided further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The cell.
    pub rect: Rect,
    /// Vertices on the south, east, north and west sides, ascending, without corners.
    pub sides: [Vec<i32>; 4],
    /// Parcels planned here (0 for empty cells such as lakes).
    pub parcels: u32,
    /// Direction of the street when this is a strip.
    pub street: Option<Axis>,
    /// Equal for two leaves that one cut without strip made, 0 otherwise.
    pub twin: u64,
}

/// The rules of cutting.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where parcels are dense.
    pub density: Density,
    /// Seed.
    pub seed: u64,
    /// Cells with at least this many parcels get a street strip.
    pub street_from: u32,
    /// Long edges get a vertex at every multiple of this, in lattice units.
    pub step: i32,
    /// Width of streets by their length: (at least this long in m, width in m), longest first.
    pub widths: Vec<(f64, f64)>,
    /// Strips are cut into pieces of about this length, in m.
    pub piece_m: f64,
}

impl Plan {
    /// How the cell is cut; `None` for a leaf.
    pub fn cut(&self, r: &Rect, n: u32) -> Option<Cut> {
        if n == 0 {
            return None;
        }
        if let Some(cut) = self.trim(r, n) {
            return Some(cut);
        }
        if n < 2 || r.width().min(r.height()) < 16 {
            return None;
        }
        let h = r.hash(self.seed);
        let ratio = f64::from(r.width()) / f64::from(r.height());
        let axis = if ratio > 1.0 + 0.35 * unit(h) {
            Axis::U
        } else if ratio < 1.0 - 0.26 * unit(h) {
            Axis::V
        } else if h & 1 == 0 {
            Axis::U
        } else {
            Axis::V
        };
        let (len, across) = if axis == Axis::U { (r.width(), r.height()) } else { (r.height(), r.width()) };
        let (strip, pieces) = self.strip(n, len, across);
        let rest = n.saturating_sub(pieces);
        let spread = if n < 6 { 0.24 } else { 0.14 };
        let share = 0.5 + spread * (2.0 * unit(key(&[h, 1])) - 1.0);
        let total = self.density.weight(r);
        let low = if axis == Axis::U { r.u0 } else { r.v0 };
        let room = len - strip;
        let wanted = if total > 0.0 {
            self.find(r, axis, share * total) - low
        } else {
            (f64::from(len) * share) as i32
        };
        let at = low + wanted.clamp(room / 5, room - room / 5).max(2);
        let (a, b) = children(r, axis, at, strip);
        let (wa, wb) = (self.density.weight(&a), self.density.weight(&b));
        let part = if wa + wb > 0.0 { wa / (wa + wb) } else { share };
        let mut first = (f64::from(rest) * part).round() as u32;
        first = first.clamp(u32::from(wa > 0.0), rest - u32::from(wb > 0.0).min(rest));
        Some(Cut { axis, at, strip, first, second: rest - first, pieces })
    }

    fn strip(&self, n: u32, len: i32, across: i32) -> (i32, u32) {
        let metres = f64::from(across) / UNITS_PER_M;
        if n < self.street_from {
            return (0, 0);
        }
        let width = self.widths.iter().find(|(from, _)| metres >= *from).map_or(0.0, |w| w.1);
        let width = width.min(f64::from(len) / UNITS_PER_M * 0.12);
        if width < 4.0 {
            return (0, 0);
        }
        let pieces = ((metres / self.piece_m).round() as u32).clamp(1, (n / 16).max(1));
        ((width * UNITS_PER_M) as i32, pieces)
    }

    /// Cuts a large empty side off.
    fn trim(&self, r: &Rect, n: u32) -> Option<Cut> {
        let total = self.density.weight(r);
        let cell = self.density.cell as i32;
        if total <= 0.0 {
            return None;
        }
        let mut best: Option<(i64, Cut)> = None;
        for (axis, low, high, across) in [(Axis::U, r.u0, r.u1, r.height()), (Axis::V, r.v0, r.v1, r.width())]
        {
            let len = high - low;
            if len < 4 * cell {
                continue;
            }
            let tiny = total * 1e-9;
            let (a, b) = (self.find(r, axis, tiny), self.find(r, axis, total - tiny));
            let enough = (len / 6).max(3 * cell / 2);
            // A strip of half a cell stays, so that the shore is not exactly on the line.
            if a - low > enough {
                let gain = i64::from(a - low - cell / 2) * i64::from((across / 64).max(1)) / 8;
                let cut = Cut { axis, at: a - cell / 2, strip: 0, first: 0, second: n, pieces: 0 };
                if best.as_ref().is_none_or(|(g, _)| gain > *g) {
                    best = Some((gain, cut));
                }
            }
            if high - b > enough {
                let gain = i64::from(high - b - cell / 2) * i64::from((across / 64).max(1)) / 8;
                let cut = Cut { axis, at: b + cell / 2, strip: 0, first: n, second: 0, pieces: 0 };
                if best.as_ref().is_none_or(|(g, _)| gain > *g) {
                    best = Some((gain, cut));
                }
            }
        }
        best.map(|(_, cut)| cut)
    }

    /// The coordinate at which the weight of the cell from its low side reaches `target`.
    fn find(&self, r: &Rect, axis: Axis, target: f64) -> i32 {
        let (mut low, mut high) = if axis == Axis::U { (r.u0, r.u1) } else { (r.v0, r.v1) };
        while high - low > 1 {
            let mid = low + (high - low) / 2;
            let part = if axis == Axis::U { Rect { u1: mid, ..*r } } else { Rect { v1: mid, ..*r } };
            if self.density.weight(&part) < target {
                low = mid;
            } else {
                high = mid;
            }
        }
        high
    }

    /// Adds the vertices that the cells below this one put on one of its sides.
    pub fn touching(&self, r: &Rect, n: u32, side: Side, out: &mut Vec<i32>) {
        let Some(cut) = self.cut(r, n) else { return };
        let (a, b) = children(r, cut.axis, cut.at, cut.strip);
        match (cut.axis, side) {
            (Axis::U, Side::West) | (Axis::V, Side::South) => self.touching(&a, cut.first, side, out),
            (Axis::U, Side::East) | (Axis::V, Side::North) => self.touching(&b, cut.second, side, out),
            _ => {
                self.touching(&a, cut.first, side, out);
                out.push(cut.at);
                if cut.strip > 0 {
                    out.push(cut.at + cut.strip);
                }
                self.touching(&b, cut.second, side, out);
            }
        }
    }

    /// The vertices on the line between two neighbours, from both, and at every step.
    fn line(&self, below: (&Rect, u32), above: (&Rect, u32), axis: Axis, extra: &[i32]) -> Vec<i32> {
        let (low_side, high_side) =
            if axis == Axis::U { (Side::East, Side::West) } else { (Side::North, Side::South) };
        let mut out = extra.to_vec();
        self.touching(below.0, below.1, low_side, &mut out);
        self.touching(above.0, above.1, high_side, &mut out);
        let (from, to) = if axis == Axis::U { (below.0.v0, below.0.v1) } else { (below.0.u0, below.0.u1) };
        self.steps(from, to, &mut out);
        out.sort_unstable();
        out.dedup();
        out
    }

    fn steps(&self, from: i32, to: i32, out: &mut Vec<i32>) {
        let mut at = (from.div_euclid(self.step) + 1) * self.step;
        while at < to {
            out.push(at);
            at += self.step;
        }
    }

    /// Visits all blocks: groups of leaves with at most `block` planned parcels, in a fixed order.
    ///
    /// # Errors
    /// The first error of `visit`.
    pub fn blocks<E>(
        &self,
        root: &Rect,
        n: u32,
        block: u32,
        visit: &mut impl FnMut(&Rect, u32, Vec<Leaf>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sides: [Vec<i32>; 4] = Default::default();
        for (k, side) in [Side::South, Side::East, Side::North, Side::West].into_iter().enumerate() {
            self.touching(root, n, side, &mut sides[k]);
            let (from, to) = if k.is_multiple_of(2) { (root.u0, root.u1) } else { (root.v0, root.v1) };
            let mut list = std::mem::take(&mut sides[k]);
            self.steps(from, to, &mut list);
            list.sort_unstable();
            list.dedup();
            sides[k] = list;
        }
        self.descend(Leaf { rect: *root, sides, parcels: n, street: None, twin: 0 }, block, visit)
    }

    fn descend<E>(
        &self,
        node: Leaf,
        block: u32,
        visit: &mut impl FnMut(&Rect, u32, Vec<Leaf>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (rect, n) = (node.rect, node.parcels);
        if n <= block {
            let mut leaves = Vec::new();
            self.leaves(node, &mut leaves);
            return visit(&rect, n, leaves);
        }
        let Some(parts) = self.divide(&node) else { return visit(&rect, n, vec![node]) };
        self.descend(parts.first, block, visit)?;
        if !parts.strip.is_empty() {
            let planned = parts.strip.len() as u32;
            let (a, z) = (parts.strip[0].rect, parts.strip[parts.strip.len() - 1].rect);
            let whole = Rect { u0: a.u0, v0: a.v0, u1: z.u1, v1: z.v1 };
            visit(&whole, planned, parts.strip)?;
        }
        self.descend(parts.second, block, visit)
    }

    fn leaves(&self, node: Leaf, out: &mut Vec<Leaf>) {
        let Some(parts) = self.divide(&node) else {
            out.push(node);
            return;
        };
        self.leaves(parts.first, out);
        out.extend(parts.strip);
        self.leaves(parts.second, out);
    }

    fn divide(&self, node: &Leaf) -> Option<Divided> {
        let cut = self.cut(&node.rect, node.parcels)?;
        let r = node.rect;
        let (ra, rb) = children(&r, cut.axis, cut.at, cut.strip);
        let (low, high) = if cut.axis == Axis::U { (r.v0, r.v1) } else { (r.u0, r.u1) };
        let pieces = cut.pieces.max(1);
        let breaks: Vec<i32> = (1..pieces)
            .map(|k| low + (i64::from(high - low) * i64::from(k) / i64::from(pieces)) as i32)
            .collect();
        let (first_line, second_line) = if cut.strip > 0 {
            let gap = strip_rect(&r, &cut);
            (
                self.line((&ra, cut.first), (&gap, 0), cut.axis, &breaks),
                self.line((&gap, 0), (&rb, cut.second), cut.axis, &breaks),
            )
        } else {
            let line = self.line((&ra, cut.first), (&rb, cut.second), cut.axis, &[]);
            (line.clone(), line)
        };
        let twin =
            if cut.strip == 0 && cut.first == 1 && cut.second == 1 { r.hash(self.seed) | 1 } else { 0 };
        let (mut a, mut b) = (child(node, &ra, cut.first), child(node, &rb, cut.second));
        let (toward_second, toward_first) = if cut.axis == Axis::U { (1, 3) } else { (2, 0) };
        let mut strip = Vec::new();
        if cut.strip > 0 {
            let whole = strip_rect(&r, &cut);
            let edges: Vec<i32> = std::iter::once(low).chain(breaks).chain(std::iter::once(high)).collect();
            for w in edges.windows(2) {
                let rect = if cut.axis == Axis::U {
                    Rect { v0: w[0], v1: w[1], ..whole }
                } else {
                    Rect { u0: w[0], u1: w[1], ..whole }
                };
                let mut piece = child(node, &rect, 1);
                piece.sides[toward_first] = between(&first_line, w[0], w[1]);
                piece.sides[toward_second] = between(&second_line, w[0], w[1]);
                // Only the first and the last piece touch the node's own sides.
                if w[0] != low {
                    piece.sides[if cut.axis == Axis::U { 0 } else { 3 }] = Vec::new();
                }
                if w[1] != high {
                    piece.sides[if cut.axis == Axis::U { 2 } else { 1 }] = Vec::new();
                }
                piece.street = Some(cut.axis);
                strip.push(piece);
            }
        }
        a.sides[toward_second] = first_line;
        b.sides[toward_first] = second_line;
        a.twin = twin;
        b.twin = twin;
        Some(Divided { first: a, strip, second: b })
    }
}

struct Divided {
    first: Leaf,
    strip: Vec<Leaf>,
    second: Leaf,
}

fn between(list: &[i32], low: i32, high: i32) -> Vec<i32> {
    list.iter().copied().filter(|&x| x > low && x < high).collect()
}

/// A child with the part of its parent's side vertices that lie on it.
fn child(parent: &Leaf, rect: &Rect, parcels: u32) -> Leaf {
    let keep = |k: usize| {
        let on_edge = match k {
            0 => rect.v0 == parent.rect.v0,
            1 => rect.u1 == parent.rect.u1,
            2 => rect.v1 == parent.rect.v1,
            _ => rect.u0 == parent.rect.u0,
        };
        let (low, high) = if k.is_multiple_of(2) { (rect.u0, rect.u1) } else { (rect.v0, rect.v1) };
        if on_edge { between(&parent.sides[k], low, high) } else { Vec::new() }
    };
    Leaf { rect: *rect, sides: [keep(0), keep(1), keep(2), keep(3)], parcels, street: None, twin: 0 }
}

fn children(r: &Rect, axis: Axis, at: i32, strip: i32) -> (Rect, Rect) {
    match axis {
        Axis::U => (Rect { u1: at, ..*r }, Rect { u0: at + strip, ..*r }),
        Axis::V => (Rect { v1: at, ..*r }, Rect { v0: at + strip, ..*r }),
    }
}

fn strip_rect(r: &Rect, cut: &Cut) -> Rect {
    match cut.axis {
        Axis::U => Rect { u0: cut.at, u1: cut.at + cut.strip, ..*r },
        Axis::V => Rect { v0: cut.at, v1: cut.at + cut.strip, ..*r },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn plan(seed: u64) -> Plan {
        let weights: Vec<f64> =
            (0..400).map(|i| if i % 20 < 3 { 0.0 } else { 1.0 + f64::from((i * 7) % 13) }).collect();
        Plan {
            density: Density::new(20, 20, 800.0, &weights),
            seed,
            street_from: 12,
            step: 600,
            widths: vec![(500.0, 20.0), (0.0, 8.0)],
            piece_m: 700.0,
        }
    }

    fn collect(n: u32, block: u32) -> Vec<Leaf> {
        let root = Rect { u0: 0, v0: 0, u1: 16_000, v1: 16_000 };
        let mut all = Vec::new();
        plan(4)
            .blocks::<()>(&root, n, block, &mut |_, _, leaves| {
                all.extend(leaves);
                Ok(())
            })
            .unwrap();
        all
    }

    fn ring(l: &Leaf) -> Vec<(i32, i32)> {
        let r = l.rect;
        let mut out = vec![(r.u0, r.v0)];
        out.extend(l.sides[0].iter().map(|&u| (u, r.v0)));
        out.push((r.u1, r.v0));
        out.extend(l.sides[1].iter().map(|&v| (r.u1, v)));
        out.push((r.u1, r.v1));
        out.extend(l.sides[2].iter().rev().map(|&u| (u, r.v1)));
        out.push((r.u0, r.v1));
        out.extend(l.sides[3].iter().rev().map(|&v| (r.u0, v)));
        out
    }

    #[test]
    fn every_inner_edge_has_its_twin_so_the_cells_share_all_vertices() {
        type Node = (i32, i32);
        let mut edges: BTreeMap<(Node, Node), i32> = BTreeMap::new();
        for leaf in collect(500, 60) {
            let ring = ring(&leaf);
            for (i, &a) in ring.iter().enumerate() {
                let b = ring[(i + 1) % ring.len()];
                *edges.entry((a, b)).or_default() += 1;
            }
        }
        for (&(a, b), &count) in &edges {
            assert_eq!(count, 1);
            let outer =
                (a.0 == b.0 && (a.0 == 0 || a.0 == 16_000)) || (a.1 == b.1 && (a.1 == 0 || a.1 == 16_000));
            assert!(outer || edges.contains_key(&(b, a)), "{a:?} {b:?} has no twin");
        }
    }

    #[test]
    fn planned_parcels_are_kept_and_cells_fill_the_root() {
        let leaves = collect(500, 60);
        assert_eq!(leaves.iter().map(|l| l.parcels).sum::<u32>(), 500);
        let area: i64 = leaves.iter().map(|l| i64::from(l.rect.width()) * i64::from(l.rect.height())).sum();
        assert_eq!(area, 256_000_000);
        assert!(leaves.iter().filter(|l| l.parcels > 0).all(|l| l.parcels == 1));
    }

    #[test]
    fn the_block_size_changes_only_the_grouping() {
        assert_eq!(collect(300, 20), collect(300, 300));
    }
}
