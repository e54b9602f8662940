//! Inputs on which overlay libraries are wrong, throw, or disagree, by name.

use carbonzone_geom::validity::defects;
use carbonzone_geom::{
    Coverage, LineIndex, NO_PARCEL, PointLocator, overlap_grid, overlap_grid_and_zones, overlap_zones,
    pair_overlap_m2, self_overlaps,
};
use carbonzone_types::GridSpec;

type Ring = Vec<[f64; 2]>;

fn layer(rings: &[Ring]) -> Coverage {
    let mut c = Coverage::new();
    for ring in rings {
        c.push_rings(&[vec![ring.clone()]]);
    }
    c
}

fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Ring {
    vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
}

/// Both ways to the area of an intersection: the plain pair sum, and the local one through the index.
fn both_areas(a: &Ring, b: &Ring) -> (f64, f64) {
    let (p, z) = (layer(std::slice::from_ref(a)), layer(std::slice::from_ref(b)));
    let local = overlap_zones(&p, &z).areas_m2.iter().sum();
    (pair_overlap_m2(&p, 0, &z, 0), local)
}

/// A rotated rectangle: one end at `at`, `length` along `angle`, `width` to its left.
fn bar(at: [f64; 2], angle: f64, length: f64, width: f64) -> Ring {
    let (c, s) = (angle.cos(), angle.sin());
    let p = |u: f64, v: f64| [at[0] + u * c - v * s, at[1] + u * s + v * c];
    vec![p(0.0, 0.0), p(length, 0.0), p(length, width), p(0.0, width), p(0.0, 0.0)]
}

/// The kind of shapely#1871: two neighbours whose common boundary differs by one unit in the last place. Overlay programs
/// have returned the whole polygon.
#[test]
fn neighbours_that_are_one_ulp_apart_have_nothing_in_common() {
    let a = rect(500_000.0, 3_450_000.0, 500_125.9, 3_450_125.9);
    for x in [500_125.9f64.next_down(), 500_125.9, 500_125.9f64.next_up()] {
        let mut b = rect(x, 3_450_000.0, 500_300.0, 3_450_125.9);
        b[3][1] = b[3][1].next_up();
        let (pair, local) = both_areas(&a, &b);
        // One unit in the last place of the easting over 126 m.
        assert!(pair < 1e-8 && local < 1e-8, "{x}: {pair} {local}");
    }
}

/// The kind of shapely#2368 and geos#1344: rotated rectangles end to end.
#[test]
fn rotated_rectangles_that_share_an_end_have_nothing_in_common() {
    for k in 0..2000 {
        let angle = f64::from(k) * 0.003_141;
        let (length, width) = (18.0 + f64::from(k % 7), 7.0 + f64::from(k % 3));
        let a = bar([500_000.3, 3_450_000.7], angle, length, width);
        let mut b = bar(a[1], angle, length, width);
        (b[0], b[3]) = (a[1], a[2]);
        b[4] = b[0];
        let (pair, local) = both_areas(&a, &b);
        assert!(pair < 1e-7 && local < 1e-7, "{k}: {pair} {local}");
    }
}

/// The kind of jts#820: a small polygon whose boundary nearly follows that of the large one around it.
#[test]
fn a_small_polygon_along_the_inside_of_a_big_one_is_found_whole() {
    for k in 0..500 {
        let angle = 0.1 + f64::from(k) * 0.003;
        let big = bar([500_000.1, 3_450_000.2], angle, 1000.0, 1000.0);
        let small =
            bar([500_000.1 + 300.0 * angle.cos(), 3_450_000.2 + 300.0 * angle.sin()], angle, 1.9, 0.944);
        let own = layer(std::slice::from_ref(&small)).area_m2(0);
        let (pair, local) = both_areas(&small, &big);
        // The corner of the small one is rounded to 1e-9 m.
        assert!((pair - own).abs() < 1e-8 && (local - own).abs() < 1e-8, "{k}: {own} {pair} {local}");
    }
}

