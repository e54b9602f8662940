//! `[uncertainty]` of a counties study.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How unsure the inputs of a counties study are. Half-widths are those of 95 % intervals, in percent; none may be missing. What
/// is wrong about a county is wrong in the same way in every year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CountyUncertainty {
    /// Number of draws: a power of two, 64 to 65536.
    pub draws: usize,
    /// Seed: the same seed gives the same draws.
    pub seed: u64,
    /// Find out what moves each class. About seven times the work.
    pub drivers: bool,
    /// Half-width of a county's residents.
    pub population_pct: Option<f64>,
    /// Half-width of a county's GDP. Energy use follows it, for it is energy per GDP times GDP.
    pub gdp_pct: Option<f64>,
    /// Half-width of a county's energy per GDP.
    pub energy_intensity_pct: Option<f64>,
    /// Half-width of the area of a land-cover class in a county.
    pub land_cover_pct: Option<f64>,
    /// Half-width of the factors `respiration` and `energy`, the same for all counties.
    pub factors: BTreeMap<String, f64>,
    /// Half-width of the sink coefficient of each land-cover class, the same for all counties.
    pub sinks: BTreeMap<String, f64>,
}

impl Default for CountyUncertainty {
    fn default() -> Self {
        Self {
            draws: 4096,
            seed: 2020,
            drivers: true,
            population_pct: None,
            gdp_pct: None,
            energy_intensity_pct: None,
            land_cover_pct: None,
            factors: BTreeMap::new(),
            sinks: BTreeMap::new(),
        }
    }
}
