//! What the draws act on: tonnes by rule and unit, and what may be off about them.

use crate::distribution::{Relative, dirichlet_concentration};
use crate::{ConfidenceError, Key};
use serde::{Deserialize, Serialize};

/// Kinds of reasons for being unsure: the drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Activity data and given totals.
    Activity,
    /// Emission factors and coefficients.
    Factors,
    /// Shares of the proxies.
    Proxies,
    /// GDP of the units.
    Gdp,
    /// Choice of sets and proxies.
    Choices,
}

impl Group {
    /// All of them, in the order of every list of drivers.
    pub const ALL: [Self; 5] = [Self::Activity, Self::Factors, Self::Proxies, Self::Gdp, Self::Choices];

    /// Key in tables.
    pub fn key(self) -> &'static str {
        ["activity", "factors", "proxies", "gdp", "choices"][self as usize]
    }
}

/// A quantity with one draw, wherever it enters: lines that share a factor share its error.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name, unique in the model: the key of its draws.
    pub name: String,
    /// What it counts as.
    pub group: Group,
    /// Its relative error.
    pub spread: Relative,
}

impl Parameter {
    /// Its relative error in each draw: the numbers that [`simulate`](crate::simulate) uses.
    pub fn draws(&self, seed: u64, draws: usize) -> Vec<f64> {
        let key = Key::new(seed, "parameter").child(&self.name).child("a");
        key.uniforms(draws).into_iter().map(|u| self.spread.quantile(u)).collect()
    }
}

/// A part of a rule's budget: the product of some parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Share of the rule's budget, 0–1; the terms of a rule sum to 1.
    pub share: f64,
    /// Positions in [`Model::parameters`].
    pub parameters: Vec<usize>,
}

/// Where the tonnes of a rule lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Placed {
    /// Tonnes per unit, ≥ 0, in the order of the units.
    pub per_unit_t: Vec<f64>,
    /// Tonnes outside every unit, ≥ 0.
    pub outside_t: f64,
}

impl Placed {
    /// Tonnes per unit and what is left of a budget outside them. Below the tolerance of the balances that is rounding, no place
    /// with a share: a rest of 1e-16 would count as one more place, and move every draw of the rule.
    pub fn of(per_unit_t: Vec<f64>, rest_t: f64) -> Self {
        let inside_t: f64 = per_unit_t.iter().sum();
        let outside_t = if rest_t > 1e-9 * (inside_t + rest_t) { rest_t } else { 0.0 };
        Self { per_unit_t, outside_t }
    }

    /// All tonnes, those outside included.
    pub fn total_t(&self) -> f64 {
        self.per_unit_t.iter().sum::<f64>() + self.outside_t
    }
}

/// One budget placed by one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Id, unique in the model: the key of its draws.
    pub id: String,
    /// Sector, for the totals of the city; `sink` is no sector.
    pub sector: String,
    /// True if the tonnes are sinks (magnitudes).
    pub sink: bool,
    /// What the budget is made of.
    pub terms: Vec<Term>,
    /// Where the tonnes lie; with a choice, under each of its options.
    pub placed: Vec<Placed>,
    /// Position in [`Model::choices`] of the choice that decides between [`Self::placed`].
    pub choice: Option<usize>,
    /// Coefficient of variation of the share of an average unit; `None` or 0: the shares are taken as they are.
    pub proxy_cv: Option<f64>,
}

impl Rule {
    /// Concentration of the shares' Dirichlet distribution under an option; `None`: they do not vary.
    pub(crate) fn concentration(&self, option: usize) -> Option<f64> {
        let n = shares_of(&self.placed[option]);
        self.proxy_cv.filter(|cv| *cv > 0.0 && n > 1).and_then(|cv| dirichlet_concentration(n, cv))
    }
}

/// Number of units with a share, the outside included.
fn shares_of(placed: &Placed) -> usize {
    placed.per_unit_t.iter().chain([&placed.outside_t]).filter(|t| **t > 0.0).count()
}

/// A choice between options, e.g. sets of sink coefficients.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Name, unique in the model: the key of its draws.
    pub name: String,
    /// Probability of each option; the first option is the run's own.
    pub probabilities: Vec<f64>,
}

