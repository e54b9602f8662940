//! `--progress json`: what a command does, one JSON object per line on standard error, for other programs.
//!
//! With it nothing else is written to standard error. The events and their fields: docs/pipeline.md, "Progress for
//! programs".

use carbonzone::layer_list::{ListedLayer, RunLayers};
use carbonzone_report::chinese::FindingText;
use carbonzone_types::{Finding, Findings};
use serde::Serialize;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

/// Version of the events: it changes when a field changes its meaning.
const FORMAT: u32 = 1;

static ON: AtomicBool = AtomicBool::new(false);

/// One line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The command begins.
    Begin { format: u32, command: &'a str, version: &'a str },
    /// A stage begins; without `total` it cannot be told how long it is.
    Stage { stage: &'a str, stage_zh: &'a str, total: Option<u64> },
    /// Steps of the stage are done.
    Progress { stage: &'a str, done: u64, total: Option<u64> },
    /// A stage is over.
    StageEnd { stage: &'a str, done: u64, seconds: f64 },
    /// What the user must look at.
    Finding(&'a Told<'a>),
    /// A layer that can be opened now.
    Layer {
        run_dir: String,
        #[serde(flatten)]
        layer: &'a ListedLayer,
    },
    /// What would stand on standard error.
    Message { text: &'a str },
    /// The command is over.
    End { exit_code: u8 },
}

/// From now on every line of standard error is an event.
pub fn switch_on(command: &str) {
    ON.store(true, Ordering::Relaxed);
    write(&Event::Begin { format: FORMAT, command, version: env!("CARGO_PKG_VERSION") });
}

/// True if standard error is for programs.
pub fn on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The last line, if events are on.
pub fn end(exit_code: u8) {
    if on() {
        write(&Event::End { exit_code });
    }
}

/// A finding for programs: with its sentences in Chinese.
#[derive(Serialize)]
pub struct Told<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    /// What was found, in Chinese: never empty, at least what the code means in general.
    message_zh: String,
    /// What to do, in Chinese, if the catalogue has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint_zh: Option<String>,
}

/// Findings for programs, in the order in which they were made.
pub fn told(findings: &Findings) -> Vec<Told<'_>> {
    let told = |finding| {
        let FindingText { message, hint, .. } = FindingText::chinese(finding);
        Told { finding, message_zh: message, hint_zh: hint }
    };
    findings.items.iter().map(told).collect()
}

/// One line per finding, if events are on.
pub fn findings(findings: &Findings) {
    if on() {
        for finding in &told(findings) {
            write(&Event::Finding(finding));
        }
    }
}

/// One line per layer of a finished run, if events are on.
pub fn layers(layers: &RunLayers) {
    if on() {
        let run_dir = layers.run_dir.display().to_string();
        layers.list.layers.iter().for_each(|layer| write(&Event::Layer { run_dir: run_dir.clone(), layer }));
    }
}

/// Writes a line, without passwords.
pub fn write(event: &Event<'_>) {
    let Ok(mut value) = serde_json::to_value(event) else { return };
    carbonzone_types::redact_json(&mut value);
    write_error_line(&value.to_string());
}

/// Writes a line to standard error. There is nobody left to tell if it is closed.
pub fn write_error_line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}
