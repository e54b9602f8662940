//! The frame around every study: `run` and `check` are the same for all, only what is between differs.

use crate::args::{CheckArgs, Format, RunArgs};
use crate::compute::check_balances;
use crate::config::Outputs;
use crate::diagnostics::{self, Colour};
use crate::load::Notes;
use crate::load_config::{self, Loaded};
use crate::out_dir::OutDir;
use crate::progress::{Bars, cancelled};
use crate::terminal::{eprint_line, print_line};
use crate::{manifest, summary};
use anyhow::Context;
use carbonzone_types::{Findings, Progress, Residual, RunManifest};
use serde::de::DeserializeOwned;
use std::path::Path;

/// Exit code of a run that was cancelled by Ctrl-C.
pub const CANCELLED: u8 = 130;

/// What a study does between its pipeline file `P` and its output folder, with everything read (`I`) and computed (`R`).
pub struct Study<P, I, R> {
    /// Name of the run: its folder below `out`.
    pub name: fn(&P) -> &str,
    /// What is written.
    pub outputs: fn(&mut P) -> &mut Outputs,
    /// What serde cannot see in the pipeline file.
    pub check_config: fn(&Loaded<P>) -> Findings,
    /// The layers are looked at even if a value of the pipeline file is wrong: one round of mending, not several.
    pub load_despite_errors: bool,
    /// Reads the inputs. `None`: the findings say why.
    pub load: fn(&Loaded<P>, &mut Notes, &dyn Progress) -> Option<I>,
    /// Computes and books. `None`: the findings say why.
    pub compute: fn(&Loaded<P>, &I, &mut Notes, &dyn Progress) -> Option<R>,
    /// Everything known before writing.
    pub manifest: fn(&Loaded<P>, &I, &R, &Notes, Vec<Residual>) -> RunManifest,
    /// Writes everything but `run.json`; gives back the manifest with what only writing can tell.
    #[expect(clippy::type_complexity, reason = "what a study writes from, spelt out once")]
    pub write_all: fn(&Loaded<P>, I, &R, RunManifest, &Path, &dyn Progress) -> anyhow::Result<RunManifest>,
}

impl<P: DeserializeOwned, I, R> Study<P, I, R> {
    /// `carbonzone run`: the whole job.
    ///
    /// # Errors
    /// If the output folder cannot be made or written.
    pub fn run(&self, args: &RunArgs) -> anyhow::Result<u8> {
        set_threads(args.threads)?;
        let (mut loaded, mut notes) = match self.read(&args.pipeline, &args.set) {
            Ok(read) => read,
            Err((text, findings)) => return Ok(refuse(&args.pipeline, &text, &findings)),
        };
        let bars = Bars::new(args.quiet);
        if notes.findings.blocks() {
            let _ = (self.load)(&loaded, &mut notes, &bars);
            bars.end();
            return Ok(refuse(&args.pipeline, &loaded.text, &notes.findings));
        }
        let outputs = (self.outputs)(&mut loaded.pipeline);
        outputs.maps &= !args.no_maps;
        outputs.parcel_format = args.parcel_output.unwrap_or(outputs.parcel_format);
        let name = (self.name)(&loaded.pipeline);
        let target = args.out.clone().unwrap_or_else(|| Path::new("out").join(name));
        let out = OutDir::begin(&target, &args.pipeline.display().to_string(), args.overwrite)?;
        let computed = self.load_and_compute(&loaded, &mut notes, &bars, args.strict);
        if cancelled() {
            return Ok(say_cancelled());
        }
        let Some((inputs, results, balances)) = computed.filter(|_| !notes.findings.blocks()) else {
            return Ok(refuse(&args.pipeline, &loaded.text, &notes.findings));
        };
        let manifest = (self.manifest)(&loaded, &inputs, &results, &notes, balances);
        carbonzone_io::return_free_memory();
        let manifest = (self.write_all)(&loaded, inputs, &results, manifest, out.path(), &bars)
            .with_context(|| format!("writing into {}", target.display()))?;
        if cancelled() {
            return Ok(say_cancelled());
        }
        manifest::write(&manifest, out.path(), &bars)?;
        let target = out.finish()?;
        if !args.quiet {
            print_findings(&args.pipeline, &loaded.text, &notes.findings);
            if !args.no_summary {
                summary::print(&manifest, &target, None);
            }
        }
        Ok(0)
    }