/// Everything that is drawn from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// Ids of the units.
    pub units: Vec<String>,
    /// Gross emission of the run per unit, t CO2e; the sum over the emission rules up to rounding.
    pub gross_t: Vec<f64>,
    /// Sinks of the run per unit, t CO2e, ≥ 0.
    pub sink_t: Vec<f64>,
    /// GDP per unit, any money.
    pub gdp: Vec<Option<f64>>,
    /// Parameter of each unit's GDP, if it varies.
    pub gdp_parameter: Vec<Option<usize>>,
    /// Rules, emissions and sinks.
    pub rules: Vec<Rule>,
    /// Parameters of the tonnes that a rule puts on a unit, by rule and unit, e.g. the residents of a county: their product is a
    /// further factor there. Empty: there are none.
    pub unit_parameters: Vec<Vec<Vec<usize>>>,
    /// Parameters of budgets, units and GDP.
    pub parameters: Vec<Parameter>,
    /// Choices.
    pub choices: Vec<Choice>,
}

impl Model {
    /// Checks everything.
    ///
    /// # Errors
    /// All that is wrong: shapes, tonnes that are negative or no numbers, probabilities, cv out of range.
    pub fn validate(&self) -> Result<(), Vec<ConfidenceError>> {
        let mut errors = Vec::new();
        let n = self.units.len();
        let mut shape = |what: &str, found: usize, expected: usize, wrong: bool| {
            if wrong {
                errors.push(ConfidenceError::Shape { what: what.to_owned(), found, expected });
            }
        };
        for (what, found) in [
            ("values of gross_t", self.gross_t.len()),
            ("values of sink_t", self.sink_t.len()),
            ("values of gdp", self.gdp.len()),
            ("values of gdp_parameter", self.gdp_parameter.len()),
        ] {
            shape(what, found, n, found != n);
        }
        let pointers = self
            .gdp_parameter
            .iter()
            .flatten()
            .chain(self.rules.iter().flat_map(|r| r.terms.iter()).flat_map(|t| t.parameters.iter()))
            .chain(self.unit_parameters.iter().flatten().flatten());
        for &p in pointers {
            shape("position of a parameter", p, self.parameters.len(), p >= self.parameters.len());
        }
        let by_rule = self.unit_parameters.len();
        shape(
            "rules with parameters of units",
            by_rule,
            self.rules.len(),
            ![0, self.rules.len()].contains(&by_rule),
        );
        for of_units in &self.unit_parameters {
            shape("units with parameters", of_units.len(), n, of_units.len() != n);
        }
        for rule in &self.rules {
            let options = rule.choice.map_or(1, |c| self.choices.get(c).map_or(0, |c| c.probabilities.len()));
            let what = format!("placements of rule {}", rule.id);
            shape(&what, rule.placed.len(), options, rule.placed.len() != options || options == 0);
            for placed in &rule.placed {
                let what = format!("units of rule {}", rule.id);
                shape(&what, placed.per_unit_t.len(), n, placed.per_unit_t.len() != n);
            }
        }
        self.rules.iter().for_each(|rule| self.check_rule(rule, &mut errors));
        self.choices.iter().for_each(|choice| check_choice(choice, &mut errors));
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_rule(&self, rule: &Rule, errors: &mut Vec<ConfidenceError>) {
        let outside = "outside".to_owned();
        for placed in &rule.placed {
            let units = self.units.iter().chain([&outside]);
            for (unit, &value) in units.zip(placed.per_unit_t.iter().chain([&placed.outside_t])) {
                if !(value.is_finite() && value >= 0.0) {
                    errors.push(ConfidenceError::Tonnes { rule: rule.id.clone(), unit: unit.clone(), value });
                }
            }
            let units = shares_of(placed);
            let limit = (units.max(1) as f64 - 1.0).sqrt();
            if let Some(cv) = rule.proxy_cv.filter(|cv| !(*cv >= 0.0 && (*cv < limit || units < 2))) {
                errors.push(ConfidenceError::ProxyCv { rule: rule.id.clone(), cv, units, limit });
            }
        }
        let sum: f64 = rule.terms.iter().map(|t| t.share).sum();
        if !rule.terms.is_empty() && (sum - 1.0).abs() > 1e-9 {
            errors.push(ConfidenceError::Option {
                option: format!("shares of the terms of rule {}", rule.id),
                value: sum.to_string(),
                expected: "a sum of 1".to_owned(),
            });
        }
    }
}

fn check_choice(choice: &Choice, errors: &mut Vec<ConfidenceError>) {
    let sum: f64 = choice.probabilities.iter().sum();
    let negative = choice.probabilities.iter().any(|p| p.is_nan() || *p < 0.0);
    if negative || (sum - 1.0).abs() > 1e-9 {
        errors.push(ConfidenceError::Probabilities {
            name: choice.name.clone(),
            probabilities: choice.probabilities.clone(),
            sum,
        });
    }
}
