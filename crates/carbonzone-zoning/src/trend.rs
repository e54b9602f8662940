//! Theil–Sen slope and Mann–Kendall test with ties (docs/method.md §13).

use crate::{Result, ZoningError};
use carbonzone_types::loops::series;
pub use carbonzone_types::loops::series::kendall_tau_b;
use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

/// Median of all pairwise slopes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TheilSen {
    /// Change per unit of time.
    pub slope: f64,
    /// `median(y) − slope · median(t)`.
    pub intercept: f64,
    /// Points in use.
    pub n: usize,
    /// Points left out because their value is infinite.
    pub infinite: usize,
}

/// Theil–Sen slope of `values` on `times`; NULL and infinite values are left out (infinite ones counted).
///
/// # Errors
/// [`ZoningError::Length`] if the slices differ; [`ZoningError::TooFew`] with fewer than two finite values at
/// different times.
///
/// # Examples
/// ```
/// use carbonzone_zoning::trend::theil_sen;
/// let fit = theil_sen(&[2001.0, 2002.0, 2003.0], &[Some(1.0), Some(2.0), Some(4.0)])?;
/// assert_eq!(fit.slope, 1.5); // median of 1, 1.5, 2
/// # Ok::<(), carbonzone_zoning::ZoningError>(())
/// ```
pub fn theil_sen(times: &[f64], values: &[Option<f64>]) -> Result<TheilSen> {
    ZoningError::check_len("values", values.len(), times.len())?;
    let finite = || values.iter().flatten().filter(|v| v.is_finite()).count();
    let Some(line) = series::theil_sen(times, values) else {
        return Err(ZoningError::TooFew { method: "Theil–Sen".to_owned(), found: finite(), needed: 2 });
    };
    let series::Line { slope, intercept, n, infinite } = line;
    Ok(TheilSen { slope, intercept, n, infinite })
}

/// Result of the Mann–Kendall test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MannKendall {
    /// Concordant minus discordant pairs.
    pub s: f64,
    /// Variance of `s` without trend, ties regarded (and serial correlation, if corrected).
    pub variance: f64,
    /// `(s ∓ 1)/√variance`; 0 if `s = 0`.
    pub z: f64,
    /// Two-sided probability from the normal distribution.
    pub p: f64,
    /// Kendall's `τ_b` against time; 0 if all values are tied.
    pub tau_b: f64,
    /// Values in use.
    pub n: usize,
}

/// Whether the variance is corrected for serial correlation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SerialCorrection {
    /// Independent years.
    #[default]
    None,
    /// Hamed and Rao (1998): significant autocorrelations of the ranks of the detrended series.
    HamedRao,
}

/// Mann–Kendall test of a series in time order; NULL values are left out, `±∞` ranks above/below all others.
///
/// `S = Σ_{i<j} sgn(x_j − x_i)`, `Var = [n(n−1)(2n+5) − Σ t(t−1)(2t+5)]/18` over groups of `t` tied values,
/// `Z = (S ∓ 1)/√Var`, `τ_b = S/√((n₀ − n₁) n₀)`.
///
/// # Errors
/// [`ZoningError::TooFew`] with fewer than three values (with the correction: three finite values).
///
/// # Examples
/// ```
/// use carbonzone_zoning::trend::{SerialCorrection, mann_kendall};
/// let series = [1.0, 1.3, 1.2, 1.6, 1.9, 2.4, 2.3, 2.8, 3.1, 3.0].map(Some);
/// let test = mann_kendall(&series, SerialCorrection::None)?;
/// assert_eq!((test.s, test.variance), (39.0, 125.0));
/// # Ok::<(), carbonzone_zoning::ZoningError>(())
/// ```
pub fn mann_kendall(values: &[Option<f64>], correction: SerialCorrection) -> Result<MannKendall> {
    let found = series::mann_kendall(values, correction == SerialCorrection::HamedRao);
    let too_few =
        |(method, found): (&str, usize)| ZoningError::TooFew { method: method.to_owned(), found, needed: 3 };
    let series::Score { s, variance, tau_b, n } = found.map_err(too_few)?;
    let z = if s == 0.0 || variance <= 0.0 { 0.0 } else { (s - s.signum()) / variance.sqrt() };
    Ok(MannKendall { s, variance, z, p: erfc(z.abs() / std::f64::consts::SQRT_2), tau_b, n })
}

