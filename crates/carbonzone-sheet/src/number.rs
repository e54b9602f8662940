//! Numbers as yearbooks print them.

use crate::normalise_text;
use thiserror::Error;

/// Why a text is not a number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NumberFault {
    /// Not a number at all.
    #[error("is not a number")]
    NotANumber,
    /// `NaN`, `inf`, or a spreadsheet error.
    #[error("is not a finite number")]
    NotFinite,
    /// Commas that do not stand every three digits, e.g. `12,5`.
    #[error("has commas that are not thousands separators")]
    Grouping,
}

/// Marks that mean "no value here" in yearbooks.
const MISSING: [&str; 16] =
    ["-", "--", "---", "—", "——", "–", "…", "……", "...", "..", "/", "na", "n/a", "null", "缺", "无数据"];

/// Reads a number as people write it: full-width digits, thousands separators (`,` `，` or blanks between groups of
/// three), a percent sign (divides by 100). Blank, `—`, `-`, `…`, `/`, `n/a` and the like are missing: `Ok(None)`.
///
/// # Errors
/// [`NumberFault`]: other text, NaN or infinity, or commas that do not separate thousands. A decimal comma is never
/// guessed.
///
/// ```
/// use carbonzone_sheet::parse_number;
/// assert_eq!(parse_number("１，２３４．５"), Ok(Some(1234.5)));
/// assert_eq!(parse_number("12.5%"), Ok(Some(0.125)));
/// assert_eq!(parse_number("—"), Ok(None));
/// assert!(parse_number("12,5").is_err());
/// ```
pub fn parse_number(text: &str) -> Result<Option<f64>, NumberFault> {
    let text = normalise_text(text);
    let lower = text.to_lowercase();
    if lower.is_empty() || MISSING.contains(&lower.as_str()) {
        return Ok(None);
    }
    if text.starts_with('#')
        || ["nan", "inf", "-inf", "+inf", "infinity", "-infinity"].contains(&lower.as_str())
    {
        return Err(NumberFault::NotFinite);
    }
    let (body, percent) = match text.strip_suffix('%') {
        Some(body) => (body.trim_end(), true),
        None => (text.as_str(), false),
    };
    let plain = without_separators(body)?;
    if !plain.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return Err(NumberFault::NotANumber);
    }
    let value: f64 = plain.parse().map_err(|_: std::num::ParseFloatError| NumberFault::NotANumber)?;
    if !value.is_finite() {
        return Err(NumberFault::NotFinite);
    }
    Ok(Some(if percent { value / 100.0 } else { value }))
}

/// Drops thousands separators after checking that they stand between groups of three digits.
fn without_separators(body: &str) -> Result<String, NumberFault> {
    let separator = if body.contains(',') { ',' } else { ' ' };
    if !body.contains(separator) {
        return Ok(body.to_owned());
    }
    let whole = body.split(['.', 'e', 'E']).next().unwrap_or(body);
    let mut groups = whole.trim_start_matches(['+', '-']).split(separator);
    let first = groups.next().unwrap_or("");
    let all_digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
    let good =
        (1..=3).contains(&first.len()) && all_digits(first) && groups.all(|g| g.len() == 3 && all_digits(g));
    let rest_is_plain = !body[whole.len()..].contains(separator);
    match (good && rest_is_plain, separator) {
        (true, _) => Ok(body.replace(separator, "")),
        (false, ',')
            if body.bytes().any(|b| b.is_ascii_digit()) && !body.bytes().any(|b| b.is_ascii_alphabetic()) =>
        {
            Err(NumberFault::Grouping)
        }
        _ => Err(NumberFault::NotANumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_separators_of_every_kind_are_understood() {
        for text in
            ["1234567.8", "1,234,567.8", "1 234 567.8", "１，２３４，５６７．８", "1\u{a0}234\u{a0}567.8"]
        {
            assert_eq!(parse_number(text), Ok(Some(1_234_567.8)), "{text}");
        }
        assert_eq!(parse_number("-1,234"), Ok(Some(-1234.0)));
        assert_eq!(parse_number("1.2e3"), Ok(Some(1200.0)));
    }

    #[test]
    fn dashes_and_blanks_are_missing_values() {
        for text in ["", "  ", "-", "—", "——", "…", "N/A", "/"] {
            assert_eq!(parse_number(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused_with_the_reason() {
        assert_eq!(parse_number("12,5"), Err(NumberFault::Grouping));
        assert_eq!(parse_number("1,23,456"), Err(NumberFault::Grouping));
        assert_eq!(parse_number("1.234,567"), Err(NumberFault::Grouping));
        assert_eq!(parse_number("nan"), Err(NumberFault::NotFinite));
        assert_eq!(parse_number("#DIV/0!"), Err(NumberFault::NotFinite));
        assert_eq!(parse_number("1e999"), Err(NumberFault::NotFinite));
        assert_eq!(parse_number("约120"), Err(NumberFault::NotANumber));
        assert_eq!(parse_number("12 万吨"), Err(NumberFault::NotANumber));
        assert_eq!(parse_number("0x10"), Err(NumberFault::NotANumber));
    }
}
