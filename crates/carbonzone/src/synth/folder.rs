//! The folder of a synthetic place: `SYNTHETIC.txt` says what it is and which files carbonzone wrote.

use super::Synth;
use crate::error::{Doing, Result};
use crate::exchange::{self, Exchange, Kept, Print, Request, UNSEALED, Written, is_sealed, seal};
use crate::out_dir::kept_lines;
use carbonzone_types::Progress;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const RECORD: &str = "SYNTHETIC.txt";
/// Line above the list of files.
const LIST: &str = "SHA-256 of the files:";
const SEAL: &str = "seal ";

impl Synth<'_> {
    /// Begins the folder.
    ///
    /// # Errors
    /// If it cannot be used, is in use, or holds something else.
    pub(super) fn begin(&self, observer: &dyn Progress) -> Result<Exchange> {
        let inputs: Vec<PathBuf> = self.facts.clone().into_iter().collect();
        let begun = Exchange::begin(&Request {
            target: self.out,
            command: self.command,
            record: RECORD,
            read,
            belongs: &|dir| read(dir).is_some(),
            refusal: "exists and is not a synthetic place that this carbonzone made\nhint: choose another folder",
            inputs: &inputs,
            writes: &writes,
        })?;
        self.tell(&begun.recovered, observer);
        Ok(begun)
    }

    fn tell(&self, kept: &[Kept], observer: &dyn Progress) {
        for line in kept_lines(kept, self.out) {
            observer.say(&line);
        }
    }

    /// Writes the label, which ends with `about`, and the list of files, and puts the folder in its place.
    ///
    /// # Errors
    /// If the disk refuses.
    pub(super) fn finish(&self, out: Exchange, about: &str, observer: &dyn Progress) -> Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        let mut text = format!("SYNTHETIC DATA made by carbonzone {version} {about}\n\n{LIST}\n");
        let dir = out.path().to_path_buf();
        for file in exchange::walk(&dir)?.iter().filter(|f| !f.folder) {
            let path = dir.join(&file.path);
            let digest = exchange::digest(&path).doing("read", &path)?;
            let _ = writeln!(text, "{}  {}", digest.sha256, file.path.display());
        }
        let _ = writeln!(text, "{SEAL}{UNSEALED}");
        std::fs::write(dir.join(RECORD), seal(&text)).doing("write", &dir.join(RECORD))?;
        self.tell(&out.finish()?, observer);
        Ok(())
    }
}

/// In the folder itself, and in the folder of each city of a province.
fn writes(path: &Path) -> bool {
    let name =
        path.file_name().and_then(|n| n.to_str()).is_some_and(|n| NAMES.split(' ').any(|name| name == n));
    let folder = path.parent().and_then(Path::to_str).unwrap_or_default();
    name && (folder.is_empty() || folder.starts_with("city-"))
}

/// Files that may be written, where the user must not have a file of that name.
const NAMES: &str = "parcels.gpkg townships.gpkg township_stats.csv counties.gpkg poi.csv population.csv roads.shp roads.dbf \
                     roads.shx truth.csv pipeline.toml";

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
