//! What stands behind a zone's class: the sectors and parcels that weigh most, its margins, and how near it is to
//! another class.

use super::paid;
use super::plans::{self, UnitPlan};
use crate::confidence::{ClassShare, HowSure, percent};
use crate::measures::{Advised, advised};
use crate::number::{grouped, limit, significant, tonnes};
use crate::{Label, MapData, ZONE_OF_MEAN, hinges, words};
use carbonzone_types::{IndicatorRecord, ZoneClassRecord};
use carbonzone_zoning::Quantity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The story of one zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ZoneStory {
    /// Zone id.
    pub id: String,
    /// Zone name; in English the name of the field `name_en`, if the layer has it.
    pub name: Label,
    /// Zone class.
    pub class: Label,
    /// Its key; empty without one.
    pub class_key: String,
    /// Colour of the class.
    pub color: String,
    /// The three sectors that weigh most, with tonnes and share of the zone's gross emissions.
    pub sectors: Vec<Part>,
    /// The three parcels (whole parcels, by the zone that contains their inner point) that emit most.
    pub parcels: Vec<Part>,
    /// Index, threshold and distance of every index that zoning cuts.
    pub margins: Vec<Margin>,
    /// True if an index lies within the borderline of its threshold.
    pub borderline: bool,
    /// Which index that is, and how far from which threshold; empty elsewhere.
    pub edge: Label,
    /// Classes that the zone would have if one number were a little different.
    pub changes: Vec<Change>,
    /// What its class hinges on beside the draws: one map point, the set of sink coefficients.
    pub hinges: Vec<Label>,
    /// True if its GDP is derived instead of reported.
    pub gdp_derived: bool,
    /// How sure the class is, if draws were made.
    pub sure: Option<Sure>,
    /// What it would be under each plan of the run.
    pub plans: Vec<UnitPlan>,
    /// What is advised because of its own numbers.
    pub measures: Vec<MeasureStory>,
    /// What it pays or receives under each model of compensation.
    pub paid: Vec<Label>,
    /// The class that is mapped first, where that is not the class of the year.
    pub headline: Option<Headline>,
}

/// How sure a class is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sure {
    /// Probability of the class as text, and the word for it.
    pub label: Label,
    /// `safe`, `likely`, `toss_up`, `other_likelier`.
    pub safety: String,
    /// The same as a number, 0 to 1.
    pub probability: f64,
    /// Other classes with their probability.
    pub others: Vec<Label>,
    /// What could change the class.
    pub change: Label,
}

impl Sure {
    fn of(sure: &HowSure) -> Self {
        let p = percent(sure.class.probability);
        let word = words::safety(&sure.safety);
        let likelier = sure.likelier().map_or_else(Label::default, |c| {
            let told = c.told();
            Label::new(format!(": {}", told.en), format!("：{}", told.zh))
        });
        Self {
            label: Label::new(format!("{p}, {}", word.en), format!("{p}，{}", word.zh)).then(&likelier),
            safety: sure.safety.clone(),
            probability: sure.class.probability,
            others: sure
                .others
                .iter()
                .skip(usize::from(sure.likelier().is_some()))
                .map(ClassShare::told)
                .collect(),
            change: sure.change.clone(),
        }
    }
}

/// The class by the mean over the years.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// Class.
    pub class: Label,
    /// Its key.
    pub class_key: String,
    /// Its colour.
    pub color: String,
    /// What it is judged by.
    pub basis: Label,
    /// The year of the other class.
    pub year: String,
}

/// A measure of a zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureStory {
    /// Its place in the list of all measures that are advised anywhere .
    pub measure: usize,
    /// The numbers that call for it.
    pub because: Label,
}

/// A sector or a parcel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub label: Label,
    /// Amount with its unit.
    pub amount: Label,
    /// Share of the zone's gross emissions as text, if known.
    pub share: String,
}

/// Distance of an index to a threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Margin {
    /// Index.
    pub label: Label,
    /// Key of the index.
    pub key: String,
    /// Short name of the index: `ECC`.
    pub short: Label,
    /// Its value as text; `–` if NULL.
    pub value: String,
    /// Threshold as text.
    pub threshold: String,
    /// By how many percent the index lies above (+) or below (−) the threshold, as text.
    pub percent: String,
}

