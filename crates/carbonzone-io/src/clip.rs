//! Polygons cut by polygons: parcels at the border of the zones, and ground claimed by two zones.
//!
//! Only the features that need it are cut; all others keep their coordinates bit for bit.

use crate::cut::{Part, by_geo, by_geos, cut};
use carbonzone_geom::{Coverage, OverlapMatrix};
use geo::{BoundingRect, Coord, Intersects, Rect};
use geo_types::MultiPolygon;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Cuts every feature to the union of the zones. Features of which nothing is left are dropped: the second value
/// holds the indices of those that stay, ascending, aligned with the first.
pub fn clip_to(coverage: &Coverage, zones: &Coverage) -> (Coverage, Vec<u32>) {
    let weights = carbonzone_geom::overlap_zones(coverage, zones);
    parts(coverage, zones, &weights, Part::Inside)
}

/// What is left of features under others that are laid over them.
#[derive(Debug, Clone)]
pub struct Carved {
    /// The features of which something is left.
    pub coverage: Coverage,
    /// Their indices, ascending.
    pub kept: Vec<u32>,
    /// Ground that each feature lost, m², as the kernel of the overlay measures it; one per feature before.
    pub taken_m2: Vec<f64>,
}

/// Cuts the ground of others, which do not overlap each other, out of every feature.
pub fn carve(coverage: &Coverage, over: &Coverage) -> Carved {
    let weights = carbonzone_geom::overlap_zones(coverage, over);
    let (left, kept) = parts(coverage, over, &weights, Part::Outside);
    let mut taken_m2: Vec<f64> = (0..coverage.len()).map(|i| weights.row(i).1.iter().sum()).collect();
    let gone: BTreeSet<u32> = kept.iter().copied().collect();
    for i in (0..coverage.len() as u32).filter(|i| !gone.contains(i)) {
        taken_m2[i as usize] = coverage.area_m2(i as usize);
    }
    Carved { coverage: left, kept, taken_m2 }
}

/// The part of every feature inside or outside of others, with the indices of those of which something is left.
fn parts(
    coverage: &Coverage,
    others: &Coverage,
    weights: &OverlapMatrix,
    part: Part,
) -> (Coverage, Vec<u32>) {
    let shapes: Vec<MultiPolygon<f64>> = (0..others.len()).map(|i| others.multipolygon(i)).collect();
    let cut: Vec<Option<MultiPolygon<f64>>> = (0..coverage.len())
        .into_par_iter()
        .with_min_len(256)
        .map(|i| {
            let (inside, outside) = (weights.row(i).1.iter().sum::<f64>(), weights.outside_m2[i].abs());
            let (wanted, other) = if part == Part::Inside { (inside, outside) } else { (outside, inside) };
            let whole = coverage.multipolygon(i);
            if other <= 1e-9 * wanted {
                return Some(whole);
            }
            if part == Part::Outside && wanted <= 1e-9 * other {
                return None;
            }
            let touched = || weights.row(i).0.iter().map(|&z| &shapes[z as usize]);
            let near: Vec<MultiPolygon<f64>> = touched().filter_map(|zone| near_part(zone, &whole)).collect();
            // GEOS may refuse the edges along the box that `near_part` leaves; it takes the whole others then.
            let piece = by_geos(&whole, &near, part)
                .or_else(|| by_geos(&whole, &touched().cloned().collect::<Vec<_>>(), part))
                .unwrap_or_else(|| by_geo(&whole, &near, part));
            (!piece.0.is_empty()).then_some(piece)
        })
        .collect();
    let (mut out, mut kept) = (Coverage::new(), Vec::new());
    for (i, shape) in cut.iter().enumerate() {
        if let Some(shape) = shape {
            out.push_multipolygon(shape);
            kept.push(i as u32);
        }
    }
    (out, kept)
}

