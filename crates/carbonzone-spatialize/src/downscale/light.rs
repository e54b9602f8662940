//! County totals to pixels by night lights, with the mass forced (docs/method.md §13).

use super::DownscaleError;
use carbonzone_types::ExactSum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Radiance below this is background: nW cm⁻² sr⁻¹ (docs/method.md §13).
pub const BACKGROUND_NW: f64 = 0.3;

/// Night light as a weight: 0 below `threshold`, or if negative or not finite.
pub fn usable_light(radiance: f64, threshold: f64) -> f64 {
    if radiance.is_finite() && radiance >= threshold.max(0.0) { radiance } else { 0.0 }
}

/// How pixels lie in counties: CSR by county, with the shared area.
#[derive(Debug, Clone, Copy)]
pub struct PixelShares<'a> {
    /// Start of each county's entries; one longer than the number of counties.
    pub offsets: &'a [usize],
    /// Pixel index of each entry.
    pub pixels: &'a [u32],
    /// Area of the pixel inside the county, m².
    pub areas_m2: &'a [f64],
    /// Number of pixels.
    pub n_pixels: usize,
}

/// Weight that placed a county's total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeightUsed {
    /// Night light (or the first weight given).
    Light,
    /// Built-up area: the county has no light.
    BuiltUp,
    /// Plain area: the county has neither.
    Area,
    /// Nothing: the county has no pixel, its total is unplaced.
    Nothing,
}

/// County totals on pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Downscaled {
    /// Tonnes per pixel; sums to the placed totals.
    pub pixel_t: Vec<f64>,
    /// Weight used for each county.
    pub used: Vec<WeightUsed>,
    /// Total of the counties without any pixel.
    pub unplaced_t: f64,
}

/// Spreads every county's total over its pixels: `E_{p,c} = E_c w_p a_{p,c} / Σ_q w_q a_{q,c}`.
///
/// `w` is the light per pixel (already cleaned by [`usable_light`]); where a county's weights sum to 0, the
/// built-up share per pixel (0–1) is used, then plain area. Mass is kept county by county, whatever a
/// regression says (no leak). Results do not depend on the number of threads; a pixel of several counties
/// adds them in county order.
///
/// # Errors
/// [`DownscaleError::Length`] if sizes differ; [`DownscaleError::Value`] for a negative or not finite total.
pub fn downscale(
    totals_t: &[f64],
    shares: &PixelShares<'_>,
    light: &[f64],
    built_up: Option<&[f64]>,
) -> Result<Downscaled, DownscaleError> {
    check(totals_t, shares, light, built_up)?;
    let mut pixel_t = vec![0.0; shares.n_pixels];
    let mut used = Vec::with_capacity(totals_t.len());
    let mut unplaced = ExactSum::new();
    for (county, total) in totals_t.iter().enumerate() {
        let entries = shares.offsets[county]..shares.offsets[county + 1];
        let (pixels, areas) = (&shares.pixels[entries.clone()], &shares.areas_m2[entries]);
        let (which, weights) = county_weights(pixels, areas, light, built_up);
        let sum = ExactSum::of(&weights);
        if which == WeightUsed::Nothing {
            unplaced.add(*total);
        } else {
            for (pixel, w) in pixels.iter().zip(&weights) {
                pixel_t[*pixel as usize] += total * (w / sum);
            }
        }
        used.push(which);
    }
    Ok(Downscaled { pixel_t, used, unplaced_t: unplaced.value() })
}

/// First kind of weight with a positive sum in the county.
fn county_weights(
    pixels: &[u32],
    areas: &[f64],
    light: &[f64],
    built_up: Option<&[f64]>,
) -> (WeightUsed, Vec<f64>) {
    let by = |values: &[f64]| -> Vec<f64> {
        pixels.iter().zip(areas).map(|(p, a)| values[*p as usize].max(0.0) * a).collect()
    };
    let lit = by(light);
    if ExactSum::of(&lit) > 0.0 {
        return (WeightUsed::Light, lit);
    }
    let built = built_up.map(by).unwrap_or_default();
    if ExactSum::of(&built) > 0.0 {
        return (WeightUsed::BuiltUp, built);
    }
    if ExactSum::of(areas) > 0.0 {
        return (WeightUsed::Area, areas.to_vec());
    }
    (WeightUsed::Nothing, Vec::new())
}

