//! What can go wrong while a synthetic place is made.

/// Any error of a sink (the writer given by the caller).
pub type SinkError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// A fixture file cannot be read.
    #[error(
        "fixture {file}: {source}\nhint: run from the repository, or use the facts built into the program"
    )]
    Read {
        /// Path of the file.
        file: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A fixture file has a wrong value.
    #[error("fixture {file}, line {line}, column `{column}`: value `{value}`, expected {expected}")]
    Value {
        /// File name.
        file: String,
        /// Line number, from 1.
        line: usize,
        /// Column name.
        column: String,
        /// Value found.
        value: String,
        /// What was expected.
        expected: String,
    },
    /// Facts that are readable but do not fit together.
    #[error("facts of {place}: {reason}")]
    Facts {
        /// City or province.
        place: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// The requested size is out of range.
    #[error("option `parcels` is {got}, expected {min} to {max}")]
    Size {
        /// Requested number of parcels.
        got: u64,
        /// Smallest number.
        min: u64,
        /// Largest number.
        max: u64,
    },
    /// The coordinate transformation given by the caller failed.
    #[error("coordinate transformation failed: {0}")]
    Projection(#[source] SinkError),
    /// The writer given by the caller failed.
    #[error("writing the synthetic layers failed: {0}")]
    Sink(#[source] SinkError),
    /// The user stopped the work.
    #[error("stopped by the user")]
    Cancelled,
}
