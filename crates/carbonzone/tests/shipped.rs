//! Every pipeline file that is shipped can be read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::Config;
use std::path::PathBuf;

fn pipelines_in(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(city::root().join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    files.sort();
    files
}

#[test]
fn every_shipped_pipeline_is_read_without_an_error() {
    let files = [pipelines_in("pipelines"), pipelines_in("pipelines/examples")].concat();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let read = Config::read(&file, &[]);
        assert!(read.value.is_some() && !read.findings.blocks(), "{}: {:?}", file.display(), read.findings);
        let name = read.value.unwrap().name().to_owned();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'), "{name}");
    }
}

#[test]
fn the_starter_asks_for_its_numbers_and_for_nothing_else() {
    let starter = city::root().join("crates/carbonzone-cli/data/starter.toml");
    let read = Config::read(&starter, &[]);
    assert!(read.value.is_some(), "{:?}", read.findings);
    let codes: Vec<&str> = read.findings.items.iter().map(|f| f.code.as_str()).collect();
    assert!(codes.iter().all(|c| *c == "negative_or_nan_budget"), "{codes:?}");
}
