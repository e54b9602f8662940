//! What can be wrong with a model.

/// Errors of this crate. A model is checked as a whole: all that is wrong comes at once.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfidenceError {
    /// An uncertainty is missing, negative or no number.
    #[error(
        "{name}: uncertainty of {value} %, expected a half-width of the 95 % interval in percent, finite and ≥ 0"
    )]
    HalfWidth {
        /// Which parameter.
        name: String,
        /// Value given, percent.
        value: f64,
    },
    /// No Dirichlet distribution over these shares has such a coefficient of variation.
    #[error(
        "rule {rule}: cv = {cv} for a share of {units} units, expected a number from 0 to below {limit:.3} (√(n − 1))"
    )]
    ProxyCv {
        /// Which rule.
        rule: String,
        /// Value given.
        cv: f64,
        /// Units with a share, the outside included.
        units: usize,
        /// Below which it must lie.
        limit: f64,
    },
    /// Probabilities of a choice are negative or do not sum to 1.
    #[error("{name}: probabilities {probabilities:?} sum to {sum}, expected numbers ≥ 0 that sum to 1")]
    Probabilities {
        /// Which choice.
        name: String,
        /// Values given.
        probabilities: Vec<f64>,
        /// Their sum.
        sum: f64,
    },
    /// Two inputs that describe the same things have different lengths, or an index points nowhere.
    #[error("{what}: {found}, expected {expected}")]
    Shape {
        /// Which input.
        what: String,
        /// What was found.
        found: usize,
        /// What was expected.
        expected: usize,
    },
    /// Tonnes are negative or no number.
    #[error("rule {rule}, unit {unit}: {value} t, expected a finite number ≥ 0")]
    Tonnes {
        /// Which rule.
        rule: String,
        /// Which unit, or `outside`.
        unit: String,
        /// Value given, t.
        value: f64,
    },
    /// An option is outside its range.
    #[error("{option} = {value}, expected {expected}")]
    Option {
        /// Which option.
        option: String,
        /// Value given.
        value: String,
        /// What it must be.
        expected: String,
    },
    /// The judge refused a draw.
    #[error("draw {draw}: {message}")]
    Judge {
        /// Number of the draw.
        draw: usize,
        /// What it said.
        message: String,
    },
}
