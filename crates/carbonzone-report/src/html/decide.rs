//! What a reader decides by: the rule of each class in numbers, the zones by district, and what filters and downloads
//! of the page need.

use super::pack;
use super::story::measure_texts;
use crate::confidence::likeliest;
use crate::measures::advised;
use crate::number::{grouped, limit, shortest, significant};
use crate::style::headline_field;
use crate::{Label, MapData, chinese, names, words};
use carbonzone_types::{ExactSum, IndicatorRecord, T_PER_1E4_T, compensating_rate};
use carbonzone_zoning::scheme::Axis;
use carbonzone_zoning::{ZoningConfig, ZoningScheme};
use serde_json::json;
use std::collections::BTreeMap;

/// The rule of each class by its key, e.g. `ECC > 1, ESC ≤ 1`; empty for a study that is not zoned by two indices.
pub(super) fn rules(data: &MapData) -> BTreeMap<String, Label> {
    let Some(scheme) = scheme(data) else { return BTreeMap::new() };
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &scheme.table {
        let pair = [(&scheme.economic, &row.economic), (&scheme.ecological, &row.ecological)];
        let judged = pair.iter().filter(|(axis, _)| axis.is_judged());
        let ranges: Option<Vec<String>> = judged.map(|(axis, level)| range(data, axis, level)).collect();
        if let Some(ranges) = ranges {
            out.entry(row.zone.clone()).or_default().push(ranges.join(", "));
        }
    }
    let label =
        |ranges: Vec<String>| Label::new(ranges.join("; or "), ranges.join("；或 ").replace(", ", "，"));
    out.into_iter().map(|(zone, ranges)| (zone, label(ranges))).collect()
}

fn scheme(data: &MapData) -> Option<ZoningScheme> {
    let config: ZoningConfig = serde_json::from_value(data.manifest.pipeline.get("zoning")?.clone()).ok()?;
    config.resolve().ok()
}

/// A level of an index in numbers: `0.4 < EEC ≤ 1.2`. The cuts are those of the run.
fn range(data: &MapData, axis: &Axis, level: &str) -> Option<String> {
    let index = data.manifest.indicators.iter().find(|i| i.key == axis.column)?;
    let at = axis.levels.iter().position(|l| l.key == level)?;
    range_of(index, at, axis.levels.len())
}

fn range_of(index: &IndicatorRecord, level: usize, levels: usize) -> Option<String> {
    let name = index.key.to_uppercase();
    if index.thresholds.len() + 1 != levels {
        return None;
    }
    let (above, below) = if index.equal_is_above { ("≥", "<") } else { (">", "≤") };
    // Cuts that natural breaks found have many digits.
    let cut = |i: usize| limit(index.thresholds[i]);
    Some(match level {
        0 => format!("{name} {below} {}", cut(0)),
        top if top + 1 == levels => format!("{name} {above} {}", cut(top - 1)),
        middle => {
            let from = if index.equal_is_above { "≤" } else { "<" };
            format!("{} {from} {name} {below} {}", cut(middle - 1), cut(middle))
        }
    })
}

/// District, headline class and borderline of each zone.
pub(super) struct Marks {
    pub(super) district: Vec<String>,
    /// Districts by the name that filters and marks go by.
    pub(super) district_names: BTreeMap<String, Label>,
    pub(super) class: Vec<String>,
    pub(super) borderline: Vec<bool>,
}

impl Marks {
    pub(super) fn of(data: &MapData) -> Self {
        let n = data.zones.table.rows();
        let texts = |field: &str| {
            let column = data.zones.table.texts(field).unwrap_or_else(|| vec![None; n]);
            column.into_iter().map(Option::unwrap_or_default).collect::<Vec<String>>()
        };
        Self {
            district: texts("district"),
            district_names: names::districts_of(&data.zones.table)
                .into_iter()
                .map(|d| (d.zh.clone(), d))
                .collect(),
            class: texts(headline_field(&data.zones)),
            borderline: texts("borderline").iter().map(|b| matches!(b.as_str(), "true" | "1")).collect(),
        }
    }

    /// What the map of the page filters and marks by.
    pub(super) fn payload(&self) -> serde_json::Value {
        let flags: Vec<Option<usize>> = self.borderline.iter().map(|b| Some(usize::from(*b))).collect();
        json!({
            "district": pack::texts(&self.district), "class": pack::texts(&self.class),
            "borderline": pack::classes(&flags),
        })
    }
}

/// What is characteristic of each class and what is advised there, by its key.
pub(super) fn advice(data: &MapData) -> serde_json::Value {
    let of = |c: &carbonzone_types::ZoneClassRecord| {
        let measures: Vec<Label> = c.guidance.measures.iter().map(Label::from).collect();
        let told = json!({"says": c.guidance.characteristics, "measures": measures, "source": chinese::said(&c.guidance.source)});
        (c.key.clone(), told)
    };
    let advised = data.manifest.zone_classes.iter().filter(|c| !c.guidance.is_empty());
    json!(advised.map(of).collect::<serde_json::Map<_, _>>())
}

