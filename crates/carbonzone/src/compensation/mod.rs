//! `[compensation]`: from the results of a study to who pays whom, and from there to tables, report, map and `explain`.

mod check;
mod columns;
mod output;
mod record;
mod signs;

pub use carbonzone_confidence::Rows;
pub use check::{Known, check};
pub use columns::append_columns;
pub use output::add_to;
pub use record::note_in;
pub use signs::Draws;

use crate::load::Notes;
use crate::load::zones::ZoneSet;
use crate::load_config::suggest;
use carbonzone_report::Label;
use carbonzone_types::{ExactSum, Finding, number_of};
use carbonzone_zoning::ZoningError;
use carbonzone_zoning::compensation::{Compensation, Flow, ModelName, Positions, UnitNumbers, flows, in_fen};
use std::collections::BTreeMap;

/// What a study knows of its units, in the order of its zone table.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// Year of the numbers, in a study over years.
    pub year: Option<i32>,
    pub ids: Vec<String>,
    pub names: Vec<String>,
    /// Their names as shown, which tell them apart.
    pub shown: Vec<Label>,
    pub district: Vec<Option<String>>,
    /// Gross emissions, t CO2e; NaN: unknown.
    pub gross_t: Vec<f64>,
    /// Sinks, t CO2e; NaN: unknown.
    pub sink_t: Vec<f64>,
    pub gdp: Vec<Option<f64>>,
    /// Residents.
    pub population: Vec<Option<f64>>,
    /// Area, m².
    pub area: Vec<Option<f64>>,
    /// Mean emissions of the years up to this one; empty in a study of one year.
    pub history_t: Vec<f64>,
}

impl Numbers {
    /// What the zone layer says of the units.
    pub fn of(zones: &ZoneSet) -> Self {
        Self {
            ids: zones.ids.clone(),
            names: zones.names.clone(),
            shown: zones.shown(),
            district: zones.district.clone(),
            gdp: zones.gdp.clone(),
            population: zones.population.clone(),
            ..Self::default()
        }
    }
}

/// Inputs that the pipeline file gives per unit.
#[derive(Debug, Clone, Default)]
struct Given {
    engel: Vec<f64>,
    first_cost: Vec<f64>,
}

/// Everything computed.
#[derive(Debug, Clone)]
pub struct Compensated {
    /// The units.
    pub numbers: Numbers,
    /// The models, in the order asked for.
    pub models: Vec<ModelResult>,
}

#[derive(Debug, Clone)]
pub struct ModelResult {
    pub model: ModelName,
    /// Positions of the units.
    pub positions: Positions,
    /// Money by price and unit, fen.
    pub fen: Vec<Vec<Option<i64>>>,
    /// Who pays whom, by price.
    pub flows: Vec<Vec<Flow>>,
    /// Share of the draws in which a unit is on the same side; empty without draws.
    pub sign_probability: Vec<Option<f64>>,
}

impl ModelResult {
    /// Units that are paid (`1`) or pay (`-1`) at the first price.
    pub fn count(&self, side: i64) -> usize {
        self.fen.first().map_or(0, |fen| fen.iter().flatten().filter(|f| f.signum() == side).count())
    }
}

/// Who pays whom, if the pipeline file asks for it. The outer `None`: the findings say why not.
pub fn asked(
    section: Option<&Compensation>,
    numbers: impl FnOnce() -> Numbers,
    draws: Option<&Draws<'_>>,
    notes: &mut Notes,
) -> Option<Option<Compensated>> {
    let Some(section) = section else { return Some(None) };
    match compensate(section, numbers(), draws) {
        Ok((found, told)) => {
            notes.findings.items.extend(told);
            Some(Some(found))
        }
        Err(findings) => {
            notes.findings.items.extend(findings);
            None
        }
    }
}

/// Mean of each unit over the years.
pub fn mean_until(years: &[&Vec<f64>]) -> Vec<f64> {
    let n = years.first().map_or(0, |y| y.len());
    (0..n).map(|i| years.iter().map(|y| y[i]).sum::<f64>() / years.len() as f64).collect()
}

