//! The studies: parcels, counties over years, raster series. Each has its own strict pipeline file and the same outputs,
//! ledger, provenance and maps.

pub(crate) mod cells;
pub(crate) mod counties;
mod parcels;
pub(crate) mod place;
pub(crate) mod raster_series;
mod table_in;

pub use counties::Counties;
pub use parcels::Parcels;
pub use raster_series::RasterSeries;

use crate::config::Outputs;
use crate::error::Result;
use crate::form;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::output::Output;
use crate::pipeline_lines::{self, Lines};
use crate::run::Run;
use carbonzone_types::{Findings, Progress, Residual, RunManifest};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// What a study does between its pipeline file and its output folder. Everything else is the same for all: [`crate::run`].
pub trait Study: Sized {
    /// Its pipeline file.
    type Pipeline: DeserializeOwned + Serialize + Clone;
    /// Everything read.
    type Inputs;
    /// Everything computed.
    type Results;
    /// The layers are looked at even if a value of the pipeline file is wrong: one round of mending, not several.
    const LOAD_DESPITE_ERRORS: bool = false;

    /// What serde cannot see in the pipeline file.
    fn check(config: &Loaded<Self::Pipeline>) -> Findings;

    /// Reads the inputs. `None`: the findings say why.
    fn load(
        config: &Loaded<Self::Pipeline>,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<Self::Inputs>;

    /// Computes and books; what only computing needs may leave the inputs. `None`: the findings say why.
    fn compute(
        config: &Loaded<Self::Pipeline>,
        inputs: &mut Self::Inputs,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<Self::Results>;

    /// Everything known before writing.
    fn record(
        config: &Loaded<Self::Pipeline>,
        inputs: &Self::Inputs,
        results: &Self::Results,
        notes: &Notes,
        balances: Vec<Residual>,
    ) -> RunManifest;

    /// What is written besides `run.json`.
    ///
    /// # Errors
    /// If something that is written cannot be derived.
    fn output<'a>(run: &'a Run<Self>, outputs: &Outputs) -> Result<Output<'a>>;
}

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
