//! The tables of the page: zones, studies, sectors, inventory, ledger, balances, rules, findings.

use super::decide::Marks;
use super::story::{ZoneStory, class_of, short_name};
use crate::chinese::{self, FindingText, said};
use crate::confidence::likeliest;
use crate::figure::sector_colour;
use crate::number::{grouped, significant, tonnes};
use crate::style::{basis, headline_field};
use crate::{Label, MapData, ZONE_OF_MEAN, assumptions, words};
use carbonzone_types::{
    ExactSum, Finding, IndicatorRecord, RunManifest, Severity, Stage, T_PER_1E4_T, ZoneClassRecord,
};
use serde_json::json;
use std::collections::BTreeMap;

/// Rows of the page's zone table at most: a longer one would be megabytes that nobody reads.
const MAX_ROWS: usize = 1_000;

/// The zones that the page lists one by one, in the order of the layer: all, or those that emit most.
pub(super) fn listed(data: &MapData) -> Vec<usize> {
    let n = data.zones.table.rows();
    let mut rows: Vec<usize> = (0..n).collect();
    if n > MAX_ROWS {
        let gross = data.zones.table.numbers("gross_t").unwrap_or_else(|| vec![None; n]);
        let of = |i: usize| gross[i].unwrap_or(0.0);
        rows.sort_by(|a, b| of(*b).total_cmp(&of(*a)).then(a.cmp(b)));
        rows.truncate(MAX_ROWS);
        rows.sort_unstable();
    }
    rows
}

/// Heading of the class of the year shown.
pub(super) fn class_of_year(data: &MapData) -> Label {
    let class = Label::new("Class", "分区");
    match data.year().filter(|_| data.zones.has(ZONE_OF_MEAN)) {
        Some(year) => Label::new(format!("{} {year}", class.en), format!("{year}年{}", class.zh)),
        None => class,
    }
}

/// What the indices say, and what lies in each class of the headline zoning.
pub(super) fn reading(data: &MapData, rules: &BTreeMap<String, Label>) -> serde_json::Value {
    let index = |i: &IndicatorRecord| {
        json!({
            "label": Label::new(i.label_en.clone(), i.label_zh.clone()),
            "meaning": Label::new(i.meaning.en.clone(), i.meaning.zh.clone()),
        })
    };
    let meant = data.manifest.indicators.iter().filter(|i| !i.meaning.en.is_empty());
    let zones = data.zones.table.texts(headline_field(&data.zones)).unwrap_or_default();
    let likeliest = likeliest(&data.zones.table, headline_field(&data.zones));
    let columns = ["gross_t", "sink_t", "net_t"].map(|f| data.zones.table.numbers(f).unwrap_or_default());
    let class = |c: &ZoneClassRecord| {
        let members: Vec<usize> = (0..zones.len()).filter(|i| zones[*i].as_deref() == Some(&c.key)).collect();
        let sum = |column: &Vec<Option<f64>>| {
            let known = members.iter().filter_map(|i| column.get(*i).copied().flatten());
            grouped(known.collect::<ExactSum>().value() / T_PER_1E4_T, 2)
        };
        let [gross, sink, net] = columns.each_ref().map(sum);
        let absorbs =
            members.iter().filter(|i| columns[2].get(**i).copied().flatten().is_some_and(|t| t < 0.0));
        let modal = likeliest.as_ref().map(|all| all.iter().filter(|k| k.as_deref() == Some(&c.key)).count());
        (members.len() + modal.unwrap_or(0) > 0).then(|| {
            json!({
                "label": Label::new(c.label_en.clone(), c.label_zh.clone()), "color": c.color, "rule": rules.get(&c.key),
                "n": words::counted(members.len(), modal), "gross": gross, "sink": sink, "net": net,
                "absorbs": grouped(absorbs.count() as f64, 0),
                "guidance": (!c.guidance.is_empty()).then(|| json!({
                    "characteristics": c.guidance.characteristics, "measures": c.guidance.measures,
                    "source": said(&c.guidance.source),
                })),
            })
        })
    };
    json!({
        "indices": meant.map(index).collect::<Vec<_>>(),
        "classes": data.manifest.zone_classes.iter().filter_map(class).collect::<Vec<_>>(),
        "title": words::zone_classes(&data.manifest.study),
        "brackets": likeliest.is_some().then(words::in_brackets),
        "when": basis(data),
        "ruled": !rules.is_empty(),
        "guided": data.manifest.zone_classes.iter().any(|c| !c.guidance.is_empty()),
    })
}

