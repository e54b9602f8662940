//! Numbers of people that cannot be used, or cannot be meant: counted, with an example.

use super::Notes;
use super::parcels::ParcelSet;
use super::zones::ZoneSet;
use crate::config::{PoiLayer, PopulationLayer};
use carbonzone_io::DensestPixel;
use carbonzone_sheet::parse_number;
use carbonzone_types::{ColumnData, Finding, LedgerRow, Stage, number_of};
use std::collections::BTreeSet;

/// Weights from here on are no people: a thousand billion.
const MOST: f64 = 1e12;

/// Features without a usable number of people.
#[derive(Default)]
pub struct Unusable {
    count: u64,
    /// One of them is absurdly large: the table is damaged, or of another unit.
    absurd: bool,
    /// The value and the place of one of them: the first by value, whatever the order of the file.
    example: Option<(String, [f64; 2])>,
}

impl Unusable {
    /// The mean of the columns in a row, each times its factor, if all of them are usable; else it is counted.
    pub fn mean_of(
        &mut self,
        columns: &[(&ColumnData, f64)],
        row: usize,
        place: impl FnOnce() -> [f64; 2],
    ) -> Option<f64> {
        let sum: Result<f64, String> =
            columns.iter().map(|(c, factor)| Ok(factor * people_at(c, row)?)).sum();
        match sum {
            Ok(sum) => Some(sum / columns.len().max(1) as f64),
            Err(value) => {
                self.count += 1;
                self.absurd |= columns.iter().any(|(c, _)| is_absurd(c, row));
                if self.example.as_ref().is_none_or(|(known, _)| value < *known) {
                    self.example = Some((value, place()));
                }
                None
            }
        }
    }

    /// Absurd numbers are an error; others are left out, which is told.
    fn finding(&self, code: &str, message: String) -> Finding {
        let make = if self.absurd { Finding::error } else { Finding::warning };
        make(code, message).expected(format!("numbers from 0 to {MOST:e}"))
    }

    /// A finding and a ledger row, if there is any.
    pub fn report(self, config: &PopulationLayer, features: &str, notes: &mut Notes) {
        let Some((value, [x, y])) = self.example.clone() else { return };
        notes.findings.push(
            self.finding(
                "bad_population",
                format!("{} {features} without a usable number of people: they count nothing", self.count),
            )
            .input("population", &config.source.path)
            .feature(format!("at {x:.0}, {y:.0}"))
            .field(config.weight.join(", "))
            .value(value)
            .count(self.count)
            .hint("unknown is not zero: fill the cells, or leave these features out by where"),
        );
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "population", self.count as f64, features)
                .note("no usable number of people"),
        );
    }
}

impl Unusable {
    /// The same for POI with weights.
    pub fn report_weights(self, config: &PoiLayer, notes: &mut Notes) {
        let Some((value, [x, y])) = self.example.clone() else { return };
        let message = format!("{} POI without a usable weight: they count nothing", self.count);
        notes.findings.push(
            self.finding("bad_poi_weight", message)
                .input("poi", &config.source.path)
                .feature(format!("at {x:.0}, {y:.0}"))
                .field(config.unit())
                .value(value)
                .count(self.count)
                .hint("unknown is not zero: fill the cells, or leave these POI out by where"),
        );
        let row = LedgerRow::counted(Stage::Drop, "poi", self.count as f64, "poi");
        notes.ledger.push(row.note("no usable weight"));
    }
}

/// The people (or another amount) in a cell, else the value that is none.
fn people_at(column: &ColumnData, row: usize) -> Result<f64, String> {
    let number = match column {
        ColumnData::Text(texts) => {
            let text = texts[row].as_deref().unwrap_or_default();
            parse_number(text).map_err(|_fault| text.to_owned())?
        }
        other => other.number_at(row),
    };
    let shown =
        || column.text_at(row).filter(|t| !t.trim().is_empty()).unwrap_or_else(|| "(empty)".to_owned());
    number.filter(|v| (0.0..MOST).contains(v)).ok_or_else(shown)
}

/// True for a number beyond all people.
fn is_absurd(column: &ColumnData, row: usize) -> bool {
    let number = match column {
        ColumnData::Text(texts) => parse_number(texts[row].as_deref().unwrap_or_default()).ok().flatten(),
        other => other.number_at(row),
    };
    number.is_some_and(|v| v.abs() >= MOST)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_as_people_write_them() {
        let texts = ["1,000", "１２", "", "-5", "about 20", "1e19"].map(|t| Some(t.to_owned()));
        let column = ColumnData::Text(texts.into());
        assert_eq!(people_at(&column, 0), Ok(1000.0));
        assert_eq!(people_at(&column, 1), Ok(12.0));
        for (row, shown) in [(2, "(empty)"), (3, "-5"), (4, "about 20"), (5, "1e19")] {
            assert_eq!(people_at(&column, row), Err(shown.to_owned()));
        }
        assert_eq!(people_at(&ColumnData::Real(vec![None]), 0), Err("(empty)".to_owned()));
        assert_eq!(people_at(&ColumnData::Real(vec![Some(f64::INFINITY)]), 0), Err("inf".to_owned()));
        assert_eq!(people_at(&ColumnData::Int(vec![Some(7)]), 0), Ok(7.0));
    }

    #[test]
    fn the_example_does_not_depend_on_the_order() {
        let example = |texts: [&str; 3]| {
            let column = ColumnData::Text(texts.map(|t| Some(t.to_owned())).into());
            let mut bad = Unusable::default();
            for row in 0..3 {
                let _ = bad.mean_of(&[(&column, 1.0)], row, || [0.0, 0.0]);
            }
            (bad.count, bad.example.map(|e| e.0))
        };
        assert_eq!(example(["x", "5", "a"]), example(["a", "x", "5"]));
        assert_eq!(example(["x", "5", "a"]).0, 2);
    }
}
