//! Emission and absorption over years on a grid and in counties (the Henan study): read, compute, book, write.

mod compensation;
mod compute;
pub mod config;
mod inputs;
mod rasters;
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
use config::RasterSeriesPipeline;

/// Emission and absorption rasters over years.
pub struct RasterSeries;

impl Study for RasterSeries {
    type Pipeline = RasterSeriesPipeline;
    type Inputs = inputs::Inputs;
    type Results = compute::Results;

    fn check(config: &Loaded<RasterSeriesPipeline>) -> Findings {
        inputs::check_config(config)
    }

    fn load(
        config: &Loaded<RasterSeriesPipeline>,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<inputs::Inputs> {
        // Before anything else, so that every missing file is named beside what is wrong with the others.
        rasters::report_missing(config, notes);
        inputs::load(config, notes, observer)
    }

    fn compute(
        config: &Loaded<RasterSeriesPipeline>,
        inputs: &mut inputs::Inputs,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<compute::Results> {
        let mut results = compute::compute(config, inputs, notes, observer)?;
        if let Some(section) = &config.pipeline.uncertainty {
            observer.begin("draw", None);
            let found = uncertainty::confidence(section, config, inputs, &results);
            observer.end();
            results.confidence = Some(found.map_err(|findings| notes.findings.items.extend(findings)).ok()?);
        }
        results.compensation = compensation::of_series(config, inputs, &results, notes)?;
        Some(results)
    }

    fn record(
        config: &Loaded<RasterSeriesPipeline>,
        inputs: &inputs::Inputs,
        results: &compute::Results,
        notes: &Notes,
        balances: Vec<Residual>,
    ) -> RunManifest {
        write::manifest(config, inputs, results, notes, balances)
    }

    fn output<'a>(run: &'a Run<Self>, _outputs: &Outputs) -> anyhow::Result<Output<'a>> {
        Ok(write::output(run))
    }
}
