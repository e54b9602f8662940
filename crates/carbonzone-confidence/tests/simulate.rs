//! Closed cases, identities and bits of the simulation.
use carbonzone_confidence::{
    Choice, Confidence, Drawn, Group, Judge, Judged, Model, Moves, Options, Parameter, Placed, Relative,
    Rule, Term, ZoneJudge, moves, simulate,
};
use carbonzone_zoning::{IndexInputs, IndexOptions, Zoning, ZoningScheme, classify, indices};
use proptest::prelude::*;

/// Gross and sinks as columns, class 1 above 100 t and 2 below.
struct Above100;

impl Judge for Above100 {
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
            class: drawn.gross_t.iter().map(|t| if *t > 100.0 { 1 } else { 2 }).collect(),
        })
    }
}

fn rule(id: &str, sector: &str, per_unit_t: &[f64], terms: Vec<Term>, proxy_cv: Option<f64>) -> Rule {
    let placed = vec![Placed { per_unit_t: per_unit_t.to_vec(), outside_t: 0.0 }];
    Rule {
        id: id.into(),
        sector: sector.into(),
        sink: sector == "sink",
        terms,
        placed,
        choice: None,
        proxy_cv,
    }
}

fn parameter(name: &str, group: Group, percent: f64) -> Parameter {
    Parameter { name: name.into(), group, spread: Relative::from_half_width(name, percent).unwrap() }
}

fn whole(parameters: &[usize]) -> Vec<Term> {
    vec![Term { share: 1.0, parameters: parameters.to_vec() }]
}

/// A model of these rules; gross and sinks are their sums.
fn model(rules: Vec<Rule>, parameters: Vec<Parameter>) -> Model {
    let n = rules[0].placed[0].per_unit_t.len();
    let sum = |sink: bool, u: usize| -> f64 {
        rules.iter().filter(|r| r.sink == sink).map(|r| r.placed[0].per_unit_t[u]).sum()
    };
    Model {
        units: (0..n).map(|u| format!("u{u}")).collect(),
        gross_t: (0..n).map(|u| sum(false, u)).collect(),
        sink_t: (0..n).map(|u| sum(true, u)).collect(),
        gdp: (0..n).map(|u| Some(10.0 + u as f64)).collect(),
        gdp_parameter: vec![None; n],
        rules,
        unit_parameters: Vec::new(),
        parameters,
        choices: Vec::new(),
    }
}

fn options(draws: usize, drivers: bool) -> Options {
    Options { seed: 42, draws, drivers }
}

fn row<'a>(result: &'a Confidence, item: &str) -> &'a carbonzone_confidence::CityRow {
    result.city.iter().find(|r| r.item == item).unwrap()
}

#[test]
fn what_is_unsure_about_one_unit_moves_that_unit_only() {
    let mut model = model(
        vec![rule("energy", "energy", &[100.0, 100.0], whole(&[0]), None)],
        vec![parameter("factor", Group::Factors, 0.0), parameter("people of u0", Group::Activity, 19.6)],
    );
    model.unit_parameters = vec![vec![vec![1], Vec::new()]];
    let result = simulate(&model, &Above100, &options(4096, true)).unwrap();
    let [own, other] = [0, 1].map(|u| result.units[u].columns[0].unwrap());
    assert_eq!((other.p05, other.p95), (100.0, 100.0));
    // Quantiles of a normal number with a standard deviation of 10 %.
    assert!((own.p05 - 83.55).abs() < 0.1 && (own.p95 - 116.45).abs() < 0.1, "{own:?}");
    assert_eq!(result.units[0].driver, Some(Group::Activity));
    let gross = row(&result, "gross");
    assert!((gross.half_width_t / 19.6 - 1.0).abs() < 0.01, "{gross:?}");
    // Without error the run itself, to the bit.
    model.parameters[1] = parameter("people of u0", Group::Activity, 0.0);
    let exact = simulate(&model, &Above100, &options(64, false)).unwrap();
    assert!(exact.units.iter().all(|u| u.columns[0].unwrap().p05 == 100.0));
    // A list for another number of units is refused.
    model.unit_parameters = vec![vec![vec![1]]];
    assert!(simulate(&model, &Above100, &options(64, false)).is_err());
}

