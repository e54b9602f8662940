//! Rows appended to a table of an `SQLite` file as ready-made b-tree pages.
//!
//! A table in `SQLite` is a b-tree of pages whose layout is documented at <https://www.sqlite.org/fileformat2.html> and
//! guaranteed to stay. A layer of a million parcels is written in ascending row id by one program into a new file, so
//! nothing has to be searched, balanced or locked: all threads fill leaf pages, one appends them, and the levels above
//! follow. Inserting the same rows one by one costs five times as much.
//!
//! The file must be closed by everybody else. It is whole again after [`PageFile::finish`].

use crate::in_order::{Made, in_order};
use crate::sqlite_record::{Record, varint};
use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Rows per task: fixed, so that the file does not depend on the number of threads.
const CHUNK: usize = 4096;

/// Bytes of the file header.
pub(crate) const HEADER: usize = 100;

/// Byte of the file that `SQLite` locks: the page with it holds no data.
const LOCK_BYTE: usize = 0x4000_0000;

/// Pages made by one task. Page numbers in them count from the first page of the task.
#[derive(Debug, Default)]
struct Pages {
    bytes: Vec<u8>,
    /// Where page numbers stand.
    links: Vec<usize>,
    /// Last row id and number of every leaf.
    leaves: Vec<(i64, u32)>,
}

/// Fills leaf pages.
struct LeafFiller {
    page_bytes: usize,
    pages: Pages,
    leaf: Vec<u8>,
    cells: usize,
    /// First byte of the cells, which grow downward.
    content: usize,
    links: Vec<usize>,
    last: i64,
    /// Bytes of a cell before its payload.
    prefix: Vec<u8>,
}

impl LeafFiller {
    /// `pages` are used again.
    fn new(page_bytes: usize, mut pages: Pages) -> Self {
        pages.bytes.clear();
        pages.links.clear();
        pages.leaves.clear();
        Self {
            page_bytes,
            pages,
            leaf: vec![0; page_bytes],
            cells: 0,
            content: page_bytes,
            links: vec![],
            last: 0,
            prefix: vec![],
        }
    }

    fn add(&mut self, row_id: i64, payload: &[u8]) {
        let (local, rest) = payload.split_at(local_bytes(payload.len(), self.page_bytes));
        self.prefix.clear();
        varint(payload.len() as u64, &mut self.prefix);
        varint(row_id as u64, &mut self.prefix);
        let before = self.prefix.len();
        let size = before + local.len() + if rest.is_empty() { 0 } else { 4 };
        if self.content < 8 + 2 * (self.cells + 1) + size {
            self.end_leaf();
        }
        self.content -= size;
        let cell = &mut self.leaf[self.content..self.content + size];
        cell[..before].copy_from_slice(&self.prefix);
        cell[before..before + local.len()].copy_from_slice(local);
        if !rest.is_empty() {
            let link = self.content + before + local.len();
            let first = self.spill(rest);
            self.leaf[link..link + 4].copy_from_slice(&first.to_be_bytes());
            self.links.push(link);
        }
        let pointer = 8 + 2 * self.cells;
        self.leaf[pointer..pointer + 2].copy_from_slice(&(self.content as u16).to_be_bytes());
        self.cells += 1;
        self.last = row_id;
    }

    /// Writes the rest of a payload into a chain of overflow pages; gives the number of the first.
    fn spill(&mut self, rest: &[u8]) -> u32 {
        let first = (self.pages.bytes.len() / self.page_bytes) as u32;
        let mut parts = rest.chunks(self.page_bytes - 4).peekable();
        while let Some(part) = parts.next() {
            let start = self.pages.bytes.len();
            let following = if parts.peek().is_some() {
                self.pages.links.push(start);
                (start / self.page_bytes) as u32 + 1
            } else {
                0
            };
            self.pages.bytes.extend_from_slice(&following.to_be_bytes());
            self.pages.bytes.extend_from_slice(part);
            self.pages.bytes.resize(start + self.page_bytes, 0);
        }
        first
    }

