//! From a pipeline file to a run folder: read, load, compute, write.

use crate::config::Outputs;
use crate::error::{Error, Result};
use crate::layers::Layers;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::stages::Timed;
use crate::studies::{Counties, Kind, Parcels, RasterSeries, kind_of, parcels};
use crate::study::{LoadedInputs, Read, Run};
use crate::{manifest, out_dir};
use carbonzone_types::{AttributeTable, Checked, Progress, RunManifest};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A pipeline file as read, with its defaults and the places of its values.
#[derive(Clone)]
#[non_exhaustive]
pub enum Config {
    /// Parcels, grid, townships.
    Parcels(Box<Read<Parcels>>),
    /// Counties over years.
    Counties(Box<Read<Counties>>),
    /// Emission and absorption rasters over years.
    RasterSeries(Box<Read<RasterSeries>>),
}

/// Does the same for the study of any kind.
macro_rules! each {
    ($of:ident, $value:expr, $inner:ident => $body:expr) => {
        match $value {
            $of::Parcels($inner) => $body,
            $of::Counties($inner) => $body,
            $of::RasterSeries($inner) => $body,
        }
    };
}

impl Config {
    /// Reads a pipeline file; `set` holds values that win over those of the file, as `section.key=value`.
    ///
    /// There is no value if the file cannot be read or understood. With a value and findings that block, [`load`] still looks at
    /// the layers, so that one round of mending is enough; it gives no inputs.
    pub fn read(path: &Path, set: &[String]) -> Checked<Self> {
        match kind_of(path) {
            Kind::Parcels => Read::of_file(path, set).map(|read| Self::Parcels(Box::new(read))),
            Kind::Counties => Read::of_file(path, set).map(|read| Self::Counties(Box::new(read))),
            Kind::RasterSeries => Read::of_file(path, set).map(|read| Self::RasterSeries(Box::new(read))),
        }
    }

    /// Name of the run: its folder below `out`.
    pub fn name(&self) -> &str {
        each!(Self, self, read => &read.loaded.pipeline.city.name)
    }

    /// What is written.
    pub fn outputs(&self) -> &Outputs {
        each!(Self, self, read => &read.loaded.pipeline.outputs)
    }

    /// What is written, to be changed.
    pub fn outputs_mut(&mut self) -> &mut Outputs {
        each!(Self, self, read => &mut read.loaded.pipeline.outputs)
    }

    /// The pipeline file, as given.
    pub fn path(&self) -> &Path {
        each!(Self, self, read => &read.loaded.path)
    }

    /// A path of the pipeline file, resolved.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        each!(Self, self, read => read.loaded.resolve(path))
    }

    /// The pipeline with its defaults.
    pub fn to_json(&self) -> serde_json::Value {
        each!(Self, self, read => serde_json::to_value(&read.loaded.pipeline).unwrap_or_default())
    }

    /// The pipeline of a study of parcels.
    pub(crate) fn parcels(&self) -> Option<&Loaded> {
        match self {
            Self::Parcels(read) => Some(&read.loaded),
            _ => None,
        }
    }
}

/// Everything that a run computes with.
#[non_exhaustive]
pub enum Inputs {
    /// Of a study of parcels.
    Parcels(Box<LoadedInputs<Parcels>>),
    /// Of a study of counties.
    Counties(Box<LoadedInputs<Counties>>),
    /// Of a raster series.
    RasterSeries(Box<LoadedInputs<RasterSeries>>),
}

/// Everything that a run has computed.
#[non_exhaustive]
pub enum RunResult {
    /// Of a study of parcels.
    Parcels(Box<Run<Parcels>>),
    /// Of a study of counties.
    Counties(Box<Run<Counties>>),
    /// Of a raster series.
    RasterSeries(Box<Run<RasterSeries>>),
}

impl RunResult {
    /// Provenance, findings, ledger, totals: what `run.json` will hold.
    pub fn record(&self) -> &RunManifest {
        each!(Self, self, run => &run.record)
    }

    /// The table of the zones as it is written ("Fields" of docs/pipeline.md); `None` for a study over years.
    ///
    /// # Errors
    /// If the CRS has no ellipsoid.
    pub fn unit_table(&self) -> Result<Option<AttributeTable>> {
        match self {
            Self::Parcels(run) => Ok(Some(parcels::unit_table(run)?.0)),
            _ => Ok(None),
        }
    }

    /// Provenance, findings, ledger, totals, to be completed by the caller (command line).
    pub fn record_mut(&mut self) -> &mut RunManifest {
        each!(Self, self, run => &mut run.record)
    }
}

/// Reads every layer that the pipeline file names. All of them are tried, so that one call names everything that is wrong.
///
/// `layers` is what they are read through: [`Files`](crate::Files), or [`MemoryLayers`](crate::MemoryLayers).
pub fn load(config: &Config, layers: impl Layers + 'static, observer: &dyn Progress) -> Checked<Inputs> {
    let layers: Arc<dyn Layers> = Arc::new(layers);
    match config {
        Config::Parcels(read) => read.load(layers, observer).map(|i| Inputs::Parcels(Box::new(i))),
        Config::Counties(read) => read.load(layers, observer).map(|i| Inputs::Counties(Box::new(i))),
        Config::RasterSeries(read) => read.load(layers, observer).map(|i| Inputs::RasterSeries(Box::new(i))),
    }
}

/// What a study of parcels computes with, for another way to compute it. `None`: it is another study.
pub(crate) fn ready(inputs: Inputs) -> Option<(Loaded, crate::load::Inputs, Notes)> {
    match inputs {
        Inputs::Parcels(i) => Some((i.config, i.data, i.notes)),
        _ => None,
    }
}

/// Computes everything from the inputs and checks the balances. The findings and the ledger are those of the whole run so far.
pub fn compute(inputs: Inputs, observer: &dyn Progress) -> Checked<RunResult> {
    match inputs {
        Inputs::Parcels(i) => i.compute(observer).map(|r| RunResult::Parcels(Box::new(r))),
        Inputs::Counties(i) => i.compute(observer).map(|r| RunResult::Counties(Box::new(r))),
        Inputs::RasterSeries(i) => i.compute(observer).map(|r| RunResult::RasterSeries(Box::new(r))),
    }
}

/// Writes layers, tables, rasters, maps and `run.json` into a folder that exists.
///
/// # Errors
/// If a file cannot be written, or the observer asked to stop.
pub fn write(result: &RunResult, folder: &Path, outputs: &Outputs, observer: &dyn Progress) -> Result<()> {
    let timed = Timed::new(observer);
    let (rendered, hashed) = each!(RunResult, result, run => run.write(folder, outputs, &timed))?;
    if observer.cancelled() {
        return Err(Error::Cancelled);
    }
    timed.begin("flush and hash outputs", None);
    let mut record = result.record().clone();
    rendered.note_in(&mut record);
    record.outputs = manifest::outputs(folder, hashed)?;
    record.stages.extend(timed.finish());
    record.peak_memory_bytes = manifest::peak_memory_bytes();
    manifest::redact_record(&mut record);
    out_dir::write_manifest(&record, folder)
}
