//! Properties of the measures on random layers.

use crate::city;
use carbonzone_geom::{
    Coverage, LineIndex, NO_PARCEL, OverlapMatrix, PointLocator, overlap_grid, overlap_grid_and_zones,
    overlap_zones, pair_overlap_m2, self_overlaps,
};
use carbonzone_types::GridSpec;
use proptest::prelude::*;

/// Closure required of every measure, relative.
const CLOSURE: f64 = 1e-12;

/// A star-shaped polygon around a centre: always valid.
fn star() -> impl Strategy<Value = Vec<[f64; 2]>> {
    let radius = prop::collection::vec(5.0..120.0f64, 3..24);
    (-300.0..300.0f64, -300.0..300.0f64, radius).prop_map(|(cx, cy, radius)| {
        let n = radius.len() as f64;
        let mut ring: Vec<[f64; 2]> = radius
            .iter()
            .enumerate()
            .map(|(k, r)| {
                let t = std::f64::consts::TAU * k as f64 / n;
                [500_000.0 + cx + r * t.cos(), 3_450_000.0 + cy + r * t.sin()]
            })
            .collect();
        ring.push(ring[0]);
        ring
    })
}

fn layer(rings: &[Vec<[f64; 2]>]) -> Coverage {
    let mut c = Coverage::new();
    for r in rings {
        c.push_rings(&[vec![r.clone()]]);
    }
    c
}

fn lattice(n: usize, seed: u64) -> city::Lattice {
    city::Lattice { seed, ..city::Lattice::parcels(n) }
}

fn bits(m: &OverlapMatrix) -> (Vec<usize>, Vec<u32>, Vec<u64>, Vec<u64>) {
    let b = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect();
    (m.offsets.clone(), m.targets.clone(), b(&m.areas_m2), b(&m.outside_m2))
}