/// Columns and rows of the zone table; numbers carry their sort value.
pub(super) fn zone_table(
    data: &MapData,
    rows: &[usize],
    stories: &[ZoneStory],
    marks: &Marks,
) -> serde_json::Value {
    let zones = &data.zones;
    let mut columns = vec![json!({"label": Label::new("Name", "名称"), "number": false})];
    let mut cells: Vec<Vec<serde_json::Value>> =
        stories.iter().map(|s| vec![json!({"label": s.name, "sort": s.name.zh})]).collect();
    let districts = crate::names::districts_of(&zones.table);
    if districts.iter().any(|d| !d.zh.is_empty()) {
        columns.push(json!({"label": Label::new("District", "区县"), "number": false}));
        for (row, i) in cells.iter_mut().zip(rows) {
            row.push(json!({"label": districts[*i], "sort": districts[*i].zh}));
        }
    }
    // One number of decimals per column, so that the decimal points stand in line.
    let mut number = |label: Label, field: &str, factor: f64, decimals: usize| {
        let Some(values) = zones.table.numbers(field) else { return };
        columns.push(json!({"label": label, "number": true}));
        for (row, i) in cells.iter_mut().zip(rows) {
            let v = values[*i];
            let text = v.map_or_else(|| "–".to_owned(), |v| fixed(v * factor, decimals));
            row.push(json!({"text": text, "sort": v}));
        }
    };
    let with_unit = |l: Label| l.then(&Label::new(" (10⁴ t)", "（万吨）"));
    number(with_unit(words::field("gross_t")), "gross_t", 1.0 / T_PER_1E4_T, 2);
    number(with_unit(words::field("sink_t")), "sink_t", 1.0 / T_PER_1E4_T, 3);
    number(with_unit(words::field("net_t")), "net_t", 1.0 / T_PER_1E4_T, 2);
    for indicator in &data.manifest.indicators {
        let percent = indicator.key == "ccr" && indicator.unit.is_empty();
        let unit = Label::same(if percent { " (%)" } else { "" });
        let label = short_name(indicator).then(&unit);
        let (factor, decimals) = if percent { (100.0, 2) } else { (1.0, 3) };
        number(label, &indicator.key, factor, decimals);
    }
    if let Some(of_mean) = zones.table.texts(ZONE_OF_MEAN) {
        columns.push(json!({"label": Label::new("Class, mean", "分区（均值）"), "number": false}));
        for (row, i) in cells.iter_mut().zip(rows) {
            let (label, color) = class_of(data, of_mean[*i].as_deref());
            row.push(json!({"label": label, "color": color, "sort": label.en}));
        }
    }
    let classes = zones.table.texts("zone").unwrap_or_default();
    if classes.iter().any(Option::is_some) {
        columns.push(json!({"label": class_of_year(data), "number": false}));
        for (row, story) in cells.iter_mut().zip(stories) {
            row.push(json!({"label": story.class, "color": story.color, "sort": story.class.en, "edge": story.borderline}));
        }
    }
    if stories.iter().any(|s| s.sure.is_some()) {
        columns.push(json!({"label": Label::new("How sure", "可信度"), "number": true}));
        for (row, story) in cells.iter_mut().zip(stories) {
            let sure = story.sure.as_ref();
            row.push(
                json!({"label": sure.map(|s| &s.label), "text": "–", "sort": sure.map(|s| s.probability)}),
            );
        }
    }
    let row = |(zone, cells): (&usize, Vec<serde_json::Value>)| {
        json!({
            "zone": zone, "cells": cells, "district": marks.district[*zone], "class": marks.class[*zone],
            "borderline": marks.borderline[*zone],
        })
    };
    let rows: Vec<_> = rows.iter().zip(cells).map(row).collect();
    json!({"columns": columns, "rows": rows})
}

