//! Equations 2 to 5 of the Guiyang paper, by county: respiration and energy, sinks by land cover. Equation 1 is
//! [`net`](super::net); the sum `E = E1 + E2` of equation 2 is that of the sectors of every study.

use crate::InventoryError;
use carbonzone_types::M2_PER_HECTARE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// t CO2 that ten thousand people breathe out in a **year**: 0.9 kg/day × 365 × 10⁴ / 1000.
///
/// Guiyang paper, eq. 3. The text says "per day"; the number is per year. Human respiration is
/// biogenic and belongs in no other inventory.
pub const RESPIRATION_T_PER_1E4_PERSONS: f64 = 3285.0;

/// t CO2 per tonne of coal equivalent. Guiyang paper, eq. 4, read as 0.7259 tC/tce × 44/12.
pub const ENERGY_T_PER_TCE: f64 = 2.66;

/// Coefficients of the emission side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CountyFactors {
    /// t CO2 per 10⁴ persons and year.
    pub respiration_t_per_1e4_persons: f64,
    /// t CO2 per tonne of coal equivalent.
    pub energy_t_per_tce: f64,
}

impl Default for CountyFactors {
    fn default() -> Self {
        Self {
            respiration_t_per_1e4_persons: RESPIRATION_T_PER_1E4_PERSONS,
            energy_t_per_tce: ENERGY_T_PER_TCE,
        }
    }
}

/// Activity of the counties in one year, one value per county.
#[derive(Debug, Clone, Copy)]
pub struct CountyActivity<'a> {
    /// Residents, in 10⁴ persons.
    pub population_1e4_persons: &'a [f64],
    /// GDP, in 10⁴ CNY.
    pub gdp_1e4cny: &'a [f64],
    /// Energy per GDP, tonnes of coal equivalent per 10⁴ CNY.
    pub energy_tce_per_1e4cny: &'a [f64],
}

/// Emissions of the counties, t CO2/yr.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CountyEmissions {
    /// `E1`: population respiration.
    pub respiration_t: Vec<f64>,
    /// `E2`: energy.
    pub energy_t: Vec<f64>,
}

/// `E1 = 3285 P` and `E2 = 2.66 e GDP` of every county (eq. 2–4).
///
/// The paper's eq. 4 leaves the energy intensity `e` out; its text takes it from the yearbook.
///
/// # Errors
/// [`InventoryError::Length`] if the columns differ, [`InventoryError::Value`] for a negative or not finite one.
///
/// # Examples
/// ```
/// use carbonzone_inventory::equations::county::{CountyActivity, CountyFactors, county_emissions};
/// let activity = CountyActivity {
///     population_1e4_persons: &[10.0],
///     gdp_1e4cny: &[1e6],
///     energy_tce_per_1e4cny: &[0.5],
/// };
/// let e = county_emissions(&activity, &CountyFactors::default())?;
/// assert_eq!((e.respiration_t[0], e.energy_t[0]), (32_850.0, 1_330_000.0));
/// # Ok::<(), carbonzone_inventory::InventoryError>(())
/// ```
pub fn county_emissions(
    activity: &CountyActivity<'_>,
    factors: &CountyFactors,
) -> Result<CountyEmissions, InventoryError> {
    let n = activity.population_1e4_persons.len();
    let columns = [
        ("population_1e4_persons", activity.population_1e4_persons),
        ("gdp_1e4cny", activity.gdp_1e4cny),
        ("energy_tce_per_1e4cny", activity.energy_tce_per_1e4cny),
    ];
    for (name, values) in columns {
        check_len(name, values.len(), n)?;
        check_magnitudes(name, values)?;
    }
    let respiration = |p: &f64| factors.respiration_t_per_1e4_persons * p;
    let respiration_t: Vec<f64> = activity.population_1e4_persons.iter().map(respiration).collect();
    let energy = activity.energy_tce_per_1e4cny.iter().zip(activity.gdp_1e4cny);
    let energy_t: Vec<f64> = energy.map(|(e, gdp)| factors.energy_t_per_tce * e * gdp).collect();
    Ok(CountyEmissions { respiration_t, energy_t })
}

/// Sink coefficient of a land-cover class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SinkCoefficient {
    /// Class key, e.g. `forest`.
    pub land_type: String,
    /// t per hectare and year, ≥ 0.
    pub t_per_ha: f64,
}

/// Table 1 of the Guiyang paper, t per hectare and year; unused land is left out there.
///
/// Kept apart from every other coefficient set: .021 is the usual value in t **C**/ha, 2.56 is ten times the
/// usual .256 of water (docs/method.md §12).
pub fn guiyang_sink_coefficients() -> Vec<SinkCoefficient> {
    [("cultivated", 1.16), ("forest", 3.55), ("grassland", 0.021), ("water", 2.56)]
        .map(|(land_type, t_per_ha)| SinkCoefficient { land_type: land_type.to_owned(), t_per_ha })
        .to_vec()
}

/// Area of one land-cover class in every county.
#[derive(Debug, Clone, PartialEq)]
pub struct LandCoverArea {
    /// Class key.
    pub land_type: String,
    /// Square metres per county.
    pub area_m2: Vec<f64>,
}

/// Sinks of the counties by class.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CountySinks {
    /// `(class, t/yr per county)` in the order of the areas; classes without a coefficient are left out.
    pub by_class_t: Vec<(String, Vec<f64>)>,
    /// `A = Σ C_i S_i` per county, t/yr, ≥ 0.
    pub sink_t: Vec<f64>,
    /// Classes with an area and no coefficient, with that area in m²: they absorb nothing here.
    pub without_coefficient_m2: Vec<(String, f64)>,
}

