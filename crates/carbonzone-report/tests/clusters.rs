//! Maps of clusters and hot spots, and the measures of the zones in page and project.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_report::style::{Scale, figures};
use carbonzone_report::{Label, Lang, MapData, RenderOptions, qgis};
use carbonzone_types::statistics::StatisticsRecord;
use carbonzone_types::{ColumnData, GuidanceRecord, Statement};

/// The demo city with clusters of its twelve zones.
fn with_clusters() -> MapData {
    let mut data = common::city(60);
    let n = data.zones.table.rows();
    let texts = |of: &dyn Fn(usize) -> Option<&'static str>| {
        ColumnData::Text((0..n).map(|i| of(i).map(str::to_owned)).collect())
    };
    let cluster = |i: usize| match i {
        0 | 1 => Some("high_high"),
        2 => Some("low_high"),
        3 => None,
        _ => Some("not_significant"),
    };
    data.zones.table.push("cluster", texts(&cluster));
    data.zones
        .table
        .push("hot_spot", texts(&|i| if i == 0 { Some("hot_99") } else { Some("not_significant") }));
    data.manifest.statistics =
        Some(StatisticsRecord { value: "gross_t_km2".to_owned(), ..StatisticsRecord::default() });
    data
}

#[test]
fn clusters_and_hot_spots_are_maps_with_all_their_classes() {
    let data = with_clusters();
    let all = figures(&data, &RenderOptions::default()).unwrap();
    let find = |name: &str| all.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("{name}"));
    let style = find("fig11a_cluster_zones").map().unwrap();
    let Scale::Categorized { categories, no_data } = &style.scale else { panic!("categories") };
    let counts: Vec<(&str, usize)> = categories.iter().map(|c| (c.value.as_str(), c.count)).collect();
    let n = data.zones.table.rows();
    assert_eq!(
        counts,
        [("high_high", 2), ("low_low", 0), ("high_low", 0), ("low_high", 1), ("not_significant", n - 4)]
    );
    assert_eq!(*no_data, 1);
    let hot = find("fig11b_hot_spot_zones");
    assert!(
        hot.title.en.contains("emission intensity by township") && hot.title.zh.contains("冷热点"),
        "{:?}",
        hot.title
    );
    // The grid has no clusters here, and without the record nothing is drawn.
    assert!(!all.iter().any(|f| f.name.ends_with("_grid") && f.name.starts_with("fig11")));
    let mut plain = data.clone();
    plain.manifest.statistics = None;
    assert!(!figures(&plain, &RenderOptions::default()).unwrap().iter().any(|f| f.name.starts_with("fig11")));
}

#[test]
fn measures_stand_in_the_map_tip_and_the_attribute_form_of_the_zones() {
    let mut data = with_clusters();
    data.manifest.zone_classes[0].guidance = GuidanceRecord {
        characteristics: Statement::new("c", "特征"),
        measures: vec![Statement::new("Don't <wait>", "不要等")],
        source: "s".to_owned(),
    };
    let options = RenderOptions { lang: Lang::En, ..RenderOptions::default() };
    let all = figures(&data, &options).unwrap();
    let project = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    let key = &data.manifest.zone_classes[0].key;
    // Escaped for the tip, and once more as XML of the project.
    assert!(
        project.contains(&format!("= '{key}' THEN"))
            || project.contains(&format!("= &apos;{key}&apos; THEN"))
    );
    assert!(project.contains("Don&amp;apos;t &amp;lt;wait&amp;gt;"));
    // A field that QGIS computes stands in the form, with its name and several lines.
    let form =
        project.split("<expressionfields>").nth(1).unwrap().split("</expressionfields>").next().unwrap();
    assert!(form.contains("name=\"measures\"") && form.contains("c&#10;• Don"), "{form}");
    assert!(project.contains("field=\"measures\"") && project.contains("IsMultiline"));
    // What the numbers of a unit call for stands once in the project, by the id of the unit.
    assert!(form.contains("name=\"own_measures\"") && form.contains("from_json(@own_measures)"), "{form}");
    let variables = project.split("<Variables>").nth(1).unwrap().split("</Variables>").next().unwrap();
    let ids = data.zones.table.texts("unit_id").unwrap();
    let named = ids.iter().flatten().any(|id| variables.contains(&format!("&quot;{id}&quot;:")));
    assert!(variables.contains("<value>own_measures</value>") && named, "{variables}");
    assert!(variables.contains("Because: ") && !variables.contains("依据"), "{variables}");
}

#[test]
fn ellipses_have_a_style_of_their_own() {
    let mut data = with_clusters();
    data.study.outlines = vec![("statistics_ellipses".to_owned(), Label::new("Ellipses", "椭圆"))];
    let rows = qgis::layer_styles(&data, &[], &[], Lang::Zh).unwrap();
    let own: Vec<_> = rows.iter().filter(|r| r.table == "statistics_ellipses").collect();
    assert_eq!((own.len(), own[0].default), (1, true));
    assert!(own[0].qml.contains("RuleRenderer") && own[0].qml.contains("椭圆"), "{}", own[0].qml);
}
