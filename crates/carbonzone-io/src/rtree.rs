//! The spatial index of a GeoPackage, packed at once instead of row by row.
//!
//! GDAL 3.6 fills the R-tree through a trigger per feature, which costs three times as much as writing the
//! features. Here the index is declared while the table is empty, the insert trigger is set aside, and at the end
//! the tree is packed (sort-tile-recursive) and its nodes are written into the shadow tables of `SQLite`'s R*Tree
//! module, whose layout is documented at <https://www.sqlite.org/rtree.html#shadow_tables>: a node is a 2-byte depth
//! (of the root only), a 2-byte number of cells, then cells of an 8-byte id and min x, max x, min y, max y as 4-byte
//! floats, all big-endian.

use crate::gdal_log::capture;
use gdal::Dataset;
use gdal::errors::{GdalError, Result};
use gdal::vector::LayerAccess;
use gdal::vector::sql::Dialect;
use rayon::prelude::*;

/// Bytes of a cell in two dimensions.
const CELL_BYTES: usize = 24;
/// Bytes of SQL per statement, well below the limit of `SQLite`, of one million.
const STATEMENT_BYTES: usize = 400_000;

/// A bounding box that contains the true one: min x, max x, min y, max y in single precision.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    id: i64,
    bounds: [f32; 4],
}

/// The index of a layer being written.
#[derive(Debug)]
pub(crate) struct SpatialIndex {
    tree: String,
    insert_trigger: String,
    node_bytes: usize,
    entries: Vec<Entry>,
}

impl SpatialIndex {
    /// Declares the index of an empty layer and sets its insert trigger aside.
    pub(crate) fn declare(dataset: &Dataset, table: &str, geometry: &str) -> Result<Self> {
        create_by_gdal(dataset, table, geometry)?;
        let tree = format!("rtree_{table}_{geometry}");
        let trigger = format!("{tree}_insert");
        let insert_trigger = text_of(
            dataset,
            &format!(
                "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = '{}'",
                quoted(&trigger)
            ),
        )?;
        let length = text_of(
            dataset,
            &format!(
                "SELECT CAST(length(data) AS TEXT) FROM {} WHERE nodeno = 1",
                identifier(&format!("{tree}_node"))
            ),
        )?;
        let node_bytes = length.parse().ok().filter(|n| *n >= 4 + 2 * CELL_BYTES);
        let node_bytes =
            node_bytes.ok_or_else(|| GdalError::BadArgument(format!("R-tree node of {length} bytes")))?;
        run(dataset, &format!("DROP TRIGGER {}", identifier(&trigger)))?;
        Ok(Self { tree, insert_trigger, node_bytes, entries: Vec::new() })
    }

    /// Notes the box `[x0, y0, x1, y1]` of a feature.
    pub(crate) fn add(&mut self, id: i64, [x0, y0, x1, y1]: [f64; 4]) {
        if x0 <= x1 && y0 <= y1 {
            self.entries.push(Entry { id, bounds: [below(x0), above(x1), below(y0), above(y1)] });
        }
    }

    /// Packs the tree, writes it, and puts the trigger back.
    pub(crate) fn write(self, dataset: &Dataset) -> Result<()> {
        let packed = pack(self.entries, (self.node_bytes - 4) / CELL_BYTES);
        let table = |suffix: &str| identifier(&format!("{}_{suffix}", self.tree));
        run(dataset, &format!("DELETE FROM {}", table("node")))?;
        let node_bytes = self.node_bytes;
        insert(dataset, &table("node"), packed.nodes.iter().map(|n| n.row(node_bytes)))?;
        insert(dataset, &table("rowid"), packed.homes.iter().map(|(id, node)| format!("({id},{node})")))?;
        insert(
            dataset,
            &table("parent"),
            packed.parents.iter().map(|(node, parent)| format!("({node},{parent})")),
        )?;
        run(dataset, &self.insert_trigger)
    }
}

/// GDAL's own way: on an empty table it only declares the index; on a full one it fills it row by row. Does nothing
/// if the index is there already.
pub(crate) fn create_by_gdal(dataset: &Dataset, table: &str, geometry: &str) -> Result<()> {
    run(dataset, &format!("SELECT CreateSpatialIndex('{}', '{}')", quoted(table), quoted(geometry)))
}

fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn run(dataset: &Dataset, sql: &str) -> Result<()> {
    let (result, messages) = capture(|| dataset.execute_sql(sql, None, Dialect::DEFAULT).map(drop));
    result?;
    match messages.failures.first() {
        Some(failure) => Err(GdalError::BadArgument(failure.clone())),
        None => Ok(()),
    }
}

fn text_of(dataset: &Dataset, sql: &str) -> Result<String> {
    let missing = || GdalError::BadArgument(format!("no result of: {sql}"));
    let mut rows = dataset.execute_sql(sql, None, Dialect::DEFAULT)?.ok_or_else(missing)?;
    let text = rows.features().next().and_then(|f| f.field_as_string(0).ok().flatten());
    text.ok_or_else(missing)
}

fn insert(dataset: &Dataset, table: &str, rows: impl Iterator<Item = String>) -> Result<()> {
    let start = format!("INSERT INTO {table} VALUES ");
    let mut sql = start.clone();
    for row in rows {
        if sql.len() > start.len() {
            if sql.len() + row.len() > STATEMENT_BYTES {
                run(dataset, &sql)?;
                sql.truncate(start.len());
            } else {
                sql.push(',');
            }
        }
        sql.push_str(&row);
    }
    if sql.len() > start.len() { run(dataset, &sql) } else { Ok(()) }
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
struct Node {
    number: i64,
    depth: u16,
    cells: Vec<Entry>,
}

impl Node {
    /// The node as a row of SQL values, padded to its full size.
    fn row(&self, node_bytes: usize) -> String {
        let mut bytes = Vec::with_capacity(node_bytes);
        bytes.extend_from_slice(&self.depth.to_be_bytes());
        bytes.extend_from_slice(&(self.cells.len() as u16).to_be_bytes());
        for cell in &self.cells {
            bytes.extend_from_slice(&cell.id.to_be_bytes());
            for bound in cell.bounds {
                bytes.extend_from_slice(&bound.to_be_bytes());
            }
        }
        bytes.resize(node_bytes, 0);
        let mut row = format!("({},X'", self.number);
        for b in bytes {
            for digit in [b >> 4, b & 15] {
                row.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
        row.push_str("')");
        row
    }
}

#[derive(Debug, Default, PartialEq)]
struct Packed {
    nodes: Vec<Node>,
    /// Leaf of each feature, by feature.
    homes: Vec<(i64, i64)>,
    /// Parent of each node but the root, by node.
    parents: Vec<(i64, i64)>,
}

/// Packs a tree with nodes of at most `capacity` cells; the root has number 1.
fn pack(entries: Vec<Entry>, capacity: usize) -> Packed {
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
