//! The studies: parcels, counties over years, raster series. Each has its own strict pipeline file and the same outputs,
//! ledger, provenance and maps.

pub(crate) mod cells;
pub(crate) mod counties;
pub(crate) mod parcels;
pub(crate) mod place;
pub(crate) mod raster_series;
mod table_in;

pub use counties::Counties;
pub use parcels::Parcels;
pub use raster_series::RasterSeries;

use crate::form;
use crate::pipeline_lines::{self, Lines};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// The pipeline file of any study: what `carbonzone schema` describes.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
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
pub enum Kind {
    /// Parcels, grid, townships (the default).
    Parcels,
    /// Counties over years.
    Counties,
    /// Emission and absorption over years on a grid.
    RasterSeries,
}

/// Kind of study that a file declares; a file that cannot be read or parsed counts as parcels, whose loader says
/// what is wrong with it.
pub fn kind_of(path: &Path) -> Kind {
    let text = if form::is_form(path) {
        form::read(path).text
    } else {
        pipeline_lines::of_file(path).map(|(text, _)| Lines::of(&text).text()).unwrap_or_default()
    };
    let table: toml::Table = toml::from_str(&text).unwrap_or_default();
    match table.get("study").and_then(toml::Value::as_str) {
        Some("counties") => Kind::Counties,
        Some("raster_series") => Kind::RasterSeries,
        _ => Kind::Parcels,
    }
}
