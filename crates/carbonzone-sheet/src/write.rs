//! Tables for Excel: CSV with a byte order mark, and XLSX. Same input, same bytes.

use crate::SheetError;
use crate::formula::{escape_formula, looks_like_formula};
use carbonzone_types::{AttributeTable, ColumnData};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
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
    /// The table.
    pub table: AttributeTable,
}

impl OutSheet {
    /// A sheet with a name and a table.
    #[must_use]
    pub fn new(name: &str, table: AttributeTable) -> Self {
        Self { name: name.to_owned(), table, ..Self::default() }
    }

    /// Adds lines above the header.
    #[must_use]
    pub fn with_preamble<S: Into<String>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        self.preamble = lines.into_iter().map(Into::into).collect();
        self
    }

    /// Sets header labels.
    #[must_use]
    pub fn with_labels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Sets number formats from the column names.
    #[must_use]
    pub fn with_formats(mut self, format: impl Fn(&str) -> &'static str) -> Self {
        self.formats = self.table.columns.iter().map(|c| format(&c.name).to_owned()).collect();
        self
    }

    /// Keeps columns at the left in sight.
    #[must_use]
    pub fn with_frozen_columns(mut self, columns: u16) -> Self {
        self.frozen_columns = columns;
        self
    }

    /// Number format of a column of numbers, if it has one.
    fn format(&self, column: usize) -> Option<&str> {
        let numeric = matches!(self.table.columns[column].data, ColumnData::Real(_) | ColumnData::Int(_));
        let formats = if numeric { self.formats.as_slice() } else { &[] };
        formats.get(column).map(String::as_str).filter(|f| !f.is_empty())
    }

    /// Label of a column.
    fn label(&self, column: usize) -> &str {
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
fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), SheetError> {
    std::fs::write(path, bytes).map_err(|source| SheetError::Io { file: path.display().to_string(), source })
}

/// A workbook in memory, one worksheet per table: bold header, frozen below it, column widths fitted.
///
/// The creation time is fixed (2020-01-01), so the same tables give the same bytes.
///
/// # Errors
/// [`SheetError::WriteXlsx`], e.g. for a sheet name that Excel refuses or more than 1,048,576 rows.
pub fn xlsx_bytes(sheets: &[OutSheet]) -> Result<Vec<u8>, SheetError> {
    workbook(sheets)
        .and_then(|mut book| book.save_to_buffer())
        .map_err(|e| SheetError::WriteXlsx { file: "(memory)".to_owned(), message: e.to_string() })
}

/// Writes a workbook, one worksheet per table.
///
/// # Errors
/// As [`xlsx_bytes`], and [`SheetError::Io`].
pub fn write_xlsx(path: &Path, sheets: &[OutSheet]) -> Result<(), SheetError> {
    let bytes = xlsx_bytes(sheets).map_err(|e| match e {
        SheetError::WriteXlsx { message, .. } => {
            SheetError::WriteXlsx { file: path.display().to_string(), message }
        }
        other => other,
    })?;
    write_bytes(path, &bytes)
}

/// Builds the workbook.
fn workbook(sheets: &[OutSheet]) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_ymd(2020, 1, 1)?;
    book.set_properties(&DocProperties::new().set_author("carbonzone").set_creation_datetime(&created));
    for sheet in sheets {
        fill(book.add_worksheet(), sheet)?;
    }
    Ok(book)
}

/// Fills one worksheet.
fn fill(worksheet: &mut Worksheet, sheet: &OutSheet) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    worksheet.set_name(&sheet.name)?;
    let header = sheet.preamble.len() as u32;
    for column in 0..sheet.table.columns.len() {
        worksheet.write_with_format(header, column as u16, sheet.label(column), &bold)?;
        let shown = sheet.format(column).map(|f| Format::new().set_num_format(f));
        let data = &sheet.table.columns[column].data;
        write_column(worksheet, header + 1, column as u16, data, shown.as_ref())?;
    }
    worksheet.set_freeze_panes(header + 1, sheet.frozen_columns)?;
    for column in 0..sheet.table.columns.len() {
        worksheet.set_column_width(column as u16, shown_width(sheet, column))?;
    }
    for (row, line) in sheet.preamble.iter().enumerate() {
        write_text(worksheet, row as u32, 0, line)?;
    }
    Ok(())
}

/// Widest column in characters; longer texts run into the next cell or are cut.
const MAX_WIDTH: f64 = 50.0;

/// Width of a column in characters: the longest value as it is shown, or the label, and a little air.
fn shown_width(sheet: &OutSheet, column: usize) -> f64 {
    let data = &sheet.table.columns[column].data;
    let longest = match sheet.format(column) {
        Some(format) => number_width(data, format),
        None => (0..data.len()).filter_map(|r| data.text_at(r)).map(|t| text_width(&t)).fold(0.0, f64::max),
    };
    longest.max(text_width(sheet.label(column))).min(MAX_WIDTH) + 1.5
}