fn check(
    totals_t: &[f64],
    shares: &PixelShares<'_>,
    light: &[f64],
    built_up: Option<&[f64]>,
) -> Result<(), DownscaleError> {
    DownscaleError::check_len("offsets", shares.offsets.len(), totals_t.len() + 1)?;
    DownscaleError::check_len("areas_m2", shares.areas_m2.len(), shares.pixels.len())?;
    DownscaleError::check_len("light", light.len(), shares.n_pixels)?;
    if let Some(built) = built_up {
        DownscaleError::check_len("built_up", built.len(), shares.n_pixels)?;
    }
    let ascending = shares.offsets.windows(2).all(|w| w[0] <= w[1]);
    if !ascending || shares.offsets.last() != Some(&shares.pixels.len()) {
        return Err(DownscaleError::parameter(
            "offsets",
            "not a CSR layout",
            "ascending, ending at pixels.len()",
        ));
    }
    if let Some(p) = shares.pixels.iter().find(|p| **p as usize >= shares.n_pixels) {
        return Err(DownscaleError::parameter("pixels", p, format!("below {}", shares.n_pixels)));
    }
    if let Some((i, t)) = totals_t.iter().enumerate().find(|(_, t)| !(t.is_finite() && **t >= 0.0)) {
        return Err(DownscaleError::Value {
            unit: i,
            field: "total_t",
            value: *t,
            hint: "county emissions are magnitudes; leave a year out instead of a negative total",
        });
    }
    Ok(())
}

/// Form of the relation between a county's light and its emissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LightModel {
    /// `E = k · TNL`, through the origin.
    #[default]
    Proportional,
    /// `E = a · TNL^b`, fitted on logarithms.
    Power,
}

/// Fit of county emissions on total night light.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LightFit {
    /// Form.
    pub model: LightModel,
    /// `k` or `a`: tonnes per unit of light (to the power `b`).
    pub factor: f64,
    /// `b`; 1 for the proportional form.
    pub exponent: f64,
    /// `1 − Σ(E − Ê)²/Σ(E − mean E)²`; `None` if all emissions are equal. May be negative.
    pub r2: Option<f64>,
    /// Mean absolute percentage error over counties with `E > 0`, percent.
    pub mape_pct: Option<f64>,
    /// Counties in use.
    pub n: usize,
}

impl LightFit {
    /// Estimated emissions of a county, t.
    pub fn estimate_t(&self, light: f64) -> f64 {
        if light > 0.0 { self.factor * light.powf(self.exponent) } else { 0.0 }
    }
}

/// Fits county emissions (t) on their total night light.
///
/// Pairs with a NULL, a negative or a not finite value are left out; the power form also needs both positive.
///
/// # Errors
/// [`DownscaleError::Length`] if the slices differ; [`DownscaleError::TooFew`] without any lit county (power form:
/// without two different ones).
///
/// # Examples
/// ```
/// use carbonzone_spatialize::downscale::light::{LightModel, fit_light};
/// let fit = fit_light(&[Some(2.0), Some(4.0)], &[Some(1.0), Some(2.0)], LightModel::Proportional)?;
/// assert_eq!((fit.factor, fit.r2, fit.mape_pct), (2.0, Some(1.0), Some(0.0)));
/// # Ok::<(), carbonzone_spatialize::DownscaleError>(())
/// ```
pub fn fit_light(
    emission_t: &[Option<f64>],
    light: &[Option<f64>],
    model: LightModel,
) -> Result<LightFit, DownscaleError> {
    DownscaleError::check_len("light", light.len(), emission_t.len())?;
    let usable = |v: &f64| v.is_finite() && *v >= 0.0;
    let both = |(e, l): (&Option<f64>, &Option<f64>)| e.filter(usable).zip(l.filter(usable));
    let mut pairs: Vec<(f64, f64)> = emission_t.iter().zip(light).filter_map(both).collect();
    if model == LightModel::Power {
        pairs.retain(|(e, l)| *e > 0.0 && *l > 0.0);
    }
    let fitted = match model {
        LightModel::Proportional => proportional(&pairs).map(|k| (k, 1.0)),
        LightModel::Power => power(&pairs),
    };
    let Some((factor, exponent)) = fitted else {
        let needed = if model == LightModel::Power { 2 } else { 1 };
        return Err(DownscaleError::TooFew { method: "night-light fit", found: pairs.len(), needed });
    };
    let mut fit = LightFit { model, factor, exponent, r2: None, mape_pct: None, n: pairs.len() };
    fit.r2 = r_squared(&pairs, &fit);
    fit.mape_pct = mape(&pairs, &fit);
    Ok(fit)
}

/// Least squares through the origin.
fn proportional(pairs: &[(f64, f64)]) -> Option<f64> {
    let xx: f64 = pairs.iter().map(|(_, x)| x * x).sum();
    let xy: f64 = pairs.iter().map(|(y, x)| x * y).sum();
    (xx > 0.0).then(|| xy / xx)
}

/// Least squares on logarithms: `(a, b)`.
fn power(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = pairs.len() as f64;
    let (my, mx) = pairs.iter().fold((0.0, 0.0), |(y, x), p| (y + p.0.ln() / n, x + p.1.ln() / n));
    let sxx: f64 = pairs.iter().map(|(_, x)| (x.ln() - mx).powi(2)).sum();
    let sxy: f64 = pairs.iter().map(|(y, x)| (x.ln() - mx) * (y.ln() - my)).sum();
    (sxx > 0.0).then(|| ((my - sxy / sxx * mx).exp(), sxy / sxx))
}

