//! The field's words in both languages. Anything not listed is shown as it stands in the data.

mod tested;

pub use tested::{
    OTHER_LIKELIER, TESTED, TESTED_GROSS, and_its_probability, borderline, how_sure_plot, how_sure_tested,
    safety_range,
};

use crate::Label;
use crate::field_words::of_tables;
use crate::style::MapLayerKind;
use carbonzone_types::{DataLabel, GridSpec, MoneyUnit, money};

/// Sector name, `sink` included.
#[must_use]
pub fn sector(key: &str) -> Label {
    let (en, zh) = match key {
        "industry" => ("Industry", "工业"),
        "construction" => ("Buildings", "建筑"),
        "transport" => ("Transport", "交通"),
        "agriculture" => ("Agriculture", "农业"),
        "waste" => ("Waste", "废弃物"),
        "sink" => ("Carbon sink", "碳汇"),
        "respiration" => ("Human respiration", "人口呼吸"),
        "energy" => ("Energy use", "能源消费"),
        "land" => ("Land use (net source)", "土地利用（净源）"),
        _ => return Label::same(spaced(key)),
    };
    Label::new(en, zh)
}

/// What a series over years amounts to: its trajectory, the class of its trend, its history as a hot spot.
#[must_use]
pub fn kind(key: &str) -> Label {
    let (en, zh) = match key {
        "stable_surplus" => ("surplus in every year", "逐年盈余"),
        "stable_neutral" => ("neutral in every year", "逐年中和"),
        "stable_deficit" => ("deficit in every year", "逐年赤字"),
        "improving" => ("towards surplus", "转向盈余"),
        "worsening" => ("towards deficit", "转向赤字"),
        "surplus_neutral_deficit" => ("surplus, neutral, deficit", "盈余—中和—赤字"),
        "oscillating" => ("both ways", "往复变化"),
        "very_significant_decrease" => ("very significant decrease", "极显著下降"),
        "significant_decrease" => ("significant decrease", "显著下降"),
        "not_significant" => ("not significant", "不显著"),
        "significant_increase" => ("significant increase", "显著上升"),
        "very_significant_increase" => ("very significant increase", "极显著上升"),
        "persistent_hot" => ("hot in every window", "持续热点"),
        "new_hot" => ("hot in the last window only", "新增热点"),
        "recurring_hot" => ("hot with gaps", "间歇热点"),
        "former_hot" => ("hot earlier", "历史热点"),
        "none" => ("never hot or cold", "从未为冷热点"),
        "former_cold" => ("cold earlier", "历史冷点"),
        "recurring_cold" => ("cold with gaps", "间歇冷点"),
        "new_cold" => ("cold in the last window only", "新增冷点"),
        "persistent_cold" => ("cold in every window", "持续冷点"),
        "mixed" => ("hot in some, cold in others", "冷热交替"),
        _ => return Label::same(spaced(key)),
    };
    Label::new(en, zh)
}

/// What carries a budget in a study without rules of its own.
#[must_use]
pub fn carrier(key: &str) -> Label {
    match key {
        "people" | "population" => Label::new("people", "人口"),
        "energy" => Label::new("energy use", "能源消费"),
        "land_cover" => Label::new("land cover", "土地覆盖"),
        "light" => Label::new("night light", "夜间灯光"),
        "npp" => Label::new("net primary production", "净初级生产力"),
        "area" => Label::new("area", "面积"),
        "road" => Label::new("roads", "道路"),
        "sink_area" => Label::new("area × sink coefficient", "面积 × 碳汇系数"),
        "poi" => Label::same("POI"),
        _ => Label::same(key),
    }
}

