//! From a pipeline file to a run folder: read, load, compute, write.

use crate::config::{Outputs, Pipeline};
use crate::error::{Error, Result};
use crate::layers::Layers;
use crate::load::Notes;
use crate::load_config::{self, Loaded};
use crate::out_dir;
use crate::sensitivity::Names;
use crate::stages::Timed;
use crate::studies::{Counties, Kind, Parcels, RasterSeries, Study, kind_of};
use crate::{manifest, output};
use carbonzone_report::Rendered;
use carbonzone_scale::check_balances;
use carbonzone_types::{AttributeTable, Findings, Ledger, Progress, RunManifest};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A result with everything that was noticed on the way to it.
#[derive(Debug, Clone)]
pub struct Checked<T> {
    /// The result. `None`: the findings say why, or the observer asked to stop.
    pub value: Option<T>,
    /// What a user must look at.
    pub findings: Findings,
    /// What became of mass and features.
    pub ledger: Ledger,
}

impl<T> Checked<T> {
    /// The same with another result.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Checked<U> {
        Checked { value: self.value.map(f), findings: self.findings, ledger: self.ledger }
    }

    /// No result, for these reasons.
    #[must_use]
    pub fn refused(findings: Findings) -> Self {
        Self { value: None, findings, ledger: Ledger::new() }
    }
}

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

/// What was read from the pipeline file of a study.
pub struct Read<S: Study> {
    loaded: Loaded<S::Pipeline>,
    findings: Findings,
}

impl<S: Study> Clone for Read<S> {
    fn clone(&self) -> Self {
        Self { loaded: self.loaded.clone(), findings: self.findings.clone() }
    }
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
    #[must_use]
    pub fn read(path: &Path, set: &[String]) -> Checked<Self> {
        match kind_of(path) {
            Kind::Parcels => Self::read_as(path, set).map(|read| Self::Parcels(Box::new(read))),
            Kind::Counties => Self::read_as(path, set).map(|read| Self::Counties(Box::new(read))),
            Kind::RasterSeries => Self::read_as(path, set).map(|read| Self::RasterSeries(Box::new(read))),
        }
    }

    fn read_as<S: Study>(path: &Path, set: &[String]) -> Checked<Read<S>> {
        match load_config::read(path, set, S::check) {
            Ok((loaded, findings)) if S::LOAD_DESPITE_ERRORS || !findings.blocks() => Checked {
                value: Some(Read { loaded, findings: findings.clone() }),
                findings,
                ledger: Ledger::new(),
            },
            Ok((_, findings)) | Err(findings) => Checked::refused(findings),
        }
    }

    /// Name of the run: its folder below `out`.
    #[must_use]
    pub fn name(&self) -> &str {
        each!(Self, self, read => &read.loaded.pipeline.city.name)
    }

    /// What is written.
    #[must_use]
    pub fn outputs(&self) -> &Outputs {
        each!(Self, self, read => &read.loaded.pipeline.outputs)
    }

    /// What is written, to be changed.
    pub fn outputs_mut(&mut self) -> &mut Outputs {
        each!(Self, self, read => &mut read.loaded.pipeline.outputs)
    }

    /// The pipeline file, as given.
    #[must_use]
    pub fn path(&self) -> &Path {
        each!(Self, self, read => &read.loaded.path)
    }

    /// A path of the pipeline file, resolved.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        each!(Self, self, read => read.loaded.resolve(path))
    }

    /// The pipeline with its defaults.
    #[must_use]
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

/// The inputs of one study, with what was noted while they were read.
pub struct LoadedInputs<S: Study> {
    config: Loaded<S::Pipeline>,
    data: S::Inputs,
    notes: Notes,
    record: RunManifest,
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

/// The results of one study, with what they were computed from.
pub struct Run<S: Study> {
    /// Pipeline file.
    pub(crate) config: Loaded<S::Pipeline>,
    /// Inputs.
    pub(crate) inputs: S::Inputs,
    /// Results.
    pub(crate) results: S::Results,
    /// Provenance, findings, ledger, totals: what `run.json` will hold.
    pub record: RunManifest,
}

impl RunResult {
    /// Provenance, findings, ledger, totals: what `run.json` will hold.
    #[must_use]
    pub fn record(&self) -> &RunManifest {
        each!(Self, self, run => &run.record)
    }

