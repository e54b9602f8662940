//! Zones of transverse Mercator systems: which EPSG code stands for which meridian, with and without zone number.

use gdal::spatial_ref::SpatialRef;

/// Datums for which EPSG has one code per zone in China.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChineseDatum {
    Beijing1954,
    Xian1980,
    Cgcs2000,
}

impl ChineseDatum {
    fn of(srs: &SpatialRef) -> Option<Self> {
        let geographic = srs.geog_cs().ok().and_then(|g| g.name())?.to_lowercase();
        let name: String = geographic.chars().filter(char::is_ascii_alphanumeric).collect();
        if name.contains("beijing1954") {
            Some(Self::Beijing1954)
        } else if name.contains("xian1980") {
            Some(Self::Xian1980)
        } else if name.contains("cgcs2000") || name.contains("chinageodeticcoordinatesystem2000") {
            Some(Self::Cgcs2000)
        } else {
            None
        }
    }

    /// EPSG codes of the first zone: 3-degree zone 25 and its meridian 75° E, 6-degree zone 13 and its meridian 75° E.
    /// Numbers follow on, zone by zone (EPSG v10.076, checked in a test).
    fn first_codes(self) -> [u32; 4] {
        match self {
            Self::Beijing1954 => [2401, 2422, 21_413, 21_453],
            Self::Xian1980 => [2349, 2370, 2327, 2338],
            Self::Cgcs2000 => [4513, 4534, 4491, 4502],
        }
    }

    /// The code of a zone by its number (13 to 23: 6 degrees wide, 25 to 45: 3 degrees wide).
    fn code(self, zone: u32, form: Easting) -> Option<u32> {
        let [three, three_meridian, six, six_meridian] = self.first_codes();
        let first = match (zone, form) {
            (25..=45, Easting::WithZoneNumber) => three,
            (25..=45, Easting::Plain) => three_meridian,
            (13..=23, Easting::WithZoneNumber) => six,
            (13..=23, Easting::Plain) => six_meridian,
            _ => return None,
        };
        Some(first + zone - if zone >= 25 { 25 } else { 13 })
    }
}

/// How eastings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Easting {
    /// 40 560 000 m.
    WithZoneNumber,
    /// 560 000 m.
    Plain,
}

/// A transverse Mercator CRS in metres whose eastings begin at 500 km, with or without a zone number in front.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Zone {
    pub central_meridian: f64,
    pub false_easting: f64,
    datum: Option<ChineseDatum>,
}

/// Metres between two zone numbers.
const PER_ZONE: f64 = 1e6;
/// Eastings that occur in a zone, 500 km being its meridian.
const USUAL: std::ops::Range<f64> = -200_000.0..1_200_000.0;
/// Eastings after a zone number.
const AFTER_NUMBER: std::ops::Range<f64> = 50_000.0..950_000.0;

/// What a coordinate looks like in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Looks {
    /// As it should.
    Right,
    /// The easting carries this zone number, the CRS does not.
    Numbered(u32),
    /// The easting has no zone number, the CRS has.
    Unnumbered,
    /// Easting and northing are swapped.
    Swapped,
    /// Longitude and latitude in degrees.
    Degrees,
    /// Feet where the CRS has metres.
    Feet,
    /// None of these.
    Strange,
}

impl Zone {
    pub(crate) fn of(srs: &SpatialRef) -> Option<Self> {
        let metres = srs.is_projected() && (srs.linear_units() - 1.0).abs() < 1e-9;
        let projection = srs.get_attr_value("PROJECTION", 0).ok().flatten()?;
        let number = |name: &str| srs.get_proj_param(name).ok().flatten();
        let (central_meridian, false_easting) = (number("central_meridian")?, number("false_easting")?);
        let usual = false_easting % PER_ZONE == 500_000.0 && (0.0..64.0 * PER_ZONE).contains(&false_easting);
        (metres && projection == "Transverse_Mercator" && usual).then(|| Self {
            central_meridian,
            false_easting,
            datum: ChineseDatum::of(srs),
        })
    }

    /// Zone number in the false easting; 0: none.
    fn number(self) -> u32 {
        (self.false_easting / PER_ZONE) as u32
    }

    /// What a coordinate looks like.
    pub(crate) fn looks(self, x: f64, y: f64) -> Looks {
        let offset = f64::from(self.number()) * PER_ZONE;
        if USUAL.contains(&(x - offset)) {
            return if x.abs() <= 180.0 && y.abs() <= 90.0 { Looks::Degrees } else { Looks::Right };
        }
        if x.abs() <= 180.0 && y.abs() <= 90.0 {
            return Looks::Degrees;
        }
        if let Some(n) = zone_number(x).filter(|n| *n != self.number()) {
            return Looks::Numbered(n);
        }
        if self.number() > 0 && AFTER_NUMBER.contains(&x) {
            return Looks::Unnumbered;
        }
        let northing = (1e6..1e7).contains(&x.abs());
        if northing
            && (AFTER_NUMBER.contains(&(y - offset)) || AFTER_NUMBER.contains(&y) || zone_number(y).is_some())
        {
            return Looks::Swapped;
        }
        // Germany, Poland, Russia: one digit before six.
        let short = short_zone_number(x).filter(|n| *n != self.number() && (1e6..1e7).contains(&y));
        short.map_or(Looks::Strange, Looks::Numbered)
    }