/// Direction and significance of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendClass {
    /// Falls, |Z| ≥ 2.576.
    VerySignificantDecrease,
    /// Falls, |Z| ≥ 1.96.
    SignificantDecrease,
    /// |Z| < 1.96 or no slope.
    NotSignificant,
    /// Rises, |Z| ≥ 1.96.
    SignificantIncrease,
    /// Rises, |Z| ≥ 2.576.
    VerySignificantIncrease,
}

impl TrendClass {
    /// Class of a slope and a test statistic. Without a slope (all values infinite) the sign of `z` decides.
    pub fn of(slope: Option<f64>, z: f64) -> Self {
        let direction = slope.unwrap_or(z);
        let (significant, very) = (z.abs() >= 1.96, z.abs() >= 2.576);
        match (significant, very) {
            (false, _) => Self::NotSignificant,
            _ if direction == 0.0 => Self::NotSignificant,
            (_, true) if direction > 0.0 => Self::VerySignificantIncrease,
            (_, true) => Self::VerySignificantDecrease,
            _ if direction > 0.0 => Self::SignificantIncrease,
            _ => Self::SignificantDecrease,
        }
    }

    /// Key, English and Chinese label.
    pub fn label(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::VerySignificantDecrease => {
                ("very_significant_decrease", "very significant decrease", "极显著下降")
            }
            Self::SignificantDecrease => ("significant_decrease", "significant decrease", "显著下降"),
            Self::NotSignificant => ("not_significant", "not significant", "不显著"),
            Self::SignificantIncrease => ("significant_increase", "significant increase", "显著上升"),
            Self::VerySignificantIncrease => {
                ("very_significant_increase", "very significant increase", "极显著上升")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_of_method_e4_gives_its_printed_values() {
        let series = [1.0, 1.3, 1.2, 1.6, 1.9, 2.4, 2.3, 2.8, 3.1, 3.0];
        let test = mann_kendall(&series.map(Some), SerialCorrection::None).unwrap();
        assert_eq!((test.s, test.variance), (39.0, 125.0));
        // Printed to six digits.
        assert!((test.z - 3.39882).abs() < 5e-6 && (test.tau_b - 0.866_667).abs() < 5e-7);
        let times: Vec<f64> = (0..10).map(f64::from).collect();
        assert!((theil_sen(&times, &series.map(Some)).unwrap().slope - 0.257_143).abs() < 5e-7);
    }

    #[test]
    fn infinite_ratios_rank_highest_and_are_left_out_of_the_slope() {
        let series = [Some(1.0), Some(2.0), Some(f64::INFINITY), None, Some(f64::INFINITY)];
        let test = mann_kendall(&series, SerialCorrection::None).unwrap();
        assert_eq!((test.s, test.n), (5.0, 4));
        let fit = theil_sen(&[1.0, 2.0, 3.0, 4.0, 5.0], &series).unwrap();
        assert_eq!((fit.slope, fit.n, fit.infinite), (1.0, 2, 2));
    }

    #[test]
    fn a_constant_series_has_no_trend() {
        let test = mann_kendall(&[Some(2.0); 6], SerialCorrection::HamedRao).unwrap();
        assert_eq!((test.s, test.z, test.p, test.tau_b), (0.0, 0.0, 1.0, 0.0));
        assert_eq!(TrendClass::of(Some(0.0), test.z), TrendClass::NotSignificant);
    }

    #[test]
    fn classes_follow_significance_and_the_sign_of_the_slope() {
        assert_eq!(TrendClass::of(Some(0.1), 1.9), TrendClass::NotSignificant);
        assert_eq!(TrendClass::of(Some(0.1), 1.96), TrendClass::SignificantIncrease);
        assert_eq!(TrendClass::of(Some(-0.1), -2.576), TrendClass::VerySignificantDecrease);
        assert_eq!(TrendClass::of(None, 3.0), TrendClass::VerySignificantIncrease);
    }

    #[test]
    fn too_few_values_are_an_error() {
        assert!(mann_kendall(&[Some(1.0), Some(2.0)], SerialCorrection::None).is_err());
        assert!(theil_sen(&[1.0, 2.0], &[Some(1.0), Some(f64::INFINITY)]).is_err());
    }
}
