//! `carbonzone inventory`: sector totals line by line.

use crate::args::InventoryArgs;
use crate::diagnostics;
use crate::new_file::write_new;
use crate::progress::observer;
use crate::terminal::print_line;
use anyhow::{Context, bail};
use carbonzone::Config;
use carbonzone::inventory::{GivenTotal, SectorTotals, sector_totals};
use carbonzone::text_table::{right_align, table, tonnes};
use carbonzone_inventory::{Inventory, InventoryLine};
use carbonzone_sheet::{OutSheet, csv_bytes, xlsx_bytes};
use std::fmt::Write as _;
use std::path::Path;

/// The command.
pub fn inventory(args: &InventoryArgs) -> anyhow::Result<u8> {
    if let Some(path) = &args.template {
        write_new(path, &xlsx_bytes(&carbonzone_inventory::template(None))?)?;
        print_line(&format!("wrote the yearbook template {}", path.display()));
        return Ok(0);
    }
    let pipeline = args.pipeline.as_deref().context("no pipeline file")?;
    let read = Config::read(pipeline, &args.set);
    let Some(config) = read.value.filter(|_| !read.findings.blocks()) else {
        diagnostics::eprint(&read.findings, pipeline);
        return Ok(read.findings.exit_code());
    };
    let mut totals = sector_totals(&config, &*observer(false));
    if args.strict {
        totals.findings.make_strict();
    }
    diagnostics::eprint(&totals.findings, pipeline);
    match totals.value.filter(|_| !totals.findings.blocks()) {
        None => return Ok(totals.findings.exit_code()),
        Some(SectorTotals::Given(_)) if args.export.is_some() => {
            bail!("--export writes computed inventories; this pipeline gives its totals");
        }
        Some(SectorTotals::Given(totals)) => print_line(&given(&totals)),
        Some(SectorTotals::Computed(inventory)) => {
            if let Some(path) = &args.export {
                export(&inventory, path)?;
            }
            print_line(&report(&inventory));
        }
    }
    Ok(0)
}

/// Totals that were given: each with its source.
fn given(totals: &[GivenTotal]) -> String {
    let mut rows = table(&["sector · land group", "t CO2e", "source"]);
    let (mut gross, mut sink) = (0.0, 0.0);
    for total in totals {
        let amount_t = total.amount_t;
        let is_sink = total.budget.starts_with("sink:");
        *(if is_sink { &mut sink } else { &mut gross }) += amount_t;
        let signed = if is_sink { -amount_t } else { amount_t };
        rows.add_row(vec![total.budget.clone(), tonnes(signed), total.source.clone()]);
    }
    rows.add_row(vec!["gross".to_owned(), tonnes(gross), String::new()]);
    rows.add_row(vec!["net".to_owned(), tonnes(gross - sink), String::new()]);
    rows.to_string()
}

fn export(inventory: &Inventory, path: &Path) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(|e| e.to_str()).unwrap_or("") {
        "csv" => csv_bytes(&inventory.lines_table(), true)?,
        "xlsx" => {
            let sheets: Vec<OutSheet> =
                inventory.tables().into_iter().map(|(n, t)| OutSheet::new(n, t)).collect();
            xlsx_bytes(&sheets)?
        }
        "json" => serde_json::to_vec_pretty(inventory)?,
        other => {
            bail!("--export {}: unknown format \"{other}\" (expected .csv, .xlsx or .json)", path.display())
        }
    };
    write_new(path, &bytes)
}

