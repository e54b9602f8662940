//! What a binary workbook says of its sheets beside their cells (MS-XLSB).

use crate::Merge;
use crate::sheet_facts::{PERCENT_FORMATS, SheetFacts, shows_percent};
use crate::superscript;
use crate::workbook_guard::{Trouble, entry_bytes};
use crate::xlsx_facts::relations;
use std::collections::{BTreeMap, BTreeSet};

const ROW: u16 = 0x00;
/// Records that put a value into a cell: RK, error, truth value, number, text, shared text, and results of formulas.
const CELLS: std::ops::RangeInclusive<u16> = 0x02..=0x0b;
/// The one of them that names a shared text.
const SHARED_TEXT: u16 = 0x07;
const TEXT: u16 = 0x13;
const FONT: u16 = 0x2b;
const FORMAT: u16 = 0x2c;
const CELL_STYLE: u16 = 0x2f;
const COLUMNS: u16 = 0x3c;
const SHEET: u16 = 0x9c;
const MERGED: u16 = 0xb0;
const BEGIN_CELL_STYLES: u16 = 0x269;
const END_CELL_STYLES: u16 = 0x26a;

/// Facts of the sheets, in their order.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<SheetFacts>, Trouble> {
    let parts = relations(bytes, "xl/_rels/workbook.bin.rels")?;
    let styles = entry_bytes(bytes, "xl/styles.bin", u64::MAX)?;
    let percent = percent_styles(&styles);
    let raised = raised_texts(&entry_bytes(bytes, "xl/sharedStrings.bin", u64::MAX)?, &styles);
    let mut sheets = Vec::new();
    for (kind, data) in Records(&entry_bytes(bytes, "xl/workbook.bin", u64::MAX)?) {
        // Macro sheets of another kind have no part.
        if let (SHEET, Some(id)) = (kind, wide_text(data, 8)) {
            let path = parts.get(&id).cloned().unwrap_or_default();
            sheets.push(sheet_facts(&entry_bytes(bytes, &path, u64::MAX)?, &percent, &raised));
        }
    }
    Ok(sheets)
}

/// Whether each cell style shows percent.
fn percent_styles(styles: &[u8]) -> Vec<bool> {
    let mut formats: BTreeSet<u16> = PERCENT_FORMATS.into();
    let (mut found, mut of_cells) = (Vec::new(), false);
    for (kind, data) in Records(styles) {
        match kind {
            FORMAT if wide_text(data, 2).is_some_and(|code| shows_percent(&code)) => {
                formats.extend(data.first_chunk().map(|id| u16::from_le_bytes(*id)));
            }
            BEGIN_CELL_STYLES => of_cells = true,
            END_CELL_STYLES => of_cells = false,
            CELL_STYLE if of_cells => found
                .push(data.get(2..4).is_some_and(|id| formats.contains(&u16::from_le_bytes([id[0], id[1]])))),
            _ => {}
        }
    }
    found
}

/// Shared texts with raised characters, by their number, as they are shown.
fn raised_texts(texts: &[u8], styles: &[u8]) -> BTreeMap<u32, String> {
    let fonts = Records(styles).filter(|(kind, _)| *kind == FONT);
    let raising: Vec<bool> = fonts.map(|(_, font)| font.get(6..8) == Some(&[1, 0])).collect();
    let half = |run: &[u8], at: usize| usize::from(u16::from_le_bytes([run[at], run[at + 1]]));
    let shown = |text: &[u8]| {
        let units = wide_units(text, 1).filter(|_| text[0] & 1 != 0)?;
        let at = 1 + 4 + 2 * units.len();
        let runs = text.get(at + 4..)?.chunks_exact(4).take(number(text, at)? as usize);
        let raised = |font| raising.get(font) == Some(&true);
        superscript::in_runs(&units, runs.map(|run| (half(run, 0), raised(half(run, 2)))))
    };
    let texts = (0..).zip(Records(texts).filter(|(kind, _)| *kind == TEXT));
    texts.filter_map(|(n, (_, text))| Some((n, shown(text)?))).collect()
}

fn sheet_facts(records: &[u8], percent: &[bool], raised: &BTreeMap<u32, String>) -> SheetFacts {
    let (mut facts, mut row) = (SheetFacts::default(), 0);
    for (kind, data) in Records(records) {
        match kind {
            ROW => {
                row = number(data, 0).unwrap_or(0);
                if data.get(11).is_some_and(|flags| flags & 0x10 != 0) {
                    facts.hidden_rows.push(row as usize);
                }
            }
            COLUMNS if data.get(16).is_some_and(|flags| flags & 1 != 0) => facts
                .hidden_columns
                .extend(number(data, 0).zip(number(data, 4)).map(|(a, b)| (a as usize, b as usize))),
            MERGED => facts.merges.extend(merge(data)),
            SHARED_TEXT => {
                let shown = number(data, 8).and_then(|n| raised.get(&n)).zip(number(data, 0));
                facts.raised.extend(shown.map(|(text, column)| ((row, column), text.clone())));
            }
            _ if CELLS.contains(&kind) => {
                let style = number(data, 4).map(|s| (s & 0x00ff_ffff) as usize);
                if style.is_some_and(|s| percent.get(s) == Some(&true)) {
                    facts.percent.extend(number(data, 0).map(|column| (row, column)));
                }
            }
            _ => {}
        }
    }
    facts
}

fn merge(area: &[u8]) -> Option<Merge> {
    let [top, bottom, left, right] = [0, 4, 8, 12].map(|at| number(area, at).map(|n| n as usize));
    Some(Merge { top: top?, left: left?, bottom: bottom?, right: right? })
}

fn number(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// A text in UTF-16 with its number of characters before it.
fn wide_text(data: &[u8], at: usize) -> Option<String> {
    wide_units(data, at).map(|units| String::from_utf16_lossy(&units))
}

fn wide_units(data: &[u8], at: usize) -> Option<Vec<u16>> {
    let units = number(data, at)? as usize;
    let bytes = data.get(at + 4..(at + 4).checked_add(units.checked_mul(2)?)?)?;
    Some(bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect())
}

/// The records of a part: type and content.
struct Records<'a>(&'a [u8]);

impl Records<'_> {
    /// A number in groups of seven bits, lowest first.
    fn packed(&mut self, bytes: usize) -> Option<usize> {
        let mut value = 0;
        for i in 0..bytes {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= usize::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, length) = (self.packed(2)?, self.packed(4)?);
        let (data, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some((u16::try_from(kind).ok()?, data))
    }
}
