//! The exchange as a list of steps: whatever the step after which a process dies, no file of the user is lost, and the
//! output folder holds either the old or the new results (docs/reliability.md).

use super::error::{ExchangeError, Result};
use super::files::{Entry, Stamp, digest, flush_file, identity, stamp, walk};
use super::lock::Lock;
use super::owned::{Owned, Whose, bases_of, other_name};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A file of the user that stays in the output folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// Its name before, below the output folder.
    pub from: PathBuf,
    /// Its name now.
    pub to: PathBuf,
}

/// One step; paths are whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Makes a folder of the user in the new folder.
    Folder(PathBuf),
    /// Gives a file of the user a second name, in the new folder. Where the disk has no second names, the file is moved
    /// when the exchange is settled.
    Link(PathBuf, PathBuf),
    /// Gives a folder the rights of another.
    Rights(PathBuf, PathBuf),
    /// Writes every file and folder of a folder to the disk.
    Flush(PathBuf),
    /// Notes in the lock file that a folder is complete, by the hash of its record.
    Announce(PathBuf),
    /// Exchanges two folders in one step.
    Swap(PathBuf, PathBuf),
    /// Renames a folder.
    Rename(PathBuf, PathBuf),
    /// Writes the names in a folder to the disk.
    FlushNames(PathBuf),
    /// Removes a file that is ours, or that has a name in the new folder, unless it was written to since it was read.
    Remove(PathBuf, Option<Stamp>),
    /// Moves a file of the user into the new folder.
    Move(PathBuf, PathBuf),
    /// Removes an empty folder.
    RemoveFolder(PathBuf),
}

/// The folders of an exchange.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The output folder.
    pub target: PathBuf,
    /// The new folder, under construction.
    pub partial: PathBuf,
    /// Where the old folder goes if the two cannot be exchanged in one step.
    pub aside: PathBuf,
    /// True if the disk can exchange two folders in one step.
    pub swap: bool,
    pub record: PathBuf,
}

impl Folders {
    /// Where the old folder is once the new one is in its place.
    pub fn old(&self) -> &Path {
        if self.swap { &self.partial } else { &self.aside }
    }
}

/// Everything up to and including the moment in which the new folder is in its place.
///
/// `old` is the output folder as it is now, `None` if there is none; `recorded` are the files that the new record names.
///
/// # Errors
/// If a file cannot be read.
pub fn exchange(
    folders: &Folders,
    old: Option<&mut Owned>,
    recorded: &BTreeSet<PathBuf>,
) -> Result<(Vec<Step>, Vec<Kept>)> {
    let (target, partial) = (&folders.target, &folders.partial);
    let mut steps = Vec::new();
    let mut kept = Vec::new();
    let existing = old.is_some();
    if let Some(old) = old {
        let mut keep = Keeping::new(target, partial, recorded.clone())?;
        for file in keep.files(old)? {
            steps.extend(keep.missing_folders(&file.to).into_iter().map(|f| Step::Folder(partial.join(f))));
            steps.push(Step::Link(target.join(&file.from), partial.join(&file.to)));
            kept.push(file);
        }
        for folder in keep.empty_folders(old) {
            let missing = keep.missing_folders(&folder.join("x"));
            steps.extend(missing.into_iter().map(|f| Step::Folder(partial.join(f))));
        }
        let made = keep.made.iter().map(|(to, from)| Step::Rights(target.join(from), partial.join(to)));
        steps.extend(made.rev());
        steps.push(Step::Rights(target.clone(), partial.clone()));
    }
    steps.push(Step::Flush(partial.clone()));
    steps.push(Step::Announce(partial.join(&folders.record)));
    match (existing, folders.swap) {
        (true, true) => steps.push(Step::Swap(partial.clone(), target.clone())),
        (true, false) => {
            steps.push(Step::Rename(target.clone(), folders.aside.clone()));
            steps.push(Step::Rename(partial.clone(), target.clone()));
        }
        (false, _) => steps.push(Step::Rename(partial.clone(), target.clone())),
    }
    steps.extend(target.parent().map(|parent| Step::FlushNames(parent.to_path_buf())));
    Ok((steps, kept))
}