/// The part of a zone around a feature: cut to the feature's box by half planes, which spares the boolean
/// operation the zone's thousands of vertices. `None` if they do not meet.
fn near_part(zone: &MultiPolygon<f64>, feature: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let bounds = feature.bounding_rect()?;
    let margin = 1.0 + 1e-6 * (bounds.width() + bounds.height());
    let window = Rect::new(
        Coord { x: bounds.min().x - margin, y: bounds.min().y - margin },
        Coord { x: bounds.max().x + margin, y: bounds.max().y + margin },
    );
    let polygons: Vec<_> = zone
        .0
        .iter()
        .filter(|p| p.bounding_rect().is_some_and(|b| b.intersects(&window)))
        .filter_map(|p| {
            let shell = half_planes(p.exterior(), &window)?;
            let holes = p.interiors().iter().filter_map(|h| half_planes(h, &window)).collect();
            Some(geo_types::Polygon::new(shell, holes))
        })
        .collect();
    (!polygons.is_empty()).then(|| MultiPolygon::new(polygons))
}

/// Sutherland and Hodgman's clipping of a ring to a box. A concave ring may come out with edges along the box
/// that run back and forth; they enclose nothing and lie outside the feature.
fn half_planes(ring: &geo_types::LineString<f64>, window: &Rect<f64>) -> Option<geo_types::LineString<f64>> {
    /// A coordinate of a point.
    type Axis = fn(&Coord<f64>) -> f64;
    let sides: [(Axis, f64, f64); 4] = [
        (|c| c.x, window.min().x, 1.0),
        (|c| c.x, window.max().x, -1.0),
        (|c| c.y, window.min().y, 1.0),
        (|c| c.y, window.max().y, -1.0),
    ];
    let mut points: Vec<Coord<f64>> = ring.0.clone();
    points.pop();
    for (axis, limit, sign) in sides {
        let depth = |c: &Coord<f64>| sign * (axis(c) - limit);
        let mut next = Vec::with_capacity(points.len() + 4);
        for (k, &b) in points.iter().enumerate() {
            let a = points[(k + points.len() - 1) % points.len()];
            let (da, db) = (depth(&a), depth(&b));
            if (da >= 0.0) != (db >= 0.0) {
                let t = da / (da - db);
                next.push(Coord { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) });
            }
            if db >= 0.0 {
                next.push(b);
            }
        }
        points = next;
    }
    points.first().copied().filter(|_| points.len() >= 3).map(|first| {
        points.push(first);
        geo_types::LineString::new(points)
    })
}

