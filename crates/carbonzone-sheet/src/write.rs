//! Tables for Excel: CSV with a byte order mark, and XLSX. Same input, same bytes.

use crate::formula::escape_formula;
use crate::{Cell, SheetError};
use carbonzone_types::{AttributeTable, ColumnData};
use std::path::Path;

/// A sheet to write: a table, optionally with title rows above it and other labels than the column names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutSheet {
    /// Sheet name (Excel allows 31 characters, none of `[]:*?/\`).
    pub name: String,
    /// Lines above the header, each in column A.
    pub preamble: Vec<String>,
    /// Header labels instead of the column names; empty means the column names.
    pub labels: Vec<String>,
    /// Number format of each column as Excel writes it (`#,##0.0`, `0.00%`); empty for plain numbers. The values stay
    /// as they are: a format only says how they are shown.
    pub formats: Vec<String>,
    /// Columns at the left that stay in sight.
    pub frozen_columns: u16,
    /// A second row of the header with the column names, small, below the labels.
    pub names_below: bool,
    /// Title of the printed pages. With one the sheet is laid out for readers: filter arrows, wrapped header that is repeated on
    /// every page, landscape, one page wide.
    pub title: Option<String>,
    /// Columns that are printed, from the left; 0: all.
    pub printed_columns: usize,
    /// Colours (0xRRGGBB) behind the cells of columns, one per row.
    pub fills: Vec<(usize, Vec<Option<u32>>)>,
    /// Rows of totals below the table, one cell per column.
    pub totals: Vec<Vec<Cell>>,
    /// Lines below the table and its totals, after an empty row, each in column A.
    pub below: Vec<String>,
    /// The table.
    pub table: AttributeTable,
}

impl OutSheet {
    /// A sheet with a name and a table.
    pub fn new(name: &str, table: AttributeTable) -> Self {
        Self { name: name.to_owned(), table, ..Self::default() }
    }

    /// Adds lines above the header.
    pub fn with_preamble<S: Into<String>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        self.preamble = lines.into_iter().map(Into::into).collect();
        self
    }

    /// Sets header labels.
    pub fn with_labels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Sets number formats from the column names.
    pub fn with_formats(mut self, format: impl Fn(&str) -> &'static str) -> Self {
        self.formats = self.table.columns.iter().map(|c| format(&c.name).to_owned()).collect();
        self
    }

    /// Lays the sheet out for readers under a title.
    pub fn for_readers(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Puts the column names into a second row of the header.
    pub fn with_names_below(mut self) -> Self {
        self.names_below = true;
        self
    }

    /// Colours the cells of a column, if there is one of that name.
    pub fn with_fill(mut self, column: &str, colors: Vec<Option<u32>>) -> Self {
        let at = self.table.columns.iter().position(|c| c.name == column);
        self.fills.extend(at.map(|at| (at, colors)));
        self
    }

    /// Adds rows of totals below the table.
    pub fn with_totals(mut self, rows: Vec<Vec<Cell>>) -> Self {
        self.totals = rows;
        self
    }

    /// Adds lines below the table.
    pub fn with_lines_below<S: Into<String>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        self.below = lines.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps columns at the left in sight.
    pub fn with_frozen_columns(mut self, columns: u16) -> Self {
        self.frozen_columns = columns;
        self
    }

    /// Number format of a column of numbers, if it has one.
    pub(crate) fn format(&self, column: usize) -> Option<&str> {
        let numeric = matches!(self.table.columns[column].data, ColumnData::Real(_) | ColumnData::Int(_));
        let formats = if numeric { self.formats.as_slice() } else { &[] };
        formats.get(column).map(String::as_str).filter(|f| !f.is_empty())
    }

    pub(crate) fn label(&self, column: usize) -> &str {
        self.labels.get(column).map_or(self.table.columns[column].name.as_str(), String::as_str)
    }
}

/// A table as CSV: UTF-8, comma, LF, quotes only where needed, NULL empty, floats in the shortest form that reads
/// back to the same bits. A text that begins as a formula does (`=1+1`) gets an apostrophe before it, which the readers of
/// this crate take away again. `bom` adds the byte order mark that Excel needs to read Chinese.
///
/// # Errors
/// [`SheetError::Csv`] (does not happen with a memory buffer).
pub fn csv_bytes(table: &AttributeTable, bom: bool) -> Result<Vec<u8>, SheetError> {
    let fail = |e: csv::Error| SheetError::Csv { file: "(memory)".to_owned(), message: e.to_string() };
    let start = if bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
    let mut writer = csv::WriterBuilder::new().from_writer(start);
    let header = table.columns.iter().map(|c| escape_formula(&c.name).into_owned());
    writer.write_record(header).map_err(fail)?;
    for row in 0..table.rows() {
        writer.write_record(table.columns.iter().map(|c| csv_cell(&c.data, row))).map_err(fail)?;
    }
    writer.into_inner().map_err(|e| SheetError::Csv { file: "(memory)".to_owned(), message: e.to_string() })
}

/// A value as text; a text that a spreadsheet program would run as a formula stands behind an apostrophe.
fn csv_cell(data: &ColumnData, row: usize) -> String {
    let value = data.text_at(row).unwrap_or_default();
    match data {
        ColumnData::Text(_) => escape_formula(&value).into_owned(),
        _ => value,
    }
}

/// Writes a table as CSV with a byte order mark, so that Excel reads Chinese.
///
/// # Errors
/// [`SheetError::Io`].
pub fn write_csv_bom(path: &Path, table: &AttributeTable) -> Result<(), SheetError> {
    write_bytes(path, &csv_bytes(table, true)?)
}

/// Writes bytes, naming the file if it fails.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), SheetError> {
    std::fs::write(path, bytes).map_err(|source| SheetError::Io { file: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, sheets_from_bytes, xlsx_bytes};

    fn sample() -> AttributeTable {
        AttributeTable::new()
            .with("unit_id", ColumnData::texts(&["木渎镇", "a,\"b\""]))
            .with("gross_t", ColumnData::Real(vec![Some(0.1 + 0.2), None]))
            .with("count", ColumnData::Int(vec![Some(3), None]))
            .with("gdp_derived", ColumnData::Bool(vec![Some(true), None]))
    }

    #[test]
    fn csv_has_a_bom_exact_floats_and_empty_nulls() {
        let bytes = csv_bytes(&sample(), true).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            "\u{feff}unit_id,gross_t,count,gdp_derived\n木渎镇,0.30000000000000004,3,true\n\"a,\"\"b\"\"\",,,\n"
        );
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_none_in_any_file() {
        let texts = ["=1+1", "@x", "-a", "+b", "'=c", "-5", "-"];
        let table = AttributeTable::new().with("name", ColumnData::texts(&texts));
        let csv = String::from_utf8(csv_bytes(&table, false).unwrap()).unwrap();
        assert_eq!(csv, "name\n'=1+1\n'@x\n'-a\n'+b\n''=c\n-5\n-\n");
        let expected: Vec<Cell> = texts.iter().map(|t| Cell::text(t)).collect();
        let bytes =
            [(csv.into_bytes(), "t.csv"), (xlsx_bytes(&[OutSheet::new("t", table)]).unwrap(), "t.xlsx")];
        for (bytes, name) in bytes {
            let read = sheets_from_bytes(&bytes, name, &ReadOptions::default()).unwrap();
            let cells: Vec<Cell> = read[0].rows[1..].iter().map(|r| r[0].clone()).collect();
            assert_eq!(cells, expected, "{name}");
        }
    }
}
