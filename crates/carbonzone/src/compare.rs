//! `carbonzone compare`: differences of two runs or two years per unit, and who moved from which zone to which.

use crate::args::CompareArgs;
use crate::out_dir::read_manifest;
use crate::run::{named, print_line};
use crate::summary::{right_align, table, tonnes};
use anyhow::{Context, bail};
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, RunManifest, Totals};
use carbonzone_zoning::compare::{Comparison, compare_tables};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Column that joins: the unit, with its year where every year is compared.
const KEY: &str = "compare_key";

struct Side {
    manifest: RunManifest,
    /// Zones with [`KEY`].
    zones: AttributeTable,
    totals: Totals,
    title: String,
}

fn side(dir: &Path, year: Option<i32>) -> anyhow::Result<Side> {
    let manifest = read_manifest(dir)?;
    let gpkg = named(dir, &manifest.name, "gpkg");
    let (_, zones) = carbonzone_io::read_own_layer(&gpkg, &manifest.zones_layer)
        .with_context(|| format!("cannot read the zones of {}", dir.display()))?;
    let ids = zones.texts("unit_id").context("the zone layer has no unit_id")?;
    let years = zones.numbers("year");
    let Some(year) = year else {
        let key = |(i, id): (usize, Option<String>)| {
            let year = years.as_ref().and_then(|y| y[i]).map(|y| format!("@{y}")).unwrap_or_default();
            id.map(|id| id + &year)
        };
        let keys = ids.into_iter().enumerate().map(key).collect();
        let (totals, title) = (manifest.totals.clone(), manifest.title_en.clone());
        return Ok(Side { manifest, zones: zones.with(KEY, ColumnData::Text(keys)), totals, title });
    };
    let Some(years) = years else {
        bail!("{} has one year only: leave --year-a and --year-b out", dir.display())
    };
    let rows: Vec<u32> =
        (0..ids.len()).filter(|i| years[*i] == Some(f64::from(year))).map(|i| i as u32).collect();
    if rows.is_empty() {
        let known: Vec<String> = manifest.years.iter().map(i32::to_string).collect();
        bail!("{} has no year {year}\nhint: it has {}", dir.display(), known.join(", "));
    }
    let keys = rows.iter().map(|i| ids[*i as usize].clone()).collect();
    let zones = zones.reordered(&rows).with(KEY, ColumnData::Text(keys));
    let sum = |field: &str| -> f64 {
        zones.numbers(field).unwrap_or_default().into_iter().flatten().collect::<ExactSum>().value()
    };
    let totals = Totals {
        gross_t: sum("gross_t"),
        sink_t: sum("sink_t"),
        net_t: sum("net_t"),
        ..manifest.totals.clone()
    };
    let title = format!("{} {year}", manifest.title_en);
    Ok(Side { manifest, zones, totals, title })
}

/// The command.
pub fn compare(args: &CompareArgs) -> anyhow::Result<u8> {
    let (a, b) = (side(&args.run_a, args.year_a)?, side(&args.run_b, args.year_b)?);
    let skip: Vec<&str> = a.zones.columns.iter().map(|c| c.name.as_str()).filter(|n| !compared(n)).collect();
    let found = compare_tables(&a.zones, &b.zones, KEY, "zone", &skip)?;
    if found.units.is_empty() {
        bail!("the two runs have no unit in common");
    }
    let wide = wide(&a.zones, &b.zones, &found);
    if let Some(path) = &args.export {
        carbonzone_sheet::write_csv_bom(path, &wide)?;
    }
    print_line(&text(&a, &b, &found, &wide));
    Ok(0)
}

/// Amounts, intensities and indices.
fn compared(name: &str) -> bool {
    name.ends_with("_t")
        || name.starts_with("gross_t_")
        || matches!(name, "ccr" | "ecc" | "esc" | "eec" | "sec" | "ratio" | "ciri" | "risk")
}

/// Texts of a field by unit.
fn by_unit(zones: &AttributeTable, field: &str) -> BTreeMap<String, String> {
    let keys = zones.texts(KEY).unwrap_or_default();
    let values = zones.texts(field).unwrap_or_default();
    keys.into_iter().zip(values).filter_map(|(k, v)| k.zip(v)).collect()
}

