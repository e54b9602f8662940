//! Absorption: net ecosystem production from net primary production and soil respiration (docs/method.md §13).

use carbonzone_types::loops::ecosystem;
pub use carbonzone_types::loops::ecosystem::{
    absorption_t, annual_respiration_gc_m2, annual_respirations_gc_m2, monthly_respiration_gc_m2,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    ecosystem::nep_gc_m2(npp_gc_m2, respiration_gc_m2, negative == NegativeNep::Clamp)
}

/// The same of many pixels.
pub fn neps_gc_m2(npp_gc_m2: &[f64], respiration_gc_m2: &[f64], negative: NegativeNep) -> Vec<f64> {
    ecosystem::neps_gc_m2(npp_gc_m2, respiration_gc_m2, negative == NegativeNep::Clamp)
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
