//! Values of independent implementations (`oracle/trend_expected.py`; tools and versions in the file).

use carbonzone_zoning::breaks::{BreakOptions, class_breaks};
use carbonzone_zoning::risk::{RiskOptions, entropy_weights, spearman, window_risk};
use carbonzone_zoning::spatial::hot_spots::getis_ord_star;
use carbonzone_zoning::spatial::moran::global_moran;
use carbonzone_zoning::spatial::weights::SpatialWeights;
use carbonzone_zoning::trend::{SerialCorrection, kendall_tau_b, mann_kendall, theil_sen};
use serde_json::Value;

fn expected(section: &str) -> Value {
    let text = include_str!("expected/trend.json");
    let all: Value = serde_json::from_str(text).expect("valid JSON");
    all[section].clone()
}

fn cases(section: &str) -> Vec<Value> {
    expected(section).as_array().expect("a list of cases").clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

/// Both sides compute in doubles; sums of up to 400 terms and a normal tail probability differ by less.
fn assert_near(computed: f64, wanted: &Value, what: &str) {
    let wanted = number(wanted);
    assert!(
        (computed - wanted).abs() <= 1e-10 * wanted.abs().max(1.0),
        "{what}: {computed}, expected {wanted}"
    );
}

#[test]
fn mann_kendall_theil_sen_and_tau_b_agree_with_pymannkendall_and_scipy() {
    let all = cases("trend");
    assert!(all.len() >= 15);
    for case in all {
        let name = case["name"].as_str().unwrap_or_default().to_owned();
        let values = numbers(&case["values"]);
        let test = mann_kendall(&some(&values), SerialCorrection::None).unwrap();
        assert_near(test.s, &case["s"], &name);
        assert_near(test.variance, &case["variance"], &name);
        assert_near(test.z, &case["z"], &name);
        assert_near(test.p, &case["p"], &name);
        assert_near(test.tau_b, &case["tau_b"], &name);
        assert_near(kendall_tau_b(&values).unwrap(), &case["tau_b"], &name);
        let times: Vec<f64> = (0..values.len()).map(|i| 2001.0 + i as f64).collect();
        let fit = theil_sen(&times, &some(&values)).unwrap();
        assert_near(fit.slope, &case["slope"], &name);
        // The intercept carries the slope's last bits times 2000.
        assert!((fit.intercept - number(&case["intercept"])).abs() < 1e-9, "{name}");
    }
}

#[test]
fn the_hamed_rao_correction_agrees_with_pymannkendall() {
    let mut corrected = 0;
    for case in cases("trend") {
        let name = case["name"].as_str().unwrap_or_default().to_owned();
        let values = some(&numbers(&case["values"]));
        let test = mann_kendall(&values, SerialCorrection::HamedRao).unwrap();
        assert_near(test.variance, &case["hamed_rao"]["variance"], &name);
        if number(&case["hamed_rao"]["variance"]) > 0.0 {
            assert_near(test.z, &case["hamed_rao"]["z"], &name);
            assert_near(test.p, &case["hamed_rao"]["p"], &name);
        }
        corrected += i32::from(case["variance"] != case["hamed_rao"]["variance"]);
    }
    assert!(corrected >= 3, "some series must be serially correlated");
}

#[test]
fn spearman_agrees_with_scipy() {
    for case in cases("spearman") {
        let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
        assert_near(spearman(&some(&a), &some(&b)).unwrap(), &case["rho"], "rho");
    }
}

#[test]
fn risk_windows_agree_with_numpy_and_scipy() {
    for case in cases("window") {
        let (e, a) = (some(&numbers(&case["emission_t"])), some(&numbers(&case["absorption_t"])));
        let risk = window_risk(&e, &a, &RiskOptions::default()).unwrap().unwrap();
        assert_near(risk.level, &case["level"], "L");
        assert_near(risk.trend, &case["trend"], "T");
        assert_near(risk.persistence, &case["persistence"], "P");
        assert_near(risk.ciri, &case["ciri"], "CIRI");
    }
}

#[test]
fn entropy_weights_agree_with_numpy() {
    let case = expected("entropy");
    let columns: Vec<Vec<f64>> = case["columns"].as_array().unwrap().iter().map(numbers).collect();
    for (computed, wanted) in entropy_weights(&columns).iter().zip(case["weights"].as_array().unwrap()) {
        assert_near(*computed, wanted, "weight");
    }
}

#[test]
fn natural_breaks_are_those_of_jenkspy_or_fit_better() {
    for case in cases("breaks") {
        let values = some(&numbers(&case["values"]));
        let classes = case["classes"].as_u64().unwrap() as usize;
        let breaks = class_breaks(&values, &BreakOptions { classes, ..BreakOptions::default() }).unwrap();
        let gvf = number(&case["gvf"]);
        assert!(breaks.gvf >= gvf - 1e-12, "{} against {gvf}", breaks.gvf);
        if (breaks.gvf - gvf).abs() < 1e-12 {
            assert_eq!(breaks.edges[1..], numbers(&case["uppers"])[..]);
        }
    }
}

#[test]
fn moran_and_gi_star_agree_with_esda() {
    for case in cases("spatial") {
        let pair = |p: &Value| (p[0].as_u64().unwrap() as u32, p[1].as_u64().unwrap() as u32);
        let pairs: Vec<(u32, u32)> = case["pairs"].as_array().unwrap().iter().map(pair).collect();
        let n = case["n"].as_u64().unwrap() as usize;
        let binary = SpatialWeights::from_pairs(n, &pairs).unwrap();
        let rows = binary.row_standardised();
        let values = some(&numbers(&case["values"]));
        for (weights, key) in [(&binary, "binary"), (&rows, "row_standardised")] {
            let moran = global_moran(weights, &values, 0, 1).unwrap();
            assert_near(moran.i, &case[key]["i"], key);
            assert_near(moran.variance, &case[key]["variance"], key);
            assert_near(moran.z, &case[key]["z"], key);
        }
        let wanted = case["gi_star"].as_array().unwrap();
        for (computed, wanted) in getis_ord_star(&binary, &values).unwrap().iter().zip(wanted) {
            assert_near(computed.unwrap(), wanted, "Gi*");
        }
    }
}
