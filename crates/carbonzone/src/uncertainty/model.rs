//! The model behind the draws: tonnes by rule and zone, what each budget is made of, what may be off.

use super::Others;
use super::config::{Uncertainty, proxy_kind};
use crate::compute::Results;
use crate::load::Inputs;
use crate::load_config::Loaded;
use carbonzone_confidence::{Choice, ConfidenceError, Group, Model, Parameter, Placed, Relative, Rule, Term};
use carbonzone_inventory::{Inventory, InventoryLine};
use carbonzone_types::{ExactSum, Finding, RuleRecord};
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
/// What is told with it: where a rule has fewer places than the default of its kind of proxy is for.
///
/// # Errors
/// All that is wrong, as findings: missing half-widths, choices that move the same rule, variations that no shares can have.
pub fn build(
    loaded: &Loaded,
    section: &Uncertainty,
    inputs: &Inputs,
    results: &Results,
    others: &Others,
) -> Result<(Model, Vec<Finding>), Vec<Finding>> {
    let (mut findings, mut told) = (Vec::new(), Vec::new());
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
            let message = format!("rule \"{}\" is moved by several choices: {}", record.id, names.join(", "));
            findings.push(
                Finding::error("uncertainty_alternative", message)
                    .field("uncertainty.alternatives")
                    .hint("make one choice of them, with an option for each combination"),
            );
        }
        let choice = moving.first().copied();
        let mut options = vec![own[r].clone()];
        options.extend(choice.into_iter().flat_map(|c| elsewhere[c].iter().map(|option| option[r].clone())));
        let proxy = record.used.map_or("", |used| record.proxies[used].name.as_str());
        let varies = variation(section, (&record.id, proxy), &options).unwrap_or_else(|finding| {
            findings.push(finding);
            Variation::default()
        });
        told.extend(varies.told);
        rules.push(Rule {
            id: record.id.clone(),
            sector: record.sector.clone(),
            sink: record.sector == "sink",
            terms: terms(loaded, section, inputs.inventory.as_ref(), r, &mut parameters),
            proxy_cv: varies.cv,
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
        gdp: inputs.zones.gdp.clone(),
        gdp_parameter,
        rules,
        unit_parameters: Vec::new(),
        parameters: parameters.list,
        choices: choices.collect(),
    };
    if findings.is_empty() { Ok((model, told)) } else { Err(findings) }
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
    let whole = |(placed, record): (Placed, &RuleRecord)| {
        let outside_t = record.placed_t - ExactSum::of(&placed.per_unit_t);
        Placed::of(placed.per_unit_t, outside_t)
    };
    out.into_iter().zip(records).map(whole).collect()
}

/// No default is more than this part of what the shares of a rule can vary (docs/adr/0019).
const LARGEST: f64 = 0.9;

/// How much the shares of a rule vary.
#[derive(Debug, Default, PartialEq)]
struct Variation {
    /// Coefficient of variation of an average share; none: they are taken as they are.
    cv: Option<f64>,
    /// The default of the rule, where it is not that of its kind of proxy.
    told: Option<Finding>,
}

