//! Against scipy and `SALib`: `oracle/confidence_expected.py` made the expected values.

use carbonzone_confidence::{
    Drawn, Judge, Judged, Key, Model, Options, Placed, Relative, Rule, group_shares, simulate,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    relative: Vec<RelativeCase>,
    shares: Vec<ShareCase>,
    ishigami: Ishigami,
}

#[derive(Deserialize)]
struct RelativeCase {
    half_width_pct: f64,
    probabilities: Vec<f64>,
    quantiles: Vec<f64>,
}

#[derive(Deserialize)]
struct ShareCase {
    n: usize,
    share: f64,
    cv: f64,
    mean: f64,
    sd: f64,
    p05: f64,
    p50: f64,
    p95: f64,
}

#[derive(Deserialize)]
struct Ishigami {
    first: [f64; 3],
    total: [f64; 3],
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("expected/confidence.json")).expect("the committed file")
}

#[test]
fn quantiles_of_relative_errors() {
    for case in expected().relative {
        let relative = Relative::from_half_width("x", case.half_width_pct).unwrap();
        for (p, q) in case.probabilities.iter().zip(&case.quantiles) {
            let found = relative.quantile(*p);
            // statrs inverts the normal distribution to about 1e-11.
            assert!((found - q).abs() < 1e-9 * q, "{} %, p = {p}: {found}, scipy {q}", case.half_width_pct);
        }
    }
}

/// Tonnes as they are drawn.
struct Tonnes;

impl Judge for Tonnes {
    fn columns(&self) -> Vec<String> {
        ["gross_t", "sink_t"].map(str::to_owned).into()
    }

    fn driving(&self) -> Vec<usize> {
        vec![0]
    }

    fn judge(&self, drawn: &Drawn<'_>) -> Result<Judged, String> {
        let known = |t: &[f64]| t.iter().map(|t| Some(*t)).collect();
        Ok(Judged {
            columns: vec![known(drawn.gross_t), known(drawn.sink_t)],
            class: vec![1; drawn.gross_t.len()],
        })
    }
}

#[test]
fn a_share_of_a_proxy_has_the_marginal_of_a_dirichlet_distribution() {
    for case in expected().shares {
        let mut per_unit_t = vec![(1.0 - case.share) / (case.n as f64 - 1.0); case.n];
        per_unit_t[0] = case.share;
        let rule = Rule {
            id: "r".into(),
            sector: "industry".into(),
            sink: false,
            terms: Vec::new(),
            placed: vec![Placed { per_unit_t: per_unit_t.clone(), outside_t: 0.0 }],
            choice: None,
            proxy_cv: Some(case.cv),
        };
        let model = Model {
            units: (0..case.n).map(|u| u.to_string()).collect(),
            gross_t: per_unit_t,
            sink_t: vec![0.0; case.n],
            gdp: vec![None; case.n],
            gdp_parameter: vec![None; case.n],
            rules: vec![rule],
            ..Model::default()
        };
        let draws = 1 << 15;
        let result = simulate(&model, &Tonnes, &Options { seed: 9, draws, drivers: false }).unwrap();
        let q = result.units[0].columns[0].unwrap();
        // A quantile p of N draws has the standard error √(p(1−p)/N)/density: below 4 % of the spread for each case here.
        for (found, expected) in [(q.p05, case.p05), (q.p50, case.p50), (q.p95, case.p95)] {
            assert!(
                (found - expected).abs() < 0.15 * case.sd + 1e-12,
                "{found}, scipy {expected}, sd {}",
                case.sd
            );
        }
        assert!((case.mean - case.share).abs() < 1e-12);
    }
}

#[test]
fn the_ishigami_function_has_its_known_indices() {
    let n = 1 << 16;
    let column = |name: &str| Key::new(11, name).uniforms(n);
    let a: Vec<Vec<f64>> = ["a1", "a2", "a3"].map(column).into();
    let b: Vec<Vec<f64>> = ["b1", "b2", "b3"].map(column).into();
    let x = |u: f64| std::f64::consts::PI * (2.0 * u - 1.0);
    let f = |v: &[f64; 3]| v[0].sin() + 7.0 * v[1].sin().powi(2) + 0.1 * v[2].powi(4) * v[0].sin();
    let shares = group_shares(n, |d, g, other| x(if other { b[g][d] } else { a[g][d] }), f).unwrap();
    let Ishigami { first, total } = expected().ishigami;
    // Standard error of these estimators at 65,536 draws: below 0.008.
    for g in 0..3 {
        assert!((shares.first[g] - first[g]).abs() < 0.025, "first {g}: {}", shares.first[g]);
        assert!((shares.total[g] - total[g]).abs() < 0.025, "total {g}: {}", shares.total[g]);
    }
}
