//! One self-contained page of what is different between two runs: maps, matrix, units that changed zone with their reasons.

use crate::compare::{RunComparison, Side};
use crate::error::{Doing, Result};
use crate::maps::{lang as label_language, language_of};
use carbonzone_report::figure::{self, Fonts};
use carbonzone_report::number::{grouped, significant};
use carbonzone_report::palette::Meaning;
use carbonzone_report::style::{
    Category, Classes, Figure, FigureContent, Hatch, MapLayerKind, MapStyle, Scale, classify,
};
use carbonzone_report::{
    BreakMethod, Label, Lang, MapData, MapLayer, Palette, Rgb, StudyExtras, html, words,
};
use carbonzone_types::{AttributeTable, ColumnData, IndicatorRecord, ZoneClassRecord, money};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Units with the largest change that are listed.
const MOST_LISTED: usize = 20;
/// Values closer than this to a limit are on it.
const ON_LIMIT: f64 = 1e-12;

/// The page in a language, by default that of the first run.
///
/// # Errors
/// If a map cannot be drawn.
pub fn page(compared: &RunComparison, language: Option<Lang>) -> Result<String> {
    let lang = language.unwrap_or_else(|| label_language(language_of(&compared.a.manifest)));
    let page = Page { compared, lang };
    html::comparison(&page.context()?).part(|| "the page of the comparison")
}

struct Page<'a> {
    compared: &'a RunComparison,
    lang: Lang,
}

