//! The frame around a study over years: `run` and `check` are the same for all, only what is between differs.

use super::place::Place;
use crate::args::{CheckArgs, RunArgs};
use crate::config::Outputs;
use crate::load::Notes;
use crate::load_config::{self, Loaded};
use crate::out_dir::OutDir;
use crate::progress::{Bars, cancelled};
use crate::{compute as shared, manifest, run as shell, summary};
use anyhow::Context;
use carbonzone_types::{Findings, Progress, Residual, RunManifest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// What a study does between its pipeline file and its output folder.
pub trait Study {
    /// The pipeline file.
    type Pipeline: DeserializeOwned + Serialize;
    /// Everything read.
    type Inputs;
    /// Everything computed.
    type Results;

    /// Place, years, working CRS.
    fn place(pipeline: &Self::Pipeline) -> &Place;

    /// What is written.
    fn outputs(pipeline: &mut Self::Pipeline) -> &mut Outputs;

    /// What serde cannot see in the pipeline file.
    fn check_config(loaded: &Loaded<Self::Pipeline>) -> Findings;

    /// Reads the inputs. `None`: the findings say why.
    fn load(
        loaded: &Loaded<Self::Pipeline>,
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Option<Self::Inputs>;

    /// Computes and books. `None`: the findings say why.
    fn compute(
        loaded: &Loaded<Self::Pipeline>,
        inputs: &Self::Inputs,
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Option<Self::Results>;

    /// Everything known before writing.
    fn manifest(
        loaded: &Loaded<Self::Pipeline>,
        inputs: &Self::Inputs,
        results: &Self::Results,
        notes: &Notes,
        balances: Vec<Residual>,
    ) -> RunManifest;

    /// Writes everything but `run.json`.
    ///
    /// # Errors
    /// If a file cannot be written or drawn.
    fn write_all(
        loaded: &Loaded<Self::Pipeline>,
        inputs: &Self::Inputs,
        results: &Self::Results,
        manifest: &RunManifest,
        dir: &Path,
        progress: &dyn Progress,
    ) -> anyhow::Result<()>;
}

/// `carbonzone run` of a study.
///
/// # Errors
/// As [`crate::run::run`].
pub fn run<S: Study>(args: &RunArgs) -> anyhow::Result<u8> {
    shell::set_threads(args.threads)?;
    let mut loaded = match load_config::load_study(&args.pipeline, &args.set, S::check_config) {
        Ok(loaded) => loaded,
        Err((text, findings)) => return Ok(shell::refuse(&args.pipeline, &text, &findings)),
    };
    S::outputs(&mut loaded.pipeline).maps &= !args.no_maps;
    let name = &S::place(&loaded.pipeline).name;
    let target = args.out.clone().unwrap_or_else(|| Path::new("out").join(name));
    let out = OutDir::begin(&target, &args.pipeline.display().to_string(), args.overwrite)?;
    let bars = Bars::new(args.quiet);
    let mut notes = Notes::default();
    let computed = compute::<S>(&loaded, &mut notes, &bars, args.strict);
    let balances = shared::check_balances(&mut notes);
    if cancelled() {
        return Ok(say_cancelled());
    }
    let (Some((inputs, results)), false) = (computed, notes.findings.blocks()) else {
        return Ok(shell::refuse(&args.pipeline, &loaded.text, &notes.findings));
    };
    let manifest = S::manifest(&loaded, &inputs, &results, &notes, balances);
    S::write_all(&loaded, &inputs, &results, &manifest, out.path(), &bars)
        .with_context(|| format!("writing into {}", target.display()))?;
    if cancelled() {
        return Ok(say_cancelled());
    }
    manifest::write(&manifest, out.path(), &bars)?;
    let target = out.finish()?;
    if !args.quiet {
        shell::print_findings(&args.pipeline, &loaded.text, &notes.findings);
        if !args.no_summary {
            summary::print(&manifest, &target, None);
        }
    }
    Ok(0)
}

fn say_cancelled() -> u8 {
    shell::eprint_line("cancelled; nothing was written");
    shell::CANCELLED
}

fn compute<S: Study>(
    loaded: &Loaded<S::Pipeline>,
    notes: &mut Notes,
    bars: &Bars,
    strict: bool,
) -> Option<(S::Inputs, S::Results)> {
    let inputs = S::load(loaded, notes, bars);
    if strict {
        notes.findings.make_strict();
    }
    let inputs = inputs.filter(|_| !notes.findings.blocks() && !cancelled())?;
    let results = S::compute(loaded, &inputs, notes, bars);
    bars.end();
    if strict {
        notes.findings.make_strict();
    }
    results.map(|results| (inputs, results))
}

/// `carbonzone check` of a study: reads and computes as `run` does, writes nothing, prints all findings.
///
/// # Errors
/// As [`crate::run::check`].
pub fn check<S: Study>(args: &CheckArgs) -> anyhow::Result<u8> {
    let bars = Bars::new(args.quiet);
    let mut notes = Notes::default();
    let text = match load_config::load_study(&args.pipeline, &args.set, S::check_config) {
        Ok(loaded) => {
            let _ = compute::<S>(&loaded, &mut notes, &bars, false);
            let _ = shared::check_balances(&mut notes);
            loaded.text
        }
        Err((text, findings)) => {
            notes.findings = findings;
            text
        }
    };
    bars.end();
    shell::report_check(args, &text, notes.findings)
}
