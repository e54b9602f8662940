//! Equation 2: `CE = Σ_m,n Ef_m,n Cf_m,n + Σ_k Ep_k Cp_k`, industry's energy and processes.

use super::combustion::fuel_lines;
use crate::context::{Context, Draft, Role, Row};
use crate::gas::Co2;
use carbonzone_types::{Carbon, Finding};

/// Emission factor of a fuel, t CO2 per unit: `NCV × CC × OF × 44/12` (method A1; NCV in GJ per unit, CC in tC/GJ).
#[must_use]
pub fn fuel_factor(ncv_gj_per_unit: f64, carbon_tc_per_gj: f64, oxidation: f64) -> f64 {
    ncv_gj_per_unit * carbon_tc_per_gj * oxidation * 44.0 / 12.0
}

/// CO2 of burning: amount × factor (t CO2 per unit).
#[must_use]
pub fn energy_emission(amount: f64, factor_t_per_unit: f64) -> Co2 {
    Co2(amount * factor_t_per_unit)
}

/// CO2 of a product: tonnes × factor (t CO2/t).
#[must_use]
pub fn process_emission(product_t: f64, factor_t_per_t: f64) -> Co2 {
    Co2(product_t * factor_t_per_t)
}

/// CO2 of glass: `tonnes × factor × (1 - cullet)` (IPCC 2006 vol. 3, equation 2.13).
#[must_use]
pub fn glass_emission(glass_t: f64, factor_t_per_t: f64, cullet_fraction: f64) -> Co2 {
    Co2(glass_t * factor_t_per_t * (1.0 - cullet_fraction))
}

/// Carbon that leaves the iron in steelmaking: `iron × 4.1 % - steel × 0.248 %` (China's Provincial Guidelines).
#[must_use]
pub fn decarburisation(iron_t: f64, iron_carbon: f64, steel_t: f64, steel_carbon: f64) -> Carbon {
    Carbon(iron_t * iron_carbon - steel_t * steel_carbon)
}

/// Lines of an industry row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    match row.def.group.as_str() {
        "fuel" if row.category.key == "power_generation" => fuel_lines(row, context, Role::PowerFuel),
        "fuel" => fuel_lines(row, context, Role::Direct),
        "power" => power_line(row, context, Role::IndustryElectricity),
        _ => process_lines(row, context),
    }
}

/// Electricity or heat bought, as a line whose role decides whether it counts.
pub(crate) fn power_line(
    row: &Row<'_>,
    context: &Context<'_>,
    electricity: Role,
) -> Result<Vec<Draft>, Box<Finding>> {
    let (factor, role) = if row.def.key == "heat" {
        (context.chosen(row, "heat.default")?, Role::Heat)
    } else {
        (context.chosen(row, &context.config.grid_factor)?, electricity)
    };
    Ok(vec![Draft::of(factor, row.canonical()?, role)])
}

/// A product.
fn process_lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    let factor = context.chosen(row, &row.def.factor)?;
    let tonnes = row.canonical()?;
    Ok(vec![match row.def.key.as_str() {
        "glass" | "glass_float" => {
            let cullet = context.config.glass_cullet_fraction;
            let co2 = glass_emission(tonnes, factor.value, cullet);
            Draft::with_tonnes(factor, co2.0, Role::Direct)
                .explained(format!("{tonnes} t × {} × (1 - {cullet} cullet)", factor.value))
        }
        "steel_out" => {
            let stays = decarburisation(0.0, 0.0, tonnes, factor.value);
            Draft::with_tonnes(factor, stays.tonnes(), Role::Direct)
                .explained(format!("-({tonnes} t × {} tC/t), carbon that stays in the steel", factor.value))
        }
        _ => Draft::of(factor, tonnes, Role::Direct),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuel_factors_of_method_a1_are_reproduced() {
        // Method A1: NCV, CC, OF and the printed EF.
        for (ncv, cc, of, ef) in [
            (24.515, 0.02749, 0.94, 2.3228),
            (23.204, 0.02618, 0.93, 2.0715),
            (14.449, 0.02800, 0.96, 1.4241),
            (28.446, 0.02940, 0.93, 2.8518),
            (43.33, 0.02020, 0.98, 3.1451),
            (47.31, 0.01720, 0.99, 2.9539),
            (389.31, 0.01530, 0.99, 21.6219),
            (37.69, 0.07080, 0.99, 9.6865),
        ] {
            assert!((fuel_factor(ncv, cc, of) - ef).abs() < 6e-5, "{ef}");
        }
    }

    #[test]
    fn a_power_plant_and_a_kiln_by_hand() {
        // 100 t raw coal × 1.9003 = 190.03 t CO2; 1000 t clinker × 0.538 = 538 t CO2.
        assert!((energy_emission(100.0, 1.9003).0 - 190.03).abs() < 1e-9);
        assert!((process_emission(1000.0, 0.538).0 - 538.0).abs() < 1e-9);
    }

    #[test]
    fn cullet_and_decarburisation_by_hand() {
        assert!((glass_emission(100.0, 0.20, 0.5).0 - 10.0).abs() < 1e-12);
        // 1000 t iron × 4.1 % - 950 t steel × 0.248 % = 41 - 2.356 = 38.644 t C.
        assert!((decarburisation(1000.0, 0.041, 950.0, 0.00248).tonnes() - 38.644).abs() < 1e-9);
    }
}
