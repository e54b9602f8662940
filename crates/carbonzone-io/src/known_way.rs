//! Ways between CRS that need no search: PROJ looks through its database for every pair of datums, which takes 50 to 100 ms a
//! way, longer than all else that a small city asks for. From the zones of CGCS2000 to WGS 84 it finds that longitude and
//! latitude stay as they are. That way is written down here, step by step as PROJ takes it, so the bits are the same (tested).

use gdal::spatial_ref::CoordTransformOptions;

/// One end of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// EPSG:4326, latitude first.
    Degrees,
    /// A Gauss-Krüger zone of CGCS2000, northing first: degrees of its meridian and metres of its false easting.
    Zone { meridian: u32, easting: u32 },
    /// [`equal_area`].
    EqualArea { lat: f64, lon: f64 },
}

/// The text of an equal-area projection before the latitude of its centre.
const BEFORE_LAT: &str = "PROJCS[\"equal area\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",\
    SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],\
    PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],\
    AUTHORITY[\"EPSG\",\"4326\"]],PROJECTION[\"Lambert_Azimuthal_Equal_Area\"],PARAMETER[\"latitude_of_center\",";
/// Between latitude and longitude.
const BEFORE_LON: &str = "],PARAMETER[\"longitude_of_center\",";
/// After both.
const AFTER: &str = "],PARAMETER[\"false_easting\",0],PARAMETER[\"false_northing\",0],\
    UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH]]";

/// Lambert's azimuthal equal-area projection around a place, with the code of its degrees: PROJ finds the way from a known datum
/// to known degrees in half the time it takes to those of a `+proj` text, and it is the same way.
pub(crate) fn equal_area(lat: f64, lon: f64) -> String {
    format!("{BEFORE_LAT}{lat:.6}{BEFORE_LON}{lon:.6}{AFTER}")
}

impl End {
    fn of(definition: &str) -> Option<Self> {
        if let Some(centre) = definition.strip_prefix(BEFORE_LAT) {
            let (lat, lon) = centre.strip_suffix(AFTER)?.split_once(BEFORE_LON)?;
            return Some(Self::EqualArea { lat: lat.parse().ok()?, lon: lon.parse().ok()? });
        }
        let code: u32 = definition.strip_prefix("EPSG:")?.parse().ok()?;
        // Eleven zones of 6 degrees and 21 of 3, each with its number in front of the easting and without.
        let (meridian, number) = match code {
            4326 => return Some(Self::Degrees),
            4491..=4501 => (75 + 6 * (code - 4491), 13 + code - 4491),
            4502..=4512 => (75 + 6 * (code - 4502), 0),
            4513..=4533 => (75 + 3 * (code - 4513), 25 + code - 4513),
            4534..=4554 => (75 + 3 * (code - 4534), 0),
            _ => return None,
        };
        Some(Self::Zone { meridian, easting: number * 1_000_000 + 500_000 })
    }

    fn datum(self) -> &'static str {
        if matches!(self, Self::Zone { .. }) { "CGCS2000" } else { "WGS 84" }
    }

    /// Steps from this end to longitude and latitude in radians.
    fn steps_down(self) -> String {
        match self {
            Self::Degrees => {
                "+step +proj=axisswap +order=2,1 +step +proj=unitconvert +xy_in=deg +xy_out=rad".to_owned()
            }
            Self::Zone { .. } => format!("+step +proj=axisswap +order=2,1 +step +inv {}", self.projection()),
            Self::EqualArea { .. } => format!("+step +inv {}", self.projection()),
        }
    }

    /// Steps from longitude and latitude in radians to this end.
    fn steps_up(self) -> String {
        match self {
            Self::Degrees => {
                "+step +proj=unitconvert +xy_in=rad +xy_out=deg +step +proj=axisswap +order=2,1".to_owned()
            }
            Self::Zone { .. } => format!("+step {} +step +proj=axisswap +order=2,1", self.projection()),
            Self::EqualArea { .. } => format!("+step {}", self.projection()),
        }
    }

    fn projection(self) -> String {
        match self {
            Self::Degrees => String::new(),
            Self::Zone { meridian, easting } => {
                format!("+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0={easting} +y_0=0 +ellps=GRS80")
            }
            Self::EqualArea { lat, lon } => {
                format!("+proj=laea +lat_0={lat} +lon_0={lon} +x_0=0 +y_0=0 +ellps=WGS84")
            }
        }
    }
}

