//! One A4 page per unit, all of them in one file for print.

use super::page::version;
use super::plans::PlanHead;
use super::story::{ZoneStory, class_of, measure_texts, parcel_label, stories};
use super::{glossary, paid, plans, sure};
use crate::confidence::SAFETIES;
use crate::field_words::list;
use crate::figure::sector_colour;
use crate::measures::{Advised, advised};
use crate::number::{grouped, significant, tonnes};
use crate::style::headline_field;
use crate::{Label, Lang, MapData, Result, chinese, words};
use carbonzone_geom::Coverage;
use carbonzone_types::{IndicatorRecord, Statement, money};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const TEMPLATE: &str = include_str!("sheets.html");

/// What a run kept of a unit beside its columns.
#[derive(Debug, Clone, Default)]
pub struct UnitSheet {
    /// Row of the zone layer.
    pub row: usize,
    /// What its tonnes are made of.
    pub rests: Vec<RestsOn>,
    /// Parcels that weigh most.
    pub parcels: Vec<LargeParcel>,
}

/// A parcel that weighs much in a unit.
#[derive(Debug, Clone, Default)]
pub struct LargeParcel {
    /// Id.
    pub id: String,
    /// Land use as given.
    pub land_use: String,
    /// Space type.
    pub space_type: String,
    /// What of it lies in the unit, t CO2e.
    pub gross_t: f64,
}

/// A part of a unit's tonnes.
#[derive(Debug, Clone, Default)]
pub struct RestsOn {
    /// Sector key, or `sink`.
    pub sector: String,
    /// Activity in words.
    pub activity: String,
    /// Land groups that carry it, joined by ` + `.
    pub land: String,
    /// Measure by which the budget is shared out; empty: as given.
    pub proxy: String,
    /// Unit of the measure.
    pub weight_unit: String,
    /// What is shared out, t CO2e.
    pub budget_t: f64,
    /// Part of the unit, t CO2e.
    pub amount_t: f64,
}

/// Parts listed per unit.
const MOST_PARTS: usize = 5;

/// The pages of some units, in that order. `data` must hold one year only.
///
/// # Errors
/// [`ReportError::EmptyLayer`](crate::ReportError::EmptyLayer) without polygons; [`ReportError::Page`](crate::ReportError::Page) if the template fails.
pub fn sheets(data: &MapData, units: &[UnitSheet], lang: Lang) -> Result<String> {
    let frame = data.frame()?;
    let rows: Vec<usize> = units.iter().map(|u| u.row).collect();
    let all_sure = sure::all(data);
    let told = stories(data, &rows, &all_sure);
    let advised = advised(&data.manifest, &data.zones.table);
    let writer =
        Writer { data, lang, columns: Columns::of(data), heads: plans::heads(&data.manifest), advised };
    let pages: Vec<_> =
        units.iter().zip(&told).map(|(unit, story)| writer.page(unit, story, frame)).collect();
    let m = &data.manifest;
    let zh = lang == Lang::Zh;
    let t = |en: &str, zh_text: &str| if zh { zh_text.to_owned() } else { en.to_owned() };
    let (w, h) = (frame[2] - frame[0], frame[3] - frame[1]);
    let size = w.max(h);
    let footer = [
        Some(format!("carbonzone {}", version(m))),
        Some(m.source_note.clone()).filter(|s| !s.is_empty()),
        Some(t(
            "tonnes are t CO2e per year; a share of city totals, not a measurement; every number is read from the run's files",
            "单位为每年吨 CO2e；为全市总量的分摊，并非实测；所有数值均读自本次结果文件",
        )),
        m.data_label().map(|l| {
            let s = l.sentence();
            t(&s.en, &s.zh)
        }),
    ];
    let mut context = json!({
        "lang": if zh { "zh-CN" } else { "en" },
        "title": t(&format!("{}: fact sheets", m.title_en), &format!("{}单元说明页", m.title_zh)),
        "data_label": m.data_label().map(|l| words::data_label(l).text(lang)),
        "sheets": pages,
        "city": outline(&data.zones.coverage, 0..data.zones.coverage.len(), frame),
        "view": format!("0 0 {w:.0} {h:.0}"),
        "stroke": format!("{:.0}", size / 500.0),
        "stroke_own": format!("{:.0}", size / 220.0),
        "footer": footer.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        "meanings": meanings(data, lang),
        "sources": sources(&writer),
        "plan_heads": writer.heads.iter().map(|h| [h.title.text(lang), h.assumes.text(lang)]).collect::<Vec<_>>(),
        "paid_note": paid::rests_on(data).text(lang),
        "paid_first": m.compensation.as_ref().and_then(|c| c.assumes.first()).map(|s| t(&s.en, &s.zh)),
        "words": page_words(lang),
    });
    context["glossary"] = json!(glossary::in_language(lang, &context));
    super::rendered(TEMPLATE, context)
}