/// What is left to do with the old folder once the new one is in its place: its files of ours go, every other file that
/// has no name in the new folder yet is moved there.
///
/// # Errors
/// If a file cannot be read.
pub fn settle(old_folder: &Path, old: &mut Owned, target: &Path) -> Result<(Vec<Step>, Vec<Kept>)> {
    let there = walk(target).map_err(ExchangeError::io("read the folder", target))?;
    let identities: BTreeSet<(u64, u64)> = there
        .iter()
        .filter(|e| !e.folder)
        .filter_map(|e| target.join(&e.path).symlink_metadata().ok())
        .filter_map(|m| identity(&m))
        .collect();
    let mut steps = Vec::new();
    let mut kept = Vec::new();
    let mut keep = Keeping::new(old_folder, target, BTreeSet::new())?;
    let places = keep.files(old)?;
    let mut moved: BTreeMap<PathBuf, PathBuf> = places.into_iter().map(|k| (k.from, k.to)).collect();
    let all = walk(old_folder).map_err(ExchangeError::io("read the folder", old_folder))?;
    let recorded: BTreeSet<PathBuf> = old.files().map(Path::to_path_buf).collect();
    let mut files: Vec<&Entry> = all.iter().filter(|e| !e.folder).collect();
    files.sort_by_key(|e| old.removal_order(&e.path));
    for entry in files {
        let full = old_folder.join(&entry.path);
        let meta = full.symlink_metadata().map_err(ExchangeError::io("look at", &full))?;
        if identity(&meta).is_some_and(|i| identities.contains(&i)) {
            steps.push(Step::Remove(full, None));
        } else if let Some(to) = moved.remove(&entry.path) {
            steps.push(Step::Move(full, target.join(&to)));
            kept.push(Kept { from: entry.path.clone(), to });
        } else {
            let read = old.stamp_of(&entry.path).filter(|_| recorded.contains(&entry.path));
            steps.push(Step::Remove(full, read));
        }
    }
    let folders = all.iter().filter(|e| e.folder).rev();
    steps.extend(folders.map(|e| Step::RemoveFolder(old_folder.join(&e.path))));
    steps.push(Step::RemoveFolder(old_folder.to_path_buf()));
    steps.extend(target.parent().map(|parent| Step::FlushNames(parent.to_path_buf())));
    Ok((steps, kept))
}

/// Finds the places of the user's files in another folder.
struct Keeping {
    from: PathBuf,
    /// Names that are taken in the other folder.
    taken: BTreeSet<PathBuf>,
    /// Files of the other folder.
    files: BTreeSet<PathBuf>,
    /// Files that the other folder's record names although it does not hold them: they stay as they are.
    recorded: BTreeSet<PathBuf>,
    /// Folders of the user whose name is taken by a file, and their new names.
    renamed: BTreeMap<PathBuf, PathBuf>,
    /// Folders to make in the other folder, and what they are in the first.
    made: BTreeMap<PathBuf, PathBuf>,
}

impl Keeping {
    fn new(from: &Path, to: &Path, recorded: BTreeSet<PathBuf>) -> Result<Self> {
        let there = walk(to).map_err(ExchangeError::io("read the folder", to))?;
        Ok(Self {
            from: from.to_path_buf(),
            files: there.iter().filter(|e| !e.folder).map(|e| e.path.clone()).collect(),
            taken: there.into_iter().map(|e| e.path).collect(),
            recorded,
            renamed: BTreeMap::new(),
            made: BTreeMap::new(),
        })
    }

