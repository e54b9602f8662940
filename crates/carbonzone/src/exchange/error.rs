//! Why an output folder cannot be exchanged.

use std::path::{Path, PathBuf};

/// Errors of the exchange; each names the path to look at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The folder cannot be used for this; nothing was touched.
    #[error("{} {why}\nhint: {hint}", path.display())]
    Refused {
        /// Folder or file concerned.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// Another process works on the folder.
    #[error(
        "{} is in use: {owner}\nhint: wait until it is done, or choose another folder with --out",
        path.display()
    )]
    Busy {
        /// Output folder.
        path: PathBuf,
        /// Who: command, process, host, since when.
        owner: String,
    },
    /// The system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Result of the exchange.
pub type Result<T> = std::result::Result<T, ExchangeError>;

impl ExchangeError {
    /// A folder that cannot be used.
    pub(crate) fn refused(path: &Path, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { path: path.to_path_buf(), why: why.into(), hint: hint.into() }
    }

    /// What the system said about a path.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }
}
