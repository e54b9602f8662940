//! What a unit would be under a plan: a sentence, its numbers before and after, and what makes the change.

use crate::confidence::percent;
use crate::number::{grouped, significant, tonnes};
use crate::{Label, words};
use carbonzone_types::{RunManifest, ScenarioRecord, ScenarioUnit, ValueChange, ZoneClassRecord, money};
use serde::{Deserialize, Serialize};

/// What is the same for all units of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanHead {
    /// Title and year.
    pub title: Label,
    /// What it assumes, with its source.
    pub assumes: Label,
    /// What the rows of a unit are.
    pub rows: Vec<Label>,
}

/// A unit under a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitPlan {
    /// Position of the plan.
    pub plan: usize,
    /// Change and classes in one sentence.
    pub line: Label,
    /// Classes in the base run and under the plan.
    pub class: [Label; 2],
    /// Base run, plan and change, in the order of the head's rows.
    pub rows: Vec<[String; 3]>,
    /// What makes the change of its emissions, in one sentence; empty without a change.
    pub why: Label,
}

/// The plans of a run.
pub(super) fn heads(record: &RunManifest) -> Vec<PlanHead> {
    let of = |plan: &ScenarioRecord| {
        let with_unit = |l: Label, unit: &str| l.then(&Label::same(unit));
        let mut rows = vec![
            with_unit(words::field("gross_t"), " (t)"),
            with_unit(words::field("sink_t"), " (t)"),
            with_unit(words::field("net_t"), " (t)"),
        ];
        rows.extend(plan.units.first().iter().flat_map(|u| &u.values).map(value_label));
        let (title, year) = (&plan.title, plan.year);
        PlanHead {
            title: Label::new(format!("{}, {year}", title.en), format!("{}（{year}年）", title.zh)),
            assumes: Label::new(plan.assumes.en.clone(), plan.assumes.zh.clone()),
            rows,
        }
    };
    record.scenarios.iter().map(of).collect()
}

fn value_label(value: &ValueChange) -> Label {
    match value.key.as_str() {
        "ccr" => Label::same("CCR (%)"),
        key if money::without_unit(key) == money::GDP => {
            let unit = words::field_unit(key);
            words::field(key).then(&Label::new(format!(" ({})", unit.en), format!("（{}）", unit.zh)))
        }
        "population_persons" => words::field(&value.key),
        key => Label::same(key.to_uppercase()),
    }
}

/// What a unit would be under each plan of the run.
pub(super) fn of_unit(record: &RunManifest, id: &str) -> Vec<UnitPlan> {
    let of = |(k, plan): (usize, &ScenarioRecord)| {
        let unit = plan.units.iter().find(|u| u.unit_id == id)?;
        let class = [&unit.zone_base, &unit.zone].map(|key| named(&record.zone_classes, key));
        Some(UnitPlan {
            plan: k,
            line: in_words(plan, unit, &class),
            class,
            rows: rows(unit),
            why: why(unit),
        })
    };
    record.scenarios.iter().enumerate().filter_map(of).collect()
}

fn named(classes: &[ZoneClassRecord], key: &str) -> Label {
    let class = classes.iter().find(|c| c.key == *key);
    class.map_or_else(|| Label::same(key), |c| Label::new(c.label_en.clone(), c.label_zh.clone()))
}

/// Sign, number and percent sign.
fn signed(pct: f64, decimals: usize) -> String {
    format!("{}{} %", if pct > 0.0 { "+" } else { "" }, grouped(pct, decimals))
}

fn change(before: f64, after: f64) -> String {
    if before > 0.0 { signed(100.0 * (after / before - 1.0), 1) } else { "–".to_owned() }
}

fn rows(unit: &ScenarioUnit) -> Vec<[String; 3]> {
    let t = |a: f64, b: f64| [grouped(a, 0), grouped(b, 0), change(a, b)];
    let mut out = vec![
        t(unit.gross_base_t, unit.gross_t),
        t(unit.sink_base_t, unit.sink_t),
        t(unit.gross_base_t - unit.sink_base_t, unit.gross_t - unit.sink_t),
    ];
    let shown = |key: &str, v: Option<f64>| match (key, v) {
        (_, None) => "–".to_owned(),
        ("ccr", Some(v)) => significant(100.0 * v, 3),
        ("population_persons", Some(v)) => grouped(v, 0),
        (key, Some(v)) if money::without_unit(key) == money::GDP => grouped(v, 0),
        (_, Some(v)) => significant(v, 3),
    };
    let value = |v: &ValueChange| {
        let by = v.base.zip(v.plan).map_or_else(|| "–".to_owned(), |(a, b)| change(a, b));
        [shown(&v.key, v.base), shown(&v.key, v.plan), by]
    };
    out.extend(unit.values.iter().map(value));
    out
}

/// `Why −15.6 %: intensity −20.1 points, activity +8.0, land −3.5. By sector: industry −14.2, buildings −1.4.` Effects and sectors
/// each add up to the change.
fn why(unit: &ScenarioUnit) -> Label {
    let before = unit.gross_base_t;
    if before <= 0.0 || unit.gross_t == before {
        return Label::default();
    }
    let points = |t: f64| 100.0 * t / before;
    // Effects that cancel each other are told, however small the change.
    let list = |parts: Vec<(Label, f64)>| {
        let mut parts: Vec<(Label, f64)> =
            parts.into_iter().filter(|(_, t)| points(*t).abs() >= 0.05).collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let one = |(label, t): &(Label, f64)| {
            let by = format!("{}{}", if *t > 0.0 { "+" } else { "" }, grouped(points(*t), 1));
            (format!("{} {by}", label.en.to_lowercase()), format!("{} {by}", label.zh))
        };
        let (en, zh): (Vec<String>, Vec<String>) = parts.iter().map(one).unzip();
        (en.join(", "), zh.join("，"))
    };
    let on_emissions = unit.effects.iter().filter(|e| e.step != "sinks");
    let effects = list(on_emissions.map(|e| (words::effect(&e.step), e.effect_t)).collect());
    let sectors =
        list(unit.sectors.iter().map(|s| (words::sector(&s.sector), s.plan_t - s.base_t)).collect());
    if effects.0.is_empty() {
        return Label::default();
    }
    let all = signed(points(unit.gross_t - before), 1);
    Label::new(
        format!(
            "Why {all}, in points of a percent of its emissions now: {}. By sector: {}.",
            effects.0, sectors.0
        ),
        format!("{all} 的来源（占其现状排放的百分点）：{}。按部门：{}。", effects.1, sectors.1),
    )
}

