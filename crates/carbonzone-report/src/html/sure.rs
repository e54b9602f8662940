//! How sure each class is: the section of the page.

use crate::confidence::{ClassShare, FurtherColumns, HowSure, SAFETIES, how_sure, percent, suffix_of};
use crate::style::{basis, headline_field};
use crate::{Label, MapData, words};
use carbonzone_types::{FurtherConfidence, SinkSetRecord};
use serde_json::json;

/// What the page says of every row; empty without draws.
pub(super) fn all(data: &MapData) -> Vec<Option<HowSure>> {
    how_sure(&data.manifest, &data.zones.table, headline_field(&data.zones))
}

/// The section: counts, a row per listed zone, the least sure first. `null` if the run made no draws.
pub(super) fn section(data: &MapData, rows: &[usize], all: &[Option<HowSure>]) -> serde_json::Value {
    let Some(record) = data.manifest.confidence.as_ref().filter(|_| all.iter().any(Option::is_some)) else {
        return serde_json::Value::Null;
    };
    let names = data.zones.labels();
    let occurs = |key: &str| {
        let sure = all.iter().flatten();
        sure.clone().any(|s| s.class.key == key) || sure.flat_map(|s| &s.others).any(|c| c.key == key)
    };
    let classes: Vec<_> = data.manifest.zone_classes.iter().filter(|c| occurs(&c.key)).collect();
    let mut listed: Vec<(usize, &HowSure)> =
        rows.iter().filter_map(|&row| Some((row, all[row].as_ref()?))).collect();
    listed.sort_by(|a, b| a.1.class.probability.total_cmp(&b.1.class.probability).then(a.0.cmp(&b.0)));
    let row = |(row, sure): (usize, &HowSure)| {
        let cell = |key: &str| {
            let share = std::iter::once(&sure.class).chain(&sure.others).find(|c| c.key == key);
            let p = share.map_or(0.0, |c| c.probability);
            json!({"text": if p > 0.0 { percent(p) } else { String::new() }, "sort": p, "own": key == sure.class.key})
        };
        json!({
            "zone": row, "name": names[row], "class": sure.class.label, "color": sure.class.color,
            "safety": sure.safety, "word": words::safety(&sure.safety),
            "p": percent(sure.class.probability), "sort": sure.class.probability,
            "likelier": sure.likelier().map(ClassShare::told),
            "cells": classes.iter().map(|c| cell(&c.key)).collect::<Vec<_>>(),
            "driver": sure.driver.as_ref().map(|d| &d.label), "change": sure.change,
        })
    };
    let heads = classes
        .iter()
        .map(|c| json!({"label": Label::new(c.label_en.clone(), c.label_zh.clone()), "color": c.color}));
    json!({
        "when": basis(data),
        "draws": record.draws,
        "tested": words::how_sure_tested(&data.manifest.study),
        "counts": counts(all),
        "classes": heads.collect::<Vec<_>>(),
        "rows": listed.into_iter().map(row).collect::<Vec<_>>(),
        "sets": sets_note(data),
        "points": points_note(data),
        "borderline": record.borderline,
        "both": record.unsure_borderline,
        "elsewhere": (record.counts[1] + record.counts[2]).saturating_sub(record.unsure_borderline),
        "further": record.further.iter().filter_map(|f| further(data, f, rows)).collect::<Vec<_>>(),
        "largest_error": format!("{:.1}", 50.0 / (record.draws.max(1) as f64).sqrt()),
    })
}

/// How many units another set of sink coefficients puts into another class.
fn sets_note(data: &MapData) -> Option<Label> {
    let sets = &data.manifest.sink_sets;
    let list = |[open, close, between]: [&str; 3]| {
        let one = |s: &SinkSetRecord| format!("{}{open}{}{close}", s.set, s.classes.len());
        sets.iter().map(one).collect::<Vec<_>>().join(between)
    };
    (!sets.is_empty()).then(|| {
        Label::new(
            format!(
                "Units of another class under another set of sink coefficients: {}.",
                list([" ", "", ", "])
            ),
            format!("改用其他碳汇系数集时分区不同的单元数：{}。", list(["（", "）", "，"])),
        )
    })
}

/// How many units have a class that hangs on one map point.
fn points_note(data: &MapData) -> Option<Label> {
    let n = data.manifest.on_one_point.len();
    (n > 0).then(|| {
        Label::new(
            format!("Units whose class hangs on one map point (the panel names it): {n}."),
            format!("分区取决于单个地图点的单元数（见单元面板）：{n}。"),
        )
    })
}

/// How many classes there are of each of [`SAFETIES`].
fn counts(all: &[Option<HowSure>]) -> serde_json::Value {
    let count = |key: &str| all.iter().flatten().filter(|s| s.safety == key).count();
    json!(SAFETIES.map(|key| json!({
        "key": key, "word": words::safety(key), "range": words::safety_range(key), "n": count(key),
    })))
}

/// A further class of the listed zones, the least sure first.
fn further(data: &MapData, of: &FurtherConfidence, rows: &[usize]) -> Option<serde_json::Value> {
    if FurtherColumns::of(&of.field).suffix != suffix_of(headline_field(&data.zones)) {
        return None;
    }
    let all = how_sure(&data.manifest, &data.zones.table, &of.field);
    let names = data.zones.labels();
    let mut listed: Vec<(usize, &HowSure)> =
        rows.iter().filter_map(|&row| Some((row, all.get(row)?.as_ref()?))).collect();
    listed.sort_by(|a, b| a.1.class.probability.total_cmp(&b.1.class.probability).then(a.0.cmp(&b.0)));
    let row = |(row, sure): &(usize, &HowSure)| {
        json!({
            "name": names[*row], "class": sure.class.label, "color": sure.class.color, "safety": sure.safety,
            "word": words::safety(&sure.safety), "p": percent(sure.class.probability), "change": sure.change,
            "likelier": sure.likelier().map(ClassShare::told),
        })
    };
    (!listed.is_empty()).then(|| {
        json!({
            "label": Label::new(of.label_en.clone(), of.label_zh.clone()),
            "counts": counts(&all),
            "rows": listed.iter().map(row).collect::<Vec<_>>(),
        })
    })
}
