//! What `run.json` keeps of the compensation between units.

use crate::Statement;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Compensation between the units of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompensationRecord {
    /// Year of the positions, in a study over years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// What the money rests on, one sentence each.
    pub assumes: Vec<Statement>,
    /// The prices, the first of which is mapped.
    pub prices: Vec<PriceRecord>,
    /// The models, the first of which is mapped.
    pub models: Vec<CompensationModel>,
    /// Ids of units that take no part, for want of a number.
    pub left_out: Vec<String>,
}

/// A price of carbon.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceRecord {
    /// Short name.
    pub name: String,
    /// CNY per tonne of CO2e.
    pub cny_per_t: f64,
    /// Where it comes from.
    pub source: String,
}

/// Compensation under one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompensationModel {
    /// Key of the model.
    pub model: String,
    /// Its name.
    pub label: Statement,
    /// Number of units that pay.
    pub payers: u64,
    /// Number of units that receive.
    pub receivers: u64,
    /// Money that changes hands at each price, CNY.
    pub moved_cny: Vec<f64>,
    /// Sum over the units at each price, fen: 0, or the run fails.
    pub net_fen: Vec<i64>,
    /// By what receipts are multiplied so that they are the payments (ability to pay).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts_factor: Option<f64>,
    /// Price at which cuts clear, CNY per tonne (quota with costs).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearing_price: Option<f64>,
    /// Entropy weights of the indicators (quota).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, f64>,
    /// Units in the order of the zone table; those that take no part are not in it.
    pub units: Vec<CompensatedUnit>,
}

/// A unit under one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompensatedUnit {
    /// Unit id.
    pub unit_id: String,
    /// What is settled, t CO2e: above 0 it receives, below 0 it pays.
    pub settled_t: f64,
    /// The same as money at each price, CNY, whole fen.
    pub cny: Vec<f64>,
    /// Share of the draws of `[uncertainty]` in which it is on the same side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_probability: Option<f64>,
}
