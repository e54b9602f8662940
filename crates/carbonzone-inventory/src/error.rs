//! What can be wrong with the factor library or its overrides.

use carbonzone_sheet::SheetError;
use carbonzone_types::Finding;
use thiserror::Error;

/// Faults of factor tables. Faults of activity data are [`Finding`]s, so that all of them show at once.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum InventoryError {
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error("{place}: no factor \"{id}\"{hint}")]
    UnknownFactor { place: String, id: String, hint: String },
    #[error("{place}: {field} = \"{value}\": expected {expected}")]
    BadFactor { place: String, field: String, value: String, expected: String },
    #[error("{what}: {found} values for {expected} counties")]
    Length { what: String, found: usize, expected: usize },
    #[error(
        "county #{unit}: {field} = {value}, expected a finite number ≥ 0\nhint: activity data, areas and coefficients are magnitudes"
    )]
    Value { unit: usize, field: String, value: f64 },
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
