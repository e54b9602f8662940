//! The map of classes and their probability, its theme in the project, the plot and the section of the page.
use crate::common;
use carbonzone_report::confidence::SAFETIES;
use carbonzone_report::figure::{self, Fonts};
use carbonzone_report::style::{CONFIDENCE_MAP, CONFIDENCE_PLOT, Figure, Scale, figures};
use carbonzone_report::{Lang, MapData, RenderOptions, html, qgis};
use carbonzone_types::{ColumnData, ConfidenceRecord, Ellipse, UncertainUnit};

/// The demo city with probabilities: zones that are safe, likely, a toss-up, likelier of another class, in turn.
fn city() -> MapData {
    let mut data = common::city(400);
    let n = data.zones.table.rows();
    let p: Vec<f64> = (0..n).map(|i| [1.0, 0.8, 0.6, 0.3][i % 4]).collect();
    let safety: Vec<&str> = (0..n).map(|i| SAFETIES[i % 4]).collect();
    let zones = data.zones.table.texts("zone").unwrap();
    let (own, other) = ("low_carbon_economic", "high_carbon_optimization");
    let share = |key: &str| {
        let of = |i: usize| match zones[i].as_deref() {
            Some(z) if z == key => p[i],
            Some(z) if key == other && z != other => 1.0 - p[i],
            Some(z) if key == own && z == other => 1.0 - p[i],
            _ => 0.0,
        };
        ColumnData::reals(&(0..n).map(of).collect::<Vec<_>>())
    };
    let keys: Vec<String> = data.manifest.zone_classes.iter().map(|c| c.key.clone()).collect();
    for key in &keys {
        data.zones.table.push(&format!("p_{key}"), share(key));
    }
    let marked = (0..n).map(|i| Some(i == 1)).collect();
    data.zones.table.columns.retain(|c| c.name != "borderline");
    data.zones.table.push("borderline", ColumnData::Bool(marked));
    data.zones.table.push("zone_confidence", ColumnData::reals(&p));
    data.zones.table.push("confidence_class", ColumnData::texts(&safety));
    let driver = |i: usize| (!i.is_multiple_of(4)).then(|| "proxies".to_owned());
    data.zones.table.push("confidence_driver", ColumnData::Text((0..n).map(driver).collect()));
    let ids = data.zones.table.texts("unit_id").unwrap();
    let unit = |i: usize| UncertainUnit {
        unit_id: ids[i].clone().unwrap(),
        confidence: p[i],
        ellipse: Some(Ellipse { centre: [0.0, 0.1], half_axes: [0.4, 0.2], angle_rad: 0.5 }),
        ..UncertainUnit::default()
    };
    data.manifest.confidence = Some(ConfidenceRecord {
        draws: 1024,
        counts: [n.div_ceil(4), (n + 2) / 4, (n + 1) / 4 + n / 4].map(|k| k as u64),
        other_likelier: (n / 4) as u64,
        units: (0..n).map(unit).collect(),
        ..ConfidenceRecord::default()
    });
    data
}

fn named<'a>(all: &'a [Figure], name: &str) -> &'a Figure {
    all.iter().find(|f| f.name == name).unwrap()
}

#[test]
fn each_class_has_four_strengths_and_every_zone_one_of_them() {
    let data = city();
    let all = figures(&data, &RenderOptions::default()).unwrap();
    let style = named(&all, CONFIDENCE_MAP).map().unwrap();
    let Scale::Categorized { categories, no_data } = &style.scale else { panic!("names, not numbers") };
    assert_eq!(categories.len() % 4, 0);
    let counted: usize = categories.iter().map(|c| c.count).sum();
    assert_eq!(counted + no_data, data.zones.table.rows());
    for class in categories.chunks(4) {
        let keys: Vec<&str> = class.iter().map(|c| c.value.rsplit('|').next().unwrap()).collect();
        assert_eq!(keys, SAFETIES);
        // In a grey print the hatch tells the class, and how dark it is how sure.
        assert!(class.iter().all(|c| c.hatch == class[0].hatch));
        let grey: Vec<f64> = class.iter().map(|c| c.color.grey()).collect();
        assert!(grey.windows(2).all(|w| w[1] > w[0] + 20.0), "{grey:?}");
    }
}