    /// Longitude and latitude, roughly, of a coordinate that is in feet; `None` if it cannot be.
    pub(crate) fn place_of_feet(self, x: f64, y: f64) -> Option<(f64, f64)> {
        const FOOT_M: f64 = 0.3048;
        const METRES_PER_DEGREE: f64 = 111_000.0;
        let (x, y) = (x * FOOT_M - f64::from(self.number()) * PER_ZONE, y * FOOT_M);
        let lat = y / METRES_PER_DEGREE;
        let usual = AFTER_NUMBER.contains(&x) && (0.0..84.0).contains(&lat);
        usual.then(|| {
            let lon = self.central_meridian + (x - 500_000.0) / (METRES_PER_DEGREE * lat.to_radians().cos());
            (lon, lat)
        })
    }

    /// The number of the UTM zone with this meridian.
    pub(crate) fn utm_number(self) -> Option<u32> {
        let zone = (self.central_meridian + 183.0) / 6.0;
        (self.number() == 0 && zone.fract() == 0.0).then_some(zone as u32)
    }

    /// The other zones of the same Chinese datum within 9° of the meridian, the nearest first: 3 and 6 degrees wide, with and without
    /// zone number.
    pub(crate) fn beside(self) -> Vec<String> {
        let Some(datum) = self.datum else { return Vec::new() };
        let meridian = |zone: u32| f64::from(if zone < 25 { 6 * zone - 3 } else { 3 * zone });
        let away = |zone: &u32| (meridian(*zone) - self.central_meridian).abs();
        let mut zones: Vec<u32> = (25..=45).chain(13..=23).filter(|zone| away(zone) <= 9.0).collect();
        zones.sort_by(|a, b| away(a).total_cmp(&away(b)));
        let forms = [Easting::Plain, Easting::WithZoneNumber];
        let forms = if self.number() > 0 { [forms[1], forms[0]] } else { forms };
        let of_zone = |zone| forms.into_iter().filter_map(move |form| datum.code(zone, form));
        zones.into_iter().flat_map(of_zone).map(|code| format!("EPSG:{code}")).collect()
    }

    /// The CRS that fits eastings with a zone number.
    pub(crate) fn with_number(self, zone: u32) -> Option<String> {
        self.datum?.code(zone, Easting::WithZoneNumber).map(|code| format!("EPSG:{code}"))
    }

    /// The CRS of the same zone without its number.
    pub(crate) fn without_number(self) -> Option<String> {
        self.datum?.code(self.number(), Easting::Plain).map(|code| format!("EPSG:{code}"))
    }
}

/// The zone number in front of an easting: two digits before six.
pub(crate) fn zone_number(x: f64) -> Option<u32> {
    let n = (x / PER_ZONE).floor();
    ((10.0..61.0).contains(&n) && AFTER_NUMBER.contains(&(x - n * PER_ZONE))).then_some(n as u32)
}

/// One digit before six.
fn short_zone_number(x: f64) -> Option<u32> {
    let n = (x / PER_ZONE).floor();
    ((1.0..10.0).contains(&n) && AFTER_NUMBER.contains(&(x - n * PER_ZONE))).then_some(n as u32)
}

/// The CGCS 2000 code of eastings with a zone number.
pub(crate) fn cgcs2000_numbered(zone: u32) -> Option<String> {
    ChineseDatum::Cgcs2000.code(zone, Easting::WithZoneNumber).map(|code| format!("EPSG:{code}"))
}

