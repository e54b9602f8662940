//! `[uncertainty]` of a study over years: half-widths, none of which may be missing, and the parameters that they become.

use super::check::{draws, half_width};
use crate::load_config::{Loaded, suggest};
use carbonzone_confidence::{Group, Parameter, Placed, Relative, Rule, Term};
use carbonzone_types::Finding;
use std::collections::BTreeMap;

/// Looks at the half-widths of the section.
pub struct HalfWidths<'a, P> {
    loaded: &'a Loaded<P>,
    found: Vec<Finding>,
    missing: Vec<String>,
}

impl<'a, P> HalfWidths<'a, P> {
    /// Nothing but the number of draws yet.
    pub fn new(loaded: &'a Loaded<P>, number_of_draws: usize) -> Self {
        let mut out = Self { loaded, found: Vec::new(), missing: Vec::new() };
        if let Some(finding) = draws(number_of_draws) {
            out.report(finding, &["draws"]);
        }
        out
    }

    /// Adds a finding about a key of the section.
    pub fn report(&mut self, finding: Finding, keys: &[&str]) {
        let keys: Vec<&str> = std::iter::once("uncertainty").chain(keys.iter().copied()).collect();
        self.found.push(self.loaded.at(finding.field(keys.join(".")), &keys));
    }

    /// Keys with a half-width each.
    pub fn each(&mut self, all: &[(&str, Option<f64>)]) {
        for (key, pct) in all {
            match pct {
                None => self.missing.push((*key).to_owned()),
                Some(pct) => half_width(key, *pct).into_iter().for_each(|f| self.report(f, &[key])),
            }
        }
    }

    /// A table of half-widths by names, all of which are known and must be there.
    pub fn table(&mut self, table: &str, given: &BTreeMap<String, f64>, known: &[&str]) {
        for (name, pct) in given {
            if !known.contains(&name.as_str()) {
                let finding = Finding::error("uncertainty_unknown", format!("nothing is named \"{name}\""))
                    .expected(known.join(", "));
                self.report(suggest(finding, name, known.iter().copied()), &[table, name]);
            }
            if let Some(finding) = half_width(&format!("{table}.{name}"), *pct) {
                self.report(finding, &[table, name]);
            }
        }
        let missing = known.iter().filter(|k| !given.contains_key(**k));
        self.missing.extend(missing.map(|k| format!("{table}.{k}")));
    }

    /// All that is wrong.
    pub fn found(mut self) -> Vec<Finding> {
        if !self.missing.is_empty() {
            let message = format!("no half-width for {}", self.missing.join(", "));
            let finding = Finding::error("uncertainty_missing", message)
                .count(self.missing.len() as u64)
                .expected("half-widths of 95 % intervals in percent")
                .hint("unknown is not 0: write 0 where a number is exact");
            self.report(finding, &[]);
        }
        self.found
    }
}

/// Parameters by name, in the order in which they were asked for.
#[derive(Default)]
pub struct Parameters {
    pub list: Vec<Parameter>,
    by_name: BTreeMap<String, usize>,
}

impl Parameters {
    /// Place of a parameter; it is added if there is none of this name.
    pub fn get(&mut self, name: String, group: Group, half_width_pct: Option<f64>) -> usize {
        if let Some(&at) = self.by_name.get(&name) {
            return at;
        }
        // The check has refused what is no half-width.
        let spread = half_width_pct.and_then(|pct| Relative::from_half_width(&name, pct).ok());
        self.list.push(Parameter { name: name.clone(), group, spread: spread.unwrap_or(Relative::Exact) });
        self.by_name.insert(name, self.list.len() - 1);
        self.list.len() - 1
    }
}

/// A rule whose tonnes stand where they are: one entry per unit and year, all with one factor.
pub fn rule(id: &str, sink: bool, per_unit_t: Vec<f64>, factor: usize) -> Rule {
    Rule {
        id: id.to_owned(),
        sector: if sink { "sink" } else { id }.to_owned(),
        sink,
        terms: vec![Term { share: 1.0, parameters: vec![factor] }],
        placed: vec![Placed { per_unit_t, outside_t: 0.0 }],
        choice: None,
        proxy_cv: None,
    }
}
