//! What can go wrong here.

/// Errors of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum ZoningError {
    #[error("{what}: {found} values for {expected} units")]
    Length { what: String, found: usize, expected: usize },
    #[error("unit {unit}: {field} = {value}, expected a finite number ≥ 0\nhint: {hint}")]
    Value { unit: String, field: String, value: f64, hint: String },
    #[error("zoning scheme \"{scheme}\": {message}\nhint: {hint}")]
    Scheme { scheme: String, message: String, hint: String },
    #[error("{parameter} = {value}, expected {expected}")]
    Parameter { parameter: String, value: String, expected: String },
    #[error("{method}: {found} usable values, needs at least {needed}")]
    TooFew { method: String, found: usize, needed: usize },
    #[error("table \"{table}\" has no column \"{column}\" (columns: {columns})")]
    Column { table: String, column: String, columns: String },
}

impl ZoningError {
    /// Fails unless `found == expected`.
    pub(crate) fn check_len(what: &str, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected {
            return Ok(());
        }
        Err(Self::Length { what: what.to_owned(), found, expected })
    }

    /// A scheme error.
    pub(crate) fn scheme(scheme: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Scheme { scheme: scheme.to_owned(), message: message.into(), hint: hint.into() }
    }

    /// A parameter error.
    pub(crate) fn parameter(
        parameter: &str,
        value: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::Parameter {
            parameter: parameter.to_owned(),
            value: value.to_string(),
            expected: expected.into(),
        }
    }
}

/// A result of this crate; errors are [`ZoningError`] unless others are named.
pub type Result<T, E = ZoningError> = std::result::Result<T, E>;
