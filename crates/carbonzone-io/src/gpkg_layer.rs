//! A layer of a `GeoPackage` that GDAL has declared, filled with ready-made pages, its spatial index included.

use crate::error::{IoError, Result};
use crate::rtree::{self, Entry};
use crate::shapes::Shapes;
use crate::sqlite_pages::{PageFile, TablePages};
use crate::sqlite_record::Record;
use crate::table_view::{TableView, Value};
use carbonzone_types::Progress;
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// What stands for the sides of a box that is none: not a number.
const NO_BOX: u32 = f32::NAN.to_bits();

/// The open layer.
pub(crate) struct GpkgLayer {
    path: PathBuf,
    name: String,
    pages: PageFile,
    rows: TablePages,
    /// Reference system of the geometry column; `None` for a table without geometry.
    srs_id: Option<i32>,
    index: Option<Index>,
    written: usize,
    extent: Option<[f64; 4]>,
}

/// The spatial index to be.
struct Index {
    node: u32,
    rowid: u32,
    parent: u32,
    node_bytes: usize,
    entries: Vec<Entry>,
}

impl GpkgLayer {
    /// Opens a layer that was just declared and is empty. The inner error says why GDAL has to fill it.
    ///
    /// # Errors
    /// [`IoError::Write`] if the file cannot be opened.
    pub(crate) fn open(
        path: &Path,
        name: &str,
        geometry_column: Option<&str>,
    ) -> Result<std::result::Result<Self, String>> {
        let failed = |e: rusqlite::Error| IoError::write(path, format!("layer \"{name}\": {e}"));
        let db = Connection::open(path).map_err(failed)?;
        let root = |table: &str| -> rusqlite::Result<Option<u32>> {
            let sql = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?1";
            db.query_row(sql, [table], |row| row.get(0)).optional()
        };
        let Some(rows) = root(name).map_err(failed)? else { return Ok(Err("no such table".to_owned())) };
        let srs_id = if geometry_column.is_some() {
            let sql = "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?1";
            Some(db.query_row(sql, [name], |row| row.get(0)).map_err(failed)?)
        } else {
            None
        };
        let index = match geometry_column {
            None => None,
            Some(column) => index_of(&db, &format!("rtree_{name}_{column}"), root).map_err(failed)?,
        };
        db.close().map_err(|(_, e)| failed(e))?;
        let opened = PageFile::open(path).map_err(|e| IoError::write(path, e))?;
        Ok(opened.map(|pages| Self {
            path: path.to_owned(),
            name: name.to_owned(),
            pages,
            rows: TablePages::new(rows),
            srs_id,
            index,
            written: 0,
            extent: None,
        }))
    }

    /// Appends features; the columns must be those of the layer, in order, with one row per feature.
    ///
    /// # Errors
    /// [`IoError::Write`], e.g. for a full disk.
    pub(crate) fn append(
        &mut self,
        shapes: &dyn Shapes,
        table: &TableView<'_>,
        n: usize,
        progress: &dyn Progress,
    ) -> Result<()> {
        let first = self.written as i64 + 1;
        let srs_id = self.srs_id;
        // Boxes are taken where the coordinates are written; each row has its own place.
        let boxes: Vec<[AtomicU32; 4]> =
            (0..if srs_id.is_some() { n } else { 0 }).map(|_| [NO_BOX; 4].map(AtomicU32::new)).collect();
        let encode = |i: usize, record: &mut Record| {
            // The feature id is the row id, stored as NULL.
            record.null();
            if let Some(srs_id) = srs_id {
                let bounds = shapes.bounds(i);
                for (place, side) in boxes[i].iter().zip(bounds.into_iter().flat_map(rtree::outward)) {
                    place.store(side.to_bits(), Ordering::Relaxed);
                }
                record.blob(|out| geopackage_binary(shapes, i, (srs_id, bounds), out));
            }
            table.columns.iter().for_each(|(_, column)| push_value(record, column.at(i)));
            first + i as i64
        };
        let mut told = 0;
        let mut written = |rows: usize| {
            let now = n.min(told + rows);
            progress.advance((now - told) as u64);
            told = now;
            !progress.cancelled()
        };
        self.pages
            .append(&mut self.rows, n, encode, &mut written)
            .map_err(|e| IoError::write(&self.path, format!("layer \"{}\": {e}", self.name)))?;
        progress.advance((n - told) as u64);
        self.take_boxes(&boxes, shapes);
        self.written += n;
        Ok(())
    }

    /// Books the boxes of the features that were written last.
    fn take_boxes(&mut self, boxes: &[[AtomicU32; 4]], shapes: &dyn Shapes) {
        let sides =
            |b: &[AtomicU32; 4]| b.each_ref().map(|side| f32::from_bits(side.load(Ordering::Relaxed)));
        let boxes = || boxes.iter().map(sides).enumerate().filter(|(_, b)| !b[0].is_nan());
        let wider =
            |a: [f32; 4], b: [f32; 4]| [a[0].min(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].max(b[3])];
        if let Some(all) = boxes().map(|(_, b)| b).reduce(wider) {
            // The true extent is that of the few that reach as far as any, rounded.
            let outer = boxes().filter(|(_, b)| (0..4).any(|k| b[k] == all[k]));
            let outer = outer.filter_map(|(i, _)| shapes.bounds(i));
            self.extent = outer.chain(self.extent).reduce(union);
        }
        if let Some(index) = &mut self.index {
            let first = self.written as u32 + 1;
            index.entries.extend(boxes().map(|(i, b)| Entry::new(first + i as u32, b)));
        }
    }

