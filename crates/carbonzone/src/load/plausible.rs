//! Numbers that no city has: units read wrong show here before they show on a map. Thresholds: docs/reading.md, "Units
//! and plausibility".

use super::parcels::ParcelSet;
use super::zones::{MissingCells, ZoneSet};
use super::{Notes, apart};
use crate::config::ZoneLayer;
use carbonzone_inventory::Inventory;
use carbonzone_io::WorkingCrs;
use carbonzone_spatialize::AllocationRule;
use carbonzone_types::{ExactSum, Finding};

/// Persons per zone (median) below which they are suspected to be 万人.
const FEW_PERSONS: f64 = 50.0;
/// Persons per km² of all zones above which the number or its unit is suspected.
const DENSE: f64 = 50_000.0;
/// GDP per person of all zones in 1e4 CNY outside of which a unit is suspected.
const GDP_PER_PERSON: (f64, f64) = (0.1, 60.0);
/// Emission per person of the whole place in t CO2e outside of which a unit is suspected: the least of any country has 0.03, towns
/// of steel works some hundreds.
const T_PER_PERSON: (f64, f64) = (0.02, 1000.0);
/// Share of the zones that parcels must cover.
const COVERED: f64 = 0.1;
/// Ratio of a sink's area in the yearbook to that of the parcels, and its inverse.
const SINK_RATIO: f64 = 1.5;

/// Zones without a population where others have one.
pub fn missing_population(config: &ZoneLayer, zones: &ZoneSet, cells: &MissingCells, notes: &mut Notes) {
    let wanted = config.population.is_some() || config.tables.iter().any(|t| t.population.is_some());
    let missing: Vec<usize> = (0..zones.ids.len()).filter(|i| zones.population[*i].is_none()).collect();
    if !wanted || missing.is_empty() {
        return;
    }
    let name = |i: &usize| {
        let cell = cells.get(i).map(|c| format!(", {c}")).unwrap_or_default();
        format!("{} ({}{cell})", zones.ids[*i], zones.names[*i])
    };
    let list: Vec<String> = missing.iter().take(10).map(name).collect();
    let more = if missing.len() > 10 { format!(" and {} more", missing.len() - 10) } else { String::new() };
    let message = format!(
        "{} of {} zones have no population: {}{more}",
        missing.len(),
        zones.ids.len(),
        list.join(", ")
    );
    notes.findings.push(
        Finding::warning("missing_population", message)
            .input("zones", &config.source.path)
            .count(missing.len() as u64)
            .hint("unknown is not 0: the zone has no people to share emissions by, and no index per person"),
    );
}

/// People and GDP of the zones against what townships have.
pub fn check_zones(config: &ZoneLayer, zones: &ZoneSet, notes: &mut Notes) {
    let mut warn = |code: &str, message: String, hint: &str| {
        let file = config.source.path.display().to_string();
        notes.findings.push(Finding::warning(code, message).layer("zones").file(file).hint(hint));
    };
    let mut persons: Vec<f64> = zones.population.iter().flatten().copied().collect();
    persons.sort_by(f64::total_cmp);
    let people = persons.iter().copied().collect::<ExactSum>().value();
    if let Some(median) = persons.get(persons.len() / 2).filter(|m| **m < FEW_PERSONS && people > 0.0) {
        warn(
            "implausible_population",
            format!("half of the zones have {median} persons or fewer; a township has thousands"),
            "is the population in 万人? population_unit_persons = 10000",
        );
    }
    let counted = (0..zones.ids.len()).filter(|i| zones.population[*i].is_some());
    let areas = zones.coverage.areas_m2();
    let km2 = counted.map(|i| areas[i]).collect::<ExactSum>().value() / 1e6;
    if km2 > 0.0 && people / km2 > DENSE {
        warn(
            "implausible_population",
            format!(
                "{people:.0} persons on {km2:.2} km² are {:.0} per km²; the densest cities have less than {DENSE}",
                people / km2
            ),
            "check the unit of the population, and the CRS of the zones",
        );
    }
    let both: Vec<(f64, f64)> =
        zones.population.iter().zip(&zones.gdp).filter_map(|(p, g)| p.zip(*g)).collect();
    let total = |of: fn(&(f64, f64)) -> f64| both.iter().map(of).collect::<ExactSum>().value();
    let (people, gdp) = (total(|b| b.0), total(|b| b.1));
    // What is much or little in another currency nobody knows here.
    if zones.gdp_unit.currency() != "CNY" {
        return;
    }
    let gdp = gdp * (zones.gdp_unit.value() / 1e4);
    let each = gdp / people;
    if people > 0.0 && gdp > 0.0 && !(GDP_PER_PERSON.0..=GDP_PER_PERSON.1).contains(&each) {
        warn(
            "implausible_gdp",
            format!("GDP is {each:.4} (1e4 CNY) per person: {gdp:.2} for {people:.1} persons"),
            "check the units: gdp_unit_1e4cny = 10000 for 亿元, 0.0001 for 元; population_unit_persons = 10000 for 万人",
        );
    }
}

