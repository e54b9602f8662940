//! `carbonzone run` and `carbonzone check`.

use crate::args::{CheckArgs, Format, RunArgs};
use crate::compute::{self, Results};
use crate::diagnostics::{self, Colour};
use crate::load::{self, Inputs, Notes};
use crate::load_config::{self, Loaded};
use crate::out_dir::OutDir;
use crate::progress::{Bars, cancelled};
use crate::{manifest, studies, summary, write};
use anyhow::Context;
use carbonzone_types::{Findings, Progress};
use std::path::{Path, PathBuf};

/// Exit code of a run that was cancelled by Ctrl-C.
pub const CANCELLED: u8 = 130;

/// The whole job.
pub fn run(args: &RunArgs) -> anyhow::Result<u8> {
    if let Some(done) = studies::run(args) {
        return done;
    }
    set_threads(args.threads)?;
    let (mut loaded, findings) = match load_config::load_with_findings(&args.pipeline, &args.set) {
        Ok(read) => read,
        Err((text, findings)) => return Ok(refuse(&args.pipeline, &text, &findings)),
    };
    let bars = Bars::new(args.quiet);
    let mut notes = Notes { findings, ..Notes::default() };
    if notes.findings.blocks() {
        // The layers are looked at all the same: one round of mending, not several.
        let _ = load::load_inputs(&loaded, &mut notes, &bars);
        bars.end();
        return Ok(refuse(&args.pipeline, &loaded.text, &notes.findings));
    }
    if let Some(format) = args.parcel_output {
        loaded.pipeline.outputs.parcel_format = format;
    }
    loaded.pipeline.outputs.maps &= !args.no_maps;
    let target = args.out.clone().unwrap_or_else(|| Path::new("out").join(&loaded.pipeline.city.name));
    let out = OutDir::begin(&target, &args.pipeline.display().to_string(), args.overwrite)?;
    let computed = compute_all(&loaded, &mut notes, &bars, args.strict);
    if cancelled() {
        eprint_line("cancelled; nothing was written");
        return Ok(CANCELLED);
    }
    let Some((inputs, results)) = computed else {
        return Ok(refuse(&args.pipeline, &loaded.text, &notes.findings));
    };
    let balances = compute::check_balances(&mut notes);
    if notes.findings.blocks() {
        return Ok(refuse(&args.pipeline, &loaded.text, &notes.findings));
    }
    let manifest = manifest::build(&loaded, &inputs, &results, &notes, balances);
    let manifest = write::write_all(&loaded, inputs, &results, manifest, out.path(), &bars)
        .with_context(|| format!("writing into {}", target.display()))?;
    if cancelled() {
        eprint_line("cancelled; nothing was written");
        return Ok(CANCELLED);
    }
    manifest::write(&manifest, out.path(), &bars)?;
    let target = out.finish()?;
    if !notes.findings.items.is_empty() && !args.quiet {
        let text = diagnostics::render(
            &notes.findings,
            &args.pipeline.display().to_string(),
            &loaded.text,
            Colour::for_stderr(),
        );
        eprint_line(&text);
    }
    if !args.quiet && !args.no_summary {
        summary::print(&manifest, &target, None);
    }
    Ok(0)
}

fn compute_all(loaded: &Loaded, notes: &mut Notes, bars: &Bars, strict: bool) -> Option<(Inputs, Results)> {
    let inputs = load::load_inputs(loaded, notes, bars);
    if strict {
        notes.findings.make_strict();
    }
    let inputs = inputs.filter(|_| !notes.findings.blocks() && !cancelled())?;
    let results = compute::compute(loaded, &inputs, notes, bars);
    bars.end();
    if strict {
        notes.findings.make_strict();
    }
    results.filter(|_| !notes.findings.blocks()).map(|results| (inputs, results))
}

/// Reads everything, places budgets in memory, writes nothing, prints all findings.
pub fn check(args: &CheckArgs) -> anyhow::Result<u8> {
    if let Some(done) = studies::check(args) {
        return done;
    }
    let bars = Bars::new(args.quiet);
    let mut notes = Notes::default();
    let text = match load_config::load_with_findings(&args.pipeline, &args.set) {
        Ok((loaded, findings)) => {
            notes.findings = findings;
            if let Some(inputs) = load::load_inputs(&loaded, &mut notes, &bars)
                && !notes.findings.blocks()
            {
                let _ = compute::compute(&loaded, &inputs, &mut notes, &bars);
                let _ = compute::check_balances(&mut notes);
            }
            loaded.text
        }
        Err((text, findings)) => {
            notes.findings = findings;
            text
        }
    };
    bars.end();
    report_check(args, &text, notes.findings)
}

/// Prints the findings of a check; gives the exit code.
pub fn report_check(args: &CheckArgs, text: &str, mut findings: Findings) -> anyhow::Result<u8> {
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
pub fn print_findings(pipeline: &Path, text: &str, findings: &Findings) {
    if !findings.items.is_empty() {
        let path = pipeline.display().to_string();
        eprint_line(&diagnostics::render(findings, &path, text, Colour::for_stderr()));
    }
}

/// Prints why a run is refused; gives the exit code.
pub fn refuse(pipeline: &Path, text: &str, findings: &Findings) -> u8 {
    eprint_line(&diagnostics::render(findings, &pipeline.display().to_string(), text, Colour::for_stderr()));
    eprint_line(&format!("{}; nothing was written", diagnostics::count_line(findings)));
    findings.exit_code()
}

/// Sets the number of rayon threads.
pub fn set_threads(threads: Option<usize>) -> anyhow::Result<()> {
    if let Some(n) = threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build_global()
            .context("cannot set the number of threads")?;
    }
    Ok(())
}

pub use crate::terminal::{eprint_line, print_line};

/// Path of a file in a run folder named after the run.
pub fn named(dir: &Path, name: &str, extension: &str) -> PathBuf {
    dir.join(format!("{name}.{extension}"))
}
