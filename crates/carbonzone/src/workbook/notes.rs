//! What every field of the units means, how it is shown, and where the numbers come from.

use super::Book;
use carbonzone_report::{Label, words};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData, IndicatorRecord, RunManifest, money};
use carbonzone_zoning::meaning::BALANCE_STATE;

/// How Excel shows a field; the stored values keep all their digits.
pub(super) fn number_format(field: &str) -> &'static str {
    match money::without_unit(quantile(field).map_or(field, |(stem, _)| stem)) {
        "zone_confidence" | "compensation_sign_p" => "0.0%",
        "compensation_cny" => "#,##0.00",
        f if f.starts_with("p_") => "0.0%",
        "ccr" => "0.00%",
        "year" | "zone_id" | "gdp_derived" => "",
        "population_persons" | money::GDP | "units" => "#,##0",
        f if f.ends_with("_pct") => "0.00",
        f if f.ends_with("_t_km2") || f.contains("_per_") => "#,##0.00",
        f if f.ends_with("_m2") => "#,##0",
        f if f.ends_with("_t") => "#,##0.0",
        // Indices and margins; text columns take no notice.
        _ => "0.000",
    }
}

/// A column of quantiles: its quantity and the share of the draws below.
fn quantile(field: &str) -> Option<(&str, &'static str)> {
    let shares = [("_p05", "5"), ("_p50", "50"), ("_p95", "95")];
    shares.into_iter().find_map(|(suffix, share)| Some((field.strip_suffix(suffix)?, share)))
}

/// True for quantiles and probabilities of the draws.
pub(super) fn is_of_draws(field: &str) -> bool {
    quantile(field).is_some() || field.starts_with("p_") || field == "zone_modal"
}

/// Unit of a field in brackets behind its words.
pub(super) fn unit_of(field: &str) -> Label {
    match number_format(field) {
        format if format.ends_with('%') => Label::same("%"),
        _ => words::field_unit(field),
    }
}

/// Provenance above, the fields below.
pub(super) fn sheet(book: &Book<'_>, table: &AttributeTable) -> OutSheet {
    let manifest = book.record;
    let years: Vec<String> = manifest.years.iter().map(ToString::to_string).collect();
    let say = |en: &str, zh: &str| Label::new(en, zh).text(book.lang);
    let mut lines = vec![say(&manifest.title_en, &manifest.title_zh)];
    lines.extend(manifest.data_label().map(carbonzone_types::DataLabel::sentence).map(|s| say(&s.en, &s.zh)));
    lines.push(format!("{}: {}", say("Year", "年份"), years.join(", ")));
    lines.push(format!("{}: {}", say("Source", "数据来源"), manifest.source_note));
    lines.push(format!("{}: {}", say("Areas and geometry", "坐标系"), manifest.crs));
    lines.push(say(
        "Tonnes (t) are tonnes of CO2 equivalent per year; sinks are written as positive amounts; \
         net = gross − sink. Empty cells are unknown or undefined. Numbers keep all digits: formats only round what \
         is shown.",
        "吨（t）均为每年二氧化碳当量吨数；碳汇写为正数；净排放 = 总排放 − 碳汇。空单元格为未知或无定义。数值保留全部位数，格式只影响显示。",
    ));
    lines.push(say(
        "Sheets of tables have words in the first row and the field names of the other files in the second; rows of totals stand \
         below the units: sums, and for ratios and indices the value of all units together. A column with an unknown value has no \
         total.",
        "各表第一行为名称，第二行为其他文件中的字段名；单元下方为合计行：数量为总和，比值和指数为全体的值。含未知值的列不计合计。",
    ));
    lines.extend(manifest.statements.iter().map(|s| say(&s.en, &s.zh)));
    lines.push(format!(
        "carbonzone {} ({}){}",
        manifest.version,
        manifest.commit,
        say(
            "; inputs with checksums, parameters and the mass balance: run.json, ledger.csv",
            "；输入及其校验和、参数与质量平衡：run.json、ledger.csv"
        )
    ));
    lines.push(String::new());
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    let each = |f: &dyn Fn(&str) -> String| ColumnData::Text(names.iter().map(|n| Some(f(n))).collect());
    let label = |n: &str| label_of(manifest, n);
    let fields = AttributeTable::new()
        .with("field", each(&|n| n.to_owned()))
        .with("english", each(&|n| label(n).en))
        .with("中文", each(&|n| label(n).zh))
        .with("unit", each(&|n| words::field_unit(n).text(book.lang)))
        .with(
            "meaning",
            each(&|n| indicator(manifest, n).map_or_else(|| meaning(n).to_owned(), |i| i.meaning.en.clone())),
        )
        .with(
            "含义",
            each(&|n| {
                indicator(manifest, n).map_or_else(|| meaning_zh(n).to_owned(), |i| i.meaning.zh.clone())
            }),
        );
    OutSheet::new("notes", book.in_language(fields)).with_preamble(lines)
}

