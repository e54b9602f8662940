//! What a workbook says of a sheet beside its cells: what it shows in percent, what it hides, which cells are merged.

use crate::{Cell, Merge, column_letters};
use carbonzone_types::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// Facts about one sheet.
#[derive(Debug, Default)]
pub(crate) struct SheetFacts {
    /// Cells shown in percent (0-based row and column): they hold a hundredth of what they show.
    pub percent: BTreeSet<(u32, u32)>,
    /// Texts with raised characters, as they are shown.
    pub raised: BTreeMap<(u32, u32), String>,
    /// Hidden rows, 0-based.
    pub hidden_rows: Vec<usize>,
    /// Hidden columns, first and last, 0-based.
    pub hidden_columns: Vec<(usize, usize)>,
    /// Merged areas.
    pub merges: Vec<Merge>,
}

impl SheetFacts {
    /// A cell as it is shown: a number shown in percent is a share, a raised character is not a digit more.
    pub(crate) fn shown(&self, at: (u32, u32), cell: Cell) -> Cell {
        match cell {
            Cell::Number(x) if self.percent.contains(&at) => Cell::Text(percent_text(x)),
            Cell::Text(text) => Cell::Text(self.raised.get(&at).cloned().unwrap_or(text)),
            cell => cell,
        }
    }

    /// Findings about hidden rows that hold cells, and hidden columns.
    pub(crate) fn hidden_parts(&self, sheet: &str, rows: &[Vec<Cell>]) -> Vec<Finding> {
        let mut notes = Vec::new();
        let filled: Vec<String> = self
            .hidden_rows
            .iter()
            .filter(|r| rows.get(**r).is_some_and(|cells| !cells.is_empty()))
            .map(|r| (r + 1).to_string())
            .collect();
        if !filled.is_empty() {
            let more =
                if filled.len() > 10 { format!(" and {} more", filled.len() - 10) } else { String::new() };
            let list = filled.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            let message = format!("sheet \"{sheet}\": hidden rows are read like all others: {list}{more}");
            notes.push(
                Finding::warning("hidden_rows", message)
                    .count(filled.len() as u64)
                    .hint("delete the rows that are not meant, or show them"),
            );
        }
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        let filled: Vec<_> = self.hidden_columns.iter().filter(|(first, _)| *first < width).collect();
        if !filled.is_empty() {
            let span = |(a, b): &&(usize, usize)| {
                if a == b {
                    column_letters(*a)
                } else {
                    format!("{} to {}", column_letters(*a), column_letters(*b))
                }
            };
            let list = filled.iter().map(span).collect::<Vec<_>>().join(", ");
            let message = format!("sheet \"{sheet}\": hidden columns are read if they are asked for: {list}");
            notes.push(Finding::info("hidden_columns", message));
        }
        notes
    }
}

/// Whether a number format shows a hundred times the number: a `%` that is neither quoted nor escaped.
pub(crate) fn shows_percent(format: &str) -> bool {
    let (mut quoted, mut chars) = (false, format.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' | '_' | '*' if !quoted => drop(chars.next()),
            '%' if !quoted => return true,
            _ => {}
        }
    }
    false
}

/// The built-in formats that show percent.
pub(crate) const PERCENT_FORMATS: [u16; 2] = [9, 10];

/// A share as a cell shows it: 0.12 as `12%`, without the digits that the factor of 100 adds.
fn percent_text(share: f64) -> String {
    const DIGITS: f64 = 1e9;
    format!("{}%", (100.0 * share * DIGITS).round() / DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_sign_that_is_only_text_scales_nothing() {
        for format in ["0%", "0.00%", "[Red]0.0%;-0.0%", "#,##0.0 %", "\"约\"0%"] {
            assert!(shows_percent(format), "{format}");
        }
        for format in ["General", "0.0\"%\"", "0\\%", "0.0_%", "#,##0", "0.0\" % of GDP\""] {
            assert!(!shows_percent(format), "{format}");
        }
    }

    #[test]
    fn shares_are_shown_without_the_digits_that_a_hundred_adds() {
        assert_eq!([0.07, 0.125, 0.29, 1.1].map(percent_text), ["7%", "12.5%", "29%", "110%"]);
    }
}
