//! Compensation: identities with the indices of the zoning, sums of 0 to the fen, few flows.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use carbonzone_zoning::compensation::{Compensation, Positions, UnitNumbers, flows, in_fen, pearl};
use carbonzone_zoning::{IndexInputs, IndexOptions, indices};
use proptest::prelude::*;

const PRICES: &str = r#"
prices = [
  { name = "a", cny_per_t = 89.06, source = "test" },
  { name = "b", cny_per_t = 52.84, source = "test" },
  { name = "c", cny_per_t = 1944.84, source = "test" },
]
"#;

fn section(more: &str) -> Compensation {
    toml::from_str(&format!("{PRICES}{more}")).unwrap()
}

/// Sizes that cancel to this are rounding.
const NEAR: f64 = 1e-9;

/// Gross emissions, sinks, GDP of some units; every fourth emits nothing.
fn city() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
    let unit = (prop_oneof![3 => 1.0f64..1e7, 1 => Just(0.0)], 0.0f64..1e5, 1.0f64..1e7);
    prop::collection::vec(unit, 2..60).prop_filter("some emission, some sink", |v| {
        v.iter().map(|u| u.0).sum::<f64>() > 1.0 && v.iter().map(|u| u.1).sum::<f64>() > 1.0
    })
}

struct Columns {
    gross_t: Vec<f64>,
    sink_t: Vec<f64>,
    gdp: Vec<Option<f64>>,
    area: Vec<Option<f64>>,
    engel: Vec<f64>,
    cost: Vec<f64>,
}

impl Columns {
    fn of(city: &[(f64, f64, f64)]) -> Self {
        Self {
            gross_t: city.iter().map(|u| u.0).collect(),
            sink_t: city.iter().map(|u| u.1).collect(),
            gdp: city.iter().map(|u| Some(u.2)).collect(),
            area: city.iter().enumerate().map(|(i, _)| Some(1.0 + i as f64)).collect(),
            engel: city.iter().enumerate().map(|(i, _)| 0.2 + 0.01 * (i % 30) as f64).collect(),
            cost: city.iter().enumerate().map(|(i, _)| 10.0 * (i % 7) as f64).collect(),
        }
    }

    fn units(&self) -> UnitNumbers<'_> {
        UnitNumbers {
            gross_t: &self.gross_t,
            sink_t: &self.sink_t,
            gdp: &self.gdp,
            population: &self.area,
            area: &self.area,
            history_t: &self.gross_t,
            engel: &self.engel,
            first_cost: &self.cost,
        }
    }
}

fn settles(settled_t: &[Option<f64>], price: f64) -> Result<(), TestCaseError> {
    let fen = in_fen(settled_t, price).map_err(|e| TestCaseError::fail(e.to_string()))?;
    prop_assert_eq!(fen.iter().flatten().sum::<i64>(), 0);
    for (t, f) in settled_t.iter().zip(&fen) {
        if let (Some(t), Some(f)) = (t, f) {
            prop_assert!((t * price * 100.0 - *f as f64).abs() < 1.5, "{} {}", t, f);
        }
    }
    let found = flows(&fen);
    let mut left: Vec<i64> = fen.iter().map(|f| f.unwrap_or(0)).collect();
    for flow in &found {
        prop_assert!(flow.fen > 0);
        left[flow.payer] += flow.fen;
        left[flow.receiver] -= flow.fen;
    }
    prop_assert!(left.iter().all(|f| *f == 0), "{:?}", left);
    let with_money = fen.iter().flatten().filter(|f| **f != 0).count();
    prop_assert!(found.len() <= with_money.saturating_sub(1));
    Ok(())
}