#[test]
fn totals_agree_with_error_propagation() {
    // Approach 1: two budgets of 300 ± 10 % and 400 ± 20 % t, independent: √(30² + 80²) = 85.44 t.
    let parameters = vec![parameter("a", Group::Activity, 10.0), parameter("b", Group::Activity, 20.0)];
    let rules = vec![
        rule("x", "industry", &[100.0, 200.0], whole(&[0]), None),
        rule("y", "waste", &[400.0, 0.0], whole(&[1]), None),
    ];
    let result = simulate(&model(rules, parameters), &Above100, &options(1 << 14, false)).unwrap();
    let gross = row(&result, "gross");
    assert_eq!(gross.amount_t, 700.0);
    assert!((gross.mean_t - 700.0).abs() < 0.05, "{gross:?}");
    assert!((gross.half_width_t / 85.440_04 - 1.0).abs() < 0.01, "{gross:?}");
}

#[test]
fn lines_that_share_a_factor_are_wrong_together() {
    // 30 and 40 t on one factor of ± 10 %: 7 t, not √(3² + 4²) = 5 t.
    let shared = model(
        vec![
            rule("x", "industry", &[30.0], whole(&[0]), None),
            rule("y", "waste", &[40.0], whole(&[0]), None),
        ],
        vec![parameter("f", Group::Factors, 10.0)],
    );
    let result = simulate(&shared, &Above100, &options(1 << 14, false)).unwrap();
    assert!((row(&result, "gross").half_width_t / 7.0 - 1.0).abs() < 0.01, "{:?}", row(&result, "gross"));
}

#[test]
fn a_class_probability_is_the_known_one() {
    // 95 t ± 19.6 % (normal, sd 9.5 t): above 100 t with probability 1 − Φ(5/9.5) = 0.29931.
    let sure = model(
        vec![rule("x", "industry", &[95.0], whole(&[0]), None)],
        vec![parameter("a", Group::Activity, 19.599_639_845_400_54)],
    );
    let result = simulate(&sure, &Above100, &options(1 << 14, true)).unwrap();
    let unit = &result.units[0];
    assert_eq!((unit.printed, unit.modal), (2, 2));
    // The sample is stratified in its only dimension: good to 1/N.
    assert!((unit.probability(1) - 0.29931).abs() < 2e-4, "{unit:?}");
    assert!((unit.confidence - 0.70069).abs() < 2e-4);
    assert_eq!(unit.driver, Some(Group::Activity));
}

#[test]
fn without_uncertainty_the_draws_are_the_run_itself() {
    let exact = vec![Parameter { name: "a".into(), group: Group::Activity, spread: Relative::Exact }];
    let tonnes = [0.1 + 0.2, 1.0 / 3.0, 1e9 / 7.0];
    let result = simulate(
        &model(vec![rule("x", "industry", &tonnes, whole(&[0]), Some(0.0))], exact),
        &Above100,
        &options(64, true),
    )
    .unwrap();
    for (unit, t) in result.units.iter().zip(tonnes) {
        let q = unit.columns[0].unwrap();
        assert_eq!([q.p05, q.p50, q.p95].map(f64::to_bits), [t.to_bits(); 3]);
        assert_eq!((unit.confidence, unit.driver), (1.0, None));
    }
}

#[test]
fn the_drivers_are_the_terms_that_vary() {
    // Shares vary by 30 %, the budget by 1 %: the proxy decides. The other way round: the factor does.
    let of = |cv: f64, percent: f64| {
        let rules = vec![rule("x", "industry", &[101.0, 99.0, 300.0, 20.0], whole(&[0]), Some(cv))];
        let model = model(rules, vec![parameter("f", Group::Factors, percent)]);
        simulate(&model, &Above100, &options(1024, true)).unwrap().units[0].driver
    };
    assert_eq!(of(0.3, 1.0), Some(Group::Proxies));
    assert_eq!(of(0.001, 30.0), Some(Group::Factors));
}

