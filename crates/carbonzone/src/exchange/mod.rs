//! The exchange of an output folder: the new folder is made beside its place and put there in one step.
//!
//! Only files that carbonzone recorded, with the bytes it wrote, are replaced or removed; every other file stays. A
//! process that dies leaves the old or the new folder, and what else it left is put right by the next one
//! (`docs/reliability.md`, `docs/adr/0016-exchange-of-the-output-folder.md`). Nothing is printed here.

mod error;
mod files;
mod lock;
mod owned;
mod place;
mod repair;
mod steps;
#[cfg(test)]
mod tests;

pub use error::ExchangeError;
pub use files::{UNSEALED, digest, flush_file, is_same, is_sealed, seal, walk};
pub use owned::{Print, ReadRecord, Written};
pub use steps::Kept;

use error::Result;
use lock::Lock;
use owned::{Owned, Whose};
use place::Place;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use steps::{Folders, exchange, settle, swap};

/// What is asked of the exchange.
pub struct Request<'a> {
    /// The output folder, as given.
    pub target: &'a Path,
    /// The command line, for others who want the folder.
    pub command: &'a str,
    /// Name of the record, e.g. `run.json`.
    pub record: &'static str,
    /// Reads the record of a folder.
    pub read: ReadRecord,
    /// True if the folder is one that may be replaced without being asked.
    pub belongs: &'a dyn Fn(&Path) -> bool,
    /// How to say that it is not.
    pub refusal: &'a str,
    /// Files and folders that are read.
    pub inputs: &'a [PathBuf],
    /// True for the files that will be written, as far as that is known.
    pub writes: &'a dyn Fn(&Path) -> bool,
}

/// A folder under construction. Dropped before [`Self::finish`], it leaves nothing behind.
pub struct Exchange {
    place: Place,
    lock: Lock,
    folders: Folders,
    read: ReadRecord,
    /// The old folder, read through by a thread that has time.
    early: Option<Receiver<Owned>>,
    /// Files of the user that were put back after an exchange that had been broken off.
    pub recovered: Vec<Kept>,
    in_place: bool,
}

impl Exchange {
    /// Takes the place, puts right what a dead process left there, and begins a new folder beside it.
    ///
    /// # Errors
    /// If the place cannot be used, is in use, or belongs to somebody else; nothing was touched then.
    pub fn begin(request: &Request<'_>) -> Result<Self> {
        let place = Place::of(request.target)?;
        let taken = place.apart_from(request.inputs).and_then(|()| Lock::take(&place, request.command));
        let (mut lock, left) = taken.inspect_err(|_| place.unmake())?;
        let begun = Self::begin_locked(request, &place, &mut lock, left);
        match begun {
            Ok((folders, recovered)) => {
                let early = read_early(&folders.target, request.read);
                Ok(Self { place, lock, folders, read: request.read, early, recovered, in_place: false })
            }
            Err((error, done)) => {
                if done {
                    lock.release();
                    place.unmake();
                }
                Err(error)
            }
        }
    }

    /// The error comes with whether the lock file is no longer needed.
    fn begin_locked(
        request: &Request<'_>,
        place: &Place,
        lock: &mut Lock,
        left: Option<lock::Journal>,
    ) -> std::result::Result<(Folders, Vec<Kept>), (ExchangeError, bool)> {
        let record = Path::new(request.record);
        let recovered = match left {
            Some(journal) => {
                repair::repair(place, &journal, lock, record, request.read).map_err(|e| (e, false))?
            }
            None => Vec::new(),
        };
        let target = place.target();
        let end = |e| (e, true);
        if target.exists() {
            check_owner(request, &target).map_err(end)?;
        }
        let token = unique();
        let mut folders = Folders {
            partial: place.beside(&format!("partial-{token}")),
            aside: place.beside(&format!("old-{token}")),
            swap: false,
            record: record.to_path_buf(),
            target,
        };
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (partial, aside) = (name(&folders.partial), name(&folders.aside));
        lock.write(|journal| (journal.partial, journal.aside) = (partial, aside)).map_err(end)?;
        std::fs::create_dir(&folders.partial)
            .map_err(|e| end(ExchangeError::io("create the folder", &folders.partial)(e)))?;
        folders.swap = can_swap(&folders);
        Ok((folders, recovered))
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.folders.partial
    }

