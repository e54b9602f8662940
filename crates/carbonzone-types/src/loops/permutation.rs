//! A small fixed random source, so that permutation tests give the same bits everywhere and always.

/// `SplitMix64` (Steele, Lea and Flood 2014).
pub(super) struct SplitMix(u64);

impl SplitMix {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..n`; the bias of the multiplication is below n/2⁶⁴.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Puts a random choice of `k` values at the front (Fisher–Yates).
    pub(super) fn shuffle_front(&mut self, values: &mut [f64], k: usize) {
        for i in 0..k.min(values.len()) {
            let j = i + self.below(values.len() - i);
            values.swap(i, j);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_is_a_permutation_and_repeats_with_its_seed() {
        let shuffled = |seed| {
            let mut v: Vec<f64> = (0..20).map(f64::from).collect();
            SplitMix::new(seed).shuffle_front(&mut v, 20);
            v
        };
        let mut sorted = shuffled(7);
        assert_eq!(sorted, shuffled(7));
        assert_ne!(sorted, shuffled(8));
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, (0..20).map(f64::from).collect::<Vec<_>>());
    }
}
