//! Nearest parcel within a distance: R-tree.

use geo_types::Point;
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{PointDistance, RTree};

use crate::Coverage;
use crate::crossings::odd_crossings;
use crate::ring::{for_each_edge, polygon_rings};
use crate::ring_blocks::Blocks;

type Item = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// Finds the nearest parcel of a point, for example for points of interest that fall on a road.
#[derive(Debug)]
pub struct NearestIndex<'a> {
    coverage: &'a Coverage,
    tree: RTree<Item>,
}

impl<'a> NearestIndex<'a> {
    /// Builds the tree over the features `subset` (for example those of one land group). Features without area are left out.
    ///
    /// # Panics
    /// If an index is not below `coverage.len()`.
    pub fn new(coverage: &'a Coverage, subset: &[u32]) -> Self {
        let item = |&i: &u32| {
            let [x0, y0, x1, y1] = coverage.bounds(i as usize)?;
            Some(Item::new(Rectangle::from_corners([x0, y0], [x1, y1]), i))
        };
        Self { coverage, tree: RTree::bulk_load(subset.par_iter().filter_map(item).collect()) }
    }

    /// The nearest feature not farther than `max_m` metres, and its distance in m (0 inside); ties go to the lowest index.
    pub fn nearest_within(&self, x: f64, y: f64, max_m: f64) -> Option<(u32, f64)> {
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        let mut best: Option<(u32, f64)> = None;
        for item in self.tree.nearest_neighbor_iter(&[x, y]) {
            let reach = best.map_or(max_m, |b| b.1);
            // Boxes come by ascending distance; the allowance covers the rounding of squares.
            if item.geom().distance_2(&[x, y]) > reach * reach * (1.0 + 1e-12) {
                break;
            }
            let d = self.distance(item.data as usize, x, y);
            if d <= max_m && best.is_none_or(|(i, top)| d < top || (d == top && item.data < i)) {
                best = Some((item.data, d));
            }
        }
        best
    }

    /// Distance in m from a point to a feature, 0 inside or on its boundary.
    fn distance(&self, i: usize, x: f64, y: f64) -> f64 {
        let mut nearest_2 = f64::INFINITY;
        for part in self.coverage.parts_of(i) {
            let mut inside = false;
            for ring in polygon_rings(self.coverage, part) {
                let (xs, ys) = self.coverage.ring(ring.ring);
                inside ^= odd_crossings((xs, ys), Blocks::NONE, x, y);
                for_each_edge(xs, ys, |xa, ya, xb, yb| {
                    nearest_2 = nearest_2.min(segment_distance_2([x, y], [xa, ya], [xb, yb]));
                });
            }
            if inside {
                return 0.0;
            }
        }
        nearest_2.sqrt()
    }
}

/// Squared distance in m² from a point to a segment.
fn segment_distance_2(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (d, v) = (Point::from(b) - Point::from(a), Point::from(p) - Point::from(a));
    let length_2 = d.dot(d);
    let t = if length_2 > 0.0 { (v.dot(d) / length_2).clamp(0.0, 1.0) } else { 0.0 };
    let to_line = v - d * t;
    to_line.dot(to_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares() -> Coverage {
        let mut c = Coverage::new();
        for x in [0.0, 20.0, 40.0] {
            c.push_rings(&[vec![vec![[x, 0.0], [x + 10.0, 0.0], [x + 10.0, 10.0], [x, 10.0], [x, 0.0]]]]);
        }
        c
    }

    #[test]
    fn nearest_is_by_distance_to_the_polygon_and_ties_go_to_the_lowest_index() {
        let c = squares();
        let index = NearestIndex::new(&c, &[2, 1, 0]);
        assert_eq!(index.nearest_within(13.0, 5.0, 50.0), Some((0, 3.0)));
        assert_eq!(index.nearest_within(15.0, 5.0, 50.0), Some((0, 5.0)));
        assert_eq!(index.nearest_within(35.0, 5.0, 50.0), Some((1, 5.0)));
        assert_eq!(index.nearest_within(45.0, 5.0, 50.0), Some((2, 0.0)));
        assert_eq!(index.nearest_within(13.0, 14.0, 50.0), Some((0, 5.0)));
    }

    #[test]
    fn only_the_subset_within_the_limit_counts() {
        let c = squares();
        let index = NearestIndex::new(&c, &[2]);
        assert_eq!(index.nearest_within(13.0, 5.0, 50.0), Some((2, 27.0)));
        assert_eq!(index.nearest_within(13.0, 5.0, 27.0), Some((2, 27.0)));
        assert_eq!(index.nearest_within(13.0, 5.0, 26.9), None);
        assert_eq!(index.nearest_within(f64::NAN, 5.0, 26.9), None);
        assert_eq!(NearestIndex::new(&c, &[]).nearest_within(0.0, 0.0, 1e9), None);
    }

    #[test]
    fn a_diagonal_neighbour_with_a_nearer_box_does_not_win() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![vec![[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [0.0, 0.0]]]]);
        c.push_rings(&[vec![vec![[11.0, 9.0], [12.0, 9.0], [12.0, 10.0], [11.0, 9.0]]]]);
        let index = NearestIndex::new(&c, &[0, 1]);
        assert_eq!(index.nearest_within(10.0, 9.0, 50.0).unwrap().0, 1);
    }
}
