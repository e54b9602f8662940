//! Files that can be read to an end.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Refuses what is neither a file nor a folder, and what the system only shows as one (below `/proc` and `/sys`): a pipe without a
/// writer, or the log of the kernel, is waited for without end; a device has no end.
///
/// # Errors
/// If it is not there, or something else.
///
/// ```
/// # use carbonzone_types::plain_file;
/// assert!(plain_file("Cargo.toml".as_ref()).is_ok());
/// # #[cfg(unix)]
/// assert!(plain_file("/dev/zero".as_ref()).is_err());
/// # #[cfg(target_os = "linux")]
/// assert!(plain_file("/proc/self/environ".as_ref()).is_err());
/// ```
pub fn plain_file(path: &Path) -> Result<()> {
    let kind = path.metadata()?.file_type();
    let shown = || {
        let place = path.canonicalize();
        cfg!(target_os = "linux") && place.is_ok_and(|p| p.starts_with("/proc") || p.starts_with("/sys"))
    };
    if (kind.is_file() || kind.is_dir()) && !shown() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "is a pipe or a device, not a file: write it to a file first"))
}
