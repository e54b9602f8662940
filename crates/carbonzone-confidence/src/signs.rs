//! The judge of payments: does a unit pay, or is it paid?

use crate::simulate::{Drawn, Judge, Judged};
use carbonzone_zoning::compensation::{Compensation, Positions, UnitNumbers};

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

/// Judges on which side a unit is: one class per unit and model, models one after the other.
#[derive(Debug)]
pub struct SignJudge<'a> {
    /// What the models are told.
    pub section: &'a Compensation,
    /// The units of the run.
    pub run: UnitNumbers<'a>,
    /// Where they stand in the model.
    pub rows: &'a Rows,
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
        let n = self.run.gross_t.len();
        let year = self.rows.first..self.rows.first + n;
        // What the run does not know, no draw knows.
        let known = |t: &[f64], run: &[f64]| -> Vec<f64> {
            t[year.clone()].iter().zip(run).map(|(t, run)| if run.is_nan() { *run } else { *t }).collect()
        };
        let gross_t = known(drawn.gross_t, self.run.gross_t);
        let mut sink_t = known(drawn.sink_t, self.run.sink_t);
        sink_t.iter_mut().zip(&self.rows.negative).filter(|(_, neg)| **neg).for_each(|(t, _)| *t = -*t);
        let years = self.rows.history.len() as f64;
        let mean = |i: usize| self.rows.history.iter().map(|y| drawn.gross_t[y + i]).sum::<f64>() / years;
        let history_t: Vec<f64> =
            if self.rows.history.is_empty() { Vec::new() } else { (0..n).map(mean).collect() };
        // A study that draws no GDP has that of the run in every draw.
        let gdp: Vec<Option<f64>> =
            drawn.gdp[year].iter().zip(self.run.gdp).map(|(drawn, run)| drawn.or(*run)).collect();
        let units =
            UnitNumbers { gross_t: &gross_t, sink_t: &sink_t, gdp: &gdp, history_t: &history_t, ..self.run };
        let mut class = Vec::with_capacity(n * self.section.models.len());
        for model in &self.section.models {
            let found = Positions::under(*model, &units, self.section).map_err(|e| e.to_string())?;
            class.extend(found.settled_t.into_iter().map(side));
        }
        Ok(Judged { columns: Vec::new(), class })
    }
}
