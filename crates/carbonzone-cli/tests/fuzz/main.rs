//! Changed files of every format, read with limits on memory, time and output: by the library, many in one process, and a share of
//! them by the built command.
//!
//! `make test` reads [`SHARE`] of them, `make fuzz` more than 20,000 (`CARBONZONE_FUZZ=20000`, from number `CARBONZONE_FUZZ_FIRST` on).
//! Mutation `n` is always the same. One process reads [`CHUNK`] of them and says each number before it begins, so that a crash, a
//! hang or an allocation beyond the limit is that of one input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test says what it found and fails by panicking, in its helpers too"
)]

#[path = "../../../carbonzone-sheet/tests/common/mod.rs"]
mod workbooks;

mod city;
mod command;
mod ledger;
mod mutate;
mod worker;

use city::PIPELINES;
use mutate::{Random, mutate};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Mutations of `make test`.
const SHARE: usize = 600;
/// Of fewer mutations all may be accepted.
const FEW: usize = 200;
/// Mutations that one process reads, at most.
const CHUNK: usize = 250;
/// Address space of a process (`RLIMIT_AS`), kB. The file of a run on this city needs 0.6 GB of it, most for stacks and mapped libraries.
const MEMORY_KB: u64 = 3_000_000;
/// Largest file that it may write (`RLIMIT_FSIZE`), blocks of 512 bytes.
const FILE_BLOCKS: u64 = 65_536;
/// Largest changed file, below that limit, bytes: lines that are repeated twice over make more.
const LARGEST: usize = 16_000_000;
/// Standard output and standard error of one run of the command, bytes.
const OUTPUT: usize = 1_000_000;
/// A run on this city takes less than a second of CPU time; this is a hang.
const HANG_CPU_S: f64 = 60.0;
/// A process that waits uses no CPU time: this is a hang too, on a busy machine as well.
const STUCK: Duration = Duration::from_secs(600);

/// One change of one file.
pub struct Mutation {
    number: usize,
    toml: &'static str,
    file: &'static str,
    verb: &'static str,
    /// Read by the built command: messages and exit codes are its own. Pipeline files are shown in messages, so more of them.
    by_command: bool,
    random: Random,
}

impl Mutation {
    fn of(number: usize) -> Self {
        let mut random = Random::new(number as u64);
        let pipeline = &PIPELINES[number % PIPELINES.len()];
        let file = pipeline.files[random.below(pipeline.files.len())];
        let verb = if random.below(3) == 0 { "run" } else { "check" };
        let every = if file == pipeline.toml { 4 } else { 40 };
        let by_command = random.below(every) == 0;
        Self { number, toml: pipeline.toml, file, verb, by_command, random }
    }

    /// Changes the file in a folder, lets `read` look at it, and puts it back.
    fn applied<T>(&self, dir: &Path, known: &[f64], read: impl FnOnce() -> T) -> T {
        let path = dir.join(self.file);
        let original = fs::read(&path).unwrap();
        let mut changed = mutate(self.file, &original, known, &mut self.random.clone());
        changed.truncate(LARGEST);
        fs::write(&path, changed).unwrap();
        let out = read();
        fs::write(&path, original).unwrap();
        out
    }
}

/// What came of one mutation.
pub struct Outcome {
    number: usize,
    /// 0, 1 or 2; `None`: it did not end well.
    code: Option<i32>,
    wrong: Option<String>,
}

