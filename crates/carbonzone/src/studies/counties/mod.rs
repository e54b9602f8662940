//! Counties over years (the Guiyang study): read, compute, book, write.

mod activity;
mod changes;
mod compute;
pub mod config;
mod inputs;
mod land_cover;
mod published;
mod report;
mod tables;
mod write;

use super::frame::Study;
use super::place::Place;
use crate::config::Outputs;
use crate::load::Notes;
use crate::load_config::Loaded;
use carbonzone_types::{Findings, Progress, Residual, RunManifest};
use config::CountiesPipeline;
use std::path::Path;

/// The study.
pub struct Counties;

impl Study for Counties {
    type Pipeline = CountiesPipeline;
    type Inputs = inputs::Inputs;
    type Results = compute::Results;

    fn place(pipeline: &CountiesPipeline) -> &Place {
        &pipeline.city
    }

    fn outputs(pipeline: &mut CountiesPipeline) -> &mut Outputs {
        &mut pipeline.outputs
    }

    fn check_config(loaded: &Loaded<CountiesPipeline>) -> Findings {
        inputs::check_config(loaded)
    }

    fn load(
        loaded: &Loaded<CountiesPipeline>,
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Option<inputs::Inputs> {
        inputs::load(loaded, notes, progress)
    }

    fn compute(
        loaded: &Loaded<CountiesPipeline>,
        inputs: &inputs::Inputs,
        notes: &mut Notes,
        _progress: &dyn Progress,
    ) -> Option<compute::Results> {
        compute::compute(loaded, inputs, notes)
    }

    fn manifest(
        loaded: &Loaded<CountiesPipeline>,
        inputs: &inputs::Inputs,
        results: &compute::Results,
        notes: &Notes,
        balances: Vec<Residual>,
    ) -> RunManifest {
        write::manifest(loaded, inputs, results, notes, balances)
    }

    fn write_all(
        loaded: &Loaded<CountiesPipeline>,
        inputs: &inputs::Inputs,
        results: &compute::Results,
        manifest: &RunManifest,
        dir: &Path,
        progress: &dyn Progress,
    ) -> anyhow::Result<()> {
        write::write_all(loaded, inputs, results, manifest, dir, progress)
    }
}