/// Space type (land group) name.
#[must_use]
pub fn land_group(key: &str) -> Label {
    let (en, zh) = match key {
        "cultivated" => ("Cultivated land", "耕地"),
        "cultivated_garden" => ("Cultivated and garden land", "耕地和园地"),
        "forest" => ("Forest", "林地"),
        "grassland" => ("Grassland", "草地"),
        "commercial" => ("Commercial land", "商业服务业用地"),
        "industrial" => ("Industrial land", "工业用地"),
        "mining" => ("Mining land", "采矿用地"),
        "urban_residential" => ("Urban residential land", "城镇住宅用地"),
        "rural_homestead" => ("Rural homesteads", "农村宅基地"),
        "admin_public" => ("Public administration and services", "公共管理与公共服务用地"),
        "park" => ("Parks and green space", "公园与绿地"),
        "municipal_utilities" => ("Municipal utilities", "公用设施用地"),
        "transport" => ("Transport land", "交通运输用地"),
        "road" | "transport_road" => ("Roads", "公路与道路用地"),
        "rail" | "railway" | "transport_rail" => ("Railways", "铁路用地"),
        "port" | "transport_water" => ("Ports", "港口码头用地"),
        "airport" | "transport_air" => ("Airports", "机场用地"),
        "water" => ("Water", "水域"),
        "wetland" => ("Wetland", "湿地"),
        "facility_agri" => ("Agricultural facilities", "设施农用地"),
        "unused" => ("Unused land", "未利用地"),
        "built_up" => ("Built-up land", "建设用地"),
        "special" => ("Special-use land", "特殊用地"),
        "transport_other" => ("Other transport land", "其他交通运输用地"),
        "forest_grassland_water" => ("Forest, grassland and water", "林地、草地和水域"),
        _ => return Label::same(spaced(key)),
    };
    Label::new(en, zh)
}