/// A class change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is changed: `gross emission +5 %`.
    pub label: Label,
    /// The class it would be.
    pub class: Label,
}

/// The stories of some zones (row numbers), in that order. `data` must hold one year only.
pub fn stories(data: &MapData, rows: &[usize], sure: &[Option<HowSure>]) -> Vec<ZoneStory> {
    let zones = &data.zones;
    let all = zones.table.rows();
    let texts = |field: &str| zones.table.texts(field).unwrap_or_else(|| vec![None; all]);
    let names = zones.labels();
    let (ids, classes, borderline) = (texts("unit_id"), texts("zone"), texts("borderline"));
    let sectors = SectorColumns::of(data);
    let parcels = parcel_parts(data);
    let cuts = cut_columns(data);
    let changes = changes(data);
    let advised = advised(&data.manifest, &zones.table);
    let listed = measure_texts(&advised);
    let pct = data.borderline_pct();
    let of_mean = zones.table.texts(ZONE_OF_MEAN);
    let derived = hinges::gdp_derived(&zones.table);
    rows.iter()
        .map(|&i| {
            let (class, color) = class_of(data, classes[i].as_deref());
            let id = ids[i].clone().unwrap_or_default();
            ZoneStory {
                plans: plans::of_unit(&data.manifest, &id),
                paid: paid::of_unit(data, &id),
                headline: headline(data, of_mean.as_deref().and_then(|m| m[i].as_deref())),
                measures: advised[i]
                    .iter()
                    .filter_map(|a| {
                        let measure = listed.iter().position(|(key, ..)| *key == a.key)?;
                        Some(MeasureStory { measure, because: a.because.clone() })
                    })
                    .collect(),
                hinges: [
                    hinges::one_point(&data.manifest, &id, sectors.gross[i]),
                    hinges::other_sets(&data.manifest, &id),
                ]
                .into_iter()
                .filter(|l| !l.en.is_empty())
                .collect(),
                gdp_derived: derived[i],
                edge: pct.map_or_else(Label::default, |pct| edge(&cuts, i, pct)),
                id,
                class_key: classes[i].clone().unwrap_or_default(),
                name: names[i].clone(),
                class,
                color,
                sectors: sectors.largest(i),
                parcels: parcels.get(i).cloned().unwrap_or_default(),
                margins: margins(&cuts, i),
                borderline: matches!(borderline[i].as_deref(), Some("true" | "1")),
                changes: changes.get(&i).cloned().unwrap_or_default(),
                sure: sure.get(i).and_then(Option::as_ref).map(Sure::of),
            }
        })
        .collect()
}

pub(super) fn class_of(data: &MapData, key: Option<&str>) -> (Label, String) {
    let class = key.and_then(|k| data.manifest.zone_classes.iter().find(|c| c.key == k));
    match class {
        Some(c) => (Label::new(c.label_en.clone(), c.label_zh.clone()), c.color.clone()),
        None => (Label::same(key.unwrap_or("–")), "#d9d9d9".to_owned()),
    }
}

fn column(data: &MapData, field: &str) -> Vec<Option<f64>> {
    data.zones.table.numbers(field).unwrap_or_else(|| vec![None; data.zones.table.rows()])
}

/// Short name of an indicator for column heads: `ECC`, `CIRI`; what is no abbreviation has its full name.
pub(crate) fn short_name(indicator: &IndicatorRecord) -> Label {
    if indicator.key.len() <= 4 {
        return Label::same(indicator.key.to_uppercase());
    }
    Label::new(indicator.label_en.clone(), indicator.label_zh.clone())
}

fn share(part: f64, whole: Option<f64>) -> String {
    whole.filter(|w| *w > 0.0).map_or_else(String::new, |w| format!("{} %", grouped(100.0 * part / w, 1)))
}

/// Tonnes by sector of every zone.
struct SectorColumns {
    gross: Vec<Option<f64>>,
    sectors: Vec<(Label, Vec<Option<f64>>)>,
}

