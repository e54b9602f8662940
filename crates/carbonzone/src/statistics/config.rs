//! `[statistics]` of the pipeline file.

use carbonzone_types::{Finding, Findings, money, short_number};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Clusters and hot spots, centre and spread, inequality, and what made emissions change. Method: `docs/method.md`, "Statistics".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatisticsConfig {
    /// What clusters are looked for: `gross_t_km2` (default), `net_t_km2`, `gross_t_per_person`, `gross_t_per_gdp` or `gross_t`. Cells have
    /// `gross_t_km2`, or `net_t_km2` if that is asked for.
    pub value: ClusterValue,
    /// Who is whose neighbour.
    pub weights: Neighbours,
    /// Number of nearest neighbours, for `weights = "k_nearest"`.
    pub k: usize,
    /// Distance of neighbours in m, between centroids, for `weights = "distance_band"`.
    pub distance_m: Option<f64>,
    /// Permutations of each unit; 0: probabilities from the normal distribution, as for cells and above 5,000 units.
    pub permutations: u32,
    /// Seed of the permutations: the same seed gives the same probabilities.
    pub seed: u64,
    /// False discovery rate at which a cluster counts as significant (Benjamini and Hochberg).
    pub false_discovery: f64,
    /// Clusters and hot spots of the grid too.
    pub grid: bool,
}

impl Default for StatisticsConfig {
    fn default() -> Self {
        Self {
            value: ClusterValue::default(),
            weights: Neighbours::default(),
            k: 8,
            distance_m: None,
            permutations: 9_999,
            seed: 20_241_108,
            false_discovery: 0.05,
            grid: true,
        }
    }
}

/// What clusters are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterValue {
    /// Gross emission per area (default).
    #[default]
    GrossTKm2,
    /// Net emission per area.
    NetTKm2,
    /// Gross emission per resident.
    GrossTPerPerson,
    /// Gross emission over GDP; `gross_t_per_1e4cny` is the same.
    #[serde(alias = "gross_t_per_1e4cny")]
    GrossTPerGdp,
    /// Gross emission: large units have more of it because they are large.
    GrossT,
}

impl ClusterValue {
    /// The field of the table of units.
    pub fn field(self) -> &'static str {
        match self {
            Self::GrossTKm2 => "gross_t_km2",
            Self::NetTKm2 => "net_t_km2",
            Self::GrossTPerPerson => "gross_t_per_person",
            Self::GrossTPerGdp => money::PER_GDP,
            Self::GrossT => "gross_t",
        }
    }

    /// The field of the cells.
    pub fn of_cells(self) -> Self {
        if self == Self::NetTKm2 { self } else { Self::GrossTKm2 }
    }
}

/// Who is whose neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Neighbours {
    /// Units that touch, at a corner at least (default).
    #[default]
    Queen,
    /// Units that share a piece of border.
    Rook,
    /// The `k` nearest centroids.
    KNearest,
    /// Centroids within `distance_m`.
    DistanceBand,
}

/// Neighbours of a unit that mean anything.
const MOST_NEIGHBOURS: usize = 1000;
/// Farther than any country is long, m.
const LONGEST_M: f64 = 1e7;

/// What serde cannot see; the findings name the key.
pub fn check(config: Option<&StatisticsConfig>) -> Findings {
    let mut findings = Findings::new();
    let Some(config) = config else { return findings };
    let mut beyond = |key: &str, value: String, expected: &str| {
        findings.push(
            Finding::error("out_of_range", format!("statistics.{key} = {value}"))
                .field(format!("statistics.{key}"))
                .value(value)
                .expected(expected),
        );
    };
    if !(1..=MOST_NEIGHBOURS).contains(&config.k) {
        beyond("k", config.k.to_string(), "1 to 1000 nearest neighbours");
    }
    let unusable = |d: &f64| !(*d > 0.0 && *d <= LONGEST_M);
    let missing = config.weights == Neighbours::DistanceBand && config.distance_m.is_none();
    if missing || config.distance_m.as_ref().is_some_and(unusable) {
        let value = config.distance_m.map_or_else(|| "(missing)".to_owned(), short_number);
        beyond("distance_m", value, "a distance in m above 0, up to 1e7, for weights = \"distance_band\"");
    }
    if !(config.permutations == 0 || (99..=999_999).contains(&config.permutations)) {
        beyond("permutations", config.permutations.to_string(), "0, or 99 to 999999");
    }
    if !(config.false_discovery > 0.0 && config.false_discovery <= 0.5) {
        beyond("false_discovery", short_number(config.false_discovery), "a rate above 0 and at most 0.5");
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let config: StatisticsConfig = toml::from_str(text).unwrap();
        check(Some(&config)).items.into_iter().filter_map(|f| f.field).collect()
    }

    #[test]
    fn an_empty_section_is_complete_and_what_is_out_of_range_is_named() {
        assert!(findings("").is_empty());
        assert!(check(None).items.is_empty());
        assert_eq!(findings("weights = \"distance_band\""), ["statistics.distance_m"]);
        assert_eq!(
            findings("weights = \"k_nearest\"\nk = 0\npermutations = 5\nfalse_discovery = 0.0"),
            ["statistics.k", "statistics.permutations", "statistics.false_discovery"]
        );
        assert!(toml::from_str::<StatisticsConfig>("value = \"gross\"").is_err());
        let by_gdp: StatisticsConfig = toml::from_str("value = \"gross_t_per_1e4cny\"").unwrap();
        assert_eq!(by_gdp.value.field(), "gross_t_per_gdp");
    }
}
