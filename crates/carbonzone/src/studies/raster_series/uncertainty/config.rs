//! `[uncertainty]` of a raster series.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How unsure the inputs of a raster series are. Half-widths are those of 95 % intervals, in percent; none may be missing. What
/// is wrong about a county is wrong in the same way in every year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SeriesUncertainty {
    /// Number of draws: a power of two, 64 to 65536.
    pub draws: usize,
    /// Seed: the same seed gives the same draws.
    pub seed: u64,
    /// Find out what moves each class. About seven times the work.
    pub drivers: bool,
    /// Half-width of the energy emissions of one county.
    pub energy_pct: Option<f64>,
    /// Half-width of what all counties' energy emissions have in common: factors, the energy balance.
    pub energy_common_pct: Option<f64>,
    /// Half-width of the absorption of one county.
    pub absorption_pct: Option<f64>,
    /// Half-width of what all counties' absorption has in common: the models of production and respiration.
    pub absorption_common_pct: Option<f64>,
}

impl Default for SeriesUncertainty {
    fn default() -> Self {
        Self {
            draws: 1024,
            seed: 2020,
            drivers: true,
            energy_pct: None,
            energy_common_pct: None,
            absorption_pct: None,
            absorption_common_pct: None,
        }
    }
}
