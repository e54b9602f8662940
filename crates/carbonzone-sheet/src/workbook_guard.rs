//! Workbooks that are damaged or made to hurt: bounds before the parser runs, and a thread of its own around it.
//!
//! The parser allocates by what a file declares and panics on some broken records. So sizes are looked at first (ZIP
//! entries, stretches of cells in XLS and ODS, cyclic sector chains), a panic is caught, and a reading that does not end
//! is given up.

use crate::a1;
use quick_xml::events::{BytesStart, Event};
use std::io::{BufReader, Cursor, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Cells of one sheet that are kept, blank ones between others included.
pub(crate) const MAX_CELLS: usize = 10_000_000;

/// Bytes that the parts of a ZIP workbook may have together when they are unpacked.
const MAX_UNPACKED: u64 = 1 << 30;

/// Why a workbook cannot be read.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It is damaged.
    Broken(String),
    /// It is larger than what is read.
    TooLarge(String),
}

impl Trouble {
    pub(crate) fn broken(message: impl std::fmt::Display) -> Self {
        Self::Broken(message.to_string())
    }
}

/// Where the reading is: shared with the thread that waits for it.
#[derive(Debug, Default)]
pub(crate) struct Place {
    sheet: Mutex<String>,
    /// Row and column of the last cell, 1 more than each; 0 before the first cell.
    cell: AtomicU64,
}

impl Place {
    pub(crate) fn sheet(&self, name: &str) {
        name.clone_into(&mut self.sheet.lock().unwrap_or_else(PoisonError::into_inner));
        self.cell.store(0, Ordering::Relaxed);
    }

    pub(crate) fn cell(&self, row: usize, column: usize) {
        self.cell.store(((row as u64) << 32) | (column as u64 + 1), Ordering::Relaxed);
    }

    /// `sheet "能源", after cell C7`; empty before the first sheet.
    pub(crate) fn words(&self) -> String {
        let sheet = self.sheet.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let cell = self.cell.load(Ordering::Relaxed);
        match (sheet.is_empty(), cell) {
            (true, _) => String::new(),
            (false, 0) => format!("sheet \"{sheet}\": "),
            _ => {
                let (row, column) = ((cell >> 32) as usize, (cell & 0xffff_ffff) as usize - 1);
                format!("sheet \"{sheet}\", at or after cell {}: ", a1(row, column))
            }
        }
    }
}

/// Names of the entries of a ZIP workbook, after a look at their sizes.
pub(crate) fn check_zip(bytes: &[u8]) -> Result<Vec<String>, Trouble> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(Trouble::broken)?;
    let (mut names, mut unpacked) = (Vec::new(), 0u64);
    for i in 0..archive.len() {
        let entry = archive.by_index_raw(i).map_err(Trouble::broken)?;
        unpacked = unpacked.saturating_add(entry.size());
        names.push(entry.name().map_err(Trouble::broken)?.replace('\\', "/"));
    }
    if unpacked > MAX_UNPACKED {
        let gb = unpacked as f64 / 1e9;
        return Err(Trouble::TooLarge(format!("its parts unpack to {gb:.1} GB; at most 1 GB is read")));
    }
    for name in names.iter().filter(|n| n.to_lowercase().ends_with("sharedstrings.xml")) {
        let head = entry_text(bytes, name, 1 << 16)?;
        let declared =
            head.split("uniqueCount=\"").nth(1).and_then(|t| t.split('"').next()?.parse::<u64>().ok());
        if declared.is_some_and(|n| n > MAX_CELLS as u64) {
            return Err(Trouble::broken(format!("{name} declares {} texts", declared.unwrap_or(0))));
        }
    }
    Ok(names)
}

/// The first bytes of an entry as text; empty if there is no such entry.
pub(crate) fn entry_text(bytes: &[u8], name: &str, limit: u64) -> Result<String, Trouble> {
    Ok(String::from_utf8_lossy(&entry_bytes(bytes, name, limit)?).into_owned())
}

/// The first bytes of an entry; none if there is no such entry.
pub(crate) fn entry_bytes(bytes: &[u8], name: &str, limit: u64) -> Result<Vec<u8>, Trouble> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(Trouble::broken)?;
    let mut raw = Vec::new();
    if let Ok(entry) = archive.by_name(name) {
        entry.take(limit).read_to_end(&mut raw).map_err(Trouble::broken)?;
    }
    Ok(raw)
}

/// An attribute of an element, as text.
pub(crate) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element.try_get_attribute(name).ok().flatten().map(|a| a.value.into_owned())
}

/// An ODS must be whole XML (the parser waits for ends that never come) and its repeated cells must fit into memory.
pub(crate) fn check_ods(bytes: &[u8]) -> Result<(), Trouble> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(Trouble::broken)?;
    let entry = archive.by_name("content.xml").map_err(Trouble::broken)?;
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(entry.take(MAX_UNPACKED)));
    let (mut buffer, mut depth, mut extent) = (Vec::new(), 0i64, Extent::default());
    let mut row = OdsRow::default();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(Trouble::broken)? {
            Event::Start(e) => {
                depth += 1;
                row.open(&e, &mut extent)?;
            }
            Event::Empty(e) => {
                row.open(&e, &mut extent)?;
                row.close(e.name().0, &mut extent)?;
            }
            Event::End(e) => {
                depth -= 1;
                row.close(e.name().0, &mut extent)?;
            }
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof => return Err(Trouble::broken("content.xml is cut off")),
            _ => {}
        }
    }
}

