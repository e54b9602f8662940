//! Files that can be read to an end.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Refuses what is neither a file nor a folder: a pipe without a writer is waited for without end, a device has no end.
///
/// # Errors
/// If it is not there, or something else.
///
/// ```
/// # use carbonzone_types::plain_file;
/// assert!(plain_file("Cargo.toml".as_ref()).is_ok());
/// # #[cfg(unix)]
/// assert!(plain_file("/dev/zero".as_ref()).is_err());
/// ```
pub fn plain_file(path: &Path) -> Result<()> {
    let kind = path.metadata()?.file_type();
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "is a pipe or a device, not a file: write it to a file first"))
}