/// One row per unit: name, zones, and every compared field before, after and their difference.
fn wide(a: &AttributeTable, b: &AttributeTable, found: &Comparison) -> AttributeTable {
    let column = |zones: &AttributeTable, field: &str| {
        let texts = by_unit(zones, field);
        ColumnData::Text(found.units.iter().map(|u| texts.get(u).cloned()).collect())
    };
    let mut out = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&found.units))
        .with("name", column(a, "name"))
        .with("zone_a", column(a, "zone"))
        .with("zone_b", column(b, "zone"));
    let n = found.columns.len();
    for (j, field) in found.columns.iter().enumerate() {
        let cells = || found.differences.iter().skip(j).step_by(n);
        out.push(&format!("{field}_a"), ColumnData::Real(cells().map(|d| d.from).collect()));
        out.push(&format!("{field}_b"), ColumnData::Real(cells().map(|d| d.to).collect()));
        out.push(&format!("{field}_diff"), ColumnData::Real(cells().map(|d| d.change).collect()));
    }
    out
}

fn text(a: &Side, b: &Side, found: &Comparison, wide: &AttributeTable) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "A  {}   B  {}   {} units in both", a.title, b.title, found.units.len());
    for (side, list) in [("A", &found.only_first), ("B", &found.only_second)] {
        if !list.is_empty() {
            let _ = writeln!(out, "only in {side}: {}", list.join(", "));
        }
    }
    let mut totals = table(&["total", "A t", "B t", "B − A t", "%"]);
    let (ta, tb) = (&a.totals, &b.totals);
    for (name, x, y) in
        [("gross", ta.gross_t, tb.gross_t), ("sink", ta.sink_t, tb.sink_t), ("net", ta.net_t, tb.net_t)]
    {
        let pct = if x == 0.0 { "–".to_owned() } else { format!("{:+.2}", 100.0 * (y - x) / x) };
        totals.add_row(vec![name.to_owned(), tonnes(x), tonnes(y), tonnes(y - x), pct]);
    }
    right_align(&mut totals);
    let _ = writeln!(out, "{totals}");
    out.push_str(&transitions(&a.manifest, found));
    out.push_str(&largest_changes(wide));
    out
}

/// The matrix with its classes in the order of the scheme.
fn transitions(manifest: &RunManifest, found: &Comparison) -> String {
    let Some(zones) = &found.zones else { return String::new() };
    let rank = |key: &String| manifest.zone_classes.iter().position(|c| c.key == *key).unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..zones.zones.len()).collect();
    order.sort_by_key(|i| (rank(&zones.zones[*i]), *i));
    let mut header = vec!["zone in A (rows) → B (columns)".to_owned()];
    header.extend(order.iter().map(|i| zones.zones[*i].clone()));
    let mut matrix = table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for from in &order {
        let mut row = vec![zones.zones[*from].clone()];
        row.extend(order.iter().map(|to| zones.counts[*from][*to].to_string()));
        matrix.add_row(row);
    }
    right_align(&mut matrix);
    format!("{matrix}\n{} of {} units changed zone\n", zones.changed.len(), found.units.len())
}

fn largest_changes(differences: &AttributeTable) -> String {
    let diff = differences.numbers("gross_t_diff").unwrap_or_default();
    let names = differences.texts("name").unwrap_or_default();
    let ids = differences.texts("unit_id").unwrap_or_default();
    let mut order: Vec<usize> = (0..diff.len()).filter(|&i| diff[i].is_some_and(|d| d != 0.0)).collect();
    order.sort_by(|&i, &j| {
        let size = |k: usize| diff[k].unwrap_or(0.0).abs();
        size(j).total_cmp(&size(i)).then_with(|| ids[i].cmp(&ids[j]))
    });
    let mut out = String::new();
    for &i in order.iter().take(10) {
        let _ = writeln!(
            out,
            "  {} {}: {} t gross",
            ids[i].as_deref().unwrap_or(""),
            names[i].as_deref().unwrap_or(""),
            tonnes(diff[i].unwrap_or(0.0))
        );
    }
    if out.is_empty() {
        "no unit's gross emissions differ\n".to_owned()
    } else {
        format!("largest changes\n{out}")
    }
}
