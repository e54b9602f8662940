//! Positions of units that share out what they emit.

use crate::ExactSum;

/// Units that take part: their tonnes are finite, and they have a value in every column.
pub fn taking_part(gross_t: &[f64], sink_t: &[f64], columns: &[&[Option<f64>]]) -> Vec<bool> {
    let known = |i: usize| {
        let tonnes = gross_t[i].is_finite() && sink_t[i].is_finite();
        tonnes && columns.iter().all(|column| column[i].is_some())
    };
    (0..gross_t.len()).map(known).collect()
}

/// Exact sum over the units that take part.
pub fn sum_of_tonnes(tonnes: &[f64], takes_part: &[bool]) -> f64 {
    let counted = tonnes.iter().zip(takes_part).filter(|(_, c)| **c).map(|(t, _)| *t);
    counted.collect::<ExactSum>().value()
}

/// Exact sum of what is known of the units that take part.
pub fn sum_of(values: &[Option<f64>], takes_part: &[bool]) -> f64 {
    let counted = values.iter().zip(takes_part).filter(|(_, c)| **c).filter_map(|(v, _)| *v);
    counted.collect::<ExactSum>().value()
}

/// Shares of the units that take part; 0 for the others.
pub fn shares_of(values: &[Option<f64>], takes_part: &[bool]) -> Vec<f64> {
    let sum = sum_of(values, takes_part);
    let share = |(v, c): (&Option<f64>, &bool)| v.filter(|_| *c && sum > 0.0).map_or(0.0, |v| v / sum);
    values.iter().zip(takes_part).map(share).collect()
}

/// Units that take part, with the sums over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// By unit.
    pub takes_part: Vec<bool>,
    /// Gross emissions.
    pub gross_t: f64,
    /// Sinks.
    pub sink_t: f64,
    /// The base.
    pub base: f64,
}

/// The legs of every unit and what is settled; `None`: the unit takes no part.
#[derive(Debug, Clone, PartialEq)]
pub struct Legs {
    /// `w_S·S_i − w_E·E_i`.
    pub settled_t: Vec<Option<f64>>,
    /// `E_i = C_i − C·G_i/G`.
    pub economic_t: Vec<Option<f64>>,
    /// `S_i = A_i − A·C_i/C`.
    pub ecological_t: Vec<Option<f64>>,
}

/// The legs, with the weights of the economic and of the ecological one.
pub fn legs(
    gross_t: &[f64],
    sink_t: &[f64],
    base: &[Option<f64>],
    counted: &Counted,
    (weight_economic, weight_ecological): (f64, f64),
) -> Legs {
    let economic = |i: usize| gross_t[i] - counted.gross_t * (base[i].unwrap_or(0.0) / counted.base);
    let ecological = |i: usize| sink_t[i] - counted.sink_t * (gross_t[i] / counted.gross_t);
    let n = gross_t.len();
    let economic_t: Vec<_> = (0..n).map(|i| counted.takes_part[i].then(|| economic(i))).collect();
    let ecological_t: Vec<_> = (0..n).map(|i| counted.takes_part[i].then(|| ecological(i))).collect();
    let both = economic_t.iter().zip(&ecological_t);
    let settle = |(e, s): (&Option<f64>, &Option<f64>)| {
        e.zip(*s).map(|(e, s)| weight_ecological * s - weight_economic * e)
    };
    Legs { settled_t: both.map(settle).collect(), economic_t, ecological_t }
}

/// Scales payments by the ability of the payers, and receipts so that they are the payments; says by what receipts were multiplied.
pub fn scale_to_ability(settled_t: &mut [Option<f64>], ability: &[Option<f64>]) -> f64 {
    let paid = |(t, r): (&Option<f64>, &Option<f64>)| t.filter(|t| *t < 0.0).zip(*r).map(|(t, r)| -t * r);
    let paid_t: ExactSum = settled_t.iter().zip(ability).filter_map(paid).collect();
    let due_t: ExactSum = settled_t.iter().flatten().filter(|t| **t > 0.0).copied().collect();
    let (paid_t, due_t) = (paid_t.value(), due_t.value());
    let factor = if due_t > 0.0 { paid_t / due_t } else { 0.0 };
    for (t, r) in settled_t.iter_mut().zip(ability) {
        let scale = |t: f64| if t < 0.0 { t * r.unwrap_or(0.0) } else { t * factor };
        *t = t.map(scale);
    }
    factor
}

/// Quotas: what is allowed, shared out by the weighted shares.
pub fn quotas(allowed_t: f64, shares: &[Vec<f64>], weights: &[f64], takes_part: &[bool]) -> Vec<Option<f64>> {
    let share = |i: usize| shares.iter().zip(weights).map(|(s, w)| s[i] * w).sum::<f64>();
    (0..takes_part.len()).map(|i| takes_part[i].then(|| allowed_t * share(i))).collect()
}

/// Tonnes of the units that take part, 0 for the others.
pub fn of_those(tonnes: &[f64], takes_part: &[bool]) -> Vec<f64> {
    tonnes.iter().zip(takes_part).map(|(t, c)| if *c { *t } else { 0.0 }).collect()
}

/// What is cut, for those who take part, and what is settled: `q_i − (C_i − a_i)`.
pub fn after_cuts(
    gross_t: &[f64],
    cuts_t: &[f64],
    quota_t: &[Option<f64>],
    takes_part: &[bool],
) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let n = gross_t.len();
    let cut_t = (0..n).map(|i| takes_part[i].then_some(cuts_t[i])).collect();
    let settled_t = (0..n).map(|i| quota_t[i].map(|q| q - (gross_t[i] - cuts_t[i]))).collect();
    (cut_t, settled_t)
}