/// The operation between two definitions, if it is one of those that are known. PROJ needs no search where both have one datum.
fn operation(from: &str, to: &str) -> Option<String> {
    let (from, to) = (End::of(from)?, End::of(to)?);
    (from.datum() != to.datum()).then(|| format!("+proj=pipeline {} {}", from.steps_down(), to.steps_up()))
}

/// True if the way between two definitions needs no search.
pub(crate) fn is_known(from: &str, to: &str) -> bool {
    operation(from, to).is_some()
}

/// What tells GDAL the way between two definitions. `None`: PROJ has to search it.
pub(crate) fn options(from: &str, to: &str) -> Option<CoordTransformOptions> {
    let operation = operation(from, to)?;
    let mut options = CoordTransformOptions::new().ok()?;
    options.set_coordinate_operation(&operation, false).ok()?;
    Some(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::{WGS84, definition_to_spatial_ref};
    use crate::gdal_log::capture;
    use gdal::spatial_ref::CoordTransform;

    /// Bits of places of the whole Earth by PROJ's own way and by that of here.
    fn both(from: &str, to: &str, at: &[[f64; 2]]) -> [Vec<[u64; 2]>; 2] {
        let (source, target) =
            (definition_to_spatial_ref(from).unwrap(), definition_to_spatial_ref(to).unwrap());
        let known = options(from, to).unwrap();
        let ways = [
            CoordTransform::new(&source, &target),
            CoordTransform::new_with_options(&source, &target, &known),
        ];
        ways.map(|way| {
            let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = at.iter().map(|[x, y]| (*x, *y)).unzip();
            let way = way.unwrap();
            drop(capture(|| way.transform_coords(&mut xs, &mut ys, &mut [])));
            xs.iter().zip(&ys).map(|(x, y)| [x.to_bits(), y.to_bits()]).collect()
        })
    }

    #[test]
    fn known_ways_are_those_of_proj_to_the_bit() {
        let places: Vec<[f64; 2]> =
            (0..900).map(|k| [70.0 + 2.17 * f64::from(k % 30), 5.0 + 1.83 * f64::from(k / 30)]).collect();
        let metres: Vec<[f64; 2]> = (0..900)
            .map(|k| [-300_000.7 + 61_234.5 * f64::from(k % 30), 500_000.3 + 181_234.5 * f64::from(k / 30)])
            .collect();
        for code in [4491, 4498, 4501, 4502, 4509, 4512, 4513, 4528, 4533, 4534, 4548, 4549, 4554] {
            let zone = format!("EPSG:{code}");
            let Some(End::Zone { easting, .. }) = End::of(&zone) else { panic!("{zone}") };
            let at: Vec<[f64; 2]> =
                metres.iter().map(|[x, y]| [x + f64::from(easting - 500_000), *y]).collect();
            let [searched, known] = both(&zone, WGS84, &at);
            assert!(searched == known, "{zone} to degrees");
            let [searched, known] = both(WGS84, &zone, &places);
            assert!(searched == known, "degrees to {zone}");
            let [searched, known] = both(&zone, &equal_area(31.298_765, 120.612_345), &at);
            assert!(searched == known, "{zone} to equal areas");
        }
    }

    #[test]
    fn where_nothing_is_known_proj_searches() {
        for (from, to) in [
            ("EPSG:4549", "EPSG:4548"),
            ("EPSG:4326", "EPSG:4490"),
            ("EPSG:2385", "EPSG:4326"),
            ("+proj=longlat +datum=WGS84", "EPSG:4549"),
            ("EPSG:4555", "EPSG:4326"),
        ] {
            assert_eq!(operation(from, to), None, "{from} {to}");
        }
    }
}
