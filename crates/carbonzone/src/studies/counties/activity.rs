//! Population, GDP and energy per county and year, and the years computed from them.

use super::config::{ActivityTable, CountiesPipeline};
use super::inputs::YearInput;
use super::land_cover::YearCover;
use crate::config::JoinOn;
use crate::load::Notes;
use crate::load::units::Quantity;
use crate::load::zone_tables::of_1e4cny;
use crate::load::zones::ZoneSet;
use crate::load_config::Loaded;
use crate::studies::table_in::{TableFile, TableIn};
use carbonzone_inventory::InventoryError;
use carbonzone_inventory::equations::county::{
    CountyActivity, SinkCoefficient, county_emissions, county_sinks, guiyang_sink_coefficients,
};
use carbonzone_sheet::{KeyIndex, KeyMatch};
use carbonzone_types::{Finding, LedgerRow, M2_PER_HECTARE, Stage};
use std::collections::BTreeMap;

/// Numbers of one county in one year.
#[derive(Debug, Clone, Copy)]
pub struct ActivityRow {
    population_persons: f64,
    gdp_1e4cny: f64,
    energy_tce_per_1e4cny: f64,
}

/// Rows by county (position) and year.
pub type Rows = BTreeMap<(usize, i32), ActivityRow>;

/// Reads the table and joins it to the counties, both ways.
pub fn load(
    loaded: &Loaded<CountiesPipeline>,
    config: &ActivityTable,
    zones: &ZoneSet,
    notes: &mut Notes,
) -> Option<Rows> {
    let file = TableFile {
        role: "activity",
        path: &config.path,
        sheet: config.sheet.as_deref(),
        encoding: config.encoding.as_deref(),
        filter: config.filter.as_deref(),
    };
    let columns = [&config.key, &config.year, &config.population, &config.gdp, &config.energy_tce_per_gdp];
    let table = TableIn::read(loaded, file, &columns.map(String::as_str), notes)?;
    let rows = join(&table, config, zones, notes)?;
    complete(&table, &rows, &loaded.pipeline.city.years(), zones, notes).then_some(rows)
}

fn join(table: &TableIn, config: &ActivityTable, zones: &ZoneSet, notes: &mut Notes) -> Option<Rows> {
    let keys = if config.on == JoinOn::Id { &zones.ids } else { &zones.names };
    let row_keys: Vec<String> = (0..table.len()).map(|row| table.text(row, 0)).collect();
    let index = KeyIndex::new(keys, row_keys.iter().map(String::as_str));
    let persons = table.factor(2, Quantity::Persons, config.population_unit_persons, notes)?;
    let unit = &zones.gdp_unit;
    let configured = config.gdp_unit_1e4cny.map(|factor| of_1e4cny(factor, unit));
    let money = table.factor(3, Quantity::Money(unit), configured, notes)?;
    let mut rows = Rows::new();
    let (mut unmatched, mut row_of) = (Vec::new(), BTreeMap::new());
    let before = notes.findings.items.len();
    for (row, key) in row_keys.iter().enumerate() {
        let found = index.find(key);
        if found == KeyMatch::Several {
            notes
                .findings
                .push(table.finding("ambiguous_rows", &index.several_words(key, keys)).feature(key));
            continue;
        }
        let Some(zone) = found.one() else {
            unmatched.push(key.clone());
            continue;
        };
        // All of them are looked at, so that one run names every bad cell.
        let year = table.year(row, 1, notes);
        let numbers: [Option<f64>; 3] = std::array::from_fn(|k| table.required_amount(row, 2 + k, notes));
        let (Some(year), [Some(population), Some(gdp), Some(energy)]) = (year, numbers) else { continue };
        let entry = ActivityRow {
            population_persons: population * persons,
            gdp_1e4cny: gdp * money,
            energy_tce_per_1e4cny: energy,
        };
        if let Some(first) = row_of.insert((zone, year), key) {
            let message = format!("two rows for {} in {year}: {first} and {key}", keys[zone]);
            notes.findings.push(table.finding("ambiguous_rows", &message).feature(key));
        }
        rows.insert((zone, year), entry);
    }
    if !unmatched.is_empty() {
        notes.findings.push(table.unmatched(&unmatched, "correct the key, or join on = \"name\""));
    }
    (notes.findings.items.len() == before).then_some(rows)
}

/// Every county needs a row in every year.
fn complete(table: &TableIn, rows: &Rows, years: &[i32], zones: &ZoneSet, notes: &mut Notes) -> bool {
    let mut missing = Vec::new();
    for year in years {
        let absent = (0..zones.ids.len()).filter(|zone| !rows.contains_key(&(*zone, *year)));
        missing.extend(absent.map(|zone| format!("{} {year}", zones.names[zone])));
    }
    if !missing.is_empty() {
        let message = format!("counties without a row: {}", missing.join(", "));
        notes.findings.push(table.finding("unmatched_zones", &message).count(missing.len() as u64));
    }
    missing.is_empty()
}