fn r_squared(pairs: &[(f64, f64)], fit: &LightFit) -> Option<f64> {
    let mean = pairs.iter().map(|p| p.0).sum::<f64>() / pairs.len() as f64;
    let around_mean: f64 = pairs.iter().map(|(e, _)| (e - mean).powi(2)).sum();
    let around_fit: f64 = pairs.iter().map(|(e, l)| (e - fit.estimate_t(*l)).powi(2)).sum();
    (around_mean > 0.0).then(|| 1.0 - around_fit / around_mean)
}

fn mape(pairs: &[(f64, f64)], fit: &LightFit) -> Option<f64> {
    let errors: Vec<f64> =
        pairs.iter().filter(|p| p.0 > 0.0).map(|(e, l)| ((e - fit.estimate_t(*l)) / e).abs()).collect();
    (!errors.is_empty()).then(|| 100.0 * errors.iter().sum::<f64>() / errors.len() as f64)
}

/// Splits a total over counties in proportion to their estimates (where only a provincial or prefecture
/// total exists); `None` if the estimates sum to 0.
pub fn split_total(total_t: f64, estimates_t: &[f64]) -> Option<Vec<f64>> {
    let sum = ExactSum::of(estimates_t);
    (sum > 0.0).then(|| estimates_t.iter().map(|e| total_t * (e / sum)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two counties on four pixels; pixel 1 belongs to both, half each; county 2 has no pixel.
    const OFFSETS: [usize; 4] = [0, 2, 5, 5];
    const PIXELS: [u32; 5] = [0, 1, 1, 2, 3];
    const AREAS: [f64; 5] = [1.0, 0.5, 0.5, 1.0, 1.0];

    fn shares() -> PixelShares<'static> {
        PixelShares { offsets: &OFFSETS, pixels: &PIXELS, areas_m2: &AREAS, n_pixels: 4 }
    }

    #[test]
    fn light_times_shared_area_divides_the_total_and_mass_is_kept() {
        let out = downscale(&[8.0, 6.0, 5.0], &shares(), &[3.0, 2.0, 0.0, 1.0], None).unwrap();
        // County 0: weights 3 and 1 of 4. County 1: 1, 0, 1 of 2.
        assert_eq!(out.pixel_t, [6.0, 2.0 + 3.0, 0.0, 3.0]);
        assert_eq!(out.used, [WeightUsed::Light, WeightUsed::Light, WeightUsed::Nothing]);
        assert_eq!(out.unplaced_t, 5.0);
    }

    #[test]
    fn a_dark_county_falls_back_to_built_up_and_then_to_area() {
        let dark = [0.0; 4];
        let built = [0.0, 0.0, 1.0, 3.0];
        let out = downscale(&[3.0, 8.0, 0.0], &shares(), &dark, Some(&built)).unwrap();
        assert_eq!(out.used[..2], [WeightUsed::Area, WeightUsed::BuiltUp]);
        assert_eq!(out.pixel_t, [2.0, 1.0, 2.0, 6.0]);
    }

    #[test]
    fn background_and_unknown_light_weigh_nothing() {
        assert_eq!(usable_light(0.29, BACKGROUND_NW), 0.0);
        assert_eq!(usable_light(0.3, BACKGROUND_NW), 0.3);
        assert_eq!(usable_light(f64::NAN, BACKGROUND_NW), 0.0);
        assert_eq!(usable_light(-5.0, -10.0), 0.0);
    }

    #[test]
    fn a_power_law_is_recovered() {
        let light: Vec<Option<f64>> = (1..20).map(|i| Some(f64::from(i))).collect();
        let e: Vec<Option<f64>> = light.iter().map(|l| l.map(|l| 3.0 * l.powf(0.7))).collect();
        let fit = fit_light(&e, &light, LightModel::Power).unwrap();
        // Rounding of logarithms.
        assert!((fit.factor - 3.0).abs() < 1e-12 && (fit.exponent - 0.7).abs() < 1e-12);
        assert!(fit.mape_pct.unwrap() < 1e-10);
    }

    #[test]
    fn the_fit_leaves_out_unknown_counties_and_refuses_darkness() {
        let fit = fit_light(
            &[Some(2.0), None, Some(5.0)],
            &[Some(1.0), Some(9.0), Some(2.0)],
            LightModel::Proportional,
        );
        assert_eq!(fit.map(|f| (f.factor, f.n)).unwrap(), (12.0 / 5.0, 2));
        assert!(fit_light(&[Some(2.0)], &[Some(0.0)], LightModel::Proportional).is_err());
    }

    #[test]
    fn a_provincial_total_is_split_by_estimates() {
        assert_eq!(split_total(10.0, &[1.0, 3.0]), Some(vec![2.5, 7.5]));
        assert_eq!(split_total(10.0, &[0.0]), None);
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        assert!(downscale(&[1.0], &shares(), &[0.0; 4], None).is_err());
        assert!(downscale(&[1.0, 1.0, 1.0], &shares(), &[0.0; 3], None).is_err());
        assert!(downscale(&[1.0, f64::NAN, 1.0], &shares(), &[0.0; 4], None).is_err());
    }
}
