//! What an XLSX file says beside its cells: whether it was ever calculated, and the facts of its sheets.

use crate::sheet_facts::{PERCENT_FORMATS, SheetFacts, shows_percent};
use crate::superscript;
use crate::workbook_guard::{Trouble, attribute, entry_text};
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of one part that are looked at.
const MAX_PART: u64 = 1 << 30;

/// Facts about a workbook.
#[derive(Debug, Default)]
pub(crate) struct XlsxFacts {
    /// The workbook asks to be calculated when it is opened: a program wrote it and no spreadsheet program saved it
    /// since, so a formula with the value 0 was never calculated.
    pub never_computed: bool,
    /// Facts of the sheets, in their order.
    pub sheets: Vec<SheetFacts>,
}

impl XlsxFacts {
    /// Looks through the parts of the workbook.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let mut facts = Self::default();
        let mut sheets: Vec<Option<String>> = Vec::new();
        elements(&entry_text(bytes, "xl/workbook.xml", MAX_PART)?, |e| match e.local_name().as_ref() {
            "calcPr" => {
                facts.never_computed =
                    attribute(e, "fullCalcOnLoad").is_some_and(|v| v == "1" || v == "true");
            }
            "sheet" => sheets.push(attribute(e, "r:id")),
            _ => {}
        });
        let parts = relations(bytes, "xl/_rels/workbook.xml.rels")?;
        let styles = percent_styles(&entry_text(bytes, "xl/styles.xml", MAX_PART)?);
        let raised = superscript::in_shared_strings(&entry_text(bytes, "xl/sharedStrings.xml", MAX_PART)?);
        for id in sheets {
            let path = id.and_then(|id| parts.get(&id)).map_or("", String::as_str);
            let text = entry_text(bytes, path, MAX_PART)?;
            let mut sheet = SheetFacts::default();
            if styles.iter().any(|style| text.contains(&format!(" s=\"{style}\""))) {
                sheet.percent = cells_with(&styles, &text);
            }
            // Most sheets hide nothing.
            if text.contains("hidden=") {
                find_hidden(&text, &mut sheet);
            }
            let cells = superscript::in_cells(&text, &raised).into_iter();
            sheet.raised.extend(cells.filter_map(|(name, shown)| Some((position(&name)?, shown))));
            facts.sheets.push(sheet);
        }
        Ok(facts)
    }
}

/// Parts of a workbook by the id under which it names them.
pub(crate) fn relations(bytes: &[u8], part: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let mut parts = BTreeMap::new();
    elements(&entry_text(bytes, part, MAX_PART)?, |e| {
        if let Some((id, target)) = attribute(e, "Id").zip(attribute(e, "Target")) {
            let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            parts.insert(id, path);
        }
    });
    Ok(parts)
}

/// Hidden rows and columns of a worksheet part.
fn find_hidden(text: &str, sheet: &mut SheetFacts) {
    elements(text, |e| {
        if attribute(e, "hidden").is_none_or(|v| v != "1" && v != "true") {
            return;
        }
        let index = |name: &str| attribute(e, name).and_then(|v| v.parse::<usize>().ok()?.checked_sub(1));
        match e.local_name().as_ref() {
            "row" => sheet.hidden_rows.extend(index("r")),
            "col" => sheet.hidden_columns.extend(index("min").zip(index("max"))),
            _ => {}
        }
    });
}

/// Numbers of the cell styles that show percent: the built-in ones, and those with a `%`.
fn percent_styles(styles: &str) -> Vec<String> {
    let mut formats: BTreeSet<String> = PERCENT_FORMATS.map(|id| id.to_string()).into();
    let (mut found, mut of_cells, mut next) = (Vec::new(), false, 0u32);
    elements(styles, |e| match e.local_name().as_ref() {
        "numFmt"
            if attribute(e, "formatCode")
                .is_some_and(|code| unescape(&code).is_ok_and(|c| shows_percent(&c))) =>
        {
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
