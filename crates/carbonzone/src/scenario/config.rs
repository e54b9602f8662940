//! `[scenario.NAME]` of the pipeline file.

use crate::config::ParcelLayer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a plan would change, on the weights of the base run: land that keeps its use starts from its own tonnes, new land from the
/// base run's tonnes per hectare of its space type and district; both are multiplied by the paths.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// English title; default: the name.
    #[serde(default)]
    pub title_en: String,
    /// Chinese title; default: the English one.
    #[serde(default)]
    pub title_zh: String,
    /// Year of the plan, after that of the city.
    pub year: i32,
    /// Land use of the plan: polygons, or a land-cover raster of a simulation (PLUS, FLUS, CA).
    pub parcels: Option<ParcelLayer>,
    /// Instead of a plan: a share of every parcel of a space type becomes another one.
    #[serde(default)]
    pub convert: Vec<Conversion>,
    /// Space type whose tonnes per hectare new land of another type takes, where the base run has none of it.
    #[serde(default)]
    pub borrow: BTreeMap<String, String>,
    /// Activity by sector or budget, as multiples of the base year.
    #[serde(default)]
    pub activity: BTreeMap<String, Path>,
    /// Energy or material per activity, likewise.
    #[serde(default)]
    pub intensity: BTreeMap<String, Path>,
    /// Emission factor, likewise.
    #[serde(default)]
    pub factor: BTreeMap<String, Path>,
    /// Totals of the plan's year by budget, in the unit of the inventory: they win over activity and intensity.
    #[serde(default)]
    pub budgets: BTreeMap<String, f64>,
    /// Residents of all zones.
    #[serde(default)]
    pub population: Path,
    /// GDP of all zones, at constant prices.
    #[serde(default)]
    pub gdp: Path,
    /// GDP of some zones, by district, name or id.
    #[serde(default)]
    pub gdp_of: BTreeMap<String, Path>,
    /// Carbon stocks by space type, t C per hectare: for the one-off change of stocks.
    #[serde(default)]
    pub stocks_t_c_ha: BTreeMap<String, f64>,
    /// What gross emissions are to be in the plan's year.
    pub target: Option<Target>,
    /// Where the numbers come from, and whether they are only an example.
    pub source: String,
}

/// A share of every parcel of a space type becomes another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// Space type now.
    pub from: String,
    /// Space type of the plan.
    pub to: String,
    /// Share of the ground, above 0 and at most 1.
    pub share: f64,
}

/// A multiple of the base year over time: one of the three, or nothing for 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Percent per year, compounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_pct: Option<f64>,
    /// Multiples by year; in between in proportion, after the last one constant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub interp: BTreeMap<String, f64>,
    /// Multiples from a year on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub step: BTreeMap<String, f64>,
}

impl Path {
    /// Multiple in a year; 1 in the base year and before.
    pub fn at(&self, base: i32, year: i32) -> f64 {
        if year <= base {
            return 1.0;
        }
        if let Some(pct) = self.growth_pct {
            return (1.0 + pct / 100.0).powi(year - base);
        }
        let points = |map: &BTreeMap<String, f64>| -> Vec<(i32, f64)> {
            let mut all: Vec<(i32, f64)> =
                map.iter().filter_map(|(y, v)| Some((y.trim().parse().ok()?, *v))).collect();
            all.sort_by_key(|(y, _)| *y);
            all
        };
        let mut last = (base, 1.0);
        for (y, v) in points(&self.interp) {
            if year <= y {
                return last.1 + (v - last.1) * f64::from(year - last.0) / f64::from((y - last.0).max(1));
            }
            last = (y, v);
        }
        let step = points(&self.step).into_iter().rfind(|(y, _)| *y <= year);
        step.map_or(last.1, |(_, v)| v)
    }
}

/// What gross emissions are to be in the plan's year: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// In the unit of the inventory.
    pub gross: Option<f64>,
    /// Less than in the base year by so many percent.
    pub reduction_pct: Option<f64>,
    /// Where the target comes from; default: the source of the scenario.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_path_grows_bends_or_steps_and_is_one_in_the_base_year() {
        let growth = path("growth_pct = 2.0");
        assert_eq!(growth.at(2020, 2020), 1.0);
        assert!((growth.at(2020, 2022) - 1.0404).abs() < 1e-12);
        let interp = path("interp = { 2035 = 0.5, 2030 = 0.9 }");
        let at: Vec<f64> = [2020, 2025, 2030, 2032, 2035, 2040].map(|y| interp.at(2020, y)).into();
        for (v, expected) in at.iter().zip([1.0, 0.95, 0.9, 0.74, 0.5, 0.5]) {
            assert!((v - expected).abs() < 1e-12, "{at:?}");
        }
        let step = path("step = { 2025 = 0.8, 2030 = 0.6 }");
        assert_eq!([2024, 2025, 2029, 2031].map(|y| step.at(2020, y)), [1.0, 0.8, 0.8, 0.6]);
        assert_eq!(Path::default().at(2020, 2050), 1.0);
    }
}
