//! Sparse source × target areas and the areal interpolation they carry.

use carbonzone_types::ExactSum;
use rayon::prelude::*;

/// Sparse source × target areas in m², CSR by source, targets ascending within a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OverlapMatrix {
    /// Row starts, length sources + 1.
    pub offsets: Vec<usize>,
    /// Target index of each piece.
    pub targets: Vec<u32>,
    /// Area of each piece, m², always > 0.
    pub areas_m2: Vec<f64>,
    /// Per source: area in no target, m²; exactly 0 where none is.
    pub outside_m2: Vec<f64>,
    /// Per source: by how much the pieces exceed the source's own area, m² (targets overlap, or the source crosses
    /// itself); exactly 0 within rounding.
    pub overcovered_m2: Vec<f64>,
    /// Number of targets.
    pub n_targets: usize,
}

/// Result of an areal interpolation.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Total per target, in the unit of the values.
    pub per_target: Vec<f64>,
    /// Total of what lies in no target.
    pub outside: f64,
}

impl OverlapMatrix {
    /// Number of sources.
    pub fn len(&self) -> usize {
        self.outside_m2.len()
    }

    /// True if there is no source.
    pub fn is_empty(&self) -> bool {
        self.outside_m2.is_empty()
    }

    /// Targets and areas (m²) of source `i`.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.offsets[i]..self.offsets[i + 1];
        (&self.targets[range.clone()], &self.areas_m2[range])
    }

    /// The share denominator of source `i`, m²: all its pieces plus what is outside. 0 for a source without area.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn denominator_m2(&self, i: usize) -> f64 {
        self.row(i).1.iter().sum::<f64>() + self.outside_m2[i]
    }

    /// Areal interpolation of an extensive quantity: each value is split by area over (sum of the pieces + outside), so
    /// mass is kept even where targets overlap. The value of a source without area goes to `outside`.
    ///
    /// Totals are exact sums: the same bits for any order of the sources.
    ///
    /// # Panics
    /// If `values` has not one value per source.
    pub fn spread(&self, values: &[f64]) -> Spread {
        assert_eq!(values.len(), self.len(), "one value per source");
        self.spread_some(values.iter().copied().enumerate())
    }

    /// [`spread`](Self::spread) of the sources that have a value at all; the others count as 0.
    ///
    /// # Panics
    /// If there is no such source.
    pub fn spread_some(&self, values: impl Iterator<Item = (usize, f64)>) -> Spread {
        let mut per_target = vec![ExactSum::new(); self.n_targets];
        let mut outside = ExactSum::new();
        self.spread_each(values, |target, part| match target {
            Some(target) => per_target[target as usize].add(part),
            None => outside.add(part),
        });
        Spread { per_target: per_target.into_iter().map(ExactSum::value).collect(), outside: outside.value() }
    }

    /// The parts that [`spread`](Self::spread) adds up: each with its target, or `None` for what lies in none.
    ///
    /// # Panics
    /// If there is no such source.
    pub fn spread_each(
        &self,
        values: impl Iterator<Item = (usize, f64)>,
        mut part: impl FnMut(Option<u32>, f64),
    ) {
        for (i, value) in values.filter(|(_, value)| *value != 0.0) {
            let (targets, areas) = self.row(i);
            match (targets, self.outside_m2[i] > 0.0) {
                ([], _) => part(None, value),
                ([target], false) => part(Some(*target), value),
                _ => {
                    let per_m2 = value / self.denominator_m2(i);
                    targets.iter().zip(areas).for_each(|(&t, a)| part(Some(t), a * per_m2));
                    part(None, self.outside_m2[i] * per_m2);
                }
            }
        }
    }

    /// Source area per target, m²; exact sums.
    pub fn covered_m2(&self) -> Vec<f64> {
        let mut sums = vec![ExactSum::new(); self.n_targets];
        for (&t, &a) in self.targets.iter().zip(&self.areas_m2) {
            sums[t as usize].add(a);
        }
        sums.into_iter().map(ExactSum::value).collect()
    }

    /// The matrix with only those targets that have a piece, and their numbers, ascending: target `k` is target `used[k]` of before.
    pub fn compacted(mut self) -> (Vec<u32>, Self) {
        const UNUSED: u32 = u32::MAX;
        // Few targets are ranked in an array as long as their number; of many the pieces are sorted.
        if self.n_targets <= 4 * self.targets.len() + (1 << 20) {
            let mut rank = vec![UNUSED; self.n_targets];
            self.targets.iter().for_each(|&t| rank[t as usize] = 0);
            let used: Vec<u32> = (0..self.n_targets as u32).filter(|&t| rank[t as usize] != UNUSED).collect();
            used.iter().enumerate().for_each(|(k, &t)| rank[t as usize] = k as u32);
            self.targets.par_iter_mut().for_each(|t| *t = rank[*t as usize]);
            self.n_targets = used.len();
            return (used, self);
        }
        let mut used = self.targets.clone();
        used.par_sort_unstable();
        used.dedup();
        used.shrink_to_fit();
        // Every target is among those used.
        self.targets.par_iter_mut().for_each(|t| *t = used.partition_point(|u| u < t) as u32);
        self.n_targets = used.len();
        (used, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sources: one split 1/4 : 3/4, one half outside; a third without area.
    fn sample() -> OverlapMatrix {
        OverlapMatrix {
            offsets: vec![0, 2, 3, 3],
            targets: vec![0, 2, 2],
            areas_m2: vec![1.0, 3.0, 2.0],
            outside_m2: vec![0.0, 2.0, 0.0],
            overcovered_m2: vec![0.0; 3],
            n_targets: 3,
        }
    }

    #[test]
    fn spread_splits_by_area_and_keeps_mass() {
        let s = sample().spread(&[8.0, 10.0, 5.0]);
        assert_eq!(s.per_target, [2.0, 0.0, 11.0]);
        assert_eq!(s.outside, 10.0);
        assert_eq!(s.per_target.iter().sum::<f64>() + s.outside, 23.0);
        let s = sample().spread(&[1.0, 1.0, 1.0]);
        assert_eq!((s.per_target, s.outside), (vec![0.25, 0.0, 1.25], 1.5));
        // Less than a square metre outside takes its share too.
        let one = OverlapMatrix {
            offsets: vec![0, 1],
            targets: vec![0],
            areas_m2: vec![1.5],
            outside_m2: vec![0.5],
            overcovered_m2: vec![0.0],
            n_targets: 1,
        };
        assert_eq!(one.spread(&[4.0]), Spread { per_target: vec![3.0], outside: 1.0 });
    }

    #[test]
    fn compacting_leaves_out_targets_without_pieces_and_keeps_the_sums() {
        // The same for a grid so large that no array is made for it.
        let far = OverlapMatrix { n_targets: 1 << 30, ..sample() };
        assert_eq!(far.compacted(), sample().compacted());
        let mixed = |n_targets| OverlapMatrix { targets: vec![2, 0, 2], n_targets, ..sample() };
        assert_eq!(mixed(1 << 30).compacted(), mixed(3).compacted());
        let (used, m) = sample().compacted();
        assert_eq!((used, m.n_targets), (vec![0, 2], 2));
        assert_eq!(m.spread(&[8.0, 10.0, 5.0]).per_target, [2.0, 11.0]);
        assert_eq!(m.row(0), (&[0, 1][..], &[1.0, 3.0][..]));
    }

    #[test]
    fn what_covers_a_target_is_the_sum_of_its_pieces() {
        assert_eq!(sample().covered_m2(), [1.0, 0.0, 5.0]);
    }
}
