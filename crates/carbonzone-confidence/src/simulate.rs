//! The loop over the draws, in parallel and in order.

use crate::draw::{Samples, Shares, Tonnes, all_of, mixed};
use crate::ellipse::around;
use crate::result::{CityRow, Confidence, OutputDrivers, Quantiles, UnitConfidence};
use crate::sobol::Sums;
use crate::{ConfidenceError, Group, HALF_WIDTH_TO_SD, Model};
use rayon::prelude::*;

/// Draws per task: fixed, so that sums do not depend on the number of threads; even, for draws come in pairs.
const CHUNK: usize = 64;

const GROUPS: usize = Group::ALL.len();

/// How to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Seed of all draws.
    pub seed: u64,
    /// Number of draws: a power of two from 64 on.
    pub draws: usize,
    /// Find out what moves the classes: each draw is judged once more per group that varies.
    pub drivers: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 2020, draws: 4096, drivers: true }
    }
}

/// The units of one draw, in the order of [`Model::units`].
#[derive(Debug, Clone, Copy)]
pub struct Drawn<'a> {
    /// Gross emissions, t CO2e, ≥ 0.
    pub gross_t: &'a [f64],
    /// Sinks, t CO2e, ≥ 0.
    pub sink_t: &'a [f64],
    /// GDP.
    pub gdp: &'a [Option<f64>],
}

/// What a judge says of a draw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// By column and unit; `None` is NULL. All columns are of one length; units behind their end have a class and no columns.
    pub columns: Vec<Vec<Option<f64>>>,
    /// Class code per unit.
    pub class: Vec<u8>,
}