impl SectorColumns {
    fn of(data: &MapData) -> Self {
        let one = |s: &String| (words::sector(s), column(data, &format!("{s}_t")));
        Self { gross: column(data, "gross_t"), sectors: data.manifest.sectors.iter().map(one).collect() }
    }

    /// The three sectors of a zone that weigh most.
    fn largest(&self, row: usize) -> Vec<Part> {
        let known = self.sectors.iter().filter_map(|(l, v)| Some((v[row]?, l)));
        let mut all: Vec<(f64, &Label)> = known.filter(|(t, _)| *t > 0.0).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.truncate(3);
        let largest = all.first().map_or(0.0, |(t, _)| *t);
        let part = |(t, label): (f64, &Label)| Part {
            label: label.clone(),
            amount: tonnes(t, largest),
            share: share(t, self.gross[row]),
        };
        all.into_iter().map(part).collect()
    }
}

/// A parcel as people find it: what its land is, the code of its use as given, its id.
pub(super) fn parcel_label(id: &str, land_use: &str, space_type: &str) -> Label {
    let of = |kind: String, code: &str, parcel: &str, [open, comma, close]: [&str; 3]| {
        let code = if land_use.is_empty() { String::new() } else { format!("{code} {land_use}{comma}") };
        let id = format!("{code}{parcel} {id}");
        if kind.is_empty() { id } else { format!("{kind}{open}{id}{close}") }
    };
    let kind = if space_type.is_empty() { Label::default() } else { words::land_group(space_type) };
    Label::new(
        of(kind.en, "land-use code", "parcel", [" (", ", ", ")"]),
        of(kind.zh, "地类编码", "地块", ["（", "，", "）"]),
    )
}

/// Parcels listed per zone.
const LISTED: usize = 3;

/// The parcels of each zone with the largest emissions.
fn parcel_parts(data: &MapData) -> Vec<Vec<Part>> {
    let Some(parcels) = &data.parcels else { return Vec::new() };
    let Some(gross) = parcels.table.numbers("gross_t") else { return Vec::new() };
    let zone_gross = column(data, "gross_t");
    let names = parcels.table.texts("unit_id").unwrap_or_else(|| vec![None; gross.len()]);
    let kinds = parcels.table.texts("space_type").unwrap_or_else(|| vec![None; gross.len()]);
    let uses = parcels.table.texts("land_use").unwrap_or_else(|| vec![None; gross.len()]);
    let largest = carbonzone_types::packed::largest_first(&gross);
    let best = carbonzone_geom::first_of_zones(&data.zones.coverage, &parcels.coverage, &largest, LISTED);
    let part = |(t, i): (f64, usize), zone: usize, largest: f64| {
        let id = names[i].clone().unwrap_or_else(|| format!("#{}", i + 1));
        Part {
            label: parcel_label(
                &id,
                uses[i].as_deref().unwrap_or_default(),
                kinds[i].as_deref().unwrap_or_default(),
            ),
            amount: tonnes(t, largest),
            share: share(t, zone_gross[zone]),
        }
    };
    let parts = |(zone, list): (usize, Vec<(f64, usize)>)| {
        let largest = list.first().map_or(0.0, |(t, _)| *t);
        list.into_iter().map(|p| part(p, zone, largest)).collect()
    };
    best.into_iter().enumerate().map(parts).collect()
}

/// The indices that zoning cuts, with their values.
fn cut_columns(data: &MapData) -> Vec<(&IndicatorRecord, Vec<Option<f64>>)> {
    let cut = data.manifest.indicators.iter().filter(|i| !i.thresholds.is_empty());
    cut.map(|i| (i, column(data, &i.key))).collect()
}

fn headline(data: &MapData, key: Option<&str>) -> Option<Headline> {
    let (class, color) = class_of(data, Some(key?));
    let year = data.year().map(|y| y.to_string()).unwrap_or_default();
    Some(Headline { class, class_key: key?.to_owned(), color, basis: words::mean_of_years(), year })
}

