//! Terms of equation 4: freight and passenger turnover, and urban vehicles.

use super::combustion::fuel_lines;
use super::industry::power_line;
use super::term;
use crate::context::{Context, Draft, Found, Role, Row};
use crate::gas::Co2;

/// CO2 of electric vehicles: km × kWh/km × grid kg CO2/kWh / 1000.
pub fn electric_fleet_emission(vehicle_km: f64, kwh_per_km: f64, grid_kg_per_kwh: f64) -> Co2 {
    Co2(term(vehicle_km * kwh_per_km, grid_kg_per_kwh) / 1000.0)
}

/// Lines of a transport row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    match row.def.group.as_str() {
        "fuel" => fuel_lines(row, context, Role::Direct),
        "power" => power_line(row, context, Role::TransportElectricity),
        _ => vehicle_line(row, context),
    }
}

/// Turnover, or vehicle kilometres; electric vehicles follow the grid factor of the run.
fn vehicle_line(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    let factor = context.chosen(row, &row.def.factor)?;
    let amount = row.canonical()?;
    let Some(kwh) = factor.kwh_per_unit.filter(|_| !factor.overridden) else {
        return Ok(vec![Draft::of(factor, amount, Role::Direct)]);
    };
    let grid = context.factor(&context.config.grid_factor, row)?;
    let co2 = electric_fleet_emission(amount, kwh, grid.kg_per_canonical());
    let formula = format!("{amount} km × {kwh} kWh/km × {} {}", grid.value, grid.unit_of_value);
    Ok(vec![Draft::with_tonnes(factor, co2.0, Role::TransportElectricity).explained(formula).also(grid)])
}
