//! Random numbers by name: the same (seed, name, draw) gives the same number, whatever else is drawn.

use rand::rand_core::utils::fill_bytes_via_next_word;
use rand::{Rng, TryRng};
use std::convert::Infallible;

/// Key of a named quantity under a seed.
///
/// ```
/// use carbonzone_confidence::Key;
/// let coal = Key::new(2020, "fuel.cn.raw_coal");
/// assert_eq!(coal.uniforms(8), Key::new(2020, "fuel.cn.raw_coal").uniforms(8));
/// assert_ne!(coal.uniforms(8), Key::new(2021, "fuel.cn.raw_coal").uniforms(8));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(u64);

/// 2⁶⁴ / golden ratio, odd: the step of a Weyl sequence.
const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;
/// FNV-1a, 64 bits: offset basis and prime.
const FNV: (u64, u64) = (0xcbf2_9ce4_8422_2325, 0x0000_0100_0000_01b3);

/// `SplitMix64` (Steele, Lea and Flood 2014) from a seed. Written here: the numbers of a draw are part of its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitMix64(u64);

impl TryRng for SplitMix64 {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(WEYL);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(out, || self.try_next_u64())
    }
}

/// One step of `SplitMix64`: every bit of the input moves every bit of the output.
fn mix(x: u64) -> u64 {
    SplitMix64(x).next_u64()
}

/// 52 bits and half a step: never 0, never 1.
fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

impl Key {
    /// Key of a name under a seed.
    pub fn new(seed: u64, name: &str) -> Self {
        Self(mix(seed)).child(name)
    }

    /// Key of a part of this quantity.
    pub fn child(self, name: &str) -> Self {
        let hash = name.bytes().fold(FNV.0, |h, b| (h ^ u64::from(b)).wrapping_mul(FNV.1));
        Self(mix(self.0 ^ mix(hash)))
    }

    /// Generator of one draw.
    pub fn draw(self, draw: usize) -> SplitMix64 {
        SplitMix64(mix(self.0 ^ (draw as u64).wrapping_mul(WEYL)))
    }

    /// A number in (0, 1) of one draw.
    pub(crate) fn uniform(self, draw: usize) -> f64 {
        unit(self.draw(draw).next_u64())
    }

    /// A Latin hypercube sample: one number in (0, 1) from each of `n` equal strata, in random order.
    pub fn uniforms(self, n: usize) -> Vec<f64> {
        let mut order: Vec<(u64, usize)> = Vec::with_capacity(n);
        let mut jitter = Vec::with_capacity(n);
        for draw in 0..n {
            let mut rng = self.draw(draw);
            order.push((rng.next_u64(), draw));
            jitter.push(unit(rng.next_u64()));
        }
        order.sort_unstable();
        let mut out = vec![0.0; n];
        for (stratum, (_, draw)) in order.into_iter().enumerate() {
            out[draw] = (stratum as f64 + jitter[draw]) / n as f64;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_that_of_its_authors() {
        // The first numbers of `splitmix64.c` (S. Vigna) from this seed, as the crate `rand_xoshiro` tests them.
        let mut random = SplitMix64(1_477_776_061_723_855_037);
        let expected = [
            1_985_237_415_132_408_290,
            2_979_275_885_539_914_483,
            13_511_426_838_097_143_398,
            8_488_337_342_461_049_707,
        ];
        assert_eq!(expected.map(|_| random.next_u64()), expected);
    }

    #[test]
    fn a_sample_has_one_number_in_each_stratum() {
        let mut sample = Key::new(1, "x").uniforms(64);
        sample.sort_by(f64::total_cmp);
        for (stratum, u) in sample.iter().enumerate() {
            assert_eq!((u * 64.0) as usize, stratum);
        }
    }

    #[test]
    fn samples_of_two_names_are_not_correlated() {
        let n = 4096;
        let (a, b) = (Key::new(1, "a").uniforms(n), Key::new(1, "b").uniforms(n));
        let covariance: f64 = a.iter().zip(&b).map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>() / n as f64;
        // The standard error of a correlation of 0 is 1/√n = 0.0156; four of them.
        assert!((12.0 * covariance).abs() < 0.0625, "{}", 12.0 * covariance);
    }

    #[test]
    fn a_part_has_numbers_of_its_own() {
        let whole = Key::new(1, "rule");
        assert_ne!(whole.child("zone").draw(0).next_u64(), whole.draw(0).next_u64());
        assert_ne!(whole.child("zone").draw(0).next_u64(), whole.child("zone").draw(1).next_u64());
    }
}
