//! Real input through the built binary: derived GDP, land-cover rasters, OpenStreetMap extracts, broken files.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../carbonzone-io/tests/common/pbf.rs"]
mod pbf;

mod broken;
mod gdp;
mod land_cover;
mod osm;

/// Fails unless the text holds every needle.
fn assert_mentions(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
}
