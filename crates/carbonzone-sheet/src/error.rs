//! What can be wrong with a table file.

use crate::NumberFault;
use carbonzone_types::Finding;
use thiserror::Error;

/// Anything that keeps a table from being read or written. Messages name file, sheet and cell.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum SheetError {
    #[error("{file}: no such file")]
    Missing { file: String },
    #[error("{file}: {source}")]
    Io { file: String, source: std::io::Error },
    #[error(
        "{file}: not valid text in {tried} (line {line})\nhint: name the encoding, e.g. encoding = \"big5\""
    )]
    Encoding { file: String, tried: String, line: usize },
    #[error(
        "{file}: unknown encoding \"{encoding}\"\nhint: use a WHATWG label such as \"utf-8\", \"gbk\" or \"big5\""
    )]
    UnknownEncoding { file: String, encoding: String },
    #[error("{file}: broken CSV: {message}")]
    Csv { file: String, message: String },
    #[error("{place}: {message}{hint}")]
    Ragged { place: String, message: String, hint: String },
    #[error(
        "{place}, column \"{column}\": the formula {formula} has no stored value\nhint: open the workbook once in a spreadsheet program and save it"
    )]
    Formula { place: String, column: String, formula: String },
    #[error("{place}, column \"{column}\": the cell holds the error {value}")]
    ErrorCell { place: String, column: String, value: String },
    #[error(
        "{place}, column \"{column}\": the cell is merged with others ({area}): its number belongs to several rows\nhint: unmerge it and give each row its own number"
    )]
    MergedNumber { place: String, column: String, area: String },
    #[error(
        "{place}: column \"{label}\" occurs {count} times ({columns})\nhint: give the columns different names"
    )]
    TwiceTheColumn { place: String, label: String, count: usize, columns: String },
    #[error(
        "{place}: {message}\nhint: delete what stands far outside the table, or save the table alone as .csv"
    )]
    TooLarge { place: String, message: String },
    #[error(
        "{file}: not a readable spreadsheet: {message}\nhint: open it in a spreadsheet program and save it as .xlsx or .csv"
    )]
    Workbook { file: String, message: String },
    #[error("{file}: no sheet \"{sheet}\" (there is: {found}){hint}")]
    UnknownSheet { file: String, sheet: String, found: String, hint: String },
    #[error("{place}: the table is empty")]
    Empty { place: String },
    #[error("{place}: no header row found; none of the first {rows} rows has {expected}")]
    NoHeader { place: String, rows: usize, expected: String },
    #[error("{place}: no column {expected} (there is: {found}){hint}")]
    NoColumn { place: String, expected: String, found: String, hint: String },
    #[error("{place}, column \"{column}\": \"{value}\" {fault}")]
    Number { place: String, column: String, value: String, fault: NumberFault },
    #[error("{file}: cannot write the workbook: {message}")]
    WriteXlsx { file: String, message: String },
}

impl SheetError {
    /// The error as a [`Finding`]: fatal (exit 2) if the file is missing or unreadable by the system, else an error.
    pub fn to_finding(&self) -> Finding {
        let said = self.to_string();
        // The finding names the file by itself.
        let message = said.strip_prefix(self.file()).unwrap_or(&said);
        let message = message.trim_start_matches([',', ':', ' ']);
        let mut finding = match self {
            Self::Missing { .. } | Self::Io { .. } => Finding::fatal(self.code(), message),
            _ => Finding::error(self.code(), message),
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
        finding.file(self.file())
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

    /// The file concerned.
    fn file(&self) -> &str {
        match self {
            Self::Missing { file }
            | Self::Io { file, .. }
            | Self::Encoding { file, .. }
            | Self::UnknownEncoding { file, .. }
            | Self::Csv { file, .. }
            | Self::Workbook { file, .. }
            | Self::UnknownSheet { file, .. }
            | Self::WriteXlsx { file, .. } => file,
            Self::Empty { place }
            | Self::NoHeader { place, .. }
            | Self::Ragged { place, .. }
            | Self::Formula { place, .. }
            | Self::ErrorCell { place, .. }
            | Self::MergedNumber { place, .. }
            | Self::TwiceTheColumn { place, .. }
            | Self::TooLarge { place, .. }
            | Self::NoColumn { place, .. }
            | Self::Number { place, .. } => file_of(place),
        }
    }
}

/// The file of a place such as `a, b.xlsx, sheet "能源", cell C7`.
fn file_of(place: &str) -> &str {
    let end = place.find(", sheet \"").or_else(|| place.rfind(", cell "));
    end.map_or(place, |end| &place[..end])
}

#[cfg(test)]
mod tests {
    use super::file_of;

    #[test]
    fn a_file_may_have_a_comma_in_its_name() {
        for (place, file) in [
            ("2019, 2020.csv", "2019, 2020.csv"),
            ("2019, 2020.csv, cell C4", "2019, 2020.csv"),
            ("2019, 2020.xlsx, sheet \"a, cell b\", cell C4", "2019, 2020.xlsx"),
        ] {
            assert_eq!(file_of(place), file);
        }
    }
}
