//! The folder of a synthetic place: `SYNTHETIC.txt` says what it is and which files carbonzone wrote.

use crate::run::{command_line, tell};
use anyhow::Context;
use carbonzone::exchange::{self, Exchange, Print, Request, UNSEALED, Written, is_sealed, seal};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const RECORD: &str = "SYNTHETIC.txt";
/// Line above the list of files.
const LIST: &str = "SHA-256 of the files:";
const SEAL: &str = "seal ";

/// Begins the folder; `facts` is the folder it is made from, if one was given.
///
/// # Errors
/// If it cannot be used, is in use, or holds something else.
pub fn begin(out: &Path, facts: Option<&Path>) -> anyhow::Result<Exchange> {
    let inputs: Vec<PathBuf> = facts.map(Path::to_path_buf).into_iter().collect();
    let begun = Exchange::begin(&Request {
        target: out,
        command: &command_line().join(" "),
        record: RECORD,
        read,
        belongs: &|dir| read(dir).is_some(),
        refusal: "exists and is not a synthetic place that this carbonzone made\nhint: choose another folder",
        inputs: &inputs,
        writes: &writes,
    })?;
    tell(&begun.recovered, out);
    Ok(begun)
}

/// In the folder itself, and in the folder of each city of a province.
fn writes(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).is_some_and(|n| NAMES.contains(&n));
    let folder = path.parent().and_then(Path::to_str).unwrap_or_default();
    name && (folder.is_empty() || folder.starts_with("city-"))
}

/// Files that may be written, where the user must not have a file of that name.
const NAMES: [&str; 11] = [
    "parcels.gpkg",
    "townships.gpkg",
    "township_stats.csv",
    "counties.gpkg",
    "poi.csv",
    "population.csv",
    "roads.shp",
    "roads.dbf",
    "roads.shx",
    "truth.csv",
    "pipeline.toml",
];

/// Writes the label with the list of files, and puts the folder in its place.
///
/// # Errors
/// If the disk refuses.
pub fn finish(out: Exchange, target: &Path, label: &str) -> anyhow::Result<()> {
    let mut text = format!("{label}\n{LIST}\n");
    let dir = out.path().to_path_buf();
    for file in exchange::walk(&dir)?.iter().filter(|f| !f.folder) {
        let digest = exchange::digest(&dir.join(&file.path))
            .with_context(|| format!("cannot read {}", dir.join(&file.path).display()))?;
        let _ = writeln!(text, "{}  {}", digest.sha256, file.path.display());
    }
    let _ = writeln!(text, "{SEAL}{UNSEALED}");
    std::fs::write(dir.join(RECORD), seal(&text))
        .with_context(|| format!("cannot write {}", dir.join(RECORD).display()))?;
    tell(&out.finish()?, target);
    Ok(())
}

/// The list of a folder; `None` for other folders, and for those of earlier builds, which kept no list.
fn read(dir: &Path) -> Option<Written> {
    let text = std::fs::read_to_string(dir.join(RECORD)).ok()?;
    let (_, list) = text.split_once(LIST)?;
    let files = list.lines().filter_map(|l| l.split_once("  "));
    let print = |sha256: &str| Print { sha256: sha256.to_owned(), ..Print::default() };
    let sealed = text.lines().find_map(|l| l.strip_prefix(SEAL)).is_some_and(|s| is_sealed(&text, s));
    Some(Written {
        record: RECORD.into(),
        intact: sealed,
        files: files.map(|(sha256, path)| (path.into(), print(sha256))).collect(),
    })
}
