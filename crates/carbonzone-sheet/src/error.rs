//! What can be wrong with a table file.

use crate::NumberFault;
use carbonzone_types::Finding;
use thiserror::Error;

/// Anything that keeps a table from being read or written. Messages name file, sheet and cell.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The file is not there.
    #[error("{file}: no such file")]
    Missing {
        /// File as the user wrote it.
        file: String,
    },
    /// The file could not be read or written.
    #[error("{file}: {source}")]
    Io {
        /// File as the user wrote it.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// No encoding fits.
    #[error(
        "{file}: not valid text in {tried} (line {line})\nhint: name the encoding, e.g. encoding = \"big5\""
    )]
    Encoding {
        /// File.
        file: String,
        /// Encodings tried.
        tried: String,
        /// Line of the first byte that is not UTF-8.
        line: usize,
    },
    /// The encoding asked for does not exist.
    #[error(
        "{file}: unknown encoding \"{encoding}\"\nhint: use a WHATWG label such as \"utf-8\", \"gbk\" or \"big5\""
    )]
    UnknownEncoding {
        /// File.
        file: String,
        /// Label asked for.
        encoding: String,
    },
    /// Broken CSV.
    #[error("{file}: broken CSV: {message}")]
    Csv {
        /// File.
        file: String,
        /// What the parser said.
        message: String,
    },
    /// Rows that have another number of cells than the header.
    #[error("{place}: {message}{hint}")]
    Ragged {
        /// File.
        place: String,
        /// Lines and numbers of cells.
        message: String,
        /// `\nhint: ...` or nothing.
        hint: String,
    },
    /// A formula that was never calculated: its value is not in the file.
    #[error(
        "{place}, column \"{column}\": the formula {formula} has no stored value\nhint: open the workbook once in a spreadsheet program and save it"
    )]
    Formula {
        /// File, sheet and cell.
        place: String,
        /// Column label.
        column: String,
        /// The formula.
        formula: String,
    },
    /// An error of the spreadsheet where a text is needed.
    #[error("{place}, column \"{column}\": the cell holds the error {value}")]
    ErrorCell {
        /// File, sheet and cell.
        place: String,
        /// Column label.
        column: String,
        /// The error, e.g. `#REF!`.
        value: String,
    },
    /// A number in a cell that is merged over several rows.
    #[error(
        "{place}, column \"{column}\": the cell is merged with others ({area}): its number belongs to several rows\nhint: unmerge it and give each row its own number"
    )]
    MergedNumber {
        /// File, sheet and cell.
        place: String,
        /// Column label.
        column: String,
        /// The merged area, e.g. `C3:C5`.
        area: String,
    },
    /// Two columns have the label that was asked for.
    #[error(
        "{place}: column \"{label}\" occurs {count} times ({columns})\nhint: give the columns different names"
    )]
    TwiceTheColumn {
        /// File and sheet.
        place: String,
        /// Label.
        label: String,
        /// How often.
        count: usize,
        /// Letters of the columns: `C and E`.
        columns: String,
    },
    /// A table that is larger than what is read.
    #[error(
        "{place}: {message}\nhint: delete what stands far outside the table, or save the table alone as .csv"
    )]
    TooLarge {
        /// File and sheet.
        place: String,
        /// What is too large.
        message: String,
    },
    /// Broken or unknown spreadsheet.
    #[error(
        "{file}: not a readable spreadsheet: {message}\nhint: open it in a spreadsheet program and save it as .xlsx or .csv"
    )]
    Workbook {
        /// File.
        file: String,
        /// What the parser said.
        message: String,
    },
    /// The sheet asked for is not in the workbook.
    #[error("{file}: no sheet \"{sheet}\" (there is: {found}){hint}")]
    UnknownSheet {
        /// File.
        file: String,
        /// Sheet asked for.
        sheet: String,
        /// Sheets in the file.
        found: String,
        /// `\nhint: did you mean ...?` or nothing.
        hint: String,
    },
    /// The file holds no cell.
    #[error("{place}: the table is empty")]
    Empty {
        /// File and sheet.
        place: String,
    },
    /// No row looks like the header.
    #[error("{place}: no header row found; none of the first {rows} rows has {expected}")]
    NoHeader {
        /// File and sheet.
        place: String,
        /// Rows searched.
        rows: usize,
        /// Labels looked for.
        expected: String,
    },
    /// A column is not there.
    #[error("{place}: no column {expected} (there is: {found}){hint}")]
    NoColumn {
        /// File and sheet.
        place: String,
        /// Labels looked for.
        expected: String,
        /// Labels found.
        found: String,
        /// `\nhint: did you mean ...?` or nothing.
        hint: String,
    },
    /// A cell does not hold a number.
    #[error("{place}, column \"{column}\": \"{value}\" {fault}")]
    Number {
        /// File, sheet and cell.
        place: String,
        /// Column label.
        column: String,
        /// Text of the cell.
        value: String,
        /// Why it is not a number.
        fault: NumberFault,
    },
    /// A workbook could not be made.
    #[error("{file}: cannot write the workbook: {message}")]
    WriteXlsx {
        /// File.
        file: String,
        /// What the writer said.
        message: String,
    },
}

