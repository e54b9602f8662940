//! Small tables of the report page. Their titles, remarks and columns stand in `data/report_tables.toml`.

use crate::Label;
use carbonzone_types::RunManifest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A small table of the report page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportTable {
    /// Heading.
    pub title: Label,
    /// Remark below the heading, empty if none.
    pub note: Label,
    /// Column headings and whether their cells are numbers.
    pub columns: Vec<(Label, bool)>,
    /// Cells as shown.
    pub rows: Vec<Vec<Label>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    #[serde(default)]
    title: [String; 2],
    #[serde(default)]
    note: [String; 2],
    /// English, Chinese, and `number` if it is one.
    columns: Vec<Vec<String>>,
}

static SHIPPED: LazyLock<BTreeMap<String, Shipped>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/report_tables.toml")).expect("a test reads the shipped file")
});

impl ReportTable {
    /// The table of this name; what a run adds to title, remark and columns is up to the caller.
    ///
    /// # Panics
    /// If the shipped file has no such table.
    pub fn shipped(name: &str, rows: Vec<Vec<Label>>) -> Self {
        let found = SHIPPED.get(name).expect("every table that a run fills is in the shipped file");
        let label = |[en, zh]: &[String; 2]| Label::new(en, zh);
        let column = |c: &Vec<String>| (Label::new(&c[0], &c[1]), c.len() > 2);
        let columns = found.columns.iter().map(column).collect();
        Self { title: label(&found.title), note: label(&found.note), columns, rows }
    }

    /// With more columns behind those that it has.
    pub fn and_columns(mut self, more: impl IntoIterator<Item = (Label, bool)>) -> Self {
        self.columns.extend(more);
        self
    }

    /// With what the table of this name assumes, if it has no remark of its own.
    pub fn assuming(mut self, record: &RunManifest, table: &str) -> Self {
        if self.note == Label::default() {
            self.note = crate::assumptions::sentence(record, table);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_is_there_in_both_languages() {
        for (name, table) in SHIPPED.iter() {
            let texts = table.columns.iter().flat_map(|c| &c[..2]);
            assert!(texts.clone().all(|text| !text.is_empty()) && texts.count() > 0, "{name}");
            assert!(table.columns.iter().all(|c| c.get(2).is_none_or(|kind| kind == "number")), "{name}");
            for [en, zh] in [&table.title, &table.note] {
                assert_eq!(en.is_empty(), zh.is_empty(), "{name}");
            }
        }
    }
}