/// What the page's own tables assume.
pub(super) fn assumes(record: &RunManifest) -> BTreeMap<&'static str, Label> {
    let tables =
        "zone_classes districts sure sectors what_if ledger rules inventory inputs factor_sets parameters";
    let of = |table| (table, assumptions::sentence(record, table));
    let units = ("units", assumptions::sentence(record, &record.zones_layer));
    tables.split(' ').map(of).chain([units]).collect()
}

/// Tables that only this study has. Long ones are folded.
pub(super) fn study_tables(data: &MapData) -> Vec<serde_json::Value> {
    const OPEN_ROWS: usize = 30;
    let one = |t: &crate::ReportTable| {
        let columns: Vec<_> = t.columns.iter().map(|(l, n)| json!({"label": l, "number": n})).collect();
        json!({
            "title": t.title, "note": t.note, "columns": columns, "rows": t.rows,
            "open": t.rows.len() <= OPEN_ROWS,
        })
    };
    data.study.tables.iter().map(one).collect()
}

/// A number with fixed decimals; what would read as 0 and is not says so: `<0.001`.
fn fixed(value: f64, decimals: usize) -> String {
    let text = grouped(value, decimals);
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    match (zero, value == 0.0) {
        (true, false) => {
            let sign = if value < 0.0 { ">\u{2212}" } else { "<" };
            format!("{sign}{}", grouped(10f64.powi(-(decimals as i32)), decimals))
        }
        (true, true) => "0".to_owned(),
        _ => text,
    }
}

pub(super) fn sector_rows(data: &MapData) -> Vec<serde_json::Value> {
    let largest =
        data.manifest.totals.sectors.iter().fold(0.0f64, |m, s| m.max(s.amount_t)).max(f64::MIN_POSITIVE);
    let pct = |p: Option<f64>| p.map_or_else(|| "–".to_owned(), |p| grouped(p, 2));
    data.manifest
        .totals
        .sectors
        .iter()
        .map(|s| {
            json!({
                "label": words::sector(&s.sector),
                // A sink takes away.
                "amount": grouped(if s.sector == "sink" { -1.0 } else { 1.0 } * s.amount_t / T_PER_1E4_T, 2),
                "gross": pct(s.share_of_gross_pct),
                "net": pct(s.share_of_net_pct),
                "width": format!("{:.2}", (100.0 * s.amount_t / largest).max(0.3)),
                "color": sector_colour(data, &s.sector).hex(),
            })
        })
        .collect()
}

/// Inventory lines as columns and rows, whatever their keys are.
pub(super) fn inventory(value: &serde_json::Value) -> serde_json::Value {
    let empty = Vec::new();
    let lines = value.as_array().or_else(|| value.get("lines").and_then(|l| l.as_array())).unwrap_or(&empty);
    let mut keys: Vec<String> = Vec::new();
    for line in lines.iter().filter_map(|l| l.as_object()) {
        for key in line.keys() {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
    }
    let rows: Vec<Vec<String>> =
        lines.iter().map(|l| keys.iter().map(|k| plain(&l[k.as_str()])).collect()).collect();
    json!({"columns": keys, "rows": rows})
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(s) => s.clone(),
        serde_json::Value::Number(n) if n.is_f64() => significant(n.as_f64().unwrap_or(0.0), 6),
        other => other.to_string(),
    }
}

/// The pipeline as `key.key = value` rows.
pub(super) fn flattened(value: &serde_json::Value) -> Vec<(String, String)> {
    fn walk(prefix: &str, value: &serde_json::Value, out: &mut Vec<(String, String)>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, inner) in map {
                    let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    walk(&name, inner, out);
                }
            }
            serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
                for (i, inner) in items.iter().enumerate() {
                    walk(&format!("{prefix}[{i}]"), inner, out);
                }
            }
            serde_json::Value::Null => {}
            other => out.push((prefix.to_owned(), plain_exact(other))),
        }
    }
    let mut out = Vec::new();
    walk("", value, &mut out);
    out
}

