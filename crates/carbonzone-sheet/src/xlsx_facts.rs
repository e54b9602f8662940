//! What an XLSX file says beside its cells: whether it was ever calculated, what it hides, and what it shows in percent.

use crate::workbook_guard::{Trouble, attribute, entry_text};
use crate::{Cell, column_letters};
use carbonzone_types::Finding;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Cells shown in percent (0-based row and column) by sheet name: they hold a hundredth of what they show.
    percent: BTreeMap<String, BTreeSet<(u32, u32)>>,
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
        let styles = percent_styles(&entry_text(bytes, "xl/styles.xml", MAX_PART)?);
        for (name, id) in sheets {
            let Some(target) = parts.get(&id) else { continue };
            let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            let text = entry_text(bytes, &path, MAX_PART)?;
            if styles.iter().any(|style| text.contains(&format!(" s=\"{style}\""))) {
                facts.percent.insert(name.clone(), cells_with(&styles, &text));
            }
            // Most sheets hide nothing.
            if text.contains("hidden=") {
                facts.hidden.insert(name, hidden_in(&text));
            }
        }
        Ok(facts)
    }

    /// Whether a cell is shown in percent.
    pub(crate) fn is_percent(&self, sheet: &str, at: (u32, u32)) -> bool {
        self.percent.get(sheet).is_some_and(|cells| cells.contains(&at))
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

/// Numbers of the cell styles that show percent: the built-in formats 9 and 10, and those with a `%`.
fn percent_styles(styles: &str) -> Vec<String> {
    let mut formats: BTreeSet<String> = ["9", "10"].map(str::to_owned).into();
    let (mut found, mut of_cells, mut next) = (Vec::new(), false, 0u32);
    elements(styles, |e| match e.local_name().as_ref() {
        "numFmt" if attribute(e, "formatCode").is_some_and(|code| code.contains('%')) => {
            formats.extend(attribute(e, "numFmtId"));
        }
        "cellXfs" => of_cells = true,
        "cellStyleXfs" | "cellStyles" | "dxfs" => of_cells = false,
        "xf" if of_cells => {
            if attribute(e, "numFmtId").is_some_and(|id| formats.contains(&id)) {
                found.push(next.to_string());
            }
            next += 1;
        }
        _ => {}
    });
    found
}

/// Cells of a worksheet part that have one of these styles.
fn cells_with(styles: &[String], text: &str) -> BTreeSet<(u32, u32)> {
    let mut cells = BTreeSet::new();
    elements(text, |e| {
        if e.local_name().as_ref() == "c" && attribute(e, "s").is_some_and(|s| styles.contains(&s)) {
            cells.extend(attribute(e, "r").and_then(|name| position(&name)));
        }
    });
    cells
}

/// Row and column (0-based) of a cell by its name, e.g. `C7`.
fn position(name: &str) -> Option<(u32, u32)> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let letters = name[..digits].bytes().map(|b| u32::from(b.to_ascii_uppercase()));
    let column = letters.fold(0u32, |sum, b| sum.saturating_mul(26).saturating_add(b.saturating_sub(64)));
    Some((name[digits..].parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
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
