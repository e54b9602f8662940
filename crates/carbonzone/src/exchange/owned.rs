//! Which files of a folder carbonzone wrote and nobody changed since.

use super::error::{ExchangeError, Result};
use super::files::{Stamp, is_same, stamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Hashes of a file as carbonzone wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Print {
    /// SHA-256.
    pub sha256: String,
    /// What of it opening the file in another program changes: the counters of a GeoPackage, hex; empty if there is nothing.
    pub counters: String,
}

/// What a folder's record says that carbonzone wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// The record itself, e.g. `run.json`.
    pub record: PathBuf,
    /// True if the record is as carbonzone wrote it.
    pub intact: bool,
    /// Every other file.
    pub files: BTreeMap<PathBuf, Print>,
}

/// Reads the record of a folder; `None`: it has none.
pub type ReadRecord = fn(&Path) -> Option<Written>;

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Written by carbonzone and unchanged, or what a program left beside such a file.
    Ours,
    /// Written by carbonzone and changed since, or what belongs to such a file.
    Edited,
    /// Anything else.
    Users,
}

/// No disk notes the time of a file in coarser steps: those of exFAT are 2 s.
const TIME_STEP: Duration = Duration::from_secs(3);

/// A folder with its record, and what was found by reading its files.
#[derive(Debug)]
pub struct Owned {
    root: PathBuf,
    written: Written,
    read: BTreeMap<PathBuf, (Stamp, bool)>,
}

impl Owned {
    /// Reads the record of a folder.
    pub fn of(root: &Path, read: ReadRecord) -> Self {
        Self { root: root.to_path_buf(), written: read(root).unwrap_or_default(), read: BTreeMap::new() }
    }

    /// Reads the recorded files through ahead of time. What is so young that it could change again without a change of its time
    /// is left to be read later.
    pub fn read_early(mut self) -> Self {
        let now = SystemTime::now();
        let all: Vec<PathBuf> = self.files().map(Path::to_path_buf).collect();
        // What cannot be read is told when it is needed.
        for path in &all {
            let _ = self.whose(path);
        }
        let settled = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age > TIME_STEP);
        self.read.retain(|_, (stamp, _)| stamp.1.is_some_and(settled));
        self
    }

    /// With what was read of the folder before: it counts for files that were not written to since.
    pub fn with_early(self, early: Self) -> Self {
        if early.written == self.written { Self { read: early.read, ..self } } else { self }
    }

    /// The same folder under another name: what was read stays read.
    pub fn moved_to(self, root: &Path) -> Self {
        Self { root: root.to_path_buf(), ..self }
    }

    /// Recorded files, without the record itself.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.written.files.keys().map(PathBuf::as_path)
    }

    /// Folders that hold recorded files.
    pub fn folders(&self) -> BTreeSet<&Path> {
        self.written.files.keys().flat_map(|p| p.ancestors().skip(1)).collect()
    }

    /// Whose a file below the root is; reads it through if it is recorded.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn whose(&mut self, path: &Path) -> Result<Whose> {
        if let Some(base) = self.recorded_base(path) {
            let kept = self.root.join(&base).symlink_metadata().is_ok() && self.unchanged(&base)?;
            return Ok(if kept { Whose::Ours } else { Whose::Edited });
        }
        if !self.is_recorded(path) {
            return Ok(Whose::Users);
        }
        Ok(if self.unchanged(path)? { Whose::Ours } else { Whose::Edited })
    }

    /// The order in which files of ours are removed: what belongs to another file first, the record last, so that
    /// after every step the rest is still known to be ours.
    pub fn removal_order(&self, path: &Path) -> u8 {
        if path == self.written.record { 2 } else { u8::from(self.recorded_base(path).is_none()) }
    }

    /// The stamp that a file had when it was read through and found to be ours.
    pub fn stamp_of(&self, path: &Path) -> Option<Stamp> {
        self.read.get(path).map(|(stamp, _)| *stamp)
    }

    /// True for a recorded file, and for what another program keeps beside one.
    pub fn knows(&self, path: &Path) -> bool {
        self.is_recorded(path) || self.recorded_base(path).is_some()
    }

    fn is_recorded(&self, path: &Path) -> bool {
        self.written.files.contains_key(path) || (path == self.written.record && !path.as_os_str().is_empty())
    }

    /// The recorded file that another program keeps `path` beside.
    fn recorded_base(&self, path: &Path) -> Option<PathBuf> {
        bases_of(path).into_iter().find(|base| self.is_recorded(base))
    }

    /// True if a recorded file is as it was written.
    fn unchanged(&mut self, path: &Path) -> Result<bool> {
        if self.has_unsaved_pages(path) {
            return Ok(false);
        }
        let full = self.root.join(path);
        let meta = full.symlink_metadata().map_err(ExchangeError::io("look at", &full))?;
        let now = stamp(&meta);
        if let Some((before, unchanged)) = self.read.get(path)
            && *before == now
        {
            return Ok(*unchanged);
        }
        let unchanged = meta.is_file() && self.same_bytes(path, &full)?;
        self.read.insert(path.to_path_buf(), (now, unchanged));
        Ok(unchanged)
    }

    fn same_bytes(&self, path: &Path, full: &Path) -> Result<bool> {
        if path == self.written.record {
            return Ok(self.written.intact);
        }
        let Some(print) = self.written.files.get(path).filter(|p| !p.sha256.is_empty()) else {
            return Ok(false);
        };
        is_same(full, &print.sha256, &print.counters).map_err(ExchangeError::io("read", full))
    }

    /// A database whose log holds pages is newer than its bytes.
    fn has_unsaved_pages(&self, path: &Path) -> bool {
        ["-wal", "-journal"].iter().any(|end| {
            let log = self.root.join(with_end(path, end));
            log.symlink_metadata().is_ok_and(|m| m.len() > 0)
        })
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    PathBuf::from(name)
}

