//! Gases, warming potentials and the one way to CO2 equivalent.
//!
//! Every result is kept in its own gas; [`Amount::to_co2e`] converts at the end. Carbon is a type of its own
//! ([`Carbon`]) that cannot be added to [`Co2`].

use carbonzone_types::{Carbon, Co2e};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where methane comes from; only AR6 tells the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Rice, animals, waste, waste water.
    Biogenic,
    /// Burning and handling of fossil fuels.
    Fossil,
}

/// A published set of 100-year global warming potentials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum GwpSet {
    /// IPCC Second Assessment Report: CH4 21, N2O 310 (used by China's provincial guidelines).
    #[serde(rename = "SAR")]
    Sar,
    /// IPCC Fourth Assessment Report: CH4 25, N2O 298.
    #[serde(rename = "AR4")]
    Ar4,
    /// IPCC Fifth Assessment Report: CH4 28, N2O 265.
    #[default]
    #[serde(rename = "AR5")]
    Ar5,
    /// IPCC Sixth Assessment Report: CH4 27.0 biogenic and 29.8 fossil, N2O 273.
    #[serde(rename = "AR6")]
    Ar6,
}

impl GwpSet {
    /// kg CO2e per kg CH4 over 100 years (IPCC; AR6 WG1 Table 7.15 for the two origins).
    pub fn ch4(self, origin: Origin) -> f64 {
        match (self, origin) {
            (Self::Sar, _) => 21.0,
            (Self::Ar4, _) => 25.0,
            (Self::Ar5, _) => 28.0,
            (Self::Ar6, Origin::Biogenic) => 27.0,
            (Self::Ar6, Origin::Fossil) => 29.8,
        }
    }

    /// kg CO2e per kg N2O over 100 years.
    pub fn n2o(self) -> f64 {
        match self {
            Self::Sar => 310.0,
            Self::Ar4 => 298.0,
            Self::Ar5 => 265.0,
            Self::Ar6 => 273.0,
        }
    }

    /// Short name of the report: `SAR`, `AR4`, `AR5`, `AR6`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sar => "SAR",
            Self::Ar4 => "AR4",
            Self::Ar5 => "AR5",
            Self::Ar6 => "AR6",
        }
    }

    /// The set of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Sar, Self::Ar4, Self::Ar5, Self::Ar6].into_iter().find(|s| s.name().eq_ignore_ascii_case(name))
    }
}

/// Tonnes of carbon dioxide per year.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Co2(pub f64);

/// Tonnes of methane per year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ch4 {
    /// Tonnes.
    pub tonnes: f64,
    /// Where it comes from.
    pub origin: Origin,
}

impl Ch4 {
    /// Methane from living matter.
    pub fn biogenic(tonnes: f64) -> Self {
        Self { tonnes, origin: Origin::Biogenic }
    }
}

/// Tonnes of nitrous oxide per year.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct N2o(pub f64);

/// Tonnes CO2e per year as published, with the warming potentials of the publication: exempt from the GWP switch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublishedCo2e {
    /// Tonnes CO2e.
    pub tonnes: f64,
    /// Set the publisher used.
    pub gwp_set: GwpSet,
}

/// A result in its own gas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// Carbon dioxide.
    Co2(Co2),
    /// Methane.
    Ch4(Ch4),
    /// Nitrous oxide.
    N2o(N2o),
    /// Carbon, to be counted as the CO2 it becomes (× 44/12).
    Carbon(Carbon),
    /// Carbon whose number is taken as CO2e unchanged: only for `sink_basis = "carbon_as_is"`.
    CarbonAsIs(Carbon),
    /// Published only as CO2e.
    Published(PublishedCo2e),
}

