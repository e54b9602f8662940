//! Union of the polygons of each class, for the `zones` layer.

use carbonzone_geom::Coverage;
use geo::algorithm::unary_union;
use geo::orient::{Direction, Orient};
use geo_types::MultiPolygon;
use rayon::prelude::*;

/// Unites the features of equal class (one code per feature; a shorter slice leaves the rest out); classes ascend.
///
/// Good for maps, not for areas: the area of a class is the sum over its members.
pub fn dissolve(coverage: &Coverage, classes: &[u8]) -> Vec<(u8, MultiPolygon<f64>)> {
    let mut members: Vec<(u8, Vec<usize>)> = Vec::new();
    for (i, &class) in classes.iter().take(coverage.len()).enumerate() {
        match members.iter_mut().find(|(c, _)| *c == class) {
            Some((_, list)) => list.push(i),
            None => members.push((class, vec![i])),
        }
    }
    members.sort_by_key(|(class, _)| *class);
    members
        .into_par_iter()
        .map(|(class, list)| {
            let polygons: Vec<_> = list.iter().map(|&i| oriented(coverage, i)).collect();
            (class, unary_union(&polygons))
        })
        .collect()
}

/// A feature with its rings turned the usual way round: `unary_union` takes the direction of the first ring for that of
/// all, and loses features that are drawn the other way (a repaired polygon among others, say).
pub(crate) fn oriented(coverage: &Coverage, i: usize) -> MultiPolygon<f64> {
    coverage.multipolygon(i).orient(Direction::Default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_drawn_the_other_way_round_are_not_lost() {
        let square = |x: f64| vec![[x, 0.0], [x + 10.0, 0.0], [x + 10.0, 10.0], [x, 10.0], [x, 0.0]];
        for turned in 0..3 {
            let mut coverage = Coverage::new();
            for k in 0..3 {
                let mut ring = square(10.0 * f64::from(k));
                if k == turned {
                    ring.reverse();
                }
                coverage.push_rings(&[vec![ring]]);
            }
            let zones = dissolve(&coverage, &[1, 1, 1]);
            assert!((geo::Area::unsigned_area(&zones[0].1) - 300.0).abs() < 1e-6, "{turned}: {zones:?}");
        }
    }

    #[test]
    fn neighbours_of_one_class_become_one_polygon() {
        let mut coverage = Coverage::new();
        for x in [0.0, 10.0, 20.0] {
            coverage.push_rings(&[vec![vec![
                [x, 0.0],
                [x + 10.0, 0.0],
                [x + 10.0, 10.0],
                [x, 10.0],
                [x, 0.0],
            ]]]);
        }
        let zones = dissolve(&coverage, &[2, 2, 1]);
        assert_eq!(zones.iter().map(|z| z.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(zones[1].1.0.len(), 1);
        assert!((geo::Area::unsigned_area(&zones[1].1) - 200.0).abs() < 1e-6);
    }
}
