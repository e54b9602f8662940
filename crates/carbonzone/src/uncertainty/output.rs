//! What a reader sees of the draws: columns of the zone table, lines of the summary, sentences, the record in `run.json`.

use super::config::{DEFAULT_PROXY_CV, Uncertainty};
use carbonzone_confidence::{Confidence, Group, Safety, UnitConfidence};
use carbonzone_report::confidence::{CONFIDENCE_CLASS, FurtherColumns};
use carbonzone_report::{Label, words};
use carbonzone_types::{
    AttributeTable, CityUncertainty, ColumnData, ConfidenceRecord, FurtherConfidence, Statement,
    UncertainUnit, ZoneClassRecord,
};
use carbonzone_zoning::ZoningScheme;
use std::collections::BTreeMap;

/// Appends the columns of [`append`] for a study with one row per unit of the draws.
pub fn append_columns(table: &mut AttributeTable, confidence: &Confidence, scheme: &ZoningScheme) {
    let classes = occurring(&scheme.records(&[]), &confidence.units);
    let units: Vec<_> = confidence.units.iter().map(Some).collect();
    append(table, &confidence.columns, &units, &classes, "");
}

/// Code and key of the classes that some draw gave.
pub fn occurring(classes: &[ZoneClassRecord], units: &[UnitConfidence]) -> Vec<(u8, String)> {
    let occurs = |c: &&ZoneClassRecord| units.iter().any(|u| u.probability(c.id) > 0.0);
    classes.iter().filter(occurs).map(|c| (c.id, c.key.clone())).collect()
}

/// Appends `<column>_p05`, `_p50`, `_p95`, `p_<class>`, `zone_modal`, `zone_confidence`, `confidence_class`,
/// `confidence_driver`, each name with `suffix` at its end. With a suffix, a column that no unit has is left out. A row without a unit has nothing.
pub fn append(
    table: &mut AttributeTable,
    columns: &[String],
    units: &[Option<&UnitConfidence>],
    classes: &[(u8, String)],
    suffix: &str,
) {
    let real = |f: &dyn Fn(&UnitConfidence) -> Option<f64>| {
        ColumnData::Real(units.iter().map(|u| u.and_then(f)).collect())
    };
    let text = |f: &dyn Fn(&UnitConfidence) -> Option<String>| {
        ColumnData::Text(units.iter().map(|u| u.and_then(f)).collect())
    };
    let mut push = |name: &str, data: ColumnData| table.push(&format!("{name}{suffix}"), data);
    for (c, name) in columns.iter().enumerate() {
        if suffix.is_empty() || units.iter().flatten().any(|u| u.columns[c].is_some()) {
            push(&format!("{name}_p05"), real(&|u| u.columns[c].map(|q| q.p05)));
            push(&format!("{name}_p50"), real(&|u| u.columns[c].map(|q| q.p50)));
            push(&format!("{name}_p95"), real(&|u| u.columns[c].map(|q| q.p95)));
        }
    }
    for (id, key) in classes {
        push(&format!("p_{key}"), real(&|u| Some(u.probability(*id))));
    }
    let key = |id: u8| classes.iter().find(|(known, _)| *known == id).map(|(_, key)| key.clone());
    push("zone_modal", text(&|u| key(u.modal)));
    push("zone_confidence", real(&|u| Some(u.confidence)));
    let safety = |u: &UnitConfidence| Some(u.safety().key().to_owned());
    push(CONFIDENCE_CLASS, text(&safety));
    let driver = |u: &UnitConfidence| u.driver.map(|d| d.key().to_owned());
    push("confidence_driver", text(&driver));
}

/// Appends what the draws say of a further class: the columns of [`FurtherConfidence`]. A unit without a class has nothing.
pub fn append_further(
    table: &mut AttributeTable,
    (field, prefix): (&str, &str),
    units: &[Option<&UnitConfidence>],
    classes: &[ZoneClassRecord],
) {
    let names = FurtherColumns::of(field);
    let units = || units.iter().map(|u| u.filter(|u| has_class(u)));
    let of = |f: &dyn Fn(&UnitConfidence) -> f64| ColumnData::Real(units().map(|u| u.map(f)).collect());
    let text = |f: &dyn Fn(&UnitConfidence) -> Option<String>| {
        ColumnData::Text(units().map(|u| u.and_then(f)).collect())
    };
    for class in classes {
        table.push(&names.probability(prefix, &class.key), of(&|u| u.probability(class.id)));
    }
    table.push(&names.confidence(), of(&|u| u.confidence));
    let safety = |u: &UnitConfidence| Some(u.safety().key().to_owned());
    table.push(&names.safety(), text(&safety));
    let driver = |u: &UnitConfidence| u.driver.map(|d| d.key().to_owned());
    table.push(&names.driver(), text(&driver));
}

