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
    word: Label,
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

/// The words that occur in what a page shows, in their order: in the strings of `shown` but for those of the keys `beside`, or in
/// `fixed`.
pub(super) fn terms(shown: &serde_json::Value, beside: &[&str], fixed: &str) -> serde_json::Value {
    serde_json::json!(used(shown, beside, fixed))
}

/// Words that occur in a page and their meanings, in one language.
pub(super) fn in_language(lang: Lang, shown: &serde_json::Value) -> Vec<[String; 2]> {
    used(shown, &[], "").iter().map(|t| [t.word.text(lang), t.says.text(lang)]).collect()
}

fn used(shown: &serde_json::Value, beside: &[&str], fixed: &str) -> Vec<&'static Term> {
    let mut text = fixed.to_lowercase();
    strings(shown, beside, &mut text);
    all().iter().filter(|t| t.occurs_in(&text)).collect()
}

/// All strings of a value, in small letters.
fn strings(value: &serde_json::Value, beside: &[&str], out: &mut String) {
    match value {
        serde_json::Value::String(s) => {
            out.push('\n');
            out.push_str(&s.to_lowercase());
        }
        serde_json::Value::Array(all) => all.iter().for_each(|v| strings(v, beside, out)),
        serde_json::Value::Object(all) => {
            all.iter()
                .filter(|(k, _)| !beside.contains(&k.as_str()))
                .for_each(|(_, v)| strings(v, beside, out));
        }
        _ => {}
    }
}

impl Term {
    /// True if a spelling of the word occurs: Latin ones as words of their own.
    fn occurs_in(&self, text: &str) -> bool {
        let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
        [&self.word.en, &self.word.zh].into_iter().chain(&self.also).any(|word| {
            let word = word.to_lowercase();
            let latin = word.is_ascii();
            text.match_indices(&word).any(|(at, found)| {
                let before = text[..at].chars().next_back().is_some_and(letter);
                let after = text[at + found.len()..].chars().next().is_some_and(letter);
                !latin || !(before || after)
            })
        })
    }
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
    fn only_words_that_occur_are_listed() {
        let shown = serde_json::json!({"a": ["The LMDI effects", {"en": "half-widths"}], "payload": "Theil", "b": "virgini, sinking"});
        let keys: Vec<&str> = used(&shown, &["payload"], "").iter().map(|t| t.key.as_str()).collect();
        assert_eq!(keys, ["half_width", "lmdi"]);
        let zh = serde_json::json!("基尼系数 0.4");
        assert!(used(&zh, &[], "").iter().any(|t| t.word.en == "Gini"));
        assert!(used(&serde_json::json!(null), &[], "its Budget, borderline").len() == 2);
        assert_eq!(in_language(Lang::En, &shown).len(), 3, "the fact sheets hide nothing");
    }

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