/// Headings and words of the pages.
fn page_words(lang: Lang) -> BTreeMap<&'static str, String> {
    list("sheet")
        .iter()
        .map(|(key, [en, zh])| (key.as_str(), if lang == Lang::Zh { zh } else { en }.clone()))
        .collect()
}

/// What the indices of the run say.
fn meanings(data: &MapData, lang: Lang) -> Vec<String> {
    let known = data.manifest.indicators.iter().filter(|i| !i.meaning.en.is_empty());
    let one = |i: &IndicatorRecord| {
        let label = Label::new(i.label_en.clone(), i.label_zh.clone());
        let meaning = Label::new(i.meaning.en.clone(), i.meaning.zh.clone());
        label.then(&Label::new(": ", "：")).then(&meaning).text(lang)
    };
    known.filter(|i| data.zones.table.get(&i.key).is_some()).map(one).collect()
}

/// Sources of the measures that are advised on any page, each once.
fn sources(writer: &Writer<'_>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (_, _, source) in measure_texts(&writer.advised) {
        let said = chinese::said(&source).text(writer.lang);
        if !out.contains(&said) {
            out.push(said);
        }
    }
    out
}

/// A column that a page ranks.
struct Ranked {
    label: Label,
    unit: Label,
    decimals: usize,
    values: Vec<Option<f64>>,
    /// True for GDP, and for what is per GDP.
    on_gdp: bool,
}

/// Columns that a page ranks.
struct Columns {
    ranked: Vec<Ranked>,
}

impl Columns {
    fn of(data: &MapData) -> Self {
        let fields = [
            ("gross_t", 0),
            ("sink_t", 0),
            ("net_t", 0),
            ("gross_t_km2", 1),
            ("gross_t_per_person", 2),
            (money::column_of(&data.zones.table, money::PER_GDP), 3),
            ("population_persons", 0),
            (money::column_of(&data.zones.table, money::GDP), 0),
        ];
        let mut ranked = Vec::new();
        for (field, decimals) in fields {
            if let Some(values) = data.zones.table.numbers(field).filter(|v| v.iter().any(Option::is_some)) {
                let (label, unit) = (words::field(field), words::field_unit(field));
                let on_gdp = [money::GDP, money::PER_GDP].contains(&money::without_unit(field));
                ranked.push(Ranked { label, unit, decimals, values, on_gdp });
            }
        }
        if let Some(ccr) = data.zones.table.numbers("ccr").filter(|v| v.iter().any(Option::is_some)) {
            let pct = ccr.into_iter().map(|v| v.map(|v| 100.0 * v)).collect();
            let label = Label::new("Carbon compensating rate (CCR)", "碳补偿率");
            ranked.push(Ranked { label, unit: Label::same("%"), decimals: 2, values: pct, on_gdp: false });
        }
        Self { ranked }
    }
}

struct Writer<'a> {
    data: &'a MapData,
    lang: Lang,
    columns: Columns,
    /// What is the same for all units of a plan.
    heads: Vec<PlanHead>,
    /// Measures of every row.
    advised: Vec<Vec<Advised>>,
}

