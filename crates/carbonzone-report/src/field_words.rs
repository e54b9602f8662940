//! Words for fields that stand in tables only: ledger, rules, findings, years, windows, plans, money.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static WORDS: LazyLock<BTreeMap<String, [String; 2]>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/fields.toml")).expect("a test reads the shipped file")
});

/// English and Chinese; `None` for a field that is not listed.
pub(crate) fn of_tables(key: &str) -> Option<(&'static str, &'static str)> {
    WORDS.get(key).map(|[en, zh]| (en.as_str(), zh.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_words_in_both_languages() {
        assert_eq!(of_tables("year"), Some(("Year", "年份")));
        assert!(WORDS.len() > 100 && WORDS.values().all(|[en, zh]| !en.is_empty() && zh != en));
    }
}
