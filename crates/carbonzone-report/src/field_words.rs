//! Words by their keys: of fields (`data/fields.toml`) and of the field's own terms (`data/words.toml`).

use crate::Label;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub(crate) type Words = BTreeMap<String, [String; 2]>;

static FIELDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/fields.toml")).expect("a test reads the shipped file")
});

static LISTS: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/words.toml")).expect("a test reads the shipped file")
});

fn label([en, zh]: &[String; 2]) -> Label {
    Label::new(en, zh)
}

/// English and Chinese of a field; `None` if it is not listed.
pub(crate) fn of_tables(key: &str) -> Option<Label> {
    FIELDS.get(key).map(label)
}

pub(crate) fn list(name: &str) -> &'static Words {
    LISTS.get(name).expect("a test reads the shipped file")
}

/// A word of a list; `None` if it is not listed.
pub(crate) fn listed(name: &str, key: &str) -> Option<Label> {
    list(name).get(key).map(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_both_languages() {
        assert_eq!(of_tables("year"), Some(Label::new("Year", "年份")));
        assert!(FIELDS.len() > 100 && FIELDS.values().all(|[en, zh]| !en.is_empty() && zh != en));
        assert_eq!(listed("sector", "waste"), Some(Label::new("Waste", "废弃物")));
        assert!(LISTS.values().flat_map(Words::values).flatten().all(|word| !word.is_empty()));
    }
}
