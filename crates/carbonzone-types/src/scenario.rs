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
    /// Year in which gross emissions of the city peak; none where the first or the last year is the largest.
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
    /// What the paths make of each budget in the year of the plan; rules that nothing changes are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub multiples: Vec<RuleMultiples>,
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
    /// Gross emissions by sector, in the order of the run's sectors: they add up to `gross_base_t` and `gross_t`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sectors: Vec<SectorChange>,
    /// What makes the change (LMDI over the rules in the unit), t CO2e: `land`, `activity`, `intensity` and `factor` add up to
    /// the change of gross emissions; `sinks` is what sinks take away less.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<WaterfallStep>,
    /// `ccr`, the two indices of the scheme, `gdp_1e4cny` and `population_persons` in the base run and under the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueChange>,
    /// Class in the base run.
    pub zone_base: String,
    /// Class under the plan.
    pub zone: String,
    /// Share of the draws in which the two classes differ, both judged in the same draw; none without draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_changes: Option<f64>,
}

/// By what the budget of a rule is multiplied in the year of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleMultiples {
    /// Rule id.
    pub rule: String,
    /// Sector key, or `sink`.
    pub sector: String,
    /// Activity.
    pub activity: f64,
    /// Energy or material per activity.
    pub intensity: f64,
    /// Emission factor.
    pub factor: f64,
}

/// A sector of a unit before and after.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SectorChange {
    /// Sector key.
    pub sector: String,
    /// In the base run, t CO2e.
    pub base_t: f64,
    /// Under the plan, t CO2e.
    pub plan_t: f64,
}

/// A number of a unit before and after.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ValueChange {
    /// Column.
    pub key: String,
    /// In the base run, if known.
    pub base: Option<f64>,
    /// Under the plan, if known.
    pub plan: Option<f64>,
}
