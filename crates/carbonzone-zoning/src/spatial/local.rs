//! Local Moran's I: which units lie among units like them, and which do not.

use super::moran::known;
use super::normal::two_sided;
use super::weights::SpatialWeights;
use crate::{Result, ZoningError};
use carbonzone_types::loops::clusters;
use carbonzone_types::loops::neighbours::Neighbours;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How the probability of a local value is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inference {
    /// From the normal distribution with the exact mean and variance of the neighbours' mean under permutation of all other
    /// values (Sokal, Oden and Thomson 1998, equations A7 and A8).
    Analytic,
    /// By permutation of all other values.
    Permutations {
        /// How many.
        count: u32,
        /// Seed; every unit has a stream of its own.
        seed: u64,
    },
}

/// A unit and its neighbours against the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quadrant {
    /// High among high.
    HighHigh,
    /// Low among low.
    LowLow,
    /// High among low.
    HighLow,
    /// Low among high.
    LowHigh,
}

impl Quadrant {
    /// As it stands in tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::HighHigh => "high_high",
            Self::LowLow => "low_low",
            Self::HighLow => "high_low",
            Self::LowHigh => "low_high",
        }
    }
}

/// Local Moran's I of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocalMoran {
    /// `I_i = z_i Σ_j w_ij z_j / m2` with `z = x − x̄` and `m2 = Σ z²/n` (Anselin 1995, equation 12).
    pub i: f64,
    /// `(I_i − E)/√Var` with all other values permuted.
    pub z: f64,
    /// Two-sided probability. That of `Gi*` under the same permutations is the same: both move with the neighbours' sum only.
    pub p: f64,
    /// The unit and its neighbours against the mean.
    pub quadrant: Quadrant,
}

/// Local Moran's I of the known values. `None` for unknown units, for those without a known neighbour, and for those whose
/// neighbours are all other units.
///
/// # Errors
/// [`ZoningError::Length`] if the sizes differ; [`ZoningError::TooFew`] with fewer than four known units or equal values everywhere.
pub fn local_moran(
    weights: &SpatialWeights,
    values: &[Option<f64>],
    inference: Inference,
) -> Result<Vec<Option<LocalMoran>>> {
    let (w, x) = known(weights, values)?;
    let n = x.len();
    let (z, m2) = clusters::deviations(&x);
    if n < 4 || m2 <= 0.0 {
        return Err(ZoningError::TooFew { method: "local Moran's I".to_owned(), found: n, needed: 4 });
    }
    let found: Vec<Option<LocalMoran>> =
        (0..n).into_par_iter().map(|i| one(&w, (&z, m2), i, inference)).collect();
    let mut found = found.into_iter();
    let is_known = |v: &Option<f64>| v.is_some_and(f64::is_finite);
    Ok(values.iter().map(|v| if is_known(v) { found.next().flatten() } else { None }).collect())
}

fn one(w: &Neighbours, z: (&[f64], f64), i: usize, inference: Inference) -> Option<LocalMoran> {
    let permutations = match inference {
        Inference::Analytic => None,
        Inference::Permutations { count, seed } => Some((count, seed)),
    };
    let found = clusters::local_moran(w, z, i, permutations)?;
    let quadrant = match (found.high, found.among_high) {
        (true, true) => Quadrant::HighHigh,
        (false, false) => Quadrant::LowLow,
        (true, false) => Quadrant::HighLow,
        (false, true) => Quadrant::LowHigh,
    };
    let score = found.score;
    let p = found.permuted.unwrap_or_else(|| two_sided(score));
    Some(LocalMoran { i: found.i, z: if z.0[i] < 0.0 { -score } else { score }, p, quadrant })
}

#[cfg(test)]
mod tests {
    use super::super::weights::tests::rook_3x3;
    use super::*;

    const VALUES: [f64; 9] = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0];

    #[test]
    fn the_local_values_sum_to_the_global_one() {
        let rows = rook_3x3().row_standardised();
        let local = local_moran(&rows, &VALUES.map(Some), Inference::Analytic).unwrap();
        let sum: f64 = local.iter().flatten().map(|l| l.i).sum();
        // I = Σ I_i / S0, and S0 = n with standardised rows.
        assert!((sum / 9.0 - 0.512_820_512_820_512_8).abs() < 1e-14);
    }

    #[test]
    fn permutations_agree_with_every_arrangement() {
        // The corner 0 has two neighbours among eight other values: 28 pairs, counted one by one.
        let w = rook_3x3();
        let pairs: Vec<f64> = (1..9).flat_map(|a| (a + 1..9).map(move |b| VALUES[a] + VALUES[b])).collect();
        let smaller = pairs.iter().filter(|s| **s <= 4.0).count() as f64 / pairs.len() as f64;
        let exact = (2.0 * smaller).min(1.0);
        let inference = Inference::Permutations { count: 99_999, seed: 1 };
        let p = local_moran(&w, &VALUES.map(Some), inference).unwrap()[0].unwrap().p;
        // Four standard errors of the tail.
        let error = 2.0 * 4.0 * (smaller * (1.0 - smaller) / 1e5).sqrt();
        assert!((p - exact).abs() < error, "{p} {exact}");
    }

    #[test]
    fn mean_and_variance_are_those_of_all_arrangements() {
        let w = rook_3x3();
        let mean = VALUES.iter().sum::<f64>() / 9.0;
        let sums: Vec<f64> =
            (1..9).flat_map(|a| (a + 1..9).map(move |b| VALUES[a] + VALUES[b] - 2.0 * mean)).collect();
        let n = sums.len() as f64;
        let center = sums.iter().sum::<f64>() / n;
        let variance = sums.iter().map(|s| (s - center).powi(2)).sum::<f64>() / n;
        let lag = 4.0 - 2.0 * mean;
        let score = (lag - center) / variance.sqrt();
        let found = local_moran(&w, &VALUES.map(Some), Inference::Analytic).unwrap()[0].unwrap();
        // Unit 0 lies below the mean: its I rises where the sum falls.
        assert!((found.z + score).abs() < 1e-12);
        assert_eq!(found.quadrant, Quadrant::LowLow);
    }

    #[test]
    fn units_without_neighbours_or_values_have_none() {
        let w = SpatialWeights::from_pairs(6, &[(0, 1), (1, 2), (2, 3), (3, 4)]).unwrap();
        let values = [Some(1.0), Some(5.0), None, Some(4.0), Some(8.0), Some(3.0)];
        let local = local_moran(&w, &values, Inference::Permutations { count: 99, seed: 3 }).unwrap();
        assert_eq!(
            local.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, true, false, true, true, false]
        );
        let again = local_moran(&w, &values, Inference::Permutations { count: 99, seed: 3 }).unwrap();
        assert_eq!(local, again);
        assert!(local_moran(&w, &[Some(1.0); 6], Inference::Analytic).is_err());
    }
}
