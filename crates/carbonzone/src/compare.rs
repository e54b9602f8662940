//! `carbonzone compare`: differences of two runs or two years per unit, and who moved from which zone to which.

use crate::args::CompareArgs;
use crate::out_dir::named;
use crate::out_dir::read_manifest;
use crate::summary::{right_align, table, tonnes};
use crate::terminal::print_line;
use anyhow::{Context, bail};
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, RunManifest, Totals};
use carbonzone_zoning::compare::{Comparison, compare_tables};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Run folder as given.
    folder: String,
}

fn side(dir: &Path, year: Option<i32>) -> anyhow::Result<Side> {
    let manifest = read_manifest(dir)?;
    let folder = dir.display().to_string();
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
        return Ok(Side { manifest, zones: zones.with(KEY, ColumnData::Text(keys)), totals, title, folder });
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
    Ok(Side { manifest, zones, totals, title, folder })
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
        .with("zone_b", column(b, "zone"))
        .with("zone_changed", ColumnData::Bool(changed(a, b, found)));
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
    for (side, run) in [("A", a), ("B", b)] {
        let _ = writeln!(out, "{side}  {}  ({})", run.title, run.folder);
    }
    let _ = writeln!(out, "{} units in both", found.units.len());
    out.push_str(&what_differs(&a.manifest, &b.manifest));
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
    out.push_str(&moved(found, &by_unit(&a.zones, "name")));
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

/// Whether a unit is in another zone; NULL where either table has none.
fn changed(a: &AttributeTable, b: &AttributeTable, found: &Comparison) -> Vec<Option<bool>> {
    let (before, after) = (by_unit(a, "zone"), by_unit(b, "zone"));
    found.units.iter().map(|u| before.get(u).zip(after.get(u)).map(|(x, y)| x != y)).collect()
}

/// The units that changed zone, by id.
fn moved(found: &Comparison, names: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for (unit, from, to) in found.zones.iter().flat_map(|zones| &zones.changed) {
        let name = names.get(unit).map_or("", String::as_str);
        let shown = |zone: &str| if zone.is_empty() { "no zone".to_owned() } else { zone.to_owned() };
        let _ = writeln!(out, "  {unit} {name}: {} → {}", shown(from), shown(to));
    }
    out
}

/// Parameters and inputs that are not the same in the two runs: a difference in the numbers comes from these.
fn what_differs(a: &RunManifest, b: &RunManifest) -> String {
    let mut settings = Vec::new();
    differing("", &a.pipeline, &b.pipeline, &mut settings);
    let mut out = String::new();
    for line in settings.iter().take(MOST_SETTINGS) {
        let _ = writeln!(out, "  setting {line}");
    }
    if settings.len() > MOST_SETTINGS {
        let _ = writeln!(out, "  and {} more settings", settings.len() - MOST_SETTINGS);
    }
    let hashes = |m: &RunManifest| -> BTreeMap<(String, String), String> {
        m.inputs.iter().map(|i| ((i.role.clone(), i.layer.clone()), i.sha256.clone())).collect()
    };
    let (before, after) = (hashes(a), hashes(b));
    let keys: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    for key in keys.into_iter().filter(|k| before.get(*k) != after.get(*k)) {
        let _ = writeln!(out, "  input {} {}: another file or other content", key.0, key.1);
    }
    if out.is_empty() {
        "the two runs have the same settings and inputs\n".to_owned()
    } else {
        format!("different in A and B\n{out}")
    }
}

/// Settings listed at most.
const MOST_SETTINGS: usize = 12;

/// Leaves of two pipeline files that are not equal, as `key: A → B`.
fn differing(key: &str, a: &serde_json::Value, b: &serde_json::Value, out: &mut Vec<String>) {
    use serde_json::Value::{Array, Null, Object};
    let below = |part: &str| if key.is_empty() { part.to_owned() } else { format!("{key}.{part}") };
    match (a, b) {
        (Object(x), Object(y)) => {
            let parts: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for part in parts {
                let value = |side: &serde_json::Map<String, serde_json::Value>| {
                    side.get(part).cloned().unwrap_or(Null)
                };
                differing(&below(part), &value(x), &value(y), out);
            }
        }
        (Array(x), Array(y)) if x.len() == y.len() => {
            for (i, (x, y)) in x.iter().zip(y).enumerate() {
                differing(&below(&i.to_string()), x, y, out);
            }
        }
        _ if a != b => out.push(format!("{key}: {} → {}", brief(a), brief(b))),
        _ => {}
    }
}

/// A value in at most 60 characters.
fn brief(value: &serde_json::Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(59).chain(['…']).collect() }
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
