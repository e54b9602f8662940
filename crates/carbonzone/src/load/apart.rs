//! Parcels and zones that lie in different places: refused, with the CRS under which they would meet.

use super::Notes;
use super::parcels::ParcelSet;
use super::zones::ZoneSet;
use carbonzone_io::{WorkingCrs, reading_that_fits};
use carbonzone_types::{Finding, InputRecord};

/// Refuses layers whose boxes nowhere meet; true if they do not.
pub fn refuse(parcels: &ParcelSet, zones: &ZoneSet, crs: &WorkingCrs, notes: &mut Notes) -> bool {
    let Some(z) = zones.coverage.total_bounds() else { return false };
    let meets = |p: [f64; 4]| p[0] < z[2] && z[0] < p[2] && p[1] < z[3] && z[1] < p[3];
    let coverage = &parcels.coverage;
    // One parcel that lies there tells it of all.
    if (0..coverage.len()).any(|i| coverage.bounds(i).is_some_and(meets)) {
        return false;
    }
    let Some(p) = coverage.total_bounds().filter(|p| !meets(*p)) else { return false };
    let words = |[x0, y0, x1, y1]: [f64; 4]| format!("{x0:.0} to {x1:.0} east, {y0:.0} to {y1:.0} north");
    let message = "no parcel lies in a zone: the two layers are of different places";
    let finding = Finding::error("layers_apart", message).layer("parcels").field("crs").value(format!(
        "parcels {}, zones {}",
        words(p),
        words(z)
    ));
    let finding = finding.hint(hint(p, z, crs, &notes.records));
    notes.findings.push(finding);
    true
}

/// How one of the two would have to be read to lie on the other.
fn hint(parcels: [f64; 4], zones: [f64; 4], crs: &WorkingCrs, records: &[InputRecord]) -> String {
    let read_as = |role: &str| {
        let record = records.iter().find(|r| r.role == role);
        record.map_or_else(|| crs.definition().to_owned(), |r| r.crs.clone())
    };
    let (of_parcels, of_zones) = (read_as("parcels"), read_as("zones"));
    let guess = |what: &str, on: &str, layer, from: &str, target, of_target: &str| {
        let reading = reading_that_fits(from, crs, layer, target, of_target)?;
        Some(format!("the {what} (now {from}) would lie on the {on} with {reading}"))
    };
    let guesses = [
        guess("parcels", "zones", parcels, &of_parcels, zones, &of_zones),
        guess("zones", "parcels", zones, &of_zones, parcels, &of_parcels),
    ];
    let guesses: Vec<String> = guesses.into_iter().flatten().collect();
    if guesses.is_empty() {
        "one of the two has a wrong crs, or is of another city".to_owned()
    } else {
        format!("{}; look which of the two is right", guesses.join(", or "))
    }
}
