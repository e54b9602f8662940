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

use crate::frame::Study;

/// What this study puts into the frame.
pub const COUNTIES: Study<config::CountiesPipeline, inputs::Inputs, compute::Results> = Study {
    name: |pipeline| &pipeline.city.name,
    outputs: |pipeline| &mut pipeline.outputs,
    check_config: inputs::check_config,
    load_despite_errors: false,
    load: inputs::load,
    compute: |loaded, inputs, notes, _progress| compute::compute(loaded, inputs, notes),
    manifest: write::manifest,
    write_all: |loaded, inputs, results, manifest, dir, progress| {
        write::write_all(loaded, &inputs, results, &manifest, dir, progress)?;
        Ok(manifest)
    },
};
