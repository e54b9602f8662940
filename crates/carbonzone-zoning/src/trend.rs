//! Theil–Sen slope and Mann–Kendall test with ties (docs/method.md §13).

use crate::{Result, ZoningError};
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
    let known = |(t, v): (&f64, &Option<f64>)| v.filter(|v| !v.is_nan()).map(|v| (*t, v));
    let points: Vec<(f64, f64)> = times.iter().zip(values).filter_map(known).collect();
    let finite: Vec<(f64, f64)> = points.iter().copied().filter(|p| p.1.is_finite()).collect();
    let mut slopes = Vec::with_capacity(finite.len() * finite.len() / 2);
    for (i, (t0, y0)) in finite.iter().enumerate() {
        slopes.extend(finite[i + 1..].iter().filter(|p| p.0 != *t0).map(|(t1, y1)| (y1 - y0) / (t1 - t0)));
    }
    let Some(slope) = median(slopes) else {
        return Err(ZoningError::TooFew { method: "Theil–Sen".to_owned(), found: finite.len(), needed: 2 });
    };
    let centre = |pick: fn(&(f64, f64)) -> f64| median(finite.iter().map(pick).collect());
    let (t, y) = centre(|p| p.0).zip(centre(|p| p.1)).unwrap_or((0.0, 0.0));
    Ok(TheilSen { slope, intercept: y - slope * t, n: finite.len(), infinite: points.len() - finite.len() })
}

/// Median; `None` of nothing. Selection instead of sorting: a raster has hundreds of thousands of series.
fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let (n, half) = (values.len(), values.len() / 2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if n % 2 == 1 {
        return Some(upper);
    }
    below.iter().copied().max_by(f64::total_cmp).map(|lower| f64::midpoint(lower, upper))
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
    let x: Vec<f64> = values.iter().flatten().copied().filter(|v| !v.is_nan()).collect();
    let n = x.len();
    if n < 3 {
        return Err(ZoningError::TooFew { method: "Mann–Kendall".to_owned(), found: n, needed: 3 });
    }
    let s = score(&x);
    let ties = tie_groups(&x);
    let mut variance = variance_with_ties(n, &ties);
    if correction == SerialCorrection::HamedRao {
        variance *= hamed_rao_factor(&x)?;
    }
    let z = if s == 0.0 || variance <= 0.0 { 0.0 } else { (s - s.signum()) / variance.sqrt() };
    Ok(MannKendall {
        s,
        variance,
        z,
        p: erfc(z.abs() / std::f64::consts::SQRT_2),
        tau_b: tau_b(n, s, &ties),
        n,
    })
}

/// `τ_b` of a series against time; `None` with fewer than two values, 0 if all are tied.
pub fn kendall_tau_b(values: &[f64]) -> Option<f64> {
    (values.len() >= 2).then(|| tau_b(values.len(), score(values), &tie_groups(values)))
}

/// `Σ_{i<j} sgn(x_j − x_i)`; two equal infinities are a tie.
fn score(x: &[f64]) -> f64 {
    let sign = |a: f64, b: f64| match b.partial_cmp(&a) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Less) => -1.0,
        _ => 0.0,
    };
    x.iter().enumerate().map(|(i, a)| x[i + 1..].iter().map(|b| sign(*a, *b)).sum::<f64>()).sum()
}

/// Sizes of the groups of equal values, groups of one included.
fn tie_groups(x: &[f64]) -> Vec<f64> {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|group| group.len() as f64).collect()
}

fn variance_with_ties(n: usize, ties: &[f64]) -> f64 {
    let term = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
    (term(n as f64) - ties.iter().map(|t| term(*t)).sum::<f64>()) / 18.0
}

fn tau_b(n: usize, s: f64, ties: &[f64]) -> f64 {
    let pairs = |t: f64| t * (t - 1.0) / 2.0;
    let all = pairs(n as f64);
    let untied = all - ties.iter().map(|t| pairs(*t)).sum::<f64>();
    if untied > 0.0 { s / (untied * all).sqrt() } else { 0.0 }
}

/// `n/n*` of Hamed and Rao (1998), eq. 11: 1 + 2/(n(n−1)(n−2)) Σ (n−i)(n−i−1)(n−i−2) `ρ_i` over the lags
/// whose rank autocorrelation is significant at 5 %.
fn hamed_rao_factor(x: &[f64]) -> Result<f64> {
    let finite: Vec<f64> = x.iter().copied().filter(|v| v.is_finite()).collect();
    let n = finite.len();
    if n < 3 {
        return Err(ZoningError::TooFew { method: "Hamed–Rao".to_owned(), found: n, needed: 3 });
    }
    let times: Vec<f64> = (1..=n).map(|t| t as f64).collect();
    let values: Vec<Option<f64>> = finite.iter().copied().map(Some).collect();
    let slope = theil_sen(&times, &values)?.slope;
    let detrended: Vec<f64> = finite.iter().zip(&times).map(|(v, t)| v - t * slope).collect();
    let ranks = average_ranks(&detrended);
    let bound = 1.959_963_984_540_054 / (n as f64).sqrt();
    let m = n as f64;
    let weighted = |lag: usize| {
        let rho = autocorrelation(&ranks, lag);
        let i = lag as f64;
        if rho.abs() > bound { (m - i) * (m - i - 1.0) * (m - i - 2.0) * rho } else { 0.0 }
    };
    let sum: f64 = (1..n).map(weighted).sum();
    Ok(1.0 + 2.0 / (m * (m - 1.0) * (m - 2.0)) * sum)
}

/// Sample autocorrelation at a lag (divisor `n`); 0 if the series is constant.
fn autocorrelation(x: &[f64], lag: usize) -> f64 {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let product = |lag: usize| -> f64 { x[lag..].iter().zip(x).map(|(a, b)| (a - mean) * (b - mean)).sum() };
    let variance = product(0);
    if variance > 0.0 { product(lag) / variance } else { 0.0 }
}

/// Ranks from 1; tied values share the mean of their ranks.
pub(crate) fn average_ranks(x: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut ranks = vec![0.0; x.len()];
    let mut first = 0;
    for group in order.chunk_by(|&a, &b| x[a] == x[b]) {
        let mean = (2 * first + group.len() + 1) as f64 / 2.0;
        for &i in group {
            ranks[i] = mean;
        }
        first += group.len();
    }
    ranks
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
