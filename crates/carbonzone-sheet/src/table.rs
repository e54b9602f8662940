//! A table with a header and typed access; every complaint names its cell.

use crate::{
    Cell, ColumnSpec, HeaderMatch, NumberFault, Sheet, SheetError, a1, did_you_mean, normalise_text,
    parse_number,
};

/// A sheet with its header found. Rows are numbered from 0 at the first data row; rows without any filled cell are
/// left out, and [`Table::sheet_row`] still tells where a row was.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    file: String,
    sheet: Sheet,
    header: HeaderMatch,
    /// Sheet row of each data row.
    rows: Vec<usize>,
}

/// File and sheet as messages show them: `book.xlsx, sheet "能源"`, or the file alone for CSV.
pub(crate) fn place_of(file: &str, sheet: &str) -> String {
    if sheet.is_empty() { file.to_owned() } else { format!("{file}, sheet \"{sheet}\"") }
}

impl Table {
    /// Puts the parts together.
    pub(crate) fn from_parts(file: &str, sheet: Sheet, header: HeaderMatch) -> Self {
        let rows = (header.first_data_row()..sheet.rows.len())
            .filter(|r| sheet.rows[*r].iter().any(|c| !c.is_empty()))
            .collect();
        Self { file: file.to_owned(), sheet, header, rows }
    }

    /// File as the user wrote it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Name of the sheet; empty for CSV.
    #[must_use]
    pub fn sheet_name(&self) -> &str {
        &self.sheet.name
    }

    /// The cells themselves.
    #[must_use]
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &HeaderMatch {
        &self.header
    }

