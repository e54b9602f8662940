//! Gaode (GCJ-02) and Baidu (BD-09) coordinates to WGS 84 and back.
//!
//! The offsets are unofficial and a few metres uncertain; the inverse of the polynomials is iterated to 1e-12 degrees, so a
//! round trip adds nothing. WGS 84 and CGCS2000 are treated as equal (centimetres). Degrees, longitude first.
//!
//! ```
//! let (lon, lat) = carbonzone_geom::gcj02::wgs84_to_gcj02(120.585, 31.299);
//! assert!((lon - 120.589_177_709).abs() < 1e-9 && (lat - 31.296_815_509).abs() < 1e-9);
//! ```

use std::f64::consts::PI;

/// Semi-major axis of the Krasovsky 1940 ellipsoid, m (as used by the published GCJ-02 formulas).
const SEMI_MAJOR_M: f64 = 6_378_245.0;
/// First eccentricity squared, as used by the published GCJ-02 formulas.
const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;
/// Outside of this box the offset is zero: west, south, east, north in degrees.
const CHINA: [f64; 4] = [72.004, 0.8293, 137.8347, 55.8271];
/// The angle factor of BD-09: 3000/180 π.
const BAIDU: f64 = PI * 3000.0 / 180.0;
/// Added by BD-09 to the shifted coordinates, degrees.
const BAIDU_SHIFT: (f64, f64) = (0.0065, 0.006);
/// Step below which an inverse has converged, degrees (0.1 µm).
const CONVERGED: f64 = 1e-12;

fn in_china(lon: f64, lat: f64) -> bool {
    let [west, south, east, north] = CHINA;
    (west..=east).contains(&lon) && (south..=north).contains(&lat)
}

/// Sine and cosine of an angle.
#[derive(Debug, Clone, Copy)]
struct Turn {
    sin: f64,
    cos: f64,
}

impl Turn {
    /// The sum of both angles.
    fn and(self, other: Self) -> Self {
        Self {
            sin: self.sin * other.cos + self.cos * other.sin,
            cos: self.cos * other.cos - self.sin * other.sin,
        }
    }
}

/// The angles π u times [`FREQUENCIES`]. All are multiples of π u / 60, so that one sine and one cosine are enough.
fn turns(u: f64) -> [Turn; 6] {
    let (sin, cos) = (u * PI / 60.0).sin_cos();
    let of_60 = Turn { sin, cos };
    let of_30 = of_60.and(of_60);
    let of_12 = of_30.and(of_30).and(of_60);
    let of_6 = of_12.and(of_12);
    let of_3 = of_6.and(of_6);
    let of_1 = of_3.and(of_3).and(of_3);
    let twice = of_1.and(of_1);
    [of_30, of_12, of_3, of_1, twice, twice.and(twice).and(twice)]
}

const FREQUENCIES: [f64; 6] = [1.0 / 30.0, 1.0 / 12.0, 1.0 / 3.0, 1.0, 2.0, 6.0];

/// Sum of waves of these amplitudes, one for each of the frequencies, and its slope.
fn waves(turns: &[Turn; 6], amplitudes: [f64; 6]) -> (f64, f64) {
    let (mut sum, mut slope) = (0.0, 0.0);
    for k in 0..6 {
        sum += amplitudes[k] * 2.0 / 3.0 * turns[k].sin;
        slope += amplitudes[k] * 2.0 / 3.0 * turns[k].cos * FREQUENCIES[k] * PI;
    }
    (sum, slope)
}

/// Below this distance from 105° E, in degrees, the slope of the root is left out: it has none there.
const AT_THE_ROOT: f64 = 1e-6;

/// A value and its slopes towards the east and the north, per degree.
#[derive(Debug, Clone, Copy)]
struct Sloped {
    value: f64,
    by_lon: f64,
    by_lat: f64,
}