impl Page<'_> {
    fn say(&self, en: &str, zh: &str) -> String {
        Label::new(en, zh).text(self.lang)
    }

    fn context(&self) -> Result<Value> {
        let RunComparison { a, b, settings, inputs, units, .. } = self.compared;
        let mut badges: Vec<String> = [a, b]
            .iter()
            .filter_map(|s| s.manifest.data_label())
            .map(|l| self.say(&l.badge().en, &l.badge().zh))
            .collect();
        badges.dedup();
        let setting = |s: &String| format!("{} {s}", self.say("setting", "参数"));
        let input = |i: &String| {
            format!(
                "{} {i}: {}",
                self.say("input", "输入"),
                self.say("another file or other content", "文件或内容不同")
            )
        };
        let only =
            [("A", &units.only_first), ("B", &units.only_second)].into_iter().filter(|(_, l)| !l.is_empty());
        let only =
            only.map(|(side, list)| format!("{} {side}: {}", self.say("Only in", "仅见于"), list.join(", ")));
        let sides = [("A", a), ("B", b)].map(|(key, s)| {
            let version = format!("carbonzone {}", s.manifest.version);
            json!({"key": key, "title": s.title, "folder": s.folder, "version": version})
        });
        Ok(json!({
            "lang": match self.lang { Lang::Zh => "zh", Lang::En => "en", Lang::Both => "both" },
            "title": format!("{}: A {} · B {}", self.say("Comparison of two runs", "两次结果对比"), a.title, b.title),
            "badges": badges,
            "sides": sides,
            "assumptions": self.say(
                "Units are joined by their id. Differences are B minus A, t CO2e per year. Nothing is adjusted: a difference comes from the settings and inputs named below, \
                 or from another version. Shares are of all units of the run.",
                "各单元按编号对应；差值为 B 减 A，单位 t CO2e/年。未作任何调整：差异来自下列参数、输入或版本。占比以该次结果全部单元为基数。",
            ),
            "differs": settings.iter().map(setting).chain(inputs.iter().map(input)).collect::<Vec<_>>(),
            "only": only.collect::<Vec<_>>(),
            "totals": self.totals(),
            "maps": self.maps()?,
            "matrix": self.matrix(),
            "changed": self.changed(),
            "changed_heads": [self.say("Unit", "单元"), "A".to_owned(), "B".to_owned(), self.say("Why", "原因")],
            "largest": self.largest(),
            "words": {
                "differs": self.say("What is different", "不同之处"),
                "nothing": self.say("The two runs have the same settings and inputs.", "两次运行的参数与输入相同。"),
                "totals": self.say("Totals", "总量"),
                "maps": self.say("Where", "空间分布"),
                "matrix": self.say("Who moved from which zone to which", "分区转移矩阵"),
                "from_to": self.say("A (rows) → B (columns)", "A（行）→ B（列）"),
                "changed": self.say("Units that changed zone, and why", "分区改变的单元及原因"),
                "unchanged": self.say("No unit changed zone.", "没有单元改变分区。"),
                "largest": self.say("Largest changes of gross emissions", "碳排放总量变化最大的单元"),
                "no_difference": self.say("No unit's gross emissions differ.", "各单元碳排放总量相同。"),
            },
        }))
    }

    fn totals(&self) -> Value {
        let RunComparison { a, b, .. } = self.compared;
        let (ta, tb) = (&a.totals, &b.totals);
        let row = |(key, x, y): (&str, f64, f64)| {
            let pct = if x == 0.0 { "–".to_owned() } else { signed(100.0 * (y - x) / x, 2) };
            let name = words::field(key).text(self.lang);
            vec![name, grouped(x, 0), grouped(y, 0), signed(y - x, 0), pct]
        };
        let rows = [
            ("gross_t", ta.gross_t, tb.gross_t),
            ("sink_t", ta.sink_t, tb.sink_t),
            ("net_t", ta.net_t, tb.net_t),
        ];
        json!({
            "heads": [self.say("Total", "总量"), "A (t)".to_owned(), "B (t)".to_owned(), "B − A (t)".to_owned(), "%".to_owned()],
            "rows": rows.map(row),
        })
    }

    /// The difference of gross emissions, and the new class of the units that changed; none of several years together.
    fn maps(&self) -> Result<Vec<Value>> {
        let RunComparison { b, units, wide, .. } = self.compared;
        if b.coverage.is_empty() || b.coverage.len() != b.zones.rows() || b.zone_per_unit_is_ambiguous() {
            return Ok(Vec::new());
        }
        let row_of: BTreeMap<&str, usize> = units.units.iter().map(String::as_str).zip(0..).collect();
        let keys = b.keys();
        let at = |key: &Option<String>| row_of.get(key.as_deref()?).copied();
        let difference = wide.numbers("gross_t_diff").unwrap_or_else(|| vec![None; units.units.len()]);
        let (before, after) = (self.compared.a.texts("zone"), b.texts("zone"));
        let moved = |key: &Option<String>| {
            let key = key.as_deref()?;
            let (x, y) = (before.get(key)?, after.get(key)?);
            Some(if x == y { SAME.to_owned() } else { y.clone() })
        };
        let table = AttributeTable::new()
            .with("unit_id", ColumnData::Text(keys.clone()))
            .with("name", ColumnData::Text(b.zones.texts("name").unwrap_or_else(|| keys.clone())))
            .with(DIFFERENCE, ColumnData::Real(keys.iter().map(|k| difference[at(k)?]).collect()))
            .with(MOVED, ColumnData::Text(keys.iter().map(moved).collect()));
        let mut manifest = b.manifest.clone();
        manifest.years.truncate(1);
        let layer = MapLayer {
            name: manifest.zones_layer.clone(),
            coverage: Arc::new(b.coverage.clone()),
            cells: None,
            table,
        };
        let data = MapData {
            manifest,
            parcels: None,
            grid: None,
            zones: layer,
            dissolved: None,
            rasters: Vec::new(),
            vector_files: Vec::new(),
            what_if: Vec::new(),
            study: StudyExtras::default(),
        };
        let figures = [Self::difference_map(&data)?, self.moved_map(&data)];
        let drawn = |f: Figure| -> Result<Value> {
            let drawing = figure::draw(&data, &f, self.lang, &Fonts::shipped())?;
            Ok(json!({"title": f.title.text(self.lang), "svg": drawing.svg()}))
        };
        figures.into_iter().flatten().map(drawn).collect()
    }

    fn difference_map(data: &MapData) -> Result<Option<Figure>> {
        let values = data.zones.numbers(DIFFERENCE)?;
        if values.iter().flatten().all(|v| *v == 0.0) {
            return Ok(None);
        }
        let largest = values.iter().flatten().fold(0.0f64, |m, v| m.max(v.abs()));
        let (factor, unit) = if largest < 1e6 { (1.0, "t CO₂e") } else { (1e-4, "10⁴ t CO₂e") };
        let scale = classify(&Classes {
            layer: &data.zones.name,
            field: DIFFERENCE,
            values: &values,
            forced: &[0.0],
            logarithmic: false,
            exact_pivot: true,
            k: 5,
            method: BreakMethod::Natural,
            meaning: Meaning::Net,
            palette: Palette::Standard,
            factor,
            sides: Some((Label::new("less in B", "B 较少"), Label::new("more in B", "B 较多"))),
        })?;
        let heading = Label::new("Difference of gross emissions, B − A", "碳排放总量差值（B − A）");
        Ok(Some(figure_of("compare_difference", DIFFERENCE, heading, unit, factor, scale)))
    }

    fn moved_map(&self, data: &MapData) -> Option<Figure> {
        let values = data.zones.texts(MOVED).ok()?;
        let count = |key: &str| values.iter().filter(|v| v.as_deref() == Some(key)).count();
        if values.iter().flatten().all(|v| v == SAME) {
            return None;
        }
        let classes = &self.compared.b.manifest.zone_classes;
        let of_class = |c: &ZoneClassRecord| Category {
            value: c.key.clone(),
            code: c.id,
            color: Rgb::parse(&c.color).unwrap_or(Rgb(128, 128, 128)),
            hatch: Hatch::None,
            label: Label::new(format!("now: {}", c.label_en), format!("变为{}", c.label_zh)),
            count: count(&c.key),
            likeliest: None,
        };
        let same = Category {
            value: SAME.to_owned(),
            code: 0,
            color: Rgb(238, 238, 238),
            hatch: Hatch::None,
            label: Label::new("same zone in A and B", "分区未变"),
            count: count(SAME),
            likeliest: None,
        };
        let moved = classes.iter().filter(|c| count(&c.key) > 0).map(of_class);
        let scale = Scale::Categorized {
            categories: moved.chain([same]).collect(),
            no_data: values.iter().filter(|v| v.is_none()).count(),
        };
        let heading = Label::new("Units that changed zone", "分区改变的单元");
        Some(figure_of("compare_zones", MOVED, heading, "", 1.0, scale))
    }

    /// Name and colour of a class of either run.
    fn class(&self, key: &str) -> Value {
        let RunComparison { a, b, .. } = self.compared;
        let found = b.manifest.zone_classes.iter().chain(&a.manifest.zone_classes).find(|c| c.key == key);
        found.map_or_else(
            || {
                let label = if key.is_empty() { self.say("no zone", "无分区") } else { key.to_owned() };
                json!({"label": label, "color": "#ffffff"})
            },
            |c| json!({"label": self.say(&c.label_en, &c.label_zh), "color": c.color}),
        )
    }

    fn matrix(&self) -> Value {
        let RunComparison { b, units, .. } = self.compared;
        let Some(zones) = &units.zones else { return Value::Null };
        let rank =
            |key: &String| b.manifest.zone_classes.iter().position(|c| c.key == *key).unwrap_or(usize::MAX);
        let mut order: Vec<usize> = (0..zones.zones.len()).collect();
        order.sort_by_key(|i| (rank(&zones.zones[*i]), *i));
        let row = |&from: &usize| {
            let class = self.class(&zones.zones[from]);
            let cell = |&to: &usize| json!({"n": zones.counts[from][to].to_string(), "same": from == to});
            let cells: Vec<Value> = order.iter().map(cell).collect();
            json!({"label": class["label"], "color": class["color"], "cells": cells})
        };
        let (moved, all) = (zones.changed.len(), units.units.len());
        json!({
            "note": self.say(&format!("{moved} of {all} units changed zone."), &format!("{all} 个单元中 {moved} 个改变分区。")),
            "heads": order.iter().map(|i| self.class(&zones.zones[*i])).collect::<Vec<_>>(),
            "rows": order.iter().map(row).collect::<Vec<_>>(),
        })
    }

    fn changed(&self) -> Vec<Value> {
        let names = self.compared.a.names();
        let changed = self.compared.units.zones.iter().flat_map(|z| &z.changed);
        let one = |(unit, from, to): &(String, String, String)| {
            json!({
                "id": unit, "name": names.get(unit).cloned().unwrap_or_default(),
                "from": self.class(from), "to": self.class(to), "reasons": self.reasons(unit),
            })
        };
        changed.map(one).collect()
    }

    /// Which limit was crossed, which share moved, and the sector that changed most.
    fn reasons(&self, unit: &str) -> Vec<String> {
        let RunComparison { a, b, .. } = self.compared;
        let mut out = Vec::new();
        for index in b.manifest.indicators.iter().filter(|i| !i.thresholds.is_empty()) {
            let before = a.manifest.indicators.iter().find(|i| i.key == index.key).unwrap_or(index);
            out.extend(self.crossed(unit, before, index));
        }
        let shares: Vec<(String, String)> =
            [("gross_t", "emissions", "碳排放"), (money::GDP, "GDP", "GDP"), ("sink_t", "sinks", "碳汇")]
                .into_iter()
                .filter_map(|(field, en, zh)| {
                    let (x, y) = (a.share(unit, field)?, b.share(unit, field)?);
                    let [x, y] = [x, y].map(|v| format!("{} %", significant(100.0 * v, 4)));
                    Some(if x == y {
                        (format!("{en} {x}, the same"), format!("{zh} {x}，未变"))
                    } else {
                        (format!("{en} {x} → {y}"), format!("{zh} {x} → {y}"))
                    })
                })
                .collect();
        if !shares.is_empty() {
            let (en, zh): (Vec<String>, Vec<String>) = shares.into_iter().unzip();
            let en = format!("Its share of {}", en.join("; "));
            out.push(self.say(&en, &format!("占比：{}", zh.join("；"))));
        }
        let mut most: Option<(&str, f64)> = None;
        for key in &b.manifest.sectors {
            let field = format!("{key}_t");
            let t = b.number(unit, &field).zip(a.number(unit, &field)).map(|(y, x)| y - x);
            if let Some(t) = t.filter(|t| most.is_none_or(|(_, largest)| t.abs() > largest.abs())) {
                most = Some((key, t));
            }
        }
        if let Some((key, t)) = most.filter(|(_, t)| *t != 0.0) {
            let name = words::sector(key).text(self.lang);
            let head = self.say("Sector that changed most", "变化最大的部门");
            out.push(format!("{head}: {name}, {} t", signed(t, 0)));
        }
        out
    }

    fn crossed(&self, unit: &str, before: &IndicatorRecord, after: &IndicatorRecord) -> Option<String> {
        let RunComparison { a, b, .. } = self.compared;
        let (x, y) = (a.number(unit, &before.key), b.number(unit, &after.key));
        let name = after.key.to_uppercase();
        let shown = |v: Option<f64>| v.map_or_else(|| self.say("unknown", "未知"), |v| significant(v, 4));
        if x.map(|v| level(v, before)) == y.map(|v| level(v, after)) {
            return None;
        }
        let limits =
            |i: &IndicatorRecord| i.thresholds.iter().map(|t| limit_text(*t)).collect::<Vec<_>>().join(", ");
        let (from, to) = (limits(before), limits(after));
        let limit = if from == to {
            self.say(&format!("limit {to}"), &format!("分界 {to}"))
        } else {
            self.say(&format!("limit {from} → {to}"), &format!("分界 {from} → {to}"))
        };
        Some(format!("{name} {} → {} ({limit})", shown(x), shown(y)))
    }

    fn largest(&self) -> Value {
        let wide = &self.compared.wide;
        let n = wide.rows();
        let numbers = |f: &str| wide.numbers(f).unwrap_or_else(|| vec![None; n]);
        let (a, b, diff) = (numbers("gross_t_a"), numbers("gross_t_b"), numbers("gross_t_diff"));
        let names = wide.texts("name").unwrap_or_else(|| vec![None; n]);
        let ids = wide.texts("unit_id").unwrap_or_else(|| vec![None; n]);
        let shown = self.compared.b.names();
        let mut order: Vec<usize> = (0..n).filter(|&i| diff[i].is_some_and(|d| d != 0.0)).collect();
        let size = |k: usize| diff[k].unwrap_or(0.0).abs();
        order.sort_by(|&i, &j| size(j).total_cmp(&size(i)).then_with(|| ids[i].cmp(&ids[j])));
        let amount = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| grouped(v, 0));
        let row = |&i: &usize| {
            let told_apart = ids[i].as_ref().and_then(|id| shown.get(id).cloned());
            let name = told_apart.or_else(|| names[i].clone()).or_else(|| ids[i].clone()).unwrap_or_default();
            vec![name, amount(a[i]), amount(b[i]), diff[i].map_or_else(String::new, |d| signed(d, 0))]
        };
        json!({
            "heads": [self.say("Unit", "单元"), "A (t)".to_owned(), "B (t)".to_owned(), "B − A (t)".to_owned()],
            "rows": order.iter().take(MOST_LISTED).map(row).collect::<Vec<_>>(),
        })
    }
}