impl Writer<'_> {
    fn t(&self, en: &str, zh: &str) -> String {
        if self.lang == Lang::Zh { zh.to_owned() } else { en.to_owned() }
    }

    fn page(&self, unit: &UnitSheet, story: &ZoneStory, frame: [f64; 4]) -> serde_json::Value {
        let (row, lang) = (unit.row, self.lang);
        let table = &self.data.zones.table;
        let text = |field: &str| table.texts(field).and_then(|v| v[row].clone()).unwrap_or_default();
        let m = &self.data.manifest;
        let class_key = text(headline_field(&self.data.zones));
        let (class, color) = class_of(self.data, Some(class_key.as_str()).filter(|k| !k.is_empty()));
        let advice = m.zone_classes.iter().find(|c| c.key == class_key && !c.guidance.is_empty());
        let advice = advice.map(|c| &c.guidance);
        let other = if lang == Lang::Zh { &story.name.en } else { &story.name.zh };
        let name = story.name.text(lang);
        let years: Vec<String> = m.years.iter().map(ToString::to_string).collect();
        let district = crate::names::districts_of(table).swap_remove(row).text(lang);
        let place = [self.t(&m.title_en, &m.title_zh), district, years.join(", ")];
        let place: Vec<String> = place.into_iter().filter(|p| !p.is_empty()).collect();
        json!({
            "name": name, "id": story.id, "place": place.join(" · "),
            "other_name": Some(other).filter(|o| **o != name && !o.is_empty()),
            "class": Some(class.text(lang)).filter(|_| !class_key.is_empty()), "color": color,
            "borderline": story.borderline,
            "sure": story.sure.as_ref().map(|s| s.label.text(lang)),
            "others": story.sure.iter().flat_map(|s| &s.others).map(|o| o.text(lang)).collect::<Vec<_>>(),
            "hinges": story.hinges.iter().map(|l| l.text(lang)).collect::<Vec<_>>(),
            "gdp_derived": story.gdp_derived,
            "unsure": story.sure.as_ref().is_some_and(|s| s.safety != SAFETIES[0]),
            "reason": story.sure.as_ref().map(|s| s.change.text(lang)),
            "outline": outline(&self.data.zones.coverage, row..row + 1, frame),
            "numbers": self.numbers(row, story.gdp_derived), "sectors": self.sectors(row),
            "margins": story.margins.iter().map(|g| json!({
                "label": g.label.text(lang), "value": g.value,
                "threshold": self.t(&format!("threshold {}", g.threshold), &format!("阈值 {}", g.threshold)),
                "percent": g.percent,
            })).collect::<Vec<_>>(),
            "changes": story.changes.iter().map(|c| format!("{} → {}", c.label.text(lang), c.class.text(lang))).collect::<Vec<_>>(),
            "rests": self.rests(&unit.rests), "rests_more": self.rests_more(&unit.rests),
            "parcels": self.parcels(&unit.parcels),
            "paid": story.paid.iter().map(|p| p.text(lang)).collect::<Vec<_>>(),
            "characteristics": advice.map(|g| self.said(&g.characteristics)).filter(|s| !s.is_empty()),
            "class_measures": advice.iter().flat_map(|g| &g.measures).map(|m| self.said(m)).collect::<Vec<_>>(),
            "class_source": advice.map(|g| chinese::said(&g.source).text(lang)),
            "measures": self.advised[row].iter().map(|a| [a.text.text(lang), a.because.text(lang)]).collect::<Vec<_>>(),
            "plans": story.plans.iter().map(|p| json!({
                "title": self.heads[p.plan].title.text(lang),
                "line": p.line.text(lang), "why": p.why.text(lang),
            })).collect::<Vec<_>>(),
            "plan_rows": self.plan_rows(story),
            "edge": Some(story.edge.text(lang)).filter(|t| !t.is_empty()),
        })
    }

    /// Numbers of a unit now and under each plan, one row per number.
    fn plan_rows(&self, story: &ZoneStory) -> Vec<serde_json::Value> {
        let Some(first) = story.plans.first() else { return Vec::new() };
        let row = |(k, label): (usize, &Label)| {
            let cells: Vec<[&str; 2]> = story
                .plans
                .iter()
                .filter_map(|p| p.rows.get(k))
                .map(|r| [r[1].as_str(), r[2].as_str()])
                .collect();
            json!({"label": label.text(self.lang), "now": first.rows[k][0], "cells": cells})
        };
        let class = |l: &Label| l.text(self.lang);
        let mut out: Vec<_> = self.heads[first.plan].rows.iter().enumerate().map(row).collect();
        let of_plans: Vec<[String; 2]> =
            story.plans.iter().map(|p| [class(&p.class[1]), String::new()]).collect();
        out.push(json!({"label": self.t("Class", "分区"), "now": class(&first.class[0]), "cells": of_plans}));
        out
    }

    fn parcels(&self, all: &[LargeParcel]) -> Vec<String> {
        let largest = all.first().map_or(0.0, |p| p.gross_t);
        let one = |p: &LargeParcel| {
            let what = parcel_label(&p.id, &p.land_use, &p.space_type).text(self.lang);
            format!("{what}{}{}", self.t(": ", "："), tonnes(p.gross_t, largest).text(self.lang))
        };
        all.iter().take(3).map(one).collect()
    }

    fn said(&self, text: &Statement) -> String {
        self.t(&text.en, &text.zh)
    }

    /// Values with their rank among all units, the largest first.
    fn numbers(&self, row: usize, gdp_derived: bool) -> Vec<serde_json::Value> {
        let one = |Ranked { label, unit, decimals, values, on_gdp }: &Ranked| {
            let value = values[row]?;
            let known = values.iter().flatten();
            let rank = 1 + known.clone().filter(|v| **v > value).count();
            let unit = unit.text(self.lang);
            Some(json!({
                "label": label.text(self.lang) + if gdp_derived && *on_gdp { "*" } else { "" },
                "value": format!("{} {unit}", grouped(value, *decimals)).trim(),
                "rank": format!("{rank} / {}", known.count()),
            }))
        };
        self.columns.ranked.iter().filter_map(one).collect()
    }

    fn sectors(&self, row: usize) -> Vec<serde_json::Value> {
        let value = |field: &str| self.data.zones.table.numbers(field).and_then(|v| v[row]);
        let gross = value("gross_t").unwrap_or(0.0);
        let keys = &self.data.manifest.sectors;
        let mut all: Vec<(&String, f64)> =
            keys.iter().filter_map(|s| Some((s, value(&format!("{s}_t"))?))).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        let largest = all.first().map_or(0.0, |(_, t)| *t);
        let one = |(sector, t): (&String, f64)| {
            let pct = if gross > 0.0 { 100.0 * t / gross } else { 0.0 };
            json!({
                "label": words::sector(sector).text(self.lang), "value": tonnes(t, largest).text(self.lang),
                "share": format!("{} %", grouped(pct, 1)), "width": format!("{pct:.1}"),
                "color": sector_colour(self.data, sector).hex(),
            })
        };
        all.into_iter().map(one).collect()
    }

    /// The largest parts, emissions first.
    fn rests(&self, parts: &[RestsOn]) -> Vec<serde_json::Value> {
        let mut order: Vec<&RestsOn> = parts.iter().collect();
        order.sort_by(|a, b| {
            (a.sector == "sink").cmp(&(b.sector == "sink")).then(b.amount_t.total_cmp(&a.amount_t))
        });
        let one = |part: &RestsOn| {
            let sector = words::sector(&part.sector).text(self.lang);
            let of = if part.budget_t > 0.0 { 100.0 * part.amount_t / part.budget_t } else { 0.0 };
            let by = match (part.proxy.as_str(), part.weight_unit.as_str()) {
                ("", _) => self.t("as given", "按给定值"),
                (proxy, unit) if unit.is_empty() || unit == proxy => proxy.to_owned(),
                (proxy, unit) => format!("{proxy} ({unit})"),
            };
            json!({
                "part": self.part(part, &sector),
                "by": by, "of": format!("{} %", significant(of, 3)), "amount": grouped(part.amount_t, 0),
            })
        };
        order.into_iter().filter(|p| p.amount_t > 0.0).take(MOST_PARTS).map(one).collect()
    }

    fn part(&self, part: &RestsOn, sector: &str) -> String {
        if part.activity.is_empty() {
            return sector.to_owned();
        }
        let what = chinese::activity(&part.activity, &part.land.split(" + ").collect::<Vec<_>>());
        format!("{sector}{}{}", self.t(": ", "："), what.text(self.lang))
    }

    fn rests_more(&self, parts: &[RestsOn]) -> Option<String> {
        let n =
            parts.iter().filter(|p| p.amount_t > 0.0).count().checked_sub(MOST_PARTS).filter(|n| *n > 0)?;
        Some(self.t(
            &format!("and {n} more: carbonzone explain shows all"),
            &format!("另有 {n} 项，见 carbonzone explain"),
        ))
    }
}

/// Outlines of some features as one SVG path, in metres from the north-west of the frame, coarse enough for a small map.
fn outline(coverage: &Coverage, features: std::ops::Range<usize>, frame: [f64; 4]) -> String {
    let step = ((frame[2] - frame[0]).max(frame[3] - frame[1]) / 700.0).max(f64::MIN_POSITIVE);
    let mut out = String::new();
    for i in features {
        for ring in coverage.rings(i) {
            let mut last: Option<[f64; 2]> = None;
            let mut points = 0;
            for (x, y) in ring.xs.iter().zip(ring.ys) {
                let at = [x - frame[0], frame[3] - y];
                if last.is_none_or(|[a, b]| (at[0] - a).abs().max((at[1] - b).abs()) >= step) {
                    out.push_str(if points == 0 { "M" } else { "L" });
                    let _ = write!(out, "{:.0} {:.0}", at[0], at[1]);
                    (last, points) = (Some(at), points + 1);
                }
            }
            if points > 0 {
                out.push('Z');
            }
        }
    }
    out
}