/// What programs add to the name of a file for what they keep beside it: SQLite, GDAL, QGIS; LibreOffice, Excel.
const ADDED: [(&str, &str); 8] = [
    ("", "-wal"),
    ("", "-shm"),
    ("", "-journal"),
    ("", ".aux.xml"),
    ("", ".ovr"),
    ("", "~"),
    (".~lock.", "#"),
    ("~$", ""),
];

/// Files that `path` would be kept beside, by its exact name.
pub fn bases_of(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return Vec::new() };
    let base = |(start, end): &(&str, &str)| name.strip_prefix(start)?.strip_suffix(end);
    ADDED.iter().filter_map(base).filter(|b| !b.is_empty()).map(|b| path.with_file_name(b)).collect()
}

/// `x.qgz` becomes `x.edited.qgz`, then `x.edited-2.qgz`; what is kept beside `x.qgz` follows it in name.
pub fn other_name(path: &Path, word: &str, number: u32) -> PathBuf {
    let word = if number < 2 { word.to_owned() } else { format!("{word}-{number}") };
    let name = path.file_name().unwrap_or_default();
    let mut new = OsString::new();
    let added = name.to_str().and_then(|n| {
        let parts = |(start, end): &(&'static str, &'static str)| {
            Some((*start, n.strip_prefix(start)?.strip_suffix(end)?, *end))
                .filter(|(_, base, _)| !base.is_empty())
        };
        ADDED.iter().find_map(parts)
    });
    if let Some((start, base, end)) = added {
        let base = other_name(Path::new(base), &word, 1);
        new.push(start);
        new.push(base);
        new.push(end);
        return path.with_file_name(new);
    }
    new.push(Path::new(name).file_stem().unwrap_or_default());
    new.push(format!(".{word}"));
    if let Some(extension) = Path::new(name).extension() {
        new.push(".");
        new.push(extension);
    }
    path.with_file_name(new)
}

#[cfg(test)]
mod tests {
    use super::super::files::digest;
    use super::*;

    #[test]
    fn edited_files_and_what_belongs_to_them_are_renamed_alike() {
        let name = |path: &str, n| other_name(Path::new(path), "edited", n).display().to_string();
        assert_eq!(name("a/x.qgz", 1), "a/x.edited.qgz");
        assert_eq!(name("x.qgz", 3), "x.edited-3.qgz");
        assert_eq!(name("x.qgz~", 2), "x.edited-2.qgz~");
        assert_eq!(name("x.gpkg-wal", 1), "x.edited.gpkg-wal");
        assert_eq!(name("x.tif.aux.xml", 1), "x.edited.tif.aux.xml");
        assert_eq!(name("LICENSE", 1), "LICENSE.edited");
    }

    #[test]
    fn what_was_read_early_counts_until_a_file_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "1").unwrap();
        let print = Print { sha256: digest(&path).unwrap().sha256, ..Print::default() };
        let written = |name: &str| Written {
            files: BTreeMap::from([(name.into(), print.clone())]),
            ..Written::default()
        };
        let owned =
            |name| Owned { root: dir.path().to_path_buf(), written: written(name), read: BTreeMap::new() };
        let count = |early: Owned, name| owned(name).with_early(early).read.len();
        assert_eq!(count(owned("a.csv").read_early(), "a.csv"), 0, "written just now");
        let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(an_hour_ago).unwrap();
        assert_eq!(count(owned("a.csv").read_early(), "a.csv"), 1);
        assert_eq!(count(owned("a.csv").read_early(), "b.csv"), 0, "another record");
        let early = owned("a.csv").read_early();
        std::fs::write(&path, "2").unwrap();
        assert_eq!(owned("a.csv").with_early(early).whose(Path::new("a.csv")).unwrap(), Whose::Edited);
    }

    #[test]
    fn only_the_exact_name_of_a_recorded_file_makes_a_by_product() {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "x.gpkg",
            "x.gpkg-shm",
            "x.gpkg-wal",
            "data.db-wal",
            "dry_run.json",
            "thesis.qgz~",
            "gone.tif.aux.xml",
        ] {
            std::fs::write(dir.path().join(file), if file.ends_with("-wal") { "" } else { "1" }).unwrap();
        }
        let print = Print { sha256: digest(&dir.path().join("x.gpkg")).unwrap().sha256, ..Print::default() };
        let files = BTreeMap::from([("x.gpkg".into(), print.clone()), ("gone.tif".into(), print)]);
        let written = Written { record: "run.json".into(), intact: true, files };
        let mut owned = Owned { root: dir.path().to_path_buf(), written, read: BTreeMap::new() };
        let mut whose = |path: &str| owned.whose(Path::new(path)).unwrap();
        assert_eq!(whose("x.gpkg"), Whose::Ours);
        assert_eq!(whose("x.gpkg-shm"), Whose::Ours);
        for users in ["data.db-wal", "dry_run.json", "thesis.qgz~"] {
            assert_eq!(whose(users), Whose::Users, "{users}");
        }
        // Beside a file that is no longer there it must not meet the next one of that name.
        assert_eq!(whose("gone.tif.aux.xml"), Whose::Edited);
        // Edits that are still in the log are edits.
        std::fs::write(dir.path().join("x.gpkg-wal"), "pages").unwrap();
        owned.read.clear();
        assert_eq!(owned.whose(Path::new("x.gpkg")).unwrap(), Whose::Edited);
        assert_eq!(owned.whose(Path::new("x.gpkg-wal")).unwrap(), Whose::Edited);
    }
}
