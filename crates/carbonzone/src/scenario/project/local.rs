//! What makes the change in a single zone: by sector, and by the land and the paths of the plan.

use super::projected::{Multiples, ON_EMISSIONS, Split};
use crate::scenario::land::Base;
use carbonzone_types::{ExactSum, Finding};
use carbonzone_zoning::ZoningError;
use carbonzone_zoning::lmdi::decompose;

impl Split {
    /// What sectors and effects leave of the change of gross emissions, relative to the larger side.
    fn open(&self, before: f64, after: f64) -> f64 {
        let scale = before.max(after).max(f64::MIN_POSITIVE);
        let change = after - before;
        let by_sector: f64 = self.sectors.iter().map(|[a, b]| b - a).sum();
        let by_effect: f64 = self.effects[..ON_EMISSIONS].iter().sum();
        (by_sector - change).abs().max((by_effect - change).abs()) / scale
    }
}

/// The split of every zone. `after_land` has the tonnes by rule and zone after the land has changed and before the paths.
///
/// Each rule in a zone is tonnes on its land × activity × intensity × factor; the effects are additive LMDI over the rules.
///
/// # Errors
/// Those of the decomposition.
pub fn splits(
    base: &Base<'_>,
    after_land: &[Vec<f64>],
    multiples: &[Multiples],
) -> Result<Vec<Split>, ZoningError> {
    let records = &base.results.allocation.records;
    let rules = |sector: &str| -> Vec<usize> {
        (0..records.len()).filter(|r| records[*r].sector == sector).collect()
    };
    let by_sector: Vec<Vec<usize>> = base.results.sectors.iter().map(|s| rules(s)).collect();
    let sinks = rules("sink");
    let emitting: Vec<usize> = (0..records.len()).filter(|r| records[*r].sector != "sink").collect();
    let plan = |r: usize, z: usize| after_land[r][z] * multiples[r].product();
    let both = |rules: &[usize], z: usize| {
        let before: ExactSum = rules.iter().map(|r| base.rule_t[*r][z]).collect();
        let after: ExactSum = rules.iter().map(|r| plan(*r, z)).collect();
        [before.value(), after.value()]
    };
    let one = |z: usize| {
        let before: Vec<[f64; 4]> = emitting.iter().map(|r| [base.rule_t[*r][z], 1.0, 1.0, 1.0]).collect();
        let paths = |r: usize| [multiples[r].activity, multiples[r].intensity, multiples[r].factor];
        let after: Vec<[f64; 4]> =
            emitting.iter().map(|r| [after_land[*r][z], paths(*r)[0], paths(*r)[1], paths(*r)[2]]).collect();
        let found = decompose(&before, &after)?;
        let [sink_before, sink_after] = both(&sinks, z);
        let mut effects = [0.0; 5];
        effects.iter_mut().zip(&found.effects).for_each(|(to, from)| *to = *from);
        effects[ON_EMISSIONS] = sink_before - sink_after;
        Ok(Split { sectors: by_sector.iter().map(|rules| both(rules, z)).collect(), effects })
    };
    (0..base.inputs.zones.ids.len()).map(one).collect()
}

/// The zone whose sectors or effects do not add up to its change; `None` if all do within 1e-9.
pub fn balance_of_zones(base: &Base<'_>, splits: &[Split], gross_t: &[f64]) -> Option<Finding> {
    let zones = &base.inputs.zones;
    let open = |z: &usize| splits[*z].open(base.results.zones.gross_t[*z], gross_t[*z]);
    let z = (0..splits.len()).find(|z| open(z) > carbonzone_types::TOLERANCE)?;
    let message = format!(
        "sectors and effects leave a part of {:e} of the change of {} open",
        open(&z),
        zones.names[z]
    );
    Some(
        Finding::error("scenario_waterfall", message)
            .feature(zones.ids[z].clone())
            .expected("effects that add up to the change within 1e-9"),
    )
}
