//! Checks of a pipeline file that serde cannot see: ranges, totals, rules, names that do not exist.

use crate::config::{Aggregate, Pipeline};
use crate::load_config::{Loaded, suggest};
use crate::studies::place::{self, Years};
use crate::{check_layers, check_ranges, compensation, names, reference};
use carbonzone_types::{Finding, Findings, LARGEST_AMOUNT, Proxy, is_amount, short_number};
use carbonzone_zoning::ZoningError;
use std::collections::BTreeMap;

/// What serde cannot see: budgets without rules, shares that do not sum to 1, names that do not exist.
pub fn check(loaded: &Loaded) -> Findings {
    let p = &loaded.pipeline;
    let mut findings = place::check(loaded, &p.city, Years::One, true);
    names::check_zones_layer(loaded, &p.layers.zones.kind, &mut findings);
    names::check_sectors(loaded, &mut findings);
    names::check_proxies(loaded, &mut findings);
    check_cell(loaded, &p.aggregate, &mut findings);
    check_ranges::check(loaded, &mut findings);
    check_layers::check(loaded, &mut findings);
    check_totals(loaded, &mut findings);
    check_rules(loaded, &mut findings);
    findings.extend(crate::uncertainty::check::check(loaded));
    let known = compensation::Known { years: p.city.years(), gdp: true };
    findings.extend(compensation::check(loaded, p.compensation.as_ref(), &known));
    findings.extend(crate::scenario::check(loaded));
    findings.extend(crate::statistics::config::check(p.statistics.as_ref()));
    let sectors = p.allocate.iter().filter_map(|r| r.budget.split(':').next());
    let sectors = sectors.filter(|s| *s != "sink").map(str::to_owned).collect();
    let known = reference::Known { sectors, years: p.city.years() };
    findings.extend(reference::check(loaded, &p.reference, &known));
    // Numbers out of range have been named already, but for those of measures.
    if let Err(e) = p.zoning.resolve() {
        let told = match &e {
            ZoningError::Scheme { .. } => true,
            ZoningError::Parameter { parameter, .. } => parameter.starts_with("zoning.measures"),
            _ => false,
        };
        if told {
            findings.push(loaded.at(Finding::error("zoning", e.to_string()), &["zoning"]));
        }
    }
    findings
}

/// Largest cell, m: larger than any city.
const LARGEST_CELL_M: f64 = 1e6;

/// A grid needs cells.
pub fn check_cell<P>(loaded: &Loaded<P>, grid: &Aggregate, findings: &mut Findings) {
    if !(grid.cell_m > 0.0 && grid.cell_m <= LARGEST_CELL_M) {
        findings.push(
            loaded.at(
                Finding::error("cell_size", "the grid cell size must be a positive number of metres")
                    .field("aggregate.cell_m")
                    .value(short_number(grid.cell_m))
                    .expected(format!("more than 0, at most {LARGEST_CELL_M} m")),
                &["aggregate", "cell_m"],
            ),
        );
    }
}

fn check_totals(loaded: &Loaded, findings: &mut Findings) {
    let inventory = &loaded.pipeline.inventory;
    if inventory.totals.is_empty() == inventory.activity.is_none() {
        findings.push(
            Finding::error("inventory", "the inventory is either given or computed: one of both is needed")
                .field("inventory")
                .expected("[[inventory.totals]] or [inventory.activity]"),
        );
    }
    let mut given: BTreeMap<String, usize> = BTreeMap::new();
    for (i, total) in inventory.totals.iter().enumerate() {
        let index = i.to_string();
        let name = format!("{}:{}", total.sector, total.land_group);
        if let Some(first) = given.get(&name) {
            let message = format!("total {name} is given more than once: the amounts are added");
            let finding = Finding::warning("total_given_twice", message)
                .field("inventory.totals")
                .value(short_number(total.amount))
                .expected(format!(
                    "one amount; the first is {}",
                    short_number(inventory.totals[*first].amount)
                ))
                .hint("if one replaces the other (another year, a correction), delete the other");
            findings.push(loaded.at(finding, &["inventory", "totals", &index, "amount"]));
        }
        given.entry(name.clone()).or_insert(i);
        if !is_amount(inventory.unit.in_tonnes(total.amount)) {
            let open = total.amount.is_nan();
            let message = if open {
                format!("total {name} has no amount yet")
            } else {
                format!("total {name} is not a number ≥ 0")
            };
            let mut finding =
                Finding::error("negative_or_nan_budget", message).field("inventory.totals.amount");
            if !open {
                finding = finding.value(short_number(total.amount));
            }
            let finding = finding
                .expected(format!("from 0 to {LARGEST_AMOUNT:e} t"))
                .hint(if total.amount.is_nan() {
                    "put the number of your city here"
                } else if total.amount > 0.0 {
                    "the whole Earth emits 6e10 t CO2e a year: is the number, or inventory.unit, right?"
                } else if total.sector == "sink" {
                    "sinks are given positive; land that is a net source is an emission: declare sector = \"land\" (it then enters gross), place it by \"area\" on the land that emits, and judge by axes = \"economic\" in [zoning]"
                } else {
                    "emissions are given positive; removals are sector = \"sink\""
                });
            findings.push(loaded.at(finding, &["inventory", "totals", &index, "amount"]));
        }
        let shares: f64 = total.mode_share.values().sum();
        if !total.mode_share.is_empty()
            && ((shares - 1.0).abs() > 1e-9 || total.mode_share.values().any(|s| s.is_nan() || *s < 0.0))
        {
            let finding = Finding::error("mode_share", format!("mode_share of {name} sums to {shares}"))
                .expected("shares ≥ 0 that sum to 1");
            findings.push(loaded.at(finding, &["inventory", "totals", &index, "mode_share"]));
        }
    }
}