/// A row of an ODS table as it is scanned.
#[derive(Default)]
struct OdsRow {
    /// Index of the row in its table, repeated rows counted.
    next: u64,
    repeats: u64,
    columns: u64,
    last_filled: u64,
}

impl OdsRow {
    fn open(&mut self, e: &BytesStart<'_>, extent: &mut Extent) -> Result<(), Trouble> {
        let count = |name: &str| attribute(e, name).and_then(|v| v.parse::<u64>().ok()).unwrap_or(1);
        match e.name().0 {
            "table:table" => {
                *self = Self::default();
                *extent = Extent::default();
            }
            "table:table-row" => {
                *self =
                    Self { next: self.next, repeats: count("table:number-rows-repeated"), ..Self::default() };
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.columns = self.columns.saturating_add(count("table:number-columns-repeated"));
                let filled = ["office:value-type", "office:value", "table:formula"];
                if filled.iter().any(|a| attribute(e, a).is_some()) {
                    self.last_filled = self.columns;
                }
            }
            "text:s" if count("text:c") > 1 << 16 => {
                return Err(Trouble::broken("a cell with more than 65,536 blanks"));
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str, extent: &mut Extent) -> Result<(), Trouble> {
        if name != "table:table-row" {
            return Ok(());
        }
        let first = self.next;
        self.next = self.next.saturating_add(self.repeats);
        if self.last_filled == 0 {
            return Ok(());
        }
        extent.add(first, 0);
        extent.add(self.next - 1, self.last_filled - 1);
        extent.check()
    }
}

/// The rectangle that the filled cells of a sheet span.
#[derive(Debug, Default)]
struct Extent {
    rows: Option<(u64, u64)>,
    columns: Option<(u64, u64)>,
}

impl Extent {
    fn add(&mut self, row: u64, column: u64) {
        let wider = |span: Option<(u64, u64)>, x: u64| span.map_or((x, x), |(a, b)| (a.min(x), b.max(x)));
        self.rows = Some(wider(self.rows, row));
        self.columns = Some(wider(self.columns, column));
    }

    fn check(&self) -> Result<(), Trouble> {
        let (Some(rows), Some(columns)) = (self.rows, self.columns) else { return Ok(()) };
        let cells = (rows.1 - rows.0 + 1).saturating_mul(columns.1 - columns.0 + 1);
        if cells > MAX_CELLS as u64 {
            return Err(Trouble::TooLarge(format!(
                "the filled cells reach to {}: {cells} cells, at most {MAX_CELLS} are read",
                a1(rows.1 as usize, columns.1 as usize)
            )));
        }
        Ok(())
    }
}

/// The records of an XLS: it must be a sound container (no cyclic chains), and its cells must span a rectangle that fits
/// into memory.
pub(crate) fn check_xls(bytes: &[u8]) -> Result<Vec<u8>, Trouble> {
    let stream = crate::xls_container::workbook_stream(bytes).map_err(Trouble::Broken)?;
    for (kind, data) in Records(&stream) {
        if kind == BOUND_SHEET && data.len() >= 4 {
            let at = u32::from_le_bytes([data[0], data[1], data[2], data[3]]) as usize;
            let sheet =
                stream.get(at..).ok_or_else(|| Trouble::broken("a sheet lies behind the end of the file"))?;
            check_xls_sheet(sheet)?;
        }
        if kind == END {
            break;
        }
    }
    Ok(stream)
}

pub(crate) const BOUND_SHEET: u16 = 0x0085;

pub(crate) const END: u16 = 0x000a;

const DIMENSIONS: u16 = 0x0200;

pub(crate) const MUL_RK: u16 = 0x00bd;

/// Records that put a value into a cell: number, label, rich string, truth value, RK, shared string, formula.
pub(crate) const CELLS: [u16; 7] = [0x0203, 0x0204, 0x00d6, 0x0205, 0x027e, 0x00fd, 0x0006];

fn check_xls_sheet(sheet: &[u8]) -> Result<(), Trouble> {
    let mut extent = Extent::default();
    for (kind, data) in Records(sheet) {
        let at = |i: usize| u64::from(u16::from_le_bytes([data[i], data[i + 1]]));
        match kind {
            END => break,
            DIMENSIONS if data.len() >= 12 => {
                let row = |i: usize| at(i) | (at(i + 2) << 16);
                let cells = row(4).saturating_sub(row(0)).saturating_mul(at(10).saturating_sub(at(8)));
                if cells > 2 * MAX_CELLS as u64 {
                    return Err(Trouble::TooLarge(format!("it declares {cells} cells")));
                }
            }
            MUL_RK if data.len() >= 6 => {
                extent.add(at(0), at(2));
                extent.add(at(0), at(data.len() - 2));
            }
            _ if CELLS.contains(&kind) && data.len() >= 4 => extent.add(at(0), at(2)),
            _ => {}
        }
    }
    extent.check()
}

/// The records of an XLS stream: type and data.
pub(crate) struct Records<'a>(pub &'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_at_checked(4)?;
        let (kind, length) = (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
        let (data, rest) = rest.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some((kind, data))
    }
}