/// Name of a field: of an index or of the probability of a class as the run calls it, else the usual one.
pub(super) fn label_of(manifest: &RunManifest, field: &str) -> Label {
    if let Some(i) = indicator(manifest, field) {
        return Label::new(i.label_en.clone(), i.label_zh.clone());
    }
    if let Some((stem, share)) = quantile(field).filter(|(stem, _)| indicator(manifest, stem).is_some()) {
        let of = Label::new(format!(", {share} % quantile"), format!(" {share} % 分位数"));
        return label_of(manifest, stem).then(&of);
    }
    if let Some(stem) = field.strip_suffix("_of_mean").filter(|stem| stem.starts_with("p_")) {
        let mean = Label::new(" (mean over the years)", "（多年均值）");
        return label_of(manifest, stem).then(&mean);
    }
    let class = field.strip_prefix("p_").and_then(|key| manifest.zone_classes.iter().find(|c| c.key == key));
    class.map_or_else(
        || words::field(field),
        |c| Label::new(format!("Probability: {}", c.label_en), format!("概率：{}", c.label_zh)),
    )
}

fn indicator<'a>(manifest: &'a RunManifest, key: &str) -> Option<&'a IndicatorRecord> {
    manifest.indicators.iter().find(|i| i.key == key)
}

/// What a field holds and how it is computed (docs/method.md).
fn meaning(field: &str) -> &'static str {
    match money::without_unit(field) {
        "unit_id" => "identifier of the unit",
        "name" => "name",
        "name_en" => "name in Latin letters",
        "district" => "county-level unit it belongs to",
        "district_en" => "the same in Latin letters",
        "area_m2" => "area on which densities are based",
        "area_ellipsoidal_m2" => "area on the ellipsoid",
        "area_planar_m2" => "area in the plane of the projection",
        "population_persons" => "residents",
        money::GDP => "gross domestic product",
        "gdp_derived" => "true: GDP was downscaled from a larger unit, not reported",
        "gross_t" => "sum of all emission sectors",
        "sink_t" => "carbon sink, positive",
        "net_t" => "gross_t − sink_t",
        "gross_t_km2" => "gross_t per area",
        "gross_t_per_person" => "gross_t per resident",
        money::PER_GDP => "gross_t per GDP",
        "balance_state" => BALANCE_STATE[0],
        "zone" => "class of the carbon balance zoning",
        "zone_id" => "code of the class, as in zones.tif",
        "zone_en" => "class in English",
        "zone_zh" => "class in Chinese",
        "zone_color" => "colour of the class on every map",
        "borderline" => "true: an index lies within the borderline of its threshold (5 % unless set)",
        "synthetic" => "true: not real data",
        "illustrative" => "true: real layers, totals or proxies are only examples",
        "zone_modal" => "class that most draws gave",
        "zone_confidence" => "share of the draws that gave the class printed",
        "confidence_class" => {
            "safe: probability of the class 95 % or more; likely: 75 % or more; toss_up: less; other_likelier: more draws gave the class in zone_modal"
        }
        "confidence_driver" => {
            "what moves the class most: activity, factors, proxies, gdp, choices; empty: no draw gave another class"
        }
        "compensation_t" => {
            "first model of [compensation]: above 0 it receives, below 0 it pays; arithmetic on shares within one city"
        }
        "compensation_cny" => "the same at the first price, to the fen",
        "compensation_sign_p" => "share of the draws in which it is on the same side",
        "cluster" => "local Moran's I: the unit and its neighbours against the mean, where significant",
        "local_moran" => "above 0: among units like it; below 0: among units unlike it",
        "local_moran_q" | "gi_star_q" => "smallest false discovery rate at which it is significant",
        "hot_spot" => "Gi*: a hot or cold spot at 99, 95 or 90 % confidence",
        "gi_star" => "z score of the sum over the unit and its neighbours",
        f if f.starts_with("p_") => "share of the draws that gave this class",
        f if quantile(f).is_some() => "quantile of the draws: that share of them lies below",
        f if f.ends_with("_margin") => "ln(index / threshold): 0 is on the threshold",
        f if f.ends_with("_t") => "emissions of the sector",
        _ => "",
    }
}

