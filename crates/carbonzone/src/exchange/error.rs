//! Why an output folder cannot be exchanged.

use std::path::{Path, PathBuf};

/// Errors of the exchange; each names the path to look at.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum ExchangeError {
    #[error("{} {why}\nhint: {hint}", path.display())]
    Refused { path: PathBuf, why: String, hint: String },
    #[error(
        "{} is in use: {owner}\nhint: wait until it is done, or choose another folder with --out",
        path.display()
    )]
    Busy { path: PathBuf, owner: String },
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
}

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
