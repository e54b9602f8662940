//! Numbers of the counties for `[compensation]`.

use super::compute::Results;
use super::config::CountiesPipeline;
use super::inputs::Inputs;
use super::uncertainty;
use crate::compensation::{Compensated, Draws, Numbers, Rows, asked, mean_until};
use crate::load::Notes;
use crate::load_config::Loaded;
use carbonzone_confidence::Options;

/// Who pays whom in the year asked for, if the pipeline file asks for it. `None`: the findings say why not.
pub fn of_counties(
    config: &Loaded<CountiesPipeline>,
    inputs: &Inputs,
    results: &Results,
    notes: &mut Notes,
) -> Option<Option<Compensated>> {
    let p = &config.pipeline;
    let year = p.compensation.as_ref().and_then(|c| c.year).or(results.years.last().map(|y| y.year));
    let at = results.years.iter().position(|y| Some(y.year) == year).unwrap_or(0);
    let (zones, n) = (&inputs.zones, inputs.zones.ids.len());
    let gross: Vec<&Vec<f64>> = results.years[..=at].iter().map(|y| &y.tonnes.gross_t).collect();
    let area = inputs.areas.as_ref().map(|a| a.basis_m2.iter().copied().map(Some).collect());
    let numbers = || Numbers {
        year,
        gross_t: results.years[at].tonnes.gross_t.clone(),
        sink_t: results.years[at].tonnes.sink_t.clone(),
        gdp: inputs.years[at].gdp.clone(),
        population: inputs.years[at].population.clone(),
        area: area.clone().unwrap_or_else(|| vec![None; n]),
        history_t: mean_until(&gross),
        ..Numbers::of(zones)
    };
    let model = p.uncertainty.as_ref().map(|section| (section, uncertainty::model(section, inputs, results)));
    let rows = Rows::of_year(at, n, Vec::new());
    let draws = model.as_ref().map(|(section, model)| {
        let options = Options { seed: section.seed, draws: section.draws, drivers: false };
        Draws { model, options, rows }
    });
    asked(p.compensation.as_ref(), numbers, draws.as_ref(), notes)
}
