//! Equation 8 of the Suzhou paper: here and not beside equations 9 and 10, because inventory and indices both use it.

/// Equation 8 of the Suzhou paper, the carbon compensating rate `CCR = CA / C`: sinks over **gross** emissions, both
/// magnitudes in t CO2e. `None` where nothing is emitted.
pub fn compensating_rate(sink_t: f64, gross_t: f64) -> Option<f64> {
    (gross_t > 0.0).then(|| sink_t / gross_t)
}
