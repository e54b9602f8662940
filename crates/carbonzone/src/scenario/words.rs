//! The words of scenarios in both languages.

use super::config::Scenario;
use super::project::STEPS;
use carbonzone_types::Statement;

/// What every table says of new land.
pub const ASSUMED: &str = "New land takes the base run's tonnes per hectare of its space type and district";
/// The same in Chinese.
pub const ASSUMED_ZH: &str = "新增用地采用基准情景中同类用地、同一区县的单位面积排放";

/// Title of a scenario.
pub fn title(name: &str, scenario: &Scenario) -> Statement {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let en = or(&scenario.title_en, name);
    Statement::new(en.clone(), or(&scenario.title_zh, &en))
}

/// A step of the waterfall.
pub fn step(key: &str) -> Statement {
    let words = [
        ("Land that carries emissions", "排放用地面积"),
        ("Structure of that land", "用地结构"),
        ("Tonnes per hectare of new land", "新增用地单位面积排放"),
        ("Activity", "活动水平"),
        ("Intensity", "能耗强度"),
        ("Emission factors", "排放因子"),
        ("Sinks", "碳汇"),
    ];
    let at = STEPS.iter().position(|s| *s == key);
    at.map_or_else(|| Statement::new(key, key), |at| Statement::new(words[at].0, words[at].1))
}

/// What a scenario rests on, in one sentence.
pub fn assumes(scenario: &Scenario) -> Statement {
    let source = &scenario.source;
    Statement::new(
        format!(
            "{ASSUMED}; what stays keeps its tonnes; land changes in a straight line until {}; {source}",
            scenario.year
        ),
        format!("{ASSUMED_ZH}；未变用地保持原排放；至 {} 年用地按直线变化；{source}", scenario.year),
    )
}
