//! A row of a factor table, embedded or of the user, as factor, land sink or crop.

use super::emission::{Factor, FactorGas};
use super::{Crop, SinkCoefficient, SinkUnitBasis, Status};
use crate::InventoryError;
use crate::gas::{GwpSet, Origin};
use std::collections::BTreeMap;

/// One CSV row by column name.
pub(crate) type Fields = BTreeMap<String, String>;

/// A field's text, empty if absent.
fn text<'a>(row: &'a Fields, field: &str) -> &'a str {
    row.get(field).map_or("", |s| s.trim())
}

fn bad(place: &str, row: &Fields, field: &str, expected: &str) -> InventoryError {
    InventoryError::BadFactor {
        place: place.to_owned(),
        field: field.to_owned(),
        value: text(row, field).to_owned(),
        expected: expected.to_owned(),
    }
}

/// A finite number that must be there.
fn number(row: &Fields, field: &str, place: &str) -> Result<f64, InventoryError> {
    optional_number(row, field, place)?.ok_or_else(|| bad(place, row, field, "a number"))
}

/// A finite number, if the field is filled.
fn optional_number(row: &Fields, field: &str, place: &str) -> Result<Option<f64>, InventoryError> {
    carbonzone_sheet::parse_number(text(row, field)).map_err(|_| bad(place, row, field, "a number"))
}

/// Uncertainty, status and the like with their defaults for user rows.
fn status_of(row: &Fields, place: &str) -> Result<Status, InventoryError> {
    match text(row, "status") {
        "" => Ok(Status::User),
        name => Status::by_name(name).ok_or_else(|| bad(place, row, "status", Status::NAMES)),
    }
}

/// A percentage ≥ 0; 50 if not given.
fn uncertainty_of(row: &Fields, place: &str) -> Result<f64, InventoryError> {
    let text = text(row, "uncertainty_pct");
    let percent = carbonzone_sheet::parse_percent_as(text, carbonzone_sheet::Commas::Thousands);
    let value = percent.map_err(|_| bad(place, row, "uncertainty_pct", "a number"))?.unwrap_or(50.0);
    if value >= 0.0 { Ok(value) } else { Err(bad(place, row, "uncertainty_pct", "0 or more")) }
}

/// A factor from a complete row.
pub(crate) fn factor_of(row: &Fields, place: &str) -> Result<Factor, InventoryError> {
    let gas = match text(row, "gas") {
        "CO2" => FactorGas::Co2,
        "CH4" => FactorGas::Ch4,
        "N2O" => FactorGas::N2o,
        "C" => FactorGas::C,
        "CO2e" => FactorGas::Co2e,
        "-" => FactorGas::None,
        _ => return Err(bad(place, row, "gas", "CO2 | CH4 | N2O | C | CO2e | -")),
    };
    let gwp_set = match text(row, "gwp_set") {
        "" | "none" | "apply_at_runtime" => None,
        name => {
            Some(GwpSet::by_name(name).ok_or_else(|| bad(place, row, "gwp_set", "SAR | AR4 | AR5 | AR6"))?)
        }
    };
    let origin = match text(row, "origin") {
        "" => None,
        "biogenic" => Some(Origin::Biogenic),
        "fossil" => Some(Origin::Fossil),
        _ => return Err(bad(place, row, "origin", "biogenic | fossil")),
    };
    if gas == FactorGas::Co2e && gwp_set.is_none() {
        return Err(bad(place, row, "gwp_set", "the set inside a CO2e factor: SAR | AR4 | AR5 | AR6"));
    }
    let factor = Factor {
        id: text(row, "id").to_owned(),
        set: text(row, "set").to_owned(),
        sector: text(row, "sector").to_owned(),
        activity: text(row, "activity").to_owned(),
        unit: text(row, "unit").to_owned(),
        value: number(row, "value", place)?,
        unit_of_value: text(row, "unit_of_value").to_owned(),
        gas,
        origin,
        gwp_set,
        ncv_gj: optional_number(row, "ncv_gj", place)?,
        carbon_tc_per_gj: optional_number(row, "carbon_tc_per_gj", place)?,
        oxidation: optional_number(row, "oxidation", place)?,
        kwh_per_unit: optional_number(row, "kwh_per_unit", place)?,
        uncertainty_pct: uncertainty_of(row, place)?,
        status: status_of(row, place)?,
        source: text(row, "source").to_owned(),
        checked_against: text(row, "checked_against").to_owned(),
        note: text(row, "note").to_owned(),
        overridden: false,
    };
    check_factor(&factor, row, place)?;
    Ok(factor)
}

