//! Who is whose neighbour, and how much.

use crate::{Result, ZoningError};

/// Sparse spatial weights, rows of units.
#[derive(Debug, Clone, PartialEq)]
pub struct SpatialWeights {
    offsets: Vec<usize>,
    neighbours: Vec<u32>,
    weights: Vec<f64>,
}

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
        let bad = |p: &&(u32, u32)| p.0 as usize >= n || p.1 as usize >= n || p.0 == p.1;
        if let Some(pair) = pairs.iter().find(bad) {
            return Err(ZoningError::parameter(
                "neighbours",
                format!("{pair:?}"),
                format!("two units below {n}"),
            ));
        }
        let mut both: Vec<(u32, u32)> = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
        both.sort_unstable();
        both.dedup();
        let mut offsets = vec![0; n + 1];
        for pair in &both {
            offsets[pair.0 as usize + 1] += 1;
        }
        for i in 0..n {
            offsets[i + 1] += offsets[i];
        }
        Ok(Self { offsets, weights: vec![1.0; both.len()], neighbours: both.iter().map(|p| p.1).collect() })
    }

    /// Binary weights from the neighbours of each unit; need not be symmetric.
    pub(super) fn from_rows(n: usize, row: impl Fn(usize) -> Vec<u32>) -> Self {
        let mut out = Self { offsets: vec![0], neighbours: Vec::new(), weights: Vec::new() };
        for i in 0..n {
            let mut neighbours = row(i);
            neighbours.sort_unstable();
            out.neighbours.append(&mut neighbours);
            out.offsets.push(out.neighbours.len());
        }
        out.weights = vec![1.0; out.neighbours.len()];
        out
    }

    /// Number of units.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// True if there is no unit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Neighbours of a unit, ascending, with their weights.
    pub fn row(&self, unit: usize) -> (&[u32], &[f64]) {
        let range = self.offsets[unit]..self.offsets[unit + 1];
        (&self.neighbours[range.clone()], &self.weights[range])
    }

    /// Units without neighbours.
    pub fn islands(&self) -> Vec<u32> {
        (0..self.len()).filter(|&i| self.row(i).0.is_empty()).map(|i| i as u32).collect()
    }

    /// The same neighbours with weights that sum to 1 in each row (islands keep none).
    pub fn row_standardised(&self) -> Self {
        let mut out = self.clone();
        for i in 0..self.len() {
            let range = self.offsets[i]..self.offsets[i + 1];
            let sum: f64 = self.weights[range.clone()].iter().sum();
            out.weights[range].iter_mut().for_each(|w| *w /= sum);
        }
        out
    }

    /// Weights among the kept units only, renumbered in their order.
    pub fn subset(&self, keep: &[bool]) -> Self {
        let mut number = vec![u32::MAX; self.len()];
        let kept: Vec<usize> = (0..self.len()).filter(|&i| keep.get(i) == Some(&true)).collect();
        for (new, &old) in kept.iter().enumerate() {
            number[old] = new as u32;
        }
        let mut out = Self { offsets: vec![0], neighbours: Vec::new(), weights: Vec::new() };
        for &old in &kept {
            let (neighbours, weights) = self.row(old);
            for (j, w) in neighbours.iter().zip(weights).filter(|(j, _)| number[**j as usize] != u32::MAX) {
                out.neighbours.push(number[*j as usize]);
                out.weights.push(*w);
            }
            out.offsets.push(out.neighbours.len());
        }
        out
    }

    /// `Σ_j w_ij x_j`.
    pub(crate) fn lag(&self, unit: usize, x: &[f64]) -> f64 {
        let (neighbours, weights) = self.row(unit);
        neighbours.iter().zip(weights).map(|(j, w)| w * x[*j as usize]).sum()
    }

    /// `S0`, `S1`, `S2` of the moments of Moran's I.
    pub(crate) fn moments(&self) -> (f64, f64, f64) {
        let n = self.len();
        let s0: f64 = self.weights.iter().sum();
        let mut column = vec![0.0; n];
        let mut s1 = 0.0;
        for i in 0..n {
            let (neighbours, weights) = self.row(i);
            for (j, w) in neighbours.iter().zip(weights) {
                column[*j as usize] += w;
                let back = self.between(*j as usize, i as u32);
                // A pair with a weight in both directions is met twice, one with a weight in one direction once.
                s1 += (w + back).powi(2) * if back == 0.0 { 2.0 } else { 1.0 };
            }
        }
        let row_sum = |i: usize| self.row(i).1.iter().sum::<f64>();
        let s2 = (0..n).map(|i| (row_sum(i) + column[i]).powi(2)).sum();
        (s0, s1 / 2.0, s2)
    }

    fn between(&self, from: usize, to: u32) -> f64 {
        let (neighbours, weights) = self.row(from);
        neighbours.binary_search(&to).map_or(0.0, |at| weights[at])
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
