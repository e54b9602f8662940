//! The field's words in both languages. Anything not listed is shown as it stands in the data.

mod tested;

pub use tested::{
    OTHER_LIKELIER, TESTED, TESTED_GROSS, and_its_probability, borderline, counted, how_sure_plot,
    how_sure_tested, in_brackets, safety_range,
};

use crate::Label;
use crate::field_words::{listed, of_tables};
use crate::style::MapLayerKind;
use carbonzone_types::{DataLabel, GridSpec, MoneyUnit, money};

/// Sector name, `sink` included.
pub fn sector(key: &str) -> Label {
    known("sector", key)
}

/// What a series over years amounts to: its trajectory, the class of its trend, its history as a hot spot.
pub fn kind(key: &str) -> Label {
    known("kind", key)
}

/// What carries a budget in a study without rules of its own.
pub fn carrier(key: &str) -> Label {
    listed("carrier", key).unwrap_or_else(|| Label::same(key))
}

/// Space type (land group) name.
pub fn land_group(key: &str) -> Label {
    known("land_group", key)
}

/// Fields of docs/pipeline.md, "Fields", as readers know them.
pub fn field(key: &str) -> Label {
    if let Some(stem) = key.strip_suffix("_of_mean").filter(|_| key != "zone_of_mean") {
        return field(stem).then(&bracketed(&mean_of_years()));
    }
    if let Some((stem, quantile)) = quantile(key) {
        return field(stem).then(&quantile);
    }
    if let Some(class) = key.strip_prefix("sink_").and_then(|k| k.strip_suffix("_t")) {
        return sector("sink").then(&bracketed(&land_group(class)));
    }
    if let Some(stem) =
        key.strip_suffix("_t").filter(|stem| !stem.starts_with("effect_") && of_tables(key).is_none())
    {
        return match stem {
            "gross" => Label::new("Gross emission", "碳排放总量"),
            "sink" => Label::new("Carbon sink", "碳汇量"),
            "net" => Label::new("Net emission", "净碳排放"),
            "compensation" => Label::new("Compensation: settled", "碳补偿结算量"),
            other => sector(other),
        };
    }
    if let Some(unit) = MoneyUnit::of_field(key).filter(|_| money::without_unit(key) == money::PER_GDP) {
        return Label::new(format!("Emission per {} of GDP", unit.en()), "单位GDP碳排放");
    }
    let plain = of_tables(money::without_unit(key)).or_else(|| of_tables(key));
    plain.or_else(|| composed(key)).unwrap_or_else(|| Label::same(spaced(key)))
}

/// The field that a quantile is of, and what is said after its name.
pub(crate) fn quantile(key: &str) -> Option<(&str, Label)> {
    [("_p05", "5 %"), ("_p50", "50 %"), ("_p95", "95 %")].iter().find_map(|(suffix, words)| {
        let said = Label::new(format!(", {words} quantile"), format!(" {words} 分位数"));
        Some((key.strip_suffix(suffix)?, said))
    })
}

/// Fields whose names are put together: levels and margins of indices, effects, money at a price.
fn composed(key: &str) -> Option<Label> {
    if let Some(index) = key.strip_suffix("_margin") {
        let index = index.to_uppercase();
        return Some(Label::new(format!("{index} margin (ln)"), format!("{index} 余量（ln）")));
    }
    if let Some(group) = key.strip_prefix("poi_") {
        return Some(Label::new("Points of interest", "兴趣点").then(&bracketed(&known("poi_group", group))));
    }
    if let Some(price) = key.strip_suffix("_cny") {
        return Some(Label::new(format!("Money at the price \"{price}\""), format!("价格“{price}”下的金额")));
    }
    if let Some(factor) = key.strip_prefix("effect_").and_then(|k| k.strip_suffix("_t")) {
        let Label { en, zh } = listed("factor", factor)?;
        return Some(Label::new(format!("Effect: {en}"), format!("影响：{zh}")));
    }
    for (begin, en, zh) in [("gdp_from_", "GDP before", "期初 GDP"), ("gdp_to_", "GDP after", "期末 GDP")]
    {
        if key.starts_with(begin) {
            return Some(Label::new(en, zh));
        }
    }
    let (index, rest) = key.split_once("_level")?;
    let (probability, index) = index.strip_prefix("p_").map_or((false, index), |index| (true, index));
    let index = index.to_uppercase();
    let (en, zh) = (format!("{index} level"), format!("{index} 等级"));
    Some(match rest {
        "" => Label::new(en, zh),
        "_confidence" => Label::new(format!("Probability of the {en}"), format!("{zh}可信度（概率）")),
        "_confidence_class" => Label::new(format!("How sure: {en}"), format!("{zh}可信度等级")),
        "_confidence_driver" => {
            Label::new(format!("What could change the {en}"), format!("{zh}的主要不确定性来源"))
        }
        level if probability => {
            let level = level.trim_start_matches('_');
            let in_zh = match level {
                "low" => "低",
                "mid" => "中",
                "high" => "高",
                other => other,
            };
            Label::new(format!("Probability: {en} {level}"), format!("概率：{zh}为{in_zh}"))
        }
        _ => return None,
    })
}