#[test]
fn shares_in_the_variance_are_those_of_error_propagation() {
    // 300 ± 10 % and 400 ± 20 % t of two groups, and a budget whose shares of two units vary by 15 %: a unit's gross is nearly linear,
    // so that the variances of the three add up.
    let rules = vec![
        rule("x", "industry", &[300.0, 1.0], whole(&[0]), None),
        rule("y", "waste", &[400.0, 1.0], whole(&[1]), None),
        rule("z", "transport", &[200.0, 200.0], Vec::new(), Some(0.15)),
    ];
    let parameters = vec![parameter("a", Group::Activity, 10.0), parameter("f", Group::Factors, 20.0)];
    let result = simulate(&model(rules, parameters), &Above100, &options(1 << 13, true)).unwrap();
    let unit = &result.units[0];
    let [of_gross, _] = unit.drivers.as_slice() else { panic!("a column and the class") };
    let shares = of_gross.shares.as_ref().unwrap();
    // Standard deviations 30/1.96, 80/1.96 and 0.15 · 200 t.
    let variances =
        [(30.0_f64 / 1.959_964).powi(2), (80.0_f64 / 1.959_964).powi(2), (0.15_f64 * 200.0).powi(2)];
    let sum: f64 = variances.iter().sum();
    for (g, variance) in [Group::Activity, Group::Factors, Group::Proxies].into_iter().zip(variances) {
        for share in [shares.first[g as usize], shares.total[g as usize]] {
            assert!((share - variance / sum).abs() < 0.04, "{g:?}: {share}, expected {}", variance / sum);
        }
    }
    assert_eq!(
        [Group::Gdp, Group::Choices].map(|g| shares.total[g as usize]),
        [0.0; 2],
        "nothing of them varies"
    );
}

#[test]
fn a_choice_moves_what_its_options_move() {
    let mut model = model(vec![rule("x", "industry", &[150.0, 50.0], Vec::new(), None)], Vec::new());
    model.choices = vec![Choice { name: "set".into(), probabilities: vec![0.75, 0.25] }];
    model.rules[0].choice = Some(0);
    model.rules[0].placed.push(Placed { per_unit_t: vec![50.0, 150.0], outside_t: 0.0 });
    let result = simulate(&model, &Above100, &options(1024, true)).unwrap();
    assert_eq!(result.units[0].confidence, 0.75);
    assert_eq!(result.units[1].probability(1), 0.25);
    assert_eq!(result.units[0].driver, Some(Group::Choices));
}

#[test]
fn a_plan_and_its_base_stay_a_pair_where_the_places_of_a_rule_change() {
    // 30 shares with a cv of 0.7: unit 0 has a gamma of shape 0.997, and of 1.03 with one place more.
    let mut tonnes = vec![5734.0 / 29.0; 30];
    tonnes[0] = 100.0;
    let base = model(vec![rule("x", "industry", &tonnes, Vec::new(), Some(0.7))], Vec::new());
    let with_rest = |rest_t: f64| {
        let mut plan = base.clone();
        plan.rules[0].placed[0] = Placed::of(tonnes.clone(), rest_t);
        moves((&base, &Above100), (&plan, &Above100), &options(1024, false)).unwrap()
    };
    let [rounding, place] = [1e-13, 0.5].map(with_rest);
    assert!(rounding.iter().all(|m| m.differs() == 0.0), "rounding is no place");
    let most = place.iter().map(Moves::differs).fold(0.0, f64::max);
    assert!(place[0].second(1) > 0.2 && place[0].second(1) < 0.8, "{:?}", place[0]);
    assert!(most < 0.05, "half a tonne elsewhere: {most}");
}

