//! What can go wrong in this crate.

use carbonzone_types::AttributeTable;

/// An error of reading or writing geodata. Messages name the file, the layer and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// A coordinate reference system could not be understood.
    #[error(
        "unknown coordinate reference system \"{text}\": {reason}\nhint: give an EPSG code such as \"EPSG:4549\", a WKT or a PROJ string"
    )]
    UnknownCrs {
        /// Text as given.
        text: String,
        /// What GDAL/PROJ says.
        reason: String,
    },
    /// The working CRS is in degrees.
    #[error(
        "working CRS \"{text}\" ({name}) is geographic: areas and lengths need metres\nhint: choose a projected CRS of the region, e.g. the Gauss-Krueger or UTM zone (EPSG:4549 for Suzhou)"
    )]
    GeographicCrs {
        /// Text as given.
        text: String,
        /// Name of the CRS.
        name: String,
    },
    /// The working CRS is projected, but not in metres.
    #[error(
        "working CRS \"{text}\" ({name}) is in {unit} ({metres} m), not in metres\nhint: choose a projected CRS in metres; layers in feet are converted on reading"
    )]
    NotMetres {
        /// Text as given.
        text: String,
        /// Name of the CRS.
        name: String,
        /// Name of the unit.
        unit: String,
        /// Metres per unit.
        metres: f64,
    },
    /// Coordinates could not be transformed.
    #[error("no transformation from {from} to {to}: {reason}")]
    Transform {
        /// Source CRS.
        from: String,
        /// Target CRS.
        to: String,
        /// What PROJ says.
        reason: String,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// File.
        path: String,
        /// Reason.
        reason: String,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// File.
        path: String,
        /// Reason.
        reason: String,
    },
    /// A layer is not in the file.
    #[error("{path} has no layer \"{layer}\"; it has {there}")]
    NoLayer {
        /// File.
        path: String,
        /// Layer asked for.
        layer: String,
        /// Layers that exist.
        there: String,
    },
    /// Lengths that must agree do not.
    #[error("{what}: expected {expected} rows, found {found}")]
    Length {
        /// Which table or slice.
        what: String,
        /// Rows expected.
        expected: usize,
        /// Rows found.
        found: usize,
    },
    /// A user asked to stop.
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