/// Width of the largest number of a column in its format.
fn number_width(data: &ColumnData, format: &str) -> f64 {
    let decimals = format.split_once('.').map_or(0, |(_, d)| d.chars().filter(|c| *c == '0').count());
    let factor = if format.ends_with('%') { 100.0 } else { 1.0 };
    let numbers = (0..data.len()).filter_map(|r| data.number_at(r));
    let digits = format!("{:.0}", numbers.fold(0.0f64, |m, v| m.max(v.abs() * factor))).len();
    let separators = if format.contains(',') { (digits - 1) / 3 } else { 0 };
    (digits + separators + decimals + usize::from(decimals > 0) + 2) as f64
}

/// Width of a text: Chinese characters take the place of two digits.
fn text_width(text: &str) -> f64 {
    text.chars().map(|c| if u32::from(c) >= 0x2e80 { 2.1 } else { 1.0 }).sum()
}

/// Writes the values of a column; NULL leaves the cell blank.
fn write_column(
    worksheet: &mut Worksheet,
    top: u32,
    column: u16,
    data: &ColumnData,
    format: Option<&Format>,
) -> Result<(), XlsxError> {
    let number = |sheet: &mut Worksheet, at: u32, x: f64| match format {
        Some(f) => sheet.write_number_with_format(at, column, x, f).map(|_| ()),
        None => sheet.write_number(at, column, x).map(|_| ()),
    };
    for row in 0..data.len() {
        let at = top + row as u32;
        match data {
            ColumnData::Text(v) => {
                v[row].as_deref().map(|s| write_text(worksheet, at, column, s)).transpose()?;
            }
            ColumnData::Real(v) => v[row].map(|x| number(worksheet, at, x)).transpose()?.unwrap_or_default(),
            ColumnData::Int(v) => {
                v[row].map(|x| number(worksheet, at, x as f64)).transpose()?.unwrap_or_default();
            }
            ColumnData::Bool(v) => {
                v[row].map(|b| worksheet.write_boolean(at, column, b)).transpose()?;
            }
        }
    }
    Ok(())
}

/// Writes a text; one that begins as a formula does stays a text even when somebody edits the cell.
fn write_text(worksheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    if looks_like_formula(text) {
        worksheet.write_string_with_format(row, column, text, &Format::new().set_quote_prefix())?;
    } else {
        worksheet.write_string(row, column, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cell, ReadOptions, sheets_from_bytes};

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

    #[test]
    fn a_workbook_reads_back_to_the_same_values() {
        let sheets = [OutSheet::new("townships", sample()).with_preamble(["合成数据"])];
        let read =
            sheets_from_bytes(&xlsx_bytes(&sheets).unwrap(), "t.xlsx", &ReadOptions::default()).unwrap();
        assert_eq!(read[0].name, "townships");
        assert_eq!(read[0].rows[0][0], Cell::text("合成数据"));
        assert_eq!(
            read[0].rows[2],
            [Cell::text("木渎镇"), Cell::Number(0.1 + 0.2), Cell::Number(3.0), Cell::Bool(true)]
        );
        assert_eq!(read[0].cell(3, 1), &Cell::Empty);
    }

    #[test]
    fn the_same_tables_give_the_same_bytes_at_any_time() {
        let sheets = [OutSheet::new("a", sample())];
        let first = xlsx_bytes(&sheets).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert_eq!(first, xlsx_bytes(&sheets).unwrap());
    }

    #[test]
    fn a_format_changes_what_is_shown_and_not_what_is_stored() {
        let format = |name: &str| if name == "gross_t" { "#,##0.0" } else { "" };
        let sheet = OutSheet::new("t", sample()).with_formats(format).with_frozen_columns(2);
        assert_eq!(shown_width(&sheet, 1), 8.5);
        // 木渎镇 or "a,\"b\"" under the label unit_id.
        assert_eq!(shown_width(&sheet, 0), 8.5);
        let read = sheets_from_bytes(&xlsx_bytes(&[sheet]).unwrap(), "t.xlsx", &ReadOptions::default());
        assert_eq!(read.unwrap()[0].rows[1][1], Cell::Number(0.1 + 0.2));
    }

    #[test]
    fn a_sheet_name_that_excel_refuses_is_an_error() {
        let error = xlsx_bytes(&[OutSheet::new("a/b", sample())]).unwrap_err();
        assert!(matches!(error, SheetError::WriteXlsx { .. }), "{error}");
    }
}
