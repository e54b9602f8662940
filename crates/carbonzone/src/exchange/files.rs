//! Files of a folder: which there are, what they hold, whether two names are one file.

use sha2::{Digest as _, Sha256};
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file or folder below a root; links count as files and are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path below the root.
    pub path: PathBuf,
    /// True for a folder.
    pub folder: bool,
}

/// Everything below a folder, by name, a folder before what is in it.
///
/// # Errors
/// If a folder cannot be read.
pub fn walk(root: &Path) -> std::io::Result<Vec<Entry>> {
    let mut out = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in root.join(&folder).read_dir()? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let is_folder = entry.file_type()?.is_dir();
            if is_folder {
                folders.push(path.clone());
            }
            out.push(Entry { path, folder: is_folder });
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// What a file holds, as `run.json` records it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// Size.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
    /// GeoPackages only: the counters that every SQLite program changes when it opens the file, hex.
    pub counters: String,
}

/// Bytes of a SQLite header that opening a file changes: journal mode (18, 19), change counter (24–27), version of the
/// counter and of the library (92–99). SQLite file format, section 1.3.
const COUNTERS: [std::ops::Range<usize>; 3] = [18..20, 24..28, 92..100];

/// Bytes of a SQLite header.
const HEADER: u64 = 100;

/// Bytes read at once.
const AT_ONCE: usize = 1 << 20;

/// Reads a file through.
///
/// # Errors
/// If it cannot be read.
pub fn digest(path: &Path) -> std::io::Result<Digest> {
    read_through(path, "")
}

/// Whether a file holds what its digest says: as it is, or but for the counters, if they are recorded.
///
/// # Errors
/// If it cannot be read.
pub fn is_same(path: &Path, sha256: &str, counters: &str) -> std::io::Result<bool> {
    Ok(read_through(path, counters)?.sha256 == sha256)
}

/// The digest of a file with the counters given in the place of its own; of the file as it is, if none are.
fn read_through(path: &Path, counters: &str) -> std::io::Result<Digest> {
    let mut file = std::fs::File::open(path)?;
    let mut buffer = Vec::with_capacity(AT_ONCE);
    file.by_ref().take(HEADER).read_to_end(&mut buffer)?;
    let mut found = Digest::default();
    if buffer.len() as u64 == HEADER && path.extension().is_some_and(|e| e == "gpkg") {
        let places = COUNTERS.iter().flat_map(Clone::clone);
        let given = unhex(counters).filter(|c| c.len() == places.clone().count()).unwrap_or_default();
        found.counters = hex(&places.clone().map(|at| buffer[at]).collect::<Vec<u8>>());
        places.zip(given).for_each(|(at, byte)| buffer[at] = byte);
    }
    let mut hasher = Sha256::new();
    while !buffer.is_empty() {
        hasher.update(&buffer);
        found.bytes += buffer.len() as u64;
        buffer.clear();
        file.by_ref().take(AT_ONCE as u64).read_to_end(&mut buffer)?;
    }
    found.sha256 = hex(&hasher.finalize());
    Ok(found)
}

/// Bytes from their hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Waits until a file is on the disk: a disk that is full says so here at the latest.
///
/// # Errors
/// Names the file.
pub fn flush_file(path: &Path) -> super::error::Result<()> {
    let flushed = std::fs::File::open(path).and_then(|f| f.sync_all());
    flushed.map_err(super::ExchangeError::io("write", path))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits.map(|d| char::from(b"0123456789abcdef"[usize::from(d)])).collect()
}

/// Stands for the seal while a text is hashed.
pub const UNSEALED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Puts the SHA-256 of a text in the place of its first [`UNSEALED`]: an edit of the text can then be told.
pub fn seal(text: &str) -> String {
    text.replacen(UNSEALED, &hex(&Sha256::digest(text.as_bytes())), 1)
}

/// True if the text is as [`seal`] left it.
pub fn is_sealed(text: &str, seal: &str) -> bool {
    seal.len() == UNSEALED.len() && hex(&Sha256::digest(text.replacen(seal, UNSEALED, 1).as_bytes())) == seal
}

/// Device and number of a file: the same for all its names. `None` where the system has none.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub fn identity(meta: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((meta.dev(), meta.ino()))
}

/// Device and number of a file: not known here.
#[cfg(not(unix))]
pub fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Size and time of a file: while both stay, it was not written to.
pub type Stamp = (u64, Option<SystemTime>, Option<(u64, u64)>);

/// The stamp of a file now.
pub fn stamp(meta: &Metadata) -> Stamp {
    (meta.len(), meta.modified().ok(), identity(meta))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_shows_an_edit() {
        let text = seal(&format!("{{\"seal\": \"{UNSEALED}\", \"x\": 1}}"));
        let of = text[10..74].to_owned();
        assert!(is_sealed(&text, &of));
        assert!(!is_sealed(&text.replace('1', "2"), &of) && !is_sealed(&text, "") && !is_sealed("", &of));
    }

    #[test]
    fn opening_a_geopackage_does_not_change_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.gpkg");
        let mut bytes: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
        std::fs::write(&path, &bytes).unwrap();
        let first = digest(&path).unwrap();
        assert_eq!((first.bytes, &*first.sha256), (3 << 20, &*hex(&Sha256::digest(&bytes))));
        assert_eq!(first.counters, "121318191a1b5c5d5e5f60616263");
        (bytes[18], bytes[27], bytes[95]) = (2, 9, 9);
        std::fs::write(&path, &bytes).unwrap();
        let same = |counters: &str| is_same(&path, &first.sha256, counters).unwrap();
        assert!(same(&first.counters) && !same("") && !same("12") && !same("no digits"));
        bytes[100] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(!same(&first.counters));
        for short in [0, 1, 99, 100, 101] {
            std::fs::write(&path, &bytes[..short]).unwrap();
            let found = digest(&path).unwrap();
            assert_eq!((found.bytes, found.sha256), (short as u64, hex(&Sha256::digest(&bytes[..short]))));
        }
    }
}