/// The same in Chinese.
fn meaning_zh(field: &str) -> &'static str {
    match money::without_unit(field) {
        "unit_id" => "单元编号",
        "name" => "名称",
        "name_en" => "拉丁字母名称",
        "district" => "所属区县",
        "district_en" => "所属区县的拉丁字母名称",
        "area_m2" => "计算密度所用面积",
        "area_ellipsoidal_m2" => "椭球面积",
        "area_planar_m2" => "投影平面面积",
        "population_persons" => "常住人口",
        money::GDP => "地区生产总值",
        "gdp_derived" => "true：GDP 由上级单元分摊推算，非统计值",
        "gross_t" => "各排放部门之和",
        "sink_t" => "碳汇，取正值",
        "net_t" => "gross_t − sink_t",
        "gross_t_km2" => "单位面积碳排放",
        "gross_t_per_person" => "人均碳排放",
        money::PER_GDP => "单位 GDP 碳排放",
        "balance_state" => BALANCE_STATE[1],
        "zone" => "碳平衡分区类型",
        "zone_id" => "分区代码，与 zones.tif 一致",
        "zone_en" => "分区名称（英文）",
        "zone_zh" => "分区名称（中文）",
        "zone_color" => "各图中该分区的颜色",
        "borderline" => "true：某一指数在阈值的临界范围内（默认 5 %）",
        "synthetic" => "true：合成数据，非真实",
        "illustrative" => "true：图层真实，总量或代理指标为示例",
        "zone_modal" => "抽样中出现最多的分区",
        "zone_confidence" => "给出本分区的抽样比例",
        "confidence_class" => {
            "safe 确定：概率 95 % 以上；likely 较可能：75 % 以上；toss_up 难以判断：低于 75 %；other_likelier：其他分区（见 zone_modal）更可能"
        }
        "confidence_driver" => {
            "对分区影响最大的来源：activity 活动数据，factors 因子，proxies 代理变量，gdp，choices 方法选择；空：所有抽样均为该分区"
        }
        "compensation_t" => "[compensation] 第一个模型：大于 0 受偿，小于 0 支付；仅为一市之内按份额的算术",
        "compensation_cny" => "按第一个价格计，精确到分",
        "compensation_sign_p" => "角色（支付或受偿）相同的抽样比例",
        "cluster" => "局部莫兰指数：本单元及其邻域相对均值的高低，仅列显著者",
        "local_moran" => "大于 0：与邻域相似；小于 0：与邻域相异",
        "local_moran_q" | "gi_star_q" => "判定为显著所需的最小错误发现率",
        "hot_spot" => "Gi*：置信度 99、95 或 90 % 的热点或冷点",
        "gi_star" => "本单元与邻域之和的 z 值",
        f if f.starts_with("p_") => "给出该分区的抽样比例",
        f if quantile(f).is_some() => "抽样分位数：低于该值的抽样比例",
        f if f.ends_with("_margin") => "ln（指数 ÷ 阈值）：0 即在阈值上",
        f if f.ends_with("_t") => "该部门碳排放",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_field_has_the_format_people_expect() {
        let formats = [
            ("ccr", "0.00%"),
            ("gross_t", "#,##0.0"),
            ("area_m2", "#,##0"),
            ("gross_t_km2", "#,##0.00"),
            ("gross_t_per_1e4cny", "#,##0.00"),
            ("gross_t_per_1e6usd", "#,##0.00"),
            ("gdp_1e6usd", "#,##0"),
            ("ecc", "0.000"),
            ("esc_margin", "0.000"),
            ("zone_id", ""),
            ("zone_confidence", "0.0%"),
            ("p_low_carbon", "0.0%"),
            ("ccr_p05", "0.00%"),
            ("gross_t_p95", "#,##0.0"),
            ("ecc_p50", "0.000"),
        ];
        for (field, format) in formats {
            assert_eq!(number_format(field), format, "{field}");
        }
    }
}
