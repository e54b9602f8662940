//! Words of how sure a class is, and how often they were right where the truth is known.

use crate::Label;
use crate::number::grouped;

/// Key where more draws gave another class than the one printed.
pub const OTHER_LIKELIER: &str = "other_likelier";

/// The probabilities behind a key of `confidence_class`.
pub fn safety_range(key: &str) -> Label {
    match key {
        "safe" => Label::same("≥ 95 %"),
        "likely" => Label::same("75–95 %"),
        "toss_up" => Label::same("< 75 %"),
        OTHER_LIKELIER => Label::new("beyond sampling error", "超出抽样误差"),
        _ => Label::default(),
    }
}

/// A number of units with the number by their likeliest class in brackets, where that is counted: `14 (35)`.
pub fn counted(printed: usize, likeliest: Option<usize>) -> String {
    likeliest.map_or_else(|| grouped(printed as f64, 0), |n| format!("{} ({n})", grouped(printed as f64, 0)))
}

/// What the number in brackets of [`counted`] is.
pub fn in_brackets() -> Label {
    Label::new("in brackets: by the class that most draws give", "括号内：按抽样中最可能的分区计数")
}

/// What is added to the name of a class whose probability is shown.
pub fn and_its_probability() -> Label {
    Label::new(" and its probability", "及其概率")
}

/// How often classes called safe and likely were the true ones where the truth is known, percent: what the run said and what
/// was so (`docs/validation.md`; a test compares the two).
pub const TESTED: [[f64; 2]; 2] = [[97.6, 95.1], [84.7, 73.3]];
/// Share of cases in which the 90 % interval of gross emissions held the truth there, percent.
pub const TESTED_GROSS: f64 = 84.7;

/// What the words safe and likely were worth where the truth is known; empty for studies for which nobody tried.
pub fn how_sure_tested(study: &str) -> Label {
    if study != "parcels" {
        return Label::default();
    }
    let [safe, likely] = TESTED;
    Label::new(
        format!(
            "In 100 synthetic cities with a known truth (docs/validation.md) {:.0} % of the classes called safe were the true one, \
             but only {:.0} % of those called likely, which were said to be right in {:.0} %; 90 % intervals of gross emissions held \
             the truth in {TESTED_GROSS:.0} % of cases. Read \"likely\" as three in four",
            safe[1], likely[1], likely[0]
        ),
        format!(
            "在 100 个真值已知的合成城市中（docs/validation.md）：“确定”者 {:.0} % 与真值一致；“较可能”者仅 {:.0} %（给出的概率平均为 {:.0} %）；\
             总排放的 90 % 区间在 {TESTED_GROSS:.0} % 的情形下包含真值。“较可能”宜理解为约四分之三",
            safe[1], likely[1], likely[0]
        ),
    )
}

/// The mark of zones near a threshold, in a legend: an index within so many percent of it.
pub fn borderline(pct: Option<f64>) -> Label {
    pct.map_or_else(
        || Label::new("borderline: index at threshold", "临界：指数接近阈值"),
        |pct| {
            Label::new(
                format!("borderline: index within {pct} % of a threshold"),
                format!("临界：指数距阈值 {pct} % 以内"),
            )
        },
    )
}

/// The plot of two indices with where their draws lie.
pub fn how_sure_plot() -> Label {
    Label::new("The two indices and where 90 % of the draws lie", "两项指数及 90 % 抽样的范围")
}
