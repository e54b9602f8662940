//! What can be wrong with `[uncertainty]`, known from the file alone; all of it at once.

use super::config::{DEFAULT_PROXY_CV, Uncertainty};
use crate::config::Pipeline;
use crate::load_config::{Loaded, parse, suggest};
use carbonzone_types::{Finding, Findings};
use std::collections::BTreeSet;

/// Checks the section against the rest of the file.
pub fn check(loaded: &Loaded) -> Findings {
    let mut out = Findings::new();
    let Some(section) = &loaded.pipeline.uncertainty else { return out };
    let mut report = |finding: Finding, keys: &[&str]| {
        let keys: Vec<&str> = std::iter::once("uncertainty").chain(keys.iter().copied()).collect();
        out.push(loaded.at(finding.field(keys.join(".")), &keys));
    };
    if let Some(finding) = draws(section.draws) {
        report(finding, &["draws"]);
    }
    let known = names_of_budgets(&loaded.pipeline);
    for (name, pct) in &section.budgets {
        if !known.contains(name) {
            let finding = Finding::error("unknown_budget", format!("no budget or sector \"{name}\""))
                .expected(known.iter().cloned().collect::<Vec<_>>().join(", "));
            report(suggest(finding, name, known.iter().map(String::as_str)), &["budgets", name]);
        }
        if let Some(finding) = half_width(&format!("budget \"{name}\""), *pct) {
            report(finding, &["budgets", name]);
        }
    }
    let kinds = DEFAULT_PROXY_CV.map(|(kind, _)| kind);
    for (kind, cv) in &section.proxies {
        if !kinds.contains(&kind.as_str()) {
            let finding = Finding::error("unknown_proxy", format!("no kind of proxy \"{kind}\""))
                .expected(kinds.join(", "));
            report(suggest(finding, kind, kinds), &["proxies", kind]);
        }
        if let Some(finding) = variation(&format!("proxy \"{kind}\""), *cv) {
            report(finding, &["proxies", kind]);
        }
    }
    let rules: Vec<&str> = loaded.pipeline.allocate.iter().map(|rule| rule.id.as_str()).collect();
    for (rule, cv) in &section.rules {
        if !rules.contains(&rule.as_str()) {
            let finding = Finding::error("unknown_rule", format!("no [[allocate]] rule \"{rule}\""))
                .expected(rules.join(", "));
            report(suggest(finding, rule, rules.iter().copied()), &["rules", rule]);
        }
        if let Some(finding) = variation(&format!("rule \"{rule}\""), *cv) {
            report(finding, &["rules", rule]);
        }
    }
    for (key, pct) in [("gdp_pct", section.gdp_pct), ("gdp_derived_pct", section.gdp_derived_pct)] {
        if let Some(finding) = pct.and_then(|pct| half_width("GDP", pct)) {
            report(finding, &[key]);
        }
    }
    if let Some(finding) = missing(&loaded.pipeline, section) {
        report(finding, &[]);
    }
    for finding in alternatives(section).into_iter().chain(unknown_settings(loaded, section)) {
        report(finding, &["alternatives"]);
    }
    out
}

/// A number that is no coefficient of variation.
fn variation(what: &str, cv: f64) -> Option<Finding> {
    (!(0.0..=100.0).contains(&cv)).then(|| {
        Finding::error("uncertainty_cv", format!("the variation of {what} is {cv}"))
            .expected("a coefficient of variation, a number from 0 to 100, e.g. 0.3")
    })
}

/// What is wrong with a number of draws.
pub fn draws(n: usize) -> Option<Finding> {
    (!(n.is_power_of_two() && (64..=65_536).contains(&n))).then(|| {
        Finding::error("uncertainty_draws", "the number of draws is not a power of two in range")
            .value(n.to_string())
            .expected("64, 128, ... 4096 ... 65536")
    })
}

/// What is wrong with a half-width in percent.
pub fn half_width(what: &str, pct: f64) -> Option<Finding> {
    (!(0.0..=10_000.0).contains(&pct)).then(|| {
        Finding::error("uncertainty_half_width", format!("the uncertainty of {what} is {pct} %"))
            .expected("half-width of a 95 % interval in percent, a number from 0 to 10,000")
    })
}

fn names_of_budgets(pipeline: &Pipeline) -> BTreeSet<String> {
    let mut out: BTreeSet<String> = pipeline.inventory.budgets().into_keys().collect();
    out.extend(pipeline.inventory.totals.iter().map(|t| format!("{}:{}", t.sector, t.land_group)));
    out.extend(pipeline.inventory.totals.iter().map(|t| t.sector.clone()));
    out
}

/// Totals without a half-width: unknown is not 0.
fn missing(pipeline: &Pipeline, section: &Uncertainty) -> Option<Finding> {
    let totals = pipeline.inventory.budgets();
    let missing: Vec<String> =
        totals.into_keys().filter(|budget| section.budget_pct(budget).is_none()).collect();
    (!missing.is_empty()).then(|| {
        Finding::error("uncertainty_missing", format!("no half-width for {}", missing.join(", ")))
            .count(missing.len() as u64)
            .expected("[uncertainty.budgets] with a line per budget or per sector")
            .hint("e.g. industry = 15.0: the sector's totals are within ± 15 % with a probability of 95 %")
    })
}

