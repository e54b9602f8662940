//! What can be wrong with `[scenario.NAME]`, known from the file alone; all of it at once.

use super::config::{Path, Scenario};
use crate::config::Pipeline;
use crate::load_config::{Loaded, suggest};
use carbonzone_types::{Finding, Findings, LARGEST_AMOUNT, is_amount, short_number};
use std::collections::{BTreeMap, BTreeSet};

/// Multiples beyond this are a slip of the pen.
const LARGEST_MULTIPLE: f64 = 1e3;
/// Peat has a few thousand t C per hectare.
const LARGEST_STOCK: f64 = 1e5;

/// Checks all scenarios against the rest of the file.
pub fn check(loaded: &Loaded) -> Findings {
    let mut out = Findings::new();
    let names = names_of(&loaded.pipeline);
    for (name, scenario) in &loaded.pipeline.scenario {
        let mut one = One { pipeline: &loaded.pipeline, names: &names, scenario, found: Vec::new() };
        one.all(name);
        for (finding, keys) in one.found {
            let keys: Vec<&str> =
                ["scenario", name].into_iter().chain(keys.iter().map(String::as_str)).collect();
            let message = format!("scenario \"{name}\": {}", finding.message);
            out.push(loaded.at(Finding { message, ..finding }.field(keys.join(".")), &keys));
        }
    }
    out
}

/// Sectors and budgets of the allocation table.
fn names_of(pipeline: &Pipeline) -> BTreeSet<String> {
    let keys = pipeline.allocate.iter().map(|r| r.budget.clone());
    let keys: Vec<String> = keys.chain(pipeline.inventory.budgets().into_keys()).collect();
    let sectors = keys.iter().filter_map(|k| k.split(':').next().map(str::to_owned));
    sectors.collect::<Vec<_>>().into_iter().chain(keys).collect()
}

struct One<'a> {
    pipeline: &'a Pipeline,
    names: &'a BTreeSet<String>,
    scenario: &'a Scenario,
    found: Vec<(Finding, Vec<String>)>,
}

