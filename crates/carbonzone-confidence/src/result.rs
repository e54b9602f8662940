//! What a simulation says about every unit and the city.

use crate::Group;
use crate::sobol::GroupShares;
use carbonzone_types::Ellipse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Quantiles of a quantity over the draws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// 5 % of the draws lie below.
    pub p05: f64,
    /// Median.
    pub p50: f64,
    /// 95 % of the draws lie below.
    pub p95: f64,
}

impl Quantiles {
    /// Of sorted values, between neighbours in proportion; `None` if there are none.
    pub(crate) fn of_sorted(values: &[f64]) -> Option<Self> {
        let at = |p| quantile_of_sorted(values, p);
        Some(Self { p05: at(0.05)?, p50: at(0.5)?, p95: at(0.95)? })
    }
}

/// The value of ascending `values` below which a share `p` (0–1) lies, between neighbours in proportion; `None` without values.
pub fn quantile_of_sorted(values: &[f64], p: f64) -> Option<f64> {
    let place = p * (values.len().checked_sub(1)?) as f64;
    let low = place.floor() as usize;
    let next = values.get(low + 1).copied().unwrap_or(values[low]);
    Some(values[low] + (place - low as f64) * (next - values[low]))
}

/// How safe a class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Safety {
    /// Probability of the class at least 95 %.
    Safe,
    /// At least 75 %.
    Likely,
    /// Less, and the draws do not tell another class as likelier.
    TossUp,
    /// More draws gave another class than the one printed, by more than their sampling error.
    OtherLikelier,
}

impl Safety {
    /// Of the probability of the class printed, and whether it is the most probable one.
    pub fn of(probability: f64, most_probable: bool) -> Self {
        match probability {
            _ if !most_probable => Self::OtherLikelier,
            p if p >= 0.95 => Self::Safe,
            p if p >= 0.75 => Self::Likely,
            _ => Self::TossUp,
        }
    }

    /// Key in tables.
    pub fn key(self) -> &'static str {
        ["safe", "likely", "toss_up", "other_likelier"][self as usize]
    }
}

/// What moves one output of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputDrivers {
    /// Name of the output: a column of the judge, or `class`.
    pub output: String,
    /// Shares in its variance in the order of [`Group::ALL`]; `None` if it does not vary.
    pub shares: Option<GroupShares>,
}

/// One unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitConfidence {
    /// Quantiles of each column of the judge; `None` where it is NULL in every draw.
    pub columns: Vec<Option<Quantiles>>,
    /// Class of the run.
    pub printed: u8,
    /// Class of the most draws, the lower code between equals; the printed one where the sampling error of the draws does not tell
    /// the two apart (difference of the two shares within 1.96 standard errors).
    pub modal: u8,
    /// Probability of each class that occurs, by code.
    pub probabilities: Vec<(u8, f64)>,
    /// Probability of the class printed.
    pub confidence: f64,
    /// Monte Carlo error of that probability: `√(p(1 − p)/N)`.
    pub error: f64,
    /// What moves the columns that drive the class, and the class itself; empty without drivers.
    pub drivers: Vec<OutputDrivers>,
    /// Largest total share in the class, or, where the class never changes, in nothing: `None`.
    pub driver: Option<Group>,
    /// Where 90 % of the draws of the first two driving columns lie; `None` if one of them is not positive in some draw, or
    /// there is only one.
    pub ellipse: Option<Ellipse>,
}

impl UnitConfidence {
    /// Probability of a class.
    pub fn probability(&self, class: u8) -> f64 {
        self.probabilities.iter().find(|(c, _)| *c == class).map_or(0.0, |(_, p)| *p)
    }

    /// How safe the class printed is.
    pub fn safety(&self) -> Safety {
        Safety::of(self.confidence, self.modal == self.printed)
    }
}

/// A total of the city: a sector, `gross`, `sink` or `net`; outside included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CityRow {
    /// Sector key, `gross`, `sink` or `net`.
    pub item: String,
    /// Amount of the run, t CO2e per year.
    pub amount_t: f64,
    /// Mean of the draws, t.
    pub mean_t: f64,
    /// Half-width of the 95 % interval as 1.96 standard deviations, t: comparable with approach 1.
    pub half_width_t: f64,
    /// Quantiles, t.
    pub quantiles: Quantiles,
}

/// Result of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Confidence {
    /// Seed of the draws.
    pub seed: u64,
    /// Number of draws.
    pub draws: usize,
    /// Names of the judge's columns.
    pub columns: Vec<String>,
    /// One entry per unit of the judge.
    pub units: Vec<UnitConfidence>,
    /// Totals.
    pub city: Vec<CityRow>,
    /// Coefficient of variation of an average share by rule, of the rules whose shares vary.
    pub proxy_cv: BTreeMap<String, f64>,
}

impl Confidence {
    /// Units whose class is safe, likely, a toss-up, less probable than another one.
    pub fn counts(&self) -> [usize; 4] {
        let mut out = [0; 4];
        for unit in &self.units {
            out[unit.safety() as usize] += 1;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours_in_proportion() {
        let values: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(Quantiles::of_sorted(&values), Some(Quantiles { p05: 5.0, p50: 50.0, p95: 95.0 }));
        assert_eq!(Quantiles::of_sorted(&[1.0, 2.0]).unwrap().p50, 1.5);
        assert_eq!(Quantiles::of_sorted(&[3.0]), Some(Quantiles { p05: 3.0, p50: 3.0, p95: 3.0 }));
        assert_eq!(Quantiles::of_sorted(&[]), None);
    }

    #[test]
    fn safety_has_its_limits() {
        let of = [0.95, 0.9499, 0.75, 0.7499].map(|p| Safety::of(p, true));
        assert_eq!(of, [Safety::Safe, Safety::Likely, Safety::Likely, Safety::TossUp]);
        // 45 % against 48 % of one other class: not a toss-up between equals, the other one is likelier.
        assert_eq!(Safety::of(0.45, false), Safety::OtherLikelier);
    }
}
