//! Files into sheets and tables.

use crate::csv_read::read_bytes;
use crate::workbook_watch::sheets_of_workbook;
use crate::{ColumnSpec, Sheet, SheetError, Table, decode_csv, did_you_mean, find_header, label_key};
use carbonzone_types::Finding;
use std::path::Path;

/// How to read a table file; the default detects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Sheet of a workbook by name; `None` is the first one that is not hidden. Ignored for CSV.
    pub sheet: Option<String>,
    /// Encoding of a CSV file (WHATWG label such as `gbk`); `None` detects it.
    pub encoding: Option<String>,
    /// Delimiter of a CSV file; `None` detects it.
    pub delimiter: Option<char>,
    /// 1-based row that holds the header; `None` searches it.
    pub header_row: Option<usize>,
}

impl ReadOptions {
    /// Options that ask for one sheet.
    pub fn sheet(name: &str) -> Self {
        Self { sheet: Some(name.to_owned()), ..Self::default() }
    }
}

/// All sheets of a workbook, or the one sheet of a CSV file. What the file is, is told by its first bytes.
///
/// # Errors
/// [`SheetError`]: missing, unreadable, wrong encoding, broken.
pub fn read_sheets(path: &Path, options: &ReadOptions) -> Result<Vec<Sheet>, SheetError> {
    let file = path.display().to_string();
    sheets_from_bytes(&read_bytes(path, &file)?, &file, options)
}

/// As [`read_sheets`], from memory; `file` is the name used in messages.
///
/// # Errors
/// As [`read_sheets`].
pub fn sheets_from_bytes(bytes: &[u8], file: &str, options: &ReadOptions) -> Result<Vec<Sheet>, SheetError> {
    if is_workbook(bytes) {
        return sheets_of_workbook(bytes, file);
    }
    if let Some(what) = other_format(bytes) {
        return Err(SheetError::Workbook { file: file.to_owned(), message: what.to_owned() });
    }
    let csv = decode_csv(bytes, file, options.encoding.as_deref(), options.delimiter)?;
    Ok(vec![csv.sheet()?])
}

/// ZIP (XLSX, XLSB, ODS) or OLE2 (XLS) signature.
fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// What portals and old programs call `.xls` or `.csv` though it is neither; told by its first signs in any Unicode.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    let signs = bytes.iter().take(1024).filter(|b| b.is_ascii_graphic()).map(u8::to_ascii_lowercase);
    let signs: Vec<u8> = signs.take(9).collect();
    let begins = |words: &[&str]| words.iter().any(|w| signs.starts_with(w.as_bytes()));
    match () {
        () if begins(&["<!doctype", "<html", "<head", "<meta", "<table", "<body"]) => {
            Some("its content is a web page (HTML)")
        }
        () if begins(&["<?xml", "<?mso", "<workbook"]) => Some("its content is XML"),
        () if begins(&["%pdf-"]) => Some("its content is a PDF document"),
        () => None,
    }
}

/// The sheet asked for, else the first that is not hidden; a note says which one, if there are others.
fn pick_sheet(mut sheets: Vec<Sheet>, file: &str, options: &ReadOptions) -> Result<Sheet, SheetError> {
    let is_csv = matches!(sheets.as_slice(), [one] if one.name.is_empty());
    let index = match &options.sheet {
        Some(wanted) if !is_csv => position(&sheets, wanted).ok_or_else(|| {
            let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
            SheetError::UnknownSheet {
                file: file.to_owned(),
                sheet: wanted.clone(),
                found: names.join(", "),
                hint: did_you_mean(wanted, names.iter().copied()),
            }
        })?,
        _ => sheets.iter().position(|s| !s.hidden).unwrap_or(0),
    };
    if index >= sheets.len() {
        return Err(SheetError::Empty { place: file.to_owned() });
    }
    let others = other_sheets(&sheets, index);
    let mut sheet = sheets.swap_remove(index);
    for note in &mut sheet.notes {
        note.file.get_or_insert_with(|| file.to_owned());
    }
    if let Some(others) = others.filter(|_| options.sheet.is_none()) {
        let message = format!(
            "sheet \"{}\" is read, the first one that is not hidden; there is also {others}",
            sheet.name
        );
        let note = Finding::info("sheet_read", message).file(file);
        sheet.notes.push(note.hint("sheet = \"...\" reads another one"));
    }
    Ok(sheet)
}