/// Positions, money and flows under every model asked for.
///
/// # Errors
/// All that is wrong: names that no unit has, numbers that are missing, a sum that is not 0.
fn compensate(
    section: &Compensation,
    numbers: Numbers,
    draws: Option<&Draws<'_>>,
) -> Result<(Compensated, Vec<Finding>), Vec<Finding>> {
    let given = given(section, &numbers)?;
    let mut models = Vec::new();
    let mut errors = Vec::new();
    for model in &section.models {
        match one_model(section, *model, &numbers, &given) {
            Ok(found) => models.push(found),
            Err(e) => errors.push(refused(*model, &e)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    if let Some(draws) = draws {
        signs::add(section, &numbers, &given, draws, &mut models)?;
    }
    let notes = left_out(&numbers, &models).into_iter().collect();
    Ok((Compensated { numbers, models }, notes))
}

fn refused(model: ModelName, error: &ZoningError) -> Finding {
    let finding =
        Finding::error("compensation", format!("{}: {error}", model.label().0)).field("compensation.models");
    match error {
        ZoningError::TooFew { .. } => finding
            .expected("at least two units with emissions and all numbers that the model needs")
            .hint("choose a base that the units have (gdp, population, area), or join a table with it"),
        _ => finding,
    }
}

fn units<'a>(numbers: &'a Numbers, given: &'a Given) -> UnitNumbers<'a> {
    UnitNumbers {
        gross_t: &numbers.gross_t,
        sink_t: &numbers.sink_t,
        gdp: &numbers.gdp,
        population: &numbers.population,
        area: &numbers.area,
        history_t: &numbers.history_t,
        engel: &given.engel,
        first_cost: &given.first_cost,
    }
}

fn one_model(
    section: &Compensation,
    model: ModelName,
    numbers: &Numbers,
    given: &Given,
) -> Result<ModelResult, ZoningError> {
    let positions = Positions::under(model, &units(numbers, given), section)?;
    let fen = section.prices.iter().map(|p| in_fen(&positions.settled_t, p.cny_per_t));
    let fen = fen.collect::<Result<Vec<_>, _>>()?;
    for (money, price) in fen.iter().zip(&section.prices) {
        let net: i64 = money.iter().flatten().sum();
        if net != 0 {
            let parameter = format!("net of all units at {} CNY/t, fen", price.cny_per_t);
            let (value, expected) = (net.to_string(), "0".to_owned());
            return Err(ZoningError::Parameter { parameter, value, expected });
        }
    }
    let flows = fen.iter().map(|f| flows(f)).collect();
    Ok(ModelResult { model, positions, fen, flows, sign_probability: Vec::new() })
}

/// Engel coefficients and costs of every unit; those of a district, a name or an id win over the common one.
fn given(section: &Compensation, numbers: &Numbers) -> Result<Given, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut of = |common: f64, of: &BTreeMap<String, f64>, key: &str| -> Vec<f64> {
        let mut out = vec![common; numbers.ids.len()];
        let mut used = vec![0; out.len()];
        for (name, value) in of {
            let mut hit = false;
            for i in 0..out.len() {
                let names = [
                    numbers.district[i].as_deref(),
                    Some(numbers.names[i].as_str()),
                    Some(numbers.ids[i].as_str()),
                ];
                // The narrowest of district, name and id wins.
                if let Some(rank) = names.iter().rposition(|n| *n == Some(name.as_str())) {
                    hit = true;
                    if rank + 1 >= used[i] {
                        (out[i], used[i]) = (*value, rank + 1);
                    }
                }
            }
            if !hit {
                let finding =
                    Finding::error("compensation_unit", format!("no unit, name or district is \"{name}\""))
                        .field(format!("compensation.{key}.{name}"));
                let known = numbers.district.iter().flatten().chain(&numbers.names).chain(&numbers.ids);
                findings.push(suggest(finding, name, known.map(String::as_str)));
            }
        }
        out
    };
    let mut out = Given::default();
    if let Some(ability) = &section.ability {
        out.engel = of(ability.engel, &ability.engel_of, "ability.engel_of");
    }
    if let Some(cost) = section.quota.as_ref().and_then(|q| q.cost.as_ref()) {
        out.first_cost = of(cost.first_cny_per_t, &cost.first_of, "quota.cost.first_of");
    }
    if findings.is_empty() { Ok(out) } else { Err(findings) }
}

/// Units that a model leaves out for want of a number.
fn left_out(numbers: &Numbers, models: &[ModelResult]) -> Option<Finding> {
    let out: Vec<usize> = (0..numbers.ids.len())
        .filter(|i| models.iter().any(|m| m.positions.settled_t[*i].is_none()))
        .collect();
    let first = *out.first()?;
    let names: Vec<&str> = out.iter().take(10).map(|i| numbers.shown[*i].zh.as_str()).collect();
    let amount: ExactSum = out.iter().map(|i| numbers.gross_t[*i]).filter(|t| t.is_finite()).collect();
    let counted = number_of(out.len(), "unit takes", "units take");
    let message =
        format!("{counted} no part in the compensation, for want of a number: {}", names.join(", "));
    Some(
        Finding::warning("compensation_left_out", message)
            .layer("zones")
            .feature(numbers.ids[first].clone())
            .count(out.len() as u64)
            .amount_t(amount.value())
            .hint("shares are those of the other units; complete GDP, population or emissions, or choose another base"),
    )
}