/// Fields of docs/pipeline.md, "Fields", as readers know them.
#[must_use]
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
    let (en, zh) = match money::without_unit(key) {
        "gross_t_km2" => ("Emission intensity", "碳排放强度"),
        "net_t_km2" => ("Net emission intensity", "净碳排放强度"),
        "net_t_km2_covered" => ("Net emission per covered area", "按有地块面积的净碳排放强度"),
        "net_t_ha" => ("Net emission per hectare", "单位面积净碳排放"),
        "gross_t_per_person" => ("Emission per person", "人均碳排放"),
        money::PER_GDP => ("Emission per GDP", "单位GDP碳排放"),
        "population_persons" => ("Population", "人口"),
        money::GDP => ("GDP", "地区生产总值"),
        "area_m2" => ("Area", "面积"),
        "compensation_cny" => ("Compensation", "碳补偿金额"),
        "compensation_sign_p" => ("Probability that it pays or receives as shown", "支付或受偿角色的概率"),
        "balance_state" => ("Source, balanced or sink", "源汇状态"),
        "zone" => ("Zone class", "分区类型"),
        "zone_of_mean" => ("Zone class by the mean over the years", "分区类型（多年均值）"),
        "zone_id" => ("Code of the zone class", "分区代码"),
        "zone_en" => ("Zone class in English", "分区名称（英文）"),
        "zone_zh" => ("Zone class in Chinese", "分区名称（中文）"),
        "zone_color" => ("Colour of the zone class", "分区颜色"),
        "unit_id" => ("Identifier", "编号"),
        "name" => ("Name", "名称"),
        "name_en" => ("English name", "英文名称"),
        "district" => ("County-level unit", "所属区县"),
        "district_en" => ("County-level unit in English", "所属区县（英文）"),
        "area_ellipsoidal_m2" => ("Area on the ellipsoid", "椭球面积"),
        "area_planar_m2" => ("Area in the projection", "投影面积"),
        "gdp_derived" => ("GDP is derived", "GDP为推算值"),
        "borderline" => ("Borderline", "临界"),
        "synthetic" => ("Synthetic", "合成数据"),
        "illustrative" => ("Illustrative", "示例数据"),
        "zone_modal" => ("Class of most draws", "出现最多的分区"),
        "zone_confidence" => ("Probability of the class", "分区可信度（概率）"),
        "confidence_class" => ("How sure", "可信度等级"),
        "confidence_driver" => ("What could change the class", "主要不确定性来源"),
        "cluster" => ("Cluster", "空间聚类"),
        "local_moran" => ("Local Moran's I", "局部莫兰指数"),
        "local_moran_q" => ("Local Moran's I, q", "局部莫兰指数 q 值"),
        "hot_spot" => ("Hot or cold spot", "冷热点"),
        "gi_star" => ("Gi* (z)", "Gi*（z 值）"),
        "gi_star_q" => ("Gi*, q", "Gi* q 值"),
        _ => {
            let listed = of_tables(key).map(|(en, zh)| Label::new(en, zh));
            return listed.or_else(|| composed(key)).unwrap_or_else(|| Label::same(spaced(key)));
        }
    };
    Label::new(en, zh)
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
        return Some(Label::new("Points of interest", "兴趣点").then(&bracketed(&poi_group(group))));
    }
    if let Some(price) = key.strip_suffix("_cny") {
        return Some(Label::new(format!("Money at the price \"{price}\""), format!("价格“{price}”下的金额")));
    }
    if let Some(factor) = key.strip_prefix("effect_").and_then(|k| k.strip_suffix("_t")) {
        let (en, zh) = match factor {
            "people" => ("people", "人口"),
            "gdp_per_person" => ("GDP per person", "人均 GDP"),
            "intensity" => ("intensity", "强度"),
            "structure" => ("structure of the sectors", "部门结构"),
            "land" => ("land", "用地"),
            "activity" => ("activity", "活动水平"),
            "factor" => ("emission factor", "排放因子"),
            "sinks" => ("sinks", "碳汇"),
            _ => return None,
        };
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

/// A group of points of interest.
fn poi_group(key: &str) -> Label {
    let (en, zh) = match key {
        "industry" => ("industry", "工业"),
        "commercial" => ("trade and services", "商业服务"),
        "public" => ("public services", "公共服务"),
        "traffic" => ("traffic", "交通"),
        "residential" => ("homes", "住宅"),
        "agriculture" => ("agriculture", "农业"),
        "scenic" => ("parks and sights", "公园与景点"),
        other => return Label::same(spaced(other)),
    };
    Label::new(en, zh)
}

/// What makes a unit a source or a sink: the key of `balance_state`.
#[must_use]
pub fn balance_state(key: &str) -> Label {
    match key {
        "source" => Label::new("source", "碳源"),
        "balanced" => Label::new("balanced", "平衡"),
        "sink" => Label::new("sink", "碳汇"),
        other => Label::same(spaced(other)),
    }
}

/// Unit of a field, empty if none.
#[must_use]
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
#[must_use]
pub fn safety(key: &str) -> Label {
    match key {
        "safe" => Label::new("safe", "确定"),
        "likely" => Label::new("likely", "较可能"),
        "toss_up" => Label::new("toss-up", "难以判断"),
        OTHER_LIKELIER => Label::new("another class is likelier", "其他分区更可能"),
        other => Label::same(spaced(other)),
    }
}

/// The map of the classes and how sure they are: title.
#[must_use]
pub fn how_sure(study: &str) -> Label {
    let what = zone_classes(study);
    Label::new(format!("{} and their probability", what.en), format!("{}及其概率", what.zh))
}

/// The map of the classes and how sure they are: legend heading.
#[must_use]
pub fn how_sure_legend(study: &str) -> Label {
    let what = zone_heading(study);
    Label::new(format!("{} and its probability", what.en), format!("{}及其概率", what.zh))
}

/// What makes the emissions of a unit change under a plan.
#[must_use]
pub fn effect(key: &str) -> Label {
    match key {
        "land" => Label::new("Land that changes its use", "用地变化"),
        "activity" => Label::new("Activity", "活动水平"),
        "intensity" => Label::new("Intensity", "能耗强度"),
        "factor" => Label::new("Emission factors", "排放因子"),
        "sinks" => Label::new("Sinks", "碳汇"),
        _ => Label::same(spaced(key)),
    }
}

/// A group of reasons that a class could be another: the key of `confidence_driver`.
#[must_use]
pub fn driver(key: &str) -> Label {
    match key {
        "activity" => Label::new("activity data and totals", "活动数据与总量"),
        "factors" => Label::new("emission factors and coefficients", "排放因子与系数"),
        "proxies" => Label::new("how the proxies share out the budgets", "代理变量的空间分配"),
        "gdp" => Label::new("GDP", "GDP"),
        "choices" => Label::new("choice of sets and methods", "数据集与方法的选择"),
        other => Label::same(spaced(other)),
    }
}

/// What the classes of `zone` are called in a study: legend heading.
#[must_use]
pub fn zone_heading(study: &str) -> Label {
    match study {
        "raster_series" => Label::new("Carbon imbalance risk (own definition)", "碳失衡风险（本软件定义）"),
        _ => Label::new("Carbon balance zone", "碳平衡分区"),
    }
}

/// The classes of `zone` all together: titles.
#[must_use]
pub fn zone_classes(study: &str) -> Label {
    match study {
        "raster_series" => zone_heading(study),
        _ => Label::new("Carbon balance zones", "碳平衡分区"),
    }
}

/// One class of `zone`.
#[must_use]
pub fn zone_class(study: &str) -> Label {
    match study {
        "raster_series" => Label::new("risk class", "风险等级"),
        _ => Label::new("zone class", "类分区"),
    }
}

/// True if emissions are placed on kinds of land; studies of counties book by year instead.
#[must_use]
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
#[must_use]
pub fn zone_word(layer: &str) -> Label {
    match layer {
        "townships" => Label::new("township", "乡镇（街道）"),
        "counties" => Label::new("county", "区县"),
        "districts" => Label::new("district", "区县"),
        "cities" | "prefectures" => Label::new("prefecture", "地市"),
        "communities" => Label::new("community", "社区（村）"),
        "subdistricts" => Label::new("subdistrict", "街道"),
        "provinces" => Label::new("province", "省"),
        "municipalities" => Label::new("municipality", "市镇"),
        "communes" => Label::new("commune", "市镇"),
        "neighborhoods" => Label::new("neighborhood", "街区"),
        "wards" => Label::new("ward", "选区"),
        "villages" => Label::new("village", "村"),
        "regions" => Label::new("region", "地区"),
        "units" => Label::new("unit", "单元"),
        // The Chinese word of a kind is the same kind.
        _ if layer.is_ascii() => Label::new("zone", "单元"),
        _ => {
            let words = KINDS.iter().map(|kind| zone_word(kind));
            words.into_iter().find(|word| word.zh == layer).unwrap_or_else(|| Label::new("zone", "单元"))
        }
    }
}

/// True for a kind of zones that has words in both languages: one of [`KINDS`], or its Chinese word.
#[must_use]
pub fn is_kind(layer: &str) -> bool {
    KINDS.contains(&layer) || zone_word(layer).zh == layer
}

/// The zone layer as a whole.
#[must_use]
pub fn zones_plural(layer: &str) -> Label {
    let one = zone_word(layer);
    let en = plural(&one.en);
    let mut chars = en.chars();
    let capital = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    Label { en: capital + chars.as_str(), zh: one.zh }
}

/// English plural of a unit word.
#[must_use]
pub fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{word}s"),
    }
}

