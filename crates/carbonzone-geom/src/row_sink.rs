//! Rows of an overlap matrix under construction.

/// By how much pieces may exceed the area before it is reported, relative to the area.
const OVERCOVER_TOLERANCE: f64 = 1e-9;

/// Rows under construction for a run of consecutive features.
#[derive(Debug)]
pub(crate) struct RowSink {
    pub ends: Vec<usize>,
    pub targets: Vec<u32>,
    pub areas: Vec<f64>,
    /// Rows that have such an area at all.
    pub outside: Vec<(u32, f64)>,
    pub overcovered: Vec<(u32, f64)>,
}

impl RowSink {
    /// Room for a usual run of this many features.
    pub fn with_capacity(features: usize) -> Self {
        let pieces = features + features / 2;
        Self {
            ends: Vec::with_capacity(features),
            targets: Vec::with_capacity(pieces),
            areas: Vec::with_capacity(pieces),
            outside: vec![],
            overcovered: vec![],
        }
    }

    fn open_row(&self) -> &[f64] {
        &self.areas[self.ends.last().copied().unwrap_or(0)..]
    }

    /// Adds a piece to the open row; targets must ascend.
    #[inline]
    pub fn push(&mut self, target: u32, area_m2: f64) {
        self.targets.push(target);
        self.areas.push(area_m2);
    }

    /// Sum of the open row.
    pub fn row_sum(&self) -> f64 {
        self.open_row().iter().sum()
    }

    /// Closes the row of a feature of the given area.
    #[inline]
    pub fn end_row(&mut self, area_m2: f64, outside_m2: f64) {
        let excess = match self.open_row() {
            [] => 0.0,
            pieces => pieces.iter().sum::<f64>() + outside_m2 - area_m2,
        };
        let row = self.ends.len() as u32;
        if outside_m2 > 0.0 {
            self.outside.push((row, outside_m2));
        }
        if excess > OVERCOVER_TOLERANCE * area_m2.abs() {
            self.overcovered.push((row, excess));
        }
        self.ends.push(self.areas.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_may_be_covered_twice_here_and_not_at_all_there() {
        let mut sink = RowSink::with_capacity(1);
        // 4 m²: half of it in two targets, half in none.
        sink.push(0, 2.0);
        sink.push(1, 2.0);
        sink.end_row(4.0, 2.0);
        for excess in [0.5e-9, 1.5e-9] {
            sink.push(0, 1.0 + excess);
            sink.end_row(1.0, 0.0);
        }
        assert_eq!(sink.outside, [(0, 2.0)]);
        let told: Vec<u32> = sink.overcovered.iter().map(|(row, _)| *row).collect();
        assert_eq!((told, sink.overcovered[0].1), (vec![0, 2], 2.0), "a billionth is rounding");
    }
}