    /// Files of the old folder that are as carbonzone wrote them, below it.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn unchanged(&self) -> Result<Vec<PathBuf>> {
        let mut old = Owned::of(&self.folders.target, self.read);
        let all: Vec<PathBuf> = old.files().map(Path::to_path_buf).collect();
        let mut out = Vec::new();
        for path in all {
            let there = self.folders.target.join(&path).symlink_metadata().is_ok();
            if there && old.whose(&path)? == Whose::Ours {
                out.push(path);
            }
        }
        Ok(out)
    }

    /// Gives a file of the old folder a place in the new one: as a second name, or as a copy where there are none.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn carry(&self, path: &Path) -> Result<()> {
        let (from, to) = (self.folders.target.join(path), self.path().join(path));
        let folder = to.parent().unwrap_or(&to);
        std::fs::create_dir_all(folder).map_err(ExchangeError::io("create the folder", folder))?;
        std::fs::hard_link(&from, &to)
            .or_else(|_| std::fs::copy(&from, &to).map(|_| ()))
            .map_err(ExchangeError::io("write", &to))
    }

    /// Puts the folder in its place, and gives back which files of the user are kept in it.
    ///
    /// # Errors
    /// If a file is in use, or the disk refuses: the old folder is then as it was.
    pub fn finish(mut self) -> Result<Vec<Kept>> {
        let target = self.folders.target.clone();
        let mut old = None;
        if let Ok(meta) = target.symlink_metadata() {
            if !meta.is_dir() {
                return Err(ExchangeError::refused(
                    &target,
                    "is no longer a folder",
                    "choose another folder with --out",
                ));
            }
            let early = self.early.take().and_then(|early| early.try_recv().ok());
            let now = Owned::of(&target, self.read);
            old = Some(match early {
                Some(early) => now.with_early(early),
                None => now,
            });
        }
        let written = (self.read)(&self.folders.partial).unwrap_or_default();
        let recorded = written.files.into_keys().collect();
        let (steps, mut kept) = exchange(&self.folders, old.as_mut(), &recorded)?;
        for step in &steps {
            step.apply(&mut self.lock)?;
        }
        self.in_place = true;
        if let Some(old) = old {
            let folder = self.folders.old().to_path_buf();
            let (steps, moved) = settle(&folder, &mut old.moved_to(&folder), &target)?;
            for step in &steps {
                step.apply(&mut self.lock)?;
            }
            let again: BTreeSet<&PathBuf> = moved.iter().map(|m| &m.from).collect();
            kept.retain(|k| !again.contains(&k.from));
            kept.extend(moved);
        }
        self.lock.release();
        kept.sort();
        Ok(kept)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.in_place {
            return;
        }
        // The old folder was set aside and the new one could not take its place.
        if !self.folders.target.exists() && self.folders.aside.exists() {
            let _ = std::fs::rename(&self.folders.aside, &self.folders.target);
        }
        if std::fs::remove_dir_all(&self.folders.partial).is_ok() {
            self.lock.release();
        }
        self.place.unmake();
    }
}

/// Begins to read the files of the folder that is to be replaced; not if there is one thread, which has something else to do.
fn read_early(target: &Path, read: ReadRecord) -> Option<Receiver<Owned>> {
    if rayon::current_num_threads() == 1 || !target.is_dir() {
        return None;
    }
    let (sender, receiver) = channel();
    let target = target.to_path_buf();
    // Nobody may be waiting any more: then it is not needed.
    rayon::spawn(move || drop(sender.send(Owned::of(&target, read).read_early())));
    Some(receiver)
}

/// Refuses a folder that is not to be replaced, and files of others under names that are needed.
fn check_owner(request: &Request<'_>, target: &Path) -> Result<()> {
    let entries = walk(target).map_err(ExchangeError::io("read the folder", target))?;
    if !entries.is_empty() && !(request.belongs)(target) {
        let (why, hint) = request.refusal.split_once("\nhint: ").unwrap_or((request.refusal, ""));
        return Err(ExchangeError::refused(target, why, hint));
    }
    let old = Owned::of(target, request.read);
    for entry in entries.iter().filter(|e| (request.writes)(&e.path)) {
        if entry.folder || !old.knows(&entry.path) {
            return Err(ExchangeError::refused(
                &target.join(&entry.path),
                "has the name of a result, but was not written by carbonzone",
                "move it away, or choose another folder with --out",
            ));
        }
    }
    Ok(())
}

/// A name that nobody else has.
fn unique() -> String {
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", std::process::id(), time.as_nanos())
}

/// Tries it with two empty folders.
fn can_swap(folders: &Folders) -> bool {
    let probe = &folders.aside;
    if std::fs::create_dir(probe).is_err() {
        return false;
    }
    let can = swap(&folders.partial, probe).is_ok();
    let _ = std::fs::remove_dir(probe);
    can
}
