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
#[non_exhaustive]
pub enum Error {
    /// A file cannot be used; the source says why.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was tried: `read`, `write`, `copy`, `create`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What happened.
        source: Box<Self>,
    },
    /// A part of the work failed; the source says why.
    #[error("{part}")]
    While {
        /// The part, in words.
        part: String,
        /// What happened.
        source: Box<Self>,
    },
    /// The folder holds no `run.json`.
    #[error("cannot read {}\nhint: name the folder of a finished run", path.display())]
    NoRun {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The `run.json` of the folder is not carbonzone's.
    #[error("{} is not a run.json of carbonzone", path.display())]
    ForeignRecord {
        /// The file.
        path: PathBuf,
        /// Where it is otherwise.
        source: serde_json::Error,
    },
    /// The run has no such year.
    #[error("{run} has no year {year}\nhint: it has {}", list(years))]
    NoYear {
        /// The run, in words or as its folder.
        run: String,
        /// Year asked for.
        year: i32,
        /// Years of the run.
        years: Vec<i32>,
    },
    /// The run has no such unit, cell or district; the text lists what is near.
    #[error("{0}")]
    NoUnit(String),
    /// The run did not keep what was asked for; the text says how it would.
    #[error("{0}")]
    NotKept(String),
    /// A file of the run was changed since.
    #[error(
        "{} is not as the run wrote it, and fact sheets show only what a run computed\nhint: run again, or draw the maps again with carbonzone maps",
        .0.display()
    )]
    Changed(PathBuf),
    /// What was asked for is out of range; the text says what is not.
    #[error("{0}")]
    Refused(String),
    /// Two runs, or two years, cannot be compared.
    #[error("{0}")]
    Incomparable(String),
    /// The file is there already.
    #[error("{} is there already and is not written over\nhint: choose another name, or move it away", .0.display())]
    Exists(PathBuf),
    /// A folder without any layer or table.
    #[error(
        "nothing below {} can be read as a layer or table\nhint: GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, CSV, XLSX, GeoTIFF, or a ZIP of them\n{}",
        folder.display(), unread.join("\n")
    )]
    NoData {
        /// The folder.
        folder: PathBuf,
        /// Files that look like data, with the reason why they are none.
        unread: Vec<String>,
    },
    /// The observer asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The output folder cannot be used or exchanged.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A layer or raster cannot be read or written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A figure, the QGIS project or a page cannot be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A table cannot be written.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// Tables that do not belong together.
    #[error(transparent)]
    Zoning(#[from] ZoningError),
    /// JSON that cannot be read or written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A synthetic place cannot be made.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// TOML that cannot be read.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A form that cannot be written.
    #[error(transparent)]
    Form(#[from] rust_xlsxwriter::XlsxError),
    /// The system refused.
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