fn report(inventory: &Inventory) -> String {
    let mut out = String::new();
    for sector in &inventory.totals.sectors {
        let mut groups: Vec<&str> = Vec::new();
        for line in inventory.lines.iter().filter(|l| l.sector == sector.sector) {
            if !groups.contains(&line.land_group.as_str()) {
                groups.push(&line.land_group);
            }
        }
        for group in groups {
            let lines: Vec<&InventoryLine> = inventory
                .lines
                .iter()
                .filter(|l| l.sector == sector.sector && l.land_group == group)
                .collect();
            let _ = writeln!(out, "\n{} → {group}", sector.sector);
            let _ = writeln!(out, "{}", line_table(&lines));
        }
    }
    let _ = writeln!(out, "\nbudgets");
    let mut budgets = table(&["budget", "t CO2e"]);
    for b in &inventory.budgets {
        budgets.add_row(vec![format!("{}:{}", b.sector, b.land_group), tonnes(b.amount_t)]);
    }
    right_align(&mut budgets);
    let _ = writeln!(out, "{budgets}");
    let _ = writeln!(out, "totals with 95 % intervals (IPCC approach 1: error propagation; 2: Monte Carlo)");
    let mut totals = table(&["", "t CO2e", "± t", "± %", "approach 1, t", "approach 2, t"]);
    let ends = |[low, high]: [f64; 2]| format!("{} – {}", tonnes(low), tonnes(high));
    for u in &inventory.uncertainty {
        let pct = u.uncertainty_pct.map_or_else(|| "–".to_owned(), |p| format!("{p:.2}"));
        totals.add_row(vec![
            u.item.clone(),
            tonnes(u.amount_t),
            tonnes(u.half_width_t),
            pct,
            ends(u.approach1_t()),
            u.approach2_t.map_or_else(|| "–".to_owned(), ends),
        ]);
    }
    right_align(&mut totals);
    let _ = writeln!(out, "{totals}");
    let _ = writeln!(out, "the same activity under other boundaries and scopes");
    let mut others = table(&["option", "gross t CO2e", "in use", "note"]);
    for a in &inventory.alternatives {
        others.add_row(vec![
            format!("{} = {}", a.option, a.value),
            a.gross_t.map_or_else(|| "–".to_owned(), tonnes),
            if a.in_use { "yes".to_owned() } else { String::new() },
            a.note.clone(),
        ]);
    }
    let _ = writeln!(out, "{others}");
    if !inventory.sink_areas.is_empty() {
        let mut areas = table(&["land type", "yearbook ha", "parcels ha", "used"]);
        let ha = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), tonnes);
        for a in &inventory.sink_areas {
            areas.add_row(vec![a.land_type.clone(), ha(a.yearbook_ha), ha(a.parcels_ha), a.used.clone()]);
        }
        right_align(&mut areas);
        let _ = writeln!(out, "land areas of the sinks\n{areas}");
    }
    let share =
        inventory.reliance.weak_share.map_or_else(|| "–".to_owned(), |s| format!("{:.1} %", 100.0 * s));
    let _ = writeln!(
        out,
        "{share} of gross emissions rest on unverified ({} t) or disputed ({} t) factors",
        tonnes(inventory.reliance.unverified_t),
        tonnes(inventory.reliance.disputed_t)
    );
    let _ = writeln!(out, "lines, budgets and totals cross-foot to {:.1e}", inventory.cross_foot());
    for statement in &inventory.statements {
        let _ = writeln!(out, "note: {}", statement.en);
    }
    out
}

fn line_table(lines: &[&InventoryLine]) -> comfy_table::Table {
    let mut rows =
        table(&["activity", "amount", "unit", "× factor", "factor id", "t CO2e", "status", "cell"]);
    for l in lines {
        let result = if l.counted { tonnes(l.result_t) } else { format!("({})", tonnes(l.result_t)) };
        rows.add_row(vec![
            if l.industry.is_empty() { l.label.clone() } else { format!("{} ({})", l.label, l.industry) },
            l.amount.to_string(),
            l.unit.clone(),
            format!("{} {}", l.factor_value, l.factor_unit),
            l.factor_id.clone(),
            result,
            l.status.clone(),
            format!("{}{}", if l.sheet.is_empty() { String::new() } else { format!("{}!", l.sheet) }, l.cell),
        ]);
    }
    for i in [1, 5] {
        if let Some(column) = rows.column_mut(i) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    rows
}
