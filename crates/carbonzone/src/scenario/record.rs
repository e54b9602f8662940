//! What `run.json` keeps of the scenarios: what report, fact sheets and `explain` read back.

use super::project::{EFFECTS, Multiples, Projected, STEPS};
use super::words::{assumes, title};
use super::{Scenarios, gdp_between};
use crate::compute::Results;
use crate::config::Pipeline;
use crate::load::Inputs;
use carbonzone_types::{
    ExactSum, RuleMultiples, RuleRecord, ScenarioRecord, ScenarioUnit, SectorChange, ValueChange,
    WaterfallStep,
};
use carbonzone_zoning::decoupling::{Decoupling, tapio};

pub fn records(pipeline: &Pipeline, inputs: &Inputs, results: &Results) -> Vec<ScenarioRecord> {
    let of = |scenarios: &Scenarios| {
        scenarios.all.iter().map(|p| record(pipeline, inputs, results, p)).collect::<Vec<_>>()
    };
    results.scenarios.as_ref().map(of).unwrap_or_default()
}

/// Elasticity of gross emissions to GDP from the base run to the plan, of all units together.
pub fn decoupling(inputs: &Inputs, results: &Results, p: &Projected) -> Option<(f64, Decoupling)> {
    let gross = (ExactSum::of(&results.zones.gross_t), ExactSum::of(&p.gross_t));
    tapio(gross, gdp_between(&inputs.zones.gdp, &p.gdp)?)
}

fn record(pipeline: &Pipeline, inputs: &Inputs, results: &Results, p: &Projected) -> ScenarioRecord {
    let scenario = &pipeline.scenario[&p.name];
    let (before, steps, after) = &p.waterfall;
    let named = std::iter::once(("net_base", before)).chain(STEPS.into_iter().zip(steps));
    let step = |(step, t): (&str, &f64)| WaterfallStep { step: step.to_owned(), effect_t: *t };
    let elastic = decoupling(inputs, results, p);
    let (base, overall) = (&results.zones, &results.zoning.overall);
    let class = |id: u8| results.scheme.class_of(id).map(|c| c.key.clone()).unwrap_or_default();
    let unit = |z: usize| ScenarioUnit {
        unit_id: inputs.zones.ids[z].clone(),
        gross_base_t: base.gross_t[z],
        gross_t: p.gross_t[z],
        sink_base_t: base.sink_t[z],
        sink_t: p.sink_t[z],
        sectors: sectors(results, p, z),
        effects: EFFECTS.iter().zip(&p.splits[z].effects).map(|(key, t)| step((*key, t))).collect(),
        values: values(inputs, results, p, z),
        zone_base: class(overall[z]),
        zone: class(p.zoned.zone[z]),
        p_changes: p.moves.get(z).map(carbonzone_confidence::Moves::differs),
    };
    let units: Vec<ScenarioUnit> = (0..inputs.zones.ids.len()).map(unit).collect();
    ScenarioRecord {
        name: p.name.clone(),
        title: title(&p.name, scenario),
        year: scenario.year,
        assumes: assumes(scenario),
        gross_base_t: ExactSum::of(&base.gross_t),
        gross_t: ExactSum::of(&p.gross_t),
        assumed_t: ExactSum::of(&p.assumed_t),
        sink_t: ExactSum::of(&p.sink_t),
        stock_change_once_t: (!p.stock_t.is_empty()).then(|| ExactSum::of(&p.stock_t)),
        peak_year: p.peak().year(),
        target_t: p.target_t,
        waterfall: named.chain([("net_plan", after)]).map(step).collect(),
        elasticity: elastic.map(|e| e.0),
        decoupling: elastic.map(|e| e.1.key().to_owned()).unwrap_or_default(),
        multiples: multiples(results, p),
        units_changed: units.iter().filter(|u| u.zone != u.zone_base).count() as u64,
        units,
    }
}

fn sectors(results: &Results, p: &Projected, z: usize) -> Vec<SectorChange> {
    let one = |(sector, [base_t, plan_t]): (&String, &[f64; 2])| SectorChange {
        sector: sector.clone(),
        base_t: *base_t,
        plan_t: *plan_t,
    };
    results.sectors.iter().zip(&p.splits[z].sectors).map(one).collect()
}

/// What the class of a zone follows from, before and after.
fn values(inputs: &Inputs, results: &Results, p: &Projected, z: usize) -> Vec<ValueChange> {
    let (scheme, zones) = (&results.scheme, &inputs.zones);
    let (base, plan) = (&results.indices, &p.indices);
    let gdp = zones.gdp_unit.gdp_field();
    let all = [
        ("ccr", base.ccr[z], plan.ccr[z]),
        (scheme.economic.column.as_str(), base.ecc[z], plan.ecc[z]),
        (scheme.ecological.column.as_str(), base.esc[z], plan.esc[z]),
        (gdp.as_str(), zones.gdp[z], p.gdp[z]),
        ("population_persons", zones.population[z], p.population[z]),
    ];
    let one =
        |(key, base, plan): (&str, Option<f64>, Option<f64>)| ValueChange { key: key.to_owned(), base, plan };
    all.into_iter().map(one).collect()
}

/// What the paths make of each budget; those that nothing changes are left out.
pub fn multiples(results: &Results, p: &Projected) -> Vec<RuleMultiples> {
    let records = results.allocation.records.iter().zip(&p.multiples);
    let same = |m: &Multiples| [m.activity, m.intensity, m.factor] == [1.0; 3];
    let changed = records.filter(|(rule, m)| rule.placed_t != 0.0 && !same(m));
    let one = |(rule, m): (&RuleRecord, &Multiples)| RuleMultiples {
        rule: rule.id.clone(),
        sector: rule.sector.clone(),
        activity: m.activity,
        intensity: m.intensity,
        factor: m.factor,
    };
    changed.map(one).collect()
}
