//! Budgets to parcels, as the rows `[[allocate]]` of a pipeline file do it.

use crate::findings::{json, of_rows, one};
use crate::interrupt::kernel;
use crate::tables::{Columns, arrow_table};
use carbonzone_spatialize::{AllocationRule, OnMissingClass, OnZeroWeight, Parcels, ProxyTable, allocate};
use carbonzone_types::{
    AttributeTable, BudgetKey, ColumnData, Finding, Findings, LedgerRow, Proxy, ProxyKind, RuleRecord,
    WordError,
};
use pyo3::prelude::*;
use pyo3_arrow::PyTable;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A rule as the pipeline file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    #[serde(default)]
    activity: String,
    budget: String,
    #[serde(default = "whole")]
    share: f64,
    land: Vec<String>,
    proxies: Vec<String>,
    #[serde(default)]
    on_missing_class: OnMissingClass,
    #[serde(default)]
    on_zero_weight: OnZeroWeight,
    #[serde(default)]
    smoothing: f64,
}

fn whole() -> f64 {
    1.0
}

/// Budgets and rules.
#[derive(Debug, Deserialize)]
struct Job {
    budgets: BTreeMap<String, f64>,
    rules: Vec<Rule>,
}

impl Job {
    /// The rules with tonnes; every budget handed out whole.
    fn rules(&self) -> Result<Vec<AllocationRule>, Findings> {
        let mut findings = Findings::new();
        let mut out = vec![];
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            if !ids.insert(&rule.id) {
                findings.push(
                    Finding::error("duplicate_rule", format!("rule id \"{}\" occurs twice", rule.id))
                        .field("id"),
                );
            }
            if rule.land.is_empty() || rule.proxies.is_empty() {
                let message = format!("rule \"{}\" needs a land group and a proxy", rule.id);
                findings.push(Finding::error("rule", message).hint("proxies = [\"area\"] shares by area"));
            }
            if !self.budgets.contains_key(&rule.budget) {
                let known: Vec<&str> = self.budgets.keys().map(String::as_str).collect();
                let message = format!("rule \"{}\": no budget \"{}\"", rule.id, rule.budget);
                findings.push(
                    Finding::error("unknown_budget", message).field("budget").expected(known.join(", ")),
                );
            }
            match self.with_tonnes(rule) {
                Ok(rule) => out.push(rule),
                Err(e) => {
                    let finding = Finding::error("unknown_word", format!("rule \"{}\": {e}", rule.id));
                    findings.push(finding.value(e.word));
                }
            }
        }
        for (budget, &amount_t) in &self.budgets {
            let shares: f64 = self.rules.iter().filter(|r| r.budget == *budget).map(|r| r.share).sum();
            if (shares - 1.0).abs() > 1e-9 && !(amount_t == 0.0 && shares == 0.0) {
                let message = format!("the rules of budget \"{budget}\" take {shares} of it");
                let finding =
                    Finding::error("budget_not_handed_out", message).expected("shares that sum to 1");
                findings.push(finding.amount_t((amount_t * (1.0 - shares)).abs()));
            }
        }
        if findings.items.is_empty() { Ok(out) } else { Err(findings) }
    }

    fn with_tonnes(&self, rule: &Rule) -> Result<AllocationRule, WordError> {
        Ok(AllocationRule {
            id: rule.id.clone(),
            sector: rule.budget.parse::<BudgetKey>()?.sector,
            activity: if rule.activity.is_empty() { rule.id.clone() } else { rule.activity.clone() },
            land_groups: rule.land.iter().map(|l| l.parse()).collect::<Result<_, _>>()?,
            budget_t: self.budgets.get(&rule.budget).copied().unwrap_or(0.0) * rule.share,
            budget_source: String::new(),
            proxies: rule.proxies.iter().map(|p| p.parse()).collect::<Result<_, _>>()?,
            on_missing_class: rule.on_missing_class.clone(),
            on_zero_weight: rule.on_zero_weight,
            smoothing: rule.smoothing,
        })
    }
}

/// Columns of the parcels, owned.
struct Layer {
    area_m2: Vec<f64>,
    space_type: Vec<u16>,
    space_types: Vec<String>,
}