/// What makes a unit a source or a sink: the key of `balance_state`.
pub fn balance_state(key: &str) -> Label {
    known("balance_state", key)
}

/// Unit of a field, empty if none.
pub fn field_unit(key: &str) -> Label {
    if let Some(unit) = MoneyUnit::of_field(key) {
        let (en, zh) = (unit.en(), unit.zh());
        return match money::without_unit(key) {
            money::GDP => Label::new(en, zh),
            _ => Label::new(format!("t CO₂e/{en}"), format!("t CO₂e/{zh}")),
        };
    }
    match quantile(key).map_or(key, |(stem, _)| stem) {
        "gross_t_km2" | "net_t_km2" | "net_t_km2_covered" => Label::same("t CO₂e/km²"),
        k if k.ends_with("_t_ha") => Label::new("t CO₂e/ha", "t CO₂e/公顷"),
        "gross_t_per_person" => Label::new("t CO₂e/person", "t CO₂e/人"),
        "population_persons" => Label::new("persons", "人"),
        "cny_per_t" => Label::new("CNY/t", "元/吨"),
        k if k == "cny" || k.ends_with("_cny") => Label::new("CNY", "元"),
        k if k.ends_with("_deg") => Label::same("°"),
        k if k.ends_with("_m") => Label::same("m"),
        k if k.ends_with("_ha") => Label::new("ha", "公顷"),
        k if k.ends_with("_pct") => Label::same("%"),
        k if k.ends_with("_m2") => Label::same("m²"),
        k if k.ends_with("_t") => Label::same("t CO₂e"),
        _ => Label::default(),
    }
}

/// How sure a class is: the key of `confidence_class`.
pub fn safety(key: &str) -> Label {
    known("safety", key)
}

/// The map of the classes and how sure they are: title.
pub fn how_sure(study: &str) -> Label {
    let what = zone_classes(study);
    Label::new(format!("{} and their probability", what.en), format!("{}及其概率", what.zh))
}

/// The map of the classes and how sure they are: legend heading.
pub fn how_sure_legend(study: &str) -> Label {
    let what = zone_heading(study);
    Label::new(format!("{} and its probability", what.en), format!("{}及其概率", what.zh))
}

/// What makes the emissions of a unit change under a plan.
pub fn effect(key: &str) -> Label {
    known("effect", key)
}

/// A group of reasons that a class could be another: the key of `confidence_driver`.
pub fn driver(key: &str) -> Label {
    known("driver", key)
}

/// What the classes of `zone` are called in a study: legend heading.
pub fn zone_heading(study: &str) -> Label {
    match study {
        "raster_series" => Label::new("Carbon imbalance risk (own definition)", "碳失衡风险（本软件定义）"),
        _ => Label::new("Carbon balance zone", "碳平衡分区"),
    }
}

/// The classes of `zone` all together: titles.
pub fn zone_classes(study: &str) -> Label {
    match study {
        "raster_series" => zone_heading(study),
        _ => Label::new("Carbon balance zones", "碳平衡分区"),
    }
}

/// One class of `zone`.
pub fn zone_class(study: &str) -> Label {
    match study {
        "raster_series" => Label::new("risk class", "风险等级"),
        _ => Label::new("zone class", "类分区"),
    }
}

/// True if emissions are placed on kinds of land; studies of counties book by year instead.
pub fn has_land_groups(study: &str) -> bool {
    !matches!(study, "counties" | "raster_series")
}

/// What the zones of a city can be; `units` for anything else.
pub const KINDS: [&str; 15] = [
    "townships",
    "counties",
    "districts",
    "subdistricts",
    "cities",
    "prefectures",
    "provinces",
    "municipalities",
    "communes",
    "communities",
    "neighborhoods",
    "wards",
    "villages",
    "regions",
    "units",
];