impl One<'_> {
    fn report(&mut self, finding: Finding, keys: &[&str]) {
        self.found.push((finding, keys.iter().map(|k| (*k).to_owned()).collect()));
    }

    /// Year of the city, however it is given.
    fn base_year(&self) -> Option<i32> {
        self.pipeline.city.years().last().copied()
    }

    fn all(&mut self, name: &str) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 30 || !name.chars().all(plain) || name == "base" {
            let finding = Finding::error("scenario_name", "the name cannot stand in a table")
                .value(name)
                .expected("small letters, digits and _, and not base");
            self.report(finding, &[]);
        }
        let base = self.base_year().unwrap_or(self.scenario.year);
        if self.scenario.year <= base || self.scenario.year > base.saturating_add(200) {
            let finding = Finding::error("scenario_year", "the plan's year is not after that of the city")
                .value(self.scenario.year.to_string())
                .expected(format!("a year after {base}"));
            self.report(finding, &["year"]);
        }
        if self.scenario.source.trim().is_empty() {
            let finding = Finding::error("scenario_source", "nothing says where the numbers come from")
                .hint("or that they are only an example");
            self.report(finding, &["source"]);
        }
        self.land();
        let s = self.scenario;
        for (key, paths) in [("activity", &s.activity), ("intensity", &s.intensity), ("factor", &s.factor)] {
            self.names_known(key, paths.keys());
            for (name, path) in paths {
                self.path(path, &[key, name]);
            }
        }
        self.path(&s.population, &["population"]);
        self.path(&s.gdp, &["gdp"]);
        for (name, path) in &s.gdp_of {
            self.path(path, &["gdp_of", name]);
        }
        self.numbers();
    }

    fn land(&mut self) {
        let s = self.scenario;
        if s.parcels.is_some() && !s.convert.is_empty() {
            let finding = Finding::error("scenario_land", "both a plan layer and conversions are given")
                .expected("one of them: parcels or convert");
            self.report(finding, &["convert"]);
        }
        let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
        for (i, conversion) in s.convert.iter().enumerate() {
            let at = i.to_string();
            if !(conversion.share > 0.0 && conversion.share <= 1.0) {
                let finding = Finding::error("scenario_land", "a share of the ground is out of range")
                    .value(conversion.share.to_string())
                    .expected("above 0 and at most 1, e.g. 0.05");
                self.report(finding, &["convert", &at, "share"]);
            }
            if conversion.from == conversion.to {
                let finding =
                    Finding::error("scenario_land", "land becomes what it is").value(&conversion.to);
                self.report(finding, &["convert", &at, "to"]);
            }
            *shares.entry(&conversion.from).or_default() += conversion.share;
        }
        for (from, share) in shares.into_iter().filter(|(_, share)| *share > 1.0 + 1e-12) {
            let message = format!("{share} of the land \"{from}\" is given away");
            let finding = Finding::error("scenario_land", message).expected("shares that sum to at most 1");
            self.report(finding, &["convert"]);
        }
    }

    fn names_known<'k>(&mut self, key: &str, names: impl Iterator<Item = &'k String>) {
        for name in names.filter(|n| !self.names.contains(*n)).cloned().collect::<Vec<_>>() {
            let known = self.names.iter().cloned().collect::<Vec<_>>();
            let finding = Finding::error("unknown_budget", format!("no budget or sector \"{name}\""))
                .expected(known.join(", "));
            let finding = suggest(finding, &name, known.iter().map(String::as_str));
            self.report(finding, &[key, &name]);
        }
    }

    fn path(&mut self, path: &Path, keys: &[&str]) {
        let given = [path.growth_pct.is_some(), !path.interp.is_empty(), !path.step.is_empty()];
        if given.iter().filter(|g| **g).count() > 1 {
            let finding = Finding::error("scenario_path", "a path both grows and bends or steps")
                .expected("one of growth_pct, interp, step");
            self.report(finding, keys);
        }
        if let Some(pct) = path.growth_pct.filter(|pct| !(pct.is_finite() && *pct > -100.0 && *pct < 100.0)) {
            let finding = Finding::error("scenario_path", "a growth per year is out of range")
                .value(pct.to_string())
                .expected("percent per year, above −100 and below 100");
            self.report(finding, keys);
        }
        for (year, multiple) in path.interp.iter().chain(&path.step) {
            let base = self.base_year().unwrap_or(i32::MIN);
            if !year.trim().parse::<i32>().is_ok_and(|y| y > base) {
                let finding =
                    Finding::error("scenario_path", "a point in time is no year after that of the city")
                        .value(year);
                self.report(finding, keys);
            }
            if !(multiple.is_finite() && (0.0..=LARGEST_MULTIPLE).contains(multiple)) {
                let finding = Finding::error("scenario_path", "a multiple of the base year is out of range")
                    .value(multiple.to_string())
                    .expected("a number from 0 to 1000; 1 is the base year");
                self.report(finding, keys);
            }
        }
    }

    fn numbers(&mut self) {
        let s = self.scenario;
        let known = self.names.iter().filter(|n| n.contains(':')).cloned().collect::<BTreeSet<_>>();
        for (name, amount) in &s.budgets {
            if !known.contains(name) {
                let finding = Finding::error("unknown_budget", format!("no budget \"{name}\""))
                    .expected(known.iter().cloned().collect::<Vec<_>>().join(", "));
                let finding = suggest(finding, name, known.iter().map(String::as_str));
                self.report(finding, &["budgets", name]);
            }
            if !is_amount(self.pipeline.inventory.unit.in_tonnes(*amount)) {
                let finding =
                    Finding::error("negative_or_nan_budget", format!("total {name} is not a number ≥ 0"))
                        .value(short_number(*amount))
                        .expected(format!("from 0 to {LARGEST_AMOUNT:e} t"));
                self.report(finding, &["budgets", name]);
            }
        }
        for (land, stock) in &s.stocks_t_c_ha {
            if !(0.0..=LARGEST_STOCK).contains(stock) {
                let finding =
                    Finding::error("scenario_stock", format!("the stock of \"{land}\" is out of range"))
                        .value(short_number(*stock))
                        .expected("t C per hectare, from 0 to 100,000");
                self.report(finding, &["stocks_t_c_ha", land]);
            }
        }
        if let Some(target) = &s.target {
            let fits = match (target.gross, target.reduction_pct) {
                (Some(t), None) => is_amount(self.pipeline.inventory.unit.in_tonnes(t)),
                (None, Some(pct)) => (-1000.0..=100.0).contains(&pct),
                _ => false,
            };
            if !fits {
                let finding = Finding::error("scenario_target", "the target is not one number in range")
                    .expected("gross ≥ 0 in the unit of the inventory, at most 1e15 t, or reduction_pct from −1000 to 100");
                self.report(finding, &["target"]);
            }
        }
    }
}
