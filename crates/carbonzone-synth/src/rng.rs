//! Counter-based random numbers: every value is a pure function of a key, so any block of a city can be made alone
//! and the result does not depend on threads or on the order of work.
//!
//! The mixer is the finaliser of `SplitMix64`. It is written here, not taken from a crate, because the synthetic city must
//! stay the same for a (seed, size) for as long as the fixture version does.

/// Mixes 64 bits (finaliser of `SplitMix64`).
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// One hash of several keys; the order matters.
pub fn key(parts: &[u64]) -> u64 {
    parts.iter().fold(0x5EED_CA4B_0A7E_u64, |hash, &p| extended(hash, p))
}

/// The hash of the keys that `hash` is of and one more.
pub fn extended(hash: u64, part: u64) -> u64 {
    mix(hash ^ mix(part))
}

/// Hash to the unit interval `[0, 1)`.
pub fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// A small stream of random numbers that starts from a key.
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A stream for this key.
    pub fn keyed(parts: &[u64]) -> Self {
        Self { state: key(parts) }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        unit(self.next_u64())
    }

    /// A number in `[low, high)`.
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An index in `0..n` (0 when `n` is 0).
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One element of a non-empty slice.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_stream_and_another_key_another_one() {
        let mut a = Rng::keyed(&[1, 2]);
        let mut b = Rng::keyed(&[1, 2]);
        let mut c = Rng::keyed(&[2, 1]);
        let (x, y, z): (Vec<u64>, Vec<u64>, Vec<u64>) = (
            (0..8).map(|_| a.next_u64()).collect(),
            (0..8).map(|_| b.next_u64()).collect(),
            (0..8).map(|_| c.next_u64()).collect(),
        );
        assert_eq!(x, y);
        assert_ne!(x, z);
    }

    #[test]
    fn unit_numbers_stay_in_the_half_open_interval_and_have_the_right_mean() {
        let mut rng = Rng::keyed(&[7]);
        let values: Vec<f64> = (0..20_000).map(|_| rng.unit()).collect();
        assert!(values.iter().all(|v| (0.0..1.0).contains(v)));
        let mean = values.iter().sum::<f64>() / 20_000.0;
        // Standard error of the mean of 20,000 uniform numbers is 0.002; five of them.
        assert!((mean - 0.5).abs() < 0.01, "mean {mean}");
    }
}
