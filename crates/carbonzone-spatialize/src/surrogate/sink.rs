//! Land sinks: area × coefficient of the parcel's sink type.

use carbonzone_types::M2_PER_HECTARE;
use std::collections::BTreeMap;

/// `a_p · c_j` in t CO2e per year for each parcel; sink types without a coefficient give 0.
///
/// `area_m2` and `sink_type` have one entry per parcel; coefficients are in t CO2e per hectare and year.
pub fn sink_area(area_m2: &[f64], sink_type: &[&str], coefficient_t_ha: &BTreeMap<String, f64>) -> Vec<f64> {
    area_m2
        .iter()
        .zip(sink_type)
        .map(|(area, kind)| coefficient_t_ha.get(*kind).map_or(0.0, |c| area / M2_PER_HECTARE * c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hectare_of_forest_takes_its_coefficient() {
        let coefficients = BTreeMap::from([("forest".to_owned(), 3.0)]);
        assert_eq!(sink_area(&[10_000.0, 10_000.0], &["forest", "water"], &coefficients), [3.0, 0.0]);
    }
}
