//! Longitude and latitude to plane metres and back: the caller may bring its own library, or use the Gauss-Krueger series here.

use crate::error::SynthError;

/// Turns geographic degrees (WGS 84 = CGCS2000 within centimetres) into the working plane and back, many points at once.
pub trait Projection {
    /// `[lon, lat]` in degrees becomes `[x, y]` in metres (x east, y north), in place.
    ///
    /// # Errors
    /// [`SynthError::Projection`] when the library behind it fails.
    fn to_xy(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError>;

    /// `[x, y]` in metres becomes `[lon, lat]` in degrees, in place.
    ///
    /// # Errors
    /// [`SynthError::Projection`] when the library behind it fails.
    fn to_lonlat(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError>;
}

/// Another projection, with all places moved north in its plane: the same city at another place.
#[derive(Debug, Clone, Copy)]
pub struct MovedNorth<P> {
    inner: P,
    north_m: f64,
}

impl<P> MovedNorth<P> {
    /// Moved by so many metres; negative: south.
    pub const fn new(inner: P, north_m: f64) -> Self {
        Self { inner, north_m }
    }
}

impl<P: Projection> Projection for MovedNorth<P> {
    /// Where the place lies after it was moved.
    fn to_xy(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError> {
        self.inner.to_xy(points)?;
        for point in points.iter_mut() {
            point[1] += self.north_m;
        }
        Ok(())
    }

    /// Degrees of a moved place: those that maps show there.
    fn to_lonlat(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError> {
        self.inner.to_lonlat(points)
    }
}

/// Transverse Mercator on the GRS 80 ellipsoid with scale 1 (Gauss-Krueger), by Krueger's series in the third flattening.
///
/// Terms up to n^4: the error is below a micrometre within 3 degrees of the central meridian.
/// Formulas: Karney (2011), "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85, eqs. 7-35.
#[derive(Debug, Clone, Copy)]
pub struct GaussKruger {
    central_meridian_deg: f64,
    false_easting_m: f64,
}

const A: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_222_101;

impl GaussKruger {
    /// CGCS2000 / 3-degree Gauss-Krueger CM 120E (EPSG:4549): false easting 500,000 m, no zone number.
    #[must_use]
    pub const fn epsg4549() -> Self {
        Self { central_meridian_deg: 120.0, false_easting_m: 500_000.0 }
    }

    /// CGCS2000 / Gauss-Krueger CM 105E (EPSG:4507): false easting 500,000 m.
    #[must_use]
    pub const fn epsg4507() -> Self {
        Self { central_meridian_deg: 105.0, false_easting_m: 500_000.0 }
    }

    /// CGCS2000 / 3-degree Gauss-Krueger CM 114E (EPSG:4547): false easting 500,000 m, no zone number.
    #[must_use]
    pub const fn epsg4547() -> Self {
        Self { central_meridian_deg: 114.0, false_easting_m: 500_000.0 }
    }

    /// One point forward: degrees to metres.
    #[must_use]
    pub fn forward(&self, lon: f64, lat: f64) -> [f64; 2] {
        let (n, e) = (third_flattening(), eccentricity());
        let dlon = (lon - self.central_meridian_deg).to_radians();
        let s = lat.to_radians().sin();
        let t = (s.atanh() - e * (e * s).atanh()).sinh();
        let xi = t.atan2(dlon.cos());
        let eta = (dlon.sin() / t.hypot(dlon.cos())).asinh();
        let (mut x, mut y) = (eta, xi);
        for (j, a) in alpha(n).iter().enumerate() {
            let k = 2.0 * (j + 1) as f64;
            y += a * (k * xi).sin() * (k * eta).cosh();
            x += a * (k * xi).cos() * (k * eta).sinh();
        }
        let r = rectifying_radius(n);
        [self.false_easting_m + r * x, r * y]
    }

    /// One point back: metres to degrees.
    #[must_use]
    pub fn inverse(&self, x: f64, y: f64) -> [f64; 2] {
        let (n, e) = (third_flattening(), eccentricity());
        let r = rectifying_radius(n);
        let (xi, eta) = (y / r, (x - self.false_easting_m) / r);
        let (mut xi_p, mut eta_p) = (xi, eta);
        for (j, b) in beta(n).iter().enumerate() {
            let k = 2.0 * (j + 1) as f64;
            xi_p -= b * (k * xi).sin() * (k * eta).cosh();
            eta_p -= b * (k * xi).cos() * (k * eta).sinh();
        }
        let t = xi_p.sin() / eta_p.sinh().hypot(xi_p.cos());
        let lon = eta_p.sinh().atan2(xi_p.cos());
        // Conformal to geographic latitude: Newton steps on sinh(psi), quadratic, four are more than enough.
        let target = t;
        let mut tau = t;
        for _ in 0..4 {
            let s = tau / tau.hypot(1.0);
            let sigma = (e * (e * s).atanh()).sinh();
            let t_i = tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0);
            let step = (target - t_i) / t_i.hypot(1.0) * (1.0 + (1.0 - e * e) * tau * tau)
                / ((1.0 - e * e) * tau.hypot(1.0));
            tau += step;
        }
        [self.central_meridian_deg + lon.to_degrees(), tau.atan().to_degrees()]
    }
}

impl Projection for GaussKruger {
    fn to_xy(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError> {
        for p in points {
            *p = self.forward(p[0], p[1]);
        }
        Ok(())
    }

    fn to_lonlat(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError> {
        for p in points {
            *p = self.inverse(p[0], p[1]);
        }
        Ok(())
    }
}

fn third_flattening() -> f64 {
    F / (2.0 - F)
}

fn eccentricity() -> f64 {
    (F * (2.0 - F)).sqrt()
}

fn rectifying_radius(n: f64) -> f64 {
    let n2 = n * n;
    A / (1.0 + n) * (1.0 + n2 / 4.0 + n2 * n2 / 64.0)
}

fn alpha(n: f64) -> [f64; 4] {
    let (n2, n3, n4) = (n * n, n.powi(3), n.powi(4));
    [
        n / 2.0 - 2.0 / 3.0 * n2 + 5.0 / 16.0 * n3 + 41.0 / 180.0 * n4,
        13.0 / 48.0 * n2 - 3.0 / 5.0 * n3 + 557.0 / 1440.0 * n4,
        61.0 / 240.0 * n3 - 103.0 / 140.0 * n4,
        49_561.0 / 161_280.0 * n4,
    ]
}

fn beta(n: f64) -> [f64; 4] {
    let (n2, n3, n4) = (n * n, n.powi(3), n.powi(4));
    [
        n / 2.0 - 2.0 / 3.0 * n2 + 37.0 / 96.0 * n3 - n4 / 360.0,
        n2 / 48.0 + n3 / 15.0 - 437.0 / 1440.0 * n4,
        17.0 / 480.0 * n3 - 37.0 / 840.0 * n4,
        4397.0 / 161_280.0 * n4,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: pyproj 3.7.2 (PROJ 9.5.1), EPSG:4490 to EPSG:4549 and EPSG:4507, traditional axis order.
    const CASES: [(bool, f64, f64, f64, f64); 3] = [
        (true, 120.62, 31.31, 559_020.760_449_2, 3_465_510.636_020_6),
        (true, 119.95, 30.8, 495_214.849_534_8, 3_408_801.842_966_2),
        (false, 106.713, 26.578, 670_669.039_517_1, 2_942_014.314_808_9),
    ];

    #[test]
    fn forward_agrees_with_pyproj_to_a_micrometre() {
        for (suzhou, lon, lat, x, y) in CASES {
            let gk = if suzhou { GaussKruger::epsg4549() } else { GaussKruger::epsg4507() };
            let p = gk.forward(lon, lat);
            assert!(
                (p[0] - x).abs() < 2e-6 && (p[1] - y).abs() < 2e-6,
                "{lon} {lat}: {p:?} expected {x} {y}"
            );
        }
    }

    #[test]
    fn a_moved_place_has_the_degrees_of_where_it_lies() {
        let gk = GaussKruger::epsg4549();
        let mut at = [[120.62, 31.31]];
        MovedNorth::new(gk, 160_000.0).to_xy(&mut at).unwrap();
        let there = gk.forward(120.62, 31.31);
        assert_eq!(at, [[there[0], there[1] + 160_000.0]]);
        MovedNorth::new(gk, 160_000.0).to_lonlat(&mut at).unwrap();
        // 160 km of meridian at this latitude are 1.443 degrees.
        assert!((at[0][1] - 32.753).abs() < 1e-3, "{at:?}");
    }

    #[test]
    fn inverse_undoes_forward() {
        let gk = GaussKruger::epsg4549();
        for lon in [118.6, 119.9, 120.0, 120.62, 121.4] {
            for lat in [30.7, 31.3, 32.1] {
                let p = gk.forward(lon, lat);
                let q = gk.inverse(p[0], p[1]);
                // 1e-12 degrees is a tenth of a micrometre.
                assert!((q[0] - lon).abs() < 1e-12 && (q[1] - lat).abs() < 1e-12, "{lon} {lat} -> {q:?}");
            }
        }
    }
}
