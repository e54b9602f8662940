//! The rows of a table of an `SQLite` file straight from its pages, without a query.
//!
//! The layout is documented at <https://www.sqlite.org/fileformat2.html>. Half of the time of a query goes into stepping from
//! row to row. Whatever is not plain (a journal beside the file, a damaged page, a row of fewer columns) gives `None`: then
//! `SQLite` has to read these rows, and to say what is wrong.

use crate::digest::write_ahead_parts;
use crate::sqlite_pages::{HEADER, local_bytes};
use rusqlite::types::ValueRef;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Pages that are read at a time.
const WINDOW: usize = 32;
/// No tree is as high.
const DEEPEST: usize = 20;
/// No row is as long, bytes.
const LONGEST: usize = 1 << 30;

/// A table of a file that nobody changes meanwhile.
pub(crate) struct TableRows {
    path: PathBuf,
    page_bytes: usize,
    /// Bytes of a page that hold data.
    usable: usize,
    /// Pages of the file.
    pages: u64,
    /// Greatest row id that a leaf may hold, and its page.
    leaves: Vec<(i64, u32)>,
}

/// A row: its id and its values as they are stored.
pub(crate) struct StoredRow<'a> {
    pub id: i64,
    body: &'a [u8],
    /// Type of each value, and where its bytes begin.
    cells: &'a [(u64, usize)],
}

impl TableRows {
    /// Finds the leaves of the table whose tree begins at page `root`. A transaction that reads must be open already.
    pub(crate) fn open(path: &Path, root: u32) -> Option<Self> {
        let mut header = [0; HEADER];
        let mut file = File::open(path).ok()?;
        file.read_exact(&mut header).ok()?;
        let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 1 << 16,
            bytes => usize::from(bytes),
        };
        let usable = page_bytes.checked_sub(usize::from(header[20]))?;
        // Neither a log beside the file nor texts in UTF-16.
        let plain = header.starts_with(b"SQLite format 3\0") && header[18..20] == [1, 1];
        if !plain || header[56..60] != [0, 0, 0, 1] || usable < 480 || !write_ahead_parts(path).is_empty() {
            return None;
        }
        let pages = file.metadata().ok()?.len() / page_bytes as u64;
        let path = path.to_owned();
        let mut table = Self { path, page_bytes, usable, pages, leaves: vec![(i64::MAX, root)] };
        let mut window = table.window()?;
        for _ in 0..DEEPEST {
            if is_leaf(window.page(table.leaves.first()?.1, &[])?)? {
                return Some(table);
            }
            let mut below = Vec::new();
            for &(most, page) in &table.leaves {
                let page = window.page(page, &[])?;
                if is_leaf(page)? || below.len() as u64 > pages {
                    return None;
                }
                for at in 0..number(page, 3, 2)? {
                    let cell = page.get(number(page, 12 + 2 * at, 2)?..)?;
                    below.push((varint(cell, &mut 4)? as i64, number(cell, 0, 4)? as u32));
                }
                below.push((most, number(page, 8, 4)? as u32));
            }
            table.leaves = below;
        }
        None
    }

    fn window(&self) -> Option<Window> {
        let file = File::open(&self.path).ok()?;
        let Self { page_bytes, usable, pages, .. } = *self;
        Some(Window { file, page_bytes, usable, pages, first: 1, bytes: Vec::new() })
    }

    /// Gives the rows with ids in a range to `take`, in order, at most so many; of each the first columns.
    pub(crate) fn read(
        &self,
        ids: (i64, i64),
        most: usize,
        columns: usize,
        mut take: impl FnMut(&StoredRow<'_>) -> Option<()>,
    ) -> Option<()> {
        let (mut window, mut spilled) = (self.window()?, self.window()?);
        let (mut taken, mut last) = (0, None);
        let (mut payload, mut cells) = (Vec::new(), Vec::new());
        let mut leaves = &self.leaves[self.leaves.partition_point(|leaf| leaf.0 < ids.0)..];
        while let [(_, page), rest @ ..] = leaves {
            let page = window.page(*page, rest)?;
            if !is_leaf(page)? {
                return None;
            }
            for at in 0..number(page, 3, 2)? {
                let cell = page.get(number(page, 8 + 2 * at, 2)?..)?;
                let mut head = 0;
                let (length, id) = (varint(cell, &mut head)? as usize, varint(cell, &mut head)? as i64);
                if last.replace(id).is_some_and(|last| id <= last) || length > LONGEST {
                    return None;
                }
                if id > ids.1 || taken == most {
                    return Some(());
                }
                if id < ids.0 {
                    continue;
                }
                let local = local_bytes(length, self.usable);
                let mut record = cell.get(head..head + local)?;
                if local < length {
                    payload.clear();
                    payload.extend_from_slice(record);
                    spilled.follow(number(cell, head + local, 4)? as u32, length, &mut payload)?;
                    record = &payload;
                }
                let body = find_values(record, columns, &mut cells)?;
                take(&StoredRow { id, body, cells: &cells })?;
                taken += 1;
            }
            leaves = rest;
        }
        Some(())
    }
}

