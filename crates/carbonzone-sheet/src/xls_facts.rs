//! What an Excel 97 workbook says of its sheets beside their cells (MS-XLS).

use crate::Merge;
use crate::sheet_facts::{PERCENT_FORMATS, SheetFacts, shows_percent};
use crate::superscript;
use crate::workbook_guard::{BOUND_SHEET, CELLS, END, MUL_RK, Records};
use std::collections::{BTreeMap, BTreeSet};

const BEGIN: u16 = 0x0809;
const FORMAT: u16 = 0x041e;
const CELL_STYLE: u16 = 0x00e0;
const ROW: u16 = 0x0208;
const COLUMNS: u16 = 0x007d;
const MERGED: u16 = 0x00e5;
const FONT: u16 = 0x0031;
const SHARED_TEXTS: u16 = 0x00fc;
const CONTINUED: u16 = 0x003c;
const SHARED_TEXT: u16 = 0x00fd;

/// Version of the records of Excel 97 and later.
const EXCEL_97: u16 = 0x0600;

/// Facts of the sheets, in their order.
pub(crate) fn read(stream: &[u8]) -> Vec<SheetFacts> {
    let mut formats: BTreeSet<u16> = PERCENT_FORMATS.into();
    let (mut styles, mut sheets, mut wide) = (Vec::new(), Vec::new(), true);
    let (mut raising, mut texts, mut last) = (Vec::new(), Vec::new(), 0);
    for (kind, data) in Records(stream) {
        match kind {
            BEGIN => wide = number(data, 0) == Some(EXCEL_97),
            FORMAT if shows_percent(&format_text(data, wide)) => formats.extend(number(data, 0)),
            CELL_STYLE => styles.push(number(data, 2)),
            BOUND_SHEET => {
                sheets.push(data.first_chunk().map_or(usize::MAX, |at| u32::from_le_bytes(*at) as usize));
            }
            FONT => {
                // There is no font 4: the fifth has the number 5.
                if raising.len() == 4 {
                    raising.push(false);
                }
                raising.push(number(data, 8) == Some(1));
            }
            SHARED_TEXTS => texts.push(data.get(8..).unwrap_or_default()),
            CONTINUED if last == SHARED_TEXTS => texts.push(data),
            END => break,
            _ => {}
        }
        if kind != CONTINUED {
            last = kind;
        }
    }
    let raised = if raising.contains(&true) { SharedTexts(texts).raised(&raising) } else { BTreeMap::new() };
    let percent: Vec<bool> = styles.iter().map(|f| f.is_some_and(|f| formats.contains(&f))).collect();
    let of_sheet = |at| sheet_facts(stream.get(at..).unwrap_or_default(), &percent, &raised);
    sheets.into_iter().map(of_sheet).collect()
}

fn sheet_facts(records: &[u8], percent: &[bool], raised: &BTreeMap<u32, String>) -> SheetFacts {
    let mut facts = SheetFacts::default();
    let is_percent = |style: Option<u16>| style.is_some_and(|s| percent.get(usize::from(s)) == Some(&true));
    for (kind, data) in Records(records) {
        let Some((row, column)) = number(data, 0).zip(number(data, 2)) else {
            if kind == END {
                break;
            }
            continue;
        };
        match kind {
            ROW if data.get(12).is_some_and(|flags| flags & 0x20 != 0) => facts.hidden_rows.push(row.into()),
            COLUMNS if data.get(8).is_some_and(|flags| flags & 1 != 0) => {
                facts.hidden_columns.push((row.into(), column.into()));
            }
            MERGED => facts.merges.extend(data[2..].chunks_exact(8).filter_map(merge)),
            SHARED_TEXT => {
                let shown = data.get(6..).and_then(<[u8]>::first_chunk).map(|n| u32::from_le_bytes(*n));
                let shown = shown.and_then(|n| raised.get(&n));
                facts.raised.extend(shown.map(|text| ((row.into(), column.into()), text.clone())));
            }
            MUL_RK => {
                let styles = data[4..].chunks_exact(6).zip(u32::from(column)..);
                let shares = styles.filter(|(cell, _)| is_percent(number(cell, 0)));
                facts.percent.extend(shares.map(|(_, column)| (u32::from(row), column)));
            }
            _ if CELLS.contains(&kind) && is_percent(number(data, 4)) => {
                facts.percent.insert((row.into(), column.into()));
            }
            _ => {}
        }
    }
    facts
}

