//! Do coordinates look like those of their CRS? Swapped axes, metres for degrees, zone numbers, another place.

use crate::crs::{CrsPath, WorkingCrs};
use crate::gauss_kruger::{Looks, cgcs2000_numbered, zone_number};
use crate::reading::Reading;
use crate::source::VectorSource;
use carbonzone_types::Finding;
use std::collections::BTreeMap;

/// Counts over coordinates before they are transformed.
#[derive(Debug, Default, Clone)]
pub(crate) struct PlaceCheck {
    seen: u64,
    /// Degrees outside the area of the working CRS, with an example.
    outside: Kind,
    kinds: BTreeMap<Odd, Kind>,
}

/// What is wrong with a coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Odd {
    /// Longitude and latitude, or easting and northing, are swapped.
    Swapped,
    /// Metres where the CRS has degrees.
    Metres,
    /// As [`Looks`].
    Zone(Looks),
}

#[derive(Debug, Default, Clone, Copy)]
struct Kind {
    count: u64,
    example: (f64, f64),
}

impl Kind {
    /// The example does not depend on the order of the file.
    fn add(&mut self, count: u64, example: (f64, f64)) {
        let before = |a: (f64, f64), b: (f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).is_lt();
        if self.count == 0 || before(example, self.example) {
            self.example = example;
        }
        self.count += count;
    }
}

impl PlaceCheck {
    /// Looks at source coordinates.
    pub(crate) fn see(&mut self, path: &CrsPath, crs: &WorkingCrs, xs: &[f64], ys: &[f64]) {
        for (&x, &y) in xs.iter().zip(ys) {
            self.see_one(path, crs, x, y);
        }
    }

    /// Looks at one coordinate.
    pub(crate) fn see_one(&mut self, path: &CrsPath, crs: &WorkingCrs, x: f64, y: f64) {
        if path.geographic {
            self.seen += 1;
            self.see_degrees(crs, x, y);
        } else if let Some(zone) = path.zone {
            self.seen += 1;
            let mut looks = zone.looks(x, y);
            if matches!(looks, Looks::Swapped | Looks::Numbered(_) | Looks::Strange)
                && zone.place_of_feet(x, y).is_some_and(|(lon, lat)| crs.is_at_home(lon, lat))
            {
                looks = Looks::Feet;
            }
            match looks {
                Looks::Right | Looks::Strange => {}
                Looks::Swapped => self.kinds.entry(Odd::Swapped).or_default().add(1, (x, y)),
                looks => self.kinds.entry(Odd::Zone(looks)).or_default().add(1, (x, y)),
            }
        }
    }

