//! Cells, sheets and the names that Excel gives to cells.

use carbonzone_types::Finding;

/// One cell as the file holds it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Cell {
    /// Nothing, or only white space.
    #[default]
    Empty,
    /// Text as stored (not normalised). Dates become ISO text, `2020-07-01` or `2020-07-01T08:00:00`.
    Text(String),
    /// A number typed as a number (spreadsheets only; a CSV cell is always text).
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// A spreadsheet error such as `#N/A` or `#DIV/0!`.
    Error(String),
    /// A formula whose value is not in the file: it was never calculated.
    Formula(String),
}

impl Cell {
    /// A text cell, or [`Cell::Empty`] if there is nothing but white space.
    pub fn text(s: &str) -> Self {
        if s.trim().is_empty() { Self::Empty } else { Self::Text(s.to_owned()) }
    }

    /// True for an empty cell.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The cell as stored, as text; `None` if empty. Whole numbers have no decimal point (`2020`, not `2020.0`).
    pub fn raw_text(&self) -> Option<String> {
        match self {
            Self::Empty => None,
            Self::Text(s) | Self::Error(s) | Self::Formula(s) => Some(s.clone()),
            Self::Number(x) => Some(x.to_string()),
            Self::Bool(b) => Some(b.to_string()),
        }
    }
}

/// A merged rectangle of cells, 0-based and inclusive; its content sits in the top left cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Last row.
    pub bottom: usize,
    /// Last column.
    pub right: usize,
}

/// A worksheet or a CSV file: rows of cells from A1 on. Rows may differ in length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Name of the worksheet; empty for CSV.
    pub name: String,
    /// Cells, row by row, from row 1 and column A.
    pub rows: Vec<Vec<Cell>>,
    /// Merged areas (workbooks only).
    pub merges: Vec<Merge>,
    /// True if the workbook hides the sheet.
    pub hidden: bool,
    /// Line of the file on which each row starts, 1-based; empty for a workbook.
    pub lines: Vec<u64>,
    /// What was noticed while the cells were read.
    pub notes: Vec<Finding>,
}

impl Sheet {
    /// The cell at a 0-based row and column; [`Cell::Empty`] outside the sheet.
    pub fn cell(&self, row: usize, column: usize) -> &Cell {
        const EMPTY: &Cell = &Cell::Empty;
        self.rows.get(row).and_then(|r| r.get(column)).unwrap_or(EMPTY)
    }

    /// As [`Sheet::cell`], but a cell inside a merged area shows the area's content.
    pub fn merged_cell(&self, row: usize, column: usize) -> &Cell {
        let area = self
            .merges
            .iter()
            .find(|m| (m.top..=m.bottom).contains(&row) && (m.left..=m.right).contains(&column));
        area.map_or_else(|| self.cell(row, column), |m| self.cell(m.top, m.left))
    }

    /// Number of columns of the widest row.
    pub fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// Column letters of a 0-based column, as Excel shows them: 0 → `A`, 25 → `Z`, 26 → `AA`.
pub fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut n = column + 1;
    while n > 0 {
        n -= 1;
        letters.push((b'A' + (n % 26) as u8) as char);
        n /= 26;
    }
    letters.iter().rev().collect()
}

/// Name of a cell, 0-based row and column, as Excel shows it: (0, 0) → `A1`.
pub fn a1(row: usize, column: usize) -> String {
    format!("{}{}", column_letters(column), row + 1)
}

/// File and sheet as messages show them: `book.xlsx, sheet "能源"`, or the file alone for CSV.
pub(crate) fn place_of(file: &str, sheet: &str) -> String {
    if sheet.is_empty() { file.to_owned() } else { format!("{file}, sheet \"{sheet}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_excel_names_them() {
        assert_eq!(a1(0, 0), "A1");
        assert_eq!(a1(9, 25), "Z10");
        assert_eq!(a1(0, 26), "AA1");
        assert_eq!(a1(99, 701), "ZZ100");
        assert_eq!(a1(0, 702), "AAA1");
    }

    #[test]
    fn a_cell_of_a_merged_area_shows_the_content_of_its_first_cell() {
        let sheet = Sheet {
            name: String::new(),
            rows: vec![vec![Cell::text("能源"), Cell::Empty], vec![]],
            merges: vec![Merge { top: 0, left: 0, bottom: 1, right: 1 }],
            ..Sheet::default()
        };
        assert_eq!(sheet.merged_cell(1, 1), &Cell::text("能源"));
        assert_eq!(sheet.cell(1, 1), &Cell::Empty);
    }
}
