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
    /// Feature or node: as many as a file has room for.
    id: u32,
    bounds: [f32; 4],
}

impl Entry {
    /// The [rounded](outward) box of a feature.
    pub(crate) fn new(id: u32, bounds: [f32; 4]) -> Self {
        Self { id, bounds }
    }
}

/// The box `[x0, y0, x1, y1]` as the tree holds it, rounded outward.
pub(crate) fn outward([x0, y0, x1, y1]: [f64; 4]) -> [f32; 4] {
    [below(x0), above(x1), below(y0), above(y1)]
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

/// A packed tree. A level is cut into runs of `capacity` cells, each a node; nodes are numbered through, the root has number 1.
#[derive(Debug)]
pub(crate) struct Packed {
    capacity: usize,
    /// Features first, the cells of the root last.
    levels: Vec<Vec<Entry>>,
}

impl Packed {
    pub(crate) fn nodes(&self) -> usize {
        1 + self.below_root().map(|(_, nodes)| nodes.len()).sum::<usize>()
    }

    /// Levels below the root: the number of the first node, and the nodes.
    fn below_root(&self) -> impl Iterator<Item = (u32, std::slice::Chunks<'_, Entry>)> {
        let levels = &self.levels[..self.levels.len() - 1];
        levels.iter().scan(2, |first, level| {
            let nodes = level.chunks(self.capacity);
            let number = *first;
            *first += nodes.len() as u32;
            Some((number, nodes))
        })
    }

    /// Appends the node at this position (its number less one), padded to its full size.
    pub(crate) fn node_bytes(&self, at: usize, node_bytes: usize, out: &mut Vec<u8>) {
        let start = out.len();
        let number = at as u32 + 1;
        let below =
            self.below_root().find_map(|(first, mut nodes)| nodes.nth(number.checked_sub(first)? as usize));
        let (depth, root) = (self.levels.len() - 1, &self.levels[self.levels.len() - 1]);
        let (depth, cells) = below.map_or((depth, &root[..]), |cells| (0, cells));
        out.extend_from_slice(&(depth as u16).to_be_bytes());
        out.extend_from_slice(&(cells.len() as u16).to_be_bytes());
        for cell in cells {
            out.extend_from_slice(&i64::from(cell.id).to_be_bytes());
            for bound in cell.bounds {
                out.extend_from_slice(&bound.to_be_bytes());
            }
        }
        out.resize(start + node_bytes, 0);
    }

    /// The node of each feature, by feature, and the parent of each node but the root, by node.
    pub(crate) fn homes_and_parents(self) -> [Vec<(u32, u32)>; 2] {
        let (mut homes, mut parents) = (Vec::with_capacity(self.levels[0].len()), Vec::new());
        let root = self.levels.last().map(|cells| (1, cells.chunks(self.capacity)));
        for (level, (first, nodes)) in self.below_root().chain(root).enumerate() {
            let list = if level == 0 { &mut homes } else { &mut parents };
            list.extend(
                (first..).zip(nodes).flat_map(|(node, cells)| cells.iter().map(move |c| (c.id, node))),
            );
        }
        drop(self.levels);
        parents.sort_unstable();
        [by_feature(&homes), parents]
    }
}

/// Pairs of feature and node in the order of the features, each of which has one node.
fn by_feature(homes: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let most = homes.iter().map(|home| home.0).max().unwrap_or(0);
    // No node has the number 0.
    let mut nodes = vec![0; most as usize + 1];
    for &(feature, node) in homes {
        nodes[feature as usize] = node;
    }
    (0..).zip(nodes).filter(|(_, node)| *node != 0).collect()
}

/// Packs a tree with nodes of at most `capacity` cells.
pub(crate) fn pack(entries: Vec<Entry>, capacity: usize) -> Packed {
    let mut levels = vec![entries];
    let mut number = 2;
    while let Some(level) = levels.last_mut().filter(|level| level.len() > capacity) {
        order(level, capacity);
        let above = level.chunks(capacity).zip(number..);
        let above: Vec<Entry> = above.map(|(cells, id)| Entry { id, bounds: union(cells) }).collect();
        number += above.len() as u32;
        levels.push(above);
    }
    Packed { capacity, levels }
}

fn union(cells: &[Entry]) -> [f32; 4] {
    cells.iter().fold([f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY], |a, c| {
        let b = c.bounds;
        [a[0].min(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].max(b[3])]
    })
}

/// Sort-tile-recursive (Leutenegger, Lopez, Edgington 1997): slices by x of whole nodes, in each slice runs by y.
fn order(level: &mut [Entry], capacity: usize) {
    let nodes = level.len().div_ceil(capacity);
    let per_slice = (nodes as f64).sqrt().ceil() as usize * capacity;
    let by = |axis: usize| {
        move |a: &Entry, b: &Entry| {
            let middle = |e: &Entry| f64::from(e.bounds[axis]) + f64::from(e.bounds[axis + 1]);
            middle(a).total_cmp(&middle(b)).then(a.id.cmp(&b.id))
        }
    };
    level.par_sort_unstable_by(by(0));
    level.par_chunks_mut(per_slice).for_each(|slice| slice.sort_unstable_by(by(2)));
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
                    Entry { id: i as u32 + 1, bounds: [x, x + 1.0, y, y + 1.0] }
                })
                .collect();
            let packed = pack(entries, 51);
            let mut nodes: Vec<Vec<u8>> = vec![vec![]; packed.nodes()];
            nodes.iter_mut().enumerate().for_each(|(i, out)| packed.node_bytes(i, 1228, out));
            assert!(nodes.iter().all(|node| node.len() == 1228 && node[3] <= 51));
            let cells = |node: &[u8]| -> Vec<Entry> {
                let float = |b: &[u8]| f32::from_be_bytes(b.try_into().unwrap());
                let cell = |c: &[u8]| Entry {
                    id: u32::from_be_bytes(c[4..8].try_into().unwrap()),
                    bounds: [float(&c[8..12]), float(&c[12..16]), float(&c[16..20]), float(&c[20..24])],
                };
                node[4..].chunks_exact(24).take(node[3].into()).map(cell).collect()
            };
            let depth = packed.levels.len() - 1;
            assert_eq!(nodes[0][..2], (depth as u16).to_be_bytes());
            let [homes, parents] = packed.homes_and_parents();
            assert!(homes.iter().map(|h| h.0).eq(1..=n as u32));
            assert!(parents.iter().map(|p| p.0).eq(2..=nodes.len() as u32));
            for (child, parent) in parents {
                let cell = cells(&nodes[parent as usize - 1]).into_iter().find(|c| c.id == child).unwrap();
                assert_eq!(cell.bounds, union(&cells(&nodes[child as usize - 1])));
            }
            for (feature, node) in homes {
                assert!(cells(&nodes[node as usize - 1]).iter().any(|c| c.id == feature));
            }
        }
    }
}