/// A unit word in the plural, in both languages.
#[must_use]
pub fn plural_label(word: &Label) -> Label {
    Label { en: plural(&word.en), zh: word.zh.clone() }
}

/// The grid as a layer: `1 km grid`.
#[must_use]
pub fn grid_title(grid: Option<&GridSpec>) -> Label {
    let size = cell_size(grid);
    Label { en: format!("{size} grid").trim().to_owned(), zh: format!("{size} 网格").trim().to_owned() }
}

/// One grid cell: `1 km cell`.
#[must_use]
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
#[must_use]
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
#[must_use]
pub fn city_ccr() -> Label {
    Label::new("CCR of the city (sinks / gross)", "全市碳补偿率 CCR")
}

/// The ratio by which a raster series judges.
#[must_use]
pub fn source_sink_ratio() -> Label {
    Label::new("Source/sink ratio (energy / absorption)", "碳源汇比（能源排放 ÷ 吸收）")
}

/// In brackets, after a word.
#[must_use]
pub fn bracketed(text: &Label) -> Label {
    Label { en: format!(" ({})", text.en), zh: format!("（{}）", text.zh) }
}

/// What a zoning over several years rests on.
#[must_use]
pub fn mean_of_years() -> Label {
    Label::new("mean over the years", "多年均值")
}

pub(crate) fn place_suffix_en(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(", {place}") }
}

fn spaced(key: &str) -> String {
    key.replace('_', " ")
}

/// Says on every figure and page what its numbers are not.
#[must_use]
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
