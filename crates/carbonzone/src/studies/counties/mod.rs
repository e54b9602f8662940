//! Counties over years (the Guiyang study): read, compute, book, write.

mod activity;
mod changes;
mod compensation;
mod compute;
pub mod config;
mod inputs;
mod land_cover;
mod published;
mod report;
mod tables;
mod uncertainty;
mod write;

use super::Study;
use crate::config::Outputs;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::output::Output;
use crate::run::Run;
use carbonzone_types::{Findings, Progress, Residual, RunManifest};
use config::CountiesPipeline;

/// Counties over years.
pub struct Counties;

impl Study for Counties {
    type Pipeline = CountiesPipeline;
    type Inputs = inputs::Inputs;
    type Results = compute::Results;

    fn check(config: &Loaded<CountiesPipeline>) -> Findings {
        inputs::check_config(config)
    }

    fn load(
        config: &Loaded<CountiesPipeline>,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<inputs::Inputs> {
        inputs::load(config, notes, observer)
    }

    fn compute(
        config: &Loaded<CountiesPipeline>,
        inputs: &mut inputs::Inputs,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<compute::Results> {
        let mut results = compute::compute(config, inputs, notes)?;
        if let Some(section) = &config.pipeline.uncertainty {
            observer.begin("draw", None);
            let found = uncertainty::confidence(section, inputs, &results, config.pipeline.zoning.gdp_total);
            observer.end();
            results.confidence = Some(found.map_err(|findings| notes.findings.items.extend(findings)).ok()?);
        }
        results.compensation = compensation::of_counties(config, inputs, &results, notes)?;
        Some(results)
    }

    fn record(
        config: &Loaded<CountiesPipeline>,
        inputs: &inputs::Inputs,
        results: &compute::Results,
        notes: &Notes,
        balances: Vec<Residual>,
    ) -> RunManifest {
        write::manifest(config, inputs, results, notes, balances)
    }

    fn output<'a>(run: &'a Run<Self>, _outputs: &Outputs) -> anyhow::Result<Output<'a>> {
        write::output(run)
    }
}
