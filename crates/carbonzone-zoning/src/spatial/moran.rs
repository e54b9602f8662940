//! Global Moran's I.

use super::normal::two_sided;
use super::weights::SpatialWeights;
use crate::{Result, ZoningError};
use carbonzone_types::loops::clusters;
use carbonzone_types::loops::neighbours::Neighbours;
use serde::{Deserialize, Serialize};

/// Permutations by default.
pub const PERMUTATIONS: u32 = 999;

/// Global spatial autocorrelation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moran {
    /// `I = n/S0 · Σ w_ij z_i z_j / Σ z_i²`.
    pub i: f64,
    /// `−1/(n−1)`.
    pub expected: f64,
    /// Variance under normality.
    pub variance: f64,
    /// `(I − E)/√Var`.
    pub z: f64,
    /// Two-sided probability from the normal distribution.
    pub p_normal: f64,
    /// One-sided pseudo probability: `(1 + #extreme)/(1 + permutations)`; `None` without permutations.
    pub p_permutation: Option<f64>,
    /// Units in use.
    pub n: usize,
    /// Units without neighbours among them.
    pub islands: usize,
}

/// Global Moran's I of the known values; units with NULL are taken out with their links.
///
/// # Errors
/// [`ZoningError::Length`] if the sizes differ; [`ZoningError::TooFew`] with fewer than three known units,
/// without any link, or if all values are equal.
pub fn global_moran(
    weights: &SpatialWeights,
    values: &[Option<f64>],
    permutations: u32,
    seed: u64,
) -> Result<Moran> {
    let (w, x) = known(weights, values)?;
    let n = x.len();
    let Some(found) = clusters::global_moran(&w, &x, permutations, seed) else {
        return Err(ZoningError::TooFew { method: "Moran's I".to_owned(), found: n, needed: 3 });
    };
    let clusters::GlobalMoran { i, expected, variance, extreme } = found;
    let score = (i - expected) / variance.sqrt();
    Ok(Moran {
        i,
        expected,
        variance,
        z: score,
        p_normal: two_sided(score),
        p_permutation: (permutations > 0).then(|| f64::from(1 + extreme) / f64::from(1 + permutations)),
        n,
        islands: w.islands().len(),
    })
}

/// The known values and the weights among them.
pub(super) fn known(weights: &SpatialWeights, values: &[Option<f64>]) -> Result<(Neighbours, Vec<f64>)> {
    ZoningError::check_len("values", values.len(), weights.len())?;
    Ok(clusters::known(&weights.0, values))
}

#[cfg(test)]
mod tests {
    use super::super::weights::tests::rook_3x3;
    use super::*;

    const VALUES: [f64; 9] = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0];

    #[test]
    fn the_grid_of_method_f_gives_its_printed_values() {
        let binary = global_moran(&rook_3x3(), &VALUES.map(Some), 0, 1).unwrap();
        // Printed to six decimals.
        assert!((binary.i - 0.461_538).abs() < 5e-7);
        assert!((binary.variance - 0.053_125).abs() < 5e-7 && (binary.z - 2.544_761).abs() < 5e-7);
        assert_eq!(binary.expected, -0.125);
        let rows = global_moran(&rook_3x3().row_standardised(), &VALUES.map(Some), 0, 1).unwrap();
        assert!((rows.i - 0.512_821).abs() < 5e-7);
    }

    #[test]
    fn permutations_find_the_gradient_and_repeat_with_the_seed() {
        let run = |seed| global_moran(&rook_3x3(), &VALUES.map(Some), PERMUTATIONS, seed).unwrap();
        assert!(run(1).p_permutation.unwrap() < 0.05);
        assert_eq!(run(1), run(1));
    }

    #[test]
    fn null_units_leave_with_their_links_and_constants_are_refused() {
        let mut values = VALUES.map(Some);
        values[4] = None;
        assert_eq!(global_moran(&rook_3x3(), &values, 0, 1).unwrap().n, 8);
        assert!(global_moran(&rook_3x3(), &[Some(1.0); 9], 0, 1).is_err());
        assert!(global_moran(&rook_3x3(), &[Some(1.0); 3], 0, 1).is_err());
    }
}