/// One unit of the zone layer.
pub fn zone_word(layer: &str) -> Label {
    // The Chinese word of a kind is the same kind.
    let by_chinese = || KINDS.iter().map(|kind| zone_word(kind)).find(|word| word.zh == layer);
    listed("zone", layer)
        .or_else(|| if layer.is_ascii() { None } else { by_chinese() })
        .unwrap_or_else(|| Label::new("zone", "单元"))
}

/// True for a kind of zones that has words in both languages: one of [`KINDS`], or its Chinese word.
pub fn is_kind(layer: &str) -> bool {
    KINDS.contains(&layer) || zone_word(layer).zh == layer
}

/// The zone layer as a whole.
pub fn zones_plural(layer: &str) -> Label {
    let one = zone_word(layer);
    let en = plural(&one.en);
    let mut chars = en.chars();
    let capital = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    Label { en: capital + chars.as_str(), zh: one.zh }
}

/// English plural of a unit word.
pub fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{word}s"),
    }
}

/// A unit word in the plural, in both languages.
pub fn plural_label(word: &Label) -> Label {
    Label { en: plural(&word.en), zh: word.zh.clone() }
}

/// The grid as a layer: `1 km grid`.
pub fn grid_title(grid: Option<&GridSpec>) -> Label {
    let size = cell_size(grid);
    Label { en: format!("{size} grid").trim().to_owned(), zh: format!("{size} 网格").trim().to_owned() }
}

/// One grid cell: `1 km cell`.
pub fn cell_word(grid: Option<&GridSpec>) -> Label {
    let size = cell_size(grid);
    Label { en: format!("{size} cell").trim().to_owned(), zh: format!("{size}网格").trim().to_owned() }
}

fn cell_size(grid: Option<&GridSpec>) -> String {
    match grid.map(|g| g.cell) {
        Some(c) if c >= 1000.0 => format!("{} km", c / 1000.0),
        Some(c) => format!("{c} m"),
        None => String::new(),
    }
}

/// Tonnes as counted on a layer.
pub fn tonnes_per_unit(kind: MapLayerKind) -> Label {
    match kind {
        MapLayerKind::Parcels => Label::new("t CO₂e per parcel", "t CO₂e/地块"),
        MapLayerKind::Grid => Label::new("t CO₂e per cell", "t CO₂e/网格"),
        MapLayerKind::Zones => Label::new("t CO₂e", "t CO₂e"),
    }
}

/// A year in words: `2020`, `2020年`; empty without one.
pub(crate) fn year(year: Option<i32>) -> Label {
    year.map_or_else(Label::default, |y| Label::new(y.to_string(), format!("{y}年")))
}

/// The one CCR of a city.
pub fn city_ccr() -> Label {
    Label::new("CCR of the city (sinks / gross)", "全市碳补偿率 CCR")
}

/// The ratio by which a raster series judges.
pub fn source_sink_ratio() -> Label {
    Label::new("Source/sink ratio (energy / absorption)", "碳源汇比（能源排放 ÷ 吸收）")
}

/// In brackets, after a word.
pub fn bracketed(text: &Label) -> Label {
    Label { en: format!(" ({})", text.en), zh: format!("（{}）", text.zh) }
}

/// What a zoning over several years rests on.
pub fn mean_of_years() -> Label {
    Label::new("mean over the years", "多年均值")
}

pub(crate) fn place_suffix_en(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(", {place}") }
}

/// The word of a list; a key that is not listed as it stands in the data.
fn known(list: &str, key: &str) -> Label {
    listed(list, key).unwrap_or_else(|| Label::same(spaced(key)))
}

fn spaced(key: &str) -> String {
    key.replace('_', " ")
}

/// Says on every figure and page what its numbers are not.
pub fn data_label(label: DataLabel) -> Label {
    let badge = label.badge();
    Label::new(badge.en, badge.zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_shown_as_they_stand() {
        assert_eq!(sector("peat_land").en, "peat land");
        assert_eq!(land_group("peat").zh, "peat");
        assert_eq!(field("industry_t").en, "Industry");
    }

    #[test]
    fn grids_are_named_by_their_cell() {
        let g = GridSpec { x_min: 0.0, y_max: 0.0, cell: 500.0, cols: 1, rows: 1 };
        assert_eq!(grid_title(Some(&g)).en, "500 m grid");
        assert_eq!(grid_title(None).en, "grid");
        assert_eq!(plural("county"), "counties");
    }
}
