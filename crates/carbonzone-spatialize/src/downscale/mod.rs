//! Known totals of large units to small ones: county GDP to townships, county energy to pixels by night light.

pub mod gdp;
pub mod light;

/// Why a total cannot be shared out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum DownscaleError {
    #[error("{what}: {found} values for {expected} units")]
    Length { what: String, found: usize, expected: usize },
    #[error("unit #{unit}: {field} = {value}, expected a finite number ≥ 0\nhint: {hint}")]
    Value { unit: usize, field: &'static str, value: f64, hint: &'static str },
    #[error("{parameter} = {value}, expected {expected}")]
    Parameter { parameter: &'static str, value: String, expected: String },
    #[error("{method}: {found} usable values, needs at least {needed}")]
    TooFew { method: &'static str, found: usize, needed: usize },
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
