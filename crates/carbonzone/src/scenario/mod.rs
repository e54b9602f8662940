//! `[scenario.NAME]`: what a plan would change, on the weights of the base run.

mod assumed;
mod check;
pub mod config;
mod figures;
mod land;
mod output;
mod project;
mod record;
mod report;
mod scenarios;
mod words;

pub use check::check;
pub use output::{add_to, note_in};
pub use record::records;
pub use scenarios::Scenarios;

use crate::compute::Results;
use crate::load::plans::named;
use crate::load::{Inputs, Notes};
use crate::load_config::Loaded;
use crate::uncertainty::{Drawn, judge_with};
use carbonzone_confidence::{Model, Options, Placed, moves};
use carbonzone_types::{ExactSum, Finding};
use land::Base;
use project::Projected;

/// GDP of the units before and after, summed over those that have both. `None` without any.
fn gdp_between(before: &[Option<f64>], after: &[Option<f64>]) -> Option<(f64, f64)> {
    let both: Vec<(f64, f64)> = before.iter().zip(after).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
    let sum = |f: fn(&(f64, f64)) -> f64| both.iter().map(f).collect::<ExactSum>().value();
    (!both.is_empty()).then(|| (sum(|p| p.0), sum(|p| p.1)))
}

/// Computes every scenario. The outer `None`: the findings say why not.
pub fn compute(
    loaded: &Loaded,
    inputs: &Inputs,
    results: &Results,
    drawn: Option<&Drawn>,
    notes: &mut Notes,
) -> Option<Option<Scenarios>> {
    let pipeline = &loaded.pipeline;
    if pipeline.scenario.is_empty() {
        return Some(None);
    }
    let plans = inputs.plans.values().flat_map(|p| p.space_types.iter().cloned());
    let targets = pipeline.scenario.values().flat_map(|s| s.convert.iter().map(|c| c.to.clone()));
    let base = Base::of(inputs, results, &plans.chain(targets).collect::<Vec<_>>());
    let before = notes.findings.items.len();
    let mut all = Vec::new();
    let mut complete = true;
    for (name, scenario) in &pipeline.scenario {
        let done = base
            .change(scenario, inputs.plans.get(name))
            .and_then(|land| {
                notes.findings.items.extend(land.told(&base).into_iter().map(|f| named(name, f)));
                project::project(&base, pipeline, (name, scenario), land)
            })
            .and_then(|projected| with_moves(loaded, &base, drawn, projected));
        match done {
            Ok(projected) => {
                let open = projected.balance();
                let open =
                    open.or_else(|| project::balance_of_zones(&base, &projected.splits, &projected.gross_t));
                if let Some(finding) = open {
                    notes.findings.push(named(name, finding));
                    complete = false;
                }
                if projected.is_base(&base) {
                    notes.findings.push(named(
                        name,
                        Finding::warning("scenario_equals_base", "nothing differs from the base run")
                            .hint("does the plan layer differ, and do the paths reach the plan's year?"),
                    ));
                }
                all.push(projected);
            }
            Err(findings) => {
                notes.findings.items.extend(findings.into_iter().map(|f| named(name, f)));
                complete = false;
            }
        }
    }
    debug_assert!(complete || notes.findings.items.len() > before, "what fails says why");
    let Base { types, land_ha, .. } = base;
    complete.then_some(Some(Scenarios { types, land_ha, all }))
}

/// Adds how often a zone changes its class, under the draws of the base run.
fn with_moves(
    loaded: &Loaded,
    base: &Base<'_>,
    drawn: Option<&Drawn>,
    mut projected: Projected,
) -> Result<Projected, Vec<Finding>> {
    let Some(drawn) = drawn else { return Ok(projected) };
    let model = model_of(base, &drawn.model, &projected);
    let own = judge_with(base.results, project::options(base, &loaded.pipeline, &base.inputs.zones.gdp));
    let other = judge_with(base.results, project::options(base, &loaded.pipeline, &projected.gdp));
    let options = Options { drivers: false, ..drawn.options };
    let found = moves((&drawn.model, &own), (&model, &other), &options);
    projected.moves = found.map_err(|errors| {
        errors.iter().map(|e| Finding::error("scenario", e.to_string())).collect::<Vec<_>>()
    })?;
    Ok(projected)
}

/// The model of the base run with the tonnes of the plan: what may be off is off in the same way.
fn model_of(base: &Base<'_>, model: &Model, projected: &Projected) -> Model {
    let mut out = model.clone();
    let n = out.units.len();
    for (r, rule) in out.rules.iter_mut().enumerate() {
        let (before, after) = (&base.rule_t[r], &projected.rule_t[r]);
        let scaled = |t: f64, z: usize| if before[z] > 0.0 { t * after[z] / before[z] } else { after[z] };
        for (option, placed) in rule.placed.iter_mut().enumerate() {
            *placed = if option == 0 {
                Placed::of(after[..n].to_vec(), after[n])
            } else {
                let per_unit_t = placed.per_unit_t.iter().enumerate().map(|(z, t)| scaled(*t, z)).collect();
                Placed { per_unit_t, outside_t: scaled(placed.outside_t, n) }
            };
        }
    }
    out.gross_t.clone_from(&projected.gross_t);
    out.sink_t.clone_from(&projected.sink_t);
    out.gdp.clone_from(&projected.gdp);
    out
}