/// The measures that are advised anywhere: text and source, in the order that stories count them.
pub(super) fn measures(data: &MapData) -> serde_json::Value {
    let all = measure_texts(&advised(&data.manifest, &data.zones.table));
    let one =
        |(_, text, source): &(String, Label, String)| json!({"text": text, "source": chinese::said(source)});
    json!(all.iter().map(one).collect::<Vec<_>>())
}

/// Sums by district: zones, emissions, sinks, CCR, and how many zones of each class.
pub(super) fn districts(data: &MapData, marks: &Marks) -> serde_json::Value {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, district) in marks.district.iter().enumerate() {
        members.entry(district).or_default().push(i);
    }
    if members.len() < 2 {
        return serde_json::Value::Null;
    }
    let likeliest = likeliest(&data.zones.table, headline_field(&data.zones));
    let occurs = |key: &String| {
        marks.class.contains(key) || likeliest.iter().flatten().flatten().any(|modal| modal == key)
    };
    let classes: Vec<_> = data.manifest.zone_classes.iter().filter(|c| occurs(&c.key)).collect();
    let columns = ["gross_t", "sink_t", "net_t"].map(|f| data.zones.table.numbers(f).unwrap_or_default());
    let row = |(district, of): (&&str, &Vec<usize>)| {
        let sum = |column: &Vec<Option<f64>>| {
            of.iter().filter_map(|i| column.get(*i).copied().flatten()).collect::<ExactSum>().value()
        };
        let [gross, sink, net] = columns.each_ref().map(sum);
        let ccr = compensating_rate(sink, gross)
            .map_or_else(|| "–".to_owned(), |ccr| format!("{} %", significant(100.0 * ccr, 3)));
        let of_class = |key: &str| {
            let n = of.iter().filter(|i| marks.class[**i] == key).count();
            let modal =
                likeliest.as_ref().map(|all| of.iter().filter(|i| all[**i].as_deref() == Some(key)).count());
            if n + modal.unwrap_or(0) == 0 { String::new() } else { words::counted(n, modal) }
        };
        json!({
            "name": marks.district_names.get(*district).filter(|d| !d.zh.is_empty()).cloned().unwrap_or_else(|| Label::same("–")),
            "n": of.len(),
            "gross": grouped(gross / T_PER_1E4_T, 2), "sink": grouped(sink / T_PER_1E4_T, 2),
            "net": grouped(net / T_PER_1E4_T, 2), "ccr": ccr,
            "classes": classes.iter().map(|c| of_class(&c.key)).collect::<Vec<_>>(),
            "borderline": of.iter().filter(|i| marks.borderline[**i]).count(),
        })
    };
    let head = |c: &&carbonzone_types::ZoneClassRecord| json!({"label": Label::new(c.label_en.clone(), c.label_zh.clone()), "color": c.color});
    json!({
        "classes": classes.iter().map(head).collect::<Vec<_>>(),
        "brackets": likeliest.is_some().then(words::in_brackets),
        "rows": members.iter().map(row).collect::<Vec<_>>(),
    })
}

/// What the filter offers: classes and districts that occur, and whether any zone is on the borderline.
pub(super) fn filter(data: &MapData, marks: &Marks) -> serde_json::Value {
    let named = marks.district_names.iter().filter(|(key, _)| !key.is_empty());
    let districts: Vec<_> = named.map(|(key, label)| json!({"key": key, "label": label})).collect();
    let occurs = data.manifest.zone_classes.iter().filter(|c| marks.class.contains(&c.key));
    let class = |c: &carbonzone_types::ZoneClassRecord| json!({"key": c.key, "label": Label::new(c.label_en.clone(), c.label_zh.clone())});
    json!({
        "classes": occurs.map(class).collect::<Vec<_>>(),
        "districts": if districts.len() > 1 { districts } else { Vec::new() },
        "borderline": marks.borderline.iter().filter(|b| **b).count(),
        "pct": data.borderline_pct().map(shortest),
        "cuts": cuts(data),
    })
}

/// The thresholds that zoning uses: `ECC 1, ESC 1`.
fn cuts(data: &MapData) -> Label {
    let of = |i: &IndicatorRecord| {
        let all: Vec<String> = i.thresholds.iter().map(|t| limit(*t)).collect();
        (!all.is_empty()).then(|| format!("{} {}", i.key.to_uppercase(), all.join(" / ")))
    };
    Label::same(data.manifest.indicators.iter().filter_map(of).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(thresholds: &[f64], equal_is_above: bool) -> IndicatorRecord {
        IndicatorRecord {
            key: "eec".to_owned(),
            thresholds: thresholds.to_vec(),
            equal_is_above,
            ..IndicatorRecord::default()
        }
    }

    #[test]
    fn levels_are_told_in_the_numbers_of_the_run() {
        let two = index(&[1.0], false);
        assert_eq!(range_of(&two, 0, 2).unwrap(), "EEC ≤ 1");
        assert_eq!(range_of(&two, 1, 2).unwrap(), "EEC > 1");
        let three = index(&[0.4, 1.25], true);
        assert_eq!(range_of(&three, 0, 3).unwrap(), "EEC < 0.4");
        assert_eq!(range_of(&three, 1, 3).unwrap(), "0.4 ≤ EEC < 1.25");
        assert_eq!(range_of(&three, 2, 3).unwrap(), "EEC ≥ 1.25");
        assert_eq!(range_of(&two, 1, 3), None);
    }
}
