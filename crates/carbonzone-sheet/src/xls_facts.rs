//! What an Excel 97 workbook says of its sheets beside their cells (MS-XLS).

use crate::Merge;
use crate::sheet_facts::{PERCENT_FORMATS, SheetFacts, shows_percent};
use crate::workbook_guard::{BOUND_SHEET, CELLS, END, MUL_RK, Records};
use std::collections::BTreeSet;

const BEGIN: u16 = 0x0809;
const FORMAT: u16 = 0x041e;
const CELL_STYLE: u16 = 0x00e0;
const ROW: u16 = 0x0208;
const COLUMNS: u16 = 0x007d;
const MERGED: u16 = 0x00e5;

/// Version of the records of Excel 97 and later.
const EXCEL_97: u16 = 0x0600;

/// Facts of the sheets, in their order.
pub(crate) fn read(stream: &[u8]) -> Vec<SheetFacts> {
    let mut formats: BTreeSet<u16> = PERCENT_FORMATS.into();
    let (mut styles, mut sheets, mut wide) = (Vec::new(), Vec::new(), true);
    for (kind, data) in Records(stream) {
        match kind {
            BEGIN => wide = number(data, 0) == Some(EXCEL_97),
            FORMAT if shows_percent(&format_text(data, wide)) => formats.extend(number(data, 0)),
            CELL_STYLE => styles.push(number(data, 2)),
            BOUND_SHEET => {
                sheets.push(data.first_chunk().map_or(usize::MAX, |at| u32::from_le_bytes(*at) as usize));
            }
            END => break,
            _ => {}
        }
    }
    let percent: Vec<bool> = styles.iter().map(|f| f.is_some_and(|f| formats.contains(&f))).collect();
    sheets.into_iter().map(|at| sheet_facts(stream.get(at..).unwrap_or_default(), &percent)).collect()
}

fn sheet_facts(records: &[u8], percent: &[bool]) -> SheetFacts {
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