fn merge(area: &[u8]) -> Option<Merge> {
    let [top, bottom, left, right] = [0, 2, 4, 6].map(|at| number(area, at).map(usize::from));
    Some(Merge { top: top?, left: left?, bottom: bottom?, right: right? })
}

fn number(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

/// What is left of the texts that cells share: pieces of a record and of those that continue it.
struct SharedTexts<'a>(Vec<&'a [u8]>);

impl<'a> SharedTexts<'a> {
    /// Those with raised characters, by their number, as they are shown. What is broken is told by the reader of the cells.
    fn raised(mut self, raising: &[bool]) -> BTreeMap<u32, String> {
        self.0.reverse();
        let mut found = BTreeMap::new();
        for text in 0.. {
            let Some(shown) = self.next(raising) else { break };
            found.extend(shown.map(|shown| (text, shown)));
        }
        found
    }

    /// The next text: nothing if it has no raised characters.
    fn next(&mut self, raising: &[bool]) -> Option<Option<String>> {
        let (count, flags) = (number(&self.bytes(2)?, 0)?, self.bytes(1)?[0]);
        let runs = if flags & 8 == 0 { 0 } else { number(&self.bytes(2)?, 0)? };
        let more = if flags & 4 == 0 { 0 } else { u32::from_le_bytes(*self.bytes(4)?.first_chunk()?) };
        let units = self.units(count.into(), flags & 1 != 0)?;
        let runs = self.bytes(4 * usize::from(runs))?;
        self.bytes(more as usize)?;
        let runs = runs.chunks_exact(4).filter_map(|run| Some((number(run, 0)?, number(run, 2)?)));
        let raised = |font: u16| raising.get(usize::from(font)) == Some(&true);
        Some(superscript::in_runs(&units, runs.map(|(at, font)| (at.into(), raised(font)))))
    }

    /// What is left of the present piece, or the whole next one.
    fn piece(&mut self) -> Option<(&mut &'a [u8], bool)> {
        let mut new = false;
        while self.0.last()?.is_empty() {
            self.0.pop();
            new = true;
        }
        self.0.last_mut().map(|piece| (piece, new))
    }

    fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        while found.len() < count {
            let (piece, _) = self.piece()?;
            let (head, rest) = piece.split_at((count - found.len()).min(piece.len()));
            found.extend_from_slice(head);
            *piece = rest;
        }
        Some(found)
    }

    /// Characters of one byte or two; where a text is continued it is said anew which.
    fn units(&mut self, count: usize, mut wide: bool) -> Option<Vec<u16>> {
        let mut found = Vec::new();
        while found.len() < count {
            let (piece, new) = self.piece()?;
            if new {
                let (flags, rest) = piece.split_first()?;
                (wide, *piece) = (flags & 1 != 0, rest);
            }
            let size = if wide { 2 } else { 1 };
            let (head, rest) = piece.split_at(((count - found.len()) * size).min(piece.len() / size * size));
            found.extend(
                head.chunks_exact(size).map(|c| u16::from_le_bytes([c[0], c.get(1).copied().unwrap_or(0)])),
            );
            *piece = if head.is_empty() { &[] } else { rest };
        }
        Some(found)
    }
}

/// The text of a number format: its ASCII signs, which is where a percent sign is.
fn format_text(data: &[u8], wide: bool) -> String {
    let ascii = |units: &mut dyn Iterator<Item = u16>| {
        units.map(|u| u8::try_from(u).map_or('?', char::from)).collect::<String>()
    };
    match (wide, data) {
        (true, [_, _, _, _, flags, text @ ..]) if flags & 1 != 0 => {
            ascii(&mut text.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])))
        }
        (true, [_, _, _, _, _, text @ ..]) | (false, [_, _, _, text @ ..]) => {
            ascii(&mut text.iter().copied().map(u16::from))
        }
        _ => String::new(),
    }
}
