//! One polygon cut by others.
//!
//! GEOS cuts, on coordinates near the origin: it rounds its new corners to the precision of the numbers, which is 5e-10 m at 3,450,000 m
//! and 1e-13 m at 1,000 m. GEOS is rarely wrong, but then silently: the area must be the one that the kernel of the
//! overlay measures, else the boolean operations of `geo` cut (they snap to about 1e-9 of the extent).

use crate::decode::polygons_of_collection;
use crate::gdal_log::capture;
use carbonzone_geom::Coverage;
use gdal::vector::Geometry;
use geo::algorithm::unary_union;
use geo::orient::{Direction, Orient};
use geo::{BooleanOps, BoundingRect, CoordsIter, MapCoords};
use geo_types::{Coord, MultiPolygon};

/// Which part of a polygon is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What lies in any of the others.
    Inside,
    /// What lies in none of them.
    Outside,
}

/// Largest difference to the measured area: this share of the whole, and this many m².
const SAME_AREA: f64 = 1e-9;
const SAME_M2: f64 = 1e-6;

/// The part of a polygon inside or outside of others, which may overlap.
pub(crate) fn cut(own: &MultiPolygon<f64>, others: &[MultiPolygon<f64>], part: Part) -> MultiPolygon<f64> {
    by_geos(own, others, part).unwrap_or_else(|| by_geo(own, others, part))
}

/// Cuts by GEOS; `None` if it refuses, or gives another area than was measured.
pub(crate) fn by_geos(
    own: &MultiPolygon<f64>,
    others: &[MultiPolygon<f64>],
    part: Part,
) -> Option<MultiPolygon<f64>> {
    let corner = own.bounding_rect()?.min();
    // Whole metres: taking them off and putting them back changes no bit of a coordinate.
    let origin = Coord { x: corner.x.floor(), y: corner.y.floor() };
    let own = own.map_coords(|c| c - origin);
    let others: Vec<_> = others.iter().map(|o| o.map_coords(|c| c - origin)).collect();
    let ((area, piece), _messages) = capture(|| {
        let area = union(&others);
        let piece = area.as_ref().and_then(|area| {
            let own = geometry(&own)?;
            match part {
                Part::Inside => own.intersection(area),
                Part::Outside => own.difference(area),
            }
        });
        (area, piece)
    });
    let (area, piece) = (polygons(&area?)?, polygons(&piece?)?);
    let (whole_m2, inside_m2) = (one(&own).area_m2(0), common_m2(&own, &area));
    let expected = if part == Part::Inside { inside_m2 } else { whole_m2 - inside_m2 };
    let found = if piece.0.is_empty() { 0.0 } else { one(&piece).area_m2(0) };
    ((found - expected).abs() <= SAME_AREA * whole_m2 + SAME_M2).then(|| piece.map_coords(|c| c + origin))
}

fn union(shapes: &[MultiPolygon<f64>]) -> Option<Geometry> {
    let mut area = geometry(shapes.first()?)?;
    for shape in &shapes[1..] {
        area = area.union(&geometry(shape)?)?;
    }
    Some(area)
}

fn geometry(shape: &MultiPolygon<f64>) -> Option<Geometry> {
    Geometry::from_wkb(&one(shape).wkb(0)).ok()
}

fn polygons(geometry: &Geometry) -> Option<MultiPolygon<f64>> {
    let (mut polygons, _others) = polygons_of_collection(&geometry.wkb().ok()?)?;
    polygons.0.retain(|p| p.exterior().coords_count() > 3);
    Some(polygons)
}

fn one(shape: &MultiPolygon<f64>) -> Coverage {
    let mut coverage = Coverage::new();
    coverage.push_multipolygon(shape);
    coverage
}

/// Area of the ground that two polygons have in common, as the kernel measures it, m².
fn common_m2(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>) -> f64 {
    if b.0.is_empty() { 0.0 } else { carbonzone_geom::overlap_zones(&one(a), &one(b)).areas_m2.iter().sum() }
}

/// Cuts by `geo`.
pub(crate) fn by_geo(own: &MultiPolygon<f64>, others: &[MultiPolygon<f64>], part: Part) -> MultiPolygon<f64> {
    // `unary_union` takes the direction of the first ring for that of all.
    let turned: Vec<_> = others.iter().map(|o| o.orient(Direction::Default)).collect();
    let (own, area) = (own.orient(Direction::Default), unary_union(&turned));
    match part {
        Part::Inside => own.intersection(&area),
        Part::Outside => own.difference(&area),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area;

    fn quad(corners: [[f64; 2]; 4]) -> MultiPolygon<f64> {
        let ring: Vec<Coord<f64>> =
            corners.iter().chain(&corners[..1]).map(|[x, y]| Coord { x: *x, y: *y }).collect();
        MultiPolygon::new(vec![geo_types::Polygon::new(ring.into(), vec![])])
    }

    /// A parcel of 20 m at the coordinates of a city, cut by an oblique border through the given heights.
    fn parcel_and_border(left: f64, right: f64) -> (MultiPolygon<f64>, MultiPolygon<f64>) {
        let (x, y) = (500_123.25, 3_461_234.5);
        let parcel = quad([[x, y], [x + 20.0, y], [x + 20.0, y + 20.0], [x, y + 20.0]]);
        let border = [[x - 7.0, y - 9.0], [x + 29.0, y - 9.0], [x + 29.0, y + right], [x - 7.0, y + left]];
        (parcel, quad(border))
    }

    #[test]
    fn a_cut_parcel_has_its_area_to_a_billionth() {
        for (left, right) in [(3.125, 11.375), (0.5, 19.25), (17.0, 2.625)] {
            let (parcel, border) = parcel_and_border(left, right);
            let height = |t: f64| left + (right - left) * t / 36.0;
            let expected = 20.0 * f64::midpoint(height(7.0), height(27.0));
            for turned in [false, true] {
                let other = if turned { border.orient(Direction::Reversed) } else { border.clone() };
                let inside = cut(&parcel, std::slice::from_ref(&other), Part::Inside).unsigned_area();
                let outside = cut(&parcel, &[other], Part::Outside).unsigned_area();
                assert!((inside / expected - 1.0).abs() < 1e-9, "{inside} {expected}");
                assert!((outside / (400.0 - expected) - 1.0).abs() < 1e-9, "{outside}");
            }
        }
    }

    #[test]
    fn old_corners_keep_every_bit() {
        let (parcel, border) = parcel_and_border(3.125, 11.375);
        let part = cut(&parcel, &[border], Part::Inside);
        let own: Vec<Coord<f64>> = parcel.coords_iter().collect();
        assert_eq!(part.0[0].exterior().0.iter().skip(1).filter(|c| own.contains(c)).count(), 2, "{part:?}");
    }

    #[test]
    fn nothing_in_common_gives_nothing_and_others_may_overlap() {
        let (parcel, border) = parcel_and_border(-5.0, -5.0);
        assert!(cut(&parcel, std::slice::from_ref(&border), Part::Inside).0.is_empty());
        assert_eq!(cut(&parcel, &[border], Part::Outside).unsigned_area(), 400.0);
        let (_, low) = parcel_and_border(5.0, 5.0);
        let (_, high) = parcel_and_border(10.0, 10.0);
        let outside = cut(&parcel, &[low, high], Part::Outside).unsigned_area();
        assert!((outside / 200.0 - 1.0).abs() < 1e-12, "{outside}");
    }
}
