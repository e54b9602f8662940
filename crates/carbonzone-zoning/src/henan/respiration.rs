//! Absorption: net ecosystem production from net primary production and soil respiration (method E2).

use crate::ZoningError;
use carbonzone_types::Carbon;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// g C per m² and count of MOD17A3HGF: 0.0001 kg C/m²/yr \[unverified, high confidence; method E2\].
pub const MOD17_SCALE_GC_M2: f64 = 0.1;

/// NPP in g C/m²/yr of a MOD17A3HGF count; `None` outside the valid range −30000..=32700 (fill values
/// 32761–32767).
///
/// ```
/// use carbonzone_zoning::henan::respiration::mod17_npp_gc_m2;
/// assert_eq!(mod17_npp_gc_m2(4200), Some(420.0));
/// assert_eq!(mod17_npp_gc_m2(32767), None);
/// ```
#[must_use]
pub fn mod17_npp_gc_m2(count: i32) -> Option<f64> {
    (-30_000..=32_700).contains(&count).then(|| f64::from(count) * MOD17_SCALE_GC_M2)
}

/// Soil heterotrophic respiration of one month, g C/m².
///
/// `Rh = 0.22 [exp(0.0912 T) + ln(0.3145 R + 1)] · 30 · 0.465`, `T` mean temperature in °C, `R` precipitation
/// in mm (`ChinaXiv` 202209.00152 after Pei Zhiyong). NaN if `R` is negative or an input is NaN.
#[must_use]
pub fn monthly_respiration_gc_m2(temperature_c: f64, precipitation_mm: f64) -> f64 {
    if precipitation_mm < 0.0 {
        return f64::NAN;
    }
    0.22 * ((0.0912 * temperature_c).exp() + (0.3145 * precipitation_mm + 1.0).ln()) * 30.0 * 0.465
}

/// Soil respiration of a year, g C/m²: the sum of twelve months, January first. NaN if a month is unknown.
#[must_use]
pub fn annual_respiration_gc_m2(temperature_c: &[f64; 12], precipitation_mm: &[f64; 12]) -> f64 {
    temperature_c.iter().zip(precipitation_mm).map(|(t, r)| monthly_respiration_gc_m2(*t, *r)).sum()
}

/// What becomes of a pixel whose respiration exceeds its production.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NegativeNep {
    /// It stays a source: NEP is negative there.
    #[default]
    Keep,
    /// Its NEP is set to 0.
    Clamp,
}

/// Net ecosystem production `NPP − Rh`, g C/m²/yr; NaN where an input is NaN.
#[must_use]
pub fn nep_gc_m2(npp_gc_m2: f64, respiration_gc_m2: f64, negative: NegativeNep) -> f64 {
    let nep = npp_gc_m2 - respiration_gc_m2;
    match negative {
        NegativeNep::Clamp if nep < 0.0 => 0.0,
        _ => nep,
    }
}

/// t CO2/yr that `area_m2` absorbs at an NEP in g C/m²/yr.
///
/// ```
/// use carbonzone_zoning::henan::respiration::absorption_t;
/// assert_eq!(absorption_t(120.0, 1e6), 440.0); // 120 t C on one km²
/// ```
#[must_use]
pub fn absorption_t(nep_gc_m2: f64, area_m2: f64) -> f64 {
    Carbon(nep_gc_m2 * area_m2 / 1e6).to_co2().tonnes()
}

/// Absorption of many pixels and how many of them are sources or unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NepSummary {
    /// t CO2/yr per pixel; NaN where unknown.
    pub absorption_t: Vec<f64>,
    /// Pixels with a negative NEP (before any clamping).
    pub negative: u64,
    /// Pixels without a value.
    pub unknown: u64,
}

/// Absorption of pixels from their NPP and annual respiration (g C/m²/yr) and areas (m²).
///
/// # Errors
/// [`ZoningError::Length`] if the slices differ.
pub fn absorption_of_pixels(
    npp_gc_m2: &[f64],
    respiration_gc_m2: &[f64],
    area_m2: &[f64],
    negative: NegativeNep,
) -> Result<NepSummary, ZoningError> {
    ZoningError::check_len("respiration_gc_m2", respiration_gc_m2.len(), npp_gc_m2.len())?;
    ZoningError::check_len("area_m2", area_m2.len(), npp_gc_m2.len())?;
    let mut out = NepSummary { absorption_t: Vec::with_capacity(npp_gc_m2.len()), ..NepSummary::default() };
    for ((npp, rh), area) in npp_gc_m2.iter().zip(respiration_gc_m2).zip(area_m2) {
        out.negative += u64::from(npp < rh);
        let t = absorption_t(nep_gc_m2(*npp, *rh, negative), *area);
        out.unknown += u64::from(t.is_nan());
        out.absorption_t.push(t);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_of_method_e2_gives_its_printed_value() {
        let t = [1.0, 4.0, 9.0, 16.0, 21.0, 26.0, 27.0, 26.0, 21.0, 16.0, 9.0, 3.0];
        let r = [10.0, 13.0, 25.0, 40.0, 60.0, 80.0, 150.0, 110.0, 70.0, 45.0, 25.0, 10.0];
        // Printed to three decimals.
        assert!((annual_respiration_gc_m2(&t, &r) - 290.720).abs() < 5e-4);
    }

    #[test]
    fn negative_pixels_stay_sources_unless_clamped() {
        let run = |negative| {
            absorption_of_pixels(&[300.0, 100.0, f64::NAN], &[200.0; 3], &[1e6; 3], negative).unwrap()
        };
        let kept = run(NegativeNep::Keep);
        assert_eq!(kept.absorption_t[0], 100.0 * 44.0 / 12.0);
        assert_eq!(kept.absorption_t[1], -100.0 * 44.0 / 12.0);
        assert_eq!((kept.negative, kept.unknown), (1, 1));
        let clamped = run(NegativeNep::Clamp);
        assert_eq!(clamped.absorption_t[1], 0.0);
        assert_eq!(clamped.negative, 1);
        assert!(clamped.absorption_t[2].is_nan());
    }

    #[test]
    fn negative_precipitation_is_unknown() {
        assert!(monthly_respiration_gc_m2(10.0, -1.0).is_nan());
    }
}
