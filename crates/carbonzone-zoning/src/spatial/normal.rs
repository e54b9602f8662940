//! Probabilities of the normal distribution.

use statrs::function::erf::erfc;

/// Two-sided probability of a z score under the normal distribution.
///
/// ```
/// use carbonzone_zoning::spatial::normal::two_sided;
/// assert!((two_sided(-1.959_963_984_540_054) - 0.05).abs() < 1e-10);
/// ```
pub fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}
