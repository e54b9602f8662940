//! Parcels, grid, townships (the Suzhou study).

use super::Study;
use crate::compute::{self, Results};
use crate::config::{Outputs, Pipeline};
use crate::load::{self, Inputs, Notes};
use crate::load_config::Loaded;
use crate::output::Output;
use crate::run::Run;
use crate::{check_pipeline, manifest, uncertainty, write};
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
        results.confidence = uncertainty::confidence(config, inputs, &results, notes, observer).ok()?;
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
