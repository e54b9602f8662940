//! What can go wrong here.

/// Errors of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoningError {
    /// Two inputs that describe the same units have different lengths.
    #[error("{what}: {found} values for {expected} units")]
    Length {
        /// Which input.
        what: String,
        /// Its length.
        found: usize,
        /// Expected length.
        expected: usize,
    },
    /// A magnitude is negative or not a finite number.
    #[error("unit {unit}: {field} = {value}, expected a finite number ≥ 0\nhint: {hint}")]
    Value {
        /// Unit id, or `#<row>` if the caller gave no ids.
        unit: String,
        /// Field name.
        field: String,
        /// The offending value.
        value: f64,
        /// What to do.
        hint: String,
    },
    /// The zoning scheme contradicts itself or lacks something.
    #[error("zoning scheme \"{scheme}\": {message}\nhint: {hint}")]
    Scheme {
        /// Key of the scheme.
        scheme: String,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A parameter is outside its range.
    #[error("{parameter} = {value}, expected {expected}")]
    Parameter {
        /// Name of the parameter.
        parameter: String,
        /// Value given.
        value: String,
        /// What is accepted.
        expected: String,
    },
    /// There are too few usable values for the method.
    #[error("{method}: {found} usable values, needs at least {needed}")]
    TooFew {
        /// Method.
        method: String,
        /// Usable values.
        found: usize,
        /// Needed values.
        needed: usize,
    },
    /// A column that the method needs is not in the table.
    #[error("table \"{table}\" has no column \"{column}\" (columns: {columns})")]
    Column {
        /// Which table.
        table: String,
        /// Missing column.
        column: String,
        /// Columns that are there.
        columns: String,
    },
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
