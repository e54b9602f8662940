//! Numbers of the counties for `[compensation]`: energy emissions against absorption.

use super::compute::Results;
use super::config::RasterSeriesPipeline;
use super::inputs::Inputs;
use super::uncertainty;
use crate::compensation::{Compensated, Draws, Numbers, Rows, asked, mean_until};
use crate::load::Notes;
use crate::load_config::Loaded;
use carbonzone_confidence::Options;

/// Who pays whom in the year asked for, if the pipeline file asks for it. `None`: the findings say why not.
pub fn of_series(
    config: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    results: &Results,
    notes: &mut Notes,
) -> Option<Option<Compensated>> {
    let p = &config.pipeline;
    let year = p.compensation.as_ref().and_then(|c| c.year).or(results.years.last().map(|y| y.year));
    let Some(at) = results.years.iter().position(|y| Some(y.year) == year) else {
        let message = format!("the year {} of [compensation] has no data", year.unwrap_or_default());
        return notes.findings.refuse(carbonzone_types::Finding::error("compensation_year", message));
    };
    let (zones, n) = (&inputs.zones, inputs.zones.ids.len());
    let known = |t: &[Option<f64>]| -> Vec<f64> { t.iter().map(|t| t.unwrap_or(f64::NAN)).collect() };
    let energy: Vec<Vec<f64>> = results.years[..=at].iter().map(|y| known(&y.energy_t)).collect();
    let sink_t = known(&results.years[at].absorption_t);
    let negative = sink_t.iter().map(|t| *t < 0.0).collect();
    let numbers = || Numbers {
        year,
        gross_t: energy[at].clone(),
        sink_t: sink_t.clone(),
        area: inputs.areas.basis_m2.iter().copied().map(Some).collect(),
        history_t: mean_until(&energy.iter().collect::<Vec<_>>()),
        ..Numbers::of(zones)
    };
    let model = p.uncertainty.as_ref().map(|section| (section, uncertainty::model(section, inputs, results)));
    let rows = Rows::of_year(at, n, negative);
    let draws = model.as_ref().map(|(section, model)| {
        let options = Options { seed: section.seed, draws: section.draws, drivers: false };
        Draws { model, options, rows }
    });
    asked(p.compensation.as_ref(), numbers, draws.as_ref(), notes)
}
