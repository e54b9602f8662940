//! Land sink coefficients of equation 7.

use super::Status;
use crate::equations::term;
use crate::gas::{Amount, Co2};
use carbonzone_types::Carbon;
use serde::Serialize;

/// What a sink coefficient counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SinkUnitBasis {
    /// Tonnes of carbon per hectare and year; × 44/12 for CO2.
    C,
    /// Tonnes of CO2 per hectare and year.
    #[serde(rename = "CO2")]
    Co2,
}

/// A land sink coefficient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SinkCoefficient {
    /// Id, `<set>.<land type>`.
    pub id: String,
    /// Set: `lit_low`, `lit_high`, `guiyang`, or the user's.
    pub set: String,
    /// Land type: `forest`, `grassland`, `water`, `wetland`, `unused`, `orchard`, `urban_green`, `cultivated`.
    pub land_type: String,
    /// Tonnes per hectare and year, of what `basis` says; positive is a sink.
    pub value: f64,
    /// Carbon or CO2.
    pub basis: SinkUnitBasis,
    /// Half-width of a 95 % interval, percent (expert judgement).
    pub uncertainty_pct: f64,
    /// Verification status.
    pub status: Status,
    /// Source.
    pub source: String,
    /// Document it was checked against.
    pub checked_against: String,
    /// Caveats.
    pub note: String,
}

impl SinkCoefficient {
    /// Sink of an area: hectares × coefficient.
    pub fn apply(&self, hectares: f64) -> Amount {
        match self.basis {
            SinkUnitBasis::C => Amount::Carbon(Carbon(term(hectares, self.value))),
            SinkUnitBasis::Co2 => Amount::Co2(Co2(term(hectares, self.value))),
        }
    }
}
