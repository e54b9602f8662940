//! Values of independent implementations (`oracle/trend_expected.py`; tools and versions in the file).

use carbonzone_spatialize::downscale::light::{LightModel, fit_light};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<Option<f64>> {
    value.as_array().expect("a list").iter().map(Value::as_f64).collect()
}

#[test]
fn night_light_fits_agree_with_numpy_and_scipy() {
    let all: Value =
        serde_json::from_str(include_str!("../../carbonzone-zoning/tests/expected/trend.json")).unwrap();
    let case = &all["light"];
    for (model, key) in [(LightModel::Proportional, "proportional"), (LightModel::Power, "power")] {
        let fit = fit_light(&numbers(&case["emission_t"]), &numbers(&case["light"]), model).unwrap();
        let found = [fit.factor, fit.exponent, fit.r2.unwrap(), fit.mape_pct.unwrap()];
        for (computed, field) in found.into_iter().zip(["factor", "exponent", "r2", "mape_pct"]) {
            let wanted = case[key][field].as_f64().unwrap();
            assert!(
                (computed - wanted).abs() <= 1e-10 * wanted.abs().max(1.0),
                "{key} {field}: {computed}, {wanted}"
            );
        }
    }
}
