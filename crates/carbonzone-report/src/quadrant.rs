//! Two indices on logarithmic axes, cut at their thresholds, and where the draws of every zone lie.

use crate::MapData;
use crate::confidence::suffix_of;
use crate::style::headline_field;
use carbonzone_types::{Ellipse, IndicatorRecord, UncertainUnit};
use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// One axis in logarithmic space.
pub(crate) struct Axis {
    pub low: f64,
    pub high: f64,
}

impl Axis {
    pub fn over(values: &[f64], threshold: f64) -> Self {
        let (mut low, mut high) = (threshold / 2.0, threshold * 2.0);
        for v in values {
            low = low.min(*v);
            high = high.max(*v);
        }
        Self { low: low / 1.3, high: high * 1.3 }
    }

    pub fn at(&self, v: f64) -> f64 {
        (v / self.low).ln() / (self.high / self.low).ln()
    }

    /// 1, 2, 5 × 10ⁿ inside the axis; only 10ⁿ if that would be too many.
    pub fn ticks(&self) -> Vec<f64> {
        let (from, to) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let steps: &[f64] = if to - from > 3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let all = (from..=to).flat_map(|e| steps.iter().map(move |s| s * 10f64.powi(e)));
        all.filter(|t| *t >= self.low && *t <= self.high).collect()
    }
}

/// The first two indices with one positive threshold: economic and ecological in the Suzhou scheme.
pub(crate) fn index_pair(data: &MapData) -> Option<(&IndicatorRecord, &IndicatorRecord)> {
    let mut cut = data.manifest.indicators.iter().filter(|i| {
        i.thresholds.first().is_some_and(|t| *t > 0.0) && data.zones.table.numbers(&i.key).is_some()
    });
    Some((cut.next()?, cut.next()?))
}

/// Corners of the outline of an ellipse.
const CORNERS: usize = 48;

/// Outline of the ellipse of every zone in the plane of the two indices, if the run has one.
pub(crate) fn outlines(data: &MapData) -> Vec<Option<Vec<[f64; 2]>>> {
    let n = data.zones.table.rows();
    let Some(record) = &data.manifest.confidence else { return vec![None; n] };
    let ids = data.zones.table.texts("unit_id").unwrap_or_else(|| vec![None; n]);
    let year = data.year().filter(|_| suffix_of(headline_field(&data.zones)).is_empty());
    let of_year = |u: &&UncertainUnit| u.year.is_none() || u.year == year;
    let by_id: BTreeMap<&str, &Ellipse> = record
        .units
        .iter()
        .filter(of_year)
        .filter_map(|u| Some((u.unit_id.as_str(), u.ellipse.as_ref()?)))
        .collect();
    ids.iter().map(|id| by_id.get(id.as_deref()?).map(|e| outline(e))).collect()
}

fn outline(e: &Ellipse) -> Vec<[f64; 2]> {
    let (sin, cos) = e.angle_rad.sin_cos();
    (0..CORNERS)
        .map(|k| {
            let (v, u) = (TAU * k as f64 / CORNERS as f64).sin_cos();
            let (a, b) = (e.half_axes[0] * u, e.half_axes[1] * v);
            [(e.centre[0] + a * cos - b * sin).exp(), (e.centre[1] + a * sin + b * cos).exp()]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_lies_around_its_centre_in_logarithms() {
        let e = Ellipse { centre: [0.0, 1.0], half_axes: [0.5, 0.25], angle_rad: TAU / 4.0 };
        let points = outline(&e);
        // The longer axis points along the second index.
        let top = points.iter().map(|p| p[1]).fold(0.0, f64::max);
        let right = points.iter().map(|p| p[0]).fold(0.0, f64::max);
        assert!((top.ln() - 1.5).abs() < 1e-12 && (right.ln() - 0.25).abs() < 1e-12, "{top} {right}");
    }
}
