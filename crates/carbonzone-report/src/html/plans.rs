//! What a unit would be under a plan: a sentence, its numbers before and after, and what makes the change.

use crate::confidence::{Doubt, percent};
use crate::number::{grouped, significant, tonnes};
use crate::{Label, words};
use carbonzone_types::{
    ExactSum, IndicatorRecord, RunManifest, ScenarioRecord, ScenarioUnit, ValueChange, ZoneClassRecord, money,
};
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
    /// What makes the change of its emissions, and of its class; empty without a change.
    pub why: Label,
}

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
pub fn of_unit(record: &RunManifest, id: &str) -> Vec<UnitPlan> {
    let of = |(k, plan): (usize, &ScenarioRecord)| {
        let unit = plan.units.iter().find(|u| u.unit_id == id)?;
        let class = [&unit.zone_base, &unit.zone].map(|key| named(&record.zone_classes, key));
        Some(UnitPlan {
            plan: k,
            line: in_words(plan, unit, &class),
            class,
            rows: rows(unit),
            why: why(unit).then(&why_class(record, plan, unit)),
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

/// Change of an amount in percent; `None` where there is nothing before.
fn by(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| 100.0 * (after / before - 1.0))
}

/// `Why the class changes: ECC 1.00 → 0.98 (threshold 1): its emissions −12.9 %, those of all units together −14.7 %. ...`: the index
/// that crosses a threshold, the unit's own changes and those of all units that it is compared with. Empty where the class stays.
fn why_class(record: &RunManifest, plan: &ScenarioRecord, unit: &ScenarioUnit) -> Label {
    if unit.zone == unit.zone_base {
        return Label::default();
    }
    let told = unit.values.iter().enumerate().filter_map(|(at, value)| {
        let index = record.indicators.iter().find(|i| i.key == value.key)?;
        let (from, to) = value.base.zip(value.plan)?;
        let threshold = crossed(index, from, to)?;
        let name = value.key.to_uppercase();
        let (from, to, cut) = (significant(from, 4), significant(to, 4), crate::number::limit(threshold));
        // The values stand in the order of the record: CCR, economic, ecological.
        let compared = compared(plan, unit, at == 2);
        Some((
            format!("{name} {from} → {to} (threshold {cut}): {}", compared.en),
            format!("{name} 由 {from} 变为 {to}（阈值 {cut}）：{}", compared.zh),
        ))
    });
    let (en, zh): (Vec<String>, Vec<String>) = told.unzip();
    if en.is_empty() {
        return Label::default();
    }
    let all = |f: fn(&ScenarioUnit) -> f64| plan.units.iter().map(f).collect::<ExactSum>().value();
    let own = by(unit.gross_base_t, unit.gross_t);
    let of_all = by(all(|u| u.gross_base_t), all(|u| u.gross_t));
    let behind = own.zip(of_all).is_some_and(|(own, all)| own < 0.0 && all < own);
    let behind = if behind {
        Label::new(
            " It cuts, but less than all units together, with which an index compares it.",
            "本单元虽减排，但幅度小于全体，而指数正是与全体的比较。",
        )
    } else {
        Label::new(" An index compares a unit with all units together.", "指数为与全部单元合计的比较。")
    };
    Label::new(
        format!(" Why the class changes: {}.", en.join("; ")),
        format!("分区改变的原因：{}。", zh.join("；")),
    )
    .then(&behind)
}

/// The threshold between two values of an index.
fn crossed(index: &IndicatorRecord, from: f64, to: f64) -> Option<f64> {
    let above = |v: f64, t: f64| if index.equal_is_above { v >= t } else { v > t };
    index.thresholds.iter().copied().find(|t| above(from, *t) != above(to, *t))
}

/// The changes of a unit beside those of all units together: emissions, and sinks or GDP where they change unevenly.
fn compared(plan: &ScenarioRecord, unit: &ScenarioUnit, ecological: bool) -> Label {
    let all = |f: &dyn Fn(&ScenarioUnit) -> f64| plan.units.iter().map(f).collect::<ExactSum>().value();
    let gdp = |u: &ScenarioUnit, after: bool| {
        let value = u.values.iter().find(|v| money::without_unit(&v.key) == money::GDP);
        value.and_then(|v| v.base.zip(v.plan)).map_or(0.0, |(a, b)| if after { b } else { a })
    };
    let emissions = (
        ("emissions", "排放"),
        by(unit.gross_base_t, unit.gross_t),
        by(all(&|u| u.gross_base_t), all(&|u| u.gross_t)),
    );
    let other = if ecological {
        (
            ("sinks", "碳汇"),
            by(unit.sink_base_t, unit.sink_t),
            by(all(&|u| u.sink_base_t), all(&|u| u.sink_t)),
        )
    } else {
        (
            ("GDP", "GDP"),
            by(gdp(unit, false), gdp(unit, true)),
            by(all(&|u| gdp(u, false)), all(&|u| gdp(u, true))),
        )
    };
    let uneven =
        |own: Option<f64>, all: Option<f64>| own.zip(all).is_some_and(|(a, b)| (a - b).abs() >= 0.05);
    let mut told = (Vec::new(), Vec::new());
    for ((en, zh), own, all) in [emissions, other] {
        if en != "emissions" && !uneven(own, all) {
            continue;
        }
        let shown = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| signed(v, 1));
        let (own, all) = (shown(own), shown(all));
        let those = if en == "GDP" { "that" } else { "those" };
        told.0.push(format!("its {en} {own}, {those} of all units together {all}"));
        told.1.push(format!("本单元{zh} {own}，全部单元合计 {all}"));
    }
    Label::new(told.0.join(", "), told.1.join("，"))
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
        let (share, doubt) = (percent(p), Doubt::of(p).word());
        // A class that stays by the central numbers is not in doubt as a change.
        let word = if unit.zone == unit.zone_base {
            Label::default()
        } else {
            Label::new(format!(": the change is {}", doubt.en), format!("：该变化{}", doubt.zh))
        };
        Label::new(
            format!(", plan and base run have different classes in {share} of the draws"),
            format!("，规划与基准分区不同的抽样占 {share}"),
        )
        .then(&word)
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
            "Green plan, 2035: gross 880.0 t (−12.0 %), a → b, plan and base run have different classes in 34 % of the draws: the change is open"
        );
        assert_eq!(
            told.zh,
            "绿色情景（2035年）：碳排放 880.0 t（−12.0 %），a → b，规划与基准分区不同的抽样占 34 %：该变化难以判断"
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

    #[test]
    fn a_unit_that_cuts_less_than_the_whole_is_told_why_its_class_falls() {
        // It cuts 12 %, the other one 20 %: all together −17.3 %. GDP grows alike, sinks double here and stay elsewhere.
        let values = |ecc: [f64; 2], gdp: f64| {
            let value = |key: &str, [base, plan]: [f64; 2]| ValueChange {
                key: key.to_owned(),
                base: Some(base),
                plan: Some(plan),
            };
            vec![
                value("ccr", [0.01, 0.02]),
                value("ecc", ecc),
                value("esc", [0.9, 0.95]),
                value("gdp_1e4cny", [gdp, 1.5 * gdp]),
            ]
        };
        let own = ScenarioUnit { values: values([1.006, 0.983], 10.0), ..unit() };
        let other = ScenarioUnit {
            unit_id: "2".to_owned(),
            gross_base_t: 2000.0,
            gross_t: 1600.0,
            zone: "a".to_owned(),
            values: values([1.0, 1.02], 20.0),
            ..unit()
        };
        let mut run = record(own.clone());
        run.scenarios[0].units.push(other);
        let index = |key: &str| IndicatorRecord {
            key: key.to_owned(),
            thresholds: vec![1.0],
            ..IndicatorRecord::default()
        };
        run.indicators = vec![index("ecc"), index("esc")];
        let [own_why, other_why] = ["1", "2"].map(|id| of_unit(&run, id)[0].why.clone());
        assert!(
            own_why.en.contains(
                "Why the class changes: ECC 1.006 → 0.9830 (threshold 1): its emissions −12.0 %, those of all units together −17.3 %. It cuts, but less"
            ),
            "{}",
            own_why.en
        );
        assert!(
            own_why
                .zh
                .contains("ECC 由 1.006 变为 0.9830（阈值 1）：本单元排放 −12.0 %，全部单元合计 −17.3 %")
        );
        assert!(!other_why.en.contains("the class changes"), "its class stays");
        // By the ecological index the sinks are compared too, by the economic one GDP where it changes unevenly.
        run.scenarios[0].units[0].values[2].plan = Some(1.1);
        run.scenarios[0].units[0].values[3].plan = Some(20.0);
        run.scenarios[0].units[1].sink_t = 10.0;
        let told = of_unit(&run, "1")[0].why.en.clone();
        assert!(told.contains("ESC 0.9000 → 1.100 (threshold 1): its emissions −12.0 %"), "{told}");
        assert!(told.contains("its sinks +100.0 %, those of all units together +50.0 %"), "{told}");
        assert!(told.contains("its GDP +100.0 %, that of all units together +66.7 %"), "{told}");
    }
}
