//! Absorption: net ecosystem production from net primary production and soil respiration (docs/method.md §13).

use carbonzone_types::Carbon;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
/// use carbonzone_inventory::equations::ecosystem::absorption_t;
/// assert_eq!(absorption_t(120.0, 1e6), 440.0); // 120 t C on one km²
/// ```
pub fn absorption_t(nep_gc_m2: f64, area_m2: f64) -> f64 {
    Carbon(nep_gc_m2 * area_m2 / 1e6).to_co2().tonnes()
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
        use NegativeNep::{Clamp, Keep};
        assert_eq!((nep_gc_m2(300.0, 200.0, Keep), nep_gc_m2(300.0, 200.0, Clamp)), (100.0, 100.0));
        assert_eq!((nep_gc_m2(100.0, 200.0, Keep), nep_gc_m2(100.0, 200.0, Clamp)), (-100.0, 0.0));
        assert!(nep_gc_m2(f64::NAN, 200.0, Clamp).is_nan());
        assert_eq!(absorption_t(-100.0, 1e6), -100.0 * 44.0 / 12.0);
    }

    #[test]
    fn negative_precipitation_is_unknown() {
        assert!(monthly_respiration_gc_m2(10.0, -1.0).is_nan());
    }
}