    /// Number of data rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no data row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Labels of all columns, in order.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        (0..self.header.labels.len()).map(|c| self.header.label(c)).collect()
    }

    /// 0-based row in the sheet of a data row.
    #[must_use]
    pub fn sheet_row(&self, row: usize) -> usize {
        self.rows[row]
    }

    /// Column that has one of these labels (zh or en), if there is one.
    #[must_use]
    pub fn find(&self, labels: &[&str]) -> Option<usize> {
        let owned: Vec<String> = labels.iter().map(|l| (*l).to_owned()).collect();
        self.header.find(&owned)
    }

    /// Column of a specification, if there is one.
    #[must_use]
    pub fn optional(&self, spec: &ColumnSpec) -> Option<usize> {
        self.header.find(&spec.labels)
    }

    /// Column of a specification.
    ///
    /// # Errors
    /// [`SheetError::NoColumn`] with the labels there are and the likeliest one.
    pub fn required(&self, spec: &ColumnSpec) -> Result<usize, SheetError> {
        self.optional(spec).ok_or_else(|| self.no_column(&spec.labels))
    }

    /// Column that has one of these labels.
    ///
    /// # Errors
    /// As [`Table::required`].
    pub fn column(&self, labels: &[&str]) -> Result<usize, SheetError> {
        let owned: Vec<String> = labels.iter().map(|l| (*l).to_owned()).collect();
        self.header.find(&owned).ok_or_else(|| self.no_column(&owned))
    }

    /// The error for a missing column.
    fn no_column(&self, labels: &[String]) -> SheetError {
        let found: Vec<String> = self.labels().into_iter().filter(|l| !l.is_empty()).collect();
        let hint = labels
            .iter()
            .map(|l| did_you_mean(l, found.iter().map(String::as_str)))
            .find(|h| !h.is_empty())
            .unwrap_or_default();
        SheetError::NoColumn {
            place: place_of(&self.file, &self.sheet.name),
            expected: labels.iter().map(|l| format!("\"{l}\"")).collect::<Vec<_>>().join(" or "),
            found: found.join(", "),
            hint,
        }
    }

    /// The cell of a data row.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> &Cell {
        self.sheet.cell(self.rows[row], column)
    }

    /// Normalised text of a cell; `None` if empty. Whole numbers read as `2020`.
    #[must_use]
    pub fn text(&self, row: usize, column: usize) -> Option<String> {
        self.cell(row, column).raw_text().map(|s| normalise_text(&s)).filter(|s| !s.is_empty())
    }

    /// As [`Table::text`], but a cell inside a merged area shows the area's text.
    #[must_use]
    pub fn merged_text(&self, row: usize, column: usize) -> Option<String> {
        let cell = self.sheet.merged_cell(self.rows[row], column);
        cell.raw_text().map(|s| normalise_text(&s)).filter(|s| !s.is_empty())
    }

    /// Number in a cell; `None` if the cell is blank or holds a dash.
    ///
    /// # Errors
    /// [`SheetError::Number`] with file, sheet, cell, column and the text found.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<f64>, SheetError> {
        let fault = |fault: NumberFault, value: String| SheetError::Number {
            place: self.place(row, column),
            column: self.header.label(column),
            value,
            fault,
        };
        match self.cell(row, column) {
            Cell::Empty => Ok(None),
            Cell::Number(x) if x.is_finite() => Ok(Some(*x)),
            Cell::Number(x) => Err(fault(NumberFault::NotFinite, x.to_string())),
            Cell::Text(s) => parse_number(s).map_err(|f| fault(f, s.clone())),
            Cell::Error(s) => Err(fault(NumberFault::NotFinite, s.clone())),
            Cell::Bool(b) => Err(fault(NumberFault::NotANumber, b.to_string())),
        }
    }

    /// All numbers of a column; every unreadable cell is reported, not only the first.
    ///
    /// # Errors
    /// One [`SheetError::Number`] per bad cell.
    pub fn numbers(&self, column: usize) -> Result<Vec<Option<f64>>, Vec<SheetError>> {
        let mut values = Vec::with_capacity(self.len());
        let mut errors = Vec::new();
        for row in 0..self.len() {
            match self.number(row, column) {
                Ok(value) => values.push(value),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(values) } else { Err(errors) }
    }

    /// Name of a cell, e.g. `C7`.
    #[must_use]
    pub fn a1(&self, row: usize, column: usize) -> String {
        a1(self.rows[row], column)
    }

    /// File, sheet and cell, e.g. `book.xlsx, sheet "能源", cell C7`.
    #[must_use]
    pub fn place(&self, row: usize, column: usize) -> String {
        format!("{}, cell {}", place_of(&self.file, &self.sheet.name), self.a1(row, column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, table_from_bytes};

    fn table(text: &str) -> Table {
        table_from_bytes(text.as_bytes(), "gdp.csv", &ReadOptions::default(), &[]).unwrap()
    }

    #[test]
    fn a_bad_number_names_file_cell_column_and_text() {
        let t = table("乡镇,GDP（亿元）\n甲镇,12.5\n\n乙镇,约30\n");
        let error = t.number(1, 1).unwrap_err().to_string();
        assert_eq!(error, "gdp.csv, cell B4, column \"GDP(亿元)\": \"约30\" is not a number");
        assert_eq!(t.number(0, 1).unwrap(), Some(12.5));
        assert_eq!(t.numbers(1).unwrap_err().len(), 1);
    }

    #[test]
    fn a_missing_column_lists_what_is_there_and_suggests_the_nearest() {
        let t = table("township,population,gdp\na,1,2\n");
        let error = t.column(&["pupulation", "人口"]).unwrap_err();
        assert!(error.to_string().contains("did you mean \"population\""), "{error}");
        assert_eq!(error.to_finding().hint.as_deref(), Some("did you mean \"population\"?"));
        assert_eq!(error.to_finding().file.as_deref(), Some("gdp.csv"));
        assert_eq!(t.column(&["人口", "Population"]).unwrap(), 1);
        assert_eq!(t.find(&["GDP"]), Some(2));
    }

    #[test]
    fn numbers_typed_as_numbers_keep_every_bit() {
        let sheet = Sheet {
            name: "s".into(),
            rows: vec![
                vec![Cell::text("v")],
                vec![Cell::Number(0.1 + 0.2)],
                vec![Cell::Error("#N/A".into())],
            ],
            merges: vec![],
        };
        let t = Table::new("b.xlsx", sheet, None, &[]).unwrap();
        assert_eq!(t.number(0, 0).unwrap(), Some(0.1 + 0.2));
        assert!(t.number(1, 0).unwrap_err().to_string().contains("b.xlsx, sheet \"s\", cell A3"));
    }
}