#[test]
fn half_open_vertex_points_on_shared_corners_have_one_owner() {
    let c = layer(&[
        rect(0.0, 0.0, 1.0, 1.0),
        rect(1.0, 0.0, 2.0, 1.0),
        rect(0.0, 1.0, 1.0, 2.0),
        rect(1.0, 1.0, 2.0, 2.0),
    ]);
    let locator = PointLocator::new(&c);
    let owners: Vec<u32> = (0..4)
        .map(|i| layer(&[rect_of(&c, i)]))
        .zip(0..)
        .filter_map(|(one, i)| PointLocator::new(&one).locate(1.0, 1.0).map(|_| i))
        .collect();
    assert_eq!(owners, [3]);
    assert_eq!(locator.locate(1.0, 1.0), Some(3));
}

fn rect_of(c: &Coverage, i: usize) -> Ring {
    c.rings(i)
        .flat_map(|r| r.xs.iter().copied().zip(r.ys.iter().copied()).map(|(x, y)| [x, y]).collect::<Ring>())
        .collect()
}

#[test]
fn t_junction_coverage_closes_to_the_rounding_of_its_coordinates() {
    // Two parcels meet one long oblique edge; their common corner lies on it up to rounding.
    let (a, b) = ([500_000.0, 3_450_000.0], [500_130.7, 3_450_091.3]);
    let m = [a[0] + 0.37 * (b[0] - a[0]), a[1] + 0.37 * (b[1] - a[1])];
    let south = vec![a, [b[0], a[1]], b, a];
    let west = vec![a, m, [m[0], m[1] + 80.0], a];
    let east = vec![m, b, [m[0], m[1] + 80.0], m];
    let c = layer(&[south, west, east]);
    assert!(self_overlaps(&c).is_empty());
    for (i, j) in [(0, 1), (0, 2), (1, 2)] {
        assert!(pair_overlap_m2(&c, i, &c, j) < 1e-7);
    }
    // Exactly on the oblique edge a point may fall into the sliver; a micrometre beside it, it has its owner.
    let locator = PointLocator::new(&c);
    for k in (1..100).filter(|k| *k != 37) {
        let t = f64::from(k) / 100.0;
        let (x, y) = (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]));
        assert_eq!(locator.locate(x, y - 1e-6), Some(0), "{t}");
        assert_eq!(locator.locate(x, y + 1e-6), Some(if k < 37 { 1 } else { 2 }), "{t}");
    }
}

#[test]
fn parcel_touching_a_grid_line_exactly_is_in_one_cell() {
    let g = GridSpec { x_min: 0.0, y_max: 2000.0, cell: 1000.0, cols: 2, rows: 2 };
    let m =
        overlap_grid(&layer(&[rect(900.0, 900.0, 1000.0, 1000.0), rect(1000.0, 1000.0, 1100.0, 1100.0)]), &g);
    assert_eq!((m.row(0), m.row(1)), ((&[2][..], &[1e4][..]), (&[1][..], &[1e4][..])));
}

#[test]
fn hole_touching_the_shell_is_outside_for_every_measure() {
    let mut c = Coverage::new();
    let hole = vec![[0.0, 5.0], [5.0, 3.0], [5.0, 7.0], [0.0, 5.0]];
    c.push_rings(&[vec![rect(0.0, 0.0, 10.0, 10.0), hole]]);
    assert_eq!(c.area_m2(0), 90.0);
    assert!(defects(&c, 0).is_empty());
    let locator = PointLocator::new(&c);
    assert_eq!((locator.locate(3.0, 5.0), locator.locate(8.0, 5.0)), (None, Some(0)));
    let l = LineIndex::new(&c).lengths(&[-1.0, 11.0], &[5.0, 5.0]);
    assert!((l[0].1 - 5.0).abs() < 1e-12);
    let m = overlap_zones(&layer(&[rect(0.0, 0.0, 10.0, 10.0)]), &c);
    assert!((m.areas_m2[0] - 90.0).abs() < 1e-12 && (m.outside_m2[0] - 10.0).abs() < 1e-12);
}