/// `Green plan, 2035: gross 1,234 t (−12.0 %), Ecological conservation zone → Low-carbon zone, differs in 34 % of the draws`.
fn in_words(plan: &ScenarioRecord, unit: &ScenarioUnit, [before, after]: &[Label; 2]) -> Label {
    let gross = tonnes(unit.gross_t, unit.gross_t.max(unit.gross_base_t));
    let by = if unit.gross_base_t > 0.0 {
        let pct = change(unit.gross_base_t, unit.gross_t);
        Label::new(format!(" ({pct})"), format!("（{pct}）"))
    } else {
        Label::default()
    };
    let class = if unit.zone == unit.zone_base {
        Label::new(format!("still {}", after.en), format!("仍为{}", after.zh))
    } else {
        Label::new(format!("{} → {}", before.en, after.en), format!("{} → {}", before.zh, after.zh))
    };
    let sure = unit.p_changes.map_or_else(Label::default, |p| {
        let p = percent(p);
        Label::new(
            format!(", plan and base run have different classes in {p} of the draws"),
            format!("，规划与基准分区不同的抽样占 {p}"),
        )
    });
    let (title, year) = (&plan.title, plan.year);
    Label::new(
        format!("{}, {year}: gross {}{}, {}{}", title.en, gross.en, by.en, class.en, sure.en),
        format!("{}（{year}年）：碳排放 {}{}，{}{}", title.zh, gross.zh, by.zh, class.zh, sure.zh),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::{SectorChange, Statement, WaterfallStep};

    fn unit() -> ScenarioUnit {
        let effect = |step: &str, effect_t: f64| WaterfallStep { step: step.to_owned(), effect_t };
        let sector = |sector: &str, base_t: f64, plan_t: f64| SectorChange {
            sector: sector.to_owned(),
            base_t,
            plan_t,
        };
        ScenarioUnit {
            unit_id: "1".to_owned(),
            gross_base_t: 1000.0,
            gross_t: 880.0,
            sink_base_t: 10.0,
            sink_t: 20.0,
            zone_base: "a".to_owned(),
            zone: "b".to_owned(),
            p_changes: Some(0.34),
            effects: vec![
                effect("land", -50.0),
                effect("activity", 80.0),
                effect("intensity", -150.0),
                effect("factor", 0.0),
                effect("sinks", -10.0),
            ],
            sectors: vec![sector("industry", 800.0, 690.0), sector("construction", 200.0, 190.0)],
            values: vec![
                ValueChange { key: "ccr".to_owned(), base: Some(0.01), plan: Some(0.0227) },
                ValueChange { key: "ecc".to_owned(), base: Some(0.8), plan: None },
            ],
        }
    }

    fn record(unit: ScenarioUnit) -> RunManifest {
        let plan = ScenarioRecord {
            title: Statement::new("Green plan", "绿色情景"),
            year: 2035,
            units: vec![unit],
            ..ScenarioRecord::default()
        };
        RunManifest { scenarios: vec![plan], ..RunManifest::default() }
    }

    #[test]
    fn a_plan_is_told_with_its_change_and_how_sure_it_is() {
        let told = of_unit(&record(unit()), "1")[0].line.clone();
        assert_eq!(
            told.en,
            "Green plan, 2035: gross 880.0 t (−12.0 %), a → b, plan and base run have different classes in 34 % of the draws"
        );
        assert_eq!(
            told.zh,
            "绿色情景（2035年）：碳排放 880.0 t（−12.0 %），a → b，规划与基准分区不同的抽样占 34 %"
        );
        let same = ScenarioUnit { zone: "a".to_owned(), gross_base_t: 0.0, p_changes: None, ..unit() };
        let told = of_unit(&record(same), "1");
        assert_eq!(told[0].line.en, "Green plan, 2035: gross 880.0 t, still a");
        assert_eq!(told[0].why, Label::default(), "of nothing there are no percent");
        assert!(of_unit(&record(unit()), "2").is_empty());
    }

    #[test]
    fn its_numbers_stand_before_and_after_and_the_reasons_add_up() {
        let record = record(unit());
        let (head, of) = (&heads(&record)[0], &of_unit(&record, "1")[0]);
        assert_eq!(head.rows.len(), of.rows.len());
        assert_eq!(of.rows[0], ["1,000", "880", "−12.0 %"].map(str::to_owned));
        assert_eq!(
            (head.rows[3].en.as_str(), &of.rows[3]),
            ("CCR (%)", &["1.00", "2.27", "+127.0 %"].map(str::to_owned))
        );
        assert_eq!(of.rows[4], ["0.800", "–", "–"].map(str::to_owned));
        assert_eq!(
            of.why.en,
            "Why −12.0 %, in points of a percent of its emissions now: intensity −15.0, activity +8.0, land that changes its use −5.0. \
             By sector: industry −11.0, buildings −1.0."
        );
        assert!(of.why.zh.contains("工业 −11.0，建筑 −1.0"));
    }
}