/// Turns tonnes into indices and classes, as the run did.
pub trait Judge: Sync {
    /// Names of the columns.
    fn columns(&self) -> Vec<String>;
    /// Columns that decide the class.
    fn driving(&self) -> Vec<usize>;
    /// Judges a draw.
    ///
    /// # Errors
    /// What is wrong with it.
    fn judge(&self, drawn: &Drawn<'_>) -> Result<Judged, String>;
}

/// Draws from the model and judges every draw.
///
/// # Units and shape
/// Tonnes are t CO2e per year. One [`UnitConfidence`] per unit of the judge, in its order. The same bits for any number
/// of threads.
///
/// # Errors
/// Everything that is wrong with the model or the options, at once; or a draw that the judge refuses.
pub fn simulate(
    model: &Model,
    judge: &dyn Judge,
    options: &Options,
) -> Result<Confidence, Vec<ConfidenceError>> {
    check(model, options)?;
    let run = judge_of(judge, 0, &model.gross_t, &model.sink_t, &model.gdp).map_err(|e| vec![e])?;
    let samples = Samples::new(model, options.seed, options.draws);
    let task = Task { model, judge, samples: &samples, run: &run, drivers: options.drivers };
    let starts: Vec<usize> = (0..options.draws).step_by(CHUNK).collect();
    let chunks = starts
        .into_par_iter()
        .with_max_len(1)
        .map(|start| task.chunk(start..(start + CHUNK).min(options.draws)))
        .collect::<Result<Vec<Chunk>, ConfidenceError>>()
        .map_err(|e| vec![e])?;
    let columns = judge.columns();
    let units = (0..run.class.len()).into_par_iter().map(|u| task.unit(u, &columns, &chunks)).collect();
    let budgets_t: Vec<&Vec<f64>> = chunks.iter().flat_map(|c| &c.budgets_t).collect();
    let city = city(model, &budgets_t);
    let varies = |rule: &crate::Rule| Some((rule.id.clone(), rule.proxy_cv.filter(|cv| *cv > 0.0)?));
    let proxy_cv = model.rules.iter().filter_map(varies).collect();
    Ok(Confidence { seed: options.seed, draws: options.draws, columns, units, city, proxy_cv })
}

fn check(model: &Model, options: &Options) -> Result<(), Vec<ConfidenceError>> {
    let mut errors = model.validate().err().unwrap_or_default();
    if !(options.draws.is_power_of_two() && options.draws >= CHUNK) {
        errors.push(ConfidenceError::Option {
            option: "draws".to_owned(),
            value: options.draws.to_string(),
            expected: format!("a power of two from {CHUNK} on"),
        });
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn judge_of(
    judge: &dyn Judge,
    draw: usize,
    gross_t: &[f64],
    sink_t: &[f64],
    gdp: &[Option<f64>],
) -> Result<Judged, ConfidenceError> {
    judge.judge(&Drawn { gross_t, sink_t, gdp }).map_err(|message| ConfidenceError::Judge { draw, message })
}

/// What all chunks share.
struct Task<'a> {
    model: &'a Model,
    judge: &'a dyn Judge,
    samples: &'a Samples,
    run: &'a Judged,
    drivers: bool,
}

/// Some draws.
struct Chunk {
    /// How many.
    draws: usize,
    /// Units with columns.
    rows: usize,
    /// What the judge said, by column, unit and draw; NaN is NULL.
    values: Vec<f64>,
    /// Class by unit and draw.
    class: Vec<u8>,
    /// Budgets of the rules in each.
    budgets_t: Vec<Vec<f64>>,
    /// By output and unit; empty without drivers.
    sums: Vec<Vec<Sums<GROUPS>>>,
}

impl Chunk {
    /// The draws of a unit's column; none for a unit without columns.
    fn values(&self, column: usize, unit: usize) -> &[f64] {
        if unit >= self.rows {
            return &[];
        }
        let start = (column * self.rows + unit) * self.draws;
        &self.values[start..start + self.draws]
    }

    /// Classes of a unit.
    fn class(&self, unit: usize) -> &[u8] {
        &self.class[unit * self.draws..(unit + 1) * self.draws]
    }

    fn keep(&mut self, at: usize, judged: &Judged) {
        let columns = judged.columns.iter().flatten();
        for (values, value) in self.values.chunks_exact_mut(self.draws).zip(columns) {
            values[at] = value.unwrap_or(f64::NAN);
        }
        for (classes, class) in self.class.chunks_exact_mut(self.draws).zip(&judged.class) {
            classes[at] = *class;
        }
    }
}

/// A draw with what came of it.
struct Outcome {
    draw: usize,
    tonnes: Tonnes,
    gdp: Vec<Option<f64>>,
    judged: Judged,
}

impl Task<'_> {
    fn chunk(&self, draws: std::ops::Range<usize>) -> Result<Chunk, ConfidenceError> {
        let outputs = if self.drivers { self.judge.driving().len() + 1 } else { 0 };
        let units = self.run.class.len();
        let rows = self.run.columns.first().map_or(0, Vec::len);
        let mut out = Chunk {
            draws: draws.len(),
            rows,
            values: vec![f64::NAN; self.run.columns.len() * rows * draws.len()],
            class: vec![0; units * draws.len()],
            budgets_t: Vec::with_capacity(draws.len()),
            sums: vec![vec![Sums::NONE; units]; outputs],
        };
        for first in draws.clone().step_by(2) {
            let mut shares = Samples::no_shares(self.model);
            let pair = [self.outcome(first, &mut shares)?, self.outcome(first + 1, &mut shares)?];
            if self.drivers {
                for [a, b] in [[&pair[0], &pair[1]], [&pair[1], &pair[0]]] {
                    let mixes = self.mixes(a, b, &mut shares)?;
                    self.add(&a.judged, &b.judged, &mixes, &mut out.sums);
                }
            }
            for outcome in pair {
                out.keep(outcome.draw - draws.start, &outcome.judged);
                out.budgets_t.push(outcome.tonnes.budget_t);
            }
        }
        Ok(out)
    }

    fn outcome(&self, draw: usize, shares: &mut Shares) -> Result<Outcome, ConfidenceError> {
        let tonnes = self.samples.tonnes(self.model, &all_of(draw), shares);
        let gdp = self.samples.gdp(self.model, draw);
        let judged = judge_of(self.judge, draw, &tonnes.gross_t, &tonnes.sink_t, &gdp)?;
        Ok(Outcome { draw, tonnes, gdp, judged })
    }

    /// Draw `a` with each group from `b`; `None` for a group of which nothing varies.
    fn mixes(
        &self,
        a: &Outcome,
        b: &Outcome,
        shares: &mut Shares,
    ) -> Result<[Option<Judged>; GROUPS], ConfidenceError> {
        let mut out = [const { None }; GROUPS];
        for group in Group::ALL.into_iter().filter(|g| self.samples.varies[*g as usize]) {
            let mut gdp = &a.gdp;
            let mut own = None;
            if group == Group::Gdp {
                gdp = &b.gdp;
            } else {
                own = Some(self.samples.tonnes(self.model, &mixed(a.draw, group, b.draw), shares));
            }
            let Tonnes { gross_t, sink_t, .. } = own.as_ref().unwrap_or(&a.tonnes);
            out[group as usize] = Some(judge_of(self.judge, a.draw, gross_t, sink_t, gdp)?);
        }
        Ok(out)
    }

    /// Adds a draw to the sums behind the drivers.
    fn add(&self, a: &Judged, b: &Judged, mixes: &[Option<Judged>; GROUPS], sums: &mut [Vec<Sums<GROUPS>>]) {
        let driving = self.judge.driving();
        for (output, sums) in sums.iter_mut().enumerate() {
            let column = driving.get(output).copied();
            for (u, sums) in sums.iter_mut().enumerate() {
                let value = |j: &Judged| match column {
                    Some(column) => j.columns[column].get(u).copied().flatten(),
                    None => Some(f64::from(u8::from(j.class[u] == self.run.class[u]))),
                };
                let centre =
                    column.and_then(|c| self.run.columns[c].get(u).copied().flatten()).unwrap_or(0.0);
                let mixed = mixes.each_ref().map(|j| value(j.as_ref().unwrap_or(a)).unwrap_or(f64::NAN));
                if let (Some(a), Some(b), false) = (value(a), value(b), mixed.iter().any(|m| m.is_nan())) {
                    sums.add(a, b, &mixed, centre);
                }
            }
        }
    }

    fn unit(&self, u: usize, names: &[String], chunks: &[Chunk]) -> UnitConfidence {
        let of_column = |c: usize| chunks.iter().flat_map(move |k| k.values(c, u)).copied();
        let columns = (0..names.len()).map(|c| {
            let mut values: Vec<f64> = of_column(c).filter(|v| !v.is_nan()).collect();
            values.sort_unstable_by(f64::total_cmp);
            Quantiles::of_sorted(&values)
        });
        let mut counts = [0_usize; 256];
        chunks.iter().flat_map(|k| k.class(u)).for_each(|class| counts[usize::from(*class)] += 1);
        let n = counts.iter().sum::<usize>() as f64;
        let printed = self.run.class[u];
        let probabilities: Vec<(u8, f64)> =
            (0..=u8::MAX).zip(counts).filter(|(_, k)| *k > 0).map(|(c, k)| (c, k as f64 / n)).collect();
        let most = probabilities.iter().map(|(_, p)| *p).fold(0.0, f64::max);
        let confidence = probabilities.iter().find(|(c, _)| *c == printed).map_or(0.0, |(_, p)| *p);
        let first = probabilities.iter().find(|(_, p)| *p == most).map_or(printed, |(c, _)| *c);
        let drivers = self.drivers_of(u, names, chunks);
        let points: Option<Vec<[f64; 2]>> = match self.judge.driving().as_slice() {
            [x, y, ..] => of_column(*x).zip(of_column(*y)).map(positive_logs).collect(),
            _ => None,
        };
        let driver = drivers.last().and_then(|d| d.shares.as_ref()).map(|s| largest(&s.total));
        UnitConfidence {
            columns: columns.collect(),
            printed,
            modal: if told_apart(most, confidence, n) { first } else { printed },
            probabilities,
            confidence,
            error: (confidence * (1.0 - confidence) / n).sqrt(),
            drivers,
            driver,
            ellipse: points.and_then(|points| around(&points, ELLIPSE_SHARE)),
        }
    }

    fn drivers_of(&self, u: usize, names: &[String], chunks: &[Chunk]) -> Vec<OutputDrivers> {
        if !self.drivers {
            return Vec::new();
        }
        let driving = self.judge.driving();
        let labels = driving.iter().map(|&c| names[c].clone()).chain(["class".to_owned()]);
        let of = |(output, label): (usize, String)| {
            let mut sums = Sums::<GROUPS>::NONE;
            for chunk in chunks {
                sums.merge(&chunk.sums[output][u]);
            }
            OutputDrivers { output: label, shares: sums.shares() }
        };
        labels.enumerate().map(of).collect()
    }
}

/// Share of the draws that lie in a unit's ellipse.
const ELLIPSE_SHARE: f64 = 0.9;

/// True if `draws` tell two probabilities apart: their difference is above 1.96 of its standard errors, for shares of the same draws
/// `√((p + q − (p − q)²)/N)`.
fn told_apart(p: f64, q: f64, draws: f64) -> bool {
    let difference = p - q;
    difference > 1.96 * ((p + q - difference * difference) / draws).sqrt()
}

/// Logarithms of two values of a unit; `None` if one is NULL or not positive.
fn positive_logs((x, y): (f64, f64)) -> Option<[f64; 2]> {
    let log = |v: f64| (v > 0.0 && v.is_finite()).then(|| v.ln());
    Some([log(x)?, log(y)?])
}

/// The group with the largest share; the first of equals.
fn largest(shares: &[f64]) -> Group {
    let most = shares.iter().copied().fold(0.0, f64::max);
    Group::ALL[shares.iter().position(|s| *s == most).unwrap_or(0)]
}

/// Totals of the city over the draws: sectors in the order of the rules, then gross, sink and net.
fn city(model: &Model, budgets_t: &[&Vec<f64>]) -> Vec<CityRow> {
    let mut sectors: Vec<&str> = Vec::new();
    for rule in model.rules.iter().filter(|r| !r.sink) {
        if !sectors.contains(&rule.sector.as_str()) {
            sectors.push(&rule.sector);
        }
    }
    let sign = |rule: &crate::Rule, item: &str| match (item, rule.sink) {
        ("gross" | "net", false) | ("sink", true) => 1.0,
        ("net", true) => -1.0,
        (sector, false) if sector == rule.sector => 1.0,
        _ => 0.0,
    };
    let sum = |item: &str, budget_t: &[f64]| -> f64 {
        model.rules.iter().zip(budget_t).map(|(r, t)| sign(r, item) * t).sum()
    };
    let own: Vec<f64> = model.rules.iter().map(|r| r.placed[0].total_t()).collect();
    let row = |item: &str| {
        let mut values: Vec<f64> = budgets_t.iter().map(|t| sum(item, t)).collect();
        let n = values.len() as f64;
        let mean_t = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean_t).powi(2)).sum::<f64>() / n;
        values.sort_unstable_by(f64::total_cmp);
        CityRow {
            item: item.to_owned(),
            amount_t: sum(item, &own),
            mean_t,
            half_width_t: HALF_WIDTH_TO_SD * variance.sqrt(),
            quantiles: Quantiles::of_sorted(&values).unwrap_or_default(),
        }
    };
    sectors.into_iter().chain(["gross", "sink", "net"]).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::told_apart;

    #[test]
    fn a_class_is_likelier_only_beyond_the_sampling_error_of_the_draws() {
        // 39 % against 38 % of 1,024 draws: the standard error of their difference is 2.7 points.
        assert!(!told_apart(0.39, 0.38, 1024.0));
        assert!(told_apart(0.48, 0.42, 1024.0) && !told_apart(0.47, 0.42, 1024.0));
        // The more draws, the smaller the difference that counts; equals never do, and a class that no draw gave always loses.
        assert!(told_apart(0.39, 0.38, 1e6));
        assert!(!told_apart(0.5, 0.5, 1e9) && told_apart(1.0, 0.0, 8.0));
    }
}