    fn end_leaf(&mut self) {
        if self.cells == 0 {
            return;
        }
        let start = self.pages.bytes.len();
        self.leaf[0] = 0x0D;
        self.leaf[3..5].copy_from_slice(&(self.cells as u16).to_be_bytes());
        self.leaf[5..7].copy_from_slice(&(self.content as u16).to_be_bytes());
        self.leaf[8 + 2 * self.cells..self.content].fill(0);
        self.pages.bytes.extend_from_slice(&self.leaf);
        self.pages.links.extend(self.links.drain(..).map(|l| start + l));
        self.pages.leaves.push((self.last, (start / self.page_bytes) as u32));
        (self.cells, self.content) = (0, self.page_bytes);
    }

    fn finish(mut self) -> Pages {
        self.end_leaf();
        self.pages
    }
}

/// Bytes of a payload that stay on the leaf (section 1.6 of the file format, table b-tree leaf).
pub(crate) fn local_bytes(payload: usize, usable: usize) -> usize {
    let most = usable - 35;
    if payload <= most {
        return payload;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (payload - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

/// A table being filled.
#[derive(Debug)]
pub(crate) struct TablePages {
    root: u32,
    leaves: Vec<(i64, u32)>,
    /// The task made last: if it stays the only one and has one leaf, that leaf becomes the root.
    held: Option<Pages>,
}

impl TablePages {
    /// A table that is empty (or whose root page may be written over).
    pub(crate) fn new(root: u32) -> Self {
        Self { root, leaves: vec![], held: None }
    }
}

/// A file that pages are appended to.
#[derive(Debug)]
pub(crate) struct PageFile {
    file: File,
    header: [u8; HEADER],
    page_bytes: usize,
    pages: usize,
}

impl PageFile {
    /// Opens a file that nobody else has open. The inner error says why its pages cannot be written by us.
    pub(crate) fn open(path: &Path) -> Result<std::result::Result<Self, String>> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        let number =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let page_bytes = match usize::from(u16::from_be_bytes([header[16], header[17]])) {
            1 => 65_536,
            n => n,
        };
        let pages = number(28) as usize;
        let refusals = [
            (!header.starts_with(b"SQLite format 3\0"), "not an SQLite file"),
            (!(512..=32_768).contains(&page_bytes) || !page_bytes.is_power_of_two(), "page size"),
            (header[18] != 1 || header[19] != 1, "write-ahead log"),
            (header[20] != 0, "reserved bytes"),
            (number(24) != number(92), "page count is not valid"),
            (file.metadata()?.len() != (pages * page_bytes) as u64, "file length"),
            (number(44) != 4, "schema format"),
            (number(52) != 0, "auto-vacuum"),
            (number(56) != 1, "text encoding"),
        ];
        if let Some((_, why)) = refusals.iter().find(|(refused, _)| *refused) {
            return Ok(Err((*why).to_owned()));
        }
        Ok(Ok(Self { file, header, page_bytes, pages }))
    }

    /// Appends `n` rows; `encode` fills the record of row `i` and gives its row id. Ids must ascend, from call to call too.
    /// `written` is told how many rows are done and says whether to go on.
    pub(crate) fn append(
        &mut self,
        table: &mut TablePages,
        n: usize,
        encode: impl Fn(usize, &mut Record) -> i64 + Sync,
        written: &mut dyn FnMut(usize) -> bool,
    ) -> Result<()> {
        let page_bytes = self.page_bytes;
        let chunks = n.div_ceil(CHUNK);
        let spare = Mutex::new(Vec::new());
        let spares = || spare.lock().unwrap_or_else(PoisonError::into_inner);
        let fill = |chunk: usize| {
            if chunk >= chunks {
                return Made::End(chunks);
            }
            let pages = spares().pop().unwrap_or_default();
            let (mut filler, mut record) = (LeafFiller::new(page_bytes, pages), Record::default());
            for row in chunk * CHUNK..((chunk + 1) * CHUNK).min(n) {
                record.clear();
                let id = encode(row, &mut record);
                filler.add(id, record.finish());
            }
            Made::Item(chunk, filler.finish())
        };
        let mut wrote = Ok(());
        in_order(&fill, &mut |pages| {
            // The task is kept back, and the one before written.
            if let Some(mut before) = table.held.replace(pages) {
                wrote = self.place(table, &mut before);
                spares().push(before);
            }
            wrote.is_ok() && written(CHUNK)
        });
        wrote
    }

    /// Appends the pages of a task.
    fn place(&mut self, table: &mut TablePages, pages: &mut Pages) -> Result<()> {
        let number = self.write(pages)?;
        table.leaves.extend(pages.leaves.iter().map(|(id, page)| (*id, number.of(*page))));
        Ok(())
    }

    /// Writes pages at the end of the file and tells where they came to lie.
    fn write(&mut self, pages: &mut Pages) -> Result<Numbering> {
        let number =
            Numbering { first: self.pages as u32 + 1, lock: (LOCK_BYTE / self.page_bytes) as u32 + 1 };
        for &at in &pages.links {
            renumber(&mut pages.bytes[at..at + 4], number);
        }
        self.file.seek(SeekFrom::Start((self.pages * self.page_bytes) as u64))?;
        let count = pages.bytes.len() / self.page_bytes;
        let before = number.before_lock(count);
        let (low, high) = pages.bytes.split_at(before * self.page_bytes);
        self.file.write_all(low)?;
        if before < count {
            self.file.write_all(&vec![0; self.page_bytes])?;
            self.pages += 1;
        }
        self.file.write_all(high)?;
        self.pages += count;
        Ok(number)
    }

    /// Writes what was held back and the levels above the leaves.
    pub(crate) fn close_table(&mut self, mut table: TablePages) -> Result<()> {
        let Some(mut last) = table.held.take() else { return Ok(()) };
        if table.leaves.is_empty() && last.leaves.len() == 1 {
            return self.write_root_leaf(table.root, last);
        }
        if !last.bytes.is_empty() {
            self.place(&mut table, &mut last)?;
        }
        let mut level = table.leaves;
        let most = (self.page_bytes - 12) / 15;
        while level.len() > most {
            let groups = level.len().div_ceil(most);
            let mut pages = Pages::default();
            let mut above = Vec::with_capacity(groups);
            for k in 0..groups {
                let children = &level[k * level.len() / groups..(k + 1) * level.len() / groups];
                above.push((children[children.len() - 1].0, k as u32));
                pages.bytes.extend(self.interior(children));
            }
            let number = self.write(&mut pages)?;
            level = above.into_iter().map(|(id, page)| (id, number.of(page))).collect();
        }
        let root = self.interior(&level);
        self.write_page(table.root, &root)
    }

    /// The only leaf, which is the last page of its task, goes to the root page.
    fn write_root_leaf(&mut self, root: u32, mut pages: Pages) -> Result<()> {
        let mut leaf = pages.bytes.split_off(pages.bytes.len() - self.page_bytes);
        let start = pages.bytes.len();
        let (inside, links): (Vec<usize>, Vec<usize>) = pages.links.iter().partition(|l| **l >= start);
        pages.links = links;
        let number = self.write(&mut pages)?;
        for at in inside {
            renumber(&mut leaf[at - start..at - start + 4], number);
        }
        self.write_page(root, &leaf)
    }

    /// An interior page over at least two children.
    fn interior(&self, children: &[(i64, u32)]) -> Vec<u8> {
        let mut page = vec![0; self.page_bytes];
        let mut content = self.page_bytes;
        let (last, others) = children.split_last().expect("a level has at least two pages");
        let mut cell = Vec::new();
        for (k, (id, child)) in others.iter().enumerate() {
            cell.clear();
            cell.extend_from_slice(&child.to_be_bytes());
            varint(*id as u64, &mut cell);
            content -= cell.len();
            page[content..content + cell.len()].copy_from_slice(&cell);
            page[12 + 2 * k..14 + 2 * k].copy_from_slice(&(content as u16).to_be_bytes());
        }
        page[0] = 0x05;
        page[3..5].copy_from_slice(&(others.len() as u16).to_be_bytes());
        page[5..7].copy_from_slice(&(content as u16).to_be_bytes());
        page[8..12].copy_from_slice(&last.1.to_be_bytes());
        page
    }

    fn write_page(&mut self, number: u32, page: &[u8]) -> Result<()> {
        self.file.seek(SeekFrom::Start((u64::from(number) - 1) * self.page_bytes as u64))?;
        self.file.write_all(page)
    }

    /// Makes the file whole: page count and change counter of the header.
    pub(crate) fn finish(mut self) -> Result<()> {
        let counter = [self.header[24], self.header[25], self.header[26], self.header[27]];
        let changes = u32::from_be_bytes(counter).wrapping_add(1).to_be_bytes();
        self.header[24..28].copy_from_slice(&changes);
        self.header[92..96].copy_from_slice(&changes);
        self.header[28..32].copy_from_slice(&(self.pages as u32).to_be_bytes());
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.header)
    }
}

/// From page numbers within a task to those of the file, which has a hole at the lock byte.
#[derive(Debug, Clone, Copy)]
struct Numbering {
    first: u32,
    lock: u32,
}

impl Numbering {
    fn of(self, page: u32) -> u32 {
        let number = self.first + page;
        if self.first <= self.lock && number >= self.lock { number + 1 } else { number }
    }

    /// How many of `count` pages lie before the hole; all if it is not among them.
    fn before_lock(self, count: usize) -> usize {
        if self.first <= self.lock { count.min((self.lock - self.first) as usize) } else { count }
    }
}

fn renumber(link: &mut [u8], number: Numbering) {
    let page = u32::from_be_bytes([link[0], link[1], link[2], link[3]]);
    link.copy_from_slice(&number.of(page).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn root_of(db: &Connection, table: &str) -> u32 {
        db.query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [table], |r| r.get(0)).unwrap()
    }

    /// Row `i`: texts and blobs whose lengths reach from nothing over the edge cases of a page to many pages.
    fn blob_of(i: usize) -> Vec<u8> {
        let length = match i % 50 {
            7 => 4061 + i % 9,
            11 => 20_000,
            13 => 0,
            k => 3 * k,
        };
        (0..length).map(|k| (k * 31 + i) as u8).collect()
    }

    /// Fractions, whole numbers of all sizes, and the zero with a sign.
    fn real_of(i: usize) -> f64 {
        match i % 4 {
            0 => i as f64 / 3.0,
            1 => -(i as f64),
            2 => 2.0_f64.powi(i as i32 % 80),
            _ => -0.0,
        }
    }

    fn check(rows: usize, calls: usize) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, x REAL, n INTEGER, s TEXT); CREATE TABLE other(a);",
        )
        .unwrap();
        let root = root_of(&db, "t");
        db.close().unwrap();
        let mut file = PageFile::open(&path).unwrap().unwrap();
        let mut table = TablePages::new(root);
        let mut told = 0;
        for call in 0..calls {
            let range = call * rows / calls..(call + 1) * rows / calls;
            let first = range.start;
            let encode = |i: usize, record: &mut Record| {
                let i = first + i;
                record.null();
                record.blob(|out| out.extend(blob_of(i)));
                record.real(real_of(i));
                record.int(if i.is_multiple_of(2) { 1i64 << (i % 63) } else { -(1i64 << (i % 63)) });
                record.text(&"苏".repeat(i % 70));
                i as i64 * 3 + 1
            };
            file.append(&mut table, range.len(), encode, &mut |n| {
                told += n;
                true
            })
            .unwrap();
        }
        file.close_table(table).unwrap();
        file.finish().unwrap();

        let db = Connection::open(&path).unwrap();
        let verdict: String = db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
        assert_eq!(verdict, "ok", "{rows} rows in {calls} calls");
        let mut all = db.prepare("SELECT id, b, x, n, s FROM t").unwrap();
        let mut found = all.query([]).unwrap();
        let mut n = 0;
        while let Some(row) = found.next().unwrap() {
            assert_eq!(row.get::<_, i64>(0).unwrap(), n as i64 * 3 + 1);
            assert_eq!(row.get::<_, Option<Vec<u8>>>(1).unwrap().unwrap_or_default(), blob_of(n));
            assert_eq!(row.get::<_, f64>(2).unwrap().to_bits(), real_of(n).to_bits());
            assert_eq!(row.get::<_, i64>(3).unwrap().unsigned_abs(), 1 << (n % 63));
            assert_eq!(row.get::<_, String>(4).unwrap(), "苏".repeat(n % 70));
            n += 1;
        }
        assert_eq!(n, rows);
        // The table is a table like any other: it is searched, changed, and grows.
        if rows > 0 {
            let id = (rows / 2) as i64 * 3 + 1;
            let x: f64 = db.query_row("SELECT x FROM t WHERE id = ?1", [id], |r| r.get(0)).unwrap();
            assert_eq!(x.to_bits(), real_of(rows / 2).to_bits());
            db.execute("DELETE FROM t WHERE id % 2 = 0", []).unwrap();
        }
        db.execute("INSERT INTO t(s) VALUES ('new')", []).unwrap();
        db.execute("INSERT INTO other VALUES (1)", []).unwrap();
        let verdict: String = db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
        assert_eq!(verdict, "ok");
    }

    #[test]
    fn tables_of_any_size_pass_the_integrity_check_and_hold_what_was_written() {
        for rows in [0, 1, 5, 12, 13, 60, 4096, 4097, 20_000] {
            check(rows, 1);
        }
        check(3, 3);
        check(9000, 7);
    }

    #[test]
    fn the_page_of_the_lock_byte_is_left_out() {
        let number = Numbering { first: 99, lock: 101 };
        assert_eq!([0, 1, 2, 3].map(|p| number.of(p)), [99, 100, 102, 103]);
        assert_eq!((number.before_lock(2), number.before_lock(9)), (2, 2));
        let at = Numbering { first: 101, lock: 101 };
        assert_eq!((at.of(0), at.before_lock(5)), (102, 0));
        let past = Numbering { first: 102, lock: 101 };
        assert_eq!((past.of(0), past.before_lock(5)), (102, 5));
    }

    #[test]
    fn files_that_are_laid_out_otherwise_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (name, pragma) in [
            ("wal.db", "PRAGMA journal_mode = wal"),
            ("utf16.db", "PRAGMA encoding = 'UTF-16'"),
            ("vacuum.db", "PRAGMA auto_vacuum = full"),
        ] {
            let path = dir.path().join(name);
            let db = Connection::open(&path).unwrap();
            db.query_row(pragma, [], |_| Ok(())).ok();
            db.execute_batch("CREATE TABLE t(a)").unwrap();
            db.close().unwrap();
            assert!(PageFile::open(&path).unwrap().is_err(), "{name}");
        }
    }

    #[test]
    fn integers_of_nine_bytes_and_long_headers_are_encoded() {
        let mut out = vec![];
        varint(u64::MAX, &mut out);
        assert_eq!(out, [0xFF; 9]);
        out.clear();
        varint(0x81, &mut out);
        assert_eq!(out, [0x81, 0x01]);
        let mut record = Record::default();
        for (columns, start) in [(125, vec![0x7F]), (126, vec![0x81, 0x01]), (300, vec![0x82, 0x2F])] {
            record.clear();
            (0..columns).for_each(|_| record.null());
            record.int(300);
            let bytes = record.finish();
            assert!(bytes.starts_with(&start) && bytes.ends_with(&[2, 1, 44]));
            assert_eq!(bytes.len(), start.len() + columns + 1 + 2);
        }
    }
}