/// `A = Σ C_i S_i` (eq. 5) of every county.
///
/// # Errors
/// [`InventoryError::Length`] if an area column is not `counties` long, [`InventoryError::Value`] for a negative or
/// not finite area or coefficient.
pub fn county_sinks(
    counties: usize,
    areas: &[LandCoverArea],
    coefficients: &[SinkCoefficient],
) -> Result<CountySinks, InventoryError> {
    let mut out = CountySinks { sink_t: vec![0.0; counties], ..CountySinks::default() };
    for class in areas {
        check_len(&class.land_type, class.area_m2.len(), counties)?;
        check_magnitudes(&class.land_type, &class.area_m2)?;
        let Some(coefficient) = coefficients.iter().find(|c| c.land_type == class.land_type) else {
            out.without_coefficient_m2.push((class.land_type.clone(), class.area_m2.iter().sum()));
            continue;
        };
        check_magnitudes(&class.land_type, &[coefficient.t_per_ha])?;
        let sink: Vec<f64> =
            class.area_m2.iter().map(|a| a / M2_PER_HECTARE * coefficient.t_per_ha).collect();
        out.sink_t.iter_mut().zip(&sink).for_each(|(total, s)| *total += s);
        out.by_class_t.push((class.land_type.clone(), sink));
    }
    Ok(out)
}

fn check_len(what: &str, found: usize, expected: usize) -> Result<(), InventoryError> {
    if found == expected {
        return Ok(());
    }
    Err(InventoryError::Length { what: what.to_owned(), found, expected })
}

fn check_magnitudes(field: &str, values: &[f64]) -> Result<(), InventoryError> {
    match values.iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
        None => Ok(()),
        Some(unit) => Err(InventoryError::Value { unit, field: field.to_owned(), value: values[unit] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn respiration_is_nine_hundred_grams_a_day() {
        assert_eq!(RESPIRATION_T_PER_1E4_PERSONS, 0.9 * 365.0 * 1e4 / 1000.0);
        // 0.7259 tC/tce; the paper rounds 2.6616 to 2.66.
        assert!((ENERGY_T_PER_TCE - 0.7259 * 44.0 / 12.0).abs() < 0.005);
    }

    #[test]
    fn sinks_are_areas_times_coefficients_and_other_classes_are_named() {
        let areas = [
            LandCoverArea { land_type: "forest".into(), area_m2: vec![1e6, 2e6] },
            LandCoverArea { land_type: "built".into(), area_m2: vec![5e5, 5e5] },
            LandCoverArea { land_type: "water".into(), area_m2: vec![0.0, 1e4] },
            LandCoverArea { land_type: "cultivated".into(), area_m2: vec![1e6, 0.0] },
            LandCoverArea { land_type: "grassland".into(), area_m2: vec![0.0, 1e6] },
        ];
        let sinks = county_sinks(2, &areas, &guiyang_sink_coefficients()).unwrap();
        let expected = [355.0 + 116.0, 710.0 + 2.56 + 2.1];
        assert!(
            sinks.sink_t.iter().zip(expected).all(|(t, hand)| (t - hand).abs() < 1e-9),
            "{:?}",
            sinks.sink_t
        );
        assert_eq!(sinks.without_coefficient_m2, [("built".to_owned(), 1e6)]);
        assert_eq!(sinks.by_class_t.len(), 4);
    }

    #[test]
    fn negative_activity_is_refused() {
        let activity = CountyActivity {
            population_1e4_persons: &[-1.0],
            gdp_1e4cny: &[1.0],
            energy_tce_per_1e4cny: &[1.0],
        };
        let error = county_emissions(&activity, &CountyFactors::default()).unwrap_err();
        assert!(error.to_string().contains("population_1e4_persons = -1"));
    }

    #[test]
    fn emissions_are_the_products_of_the_equations_county_by_county() {
        let activity = CountyActivity {
            population_1e4_persons: &[10.0, 0.0],
            gdp_1e4cny: &[1e6, 3.0],
            energy_tce_per_1e4cny: &[0.5, 2.0],
        };
        let own = CountyFactors { respiration_t_per_1e4_persons: 4.0, energy_t_per_tce: 3.0 };
        let e = county_emissions(&activity, &own).unwrap();
        assert_eq!(e.respiration_t, [40.0, 0.0]);
        assert_eq!(e.energy_t, [1_500_000.0, 18.0]);
        let shipped = county_emissions(&activity, &CountyFactors::default()).unwrap();
        assert_eq!((shipped.respiration_t[0], shipped.energy_t[0]), (32_850.0, 1_330_000.0));
    }

    #[test]
    fn columns_of_another_length_and_coefficients_below_zero_are_refused() {
        let activity =
            CountyActivity { population_1e4_persons: &[1.0], gdp_1e4cny: &[], energy_tce_per_1e4cny: &[1.0] };
        let error = county_emissions(&activity, &CountyFactors::default()).unwrap_err();
        assert!(matches!(error, InventoryError::Length { found: 0, expected: 1, .. }), "{error}");
        let area = |m2: f64| [LandCoverArea { land_type: "forest".into(), area_m2: vec![m2] }];
        let factor = |t_per_ha| [SinkCoefficient { land_type: "forest".into(), t_per_ha }];
        assert!(county_sinks(2, &area(1.0), &factor(1.0)).is_err());
        assert!(county_sinks(1, &area(f64::NAN), &factor(1.0)).is_err());
        assert!(county_sinks(1, &area(1.0), &factor(-1e-9)).is_err());
        assert_eq!(county_sinks(1, &area(0.0), &factor(0.0)).unwrap().sink_t, [0.0]);
    }
}