proptest! {
    #[test]
    fn the_signs_follow_the_zoning_and_both_legs_sum_to_nothing(city in city()) {
        let columns = Columns::of(&city);
        let found = Positions::benchmark(&columns.units(), &section("")).unwrap();
        let inputs = IndexInputs {
            unit_ids: None, gross_t: &columns.gross_t, sink_t: &columns.sink_t, gdp: Some(&columns.gdp),
        };
        let ix = indices(&inputs, &IndexOptions::default()).unwrap();
        let (c, ccr) = (ix.totals.gross_t, ix.totals.ccr.unwrap());
        for i in 0..city.len() {
            let (e, s) = (found.economic_t[i].unwrap(), found.ecological_t[i].unwrap());
            if let (Some(ecc), Some(esc)) = (ix.ecc[i], ix.esc[i]) {
                // E_i = C_i(1 − ECC_i), S_i = CCR·C_i(ESC_i − 1).
                prop_assert!((e - columns.gross_t[i] * (1.0 - ecc)).abs() <= NEAR * c);
                prop_assert!((s - ccr * columns.gross_t[i] * (esc - 1.0)).abs() <= NEAR * c);
            } else {
                prop_assert!(e <= 0.0 && s >= 0.0, "who emits nothing never pays");
            }
        }
        let sum = |t: &[Option<f64>]| t.iter().flatten().sum::<f64>();
        prop_assert!(sum(&found.economic_t).abs() <= NEAR * c && sum(&found.ecological_t).abs() <= NEAR * c);
    }

    #[test]
    fn every_model_settles_to_the_fen_at_every_price(city in city(), price in 0.01f64..3000.0) {
        let columns = Columns::of(&city);
        let units = columns.units();
        settles(&Positions::benchmark(&units, &section("base = \"area\"")).unwrap().settled_t, price)?;
        let ability = Positions::ability_to_pay(&units, &section("")).unwrap();
        settles(&ability.settled_t, price)?;
        let plain = Positions::benchmark(&units, &section("")).unwrap();
        for i in 0..city.len() {
            let (t, of_plain) = (ability.settled_t[i].unwrap(), plain.settled_t[i].unwrap());
            prop_assert!(t.abs() <= of_plain.abs() && t * of_plain >= 0.0, "nobody pays more or changes side");
        }
        for quota in [
            "[quota]\nreduction = 0.1\nby = \"benchmark\"",
            "[quota]\nreduction = 0.2\nby = \"entropy\"\nindicators = [\"gross\", \"gdp\", \"area\"]",
            "[quota]\nreduction = 0.3\nby = \"history\"\ncost = { first_cny_per_t = 5, rise_cny_per_t = 90, source = \"t\" }",
        ] {
            let found = Positions::quota(&units, &section(quota)).unwrap();
            settles(&found.settled_t, price)?;
            let sum = |t: &[Option<f64>]| t.iter().flatten().sum::<f64>();
            let (q, cut, c) = (sum(&found.quota_t), sum(&found.cut_t), columns.gross_t.iter().sum::<f64>());
            prop_assert!((q + cut - c).abs() <= NEAR * c, "what may be emitted and what is cut is all");
        }
    }
}

#[test]
fn a_quota_by_gdp_without_reduction_is_the_economic_leg() {
    let columns = Columns::of(&[(10.0, 1.0, 3.0), (70.0, 2.0, 5.0), (20.0, 0.0, 2.0)]);
    let quota = section("[quota]\nreduction = 0.0\nby = \"benchmark\"");
    let found = Positions::quota(&columns.units(), &quota).unwrap();
    for (t, e) in found.settled_t.iter().zip(&found.economic_t) {
        assert!((t.unwrap() + e.unwrap()).abs() < 1e-12);
    }
    // By hand: C = 100, G = 10, so shares of the emissions are 30, 50 and 20 t.
    assert_eq!(found.quota_t, [Some(30.0), Some(50.0), Some(20.0)]);
}

#[test]
fn a_unit_without_its_base_takes_no_part_and_too_few_are_refused() {
    let mut columns = Columns::of(&[(10.0, 1.0, 3.0), (70.0, 2.0, 5.0), (20.0, 0.0, 2.0)]);
    columns.gdp[1] = None;
    let found = Positions::benchmark(&columns.units(), &section("")).unwrap();
    assert_eq!(found.settled_t[1], None);
    // C = 30, G = 5: 10 − 18 and 20 − 12.
    assert_eq!((found.economic_t[0], found.economic_t[2]), (Some(-8.0), Some(8.0)));
    columns.gdp[0] = None;
    assert!(Positions::benchmark(&columns.units(), &section("")).unwrap_err().to_string().contains("GDP"));
}

#[test]
fn the_pearl_curve_is_a_half_at_a_third_and_agrees_with_a_published_value() {
    assert!((pearl(1.0 / 3.0) - 0.5).abs() < 1e-15);
    assert!(pearl(0.2) > pearl(0.3) && pearl(0.3) > pearl(0.6));
    // The coefficient 0.29 published for Poyang Lake is that of an Engel coefficient of 0.472 to 0.474.
    assert!((pearl(0.473) - 0.29).abs() < 0.005);
}
