//! How sure it is that a unit pays or receives: the draws of `[uncertainty]`, judged once more.

use super::{Given, ModelResult, Numbers, positions};
use carbonzone_confidence::{Drawn, Judge, Judged, Model, Options, simulate};
use carbonzone_types::Finding;
use carbonzone_zoning::compensation::{Compensation, UnitNumbers};

/// The draws of a study.
pub struct Draws<'a> {
    /// What is drawn.
    pub model: &'a Model,
    /// How often.
    pub options: Options,
    /// Where the units stand in the model.
    pub rows: Rows,
}

/// Where the units of the compensation stand among those of the model.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Place of the first unit of the year.
    pub first: usize,
    /// The same of every year up to it; empty in a study of one year.
    pub history: Vec<usize>,
    /// Units whose sinks are negative: the model draws their size.
    pub negative: Vec<bool>,
}

impl Rows {
    /// The units of a year, by its place among the years, in a model with `units` rows per year.
    pub fn of_year(year: usize, units: usize, negative: Vec<bool>) -> Self {
        Self { first: year * units, history: (0..=year).map(|y| y * units).collect(), negative }
    }
}

/// Adds to every model the share of the draws in which a unit is on the same side.
pub(super) fn add(
    section: &Compensation,
    numbers: &Numbers,
    given: &Given,
    draws: &Draws<'_>,
    models: &mut [ModelResult],
) -> Result<(), Vec<Finding>> {
    let judge = SignJudge { section, numbers, given, rows: &draws.rows };
    let options = Options { drivers: false, ..draws.options };
    let found = simulate(draws.model, &judge, &options).map_err(|errors| {
        errors.iter().map(|e| Finding::error("compensation", e.to_string())).collect::<Vec<_>>()
    })?;
    let n = numbers.ids.len();
    for (result, units) in models.iter_mut().zip(found.units.chunks(n)) {
        let part = result.positions.settled_t.iter().zip(units);
        result.sign_probability = part.map(|(t, unit)| t.map(|_| unit.confidence)).collect();
    }
    Ok(())
}

struct SignJudge<'a> {
    section: &'a Compensation,
    numbers: &'a Numbers,
    given: &'a Given,
    rows: &'a Rows,
}

/// Class of a position: no part, pays, nothing, receives.
fn side(settled_t: Option<f64>) -> u8 {
    match settled_t {
        None => 0,
        Some(t) if t < 0.0 => 1,
        Some(t) if t > 0.0 => 3,
        Some(_) => 2,
    }
}

impl Judge for SignJudge<'_> {
    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    fn driving(&self) -> Vec<usize> {
        Vec::new()
    }

    fn judge(&self, drawn: &Drawn<'_>) -> Result<Judged, String> {
        let n = self.numbers.ids.len();
        let year = self.rows.first..self.rows.first + n;
        // What the run does not know, no draw knows.
        let known = |t: &[f64], run: &[f64]| -> Vec<f64> {
            t[year.clone()].iter().zip(run).map(|(t, run)| if run.is_nan() { *run } else { *t }).collect()
        };
        let gross_t = known(drawn.gross_t, &self.numbers.gross_t);
        let mut sink_t = known(drawn.sink_t, &self.numbers.sink_t);
        sink_t.iter_mut().zip(&self.rows.negative).filter(|(_, neg)| **neg).for_each(|(t, _)| *t = -*t);
        let years = self.rows.history.len() as f64;
        let mean = |i: usize| self.rows.history.iter().map(|y| drawn.gross_t[y + i]).sum::<f64>() / years;
        let history_t: Vec<f64> =
            if self.rows.history.is_empty() { Vec::new() } else { (0..n).map(mean).collect() };
        // A study that draws no GDP has that of the run in every draw.
        let gdp: Vec<Option<f64>> =
            drawn.gdp[year].iter().zip(&self.numbers.gdp).map(|(drawn, run)| drawn.or(*run)).collect();
        let units = UnitNumbers {
            gross_t: &gross_t,
            sink_t: &sink_t,
            gdp: &gdp,
            population: &self.numbers.population,
            area: &self.numbers.area,
            history_t: &history_t,
            engel: &self.given.engel,
            first_cost: &self.given.first_cost,
        };
        let mut class = Vec::with_capacity(n * self.section.models.len());
        for model in &self.section.models {
            let found = positions(self.section, *model, &units).map_err(|e| e.to_string())?;
            class.extend(found.settled_t.into_iter().map(side));
        }
        Ok(Judged { columns: Vec::new(), class })
    }
}
