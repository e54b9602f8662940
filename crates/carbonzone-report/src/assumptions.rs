//! What each table of a run assumes, for every place where the table is shown: CSV, workbook, GeoPackage, report.

use crate::Label;
use carbonzone_types::{RunManifest, Statement};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static SENTENCES: LazyLock<BTreeMap<String, [String; 2]>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/assumptions.toml")).expect("a test reads the shipped file")
});

/// What the table of this name assumes in a run; `None` for a table that says so itself.
pub fn of(record: &RunManifest, table: &str) -> Option<Statement> {
    let name = match table {
        t if t == record.zones_layer => "units",
        t if t == record.grid_layer => "grid",
        t => t,
    };
    let found = SENTENCES.get(&format!("{name}.{}", record.study)).or_else(|| SENTENCES.get(name));
    found.map(|[en, zh]| Statement::new(en, zh))
}

/// The same as a sentence of the report; empty for a table that says so itself.
pub fn sentence(record: &RunManifest, table: &str) -> Label {
    let said = |s: Statement| Label::new(format!("{}.", s.en), format!("{}。", s.zh));
    of(record, table).map(said).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_there_in_both_languages_and_units_follow_the_study() {
        for (key, [en, zh]) in SENTENCES.iter() {
            let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{a000}').contains(&c));
            // The table of units is taken apart at its commas by many a script.
            assert!(!key.starts_with("units.") || !en.contains(','), "{key}");
            assert!(!chinese(en) && chinese(zh) && !en.ends_with('.') && !zh.ends_with('。'), "{key}");
        }
        let run = |study: &str| RunManifest {
            study: study.to_owned(),
            zones_layer: "townships".to_owned(),
            grid_layer: "grid_1km".to_owned(),
            ..RunManifest::default()
        };
        let said = |study: &str, table: &str| of(&run(study), table).map(|s| s.en);
        assert_ne!(said("parcels", "townships"), said("counties", "townships"));
        assert_eq!(said("parcels", "grid_1km").unwrap(), SENTENCES["grid.parcels"][0]);
        assert_eq!(said("parcels", "compensation"), None);
    }
}
