//! Emission and absorption over years on a grid and in counties (the Henan study): read, compute, book, write.

mod compute;
pub mod config;
mod inputs;
mod rasters;
mod report;
mod tables;
mod write;

use super::frame::Study;
use super::place::Place;
use crate::config::Outputs;
use crate::load::Notes;
use crate::load_config::Loaded;
use carbonzone_types::{Findings, Progress, Residual, RunManifest};
use config::RasterSeriesPipeline;
use std::path::Path;

/// The study.
pub struct RasterSeries;

impl Study for RasterSeries {
    type Pipeline = RasterSeriesPipeline;
    type Inputs = inputs::Inputs;
    type Results = compute::Results;

    fn place(pipeline: &RasterSeriesPipeline) -> &Place {
        &pipeline.city
    }

    fn outputs(pipeline: &mut RasterSeriesPipeline) -> &mut Outputs {
        &mut pipeline.outputs
    }

    fn check_config(loaded: &Loaded<RasterSeriesPipeline>) -> Findings {
        inputs::check_config(loaded)
    }

    fn load(
        loaded: &Loaded<RasterSeriesPipeline>,
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Option<inputs::Inputs> {
        // Before anything else, so that every missing file is named beside what is wrong with the others.
        rasters::report_missing(loaded, notes);
        inputs::load(loaded, notes, progress)
    }

    fn compute(
        loaded: &Loaded<RasterSeriesPipeline>,
        inputs: &inputs::Inputs,
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Option<compute::Results> {
        compute::compute(loaded, inputs, notes, progress)
    }

    fn manifest(
        loaded: &Loaded<RasterSeriesPipeline>,
        inputs: &inputs::Inputs,
        results: &compute::Results,
        notes: &Notes,
        balances: Vec<Residual>,
    ) -> RunManifest {
        write::manifest(loaded, inputs, results, notes, balances)
    }

    fn write_all(
        loaded: &Loaded<RasterSeriesPipeline>,
        inputs: &inputs::Inputs,
        results: &compute::Results,
        manifest: &RunManifest,
        dir: &Path,
        progress: &dyn Progress,
    ) -> anyhow::Result<()> {
        write::write_all(loaded, inputs, results, manifest, dir, progress)
    }
}
