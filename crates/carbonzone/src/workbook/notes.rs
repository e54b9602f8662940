//! What every field of the units means, how it is shown, and where the numbers come from.

use super::Book;
use carbonzone_report::{Label, words};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData, IndicatorRecord, RunManifest, money};
use carbonzone_zoning::meaning::BALANCE_STATE;
use std::collections::BTreeMap;
use std::sync::LazyLock;

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
    if !manifest.source_note.is_empty() {
        lines.push(format!("{}: {}", say("Source", "数据来源"), manifest.source_note));
    }
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
        .with("meaning", each(&|n| meaning(manifest, n).en))
        .with("含义", each(&|n| meaning(manifest, n).zh));
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

static MEANINGS: LazyLock<BTreeMap<String, [String; 2]>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/meanings.toml")).expect("a test reads the shipped file")
});

/// What a field holds and how it is computed.
fn meaning(manifest: &RunManifest, field: &str) -> Label {
    if let Some(index) = indicator(manifest, field) {
        return Label { en: index.meaning.en.clone(), zh: index.meaning.zh.clone() };
    }
    if let Some([en, zh]) = MEANINGS.get(money::without_unit(field)) {
        return Label::new(en, zh);
    }
    match field {
        "balance_state" => Label::new(BALANCE_STATE[0], BALANCE_STATE[1]),
        f if f.starts_with("p_") => {
            Label::new("share of the draws that gave this class", "给出该分区的抽样比例")
        }
        f if quantile(f).is_some() => Label::new(
            "quantile of the draws: that share of them lies below",
            "抽样分位数：低于该值的抽样比例",
        ),
        f if f.ends_with("_margin") => {
            Label::new("ln(index / threshold): 0 is on the threshold", "ln（指数 ÷ 阈值）：0 即在阈值上")
        }
        f if f.ends_with("_t") => Label::new("emissions of the sector", "该部门碳排放"),
        _ => Label::default(),
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

    #[test]
    fn every_meaning_is_said_in_both_languages() {
        let manifest = RunManifest::default();
        assert!(MEANINGS.values().flatten().all(|text| !text.is_empty()));
        for field in
            ["zone_confidence", "gdp_1e6usd", "balance_state", "ecc_margin", "waste_t", "ccr_p05", "p_x"]
        {
            let says = meaning(&manifest, field);
            assert!(!says.en.is_empty() && says.en != says.zh, "{field}");
        }
        assert_eq!(meaning(&manifest, "ecc"), Label::default());
    }
}