/// Offset in m towards the east and north before scaling, for (lon − 105, lat − 35).
fn offset_m(x: f64, y: f64) -> (Sloped, Sloped) {
    let (of_x, of_y) = (turns(x), turns(y));
    let root = x.abs().sqrt();
    let root_slope = if x.abs() > AT_THE_ROOT { 0.5 * x.signum() / root } else { 0.0 };
    let (by_lon, lon_slope) = waves(&of_x, [0.0, 0.0, 0.0, 0.0, 20.0, 20.0]);
    let (by_lat, lat_slope) = waves(&of_y, [320.0, 160.0, 40.0, 20.0, 0.0, 0.0]);
    let (all_by_lon, all_lon_slope) = waves(&of_x, [300.0, 150.0, 40.0, 20.0, 20.0, 20.0]);
    let north = Sloped {
        value: -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + by_lon + by_lat,
        by_lon: 2.0 + 0.1 * y + 0.2 * root_slope + lon_slope,
        by_lat: 3.0 + 0.4 * y + 0.1 * x + lat_slope,
    };
    let east = Sloped {
        value: 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + all_by_lon,
        by_lon: 1.0 + 0.2 * x + 0.1 * y + 0.1 * root_slope + all_lon_slope,
        by_lat: 2.0 + 0.1 * x,
    };
    (east, north)
}

/// Offset in degrees: of the longitude and of the latitude.
fn offset(lon: f64, lat: f64) -> (Sloped, Sloped) {
    let (east, north) = offset_m(lon - 105.0, lat - 35.0);
    let (sin, cos) = lat.to_radians().sin_cos();
    let m = 1.0 - ECCENTRICITY_2 * sin * sin;
    // Degrees per m, and their slopes relative to themselves.
    let of_lon = 180.0 / (SEMI_MAJOR_M / m.sqrt() * cos * PI);
    let of_lat = 180.0 / (SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / (m * m.sqrt()) * PI);
    let m_slope = (-2.0 * ECCENTRICITY_2 * sin * cos / m).to_radians();
    let scaled = |by: f64, slope: f64, of: Sloped| Sloped {
        value: by * of.value,
        by_lon: by * of.by_lon,
        by_lat: by * (of.by_lat + of.value * slope),
    };
    let lon_slope = 0.5 * m_slope + (sin / cos).to_radians();
    (scaled(of_lon, lon_slope, east), scaled(of_lat, 1.5 * m_slope, north))
}

/// WGS 84 to GCJ-02, degrees. The identity outside of longitude 72.004–137.8347, latitude 0.8293–55.8271.
pub fn wgs84_to_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    if !in_china(lon, lat) {
        return (lon, lat);
    }
    let (d_lon, d_lat) = offset(lon, lat);
    (lon + d_lon.value, lat + d_lat.value)
}

/// GCJ-02 to WGS 84, degrees: Newton's iteration to 1e-12 degrees.
pub fn gcj02_to_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    if !in_china(lon, lat) {
        return (lon, lat);
    }
    let mut p = (lon, lat);
    for _ in 0..20 {
        let (d_lon, d_lat) = offset(p.0, p.1);
        let (a, b) = (1.0 + d_lon.by_lon, d_lon.by_lat);
        let (c, d) = (d_lat.by_lon, 1.0 + d_lat.by_lat);
        let (u, v) = (lon - p.0 - d_lon.value, lat - p.1 - d_lat.value);
        let step = ((u * d - v * b) / (a * d - b * c), (v * a - u * c) / (a * d - b * c));
        p = (p.0 + step.0, p.1 + step.1);
        // What is left after a step is at most its square times half the curvature, per degree: that of the waves and of the root.
        let (longest, x) = (step.0.abs().max(step.1.abs()), (p.0 - 105.0).abs());
        let curvature = 0.05 + 1e-6 / (x * x.sqrt());
        if longest < CONVERGED || x > AT_THE_ROOT && longest * longest * curvature < CONVERGED {
            break;
        }
    }
    p
}

/// GCJ-02 to BD-09, degrees.
pub fn gcj02_to_bd09(lon: f64, lat: f64) -> (f64, f64) {
    let z = lon.hypot(lat) + 0.000_02 * (lat * BAIDU).sin();
    let theta = lat.atan2(lon) + 0.000_003 * (lon * BAIDU).cos();
    (z * theta.cos() + BAIDU_SHIFT.0, z * theta.sin() + BAIDU_SHIFT.1)
}

/// BD-09 to GCJ-02, degrees: fixed-point iteration to 1e-12 degrees.
pub fn bd09_to_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    invert(gcj02_to_bd09, lon, lat)
}