/// Emission per person of the whole place: totals given in Mt and called t show here.
pub fn check_per_person(rules: &[AllocationRule], zones: &ZoneSet, notes: &mut Notes) {
    let Some(persons) = zones.population.iter().copied().collect::<Option<Vec<f64>>>() else { return };
    let people = persons.into_iter().collect::<ExactSum>().value();
    let emits = rules.iter().filter(|r| !r.sector.is_sink());
    let gross_t = emits.map(|r| r.budget_t).collect::<ExactSum>().value();
    let each = gross_t / people;
    if people > 0.0 && gross_t > 0.0 && !(T_PER_PERSON.0..=T_PER_PERSON.1).contains(&each) {
        let message =
            format!("emissions are {each:.3e} t CO2e per person: {gross_t:.1} t for {people:.0} persons");
        notes.findings.push(
            Finding::warning("implausible_emissions", message)
                .layer("inventory")
                .expected("from 0.02 to 1000 t per person in the whole place")
                .hint("check the unit of the totals ([inventory] unit: t, kt, 1e4 t or Mt) and that of the population"),
        );
    }
}

/// Parcels that cover next to nothing of the zones; an error if they lie elsewhere altogether.
pub fn check_cover(parcels: &ParcelSet, zones: &ZoneSet, crs: &WorkingCrs, notes: &mut Notes) {
    if apart::refuse(parcels, zones, crs, notes) {
        return;
    }
    let km2 = |areas: &[f64]| areas.iter().copied().collect::<ExactSum>().value() / 1e6;
    let (covered, all) = (km2(&parcels.planar_m2), km2(&zones.coverage.areas_m2()));
    if covered < COVERED * all {
        let message = format!(
            "the parcels have {covered:.3} km², the zones {all:.3} km²: {:.1} %",
            100.0 * covered / all
        );
        notes.findings.push(
            Finding::warning("little_cover", message)
                .layer("parcels")
                .hint("is the layer complete, and are both layers of the same city?"),
        );
    }
}

/// Areas of the sinks: the yearbook against the parcels.
pub fn check_sink_areas(inventory: &Inventory, notes: &mut Notes) {
    for area in &inventory.sink_areas {
        let (Some(yearbook), Some(parcels)) = (area.yearbook_ha, area.parcels_ha.filter(|h| *h > 0.0)) else {
            continue;
        };
        let ratio = yearbook / parcels;
        if !(1.0 / SINK_RATIO..=SINK_RATIO).contains(&ratio) {
            let message = format!(
                "{}: the activity data have {yearbook:.1} ha, the parcels {parcels:.1} ha: {ratio:.2} times as much",
                area.land_type
            );
            notes.findings.push(
                Finding::warning("sink_area_suspect", message)
                    .layer("inventory")
                    .feature(area.land_type.clone())
                    .hint("check the unit (公顷, 亩, km²) and the classes; the sink uses the area of the activity data"),
            );
        }
    }
}
