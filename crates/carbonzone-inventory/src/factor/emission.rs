//! An emission factor: value, unit, gas, source, status.

use super::Status;
use crate::equations::term;
use crate::gas::{Amount, Ch4, Co2, GwpSet, N2o, Origin, PublishedCo2e};
use crate::unit::Unit;
use carbonzone_types::Carbon;
use serde::{Deserialize, Serialize};

/// What a factor yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactorGas {
    /// Carbon dioxide.
    #[serde(rename = "CO2")]
    Co2,
    /// Methane.
    #[serde(rename = "CH4")]
    Ch4,
    /// Nitrous oxide.
    #[serde(rename = "N2O")]
    N2o,
    /// Carbon, counted as the CO2 it becomes.
    C,
    /// Published only as CO2e.
    #[serde(rename = "CO2e")]
    Co2e,
    /// A parameter, not a factor (BOD per person, carbon content of waste, ...).
    #[serde(rename = "-")]
    None,
}

impl FactorGas {
    /// Name as in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Co2 => "CO2",
            Self::Ch4 => "CH4",
            Self::N2o => "N2O",
            Self::C => "C",
            Self::Co2e => "CO2e",
            Self::None => "-",
        }
    }
}

/// One emission factor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Factor {
    /// Id, e.g. `fuel.cn.raw_coal`.
    pub id: String,
    /// Set it belongs to, e.g. `fuel.cn`.
    pub set: String,
    /// Sector of the library: `energy`, `industry_process`, `transport`, `agriculture`, `waste`, `gwp`, `guiyang`.
    pub sector: String,
    /// Activity it applies to.
    pub activity: String,
    /// Unit of the activity, e.g. `t`.
    pub unit: String,
    /// Value in `unit_of_value`.
    pub value: f64,
    /// Unit of the value, e.g. `kgCH4/head/yr`.
    pub unit_of_value: String,
    /// Gas.
    pub gas: FactorGas,
    /// Origin of methane.
    pub origin: Option<Origin>,
    /// Warming potentials inside the factor, for CO2e factors.
    pub gwp_set: Option<GwpSet>,
    /// Net calorific value of a fuel, GJ per `unit`.
    pub ncv_gj: Option<f64>,
    /// Carbon content of a fuel, tC/GJ.
    pub carbon_tc_per_gj: Option<f64>,
    /// Oxidation rate of a fuel, fraction.
    pub oxidation: Option<f64>,
    /// Electricity per `unit` of an electric vehicle, kWh: the factor then follows the grid factor in use.
    pub kwh_per_unit: Option<f64>,
    /// Half-width of a 95 % interval, percent (expert judgement unless the source gives one).
    pub uncertainty_pct: f64,
    /// Verification status.
    pub status: Status,
    /// Source: publication and table.
    pub source: String,
    /// Document it was checked against.
    pub checked_against: String,
    /// Caveats.
    pub note: String,
    /// True if the user's table replaced or added it.
    pub overridden: bool,
}

impl Factor {
    /// Tonnes of one numerator unit: `kgCO2/kWh` → 0.001.
    pub(crate) fn numerator_tonnes(unit_of_value: &str) -> Option<f64> {
        let numerator = unit_of_value.split('/').next()?.trim();
        let mass = ["CO2e", "CO2", "CH4", "N2O", "C"].iter().find_map(|gas| numerator.strip_suffix(gas))?;
        match mass.trim() {
            "t" => Some(1.0),
            "kg" => Some(1e-3),
            "g" => Some(1e-6),
            _ => None,
        }
    }

    /// The activity's unit.
    pub fn activity_unit(&self) -> Option<Unit> {
        Unit::parse(&self.unit)
    }

    /// Tonnes of the gas per canonical unit of the activity (see [`crate::Dimension::canonical`]).
    ///
    /// Zero for rows that are parameters rather than factors.
    pub fn tonnes_per_canonical(&self) -> f64 {
        let numerator = Self::numerator_tonnes(&self.unit_of_value).unwrap_or(0.0);
        self.activity_unit().map_or(0.0, |u| self.value * numerator / u.scale)
    }

    /// As [`Self::tonnes_per_canonical`], in kilograms; exact where the factor is given in kilograms.
    pub fn kg_per_canonical(&self) -> f64 {
        let kilograms = Self::numerator_tonnes(&self.unit_of_value).unwrap_or(0.0) / 1e-3;
        self.activity_unit().map_or(0.0, |u| self.value * kilograms / u.scale)
    }

    /// Amount of gas in tonnes, typed by the factor's gas.
    pub fn amount(&self, tonnes: f64) -> Amount {
        match self.gas {
            FactorGas::Co2 | FactorGas::None => Amount::Co2(Co2(tonnes)),
            FactorGas::Ch4 => Amount::Ch4(Ch4 { tonnes, origin: self.origin.unwrap_or(Origin::Biogenic) }),
            FactorGas::N2o => Amount::N2o(N2o(tonnes)),
            FactorGas::C => Amount::Carbon(Carbon(tonnes)),
            FactorGas::Co2e => {
                Amount::Published(PublishedCo2e { tonnes, gwp_set: self.gwp_set.unwrap_or(GwpSet::Ar4) })
            }
        }
    }

    /// Emission of an amount in canonical units.
    pub fn apply(&self, canonical_amount: f64) -> Amount {
        self.amount(term(canonical_amount, self.tonnes_per_canonical()))
    }
}
