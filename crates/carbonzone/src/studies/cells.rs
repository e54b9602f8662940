//! Cells of the report's tables.

use carbonzone_report::Label;
use carbonzone_report::number::grouped;

/// A heading in both languages.
pub fn label(en: &str, zh: &str) -> Label {
    Label::new(en, zh)
}

/// A text that is the same in both languages.
pub fn text(value: &str) -> Label {
    Label::same(value)
}

/// A number with fixed decimals; `–` without one.
pub fn number(value: Option<f64>, decimals: usize) -> Label {
    Label::same(value.filter(|v| v.is_finite()).map_or_else(|| "–".to_owned(), |v| grouped(v, decimals)))
}

pub fn count(value: u64) -> Label {
    Label::same(grouped(value as f64, 0))
}
