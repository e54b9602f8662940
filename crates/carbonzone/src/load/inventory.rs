//! Budgets: given totals, or totals computed from activity data; then the allocation table in tonnes.

use super::parcels::ParcelSet;
use super::{Notes, plausible};
use crate::check_pipeline::check_shares;
use crate::config::Allocate;
use crate::load_config::{Loaded, suggest};
use crate::uncertainty;
use carbonzone_inventory::{Inventory, InventoryConfig};
use carbonzone_spatialize::AllocationRule;
use carbonzone_types::{
    BudgetKey, Finding, InputRecord, LARGEST_AMOUNT, WordError, decimal_scaled, is_amount,
};
use std::collections::{BTreeMap, BTreeSet};

/// Rules with budgets; the computed inventory if there is one. Without parcels the land areas of sinks must
/// come from the yearbook.
pub fn load(
    loaded: &Loaded,
    parcels: Option<&ParcelSet>,
    notes: &mut Notes,
) -> Option<(Vec<AllocationRule>, Option<Inventory>)> {
    let config = &loaded.pipeline.inventory;
    let Some(activity) = &config.activity else {
        let amounts = config.budgets();
        let sources = sources_of_totals(loaded);
        return Some((rules(loaded, &amounts, &sources, notes)?, None));
    };
    let areas = parcels.map(ParcelSet::area_by_sink_type).unwrap_or_default();
    let inventory = compute(loaded, activity, &areas, notes)?;
    let mut amounts = BTreeMap::new();
    let mut sources = BTreeMap::new();
    for budget in &inventory.budgets {
        let name = format!("{}:{}", budget.sector, budget.land_group);
        *amounts.entry(name.clone()).or_insert(0.0) += budget.amount_t;
        sources.insert(name, "inventory: activity data × emission factor".to_owned());
    }
    check_activity_budgets(loaded, &amounts, notes);
    Some((rules(loaded, &amounts, &sources, notes)?, Some(inventory)))
}

/// Computes the inventory of an `[inventory.activity]` section.
pub fn compute(
    loaded: &Loaded,
    activity: &InventoryConfig,
    land_areas_m2: &BTreeMap<String, f64>,
    notes: &mut Notes,
) -> Option<Inventory> {
    // The year of the city unless the section names its own.
    let activity = &InventoryConfig {
        year: activity.year.or(loaded.pipeline.city.years().last().copied()),
        ..activity.clone()
    };
    let read = carbonzone_inventory::load(activity, &loaded.base());
    for (index, source) in activity.activity.iter().enumerate() {
        let path = loaded.resolve(source.path.as_ref());
        if let Ok(record) = carbonzone_io::file_record("activity", &path, &source.path) {
            let rows: Vec<_> = read.activity.rows.iter().filter(|row| row.source == index).collect();
            let sheets: BTreeSet<&str> = rows.iter().map(|row| row.sheet.as_str()).collect();
            let layer = sheets.into_iter().collect::<Vec<_>>().join(", ");
            notes.records.push(InputRecord { layer, features: rows.len() as u64, ..record });
        }
    }
    match carbonzone_inventory::compute(activity, &read.activity, &read.library, land_areas_m2) {
        Ok(mut inventory) => {
            let section = loaded.pipeline.uncertainty.clone().unwrap_or_default();
            notes.findings.items.extend(uncertainty::approach2::fill(&mut inventory, &section));
            notes.findings.extend(inventory.findings.clone());
            plausible::check_sink_areas(&inventory, notes);
            notes.factor_sets.extend(inventory.factor_sets.iter().cloned());
            notes.statements.extend(inventory.statements.iter().cloned());
            Some(inventory)
        }
        Err(findings) => {
            notes.findings.extend(findings);
            None
        }
    }
}

/// Where each given budget comes from.
pub fn sources_of_totals(loaded: &Loaded) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for total in &loaded.pipeline.inventory.totals {
        let name = format!("{}:{}", total.sector, total.land_group);
        let source = if total.source.is_empty() { "no source given" } else { &total.source };
        out.insert(name.clone(), source.to_owned());
        for (mode, share) in &total.mode_share {
            out.insert(format!("{name}_{mode}"), format!("{} % of: {source}", decimal_scaled(*share, 2)));
        }
    }
    out
}

/// The rows of the allocation table as rules with tonnes. `None`: a word is none; a finding says which.
fn rules(
    loaded: &Loaded,
    amounts: &BTreeMap<String, f64>,
    sources: &BTreeMap<String, String>,
    notes: &mut Notes,
) -> Option<Vec<AllocationRule>> {
    let rule = |r: &Allocate| -> Result<AllocationRule, WordError> {
        Ok(AllocationRule {
            id: r.id.clone(),
            sector: r.budget.parse::<BudgetKey>()?.sector,
            activity: if r.activity.is_empty() { r.id.clone() } else { r.activity.clone() },
            land_groups: r.land.iter().map(|l| l.parse()).collect::<Result<_, _>>()?,
            budget_t: amounts.get(&r.budget).copied().unwrap_or(0.0) * r.share,
            budget_source: sources.get(&r.budget).cloned().unwrap_or_default(),
            // The check of the pipeline file names those that are none.
            proxies: r.proxies.iter().filter_map(|p| p.parse().ok()).collect(),
            on_missing_class: r.on_missing_class.clone(),
            on_zero_weight: r.on_zero_weight,
            smoothing: r.smoothing,
        })
    };
    let mut out = Vec::new();
    for r in &loaded.pipeline.allocate {
        match rule(r) {
            Ok(rule) => out.push(rule),
            Err(e) => {
                let finding = Finding::error("unknown_word", format!("rule \"{}\": {e}", r.id));
                notes.findings.push(finding.field("allocate").value(e.word));
            }
        }
    }
    (out.len() == loaded.pipeline.allocate.len()).then_some(out)
}

/// Activity data and factors that are each possible may still give an impossible product.
fn too_large(budget: &str, amount_t: f64) -> Option<Finding> {
    (!is_amount(amount_t)).then(|| {
        Finding::error("out_of_range", format!("the budget \"{budget}\" is {amount_t:e} t CO2e"))
            .field("inventory.activity")
            .expected(format!("at most {LARGEST_AMOUNT:e} t CO2e"))
            .hint("an amount, its unit or a factor is wrong by orders of magnitude: see the lines of the sector in `carbonzone inventory`")
    })
}

/// Computed budgets are known only now: every one needs its rules, and every rule its budget.
fn check_activity_budgets(loaded: &Loaded, amounts: &BTreeMap<String, f64>, notes: &mut Notes) {
    for (budget, amount_t) in amounts {
        notes.findings.items.extend(too_large(budget, *amount_t));
        notes.findings.items.extend(check_shares(&loaded.pipeline, budget, *amount_t));
    }
    for rule in &loaded.pipeline.allocate {
        if !amounts.contains_key(&rule.budget) {
            let message =
                format!("rule \"{}\": the inventory has no \"{}\"; it places nothing", rule.id, rule.budget);
            let finding = Finding::info("empty_budget", message)
                .expected(amounts.keys().cloned().collect::<Vec<_>>().join(", "));
            notes.findings.push(suggest(finding, &rule.budget, amounts.keys().map(String::as_str)));
        }
    }
}
