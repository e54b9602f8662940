//! Codes, classes and POI through the built binary, on a city of a few squares.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

#[path = "../common/mod.rs"]
mod common;
mod mini;

mod alarms;
mod ids;
mod land;
mod poi;
mod rules;

/// Fails unless the text holds every needle.
fn assert_mentions(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
}

/// Fails unless the numbers agree to 1e-9.
fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 1e-9 * e.abs().max(1.0), "{found:?} against {expected:?}");
    }
}
