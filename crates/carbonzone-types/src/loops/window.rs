//! Source/sink ratio of one year, and what a window of years rests on.

use super::series::kendall_tau_b;

/// `r = E/A` of one unit in one year.
///
/// `emission_t` ≥ 0 and `absorption_t` in one unit of mass; `absorption_t` ≤ 0 gives `+∞` (the land absorbs
/// nothing). `None` if a value is missing or not finite, if the emission is negative, or if both are 0.
///
/// ```
/// use carbonzone_types::loops::window::source_sink_ratio;
/// assert_eq!(source_sink_ratio(Some(6.0), Some(4.0)), Some(1.5));
/// assert_eq!(source_sink_ratio(Some(6.0), Some(-1.0)), Some(f64::INFINITY));
/// assert_eq!(source_sink_ratio(Some(0.0), Some(0.0)), None);
/// ```
pub fn source_sink_ratio(emission_t: Option<f64>, absorption_t: Option<f64>) -> Option<f64> {
    let (e, a) = emission_t.zip(absorption_t)?;
    if !(e.is_finite() && a.is_finite() && e >= 0.0) || (e == 0.0 && a == 0.0) {
        return None;
    }
    Some(if a > 0.0 { e / a } else { f64::INFINITY })
}

/// Numbers of one window of years.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Years {
    /// `ΣE/(ΣE + ΣA⁺)`.
    pub level: f64,
    /// `(1 + τ_b(ln r))/2`.
    pub trend: f64,
    /// Share of years in deficit.
    pub persistence: f64,
    /// `ΣE/ΣA⁺`; infinite without absorption.
    pub ratio: f64,
    /// Years with a ratio.
    pub years: usize,
}

/// The numbers of a window; a year is in deficit if its ratio is above `deficit`. `None` with fewer than `min_years` years that have a
/// ratio, or without emission and absorption.
pub fn window(
    emission_t: &[Option<f64>],
    absorption_t: &[Option<f64>],
    min_years: usize,
    deficit: f64,
) -> Option<Years> {
    let year = |(e, a): (&Option<f64>, &Option<f64>)| {
        source_sink_ratio(*e, *a).zip(e.zip(*a)).map(|(r, (e, a))| (e, a.max(0.0), r))
    };
    let years: Vec<(f64, f64, f64)> = emission_t.iter().zip(absorption_t).filter_map(year).collect();
    if years.len() < min_years {
        return None;
    }
    let (e, a): (f64, f64) = years.iter().fold((0.0, 0.0), |(e, a), y| (e + y.0, a + y.1));
    if e + a <= 0.0 {
        return None;
    }
    let ratios: Vec<f64> = years.iter().map(|y| y.2).collect();
    // Ranks of ln r are those of r.
    let trend = f64::midpoint(1.0, kendall_tau_b(&ratios).unwrap_or(0.0));
    let persistence = ratios.iter().filter(|r| **r > deficit).count() as f64 / ratios.len() as f64;
    let ratio = if a > 0.0 { e / a } else { f64::INFINITY };
    Some(Years { level: e / (e + a), trend, persistence, ratio, years: years.len() })
}