    /// Writes the index and the levels above the pages, and books extent and number of features.
    ///
    /// # Errors
    /// [`IoError::Write`], e.g. for a full disk.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { path, name, mut pages, rows, index, written, extent, .. } = self;
        let failed = |e: std::io::Error| IoError::write(&path, format!("layer \"{name}\": {e}"));
        pages.close_table(rows).map_err(failed)?;
        if let Some(index) = index {
            write_index(&mut pages, index).map_err(failed)?;
        }
        pages.finish().map_err(failed)?;
        book(&path, &name, written, extent)
            .map_err(|e| IoError::write(&path, format!("layer \"{name}\": {e}")))
    }
}

fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// The shadow tables of the R-tree, if the layer has one.
fn index_of(
    db: &Connection,
    tree: &str,
    root: impl Fn(&str) -> rusqlite::Result<Option<u32>>,
) -> rusqlite::Result<Option<Index>> {
    let tables =
        [root(&format!("{tree}_node"))?, root(&format!("{tree}_rowid"))?, root(&format!("{tree}_parent"))?];
    let [Some(node), Some(rowid), Some(parent)] = tables else { return Ok(None) };
    let sql = format!("SELECT length(data) FROM \"{}_node\" WHERE nodeno = 1", tree.replace('"', "\"\""));
    let node_bytes: i64 = db.query_row(&sql, [], |row| row.get(0))?;
    Ok(Some(Index { node, rowid, parent, node_bytes: node_bytes as usize, entries: vec![] }))
}

fn write_index(pages: &mut PageFile, index: Index) -> std::io::Result<()> {
    let node_bytes = index.node_bytes;
    let packed = rtree::pack(index.entries, rtree::capacity(node_bytes));
    let mut table = |root: u32, n: usize, encode: &(dyn Fn(usize, &mut Record) -> i64 + Sync)| {
        let mut rows = TablePages::new(root);
        pages.append(&mut rows, n, encode, &mut |_| true)?;
        pages.close_table(rows)
    };
    table(index.node, packed.nodes(), &|i, record| {
        record.null();
        record.blob(|out| packed.node_bytes(i, node_bytes, out));
        i as i64 + 1
    })?;
    for (root, pairs) in [index.rowid, index.parent].into_iter().zip(packed.homes_and_parents()) {
        table(root, pairs.len(), &|i, record| {
            record.null();
            record.int(i64::from(pairs[i].1));
            i64::from(pairs[i].0)
        })?;
    }
    Ok(())
}

/// What the tables of contents say about the layer.
fn book(path: &Path, name: &str, written: usize, extent: Option<[f64; 4]>) -> rusqlite::Result<()> {
    let db = Connection::open(path)?;
    // The file is new and thrown away if the run fails: a journal would only cost time.
    db.execute_batch("PRAGMA journal_mode = off; PRAGMA synchronous = off; BEGIN")?;
    if let Some([x0, y0, x1, y1]) = extent {
        let sql =
            "UPDATE gpkg_contents SET min_x = ?1, min_y = ?2, max_x = ?3, max_y = ?4 WHERE table_name = ?5";
        db.execute(sql, (x0, y0, x1, y1, name))?;
    }
    let written = written as i64;
    db.execute("UPDATE gpkg_ogr_contents SET feature_count = ?1 WHERE table_name = ?2", (written, name))?;
    if written > 0 {
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [name])?;
        db.execute("INSERT INTO sqlite_sequence(name, seq) VALUES (?1, ?2)", (name, written))?;
    }
    db.execute_batch("COMMIT")?;
    db.close().map_err(|(_, e)| e)
}

/// Appends the geometry of feature `i` as a `GeoPackage` binary (OGC 12-128r18, clause 2.1.3); nothing if it has none.
fn geopackage_binary(
    shapes: &dyn Shapes,
    i: usize,
    (srs_id, bounds): (i32, Option<[f64; 4]>),
    out: &mut Vec<u8>,
) {
    let start = out.len();
    let envelope = bounds.filter(|_| shapes.has_extent());
    // Version 1 is written as 0; little-endian, with or without the envelope x, x, y, y.
    out.extend_from_slice(&[b'G', b'P', 0, if envelope.is_some() { 3 } else { 1 }]);
    out.extend_from_slice(&srs_id.to_le_bytes());
    if let Some([x0, y0, x1, y1]) = envelope {
        for v in [x0, x1, y0, y1] {
            out.extend_from_slice(&v.to_le_bytes());
        }
    }
    let header = out.len();
    shapes.wkb(i, out);
    if out.len() == header {
        out.truncate(start);
    }
}

fn push_value(record: &mut Record, value: Value<'_>) {
    match value {
        Value::Null => record.null(),
        // A C string cannot hold a zero byte, and most readers are C.
        Value::Text(text) if text.contains('\0') => record.text(&text.replace('\0', "")),
        Value::Text(text) => record.text(text),
        Value::Real(x) => record.real(x),
        Value::Int(n) => record.int(n),
        Value::Bool(b) => record.int(i64::from(b)),
    }
}