    /// Every file that is not ours, with its place.
    fn files(&mut self, old: &mut Owned) -> Result<Vec<Kept>> {
        let mut files = Vec::new();
        for entry in walk(&self.from).map_err(ExchangeError::io("read the folder", &self.from))? {
            if !entry.folder {
                files.push(entry.path);
            } else if self.files.contains(&entry.path) {
                let to = self.free(&entry.path, "kept");
                self.renamed.insert(entry.path, to);
            }
        }
        // What is kept beside a file follows it.
        files.sort_by_key(|path| bases_of(path).iter().any(|b| self.from.join(b).symlink_metadata().is_ok()));
        let mut placed: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for path in files {
            let whose = old.whose(&path)?;
            if whose != Whose::Ours {
                let to = self.place(&path, whose, &placed);
                self.taken.insert(to.clone());
                placed.insert(path, to);
            }
        }
        Ok(placed.into_iter().map(|(from, to)| Kept { from, to }).collect())
    }

    fn place(&self, path: &Path, whose: Whose, placed: &BTreeMap<PathBuf, PathBuf>) -> PathBuf {
        let bases = bases_of(path);
        let follows = bases.iter().find_map(|b| beside_moved(path, b, placed.get(b)?));
        if let Some(to) = follows.filter(|to| !self.taken.contains(to)) {
            return to;
        }
        let place = self.below_renamed(path);
        let stays = whose == Whose::Users || self.stays(path) || bases.iter().any(|b| self.stays(b));
        let taken = self.taken.contains(&place) || bases_of(&place).iter().any(|b| self.files.contains(b));
        match (stays, taken) {
            (true, false) => place,
            (true, true) => self.free(&place, "kept"),
            (false, _) => self.free(&place, "edited"),
        }
    }

    /// True for a file of ours that the other folder goes on naming, but does not hold.
    fn stays(&self, path: &Path) -> bool {
        self.recorded.contains(path) && !self.files.contains(path)
    }

    /// Folders of the user with nothing in them.
    fn empty_folders(&self, old: &Owned) -> Vec<PathBuf> {
        let ours = old.folders();
        let all = walk(&self.from).unwrap_or_default();
        let filled: BTreeSet<&Path> = all.iter().filter_map(|e| e.path.parent()).collect();
        let empty = |p: &Path| !ours.contains(p) && !filled.contains(p);
        let folders = all.iter().filter(|e| e.folder && empty(&e.path));
        folders.map(|e| self.below_renamed(&e.path)).collect()
    }

    /// Parents of a file in the other folder that have to be made, outermost first.
    fn missing_folders(&mut self, file: &Path) -> Vec<PathBuf> {
        let mut out = Vec::new();
        let parents: Vec<PathBuf> = file.ancestors().skip(1).map(Path::to_path_buf).collect();
        for folder in parents.into_iter().rev().filter(|p| !p.as_os_str().is_empty()) {
            if self.taken.contains(&folder) {
                continue;
            }
            let before = self.renamed.iter().find(|(_, to)| **to == folder).map(|(from, _)| from.clone());
            self.made.insert(folder.clone(), before.unwrap_or_else(|| folder.clone()));
            self.taken.insert(folder.clone());
            out.push(folder);
        }
        out
    }

    fn below_renamed(&self, path: &Path) -> PathBuf {
        let found = self.renamed.iter().find_map(|(from, to)| Some(to.join(path.strip_prefix(from).ok()?)));
        found.unwrap_or_else(|| path.to_path_buf())
    }

    /// The first name of its kind that neither folder has.
    fn free(&self, path: &Path, word: &str) -> PathBuf {
        let names = (1..).map(|n| other_name(path, word, n));
        let free = |p: &PathBuf| !self.taken.contains(p) && self.from.join(p).symlink_metadata().is_err();
        names.into_iter().find(free).unwrap_or_default()
    }
}

/// The name beside `to` of what stood beside `base`, if that has another name now.
fn beside_moved(path: &Path, base: &Path, to: &Path) -> Option<PathBuf> {
    let (name, base_name, to_name) =
        (path.file_name()?.to_str()?, base.file_name()?.to_str()?, to.file_name()?.to_str()?);
    (base != to).then(|| to.with_file_name(name.replacen(base_name, to_name, 1)))
}