/// A factor must have an id, a known unit and a readable numerator (warming potentials and parameters aside).
fn check_factor(factor: &Factor, row: &Fields, place: &str) -> Result<(), InventoryError> {
    if factor.id.is_empty() {
        return Err(bad(place, row, "id", "an id"));
    }
    if factor.gas == FactorGas::None || factor.sector == "gwp" {
        return Ok(());
    }
    if factor.activity_unit().is_none() {
        return Err(bad(place, row, "unit", "a unit such as t, kWh, ha, head"));
    }
    if Factor::numerator_tonnes(&factor.unit_of_value).is_none() {
        return Err(bad(place, row, "unit_of_value", "a mass of gas per unit, e.g. tCO2/t or kgCH4/head/yr"));
    }
    Ok(())
}

/// A land sink coefficient from a complete row.
pub(crate) fn sink_of(row: &Fields, place: &str) -> Result<SinkCoefficient, InventoryError> {
    let basis = match text(row, "basis") {
        "C" => SinkUnitBasis::C,
        "CO2" => SinkUnitBasis::Co2,
        _ => return Err(bad(place, row, "basis", "C | CO2")),
    };
    let (set, land_type) = (text(row, "set").to_owned(), text(row, "land_type").to_owned());
    if set.is_empty() || land_type.is_empty() {
        return Err(bad(place, row, "land_type", "a set and a land type"));
    }
    Ok(SinkCoefficient {
        id: format!("{set}.{land_type}"),
        value: number(row, "value", place)?,
        basis,
        uncertainty_pct: uncertainty_of(row, place)?,
        status: status_of(row, place)?,
        source: text(row, "source").to_owned(),
        checked_against: text(row, "checked_against").to_owned(),
        note: text(row, "note").to_owned(),
        set,
        land_type,
    })
}

/// A crop from a complete row; harvest index and water content are checked.
pub(crate) fn crop_of(row: &Fields, place: &str) -> Result<Crop, InventoryError> {
    let harvest_index = optional_number(row, "economic_coefficient", place)?;
    let harvest_index = harvest_index
        .filter(|h| *h > 0.0)
        .ok_or_else(|| bad(place, row, "economic_coefficient", "a harvest index above 0"))?;
    let water_fresh = number(row, "water_content", place)?;
    if !(0.0..1.0).contains(&water_fresh) {
        return Err(bad(place, row, "water_content", "a fraction from 0 to below 1"));
    }
    let crop = text(row, "crop").to_owned();
    if crop.is_empty() {
        return Err(bad(place, row, "crop", "a crop key"));
    }
    Ok(Crop {
        crop,
        name_zh: text(row, "name_zh").to_owned(),
        carbon_rate: number(row, "carbon_absorption_rate", place)?,
        water_fresh,
        water_yearbook: optional_number(row, "water_content_yearbook", place)?.unwrap_or(water_fresh),
        harvest_index,
        uncertainty_pct: uncertainty_of(row, place)?,
        status: status_of(row, place)?,
        source: text(row, "source").to_owned(),
        note: [text(row, "alternatives"), text(row, "note")]
            .iter()
            .filter(|s| !s.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("; "),
    })
}
