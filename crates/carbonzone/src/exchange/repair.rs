//! What a process left that died while it held the folder.

use super::error::{ExchangeError, Result};
use super::files::digest;
use super::lock::{Journal, Lock};
use super::owned::{Owned, ReadRecord};
use super::place::Place;
use super::steps::{Kept, settle};
use std::path::{Component, Path, PathBuf};

/// Puts the folder into the old or the new state, whichever the dead process had reached.
///
/// # Errors
/// If what it left is not as it was, or the system refuses.
pub fn repair(
    place: &Place,
    journal: &Journal,
    lock: &mut Lock,
    record: &Path,
    read: ReadRecord,
) -> Result<Vec<Kept>> {
    let target = place.target();
    let (partial, aside) = (beside(place, &journal.partial), beside(place, &journal.aside));
    // Empty, it is what the disk was tried with.
    let _ = aside.as_ref().map(std::fs::remove_dir);
    if let Some(aside) = aside.as_ref().filter(|p| p.exists() && !target.exists()) {
        std::fs::rename(aside, &target).map_err(ExchangeError::io("put back", &target))?;
    }
    let now = digest(&target.join(record)).map(|d| d.sha256).unwrap_or_default();
    let exchanged = !journal.record_sha256.is_empty() && journal.record_sha256 == now;
    if let Some(aside) = aside.as_ref().filter(|p| p.exists() && !exchanged) {
        let why = format!("holds the results that stood in {} before", target.display());
        return Err(ExchangeError::refused(aside, why, "move one of the two folders away"));
    }
    let mut kept = Vec::new();
    for folder in [partial, aside].into_iter().flatten().filter(|p| p.exists()) {
        if exchanged {
            let mut old = Owned::of(&folder, read);
            let (steps, moved) = settle(&folder, &mut old, &target)?;
            steps.iter().try_for_each(|step| step.apply(lock))?;
            kept.extend(moved);
        } else {
            // Never put in its place: all in it was written by carbonzone, or has its first name in the output folder.
            std::fs::remove_dir_all(&folder).map_err(ExchangeError::io("remove", &folder))?;
        }
    }
    Ok(kept)
}

/// A folder named in the journal: one name beside the output folder, or nothing.
fn beside(place: &Place, name: &str) -> Option<PathBuf> {
    let mut parts = Path::new(name).components();
    let one = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    let path = place.parent().join(name);
    let ours = place.beside("partial-").display().to_string();
    let aside = place.beside("old-").display().to_string();
    let shown = path.display().to_string();
    (one && (shown.starts_with(&ours) || shown.starts_with(&aside))).then_some(path)
}