/// True for a unit with a further class: its code is not 0.
fn has_class(unit: &UnitConfidence) -> bool {
    unit.printed != 0
}

/// What `run.json` keeps of a further class: its words, the units of the headline, and all units with their ids and years.
pub fn further(
    head: FurtherConfidence,
    headline: &[UnitConfidence],
    units: &[(&str, Option<i32>, &UnitConfidence)],
) -> FurtherConfidence {
    let known: Vec<&UnitConfidence> = headline.iter().filter(|u| has_class(u)).collect();
    let units = units.iter().filter(|(_, _, u)| has_class(u));
    let (counts, other_likelier) = counts_of(&known);
    FurtherConfidence {
        counts,
        other_likelier,
        units: units.map(|(id, year, u)| unit(id, *year, u)).collect(),
        ..head
    }
}

/// What the draws rest on, or how to switch them on.
pub fn statements(section: Option<&Uncertainty>) -> Vec<Statement> {
    let Some(section) = section else {
        return vec![Statement::new(
            "How sure each zone class is was not asked for: a section [uncertainty] in the pipeline file switches it on",
            "未计算分区可信度：在配置文件中加入 [uncertainty] 即可",
        )];
    };
    let own = || DEFAULT_PROXY_CV.iter().filter(|(kind, _)| !section.proxies.contains_key(*kind));
    let named = |f: fn(&Label) -> &String| -> Vec<String> {
        own().map(|(kind, cv)| format!("{} {cv}", f(&words::carrier(kind)))).collect()
    };
    let mut out = vec![Statement::new(
        "The probability of a class is that of the stated uncertainties, which are inputs: half-widths of totals, factors and GDP, \
         and how far the shares of proxies may be off",
        "分区概率取决于所给的不确定性：总量、排放因子、GDP 的半宽以及代理变量份额的变异系数",
    )];
    if own().next().is_some() {
        let (own, own_zh) = (named(|l| &l.en).join(", "), named(|l| &l.zh).join("，"));
        out.push(Statement::new(
            format!(
                "Variation of proxy shares by carbonzone's defaults, chosen on synthetic cities with a known truth \
                 (docs/validation.md), not on this city: {own}"
            ),
            format!("代理变量份额的变异系数采用 carbonzone 的默认值（由已知真值的合成城市校准，并非本市数据）：{own_zh}"),
        ));
    }
    out.extend(as_set(section));
    let tested = words::how_sure_tested("parcels");
    out.push(Statement::new(tested.en, tested.zh));
    out
}

/// Half-widths and variations that the pipeline file sets; nothing where it sets none.
fn as_set(section: &Uncertainty) -> Option<Statement> {
    let list = |values: &BTreeMap<String, f64>, unit: &str| -> Vec<String> {
        values.iter().map(|(key, value)| format!("{key} {value}{unit}")).collect()
    };
    let gdp = [("GDP", section.gdp_pct), ("derived GDP", section.gdp_derived_pct)];
    let gdp = gdp.into_iter().filter_map(|(key, pct)| Some(format!("{key} {} %", pct?)));
    let half_widths = [list(&section.budgets, " %"), gdp.collect()].concat().join(", ");
    let variation = [list(&section.proxies, ""), list(&section.rules, "")].concat().join(", ");
    let parts = [
        ("half-widths (95 %) of", "半宽（95 %）", half_widths),
        ("variation of shares of", "份额变异系数", variation),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(.., values)| !values.is_empty()).collect();
    let en: Vec<String> = parts.iter().map(|(en, _, values)| format!("{en} {values}")).collect();
    let zh: Vec<String> = parts.iter().map(|(_, zh, values)| format!("{zh}：{values}")).collect();
    (!parts.is_empty()).then(|| {
        Statement::new(
            format!("Set in the pipeline file: {}", en.join("; ")),
            format!("配置文件设定：{}", zh.join("；").replace("derived GDP", "推算的 GDP")),
        )
    })
}

