//! Identities that hold for any city.

use carbonzone_zoning::lmdi::{decompose, log_mean};
use carbonzone_zoning::risk::{RiskOptions, window_risk};
use carbonzone_zoning::trend::{SerialCorrection, mann_kendall, theil_sen};
use carbonzone_zoning::{
    BreakMethod, BreakOptions, IndexInputs, IndexOptions, Indices, ZoningScheme, class_breaks, classify,
    indices,
};
use proptest::prelude::*;

/// Gross, sink and GDP of 1–40 units; a few zeros and missing GDPs among them.
fn city() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<Option<f64>>)> {
    let gross = prop_oneof![1 => Just(0.0), 12 => 1.0f64..1e7];
    let sink = prop_oneof![1 => Just(0.0), 8 => 1.0f64..1e5];
    let gdp = prop_oneof![1 => Just(None), 8 => (1.0f64..1e6).prop_map(Some)];
    prop::collection::vec((gross, sink, gdp), 1..40).prop_map(|units| {
        let (mut c, mut a, mut g) = (Vec::new(), Vec::new(), Vec::new());
        for (gross, sink, gdp) in units {
            c.push(gross);
            a.push(sink);
            g.push(gdp);
        }
        (c, a, g)
    })
}

/// A factor of a decomposition; some are zero, some tiny.
fn factor() -> impl Strategy<Value = f64> {
    prop_oneof![2 => Just(0.0), 1 => 1e-9f64..1e-6, 10 => 1e-2f64..1e4]
}

fn run(c: &[f64], a: &[f64], g: &[Option<f64>], gdp_total: Option<f64>) -> Indices {
    let inputs = IndexInputs { unit_ids: None, gross_t: c, sink_t: a, gdp: Some(g) };
    indices(&inputs, &IndexOptions { gdp_total, ..IndexOptions::default() }).expect("valid inputs")
}

/// Forty roundings of 2⁻⁵³ and some.
const NEAR: f64 = 1e-12;

