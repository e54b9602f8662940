//! `carbonzone compare`: differences of two runs per unit, and who moved from which zone to which.

use crate::args::CompareArgs;
use crate::out_dir::read_manifest;
use crate::run::{named, print_line};
use crate::summary::{right_align, table, tonnes};
use anyhow::{Context, bail};
use carbonzone_types::{AttributeTable, ColumnData, RunManifest};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

struct Side {
    manifest: RunManifest,
    zones: AttributeTable,
}

fn side(dir: &Path) -> anyhow::Result<Side> {
    let manifest = read_manifest(dir)?;
    let gpkg = named(dir, &manifest.name, "gpkg");
    let (_, zones) = carbonzone_io::read_own_layer(&gpkg, &manifest.zones_layer)
        .with_context(|| format!("cannot read the zones of {}", dir.display()))?;
    Ok(Side { manifest, zones })
}

/// The command.
pub fn compare(args: &CompareArgs) -> anyhow::Result<u8> {
    let (a, b) = (side(&args.run_a)?, side(&args.run_b)?);
    let fields = compared_fields(&a.zones, &b.zones);
    let pairs = pairs(&a.zones, &b.zones)?;
    let differences = differences(&a.zones, &b.zones, &pairs, &fields);
    if let Some(path) = &args.export {
        carbonzone_sheet::write_csv_bom(path, &differences)?;
    }
    print_line(&text(&a, &b, &pairs, &differences));
    Ok(0)
}

/// Numeric fields that both sides have.
fn compared_fields(a: &AttributeTable, b: &AttributeTable) -> Vec<String> {
    let wanted = |name: &str| {
        (name.ends_with("_t")
            || name.starts_with("gross_t_")
            || matches!(name, "ccr" | "ecc" | "esc" | "eec" | "sec"))
            && a.numbers(name).is_some()
            && b.numbers(name).is_some()
    };
    a.columns.iter().map(|c| c.name.clone()).filter(|n| wanted(n)).collect()
}

struct Pairs {
    both: Vec<(String, usize, usize)>,
    only_a: Vec<String>,
    only_b: Vec<String>,
}

fn pairs(a: &AttributeTable, b: &AttributeTable) -> anyhow::Result<Pairs> {
    let keys = |t: &AttributeTable| -> anyhow::Result<BTreeMap<String, usize>> {
        let ids = t.texts("unit_id").context("the zone layer has no unit_id")?;
        let years = t.numbers("year");
        Ok(ids
            .into_iter()
            .enumerate()
            .filter_map(|(i, id)| {
                let year = years.as_ref().and_then(|y| y[i]).map(|y| format!("@{y}")).unwrap_or_default();
                id.map(|id| (format!("{id}{year}"), i))
            })
            .collect())
    };
    let (ka, kb) = (keys(a)?, keys(b)?);
    let both: Vec<_> = ka.iter().filter_map(|(id, i)| kb.get(id).map(|j| (id.clone(), *i, *j))).collect();
    if both.is_empty() {
        bail!("the two runs have no unit in common");
    }
    Ok(Pairs {
        both,
        only_a: ka.keys().filter(|k| !kb.contains_key(*k)).cloned().collect(),
        only_b: kb.keys().filter(|k| !ka.contains_key(*k)).cloned().collect(),
    })
}

fn differences(a: &AttributeTable, b: &AttributeTable, pairs: &Pairs, fields: &[String]) -> AttributeTable {
    let ids: Vec<&str> = pairs.both.iter().map(|(id, _, _)| id.as_str()).collect();
    let text_of = |t: &AttributeTable, field: &str, rows: &[usize]| {
        let column = t.texts(field);
        ColumnData::Text(rows.iter().map(|&r| column.as_ref().and_then(|c| c[r].clone())).collect())
    };
    let rows_a: Vec<usize> = pairs.both.iter().map(|p| p.1).collect();
    let rows_b: Vec<usize> = pairs.both.iter().map(|p| p.2).collect();
    let mut out = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&ids))
        .with("name", text_of(a, "name", &rows_a))
        .with("zone_a", text_of(a, "zone", &rows_a))
        .with("zone_b", text_of(b, "zone", &rows_b));
    for field in fields {
        let (va, vb) = (a.numbers(field).unwrap_or_default(), b.numbers(field).unwrap_or_default());
        let pick = |v: &[Option<f64>], rows: &[usize]| rows.iter().map(|&r| v[r]).collect::<Vec<_>>();
        let (va, vb) = (pick(&va, &rows_a), pick(&vb, &rows_b));
        let diff = va.iter().zip(&vb).map(|(a, b)| a.zip(*b).map(|(a, b)| b - a)).collect();
        out.push(&format!("{field}_a"), ColumnData::Real(va));
        out.push(&format!("{field}_b"), ColumnData::Real(vb));
        out.push(&format!("{field}_diff"), ColumnData::Real(diff));
    }
    out
}

fn text(a: &Side, b: &Side, pairs: &Pairs, differences: &AttributeTable) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "A  {}   B  {}   {} units in both",
        a.manifest.title_en,
        b.manifest.title_en,
        pairs.both.len()
    );
    for (side, list) in [("A", &pairs.only_a), ("B", &pairs.only_b)] {
        if !list.is_empty() {
            let _ = writeln!(out, "only in {side}: {}", list.join(", "));
        }
    }
    let mut totals = table(&["total", "A t", "B t", "B − A t", "%"]);
    let (ta, tb) = (&a.manifest.totals, &b.manifest.totals);
    for (name, x, y) in
        [("gross", ta.gross_t, tb.gross_t), ("sink", ta.sink_t, tb.sink_t), ("net", ta.net_t, tb.net_t)]
    {
        let pct = if x == 0.0 { "–".to_owned() } else { format!("{:+.2}", 100.0 * (y - x) / x) };
        totals.add_row(vec![name.to_owned(), tonnes(x), tonnes(y), tonnes(y - x), pct]);
    }
    right_align(&mut totals);
    let _ = writeln!(out, "{totals}");
    out.push_str(&transitions(&a.manifest, differences));
    out.push_str(&largest_changes(differences));
    out
}

fn transitions(manifest: &RunManifest, differences: &AttributeTable) -> String {
    let (za, zb) =
        (differences.texts("zone_a").unwrap_or_default(), differences.texts("zone_b").unwrap_or_default());
    let mut keys: Vec<String> = manifest.zone_classes.iter().map(|c| c.key.clone()).collect();
    for key in za.iter().chain(&zb).flatten() {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    let count = |from: &str, to: &str| {
        za.iter().zip(&zb).filter(|(a, b)| a.as_deref() == Some(from) && b.as_deref() == Some(to)).count()
    };
    let used: Vec<&String> = keys
        .iter()
        .filter(|k| za.contains(&Some((*k).clone())) || zb.contains(&Some((*k).clone())))
        .collect();
    let mut header = vec!["zone in A (rows) → B (columns)".to_owned()];
    header.extend(used.iter().map(|k| (*k).clone()));
    let mut matrix = table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for from in &used {
        let mut row = vec![(*from).clone()];
        row.extend(used.iter().map(|to| count(from, to).to_string()));
        matrix.add_row(row);
    }
    right_align(&mut matrix);
    let moved = za.iter().zip(&zb).filter(|(a, b)| a != b).count();
    format!("{matrix}\n{moved} of {} units changed zone\n", za.len())
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
