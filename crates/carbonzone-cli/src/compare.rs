//! `carbonzone compare`: differences of two runs or two years per unit, and who moved from which zone to which.

use crate::args::CompareArgs;
use crate::new_file::write_new;
use crate::terminal::print_line;
use carbonzone::RunManifest;
use carbonzone::compare::{RunComparison, compare as compare_runs};
use carbonzone::text_table::{right_align, table, tonnes};
use carbonzone_types::AttributeTable;
use carbonzone_zoning::compare::Comparison;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The command.
pub fn compare(args: &CompareArgs) -> anyhow::Result<u8> {
    let compared = compare_runs(&args.run_a, &args.run_b, args.year_a.zip(args.year_b))?;
    if let Some(path) = &args.export {
        write_new(path, &carbonzone_sheet::csv_bytes(&compared.wide, true)?)?;
    }
    print_line(&text(&compared));
    Ok(0)
}

fn text(compared: &RunComparison) -> String {
    let RunComparison { a, b, units: found, wide, .. } = compared;
    let mut out = String::new();
    for (side, run) in [("A", a), ("B", b)] {
        let _ = writeln!(out, "{side}  {}  ({})", run.title, run.folder);
    }
    let _ = writeln!(out, "{} units in both", found.units.len());
    out.push_str(&what_differs(compared));
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
    out.push_str(&moved(found, &a.names()));
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

/// Settings listed at most.
const MOST_SETTINGS: usize = 12;

/// Parameters and inputs that are not the same in the two runs: a difference in the numbers comes from these.
fn what_differs(compared: &RunComparison) -> String {
    let RunComparison { settings, inputs, .. } = compared;
    if settings.is_empty() && inputs.is_empty() {
        return "the two runs have the same settings and inputs\n".to_owned();
    }
    let mut out = "different in A and B\n".to_owned();
    for line in settings.iter().take(MOST_SETTINGS) {
        let _ = writeln!(out, "  setting {line}");
    }
    if settings.len() > MOST_SETTINGS {
        let _ = writeln!(out, "  and {} more settings", settings.len() - MOST_SETTINGS);
    }
    for input in inputs {
        let _ = writeln!(out, "  input {input}: another file or other content");
    }
    out
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
