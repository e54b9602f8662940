//! People that are listed twice: rows with the same place and the same number.

use crate::repeats::perhaps_repeated;
use carbonzone_geom::Coverage;
use carbonzone_types::ExactSum;
use rayon::prelude::*;

/// A point: easting, northing and people, as bits.
type PointKey = [u64; 3];
/// A polygon: its box and people, as bits, and its number in the layer.
type PolygonKey = ([u64; 5], usize);

/// Points with people, as they are compared.
#[derive(Debug, Default)]
pub struct PeoplePoints(Vec<PointKey>);

impl PeoplePoints {
    /// Adds the points on which there is anybody.
    pub fn add(&mut self, xs: &[f64], ys: &[f64], people: &[f64]) {
        let points = xs.iter().zip(ys).zip(people).filter(|(_, people)| **people > 0.0);
        self.0.extend(points.map(|((x, y), people)| [x, y, people].map(|v| v.to_bits())));
    }
}

/// Rows that repeat another one.
#[derive(Debug, Default)]
pub struct RepeatedPeople {
    /// Rows that repeat another.
    pub count: u64,
    /// People on them.
    pub people: ExactSum,
    /// People on all rows.
    pub all: ExactSum,
    /// Place and people of the first of them, whatever the order of the file.
    pub example: Option<([f64; 2], f64)>,
}

impl RepeatedPeople {
    fn add(&mut self, again: usize, people: f64, place: [f64; 2]) {
        self.count += again as u64;
        (0..again).for_each(|_| self.people.add(people));
        self.example.get_or_insert((place, people));
    }

    /// Points with the same coordinates and people.
    pub fn of_points(points: &PeoplePoints) -> Self {
        let points = points.0.as_slice();
        let sum = |part: &[PointKey]| part.iter().map(|p| f64::from_bits(p[2])).collect::<ExactSum>();
        let mut all = ExactSum::new();
        points.par_chunks(1 << 16).map(sum).collect::<Vec<_>>().into_iter().for_each(|part| all.merge(part));
        let mut repeats = Self { all, ..Self::default() };
        let points = perhaps_repeated(points);
        for same in points.chunk_by(|a, b| a == b).filter(|same| same.len() > 1) {
            let [x, y, people] = same[0].map(f64::from_bits);
            repeats.add(same.len() - 1, people, [x, y]);
        }
        repeats
    }

    /// Polygons with the same vertices, from whichever of them they are drawn, and the same people.
    pub fn of_polygons(coverage: &Coverage, people: &[f64]) -> Self {
        let mut repeats = Self::default();
        let mut keys: Vec<PolygonKey> = Vec::new();
        for (i, &people) in people.iter().enumerate().filter(|(_, people)| **people > 0.0) {
            repeats.all.add(people);
            let key = |[x0, y0, x1, y1]: [f64; 4]| ([x0, y0, x1, y1, people].map(f64::to_bits), i);
            keys.extend(coverage.bounds(i).map(key));
        }
        keys.par_sort_unstable();
        for same_box in keys.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let mut drawn: Vec<Vec<[u64; 2]>> =
                same_box.iter().map(|(_, i)| vertices(coverage, *i)).collect();
            drawn.sort_unstable();
            let [x0, y0, x1, y1, people] = same_box[0].0.map(f64::from_bits);
            for same in drawn.chunk_by(|a, b| a == b).filter(|same| same.len() > 1) {
                repeats.add(same.len() - 1, people, [f64::midpoint(x0, x1), f64::midpoint(y0, y1)]);
            }
        }
        repeats
    }
}

/// The vertices of a polygon in order of their coordinates.
fn vertices(coverage: &Coverage, i: usize) -> Vec<[u64; 2]> {
    let of_ring = |ring: carbonzone_geom::Ring<'_>| {
        let bits = ring.xs.iter().zip(ring.ys).map(|(x, y)| [x.to_bits(), y.to_bits()]);
        bits.collect::<Vec<_>>()
    };
    let mut all: Vec<[u64; 2]> = coverage.rings(i).flat_map(of_ring).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, from: usize) -> Vec<Vec<Vec<[f64; 2]>>> {
        let corners = [[x, 0.0], [x + 1.0, 0.0], [x + 1.0, 1.0], [x, 1.0]];
        vec![vec![(0..=4).map(|k| corners[(from + k) % 4]).collect()]]
    }

    fn of_points(rows: &[(f64, f64, f64)]) -> RepeatedPeople {
        let mut points = PeoplePoints::default();
        for (x, y, n) in rows {
            points.add(&[*x], &[*y], &[*n]);
        }
        RepeatedPeople::of_points(&points)
    }

    #[test]
    fn points_repeat_in_any_order_and_zero_people_do_not_count() {
        let rows = [(1.0, 2.0, 5.0), (9.0, 2.0, 5.0), (1.0, 2.0, 5.0), (1.0, 2.0, 6.0), (1.0, 2.0, 5.0)];
        let repeats = of_points(&rows);
        assert_eq!((repeats.count, repeats.people.value(), repeats.all.value()), (2, 10.0, 26.0));
        let nobody = [(1.0, 2.0, 0.0), (1.0, 2.0, 0.0)];
        assert_eq!(of_points(&nobody).count, 0);
    }

    #[test]
    fn polygons_repeat_from_whichever_corner_they_are_drawn() {
        let mut coverage = Coverage::new();
        for parts in [square(0.0, 0), square(5.0, 0), square(0.0, 2), square(0.0, 1)] {
            coverage.push_rings(&parts);
        }
        let repeats = RepeatedPeople::of_polygons(&coverage, &[10.0, 10.0, 10.0, 11.0]);
        assert_eq!((repeats.count, repeats.people.value()), (1, 10.0));
        assert_eq!(repeats.example, Some(([0.5, 0.5], 10.0)));
    }
}
