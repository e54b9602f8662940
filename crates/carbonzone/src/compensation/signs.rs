//! How sure it is that a unit pays or receives: the draws of `[uncertainty]`, judged once more.

use super::{Given, ModelResult, Numbers, units};
use carbonzone_confidence::{Model, Options, Rows, SignJudge, simulate};
use carbonzone_types::Finding;
use carbonzone_zoning::compensation::Compensation;

/// The draws of a study.
pub struct Draws<'a> {
    /// What is drawn.
    pub model: &'a Model,
    /// How often.
    pub options: Options,
    /// Where the units stand in the model.
    pub rows: Rows,
}

/// Adds to every model the share of the draws in which a unit is on the same side.
pub(super) fn add(
    section: &Compensation,
    numbers: &Numbers,
    given: &Given,
    draws: &Draws<'_>,
    models: &mut [ModelResult],
) -> Result<(), Vec<Finding>> {
    let judge = SignJudge { section, run: units(numbers, given), rows: &draws.rows };
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
