//! Smooth deterministic noise in the plane.

use crate::rng::{extended, key, unit};

/// Smooth value noise in `[-1, 1]` with lattice spacing 1.
pub fn value(seed: u64, x: f64, y: f64) -> f64 {
    let (fx, fy) = (x.floor(), y.floor());
    let (ix, iy) = (fx as i64, fy as i64);
    // The keys `[seed, column, row]` of the four corners.
    let all = key(&[seed]);
    let (left, right) = (extended(all, ix as u64), extended(all, (ix + 1) as u64));
    let corner = |column: u64, row: i64| 2.0 * unit(extended(column, row as u64)) - 1.0;
    let (sx, sy) = (fade(x - fx), fade(y - fy));
    let along = |row: i64| {
        let from = corner(left, row);
        from + (corner(right, row) - from) * sx
    };
    let (low, high) = (along(iy), along(iy + 1));
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
