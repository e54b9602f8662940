//! Many mutations in one process, by the library: PROJ's data base and GDAL's drivers are opened once.

use crate::{Bench, Mutation, Outcome, command, ledger};
use carbonzone::{Config, Files, NoProgress};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

const ASKED: &str = "CARBONZONE_FUZZ_WORKER";

/// The numbers that this process is asked to read, if it is a worker.
pub fn range_asked_for() -> Option<Range<usize>> {
    let asked = std::env::var(ASKED).ok()?;
    let (first, end) = asked.split_once("..")?;
    Some(first.parse().ok()?..end.parse().ok()?)
}

/// Says each number before it is read, and what came of it after that.
pub fn read_in_this_process(range: Range<usize>) {
    carbonzone_io::limits_are_errors();
    let bench = Bench::new();
    let mut out = std::io::stdout();
    for m in range.map(Mutation::of).filter(|m| !m.by_command) {
        writeln!(out, "{}", m.number).and_then(|()| out.flush()).unwrap();
        let (code, wrong) = m.applied(bench.dir.path(), &bench.known, || read(&bench, m.verb, m.toml));
        let wrong = wrong.unwrap_or_default().replace('\n', " ");
        writeln!(out, "={code} {wrong}").and_then(|()| out.flush()).unwrap();
    }
}

/// What `check` and `run` do, without the exchange of the folder; gives the exit code that the findings ask for.
pub fn read(bench: &Bench, verb: &str, toml: &str) -> (i32, Option<String>) {
    let config = Config::read(&bench.at(toml), &[]);
    let Some(mut value) = config.value else { return (i32::from(config.findings.exit_code()), None) };
    value.outputs_mut().maps = false;
    let loaded = carbonzone::load(&value, Files, &NoProgress);
    let Some(inputs) = loaded.value.filter(|_| !config.findings.blocks()) else {
        return (i32::from(loaded.findings.exit_code()), None);
    };
    let computed = carbonzone::compute(inputs, &NoProgress);
    let code = i32::from(computed.findings.exit_code());
    let Some(result) = computed.value.filter(|_| verb == "run") else { return (code, None) };
    let out = bench.at("out");
    fs::create_dir_all(&out).unwrap();
    let wrong = match carbonzone::write(&result, &out, value.outputs(), &NoProgress) {
        Ok(()) => ledger::open_balance(&out.join("ledger.csv")),
        Err(error) => Some(format!("cannot be written: {error:#}")),
    };
    fs::remove_dir_all(&out).unwrap();
    (code, wrong)
}

/// Reads a range in other processes, a new one after each that ends before it is done.
pub fn in_processes(range: Range<usize>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut next = range.start;
    while next < range.end {
        // Here a worker makes its folder: it is gone too when the worker is killed.
        let scratch = tempfile::tempdir().unwrap();
        let (mut child, lines) = start(next..range.end, scratch.path());
        let died = follow(&child, &lines, &mut outcomes);
        if died.is_some_and(|(_, hangs)| hangs) {
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        let Some((number, hangs)) = died else {
            assert!(status.success(), "a worker fails between two numbers: {status}");
            break;
        };
        let why = if hangs { "hangs".to_owned() } else { format!("the process ends: {status}") };
        outcomes.push(Outcome { number, code: None, wrong: Some(why) });
        next = number + 1;
    }
    outcomes
}

fn start(range: Range<usize>, scratch: &Path) -> (Child, Receiver<String>) {
    let mut worker = command::limited(&std::env::current_exe().unwrap());
    worker.env(ASKED, format!("{}..{}", range.start, range.end)).env("TMPDIR", scratch);
    worker.env("RAYON_NUM_THREADS", "2");
    let mut child = worker.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (lines, heard) = channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        stdout.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)).ok();
    });
    (child, heard)
}

/// Takes what a worker says until it ends; gives the number that it had begun then, and whether it hangs there.
fn follow(child: &Child, lines: &Receiver<String>, outcomes: &mut Vec<Outcome>) -> Option<(usize, bool)> {
    let (mut begun, mut watch) = (None, command::Watch::of(child));
    loop {
        let line = match lines.recv_timeout(Duration::from_secs(2)) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) if watch.hangs() => return begun.map(|number| (number, true)),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return begun.map(|number| (number, false)),
        };
        watch = command::Watch::of(child);
        match (begun, line.strip_prefix('=').and_then(|l| l.split_once(' '))) {
            (Some(number), Some((code, wrong))) => {
                let wrong = (!wrong.is_empty()).then(|| wrong.to_owned());
                outcomes.push(Outcome { number, code: code.parse().ok(), wrong });
                begun = None;
            }
            _ => begun = line.parse().ok(),
        }
    }
}
