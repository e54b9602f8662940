//! Land sinks: area × coefficient of the parcel's sink type.

use carbonzone_geom::OverlapMatrix;
use carbonzone_types::{ExactSum, M2_PER_HECTARE};
use std::collections::BTreeMap;

/// Types of land as a sink: which each parcel is of, and their names.
pub type SinkTypes<'a> = (&'a [u16], &'a [String]);

/// `a_p · c_j` in t CO2e per year for each parcel; sink types without a coefficient give 0, and so do parcels outside `mask`.
///
/// `area_m2`, types and mask have one entry per parcel; coefficients are in t CO2e per hectare and year.
///
/// # Panics
/// If a parcel is of none of the types.
pub fn sink_area(
    area_m2: &[f64],
    (of, types): SinkTypes<'_>,
    coefficient_t_ha: &BTreeMap<String, f64>,
    mask: Option<&[bool]>,
) -> Vec<f64> {
    let by_type: Vec<Option<f64>> = types.iter().map(|t| coefficient_t_ha.get(t).copied()).collect();
    let weight = |(p, (area, of)): (usize, (&f64, &u16))| {
        let coefficient = by_type[*of as usize].filter(|_| mask.is_none_or(|mask| mask[p]));
        coefficient.map_or(0.0, |c| area / M2_PER_HECTARE * c)
    };
    area_m2.iter().zip(of).enumerate().map(weight).collect()
}

/// What each target gets of `tonnes` that the parcels in `mask` share by their weights; `None` if these are all 0.
pub fn shared_out(on: &OverlapMatrix, weights: &[f64], mask: &[bool], tonnes: f64) -> Option<Vec<f64>> {
    let members = || weights.iter().zip(mask).enumerate().filter(|(_, (_, m))| **m);
    let total = members().map(|(_, (w, _))| *w).collect::<ExactSum>().value();
    if total <= 0.0 {
        return None;
    }
    let share = tonnes / total;
    Some(on.spread_some(members().map(|(p, (w, _))| (p, w * share))).per_target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hectare_of_forest_takes_its_coefficient() {
        let coefficients = BTreeMap::from([("forest".to_owned(), 3.0)]);
        let names = ["forest", "water"].map(str::to_owned);
        let area =
            |mask: Option<&[bool]>| sink_area(&[1e4, 1e4, 2e4], (&[0, 1, 0], &names), &coefficients, mask);
        assert_eq!(area(None), [3.0, 0.0, 6.0]);
        assert_eq!(area(Some(&[true, true, false])), [3.0, 0.0, 0.0]);
    }
}
