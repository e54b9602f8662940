//! Size and SHA-256 of input files, computed beside the reading.

use crate::source::{has_extension, is_virtual};
use carbonzone_types::InputRecord;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How long a thread waits for a digest before it looks for other work.
const PAUSE: Duration = Duration::from_millis(1);

/// Size in bytes and SHA-256 (hex) of a file; of all parts of a shapefile (.shp, .shx, .dbf, .prj, .cpg in that
/// order, missing ones left out), of a database with its write-ahead log, or of all files of a folder (by name) as if they
/// were one.
///
/// # Errors
/// If a file cannot be read.
pub fn size_and_sha256(path: &Path) -> std::io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut bytes = 0u64;
    let mut buffer = vec![0u8; 1 << 18];
    for part in parts_of(path)? {
        carbonzone_types::plain_file(&part)?;
        let mut file = std::fs::File::open(part)?;
        loop {
            let n = file.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            bytes += n as u64;
            hasher.update(&buffer[..n]);
        }
    }
    let digest = hasher.finalize();
    let digits = digest.iter().flat_map(|b| [b >> 4, b & 15]);
    Ok((bytes, digits.map(|d| char::from(b"0123456789abcdef"[usize::from(d)])).collect()))
}

/// The provenance record of a file that is not a layer, e.g. a table: role, path as shown, size and digest.
///
/// # Errors
/// If the file cannot be read.
pub fn file_record(role: &str, path: &Path, shown: &str) -> std::io::Result<InputRecord> {
    let (bytes, sha256) = size_and_sha256(path)?;
    Ok(InputRecord { role: role.to_owned(), path: shown.to_owned(), bytes, sha256, ..InputRecord::default() })
}

fn parts_of(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if path.is_dir() {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(path)?.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
        files.sort();
        return Ok(files);
    }
    if has_extension(path, &["shp"]) {
        let sibling = |e: &str| {
            [path.with_extension(e), path.with_extension(e.to_uppercase())].into_iter().find(|p| p.is_file())
        };
        return Ok(["shp", "shx", "dbf", "prj", "cpg"].iter().filter_map(|e| sibling(e)).collect());
    }
    Ok(std::iter::once(path.to_owned()).chain(write_ahead_parts(path)).collect())
}

/// The write-ahead log and the journal beside a database, if there is something in them.
pub(crate) fn write_ahead_parts(path: &Path) -> Vec<PathBuf> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let filled = |p: &PathBuf| std::fs::metadata(p).is_ok_and(|m| m.is_file() && m.len() > 0);
    ["-wal", "-journal"].into_iter().map(beside).filter(filled).collect()
}

/// A digest being computed by whichever thread has time.
pub(crate) enum DigestJob {
    /// There is none to compute.
    Nothing,
    /// There is one thread: it has something else to do first.
    Later(PathBuf),
    Begun(Receiver<std::io::Result<(u64, String)>>),
}

impl DigestJob {
    /// Starts; a database connection has no digest.
    pub(crate) fn start(path: &Path) -> Self {
        if is_virtual(path) {
            return Self::Nothing;
        }
        let path = path.to_owned();
        if rayon::current_num_threads() == 1 {
            return Self::Later(path);
        }
        let (sender, receiver) = channel();
        // Nobody may be waiting any more: then the digest is not needed.
        rayon::spawn(move || drop(sender.send(size_and_sha256(&path))));
        Self::Begun(receiver)
    }

    /// Waits for the result: (0, "") if there is none.
    pub(crate) fn finish(self) -> (u64, String) {
        let digest = match self {
            Self::Nothing => return (0, String::new()),
            Self::Later(path) => size_and_sha256(&path),
            Self::Begun(receiver) => loop {
                // Until it is there, this thread does other work of the pool, the digest itself perhaps.
                let idle = rayon::yield_now() != Some(rayon::Yield::Executed);
                match receiver.recv_timeout(if idle { PAUSE } else { Duration::ZERO }) {
                    Ok(digest) => break digest,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return (0, String::new()),
                }
            },
        };
        digest.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_of_a_shapefile_count() {
        let dir = tempfile::tempdir().unwrap();
        let shp = dir.path().join("a.shp");
        std::fs::write(&shp, "ab").unwrap();
        std::fs::write(dir.path().join("a.dbf"), "c").unwrap();
        let (bytes, sha) = size_and_sha256(&shp).unwrap();
        assert_eq!(bytes, 3);
        // SHA-256 of "abc", FIPS 180-2 appendix B.1.
        assert_eq!(sha, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