impl Layer {
    fn read(columns: &Columns) -> Result<Self, Findings> {
        let area = columns.numbers("area_m2").map_err(one)?;
        let names = columns.texts("space_type").map_err(one)?;
        let mut findings = Findings::new();
        let bad = |v: &Option<f64>| !v.is_some_and(|v| v.is_finite() && v >= 0.0);
        let rows: Vec<usize> = (0..area.len()).filter(|&i| bad(&area[i])).collect();
        if !rows.is_empty() {
            let finding = of_rows(
                "bad_area",
                format!("{} parcels without a usable area", rows.len()),
                "parcels",
                &rows,
            );
            findings.push(finding.field("area_m2").expected("a finite number of square metres, 0 or more"));
        }
        let rows: Vec<usize> = (0..names.len()).filter(|&i| names[i].is_none()).collect();
        if !rows.is_empty() {
            let message = format!("{} parcels without a space type", rows.len());
            findings.push(of_rows("missing_space_type", message, "parcels", &rows).field("space_type"));
        }
        if !findings.items.is_empty() {
            return Err(findings);
        }
        let names: Vec<String> = names.into_iter().flatten().collect();
        let known: BTreeSet<&String> = names.iter().collect();
        let space_types: Vec<String> = known.into_iter().cloned().collect();
        if space_types.len() > usize::from(u16::MAX) {
            let finding =
                Finding::error("space_types", format!("{} different space types", space_types.len()));
            return Err(one(finding
                .field("space_type")
                .expected("at most 65535: is this the right column?")));
        }
        let space_type = names.iter().map(|n| space_types.partition_point(|s| s < n) as u16).collect();
        Ok(Self { area_m2: area.into_iter().flatten().collect(), space_type, space_types })
    }
}

/// Unit of a proxy's column.
fn unit(proxy: &Proxy) -> &'static str {
    match proxy.kind() {
        ProxyKind::Area => "m2",
        ProxyKind::Poi(_) => "poi",
        ProxyKind::Population => "persons",
        ProxyKind::ZoneEmissions => "t",
        _ => "",
    }
}

/// Ledger rows as a table.
fn ledger_table(rows: &[LedgerRow]) -> AttributeTable {
    let text = |f: fn(&LedgerRow) -> String| ColumnData::Text(rows.iter().map(|r| Some(f(r))).collect());
    AttributeTable::new()
        .with("stage", text(|r| r.stage.name().to_owned()))
        .with("sector", text(|r| r.sector.clone()))
        .with("land_group", text(|r| r.land_group.clone()))
        .with("amount_t", ColumnData::Real(rows.iter().map(|r| r.amount_t).collect()))
        .with("count", ColumnData::Real(rows.iter().map(|r| r.count).collect()))
        .with("unit", text(|r| r.unit.clone()))
        .with("note", text(|r| r.note.clone()))
}

/// Tonnes per parcel and rule, ledger, rules as they were used (JSON), findings (JSON).
type Answer<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, String, String);

/// Places budgets on parcels in proportion to proxies.
#[pyfunction]
pub fn allocate_budgets<'py>(py: Python<'py>, parcels: PyTable, job: &str) -> PyResult<Answer<'py>> {
    let columns = Columns::new(parcels);
    let job: Result<Job, _> = serde_json::from_str(job);
    let (tonnes, ledger, records, findings) = kernel(py, None, move |_| {
        let job = job.map_err(|e| one(Finding::error("rule", e.to_string()).field("rules")))?;
        place(&columns, &job)
    })?;
    let records = serde_json::to_string(&records).map_err(crate::findings::broken)?;
    Ok((arrow_table(py, &tonnes)?, arrow_table(py, &ledger)?, records, json(&findings)))
}

type Placed = (AttributeTable, AttributeTable, Vec<RuleRecord>, Findings);

fn place(columns: &Columns, job: &Job) -> Result<Placed, Findings> {
    let rules = job.rules()?;
    let layer = Layer::read(columns)?;
    let mut proxies = ProxyTable::new();
    for proxy in rules.iter().flat_map(|r| &r.proxies).filter(|p| p.kind() != ProxyKind::Area) {
        if columns.has(proxy.as_str()) && proxies.get(proxy.as_str()).is_none() {
            let values = columns.numbers(proxy.as_str()).map_err(one)?;
            // What is not known is not 0: the allocation refuses it with its rows.
            let values = values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect();
            proxies.insert(proxy.as_str(), unit(proxy), values);
        }
    }
    let Layer { area_m2, space_type, space_types } = &layer;
    let parcels = Parcels { area_m2, space_type, space_types };
    let placed = allocate(&parcels, &proxies, &rules, &[]);
    let placed = placed.map_err(|errors| Findings {
        items: errors.iter().map(|e| e.to_finding().layer("parcels")).collect(),
    })?;
    let mut tonnes = AttributeTable::new();
    for (rule, per_rule) in rules.iter().zip(&placed.per_rule) {
        tonnes.push(&rule.id, ColumnData::reals(&per_rule.per_parcel(area_m2.len())));
    }
    Ok((tonnes, ledger_table(&placed.ledger.rows), placed.records, placed.findings))
}
