//! Points in a workbook: one sheet of it as CSV text, which is then read like any CSV. Row 7 of the sheet is line 7.

use crate::csv_header::{TITLE_ROWS, has_coordinates};
use crate::source::{Reporter, VectorSource, has_extension, listed, name_hint};
use carbonzone_sheet::{Cell, ReadOptions, Sheet, SheetError, a1, read_sheets};
use carbonzone_types::Finding;

pub(crate) struct SheetText {
    /// Name of the sheet.
    pub name: String,
    /// CSV in UTF-8, one line for each row.
    pub csv: String,
    /// Cells that hold no value, with their 0-based row and column.
    faults: Vec<(usize, usize, Fault)>,
}

/// Why a cell holds no value.
enum Fault {
    /// A formula that was never calculated.
    Formula(String),
    /// An error such as `#REF!`.
    Error(String),
    /// A number merged over these cells.
    Merged(String),
}

impl SheetText {
    /// Reports the cells without a value in the columns that are read, below the header; false if there is any.
    pub(crate) fn check(
        &self,
        (header_line, names): (u64, &[String]),
        columns: &[usize],
        report: &mut Reporter<'_>,
    ) -> bool {
        let mut sound = true;
        for (row, column, fault) in &self.faults {
            if (*row as u64) < header_line || !columns.contains(column) {
                continue;
            }
            sound = false;
            let place = format!(
                "{}, sheet \"{}\", cell {}",
                report.source.shown_path(),
                self.name,
                a1(*row, *column)
            );
            let column = names[*column].clone();
            let error = match fault {
                Fault::Formula(formula) => SheetError::Formula { place, column, formula: formula.clone() },
                Fault::Error(value) => SheetError::ErrorCell { place, column, value: value.clone() },
                Fault::Merged(area) => SheetError::MergedNumber { place, column, area: area.clone() },
            };
            report.add(error.to_finding());
        }
        sound
    }
}

/// True for the workbooks that are read: XLSX, XLSM, XLSB, XLS, ODS.
pub(crate) fn is_workbook(source: &VectorSource) -> bool {
    has_extension(&source.path, &["xlsx", "xlsm", "xlsb", "xls", "ods"])
}

/// The sheet with the points as text: the one named by `layer`, else the first visible one with coordinates.
pub(crate) fn sheet_text(report: &mut Reporter<'_>) -> Option<SheetText> {
    let sheets = match read_sheets(&report.source.path, &ReadOptions::default()) {
        Ok(sheets) => sheets,
        Err(error) => return report.refuse(error.to_finding()),
    };
    let index = choose(report, &sheets)?;
    let sheet = sheets.into_iter().nth(index)?;
    sheet.notes.iter().for_each(|note| report.add(note.clone()));
    Some(as_text(sheet))
}

/// Position of the sheet to read; says which, if there are others.
fn choose(report: &mut Reporter<'_>, sheets: &[Sheet]) -> Option<usize> {
    let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
    if let Some(wanted) = &report.source.layer {
        let found = names.iter().position(|name| name == wanted);
        if found.is_none() {
            report.add(
                Finding::error("unknown_sheet", format!("there is no sheet \"{wanted}\""))
                    .field("layer")
                    .value(wanted.clone())
                    .expected(format!("one of {}", listed(&names)))
                    .hint(name_hint(wanted, &names, "layer = \"...\" names the sheet")),
            );
        }
        return found;
    }
    let visible: Vec<usize> = (0..sheets.len()).filter(|i| !sheets[*i].hidden).collect();
    let fitting: Vec<usize> = visible.iter().copied().filter(|i| fits(report.source, &sheets[*i])).collect();
    let Some(first) = fitting.first().or(visible.first()).copied() else {
        return report.refuse(Finding::error("empty_table", "the workbook has no visible sheet"));
    };
    let rivals: Vec<&str> = fitting.iter().map(|i| names[*i]).collect();
    let message = format!("sheet \"{}\" is read", names[first]);
    if rivals.len() > 1 {
        let message = format!("{message}, but several have coordinates: {}", listed(&rivals));
        report.add(
            Finding::warning("several_sheets", message).field("layer").hint("say which: layer = \"...\""),
        );
    } else if sheets.iter().enumerate().any(|(i, s)| i != first && !s.rows.is_empty()) {
        let message =
            format!("{message}, the first visible one with coordinates; there are {}", listed(&names));
        report.add(
            Finding::info("sheet_read", message).field("layer").hint("layer = \"...\" reads another one"),
        );
    }
    Some(first)
}

/// Whether one of the first rows is a header with coordinates.
fn fits(source: &VectorSource, sheet: &Sheet) -> bool {
    let filled = sheet.rows.iter().filter(|row| row.iter().any(|cell| !cell.is_empty()));
    filled.take(TITLE_ROWS + 1).any(|row| {
        let names: Vec<String> =
            row.iter().map(|cell| cell.raw_text().unwrap_or_default().trim().to_owned()).collect();
        has_coordinates(source, &names)
    })
}

fn as_text(mut sheet: Sheet) -> SheetText {
    let width = sheet.width();
    let mut faults = merged_values(&mut sheet);
    let mut csv = String::new();
    for (row, cells) in sheet.rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            match cell {
                Cell::Formula(formula) => faults.push((row, column, Fault::Formula(formula.clone()))),
                Cell::Error(value) => faults.push((row, column, Fault::Error(value.clone()))),
                _ => push_cell(&mut csv, &cell.raw_text().unwrap_or_default()),
            }
            csv.push(',');
        }
        // All rows are as long as the widest.
        csv.extend(std::iter::repeat_n(',', width - cells.len()));
        csv.pop();
        csv.push('\n');
    }
    SheetText { name: sheet.name, csv, faults }
}

/// Texts of merged cells hold for all of their rows; a number belongs to several rows, which is a fault.
fn merged_values(sheet: &mut Sheet) -> Vec<(usize, usize, Fault)> {
    let mut faults = Vec::new();
    for area in std::mem::take(&mut sheet.merges).into_iter().filter(|m| m.bottom > m.top) {
        match sheet.cell(area.top, area.left).clone() {
            text @ Cell::Text(_) => {
                let last = area.bottom.min(sheet.rows.len().saturating_sub(1));
                for cells in &mut sheet.rows[area.top + 1..=last] {
                    if cells.len() <= area.left {
                        cells.resize(area.left + 1, Cell::Empty);
                    }
                    cells[area.left] = text.clone();
                }
            }
            Cell::Number(_) => {
                let all = format!("{}:{}", a1(area.top, area.left), a1(area.bottom, area.right));
                faults.push((area.top, area.left, Fault::Merged(all)));
            }
            _ => {}
        }
    }
    faults
}

/// A cell in quotes; what breaks lines becomes a blank, so that rows stay lines.
fn push_cell(csv: &mut String, text: &str) {
    if text.is_empty() {
        return;
    }
    csv.push('"');
    for c in text.chars() {
        match c {
            '"' => csv.push_str("\"\""),
            '\n' | '\r' => csv.push(' '),
            c => csv.push(c),
        }
    }
    csv.push('"');
}