/// The projected CRS in metres to take for a place: the 3-degree Gauss-Krüger zone of CGCS 2000 in China, the UTM zone
/// elsewhere, both where the box of China reaches over its neighbours.
pub fn crs_for(lon: f64, lat: f64) -> String {
    let utm = (((lon + 180.0) / 6.0).floor() as i64).rem_euclid(60) + 1;
    let utm = format!("EPSG:{}", if lat >= 0.0 { 32_600 } else { 32_700 } + utm);
    // The box of EPSG:4490.
    if !(73.62..=134.77).contains(&lon) || !(16.70..=53.56).contains(&lat) {
        return format!("{utm} (UTM)");
    }
    let zone = (lon / 3.0).round().clamp(25.0, 45.0) as u32;
    let code = ChineseDatum::Cgcs2000.code(zone, Easting::Plain).unwrap_or(4490);
    format!("EPSG:{code} (CGCS2000, 3-degree zone, meridian {}° E) in China, {utm} (UTM) elsewhere", 3 * zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::definition_to_spatial_ref;

    fn zone(code: u32) -> Zone {
        Zone::of(&definition_to_spatial_ref(&format!("EPSG:{code}")).unwrap()).unwrap()
    }

    #[test]
    fn every_code_of_the_table_is_the_zone_it_stands_for() {
        for datum in [ChineseDatum::Beijing1954, ChineseDatum::Xian1980, ChineseDatum::Cgcs2000] {
            for n in (13..=23).chain(25..=45) {
                let meridian = f64::from(if n < 25 { 6 * n - 3 } else { 3 * n });
                let numbered = zone(datum.code(n, Easting::WithZoneNumber).unwrap());
                assert_eq!(
                    (numbered.central_meridian, numbered.false_easting),
                    (meridian, f64::from(n) * 1e6 + 5e5)
                );
                let plain = zone(datum.code(n, Easting::Plain).unwrap());
                assert_eq!((plain.central_meridian, plain.false_easting), (meridian, 5e5));
                assert_eq!((numbered.datum, plain.datum), (Some(datum), Some(datum)), "{n}");
            }
        }
    }

    #[test]
    fn coordinates_are_recognised_by_their_looks() {
        let (plain, numbered) = (zone(4549), zone(4528));
        assert_eq!(plain.looks(560_000.0, 3_463_000.0), Looks::Right);
        assert_eq!(plain.looks(40_560_000.0, 3_463_000.0), Looks::Numbered(40));
        assert_eq!(plain.looks(20_560_000.0, 3_463_000.0), Looks::Numbered(20));
        assert_eq!(plain.looks(3_463_000.0, 560_000.0), Looks::Swapped);
        assert_eq!(plain.looks(3_463_000.0, 40_560_000.0), Looks::Swapped);
        assert_eq!(plain.looks(120.6, 31.3), Looks::Degrees);
        assert_eq!(numbered.looks(40_560_000.0, 3_463_000.0), Looks::Right);
        assert_eq!(numbered.looks(560_000.0, 3_463_000.0), Looks::Unnumbered);
        assert_eq!(numbered.looks(39_560_000.0, 3_463_000.0), Looks::Numbered(39));
        assert_eq!(numbered.looks(3_463_000.0, 560_000.0), Looks::Swapped);
        // UTM 51 N, with its number in front of the eastings and as it should be; Gauß-Krüger zones of Germany.
        let utm = zone(32_651);
        assert_eq!((utm.looks(51_275_000.0, 3_465_000.0), utm.utm_number()), (Looks::Numbered(51), Some(51)));
        assert_eq!(utm.looks(275_000.0, 3_465_000.0), Looks::Right);
        assert_eq!(utm.looks(21_275_000.0, 3_465_000.0), Looks::Numbered(21));
        assert_eq!(utm.looks(3_465_000.0, 275_000.0), Looks::Swapped);
        assert_eq!(zone(31_468).looks(3_560_000.0, 5_800_000.0), Looks::Numbered(3), "zone 3 in zone 4");
        assert_eq!(zone(25_832).looks(3_560_000.0, 5_800_000.0), Looks::Numbered(3), "in UTM 32 N");
        assert_eq!(zone(31_468).looks(560_000.0, 5_800_000.0), Looks::Unnumbered);
        assert_eq!(zone(31_468).looks(4_560_000.0, 5_800_000.0), Looks::Right);
        assert_eq!(zone(2385).with_number(40).as_deref(), Some("EPSG:2364"), "Xian 1980 stays Xian 1980");
        assert_eq!(zone(21_421).without_number().as_deref(), Some("EPSG:21461"));
    }

    #[test]
    fn feet_give_the_place_that_metres_do_not() {
        let (lon, lat) = zone(4549).place_of_feet(561_000.0 / 0.3048, 3_465_000.0 / 0.3048).unwrap();
        assert!((lon - 120.64).abs() < 0.05 && (lat - 31.3).abs() < 0.2, "{lon}, {lat}");
        assert_eq!(zone(4549).place_of_feet(3_465_000.0, 561_000.0), None, "swapped metres");
        let numbered = zone(4528).place_of_feet(40_561_000.0 / 0.3048, 3_465_000.0 / 0.3048).unwrap();
        assert!((numbered.0 - 120.64).abs() < 0.05);
    }

    #[test]
    fn the_users_own_zone_is_computed() {
        assert!(crs_for(120.62, 31.3).contains("EPSG:4549") && crs_for(120.62, 31.3).contains("EPSG:32651"));
        assert!(crs_for(106.7, 26.6).contains("EPSG:4545"), "Guiyang lies nearer to 108° E");
        assert_eq!(crs_for(9.52, 47.14), "EPSG:32632 (UTM)");
        assert_eq!(crs_for(-71.1, 42.37), "EPSG:32619 (UTM)");
        assert_eq!(crs_for(-43.2, -22.9), "EPSG:32723 (UTM)");
        assert_eq!(crs_for(180.0, -17.0), "EPSG:32701 (UTM)");
    }
}