#[test]
fn everything_wrong_with_a_model_is_named_at_once() {
    let mut bad = model(vec![rule("x", "industry", &[1.0, -2.0, 3.0], whole(&[9]), Some(5.0))], Vec::new());
    bad.choices = vec![Choice { name: "set".into(), probabilities: vec![0.5, 0.6] }];
    let errors = simulate(&bad, &Above100, &options(1000, true)).unwrap_err();
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    for part in ["position of a parameter: 9", "-2 t", "cv = 5", "sum to 1.1", "draws = 1000"] {
        assert!(text.iter().any(|t| t.contains(part)), "{part} not in {text:?}");
    }
}

fn zoned(model: &Model, scheme: &ZoningScheme) -> Zoning {
    let inputs =
        IndexInputs { unit_ids: None, gross_t: &model.gross_t, sink_t: &model.sink_t, gdp: Some(&model.gdp) };
    classify(scheme, &[&indices(&inputs, &IndexOptions::default()).unwrap()]).unwrap()
}

#[test]
fn zones_have_the_same_bits_for_any_number_of_threads() {
    let tonnes = |k: f64| -> Vec<f64> { (1..=20).map(|i| 1.0 + k * f64::from(i * i % 17)).collect() };
    let rules = vec![
        rule("x", "industry", &tonnes(3.0), whole(&[0]), Some(0.2)),
        rule("s", "sink", &tonnes(0.1), whole(&[1]), Some(0.3)),
    ];
    let parameters = vec![parameter("a", Group::Activity, 10.0), parameter("f", Group::Factors, 80.0)];
    let model = model(rules, parameters);
    let scheme = ZoningScheme::suzhou();
    let zoning = zoned(&model, &scheme);
    let judge = ZoneJudge::new(&scheme, &zoning, IndexOptions::default());
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| simulate(&model, &judge, &options(512, true)).unwrap())
    };
    let one = run(1);
    assert_eq!(one.units.iter().map(|u| u.printed).collect::<Vec<_>>(), zoning.overall);
    assert!(one.counts().iter().sum::<usize>() == 20 && one.counts()[0] < 20, "{:?}", one.counts());
    for threads in [2, 7] {
        assert_eq!(run(threads), one);
    }
}

/// Refuses draws that are negative or put more than a budget on the units; its only column is what they get together.
struct Inside(f64);

impl Judge for Inside {
    fn columns(&self) -> Vec<String> {
        vec!["inside_t".to_owned()]
    }

    fn driving(&self) -> Vec<usize> {
        vec![0]
    }

    fn judge(&self, drawn: &Drawn<'_>) -> Result<Judged, String> {
        let inside: f64 = drawn.gross_t.iter().sum();
        if drawn.gross_t.iter().any(|t| t.is_nan() || *t < 0.0) || inside > self.0 * (1.0 + 1e-12) {
            return Err(format!("{inside} of {}", self.0));
        }
        let n = drawn.gross_t.len();
        Ok(Judged { columns: vec![vec![Some(inside); n]], class: vec![1; n] })
    }
}

proptest! {
    #[test]
    fn every_draw_keeps_the_budget(
        tonnes in prop::collection::vec(0.0f64..1e7, 3..30), outside in prop_oneof![Just(0.0), 0.0f64..1e6], cv in 0.01f64..1.2, seed: u64,
    ) {
        prop_assume!(tonnes.iter().filter(|t| **t > 0.0).count() >= 3);
        let n = tonnes.len();
        let mut rule = rule("x", "industry", &tonnes, Vec::new(), Some(cv));
        rule.placed[0].outside_t = outside;
        let budget = rule.placed[0].total_t();
        let model = model(vec![rule], Vec::new());
        let result = simulate(&model, &Inside(budget), &Options { seed, draws: 64, drivers: false }).unwrap();
        prop_assert_eq!(result.units.len(), n);
        if outside == 0.0 {
            let q = result.units[0].columns[0].unwrap();
            prop_assert!((q.p05 / budget - 1.0).abs() < 1e-12 && (q.p95 / budget - 1.0).abs() < 1e-12);
        }
    }
}