/// Type and place of the first values of a record; gives the bytes that hold them.
fn find_values<'a>(record: &'a [u8], columns: usize, cells: &mut Vec<(u64, usize)>) -> Option<&'a [u8]> {
    let mut at = 0;
    let header = varint(record, &mut at)? as usize;
    let (types, body) = (record.get(..header)?, &record[header..]);
    let mut start = 0usize;
    cells.clear();
    for _ in 0..columns {
        let code = varint(types, &mut at)?;
        cells.push((code, start));
        start = start.checked_add(match code {
            0 | 8 | 9 => 0,
            1..=4 => code as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (code as usize - 12) / 2,
        })?;
    }
    body.get(..start)
}

impl StoredRow<'_> {
    /// A value as it is stored: a whole number may stand for a real one, NULL for the row id.
    pub(crate) fn value(&self, column: usize) -> ValueRef<'_> {
        let (code, start) = self.cells[column];
        let end = self.cells.get(column + 1).map_or(self.body.len(), |cell| cell.1);
        let bytes = &self.body[start..end];
        match code {
            0 => ValueRef::Null,
            8 | 9 => ValueRef::Integer(code as i64 - 8),
            1..=6 => ValueRef::Integer(whole(bytes)),
            7 => ValueRef::Real(f64::from_bits(whole(bytes) as u64)),
            _ if code % 2 == 0 => ValueRef::Blob(bytes),
            _ => ValueRef::Text(bytes),
        }
    }
}

/// Neighbouring pages in memory.
struct Window {
    file: File,
    page_bytes: usize,
    usable: usize,
    /// Pages of the file.
    pages: u64,
    /// Number of the first page here.
    first: u32,
    bytes: Vec<u8>,
}

impl Window {
    /// A page. If it is not here, it is read, with those after it if most of the `next` leaves are among them.
    fn page(&mut self, page: u32, next: &[(i64, u32)]) -> Option<&[u8]> {
        let held = (self.bytes.len() / self.page_bytes) as u32;
        if !(self.first..self.first + held).contains(&page) {
            let near = |leaf: &&(i64, u32)| leaf.1 > page && leaf.1 - page < WINDOW as u32;
            let many = next.iter().take(WINDOW).filter(near).count() > WINDOW / 2;
            let left = (self.pages + 1).checked_sub(u64::from(page))? as usize;
            self.bytes.resize(if many { left.min(WINDOW) } else { 1 } * self.page_bytes, 0);
            self.first = page;
            let start = u64::from(page.checked_sub(1)?) * self.page_bytes as u64;
            self.file.seek(SeekFrom::Start(start)).ok()?;
            self.file.read_exact(&mut self.bytes).ok()?;
        }
        let start = (page - self.first) as usize * self.page_bytes;
        self.bytes.get(start..start + self.usable)
    }

    /// Appends what lies on a chain of overflow pages until the payload has this length.
    fn follow(&mut self, mut page: u32, length: usize, payload: &mut Vec<u8>) -> Option<()> {
        while payload.len() < length {
            let (link, data) = self.page(page, &[])?.split_at(4);
            payload.extend_from_slice(&data[..data.len().min(length - payload.len())]);
            page = number(link, 0, 4)? as u32;
        }
        Some(())
    }
}

