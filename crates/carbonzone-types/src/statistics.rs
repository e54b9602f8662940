//! What `run.json` keeps of `[statistics]`.

use crate::Statement;
use serde::{Deserialize, Serialize};

/// Settings, what they assume, and the numbers of the whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatisticsRecord {
    /// Field that clusters were looked for.
    pub value: String,
    /// `queen`, `rook`, `k_nearest` or `distance_band`.
    pub weights: String,
    /// Permutations of each unit; 0: normal distribution.
    pub permutations: u32,
    /// Their seed.
    pub seed: u64,
    /// False discovery rate of clusters.
    pub false_discovery: f64,
    /// What is assumed.
    pub assumptions: Vec<Statement>,
    /// Global Moran's I by layer and year.
    pub autocorrelation: Vec<MoranRecord>,
    /// Units per cluster and hot spot, by layer and year.
    pub clusters: Vec<ClusterCount>,
    /// Inequality by base and year.
    pub inequality: Vec<InequalityRecord>,
}

/// Global Moran's I of a layer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MoranRecord {
    /// Layer.
    pub layer: String,
    /// Year.
    pub year: Option<i32>,
    /// Field.
    pub value: String,
    /// Units with a value.
    pub units: u64,
    /// Of them without a neighbour.
    pub without_neighbours: u64,
    /// Moran's I.
    pub i: f64,
    /// Its expectation without a pattern.
    pub expected: f64,
    /// Its variance under normality.
    pub variance: f64,
    /// `(I − E)/√Var`.
    pub z: f64,
    /// Two-sided probability from the normal distribution.
    pub p_normal: f64,
    /// One-sided pseudo probability of the permutations.
    pub p_permutation: Option<f64>,
}

/// Units of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterCount {
    /// Layer.
    pub layer: String,
    /// Year.
    pub year: Option<i32>,
    /// `cluster` or `hot_spot`.
    pub field: String,
    /// Class, e.g. `high_high`, `cold_95`, `not_significant`.
    pub class: String,
    /// How many.
    pub units: u64,
}

/// Inequality of gross emissions against a base.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InequalityRecord {
    /// Year.
    pub year: Option<i32>,
    /// `people`, `gdp` or `area`.
    pub base: String,
    /// Units with both numbers.
    pub units: u64,
    /// Gini coefficient.
    pub gini: f64,
    /// Theil's T.
    pub theil: f64,
    /// Part between districts; `None` without districts.
    pub between: Option<f64>,
    /// Part within districts.
    pub within: Option<f64>,
}
