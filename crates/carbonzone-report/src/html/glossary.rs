//! The words of the method, explained once: the glossary of the page and of the fact sheets.

use crate::{Label, Lang};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

const GLOSSARY: &str = include_str!("../../data/glossary.toml");

/// A word and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Term {
    /// Anchor on the page.
    key: String,
    /// The word.
    word: Label,
    /// What it means.
    says: Label,
    /// Spellings that are marked in the text, beside the word itself.
    #[serde(default)]
    also: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Glossary {
    terms: Vec<Term>,
}

/// All words, in their order.
pub(super) fn terms() -> serde_json::Value {
    serde_json::json!(*all())
}

/// Words and meanings in one language.
pub(super) fn in_language(lang: Lang) -> Vec<[String; 2]> {
    all().iter().map(|t| [t.word.text(lang), t.says.text(lang)]).collect()
}

fn all() -> &'static Vec<Term> {
    static ALL: LazyLock<Vec<Term>> =
        LazyLock::new(|| toml::from_str::<Glossary>(GLOSSARY).expect("a test reads the glossary").terms);
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_explained_in_both_languages_and_only_once() {
        let all = all();
        for wanted in [
            "proxy",
            "budget",
            "lmdi",
            "tapio",
            "half_width",
            "lit_high",
            "special",
            "snap_m",
            "borderline",
            "draws",
        ] {
            assert!(all.iter().any(|t| t.key == wanted), "{wanted}");
        }
        let mut seen = std::collections::BTreeSet::new();
        for t in all {
            assert!(t.says.en.len() > 20 && t.says.zh.chars().count() > 8, "{}", t.key);
            assert!(t.key.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", t.key);
            let spellings = [&t.word.en, &t.word.zh].into_iter().chain(&t.also);
            let spellings: std::collections::BTreeSet<_> = spellings.map(|s| s.to_lowercase()).collect();
            assert!(
                seen.insert(t.key.clone()) && spellings.iter().all(|s| seen.insert(format!(" {s}"))),
                "{}",
                t.key
            );
        }
    }
}
