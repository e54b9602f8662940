//! `carbonzone run` and `carbonzone check`: which study a pipeline file is, and what each puts into the frame.

use crate::args::{CheckArgs, RunArgs};
use crate::compute::{self, Results};
use crate::config::Pipeline;
use crate::frame::Study;
use crate::load::{self, Inputs};
use crate::studies::{COUNTIES, Kind, RASTER_SERIES, kind_of};
use crate::{check_pipeline, manifest, write};

/// Parcels, grid, townships.
const PARCELS: Study<Pipeline, Inputs, Results> = Study {
    name: |pipeline| &pipeline.city.name,
    outputs: |pipeline| &mut pipeline.outputs,
    check_config: check_pipeline::check,
    load_despite_errors: true,
    load: load::load_inputs,
    compute: compute::compute,
    manifest: manifest::build,
    write_all: write::write_all,
};

/// The whole job.
///
/// # Errors
/// As [`Study::run`].
pub fn run(args: &RunArgs) -> anyhow::Result<u8> {
    match kind_of(&args.pipeline) {
        Kind::Parcels => PARCELS.run(args),
        Kind::Counties => COUNTIES.run(args),
        Kind::RasterSeries => RASTER_SERIES.run(args),
    }
}

/// Reads everything, places budgets in memory, writes nothing, prints all findings.
///
/// # Errors
/// As [`Study::check`].
pub fn check(args: &CheckArgs) -> anyhow::Result<u8> {
    match kind_of(&args.pipeline) {
        Kind::Parcels => PARCELS.check(args),
        Kind::Counties => COUNTIES.check(args),
        Kind::RasterSeries => RASTER_SERIES.check(args),
    }
}
