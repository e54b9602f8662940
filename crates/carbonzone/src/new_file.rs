//! Single files that a command writes where the user says: nothing that is there is written over.

use crate::error::{Doing, Error, Result};
use std::io::Write as _;
use std::path::Path;

/// Writes a file that is not there yet; durable when it returns. A file that could not be written whole is removed.
///
/// # Errors
/// If something of that name is there, or the disk refuses.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = std::fs::File::options().write(true).create_new(true).open(path);
    let mut file = match file {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Error::Exists(path.to_owned()));
        }
        other => other.doing("write", path)?,
    };
    if let Err(e) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        let _ = std::fs::remove_file(path);
        return Err(e).doing("write", path);
    }
    Ok(())
}

/// Refuses a file that is there, before long work for it.
///
/// # Errors
/// If something of that name is there.
pub fn must_be_new(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() { Err(Error::Exists(path.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over_not_even_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        write_new(&path, b"1").unwrap();
        assert!(write_new(&path, b"2").unwrap_err().to_string().contains("not written over"));
        #[cfg(unix)]
        {
            let link = dir.path().join("link.csv");
            std::os::unix::fs::symlink(dir.path().join("victim"), &link).unwrap();
            assert!(write_new(&link, b"2").is_err());
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"1");
        assert_eq!(dir.path().read_dir().unwrap().count(), if cfg!(unix) { 2 } else { 1 });
    }
}