fn plain_exact(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An amount of the ledger; what is below the tolerance of its stage is rounding and reads 0 (the CSV keeps it).
fn ledger_amount(v: Option<f64>, stage_total: f64) -> String {
    let Some(v) = v else { return String::new() };
    if v.abs() <= carbonzone_types::TOLERANCE * stage_total {
        return "0".to_owned();
    }
    grouped(v, if v.abs() < 100.0 { 3 } else { 0 })
}

pub(super) fn ledger(data: &MapData) -> Vec<serde_json::Value> {
    let rows = &data.manifest.ledger;
    // Outside rows and residuals are measured against what was placed.
    let placed: f64 = rows
        .iter()
        .filter(|r| r.stage == Stage::Placed)
        .filter_map(|r| r.amount_t)
        .fold(0.0, |sum, t| sum + t.abs());
    let plain = |v: Option<f64>| v.map_or_else(String::new, |v| grouped(v, usize::from(v.fract() != 0.0)));
    rows.iter()
        .map(|r| {
            json!({
                "stage": said_word(r.stage.name()), "sector": sector(&r.sector), "group": group(&r.land_group),
                "t": ledger_amount(r.amount_t, placed), "m2": plain(r.amount_m2), "count": plain(r.count),
                "unit": said_word(&r.unit), "note": said(&r.note),
            })
        })
        .collect()
}

pub(super) fn balances(data: &MapData) -> Vec<serde_json::Value> {
    let amount = |v: f64| grouped(v, if v.abs() < 1000.0 { 3 } else { 0 });
    let relative = |v: f64| if v == 0.0 { "0".to_owned() } else { format!("{v:.1e}") };
    data.manifest
        .balances
        .iter()
        .map(|b| {
            json!({
                "sector": words::sector(&b.sector), "year": b.year, "balance": said(&b.balance), "left": amount(b.left_t),
                "right": amount(b.right_t), "relative": relative(b.relative),
                "ok": b.relative <= carbonzone_types::TOLERANCE,
            })
        })
        .collect()
}

pub(super) fn rules(data: &MapData) -> Vec<serde_json::Value> {
    let largest = data.manifest.rules.iter().map(|r| r.budget_t).fold(0.0, f64::max);
    data.manifest
        .rules
        .iter()
        .map(|r| {
            let groups: Vec<Label> = r.land_groups.iter().map(|g| words::land_group(g)).collect();
            let join = |f: fn(&Label) -> &str, s: &str| groups.iter().map(f).collect::<Vec<_>>().join(s);
            let proxy = r.used.and_then(|u| r.proxies.get(u));
            let chain: Vec<&str> = r.proxies.iter().map(|p| p.name.as_str()).collect();
            json!({
                "id": r.id, "sector": words::sector(&r.sector),
                "groups": Label::new(join(|l| &l.en, ", "), join(|l| &l.zh, "、")),
                "budget": tonnes(r.budget_t, largest), "source": said(&r.budget_source),
                "proxy": proxy.map_or_else(String::new, |p| format!("{} ({} {})", p.name, significant(p.total, 5), p.unit)),
                "fallback": r.used.is_some_and(|u| u > 0),
                "chain": chain.join(" → "), "parcels": grouped(r.parcels as f64, 0),
                "placed": tonnes(r.placed_t, largest), "unallocated": tonnes(r.unallocated_t, largest),
            })
        })
        .collect()
}

/// A word of the run: a stage, a layer, a unit.
pub(super) fn said_word(en: &str) -> Label {
    Label::new(en, chinese::word(en))
}

fn sector(key: &str) -> Label {
    if key.is_empty() { Label::default() } else { Label::new(key, words::sector(key).zh) }
}

/// Land groups of a rule (`forest+grassland`), or a layer.
fn group(key: &str) -> Label {
    let one = |part: &str| {
        let layer = chinese::word(part);
        if layer == part { words::land_group(part).zh } else { layer }
    };
    Label::new(key, key.split('+').map(one).collect::<Vec<_>>().join("、"))
}

/// File, layer, feature, field and value of a finding.
fn place(f: &Finding) -> Label {
    let mut out = (Vec::new(), Vec::new());
    let parts = [("", "", &f.file), ("", "图层 ", &f.layer), ("feature ", "要素 ", &f.feature)];
    let quoted = [("field", "字段", &f.field), ("value", "值", &f.value)];
    for (en, zh, text) in parts.into_iter().filter_map(|(en, zh, text)| Some((en, zh, text.as_ref()?))) {
        out.0.push(format!("{en}{text}"));
        out.1.push(format!("{zh}{}", chinese::word(text)));
    }
    for (en, zh, text) in quoted.into_iter().filter_map(|(en, zh, text)| Some((en, zh, text.as_ref()?))) {
        out.0.push(format!("{en} \"{text}\""));
        out.1.push(format!("{zh}“{}”", chinese::text(text)));
    }
    Label { en: out.0.join(", "), zh: out.1.join("，") }
}

/// What was used for what, with its status.
pub(super) fn factor_sets(data: &MapData) -> Vec<serde_json::Value> {
    let sets = data.manifest.factor_sets.iter();
    sets.map(|f| {
        json!({
            "set": f.set, "purpose": said(&f.purpose), "status": said_word(&f.status), "source": f.source,
            "amount_t": f.amount_t, "unverified_t": f.unverified_t,
        })
    })
    .collect()
}

/// The files that were read.
pub(super) fn inputs(data: &MapData) -> Vec<serde_json::Value> {
    let inputs = data.manifest.inputs.iter();
    inputs
        .map(|i| {
            json!({
                "role": said_word(&i.role), "path": i.path, "layer": i.layer, "features": i.features,
                "crs": i.crs, "bytes": i.bytes, "sha256": i.sha256,
            })
        })
        .collect()
}

pub(super) fn findings(record: &RunManifest) -> Vec<serde_json::Value> {
    let word = |s: Severity| match s {
        Severity::Info => ("info", Label::new("note", "说明")),
        Severity::Warning => ("warning", Label::new("warning", "警告")),
        Severity::Error => ("error", Label::new("error", "错误")),
        Severity::Fatal => ("error", Label::new("fatal", "致命错误")),
    };
    let largest = record.findings.iter().filter_map(|f| f.amount_t).map(f64::abs).fold(0.0, f64::max);
    record
        .findings
        .iter()
        .map(|f| {
            let (class, label) = word(f.severity);
            let (en, zh) = (FindingText::english(f), FindingText::chinese(f));
            let hint =
                f.hint.as_ref().map(|hint| Label { en: hint.clone(), zh: zh.hint.unwrap_or_default() });
            let expected = en.expected.zip(zh.expected).map(|(en, zh)| Label::new(en, zh));
            json!({
                "class": class, "label": label, "code": f.code, "message": Label::new(en.message, zh.message),
                "place": place(f), "expected": expected, "hint": hint, "count": f.count,
                "t": f.amount_t.map(|t| tonnes(t, largest)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_not_written_as_nothing() {
        assert_eq!(fixed(0.000_2, 3), "<0.001");
        assert_eq!(fixed(-0.001, 2), ">\u{2212}0.01");
        assert_eq!((fixed(0.0, 3).as_str(), fixed(11.6, 3).as_str()), ("0", "11.600"));
    }

    #[test]
    fn rounding_noise_reads_as_zero_in_the_ledger_and_a_lost_tonne_does_not() {
        assert_eq!(ledger_amount(Some(6.4e-9), 2.4e8), "0");
        assert_eq!(ledger_amount(Some(1.0), 2.4e8), "1.000");
        assert_eq!(ledger_amount(Some(124_304_600.0), 2.4e8), "124,304,600");
        assert_eq!(ledger_amount(None, 2.4e8), "");
    }
}
