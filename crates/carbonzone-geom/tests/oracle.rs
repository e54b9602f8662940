//! Answers of other programs (GEOS through shapely, exactextract, tobler) to the same questions; `oracle/geom_expected.py` made
//! the files, which name the versions.

use std::path::Path;

use carbonzone_geom::{
    Coverage, LineIndex, NO_PARCEL, NearestIndex, PointLocator, overlap_grid, overlap_zones, pair_overlap_m2,
};
use carbonzone_types::GridSpec;
use serde::Deserialize;
use serde::de::DeserializeOwned;

type Parts = Vec<Vec<Vec<[f64; 2]>>>;

/// GEOS rounds the vertices of an intersection to 5e-10 m; boundaries here are below 4 km.
const GEOS_M2: f64 = 4e-6;
/// exactextract stores fractions in 32-bit floats.
const EXACTEXTRACT_FRACTION: f64 = 1e-6;
/// tobler stores areas in 32-bit floats.
const TOBLER_RELATIVE: f64 = 1e-6;

fn read<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
    let text = std::fs::read_to_string(path).expect("committed with the tests");
    serde_json::from_str(&text).expect("written by oracle/geom_expected.py")
}

fn layer(features: &[Parts]) -> Coverage {
    let mut c = Coverage::new();
    for f in features {
        c.push_rings(f);
    }
    c
}

fn same_row(found: (&[u32], &[f64]), expected: &[(u32, f64)], tolerance: f64, least: f64) {
    let found: Vec<(u32, f64)> =
        found.0.iter().copied().zip(found.1.iter().copied()).filter(|p| p.1 > least).collect();
    let expected: Vec<&(u32, f64)> = expected.iter().filter(|p| p.1 > least).collect();
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    for (f, e) in found.iter().zip(expected) {
        assert!(f.0 == e.0 && (f.1 - e.1).abs() <= tolerance, "{f:?} {e:?}");
    }
}

#[derive(Deserialize)]
struct GridCase {
    grid: GridSpec,
    polygons: Vec<Parts>,
    areas: Vec<f64>,
    geos_m2: Vec<Vec<(u32, f64)>>,
    exactextract_fraction: Vec<Vec<(u32, f64)>>,
}

#[test]
fn areas_in_cells_are_those_of_geos_and_exactextract() {
    let case: GridCase = read("grid.json");
    let c = layer(&case.polygons);
    let m = overlap_grid(&c, &case.grid);
    let full = case.grid.cell_area_m2();
    for i in 0..c.len() {
        assert!((c.area_m2(i) - case.areas[i]).abs() < GEOS_M2);
        same_row(m.row(i), &case.geos_m2[i], GEOS_M2, 1e-4);
        let fractions: Vec<f64> = m.row(i).1.iter().map(|a| a / full).collect();
        same_row((m.row(i).0, &fractions), &case.exactextract_fraction[i], EXACTEXTRACT_FRACTION, 1e-5);
    }
    assert!(m.targets.len() > 200);
}

#[derive(Deserialize)]
struct ZonesCase {
    zones: Vec<Parts>,
    polygons: Vec<Parts>,
    geos_m2: Vec<Vec<(u32, f64)>>,
    inside: Vec<u32>,
    values: Vec<f64>,
    tobler_spread: Vec<f64>,
}

#[test]
fn areas_in_zones_are_those_of_geos_and_the_interpolation_is_that_of_tobler() {
    let case: ZonesCase = read("zones.json");
    let (c, zones) = (layer(&case.polygons), layer(&case.zones));
    let m = overlap_zones(&c, &zones);
    for i in 0..c.len() {
        same_row(m.row(i), &case.geos_m2[i], GEOS_M2, 1e-4);
    }
    let spread = overlap_zones(&c.reordered(&case.inside), &zones).spread(&case.values);
    let total: f64 = case.values.iter().sum();
    for (ours, theirs) in spread.per_target.iter().zip(&case.tobler_spread) {
        assert!((ours - theirs).abs() <= TOBLER_RELATIVE * total, "{ours} {theirs}");
    }
    assert!(case.inside.len() > 20);
}

#[derive(Deserialize)]
struct PointsCase {
    polygons: Vec<Parts>,
    xy: Vec<[f64; 2]>,
    owner: Vec<i64>,
    nearest: Vec<(u32, f64)>,
}

