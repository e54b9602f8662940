//! Population, GDP and energy per county and year, and the years computed from them.

use super::config::{ActivityTable, CountiesPipeline};
use super::inputs::YearInput;
use super::land_cover::YearCover;
use crate::config::JoinOn;
use crate::load::Notes;
use crate::load::zones::ZoneSet;
use crate::load_config::Loaded;
use carbonzone_sheet::{ColumnSpec, ReadOptions, Table, label_key, read_table};
use carbonzone_types::{Finding, LedgerRow, Stage};
use carbonzone_zoning::ZoningError;
use carbonzone_zoning::guiyang::{CountyActivity, SinkCoefficient, county_emissions, county_sinks};
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
    let shown = config.path.display().to_string();
    let path = loaded.resolve(&config.path);
    if !path.exists() {
        notes.findings.push(
            Finding::fatal("missing_file", "no such file")
                .layer("activity")
                .file(shown)
                .hint("paths are relative to the pipeline file"),
        );
        return None;
    }
    let mut options = config.sheet.as_deref().map_or_else(ReadOptions::default, ReadOptions::sheet);
    options.encoding.clone_from(&config.encoding);
    let specs = [
        ColumnSpec::required("key", &[&config.key]),
        ColumnSpec::required("year", &[&config.year]),
        ColumnSpec::required("population", &[&config.population]),
        ColumnSpec::required("gdp", &[&config.gdp]),
        ColumnSpec::required("energy", &[&config.energy_tce_per_1e4cny]),
    ];
    let table = match read_table(&path, &options, &specs) {
        Ok(table) => table,
        Err(e) => {
            notes.findings.push(e.to_finding().layer("activity").file(shown));
            return None;
        }
    };
    if let Ok(mut record) = carbonzone_io::file_record("activity", &path, &shown) {
        record.features = table.len() as u64;
        notes.records.push(record);
    }
    let rows = join(&table, &specs, config, zones, &shown, notes)?;
    complete(&rows, &loaded.pipeline.city.years, zones, &shown, notes).then_some(rows)
}

fn join(
    table: &Table,
    specs: &[ColumnSpec; 5],
    config: &ActivityTable,
    zones: &ZoneSet,
    shown: &str,
    notes: &mut Notes,
) -> Option<Rows> {
    let mut columns = [0; 5];
    for (column, spec) in columns.iter_mut().zip(specs) {
        match table.required(spec) {
            Ok(found) => *column = found,
            Err(e) => {
                notes.findings.push(e.to_finding().layer("activity").file(shown));
                return None;
            }
        }
    }
    let keys = if config.on == JoinOn::Id { &zones.ids } else { &zones.names };
    let position: BTreeMap<String, usize> = keys.iter().enumerate().map(|(i, k)| (label_key(k), i)).collect();
    let mut rows = Rows::new();
    let before = notes.findings.items.len();
    for row in 0..table.len() {
        let key = table.text(row, columns[0]).unwrap_or_default();
        let Some(&zone) = position.get(&label_key(&key)) else {
            let finding = Finding::error("unmatched_table_rows", "the row matches no county").feature(key);
            notes.findings.push(
                finding
                    .layer("activity")
                    .file(shown)
                    .field(&config.key)
                    .hint("correct the key, or join on = \"name\""),
            );
            continue;
        };
        let mut number = |column: usize, name: &str| match table.number(row, column) {
            Ok(Some(v)) if v >= 0.0 => Some(v),
            Ok(found) => {
                let value = found.map_or_else(|| "empty".to_owned(), |v| v.to_string());
                let finding =
                    Finding::error("negative_or_nan_activity", format!("{name} must be a number ≥ 0"));
                notes.findings.push(
                    finding
                        .layer("activity")
                        .file(table.place(row, column))
                        .feature(key.clone())
                        .field(name)
                        .value(value),
                );
                None
            }
            Err(e) => {
                notes.findings.push(e.to_finding().layer("activity"));
                None
            }
        };
        let year = number(columns[1], &config.year);
        let population = number(columns[2], &config.population);
        let gdp = number(columns[3], &config.gdp);
        let energy = number(columns[4], &config.energy_tce_per_1e4cny);
        if let (Some(year), Some(population_persons), Some(gdp), Some(energy_tce_per_1e4cny)) =
            (year, population, gdp, energy)
        {
            let gdp_1e4cny = gdp * config.gdp_unit_1e4cny;
            let population_persons = population_persons * config.population_unit_persons;
            let entry = ActivityRow { population_persons, gdp_1e4cny, energy_tce_per_1e4cny };
            if rows.insert((zone, year as i32), entry).is_some() {
                let finding = Finding::error("ambiguous_rows", format!("two rows for {key} in {year}"));
                notes.findings.push(finding.layer("activity").file(shown).feature(key));
            }
        }
    }
    (notes.findings.items.len() == before).then_some(rows)
}

/// Every county needs a row in every year.
fn complete(rows: &Rows, years: &[i32], zones: &ZoneSet, shown: &str, notes: &mut Notes) -> bool {
    let mut missing = Vec::new();
    for year in years {
        let absent = (0..zones.ids.len()).filter(|zone| !rows.contains_key(&(*zone, *year)));
        missing.extend(absent.map(|zone| format!("{} {year}", zones.names[zone])));
    }
    if !missing.is_empty() {
        notes.findings.push(
            Finding::error("unmatched_zones", format!("counties without a row: {}", missing.join(", ")))
                .layer("activity")
                .file(shown)
                .count(missing.len() as u64),
        );
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
    let coefficients: Vec<SinkCoefficient> = p
        .sinks
        .coefficients_t_ha
        .iter()
        .map(|(land_type, t_per_ha)| SinkCoefficient { land_type: land_type.clone(), t_per_ha: *t_per_ha })
        .collect();
    let mut out = Vec::new();
    for year in &p.city.years {
        let result = one_year(*year, p, zones, rows, cover, &coefficients, notes);
        match result {
            Ok(input) => out.push(input),
            Err(e) => notes.findings.push(Finding::error("county_method", e.to_string()).layer("activity")),
        }
    }
    (out.len() == p.city.years.len()).then_some(out)
}

fn one_year(
    year: i32,
    p: &CountiesPipeline,
    zones: &ZoneSet,
    rows: &Rows,
    cover: &[YearCover],
    coefficients: &[SinkCoefficient],
    notes: &mut Notes,
) -> Result<YearInput, ZoningError> {
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
    Ok(YearInput {
        year,
        sectors_t: vec![emissions.respiration_t, emissions.energy_t],
        sink_t: sinks.sink_t,
        sink_by_class_t: sinks.by_class_t,
        population: persons.into_iter().map(Some).collect(),
        gdp_1e4cny: gdp.into_iter().map(Some).collect(),
    })
}
