//! Equation 4: `CT = Σ_f T_f c_f + Σ_p T_p c_p + Σ_t D_t c_t`, freight and passenger turnover and urban vehicles.

use super::combustion::fuel_lines;
use super::industry::power_line;
use crate::context::{Context, Draft, Role, Row};
use crate::gas::{Co2, GwpSet, PublishedCo2e};
use carbonzone_types::Finding;

/// Emission of turnover: t km or p km × kg CO2e / 1000, in the publisher's own warming potentials.
#[must_use]
pub fn turnover_emission(turnover: f64, kg_per_unit: f64, gwp_set: GwpSet) -> PublishedCo2e {
    PublishedCo2e { tonnes: turnover * kg_per_unit / 1000.0, gwp_set }
}

/// CO2 of vehicles that burn fuel: km × kg CO2/km / 1000.
#[must_use]
pub fn fleet_emission(vehicle_km: f64, kg_per_km: f64) -> Co2 {
    Co2(vehicle_km * kg_per_km / 1000.0)
}

/// CO2 of electric vehicles: km × kWh/km × grid kg CO2/kWh / 1000.
#[must_use]
pub fn electric_fleet_emission(vehicle_km: f64, kwh_per_km: f64, grid_kg_per_kwh: f64) -> Co2 {
    Co2(vehicle_km * kwh_per_km * grid_kg_per_kwh / 1000.0)
}

/// Lines of a transport row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    match row.def.group.as_str() {
        "fuel" => fuel_lines(row, context, Role::Direct),
        "power" => power_line(row, context, Role::TransportElectricity),
        _ => vehicle_line(row, context),
    }
}

/// Turnover, or vehicle kilometres; electric vehicles follow the grid factor of the run.
fn vehicle_line(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    let factor = context.chosen(row, &row.def.factor)?;
    let amount = row.canonical()?;
    let Some(kwh) = factor.kwh_per_unit.filter(|_| !factor.overridden) else {
        return Ok(vec![Draft::of(factor, amount, Role::Direct)]);
    };
    let grid = context.factor(&context.config.grid_factor, row)?;
    let co2 = electric_fleet_emission(amount, kwh, grid.value);
    let formula = format!("{amount} km × {kwh} kWh/km × {} {}", grid.value, grid.unit_of_value);
    Ok(vec![Draft::with_tonnes(factor, co2.0, Role::TransportElectricity).explained(formula).also(grid)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turnover_and_fleet_by_hand() {
        // 10⁸ t km by 30 t diesel lorry × 0.078 kg = 7800 t CO2e (GB/T 51366-2019 appendix E).
        assert!((turnover_emission(1e8, 0.078, GwpSet::Ar4).tonnes - 7800.0).abs() < 1e-9);
        // 10⁶ km diesel bus × 0.845409 kg = 845.409 t; metro 1000 car-km × 4.5 kWh × 0.5992 = 2.6964 t.
        assert!((fleet_emission(1e6, 0.845_409).0 - 845.409).abs() < 1e-9);
        assert!((electric_fleet_emission(1000.0, 4.5, 0.5992).0 - 2.6964).abs() < 1e-12);
    }
}
