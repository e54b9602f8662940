//! `[reference.NAME]` of the pipeline file.

use crate::config::MassUnit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Totals of an independent source (an official inventory, CEADs, EDGAR, a paper), shown beside those of the run. Nothing is
/// adjusted to them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// English title; default: the name.
    #[serde(default)]
    pub title_en: String,
    /// Chinese title; default: the English one.
    #[serde(default)]
    pub title_zh: String,
    /// Year of the numbers; default: the last year of the run. A source of another year is no year of the run: say so in `differs_in`.
    pub year: Option<i32>,
    /// Unit of the amounts: `t`, `kt`, `1e4 t` (default) or `Mt`, of CO2e.
    #[serde(default)]
    pub unit: MassUnit,
    /// Totals of the whole place by sector, or `gross`, `sink` (positive), `net`.
    #[serde(default)]
    pub totals: BTreeMap<String, f64>,
    /// Gross emissions of units or districts, by id, name or district.
    #[serde(default)]
    pub units: BTreeMap<String, f64>,
    /// What the source counts and the run does not, or the other way round: gases, scopes, boundary, year.
    #[serde(default)]
    pub differs_in: String,
    /// Where the numbers come from: publication, table, version.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_needs_a_source_and_numbers() {
        let parsed = |text: &str| toml::from_str::<Reference>(text);
        assert!(parsed("totals = { gross = 1.0 }").is_err_and(|e| e.to_string().contains("source")));
        assert!(parsed("source = \"x\"\ntotal = 1.0").is_err());
        let reference = parsed("source = \"x\"\nunits = { \"昆山市\" = 3 }\nunit = \"Mt\"").unwrap();
        assert_eq!(reference.unit.in_tonnes(reference.units["昆山市"]), 3e6);
    }
}
