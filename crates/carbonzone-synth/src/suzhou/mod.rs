//! The synthetic Suzhou: a city of any size that reads like Suzhou on a map, made from `fixtures/suzhou/`.
//!
//! Everything it makes is **synthetic**. Names, outline, lakes and unit totals are real or near; borders, parcels, streets, points and
//! people are not, and nothing is tuned to the zone counts of the paper.

mod cells;
mod facts;
mod fields;
mod generate;
mod geography;
mod land_class;
mod landuse;
mod points;
mod size;
mod streets;
pub mod truth;

pub use facts::{FactFiles, Hill, MainLine, Site, SuzhouFacts, TownKind, Township, Unit, Water, WaterKind};
pub use fields::Sample;
pub use generate::generate;
pub use land_class::class;
pub use landuse::{Use, choose, use_of};
pub use size::{ClassSummary, MAX_PARCELS, MIN_PARCELS, SynthOptions, SynthSummary};
pub use truth::{TrueBudget, Truth, TruthTap};
