//! Charts of the scenarios: the way to the plan's year, and what makes the difference.

use super::config::Scenario;
use super::project::{Projected, STEPS};
use super::words::{source_of, step, title};
use crate::studies::cells::{label, number};
use carbonzone_report::Label;
use carbonzone_report::style::{Figure, FigureContent, LineChart, Waterfall};
use carbonzone_types::T_PER_1E4_T;

/// Trajectory of gross emissions, and the waterfall.
pub fn charts(projected: &Projected, scenario: &Scenario) -> Vec<Figure> {
    vec![trajectory(projected, scenario), waterfall(projected, scenario)]
}

fn figure(name: String, short: Label, content: FigureContent) -> Figure {
    Figure { name, title: short.clone(), short, year: None, content }
}

/// The value of the last year in words.
fn last(series: &[(i32, f64)]) -> Label {
    let told = |(year, t): &(i32, f64)| {
        let shown = number(Some(t / T_PER_1E4_T), 0).en;
        label(&format!("In {year}: {shown}"), &format!("{year} 年：{shown}"))
    };
    series.last().map(told).unwrap_or_default()
}

fn trajectory(p: &Projected, scenario: &Scenario) -> Figure {
    let series = p.series("gross");
    let chart = LineChart {
        years: series.iter().map(|(y, _)| *y).collect(),
        values: series.iter().map(|(_, t)| Some(t / T_PER_1E4_T)).collect(),
        quantity: label("gross emission, 10⁴ t", "碳排放总量（万吨）"),
        reference: p.target_t.map(|t| {
            let shown = number(Some(t / T_PER_1E4_T), 0).en;
            (t / T_PER_1E4_T, label(&format!("target {shown}"), &format!("目标 {shown}")))
        }),
        note: last(&series).then(&source_of(scenario)),
    };
    let named = title(&p.name, scenario);
    let short = label(
        &format!("Gross emissions until {}: {}", scenario.year, named.en),
        &format!("{}：至{}年碳排放轨迹", named.zh, scenario.year),
    );
    figure(format!("scenario_{}_years", p.name), short, FigureContent::Line(Box::new(chart)))
}

fn waterfall(p: &Projected, scenario: &Scenario) -> Figure {
    let (before, effects, after) = &p.waterfall;
    let named = title(&p.name, scenario);
    let chart = Waterfall {
        before: (label("Base run", "基准"), *before),
        steps: STEPS.iter().zip(effects).map(|(key, t)| (Label::from(&step(key)), *t)).collect(),
        after: (Label::from(&named), *after),
        quantity: label("net emission of the whole city, 10⁴ t", "全市净碳排放（万吨）"),
        note: label(
            "Additive LMDI over rules and space types: the steps add up to the change. Fewer sinks add",
            "按规则与用地类型做加和 LMDI 分解，各项之和等于总变化；碳汇减少为正",
        )
        .then(&source_of(scenario)),
    };
    let short = label(
        &format!("What makes the difference until {}: {}", scenario.year, named.en),
        &format!("{}：至{}年变化的来源", named.zh, scenario.year),
    );
    figure(format!("scenario_{}_waterfall", p.name), short, FigureContent::Waterfall(Box::new(chart)))
}
