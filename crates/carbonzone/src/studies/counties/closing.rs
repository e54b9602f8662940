//! The closing table of the counties: what carries each sector in each year.

use super::inputs::{Inputs, YearInput};
use crate::closing;
use crate::load::Notes;
use carbonzone_types::{ClosingRow, ExactSum, M2_PER_HECTARE};

/// Notes a row for every sector and year, and what is above the limits.
pub fn note(inputs: &Inputs, notes: &mut Notes) {
    for year in &inputs.years {
        let names = inputs.sectors.iter().map(String::as_str).chain(["sink"]);
        for (sector, tonnes) in names.zip(year.sectors_t.iter().chain([&year.sink_t])) {
            let row = closing::of_units(sector, Some(year.year), &inputs.zones.ids, tonnes.iter().copied());
            let row = if inputs.published.is_some() { row } else { with_activity(inputs, year, row) };
            closing::add(row, 0.0, ("zones", "county"), notes);
        }
    }
}

/// What the tonnes are computed from: all people, all energy, the ground that absorbs.
fn with_activity(inputs: &Inputs, year: &YearInput, row: ClosingRow) -> ClosingRow {
    let hundred = Some(100.0);
    match row.sector.as_str() {
        "respiration" => {
            let people = year.population.iter().flatten().copied().collect::<ExactSum>().value();
            let (proxy, unit) = ("people".to_owned(), "persons".to_owned());
            ClosingRow { proxy, unit, proxy_total: Some(people), used_pct: hundred, ..row }
        }
        "energy" => {
            let (proxy, unit) = ("energy".to_owned(), "tce".to_owned());
            let total = ExactSum::of(&year.energy_tce);
            ClosingRow { proxy, unit, proxy_total: Some(total), used_pct: hundred, ..row }
        }
        "sink" => {
            let ground = inputs.areas.as_ref().map(|a| ExactSum::of(&a.basis_m2) / M2_PER_HECTARE);
            let absorbs = year.class_ha.iter().flatten().copied().collect::<ExactSum>().value();
            let used_pct = ground.filter(|ha| *ha > 0.0).map(|ha| 100.0 * absorbs / ha);
            let (proxy, unit) = ("land_cover".to_owned(), "ha".to_owned());
            ClosingRow { proxy, unit, proxy_total: ground, used_pct, ..row }
        }
        _ => row,
    }
}
