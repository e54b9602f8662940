//! What can go wrong in this crate.

use carbonzone_types::AttributeTable;

/// An error of reading or writing geodata. Messages name the file, the layer and what was expected.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum IoError {
    #[error(
        "unknown coordinate reference system \"{text}\": {reason}\nhint: give an EPSG code such as \"EPSG:4549\", a WKT or a PROJ string"
    )]
    UnknownCrs { text: String, reason: String },
    #[error(
        "working CRS \"{text}\" ({name}) is geographic: areas and lengths need metres\nhint: choose a projected CRS of the region, e.g. the Gauss-Krueger or UTM zone (EPSG:4549 for Suzhou)"
    )]
    GeographicCrs { text: String, name: String },
    #[error(
        "working CRS \"{text}\" ({name}) is in {unit} ({metres} m), not in metres\nhint: choose a projected CRS in metres; layers in feet are converted on reading"
    )]
    NotMetres { text: String, name: String, unit: String, metres: f64 },
    #[error("no transformation from {from} to {to}: {reason}")]
    Transform { from: String, to: String, reason: String },
    #[error("cannot read {path}: {reason}")]
    Read { path: String, reason: String },
    #[error("cannot write {path}: {reason}")]
    Write { path: String, reason: String },
    #[error("{path} has no layer \"{layer}\"; it has {there}")]
    NoLayer { path: String, layer: String, there: String },
    #[error("{what}: expected {expected} rows, found {found}")]
    Length { what: String, expected: usize, found: usize },
    #[error("stopped by the user")]
    Cancelled,
}

impl IoError {
    /// A write error from anything that can be shown.
    pub(crate) fn write(path: impl AsRef<std::path::Path>, reason: impl std::fmt::Display) -> Self {
        Self::Write { path: path.as_ref().display().to_string(), reason: reason.to_string() }
    }

    /// A read error from anything that can be shown.
    pub(crate) fn read(path: impl AsRef<std::path::Path>, reason: impl std::fmt::Display) -> Self {
        Self::Read { path: path.as_ref().display().to_string(), reason: reason.to_string() }
    }
}

/// Result of this crate.
pub type Result<T, E = IoError> = std::result::Result<T, E>;

/// Every column has so many rows.
///
/// # Errors
/// [`IoError::Length`], with the first column that has not.
pub(crate) fn check_rows(table: &AttributeTable, expected: usize) -> Result<()> {
    let other = table.columns.iter().find(|column| column.data.len() != expected);
    other.map_or(Ok(()), |column| {
        let what = format!("column {}", column.name);
        Err(IoError::Length { what, expected, found: column.data.len() })
    })
}