/// That the draws of some units give another class more often than the one printed, and why; nothing where they do not.
pub fn other_likelier(units: &[UnitConfidence], classes: &[ZoneClassRecord]) -> Option<Statement> {
    let n = units.iter().filter(|u| u.safety() == Safety::OtherLikelier).count();
    let count = |id: u8, f: fn(&UnitConfidence) -> u8| units.iter().filter(|u| f(u) == id).count();
    let all: Vec<(&ZoneClassRecord, usize, usize)> = classes
        .iter()
        .map(|c| (c, count(c.id, |u| u.modal), count(c.id, |u| u.printed)))
        .filter(|(_, likeliest, printed)| likeliest + printed > 0)
        .collect();
    let list = |zh: bool, between: &str| {
        let one = |(c, likeliest, printed): &(&ZoneClassRecord, usize, usize)| {
            let name = if zh { &c.label_zh } else { &c.label_en };
            format!("{name} {likeliest} ({printed})")
        };
        all.iter().map(one).collect::<Vec<_>>().join(between)
    };
    (n > 0).then(|| {
        let all = units.len();
        Statement::new(
            format!(
                "For {n} of {all} units the draws give another class more often than the one printed, by more than their sampling error. Units by their likeliest class (in \
                 brackets as printed): {}. Classes are printed by the central numbers, which are the means of the draws; what few sources \
                 emit is skewed: most draws put less than the mean into most units and far more into a few. The class of such a unit is \
                 not to be acted on alone",
                list(false, ", ")
            ),
            format!(
                "{all} 个单元中有 {n} 个在抽样中更常为其他分区（超出抽样误差）。按最可能分区计数（括号内为所列分区）：{}。所列分区按中心值判定，中心值为抽样的均值；\
                 少数源的排放分布呈偏态：多数抽样中多数单元低于均值，少数单元远高于均值。此类单元不宜仅凭所列分区决策",
                list(true, "，")
            ),
        )
    })
}

/// What the probabilities of a study over years rest on, or how to switch them on.
pub fn statements_of_years(asked: bool) -> Vec<Statement> {
    if !asked {
        return statements(None);
    }
    vec![Statement::new(
        "The probability of a class is that of the stated uncertainties, which are inputs: half-widths that the pipeline file gives",
        "分区概率取决于所给的不确定性，即配置文件中给出的半宽",
    )]
}

/// What `run.json` keeps of the draws of a study with one row per unit.
pub fn record(
    confidence: &Confidence,
    section: &Uncertainty,
    ids: &[String],
    borderline: &[bool],
) -> ConfidenceRecord {
    let proxies = DEFAULT_PROXY_CV.iter().map(|(kind, _)| ((*kind).to_owned(), section.proxy_cv(kind)));
    let city = confidence.city.iter().map(|row| CityUncertainty {
        item: row.item.clone(),
        amount_t: row.amount_t,
        half_width_t: row.half_width_t,
        p05_t: row.quantiles.p05,
        p50_t: row.quantiles.p50,
        p95_t: row.quantiles.p95,
    });
    let units: Vec<_> = ids.iter().map(|id| (id.as_str(), None)).zip(&confidence.units).collect();
    let all: Vec<&UnitConfidence> = confidence.units.iter().collect();
    ConfidenceRecord {
        proxies: proxies.collect(),
        rules: confidence.proxy_cv.clone(),
        city: city.collect(),
        ..record_of(confidence, &units, &all, borderline)
    }
}

/// The same of any study: units with their ids and years, and the units of the headline, with their mark of the borderline,
/// that the counts are of.
pub fn record_of(
    confidence: &Confidence,
    units: &[((&str, Option<i32>), &UnitConfidence)],
    headline: &[&UnitConfidence],
    borderline: &[bool],
) -> ConfidenceRecord {
    let (counts, other_likelier) = counts_of(headline);
    let unsure = |(u, marked): &(&&UnitConfidence, &bool)| **marked && u.safety() != Safety::Safe;
    ConfidenceRecord {
        seed: confidence.seed,
        draws: confidence.draws as u64,
        counts,
        other_likelier,
        borderline: borderline.iter().filter(|b| **b).count() as u64,
        unsure_borderline: headline.iter().zip(borderline).filter(unsure).count() as u64,
        units: units.iter().map(|((id, year), u)| unit(id, *year, u)).collect(),
        ..ConfidenceRecord::default()
    }
}

