//! `[reference.NAME]` of the pipeline file, and what can be wrong with it.

use crate::config::MassUnit;
use crate::load_config::{Loaded, suggest};
use carbonzone_types::{Finding, Findings, LARGEST_AMOUNT, is_amount, short_number};
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
    #[serde(default)]
    pub year: Option<i32>,
    /// Unit of the amounts: `t`, `1e4 t` (default) or `Mt`, of CO2e.
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

/// What a study has to compare.
pub struct Known {
    /// Sector keys.
    pub sectors: Vec<String>,
    /// Years of the run.
    pub years: Vec<i32>,
}

/// What is wrong with the sections; all of it at once.
pub fn check<P>(loaded: &Loaded<P>, all: &BTreeMap<String, Reference>, known: &Known) -> Findings {
    let mut findings = Findings::new();
    let mut items: Vec<&str> = known.sectors.iter().map(String::as_str).collect();
    items.extend(["gross", "sink", "net"]);
    for (name, reference) in all {
        let mut say = |finding: Finding, keys: &[&str]| {
            let keys: Vec<&str> = ["reference", name].into_iter().chain(keys.iter().copied()).collect();
            let message = format!("reference \"{name}\": {}", finding.message);
            findings.push(loaded.at(Finding { message, ..finding }.field(keys.join(".")), &keys));
        };
        if reference.source.trim().is_empty() {
            let finding = Finding::error("reference_source", "nothing says where the numbers come from");
            say(finding.expected("publication, table and version"), &["source"]);
        }
        if reference.totals.is_empty() && reference.units.is_empty() {
            let finding = Finding::error("reference_empty", "there is nothing to compare");
            say(finding.expected("amounts in totals or units"), &[]);
        }
        if let Some(year) = reference.year.filter(|y| !known.years.contains(y)) {
            let years: Vec<String> = known.years.iter().map(ToString::to_string).collect();
            let finding = Finding::error("reference_year", "the year is none of the run");
            let finding = finding.value(year.to_string()).expected(years.join(", "));
            say(finding.hint("leave it out to compare with the last year, and say in differs_in what year the source has"), &["year"]);
        }
        for key in reference.totals.keys().filter(|k| !items.contains(&k.as_str())) {
            let finding = Finding::error("unknown_sector", format!("the run has no sector \"{key}\""));
            say(suggest(finding.expected(items.join(", ")), key, items.iter().copied()), &["totals", key]);
        }
        for (table, amounts) in [("totals", &reference.totals), ("units", &reference.units)] {
            for (key, amount) in amounts {
                let t = reference.unit.in_tonnes(*amount);
                if !(is_amount(t) || key == "net" && table == "totals" && is_amount(-t)) {
                    let message = format!(
                        "{table}.{key} is not an amount from 0 to {} t",
                        short_number(LARGEST_AMOUNT)
                    );
                    say(Finding::error("out_of_range", message).value(amount.to_string()), &[table, key]);
                }
            }
        }
    }
    findings
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