/// Emissions and sinks of every year, booked in the ledger.
pub fn years(
    loaded: &Loaded<CountiesPipeline>,
    zones: &ZoneSet,
    rows: &Rows,
    cover: &[YearCover],
    notes: &mut Notes,
) -> Option<Vec<YearInput>> {
    let p = &loaded.pipeline;
    warn_unverified(p, notes);
    let coefficients: Vec<SinkCoefficient> = p
        .sinks
        .coefficients_t_ha
        .iter()
        .map(|(land_type, t_per_ha)| SinkCoefficient { land_type: land_type.clone(), t_per_ha: *t_per_ha })
        .collect();
    let mut out = Vec::new();
    let years = p.city.years();
    for year in &years {
        let result = one_year(*year, p, zones, rows, cover, &coefficients, notes);
        match result {
            Ok(input) => out.push(input),
            Err(e) => notes.findings.push(Finding::error("county_method", e.to_string()).layer("activity")),
        }
    }
    (out.len() == years.len()).then_some(out)
}

/// The coefficients in use that are those of the printed table: `cultivated (1.16 t/ha)`.
pub fn unverified(p: &CountiesPipeline) -> Vec<String> {
    let printed = guiyang_sink_coefficients();
    let same = |class: &str, t_ha: f64| printed.iter().any(|c| c.land_type == class && c.t_per_ha == t_ha);
    let in_use = p.sinks.coefficients_t_ha.iter().filter(|(class, t_ha)| same(class, **t_ha));
    in_use.map(|(class, t_ha)| format!("{class} ({t_ha} t/ha)")).collect()
}

fn warn_unverified(p: &CountiesPipeline, notes: &mut Notes) {
    let list = unverified(p);
    if list.is_empty() {
        return;
    }
    let message = format!("sinks rest on coefficients that are not verified: {}", list.join(", "));
    let hint = "the printed table does not say whether they are carbon or CO2; your own go into sinks.coefficients_t_ha";
    let finding = Finding::warning("unverified_sink_coefficients", message).field("sinks.coefficients_t_ha");
    notes.findings.push(finding.count(list.len() as u64).hint(hint));
}

fn one_year(
    year: i32,
    p: &CountiesPipeline,
    zones: &ZoneSet,
    rows: &Rows,
    cover: &[YearCover],
    coefficients: &[SinkCoefficient],
    notes: &mut Notes,
) -> Result<YearInput, InventoryError> {
    let n = zones.ids.len();
    let of = |f: fn(&ActivityRow) -> f64| -> Vec<f64> {
        (0..n).filter_map(|zone| rows.get(&(zone, year)).map(f)).collect()
    };
    let persons = of(|r| r.population_persons);
    let population: Vec<f64> = persons.iter().map(|v| v / 1e4).collect();
    let gdp = of(|r| r.gdp_1e4cny);
    let energy = of(|r| r.energy_tce_per_1e4cny);
    let activity = CountyActivity {
        population_1e4_persons: &population,
        gdp_1e4cny: &gdp,
        energy_tce_per_1e4cny: &energy,
    };
    let emissions = county_emissions(&activity, &p.factors)?;
    let empty = Vec::new();
    let areas = cover.iter().find(|c| c.year == year).map_or(&empty, |c| &c.areas);
    let sinks = county_sinks(n, areas, coefficients)?;
    for (class, m2) in &sinks.without_coefficient_m2 {
        let row = LedgerRow { count: None, ..LedgerRow::counted(Stage::Drop, class, 0.0, "").m2(*m2) };
        notes.ledger.push(row.note(format!("{year}: no sink coefficient, absorbs nothing")));
    }
    let hectares = |class: &str| {
        let area = areas.iter().find(|a| a.land_type == class).map_or(&[][..], |a| &a.area_m2);
        area.iter().map(|m2| m2 / M2_PER_HECTARE).collect()
    };
    Ok(YearInput {
        year,
        energy_tce: gdp.iter().zip(&energy).map(|(gdp, e)| gdp * e).collect(),
        class_ha: sinks.by_class_t.iter().map(|(class, _)| hectares(class)).collect(),
        sectors_t: vec![emissions.respiration_t, emissions.energy_t],
        sink_t: sinks.sink_t,
        sink_by_class_t: sinks.by_class_t,
        population: persons.into_iter().map(Some).collect(),
        gdp: gdp.into_iter().map(Some).collect(),
    })
}
