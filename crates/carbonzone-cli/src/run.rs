//! `carbonzone run` and `carbonzone check`.

use crate::args::{CheckArgs, RunArgs};
use crate::diagnostics::{self, Colour};
use crate::events;
use crate::failure::While as _;
use crate::language::{self, say, sentence};
use crate::progress::{cancelled, observer};
use crate::summary;
use crate::terminal::{eprint_line, print_as};
use carbonzone::exchange::Kept;
use carbonzone::layer_list;
use carbonzone::out_dir::{begin_run, kept_lines};
use carbonzone::{Checked, Config, Files, Findings, Observer, RunResult};
use std::path::Path;

/// Exit code of a run that was cancelled by Ctrl-C.
const CANCELLED: u8 = 130;

/// Stack of a thread, bytes: as large as that of a program's first thread.
const MAIN_STACK: usize = 8 << 20;

/// The whole job.
///
/// # Errors
/// If the output folder cannot be made or written.
pub fn run(args: &RunArgs) -> crate::failure::Result<u8> {
    // 0: as many as the machine has cores. The run itself is one of them.
    rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.unwrap_or(0))
        .stack_size(MAIN_STACK)
        .build()
        .doing(|| "cannot start the threads".to_owned())?
        .install(|| run_here(args))
}

fn run_here(args: &RunArgs) -> crate::failure::Result<u8> {
    let read = Config::read(&args.pipeline, &args.set);
    let Some(mut config) = read.value else { return Ok(refuse(&args.pipeline, &read.findings)) };
    let bars = observer(args.quiet);
    if read.findings.blocks() {
        let tried = carbonzone::load(&config, Files, &*bars);
        return Ok(refuse(&args.pipeline, &tried.findings));
    }
    let outputs = config.outputs_mut();
    outputs.maps &= !args.no_maps;
    outputs.dpi = args.dpi;
    outputs.language = language::asked().map_or(outputs.language, Into::into);
    outputs.parcel_format = args.parcel_output.unwrap_or(outputs.parcel_format);
    let target = args.out.clone().unwrap_or_else(|| Path::new("out").join(config.name()));
    let out = begin_run(&target, &config, &command_line().join(" "), args.overwrite)?;
    tell(&out.recovered, &target);
    let Checked { value, findings, .. } = load_and_compute(&config, &*bars, args.strict);
    if cancelled() {
        return Ok(say_cancelled());
    }
    let Some(mut result) = value else { return Ok(refuse(&args.pipeline, &findings)) };
    result.record_mut().command_line = command_line();
    carbonzone::write(&result, out.path(), config.outputs(), &*bars)
        .doing(|| format!("writing into {}", target.display()))?;
    tell(&out.finish()?, &target);
    if events::on() {
        events::layers(&layer_list::read(&target)?);
    }
    if !args.quiet || events::on() {
        diagnostics::eprint(&findings, &args.pipeline);
    }
    if !args.quiet && !args.no_summary {
        summary::print(&target)?;
    }
    Ok(0)
}

/// The command line, without passwords.
pub fn command_line() -> Vec<String> {
    std::env::args_os().map(|a| carbonzone_types::redact(&a.to_string_lossy())).collect()
}

/// Says on standard error which files of the user are kept.
pub fn tell(kept: &[Kept], target: &Path) {
    for line in kept_lines(kept, target) {
        eprint_line(&sentence(&line));
    }
}

/// Reads and computes; with `strict` a warning stops it as an error does.
fn load_and_compute(config: &Config, bars: &dyn Observer, strict: bool) -> Checked<RunResult> {
    let loaded = made_strict(carbonzone::load(config, Files, bars), strict);
    match loaded.value {
        Some(inputs) => made_strict(carbonzone::compute(inputs, bars), strict),
        None => loaded.map(|_: carbonzone::Inputs| unreachable!("there are no inputs")),
    }
}

fn made_strict<T>(mut checked: Checked<T>, strict: bool) -> Checked<T> {
    if strict {
        checked.findings.make_strict();
        checked.value = checked.value.filter(|_| !checked.findings.blocks());
    }
    checked
}

/// Reads and computes as `run` does, writes nothing, prints all findings.
///
/// # Errors
/// If the findings cannot be written as JSON.
pub fn check(args: &CheckArgs) -> crate::failure::Result<u8> {
    let bars = observer(args.quiet);
    let read = Config::read(&args.pipeline, &args.set);
    let mut findings = match &read.value {
        Some(config) => load_and_compute(config, &*bars, false).findings,
        None => read.findings,
    };
    if args.strict {
        findings.make_strict();
    }
    events::findings(&findings);
    print_as(args.format, &events::told(&findings), || {
        let text = diagnostics::of_file(&findings, &args.pipeline, Colour::for_stdout());
        format!("{}\n{}", text.trim_end_matches('\n'), diagnostics::count_line(&findings))
    })?;
    Ok(findings.exit_code())
}

/// Says that the run was cancelled; gives the exit code.
pub fn say_cancelled() -> u8 {
    eprint_line(&sentence("cancelled; nothing was written"));
    CANCELLED
}

/// Prints why a run is refused; gives the exit code.
fn refuse(pipeline: &Path, findings: &Findings) -> u8 {
    diagnostics::eprint(findings, pipeline);
    let nothing = say("; nothing was written", "；没有写出任何文件");
    eprint_line(&format!("{}{nothing}", diagnostics::count_line(findings)));
    findings.exit_code().max(1)
}
