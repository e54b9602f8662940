//! What a unit's class hinges on beside the draws, in words: the set of sink coefficients, one map point, a derived GDP.

use crate::Label;
use crate::number::{grouped, significant};
use carbonzone_types::{AttributeTable, RunManifest};

fn class(manifest: &RunManifest, key: &str) -> Label {
    let known = manifest.zone_classes.iter().find(|c| c.key == key);
    known.map_or_else(|| Label::same(key), |c| Label::new(c.label_en.clone(), c.label_zh.clone()))
}

/// The class of a unit under the other sets of sink coefficients, where it differs from the printed one; else empty.
pub fn other_sets(manifest: &RunManifest, unit_id: &str) -> Label {
    let differs: Vec<(&str, Label)> = manifest
        .sink_sets
        .iter()
        .filter_map(|s| Some((s.set.as_str(), class(manifest, s.classes.get(unit_id)?))))
        .collect();
    if differs.is_empty() {
        return Label::default();
    }
    let list = |f: fn(&Label) -> &str, [between, open, close]: [&str; 3]| {
        let one = |(set, class): &(&str, Label)| format!("{}{open}{set}{close}", f(class));
        differs.iter().map(one).collect::<Vec<_>>().join(between)
    };
    Label::new(
        format!(
            "Another set of sink coefficients gives another class: {}. The choice of the set is not in the draws",
            list(|l| &l.en, [", ", " (", ")"])
        ),
        format!(
            "改用其他碳汇系数集时分区不同：{}。系数集的选择未计入抽样",
            list(|l| &l.zh, ["，", "（", "）"])
        ),
    )
}

/// That the class of a unit hangs on one map point; else empty.
pub fn one_point(manifest: &RunManifest, unit_id: &str, gross_t: Option<f64>) -> Label {
    let Some(on) = manifest.on_one_point.iter().find(|p| p.unit_id == unit_id) else {
        return Label::default();
    };
    let (t, without) = (grouped(on.point_t, 0), class(manifest, &on.class));
    let pct = gross_t.filter(|g| *g > 0.0).map(|g| significant(100.0 * on.point_t / g, 3));
    let (of, of_zh) = pct.map_or_else(Default::default, |p| (format!(" ({p} %)"), format!("（占 {p} %）")));
    Label::new(
        format!(
            "{t} t{of} of it is one point of \"{}\" (rule \"{}\"), whatever stands there; without it: {}",
            on.proxy, on.rule, without.en
        ),
        format!(
            "其中 {t} t{of_zh} 来自“{}”的一个点（规则“{}”），无论该处实际为何；若无此点：{}",
            on.proxy, on.rule, without.zh
        ),
    )
}

/// Which units have a GDP that was derived instead of reported.
pub fn gdp_derived(table: &AttributeTable) -> Vec<bool> {
    let marks = table.texts("gdp_derived").unwrap_or_default();
    (0..table.rows()).map(|i| matches!(marks.get(i).and_then(Option::as_deref), Some("true" | "1"))).collect()
}

/// What a unit with such a GDP is told.
pub fn derived() -> Label {
    Label::new(
        "Its GDP is derived, not statistics: the economic index and all that is per GDP rest on it",
        "其 GDP 为推算值，非统计值：经济指数及单位 GDP 指标均以此为据",
    )
}

/// What is added to a number that rests on such a GDP.
pub fn derived_note() -> Label {
    Label::new(" (GDP derived, not statistics)", "（GDP 为推算值，非统计值）")
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::{ColumnData, OnePointRecord, SinkSetRecord, ZoneClassRecord};

    fn manifest() -> RunManifest {
        let class = |key: &str, en: &str, zh: &str| ZoneClassRecord {
            key: key.to_owned(),
            label_en: en.to_owned(),
            label_zh: zh.to_owned(),
            ..ZoneClassRecord::default()
        };
        let set = |set: &str, of: &[(&str, &str)]| SinkSetRecord {
            set: set.to_owned(),
            classes: of.iter().map(|(id, key)| ((*id).to_owned(), (*key).to_owned())).collect(),
            ..SinkSetRecord::default()
        };
        RunManifest {
            zone_classes: vec![class("low", "Low-carbon zone", "低碳区"), class("high", "High zone", "高区")],
            sink_sets: vec![
                set("guiyang", &[("t1", "high")]),
                set("lit_low", &[("t1", "low"), ("t2", "low")]),
            ],
            on_one_point: vec![OnePointRecord {
                unit_id: "t1".to_owned(),
                rule: "supply".to_owned(),
                proxy: "poi:industry".to_owned(),
                point_t: 448_707.0,
                class: "low".to_owned(),
            }],
            ..RunManifest::default()
        }
    }

    #[test]
    fn the_classes_of_other_sets_and_of_one_point_less_are_named() {
        let m = manifest();
        let sets = other_sets(&m, "t1");
        assert!(sets.en.contains("High zone (guiyang), Low-carbon zone (lit_low)"), "{sets:?}");
        assert!(sets.zh.contains("高区（guiyang），低碳区（lit_low）"), "{sets:?}");
        assert_eq!(other_sets(&m, "t3"), Label::default());
        let point = one_point(&m, "t1", Some(865_652.0));
        assert!(
            point.en.starts_with("448,707 t (51.8 %) of it is one point of \"poi:industry\""),
            "{point:?}"
        );
        assert!(point.en.ends_with("without it: Low-carbon zone") && point.zh.ends_with("若无此点：低碳区"));
        assert_eq!(one_point(&m, "t2", None), Label::default());
    }

    #[test]
    fn a_gdp_is_derived_only_where_the_table_says_so() {
        let table = AttributeTable::new()
            .with("unit_id", ColumnData::texts(&["a", "b"].map(str::to_owned)))
            .with("gdp_derived", ColumnData::texts(&["true", "false"].map(str::to_owned)));
        assert_eq!(gdp_derived(&table), [true, false]);
        let without = AttributeTable::new().with("unit_id", ColumnData::texts(&["a".to_owned()]));
        assert_eq!(gdp_derived(&without), [false]);
    }
}
