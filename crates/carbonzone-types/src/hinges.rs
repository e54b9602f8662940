//! What lies behind the classes beside the draws: the set of sink coefficients, one map point, the land that emits.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The units that another set of sink coefficients puts into another class; the total of the sinks stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SinkSetRecord {
    /// Name of the set.
    pub set: String,
    /// Share of the sinks that lies in other units under it, percent.
    pub moved_pct: f64,
    /// Key of the class by unit id, of the units whose class differs.
    pub classes: BTreeMap<String, String>,
}

/// Gross emissions of a sector on the land of one space type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LandSectorRecord {
    /// Space type.
    pub space_type: String,
    /// Sector key.
    pub sector: String,
    /// t CO2e.
    pub amount_t: f64,
}

/// A unit whose class hangs on one map point: the points of a rule have equal tonnes, whatever they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OnePointRecord {
    /// Unit id.
    pub unit_id: String,
    /// Rule that gives every point the same.
    pub rule: String,
    /// Points that share, e.g. `poi:industry`.
    pub proxy: String,
    /// What the point has in the unit, t CO2e.
    pub point_t: f64,
    /// Key of the class without it: its tonnes go to the other points of the rule.
    pub class: String,
}