/// The measures that are advised anywhere: name, text, source; in the order of the list.
pub(super) fn measure_texts(advised: &[Vec<Advised>]) -> Vec<(String, Label, String)> {
    let mut out: Vec<(String, Label, String)> = Vec::new();
    for one in advised.iter().flatten() {
        if !out.iter().any(|(key, ..)| *key == one.key) {
            out.push((one.key.clone(), one.text.clone(), one.source.clone()));
        }
    }
    out
}

/// The indices that lie within so many percent of a threshold: `ECC 1.03 is 3.0 % above 1`.
fn edge(cuts: &[(&IndicatorRecord, Vec<Option<f64>>)], row: usize, pct: f64) -> Label {
    let widest = (pct / 100.0).ln_1p();
    let mut near = (Vec::new(), Vec::new());
    for (indicator, values) in cuts {
        for threshold in indicator.thresholds.iter().filter(|t| **t > 0.0) {
            let Some(value) = values[row].filter(|v| *v > 0.0 && (v / threshold).ln().abs() <= widest) else {
                continue;
            };
            let (by, side) = (100.0 * (value / threshold - 1.0), value >= *threshold);
            let (name, value) = (short_name(indicator), significant(value, 4));
            let (by, threshold) = (grouped(by.abs(), 1), limit(*threshold));
            let (above, above_zh) = if side { ("above", "高于") } else { ("below", "低于") };
            near.0.push(format!("{} {value} is {by} % {above} its threshold {threshold}", name.en));
            near.1.push(format!("{} 为 {value}，{above_zh}阈值 {threshold} 约 {by} %", name.zh));
        }
    }
    if near.0.is_empty() {
        return Label::default();
    }
    Label::new(
        format!("{} (borderline: within {pct} %)", near.0.join("; ")),
        format!("{}（{pct} % 以内为临界）", near.1.join("；")),
    )
}

fn margins(cuts: &[(&IndicatorRecord, Vec<Option<f64>>)], row: usize) -> Vec<Margin> {
    let mut out = Vec::new();
    for (indicator, values) in cuts {
        let value = values[row];
        for threshold in &indicator.thresholds {
            let percent = value.filter(|_| *threshold != 0.0).map(|v| 100.0 * (v / threshold - 1.0));
            out.push(Margin {
                label: Label::new(indicator.label_en.clone(), indicator.label_zh.clone()),
                key: indicator.key.clone(),
                short: short_name(indicator),
                value: value.map_or_else(|| "–".to_owned(), |v| significant(v, 3)),
                threshold: limit(*threshold),
                percent: percent.map_or_else(|| "–".to_owned(), signed_percent),
            });
        }
    }
    out
}

fn signed_percent(p: f64) -> String {
    let sign = if p > 0.0 { "+" } else { "" };
    format!("{sign}{} %", grouped(p, i32::from(p.abs() < 100.0) as usize))
}

/// Class changes by row.
fn changes(data: &MapData) -> BTreeMap<usize, Vec<Change>> {
    let mut out: BTreeMap<usize, Vec<Change>> = BTreeMap::new();
    for w in data.what_if.iter().filter(|w| w.changes_zone) {
        let (en, zh) = match w.quantity {
            Quantity::Gross => ("gross emission", "碳排放"),
            Quantity::Gdp => ("GDP", "GDP"),
            Quantity::Sink => ("sink", "碳汇"),
        };
        let by = signed_percent(w.change_pct);
        let class = data.manifest.zone_classes.iter().find(|c| c.id == w.zone);
        let name = |c: &ZoneClassRecord| Label::new(c.label_en.clone(), c.label_zh.clone());
        out.entry(w.unit).or_default().push(Change {
            label: Label::new(format!("{en} {by}"), format!("{zh} {by}")),
            class: class.map_or_else(|| Label::same(w.zone.to_string()), name),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abbreviations_are_written_in_capitals() {
        let of = |key: &str, en: &str| IndicatorRecord {
            key: key.to_owned(),
            label_en: en.to_owned(),
            ..IndicatorRecord::default()
        };
        assert_eq!(short_name(&of("ecc", "Economic contribution coefficient")).en, "ECC");
        assert_eq!(short_name(&of("ratio", "Carbon source/sink ratio")).en, "Carbon source/sink ratio");
    }
}
