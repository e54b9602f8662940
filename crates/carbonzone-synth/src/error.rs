//! What can go wrong while a synthetic place is made.

/// Any error of a sink (the writer given by the caller).
pub type SinkError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum SynthError {
    #[error(
        "fixture {file}: {source}\nhint: run from the repository, or use the facts built into the program"
    )]
    Read { file: String, source: std::io::Error },
    #[error("fixture {file}, line {line}, column `{column}`: value `{value}`, expected {expected}")]
    Value { file: String, line: usize, column: String, value: String, expected: String },
    #[error("facts of {place}: {reason}")]
    Facts { place: &'static str, reason: String },
    #[error("option `parcels` is {got}, expected {min} to {max}")]
    Size { got: u64, min: u64, max: u64 },
    #[error("coordinate transformation failed: {0}")]
    Projection(#[source] SinkError),
    #[error("writing the synthetic layers failed: {0}")]
    Sink(#[source] SinkError),
    #[error("stopped by the user")]
    Cancelled,
}

/// A result of this crate; errors are [`SynthError`] unless others are named.
pub type Result<T, E = SynthError> = std::result::Result<T, E>;
