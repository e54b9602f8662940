//! Numbers of people that cannot be used, or cannot be meant: counted, with an example.

use super::Notes;
use super::parcels::ParcelSet;
use super::zones::ZoneSet;
use crate::config::{PoiLayer, PopulationLayer};
use carbonzone_io::DensestPixel;
use carbonzone_sheet::{MOST, Unusable};
use carbonzone_types::{Finding, LedgerRow, Stage, number_of};
use std::collections::BTreeSet;

/// Absurd numbers are an error; others are left out, which is told.
fn finding(met: &Unusable, code: &str, message: String) -> Finding {
    let make = if met.absurd { Finding::error } else { Finding::warning };
    make(code, message).expected(format!("numbers from 0 to {MOST:e}"))
}

/// A finding and a ledger row, if there is any.
pub fn report(met: &Unusable, config: &PopulationLayer, features: &str, notes: &mut Notes) {
    let Some((value, [x, y])) = met.example.clone() else { return };
    notes.findings.push(
        finding(
            met,
            "bad_population",
            format!("{} {features} without a usable number of people: they count nothing", met.count),
        )
        .input("population", &config.source.path)
        .feature(format!("at {x:.0}, {y:.0}"))
        .field(config.weight.join(", "))
        .value(value)
        .count(met.count)
        .hint("unknown is not zero: fill the cells, or leave these features out by where"),
    );
    notes.ledger.push(
        LedgerRow::counted(Stage::Drop, "population", met.count as f64, features)
            .note("no usable number of people"),
    );
}

/// The same for POI with weights.
pub fn report_weights(met: &Unusable, config: &PoiLayer, notes: &mut Notes) {
    let Some((value, [x, y])) = met.example.clone() else { return };
    let message = format!("{} POI without a usable weight: they count nothing", met.count);
    notes.findings.push(
        finding(met, "bad_poi_weight", message)
            .input("poi", &config.source.path)
            .feature(format!("at {x:.0}, {y:.0}"))
            .field(config.unit())
            .value(value)
            .count(met.count)
            .hint("unknown is not zero: fill the cells, or leave these POI out by where"),
    );
    let row = LedgerRow::counted(Stage::Drop, "poi", met.count as f64, "poi");
    notes.ledger.push(row.note("no usable weight"));
}

/// Ratio from which people and the population of the zones do not fit each other.
const FAR_OFF: f64 = 2.0;

/// People in the parcels against the population of the zones, where all zones have one.
pub fn warn_against_zones(config: &PopulationLayer, people: f64, zones: &ZoneSet, notes: &mut Notes) {
    let Some(known) = zones.population.iter().copied().sum::<Option<f64>>().filter(|n| *n > 0.0) else {
        return;
    };
    let ratio = people / known;
    if (1.0 / FAR_OFF..=FAR_OFF).contains(&ratio) || people <= 0.0 {
        return;
    }
    let message =
        format!("{people:.0} people in the parcels, {known:.0} in the zones: {} as many", times(ratio));
    notes.findings.push(
        Finding::warning("people_against_zones", message)
            .input("population", &config.source.path)
            .hint("is \"no value\" declared, are these persons per pixel (not per km²), is the unit of the zone table right?"),
    );
}

fn times(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0} times") } else { format!("{ratio:.2} times") }
}

/// Persons per km² beyond those of any quarter: Kowloon's densest blocks have about 130,000.
const MOST_PER_KM2: f64 = 300_000.0;

/// Persons per km² of all parcels together beyond those of any city: Manila, the densest, has about 43,000.
const MOST_OF_CITY: f64 = 50_000.0;

/// A pixel with more people than any quarter of the world, or parcels with more than any city; `m2` is their ground.
pub fn warn_density(
    config: &PopulationLayer,
    densest: Option<&DensestPixel>,
    (people, m2): (f64, f64),
    notes: &mut Notes,
) {
    let mean = people / (m2 / 1e6);
    if mean > MOST_OF_CITY {
        let message = format!("{people:.0} people on {:.2} km² of parcels: {mean:.0} per km²", m2 / 1e6);
        notes.findings.push(
            Finding::warning("implausible_density", message)
                .input("population", &config.source.path)
                .expected("persons per pixel")
                .hint("persons per km²? Then add unit = \"persons/km2\" to [layers.population]"),
        );
    }
    let Some(pixel) = densest.filter(|p| p.per_km2 > MOST_PER_KM2) else { return };
    let message = format!(
        "a pixel holds {:.0} people on {:.0} m²: {:.0} per km²",
        pixel.value, pixel.m2, pixel.per_km2
    );
    notes.findings.push(
        Finding::warning("implausible_density", message)
            .input("population", &config.source.path)
            .value(pixel.value.to_string())
            .expected("persons per pixel")
            .hint("does the value mean \"no value\" (nodata = ...), or are the pixels of another unit?"),
    );
}

/// Parcels of the class of which the raster knows nothing: they get no people although some may live there.
pub fn warn_unknown(
    config: &PopulationLayer,
    land: &BTreeSet<String>,
    parcels: &ParcelSet,
    known: &[f64],
    notes: &mut Notes,
) {
    /// Share below which a parcel is not known at all.
    const NOTHING: f64 = 1e-6;
    let mask = parcels.mask(land);
    let unknown: Vec<usize> = (0..mask.len()).filter(|&p| mask[p] && known[p] < NOTHING).collect();
    let Some(&first) = unknown.first() else { return };
    let area = |list: &mut dyn Iterator<Item = usize>| list.map(|p| parcels.area_m2[p]).sum::<f64>();
    let share = area(&mut unknown.iter().copied()) / area(&mut (0..mask.len()).filter(|&p| mask[p]));
    let message = format!(
        "{} of {} {} wholly off the raster or on pixels without a value: no people there, {:.1} % of the ground of this land",
        number_of(unknown.len(), "parcel", "parcels"),
        land.iter().cloned().collect::<Vec<_>>().join("+"),
        if unknown.len() == 1 { "lies" } else { "lie" },
        100.0 * share
    );
    notes.findings.push(
        Finding::warning("people_unknown", message)
            .input("population", &config.source.path)
            .feature(parcels.ids[first].to_owned())
            .count(unknown.len() as u64)
            .hint("nobody lives there, or the raster has a gap"),
    );
}
