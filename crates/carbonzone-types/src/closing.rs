//! The closing table of a run: what carries each budget, and what of its proxy was left aside.

use crate::Statement;
use serde::{Deserialize, Serialize};

/// Share of a budget on one unit above which it is a finding, percent.
pub const MOST_ON_ONE_UNIT_PCT: f64 = 50.0;
/// Share of a proxy left aside above which it is a finding, percent.
pub const MOST_LEFT_ASIDE_PCT: f64 = 50.0;

/// How one budget came to its parcels (or counties).
///
/// `used_pct + other_rules_pct + other_class_pct + outside_pct` is 100 where all four are known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClosingRow {
    /// Rule, or sector in a study over years.
    pub rule: String,
    /// Sector key, or `sink`.
    pub sector: String,
    /// Year, in a study over years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// Budget, t CO2e (sinks positive).
    pub budget_t: f64,
    /// Proxy in use; empty if nothing was shared out.
    pub proxy: String,
    /// Unit of the proxy.
    pub unit: String,
    /// The whole proxy, in its unit; beyond a border that clips it does not exist.
    pub proxy_total: Option<f64>,
    /// On the land of this rule, what was moved there included, percent of the whole.
    pub used_pct: Option<f64>,
    /// Moved to the nearest parcel of the class, percent of the whole; part of what is used.
    pub snapped_pct: Option<f64>,
    /// On the land of other rules with the same proxy, percent of the whole.
    pub other_rules_pct: Option<f64>,
    /// On land of other classes, which no rule with this proxy has: left aside.
    pub other_class_pct: Option<f64>,
    /// On no land at all: left aside.
    pub outside_pct: Option<f64>,
    /// Parcels (or counties) that could carry the budget.
    pub units: u64,
    /// Those that do.
    pub carrying: u64,
    /// The one with most of it.
    pub largest_unit: String,
    /// What it is and where it lies; empty where the id says it.
    #[serde(skip_serializing_if = "is_empty")]
    pub largest_place: Statement,
    /// Its share of what was placed, percent.
    pub largest_pct: Option<f64>,
}

fn is_empty(place: &Statement) -> bool {
    place.en.is_empty() && place.zh.is_empty()
}

impl ClosingRow {
    /// Percent of the proxy that counts for nothing; `None` if that is not known.
    pub fn left_aside_pct(&self) -> Option<f64> {
        let parts = [self.other_class_pct, self.outside_pct];
        parts.iter().any(Option::is_some).then(|| parts.into_iter().flatten().sum())
    }
}
