//! Features that lie, or reach, far beyond all others: a typing error, swapped axes, zeros for unknown coordinates.

use rayon::prelude::*;

use crate::Coverage;
use crate::ring::polygon_rings;
use crate::ring_box::union;

/// Farther than this many times the distance of all nearer features from the middle of the layer.
const TIMES_FARTHER: f64 = 5.0;
/// And beyond them by at least this, m: a small city has a village some kilometres off.
const BEYOND_M: f64 = 20_000.0;

/// A feature far off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FarOff {
    /// Index of the feature.
    pub feature: u32,
    /// Gap between it (or its farthest vertex) and the box around the others, m.
    pub distance_m: f64,
    /// Its vertex farthest from the others.
    pub vertex: [f64; 2],
    /// Part of it lies among the others: single vertices are wrong.
    pub reaches: bool,
}

/// Features far off, ascending, and the boxes `[x_min, y_min, x_max, y_max]` around all others and around all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FarOffs {
    /// The features.
    pub features: Vec<FarOff>,
    /// Box around all others; `None` for a layer without area.
    pub others: Option<[f64; 4]>,
    /// Box around all features; `None` for a layer without area.
    pub all: Option<[f64; 4]>,
}

/// Finds the features that lie or reach far beyond all others.
///
/// The middle of the layer is the median of the centres of its boxes. Distances from it (of the farthest corner of each box) are
/// sorted; what comes after a step to more than five times the distance, and more than 20 km, is far off. At least half the features
/// are always "the others", so two features alone are never told apart.
pub fn far_off(coverage: &Coverage) -> FarOffs {
    let boxes: Vec<Option<[f64; 4]>> =
        (0..coverage.len()).into_par_iter().with_min_len(1024).map(|i| coverage.bounds(i)).collect();
    let all = boxes.iter().flatten().copied().reduce(union);
    let none = FarOffs { features: vec![], others: all, all };
    let Some((middle, limit)) = limit_of(&boxes) else { return none };
    let is_far = |b: &[f64; 4]| farthest_corner(b, middle) > limit;
    let Some(others) = boxes.iter().flatten().filter(|b| !is_far(b)).copied().reduce(union) else {
        return none;
    };
    let far = (0..boxes.len()).filter_map(|i| boxes[i].filter(is_far).map(|b| (i, b)));
    let features = far.map(|(i, b)| describe(coverage, i, b, others)).collect();
    FarOffs { features, others: Some(others), all }
}

/// Box around the features that are not far off, for an index whose cells are to fit them; boxes of features without area are empty.
pub(crate) fn core_box(boxes: &[[f64; 4]]) -> Option<[f64; 4]> {
    let boxes: Vec<Option<[f64; 4]>> = boxes.iter().map(|b| (b[0] <= b[2]).then_some(*b)).collect();
    let (middle, limit) = limit_of(&boxes)?;
    boxes.into_iter().flatten().filter(|b| farthest_corner(b, middle) <= limit).reduce(union)
}

/// The middle of the layer, and the distance from it beyond which a feature is far off; `None` if none is.
fn limit_of(boxes: &[Option<[f64; 4]>]) -> Option<([f64; 2], f64)> {
    let used = || boxes.iter().flatten();
    let median = |k: usize| {
        let mut centres: Vec<f64> = used().map(|b| 0.5 * (b[k] + b[k + 2])).collect();
        let at = centres.len() / 2;
        (!centres.is_empty()).then(|| *centres.select_nth_unstable_by(at, f64::total_cmp).1)
    };
    let middle = rayon::join(|| median(0), || median(1));
    let middle = [middle.0?, middle.1?];
    let mut distances: Vec<f64> = used().map(|b| farthest_corner(b, middle)).collect();
    let farthest = distances.iter().copied().fold(0.0, f64::max);
    let at = distances.len() / 2;
    let usual = *distances.select_nth_unstable_by(at.saturating_sub(1), f64::total_cmp).1;
    if farthest <= TIMES_FARTHER * usual || farthest <= BEYOND_M {
        return None;
    }
    distances.sort_unstable_by(f64::total_cmp);
    let step = |d: &[f64]| d[1] > TIMES_FARTHER * d[0] && d[1] - d[0] > BEYOND_M;
    let first = distances.len() / 2;
    let at = distances.windows(2).skip(first.max(1) - 1).find(|d| distances.len() > 2 && step(d))?;
    Some((middle, at[0]))
}