/// True for a leaf, false for a page above leaves.
fn is_leaf(page: &[u8]) -> Option<bool> {
    match page.first()? {
        0x0D => Some(true),
        0x05 => Some(false),
        _ => None,
    }
}

/// An unsigned number of so many bytes.
fn number(bytes: &[u8], from: usize, length: usize) -> Option<usize> {
    Some(bytes.get(from..from + length)?.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// A number in two's complement.
fn whole(bytes: &[u8]) -> i64 {
    let sign = bytes.first().map_or(0, |b| i64::from(*b as i8 >> 7));
    bytes.iter().fold(sign, |n, b| n << 8 | i64::from(*b))
}

/// A variable-length integer: seven bits per byte, most significant first, eight in the ninth.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for k in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if k == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// A table of numbers of all sizes, texts and long blobs, with gaps between the row ids.
    fn table(path: &Path, setting: &str) -> (Connection, u32) {
        let db = Connection::open(path).unwrap();
        db.execute_batch(&format!(
            "{setting} CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x REAL, s TEXT, b BLOB)"
        ))
        .unwrap();
        let sql = "WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < 400)
            INSERT INTO t SELECT 3 * i, ((i % 2) * 2 - 1) * (1 << (i % 63)), i / 8.0,
            CASE WHEN i % 7 = 0 THEN NULL ELSE '点' || i END, zeroblob(i * i % 20011) FROM k";
        db.execute_batch(sql).unwrap();
        db.execute_batch("UPDATE t SET b = CAST('long ' || hex(b) AS BLOB) WHERE id % 5 = 0").unwrap();
        let root = db.query_row("SELECT rootpage FROM sqlite_master WHERE name = 't'", [], |row| row.get(0));
        (db, root.unwrap())
    }

    fn owned(values: &[ValueRef<'_>]) -> Vec<String> {
        values.iter().map(|v| format!("{v:?}")).collect()
    }

    #[test]
    fn rows_from_pages_are_those_of_a_query() {
        let dir = tempfile::tempdir().unwrap();
        for (name, setting) in
            [("a", ""), ("b", "PRAGMA page_size = 512;"), ("c", "PRAGMA page_size = 65536;")]
        {
            let path = dir.path().join(name);
            let (db, root) = table(&path, setting);
            let rows = TableRows::open(&path, root).unwrap();
            for (range, most) in [((i64::MIN, i64::MAX), usize::MAX), ((100, 901), 200), ((1_101, 1_300), 9)]
            {
                let mut read = Vec::new();
                let all = rows.read(range, most, 5, |row| {
                    let values: Vec<ValueRef<'_>> = (1..5).map(|k| row.value(k)).collect();
                    read.push((row.id, owned(&values)));
                    Some(())
                });
                let mut statement =
                    db.prepare("SELECT * FROM t WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3").unwrap();
                let mut query = statement.query((range.0, range.1, most.min(9_999) as i64)).unwrap();
                let mut wanted = Vec::new();
                while let Some(row) = query.next().unwrap() {
                    // A whole number may stand for a real one.
                    let x = match row.get_ref(2).unwrap() {
                        ValueRef::Real(x) if x.fract() == 0.0 => ValueRef::Integer(x as i64),
                        x => x,
                    };
                    let values =
                        [row.get_ref(1).unwrap(), x, row.get_ref(3).unwrap(), row.get_ref(4).unwrap()];
                    wanted.push((row.get(0).unwrap(), owned(&values)));
                }
                assert!(all.is_some() && read == wanted, "{name} {range:?}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_sqlite() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let (db, root) = table(&path, "");
        let read = |columns| TableRows::open(&path, root)?.read((0, 9), 9, columns, |_| Some(()));
        assert_eq!((read(5), read(6)), (Some(()), None), "a row has five columns");
        db.execute_batch("PRAGMA journal_mode = WAL; DELETE FROM t WHERE id = 3").unwrap();
        assert!(TableRows::open(&path, root).is_none(), "the row is there until the log is written");
        let utf16 = dir.path().join("b");
        let (_db, root) = table(&utf16, "PRAGMA encoding = 'UTF-16';");
        assert!(TableRows::open(&utf16, root).is_none());
    }
}
