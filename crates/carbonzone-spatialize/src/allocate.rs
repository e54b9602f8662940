//! `E_p = B · w_p / Σ w_q`: budgets to parcels (docs/method.md §4).

use crate::allocation_error::AllocationError;
use crate::parcels::{Parcels, RuleTonnes};
use crate::passes::{RuleShare, RuleSums, joined, rest_of};
use crate::rules::{AllocationRule, ProxyTable};
use carbonzone_types::{ExactSum, Finding, Findings, Ledger, LedgerRow, RuleRecord, Stage};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A known plant that stands on a parcel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacedPointSource {
    /// Id in the user's file.
    pub id: String,
    /// Rule whose budget it is part of.
    pub rule: String,
    /// Parcel index.
    pub parcel: u32,
    /// t CO2e.
    pub gross_t: f64,
}

/// Tonnes per parcel and how they came there.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    /// For every rule: tonnes per parcel.
    pub per_rule: Vec<RuleTonnes>,
    /// For every rule: what was done.
    pub records: Vec<RuleRecord>,
    /// Budget, placed, unallocated and fallback rows.
    pub ledger: Ledger,
    /// A warning for every fallback and every unallocated budget, with its tonnes.
    pub findings: Findings,
}

/// Places every rule's budget on the parcels of its land groups in proportion to its proxy.
///
/// Point sources are placed first and subtracted from the budget of their rule. A zero budget gives exactly zero.
///
/// # Errors
/// All rules are tried; every error found is returned.
pub fn allocate(
    parcels: &Parcels<'_>,
    proxies: &ProxyTable,
    rules: &[AllocationRule],
    point_sources: &[PlacedPointSource],
) -> Result<Allocation, Vec<AllocationError>> {
    let placed: Vec<_> = rules
        .par_iter()
        .with_max_len(1)
        .map(|rule| place_rule(parcels, proxies, rule, point_sources))
        .collect();
    let mut out = Allocation {
        per_rule: Vec::new(),
        records: Vec::new(),
        ledger: Ledger::new(),
        findings: Findings::new(),
    };
    let mut errors = Vec::new();
    for (rule, result) in rules.iter().zip(placed) {
        match result {
            Ok((tonnes, record)) => {
                book(&mut out.ledger, &mut out.findings, rule, &record);
                out.per_rule.push(tonnes);
                out.records.push(record);
            }
            Err(e) => errors.push(e),
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

fn place_rule(
    parcels: &Parcels<'_>,
    proxies: &ProxyTable,
    rule: &AllocationRule,
    point_sources: &[PlacedPointSource],
) -> Result<(RuleTonnes, RuleRecord), AllocationError> {
    let mine = || point_sources.iter().filter(|s| s.rule == rule.id);
    let point_t = mine().map(|s| s.gross_t).collect::<ExactSum>().value();
    let sums = RuleSums::of(parcels, proxies, rule, rest_of(rule, point_t)?)?;
    let mut share = RuleShare::decide(rule, point_t, &sums, proxies, &|| present(parcels))?;
    if share.is_smoothed() {
        share.set_weight_total(share.weight_sum(parcels, proxies)?);
    }
    let tonnes = share.place(parcels, proxies, mine().map(|s| (s.parcel, s.gross_t)))?;
    let mut record = share.record;
    record.placed_t = tonnes.sum().value();
    Ok((tonnes, record))
}

/// Names of the space types that at least one parcel has, in the order of their declaration.
fn present(parcels: &Parcels<'_>) -> String {
    let mut used = vec![false; parcels.space_types.len()];
    parcels.space_type.iter().for_each(|&t| used[t as usize] = true);
    let names = parcels.space_types.iter().zip(used).filter(|(_, used)| *used).map(|(name, _)| name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// The ledger rows of a rule, and a warning for each use of a fallback.
///
/// Rules as they were applied, `placed_t` included.
pub fn book(ledger: &mut Ledger, findings: &mut Findings, rule: &AllocationRule, record: &RuleRecord) {
    let group = joined(&rule.land_groups, "+");
    ledger.push(
        LedgerRow::tonnes(Stage::Budget, rule.sector.as_str(), &group, record.budget_t)
            .note(&record.budget_source),
    );
    if record.point_sources_t > 0.0 {
        ledger.push(
            LedgerRow::tonnes(Stage::Placed, rule.sector.as_str(), &group, record.point_sources_t)
                .note(format!("{}: known plants, where they stand", rule.id)),
        );
    }
    if record.point_sources_t == 0.0 || record.used.is_some() {
        let how = match record.used {
            Some(used) => format!("by {} on {} parcels", record.proxies[used].name, record.parcels),
            None => "nothing to place".to_owned(),
        };
        let mut placed = LedgerRow::tonnes(
            Stage::Placed,
            rule.sector.as_str(),
            &group,
            record.placed_t - record.point_sources_t,
        )
        .note(format!("{}: {how}", rule.id));
        placed.count = Some(record.parcels as f64);
        "parcels".clone_into(&mut placed.unit);
        ledger.push(placed);
    }
    let mut warn = |stage: Stage, code: &str, amount_t: f64, note: String| {
        findings.push(Finding::warning(code, note.clone()).field(group.clone()).amount_t(amount_t));
        ledger.push(LedgerRow::tonnes(stage, rule.sector.as_str(), &group, amount_t).note(note));
    };
    if record.unallocated_t > 0.0 {
        let note = format!("{}: declared unallocated", rule.id);
        warn(Stage::Unallocated, "unallocated", record.unallocated_t, note);
    }
    if let Some(used) = record.used.filter(|&used| used > 0) {
        let note = format!(
            "{}: {} is zero on all parcels of the class, {} used instead",
            rule.id,
            joined(&rule.proxies[..used], ", "),
            record.proxies[used].name
        );
        warn(Stage::Fallback, "zero_proxy", record.placed_t - record.point_sources_t, note);
    }
    if !rule.land_groups.iter().eq(&record.land_groups) {
        let note =
            format!("{}: no parcel of {group}, redirected to {}", rule.id, record.land_groups.join("+"));
        warn(Stage::Fallback, "fallback", record.placed_t, note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{OnMissingClass, OnZeroWeight};

    /// Parcels of the types industrial (0), municipal utilities (1) and forest (2), and the POI of industry on them, if any are known.
    struct City {
        area: Vec<f64>,
        class: Vec<u16>,
        proxies: ProxyTable,
    }

    impl City {
        fn of(area: &[f64], class: &[u16], poi: &[f64]) -> Self {
            let mut proxies = ProxyTable::new();
            if !poi.is_empty() {
                proxies.insert("poi:industry", "poi", poi.to_vec());
            }
            Self { area: area.to_vec(), class: class.to_vec(), proxies }
        }

        fn industrial(area: &[f64], poi: &[f64]) -> Self {
            Self::of(area, &vec![0; area.len()], poi)
        }

        fn place_all(
            &self,
            rules: &[AllocationRule],
            plants: &[PlacedPointSource],
        ) -> Result<Allocation, Vec<AllocationError>> {
            let types = ["industrial", "municipal_utilities", "forest"].map(str::to_owned);
            let parcels = Parcels { area_m2: &self.area, space_type: &self.class, space_types: &types };
            allocate(&parcels, &self.proxies, rules, plants)
        }

        fn place(&self, rule: &AllocationRule) -> Result<Allocation, Vec<AllocationError>> {
            self.place_all(std::slice::from_ref(rule), &[])
        }

        fn with_plant(&self, rule: &AllocationRule, parcel: u32, gross_t: f64) -> Allocation {
            let plant = PlacedPointSource { id: "a".into(), rule: "m".into(), parcel, gross_t };
            self.place_all(std::slice::from_ref(rule), &[plant]).unwrap()
        }

        fn tonnes(&self, rule: &AllocationRule) -> Vec<f64> {
            self.place(rule).unwrap().per_rule[0].per_parcel(self.area.len())
        }
    }

    fn rule(land: &str, budget_t: f64, proxies: &[&str]) -> AllocationRule {
        AllocationRule::new("m", "industry", &[land], budget_t, proxies).unwrap()
    }

    #[test]
    fn poi_outside_the_class_do_not_count() {
        let city = City::of(&[1.0; 4], &[0, 0, 1, 0], &[1.0, 3.0, 100.0, 2.0]);
        let out = city.place(&rule("industrial", 600.0, &["poi:industry"])).unwrap();
        assert_eq!(out.per_rule[0].per_parcel(4), [100.0, 300.0, 0.0, 200.0]);
        assert_eq!(out.records[0].proxies[0].total, 6.0);
    }

    #[test]
    fn a_zero_proxy_falls_back_to_area_and_says_so() {
        let city = City::industrial(&[1.0, 3.0], &[0.0, 0.0]);
        let out = city.place(&rule("industrial", 8.0, &["poi:industry", "area"])).unwrap();
        assert_eq!(out.per_rule[0].per_parcel(2), [2.0, 6.0]);
        assert_eq!(out.ledger.total_t(Stage::Fallback, "industry"), 8.0);
    }

    #[test]
    fn without_area_in_the_chain_the_default_is_area_and_the_other_choices_are_kept() {
        let city = City::industrial(&[1.0, 3.0], &[0.0, 0.0]);
        let mut rule = rule("industrial", 8.0, &["poi:industry"]);
        let out = city.place(&rule).unwrap();
        assert_eq!(out.per_rule[0].per_parcel(2), [2.0, 6.0]);
        let note = &out.ledger.rows.iter().find(|r| r.stage == Stage::Fallback).unwrap().note;
        assert!(note.contains("poi:industry is zero on all parcels") && note.contains("area used"), "{note}");
        rule.on_zero_weight = OnZeroWeight::Unallocated;
        assert_eq!(city.place(&rule).unwrap().records[0].unallocated_t, 8.0);
        rule.on_zero_weight = OnZeroWeight::Error;
        assert!(matches!(city.place(&rule).unwrap_err()[0], AllocationError::ZeroWeight { .. }));
    }

    #[test]
    fn an_absent_class_with_a_budget_is_an_error_and_without_one_is_not() {
        let city = City::industrial(&[1.0], &[]);
        let mut rule = rule("municipal_utilities", 5.0, &["area"]);
        assert!(matches!(city.place(&rule).unwrap_err()[0], AllocationError::MissingClass { .. }));
        rule.on_missing_class = OnMissingClass::Redirect(vec!["industrial".to_owned()]);
        assert_eq!(city.tonnes(&rule), [5.0]);
        rule.on_missing_class = OnMissingClass::Unallocated;
        assert_eq!(city.place(&rule).unwrap().records[0].unallocated_t, 5.0);
        rule.on_missing_class = OnMissingClass::Error;
        rule.budget_t = 0.0;
        assert_eq!(city.tonnes(&rule), [0.0]);
    }

    #[test]
    fn point_sources_are_placed_first_and_must_fit_the_budget() {
        let city = City::of(&[1.0; 3], &[1, 1, 0], &[]);
        let rule = rule("municipal_utilities", 10.0, &["area"]);
        let out = city.with_plant(&rule, 2, 4.0);
        assert_eq!(out.per_rule[0].per_parcel(3), [3.0, 3.0, 4.0]);
        assert_eq!(out.per_rule[0].weighted().last(), Some((2, 0.0, 4.0)), "a plant has no weight");
        let plant = PlacedPointSource { id: "a".into(), rule: "m".into(), parcel: 2, gross_t: 11.0 };
        let errors = city.place_all(&[rule], &[plant]).unwrap_err();
        assert!(matches!(errors[0], AllocationError::PointSources { .. }));
    }

    #[test]
    fn all_errors_are_reported_together() {
        let rules = [
            rule("forest", 1.0, &["area"]),
            rule("industrial", f64::NAN, &["area"]),
            rule("industrial", 1.0, &["poi:none"]),
        ];
        assert_eq!(City::industrial(&[1.0], &[]).place_all(&rules, &[]).unwrap_err().len(), 3);
    }

    #[test]
    fn smoothing_goes_by_the_area_over_the_mean_area() {
        let city = City::industrial(&[1.0, 1.0], &[0.0, 1.0]);
        let mut rule = rule("industrial", 3.0, &["poi:industry"]);
        rule.smoothing = 1.0; // weights 1 and 2: the parcel without POI has its small share
        assert_eq!(city.tonnes(&rule), [1.0, 2.0]);
        let city = City::industrial(&[1.0, 3.0], &[0.0, 1.0]);
        rule.budget_t = 6.0; // weights 0 + 1/2 and 1 + 3/2
        assert_eq!(city.tonnes(&rule), [1.0, 5.0]);
        (rule.smoothing, rule.budget_t) = (2.0, 10.0); // weights 1 and 4
        assert_eq!(city.tonnes(&rule), [2.0, 8.0]);
        // Without any area there is no mean to go by: the proxy alone.
        assert_eq!(City::industrial(&[0.0, 0.0], &[0.0, 1.0]).tonnes(&rule), [0.0, 10.0]);
    }

    #[test]
    fn a_plant_of_exactly_the_budget_leaves_nothing_to_share_out_and_the_ledger_says_it_once() {
        let city = City::industrial(&[1.0, 1.0], &[]);
        let rule = rule("industrial", 10.0, &["area"]);
        let out = city.with_plant(&rule, 1, 10.0);
        assert_eq!(out.per_rule[0].per_parcel(2), [0.0, 10.0]);
        assert_eq!((out.records[0].unallocated_t, out.records[0].used), (0.0, None));
        let stages: Vec<(Stage, f64)> =
            out.ledger.rows.iter().filter_map(|r| Some((r.stage, r.amount_t?))).collect();
        assert_eq!(stages, [(Stage::Budget, 10.0), (Stage::Placed, 10.0)]);
        assert!(out.findings.items.is_empty(), "{:?}", out.findings);
        // A budget of exactly 0: its row, a row that says that there is nothing, no warning.
        let out = city.place(&AllocationRule { budget_t: 0.0, ..rule }).unwrap();
        assert_eq!(out.ledger.rows.iter().map(|r| r.amount_t).collect::<Vec<_>>(), [Some(0.0); 2]);
        assert!(out.ledger.rows[1].note.contains("nothing to place"), "{:?}", out.ledger.rows);
        assert!(out.findings.items.is_empty(), "{:?}", out.findings);
    }

    #[test]
    fn fallbacks_and_unallocated_budgets_are_told_with_their_tonnes_without_the_plants() {
        let city = City::industrial(&[1.0, 3.0], &[0.0, 0.0]);
        let mut rule = rule("industrial", 8.0, &["poi:industry"]);
        let told = |rule: &AllocationRule| {
            let out = city.with_plant(rule, 0, 2.0);
            let of = |f: &Finding| (f.code.clone(), f.amount_t);
            (out.findings.items.iter().map(of).collect::<Vec<_>>(), out.ledger)
        };
        let (findings, ledger) = told(&rule);
        assert_eq!(findings, [("zero_proxy".to_owned(), Some(6.0))]);
        assert_eq!(ledger.total_t(Stage::Fallback, "industry"), 6.0);
        assert_eq!(ledger.total_t(Stage::Placed, "industry"), 8.0);
        rule.on_zero_weight = OnZeroWeight::Unallocated;
        let (findings, ledger) = told(&rule);
        assert_eq!(findings, [("unallocated".to_owned(), Some(6.0))]);
        assert_eq!(ledger.total_t(Stage::Unallocated, "industry"), 6.0);
        assert_eq!(ledger.total_t(Stage::Placed, "industry"), 2.0);
        // Less than a tonne is booked like more.
        rule.budget_t = 0.5;
        let booked: Vec<_> =
            city.with_plant(&rule, 0, 0.25).ledger.rows.iter().map(|r| (r.stage, r.amount_t)).collect();
        let expected = [(Stage::Budget, 0.5), (Stage::Placed, 0.25), (Stage::Unallocated, 0.25)];
        assert_eq!(booked, expected.map(|(stage, t)| (stage, Some(t))));
    }

    #[test]
    fn a_redirected_rule_goes_by_its_proxy_there_and_is_told() {
        let city = City::industrial(&[1.0, 1.0], &[1.0, 3.0]);
        let mut rule = rule("municipal_utilities", 0.5, &["poi:industry"]);
        rule.on_missing_class = OnMissingClass::Redirect(vec!["industrial".to_owned()]);
        let out = city.place(&rule).unwrap();
        let placed: Vec<_> = out.per_rule[0].weighted().collect();
        assert_eq!(placed, [(0, 1.0, 0.125), (1, 3.0, 0.375)]);
        let record = &out.records[0];
        assert!(record.budget_source.ends_with("(redirected from municipal_utilities)"), "{record:?}");
        assert_eq!(record.proxies[0].unit, "poi");
        let row = out.ledger.rows.iter().find(|r| r.stage == Stage::Placed).unwrap();
        assert_eq!((row.count, row.unit.as_str()), (Some(2.0), "parcels"));
        assert_eq!(out.ledger.total_t(Stage::Fallback, "industry"), 0.5);
        let told: Vec<_> = out.findings.items.iter().map(|f| (f.code.as_str(), f.amount_t)).collect();
        assert_eq!(told, [("fallback", Some(0.5))], "its first proxy was used");
    }

    #[test]
    fn budgets_that_are_no_amounts_are_refused_and_a_missing_class_names_those_that_there_are() {
        let city = City::of(&[1.0, 1.0], &[2, 0], &[]);
        for budget_t in [-1.0, f64::INFINITY, f64::NAN] {
            let errors = city.place(&rule("industrial", budget_t, &["area"])).unwrap_err();
            assert!(matches!(errors[0], AllocationError::Budget { .. }), "{budget_t}");
        }
        let errors = city.place(&rule("municipal_utilities", 1.0, &["area"])).unwrap_err();
        assert!(
            matches!(&errors[0], AllocationError::MissingClass { present, .. } if present == "industrial, forest")
        );
        // Of a budget of 0 no proxy is looked at, and a tonne is a tonne.
        assert_eq!(city.tonnes(&rule("industrial", 0.0, &["poi:none"])), [0.0, 0.0]);
        assert_eq!(city.tonnes(&rule("industrial", 1.0, &["area"])), [0.0, 1.0]);
    }
}
