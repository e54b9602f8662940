//! Sector totals as text.

use super::{heads, line, told};
use crate::inventory::GivenTotal;
use crate::text_table::{Table, right_align, table, tonnes};
use carbonzone_inventory::{Inventory, InventoryLine};
use carbonzone_report::{Lang, words};
use std::fmt::Write as _;

/// Totals that were given: each with its source.
pub fn given_totals(totals: &[GivenTotal], lang: Lang) -> String {
    let mut rows =
        table(&heads(lang, ["sector · land group", "t CO2e", "source"], ["部门 · 用地", "t CO2e", "来源"]));
    let (mut gross, mut sink) = (0.0, 0.0);
    for total in totals {
        let amount_t = total.amount_t;
        let is_sink = total.budget.starts_with("sink:");
        *(if is_sink { &mut sink } else { &mut gross }) += amount_t;
        let signed = if is_sink { -amount_t } else { amount_t };
        rows.add_row(vec![budget(&total.budget, lang), tonnes(signed), lang.sentence(&total.source)]);
    }
    rows.add_row(vec![lang.say("gross", "碳排放总量"), tonnes(gross), String::new()]);
    rows.add_row(vec![lang.say("net", "净碳排放"), tonnes(gross - sink), String::new()]);
    rows.to_string()
}

/// `sector:land group` as in the pipeline file, with its words in Chinese.
fn budget(key: &str, lang: Lang) -> String {
    let zh = match key.split_once(':') {
        Some((sector, land)) => format!("{}:{}", words::sector(sector).zh, words::land_group(land).zh),
        None => words::sector(key).zh,
    };
    if lang == Lang::Zh && zh != key { format!("{zh}（{key}）") } else { key.to_owned() }
}

/// Totals that were computed from activity data: every line, budgets, intervals, what other options would give.
pub fn computed_totals(inventory: &Inventory, lang: Lang) -> String {
    let mut out = String::new();
    lines_by_group(&mut out, inventory, lang);
    out.push('\n');
    line!(out, lang, "budgets" => "预算");
    let mut budgets = table(&[lang.say("budget", "预算").as_str(), "t CO2e"]);
    for b in &inventory.budgets {
        budgets.add_row(vec![budget(&format!("{}:{}", b.sector, b.land_group), lang), tonnes(b.amount_t)]);
    }
    right_align(&mut budgets);
    let _ = writeln!(out, "{budgets}");
    line!(out, lang, "totals with 95 % intervals (IPCC approach 1: error propagation; 2: Monte Carlo)"
        => "总量与 95 % 区间（IPCC 方法 1：误差传播；方法 2：蒙特卡罗）");
    let (one, two) = (lang.say("approach 1, t", "方法 1，t"), lang.say("approach 2, t", "方法 2，t"));
    let mut totals = table(&["", "t CO2e", "± t", "± %", one.as_str(), two.as_str()]);
    let ends = |[low, high]: [f64; 2]| format!("{} – {}", tonnes(low), tonnes(high));
    for u in &inventory.uncertainty {
        let pct = u.uncertainty_pct.map_or_else(|| "–".to_owned(), |p| format!("{p:.2}"));
        totals.add_row(vec![
            item(&u.item, lang),
            tonnes(u.amount_t),
            tonnes(u.half_width_t),
            pct,
            ends(u.approach1_t()),
            u.approach2_t.map_or_else(|| "–".to_owned(), ends),
        ]);
    }
    right_align(&mut totals);
    let _ = writeln!(out, "{totals}");
    line!(out, lang, "the same activity under other boundaries and scopes"
        => "同一活动数据在其他边界和范围下的结果");
    let mut others = table(&heads(
        lang,
        ["option", "gross t CO2e", "in use", "note"],
        ["选项", "总排放 t CO2e", "采用", "说明"],
    ));
    for a in &inventory.alternatives {
        others.add_row(vec![
            format!("{} = {}", a.option, a.value),
            a.gross_t.map_or_else(|| "–".to_owned(), tonnes),
            if a.in_use { lang.say("yes", "是") } else { String::new() },
            lang.sentence(&a.note),
        ]);
    }
    let _ = writeln!(out, "{others}");
    if !inventory.sink_areas.is_empty() {
        let mut areas = table(&heads(
            lang,
            ["land type", "yearbook ha", "parcels ha", "used"],
            ["土地类型", "年鉴（公顷）", "地块（公顷）", "采用"],
        ));
        let ha = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), tonnes);
        for a in &inventory.sink_areas {
            areas.add_row(vec![
                lang.word(&a.land_type),
                ha(a.yearbook_ha),
                ha(a.parcels_ha),
                lang.word(&a.used),
            ]);
        }
        right_align(&mut areas);
        let _ = writeln!(out, "{}\n{areas}", lang.say("land areas of the sinks", "碳汇的土地面积"));
    }
    let share =
        inventory.reliance.weak_share.map_or_else(|| "–".to_owned(), |s| format!("{:.1} %", 100.0 * s));
    let reliance = &inventory.reliance;
    let (unverified, disputed) = (tonnes(reliance.unverified_t), tonnes(reliance.disputed_t));
    line!(out, lang, "{share} of gross emissions rest on unverified ({unverified} t) or disputed ({disputed} t) factors"
        => "总排放的 {share} 依赖未核实（{unverified} t）或有争议（{disputed} t）的因子");
    let foot = inventory.cross_foot();
    line!(out, lang, "lines, budgets and totals cross-foot to {foot:.1e}"
        => "各行、预算与总量互相核对，相差 {foot:.1e}");
    for statement in &inventory.statements {
        let _ = writeln!(out, "{}{}", lang.say("note: ", "注："), lang.say(&statement.en, &statement.zh));
    }
    out
}

