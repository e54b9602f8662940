//! The closing table of a run: totals on both bases, zones, fallbacks, residuals, what to open.

use crate::run::{named, print_line};
use carbonzone_types::{RunManifest, Severity, Stage};
use comfy_table::{CellAlignment, Table};
use std::fmt::Write as _;
use std::path::Path;

/// Tonnes with thousands separators and one decimal where it matters.
pub fn tonnes(value: f64) -> String {
    let decimals = usize::from(value.abs() < 1e5);
    let text = format!("{:.*}", decimals, value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(w, f)| (w, f));
    let mut grouped = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    let sign = if value < 0.0 && text.chars().any(|c| c.is_ascii_digit() && c != '0') { "−" } else { "" };
    if fraction.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{fraction}") }
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.2}"))
}

/// A table in the house style.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY).set_header(header.to_vec());
    table
}

/// Right-aligns all columns but the first.
pub fn right_align(table: &mut Table) {
    for (i, column) in table.column_iter_mut().enumerate() {
        if i > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Prints the closing summary.
pub fn print(manifest: &RunManifest, dir: &Path) {
    print_line(&text(manifest, dir));
}

/// The closing summary as text.
pub fn text(manifest: &RunManifest, dir: &Path) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "\n{} · {}", manifest.title_en, manifest.title_zh);
    if manifest.synthetic {
        let _ = writeln!(out, "SYNTHETIC DATA: no number of this run describes a real place");
    }
    let _ = writeln!(out, "{}", totals(manifest));
    if !manifest.zone_classes.is_empty() {
        let _ = writeln!(out, "{}", zones(manifest));
    }
    let fallbacks: Vec<String> = manifest
        .ledger
        .iter()
        .filter(|r| r.stage == Stage::Fallback)
        .map(|r| match (r.amount_t, r.count) {
            (None, Some(count)) => format!("  {} {}  {}", tonnes(count), r.unit, r.note),
            (t, _) => format!("  {} t  {}", tonnes(t.unwrap_or(0.0)), r.note),
        })
        .collect();
    if fallbacks.is_empty() {
        let _ = writeln!(out, "fallbacks   none");
    } else {
        let _ = writeln!(out, "fallbacks\n{}", fallbacks.join("\n"));
    }
    let worst = manifest.balances.iter().map(|b| b.relative).fold(0.0, f64::max);
    let _ = writeln!(
        out,
        "mass        {} balances hold, largest relative residual {worst:.1e} (limit 1e-9)",
        manifest.balances.len()
    );
    let outside: f64 = manifest
        .ledger
        .iter()
        .filter(|r| r.stage == Stage::ZonesOutside && r.sector != "sink")
        .filter_map(|r| r.amount_t)
        .sum();
    if outside.abs() > 1e-6 {
        let _ = writeln!(out, "outside     {} t of gross emissions lie outside every zone", tonnes(outside));
    }
    for line in &manifest.summary {
        let _ = writeln!(out, "{line}");
    }
    for statement in &manifest.statements {
        let _ = writeln!(out, "note        {statement}");
    }
    let warnings = manifest.findings.iter().filter(|f| f.severity == Severity::Warning).count();
    if warnings > 0 {
        let _ = writeln!(out, "findings    {warnings} warnings, listed above, in run.json and in the report");
    }
    let _ = writeln!(out, "open");
    for (what, path) in [
        ("QGIS project", named(dir, &manifest.name, "qgz")),
        ("report", dir.join("report.html")),
        ("layers", named(dir, &manifest.name, "gpkg")),
        ("grid", named(dir, &manifest.grid_layer, "tif")),
        ("table", named(dir, &manifest.zones_layer, "xlsx")),
        ("figures", dir.join("figures")),
    ] {
        if path.exists() {
            let _ = writeln!(out, "  {what:<13} {}", path.display());
        }
    }
    out
}

fn totals(manifest: &RunManifest) -> Table {
    let totals = &manifest.totals;
    let mut table = table(&["sector", "t CO2e", "% of gross", "% of net"]);
    for row in &totals.sectors {
        let sign = if row.sector == "sink" { -1.0 } else { 1.0 };
        table.add_row(vec![
            row.sector.clone(),
            tonnes(sign * row.amount_t),
            percent(row.share_of_gross_pct),
            percent(row.share_of_net_pct),
        ]);
    }
    let pct = |x: f64, base: f64| percent((base != 0.0).then(|| 100.0 * x / base));
    let (gross, net) = (totals.gross_t, totals.net_t);
    table.add_row(vec!["gross".to_owned(), tonnes(gross), pct(gross, gross), pct(gross, net)]);
    table.add_row(vec!["net".to_owned(), tonnes(net), pct(net, gross), pct(net, net)]);
    let ccr = totals.ccr.map_or_else(|| "–".to_owned(), |v| format!("{:.4} %", 100.0 * v));
    table.add_row(vec!["CCR (sinks / gross)".to_owned(), ccr, String::new(), String::new()]);
    right_align(&mut table);
    table
}

fn zones(manifest: &RunManifest) -> Table {
    let all: u64 = manifest.zone_classes.iter().map(|c| c.count).sum();
    let mut table = table(&["zone", "", "units", "%"]);
    for class in manifest.zone_classes.iter().filter(|c| c.count > 0 || c.id <= 4) {
        table.add_row(vec![
            class.label_en.clone(),
            class.label_zh.clone(),
            class.count.to_string(),
            format!("{:.2}", 100.0 * class.count as f64 / all.max(1) as f64),
        ]);
    }
    right_align(&mut table);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tonnes_are_grouped_by_thousands() {
        assert_eq!(tonnes(240_279_700.0), "240,279,700");
        assert_eq!(tonnes(-36.05), "−36.0");
        assert_eq!(tonnes(1234.56), "1,234.6");
        assert_eq!(tonnes(0.0), "0.0");
    }
}
