//! What an open document spreadsheet says of its sheets beside their cells.

use crate::Merge;
use crate::sheet_facts::SheetFacts;
use crate::superscript::Shown;
use crate::workbook_guard::{Trouble, attribute, entry_text};
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeSet;

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
                at.close(e.name().0, &mut sheets);
            }
            Event::End(e) => at.close(e.name().0, &mut sheets),
            Event::Text(t) => at.text.push(&t.xml10_content()),
            Event::CData(t) => at.text.push(&t.xml10_content()),
            Event::GeneralRef(name) => {
                at.text.push(&unescape(&format!("&{};", name.xml10_content())).unwrap_or_default());
            }
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
    text: CellText,
}

/// What the present cell shows.
#[derive(Default)]
struct CellText {
    /// Styles of texts that raise, and the style that is being told.
    raising: BTreeSet<String>,
    style: String,
    shown: Shown,
    /// The spans that are open, raised or not.
    spans: Vec<bool>,
    /// Columns of the cell, as it may be repeated.
    columns: std::ops::Range<u32>,
    /// In a comment.
    comment: bool,
}

impl CellText {
    fn open(&mut self, e: &BytesStart<'_>) {
        match e.name().0 {
            "style:style" => self.style = attribute(e, "style:name").unwrap_or_default(),
            "style:text-properties" if attribute(e, "style:text-position").is_some_and(|p| is_raised(&p)) => {
                self.raising.insert(self.style.clone());
            }
            "office:annotation" => self.comment = true,
            "text:span" => {
                let raised = attribute(e, "text:style-name").is_some_and(|s| self.raising.contains(&s));
                self.spans.push(raised);
                self.shown.raise = self.spans.contains(&true);
            }
            "text:s" => {
                let count = attribute(e, "text:c").and_then(|n| n.parse().ok()).unwrap_or(1_usize);
                self.push(&" ".repeat(count.min(1000)));
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if !self.comment {
            self.shown.push(text);
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "office:annotation" => self.comment = false,
            "text:span" => {
                self.spans.pop();
                self.shown.raise = self.spans.contains(&true);
            }
            "text:p" => self.push("\n"),
            _ => {}
        }
    }
}

/// `super 58%`, or by how much: `33% 58%`.
fn is_raised(position: &str) -> bool {
    let by = position.split_whitespace().next().unwrap_or_default();
    by == "super" || by.strip_suffix('%').and_then(|n| n.parse().ok()).is_some_and(|n: f64| n > 0.0)
}

impl Position {
    fn open(&mut self, e: &BytesStart<'_>, sheets: &mut Vec<SheetFacts>) {
        let number = |name: &str| attribute(e, name).and_then(|v| v.parse::<u32>().ok()).unwrap_or(1);
        let is = |name: &str, value: &str| attribute(e, name).is_some_and(|v| v == value);
        let hidden = is("table:visibility", "collapse") || is("table:visibility", "filter");
        self.text.open(e);
        match e.name().0 {
            "table:table" => {
                *self = Self { text: std::mem::take(&mut self.text), ..Self::default() };
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
                (self.text.columns, self.text.shown) = (first..self.column, Shown::default());
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

    fn close(&mut self, name: &str, sheets: &mut [SheetFacts]) {
        self.text.close(name);
        match name {
            "table:table-cell" => {
                if let (Some(shown), Some(sheet)) = (self.text.shown.take(), sheets.last_mut()) {
                    let cells = (self.row..self.row.saturating_add(self.rows))
                        .flat_map(|row| self.text.columns.clone().map(move |column| (row, column)));
                    sheet.raised.extend(cells.map(|at| (at, shown.trim().to_owned())));
                }
            }
            "table:table-row" => self.row = self.row.saturating_add(self.rows),
            _ => {}
        }
    }
}
