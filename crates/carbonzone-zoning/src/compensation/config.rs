//! `[compensation]` of the pipeline file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What every output says.
pub const SHARES_ONLY: &str = "Compensation is arithmetic on shares among the units of this run: price, benchmark and model are inputs, \
     the sets and proxies of the run move the money, and no claim between units follows from it";
/// The same in Chinese.
pub const SHARES_ONLY_ZH: &str = "补偿金额只是本次各单元之间按份额的算术：价格、基准与模型均为输入，所选系数集与代理变量会改变金额，不构成单元之间的任何债权";

/// Compensation between the units: who pays, who receives. Three prices are always given, for none is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compensation {
    /// Models, the first of which is mapped.
    #[serde(default = "benchmark_only")]
    pub models: Vec<ModelName>,
    /// Three prices, the first of which is mapped.
    pub prices: Vec<Price>,
    /// Year of the positions, in a study over years; default: the last one.
    pub year: Option<i32>,
    /// What a unit's share of emissions is compared with.
    #[serde(default)]
    pub base: Base,
    /// Weight of the economic leg.
    #[serde(default = "one")]
    pub weight_economic: f64,
    /// Weight of the ecological leg.
    #[serde(default = "one")]
    pub weight_ecological: f64,
    /// Needed by the model `ability_to_pay`.
    pub ability: Option<Ability>,
    /// Needed by the model `quota`.
    pub quota: Option<Quota>,
}

fn benchmark_only() -> Vec<ModelName> {
    vec![ModelName::Benchmark]
}

fn one() -> f64 {
    1.0
}

/// A model of compensation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelName {
    /// Shares of the city against a benchmark, zero-sum.
    Benchmark,
    /// The same, payments scaled by what a unit can pay.
    AbilityToPay,
    /// Quotas, and trade of what is left of them.
    Quota,
}

impl ModelName {
    /// As in the pipeline file.
    pub fn key(self) -> &'static str {
        ["benchmark", "ability_to_pay", "quota"][self as usize]
    }

    /// English and Chinese name.
    pub fn label(self) -> (&'static str, &'static str) {
        [
            ("benchmark, zero-sum", "基准法（零和）"),
            ("ability to pay", "支付能力法"),
            ("quota and trade", "配额与交易法"),
        ][self as usize]
    }
}

/// A price of carbon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Short name: part of a column name, e.g. `market`.
    pub name: String,
    /// CNY per tonne of CO2e.
    pub cny_per_t: f64,
    /// Where it comes from, and whether it is only an example.
    pub source: String,
}

/// What shares of emissions are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// GDP: the economic leg is that of the zoning.
    #[default]
    Gdp,
    /// Residents.
    Population,
    /// Area.
    Area,
}

impl Base {
    /// As in the pipeline file.
    pub fn key(self) -> &'static str {
        ["gdp", "population", "area"][self as usize]
    }

    /// English and Chinese name.
    pub fn label(self) -> (&'static str, &'static str) {
        [("GDP", "GDP"), ("residents", "常住人口"), ("area", "面积")][self as usize]
    }
}

/// What a unit can pay: `r = l·G_i/ΣG`, `l = 1/(1 + e^(−t))`, `t = 1/En − 3`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ability {
    /// Engel coefficient of all units, above 0 and at most 1.
    pub engel: Engel,
    /// Another one for some units, by district, name or id.
    #[serde(default)]
    pub engel_of: BTreeMap<String, Engel>,
    /// Where the coefficients come from.
    pub source: String,
}

/// An Engel coefficient: the share of food in what people spend.
pub type Engel = f64;

/// Quotas: `Q = (1 − θ)·ΣC`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// `θ`: by which share all units together are to emit less, 0 to below 1.
    pub reduction: f64,
    /// By what the quota is shared out.
    pub by: QuotaBasis,
    /// What entropy weights are taken of; at least two.
    #[serde(default = "indicators")]
    pub indicators: Vec<QuotaIndicator>,
    /// What it costs to emit less. Without it every unit emits less by the share θ, whatever that costs.
    pub cost: Option<Cost>,
}

fn indicators() -> Vec<QuotaIndicator> {
    vec![QuotaIndicator::Gross, QuotaIndicator::Population, QuotaIndicator::Gdp]
}

/// By what a quota is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuotaBasis {
    /// Mean emissions of the years up to the one in question; needs several years.
    History,
    /// The base of the benchmark.
    Benchmark,
    /// Several indicators by entropy weights.
    Entropy,
}

impl QuotaBasis {
    /// In English and Chinese.
    pub fn label(self) -> (&'static str, &'static str) {
        [("history", "历史排放"), ("benchmark", "基准"), ("entropy", "熵权法")][self as usize]
    }
}

/// An indicator of the entropy weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuotaIndicator {
    /// Gross emissions.
    Gross,
    /// Sinks.
    Sink,
    /// Residents.
    Population,
    /// GDP.
    Gdp,
    /// Area.
    Area,
}

impl QuotaIndicator {
    /// As in the pipeline file.
    pub fn key(self) -> &'static str {
        ["gross", "sink", "population", "gdp", "area"][self as usize]
    }
}

/// Marginal cost of emitting less: `α + ρ·a/C` CNY per tonne for a cut of `a` out of `C` tonnes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// `α`: cost of the first tonne, CNY per tonne, ≥ 0.
    pub first_cny_per_t: f64,
    /// `ρ`: by how much the last tonne costs more than the first, CNY per tonne, > 0. `β_i = ρ/C_i`.
    pub rise_cny_per_t: f64,
    /// Another first cost for some units, by district, name or id.
    #[serde(default)]
    pub first_of: BTreeMap<String, f64>,
    /// Where the costs come from.
    pub source: String,
}
