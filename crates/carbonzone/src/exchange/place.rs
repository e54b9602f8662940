//! Where an output folder is to stand, and why it must not stand there.

use super::error::{ExchangeError, Result};
use super::files::{identity, walk};
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// The place of an output folder: its real parent and its name.
#[derive(Debug, Clone)]
pub struct Place {
    parent: PathBuf,
    name: OsString,
    /// Parents that had to be made, outermost first.
    made: Vec<PathBuf>,
}

impl Place {
    /// Looks at the place, without following a link in its last part.
    ///
    /// # Errors
    /// If it is a file, a link, read-only, another disk, holds the current folder, or its parent cannot be made.
    pub fn of(given: &Path) -> Result<Self> {
        // `a/b/` and `a/./b` are `a/b`: a trailing slash would follow a link.
        let given: PathBuf = given.components().collect();
        let meta = std::fs::symlink_metadata(&given);
        if meta.as_ref().is_ok_and(Metadata::is_symlink) {
            return Err(ExchangeError::refused(
                &given,
                "is a link: the output folder must be a folder itself",
                "name the folder that it points to",
            ));
        }
        if meta.as_ref().is_ok_and(|m| !m.is_dir()) {
            return Err(ExchangeError::refused(
                &given,
                "is a file, not a folder",
                "choose another folder with --out",
            ));
        }
        if meta.is_ok() {
            let real = given.canonicalize().map_err(ExchangeError::io("find", &given))?;
            let place = Self::below(real.parent(), real.file_name(), &given, Vec::new())?;
            place.check_existing()?;
            return Ok(place);
        }
        let parent = given.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let made: Vec<PathBuf> =
            parent.ancestors().take_while(|p| !p.exists()).map(Path::to_path_buf).collect();
        std::fs::create_dir_all(parent).map_err(ExchangeError::io("create the folder", parent))?;
        let real = parent.canonicalize().map_err(ExchangeError::io("find", parent))?;
        Self::below(Some(&real), given.file_name(), &given, made.into_iter().rev().collect())
    }

    fn below(parent: Option<&Path>, name: Option<&OsStr>, given: &Path, made: Vec<PathBuf>) -> Result<Self> {
        match (parent, name) {
            (Some(parent), Some(name)) => {
                Ok(Self { parent: parent.to_path_buf(), name: name.to_os_string(), made })
            }
            _ => Err(ExchangeError::refused(
                given,
                "has no name to make a folder of",
                "name a folder, e.g. out/city",
            )),
        }
    }

    fn check_existing(&self) -> Result<()> {
        let target = self.target();
        let meta = std::fs::symlink_metadata(&target).map_err(ExchangeError::io("look at", &target))?;
        if meta.permissions().readonly() || !writable(&target) {
            return Err(ExchangeError::refused(
                &target,
                "is read-only",
                "make it writable, or choose another one with --out",
            ));
        }
        let disk = |m: &Metadata| identity(m).map(|(disk, _)| disk);
        let parent = std::fs::metadata(&self.parent).map_err(ExchangeError::io("look at", &self.parent))?;
        if disk(&meta) != disk(&parent) {
            return Err(ExchangeError::refused(&target, "is the top of a disk", "name a folder on it"));
        }
        if std::env::current_dir().and_then(|d| d.canonicalize()).is_ok_and(|d| d.starts_with(&target)) {
            return Err(ExchangeError::refused(
                &target,
                "is the folder you are in: it would be exchanged under your feet",
                "start from the folder above",
            ));
        }
        for entry in
            walk(&target).map_err(ExchangeError::io("read the folder", &target))?.iter().filter(|e| e.folder)
        {
            let path = target.join(&entry.path);
            let inner = std::fs::symlink_metadata(&path).map_err(ExchangeError::io("look at", &path))?;
            if disk(&inner) != disk(&meta) {
                return Err(ExchangeError::refused(
                    &path,
                    "is another disk, mounted inside of the output folder",
                    "choose another folder with --out",
                ));
            }
        }
        Ok(())
    }

    /// The output folder.
    pub fn target(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// The folder it stands in.
    pub fn parent(&self) -> &Path {
        &self.parent
    }

    /// `.<name>.<end>` beside the output folder.
    pub fn beside(&self, end: &str) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(format!(".{end}"));
        self.parent.join(name)
    }

    /// Refuses a place that an input stands in, or that stands in an input.
    ///
    /// # Errors
    /// With the first such input.
    pub fn apart_from(&self, inputs: &[PathBuf]) -> Result<()> {
        let target = self.target();
        for input in inputs {
            let Ok(real) = input.canonicalize() else { continue };
            let as_named = input.parent().and_then(|p| p.canonicalize().ok()).zip(input.file_name());
            let as_named = as_named.map(|(parent, name)| parent.join(name));
            let inside = real.starts_with(&target) || as_named.is_some_and(|p| p.starts_with(&target));
            if inside || target.starts_with(&real) {
                let (why, path) = if inside {
                    (
                        format!("holds the input {}, which would be moved or replaced", input.display()),
                        &target,
                    )
                } else {
                    (format!("lies inside of the input {}", input.display()), &target)
                };
                return Err(ExchangeError::refused(
                    path,
                    why,
                    "choose another folder with --out, e.g. out/city",
                ));
            }
        }
        Ok(())
    }

    /// Removes the parents that were made, as far as they are empty.
    pub fn unmake(&self) {
        for folder in self.made.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

#[cfg(unix)]
fn writable(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn writable(_: &Path) -> bool {
    true
}
