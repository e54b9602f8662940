//! `carbonzone inventory`: sector totals line by line.

use crate::args::InventoryArgs;
use crate::diagnostics;
use crate::language::{lang, say, sentence, word};
use crate::progress::observer;
use crate::terminal::print_line;
use anyhow::{Context, bail};
use carbonzone::Config;
use carbonzone::inventory::{GivenTotal, SectorTotals, sector_totals};
use carbonzone::new_file::{must_be_new, write_new};
use carbonzone::text_table::{right_align, table, tonnes};
use carbonzone_inventory::{Inventory, InventoryLine};
use carbonzone_report::{Lang, words};
use carbonzone_sheet::{OutSheet, csv_bytes, xlsx_bytes};
use std::fmt::Write as _;
use std::path::Path;

/// The command.
pub fn inventory(args: &InventoryArgs) -> anyhow::Result<u8> {
    [&args.template, &args.export].into_iter().flatten().try_for_each(|path| must_be_new(path))?;
    if let Some(path) = &args.template {
        write_new(path, &xlsx_bytes(&carbonzone_inventory::template(None))?)?;
        let path = path.display();
        print_line(&say(&format!("wrote the yearbook template {path}"), &format!("已写出年鉴模板 {path}")));
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
    let heads = match lang() {
        Lang::Zh => ["部门 · 用地", "t CO2e", "来源"],
        _ => ["sector · land group", "t CO2e", "source"],
    };
    let mut rows = table(&heads);
    let (mut gross, mut sink) = (0.0, 0.0);
    for total in totals {
        let amount_t = total.amount_t;
        let is_sink = total.budget.starts_with("sink:");
        *(if is_sink { &mut sink } else { &mut gross }) += amount_t;
        let signed = if is_sink { -amount_t } else { amount_t };
        rows.add_row(vec![budget(&total.budget), tonnes(signed), sentence(&total.source)]);
    }
    rows.add_row(vec![say("gross", "碳排放总量"), tonnes(gross), String::new()]);
    rows.add_row(vec![say("net", "净碳排放"), tonnes(gross - sink), String::new()]);
    rows.to_string()
}

/// `sector:land group` as in the pipeline file, with its words in Chinese.
fn budget(key: &str) -> String {
    let zh = match key.split_once(':') {
        Some((sector, land)) => format!("{}:{}", words::sector(sector).zh, words::land_group(land).zh),
        None => words::sector(key).zh,
    };
    if lang() == Lang::Zh && zh != key { format!("{zh}（{key}）") } else { key.to_owned() }
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
    Ok(write_new(path, &bytes)?)
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
            let (of, on) = (words::sector(&sector.sector).zh, words::land_group(group).zh);
            let en = format!("{} → {group}", sector.sector);
            let _ = writeln!(out, "\n{}", say(&en, &format!("{of} → {on}")));
            let _ = writeln!(out, "{}", line_table(&lines));
        }
    }
    let _ = writeln!(out, "\n{}", say("budgets", "预算"));
    let mut budgets = table(&[say("budget", "预算").as_str(), "t CO2e"]);
    for b in &inventory.budgets {
        budgets.add_row(vec![budget(&format!("{}:{}", b.sector, b.land_group)), tonnes(b.amount_t)]);
    }
    right_align(&mut budgets);
    let _ = writeln!(out, "{budgets}");
    let en = "totals with 95 % intervals (IPCC approach 1: error propagation; 2: Monte Carlo)";
    let _ = writeln!(out, "{}", say(en, "总量与 95 % 区间（IPCC 方法 1：误差传播；方法 2：蒙特卡罗）"));
    let (one, two) = (say("approach 1, t", "方法 1，t"), say("approach 2, t", "方法 2，t"));
    let mut totals = table(&["", "t CO2e", "± t", "± %", one.as_str(), two.as_str()]);
    let ends = |[low, high]: [f64; 2]| format!("{} – {}", tonnes(low), tonnes(high));
    for u in &inventory.uncertainty {
        let pct = u.uncertainty_pct.map_or_else(|| "–".to_owned(), |p| format!("{p:.2}"));
        totals.add_row(vec![
            item(&u.item),
            tonnes(u.amount_t),
            tonnes(u.half_width_t),
            pct,
            ends(u.approach1_t()),
            u.approach2_t.map_or_else(|| "–".to_owned(), ends),
        ]);
    }
    right_align(&mut totals);
    let _ = writeln!(out, "{totals}");
    let en = "the same activity under other boundaries and scopes";
    let _ = writeln!(out, "{}", say(en, "同一活动数据在其他边界和范围下的结果"));
    let heads = match lang() {
        Lang::Zh => ["选项", "总排放 t CO2e", "采用", "说明"],
        _ => ["option", "gross t CO2e", "in use", "note"],
    };
    let mut others = table(&heads);
    for a in &inventory.alternatives {
        others.add_row(vec![
            format!("{} = {}", a.option, a.value),
            a.gross_t.map_or_else(|| "–".to_owned(), tonnes),
            if a.in_use { say("yes", "是") } else { String::new() },
            sentence(&a.note),
        ]);
    }
    let _ = writeln!(out, "{others}");
    if !inventory.sink_areas.is_empty() {
        let heads = match lang() {
            Lang::Zh => ["土地类型", "年鉴（公顷）", "地块（公顷）", "采用"],
            _ => ["land type", "yearbook ha", "parcels ha", "used"],
        };
        let mut areas = table(&heads);
        let ha = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), tonnes);
        for a in &inventory.sink_areas {
            areas.add_row(vec![word(&a.land_type), ha(a.yearbook_ha), ha(a.parcels_ha), word(&a.used)]);
        }
        right_align(&mut areas);
        let _ = writeln!(out, "{}\n{areas}", say("land areas of the sinks", "碳汇的土地面积"));
    }
    let share =
        inventory.reliance.weak_share.map_or_else(|| "–".to_owned(), |s| format!("{:.1} %", 100.0 * s));
    let reliance = &inventory.reliance;
    let (unverified, disputed) = (tonnes(reliance.unverified_t), tonnes(reliance.disputed_t));
    let en = format!(
        "{share} of gross emissions rest on unverified ({unverified} t) or disputed ({disputed} t) factors"
    );
    let zh = format!("总排放的 {share} 依赖未核实（{unverified} t）或有争议（{disputed} t）的因子");
    let _ = writeln!(out, "{}", say(&en, &zh));
    let foot = inventory.cross_foot();
    let en = format!("lines, budgets and totals cross-foot to {foot:.1e}");
    let _ = writeln!(out, "{}", say(&en, &format!("各行、预算与总量互相核对，相差 {foot:.1e}")));
    for statement in &inventory.statements {
        let _ = writeln!(out, "{}{}", say("note: ", "注："), say(&statement.en, &statement.zh));
    }
    out
}

/// A sector, `gross`, `sink` or `net`.
fn item(key: &str) -> String {
    let zh = match key {
        "gross" => "碳排放总量".to_owned(),
        "net" => "净碳排放".to_owned(),
        key => words::sector(key).zh,
    };
    say(key, &zh)
}

fn line_table(lines: &[&InventoryLine]) -> comfy_table::Table {
    let heads = match lang() {
        Lang::Zh => ["活动", "数量", "单位", "× 因子", "因子编号", "t CO2e", "核实状态", "单元格"],
        _ => ["activity", "amount", "unit", "× factor", "factor id", "t CO2e", "status", "cell"],
    };
    let mut rows = table(&heads);
    for l in lines {
        let result = if l.counted { tonnes(l.result_t) } else { format!("({})", tonnes(l.result_t)) };
        rows.add_row(vec![
            if l.industry.is_empty() { l.label.clone() } else { format!("{} ({})", l.label, l.industry) },
            l.amount.to_string(),
            l.unit.clone(),
            format!("{} {}", l.factor_value, l.factor_unit),
            l.factor_id.clone(),
            result,
            word(&l.status),
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
