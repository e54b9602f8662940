//! Crop coefficients of equation 7.

use super::Status;
use crate::config::YieldBasis;
use crate::equations::crop::crop_carbon_per_tonne;
use serde::Serialize;

/// Coefficients of one crop.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crop {
    /// Key, e.g. `rice`.
    pub crop: String,
    /// Chinese name.
    pub name_zh: String,
    /// Carbon absorbed per tonne of dry matter, tC/t (`ca_x`).
    pub carbon_rate: f64,
    /// Water content of fresh yield, fraction (`w_x`).
    pub water_fresh: f64,
    /// Water content of the yield as statistical yearbooks give it (tubers are grain-equivalent, tobacco is cured).
    pub water_yearbook: f64,
    /// Harvest index, also called economic coefficient (`HI_x`).
    pub harvest_index: f64,
    /// Half-width of a 95 % interval, percent (expert judgement).
    pub uncertainty_pct: f64,
    /// Verification status.
    pub status: Status,
    /// Source.
    pub source: String,
    /// Caveats and other values in use.
    pub note: String,
}

impl Crop {
    /// Water content under a yield basis.
    pub fn water(&self, basis: YieldBasis) -> f64 {
        match basis {
            YieldBasis::Yearbook => self.water_yearbook,
            YieldBasis::Fresh => self.water_fresh,
        }
    }

    /// Tonnes of carbon per tonne of yield.
    pub fn carbon_per_tonne(&self, basis: YieldBasis) -> f64 {
        crop_carbon_per_tonne(self.carbon_rate, self.water(basis), self.harvest_index)
    }
}
