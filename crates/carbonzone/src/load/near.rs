//! Which of the points of one name were kept within a few metres: a lookup that does not grow with their number.

use std::collections::HashMap;

/// Points kept so far, by square of the side of the distance asked for.
pub struct NearPoints {
    reach_m: f64,
    squares: HashMap<(i64, i64), Vec<usize>>,
}

impl NearPoints {
    /// Nothing kept; for a distance in m.
    pub fn new(reach_m: f64) -> Self {
        Self { reach_m, squares: HashMap::new() }
    }

    /// Forgets all points.
    pub fn clear(&mut self) {
        self.squares.clear();
    }

    /// Keeps a point under a number.
    pub fn keep(&mut self, x: f64, y: f64, number: usize) {
        self.squares.entry(self.square(x, y)).or_default().push(number);
    }

    /// Numbers of the points in the nine squares around a place: all that are near, and a few more.
    pub fn around(&self, x: f64, y: f64) -> impl Iterator<Item = usize> {
        let (col, row) = self.square(x, y);
        (-1..=1)
            .flat_map(move |up| {
                (-1..=1).map(move |right| (col.saturating_add(right), row.saturating_add(up)))
            })
            .filter_map(|square| self.squares.get(&square))
            .flatten()
            .copied()
    }

    fn square(&self, x: f64, y: f64) -> (i64, i64) {
        ((x / self.reach_m).floor() as i64, (y / self.reach_m).floor() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_points_are_found_across_squares_and_far_ones_are_not_looked_at() {
        let mut near = NearPoints::new(5.0);
        let place = |k: usize| (f64::from(k as u32 % 300) * 7.0, f64::from(k as u32 / 300) * 7.0);
        (0..90_000).for_each(|k| near.keep(place(k).0, place(k).1, k));
        let mut looked_at = 0;
        for k in 0..90_000 {
            let (x, y) = (place(k).0 + 3.0, place(k).1 - 3.9);
            let found: Vec<usize> = near.around(x, y).collect();
            assert!(found.contains(&k), "{k}");
            looked_at += found.len();
        }
        // Every point has at most nine squares of 5 m around it, and points lie 7 m apart.
        assert!(looked_at <= 9 * 90_000, "{looked_at}");
        near.clear();
        assert_eq!(near.around(0.0, 0.0).count(), 0);
    }
}
