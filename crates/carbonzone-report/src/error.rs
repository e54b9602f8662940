//! What can go wrong while drawing or writing.

use std::path::{Path, PathBuf};

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A layer lacks a field that a map needs.
    #[error("layer \"{layer}\" has no field \"{field}\" (expected one of: {expected})")]
    MissingField {
        /// Layer.
        layer: String,
        /// Field that was looked for.
        field: String,
        /// Fields that are there.
        expected: String,
    },
    /// A layer has no feature to draw.
    #[error("layer \"{layer}\" has no feature with a geometry\nhint: a map needs at least one polygon")]
    EmptyLayer {
        /// Layer.
        layer: String,
    },
    /// A table and its geometries differ in length.
    #[error("layer \"{layer}\": {geometries} geometries, but {rows} attribute rows")]
    Rows {
        /// Layer.
        layer: String,
        /// Number of geometries.
        geometries: usize,
        /// Number of rows.
        rows: usize,
    },
    /// An option has a value that does not exist.
    #[error("unknown {option} \"{value}\" (expected one of: {expected})")]
    Option {
        /// Option.
        option: String,
        /// Value given.
        value: String,
        /// Values accepted.
        expected: String,
    },
    /// A figure's SVG could not be turned into an image.
    #[error("figure {figure}: the drawing cannot be turned into an image: {reason}")]
    Raster {
        /// Figure.
        figure: String,
        /// Reason.
        reason: String,
    },
    /// Class breaks could not be found.
    #[error("layer \"{layer}\", field \"{field}\": no class breaks: {reason}")]
    Breaks {
        /// Layer.
        layer: String,
        /// Field.
        field: String,
        /// Reason.
        reason: String,
    },
    /// XML or the project archive could not be made.
    #[error("the QGIS project cannot be made: {reason}")]
    Project {
        /// Reason.
        reason: String,
    },
    /// The report page could not be made.
    #[error("report.html cannot be made: {reason}")]
    Page {
        /// Reason.
        reason: String,
    },
    /// The user asked to stop.
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
