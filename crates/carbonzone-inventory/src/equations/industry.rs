//! Terms of equation 2: industry's energy and processes.

use super::combustion::fuel_lines;
use super::term;
use crate::context::{Context, Draft, Found, Role, Row};
use crate::gas::Co2;

/// CO2 of glass: `tonnes × factor × (1 - cullet)` (IPCC 2006 vol. 3, equation 2.13).
pub fn glass_emission(glass_t: f64, factor_t_per_t: f64, cullet_fraction: f64) -> Co2 {
    Co2(term(glass_t, factor_t_per_t) * (1.0 - cullet_fraction))
}

/// Lines of an industry row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    match row.def.group.as_str() {
        "fuel" if row.category.key == "power_generation" => fuel_lines(row, context, Role::PowerFuel),
        "fuel" => fuel_lines(row, context, Role::Direct),
        "power" => power_line(row, context, Role::IndustryElectricity),
        _ => process_lines(row, context),
    }
}

/// Electricity or heat bought, as a line whose role decides whether it counts.
pub(crate) fn power_line(row: &Row<'_>, context: &Context<'_>, electricity: Role) -> Found<Vec<Draft>> {
    let (factor, role) = if row.def.key == "heat" {
        (context.chosen(row, "heat.default")?, Role::Heat)
    } else {
        (context.chosen(row, &context.config.grid_factor)?, electricity)
    };
    Ok(vec![Draft::of(factor, row.canonical()?, role)])
}

/// A product.
fn process_lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    let factor = context.chosen(row, &row.def.factor)?;
    let tonnes = row.canonical()?;
    Ok(vec![match row.def.key.as_str() {
        "glass" | "glass_float" => {
            let cullet = context.config.glass_cullet_fraction;
            let co2 = glass_emission(tonnes, factor.tonnes_per_canonical(), cullet);
            Draft::with_tonnes(factor, co2.0, Role::Direct)
                .explained(format!("{tonnes} t × {} × (1 - {cullet} cullet)", factor.value))
        }
        // Carbon that leaves the iron: iron × 4.1 % - steel × 0.248 % (China's Provincial Guidelines). Iron is a row of its own.
        "steel_out" => Draft::of(factor, 0.0 - tonnes, Role::Direct)
            .explained(format!("-({tonnes} t × {} tC/t), carbon that stays in the steel", factor.value)),
        _ => Draft::of(factor, tonnes, Role::Direct),
    }])
}
