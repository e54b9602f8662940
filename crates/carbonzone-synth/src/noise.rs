//! Smooth deterministic noise in the plane.

use crate::rng::{key, unit};

/// Smooth value noise in `[-1, 1]` with lattice spacing 1.
pub fn value(seed: u64, x: f64, y: f64) -> f64 {
    let (fx, fy) = (x.floor(), y.floor());
    let (ix, iy) = (fx as i64, fy as i64);
    let corner = |dx: i64, dy: i64| 2.0 * unit(key(&[seed, (ix + dx) as u64, (iy + dy) as u64])) - 1.0;
    let (sx, sy) = (fade(x - fx), fade(y - fy));
    let low = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * sx;
    let high = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * sx;
    low + (high - low) * sy
}

/// Sum of `octaves` layers of [`value`], each twice as fine and half as strong, scaled back to about `[-1, 1]`.
pub fn fractal(seed: u64, x: f64, y: f64, octaves: u32) -> f64 {
    let (mut sum, mut gain, mut freq, mut norm) = (0.0, 1.0, 1.0, 0.0);
    for octave in 0..octaves {
        sum += gain * value(seed.wrapping_add(u64::from(octave) * 7919), x * freq, y * freq);
        norm += gain;
        gain *= 0.5;
        freq *= 2.03;
    }
    sum / norm
}

fn fade(t: f64) -> f64 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_bounded_and_continuous() {
        let mut last = fractal(3, 0.0, 0.4, 4);
        for step in 1..4000 {
            let next = fractal(3, f64::from(step) * 0.001, 0.4, 4);
            assert!(next.abs() <= 1.0);
            assert!((next - last).abs() < 0.02, "jump at step {step}");
            last = next;
        }
    }
}
