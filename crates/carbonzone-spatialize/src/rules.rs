//! A rule of `[[allocate]]`: which budget goes to which land, by which proxy. The rows of the Suzhou paper's Table 2 are the
//! rules of `pipelines/suzhou.toml`.

use carbonzone_types::{LandGroup, Proxy, Sector, WordError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to do when no parcel belongs to the land groups of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMissingClass {
    /// Refuse the run (default).
    #[default]
    Error,
    /// Book the budget as unallocated.
    Unallocated,
    /// Use these land groups instead.
    Redirect(Vec<String>),
}

/// What to do when every proxy of the chain is zero on all parcels of the land groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnZeroWeight {
    /// Share by area, with a warning and a ledger row (default; docs/adr/0005).
    #[default]
    Area,
    /// Refuse the run.
    Error,
    /// Book the budget as unallocated.
    Unallocated,
}

/// One row of the allocation table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AllocationRule {
    /// Unique id, e.g. `manufacturing`.
    pub id: String,
    /// Sector, or the sinks.
    pub sector: Sector,
    /// Activity in words, for reports.
    pub activity: String,
    /// Space types that carry the budget; together they share it (pooled) if there are several.
    pub land_groups: Vec<LandGroup>,
    /// Budget, t CO2e; sinks positive.
    pub budget_t: f64,
    /// Where the budget comes from.
    pub budget_source: String,
    /// Proxies in order: the first whose sum over the land groups is positive is used.
    pub proxies: Vec<Proxy>,
    /// No parcel of the class.
    pub on_missing_class: OnMissingClass,
    /// All proxies zero.
    pub on_zero_weight: OnZeroWeight,
    /// Additive smoothing: weight = proxy + `smoothing` × area / mean area; 0 = faithful to the paper.
    pub smoothing: f64,
}

impl AllocationRule {
    /// A rule with the default behaviour of the edge cases.
    ///
    /// # Errors
    /// [`WordError`] for a word that is no sector, land group or proxy.
    pub fn new(
        id: &str,
        sector: &str,
        land_groups: &[&str],
        budget_t: f64,
        proxies: &[&str],
    ) -> Result<Self, WordError> {
        Ok(Self {
            id: id.to_owned(),
            sector: sector.parse()?,
            activity: id.to_owned(),
            land_groups: land_groups.iter().map(|s| s.parse()).collect::<Result<_, _>>()?,
            budget_t,
            budget_source: String::new(),
            proxies: proxies.iter().map(|s| s.parse()).collect::<Result<_, _>>()?,
            on_missing_class: OnMissingClass::Error,
            on_zero_weight: OnZeroWeight::Area,
            smoothing: 0.0,
        })
    }
}

/// A measure per parcel with its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxyColumn {
    /// Unit: `poi`, `persons`, `m`, `m2`, `t`.
    pub unit: String,
    /// One value per parcel, ≥ 0.
    pub values: Vec<f64>,
}

impl ProxyColumn {
    /// The first parcel whose value is no number, with it, and how many there are.
    pub fn unusable(&self) -> Option<(usize, f64, usize)> {
        let mut found = self.values.iter().copied().enumerate().filter(|(_, v)| !v.is_finite());
        let (parcel, value) = found.next()?;
        Some((parcel, value, 1 + found.count()))
    }
}

/// All proxies of a run by name, e.g. `poi:industry`, `population`, `road:rail`, `area`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProxyTable {
    columns: BTreeMap<String, ProxyColumn>,
}

impl ProxyTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a proxy.
    pub fn insert(&mut self, name: &str, unit: &str, values: Vec<f64>) {
        self.columns.insert(name.to_owned(), ProxyColumn { unit: unit.to_owned(), values });
    }

    /// Gives up the proxies whose name is not wanted.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.columns.retain(|name, _| wanted(name));
    }

    /// A column by name.
    pub fn get(&self, name: &str) -> Option<&ProxyColumn> {
        self.columns.get(name)
    }

    /// Names, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.columns.keys().map(String::as_str).collect()
    }
}
