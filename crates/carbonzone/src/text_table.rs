//! Tables and numbers of texts for people: closing summary, explanations, comparisons.

use carbonzone_report::number::grouped;
use carbonzone_types::Statement;
use comfy_table::{CellAlignment, Table};

/// Tonnes with thousands separators and one decimal where it matters.
#[must_use]
pub fn tonnes(value: f64) -> String {
    grouped(value, usize::from(value.abs() < 1e5))
}

/// A table in the house style.
#[must_use]
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY).set_header(header.to_vec());
    table
}

/// The lines of a table that is the same in every language.
#[must_use]
pub fn lines(table: &Table) -> Vec<Statement> {
    table.to_string().lines().map(|line| Statement::new(line, line)).collect()
}

/// Right-aligns all columns but the first.
pub fn right_align(table: &mut Table) {
    for (i, column) in table.column_iter_mut().enumerate() {
        if i > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tonnes_are_grouped_by_thousands() {
        assert_eq!(tonnes(240_279_700.0), "240,279,700");
        assert_eq!(tonnes(-36.05), "−36.0");
        assert_eq!(tonnes(1234.56), "1,234.6");
        assert_eq!(tonnes(0.0), "0.0");
    }
}
