//! The projection that the other tests use, and places that are moved in their plane.

use crate::gauss_kruger;
use carbonzone_synth::{MovedNorth, Projection};
use gauss_kruger::GaussKruger;

/// Expected values: pyproj 3.7.2 (PROJ 9.5.1), EPSG:4490 to EPSG:4549 and EPSG:4507, traditional axis order.
const CASES: [(bool, f64, f64, f64, f64); 3] = [
    (true, 120.62, 31.31, 559_020.760_449_2, 3_465_510.636_020_6),
    (true, 119.95, 30.8, 495_214.849_534_8, 3_408_801.842_966_2),
    (false, 106.713, 26.578, 670_669.039_517_1, 2_942_014.314_808_9),
];

#[test]
fn forward_agrees_with_pyproj_to_a_micrometre() {
    for (suzhou, lon, lat, x, y) in CASES {
        let gk = GaussKruger::new(if suzhou { 120.0 } else { 105.0 });
        let p = gk.forward(lon, lat);
        assert!((p[0] - x).abs() < 2e-6 && (p[1] - y).abs() < 2e-6, "{lon} {lat}: {p:?} expected {x} {y}");
    }
}

#[test]
fn a_moved_place_has_the_degrees_of_where_it_lies() {
    let gk = GaussKruger::new(120.0);
    let mut at = [[120.62, 31.31]];
    MovedNorth::new(gk, 160_000.0).to_xy(&mut at).unwrap();
    let there = gk.forward(120.62, 31.31);
    assert_eq!(at, [[there[0], there[1] + 160_000.0]]);
    MovedNorth::new(gk, 160_000.0).to_lonlat(&mut at).unwrap();
    // 160 km of meridian at this latitude are 1.443 degrees.
    assert!((at[0][1] - 32.753).abs() < 1e-3, "{at:?}");
}

#[test]
fn inverse_undoes_forward() {
    let gk = GaussKruger::new(120.0);
    for lon in [118.6, 119.9, 120.0, 120.62, 121.4] {
        for lat in [30.7, 31.3, 32.1] {
            let p = gk.forward(lon, lat);
            let q = gk.inverse(p[0], p[1]);
            // 1e-12 degrees is a tenth of a micrometre.
            assert!((q[0] - lon).abs() < 1e-12 && (q[1] - lat).abs() < 1e-12, "{lon} {lat} -> {q:?}");
        }
    }
}
