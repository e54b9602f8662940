//! Known totals of large units to small ones: county GDP to townships, county energy to pixels by night light.

pub mod gdp;
pub mod light;

/// Why a total cannot be shared out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DownscaleError {
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
    #[error("unit #{unit}: {field} = {value}, expected a finite number ≥ 0\nhint: {hint}")]
    Value {
        /// Position of the unit.
        unit: usize,
        /// Field name.
        field: &'static str,
        /// The offending value.
        value: f64,
        /// What to do.
        hint: &'static str,
    },
    /// A parameter is outside its range.
    #[error("{parameter} = {value}, expected {expected}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// Value given.
        value: String,
        /// What is accepted.
        expected: String,
    },
    /// There are too few usable values for the method.
    #[error("{method}: {found} usable values, needs at least {needed}")]
    TooFew {
        /// Method.
        method: &'static str,
        /// Usable values.
        found: usize,
        /// Needed values.
        needed: usize,
    },
}

impl DownscaleError {
    /// Fails unless `found == expected`.
    fn check_len(what: &str, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected {
            return Ok(());
        }
        Err(Self::Length { what: what.to_owned(), found, expected })
    }

    /// A parameter error.
    fn parameter(
        parameter: &'static str,
        value: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::Parameter { parameter, value: value.to_string(), expected: expected.into() }
    }
}
