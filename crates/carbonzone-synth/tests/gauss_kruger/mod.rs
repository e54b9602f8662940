//! A projection without PROJ, for the tests: Gauss-Krueger by its series.

use carbonzone_synth::{Projection, SynthError};

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
    /// CGCS2000 about a central meridian, with a false easting of 500,000 m: 120 is EPSG:4549, 105 EPSG:4507, 114 EPSG:4547.
    pub const fn new(central_meridian_deg: f64) -> Self {
        Self { central_meridian_deg, false_easting_m: 500_000.0 }
    }

    /// One point forward: degrees to metres.
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
