//! Equation 3: `CB = Eg_ng Cg_ng + Eg_lpg Cg_lpg + (Ee_h + Ee_b) Ce`, gas, LPG and electricity of homes, commerce and
//! public buildings. Other fuels that a yearbook lists for them are counted by the same rule.

use super::combustion::fuel_lines;
use super::industry::power_line;
use crate::context::{Context, Draft, Role, Row};
use crate::gas::Co2;
use carbonzone_types::Finding;

/// CO2 of electricity use: kWh × kg CO2/kWh / 1000.
#[must_use]
pub fn electricity_emission(kwh: f64, grid_kg_per_kwh: f64) -> Co2 {
    Co2(kwh * grid_kg_per_kwh / 1000.0)
}

/// Equation 3 as printed: natural gas (10⁴ Nm3), LPG (t) and electricity (kWh, homes + business), t CO2.
#[must_use]
pub fn buildings_emission(gas: (f64, f64), lpg: (f64, f64), kwh: [f64; 2], grid_kg_per_kwh: f64) -> Co2 {
    Co2(gas.0 * gas.1 + lpg.0 * lpg.1 + electricity_emission(kwh[0] + kwh[1], grid_kg_per_kwh).0)
}

/// Lines of a building row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    if row.def.group == "power" {
        power_line(row, context, Role::BuildingElectricity)
    } else {
        fuel_lines(row, context, Role::Direct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equation_3_by_hand() {
        // 10 × 10⁴ Nm3 × 21.6219 = 216.219; 2 t LPG × 2.95385 = 5.9077; (3000 + 2000) kWh × 0.5992 / 1000 = 2.996.
        let co2 = buildings_emission((10.0, 21.6219), (2.0, 2.95385), [3000.0, 2000.0], 0.5992);
        assert!((co2.0 - 225.1227).abs() < 1e-9);
    }
}
