//! The closing table of a raster series: what carries each sector in each year.

use super::compute::YearFlows;
use super::inputs::Inputs;
use crate::closing;
use crate::load::Notes;
use carbonzone_spatialize::downscale::light::WeightUsed;
use carbonzone_types::ClosingRow;

/// Notes a row for every sector and year, energy by what places it on cells, and what is above the limits.
pub fn note(inputs: &Inputs, years: &[YearFlows], notes: &mut Notes) {
    let ids = &inputs.zones.ids;
    for flows in years {
        let year = Some(flows.year);
        for (which, proxy, unit) in [
            (WeightUsed::Light, "light", "nW cm-2 sr-1 m2"),
            (WeightUsed::BuiltUp, "built_up", "m2"),
            (WeightUsed::Area, "area", "m2"),
        ] {
            let placed = flows.energy_t.iter().zip(&flows.used);
            let tonnes = placed.map(|(t, used)| t.filter(|_| *used == which).unwrap_or(0.0));
            let row = closing::of_units("energy", year, ids, tonnes);
            if row.carrying == 0 {
                continue;
            }
            let row = ClosingRow { proxy: proxy.to_owned(), unit: unit.to_owned(), ..row };
            let row = if which == WeightUsed::Light { with_light(flows, row) } else { row };
            closing::add(row, 0.0, ("zones", "county"), notes);
        }
        for (sector, tonnes) in [("land", &flows.land_t), ("sink", &flows.sink_t)] {
            let row = closing::of_units(sector, year, ids, tonnes.iter().copied());
            let known = 100.0 * flows.known_ground;
            let row = ClosingRow {
                proxy: "npp".to_owned(),
                unit: "m2".to_owned(),
                used_pct: Some(known),
                outside_pct: Some((100.0 - known).max(0.0)),
                ..row
            };
            closing::add(row, 0.0, ("zones", "county"), notes);
        }
    }
}

/// Light below the background weighs nothing.
fn with_light(flows: &YearFlows, row: ClosingRow) -> ClosingRow {
    let used: f64 = flows.light.iter().flatten().sum();
    let Some(all) = Some(flows.all_light).filter(|all| *all > 0.0) else { return row };
    let used_pct = 100.0 * (used / all).min(1.0);
    ClosingRow {
        proxy_total: Some(all),
        used_pct: Some(used_pct),
        other_class_pct: Some(100.0 - used_pct),
        ..row
    }
}
