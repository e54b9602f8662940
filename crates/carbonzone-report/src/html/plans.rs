//! What a unit would be under a plan, in one sentence.

use crate::Label;
use crate::confidence::percent;
use crate::number::{grouped, tonnes};
use carbonzone_types::{RunManifest, ScenarioRecord, ScenarioUnit, ZoneClassRecord};

/// What a unit would be under each plan of the run.
pub(super) fn of_unit(record: &RunManifest, id: &str) -> Vec<Label> {
    let of = |plan: &ScenarioRecord| {
        let unit = plan.units.iter().find(|u| u.unit_id == id)?;
        Some(in_words(&record.zone_classes, plan, unit))
    };
    record.scenarios.iter().filter_map(of).collect()
}

/// `Green plan, 2035: gross 1,234 t (−12.0 %), Ecological conservation zone → Low-carbon zone, differs in 34 % of the draws`.
fn in_words(classes: &[ZoneClassRecord], plan: &ScenarioRecord, unit: &ScenarioUnit) -> Label {
    let gross = tonnes(unit.gross_t, unit.gross_t.max(unit.gross_base_t));
    let pct = (unit.gross_base_t > 0.0).then(|| 100.0 * (unit.gross_t / unit.gross_base_t - 1.0));
    let sign = if pct.is_some_and(|p| p > 0.0) { "+" } else { "" };
    let pct = pct.map(|p| format!("{sign}{} %", grouped(p, 1)));
    let by = pct.as_ref().map_or_else(Label::default, |p| Label::new(format!(" ({p})"), format!("（{p}）")));
    let named = |key: &String| {
        let class = classes.iter().find(|c| c.key == *key);
        class.map_or_else(|| Label::same(key), |c| Label::new(c.label_en.clone(), c.label_zh.clone()))
    };
    let (before, after) = (named(&unit.zone_base), named(&unit.zone));
    let class = if unit.zone == unit.zone_base {
        Label::new(format!("still {}", after.en), format!("仍为{}", after.zh))
    } else {
        Label::new(format!("{} → {}", before.en, after.en), format!("{} → {}", before.zh, after.zh))
    };
    let sure = unit.p_changes.map_or_else(Label::default, |p| {
        let p = percent(p);
        Label::new(format!(", the class differs in {p} of the draws"), format!("，{p} 的抽样中分区不同"))
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
    use carbonzone_types::Statement;

    #[test]
    fn a_plan_is_told_with_its_change_and_how_sure_it_is() {
        let plan = ScenarioRecord {
            title: Statement::new("Green plan", "绿色情景"),
            year: 2035,
            ..ScenarioRecord::default()
        };
        let unit = ScenarioUnit {
            gross_base_t: 1000.0,
            gross_t: 880.0,
            zone_base: "a".to_owned(),
            zone: "b".to_owned(),
            p_changes: Some(0.34),
            ..ScenarioUnit::default()
        };
        let told = in_words(&[], &plan, &unit);
        assert_eq!(
            told.en,
            "Green plan, 2035: gross 880.0 t (−12.0 %), a → b, the class differs in 34 % of the draws"
        );
        assert_eq!(told.zh, "绿色情景（2035年）：碳排放 880.0 t（−12.0 %），a → b，34 % 的抽样中分区不同");
        let same = ScenarioUnit { zone: "a".to_owned(), gross_base_t: 0.0, p_changes: None, ..unit };
        assert_eq!(in_words(&[], &plan, &same).en, "Green plan, 2035: gross 880.0 t, still a");
    }
}
