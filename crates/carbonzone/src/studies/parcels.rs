//! Parcels, grid, townships (the Suzhou study).

use super::Study;
use crate::compute::{self, Results};
use crate::config::{Outputs, Pipeline};
use crate::load::{self, Inputs, Notes};
use crate::load_config::Loaded;
use crate::output::Output;
use crate::run::Run;
use crate::{check_pipeline, compensation, manifest, scenario, uncertainty, write};
use carbonzone_types::{Findings, Progress, Residual, RunManifest};

/// Parcels, grid, townships.
pub struct Parcels;

impl Study for Parcels {
    type Pipeline = Pipeline;
    type Inputs = Inputs;
    type Results = Results;
    const LOAD_DESPITE_ERRORS: bool = true;

    fn check(config: &Loaded) -> Findings {
        check_pipeline::check(config)
    }

    fn load(config: &Loaded, notes: &mut Notes, observer: &dyn Progress) -> Option<Inputs> {
        load::load_inputs(config, notes, observer)
    }

    fn compute(
        config: &Loaded,
        inputs: &mut Inputs,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<Results> {
        let mut results = compute::compute(config, inputs, notes, observer)?;
        let drawn = uncertainty::draw(config, inputs, &results, notes, observer).ok()?;
        results.compensation = compensated(config, inputs, &results, drawn.as_ref(), notes)?;
        results.scenarios = scenario::compute(config, inputs, &results, drawn.as_ref(), notes)?;
        results.confidence = drawn.map(|d| d.confidence);
        // Only those that the parcel layer shows are written.
        inputs.proxies.retain(|name| inputs.proxy_fields.iter().any(|(_, proxy)| proxy == name));
        Some(results)
    }

    fn record(
        config: &Loaded,
        inputs: &Inputs,
        results: &Results,
        notes: &Notes,
        balances: Vec<Residual>,
    ) -> RunManifest {
        manifest::build(config, inputs, results, notes, balances)
    }

    fn output<'a>(run: &'a Run<Self>, outputs: &Outputs) -> anyhow::Result<Output<'a>> {
        write::output(run, outputs)
    }
}

/// Who pays whom, if the pipeline file asks for it. `None`: the findings say why not.
fn compensated(
    config: &Loaded,
    inputs: &Inputs,
    results: &Results,
    drawn: Option<&uncertainty::Drawn>,
    notes: &mut Notes,
) -> Option<Option<compensation::Compensated>> {
    let zones = &inputs.zones;
    let numbers = || compensation::Numbers {
        year: None,
        ids: zones.ids.clone(),
        names: zones.names.clone(),
        names_en: zones.names_en.clone(),
        district: zones.district.clone(),
        gross_t: results.zones.gross_t.clone(),
        sink_t: results.zones.sink_t.clone(),
        gdp: zones.gdp_1e4cny.clone(),
        population: zones.population.clone(),
        area: zones.coverage.areas_m2().into_iter().map(Some).collect(),
        history_t: Vec::new(),
    };
    let rows = compensation::Rows::default();
    let draws = drawn.map(|d| compensation::Draws { model: &d.model, options: d.options, rows });
    compensation::asked(config.pipeline.compensation.as_ref(), numbers, draws.as_ref(), notes)
}
