//! Two models under the same draws: how often does the class of a unit differ between them?

use crate::draw::{Samples, all_of};
use crate::simulate::{Drawn, Judge};
use crate::{ConfidenceError, Model, Options};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Draws per task: fixed, so that nothing depends on the number of threads.
const CHUNK: usize = 64;

/// Draws by pair of classes.
type Counts = BTreeMap<(u8, u8), u32>;

/// Classes of one unit under two models.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moves {
    /// Share of the draws by class under the first and the second model, both in the same draw.
    pub pairs: BTreeMap<(u8, u8), f64>,
}

impl Moves {
    /// Share of the draws in which the two classes differ.
    pub fn differs(&self) -> f64 {
        self.pairs.iter().filter(|((a, b), _)| a != b).fold(0.0, |sum, (_, p)| sum + p)
    }

    /// Share of the draws in which the first model gives this class.
    pub fn first(&self, class: u8) -> f64 {
        self.pairs.iter().filter(|((a, _), _)| *a == class).fold(0.0, |sum, (_, p)| sum + p)
    }

    /// Share of the draws in which the second model gives this class.
    pub fn second(&self, class: u8) -> f64 {
        self.pairs.iter().filter(|((_, b), _)| *b == class).fold(0.0, |sum, (_, p)| sum + p)
    }
}

/// Draws from both models and judges both in every draw. What has the same name in both is drawn alike, so that a unit
/// moves because the models differ and not because the draws do.
///
/// # Errors
/// What is wrong with a model, or a draw that a judge refuses.
pub fn moves(
    first: (&Model, &dyn Judge),
    second: (&Model, &dyn Judge),
    options: &Options,
) -> Result<Vec<Moves>, Vec<ConfidenceError>> {
    let mut errors = first.0.validate().err().unwrap_or_default();
    errors.extend(second.0.validate().err().unwrap_or_default());
    if first.0.units.len() != second.0.units.len() {
        errors.push(ConfidenceError::Shape {
            what: "units of the second model".to_owned(),
            found: second.0.units.len(),
            expected: first.0.units.len(),
        });
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let both = [first, second]
        .map(|(model, judge)| (model, judge, Samples::new(model, options.seed, options.draws)));
    let starts: Vec<usize> = (0..options.draws).step_by(CHUNK).collect();
    let chunk = |start: usize| -> Result<Vec<Counts>, ConfidenceError> {
        let mut out = vec![Counts::new(); first.0.units.len()];
        for draw in start..(start + CHUNK).min(options.draws) {
            let [a, b] = [0, 1].map(|k| {
                let (model, judge, samples) = &both[k];
                let t = samples.tonnes(model, &all_of(draw), &mut Samples::no_shares(model));
                let gdp = samples.gdp(model, draw);
                let drawn = Drawn { gross_t: &t.gross_t, sink_t: &t.sink_t, gdp: &gdp };
                judge.judge(&drawn).map_err(|message| ConfidenceError::Judge { draw, message })
            });
            for (counts, pair) in out.iter_mut().zip(a?.class.into_iter().zip(b?.class)) {
                *counts.entry(pair).or_insert(0) += 1;
            }
        }
        Ok(out)
    };
    let chunks = starts.into_par_iter().map(chunk).collect::<Result<Vec<_>, _>>().map_err(|e| vec![e])?;
    let n = options.draws.max(1) as f64;
    let of = |unit: usize| {
        let mut counts = Counts::new();
        for (pair, k) in chunks.iter().flat_map(|c| &c[unit]) {
            *counts.entry(*pair).or_insert(0) += k;
        }
        Moves { pairs: counts.into_iter().map(|(pair, k)| (pair, f64::from(k) / n)).collect() }
    };
    Ok((0..first.0.units.len()).map(of).collect())
}