/// A sheet by its name: as it is written, else without blanks and case.
fn position(sheets: &[Sheet], wanted: &str) -> Option<usize> {
    let exact = sheets.iter().position(|s| s.name == wanted);
    exact.or_else(|| sheets.iter().position(|s| label_key(&s.name) == label_key(wanted)))
}

/// The other sheets of the workbook in words.
fn other_sheets(sheets: &[Sheet], index: usize) -> Option<String> {
    let names: Vec<String> = sheets
        .iter()
        .enumerate()
        .filter(|(i, s)| *i != index && !s.rows.is_empty())
        .map(|(_, s)| format!("\"{}\"{}", s.name, if s.hidden { " (hidden)" } else { "" }))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Reads a table: the sheet asked for, its header found by the columns wanted, rows below it.
///
/// With no `columns`, the first row that has labels over most of the table is the header.
///
/// # Errors
/// As [`read_sheets`], and [`SheetError::UnknownSheet`]; [`SheetError::NoHeader`] if no row holds any wanted label; [`SheetError::NoColumn`] if a required
/// column is missing.
pub fn read_table(path: &Path, options: &ReadOptions, columns: &[ColumnSpec]) -> Result<Table, SheetError> {
    let file = path.display().to_string();
    table_from_bytes(&read_bytes(path, &file)?, &file, options, columns)
}

/// As [`read_table`], from memory; `file` is the name used in messages.
///
/// # Errors
/// As [`read_table`].
pub fn table_from_bytes(
    bytes: &[u8],
    file: &str,
    options: &ReadOptions,
    columns: &[ColumnSpec],
) -> Result<Table, SheetError> {
    let sheets = sheets_from_bytes(bytes, file, options)?;
    let rivals = if options.sheet.is_none() { rivals(&sheets, file, options, columns) } else { Vec::new() };
    let mut sheet = pick_sheet(sheets, file, options)?;
    if rivals.len() > 1 {
        sheet.notes.retain(|n| n.code != "sheet_read");
        let message =
            format!("several sheets have the columns: {}; \"{}\" is read", rivals.join(", "), sheet.name);
        sheet
            .notes
            .push(Finding::warning("several_sheets", message).file(file).hint("say which: sheet = \"...\""));
    }
    let table = Table::new(file, sheet, options.header_row, columns)?;
    for spec in columns.iter().filter(|c| c.required && table.header().find(&c.labels).is_none()) {
        table.required(spec)?;
    }
    Ok(table)
}

/// Visible sheets of a workbook that have all required columns.
fn rivals(sheets: &[Sheet], file: &str, options: &ReadOptions, columns: &[ColumnSpec]) -> Vec<String> {
    let fits = |sheet: &Sheet| {
        let header = find_header(sheet, file, options.header_row, columns);
        header.is_ok_and(|h| columns.iter().filter(|c| c.required).all(|c| h.find(&c.labels).is_some()))
    };
    let visible = sheets.iter().filter(|s| !s.hidden && !columns.is_empty());
    visible.filter(|s| fits(s)).map(|s| format!("\"{}\"", s.name)).collect()
}

impl Table {
    /// Makes a table from a sheet already read; the header is searched (or taken from the 1-based `header_row`).
    ///
    /// # Errors
    /// [`SheetError::Empty`] or [`SheetError::NoHeader`]. Required columns are not checked here.
    pub fn new(
        file: &str,
        sheet: Sheet,
        header_row: Option<usize>,
        columns: &[ColumnSpec],
    ) -> Result<Self, SheetError> {
        let header = find_header(&sheet, file, header_row, columns)?;
        Self::from_parts(file, sheet, header)
    }
}