/// Variation of the shares of a rule with a proxy: as asked for; else the default of its kind of proxy, in few places 0.9 of
/// what so few shares can vary.
///
/// # Errors
/// The file asks for more than the shares can vary.
fn variation(
    section: &Uncertainty,
    (rule, proxy): (&str, &str),
    options: &[Placed],
) -> Result<Variation, Finding> {
    let n = options.iter().map(shares_of).min().unwrap_or(0);
    // Shares that differ more than this would have all tonnes in one place, under the option with the fewest places.
    let (cv, limit) = (section.rule_cv(rule, proxy), (n.max(1) as f64 - 1.0).sqrt());
    let (own, kind) = (section.rules.contains_key(rule), proxy_kind(proxy));
    // What lies in one place because of its kind of proxy has nothing to vary; asked for by name it is a mistake.
    if cv == 0.0 || n == 0 || (n == 1 && !own) {
        return Ok(Variation::default());
    }
    let asked = own || section.proxies.contains_key(kind);
    if cv < limit && (asked || cv <= LARGEST * limit) {
        return Ok(Variation { cv: Some(cv), told: None });
    }
    if asked {
        let field = if own { format!("rules.{rule}") } else { format!("proxies.{kind}") };
        let message = format!("rule \"{rule}\" has shares in {n} places: they cannot vary by {cv}");
        return Err(Finding::error("uncertainty_cv", message)
            .field(format!("uncertainty.{field}"))
            .value(cv.to_string())
            .expected(format!("less than √({n} − 1) = {limit:.3}, where all tonnes are in one place"))
            .hint(format!("give this rule a number of its own: rules = {{ {rule} = {:.2} }}", 0.5 * limit)));
    }
    let used = LARGEST * limit;
    let message = format!(
        "rule \"{rule}\" has shares in {n} places: its default variation is {used:.3}, not the {cv} of {kind}"
    );
    let told = Finding::info("uncertainty_cv_default", message)
        .field(format!("uncertainty.rules.{rule}"))
        .value(format!("{used:.3}"))
        .hint("known plants as [layers.point_sources], or a number of its own here, say more than a default");
    Ok(Variation { cv: Some(used), told: Some(told) })
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
    let known = zones.gdp.iter().flatten().count();
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
        zones.gdp[z]?;
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
    use carbonzone_types::Severity;

    #[test]
    fn a_variation_that_no_shares_can_have_is_refused_and_no_default_is_one() {
        let section: Uncertainty =
            toml::from_str("[rules]\nfew = 1.5\nmany = 1.4\nlone = 0.1\n[proxies]\npoi = 2.0\n").unwrap();
        let places = |per_unit_t: Vec<f64>| [Placed { per_unit_t, outside_t: 1.0 }];
        let of = |rule, proxy, options: &[Placed]| variation(&section, (rule, proxy), options);
        let cv_of = |rule, proxy, options: &[Placed]| {
            let found = of(rule, proxy, options).unwrap();
            (found.cv, found.told.is_some())
        };
        let refused = |rule, proxy, options: &[Placed]| {
            let finding = of(rule, proxy, options).unwrap_err();
            assert!(finding.expected.as_ref().unwrap().starts_with("less than"), "{finding:?}");
            (finding.severity, finding.code.clone(), finding.field.unwrap())
        };
        // Three places: √2. Zones without tonnes do not count.
        let three = places(vec![2.0, 0.0, 3.0]);
        let error = |field: &str| (Severity::Error, "uncertainty_cv".to_owned(), field.to_owned());
        assert_eq!(refused("few", "area", &three), error("uncertainty.rules.few"));
        assert_eq!(refused("other", "poi:industry", &three), error("uncertainty.proxies.poi"));
        assert_eq!(
            refused("lone", "area", &[Placed { per_unit_t: vec![1.0], outside_t: 0.0 }]).1,
            "uncertainty_cv"
        );
        // Two places: 1, and the default of roads is 1. Its default there is 0.9; of three places and more it is 1 again.
        assert_eq!(cv_of("roads", "road_corrected", &places(vec![2.0])), (Some(0.9), true));
        assert_eq!(cv_of("roads", "road_corrected", &three), (Some(1.0), false));
        // Asked for, what is below the limit stands.
        assert_eq!(cv_of("many", "area", &three), (Some(1.4), false));
        assert_eq!(cv_of("few", "area", &places(vec![1.0; 5])), (Some(1.5), false));
        // Where nothing lies, or all in one place, there is nothing to vary.
        assert_eq!(cv_of("roads", "road_corrected", &places(vec![0.0])), (None, false));
        assert_eq!(cv_of("few", "area", &[Placed { per_unit_t: vec![0.0], outside_t: 0.0 }]), (None, false));
    }
}