fn alternatives(section: &Uncertainty) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut names = BTreeSet::new();
    for choice in &section.alternatives {
        if !names.insert(&choice.name) {
            let message = format!("the choice \"{}\" stands there twice", choice.name);
            out.push(Finding::error("uncertainty_alternative", message));
        }
        let mut options = BTreeSet::new();
        for option in &choice.options {
            if !options.insert(&option.name) {
                let message =
                    format!("choice \"{}\": option \"{}\" stands there twice", choice.name, option.name);
                out.push(Finding::error("uncertainty_alternative", message));
            }
            if option.set.is_empty() {
                let message = format!("choice \"{}\": option \"{}\" sets nothing", choice.name, option.name);
                let finding = Finding::error("uncertainty_alternative", message);
                out.push(finding.expected("what is set otherwise, e.g. set = [\"sinks.set=lit_low\"]"));
            }
        }
        let all: Vec<f64> =
            std::iter::once(choice.probability).chain(choice.options.iter().map(|o| o.probability)).collect();
        let sum: f64 = all.iter().sum();
        if choice.options.is_empty() || all.iter().any(|p| p.is_nan() || *p < 0.0) || (sum - 1.0).abs() > 1e-9
        {
            let message = format!("the probabilities of choice \"{}\" sum to {sum}", choice.name);
            out.push(
                Finding::error("uncertainty_alternative", message)
                    .value(format!("{all:?}"))
                    .expected("at least one option, and numbers ≥ 0 that sum to 1 with the choice's own"),
            );
        }
    }
    out
}

/// Settings of options that the pipeline file does not know.
fn unknown_settings(loaded: &Loaded, section: &Uncertainty) -> Vec<Finding> {
    let options = section.alternatives.iter().flat_map(|c| c.options.iter().map(move |o| (c, o)));
    let refused = options.filter_map(|(choice, option)| {
        let set: Vec<String> = loaded.set.iter().chain(&option.set).cloned().collect();
        let finding = parse::<Pipeline>(&loaded.text, &set).err()?;
        let message = format!("choice \"{}\", option \"{}\": {}", choice.name, option.name, finding.message);
        Some(Finding { code: "uncertainty_alternative".to_owned(), message, span: None, ..finding })
    });
    refused.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(section: &str) -> Loaded {
        let text = format!(
            "[city]\nname = \"x\"\nyear = 2020\ncrs = \"EPSG:4549\"\n\
             [layers.parcels]\nsource = {{ path = \"p\" }}\nland_use = \"c\"\nscheme = \"gbt21010\"\n\
             [layers.zones]\nsource = {{ path = \"z\" }}\nid = \"id\"\n\
             [inventory]\n\
             [[inventory.totals]]\nsector = \"industry\"\nland_group = \"industrial\"\namount = 1.0\n\
             [[inventory.totals]]\nsector = \"waste\"\nland_group = \"industrial\"\namount = 1.0\n\
             [[allocate]]\nid = \"supply\"\nbudget = \"industry:industrial\"\nland = [\"industrial\"]\nproxies = [\"area\"]\n\
             {section}"
        );
        Loaded::new("x.toml".as_ref(), text.clone(), toml::from_str(&text).unwrap())
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let findings = check(&loaded(
            "[uncertainty]\ndraws = 1000\ngdp_pct = -1.0\n\
             [uncertainty.budgets]\nindustri = 10.0\nindustry = -5.0\n\
             [uncertainty.proxies]\npois = 0.1\narea = nan\n\
             [uncertainty.rules]\nsuply = 1.0\nsupply = -2.0\n\
             [[uncertainty.alternatives]]\nname = \"set\"\nprobability = 0.5\n\
             options = [{ name = \"b\", probability = 0.6, set = [\"sinks.set=b\"] }]\n\
             [[uncertainty.alternatives]]\nname = \"other\"\nprobability = 0.5\n\
             options = [{ name = \"c\", probability = 0.25, set = [\"sinks.sett=b\"] },\
             { name = \"c\", probability = 0.25, set = [] }]\n",
        ));
        let codes: Vec<&str> = findings.items.iter().map(|f| f.code.as_str()).collect();
        let expected = [
            "uncertainty_draws",
            "unknown_budget",
            "uncertainty_half_width",
            "unknown_proxy",
            "uncertainty_cv",
            "unknown_rule",
            "uncertainty_cv",
            "uncertainty_half_width",
            "uncertainty_missing",
            "uncertainty_alternative",
            "uncertainty_alternative",
            "uncertainty_alternative",
            "uncertainty_alternative",
        ];
        let mut found = codes.clone();
        found.sort_unstable();
        let mut wanted = expected.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        let missing = findings.items.iter().find(|f| f.code == "uncertainty_missing").unwrap();
        assert!(missing.message.contains("waste:industrial"), "{}", missing.message);
        let unknown = findings.items.iter().find(|f| f.code == "unknown_budget").unwrap();
        assert!(unknown.hint.as_ref().unwrap().contains("industry"), "{unknown:?}");
        let said = |words: &str| findings.items.iter().any(|f| f.message.contains(words));
        assert!(said("no [[allocate]] rule \"suply\"") && said("the variation of rule \"supply\" is -2"));
        assert!(said("option \"c\" stands there twice") && said("option \"c\" sets nothing"));
        assert!(said("unknown key `sett`"), "{:?}", findings.items);
    }

    #[test]
    fn a_sector_stands_for_its_budgets_and_a_budget_for_its_modes() {
        let section: Uncertainty = toml::from_str(
            "[budgets]\ntransport = 30.0\n\"transport:transport\" = 20.0\n\"industry:industrial\" = 5.0",
        )
        .unwrap();
        assert_eq!(section.budget_pct("transport:transport_road"), Some(20.0));
        assert_eq!(section.budget_pct("transport:rail"), Some(30.0));
        assert_eq!(section.budget_pct("industry:industrial"), Some(5.0));
        assert_eq!(section.budget_pct("waste:industrial"), None);
    }

    #[test]
    fn without_the_section_nothing_is_checked() {
        assert!(check(&loaded("")).items.is_empty());
    }
}
