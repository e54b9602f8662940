//! Real input through the built binary: derived GDP, land-cover rasters, OpenStreetMap extracts, broken files, tables.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../carbonzone-io/tests/common/pbf.rs"]
mod pbf;
#[path = "../../../carbonzone-sheet/tests/common/mod.rs"]
mod workbook;

use std::fmt::Write as _;

mod areas;
mod broken;
mod gdp;
mod ground;
mod land_cover;
mod osm;
mod ranges;
mod shapes;
mod tables;
mod units;
mod workbook_points;

/// A pipeline file: its layers as TOML, totals in tonnes (sector, land group, amount) and rules (id, budget, land,
/// proxy).
fn pipeline(
    name: &str,
    layers: &str,
    totals: &[(&str, &str, f64)],
    rules: &[(&str, &str, &[&str], &str)],
) -> String {
    let mut text = format!(
        "[city]\nname = \"{name}\"\nyear = 2020\ncrs = \"EPSG:4549\"\nsynthetic = true\n{layers}\n[inventory]\nunit = \"t\"\n"
    );
    for (sector, group, amount) in totals {
        let _ = writeln!(
            text,
            "[[inventory.totals]]\nsector = \"{sector}\"\nland_group = \"{group}\"\namount = {amount:?}"
        );
    }
    text += "[sinks]\nset = \"lit_low\"\n";
    for (id, budget, land, proxy) in rules {
        let _ = writeln!(
            text,
            "[[allocate]]\nid = \"{id}\"\nbudget = \"{budget}\"\nland = {land:?}\nproxies = [\"{proxy}\"]"
        );
    }
    text
}

/// Fails unless the text holds every needle.
fn assert_mentions(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
}