#[test]
fn parcel_equal_to_a_cell_and_zone_equal_to_a_parcel_are_covered_exactly() {
    let g = GridSpec { x_min: 500_000.0, y_max: 3_452_000.0, cell: 1000.0, cols: 2, rows: 2 };
    let p = layer(&[rect(500_000.0, 3_450_000.0, 501_000.0, 3_451_000.0)]);
    let (cells, zones) = overlap_grid_and_zones(&p, &g, &p);
    assert_eq!((cells.row(0), cells.outside_m2[0]), ((&[2][..], &[1e6][..]), 0.0));
    assert_eq!((zones.row(0), zones.outside_m2[0]), ((&[0][..], &[1e6][..]), 0.0));
}

#[test]
fn zero_area_rings_and_nan_give_empty_rows_and_a_finding() {
    let flat = vec![[0.0, 0.0], [5.0, 5.0], [0.0, 0.0]];
    let mut bad = rect(0.0, 0.0, 1.0, 1.0);
    bad[2][1] = f64::NAN;
    let c = layer(&[flat, bad, rect(0.0, 0.0, f64::INFINITY, 1.0), vec![], vec![[1.0, 1.0]]]);
    let g = GridSpec { x_min: 0.0, y_max: 10.0, cell: 1.0, cols: 10, rows: 10 };
    let (cells, zones) = overlap_grid_and_zones(&c, &g, &layer(&[rect(-1.0, -1.0, 9.0, 9.0)]));
    assert!(cells.targets.is_empty() && zones.targets.is_empty());
    assert_eq!((cells.outside_m2, zones.outside_m2), (vec![0.0; 5], vec![0.0; 5]));
    assert!((0..c.len()).all(|i| !defects(&c, i).is_empty()));
    assert_eq!(PointLocator::new(&c).locate_all(&[0.5], &[0.5]), [NO_PARCEL]);
    assert!(LineIndex::new(&c).lengths(&[-1.0, 9.0], &[0.5, 0.5]).is_empty());
    // The same rings as zones.
    assert!(overlap_zones(&layer(&[rect(0.0, 0.0, 4.0, 4.0)]), &c).targets.is_empty());
}

#[test]
fn road_along_a_shared_oblique_boundary_is_counted_once() {
    let (a, b) = ([500_000.3, 3_450_000.1], [500_077.9, 3_450_041.7]);
    let c = layer(&[vec![a, [b[0], a[1]], b, a], vec![a, b, [a[0], b[1]], a]]);
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let index = LineIndex::new(&c);
    for l in [index.lengths(&[a[0], b[0]], &[a[1], b[1]]), index.lengths(&[b[0], a[0]], &[b[1], a[1]])] {
        assert_eq!(l.len(), 1);
        assert!((l[0].1 / length - 1.0).abs() < 1e-14);
    }
}

/// gdal#13376: a polygon far outside of the raster made a program ask for 2⁶⁴ bytes.
#[test]
fn polygon_out_of_extent_or_of_absurd_size_is_outside() {
    let g = GridSpec { x_min: 0.0, y_max: 10.0, cell: 1.0, cols: 10, rows: 10 };
    let far = layer(&[rect(1e15, 1e15, 1e15 + 8.0, 1e15 + 8.0), rect(-1e12, -1e12, 1e12, 1e12)]);
    let m = overlap_grid(&far, &g);
    assert_eq!((m.row(0).0.len(), m.outside_m2[0]), (0, 64.0));
    assert_eq!(m.row(1).0.len(), 100);
    let z = overlap_zones(&far, &layer(&[rect(0.0, 0.0, 1.0, 1.0)]));
    assert_eq!((z.row(0).0.len(), z.outside_m2[0]), (0, 64.0));
}