impl Amount {
    /// Tonnes CO2e per year under a set of warming potentials.
    ///
    /// ```
    /// use carbonzone_inventory::{Amount, Ch4, GwpSet};
    /// let rice = Amount::Ch4(Ch4::biogenic(2.0));
    /// assert_eq!(rice.to_co2e(GwpSet::Ar5).tonnes(), 56.0);
    /// assert_eq!(rice.to_co2e(GwpSet::Ar6).tonnes(), 54.0);
    /// ```
    pub fn to_co2e(self, set: GwpSet) -> Co2e {
        match self {
            Self::Co2(co2) => Co2e(co2.0),
            Self::Ch4(ch4) => Co2e(ch4.tonnes * set.ch4(ch4.origin)),
            Self::N2o(n2o) => Co2e(n2o.0 * set.n2o()),
            Self::Carbon(c) => c.to_co2(),
            Self::CarbonAsIs(c) => Co2e(c.tonnes()),
            Self::Published(p) => Co2e(p.tonnes),
        }
    }

    /// Tonnes of the gas itself.
    pub fn tonnes(self) -> f64 {
        match self {
            Self::Co2(co2) => co2.0,
            Self::Ch4(ch4) => ch4.tonnes,
            Self::N2o(n2o) => n2o.0,
            Self::Carbon(c) | Self::CarbonAsIs(c) => c.tonnes(),
            Self::Published(p) => p.tonnes,
        }
    }

    /// Name of the gas: `CO2`, `CH4`, `N2O`, `C` or `CO2e`.
    pub fn gas(self) -> &'static str {
        match self {
            Self::Co2(_) => "CO2",
            Self::Ch4(_) => "CH4",
            Self::N2o(_) => "N2O",
            Self::Carbon(_) | Self::CarbonAsIs(_) => "C",
            Self::Published(_) => "CO2e",
        }
    }

    /// Tonnes CO2e per tonne of the gas under a set.
    pub fn warming(self, set: GwpSet) -> f64 {
        match self {
            Self::Co2(_) | Self::Published(_) | Self::CarbonAsIs(_) => 1.0,
            Self::Ch4(ch4) => set.ch4(ch4.origin),
            Self::N2o(_) => set.n2o(),
            Self::Carbon(_) => 44.0 / 12.0,
        }
    }

    /// The set that was used: the publisher's own for CO2e factors, the run's for CH4 and N2O, none for CO2 and C.
    pub fn gwp_set(self, set: GwpSet) -> Option<GwpSet> {
        match self {
            Self::Co2(_) | Self::Carbon(_) | Self::CarbonAsIs(_) => None,
            Self::Ch4(_) | Self::N2o(_) => Some(set),
            Self::Published(p) => Some(p.gwp_set),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn potentials_are_those_of_the_assessment_reports() {
        let table: Vec<(f64, f64, f64)> = [GwpSet::Sar, GwpSet::Ar4, GwpSet::Ar5, GwpSet::Ar6]
            .into_iter()
            .map(|s| (s.ch4(Origin::Biogenic), s.ch4(Origin::Fossil), s.n2o()))
            .collect();
        assert_eq!(
            table,
            [(21.0, 21.0, 310.0), (25.0, 25.0, 298.0), (28.0, 28.0, 265.0), (27.0, 29.8, 273.0)]
        );
    }

    #[test]
    fn carbon_becomes_carbon_dioxide_only_by_name() {
        assert_eq!(Amount::Carbon(Carbon(12.0)).to_co2e(GwpSet::Ar5), Co2e(44.0));
        assert_eq!(Amount::CarbonAsIs(Carbon(12.0)).to_co2e(GwpSet::Ar5), Co2e(12.0));
    }

    #[test]
    fn published_co2e_ignores_the_switch() {
        let published = Amount::Published(PublishedCo2e { tonnes: 5.0, gwp_set: GwpSet::Ar4 });
        assert_eq!(published.to_co2e(GwpSet::Sar), published.to_co2e(GwpSet::Ar6));
        assert_eq!(published.gwp_set(GwpSet::Ar6), Some(GwpSet::Ar4));
    }
}
