//! Who is whose neighbour, and how much.

use crate::{Result, ZoningError};
use carbonzone_types::loops::neighbours::Neighbours;

/// Sparse spatial weights, rows of units.
#[derive(Debug, Clone, PartialEq)]
pub struct SpatialWeights(pub(super) Neighbours);

impl SpatialWeights {
    /// Binary symmetric weights of `n` units from pairs of neighbours (either order, repetitions ignored).
    ///
    /// # Errors
    /// [`ZoningError::Parameter`] for an index ≥ `n` or a unit that is its own neighbour.
    ///
    /// # Examples
    /// ```
    /// use carbonzone_zoning::spatial::weights::SpatialWeights;
    /// let w = SpatialWeights::from_pairs(3, &[(0, 1)])?;
    /// assert_eq!(w.row(1), ([0].as_slice(), [1.0].as_slice()));
    /// assert_eq!(w.islands(), [2]);
    /// # Ok::<(), carbonzone_zoning::ZoningError>(())
    /// ```
    pub fn from_pairs(n: usize, pairs: &[(u32, u32)]) -> Result<Self> {
        let bad =
            |pair| ZoningError::parameter("neighbours", format!("{pair:?}"), format!("two units below {n}"));
        Neighbours::from_pairs(n, pairs).map(Self).map_err(bad)
    }

    /// Number of units.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is no unit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Neighbours of a unit, ascending, with their weights.
    pub fn row(&self, unit: usize) -> (&[u32], &[f64]) {
        self.0.row(unit)
    }

    /// Units without neighbours.
    pub fn islands(&self) -> Vec<u32> {
        self.0.islands()
    }

    /// The same neighbours with weights that sum to 1 in each row (islands keep none).
    pub fn row_standardised(&self) -> Self {
        Self(self.0.row_standardised())
    }

    /// Weights among the kept units only, renumbered in their order.
    pub fn subset(&self, keep: &[bool]) -> Self {
        Self(self.0.subset(keep))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// 3 × 3 cells, neighbours over edges.
    pub(crate) fn rook_3x3() -> SpatialWeights {
        let mut pairs = Vec::new();
        for row in 0..3u32 {
            for col in 0..3 {
                let i = row * 3 + col;
                if col < 2 {
                    pairs.push((i, i + 1));
                }
                if row < 2 {
                    pairs.push((i + 3, i));
                }
            }
        }
        SpatialWeights::from_pairs(9, &pairs).unwrap()
    }

    #[test]
    fn repeated_and_reversed_pairs_count_once() {
        let w = SpatialWeights::from_pairs(2, &[(0, 1), (1, 0), (0, 1)]).unwrap();
        assert_eq!(w.row(0).0, [1]);
        assert!(SpatialWeights::from_pairs(2, &[(0, 2)]).is_err());
        assert!(SpatialWeights::from_pairs(2, &[(1, 1)]).is_err());
    }

    #[test]
    fn a_subset_keeps_the_neighbours_that_are_left() {
        let keep: Vec<bool> = (0..9).map(|i| i != 4).collect();
        let w = rook_3x3().subset(&keep);
        assert_eq!(w.len(), 8);
        assert_eq!(w.row(1).0, [0, 2]);
    }

    #[test]
    fn standardised_rows_sum_to_one() {
        let w = rook_3x3().row_standardised();
        for i in 0..9 {
            assert!((w.row(i).1.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        }
    }
}