/// rasterstats#262: polygons smaller than a pixel that miss its centre were lost.
#[test]
fn parcel_smaller_than_a_cell_without_its_centre_is_kept_whole() {
    let g = GridSpec { x_min: 0.0, y_max: 1000.0, cell: 1000.0, cols: 1, rows: 1 };
    let m = overlap_grid(&layer(&[rect(1.0, 1.0, 2.0, 2.0)]), &g);
    assert_eq!(m.row(0), (&[0][..], &[1.0][..]));
}

#[test]
fn bow_tie_lobes_cancel_and_never_make_a_share_negative() {
    let bow = vec![[0.0, 0.0], [8.0, 8.0], [8.0, 0.0], [0.0, 4.0], [0.0, 0.0]];
    let c = layer(&[bow]);
    let g = GridSpec { x_min: 0.0, y_max: 8.0, cell: 1.0, cols: 8, rows: 8 };
    let zones = layer(&[rect(-1.0, -1.0, 4.0, 9.0), rect(4.0, -1.0, 9.0, 9.0)]);
    let (cells, pieces) = overlap_grid_and_zones(&c, &g, &zones);
    for m in [cells, pieces] {
        assert!(m.areas_m2.iter().all(|&a| a > 0.0));
        let s = m.spread(&[3.0]);
        assert!((s.per_target.iter().sum::<f64>() + s.outside - 3.0).abs() < 1e-14);
    }
}

#[test]
fn road_parcel_of_fifty_thousand_vertices_closes_against_grid_and_zones() {
    // A band 12 m wide that winds through a 30 km square.
    let n = 25_000;
    let at = |k: i32, side: f64| {
        let t = f64::from(k) / f64::from(n);
        let x = 500_000.0 + 30_000.0 * t;
        [x, 3_465_000.0 + 12_000.0 * (40.0 * t).sin() + 40.0 * (900.0 * t).sin() + side]
    };
    let mut ring: Ring = (0..n).map(|k| at(k, -6.0)).collect();
    ring.extend((0..n).rev().map(|k| at(k, 6.0)));
    ring.push(ring[0]);
    let c = layer(&[ring]);
    let g = GridSpec::covering(c.total_bounds().unwrap(), 1000.0).unwrap();
    let zones: Vec<Ring> = (0..4)
        .flat_map(|i| {
            (0..4).map(move |j| {
                (500_000.0 - 100.0 + 7600.0 * f64::from(i), 3_450_000.0 + 7600.0 * f64::from(j))
            })
        })
        .map(|(x, y)| rect(x, y, x + 7600.0, y + 7600.0))
        .collect();
    let (cells, pieces) = overlap_grid_and_zones(&c, &g, &layer(&zones));
    for (name, m) in [("grid", cells), ("zones", pieces)] {
        let relative = (m.areas_m2.iter().sum::<f64>() / c.area_m2(0) - 1.0).abs();
        assert!(m.targets.len() > 5 && relative < 1e-12, "{name}: {} pieces, {relative:e}", m.targets.len());
        assert_eq!(m.outside_m2[0], 0.0, "{name}");
    }
}

