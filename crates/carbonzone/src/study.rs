//! A study of any kind, step by step; what kinds there are stands in [`crate::studies`].

use crate::compute::Results;
use crate::config::{Outputs, Pipeline};
use crate::error::Result;
use crate::layers::Layers;
use crate::load::{self, Notes};
use crate::load_config::{self, Loaded};
use crate::manifest;
use crate::output::{self, Output};
use crate::stages::Timed;
use carbonzone_report::Rendered;
use carbonzone_scale::check_balances;
use carbonzone_types::{Checked, Findings, Ledger, OutputRecord, Progress, Residual, RunManifest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;

/// What a study does between its pipeline file and its output folder. Everything else is the same for all.
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
    fn record(computed: Computed<'_, Self>) -> RunManifest;

    /// What is written besides `run.json`.
    ///
    /// # Errors
    /// If something that is written cannot be derived.
    fn output<'a>(run: &'a Run<Self>, outputs: &Outputs) -> Result<Output<'a>>;
}

/// A study that is computed and not yet written.
pub struct Computed<'a, S: Study> {
    pub config: &'a Loaded<S::Pipeline>,
    pub inputs: &'a S::Inputs,
    pub results: &'a S::Results,
    pub notes: &'a Notes,
    pub balances: Vec<Residual>,
}

/// What was read from the pipeline file of a study.
pub struct Read<S: Study> {
    pub(crate) loaded: Loaded<S::Pipeline>,
    findings: Findings,
}

impl<S: Study> Clone for Read<S> {
    fn clone(&self) -> Self {
        Self { loaded: self.loaded.clone(), findings: self.findings.clone() }
    }
}

/// The inputs of one study, with what was noted while they were read.
pub struct LoadedInputs<S: Study> {
    pub(crate) config: Loaded<S::Pipeline>,
    pub(crate) data: S::Inputs,
    pub(crate) notes: Notes,
    record: RunManifest,
}

/// The results of one study, with what they were computed from.
pub struct Run<S: Study> {
    /// Pipeline file.
    pub(crate) config: Loaded<S::Pipeline>,
    pub(crate) inputs: S::Inputs,
    pub(crate) results: S::Results,
    /// Provenance, findings, ledger, totals: what `run.json` will hold.
    pub record: RunManifest,
}

impl<S: Study> Read<S> {
    /// Reads a pipeline file; `set` holds values that win over those of the file.
    pub fn of_file(path: &Path, set: &[String]) -> Checked<Self> {
        match load_config::read(path, set, S::check) {
            Ok((loaded, findings)) if S::LOAD_DESPITE_ERRORS || !findings.blocks() => Checked {
                value: Some(Self { loaded, findings: findings.clone() }),
                findings,
                ledger: Ledger::new(),
            },
            Ok((_, findings)) | Err(findings) => Checked::refused(findings),
        }
    }

    /// Reads every layer.
    pub fn load(&self, layers: Arc<dyn Layers>, observer: &dyn Progress) -> Checked<LoadedInputs<S>> {
        let timed = Timed::new(observer);
        let mut notes = Notes { findings: self.findings.clone(), ..Notes::default() };
        let config = Loaded { layers, ..self.loaded.clone() };
        let data = S::load(&config, &mut notes, &timed);
        let record = RunManifest { stages: timed.finish(), ..RunManifest::default() };
        notes.findings.items.iter_mut().for_each(manifest::redact_finding);
        let usable = !notes.findings.blocks() && !observer.cancelled();
        let (findings, ledger) = (notes.findings.clone(), notes.ledger.clone());
        let value = data.filter(|_| usable).map(|data| LoadedInputs { config, data, notes, record });
        Checked { value, findings, ledger }
    }
}

impl<S: Study> LoadedInputs<S> {
    /// Computes everything and checks the balances.
    pub fn compute(self, observer: &dyn Progress) -> Checked<Run<S>> {
        let Self { config, mut data, mut notes, record } = self;
        let timed = Timed::new(observer);
        let results = S::compute(&config, &mut data, &mut notes, &timed);
        notes.findings.items.iter_mut().for_each(manifest::redact_finding);
        let mut stages = record.stages;
        stages.extend(timed.finish());
        let usable = !notes.findings.blocks() && !observer.cancelled();
        let value = results.filter(|_| usable).and_then(|results| {
            let balances = check_balances(&mut notes.ledger, &mut notes.findings);
            let (inputs, notes) = (&data, &notes);
            let record = S::record(Computed { config: &config, inputs, results: &results, notes, balances });
            let mut record = RunManifest { stages, ..record };
            manifest::redact_record(&mut record);
            (!notes.findings.blocks()).then_some(Run { config, inputs: data, results, record })
        });
        Checked { value, findings: notes.findings, ledger: notes.ledger }
    }
}

impl<S: Study> Run<S> {
    /// Writes everything but `run.json`; gives what [`output::write`] gives.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(
        &self,
        folder: &Path,
        outputs: &Outputs,
        observer: &dyn Progress,
    ) -> Result<(Rendered, Vec<OutputRecord>)> {
        output::write(S::output(self, outputs)?, &self.record, outputs, folder, observer)
    }
}

/// A study of parcels, that can be computed again otherwise.
pub trait OfParcels: Study<Pipeline = Pipeline, Inputs = load::Inputs, Results = Results> {}

/// Id and name of every zone.
pub type Names = Vec<(String, String)>;

/// The study of parcels computed again with some other settings, and without draws.
pub fn with_settings<S: OfParcels>(
    config: &Loaded,
    set: &[String],
    observer: &dyn Progress,
) -> Checked<Results> {
    let all: Vec<String> = config.set.iter().chain(set).cloned().collect();
    let read = Read::<S>::of_file(&config.path, &all);
    let Some(read) = read.value else { return Checked::refused(read.findings) };
    let loaded = Loaded { layers: config.layers.clone(), ..read.loaded };
    let pipeline = loaded.pipeline.clone();
    with_pipeline::<S>(&loaded, pipeline, observer).map(|(_, results)| results)
}

/// The study of parcels computed with another pipeline in the place of the file's, without draws.
pub fn with_pipeline<S: OfParcels>(
    config: &Loaded,
    mut pipeline: Pipeline,
    observer: &dyn Progress,
) -> Checked<(Names, Results)> {
    pipeline.uncertainty = None;
    pipeline.compensation = None;
    pipeline.scenario.clear();
    pipeline.statistics = None;
    let loaded = Loaded { pipeline, ..config.clone() };
    let findings = S::check(&loaded);
    let read = Read::<S> { loaded, findings };
    let inputs = read.load(config.layers.clone(), observer);
    let Some(inputs) = inputs.value else { return Checked::refused(inputs.findings) };
    inputs.compute(observer).map(|run| {
        let zones = &run.inputs.zones;
        let names = zones.ids.iter().cloned().zip(zones.names.iter().cloned()).collect();
        (names, run.results)
    })
}
