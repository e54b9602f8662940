//! Local Moran's I with conditional permutation.

use super::moran::known;
use super::permutation::SplitMix;
use super::weights::SpatialWeights;
use crate::ZoningError;
use serde::{Deserialize, Serialize};

/// Quadrant of the Moran scatter plot: the unit, then its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// Local autocorrelation of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocalMoran {
    /// `I_i = z_i/m2 · Σ w_ij z_j`, `m2 = Σ z²/n`.
    pub i: f64,
    /// Quadrant.
    pub quadrant: Quadrant,
    /// One-sided pseudo probability from permutations of the other units.
    pub p: f64,
}

/// Local Moran's I of every unit; NULL for unknown units and islands.
///
/// # Errors
/// [`ZoningError::Length`] if the sizes differ; [`ZoningError::TooFew`] with fewer than three known units or
/// equal values; [`ZoningError::Parameter`] for no permutation.
pub fn local_moran(
    weights: &SpatialWeights,
    values: &[Option<f64>],
    permutations: u32,
    seed: u64,
) -> Result<Vec<Option<LocalMoran>>, ZoningError> {
    if permutations == 0 {
        return Err(ZoningError::parameter("permutations", 0, "at least 1"));
    }
    let (w, x) = known(weights, values)?;
    let n = x.len();
    let mean = x.iter().sum::<f64>() / n.max(1) as f64;
    let z: Vec<f64> = x.iter().map(|v| v - mean).collect();
    let m2 = z.iter().map(|v| v * v).sum::<f64>() / n.max(1) as f64;
    if n < 3 || m2 <= 0.0 {
        return Err(ZoningError::TooFew { method: "local Moran's I".to_owned(), found: n, needed: 3 });
    }
    let one = |unit: usize| {
        let neighbours = w.row(unit).1;
        if neighbours.is_empty() {
            return None;
        }
        let lag = w.lag(unit, &z);
        // Every unit has its own stream, so that the result does not depend on the order of evaluation.
        let mut random = SplitMix::new(seed ^ (unit as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03));
        let mut others: Vec<f64> =
            z.iter().enumerate().filter(|(j, _)| *j != unit).map(|(_, v)| *v).collect();
        let mut larger = 0;
        for _ in 0..permutations {
            random.shuffle_front(&mut others, neighbours.len());
            let permuted: f64 = neighbours.iter().zip(&others).map(|(w, v)| w * v).sum();
            larger += u32::from(z[unit] * permuted >= z[unit] * lag);
        }
        let extreme = larger.min(permutations - larger);
        Some(LocalMoran {
            i: z[unit] / m2 * lag,
            quadrant: quadrant(z[unit], lag),
            p: f64::from(1 + extreme) / f64::from(1 + permutations),
        })
    };
    let mut results = (0..n).map(one);
    let is_known = |v: &Option<f64>| v.is_some_and(f64::is_finite);
    Ok(values.iter().map(|v| if is_known(v) { results.next().flatten() } else { None }).collect())
}

fn quadrant(own: f64, lag: f64) -> Quadrant {
    match (own > 0.0, lag > 0.0) {
        (true, true) => Quadrant::HighHigh,
        (false, false) => Quadrant::LowLow,
        (true, false) => Quadrant::HighLow,
        (false, true) => Quadrant::LowHigh,
    }
}

#[cfg(test)]
mod tests {
    use super::super::moran::global_moran;
    use super::super::weights::tests::rook_3x3;
    use super::*;

    const VALUES: [f64; 9] = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0];

    #[test]
    fn local_values_average_to_the_global_one_with_standardised_rows() {
        let w = rook_3x3().row_standardised();
        let local = local_moran(&w, &VALUES.map(Some), 99, 5).unwrap();
        let mean = local.iter().map(|l| l.unwrap().i).sum::<f64>() / 9.0;
        // Nine roundings.
        assert!((mean - global_moran(&w, &VALUES.map(Some), 0, 5).unwrap().i).abs() < 1e-14);
        assert_eq!(local[8].unwrap().quadrant, Quadrant::HighHigh);
        assert_eq!(local[0].unwrap().quadrant, Quadrant::LowLow);
        assert!(local[8].unwrap().p < 0.1);
    }

    #[test]
    fn islands_and_unknown_units_have_no_local_value() {
        let w = SpatialWeights::from_pairs(4, &[(0, 1), (1, 2)]).unwrap();
        let local = local_moran(&w, &[Some(1.0), Some(2.0), Some(4.0), Some(3.0)], 9, 5).unwrap();
        assert!(local[3].is_none() && local[0].is_some());
        let local = local_moran(&w, &[Some(1.0), None, Some(4.0), Some(3.0)], 9, 5).unwrap();
        assert!(local.iter().all(Option::is_none));
    }
}