proptest! {
    #[test]
    fn esc_is_ccr_over_city_ccr((c, a, g) in city()) {
        let ix = run(&c, &a, &g, None);
        for i in 0..c.len() {
            if let (Some(esc), Some(ccr), Some(city)) = (ix.esc[i], ix.ccr[i], ix.totals.ccr) {
                prop_assert!((esc - ccr / city).abs() <= NEAR * esc.abs().max(1.0));
            }
            prop_assert_eq!(ix.esc[i].is_some(), ix.ccr[i].is_some());
        }
    }

    #[test]
    fn the_emission_weighted_mean_of_esc_is_one((c, a, g) in city()) {
        let ix = run(&c, &a, &g, None);
        // Units without emission have no ESC: their share of the sinks is missing from the mean.
        let mean: f64 = (0..c.len()).filter_map(|i| ix.esc[i].map(|e| e * c[i] / ix.totals.gross_t)).sum();
        let present: f64 = (0..c.len()).filter(|&i| c[i] > 0.0).map(|i| a[i]).sum();
        if ix.totals.sink_t > 0.0 && ix.totals.gross_t > 0.0 {
            prop_assert!((mean - present / ix.totals.sink_t).abs() < NEAR);
        }
    }

    #[test]
    fn the_emission_weighted_mean_of_ecc_is_the_gdp_share((c, a, g) in city(), factor in 0.5f64..2.0) {
        let known: f64 = g.iter().flatten().sum();
        for gdp_total in [None, Some(known * factor + 1.0)] {
            let ix = run(&c, &a, &g, gdp_total);
            let base = ix.totals.gross_with_gdp_t;
            let mean: f64 = (0..c.len()).filter_map(|i| ix.ecc[i].map(|e| e * c[i] / base)).sum();
            let present: f64 = (0..c.len()).filter(|&i| c[i] > 0.0).filter_map(|i| g[i]).sum();
            if base > 0.0 && ix.totals.gdp_total > 0.0 {
                prop_assert!((mean - present / ix.totals.gdp_total).abs() < NEAR);
            }
        }
    }

    #[test]
    fn scaling_all_emissions_sinks_or_gdp_changes_no_coefficient(
        (c, a, g) in city(), k in 0.01f64..100.0, m in 0.01f64..100.0, p in 0.01f64..100.0,
    ) {
        let scaled = |v: &[f64], k: f64| v.iter().map(|x| x * k).collect::<Vec<f64>>();
        let gp: Vec<Option<f64>> = g.iter().map(|x| x.map(|x| x * p)).collect();
        let (one, two) = (run(&c, &a, &g, None), run(&scaled(&c, k), &scaled(&a, m), &gp, None));
        for i in 0..c.len() {
            for (x, y) in [(one.ecc[i], two.ecc[i]), (one.esc[i], two.esc[i])] {
                prop_assert_eq!(x.is_some(), y.is_some());
                if let (Some(x), Some(y)) = (x, y) {
                    prop_assert!((x - y).abs() <= NEAR * x.abs().max(1.0));
                }
            }
        }
    }

    #[test]
    fn a_permutation_of_the_units_permutes_the_results_bit_for_bit((c, a, g) in city(), seed in any::<u64>()) {
        let n = c.len();
        let mut order: Vec<usize> = (0..n).collect();
        let mut state = seed;
        for i in (1..n).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        let pick = |v: &[f64]| order.iter().map(|&i| v[i]).collect::<Vec<f64>>();
        let pg: Vec<Option<f64>> = order.iter().map(|&i| g[i]).collect();
        let (one, two) = (run(&c, &a, &g, None), run(&pick(&c), &pick(&a), &pg, None));
        let scheme = ZoningScheme::suzhou();
        let zones = |ix: &Indices| classify(&scheme, &[ix]).unwrap().overall;
        let (z1, z2) = (zones(&one), zones(&two));
        for (j, &i) in order.iter().enumerate() {
            prop_assert_eq!(one.ecc[i].map(f64::to_bits), two.ecc[j].map(f64::to_bits));
            prop_assert_eq!(one.esc[i].map(f64::to_bits), two.esc[j].map(f64::to_bits));
            prop_assert_eq!(z1[i], z2[j]);
        }
    }

    #[test]
    fn every_unit_has_exactly_one_class_of_the_scheme((c, a, g) in city()) {
        let scheme = ZoningScheme::suzhou();
        let ix = run(&c, &a, &g, None);
        let zoning = classify(&scheme, &[&ix]).unwrap();
        for (i, id) in zoning.overall.iter().enumerate() {
            let key = &scheme.class_of(*id).unwrap().key;
            prop_assert_eq!(key == "no_emission", c[i] == 0.0);
        }
    }

    #[test]
    fn labels_of_class_breaks_never_move_a_value(
        values in prop::collection::vec(prop_oneof![-1e3f64..1e3, -1.0f64..1.0, 0.0f64..1e6], 1..80),
        classes in 2usize..7,
        method in prop_oneof![
            Just(BreakMethod::NaturalBreaks), Just(BreakMethod::Quantile), Just(BreakMethod::EqualInterval)
        ],
        forced in prop_oneof![Just(None), Just(Some(0.0)), Just(Some(1.0))],
    ) {
        let known: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let b = class_breaks(&known, &BreakOptions { method, classes, forced, log: false, round: true }).unwrap();
        prop_assert!(b.classes() <= classes);
        prop_assert!(b.edges.windows(2).all(|w| w[0] <= w[1]));
        prop_assert_eq!(b.counts.iter().sum::<u64>(), values.len() as u64);
        prop_assert!((-1e-9..=1.0 + 1e-9).contains(&b.gvf));
        let last = b.edges.len() - 1;
        prop_assert!(b.label_edges[0] <= b.edges[0] && b.label_edges[last] >= b.edges[last]);
        let mut counts = vec![0; b.classes()];
        for v in &values {
            let class = b.class_of(*v).unwrap();
            let by_label = b.label_edges[1..last].iter().filter(|e| *v > **e).count();
            prop_assert_eq!(class, by_label, "{} in {:?} / {:?}", v, b.edges, b.label_edges);
            counts[class] += 1;
        }
        prop_assert_eq!(counts, b.counts.clone());
        let both_sides = |f: f64| values.iter().any(|v| *v <= f) && values.iter().any(|v| *v > f);
        prop_assert_eq!(b.forced_edge.is_some(), forced.is_some_and(both_sides));
    }

    #[test]
    fn trends_change_sign_when_time_or_values_are_turned_round(
        values in prop::collection::vec(prop_oneof![-100.0f64..100.0, Just(1.0), Just(2.0)], 3..25),
    ) {
        let n = values.len();
        let times: Vec<f64> = (0..n).map(|i| i as f64).collect();
        let forward: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let turned: Vec<Option<f64>> = values.iter().rev().copied().map(Some).collect();
        let negated: Vec<Option<f64>> = values.iter().map(|v| Some(-v)).collect();
        let test = |v: &[Option<f64>]| mann_kendall(v, SerialCorrection::None).unwrap();
        let (one, two, three) = (test(&forward), test(&turned), test(&negated));
        prop_assert_eq!((one.s, one.variance, one.p), (-two.s, two.variance, two.p));
        prop_assert_eq!(one.tau_b, -three.tau_b);
        prop_assert!((-1.0..=1.0).contains(&one.tau_b) && (0.0..=1.0).contains(&one.p));
        let slope = |v: &[Option<f64>]| theil_sen(&times, v).unwrap().slope;
        prop_assert_eq!(slope(&forward), -slope(&negated));
        prop_assert_eq!(slope(&forward), -slope(&turned));
    }

    #[test]
    fn the_risk_index_lies_in_the_unit_interval_and_ignores_the_unit_of_mass(
        years in prop::collection::vec((0.0f64..1e6, -1e5f64..1e6), 3..8), k in -9i32..10,
    ) {
        // A power of two, so that scaling is exact.
        let k = 2f64.powi(k);
        let column = |f: &dyn Fn(&(f64, f64)) -> f64| years.iter().map(|y| Some(f(y))).collect::<Vec<_>>();
        let options = RiskOptions::default();
        let risk = window_risk(&column(&|y| y.0), &column(&|y| y.1), &options).unwrap();
        let scaled = window_risk(&column(&|y| y.0 * k), &column(&|y| y.1 * k), &options).unwrap();
        prop_assert_eq!(risk, scaled);
        if let Some(r) = risk {
            let unit = 0.0..=1.0 + NEAR;
            prop_assert!([r.level, r.trend, r.persistence, r.ciri].iter().all(|v| unit.contains(v)));
        }
    }

    #[test]
    fn the_effects_of_a_decomposition_add_up_to_the_change(
        rows in prop::collection::vec((prop::collection::vec(factor(), 4), prop::collection::vec(factor(), 4)), 1..9),
    ) {
        let (before, after): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let d = decompose(&before, &after).unwrap();
        prop_assert!(d.residual() < NEAR, "{}", d.residual());
        let back = decompose(&after, &before).unwrap();
        // Time reversal: the way back undoes each effect.
        for (there, back) in d.effects.iter().zip(&back.effects) {
            prop_assert!((there + back).abs() <= NEAR * d.before.max(d.after));
        }
    }

    #[test]
    fn the_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic(a in 1e-9f64..1e12, b in 1e-9f64..1e12) {
        let mean = log_mean(a, b);
        prop_assert!(mean >= (a * b).sqrt() * (1.0 - NEAR) && mean <= f64::midpoint(a, b) * (1.0 + NEAR));
    }
}
