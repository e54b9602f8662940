//! Two languages, one label.

use crate::ReportError;
use carbonzone_types::Statement;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Language of titles and legends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English only.
    En,
    /// Chinese only.
    Zh,
    /// Chinese and English side by side.
    #[default]
    Both,
}

impl Lang {
    /// A sentence in this language, or in both: `English · 中文`.
    pub fn say(self, en: &str, zh: &str) -> String {
        match self {
            Self::En => en.to_owned(),
            Self::Zh => zh.to_owned(),
            Self::Both if en == zh => en.to_owned(),
            Self::Both => format!("{en} · {zh}"),
        }
    }
}

impl FromStr for Lang {
    type Err = ReportError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "en" => Ok(Self::En),
            "zh" => Ok(Self::Zh),
            "both" => Ok(Self::Both),
            _ => Err(ReportError::option("language", s, "en, zh, both")),
        }
    }
}

/// A text in English and Chinese.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl From<&Statement> for Label {
    fn from(said: &Statement) -> Self {
        Self::new(said.en.as_str(), said.zh.as_str())
    }
}

impl From<Label> for Statement {
    fn from(label: Label) -> Self {
        Self { en: label.en, zh: label.zh }
    }
}

impl Label {
    /// A label; an empty side takes the other one.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        let (en, zh) = (en.into(), zh.into());
        match (en.is_empty(), zh.is_empty()) {
            (true, _) => Self { en: zh.clone(), zh },
            (_, true) => Self { zh: en.clone(), en },
            _ => Self { en, zh },
        }
    }

    /// The same text in both languages (numbers, names).
    pub fn same(text: impl Into<String>) -> Self {
        let en = text.into();
        Self { zh: en.clone(), en }
    }

    /// One line of text: `Both` gives `中文 English`, or one of them where they are equal; the range
    /// of numbers that begins a legend row, or the percentage that ends it, is written once.
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en.clone(),
            Lang::Zh => self.zh.clone(),
            Lang::Both if self.en == self.zh => self.en.clone(),
            Lang::Both => match self.common_beginning() {
                Some(n) => format!("{}{}", self.zh, &self.en[n..]),
                None => format!(
                    "{} {}",
                    self.zh.strip_suffix(self.common_percentage()).unwrap_or(&self.zh),
                    self.en
                ),
            },
        }
    }

    /// The lines of a heading: one for one language, two for both.
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        match lang {
            Lang::Both if self.en != self.zh && self.common_beginning().is_none() => {
                vec![self.zh.clone(), self.en.clone()]
            }
            _ => vec![self.text(lang)],
        }
    }

    /// Bytes of the range of numbers that both languages begin with.
    fn common_beginning(&self) -> Option<usize> {
        let same: String =
            self.en.chars().zip(self.zh.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        same.contains('–').then_some(same.len())
    }

    /// The percentage that both languages end with, with the blank before it; empty if there is none.
    fn common_percentage(&self) -> &str {
        let numbers = |c: char| c.is_ascii_digit() || " ≥<–.%".contains(c);
        let end = &self.en[self.en.trim_end_matches(numbers).len()..];
        if end.starts_with(' ') && end.ends_with('%') && self.zh.ends_with(end) { end } else { "" }
    }

    /// Joins the languages piece by piece: `a + b` in each.
    pub fn then(&self, other: &Self) -> Self {
        Self { en: format!("{}{}", self.en, other.en), zh: format!("{}{}", self.zh, other.zh) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_are_joined_once() {
        assert_eq!(Label::new("Sink", "碳汇").text(Lang::Both), "碳汇 Sink");
        assert_eq!(Label::same("0 – 5").text(Lang::Both), "0 – 5");
        assert_eq!(Label::new("Sink", "").text(Lang::Zh), "Sink");
        assert_eq!(Label::new("likely 75–95 %", "较可能 75–95 %").text(Lang::Both), "较可能 likely 75–95 %");
        assert_eq!(Label::new("safe ≥ 95 %", "确定 ≥ 95 %").text(Lang::Zh), "确定 ≥ 95 %");
        assert_eq!(Label::new("of 5 %", "占比 6 %").text(Lang::Both), "占比 6 % of 5 %");
        let row = Label::new("−1,000 – 0 (net sink)", "−1,000 – 0（净碳汇）");
        assert_eq!(row.text(Lang::Both), "−1,000 – 0（净碳汇） (net sink)");
        assert_eq!(Label::new("1 km grid", "1 km 网格").text(Lang::Both), "1 km 网格 1 km grid");
    }

    #[test]
    fn an_unknown_language_is_named_with_what_is_expected() {
        let e = "fr".parse::<Lang>().unwrap_err().to_string();
        assert!(e.contains("\"fr\"") && e.contains("en, zh, both"), "{e}");
    }
}
