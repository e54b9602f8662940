//! Begins the folder of a run: never over a folder of somebody else, never over an input.

use super::{RECORD, canonical, read, read_manifest};
use crate::exchange::{Exchange, ExchangeError, Request};
use crate::names::is_result;
use crate::run::Config;
use std::path::{Path, PathBuf};

/// Begins the folder of a run; `command` is what others who want the folder are told.
///
/// # Errors
/// If the folder cannot be used, is in use, belongs to another pipeline (unless `overwrite`), or holds an input.
pub fn begin_run(
    target: &Path,
    config: &Config,
    command: &str,
    overwrite: bool,
) -> Result<Exchange, ExchangeError> {
    let (name, pipeline_file) = (config.name(), canonical(config.path()));
    let pipeline = config.to_json();
    let zones_layer = pipeline["layers"]["zones"]["kind"].as_str().unwrap_or("counties");
    Exchange::begin(&Request {
        target,
        command,
        record: RECORD,
        read,
        belongs: &|dir| overwrite || is_of(dir, &pipeline_file, name),
        refusal: &format!(
            "exists and was not made from {} ({name})\nhint: --out chooses another folder; --overwrite puts the results \
             here and keeps every file that carbonzone did not write",
            config.path().display()
        ),
        inputs: &inputs_of(config, &pipeline),
        writes: &|path| is_result(path, name, zones_layer),
    })
}

fn is_of(dir: &Path, pipeline_file: &Path, name: &str) -> bool {
    read_manifest(dir).is_ok_and(|m| {
        let recorded = Path::new(&m.pipeline_file);
        m.name == name && recorded.is_absolute() && canonical(recorded) == pipeline_file
    })
}

/// Every file and folder that a pipeline file names, and the file itself.
fn inputs_of(config: &Config, pipeline: &serde_json::Value) -> Vec<PathBuf> {
    let mut out = vec![config.path().to_path_buf()];
    collect_paths(pipeline, "", &mut |key, text| {
        // `ntl_{year}.tif`: the years are files of one folder.
        let (first, series) = match text.split_once("{year}") {
            Some((before, _)) => (format!("{before}x"), true),
            None => (text.to_owned(), false),
        };
        let path = config.resolve(Path::new(&first));
        if series {
            out.extend(beside(&path));
        } else if path.is_file() || (key == "path" && path.is_dir()) {
            out.push(path);
        }
    });
    out
}

fn beside(path: &Path) -> Vec<PathBuf> {
    let Some(entries) = path.parent().and_then(|p| p.read_dir().ok()) else { return Vec::new() };
    entries.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect()
}

fn collect_paths(value: &serde_json::Value, key: &str, found: &mut dyn FnMut(&str, &str)) {
    match value {
        serde_json::Value::String(text) if !text.is_empty() => found(key, text),
        serde_json::Value::Array(items) => items.iter().for_each(|v| collect_paths(v, key, found)),
        serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| collect_paths(v, k, found)),
        _ => {}
    }
}