fn in_pool<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool").install(f)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_and_outside_sum_to_the_area_on_grid_and_zones(
        rings in prop::collection::vec(star(), 1..20), cell in 20.0..400.0f64, dx in -200.0..200.0f64,
    ) {
        let c = layer(&rings);
        let bounds = [499_900.0 + dx, 3_449_900.0, 500_200.0 + dx, 3_450_200.0];
        let grid = GridSpec::covering(bounds, cell).unwrap();
        let zones = lattice(9, 5).coverage();
        let (cells, pieces) = overlap_grid_and_zones(&c, &grid, &zones);
        for i in 0..c.len() {
            for m in [&cells, &pieces] {
                prop_assert!((m.denominator_m2(i) / c.area_m2(i) - 1.0).abs() < CLOSURE);
                prop_assert!(m.row(i).0.is_sorted() && m.row(i).1.iter().all(|&a| a > 0.0));
                prop_assert_eq!(m.overcovered_m2[i], 0.0);
            }
        }
    }

    #[test]
    fn a_partition_closes_for_every_zone_and_owner(seed in 0u64..1000, k in 2u64..5) {
        let parcels_lattice = lattice(120, seed);
        let parcels = parcels_lattice.coverage();
        let zone_lattice = city::Lattice { seed: seed + 7, ..city::Lattice::zones(&parcels_lattice, k, 40) };
        let zones = zone_lattice.coverage();
        let m = overlap_zones(&parcels, &zones);
        // Zones tile the ground: nothing outside, nothing twice; and the other way round parcels cover each zone alike.
        prop_assert!(m.outside_m2.iter().chain(&m.overcovered_m2).all(|&a| a == 0.0));
        let covered = m.covered_m2();
        for (z, covered) in covered.iter().enumerate() {
            let by_pairs: f64 = (0..parcels.len()).map(|i| pair_overlap_m2(&parcels, i, &zones, z)).sum();
            prop_assert!((covered - by_pairs).abs() <= CLOSURE * zones.area_m2(z));
        }
        prop_assert!(self_overlaps(&zones).is_empty() && self_overlaps(&parcels).is_empty());
    }

    #[test]
    fn translation_by_whole_cells_shifts_the_grid_row_and_keeps_the_areas(ring in star(), k in -40i32..40) {
        let step = 64.0 * f64::from(k);
        let moved: Vec<[f64; 2]> = ring.iter().map(|p| [p[0] + step, p[1] - step]).collect();
        let (a, b) = (layer(&[ring]), layer(&[moved]));
        let grid = GridSpec { x_min: 499_968.0 - 64.0 * 50.0, y_max: 3_450_048.0 + 64.0 * 50.0, cell: 64.0, cols: 120, rows: 120 };
        let (m, n) = (overlap_grid(&a, &grid), overlap_grid(&b, &grid));
        let shift = |t: &u32| { let (c, r) = grid.col_row(*t); grid.index((c as i32 + k) as u32, (r as i32 + k) as u32) };
        prop_assert_eq!(m.targets.iter().map(shift).collect::<Vec<_>>(), n.targets.clone());
        // Shifted coordinates are rounded to 5e-10 m.
        for (x, y) in m.areas_m2.iter().zip(&n.areas_m2) {
            prop_assert!((x - y).abs() < 1e-6);
        }
    }

    #[test]
    fn grid_cells_as_zones_give_the_areas_of_the_grid(ring in star()) {
        let c = layer(&[ring]);
        let grid = GridSpec::covering([499_600.0, 3_449_600.0, 500_400.0, 3_450_400.0], 100.0).unwrap();
        let cells: Vec<Vec<[f64; 2]>> = (0..grid.len() as u32).map(|i| {
            let (col, row) = grid.col_row(i);
            let [x0, y0, x1, y1] = grid.cell_bounds(col, row);
            vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
        }).collect();
        let (m, z) = (overlap_grid(&c, &grid), overlap_zones(&c, &layer(&cells)));
        let mut dense = vec![0.0; grid.len()];
        m.targets.iter().zip(&m.areas_m2).for_each(|(&t, a)| dense[t as usize] += a);
        z.targets.iter().zip(&z.areas_m2).for_each(|(&t, a)| dense[t as usize] -= a);
        prop_assert!(dense.iter().all(|d| d.abs() < 1e-9 * c.area_m2(0).max(1.0)), "{dense:?}");
    }

    #[test]
    fn road_lengths_close_over_a_partition(seed in 0u64..1000, x in 0.1..0.9f64, y in 0.1..0.9f64, a in 0.0..6.3f64) {
        let l = lattice(100, seed);
        let c = l.coverage();
        let [x0, y0, x1, y1] = l.bounds();
        let p = [x0 + x * (x1 - x0), y0 + y * (y1 - y0)];
        let q = [p[0] + 70.0 * a.cos(), p[1] + 70.0 * a.sin()];
        let total: f64 = LineIndex::new(&c).lengths(&[p[0], q[0]], &[p[1], q[1]]).iter().map(|l| l.1).sum();
        // The road may leave the city only where p is within 70 m of its edge.
        let margin = 70.0 + 25.0;
        if p[0] - x0 > margin && x1 - p[0] > margin && p[1] - y0 > margin && y1 - p[1] > margin {
            prop_assert!((total / (q[0] - p[0]).hypot(q[1] - p[1]) - 1.0).abs() < CLOSURE);
        }
    }
}

