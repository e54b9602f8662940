//! What an XLSX file says beside its cells: whether it was ever calculated, and what it hides.

use crate::workbook_guard::{Trouble, attribute, entry_text};
use crate::{Cell, column_letters};
use carbonzone_types::Finding;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bytes of one part that are looked at.
const MAX_PART: u64 = 1 << 30;

/// Facts about a workbook.
#[derive(Debug, Default)]
pub(crate) struct XlsxFacts {
    /// The workbook asks to be calculated when it is opened: a program wrote it and no spreadsheet program saved it
    /// since, so a formula with the value 0 was never calculated.
    pub never_computed: bool,
    /// Hidden rows and columns (0-based) by sheet name.
    hidden: BTreeMap<String, Hidden>,
}

#[derive(Debug, Default)]
struct Hidden {
    rows: Vec<usize>,
    columns: Vec<(usize, usize)>,
}

impl XlsxFacts {
    /// Looks through the parts of the workbook.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let mut facts = Self::default();
        let mut sheets: Vec<(String, String)> = Vec::new();
        elements(&entry_text(bytes, "xl/workbook.xml", MAX_PART)?, |e| match e.local_name().as_ref() {
            "calcPr" => {
                facts.never_computed =
                    attribute(e, "fullCalcOnLoad").is_some_and(|v| v == "1" || v == "true");
            }
            "sheet" => {
                let name = attribute(e, "name");
                let name = name.and_then(|n| quick_xml::escape::unescape(&n).ok().map(Cow::into_owned));
                sheets.extend(name.zip(attribute(e, "r:id")));
            }
            _ => {}
        });
        let mut parts: BTreeMap<String, String> = BTreeMap::new();
        elements(&entry_text(bytes, "xl/_rels/workbook.xml.rels", MAX_PART)?, |e| {
            parts.extend(attribute(e, "Id").zip(attribute(e, "Target")));
        });
        for (name, id) in sheets {
            let Some(target) = parts.get(&id) else { continue };
            let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            let text = entry_text(bytes, &path, MAX_PART)?;
            // Most sheets hide nothing.
            if text.contains("hidden=") {
                facts.hidden.insert(name, hidden_in(&text));
            }
        }
        Ok(facts)
    }

    /// Findings about hidden rows that hold cells, and hidden columns.
    pub(crate) fn hidden_parts(&self, sheet: &str, rows: &[Vec<Cell>]) -> Vec<Finding> {
        let Some(hidden) = self.hidden.get(sheet) else { return Vec::new() };
        let mut notes = Vec::new();
        let filled: Vec<String> = hidden
            .rows
            .iter()
            .filter(|r| rows.get(**r).is_some_and(|cells| !cells.is_empty()))
            .map(|r| (r + 1).to_string())
            .collect();
        if !filled.is_empty() {
            let more =
                if filled.len() > 10 { format!(" and {} more", filled.len() - 10) } else { String::new() };
            let list = filled.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            notes.push(
                Finding::warning(
                    "hidden_rows",
                    format!("sheet \"{sheet}\": hidden rows are read like all others: {list}{more}"),
                )
                .count(filled.len() as u64)
                .hint("delete the rows that are not meant, or show them"),
            );
        }
        if !hidden.columns.is_empty() {
            let span = |(a, b): &(usize, usize)| {
                if a == b {
                    column_letters(*a)
                } else {
                    format!("{} to {}", column_letters(*a), column_letters(*b))
                }
            };
            let list = hidden.columns.iter().map(span).collect::<Vec<_>>().join(", ");
            notes.push(Finding::info(
                "hidden_columns",
                format!("sheet \"{sheet}\": hidden columns are read if they are asked for: {list}"),
            ));
        }
        notes
    }
}

/// Hidden rows and columns of a worksheet part.
fn hidden_in(text: &str) -> Hidden {
    let mut hidden = Hidden::default();
    elements(text, |e| {
        if attribute(e, "hidden").is_none_or(|v| v != "1" && v != "true") {
            return;
        }
        let index = |name: &str| attribute(e, name).and_then(|v| v.parse::<usize>().ok()?.checked_sub(1));
        match e.local_name().as_ref() {
            "row" => hidden.rows.extend(index("r")),
            // Excel hides all columns behind a table to the end of the sheet: there is nothing in them.
            "col" => hidden.columns.extend(index("min").zip(index("max")).filter(|(_, max)| *max < 16_383)),
            _ => {}
        }
    });
    hidden
}

/// Every element of a part that is whole so far; what the parser of the cells refuses is told by it.
fn elements(text: &str, mut see: impl FnMut(&BytesStart<'_>)) {
    let mut xml = quick_xml::Reader::from_str(text);
    loop {
        match xml.read_event() {
            Ok(Event::Start(e) | Event::Empty(e)) => see(&e),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
