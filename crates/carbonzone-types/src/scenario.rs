//! What `run.json` keeps of the scenarios of plans.

use crate::Statement;
use serde::{Deserialize, Serialize};

/// A scenario beside the base run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScenarioRecord {
    /// Name in the pipeline file.
    pub name: String,
    /// Its title.
    pub title: Statement,
    /// Year of the plan.
    pub year: i32,
    /// What it assumes, with its source.
    pub assumes: Statement,
    /// Gross emissions of the units in the base run, t CO2e.
    pub gross_base_t: f64,
    /// Gross emissions of the units under the plan, t CO2e.
    pub gross_t: f64,
    /// Of these on new land, assumed, t CO2e.
    pub assumed_t: f64,
    /// Sinks of the units under the plan, t CO2e, positive.
    pub sink_t: f64,
    /// One-off change of carbon stocks, t CO2, above 0 where more is stored; none without stocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_change_once_t: Option<f64>,
    /// Year in which gross emissions of the city are largest.
    pub peak_year: Option<i32>,
    /// Gross emissions that are aimed at, t CO2e.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_t: Option<f64>,
    /// Net emissions of the city before, the effects (LMDI) and net emissions after, t CO2e, in the order of the waterfall.
    pub waterfall: Vec<WaterfallStep>,
    /// Elasticity of gross emissions to GDP from the base run to the plan (Tapio 2005).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elasticity: Option<f64>,
    /// Its state.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub decoupling: String,
    /// Units whose class differs from that of the base run.
    pub units_changed: u64,
    /// Units in the order of the zone table.
    pub units: Vec<ScenarioUnit>,
}

/// A step of a waterfall.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WaterfallStep {
    /// `net_base`, `area`, `structure`, `density`, `activity`, `intensity`, `factor`, `sinks`, `net_plan`.
    pub step: String,
    /// t CO2e.
    pub effect_t: f64,
}

/// A unit under a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScenarioUnit {
    /// Unit id.
    pub unit_id: String,
    /// Gross emissions in the base run, t CO2e.
    pub gross_base_t: f64,
    /// Gross emissions under the plan, t CO2e.
    pub gross_t: f64,
    /// Sinks in the base run, t CO2e, positive.
    pub sink_base_t: f64,
    /// Sinks under the plan, t CO2e, positive.
    pub sink_t: f64,
    /// Class in the base run.
    pub zone_base: String,
    /// Class under the plan.
    pub zone: String,
    /// Share of the draws in which the two classes differ, both judged in the same draw; none without draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_changes: Option<f64>,
}
