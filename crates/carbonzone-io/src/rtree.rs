//! The spatial index of a `GeoPackage`, packed at once instead of row by row.
//!
//! GDAL 3.6 fills the R-tree through a trigger per feature, which costs three times as much as writing the features. Here the
//! tree is packed (sort-tile-recursive) and its nodes go into the shadow tables of `SQLite`'s R*Tree module, whose layout is
//! documented at <https://www.sqlite.org/rtree.html#shadow_tables>: a node is a 2-byte depth (of the root only), a 2-byte
//! number of cells, then cells of an 8-byte id and min x, max x, min y, max y as 4-byte floats, all big-endian.

use rayon::prelude::*;

/// Bytes of a cell in two dimensions.
const CELL_BYTES: usize = 24;
/// A bounding box that contains the true one: min x, max x, min y, max y in single precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry {
    id: i64,
    bounds: [f32; 4],
}

impl Entry {
    /// The box `[x0, y0, x1, y1]` of a feature, rounded outward; `None` if it is empty.
    pub(crate) fn around(id: i64, [x0, y0, x1, y1]: [f64; 4]) -> Option<Self> {
        (x0 <= x1 && y0 <= y1).then(|| Self { id, bounds: [below(x0), above(x1), below(y0), above(y1)] })
    }
}

/// Cells that a node of so many bytes holds.
pub(crate) fn capacity(node_bytes: usize) -> usize {
    (node_bytes.saturating_sub(4) / CELL_BYTES).max(2)
}

/// Largest `f32` not above `v`.
fn below(v: f64) -> f32 {
    let f = v as f32;
    if f64::from(f) > v { f.next_down() } else { f }
}

/// Smallest `f32` not below `v`.
fn above(v: f64) -> f32 {
    let f = v as f32;
    if f64::from(f) < v { f.next_up() } else { f }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Node {
    pub number: i64,
    depth: u16,
    cells: Vec<Entry>,
}

impl Node {
    /// Appends the node, padded to its full size.
    pub(crate) fn bytes(&self, node_bytes: usize, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.depth.to_be_bytes());
        out.extend_from_slice(&(self.cells.len() as u16).to_be_bytes());
        for cell in &self.cells {
            out.extend_from_slice(&cell.id.to_be_bytes());
            for bound in cell.bounds {
                out.extend_from_slice(&bound.to_be_bytes());
            }
        }
        out.resize(start + node_bytes, 0);
    }
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Packed {
    pub nodes: Vec<Node>,
    /// Leaf of each feature, by feature.
    pub homes: Vec<(i64, i64)>,
    /// Parent of each node but the root, by node.
    pub parents: Vec<(i64, i64)>,
}

/// Packs a tree with nodes of at most `capacity` cells; the root has number 1.
pub(crate) fn pack(entries: Vec<Entry>, capacity: usize) -> Packed {
    let mut packed = Packed::default();
    let mut level: Vec<Entry> = entries;
    let mut next_number = 2;
    let mut depth = 0u16;
    while level.len() > capacity {
        let mut parents = Vec::with_capacity(level.len() / capacity + 1);
        for tile in tiles(&mut level, capacity) {
            let number = next_number;
            next_number += 1;
            packed.adopt(tile, number, depth);
            parents.push(Entry { id: number, bounds: union(tile) });
            packed.nodes.push(Node { number, depth: 0, cells: tile.to_vec() });
        }
        level = parents;
        depth += 1;
    }
    packed.adopt(&level, 1, depth);
    packed.nodes.push(Node { number: 1, depth, cells: level });
    packed.nodes.sort_by_key(|n| n.number);
    packed.homes.par_sort_unstable();
    packed.parents.sort_unstable();
    packed
}

impl Packed {
    fn adopt(&mut self, cells: &[Entry], number: i64, depth: u16) {
        let list = if depth == 0 { &mut self.homes } else { &mut self.parents };
        list.extend(cells.iter().map(|c| (c.id, number)));
    }
}

fn union(cells: &[Entry]) -> [f32; 4] {
    cells.iter().fold([f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY], |a, c| {
        let b = c.bounds;
        [a[0].min(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].max(b[3])]
    })
}

/// Sort-tile-recursive (Leutenegger, Lopez, Edgington 1997): slices by x, in each slice runs by y.
fn tiles(level: &mut [Entry], capacity: usize) -> impl Iterator<Item = &[Entry]> {
    let leaves = level.len().div_ceil(capacity);
    let slices = (leaves as f64).sqrt().ceil() as usize;
    let per_slice = slices * capacity;
    let order = |axis: usize| {
        move |a: &Entry, b: &Entry| {
            let middle = |e: &Entry| f64::from(e.bounds[axis]) + f64::from(e.bounds[axis + 1]);
            middle(a).total_cmp(&middle(b)).then(a.id.cmp(&b.id))
        }
    };
    level.par_sort_unstable_by(order(0));
    level.par_chunks_mut(per_slice).for_each(|slice| slice.sort_unstable_by(order(2)));
    level.chunks(per_slice).flat_map(move |slice| slice.chunks(capacity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_precision_boxes_contain_the_true_ones() {
        for v in [0.1, 500_000.123_456, -3_460_000.987, 16_777_217.0, 0.0] {
            assert!(f64::from(below(v)) <= v && f64::from(above(v)) >= v);
        }
        assert_eq!((below(2.5), above(2.5)), (2.5, 2.5));
    }

    #[test]
    fn every_entry_has_one_home_and_every_node_one_parent_that_contains_it() {
        for n in [0usize, 1, 51, 52, 51 * 51, 10_000] {
            let entries: Vec<Entry> = (0..n)
                .map(|i| {
                    let (x, y) = ((i * 7919 % 1000) as f32, (i * 104_729 % 997) as f32);
                    Entry { id: i as i64 + 1, bounds: [x, x + 1.0, y, y + 1.0] }
                })
                .collect();
            let packed = pack(entries, 51);
            assert_eq!(
                packed.homes.iter().map(|h| h.0).collect::<Vec<_>>(),
                (1..=n as i64).collect::<Vec<_>>()
            );
            assert_eq!(packed.parents.len(), packed.nodes.len() - 1);
            assert!(packed.nodes.iter().enumerate().all(|(i, node)| node.number == i as i64 + 1));
            assert!(packed.nodes.iter().all(|node| node.cells.len() <= 51));
            for (child, parent) in &packed.parents {
                let cell = packed.nodes[*parent as usize - 1].cells.iter().find(|c| c.id == *child).unwrap();
                assert_eq!(cell.bounds, union(&packed.nodes[*child as usize - 1].cells));
            }
        }
    }
}
