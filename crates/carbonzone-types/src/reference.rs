//! What `run.json` keeps of totals of other sources beside ours.

use crate::Statement;
use serde::{Deserialize, Serialize};

/// A source with its amounts beside ours. Nothing is adjusted to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReferenceRecord {
    /// Name in the pipeline file.
    pub name: String,
    /// Its title.
    pub title: Statement,
    /// Year that is compared.
    pub year: Option<i32>,
    /// Where the numbers come from.
    pub source: String,
    /// What it counts and we do not, or the other way round; empty: not said.
    pub differs_in: String,
    /// Amounts.
    pub rows: Vec<ReferenceRow>,
}

/// An amount of another source beside ours.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReferenceRow {
    /// Sector key, `gross`, `sink` or `net`; `gross` for units.
    pub item: String,
    /// Unit, or district, whose gross emissions are compared; empty: the whole city.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Ours, t CO2e; none: unknown.
    pub ours_t: Option<f64>,
    /// Theirs, t CO2e.
    pub reference_t: f64,
}

impl ReferenceRow {
    /// Ours minus theirs, t CO2e.
    pub fn difference_t(&self) -> Option<f64> {
        self.ours_t.map(|t| t - self.reference_t)
    }

    /// The same in percent of theirs; none where that is 0.
    pub fn difference_pct(&self) -> Option<f64> {
        let pct = |d: f64| 100.0 * d / self.reference_t.abs();
        self.difference_t().filter(|_| self.reference_t != 0.0).map(pct)
    }
}
