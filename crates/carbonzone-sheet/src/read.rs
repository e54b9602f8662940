//! Files into sheets and tables.

use crate::workbook::sheets_of_workbook;
use crate::{ColumnSpec, Sheet, SheetError, Table, decode_csv, did_you_mean, find_header, label_key};
use std::path::Path;

/// How to read a table file; the default detects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Sheet of a workbook by name; `None` is the first one. Ignored for CSV.
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
    #[must_use]
    pub fn sheet(name: &str) -> Self {
        Self { sheet: Some(name.to_owned()), ..Self::default() }
    }
}

/// Bytes of a file, with the two ways of failing told apart.
pub(crate) fn read_bytes(path: &Path, file: &str) -> Result<Vec<u8>, SheetError> {
    std::fs::read(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => SheetError::Missing { file: file.to_owned() },
        _ => SheetError::Io { file: file.to_owned(), source },
    })
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
    let csv = decode_csv(bytes, file, options.encoding.as_deref(), options.delimiter)?;
    Ok(vec![csv.sheet()?])
}

/// ZIP (XLSX, XLSB, ODS) or OLE2 (XLS) signature.
fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// One sheet: the one named in the options, else the first.
///
/// # Errors
/// As [`read_sheets`], and [`SheetError::UnknownSheet`].
pub fn read_sheet(path: &Path, options: &ReadOptions) -> Result<Sheet, SheetError> {
    let file = path.display().to_string();
    pick_sheet(read_sheets(path, options)?, &file, options)
}

/// The sheet asked for.
fn pick_sheet(mut sheets: Vec<Sheet>, file: &str, options: &ReadOptions) -> Result<Sheet, SheetError> {
    let is_csv = matches!(sheets.as_slice(), [one] if one.name.is_empty());
    let index = match &options.sheet {
        Some(wanted) if !is_csv => {
            sheets.iter().position(|s| label_key(&s.name) == label_key(wanted)).ok_or_else(|| {
                let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
                SheetError::UnknownSheet {
                    file: file.to_owned(),
                    sheet: wanted.clone(),
                    found: names.join(", "),
                    hint: did_you_mean(wanted, names.iter().copied()),
                }
            })?
        }
        _ => 0,
    };
    if index >= sheets.len() {
        return Err(SheetError::Empty { place: file.to_owned() });
    }
    Ok(sheets.swap_remove(index))
}

/// Reads a table: the sheet asked for, its header found by the columns wanted, rows below it.
///
/// With no `columns`, the first row that is not empty is the header.
///
/// # Errors
/// As [`read_sheet`]; [`SheetError::NoHeader`] if no row holds any wanted label; [`SheetError::NoColumn`] if a required
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
    let sheet = pick_sheet(sheets_from_bytes(bytes, file, options)?, file, options)?;
    let table = Table::new(file, sheet, options.header_row, columns)?;
    for spec in columns.iter().filter(|c| c.required) {
        table.required(spec)?;
    }
    Ok(table)
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
        Ok(Self::from_parts(file, sheet, header))
    }
}
