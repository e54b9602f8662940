//! What the built binary writes for the small synthetic city, recorded. `make bless` records anew; review the diff.
//!
//! Floats are rounded to ten significant digits: the last ones may differ between processors.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use common::{City, expect};

/// Rounds every number with a decimal point to ten significant digits.
fn rounded(text: &str) -> String {
    let mut out = String::new();
    let mut token = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() || matches!(c, '.' | '-' | 'e' | 'E' | '+') {
            token.push(c);
            continue;
        }
        match token.parse::<f64>() {
            Ok(value) if token.contains('.') && value != 0.0 => {
                let digits = (9 - value.abs().log10().floor() as i32).max(0) as usize;
                let short = format!("{value:.digits$}");
                let short = if short.contains('.') {
                    short.trim_end_matches('0').trim_end_matches('.')
                } else {
                    &short
                };
                out.push_str(short);
            }
            _ => out.push_str(&token),
        }
        token.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}

#[test]
fn rounding_keeps_ten_digits_and_words() {
    assert_eq!(rounded("a,123456.7890123456,1e-5,x-1.5"), "a,123456.789,1e-5,x-1.5");
}

#[test]
fn tables_of_the_small_city() {
    let city = City::new();
    city.edit(common::FEW_DRAWS, common::ALL_DRAWS);
    city.run("out", &[]);
    let read = |file: &str| std::fs::read_to_string(city.path(&format!("out/{file}"))).unwrap();
    insta::assert_snapshot!("townships_csv", rounded(&read("townships.csv")));
    insta::assert_snapshot!("ledger_csv", rounded(&read("ledger.csv")));
    let (summary, _) = expect(0, &["show", &city.path("out")]);
    let summary = summary.replace(&city.path(""), "<tmp>/");
    // The size of rounding residuals depends on the processor.
    let stable: Vec<&str> = summary.lines().filter(|l| !l.starts_with("Mass")).collect();
    insta::assert_snapshot!("summary", stable.join("\n"));
}

#[test]
fn the_schema_is_what_users_rely_on() {
    insta::assert_snapshot!("schema", expect(0, &["schema"]).0);
}