/// A folder with the city, in which one file at a time is changed.
pub struct Bench {
    dir: tempfile::TempDir,
    known: Vec<f64>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        city::write(dir.path());
        Self { dir, known: city::coordinates() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// Keeps the files of what fails, and says what the command makes of them alone.
fn keep(bench: &Bench, outcome: &Outcome, failures: &Path) -> String {
    let m = Mutation::of(outcome.number);
    let (alone, again) = m.applied(bench.dir.path(), &bench.known, || {
        let to = failures.join(m.number.to_string());
        fs::create_dir_all(&to).unwrap();
        for entry in
            fs::read_dir(bench.dir.path()).unwrap().filter_map(Result::ok).filter(|e| e.path().is_file())
        {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        command::judge(bench, m.verb, m.toml)
    });
    let why = outcome.wrong.as_deref().unwrap_or_default();
    format!(
        "{}: {}: {why}\n  by the command alone: exit {alone:?}, {}\n  cd {}/{} && carbonzone {} {}",
        m.number,
        m.file,
        again.as_deref().unwrap_or("as it should"),
        failures.display(),
        m.number,
        m.verb,
        m.toml
    )
}

/// Reads the mutations of a range, in processes of their own.
fn read_all(range: std::ops::Range<usize>) -> Vec<Outcome> {
    let (next, outcomes) = (AtomicUsize::new(range.start), Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let bench = Bench::new();
                loop {
                    let first = next.fetch_add(CHUNK, Ordering::Relaxed);
                    if first >= range.end {
                        break;
                    }
                    let some = first..(first + CHUNK).min(range.end);
                    let mut read = worker::in_processes(some.clone());
                    for m in some.map(Mutation::of).filter(|m| m.by_command) {
                        let (code, wrong) = m.applied(bench.dir.path(), &bench.known, || {
                            command::judge(&bench, m.verb, m.toml)
                        });
                        read.push(Outcome { number: m.number, code, wrong });
                    }
                    outcomes.lock().unwrap().extend(read);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by_key(|o| o.number);
    outcomes
}

fn print_table(outcomes: &[Outcome], seconds: f64) {
    let by_command = outcomes.iter().filter(|o| Mutation::of(o.number).by_command).count();
    println!(
        "{} mutations ({by_command} of them by the command), {seconds:.0} s, CPU of the processes {:.0} s",
        outcomes.len(),
        command::cpu_of_children()
    );
    let mut by_file: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for outcome in outcomes {
        let kind = outcome.code.map_or(3, |c| c.clamp(0, 3) as usize);
        by_file.entry(Mutation::of(outcome.number).file).or_default()[kind] += 1;
    }
    println!("{:<16}{:>8}{:>8}{:>8}{:>8}", "file", "exit 0", "exit 1", "exit 2", "other");
    for (file, n) in &by_file {
        println!("{file:<16}{:>8}{:>8}{:>8}{:>8}", n[0], n[1], n[2], n[3]);
    }
}

fn number_of(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

fn every_pipeline_runs_unchanged(bench: &Bench) {
    for pipeline in &PIPELINES {
        let (code, wrong) = command::judge(bench, "run", pipeline.toml);
        let said = fs::read_to_string(bench.at("stderr")).unwrap();
        assert_eq!((code, wrong), (Some(0), None), "{}: {said}", pipeline.toml);
        let (code, wrong) = worker::read(bench, "run", pipeline.toml);
        assert_eq!((code, wrong), (0, None), "{}", pipeline.toml);
    }
}

fn main() {
    if let Some(range) = worker::range_asked_for() {
        return worker::read_in_this_process(range);
    }
    let failures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../fuzz-failures");
    let _none_yet = fs::remove_dir_all(&failures);
    let bench = Bench::new();
    every_pipeline_runs_unchanged(&bench);
    let first = number_of("CARBONZONE_FUZZ_FIRST").unwrap_or(0);
    let total = number_of("CARBONZONE_FUZZ").unwrap_or(SHARE);
    let start = Instant::now();
    let outcomes = read_all(first..first + total);
    print_table(&outcomes, start.elapsed().as_secs_f64());
    assert_eq!(outcomes.len(), total, "every mutation has an outcome");
    let wrong: Vec<String> =
        outcomes.iter().filter(|o| o.wrong.is_some()).map(|o| keep(&bench, o, &failures)).collect();
    assert!(wrong.is_empty(), "{} of {total} fail:\n{}", wrong.len(), wrong.join("\n"));
    // Both happen: bytes in the middle of a geometry are legal, bytes of a header are not.
    let accepted = outcomes.iter().filter(|o| o.code == Some(0)).count();
    let both = accepted * 20 > total && accepted * 20 < total * 19;
    assert!(both || total < FEW, "{accepted} of {total} accepted");
}