#[test]
fn a_lake_over_hundreds_of_cells_with_an_island_closes_for_every_measure() {
    // 30 km by 30 km of 500 m cells: beyond 4,096 cells of the window, so the sparse records are used.
    let shore = |scale: f64| -> Ring {
        let n = 4000;
        (0..=n)
            .map(|k| {
                let t = std::f64::consts::TAU * f64::from(k % n) / f64::from(n);
                let r = scale * (15_000.0 + 1500.0 * (7.0 * t).sin() + 90.0 * (191.0 * t).cos());
                [520_000.0 + r * t.cos(), 3_470_000.0 + r * t.sin()]
            })
            .collect()
    };
    let mut c = Coverage::new();
    c.push_rings(&[vec![shore(1.0), shore(0.2)]]);
    let [x0, y0, x1, y1] = c.total_bounds().unwrap();
    let fine = GridSpec::covering([x0, y0, x1, y1], 450.0).unwrap();
    let coarse = GridSpec::covering([x0, y0, x1, y1], 1000.0).unwrap();
    assert!(fine.len() > 4096 && coarse.len() > 400);
    for grid in [fine, coarse] {
        let m = overlap_grid(&c, &grid);
        let full = m.areas_m2.iter().filter(|&&a| a == grid.cell_area_m2()).count();
        assert!(full > 400, "{full} full cells");
        assert!((m.denominator_m2(0) / c.area_m2(0) - 1.0).abs() < 1e-12);
        assert_eq!((m.outside_m2[0], m.overcovered_m2[0]), (0.0, 0.0));
    }
    let halves = layer(&[
        rect(x0 - 1.0, y0 - 1.0, 520_000.0, y1 + 1.0),
        rect(520_000.0, y0 - 1.0, x1 + 1.0, y1 + 1.0),
    ]);
    let m = overlap_zones(&c, &halves);
    assert!((m.areas_m2.iter().sum::<f64>() / c.area_m2(0) - 1.0).abs() < 1e-12);
    let locator = PointLocator::new(&c);
    assert_eq!(
        (locator.locate(520_000.0, 3_470_000.0), locator.locate(528_000.0, 3_470_000.0)),
        (None, Some(0))
    );
    // Straight across: all but the island (and what lies ashore).
    let road = LineIndex::new(&c).lengths(&[500_000.0, 540_000.0], &[3_470_000.0, 3_470_000.0]);
    let chord = |r: Ring| r[0][0] - r[2000][0];
    let water = chord(shore(1.0)) - chord(shore(0.2));
    assert!((road[0].1 - water).abs() < 1e-6, "{road:?} {water}");
}

#[test]
fn parts_of_a_multipart_parcel_count_together_and_a_bad_part_counts_for_nothing() {
    let mut bad = rect(2.0, 2.0, 3.0, 3.0);
    bad[1][0] = f64::NAN;
    let mut c = Coverage::new();
    c.push_rings(&[
        vec![rect(0.0, 0.0, 10.0, 10.0), rect(4.0, 4.0, 6.0, 6.0)],
        vec![rect(20.0, 0.0, 30.0, 10.0)],
        vec![bad, rect(2.0, 2.0, 3.0, 3.0)],
    ]);
    let g = GridSpec { x_min: 0.0, y_max: 10.0, cell: 10.0, cols: 3, rows: 1 };
    let zones = layer(&[rect(-1.0, -1.0, 5.0, 11.0), rect(5.0, -1.0, 25.0, 11.0)]);
    let (cells, pieces) = overlap_grid_and_zones(&c, &g, &zones);
    assert_eq!(cells.row(0), (&[0, 2][..], &[96.0, 100.0][..]));
    assert_eq!(pieces.row(0).0, [0, 1]);
    assert!((pieces.row(0).1[0] - 48.0).abs() < 1e-12 && (pieces.row(0).1[1] - 98.0).abs() < 1e-12);
    assert!((pieces.outside_m2[0] - 50.0).abs() < 1e-12);
    let locator = PointLocator::new(&c);
    let owners = locator.locate_all(&[1.0, 5.0, 15.0, 25.0, 2.5], &[1.0, 5.0, 5.0, 5.0, 2.5]);
    assert_eq!(owners, [0, NO_PARCEL, NO_PARCEL, 0, 0]);
    let road = LineIndex::new(&c).lengths(&[-5.0, 35.0], &[5.0, 5.0]);
    assert!(road.len() == 1 && (road[0].1 - 18.0).abs() < 1e-12, "{road:?}");
}