/// Fields of the maps.
const DIFFERENCE: &str = "gross_difference_t";
const MOVED: &str = "zone_change";
const SAME: &str = "same";

fn figure_of(name: &str, field: &str, heading: Label, unit: &str, factor: f64, scale: Scale) -> Figure {
    let style = MapStyle {
        layer: MapLayerKind::Zones,
        field: field.to_owned(),
        expression: None,
        heading: heading.clone(),
        unit: Label::same(unit),
        factor,
        scale,
    };
    let content = FigureContent::Map(Box::new(style));
    Figure { name: name.to_owned(), title: heading.clone(), short: heading, year: None, content }
}

/// Number of limits that a value lies above.
fn level(value: f64, index: &IndicatorRecord) -> usize {
    let above = |t: &&f64| {
        if index.equal_is_above { value >= **t - ON_LIMIT } else { value > **t + ON_LIMIT }
    };
    index.thresholds.iter().filter(above).count()
}

/// A limit: round ones as they are, computed ones with four digits.
fn limit_text(limit: f64) -> String {
    let round = (limit * 1e3).fract() == 0.0;
    if round { limit.to_string() } else { significant(limit, 4) }
}

fn signed(value: f64, decimals: usize) -> String {
    if value > 0.0 { format!("+{}", grouped(value, decimals)) } else { grouped(value, decimals) }
}

impl Side {
    /// Rows of several years stand side by side: a map would draw one unit over the other.
    fn zone_per_unit_is_ambiguous(&self) -> bool {
        let ids = self.zones.texts("unit_id").unwrap_or_default();
        let mut seen: Vec<&String> = ids.iter().flatten().collect();
        seen.sort_unstable();
        seen.windows(2).any(|w| w[0] == w[1])
    }

    /// Share of a unit in the sum over all units of its run.
    fn share(&self, unit: &str, field: &str) -> Option<f64> {
        let field = money::column_of(&self.zones, field);
        let of_unit = self.number(unit, field)?;
        let all: f64 = self.zones.numbers(field)?.into_iter().flatten().sum();
        (all > 0.0).then(|| of_unit / all)
    }
}
