//! What can be wrong with `[reference.NAME]`, known from the file alone; all of it at once.

use super::config::Reference;
use crate::load_config::{Loaded, suggest};
use carbonzone_types::{Finding, Findings, LARGEST_AMOUNT, is_amount, short_number};
use std::collections::BTreeMap;

/// What a study has to compare.
pub struct Known {
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