/// BD-09 to WGS 84, degrees.
pub fn bd09_to_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    let (lon, lat) = bd09_to_gcj02(lon, lat);
    gcj02_to_wgs84(lon, lat)
}

/// Solves `forward(p) = (lon, lat)` for a map close to the identity.
fn invert(forward: fn(f64, f64) -> (f64, f64), lon: f64, lat: f64) -> (f64, f64) {
    let mut p = (lon, lat);
    for _ in 0..20 {
        let q = forward(p.0, p.1);
        let step = (lon - q.0, lat - q.1);
        p = (p.0 + step.0, p.1 + step.1);
        if step.0.abs().max(step.1.abs()) < CONVERGED {
            break;
        }
    }
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of the public transformation formulas, one per city.
    const VECTORS: [[f64; 4]; 3] = [
        [120.585, 31.299, 120.589_177_709, 31.296_815_509],
        [106.713, 26.578, 106.716_771_034, 26.574_477_226],
        [113.625, 34.747, 113.631_046_372, 34.745_817_412],
    ];

    #[test]
    fn published_vectors_hold_to_nine_decimals_and_invert() {
        for [lon, lat, g_lon, g_lat] in VECTORS {
            let g = wgs84_to_gcj02(lon, lat);
            assert!((g.0 - g_lon).abs() < 1e-9 && (g.1 - g_lat).abs() < 1e-9, "{g:?}");
            let w = gcj02_to_wgs84(g.0, g.1);
            assert!((w.0 - lon).abs() < 1e-11 && (w.1 - lat).abs() < 1e-11, "{w:?}");
        }
    }

    #[test]
    fn forward_formulas_agree_with_an_independent_crate() {
        let mut compared = 0;
        for i in 0..400 {
            let (lon, lat) = (74.0 + f64::from(i * 37 % 620) / 10.0, 18.0 + f64::from(i * 53 % 350) / 10.0);
            // The crate moves points within an outline of China only, this module within the box.
            let margin = [(0.0, 0.0), (0.1, 0.0), (-0.1, 0.0), (0.0, 0.1), (0.0, -0.1)];
            if margin.iter().any(|d| coordtransform::is_out_of_china(lon + d.0, lat + d.1)) {
                continue;
            }
            compared += 1;
            let (a, b) = (wgs84_to_gcj02(lon, lat), coordtransform::wgs84_to_gcj02(lon, lat));
            assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9, "{lon} {lat}: {a:?} {b:?}");
            let (a, b) = (gcj02_to_bd09(lon, lat), coordtransform::gcj02_to_bd09(lon, lat));
            assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9, "{lon} {lat}: {a:?} {b:?}");
            // The crate's inverses are one step: metres.
            let (a, b) = (gcj02_to_wgs84(lon, lat), coordtransform::gcj02_to_wgs84(lon, lat));
            assert!((a.0 - b.0).abs() < 1e-4 && (a.1 - b.1).abs() < 1e-4, "{lon} {lat}: {a:?} {b:?}");
        }
        assert!(compared > 100, "{compared}");
    }

    #[test]
    fn round_trips_close_everywhere_in_the_box() {
        for i in 0..2000 {
            let (lon, lat) = (73.0 + f64::from(i * 7 % 6400) / 100.0, 3.0 + f64::from(i * 13 % 5200) / 100.0);
            let g = wgs84_to_gcj02(lon, lat);
            let w = gcj02_to_wgs84(g.0, g.1);
            assert!((w.0 - lon).abs() < 3e-12 && (w.1 - lat).abs() < 3e-12, "{lon} {lat} {w:?}");
            let b = gcj02_to_bd09(g.0, g.1);
            let w = bd09_to_wgs84(b.0, b.1);
            assert!((w.0 - lon).abs() < 1e-11 && (w.1 - lat).abs() < 1e-11, "{lon} {lat} {w:?}");
        }
    }

    #[test]
    fn outside_of_china_nothing_moves_and_nan_stays_nan() {
        assert_eq!(wgs84_to_gcj02(2.35, 48.86), (2.35, 48.86));
        assert_eq!(gcj02_to_wgs84(2.35, 48.86), (2.35, 48.86));
        assert!(gcj02_to_wgs84(f64::NAN, 30.0).0.is_nan());
    }
}