fn check_rules(loaded: &Loaded, findings: &mut Findings) {
    let p = &loaded.pipeline;
    let names = p.inventory.budgets();
    let mut seen = BTreeMap::new();
    for (i, rule) in p.allocate.iter().enumerate() {
        let index = i.to_string();
        let mut report = |finding: Finding, key: &str| {
            findings.push(loaded.at(finding, &["allocate", &index, key]));
        };
        if seen.insert(rule.id.clone(), i).is_some() {
            report(Finding::error("duplicate_rule", format!("rule id \"{}\" occurs twice", rule.id)), "id");
        }
        if rule.land.is_empty() {
            report(Finding::error("rule_land", format!("rule \"{}\" names no land group", rule.id)), "land");
        }
        if rule.proxies.is_empty() {
            report(
                Finding::error("rule_proxies", format!("rule \"{}\" names no proxy", rule.id))
                    .hint("`proxies = [\"area\"]` shares by area"),
                "proxies",
            );
        }
        for proxy in &rule.proxies {
            if proxy.parse::<Proxy>().is_err() {
                let known = [
                    "population",
                    "zone_emissions",
                    "road_corrected",
                    "sink_area",
                    "area",
                    "poi:industry",
                    "road:road",
                ];
                let finding = Finding::error("unknown_proxy", format!("rule \"{}\": unknown proxy", rule.id))
                    .value(proxy)
                    .expected(Proxy::FORMS);
                report(suggest(finding, proxy, known), "proxies");
            }
        }
        let sector = rule.budget.split(':').next().unwrap_or_default();
        if sector != "sink" && rule.proxies.iter().any(|p| p == "sink_area") {
            let message = format!(
                "rule \"{}\" places the emission \"{}\" by what the land absorbs: forest, which absorbs most, would emit most",
                rule.id, rule.budget
            );
            let finding = Finding::warning("sink_area_for_emission", message)
                .hint("proxies = [\"area\"], and the land that emits");
            report(finding, "proxies");
        }
        if !p.inventory.totals.is_empty() && !names.contains_key(&rule.budget) {
            let message = format!("rule \"{}\": no total \"{}\"", rule.id, rule.budget);
            let finding = Finding::error("unknown_budget", message)
                .expected(names.keys().cloned().collect::<Vec<_>>().join(", "));
            report(suggest(finding, &rule.budget, names.keys().map(String::as_str)), "budget");
        }
    }
    if !p.inventory.totals.is_empty() {
        for (budget, amount_t) in names {
            if let Some(finding) = check_shares(p, &budget, amount_t) {
                findings.push(finding);
            }
        }
    }
}

/// Every budget must be handed out whole: the shares of its rules sum to 1.
pub fn check_shares(pipeline: &Pipeline, budget: &str, amount_t: f64) -> Option<Finding> {
    // A sum of nothing is -0.
    let shares = 0.0 + pipeline.allocate.iter().filter(|r| r.budget == budget).map(|r| r.share).sum::<f64>();
    if (shares - 1.0).abs() <= 1e-9 || (amount_t == 0.0 && shares == 0.0) {
        return None;
    }
    let message =
        format!("the rules of budget \"{budget}\" take {shares} of it; nothing may be lost silently");
    Some(
        Finding::error("budget_not_handed_out", message)
            .expected("shares that sum to 1")
            .amount_t((amount_t * (1.0 - shares)).abs())
            .hint(format!("add an [[allocate]] row with budget = \"{budget}\"")),
    )
}