#[test]
fn every_shared_vertex_has_exactly_one_owner_and_every_shared_edge_one_road() {
    let l = lattice(900, 3);
    let c = l.coverage();
    let locator = PointLocator::new(&c);
    let inner = |x: f64, y: f64| {
        let [x0, y0, x1, y1] = l.bounds();
        x > x0 + 40.0 && y > y0 + 40.0 && x < x1 - 40.0 && y < y1 - 40.0
    };
    let single: Vec<Coverage> = (0..c.len() as u32).map(|i| c.reordered(&[i])).collect();
    let locators: Vec<PointLocator> = single.iter().map(PointLocator::new).collect();
    let (mut vertices, mut edges) = (0, 0);
    let lines = LineIndex::from_locator(&locator);
    for i in 0..c.len() {
        for r in c.rings(i) {
            for k in 1..r.xs.len() {
                let (x, y) = (r.xs[k], r.ys[k]);
                if !inner(x, y) {
                    continue;
                }
                let near = [
                    i as i64 - 31,
                    i as i64 - 30,
                    i as i64 - 29,
                    i as i64 - 1,
                    i as i64,
                    i as i64 + 1,
                    i as i64 + 29,
                    i as i64 + 30,
                    i as i64 + 31,
                ];
                let owners: Vec<u32> = near
                    .iter()
                    .filter_map(|&n| usize::try_from(n).ok().filter(|&n| n < c.len()))
                    .filter(|&n| locators[n].locate(x, y).is_some())
                    .map(|n| n as u32)
                    .collect();
                assert_eq!(owners.len(), 1, "vertex {x} {y}");
                assert_eq!(locator.locate(x, y), Some(owners[0]));
                vertices += 1;
                let road = lines.lengths(&[r.xs[k - 1], x], &[r.ys[k - 1], y]);
                let length = (x - r.xs[k - 1]).hypot(y - r.ys[k - 1]);
                let total: f64 = road.iter().map(|p| p.1).sum();
                assert!((total / length - 1.0).abs() < 1e-12, "edge at {x} {y}: {road:?}");
                edges += 1;
            }
        }
    }
    assert!(vertices > 10_000 && edges > 10_000, "{vertices} {edges}");
}

#[test]
fn one_two_and_eight_threads_give_the_same_bits() {
    let l = lattice(20_000, 4);
    let c = l.coverage();
    let zones = city::Lattice::zones(&l, 4, 400).coverage();
    let grid = GridSpec::covering(c.total_bounds().unwrap(), 1000.0).unwrap();
    let (xs, ys) = city::points(70_000, l.bounds());
    let roads = city::segments(10_000, l.bounds());
    let (rx, ry): (Vec<f64>, Vec<f64>) = roads.iter().flat_map(|s| [(s[0], s[1]), (s[2], s[3])]).unzip();
    let off: Vec<u32> = (0..=10_000).map(|k| 2 * k).collect();
    let run = || {
        let (a, b) = overlap_grid_and_zones(&c, &grid, &zones);
        let locator = PointLocator::new(&c);
        let lengths = LineIndex::from_locator(&locator).lengths_all(&rx, &ry, &off);
        let values: Vec<f64> = (0..c.len()).map(|i| 0.1 + i as f64).collect();
        let spread: Vec<u64> = a.spread(&values).per_target.iter().map(|v| v.to_bits()).collect();
        (bits(&a), bits(&b), locator.locate_all(&xs, &ys), lengths, spread, c.areas_m2())
    };
    let one = in_pool(1, run);
    assert_eq!(one, in_pool(2, run));
    assert_eq!(one, in_pool(8, run));
    assert!(one.2.iter().filter(|&&o| o != NO_PARCEL).count() > 60_000);
    assert_eq!(bits(&overlap_grid(&c, &grid)), one.0);
    assert_eq!(bits(&overlap_zones(&c, &zones)), one.1);
}

