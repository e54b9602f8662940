//! The model behind the draws: tonnes by rule and zone, what each budget is made of, what may be off.

use super::Others;
use super::config::Uncertainty;
use crate::compute::Results;
use crate::load::Inputs;
use crate::load_config::Loaded;
use carbonzone_confidence::{Choice, ConfidenceError, Group, Model, Parameter, Placed, Relative, Rule, Term};
use carbonzone_inventory::{Inventory, InventoryLine};
use carbonzone_types::{ExactSum, Finding};
use std::collections::BTreeMap;

/// Collects parameters by name: what has the same name has the same draw.
#[derive(Default)]
struct Parameters {
    list: Vec<Parameter>,
    by_name: BTreeMap<String, usize>,
    errors: Vec<ConfidenceError>,
}

impl Parameters {
    fn get(&mut self, name: String, group: Group, half_width_pct: f64) -> usize {
        if let Some(&at) = self.by_name.get(&name) {
            return at;
        }
        let spread = Relative::from_half_width(&name, half_width_pct).unwrap_or_else(|e| {
            self.errors.push(e);
            Relative::Exact
        });
        self.list.push(Parameter { name: name.clone(), group, spread });
        self.by_name.insert(name, self.list.len() - 1);
        self.list.len() - 1
    }
}

/// Builds the model.
///
/// # Errors
/// All that is wrong, as findings: missing half-widths, choices that move the same rule.
pub fn build(
    loaded: &Loaded,
    section: &Uncertainty,
    inputs: &Inputs,
    results: &Results,
    others: &Others,
) -> Result<Model, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut parameters = Parameters::default();
    let gdp_parameter = gdp(section, inputs, &mut parameters, &mut findings);
    let own = placed(inputs, results);
    let elsewhere: Vec<Vec<Vec<Placed>>> =
        others.iter().map(|options| options.iter().map(|r| placed(inputs, r)).collect()).collect();
    let mut rules = Vec::new();
    for (r, record) in results.allocation.records.iter().enumerate() {
        let moving: Vec<usize> =
            (0..elsewhere.len()).filter(|&c| elsewhere[c].iter().any(|option| option[r] != own[r])).collect();
        if moving.len() > 1 {
            let names: Vec<&str> = moving.iter().map(|&c| section.alternatives[c].name.as_str()).collect();
            findings.push(
                Finding::error(
                    "uncertainty_alternative",
                    format!("rule \"{}\" is moved by several choices: {}", record.id, names.join(", ")),
                )
                .field("uncertainty.alternatives")
                .hint("make one choice of them, with an option for each combination"),
            );
        }
        let choice = moving.first().copied();
        let mut options = vec![own[r].clone()];
        options.extend(choice.into_iter().flat_map(|c| elsewhere[c].iter().map(|option| option[r].clone())));
        let proxy = record.used.map_or("", |used| record.proxies[used].name.as_str());
        findings.extend(impossible(section, &record.id, &options));
        rules.push(Rule {
            id: record.id.clone(),
            sector: record.sector.clone(),
            sink: record.sector == "sink",
            terms: terms(loaded, section, inputs.inventory.as_ref(), r, &mut parameters),
            proxy_cv: cv_within(section.rule_cv(&record.id, proxy), &options),
            placed: options,
            choice,
        });
    }
    findings
        .extend(parameters.errors.iter().map(|e| Finding::error("uncertainty_half_width", e.to_string())));
    let choices = section.alternatives.iter().map(|choice| Choice {
        name: choice.name.clone(),
        probabilities: std::iter::once(choice.probability)
            .chain(choice.options.iter().map(|o| o.probability))
            .collect(),
    });
    let model = Model {
        units: inputs.zones.ids.clone(),
        gross_t: results.zones.gross_t.clone(),
        sink_t: results.zones.sink_t.clone(),
        gdp: inputs.zones.gdp_1e4cny.clone(),
        gdp_parameter,
        rules,
        unit_parameters: Vec::new(),
        parameters: parameters.list,
        choices: choices.collect(),
    };
    if findings.is_empty() { Ok(model) } else { Err(findings) }
}

/// Tonnes of every rule per zone and outside, in the order of the rules.
fn placed(inputs: &Inputs, results: &Results) -> Vec<Placed> {
    let records = &results.allocation.records;
    let rule: BTreeMap<&str, usize> =
        records.iter().enumerate().map(|(r, record)| (record.id.as_str(), r)).collect();
    let nothing = Placed { per_unit_t: vec![0.0; inputs.zones.ids.len()], outside_t: 0.0 };
    let mut out = vec![nothing; records.len()];
    let shares = &results.explained.on_zones;
    for ((unit, part), amount_t) in shares.unit.iter().zip(&shares.part).zip(&shares.amount_t) {
        // Plants stand under their rule.
        if let Some(&r) = rule.get(results.explained.parts[*part as usize].rule.as_str()) {
            out[r].per_unit_t[*unit as usize] += amount_t;
        }
    }
    for (placed, record) in out.iter_mut().zip(records) {
        let inside = ExactSum::of(&placed.per_unit_t);
        let outside = record.placed_t - inside;
        // Below the tolerance of the balances it is rounding, not land.
        placed.outside_t = if outside > 1e-9 * record.placed_t { outside } else { 0.0 };
    }
    out
}

/// The variation asked for, or the largest that the number of shares of a rule allows: a rule with two zones cannot vary as
/// much as one with a hundred.
fn cv_within(cv: f64, options: &[Placed]) -> Option<f64> {
    let fewest = options.iter().map(shares_of).min().unwrap_or(0);
    let limit = 0.9 * (fewest.max(1) as f64 - 1.0).sqrt();
    (cv > 0.0 && fewest > 1).then_some(cv.min(limit))
}