    /// `carbonzone check`: reads and computes as `run` does, writes nothing, prints all findings.
    ///
    /// # Errors
    /// If the findings cannot be written as JSON.
    pub fn check(&self, args: &CheckArgs) -> anyhow::Result<u8> {
        let bars = Bars::new(args.quiet);
        let (text, findings) = match self.read(&args.pipeline, &args.set) {
            Ok((loaded, mut notes)) => {
                let _ = self.load_and_compute(&loaded, &mut notes, &bars, false);
                (loaded.text, notes.findings)
            }
            Err(refused) => refused,
        };
        bars.end();
        report_check(args, &text, findings)
    }

    /// The pipeline file, with what is wrong with its values if the layers can be looked at all the same.
    fn read(&self, path: &Path, set: &[String]) -> Result<(Loaded<P>, Notes), (String, Findings)> {
        let (loaded, findings) = load_config::read(path, set, self.check_config)?;
        if findings.blocks() && !self.load_despite_errors {
            return Err((loaded.text, findings));
        }
        Ok((loaded, Notes { findings, ..Notes::default() }))
    }

    fn load_and_compute(
        &self,
        loaded: &Loaded<P>,
        notes: &mut Notes,
        bars: &Bars,
        strict: bool,
    ) -> Option<(I, R, Vec<Residual>)> {
        let inputs = (self.load)(loaded, notes, bars);
        if strict {
            notes.findings.make_strict();
        }
        let inputs = inputs.filter(|_| !notes.findings.blocks() && !cancelled())?;
        carbonzone_io::return_free_memory();
        let results = (self.compute)(loaded, &inputs, notes, bars);
        bars.end();
        if strict {
            notes.findings.make_strict();
        }
        let results = results.filter(|_| !notes.findings.blocks())?;
        let balances = check_balances(notes);
        Some((inputs, results, balances))
    }
}

/// Says that the run was cancelled; gives the exit code.
pub fn say_cancelled() -> u8 {
    eprint_line("cancelled; nothing was written");
    CANCELLED
}

/// Prints the findings of a check; gives the exit code.
fn report_check(args: &CheckArgs, text: &str, mut findings: Findings) -> anyhow::Result<u8> {
    if args.strict {
        findings.make_strict();
    }
    match args.format {
        Format::Text => {
            let path = args.pipeline.display().to_string();
            print_line(&diagnostics::render(&findings, &path, text, Colour::for_stdout()));
            print_line(&diagnostics::count_line(&findings));
        }
        Format::Json => print_line(&serde_json::to_string_pretty(&findings)?),
    }
    Ok(findings.exit_code())
}

/// Prints the findings of a run that goes on.
fn print_findings(pipeline: &Path, text: &str, findings: &Findings) {
    if !findings.items.is_empty() {
        let path = pipeline.display().to_string();
        eprint_line(&diagnostics::render(findings, &path, text, Colour::for_stderr()));
    }
}

/// Prints why a run is refused; gives the exit code.
fn refuse(pipeline: &Path, text: &str, findings: &Findings) -> u8 {
    eprint_line(&diagnostics::render(findings, &pipeline.display().to_string(), text, Colour::for_stderr()));
    eprint_line(&format!("{}; nothing was written", diagnostics::count_line(findings)));
    findings.exit_code()
}

/// Sets the number of rayon threads.
fn set_threads(threads: Option<usize>) -> anyhow::Result<()> {
    if let Some(n) = threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build_global()
            .context("cannot set the number of threads")?;
    }
    Ok(())
}