/// Units whose class is safe, likely, less than that; and how many of the last have another class in more draws.
fn counts_of(units: &[&UnitConfidence]) -> ([u64; 3], u64) {
    let mut counts = [0; 4];
    for u in units {
        counts[u.safety() as usize] += 1;
    }
    let [safe, likely, toss_up, other_likelier] = counts;
    ([safe, likely, toss_up + other_likelier], other_likelier)
}

/// What `run.json` keeps of a unit.
fn unit(id: &str, year: Option<i32>, u: &UnitConfidence) -> UncertainUnit {
    UncertainUnit {
        unit_id: id.to_owned(),
        year,
        confidence: u.confidence,
        error: u.error,
        driver: u.driver.map(|d| d.key().to_owned()).unwrap_or_default(),
        drivers: u
            .drivers
            .iter()
            .filter_map(|d| Some((d.output.clone(), shares(&d.shares.as_ref()?.total))))
            .collect(),
        ellipse: u.ellipse,
    }
}

fn shares(total: &[f64]) -> BTreeMap<String, f64> {
    Group::ALL.iter().zip(total).map(|(g, s)| (g.key().to_owned(), *s)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_report::words::{TESTED, TESTED_GROSS};

    #[test]
    fn units_whose_draws_favour_another_class_are_counted_and_told() {
        let unit = |printed: u8, probabilities: &[(u8, f64)]| {
            let most = probabilities.iter().map(|(_, p)| *p).fold(0.0, f64::max);
            let of = |class| probabilities.iter().find(|(c, _)| *c == class).map_or(0.0, |(_, p)| *p);
            UnitConfidence {
                columns: Vec::new(),
                printed,
                modal: probabilities.iter().find(|(_, p)| *p == most).map_or(printed, |(c, _)| *c),
                probabilities: probabilities.to_vec(),
                confidence: of(printed),
                error: 0.0,
                drivers: Vec::new(),
                driver: None,
                ellipse: None,
            }
        };
        let units = [
            unit(1, &[(1, 1.0)]),
            unit(1, &[(1, 0.06), (2, 0.94)]),
            unit(2, &[(1, 0.48), (2, 0.45), (3, 0.07)]),
            unit(2, &[(2, 0.5), (3, 0.5)]),
        ];
        let all: Vec<&UnitConfidence> = units.iter().collect();
        assert_eq!(counts_of(&all), ([1, 0, 3], 2));
        let keys: Vec<&str> = units.iter().map(|u| u.safety().key()).collect();
        assert_eq!(keys, ["safe", "other_likelier", "other_likelier", "toss_up"]);
        let classes = ZoningScheme::suzhou().records(&[]);
        let told = other_likelier(&units, &classes).unwrap();
        assert!(told.en.starts_with("For 2 of 4 units") && told.zh.contains("有 2 个"), "{told:?}");
        let [first, second] = [1, 2].map(|id| classes.iter().find(|c| c.id == id).unwrap());
        assert!(
            told.en.contains(&format!("{} 2 (2), {} 2 (2).", first.label_en, second.label_en)),
            "{told:?}"
        );
        assert_eq!(other_likelier(&units[..1], &classes), None);
    }

    #[test]
    fn what_readers_are_told_stands_in_the_validation() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/validation.md");
        let page = std::fs::read_to_string(page).unwrap();
        let row = |start: &str| -> Vec<f64> {
            let line = page.lines().rfind(|l| l.starts_with(start)).unwrap();
            let cells = line.split('|').map(|c| c.split('±').next().unwrap_or_default().trim().parse());
            cells.filter_map(Result::ok).collect()
        };
        // townships_pct, said_pct, true_class_pct, borderline_pct
        for (start, [said, so]) in ["| 0.95 or more |", "| 0.75 to 0.95 |"].into_iter().zip(TESTED) {
            assert_eq!(row(start)[1..3], [said, so], "{start}");
        }
        assert_eq!(row("| gross_t |"), [TESTED_GROSS]);
        let said = statements(Some(&Uncertainty::default())).pop().unwrap();
        assert!(said.en.contains("only 73 %") && said.zh.contains("73 %"), "{said:?}");
    }
}
