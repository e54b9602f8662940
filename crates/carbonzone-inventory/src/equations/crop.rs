//! Carbon in crops, for the sinks of equation 7.

/// Carbon fixed per tonne of yield, tC/t: `ca × (1 - w) / HI`.
pub fn crop_carbon_per_tonne(carbon_rate: f64, water: f64, harvest_index: f64) -> f64 {
    carbon_rate * (1.0 - water) / harvest_index
}