    fn see_degrees(&mut self, crs: &WorkingCrs, x: f64, y: f64) {
        let possible = x.abs() <= 180.0 && y.abs() <= 90.0;
        if possible && crs.is_at_home(x, y) {
            return;
        }
        self.outside.add(1, (x, y));
        if y.abs() <= 180.0 && x.abs() <= 90.0 && crs.is_at_home(y, x) {
            self.kinds.entry(Odd::Swapped).or_default().add(1, (x, y));
        } else if x.abs() > 360.0 || y.abs() > 360.0 {
            self.kinds.entry(Odd::Metres).or_default().add(1, (x, y));
        }
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn merge(&mut self, more: &Self) {
        self.seen += more.seen;
        if more.outside.count > 0 {
            self.outside.add(more.outside.count, more.outside.example);
        }
        for (odd, kind) in &more.kinds {
            self.kinds.entry(*odd).or_default().add(kind.count, kind.example);
        }
    }

    /// Reports; false if the layer must not be used (most coordinates are of another kind than the CRS says).
    pub(crate) fn report(&self, reading: &mut Reading<'_>, path: &CrsPath) -> bool {
        let usable = self.report_kinds(reading, path);
        let told: u64 =
            [Odd::Swapped, Odd::Metres].iter().filter_map(|k| self.kinds.get(k)).map(|k| k.count).sum();
        let elsewhere = self.outside.count - if path.geographic { told } else { 0 };
        if usable && elsewhere > 0 {
            let (crs, (x, y)) = (reading.crs, self.outside.example);
            let message =
                format!("{elsewhere} of {} coordinates lie outside the area of {}", self.seen, crs.name());
            reading.add(
                Finding::warning("outside_crs_area", message)
                    .value(format!("longitude {x}, latitude {y}"))
                    .expected(crs.area_text())
                    .count(elsewhere)
                    .hint("rows of another place, zeros for unknown coordinates, or a wrong crs"),
            );
        }
        usable
    }

    /// As [`Self::report`], without what merely lies elsewhere: a province is larger than the area of a zone.
    pub(crate) fn report_kinds(&self, reading: &mut Reading<'_>, path: &CrsPath) -> bool {
        let mut usable = true;
        for (odd, kind) in &self.kinds {
            let most = kind.count * 2 > self.seen;
            usable &= !most;
            reading.add(describe(*odd, *kind, self.seen, reading, path));
        }
        usable
    }
}

/// The finding about coordinates of one kind: an error if most are of it.
fn describe(odd: Odd, kind: Kind, seen: u64, reading: &Reading<'_>, path: &CrsPath) -> Finding {
    let (source, crs, most) = (reading.source, reading.crs, kind.count * 2 > seen);
    let make = if most { Finding::error } else { Finding::warning };
    let of = format!("{} of {seen} coordinates", kind.count);
    let (x, y) = kind.example;
    let give = |code: Option<String>, otherwise: &str| match code {
        Some(code) if most => format!("{code} fits: add crs = \"{code}\" to this input"),
        _ if most => otherwise.to_owned(),
        _ => "correct these rows in the file".to_owned(),
    };
    let finding = match odd {
        Odd::Swapped if path.geographic => {
            make("swapped_coordinates", format!("longitude and latitude are swapped in {of}"))
                .value(format!("longitude {x}, latitude {y}"))
                .expected(crs.area_text())
                .hint(swap_hint(source, most))
        }
        Odd::Swapped => make("swapped_coordinates", format!("easting and northing are swapped in {of}"))
            .value(format!("easting {x}, northing {y}"))
            .expected("the easting first")
            .hint(swap_hint(source, most)),
        Odd::Metres => make("not_degrees", format!("{of} are no degrees, but {} is in degrees", path.label))
            .value(format!("{x}, {y}"))
            .expected("longitude -180 to 180, latitude -90 to 90")
            .hint(give(
                zone_number(x).and_then(cgcs2000_numbered),
                "the coordinates are metres: add crs = \"EPSG:...\" with the CRS they are in (a GeoJSON without one counts as degrees)",
            )),
        Odd::Zone(Looks::Degrees) => {
            make("degrees_not_metres", format!("{of} look like degrees, but {} is in metres", path.label))
                .value(format!("{x}, {y}"))
                .hint(give(
                    Some("EPSG:4326".to_owned()),
                    "add the crs of the degrees to this input",
                ))
        }
        Odd::Zone(Looks::Feet) => {
            make("feet_not_metres", format!("{of} look like feet, but {} is in metres", path.label))
                .value(format!("{x:.0}, {y:.0}"))
                .expected(format!("metres: {:.0}, {:.0}", x * 0.3048, y * 0.3048))
                .hint(give(None, "give the CRS as PROJ text with +units=ft (or +units=us-ft), or write the layer again in metres"))
        }
        Odd::Zone(Looks::Numbered(n)) => {
            let of_utm = path.zone.is_some_and(|zone| zone.utm_number() == Some(n));
            let otherwise = if of_utm {
                format!("{n} is the number of the UTM zone, which eastings of {} do not carry: take {n},000,000 m off them", path.label)
            } else {
                "take the CRS of the same datum and zone whose eastings carry the number".to_owned()
            };
            let code = path.zone.and_then(|z| z.with_number(n));
            make(
                "zone_number",
                format!("eastings of {x:.0} m carry the zone number {n}, {} {}", path.label, own_number(path)),
            )
            .value(format!("{x:.0}, {y:.0}"))
            .hint(give(code.or_else(|| cgcs2000_numbered(n).filter(|_| !of_utm)), &otherwise))
        }
        Odd::Zone(_) => make(
            "zone_number",
            format!("eastings of {x:.0} m lack the zone number that {} has", path.label),
        )
        .value(format!("{x:.0}, {y:.0}"))
        .hint(give(
            path.zone.and_then(crate::gauss_kruger::Zone::without_number),
            "take the CRS of the same datum and meridian whose eastings have no number",
        )),
    };
    finding.field("crs").count(kind.count)
}

fn own_number(path: &CrsPath) -> String {
    match path.zone.map(|z| (z.false_easting / 1e6) as u32) {
        Some(n) if n > 0 => format!("has the zone number {n}"),
        _ => "has none".to_owned(),
    }
}

fn swap_hint(source: &VectorSource, most: bool) -> &'static str {
    if !most {
        "correct these rows in the file"
    } else if source.is_csv() {
        "swap the names in x = \"...\" and y = \"...\" of this input"
    } else {
        "write the layer again with the axes in the right order (QGIS: \"Swap X and Y coordinates\")"
    }
}
