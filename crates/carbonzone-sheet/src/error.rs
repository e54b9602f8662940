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
    #[error("{file}: not valid text in {tried}\nhint: name the encoding, e.g. encoding = \"big5\"")]
    Encoding {
        /// File.
        file: String,
        /// Encodings tried.
        tried: String,
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
    #[must_use]
    pub fn to_finding(&self) -> Finding {
        let mut finding = match self {
            Self::Missing { .. } | Self::Io { .. } => Finding::fatal(self.code(), self.to_string()),
            _ => Finding::error(self.code(), self.to_string()),
        };
        match self {
            Self::Number { column, value, .. } => {
                finding = finding.field(column.clone()).value(value.clone()).expected("a number");
            }
            Self::NoColumn { expected, .. } => finding = finding.expected(expected.clone()),
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
            | Self::NoColumn { place, .. }
            | Self::Number { place, .. } => place.split(", ").next(),
        }
    }
}
