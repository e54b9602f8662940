//! The built command reads a folder, with the limits of a shell.

use crate::{Bench, FILE_BLOCKS, HANG_CPU_S, MEMORY_KB, OUTPUT, STUCK, ledger};
use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A program under limits on address space and size of files.
pub fn limited(program: &std::path::Path) -> Command {
    let mut command = Command::new("sh");
    let limits = format!("ulimit -v {MEMORY_KB} && ulimit -f {FILE_BLOCKS} && exec \"$0\" \"$@\"");
    command.args(["-c", &limits]).arg(program);
    command.stdin(Stdio::null()).env("NO_COLOR", "1");
    command
}

/// What a process used when it began with one input. A busy machine makes wall time long, so a hang is told by CPU time.
pub struct Watch {
    pid: u32,
    cpu_s: f64,
    begun: Instant,
}

impl Watch {
    pub fn of(child: &Child) -> Self {
        let pid = child.id();
        Self { pid, cpu_s: cpu_s(&pid.to_string(), OWN), begun: Instant::now() }
    }

    pub fn hangs(&self) -> bool {
        cpu_s(&self.pid.to_string(), OWN) - self.cpu_s > HANG_CPU_S || self.begun.elapsed() > STUCK
    }
}

/// How a process ended; `None`: it had to be killed.
fn wait(mut child: Child) -> Option<ExitStatus> {
    let watch = Watch::of(&child);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if watch.hangs() {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Runs the command; gives its exit code and what is wrong with how it ended.
pub fn judge(bench: &Bench, verb: &str, toml: &str) -> (Option<i32>, Option<String>) {
    let (out, err) = (bench.at("stdout"), bench.at("stderr"));
    let mut command = limited(env!("CARGO_BIN_EXE_carbonzone").as_ref());
    command.args([verb, toml, "--quiet"]).env("RUST_BACKTRACE", "1");
    if verb == "run" {
        command.args(["--out", "out", "--no-maps", "--no-summary", "--threads", "2"]);
    }
    command.current_dir(bench.dir.path());
    command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
    let Some(status) = wait(command.spawn().unwrap()) else { return (None, Some("hangs".to_owned())) };
    let printed = fs::read(&err).unwrap();
    let text = String::from_utf8_lossy(&printed);
    let size = printed.len() + fs::metadata(&out).unwrap().len() as usize;
    let wrong = if !matches!(status.code(), Some(0..=2 | 130)) {
        Some(format!("{status}: {}", text.lines().last().unwrap_or_default()))
    } else if ["panicked", "backtrace", "please report", "overflow"].iter().any(|w| text.contains(w)) {
        Some(format!("a trace: {text}"))
    } else if size > OUTPUT {
        Some(format!("{size} bytes of output"))
    } else {
        look_at_results(bench, verb, status.success())
    };
    (status.code(), wrong)
}

/// The results of a run that ended well close their balances; any other leaves nothing.
fn look_at_results(bench: &Bench, verb: &str, success: bool) -> Option<String> {
    let written = bench.at("out").exists();
    let wrong = if written != (verb == "run" && success) {
        Some(format!("results: {written}"))
    } else if written {
        ledger::open_balance(&bench.at("out/ledger.csv"))
    } else {
        None
    };
    let names =
        fs::read_dir(bench.dir.path()).unwrap().filter_map(|e| e.ok()?.file_name().into_string().ok());
    let left: Vec<String> = names.filter(|n| n.starts_with('.')).collect();
    if written {
        fs::remove_dir_all(bench.at("out")).unwrap();
    }
    wrong.or_else(|| (!left.is_empty()).then(|| format!("left behind: {left:?}")))
}

/// CPU seconds of all processes that were waited for.
pub fn cpu_of_children() -> f64 {
    cpu_s("self", CHILDREN)
}

/// Fields 14 to 17 of a line of `/proc/PID/stat` are hundredths of a second, of user and system; its first three are taken off, the
/// letter among them.
const OWN: usize = 10;
const CHILDREN: usize = 12;

/// CPU seconds of a process, where the system tells them.
fn cpu_s(pid: &str, first: usize) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(") ").next().unwrap_or("").split(' ').filter_map(|f| f.parse().ok()).collect();
    fields.get(first).zip(fields.get(first + 1)).map_or(0.0, |(user, system)| (user + system) / 100.0)
}