fn farthest_corner(b: &[f64; 4], from: [f64; 2]) -> f64 {
    let reach = |k: usize| (b[k] - from[k]).abs().max((b[k + 2] - from[k]).abs());
    // Only compared with each other, so the few last digits do not matter.
    (reach(0) * reach(0) + reach(1) * reach(1)).sqrt()
}

fn describe(coverage: &Coverage, feature: usize, b: [f64; 4], others: [f64; 4]) -> FarOff {
    let gap = |[x, y]: [f64; 2]| {
        let along = |v: f64, k: usize| (others[k] - v).max(v - others[k + 2]).max(0.0);
        along(x, 0).hypot(along(y, 1))
    };
    let mut vertex = [b[0], b[1]];
    for p in coverage.parts_of(feature) {
        for ring in polygon_rings(coverage, p) {
            let (xs, ys) = coverage.ring(ring.ring);
            for v in xs.iter().zip(ys).map(|(&x, &y)| [x, y]) {
                if gap(v) > gap(vertex) {
                    vertex = v;
                }
            }
        }
    }
    let reaches = b[0] <= others[2] && b[2] >= others[0] && b[1] <= others[3] && b[3] >= others[1];
    let apart = |k: usize| (others[k] - b[k + 2]).max(b[k] - others[k + 2]).max(0.0);
    let distance_m = if reaches { gap(vertex) } else { apart(0).hypot(apart(1)) };
    FarOff { feature: feature as u32, distance_m, vertex, reaches }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, d: f64) -> Vec<Vec<Vec<[f64; 2]>>> {
        vec![vec![vec![[x, y], [x + d, y], [x + d, y + d], [x, y + d], [x, y]]]]
    }

    /// A city of 10 × `rows` squares of 1 km.
    fn city(rows: u32) -> Coverage {
        let mut c = Coverage::new();
        for k in 0..10 * rows {
            let (x, y) = (f64::from(k % 10) * 1000.0, f64::from(k / 10) * 1000.0);
            c.push_rings(&square(500_000.0 + x, 3_450_000.0 + y, 1000.0));
        }
        c
    }

    #[test]
    fn a_city_and_its_satellites_have_nothing_far_off() {
        let mut c = city(10);
        // An island 60 km off, a lake of 30 km.
        c.push_rings(&square(560_000.0, 3_500_000.0, 1000.0));
        c.push_rings(&square(510_000.0, 3_440_000.0, 30_000.0));
        let found = far_off(&c);
        assert_eq!(
            (found.features, found.others),
            (vec![], Some([500_000.0, 3_440_000.0, 561_000.0, 3_501_000.0]))
        );
        assert_eq!(far_off(&Coverage::new()), FarOffs::default());
        let mut two = Coverage::new();
        two.push_rings(&square(0.0, 0.0, 10.0));
        two.push_rings(&square(500_000.0, 3_450_000.0, 10.0));
        assert_eq!(far_off(&two).features, []);
    }

    #[test]
    fn typing_errors_zeros_and_swapped_vertices_are_found_with_their_distance() {
        let others = [500_000.0, 3_450_000.0, 510_000.0, 3_452_000.0];
        let mut c = city(2);
        c.push_rings(&square(500_000.0 - 901_000.0, 3_450_000.0, 1000.0));
        c.push_rings(&square(0.0, 0.0, 10.0));
        // One vertex with its axes swapped.
        let mut swapped = square(503_000.0, 3_451_000.0, 1000.0);
        swapped[0][0][2] = [3_452_000.0, 504_000.0];
        c.push_rings(&swapped);
        let found = far_off(&c);
        assert_eq!(found.others, Some(others));
        let [east, zero, vertex] = found.features[..] else { panic!("{found:?}") };
        assert_eq!((east.feature, east.distance_m, east.reaches), (20, 900_000.0, false));
        let to_zero = (500_000.0f64 - 10.0).hypot(3_450_000.0 - 10.0);
        assert_eq!((zero.feature, zero.distance_m, zero.vertex), (21, to_zero, [0.0, 0.0]));
        let to_swapped = (3_452_000.0f64 - 510_000.0).hypot(3_450_000.0 - 504_000.0);
        assert_eq!((vertex.feature, vertex.distance_m, vertex.reaches), (22, to_swapped, true));
        assert_eq!(vertex.vertex, [3_452_000.0, 504_000.0]);
    }
}
