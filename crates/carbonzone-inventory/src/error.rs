//! What can be wrong with the factor library or its overrides.

use carbonzone_sheet::SheetError;
use carbonzone_types::Finding;
use thiserror::Error;

/// Faults of factor tables. Faults of activity data are [`Finding`]s, so that all of them show at once.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// A table could not be read.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A factor id that is not in the library.
    #[error("{place}: no factor \"{id}\"{hint}")]
    UnknownFactor {
        /// Where it was asked for: file and cell, or TOML key.
        place: String,
        /// Id asked for.
        id: String,
        /// `\nhint: did you mean ...?` or nothing.
        hint: String,
    },
    /// A row of a factor table that makes no sense.
    #[error("{place}: {field} = \"{value}\": expected {expected}")]
    BadFactor {
        /// File and cell (or row id for the embedded table).
        place: String,
        /// Column.
        field: String,
        /// Value found.
        value: String,
        /// What would have been accepted.
        expected: String,
    },
    /// Two columns of counties have different lengths.
    #[error("{what}: {found} values for {expected} counties")]
    Length {
        /// Which column.
        what: String,
        /// Its length.
        found: usize,
        /// Expected length.
        expected: usize,
    },
    /// An amount of a county is negative or not a finite number.
    #[error(
        "county #{unit}: {field} = {value}, expected a finite number ≥ 0\nhint: activity data, areas and coefficients are magnitudes"
    )]
    Value {
        /// Position of the county.
        unit: usize,
        /// Field name.
        field: String,
        /// The offending value.
        value: f64,
    },
}

impl InventoryError {
    /// The error as a [`Finding`].
    pub fn to_finding(&self) -> Finding {
        let message = self.to_string();
        match self {
            Self::Sheet(e) => e.to_finding(),
            Self::UnknownFactor { id, .. } => Finding::error("unknown_factor", message).value(id.clone()),
            Self::Length { .. } | Self::Value { .. } => Finding::error("county_method", message),
            Self::BadFactor { field, value, expected, .. } => Finding::error("bad_factor", message)
                .field(field.clone())
                .value(value.clone())
                .expected(expected.clone()),
        }
    }
}