/// A variation asked for a rule by name that its number of shares cannot have.
fn impossible(section: &Uncertainty, rule: &str, options: &[Placed]) -> Option<Finding> {
    let cv = *section.rules.get(rule)?;
    let n = options.iter().map(shares_of).min().unwrap_or(0);
    let limit = (n.max(1) as f64 - 1.0).sqrt();
    // A rule that places nothing has nothing that could vary.
    (n > 0 && cv > 0.0 && cv >= limit).then(|| {
        Finding::error(
            "uncertainty_cv",
            format!("rule \"{rule}\" has shares in {n} places: they cannot vary by {cv}"),
        )
        .field(format!("uncertainty.rules.{rule}"))
        .value(cv.to_string())
        .expected(format!("less than √({n} − 1) = {limit:.3}, where all tonnes are in one place"))
    })
}

/// Zones with a share, and the outside if it has one.
fn shares_of(placed: &Placed) -> usize {
    placed.per_unit_t.iter().chain([&placed.outside_t]).filter(|t| **t > 0.0).count()
}

/// What the budget of a rule is made of: a given total, or the lines of the inventory.
fn terms(
    loaded: &Loaded,
    section: &Uncertainty,
    inventory: Option<&Inventory>,
    rule: usize,
    parameters: &mut Parameters,
) -> Vec<Term> {
    let budget = &loaded.pipeline.allocate[rule].budget;
    let Some(inventory) = inventory else {
        let pct = section.budget_pct(budget).unwrap_or(f64::NAN);
        // Modes of one total are wrong together.
        let parent = budget.rsplit_once('_').map_or(budget.as_str(), |(parent, _)| parent);
        let total = &loaded.pipeline.inventory.totals;
        let is_total = |name: &str| total.iter().any(|t| format!("{}:{}", t.sector, t.land_group) == name);
        let name = if is_total(budget) || !is_total(parent) { budget } else { parent };
        return vec![Term {
            share: 1.0,
            parameters: vec![parameters.get(format!("total {name}"), Group::Activity, pct)],
        }];
    };
    let own = inventory.budgets.iter().find(|b| format!("{}:{}", b.sector, b.land_group) == *budget);
    let ids: std::collections::BTreeSet<&String> = own.into_iter().flat_map(|b| &b.lines).collect();
    let lines: Vec<_> = inventory.lines.iter().filter(|l| l.counted && ids.contains(&l.id)).collect();
    let sum: f64 = lines.iter().map(|l| l.result_t).sum();
    if sum <= 0.0 {
        return Vec::new();
    }
    let mut of = |line: &InventoryLine| {
        line_parameters(line).map(|(name, group, pct)| parameters.get(name, group, pct)).into()
    };
    lines.iter().map(|line| Term { share: line.result_t / sum, parameters: of(line) }).collect()
}

/// What may be off about a line: its cell of the yearbook and its factor, with their half-widths in percent. Lines with the same
/// one are wrong together.
pub fn line_parameters(line: &InventoryLine) -> [(String, Group, f64); 2] {
    [
        (
            format!("activity {}!{}!{}", line.file, line.sheet, line.cell),
            Group::Activity,
            line.activity_uncertainty_pct,
        ),
        (format!("factor {}", line.factor_id), Group::Factors, line.factor_uncertainty_pct),
    ]
}

/// Parameter of each zone's GDP: one per zone, or per county whose GDP was shared out.
fn gdp(
    section: &Uncertainty,
    inputs: &Inputs,
    parameters: &mut Parameters,
    findings: &mut Vec<Finding>,
) -> Vec<Option<usize>> {
    let zones = &inputs.zones;
    let known = zones.gdp_1e4cny.iter().flatten().count();
    let Some(pct) = section.gdp_pct else {
        if known > 0 {
            findings.push(
                Finding::error("uncertainty_missing", format!("no half-width for the GDP of {known} zones"))
                    .field("uncertainty.gdp_pct")
                    .expected("gdp_pct: half-width of a 95 % interval in percent"),
            );
        }
        return vec![None; zones.ids.len()];
    };
    let derived_pct = section.gdp_derived_pct.unwrap_or(pct);
    let mut of = |z: usize| {
        zones.gdp_1e4cny[z]?;
        let name = match &inputs.derived_gdp {
            Some(derived) => format!("gdp of county {}", derived.county_of[z]),
            None => format!("gdp of zone {}", zones.ids[z]),
        };
        let pct = if zones.gdp_derived[z] { derived_pct } else { pct };
        Some(parameters.get(name, Group::Gdp, pct))
    };
    (0..zones.ids.len()).map(&mut of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variation_that_no_shares_can_have_is_named_with_its_limit() {
        let section: Uncertainty = toml::from_str("[rules]\nfew = 1.5\nmany = 1.4\n").unwrap();
        let places = |per_unit_t: Vec<f64>| [Placed { per_unit_t, outside_t: 1.0 }];
        // Three places: √2. Zones without tonnes do not count.
        let three = places(vec![2.0, 0.0, 3.0]);
        let finding = impossible(&section, "few", &three).unwrap();
        assert_eq!(
            (finding.code.as_str(), finding.field.as_deref()),
            ("uncertainty_cv", Some("uncertainty.rules.few"))
        );
        assert!(finding.expected.unwrap().contains("1.414"));
        assert_eq!(impossible(&section, "many", &three), None);
        assert_eq!(impossible(&section, "few", &places(vec![1.0; 5])), None);
        assert_eq!(impossible(&section, "another", &places(vec![1.0])), None);
    }
}