impl Step {
    /// Does it.
    ///
    /// # Errors
    /// With the path and what the system said.
    pub fn apply(&self, lock: &mut Lock) -> Result<()> {
        match self {
            Self::Folder(path) => {
                std::fs::create_dir(path).map_err(ExchangeError::io("create the folder", path))
            }
            Self::Link(from, to) => link(from, to),
            Self::Rights(from, to) => {
                own_like(from, to);
                let rights = std::fs::metadata(from).map(|m| m.permissions());
                rights
                    .and_then(|r| std::fs::set_permissions(to, r))
                    .map_err(ExchangeError::io("set the rights of", to))
            }
            Self::Flush(folder) => flush(folder),
            Self::Announce(record) => {
                let sha256 = digest(record).map_err(ExchangeError::io("read", record))?.sha256;
                lock.write(|journal| journal.record_sha256 = sha256)
            }
            Self::Swap(a, b) => swap(a, b).map_err(in_use(b)),
            Self::Rename(from, to) => std::fs::rename(from, to).map_err(in_use(to)),
            Self::FlushNames(folder) => {
                flush_names(folder);
                Ok(())
            }
            Self::Remove(path, read) => remove(path, *read),
            Self::Move(from, to) => {
                let folder = to.parent().unwrap_or(to);
                std::fs::create_dir_all(folder).map_err(ExchangeError::io("create the folder", folder))?;
                if to.symlink_metadata().is_ok() {
                    let taken = std::io::Error::from(ErrorKind::AlreadyExists);
                    return Err(ExchangeError::io("keep your file as", to)(taken));
                }
                std::fs::rename(from, to).map_err(ExchangeError::io("keep your file as", to))
            }
            Self::RemoveFolder(path) => {
                std::fs::remove_dir(path).map_err(ExchangeError::io("remove the folder", path))
            }
        }
    }
}

/// Gives a folder the owner of another: only a privileged process can, and only for it does it matter.
#[cfg(unix)]
fn own_like(from: &Path, to: &Path) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let _ = std::fs::metadata(from).and_then(|m| chown(to, Some(m.uid()), Some(m.gid())));
}

#[cfg(not(unix))]
fn own_like(_: &Path, _: &Path) {}

fn in_use(path: &Path) -> impl FnOnce(std::io::Error) -> ExchangeError {
    ExchangeError::io("put the results in their place (is a file of it open?):", path)
}

fn link(from: &Path, to: &Path) -> Result<()> {
    match std::fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        // No second names here: the file is moved when the exchange is settled.
        Err(e)
            if matches!(
                e.kind(),
                ErrorKind::PermissionDenied
                    | ErrorKind::Unsupported
                    | ErrorKind::CrossesDevices
                    | ErrorKind::TooManyLinks
            ) =>
        {
            Ok(())
        }
        Err(e) => Err(ExchangeError::io("keep your file as", to)(e)),
    }
}

fn remove(path: &Path, read: Option<Stamp>) -> Result<()> {
    let now = path.symlink_metadata().map_err(ExchangeError::io("look at", path))?;
    if read.is_some_and(|before| before != stamp(&now)) {
        return Err(ExchangeError::refused(
            path,
            "was written to just now and is left where it is",
            "start again",
        ));
    }
    std::fs::remove_file(path).map_err(ExchangeError::io("remove", path))
}

/// Writes all of a folder to the disk: a disk that is full says so here at the latest, with the file.
fn flush(folder: &Path) -> Result<()> {
    for entry in walk(folder).map_err(ExchangeError::io("read the folder", folder))? {
        let path = folder.join(&entry.path);
        if entry.folder {
            flush_names(&path);
        } else if path.symlink_metadata().is_ok_and(|m| m.is_file() && !is_shared(&m)) {
            flush_file(&path)?;
        }
    }
    flush_names(folder);
    Ok(())
}

/// True for a second name of a file that was there before.
#[cfg(unix)]
fn is_shared(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    meta.nlink() > 1
}

#[cfg(not(unix))]
fn is_shared(_: &std::fs::Metadata) -> bool {
    false
}

/// Not every system can do this, and none needs it to be consistent.
fn flush_names(folder: &Path) {
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Exchanges two folders in one step.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub fn swap(a: &Path, b: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).map_err(Into::into)
}

/// Exchanges two folders in one step: this system cannot.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub fn swap(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
