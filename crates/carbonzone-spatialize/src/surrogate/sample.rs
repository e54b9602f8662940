//! A sample of points with the land they should lie in.

use super::poi::PoiPlace;

/// Points looked at.
const SAMPLE: usize = 4_000;

/// Collects a sample of points with the land each belongs to.
#[derive(Debug, Default)]
pub struct PointSample {
    /// Easting, m.
    pub xs: Vec<f64>,
    /// Northing, m.
    pub ys: Vec<f64>,
    /// Number of the land that each should lie in.
    pub land: Vec<u32>,
    seen: usize,
    step: usize,
}

impl PointSample {
    /// Adds a point that should lie in land number `land`. Keeps every n-th point, evenly over the file.
    fn add(&mut self, x: f64, y: f64, land: u32) {
        self.step = self.step.max(1);
        if self.seen.is_multiple_of(self.step) {
            self.xs.push(x);
            self.ys.push(y);
            self.land.push(land);
        }
        self.seen += 1;
        if self.xs.len() == 2 * SAMPLE {
            self.step *= 2;
            for list in [&mut self.xs, &mut self.ys] {
                *list = list.iter().copied().step_by(2).collect();
            }
            self.land = self.land.iter().copied().step_by(2).collect();
        }
    }
    /// Adds the POI of those classes that are `wanted`.
    pub fn add_poi(&mut self, rows: &[PoiPlace], wanted: &[bool], land: u32) {
        let of_classes = rows.iter().filter(|row| wanted[row.class as usize]);
        of_classes.for_each(|row| self.add(row.x, row.y, land));
    }

    /// Adds the points with a weight above 0.
    pub fn add_weighted(&mut self, xs: &[f64], ys: &[f64], weights: &[f64], land: u32) {
        let weighted = xs.iter().zip(ys).zip(weights).filter(|(_, weight)| **weight > 0.0);
        weighted.for_each(|((x, y), _)| self.add(*x, *y, land));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_stays_small_and_even() {
        let mut sample = PointSample::default();
        (0..100_000).for_each(|i| sample.add(f64::from(i), 0.0, 0));
        assert!(sample.xs.len() >= SAMPLE && sample.xs.len() <= 2 * SAMPLE);
        assert!(sample.xs.windows(2).all(|w| w[1] - w[0] == sample.step as f64));
    }
}
