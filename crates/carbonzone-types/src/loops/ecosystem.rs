//! Respiration and net ecosystem production of pixels (docs/method.md §13).

use crate::Carbon;

/// Soil heterotrophic respiration of one month, g C/m².
///
/// `Rh = 0.22 [exp(0.0912 T) + ln(0.3145 R + 1)] · 30 · 0.465`, `T` mean temperature in °C, `R` precipitation
/// in mm (`ChinaXiv` 202209.00152 after Pei Zhiyong): the factors 30 and 0.465 as printed there. NaN if `R` is negative or an input is NaN.
pub fn monthly_respiration_gc_m2(temperature_c: f64, precipitation_mm: f64) -> f64 {
    if precipitation_mm < 0.0 {
        return f64::NAN;
    }
    0.22 * ((0.0912 * temperature_c).exp() + (0.3145 * precipitation_mm + 1.0).ln()) * 30.0 * 0.465
}

/// Soil respiration of a year, g C/m²: the sum of twelve months, January first. NaN if a month is unknown.
pub fn annual_respiration_gc_m2(temperature_c: &[f64; 12], precipitation_mm: &[f64; 12]) -> f64 {
    temperature_c.iter().zip(precipitation_mm).map(|(t, r)| monthly_respiration_gc_m2(*t, *r)).sum()
}

/// Soil respiration of a year of every pixel: twelve months of values of each, January first.
pub fn annual_respirations_gc_m2(temperature_c: &[Vec<f64>], precipitation_mm: &[Vec<f64>]) -> Vec<f64> {
    let at = |months: &[Vec<f64>], i: usize| -> [f64; 12] { std::array::from_fn(|m| months[m][i]) };
    let n = temperature_c.first().map_or(0, Vec::len);
    (0..n).map(|i| annual_respiration_gc_m2(&at(temperature_c, i), &at(precipitation_mm, i))).collect()
}

/// Net ecosystem production `NPP − Rh`, g C/m²/yr; NaN where an input is NaN; `clamp`: 0 instead of less.
pub fn nep_gc_m2(npp_gc_m2: f64, respiration_gc_m2: f64, clamp: bool) -> f64 {
    let nep = npp_gc_m2 - respiration_gc_m2;
    if clamp && nep < 0.0 { 0.0 } else { nep }
}

/// The same of many pixels.
pub fn neps_gc_m2(npp_gc_m2: &[f64], respiration_gc_m2: &[f64], clamp: bool) -> Vec<f64> {
    npp_gc_m2.iter().zip(respiration_gc_m2).map(|(n, r)| nep_gc_m2(*n, *r, clamp)).collect()
}

/// t CO2/yr that `area_m2` absorbs at an NEP in g C/m²/yr.
///
/// ```
/// use carbonzone_types::loops::ecosystem::absorption_t;
/// assert_eq!(absorption_t(120.0, 1e6), 440.0); // 120 t C on one km²
/// ```
pub fn absorption_t(nep_gc_m2: f64, area_m2: f64) -> f64 {
    Carbon(nep_gc_m2 * area_m2 / 1e6).to_co2().tonnes()
}
