//! The rows of a table for which its condition (`where`) holds.

use carbonzone_io::Selection;
use carbonzone_sheet::Table;
use carbonzone_types::{Finding, Severity};
use std::collections::BTreeMap;

/// Rows of a table, and what is to be told about them.
pub struct Chosen {
    /// Rows, ascending.
    pub rows: Vec<usize>,
    /// Without layer and file.
    pub findings: Vec<Finding>,
}

/// The rows from `first` on for which a condition holds; all without one. That none is left is an error.
pub fn chosen_rows(table: &Table, first: usize, condition: Option<&str>) -> Chosen {
    let all = first..table.len();
    let Some(text) = condition else { return Chosen { rows: all.collect(), findings: Vec::new() } };
    let mut selection = match Selection::parse(text, &table.labels()) {
        Ok(selection) => selection,
        Err(why) => {
            let finding = Finding::error("bad_filter", format!("the condition cannot be read: {why}"));
            let finding = finding.field("where").value(text).expected(table.labels().join(", "));
            return Chosen { rows: Vec::new(), findings: vec![finding] };
        }
    };
    let columns = selection.columns();
    let text_of = |row: usize, column: usize| {
        let text = table.text(row, column)?;
        let number = || table.number(row, column).ok().flatten();
        Some(if text.contains(',') { number().map_or(text, |x| x.to_string()) } else { text })
    };
    let keeps = |row: &usize| {
        let cells: BTreeMap<usize, String> =
            columns.iter().filter_map(|c| Some((*c, text_of(*row, *c)?))).collect();
        let cell = |column: usize| cells.get(&column).map(String::as_str);
        selection.keeps(cell, |column| format!("cell {}", table.a1(*row, column)))
    };
    let rows: Vec<usize> = all.filter(keeps).collect();
    let mut findings = selection.findings();
    if let (true, Some(counts)) = (rows.is_empty(), findings.first_mut()) {
        counts.severity = Severity::Error;
    }
    Chosen { rows, findings }
}