/// Resolves overlaps: ground shared by a pair `(a, b, m2)` stays with the lower index and is cut from the other.
pub fn first_takes_all(coverage: &Coverage, pairs: &[(u32, u32, f64)]) -> Coverage {
    let mut rivals: Vec<Vec<u32>> = vec![Vec::new(); coverage.len()];
    for &(a, b, _) in pairs {
        let (low, high) = (a.min(b), a.max(b));
        if low != high && (high as usize) < rivals.len() {
            rivals[high as usize].push(low);
        }
    }
    let shapes: Vec<MultiPolygon<f64>> = rivals
        .par_iter()
        .enumerate()
        .map(|(i, lower)| {
            let mut lower = lower.clone();
            lower.sort_unstable();
            lower.dedup();
            // The original lower zones: what two of them share is theirs, whoever of them gets it.
            let taken: Vec<_> = lower.iter().map(|&j| coverage.multipolygon(j as usize)).collect();
            let own = coverage.multipolygon(i);
            if taken.is_empty() { own } else { cut(&own, &taken, Part::Outside) }
        })
        .collect();
    let mut out = Coverage::new();
    for shape in &shapes {
        out.push_multipolygon(shape);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage_of(boxes: &[[f64; 4]]) -> Coverage {
        let mut coverage = Coverage::new();
        for [x0, y0, x1, y1] in boxes {
            coverage.push_rings(&[vec![vec![[*x0, *y0], [*x1, *y0], [*x1, *y1], [*x0, *y1], [*x0, *y0]]]]);
        }
        coverage
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-5
    }

    #[test]
    fn parcels_are_cut_at_the_border_of_all_zones_and_dropped_outside() {
        let parcels = coverage_of(&[
            [1.0, 1.0, 2.0, 2.0],
            [8.0, 1.0, 12.0, 2.0],
            [18.0, 0.0, 24.0, 1.0],
            [30.0, 0.0, 31.0, 1.0],
        ]);
        let zones = coverage_of(&[[0.0, 0.0, 10.0, 10.0], [10.0, 0.0, 20.0, 10.0]]);
        let (clipped, kept) = clip_to(&parcels, &zones);
        assert_eq!(kept, [0, 1, 2]);
        assert_eq!(clipped.area_m2(0), 1.0);
        assert!(close(clipped.area_m2(1), 4.0) && close(clipped.area_m2(2), 2.0), "{:?}", clipped.areas_m2());
    }

    #[test]
    fn a_concave_zone_with_a_hole_is_clipped_right() {
        let mut zone = Coverage::new();
        let u_shape = vec![
            [0.0, 0.0],
            [30.0, 0.0],
            [30.0, 20.0],
            [20.0, 20.0],
            [20.0, 10.0],
            [10.0, 10.0],
            [10.0, 20.0],
            [0.0, 20.0],
            [0.0, 0.0],
        ];
        let hole = vec![[2.0, 2.0], [2.0, 4.0], [4.0, 4.0], [4.0, 2.0], [2.0, 2.0]];
        zone.push_rings(&[vec![u_shape, hole]]);
        let parcels = coverage_of(&[[5.0, 5.0, 25.0, 15.0], [1.0, 1.0, 5.0, 5.0], [11.0, 12.0, 19.0, 19.0]]);
        let (clipped, kept) = clip_to(&parcels, &zone);
        assert_eq!(kept, [0, 1]);
        assert!(
            close(clipped.area_m2(0), 150.0) || close(clipped.area_m2(0), 100.0 + 50.0),
            "{}",
            clipped.area_m2(0)
        );
        assert!(close(clipped.area_m2(1), 16.0 - 4.0), "{}", clipped.area_m2(1));
    }

    #[test]
    fn a_parcel_of_many_vertices_is_cut_to_the_area_that_was_measured() {
        // A jagged disc of 60,000 vertices over the corner where two of three quarters meet.
        let mut disc = Coverage::new();
        let corners = 60_000u32;
        let ring = (0..=corners).map(|k| {
            let t = std::f64::consts::TAU * f64::from(k % corners) / f64::from(corners);
            let r = 900.0 + f64::from(k % corners * 7919 % 97) / 3.0;
            [500_000.0 + r * t.cos(), 3_450_000.0 + r * t.sin()]
        });
        disc.push_rings(&[vec![ring.collect()]]);
        let (x, y) = (500_000.0, 3_450_000.0);
        let zones = coverage_of(&[
            [x - 2000.0, y, x, y + 2000.0],
            [x, y, x + 2000.0, y + 2000.0],
            [x - 2000.0, y - 2000.0, x, y],
        ]);
        let measured: f64 = carbonzone_geom::overlap_zones(&disc, &zones).row(0).1.iter().sum();
        let (cut, kept) = clip_to(&disc, &zones);
        assert_eq!((kept.as_slice(), cut.rings(0).count()), (&[0][..], 1));
        assert!((cut.area_m2(0) / measured - 1.0).abs() < 1e-9, "{} {measured}", cut.area_m2(0));
        // By GEOS: other coordinates than the new corners are those of the parcel, not snapped.
        let own: BTreeSet<u64> = disc.xs.iter().map(|v| v.to_bits()).collect();
        let strange = cut.xs.iter().filter(|v| !own.contains(&v.to_bits())).count();
        assert!(strange <= 4, "{strange}");
    }

    #[test]
    fn what_is_laid_over_is_cut_out_and_every_square_metre_is_accounted_for() {
        let (x, y) = (500_000.25, 3_450_000.5);
        let parcels = coverage_of(&[
            [x, y, x + 10.0, y + 10.0],
            [x + 10.0, y, x + 20.0, y + 10.0],
            [x + 2.0, y + 20.0, x + 4.0, y + 22.0],
            [x + 50.0, y, x + 60.0, y + 10.0],
        ]);
        let mut over = coverage_of(&[[x, y + 19.0, x + 9.0, y + 29.0]]);
        // An oblique lake with an island over the first two, and a hole of its own.
        let lake = [
            [x + 3.0, y + 1.0],
            [x + 17.0, y + 3.0],
            [x + 15.0, y + 8.5],
            [x + 4.5, y + 7.25],
            [x + 3.0, y + 1.0],
        ];
        let island = [[x + 8.0, y + 3.0], [x + 9.0, y + 6.0], [x + 12.0, y + 4.0], [x + 8.0, y + 3.0]];
        over.push_rings(&[vec![lake.to_vec(), island.to_vec()]]);
        let carved = carve(&parcels, &over);
        assert_eq!(carved.kept, [0, 1, 3]);
        assert_eq!((carved.taken_m2[2], carved.taken_m2[3]), (4.0, 0.0));
        let left: f64 = carved.coverage.areas_m2().iter().sum();
        let taken: f64 = carved.taken_m2.iter().sum();
        assert!((left + taken - 304.0).abs() < 1e-9 * 304.0, "{left} {taken}");
        assert!((taken - 4.0 - over.area_m2(1)).abs() < 1e-9, "{taken}");
        assert_eq!(carved.coverage.multipolygon(2), parcels.multipolygon(3));
    }

    #[test]
    fn shared_ground_stays_with_the_lower_index() {
        let zones = coverage_of(&[[0.0, 0.0, 10.0, 10.0], [8.0, 0.0, 20.0, 10.0], [9.0, 0.0, 21.0, 10.0]]);
        let out = first_takes_all(&zones, &[(0, 1, 20.0), (0, 2, 10.0), (1, 2, 110.0)]);
        let areas = out.areas_m2();
        assert!(close(areas[0], 100.0) && close(areas[1], 100.0) && close(areas[2], 10.0), "{areas:?}");
    }

    fn square(x0: f64, x1: f64) -> Vec<Vec<Vec<[f64; 2]>>> {
        vec![vec![vec![[x0, 0.0], [x1, 0.0], [x1, 10.0], [x0, 10.0], [x0, 0.0]]]]
    }

    fn coverage(spans: &[(f64, f64)]) -> Coverage {
        let mut out = Coverage::new();
        for (x0, x1) in spans {
            out.push_rings(&square(*x0, *x1));
        }
        out
    }

    #[test]
    fn a_parcel_across_the_border_keeps_its_inner_part() {
        let (cut, kept) =
            clip_to(&coverage(&[(0.0, 10.0), (15.0, 25.0), (30.0, 40.0)]), &coverage(&[(0.0, 20.0)]));
        assert_eq!(kept, [0, 1]);
        assert_eq!(cut.area_m2(0), 100.0);
        assert!((cut.area_m2(1) - 50.0).abs() < 1e-6);
    }

    #[test]
    fn zones_drawn_in_either_direction_take_their_ground() {
        let mut zones = coverage(&[(0.0, 10.0)]);
        let mut turned = square(10.0, 20.0);
        turned[0][0].reverse();
        zones.push_rings(&turned);
        zones.push_rings(&square(8.0, 30.0));
        let out = first_takes_all(&zones, &[(0, 2, 20.0), (1, 2, 100.0)]);
        assert!((out.area_m2(2) - 100.0).abs() < 1e-6, "{:?}", out.areas_m2());
    }

    #[test]
    fn the_earlier_zone_takes_shared_ground() {
        let zones = first_takes_all(&coverage(&[(0.0, 10.0), (8.0, 20.0)]), &[(0, 1, 20.0)]);
        assert!((zones.area_m2(0) - 100.0).abs() < 1e-6);
        assert!((zones.area_m2(1) - 100.0).abs() < 1e-6);
    }
}
