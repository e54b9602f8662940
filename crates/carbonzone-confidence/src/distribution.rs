//! What varies, and how: relative errors of amounts, shares of a proxy.

use crate::ConfidenceError;
use statrs::distribution::{ContinuousCDF, Normal};

/// A 95 % interval of a normal distribution is ± this many standard deviations (IPCC 2006 vol. 1 ch. 3 rounds to 2).
pub const HALF_WIDTH_TO_SD: f64 = 1.959_963_984_540_054;

/// Up to this coefficient of variation a relative error is normal; above it a normal one would reach below 0 (IPCC 2006
/// vol. 1 ch. 3.2.2.4 names 30 %).
pub const NORMAL_UP_TO_CV: f64 = 0.3;

/// A relative error: a positive factor with mean 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Relative {
    /// Always 1.
    Exact,
    /// Normal around 1, cut at 0 and 2, so that the mean stays 1.
    Normal {
        /// Standard deviation before cutting.
        sd: f64,
    },
    /// Lognormal with mean 1.
    LogNormal {
        /// Standard deviation of the logarithm: `σ² = ln(1 + cv²)`.
        sigma: f64,
    },
}

impl Relative {
    /// From the half-width of a 95 % interval in percent; above [`NORMAL_UP_TO_CV`] lognormal.
    ///
    /// # Errors
    /// [`ConfidenceError::HalfWidth`] if it is negative or no finite number.
    ///
    /// ```
    /// use carbonzone_confidence::Relative;
    /// assert_eq!(Relative::from_half_width("coal", 0.0)?, Relative::Exact);
    /// assert!(matches!(Relative::from_half_width("coal", 30.0)?, Relative::Normal { .. }));
    /// assert!(matches!(Relative::from_half_width("waste", 80.0)?, Relative::LogNormal { .. }));
    /// # Ok::<(), carbonzone_confidence::ConfidenceError>(())
    /// ```
    pub fn from_half_width(name: &str, percent: f64) -> Result<Self, ConfidenceError> {
        if !(percent.is_finite() && percent >= 0.0) {
            return Err(ConfidenceError::HalfWidth { name: name.to_owned(), value: percent });
        }
        let cv = percent / 100.0 / HALF_WIDTH_TO_SD;
        Ok(if cv == 0.0 {
            Self::Exact
        } else if cv <= NORMAL_UP_TO_CV {
            Self::Normal { sd: cv }
        } else {
            Self::LogNormal { sigma: (cv * cv).ln_1p().sqrt() }
        })
    }

    /// The factor below which a share `u` of the draws lies, 0 < `u` < 1.
    pub fn quantile(self, u: f64) -> f64 {
        let standard = Normal::standard();
        match self {
            Self::Exact => 1.0,
            Self::Normal { sd } => {
                let cut = standard.cdf(-1.0 / sd);
                1.0 + sd * standard.inverse_cdf(cut + u * (1.0 - 2.0 * cut))
            }
            Self::LogNormal { sigma } => (sigma * standard.inverse_cdf(u) - 0.5 * sigma * sigma).exp(),
        }
    }
}

/// `α0` of a Dirichlet distribution over `n` shares such that a share of `1/n` has the coefficient of variation `cv`.
///
/// From `CV² = (1 − s) / (s (α0 + 1))`: `α0 = (n − 1)/cv² − 1`. `None` if there is no such distribution (`cv ≥ √(n − 1)`).
pub fn dirichlet_concentration(n: usize, cv: f64) -> Option<f64> {
    let concentration = (n as f64 - 1.0) / (cv * cv) - 1.0;
    (cv > 0.0 && concentration > 0.0).then_some(concentration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    fn moments(relative: Relative) -> (f64, f64) {
        let sample: Vec<f64> =
            Key::new(7, "moments").uniforms(1 << 16).into_iter().map(|u| relative.quantile(u)).collect();
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        (mean, (sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt() / mean)
    }

    #[test]
    fn the_mean_is_kept_and_the_spread_is_the_one_asked_for() {
        // Half-widths of 10, 40 (normal), 80 and 200 % (lognormal); cv = half-width / 1.96. Stratified samples of 65,536:
        // the mean is good to 1e-4, the heavy tail costs the spread up to 1 %.
        for (percent, tolerance) in [(10.0, 1e-3), (40.0, 1e-3), (80.0, 5e-3), (200.0, 1.5e-2)] {
            let (mean, cv) = moments(Relative::from_half_width("x", percent).unwrap());
            assert!((mean - 1.0).abs() < 2e-4, "{percent}: mean {mean}");
            let expected = percent / 195.996_398;
            assert!((cv / expected - 1.0).abs() < tolerance, "{percent}: cv {cv}, expected {expected}");
        }
    }

    #[test]
    fn no_draw_is_negative() {
        let relative = Relative::from_half_width("x", 58.0).unwrap();
        assert!(matches!(relative, Relative::Normal { .. }));
        assert!(relative.quantile(1e-12) >= 0.0 && relative.quantile(1.0 - 1e-12) <= 2.0);
    }

    #[test]
    fn a_spread_that_is_none_is_refused() {
        for percent in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(Relative::from_half_width("x", percent).is_err());
        }
    }

    #[test]
    fn concentration_follows_from_the_cv_of_an_average_share() {
        // 97 shares, 20 %: 96/0.04 - 1.
        assert_eq!(dirichlet_concentration(97, 0.2), Some(96.0 / (0.2 * 0.2) - 1.0));
        assert_eq!(dirichlet_concentration(5, 2.0), None);
        assert_eq!(dirichlet_concentration(1, 0.2), None);
    }
}
