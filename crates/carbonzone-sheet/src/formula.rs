//! Texts that a spreadsheet program would run as a formula: written so that it does not, read back as they were.

use crate::{Commas, parse_percent_as};
use std::borrow::Cow;

/// Characters with which a formula (or the cell that hides one) begins, also in full width.
const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// True if a spreadsheet program could take the text for a formula. Numbers and marks of missing values are none.
pub(crate) fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTS) && parse_percent_as(text, Commas::Thousands).is_err()
}

/// The text as it stands in a CSV file: with an apostrophe before what looks like a formula.
pub(crate) fn escape_formula(text: &str) -> Cow<'_, str> {
    if looks_like_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// What [`escape_formula`] was given.
pub(crate) fn unescape_formula(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(STARTS) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_escaped_and_every_text_comes_back() {
        for text in [
            "=1+1",
            "@SUM(A1)",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "\t=1",
            "＝1＋1",
            "'=1",
            "''-x",
            "'+",
            "=",
            "+86 512",
            "@home",
            "=HYPERLINK(\"http://x\",\"y\")",
            "-",
            "—",
            "-5",
            "+3.5e2",
            "-1,234.5",
            "'0701",
            "'",
            "",
            "木渎镇",
            "a=b",
            "-5%",
        ] {
            let escaped = escape_formula(text);
            assert_eq!(unescape_formula(&escaped), text, "{text:?} as {escaped:?}");
            let dangerous =
                escaped.starts_with(STARTS) && parse_percent_as(&escaped, Commas::Thousands).is_err();
            assert!(!dangerous, "{escaped:?}");
        }
        assert_eq!(escape_formula("=1+1"), "'=1+1");
        for plain in ["-5", "-", "+3.5e2", "a=b", "-5%"] {
            assert_eq!(escape_formula(plain), plain);
        }
    }
}