    /// The table of the zones as it is written ("Fields" of docs/pipeline.md); `None` for a study over years.
    ///
    /// # Errors
    /// If the CRS has no ellipsoid.
    pub fn unit_table(&self) -> Result<Option<AttributeTable>> {
        match self {
            Self::Parcels(run) => Ok(Some(crate::write::unit_table(run)?.0)),
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
        Config::Parcels(read) => load_as(read, layers, observer).map(|i| Inputs::Parcels(Box::new(i))),
        Config::Counties(read) => load_as(read, layers, observer).map(|i| Inputs::Counties(Box::new(i))),
        Config::RasterSeries(read) => {
            load_as(read, layers, observer).map(|i| Inputs::RasterSeries(Box::new(i)))
        }
    }
}

fn load_as<S: Study>(
    read: &Read<S>,
    layers: Arc<dyn Layers>,
    observer: &dyn Progress,
) -> Checked<LoadedInputs<S>> {
    let timed = Timed::new(observer);
    let mut notes = Notes { findings: read.findings.clone(), ..Notes::default() };
    let config = Loaded { layers, ..read.loaded.clone() };
    let data = S::load(&config, &mut notes, &timed);
    let record = RunManifest { stages: timed.finish(), ..RunManifest::default() };
    notes.findings.items.iter_mut().for_each(manifest::redact_finding);
    let usable = !notes.findings.blocks() && !observer.cancelled();
    let (findings, ledger) = (notes.findings.clone(), notes.ledger.clone());
    let value = data.filter(|_| usable).map(|data| LoadedInputs { config, data, notes, record });
    Checked { value, findings, ledger }
}

/// What a study of parcels computes with, for another way to compute it. `None`: it is another study.
pub(crate) fn ready(inputs: Inputs) -> Option<(Loaded, crate::load::Inputs, Notes)> {
    match inputs {
        Inputs::Parcels(i) => Some((i.config, i.data, i.notes)),
        _ => None,
    }
}

/// Computes everything from the inputs and checks the balances. The findings and the ledger are those of the whole run so far.
#[must_use]
pub fn compute(inputs: Inputs, observer: &dyn Progress) -> Checked<RunResult> {
    match inputs {
        Inputs::Parcels(i) => compute_as(*i, observer).map(|r| RunResult::Parcels(Box::new(r))),
        Inputs::Counties(i) => compute_as(*i, observer).map(|r| RunResult::Counties(Box::new(r))),
        Inputs::RasterSeries(i) => compute_as(*i, observer).map(|r| RunResult::RasterSeries(Box::new(r))),
    }
}

fn compute_as<S: Study>(inputs: LoadedInputs<S>, observer: &dyn Progress) -> Checked<Run<S>> {
    let LoadedInputs { config, mut data, mut notes, record } = inputs;
    let timed = Timed::new(observer);
    let results = S::compute(&config, &mut data, &mut notes, &timed);
    notes.findings.items.iter_mut().for_each(manifest::redact_finding);
    let mut stages = record.stages;
    stages.extend(timed.finish());
    let value = results.filter(|_| !notes.findings.blocks() && !observer.cancelled()).and_then(|results| {
        let balances = check_balances(&mut notes.ledger, &mut notes.findings);
        let record = S::record(&config, &data, &results, &notes, balances);
        let mut record = RunManifest { stages, ..record };
        manifest::redact_record(&mut record);
        (!notes.findings.blocks()).then_some(Run { config, inputs: data, results, record })
    });
    Checked { value, findings: notes.findings, ledger: notes.ledger }
}

/// The study of parcels computed again with some other settings, and without draws.
pub(crate) fn with_settings(
    config: &Loaded,
    set: &[String],
    observer: &dyn Progress,
) -> Checked<crate::compute::Results> {
    let all: Vec<String> = config.set.iter().chain(set).cloned().collect();
    let read = Config::read_as::<Parcels>(&config.path, &all);
    let Some(read) = read.value else { return Checked::refused(read.findings) };
    let loaded = Loaded { layers: config.layers.clone(), ..read.loaded };
    let pipeline = loaded.pipeline.clone();
    with_pipeline(&loaded, pipeline, observer).map(|(_, results)| results)
}

/// The study of parcels computed with another pipeline in the place of the file's, without draws; with id and name of each zone.
pub(crate) fn with_pipeline(
    config: &Loaded,
    mut pipeline: Pipeline,
    observer: &dyn Progress,
) -> Checked<(Names, crate::compute::Results)> {
    pipeline.uncertainty = None;
    pipeline.compensation = None;
    pipeline.scenario.clear();
    pipeline.statistics = None;
    let loaded = Loaded { pipeline, ..config.clone() };
    let findings = Parcels::check(&loaded);
    let read = Read::<Parcels> { loaded, findings };
    let inputs = load_as(&read, config.layers.clone(), observer);
    let Some(inputs) = inputs.value else { return Checked::refused(inputs.findings) };
    compute_as(inputs, observer).map(|run| {
        let zones = &run.inputs.zones;
        let names = zones.ids.iter().cloned().zip(zones.names.iter().cloned()).collect();
        (names, run.results)
    })
}

/// Writes layers, tables, rasters, maps and `run.json` into a folder that exists.
///
/// # Errors
/// If a file cannot be written, or the observer asked to stop.
pub fn write(result: &RunResult, folder: &Path, outputs: &Outputs, observer: &dyn Progress) -> Result<()> {
    let timed = Timed::new(observer);
    let rendered = each!(RunResult, result, run => write_as(run, folder, outputs, &timed))?;
    if observer.cancelled() {
        return Err(Error::Cancelled);
    }
    timed.begin("flush and hash outputs", None);
    let mut record = result.record().clone();
    rendered.note_in(&mut record);
    record.outputs = manifest::outputs(folder)?;
    record.stages.extend(timed.finish());
    record.peak_memory_bytes = manifest::peak_memory_bytes();
    manifest::redact_record(&mut record);
    out_dir::write_manifest(&record, folder)
}

fn write_as<S: Study>(
    run: &Run<S>,
    folder: &Path,
    outputs: &Outputs,
    observer: &dyn Progress,
) -> Result<Rendered> {
    let output = S::output(run, outputs)?;
    output::write(output, &run.record, outputs, folder, observer)
}
