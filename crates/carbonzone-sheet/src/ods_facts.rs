//! What an open document spreadsheet says of its sheets beside their cells.

use crate::Merge;
use crate::sheet_facts::SheetFacts;
use crate::workbook_guard::{Trouble, attribute, entry_text};
use quick_xml::events::{BytesStart, Event};

/// Facts of the sheets, in their order.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<SheetFacts>, Trouble> {
    let text = entry_text(bytes, "content.xml", u64::MAX)?;
    let mut xml = quick_xml::Reader::from_str(&text);
    let (mut sheets, mut at) = (Vec::new(), Position::default());
    // Damage is told by the parser of the cells.
    while let Ok(event) = xml.read_event() {
        match event {
            Event::Start(e) => at.open(&e, &mut sheets),
            Event::Empty(e) => {
                at.open(&e, &mut sheets);
                at.close(e.name().0);
            }
            Event::End(e) => at.close(e.name().0),
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(sheets)
}

/// Where the next row and cell are, repeated ones counted.
#[derive(Default)]
struct Position {
    row: u32,
    rows: u32,
    column: u32,
    /// First column that has no `table:table-column` yet.
    declared: u32,
}

impl Position {
    fn open(&mut self, e: &BytesStart<'_>, sheets: &mut Vec<SheetFacts>) {
        let number = |name: &str| attribute(e, name).and_then(|v| v.parse::<u32>().ok()).unwrap_or(1);
        let is = |name: &str, value: &str| attribute(e, name).is_some_and(|v| v == value);
        let hidden = is("table:visibility", "collapse") || is("table:visibility", "filter");
        match e.name().0 {
            "table:table" => {
                *self = Self::default();
                sheets.extend(attribute(e, "table:name").map(|_| SheetFacts::default()));
            }
            "table:table-column" => {
                let (first, count) = (self.declared, number("table:number-columns-repeated"));
                self.declared = first.saturating_add(count);
                if let (true, Some(sheet)) = (hidden, sheets.last_mut()) {
                    sheet.hidden_columns.push((first as usize, (self.declared - 1) as usize));
                }
            }
            "table:table-row" => {
                (self.rows, self.column) = (number("table:number-rows-repeated"), 0);
                if let (true, Some(sheet)) = (hidden, sheets.last_mut()) {
                    let last = self.row.saturating_add(self.rows.min(1 << 20));
                    sheet.hidden_rows.extend(self.row as usize..last as usize);
                }
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let (first, count) = (self.column, number("table:number-columns-repeated"));
                self.column = first.saturating_add(count);
                let Some(sheet) = sheets.last_mut() else { return };
                let all = || self.row..self.row.saturating_add(self.rows);
                if is("office:value-type", "percentage") {
                    sheet.percent.extend(all().flat_map(|r| (first..self.column).map(move |c| (r, c))));
                }
                let (down, right) =
                    (number("table:number-rows-spanned"), number("table:number-columns-spanned"));
                if down > 1 || right > 1 {
                    let (top, left) = (self.row as usize, first as usize);
                    let [down, right] = [down, right].map(|n| n.saturating_sub(1) as usize);
                    sheet.merges.push(Merge { top, left, bottom: top + down, right: left + right });
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if name == "table:table-row" {
            self.row = self.row.saturating_add(self.rows);
        }
    }
}
