//! What can go wrong while drawing or writing.

use std::path::{Path, PathBuf};

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum ReportError {
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("layer \"{layer}\" has no field \"{field}\" (expected one of: {expected})")]
    MissingField { layer: String, field: String, expected: String },
    #[error("layer \"{layer}\" has no feature with a geometry\nhint: a map needs at least one polygon")]
    EmptyLayer { layer: String },
    #[error("layer \"{layer}\": {geometries} geometries, but {rows} attribute rows")]
    Rows { layer: String, geometries: usize, rows: usize },
    #[error("unknown {option} \"{value}\" (expected one of: {expected})")]
    Option { option: String, value: String, expected: String },
    #[error("figure {figure}: the drawing cannot be turned into an image: {reason}")]
    Raster { figure: String, reason: String },
    #[error("layer \"{layer}\", field \"{field}\": no class breaks: {reason}")]
    Breaks { layer: String, field: String, reason: String },
    #[error("the QGIS project cannot be made: {reason}")]
    Project { reason: String },
    #[error("report.html cannot be made: {reason}")]
    Page { reason: String },
    #[error("stopped on request")]
    Cancelled,
}

impl ReportError {
    pub(crate) fn option(option: &str, value: &str, expected: &str) -> Self {
        Self::Option { option: option.to_owned(), value: value.to_owned(), expected: expected.to_owned() }
    }

    pub(crate) fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }
}

/// A result of this crate; errors are [`ReportError`] unless others are named.
pub type Result<T, E = ReportError> = std::result::Result<T, E>;
