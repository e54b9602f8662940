//! What can go wrong when runs are written, read back, drawn, explained and compared.

use crate::exchange::ExchangeError;
use carbonzone_io::IoError;
use carbonzone_report::ReportError;
use carbonzone_sheet::SheetError;
use carbonzone_synth::SynthError;
use carbonzone_zoning::ZoningError;
use std::path::{Path, PathBuf};

/// An error of this crate. What is wrong with the inputs of a run is no error but a [`Finding`](crate::Finding).
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum Error {
    #[error("cannot {doing} {}", path.display())]
    File { doing: &'static str, path: PathBuf, source: Box<Self> },
    #[error("{part}")]
    While { part: String, source: Box<Self> },
    #[error("cannot read {}\nhint: name the folder of a finished run", path.display())]
    NoRun { path: PathBuf, source: std::io::Error },
    #[error("{} is not a run.json of carbonzone", path.display())]
    ForeignRecord { path: PathBuf, source: serde_json::Error },
    #[error("{run} has no year {year}\nhint: it has {}", list(years))]
    NoYear { run: String, year: i32, years: Vec<i32> },
    #[error("{0}")]
    NoUnit(String),
    #[error("{0}")]
    NotKept(String),
    #[error(
        "{} is not as the run wrote it, and fact sheets show only what a run computed\nhint: run again, or draw the maps again with carbonzone maps",
        .0.display()
    )]
    Changed(PathBuf),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Incomparable(String),
    #[error("{} is there already and is not written over\nhint: choose another name, or move it away", .0.display())]
    Exists(PathBuf),
    #[error(
        "nothing below {} can be read as a layer or table\nhint: GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, CSV, XLSX, GeoTIFF, or a ZIP of them\n{}",
        folder.display(), unread.join("\n")
    )]
    NoData { folder: PathBuf, unread: Vec<String> },
    #[error("cancelled")]
    Cancelled,
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Io(#[from] IoError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error(transparent)]
    Zoning(#[from] ZoningError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Synth(#[from] SynthError),
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error(transparent)]
    Form(#[from] rust_xlsxwriter::XlsxError),
    #[error(transparent)]
    System(#[from] std::io::Error),
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn list(years: &[i32]) -> String {
    years.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
}

/// Says what was being done when an error happened.
pub trait Doing<T> {
    /// Something with a file: `read`, `write`, `copy`, `create`.
    fn doing(self, what: &'static str, path: &Path) -> Result<T>;

    /// A part of the work; its name is asked for only if there is an error.
    fn part<S: Into<String>>(self, name: impl FnOnce() -> S) -> Result<T>;
}

impl<T, E: Into<Error>> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: &'static str, path: &Path) -> Result<T> {
        self.map_err(|e| Error::File { doing: what, path: path.to_owned(), source: Box::new(e.into()) })
    }

    fn part<S: Into<String>>(self, name: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|e| Error::While { part: name().into(), source: Box::new(e.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn an_error_names_what_was_done_and_keeps_its_cause_once() {
        let refused = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error = Err::<(), _>(refused()).doing("read", Path::new("out/run.json")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read out/run.json");
        let cause = error.source().unwrap();
        assert_eq!(cause.to_string(), refused().to_string());
        assert!(cause.source().is_none(), "the cause is named once");
        let error = Err::<(), _>(error).part(|| "fact sheets").unwrap_err();
        assert!(matches!(&error, Error::While { source, .. } if matches!(**source, Error::File { .. })));
    }
}
