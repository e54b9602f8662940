//! Fuels burnt: the first terms of equation 2, and the fuels of equations 3 and 4.

use crate::config::Inclusion;
use crate::context::{Context, Draft, Found, Role, Row};
use crate::factor::Factor;
use crate::unit::Dimension;
use crate::vocabulary::FuelKind;

/// Energy of a fuel amount, TJ: amount × net calorific value (GJ per unit) / 1000.
pub fn energy_tj(amount: f64, ncv_gj_per_unit: f64) -> f64 {
    amount * ncv_gj_per_unit / 1000.0
}

/// Amount of a fuel in canonical units of its factor; energy (tce, TJ) is turned into mass or volume by the factor's
/// net calorific value.
pub(crate) fn fuel_amount(row: &Row<'_>, factor: &Factor) -> Found<f64> {
    let unit = factor.activity_unit().ok_or_else(|| row.unit_fault(&factor.unit, row.def.unit.dimension))?;
    if row.unit.dimension == unit.dimension {
        return Ok(row.value * row.unit.scale);
    }
    match (row.unit.dimension, factor.ncv_gj) {
        (Dimension::Energy, Some(ncv)) if ncv > 0.0 => Ok(row.value * row.unit.scale / ncv * unit.scale),
        _ => Err(row.unit_fault(&row.raw.unit, unit.dimension).into()),
    }
}

/// CO2 of a fuel, and its CH4 and N2O where the IPCC has a factor for the place of burning.
pub(crate) fn fuel_lines(row: &Row<'_>, context: &Context<'_>, role: Role) -> Found<Vec<Draft>> {
    let (factor, note) = context.fuel_factor(row)?;
    let amount = fuel_amount(row, factor)?;
    let mut drafts = vec![Draft::of(factor, amount, role).noted(note)];
    let place = match row.category.key.as_str() {
        "mining_energy" | "manufacturing_energy" => "manufacturing",
        "supply_energy" | "power_generation" => "energy_industries",
        "residential" | "residential_urban" | "residential_rural" => "residential",
        "commercial" | "public" => "commercial",
        _ => return Ok(drafts),
    };
    if context.config.non_co2_combustion == Inclusion::Excluded {
        return Ok(drafts);
    }
    let (Some(kind), Some(energy)) = (row.def.fuel_kind, energy_of(row, factor, amount)) else {
        return Ok(drafts);
    };
    let kind = match kind {
        FuelKind::Coal => "coal",
        FuelKind::Oil => "oil",
        FuelKind::Gas => "gas",
    };
    for gas in ["ch4", "n2o"] {
        let factor = context.factor(&format!("nonco2.{place}.{kind}.{gas}"), row)?;
        drafts.push(
            Draft::of(factor, energy * 1000.0, role)
                .explained(format!("{energy} TJ × {} {}", factor.value, factor.unit_of_value)),
        );
    }
    Ok(drafts)
}

/// Energy of the fuel in TJ, if its calorific value is known.
fn energy_of(row: &Row<'_>, factor: &Factor, amount: f64) -> Option<f64> {
    if row.unit.dimension == Dimension::Energy {
        return Some(row.value * row.unit.scale / 1000.0);
    }
    let unit = factor.activity_unit()?;
    Some(energy_tj(amount / unit.scale, factor.ncv_gj?))
}