impl SheetError {
    /// The error as a [`Finding`]: fatal (exit 2) if the file is missing or unreadable by the system, else an error.
    pub fn to_finding(&self) -> Finding {
        let mut finding = match self {
            Self::Missing { .. } | Self::Io { .. } => Finding::fatal(self.code(), self.to_string()),
            _ => Finding::error(self.code(), self.to_string()),
        };
        match self {
            Self::Number { column, value, fault, .. } => {
                let expected = if *fault == NumberFault::Share { "an amount" } else { "a number" };
                finding = finding.field(column.clone()).value(value.clone()).expected(expected);
            }
            Self::NoColumn { expected, .. } => finding = finding.expected(expected.clone()),
            Self::Formula { column, formula, .. } => {
                finding = finding.field(column.clone()).value(formula.clone()).expected("a stored value");
            }
            Self::ErrorCell { column, value, .. } => {
                finding = finding.field(column.clone()).value(value.clone());
            }
            Self::TwiceTheColumn { label, .. } => finding = finding.field(label.clone()),
            _ => {}
        }
        match self.file() {
            Some(file) => finding.file(file),
            None => finding,
        }
    }

    /// Stable name of the check.
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing_file",
            Self::Io { .. } => "unreadable_file",
            Self::Encoding { .. } | Self::UnknownEncoding { .. } => "wrong_encoding",
            Self::Csv { .. } | Self::Workbook { .. } => "broken_table",
            Self::Ragged { .. } => "ragged_rows",
            Self::Formula { .. } => "formula_without_value",
            Self::ErrorCell { .. } => "error_cell",
            Self::MergedNumber { .. } => "merged_number",
            Self::TwiceTheColumn { .. } => "same_column_twice",
            Self::TooLarge { .. } => "table_too_large",
            Self::UnknownSheet { .. } => "unknown_sheet",
            Self::Empty { .. } => "empty_table",
            Self::NoHeader { .. } => "no_header",
            Self::NoColumn { .. } => "unknown_field",
            Self::Number { .. } => "not_a_number",
            Self::WriteXlsx { .. } => "cannot_write",
        }
    }

    /// The file concerned, where the error keeps it apart.
    fn file(&self) -> Option<&str> {
        match self {
            Self::Missing { file }
            | Self::Io { file, .. }
            | Self::Encoding { file, .. }
            | Self::UnknownEncoding { file, .. }
            | Self::Csv { file, .. }
            | Self::Workbook { file, .. }
            | Self::UnknownSheet { file, .. }
            | Self::WriteXlsx { file, .. } => Some(file),
            Self::Empty { place }
            | Self::NoHeader { place, .. }
            | Self::Ragged { place, .. }
            | Self::Formula { place, .. }
            | Self::ErrorCell { place, .. }
            | Self::MergedNumber { place, .. }
            | Self::TwiceTheColumn { place, .. }
            | Self::TooLarge { place, .. }
            | Self::NoColumn { place, .. }
            | Self::Number { place, .. } => place.split(", ").next(),
        }
    }
}
