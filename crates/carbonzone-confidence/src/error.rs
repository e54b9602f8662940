//! What can be wrong with a model.

/// Errors of this crate. A model is checked as a whole: all that is wrong comes at once.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum ConfidenceError {
    #[error(
        "{name}: uncertainty of {value} %, expected a half-width of the 95 % interval in percent, finite and ≥ 0"
    )]
    HalfWidth { name: String, value: f64 },
    #[error(
        "rule {rule}: cv = {cv} for a share of {units} units, expected a number from 0 to below {limit:.3} (√(n − 1))"
    )]
    ProxyCv { rule: String, cv: f64, units: usize, limit: f64 },
    #[error("{name}: probabilities {probabilities:?} sum to {sum}, expected numbers ≥ 0 that sum to 1")]
    Probabilities { name: String, probabilities: Vec<f64>, sum: f64 },
    #[error("{what}: {found}, expected {expected}")]
    Shape { what: String, found: usize, expected: usize },
    #[error("rule {rule}, unit {unit}: {value} t, expected a finite number ≥ 0")]
    Tonnes { rule: String, unit: String, value: f64 },
    #[error("{option} = {value}, expected {expected}")]
    Option { option: String, value: String, expected: String },
    #[error("draw {draw}: {message}")]
    Judge { draw: usize, message: String },
}
