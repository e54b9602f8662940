//! Emission and absorption over years on a grid and in counties (the Henan study): read, compute, book, write.

mod compute;
pub mod config;
mod inputs;
mod rasters;
mod report;
mod tables;
mod write;

use crate::frame::Study;

/// What this study puts into the frame.
pub const RASTER_SERIES: Study<config::RasterSeriesPipeline, inputs::Inputs, compute::Results> = Study {
    name: |pipeline| &pipeline.city.name,
    outputs: |pipeline| &mut pipeline.outputs,
    check_config: inputs::check_config,
    load_despite_errors: false,
    load: |loaded, notes, progress| {
        // Before anything else, so that every missing file is named beside what is wrong with the others.
        rasters::report_missing(loaded, notes);
        inputs::load(loaded, notes, progress)
    },
    compute: compute::compute,
    manifest: write::manifest,
    write_all: |loaded, inputs, results, manifest, dir, progress| {
        write::write_all(loaded, &inputs, results, &manifest, dir, progress)?;
        Ok(manifest)
    },
};