#[test]
fn the_theme_holds_the_map_and_the_borderline_and_reads_both_fields() {
    let data = city();
    let options = RenderOptions::default();
    let all = figures(&data, &options).unwrap();
    let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    let preset = qgs.split("<visibility-preset ").skip(1).find(|p| p.contains("碳平衡分区及其概率")).unwrap();
    let shown = preset.split("</visibility-preset>").next().unwrap();
    let ids: Vec<&str> = shown
        .match_indices("<layer id=\"")
        .map(|(at, m)| shown[at + m.len()..].split('"').next().unwrap())
        .collect();
    let at = |id: &str| ids.iter().position(|known| *known == id).unwrap();
    assert!(at("lyr_zones_borderline") < at("lyr_figure_fig10a_confidence"), "{ids:?}");
    let layer = |id: &str| {
        let wanted = format!("<id>{id}</id>");
        qgs.split("<maplayer ").find(|l| l.contains(&wanted)).unwrap()
    };
    let attr = "attr=\"&quot;zone&quot; || &apos;|&apos; || &quot;confidence_class&quot;\"";
    assert!(layer("lyr_figure_fig10a_confidence").contains(attr));
    assert!(layer("lyr_zones_borderline").contains("filter=\"&quot;borderline&quot;\""));
    let styles = qgis::layer_styles(&data, &all, &[], Lang::Both).unwrap();
    let row = styles.iter().find(|r| r.name == CONFIDENCE_MAP).unwrap();
    assert!(row.table == data.zones.name && !row.default && row.qml.contains(attr));
}

#[test]
fn the_plot_has_an_ellipse_and_a_mark_for_every_zone_with_both_indices() {
    let data = city();
    let all = figures(&data, &RenderOptions::default()).unwrap();
    let known = |f: &str| data.zones.table.numbers(f).unwrap();
    let (xs, ys) = (known("ecc"), known("esc"));
    let positive = |v: &Option<f64>| v.is_some_and(|v| v > 0.0);
    let n = xs.iter().zip(&ys).filter(|(x, y)| positive(x) && positive(y)).count();
    let svg = figure::draw(&data, named(&all, CONFIDENCE_PLOT), Lang::Both, &Fonts::shipped())
        .unwrap()
        .svg()
        .to_owned();
    assert_eq!(svg.matches("fill-opacity=\"0.07\"").count(), n);
    assert!(svg.contains("90 % of the draws of a township") && svg.contains("90 % 的抽样"));
    let map = figure::draw(&data, named(&all, CONFIDENCE_MAP), Lang::Both, &Fonts::shipped())
        .unwrap()
        .svg()
        .to_owned();
    for text in [
        "safe",
        "确定",
        "likely",
        "较可能",
        "toss-up",
        "难以判断",
        "likelier",
        "其他分区更",
        "临界",
        "borderline",
    ] {
        assert!(map.contains(text), "{text}");
    }
}

#[test]
fn the_page_lists_the_least_sure_first_in_both_languages() {
    let data = city();
    let options = RenderOptions::default();
    let all = figures(&data, &options).unwrap();
    let fonts = Fonts::shipped();
    let drawings: Vec<figure::Drawing> =
        all.iter().map(|f| figure::draw(&data, f, Lang::Both, &fonts).unwrap()).collect();
    let page = html::page((&data, &data), &data.manifest, &all, &drawings, &options, &fonts).unwrap().html;
    let table = page.split("id=\"sure-table\"").nth(1).unwrap().split("</table>").next().unwrap();
    let kinds: Vec<&str> = table
        .match_indices("data-sure=\"")
        .map(|(at, m)| table[at + m.len()..].split('"').next().unwrap())
        .collect();
    let order = |k: &&str| SAFETIES.iter().rev().position(|known| known == k);
    assert_eq!(kinds.len(), data.zones.table.rows());
    assert!(kinds.windows(2).all(|w| order(&w[0]) <= order(&w[1])), "{kinds:?}");
    for text in ["60 %", "40 %", "how the proxies share out the budgets", "代理变量的空间分配"] {
        assert!(table.contains(text), "{text}");
    }
}
