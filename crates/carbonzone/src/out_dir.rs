//! The folder of a run: whose it is, what its `run.json` says that carbonzone wrote, and its exchange.

mod begin;

pub use begin::begin_run;

use crate::error::{Doing, Error, Result};
use crate::exchange::{Exchange, ExchangeError, Kept, Print, Request, UNSEALED, Written, is_sealed, seal};
use crate::names::is_result;
use carbonzone_types::RunManifest;
use std::path::{Path, PathBuf};

pub(crate) const RECORD: &str = "run.json";

/// Begins the exchange of the folder of a run that is drawn anew.
///
/// # Errors
/// If the folder cannot be used or is in use.
pub fn begin_maps(run_dir: &Path, manifest: &RunManifest, command: &str) -> Result<Exchange, ExchangeError> {
    Exchange::begin(&Request {
        target: run_dir,
        command,
        record: RECORD,
        read,
        belongs: &|dir| read_manifest(dir).is_ok(),
        refusal: "is no longer the folder of a run\nhint: name the folder of a finished run",
        inputs: &[],
        writes: &|path| is_result(path, &manifest.name, &manifest.zones_layer),
    })
}

/// Files named on their own before the rest is only counted.
const NAMED: usize = 20;

/// Lines that say which files of the user are kept.
pub fn kept_lines(kept: &[Kept], target: &Path) -> Vec<String> {
    let line = |file: &Kept| {
        let to = target.join(&file.to).display().to_string();
        if file.from == file.to {
            format!("kept your file {to}")
        } else {
            format!("kept your {} as {to}", file.from.display())
        }
    };
    let mut lines: Vec<String> = kept.iter().take(NAMED).map(line).collect();
    if kept.len() > NAMED {
        lines.push(format!("kept {} more of your files in {}", kept.len() - NAMED, target.display()));
    }
    lines
}

/// The real path of a file, as the identity of a run.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// Path of a file in a run folder named after the run or a layer of it.
pub fn named(dir: &Path, name: &str, extension: &str) -> PathBuf {
    dir.join(format!("{name}.{extension}"))
}

/// Reads `run.json` of a run folder.
///
/// # Errors
/// If there is none, or it is not carbonzone's.
pub fn read_manifest(run_dir: &Path) -> Result<RunManifest> {
    let path = run_dir.join(RECORD);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(Error::NoRun { path, source }),
    };
    serde_json::from_str(&text).map_err(|source| Error::ForeignRecord { path, source })
}

/// Writes `run.json` with its seal.
///
/// # Errors
/// If the disk refuses.
pub(crate) fn write_manifest(manifest: &RunManifest, dir: &Path) -> Result<()> {
    let unsealed = RunManifest { seal: UNSEALED.to_owned(), ..manifest.clone() };
    let path = dir.join(RECORD);
    std::fs::write(&path, seal(&serde_json::to_string_pretty(&unsealed)?)).doing("write", &path)
}

/// What the `run.json` of a folder says that carbonzone wrote.
fn read(dir: &Path) -> Option<Written> {
    let text = std::fs::read_to_string(dir.join(RECORD)).ok()?;
    let manifest: RunManifest = serde_json::from_str(&text).ok()?;
    if manifest.version.is_empty() {
        return None;
    }
    // Runs of earlier builds have no seal; files that they list without saying what they are were somebody else's.
    let sealed = !manifest.seal.is_empty();
    let ours = manifest.outputs.into_iter().filter(|o| sealed || !o.what.is_empty() || o.path == "maps.json");
    let files = ours.map(|o| (PathBuf::from(o.path), Print { sha256: o.sha256, counters: o.counters }));
    Some(Written {
        record: RECORD.into(),
        intact: !sealed || is_sealed(&text, &manifest.seal),
        files: files.collect(),
    })
}
