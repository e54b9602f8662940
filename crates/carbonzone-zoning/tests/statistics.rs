//! Values of libpysal, esda, pointpats, inequality and scipy (`oracle/statistics_expected.py`; versions in the file).

use carbonzone_zoning::inequality::inequality;
use carbonzone_zoning::spatial::centre::ellipse;
use carbonzone_zoning::spatial::discovery::false_discovery;
use carbonzone_zoning::spatial::hot_spots::getis_ord_star;
use carbonzone_zoning::spatial::local::{Inference, LocalMoran, Quadrant, local_moran};
use carbonzone_zoning::spatial::moran::global_moran;
use carbonzone_zoning::spatial::weights::SpatialWeights;
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("expected/statistics.json")).expect("valid JSON")
}

fn cases(section: &str) -> Vec<Value> {
    expected()[section].as_array().expect("a list of cases").clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn points(value: &Value) -> Vec<[f64; 2]> {
    value.as_array().expect("a list").iter().map(|p| [number(&p[0]), number(&p[1])]).collect()
}

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

/// Both sides compute in doubles, in another order.
fn assert_near(computed: f64, wanted: f64, what: &str) {
    assert!(
        (computed - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
        "{what}: {computed}, expected {wanted}"
    );
}

/// The weights of a case: `k_nearest_97` has the k of its rows, `distance_band_97` the distance of the script.
fn weights(case: &Value) -> SpatialWeights {
    let at = points(&case["points"]);
    let w = if case["name"].as_str().expect("a name").starts_with("k_nearest") {
        SpatialWeights::k_nearest(&at, case["neighbours"][0].as_array().expect("a row").len())
    } else {
        SpatialWeights::distance_band(&at, if at.len() == 40 { 30_000.0 } else { 18_000.0 })
    };
    w.expect("valid weights")
}

#[test]
fn nearest_neighbours_and_distance_bands_are_those_of_libpysal() {
    for case in cases("spatial") {
        let w = weights(&case);
        for (i, row) in case["neighbours"].as_array().unwrap().iter().enumerate() {
            let found: Vec<f64> = w.row(i).0.iter().map(|j| f64::from(*j)).collect();
            assert_eq!(found, numbers(row), "{} {i}", case["name"]);
        }
    }
}

#[test]
fn global_moran_with_weights_that_are_not_symmetric_agrees_with_esda() {
    for case in cases("spatial") {
        let moran =
            global_moran(&weights(&case).row_standardised(), &some(&numbers(&case["values"])), 0, 1).unwrap();
        for (found, key) in
            [(moran.i, "i"), (moran.variance, "variance"), (moran.z, "z"), (moran.p_normal, "p")]
        {
            assert_near(found, number(&case["moran"][key]), key);
        }
    }
}

fn local(case: &Value, inference: Inference) -> Vec<LocalMoran> {
    let found = local_moran(&weights(case).row_standardised(), &some(&numbers(&case["values"])), inference);
    found.expect("enough values").into_iter().map(|l| l.expect("every unit has neighbours")).collect()
}

#[test]
fn local_moran_its_score_and_quadrant_agree_with_esda() {
    for case in cases("spatial") {
        let found = local(&case, Inference::Analytic);
        let (wanted, scores) = (numbers(&case["local_i"]), numbers(&case["local_z"]));
        for (i, l) in found.iter().enumerate() {
            assert_near(l.i, wanted[i], "local I");
            assert_near(l.z, scores[i], "z");
            // esda counts from high-high counter-clockwise: 1 HH, 2 LH, 3 LL, 4 HL.
            let quadrant = match l.quadrant {
                Quadrant::HighHigh => 1.0,
                Quadrant::LowHigh => 2.0,
                Quadrant::LowLow => 3.0,
                Quadrant::HighLow => 4.0,
            };
            assert_eq!(quadrant, number(&case["quadrant"][i]), "{i}");
        }
    }
}

#[test]
fn permutation_probabilities_agree_with_esda_within_their_error() {
    let all = expected();
    let count = number(&all["permutations"]);
    for case in cases("spatial") {
        let inference = Inference::Permutations { count: count as u32, seed: 20_241_108 };
        let found = local(&case, inference);
        for (l, one_sided) in found.iter().zip(numbers(&case["p_sim_one_sided"])) {
            // Two independent samples of a tail: five standard errors of their difference, and one draw.
            let error = 5.0 * (2.0 * one_sided * (1.0 - one_sided) / count).sqrt() + 2.0 / count;
            // Ours is two-sided and at most 1.
            assert!((l.p - (2.0 * one_sided).min(1.0)).abs() <= 2.0 * error, "{} against {one_sided}", l.p);
        }
    }
}

#[test]
fn gi_star_agrees_with_esda() {
    for case in cases("spatial") {
        let found = getis_ord_star(&weights(&case), &some(&numbers(&case["values"]))).unwrap();
        for (z, wanted) in found.iter().zip(numbers(&case["gi_star"])) {
            assert_near(z.unwrap(), wanted, "Gi*");
        }
    }
}

#[test]
fn adjusted_probabilities_agree_with_scipy() {
    for case in cases("spatial") {
        let found = false_discovery(&some(&numbers(&case["p_sim_one_sided"])));
        for (q, wanted) in found.iter().zip(numbers(&case["q"])) {
            assert_near(q.unwrap(), wanted, "q");
        }
    }
}

#[test]
fn centre_and_ellipse_agree_with_pointpats() {
    for case in cases("ellipse") {
        let found = ellipse(&points(&case["points"]), &numbers(&case["weights"])).unwrap();
        let centre = numbers(&case["centre"]);
        assert_near(found.centre[0], centre[0], "x");
        assert_near(found.centre[1], centre[1], "y");
        assert_near(found.major_m, number(&case["major"]), "longer half axis");
        assert_near(found.minor_m, number(&case["minor"]), "shorter half axis");
        assert_near(found.azimuth_deg, number(&case["azimuth"]), "direction");
    }
}

#[test]
fn gini_and_theil_agree_with_inequality() {
    for case in cases("inequality") {
        let group: Vec<usize> = numbers(&case["group"]).into_iter().map(|g| g as usize).collect();
        let (amount, base) = (some(&numbers(&case["amount"])), some(&numbers(&case["base"])));
        let found = inequality(&amount, &base, &group).unwrap();
        let values = [
            (found.gini, "gini"),
            (found.theil, "theil"),
            (found.between, "between"),
            (found.within, "within"),
        ];
        for (value, key) in values {
            assert_near(value, number(&case[key]), key);
        }
    }
}
