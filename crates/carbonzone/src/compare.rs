//! Differences of two runs or two years per unit, and who moved from which zone to which.

use crate::error::{Doing, Error, Result};
use crate::out_dir::{named, read_manifest};
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, RunManifest, Totals};
use carbonzone_zoning::compare::{Comparison, compare_tables};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Column that joins: the unit, with its year where every year is compared.
const KEY: &str = "compare_key";

/// One of the two.
pub struct Side {
    /// Its record.
    pub manifest: RunManifest,
    /// Units with the column that joins them.
    pub(crate) zones: AttributeTable,
    /// Outlines of the units.
    pub(crate) coverage: Coverage,
    /// Totals of the run, or of its year.
    pub totals: Totals,
    /// Title, with the year if one was picked.
    pub title: String,
    /// Run folder as given.
    pub folder: String,
}

impl Side {
    /// Names of the units.
    pub fn names(&self) -> BTreeMap<String, String> {
        let shown = carbonzone_report::names::of_table(&self.zones).into_iter().map(|l| l.zh);
        self.keys().into_iter().zip(shown).filter_map(|(key, name)| Some((key?, name))).collect()
    }

    /// What joins each row.
    pub(crate) fn keys(&self) -> Vec<Option<String>> {
        self.zones.texts(KEY).unwrap_or_default()
    }

    /// Texts of a field by unit.
    pub(crate) fn texts(&self, field: &str) -> BTreeMap<String, String> {
        by_unit(&self.zones, field)
    }

    pub(crate) fn number(&self, unit: &str, field: &str) -> Option<f64> {
        let row = self.keys().iter().position(|k| k.as_deref() == Some(unit))?;
        self.zones.numbers(field)?[row].filter(|v| v.is_finite())
    }
}

fn side(dir: &Path, year: Option<i32>) -> Result<Side> {
    let manifest = read_manifest(dir)?;
    let folder = dir.display().to_string();
    let gpkg = named(dir, &manifest.name, "gpkg");
    let (coverage, zones) = carbonzone_io::read_own_layer(&gpkg, &manifest.zones_layer)
        .part(|| format!("cannot read the zones of {}", dir.display()))?;
    let ids = zones.texts("unit_id");
    let ids = ids.ok_or_else(|| Error::Incomparable("the zone layer has no unit_id".to_owned()))?;
    let years = zones.numbers("year");
    let Some(year) = year else {
        let key = |(i, id): (usize, Option<String>)| {
            let year = years.as_ref().and_then(|y| y[i]).map(|y| format!("@{y}")).unwrap_or_default();
            id.map(|id| id + &year)
        };
        let keys = ids.into_iter().enumerate().map(key).collect();
        let (totals, title) = (manifest.totals.clone(), manifest.title_en.clone());
        return Ok(Side {
            manifest,
            zones: zones.with(KEY, ColumnData::Text(keys)),
            coverage,
            totals,
            title,
            folder,
        });
    };
    let years = years.ok_or_else(|| {
        Error::Incomparable(format!("{folder} has one year only: leave --year-a and --year-b out"))
    })?;
    let rows: Vec<u32> =
        (0..ids.len()).filter(|i| years[*i] == Some(f64::from(year))).map(|i| i as u32).collect();
    if rows.is_empty() {
        return Err(Error::NoYear { run: folder, year, years: manifest.years });
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
    Ok(Side { manifest, zones, coverage: coverage.reordered(&rows), totals, title, folder })
}

/// Two runs, or two years of runs, side by side.
pub struct RunComparison {
    /// The first.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// Units, differences and zone transitions.
    pub units: Comparison,
    /// One row per unit: name, zones, and every compared field before, after and their difference.
    pub wide: AttributeTable,
    /// Settings that are not the same, as `key: A → B`.
    pub settings: Vec<String>,
    /// Inputs (role and layer) that are not the same.
    pub inputs: Vec<String>,
}

/// Compares two run folders; `years` picks one year of each.
///
/// # Errors
/// If a run cannot be read, has no such year, or the two have no unit in common.
pub fn compare(run_a: &Path, run_b: &Path, years: Option<(i32, i32)>) -> Result<RunComparison> {
    let (a, b) = (side(run_a, years.map(|y| y.0))?, side(run_b, years.map(|y| y.1))?);
    let skip: Vec<&str> = a.zones.columns.iter().map(|c| c.name.as_str()).filter(|n| !compared(n)).collect();
    let units = compare_tables(&a.zones, &b.zones, KEY, "zone", &skip)?;
    if units.units.is_empty() {
        return Err(Error::Incomparable("the two runs have no unit in common".to_owned()));
    }
    let wide = wide(&a.zones, &b.zones, &units);
    let mut settings = Vec::new();
    differing("", &a.manifest.pipeline, &b.manifest.pipeline, &mut settings);
    let inputs = differing_inputs(&a.manifest, &b.manifest);
    Ok(RunComparison { a, b, units, wide, settings, inputs })
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

/// Whether a unit is in another zone; NULL where either table has none.
fn changed(a: &AttributeTable, b: &AttributeTable, found: &Comparison) -> Vec<Option<bool>> {
    let (before, after) = (by_unit(a, "zone"), by_unit(b, "zone"));
    found.units.iter().map(|u| before.get(u).zip(after.get(u)).map(|(x, y)| x != y)).collect()
}

/// Inputs that are not the same file with the same content.
fn differing_inputs(a: &RunManifest, b: &RunManifest) -> Vec<String> {
    let hashes = |m: &RunManifest| -> BTreeMap<String, String> {
        m.inputs.iter().map(|i| (format!("{} {}", i.role, i.layer), i.sha256.clone())).collect()
    };
    let (before, after) = (hashes(a), hashes(b));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter().filter(|k| before.get(*k) != after.get(*k)).cloned().collect()
}

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