#[test]
fn permuted_parcels_give_the_same_rows_and_the_same_bits_of_the_totals() {
    let l = lattice(6_000, 8);
    let c = l.coverage();
    let zones = city::Lattice::zones(&l, 3, 400).coverage();
    let grid = GridSpec::covering(c.total_bounds().unwrap(), 500.0).unwrap();
    let n = c.len() as u32;
    let order: Vec<u32> = (0..n).map(|k| (k * 4799) % n).collect();
    let mixed = c.reordered(&order);
    let values: Vec<f64> = (0..n).map(|i| 0.3 + f64::from(i) * 1.7).collect();
    let mixed_values: Vec<f64> = order.iter().map(|&i| values[i as usize]).collect();
    let (a, b) = (overlap_grid_and_zones(&c, &grid, &zones), overlap_grid_and_zones(&mixed, &grid, &zones));
    for (m, p) in [(&a.0, &b.0), (&a.1, &b.1)] {
        for (k, &i) in order.iter().enumerate() {
            assert_eq!(m.row(i as usize), p.row(k));
        }
        let (s, t) = (m.spread(&values), p.spread(&mixed_values));
        assert!(s.per_target.iter().zip(&t.per_target).all(|(x, y)| x.to_bits() == y.to_bits()));
        assert_eq!(s.outside.to_bits(), t.outside.to_bits());
    }
}

#[test]
fn five_hundred_metre_cells_nest_in_kilometre_cells() {
    let c = lattice(5_000, 6).coverage();
    let coarse = GridSpec::covering(c.total_bounds().unwrap(), 1000.0).unwrap();
    let fine = GridSpec { cell: 500.0, cols: 2 * coarse.cols, rows: 2 * coarse.rows, ..coarse };
    let (big, small) = (overlap_grid(&c, &coarse).covered_m2(), overlap_grid(&c, &fine).covered_m2());
    let mut nested = vec![0.0; coarse.len()];
    for (i, a) in small.iter().enumerate() {
        let (col, row) = fine.col_row(i as u32);
        nested[coarse.index(col / 2, row / 2) as usize] += a;
    }
    for (n, b) in nested.iter().zip(&big) {
        assert!((n - b).abs() <= 1e-9, "{n} {b}");
    }
}

/// Rectangles with a corner at every kind of place beside the lines and the border of a grid of 2 × 2 cells: a centimetre, half a metre and
/// a metre off, on them, and outside.
#[test]
fn a_rectangle_at_any_place_beside_grid_lines_and_border_gives_its_exact_parts() {
    let places = [
        -10.0, -1.0, -0.5, 0.0, 0.01, 0.15, 0.19, 0.7, 1.0, 9.5, 9.99, 10.0, 10.25, 19.3, 19.99, 20.0, 20.5,
        31.0,
    ];
    let grid = GridSpec { x_min: 0.0, y_max: 20.0, cell: 10.0, cols: 2, rows: 2 };
    let spans = |i: usize| places[i + 1..].iter().map(move |b| (places[i], *b));
    let spans: Vec<(f64, f64)> = (0..places.len()).flat_map(spans).collect();
    let mut coverage = Coverage::new();
    for (x0, x1) in &spans {
        for (y0, y1) in &spans {
            coverage.push_rings(&[vec![vec![[*x0, *y0], [*x1, *y0], [*x1, *y1], [*x0, *y1], [*x0, *y0]]]]);
        }
    }
    let found = overlap_grid(&coverage, &grid);
    let within = |(a, b): (f64, f64), from: f64| (b.min(from + 10.0) - a.max(from)).max(0.0);
    for (i, (x, y)) in spans.iter().flat_map(|x| spans.iter().map(move |y| (*x, *y))).enumerate() {
        let expected =
            [(0.0, 10.0), (10.0, 10.0), (0.0, 0.0), (10.0, 0.0)].map(|(e, n)| within(x, e) * within(y, n));
        let mut cells = [0.0; 4];
        let (targets, areas) = found.row(i);
        targets.iter().zip(areas).for_each(|(t, a)| cells[*t as usize] += a);
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + b);
        let outside = (x.1 - x.0) * (y.1 - y.0) - expected.iter().sum::<f64>();
        assert!(
            cells.iter().zip(expected).all(|(a, b)| near(*a, b)),
            "{x:?} {y:?}: {cells:?} for {expected:?}"
        );
        assert!(near(found.outside_m2[i], outside), "{x:?} {y:?}: {} for {outside}", found.outside_m2[i]);
    }
}
