//! Studies other than parcels: counties over years, raster series. Each has its own strict pipeline file and the
//! same outputs, ledger, provenance and maps.

mod cells;
pub mod counties;
mod frame;
mod place;
pub mod raster_series;
mod table_in;

use crate::args::{CheckArgs, RunArgs};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// The pipeline file of any study: what `carbonzone schema` describes.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub enum AnyPipeline {
    /// Parcels, grid, townships.
    Parcels(Box<crate::config::Pipeline>),
    /// Counties over years.
    Counties(Box<counties::config::CountiesPipeline>),
    /// Emission and absorption rasters over years.
    RasterSeries(Box<raster_series::config::RasterSeriesPipeline>),
}

/// Kind of study of a pipeline file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Study {
    /// Parcels, grid, townships (the default).
    Parcels,
    /// Counties over years.
    Counties,
    /// Emission and absorption over years on a grid.
    RasterSeries,
}

/// Kind of study that a file declares; a file that cannot be read or parsed counts as parcels, whose loader says
/// what is wrong with it.
pub fn study_of(path: &Path) -> Study {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let table: toml::Table = toml::from_str(&text).unwrap_or_default();
    match table.get("study").and_then(toml::Value::as_str) {
        Some("counties") => Study::Counties,
        Some("raster_series") => Study::RasterSeries,
        _ => Study::Parcels,
    }
}

/// `carbonzone run` of another study; `None` if the file is of the parcels study.
///
/// # Errors
/// As [`crate::run::run`].
pub fn run(args: &RunArgs) -> Option<anyhow::Result<u8>> {
    match study_of(&args.pipeline) {
        Study::Parcels => None,
        Study::Counties => Some(frame::run::<counties::Counties>(args)),
        Study::RasterSeries => Some(frame::run::<raster_series::RasterSeries>(args)),
    }
}

/// `carbonzone check` of another study; `None` if the file is of the parcels study.
///
/// # Errors
/// As [`crate::run::check`].
pub fn check(args: &CheckArgs) -> Option<anyhow::Result<u8>> {
    match study_of(&args.pipeline) {
        Study::Parcels => None,
        Study::Counties => Some(frame::check::<counties::Counties>(args)),
        Study::RasterSeries => Some(frame::check::<raster_series::RasterSeries>(args)),
    }
}
