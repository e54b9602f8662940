//! Sums over the parcels of each class, code or type.

use carbonzone_types::ExactSum;
use std::collections::BTreeMap;

/// True where the group of an entry is wanted.
///
/// # Panics
/// If an entry has no group in `wanted`.
pub fn mask_of(of: &[u16], wanted: &[bool]) -> Vec<bool> {
    of.iter().map(|&group| wanted[group as usize]).collect()
}

/// Which of `groups` groups the masked entries belong to.
///
/// # Panics
/// If an entry belongs to none of the groups.
pub fn met(of: &[u16], mask: &[bool], groups: usize) -> Vec<bool> {
    let mut out = vec![false; groups];
    of.iter().zip(mask).filter(|(_, member)| **member).for_each(|(&group, _)| out[group as usize] = true);
    out
}

/// Exact sum of the values of each of `groups` groups.
///
/// # Panics
/// If an entry belongs to none of the groups.
pub fn sums_of(of: &[u16], groups: usize, values: &[f64]) -> Vec<ExactSum> {
    let mut sums = vec![ExactSum::new(); groups];
    of.iter().zip(values).for_each(|(&group, value)| sums[group as usize].add(*value));
    sums
}

/// The same with the number of entries of each group.
///
/// # Panics
/// If an entry belongs to none of the groups.
pub fn counts_of(of: &[u32], groups: usize, values: &[f64]) -> Vec<(u64, ExactSum)> {
    let mut sums = vec![(0, ExactSum::new()); groups];
    for (&group, value) in of.iter().zip(values) {
        let (count, sum) = &mut sums[group as usize];
        *count += 1;
        sum.add(*value);
    }
    sums
}

/// Exact sums by two groups, ascending; the second is 0 without it.
///
/// # Panics
/// If `second` is shorter than `values`.
pub fn sums_of_pairs(
    first: &[u32],
    second: Option<&[u32]>,
    values: &[f64],
) -> BTreeMap<(u32, u32), ExactSum> {
    let mut sums: BTreeMap<(u32, u32), ExactSum> = BTreeMap::new();
    for (row, (&of, value)) in first.iter().zip(values).enumerate() {
        sums.entry((of, second.map_or(0, |second| second[row]))).or_default().add(*value);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_counts_in_its_group() {
        let (of, values) = ([2, 0, 2], [1.0, 2.0, 4.0]);
        let sums: Vec<f64> = sums_of(&of, 3, &values).into_iter().map(ExactSum::value).collect();
        assert_eq!(sums, [2.0, 0.0, 5.0]);
        let counts: Vec<u64> = counts_of(&of.map(u32::from), 3, &values).iter().map(|(n, _)| *n).collect();
        assert_eq!(counts, [1, 0, 2]);
        assert_eq!(mask_of(&of, &[true, false, false]), [false, true, false]);
        assert_eq!(met(&of, &[false, true, false], 3), [true, false, false]);
    }
}
