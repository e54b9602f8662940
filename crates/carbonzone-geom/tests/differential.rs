//! Random pairs against `geo`'s `BooleanOps`, which computes the intersection polygon on an integer grid.
//!
//! The default run takes 5,000 pairs. The long run:
//! ```text
//! CARBONZONE_PAIRS=200000 cargo test --release -p carbonzone-geom --test all differential
//! ```

use crate::city;
use carbonzone_geom::{Coverage, overlap_zones, pair_overlap_m2};
use geo::{Area, BooleanOps};

/// `geo` truncates coordinates to the joint extent / 2^30: about 0.5 µm here, on boundaries of up to 3 km. The largest difference of
/// 200,000 pairs is 4.9e-5 m².
const TOLERANCE_M2: f64 = 2e-4;

/// A star around a centre within 150 m of the origin, some with a star-shaped hole.
fn star(pair: u64, which: u64) -> Vec<Vec<[f64; 2]>> {
    let noise = |k: u64| city::noise(31 + which, pair, k);
    // From five corners on no gap reaches half a turn, so the star holds its centre and the hole.
    let n = 5 + ((noise(0) + 1.0) * 10.0) as u64;
    let (cx, cy) = (city::ORIGIN[0] + 150.0 * noise(1), city::ORIGIN[1] + 150.0 * noise(2));
    let ring = |scale: f64, from: u64| {
        let mut ring: Vec<[f64; 2]> = (0..n)
            .map(|k| {
                let t = std::f64::consts::TAU * (k as f64 + 0.4 * noise(from + 100 + k)) / n as f64;
                let r = scale * (65.0 + 55.0 * noise(from + k));
                [cx + r * t.cos(), cy + r * t.sin()]
            })
            .collect();
        ring.push(ring[0]);
        ring
    };
    let shell = ring(1.0, 10);
    if pair.is_multiple_of(3) {
        let hole = shell.iter().map(|p| [cx + 0.4 * (p[0] - cx), cy + 0.4 * (p[1] - cy)]).collect();
        return vec![shell, hole];
    }
    vec![shell]
}

#[test]
fn random_pairs_have_the_area_of_the_intersection_polygon_of_geo() {
    let pairs: u64 = std::env::var("CARBONZONE_PAIRS").ok().and_then(|v| v.parse().ok()).unwrap_or(5_000);
    let (mut worst, mut common) = (0.0f64, 0u64);
    for pair in 0..pairs {
        let (mut a, mut b) = (Coverage::new(), Coverage::new());
        a.push_rings(&[star(pair, 0)]);
        b.push_rings(&[star(pair, 1)]);
        let truth = a.multipolygon(0).intersection(&b.multipolygon(0)).unsigned_area();
        let plain = pair_overlap_m2(&a, 0, &b, 0);
        let local: f64 = overlap_zones(&a, &b).areas_m2.iter().sum();
        let error = (plain - truth).abs().max((local - truth).abs());
        assert!(error < TOLERANCE_M2, "pair {pair}: geo {truth}, pair sum {plain}, local {local}");
        assert!((plain - local).abs() < 1e-8, "pair {pair}: pair sum {plain}, local {local}");
        worst = worst.max(error);
        common += u64::from(truth > 0.0);
    }
    println!("{pairs} pairs, {common} with common ground, largest difference {worst:e} m2");
    assert!(common > pairs / 3);
}
