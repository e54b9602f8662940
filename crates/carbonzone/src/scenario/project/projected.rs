//! A plan as computed.

use crate::scenario::land::LandChange;
use carbonzone_zoning::{Indices, Zoned};

/// Steps of the waterfall, in order; sinks come last.
pub const STEPS: [&str; 7] = ["area", "structure", "density", "activity", "intensity", "factor", "sinks"];

/// Effects of a zone, in order: those of the emissions add up to the change of gross emissions; sinks stand beside them.
pub const EFFECTS: [&str; 5] = ["land", "activity", "intensity", "factor", "sinks"];

/// Effects on emissions.
pub const ON_EMISSIONS: usize = 4;

/// The change of one zone, t CO2e.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Base run and plan by sector, in the order of the run's sectors.
    pub sectors: Vec<[f64; 2]>,
    /// Effects, in the order of [`EFFECTS`].
    pub effects: [f64; 5],
}

/// Multiples of a rule in the plan's year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Multiples {
    pub activity: f64,
    /// Energy or material per activity.
    pub intensity: f64,
    /// Emission factor.
    pub factor: f64,
}

impl Multiples {
    /// All three.
    pub fn product(self) -> f64 {
        self.activity * self.intensity * self.factor
    }
}

/// A year of a sector on the way to the plan's.
#[derive(Debug, Clone, PartialEq)]
pub struct SectorYear {
    pub year: i32,
    /// Sector key, `gross`, `sink` or `net`.
    pub item: String,
    /// t CO2e.
    pub amount_t: f64,
}

/// A scenario, computed. Rows by zone; tonnes by rule have one place more, for what lies in no zone.
pub struct Projected {
    pub name: String,
    pub land: LandChange,
    /// Multiples by rule.
    pub multiples: Vec<Multiples>,
    /// Tonnes by rule and zone.
    pub rule_t: Vec<Vec<f64>>,
    /// Of these, on new land: assumed.
    pub assumed_t: Vec<f64>,
    /// Gross emissions by zone.
    pub gross_t: Vec<f64>,
    /// Sinks by zone.
    pub sink_t: Vec<f64>,
    /// GDP by zone.
    pub gdp: Vec<Option<f64>>,
    /// Residents by zone.
    pub population: Vec<Option<f64>>,
    /// Indices by zone.
    pub indices: Indices,
    /// Classes by zone, by the cuts of the base run.
    pub zoned: Zoned,
    /// Base net emissions, effects of [`STEPS`], net emissions of the plan: of the whole city, t.
    pub waterfall: (f64, [f64; 7], f64),
    /// What makes the change in each zone.
    pub splits: Vec<Split>,
    /// Years from the base to the plan's.
    pub years: Vec<SectorYear>,
    /// One-off change of carbon stocks by zone, t CO2, above 0 where more is stored; empty without stocks.
    pub stock_t: Vec<f64>,
    /// How often a zone changes its class under the same draws; empty without draws.
    pub moves: Vec<carbonzone_confidence::Moves>,
    /// Gross emissions that are aimed at, t.
    pub target_t: Option<f64>,
}
