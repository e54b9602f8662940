//! One process at a time works on an output folder; what it was doing when it died can be read.

use super::error::{ExchangeError, Result};
use super::files::identity;
use super::place::Place;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands in the lock file: the owner, and how far the exchange is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Journal {
    /// `carbonzone`: this is one of our files.
    pub program: String,
    /// Process.
    pub pid: u32,
    /// Computer.
    pub host: String,
    /// Command line.
    pub command: String,
    /// Seconds since 1970.
    pub started_s: u64,
    /// Name of the folder under construction, and of the old folder after a swap.
    pub partial: String,
    /// Name of the old folder while it is set aside.
    pub aside: String,
    /// SHA-256 of the record (`run.json`) of the finished new folder, from just before it is put in its place.
    pub record_sha256: String,
}

const PROGRAM: &str = "carbonzone";

/// Holds an output folder for this process; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    journal: Journal,
}

impl Lock {
    /// Takes the folder. Gives back what a process that is gone was doing, if one is.
    ///
    /// # Errors
    /// [`ExchangeError::Busy`] if a living process holds it.
    pub fn take(place: &Place, command: &str) -> Result<(Self, Option<Journal>)> {
        let path = place.beside("carbonzone-lock");
        loop {
            if std::fs::symlink_metadata(&path).is_ok_and(|m| !m.is_file()) {
                return Err(foreign(&path));
            }
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(ExchangeError::io("write into the folder", place.parent()))?;
            let locked = file.try_lock();
            let left = read(&mut file, &path)?;
            match (locked, &left) {
                (Err(TryLockError::WouldBlock), owner) => return Err(busy(place, owner.as_ref())),
                // A disk without locks: the record alone must do.
                (Err(TryLockError::Error(_)), Some(owner)) if owner.may_live() => {
                    return Err(busy(place, Some(owner)));
                }
                _ => {}
            }
            // The owner before us may have removed the file between our opening and our locking it.
            let same = file.metadata().ok().zip(std::fs::symlink_metadata(&path).ok());
            if same.is_some_and(|(a, b)| identity(&a) == identity(&b)) {
                let journal = Journal {
                    program: PROGRAM.to_owned(),
                    pid: std::process::id(),
                    host: host(),
                    command: command.to_owned(),
                    started_s: now_s(),
                    ..Journal::default()
                };
                return Ok((Self { file, path, journal }, left));
            }
        }
    }

    /// Writes down what comes next; durable when it returns.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&mut self, change: impl FnOnce(&mut Journal)) -> Result<()> {
        change(&mut self.journal);
        let text = serde_json::to_string(&self.journal).unwrap_or_default();
        let write = |file: &mut File| {
            file.rewind()?;
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)?;
            file.sync_all()
        };
        write(&mut self.file).map_err(ExchangeError::io("write", &self.path))
    }

    /// Removes the lock file while it is still held.
    pub fn release(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn read(file: &mut File, path: &Path) -> Result<Option<Journal>> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).map_err(ExchangeError::io("read", path))?;
    if text.is_empty() {
        return Ok(None);
    }
    let journal = serde_json::from_str::<Journal>(&text).ok().filter(|j| j.program == PROGRAM);
    journal.map(Some).ok_or_else(|| foreign(path))
}

fn foreign(path: &Path) -> ExchangeError {
    ExchangeError::refused(path, "has the name of a lock of carbonzone, but is none", "move it away")
}

fn busy(place: &Place, owner: Option<&Journal>) -> ExchangeError {
    let owner = owner.map_or_else(|| "another carbonzone has just begun there".to_owned(), Journal::owner);
    ExchangeError::Busy { path: place.target(), owner }
}

impl Journal {
    /// `carbonzone run a.toml (process 12 on host, for 3 min)`.
    fn owner(&self) -> String {
        let age = now_s().saturating_sub(self.started_s);
        let age = match age {
            0..120 => format!("{age} s"),
            120..7200 => format!("{} min", age / 60),
            _ => format!("{} h", age / 3600),
        };
        format!("{} (process {} on {}, for {age})", self.command, self.pid, self.host)
    }

    /// False only if the process is known to be gone.
    fn may_live(&self) -> bool {
        let processes = Path::new("/proc");
        self.host != host()
            || !processes.join("self").exists()
            || processes.join(self.pid.to_string()).exists()
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}
