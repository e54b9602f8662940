//! The words of scenarios in both languages.

use super::config::Scenario;
use super::project::STEPS;
use carbonzone_report::Label;
use carbonzone_types::Statement;

/// What every table says of new land.
pub const ASSUMED: &str =
    "New land starts from the base run's tonnes per hectare of its space type and district";
/// The same in Chinese.
pub const ASSUMED_ZH: &str = "新增用地以基准情景中同类用地、同一区县的单位面积排放为起点";

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

/// Where the numbers of a scenario come from, as the end of the remark below a figure.
pub fn source_of(scenario: &Scenario) -> Label {
    let source = &scenario.source;
    Label::new(format!(". Numbers of the plan: {source}."), format!("。规划数字：{source}。"))
}

/// What every scenario of that year rests on.
pub fn common(scenario: &Scenario) -> Statement {
    let year = scenario.year;
    Statement::new(
        format!(
            "{ASSUMED}; land that keeps its use starts from its own tonnes; both are then multiplied by what the scenario says of activity × \
             intensity × emission factor; land changes in a straight line until {year}"
        ),
        format!(
            "{ASSUMED_ZH}；用途不变的用地以自身排放为起点；二者再乘以情景给定的活动水平×能耗强度×排放因子的倍数；至 {year} 年用地按直线变化"
        ),
    )
}

/// What a scenario rests on, with its source, in one sentence.
pub fn assumes(scenario: &Scenario) -> Statement {
    let (common, source) = (common(scenario), &scenario.source);
    Statement::new(format!("{}; {source}", common.en), format!("{}；{source}", common.zh))
}

/// What a table of plans adds to its note: where the plans come from.
pub fn rests_on<'a>(all: impl Iterator<Item = (&'a str, &'a Scenario)>) -> Label {
    let source = |(name, scenario): (&str, &Scenario)| {
        let named = title(name, scenario);
        (format!("{}: {}", named.en, scenario.source), format!("{}：{}", named.zh, scenario.source))
    };
    let (en, zh): (Vec<String>, Vec<String>) = all.map(source).unzip();
    Label::new(
        format!(" It rests on what the plans assume ({}).", en.join("; ")),
        format!("以各情景的假设为前提（{}）。", zh.join("；")),
    )
}

/// What several scenarios rest on: what they share once, then the source of each.
pub fn assumes_all<'a>(all: impl Iterator<Item = (&'a str, &'a Scenario)> + Clone) -> Vec<Statement> {
    let mut out: Vec<Statement> = Vec::new();
    for said in all.clone().map(|(_, s)| common(s)) {
        if !out.contains(&said) {
            out.push(said);
        }
    }
    let source = |(name, scenario): (&str, &Scenario)| {
        let (named, source) = (title(name, scenario), &scenario.source);
        Statement::new(
            format!("Scenario \"{}\": {source}", named.en),
            format!("情景“{}”：{source}", named.zh),
        )
    };
    out.extend(all.map(source));
    out
}