/// The lines of each sector, by the land that they are on.
fn lines_by_group(out: &mut String, inventory: &Inventory, lang: Lang) {
    for sector in inventory.totals.sectors.iter().map(|s| &s.sector) {
        let mut groups: Vec<(&str, Vec<&InventoryLine>)> = Vec::new();
        for line in inventory.lines.iter().filter(|l| l.sector == *sector) {
            match groups.iter_mut().find(|(group, _)| *group == line.land_group) {
                Some((_, lines)) => lines.push(line),
                None => groups.push((&line.land_group, vec![line])),
            }
        }
        for (group, lines) in groups {
            let (of, on) = (words::sector(sector).zh, words::land_group(group).zh);
            let head = told!(lang, "{sector} → {group}" => "{of} → {on}");
            let _ = writeln!(out, "\n{head}\n{}", line_table(&lines, lang));
        }
    }
}

/// A sector, `gross`, `sink` or `net`.
fn item(key: &str, lang: Lang) -> String {
    let zh = match key {
        "gross" => "碳排放总量".to_owned(),
        "net" => "净碳排放".to_owned(),
        key => words::sector(key).zh,
    };
    lang.say(key, &zh)
}

fn line_table(lines: &[&InventoryLine], lang: Lang) -> Table {
    let mut rows = table(&heads(
        lang,
        ["activity", "amount", "unit", "× factor", "factor id", "t CO2e", "status", "cell"],
        ["活动", "数量", "单位", "× 因子", "因子编号", "t CO2e", "核实状态", "单元格"],
    ));
    for l in lines {
        let result = if l.counted { tonnes(l.result_t) } else { format!("({})", tonnes(l.result_t)) };
        rows.add_row(vec![
            if l.industry.is_empty() { l.label.clone() } else { format!("{} ({})", l.label, l.industry) },
            l.amount.to_string(),
            l.unit.clone(),
            format!("{} {}", l.factor_value, l.factor_unit),
            l.factor_id.clone(),
            result,
            lang.word(&l.status),
            format!("{}{}", if l.sheet.is_empty() { String::new() } else { format!("{}!", l.sheet) }, l.cell),
        ]);
    }
    for i in [1, 5] {
        rows.align_right(i);
    }
    rows
}