#[test]
fn owners_and_nearest_polygons_are_those_of_geos() {
    let case: PointsCase = read("points.json");
    let c = layer(&case.polygons);
    let (xs, ys): (Vec<f64>, Vec<f64>) = case.xy.iter().map(|p| (p[0], p[1])).unzip();
    let found = PointLocator::new(&c).locate_all(&xs, &ys);
    let as_code = |o: &u32| if *o == NO_PARCEL { -1 } else { i64::from(*o) };
    assert_eq!(found.iter().map(as_code).collect::<Vec<_>>(), case.owner);
    assert!(case.owner.iter().filter(|&&o| o >= 0).count() > 100);
    let all: Vec<u32> = (0..c.len() as u32).collect();
    let index = NearestIndex::new(&c, &all);
    for (p, (feature, distance)) in case.xy.iter().zip(&case.nearest) {
        let (i, d) = index.nearest_within(p[0], p[1], f64::INFINITY).unwrap();
        assert!(i == *feature && (d - distance).abs() < 1e-8, "{p:?}");
    }
}

#[derive(Deserialize)]
struct LinesCase {
    polygons: Vec<Parts>,
    lines: Vec<Vec<[f64; 2]>>,
    lengths_m: Vec<Vec<(u32, f64)>>,
}

#[test]
fn lengths_of_lines_in_polygons_are_those_of_geos() {
    let case: LinesCase = read("lines.json");
    let c = layer(&case.polygons);
    let index = LineIndex::new(&c);
    for (line, expected) in case.lines.iter().zip(&case.lengths_m) {
        let (xs, ys): (Vec<f64>, Vec<f64>) = line.iter().map(|p| (p[0], p[1])).unzip();
        let (parcels, lengths): (Vec<u32>, Vec<f64>) = index.lengths(&xs, &ys).into_iter().unzip();
        same_row((&parcels, &lengths), expected, 1e-8, 1e-6);
    }
    assert!(case.lengths_m.iter().map(Vec::len).sum::<usize>() > 200);
}

#[derive(Deserialize)]
struct Reports {
    pairs: Vec<ReportedPair>,
}

#[derive(Deserialize)]
struct ReportedPair {
    report: String,
    a: Parts,
    b: Parts,
    /// Area of the intersection in rational arithmetic: a fraction, and the float nearest to it.
    exact: String,
    exact_m2: f64,
    geos_m2: f64,
}

/// shapely#1871, shapely#2368 (geos#1344) and jts#820 with their own coordinates.
#[test]
fn reported_pairs_that_geos_gets_wrong_have_their_exact_area() {
    let case: Reports = read("wrong_in_geos.json");
    assert_eq!(case.pairs.len(), 3);
    for pair in &case.pairs {
        let (a, b) = (layer(std::slice::from_ref(&pair.a)), layer(std::slice::from_ref(&pair.b)));
        let scale = a.area_m2(0).min(b.area_m2(0));
        assert!((pair.geos_m2 - pair.exact_m2).abs() > 0.9 * scale, "{}: GEOS is right now", pair.report);
        assert_eq!(pair.exact == "0", pair.exact_m2 == 0.0, "{}", pair.report);
        for (p, q) in [(&a, &b), (&b, &a)] {
            let plain = pair_overlap_m2(p, 0, q, 0);
            let local: f64 = overlap_zones(p, q).areas_m2.iter().sum();
            let close = |found: f64| (found - pair.exact_m2).abs() <= 1e-14 * scale;
            assert!(close(plain) && close(local), "{}: {plain} {local} {}", pair.report, pair.exact);
        }
    }
}

/// Pairs of libpysal (`oracle/statistics_expected.py`): Voronoi polygons and cells of a grid; a corner is within 1 m of nothing else.
#[test]
fn neighbours_and_centroids_agree_with_libpysal_and_geos() {
    let text = include_str!("expected/contiguity.json");
    let all: serde_json::Value = serde_json::from_str(text).expect("valid JSON");
    let list = |key: &str| all[key].as_array().expect("a list").clone();
    let pair = |p: &serde_json::Value| [p[0].as_f64().expect("a number"), p[1].as_f64().expect("a number")];
    let mut coverage = Coverage::new();
    for ring in list("polygons") {
        coverage.push_rings(&[vec![ring.as_array().expect("a ring").iter().map(pair).collect()]]);
    }
    let found = carbonzone_geom::contacts(&coverage, 1.0);
    for (key, corners) in [("queen", true), ("rook", false)] {
        let ours: Vec<[f64; 2]> = found
            .iter()
            .filter(|c| corners || c.over_edge(1.0))
            .map(|c| [f64::from(c.a), f64::from(c.b)])
            .collect();
        assert_eq!(ours, list(key).iter().map(pair).collect::<Vec<_>>(), "{key}");
    }
    for (i, wanted) in list("centroids").iter().map(pair).enumerate() {
        let [x, y] = coverage.centroid(i).expect("a polygon");
        assert!((x - wanted[0]).abs() < 1e-6 && (y - wanted[1]).abs() < 1e-6, "{i}");
    }
}
