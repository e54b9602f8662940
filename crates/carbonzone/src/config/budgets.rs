//! Sector totals, sink coefficients, and the allocation table.

use carbonzone_spatialize::{OnMissingClass, OnZeroWeight};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Sector totals.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// Unit of `totals.amount`: `t`, `kt`, `1e4 t` (default) or `Mt`.
    #[serde(default)]
    pub unit: MassUnit,
    /// Totals per sector and land group.
    #[serde(default)]
    pub totals: Vec<Total>,
    /// Totals computed from activity data.
    pub activity: Option<carbonzone_inventory::InventoryConfig>,
}

impl Inventory {
    /// Given totals as named budgets in tonnes, mode shares applied.
    pub fn budgets(&self) -> BTreeMap<String, f64> {
        let mut out = BTreeMap::new();
        for total in &self.totals {
            let name = format!("{}:{}", total.sector, total.land_group);
            let amount_t = self.unit.in_tonnes(total.amount);
            if total.mode_share.is_empty() {
                *out.entry(name).or_insert(0.0) += amount_t;
            } else {
                for (mode, share) in &total.mode_share {
                    *out.entry(format!("{name}_{mode}")).or_insert(0.0) += amount_t * share;
                }
            }
        }
        out
    }
}

/// Unit of given totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum MassUnit {
    /// Tonnes.
    #[serde(rename = "t")]
    Tonnes,
    /// Thousand tonnes (千吨, Gg).
    #[serde(rename = "kt")]
    ThousandTonnes,
    /// 万吨.
    #[default]
    #[serde(rename = "1e4 t")]
    TenThousandTonnes,
    /// Million tonnes.
    #[serde(rename = "Mt")]
    MillionTonnes,
}

impl MassUnit {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Tonnes, Self::ThousandTonnes, Self::TenThousandTonnes, Self::MillionTonnes];

    /// As a pipeline file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tonnes => "t",
            Self::ThousandTonnes => "kt",
            Self::TenThousandTonnes => "1e4 t",
            Self::MillionTonnes => "Mt",
        }
    }

    /// The power of ten of tonnes that one is.
    pub fn power(self) -> i32 {
        match self {
            Self::Tonnes => 0,
            Self::ThousandTonnes => 3,
            Self::TenThousandTonnes => 4,
            Self::MillionTonnes => 6,
        }
    }

    /// An amount of a file in tonnes, scaled as the decimal number that stands there: 12430.46 × 10⁴ t are
    /// 124304600 t, not 124304599.99999999 t.
    pub fn in_tonnes(self, amount: f64) -> f64 {
        carbonzone_types::decimal_scaled(amount, self.power())
    }
}

/// A given total.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// Sector key, or `sink` (positive).
    pub sector: String,
    /// Land group; the budget is called `<sector>:<land_group>` in `[[allocate]]`.
    pub land_group: String,
    /// Amount in `inventory.unit`.
    pub amount: f64,
    /// Splits the total over transport modes: budgets `<sector>:<land_group>_<mode>`. Must sum to 1.
    #[serde(default)]
    pub mode_share: BTreeMap<String, f64>,
    /// Where the number comes from.
    #[serde(default)]
    pub source: String,
}

/// Sink coefficients.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sinks {
    /// Shipped set: `lit_low`, `lit_high`, `guiyang`.
    pub set: Option<String>,
    /// Own coefficients by sink type in t CO2e per hectare and year; they win over the set.
    #[serde(default)]
    pub coefficients_t_ha: BTreeMap<String, f64>,
}

/// One row of the allocation table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocate {
    /// Unique id.
    pub id: String,
    /// Activity in words.
    #[serde(default)]
    pub activity: String,
    /// Budget: `<sector>:<land_group>` of the inventory.
    pub budget: String,
    /// Share of the budget that this row takes; the rows of a budget must sum to 1.
    #[serde(default = "one")]
    pub share: f64,
    /// Land groups (space types of the land-use scheme) that carry it.
    pub land: Vec<String>,
    /// Proxies in order: `poi:<group>`, `population`, `zone_emissions`, `road:<mode>`, `road_corrected`, `sink_area`, `area`.
    pub proxies: Vec<String>,
    /// No parcel of the class.
    #[serde(default)]
    pub on_missing_class: OnMissingClass,
    /// All proxies zero.
    #[serde(default)]
    pub on_zero_weight: OnZeroWeight,
    /// Additive smoothing: weight = proxy + smoothing × area / mean area. 0 (default) is the paper.
    #[serde(default)]
    pub smoothing: f64,
    /// Where the rule comes from.
    #[serde(default)]
    pub source: String,
}

/// The default of a unit or scale that changes nothing.
pub(crate) fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budgets(sector: &str, land_group: &str, amount: f64, shares: &[(&str, f64)]) -> BTreeMap<String, f64> {
        let mode_share = shares.iter().map(|(mode, share)| ((*mode).to_owned(), *share)).collect();
        let (sector, land_group) = (sector.to_owned(), land_group.to_owned());
        let total = Total { sector, land_group, amount, mode_share, source: String::new() };
        Inventory { totals: vec![total], ..Inventory::default() }.budgets()
    }

    #[test]
    fn mode_shares_split_a_total() {
        let b = budgets("transport", "transport", 10.0, &[("road", 0.9), ("rail", 0.1)]);
        assert_eq!(b["transport:transport_road"], 90_000.0);
        assert_eq!(b["transport:transport_rail"], 10_000.0);
    }

    #[test]
    fn totals_are_scaled_as_the_decimal_numbers_of_the_file() {
        for (amount, tonnes) in [(12_430.46, 124_304_600.0), (287.28, 2_872_800.0), (6.02, 60_200.0)] {
            assert_eq!(budgets("industry", "industrial", amount, &[])["industry:industrial"], tonnes);
        }
    }
}
