//! Terms of equation 7: sinks of land and crops, positive.

use super::term;
use crate::config::SinkBasis;
use crate::context::{Context, Draft, Found, Role, Row};
use crate::gas::Amount;
use carbonzone_types::Carbon;

/// Crop carbon under a basis: as CO2 (× 44/12), or the number unchanged.
pub fn crop_sink(carbon: Carbon, basis: SinkBasis) -> Amount {
    match basis {
        SinkBasis::Co2 => Amount::Carbon(carbon),
        SinkBasis::CarbonAsIs => Amount::CarbonAsIs(carbon),
    }
}

/// Lines of a sink row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    if row.def.group == "crops" { crop_line(row, context) } else { land_line(row, context) }
}

fn crop_line(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    let crop = context.library.crop(&row.def.key).ok_or_else(|| {
        row.fault("no_harvest_index", &format!("crop \"{}\" has no coefficients", row.raw.activity))
            .expected(
                "a row of the crop table with carbon_absorption_rate, water_content and economic_coefficient",
            )
            .hint(format!("add a row with id = \"crop.{}\" to a file of inventory.overrides", row.def.key))
    })?;
    let tonnes = row.canonical()?;
    let basis = context.config.yield_basis;
    let per_tonne = crop.carbon_per_tonne(basis);
    let mut draft = Draft::of_crop(
        crop,
        per_tonne,
        crop_sink(Carbon(term(tonnes, per_tonne)), context.config.sink_basis),
    );
    draft.formula = format!(
        "{tonnes} t × {} × (1 - {}) / {} tC/t{}",
        crop.carbon_rate,
        crop.water(basis),
        crop.harvest_index,
        if context.config.sink_basis == SinkBasis::Co2 {
            " × 44/12"
        } else {
            ", carbon taken as CO2 unchanged"
        }
    );
    if context.has("land", "orchard")
        && context.sink_factor("orchard").is_some()
        && is_orchard_crop(&row.def.key)
    {
        draft.role = Role::OrchardCrop;
    }
    Ok(vec![draft])
}

/// Crops that grow on orchard land (code 02): replaced by the orchard coefficient when the set has one.
fn is_orchard_crop(key: &str) -> bool {
    matches!(key, "fruit" | "tea")
}

/// A land type; wetland falls back to water, types without coefficient give no line.
fn land_line(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    let key = row.def.key.as_str();
    let found = context
        .sink_factor(key)
        .or_else(|| if key == "wetland" { context.sink_factor("water") } else { None });
    let Some(coefficient) = found else {
        return Ok(Vec::new());
    };
    if coefficient.value < 0.0 {
        return Err(row
            .fault(
                "negative_sink",
                &format!("sink coefficient {} of {} is negative", coefficient.value, coefficient.id),
            )
            .hint(
                "a land type that is a net source belongs to an emission sector `land`; it then enters gross",
            )
            .into());
    }
    Ok(vec![Draft::of_sink(coefficient, row.canonical()?)])
}
