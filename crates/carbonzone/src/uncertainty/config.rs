//! `[uncertainty]` of the pipeline file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How unsure the inputs are; with this section the run says how sure every zone class is. Half-widths are those of 95 %
/// intervals, in percent. Method and defaults: `docs/method.md`, "How sure".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Uncertainty {
    /// Number of draws: a power of two, 64 to 65536. The error of a class probability is at most 0.5/√draws.
    pub draws: usize,
    /// Seed: the same seed gives the same draws.
    pub seed: u64,
    /// Find out what moves each class: activity data, factors, proxies, GDP or choices. About seven times the work.
    pub drivers: bool,
    /// Half-width of each given total, percent, by budget (`"industry:industrial"`) or by sector (`industry`, `sink`). Computed
    /// inventories bring their own, line by line.
    pub budgets: BTreeMap<String, f64>,
    /// Coefficient of variation of the share that an average zone has of a rule's budget, by kind of proxy: `poi`, `population`,
    /// `road`, `area`, `sink_area`. Kinds that are not named keep the defaults, which are carbonzone's own.
    pub proxies: BTreeMap<String, f64>,
    /// The same for single rules, by id; wins over the kind of proxy. For budgets that sit in a few plants, which no proxy sees.
    pub rules: BTreeMap<String, f64>,
    /// Half-width of a zone's GDP, percent; needed where zones have GDP.
    pub gdp_pct: Option<f64>,
    /// The same where the GDP was shared out from counties or is marked as derived; default: `gdp_pct`.
    pub gdp_derived_pct: Option<f64>,
    /// Choices that could have been made otherwise, with the probability that each is right.
    pub alternatives: Vec<Alternative>,
}

impl Default for Uncertainty {
    fn default() -> Self {
        Self {
            draws: 4096,
            seed: 2020,
            drivers: true,
            budgets: BTreeMap::new(),
            proxies: BTreeMap::new(),
            rules: BTreeMap::new(),
            gdp_pct: None,
            gdp_derived_pct: None,
            alternatives: Vec::new(),
        }
    }
}

/// A choice between settings of this file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// Name, e.g. `sink set`.
    pub name: String,
    /// Probability of the settings as they stand in this file.
    pub probability: f64,
    /// The other settings; all probabilities of the choice sum to 1.
    pub options: Vec<AlternativeOption>,
}

/// Other settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlternativeOption {
    /// Name, e.g. `lit_low`.
    pub name: String,
    /// Probability that they are right, 0 to 1.
    pub probability: f64,
    /// What is set otherwise, as for `--set`: `["sinks.set=lit_low"]`.
    pub set: Vec<String>,
}

/// Kinds of proxies with their default coefficients of variation: rounded values at which the 90 % intervals of a township's share
/// hold the true one in nine of ten cases, in a hundred synthetic cities with a known truth whose laws come from literature
/// (`docs/validation.md`, `make validate`). Published spreads are of that order where proxies place emissions: up to 40 % per
/// cell for all sectors together (Super et al. 2020), more where plants are not known by place (Zheng et al. 2017). They are for
/// budgets with many sources; one that sits in a few plants needs its plants, or a number of its own (`rules`).
pub const DEFAULT_PROXY_CV: [(&str, f64); 5] =
    [("poi", 0.7), ("population", 0.45), ("road", 1.0), ("area", 0.25), ("sink_area", 0.4)];

/// Kind of a proxy: `poi:industry` is `poi`, `road_corrected` and `road:rail` are `road`; `zone_emissions` is spread by area.
pub fn proxy_kind(proxy: &str) -> &str {
    match proxy.split_once(':') {
        Some((kind, _)) => kind,
        None if proxy == "road_corrected" => "road",
        None if proxy == "zone_emissions" => "area",
        None => proxy,
    }
}

impl Uncertainty {
    /// Coefficient of variation for a proxy; 0 for a kind that has none.
    pub fn proxy_cv(&self, proxy: &str) -> f64 {
        let kind = proxy_kind(proxy);
        let default = || DEFAULT_PROXY_CV.iter().find(|(k, _)| *k == kind).map_or(0.0, |(_, cv)| *cv);
        self.proxies.get(kind).copied().unwrap_or_else(default)
    }

    /// Coefficient of variation for the shares of a rule that uses a proxy.
    pub fn rule_cv(&self, rule: &str, proxy: &str) -> f64 {
        self.rules.get(rule).copied().unwrap_or_else(|| self.proxy_cv(proxy))
    }

    /// Half-width of a given total by budget, its parent if it was split by mode, or sector.
    pub fn budget_pct(&self, budget: &str) -> Option<f64> {
        let sector = budget.split(':').next().unwrap_or_default();
        let parent = budget.rsplit_once('_').map_or(budget, |(parent, _)| parent);
        [budget, parent, sector].into_iter().find_map(|key| self.budgets.get(key)).copied()
    }
}
