//! Which of millions of keys occur more than once: two maps of bits instead of a sort.

use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bits per key: of keys that occur once, about as many as one in this number pass for repeated.
const BITS_PER_KEY: usize = 16;
/// Keys that are not worth a task of their own.
const LEAST: usize = 1 << 14;

/// True for every key that occurs more than once, and for a few others.
#[must_use]
pub fn may_repeat(keys: &[u64]) -> Vec<bool> {
    let bits = (BITS_PER_KEY * keys.len()).next_power_of_two().max(64);
    let map = || -> Vec<AtomicU64> { (0..bits / 64).map(|_| AtomicU64::new(0)).collect() };
    let (seen, again) = (map(), map());
    let place = |key: u64| {
        // The finish of splitmix64: every bit of the key moves every bit of the place.
        let key = (key ^ key >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let key = (key ^ key >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bit = (key ^ key >> 31) as usize & (bits - 1);
        (bit / 64, 1u64 << (bit % 64))
    };
    keys.par_iter().with_min_len(LEAST).for_each(|&key| {
        let (word, bit) = place(key);
        // Of two that come at once one sees the other.
        if seen[word].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            again[word].fetch_or(bit, Ordering::Relaxed);
        }
    });
    let repeats = |&key: &u64| {
        let (word, bit) = place(key);
        again[word].load(Ordering::Relaxed) & bit != 0
    };
    keys.par_iter().with_min_len(LEAST).map(repeats).collect()
}

/// The items that occur more than once, and a few others, ascending.
#[must_use]
pub fn perhaps_repeated(items: &[[u64; 3]]) -> Vec<[u64; 3]> {
    let mix = |key: u64, v: &u64| (key.rotate_left(21) ^ v).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let keys = items.par_iter().with_min_len(LEAST).map(|item| item.iter().fold(0, mix));
    let again = may_repeat(&keys.collect::<Vec<u64>>());
    let mut found: Vec<[u64; 3]> =
        items.iter().zip(again).filter(|(_, again)| *again).map(|(item, _)| *item).collect();
    found.par_sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_repeat_are_found_and_few_others() {
        let n = 100_000u64;
        let keys: Vec<u64> = (0..n).map(|k| if k % 10 == 3 { k / 100 } else { n + k * 0x1_0000 }).collect();
        let again = may_repeat(&keys);
        assert!((0..keys.len()).filter(|k| k % 10 == 3).all(|k| again[k]));
        let others = (0..keys.len()).filter(|k| k % 10 != 3 && again[*k]).count();
        assert!(others < keys.len() / 8, "{others}");
        assert_eq!(may_repeat(&[]), [] as [bool; 0]);
        assert_eq!(may_repeat(&[7]), [false]);
    }

    #[test]
    fn items_come_sorted_with_all_their_copies() {
        let items: Vec<[u64; 3]> = (0..50_000u64).map(|k| [k * k % 40_009, 5, k % 2]).collect();
        let found = perhaps_repeated(&items);
        let mut sorted = items.clone();
        sorted.sort_unstable();
        let several = |all: &[[u64; 3]]| -> Vec<[u64; 3]> {
            all.chunk_by(|a, b| a == b).filter(|same| same.len() > 1).flatten().copied().collect()
        };
        assert_eq!(several(&found), several(&sorted));
        assert!(!several(&found).is_empty());
    }
}
