//! Times of draws with drivers: `cargo run --release -p carbonzone-confidence --example speed [ZONES RULES DRAWS]`.
//! Without arguments: 97 zones and 20 rules, then 3,000 zones and 20 rules, 4,096 draws each. One thread: `RAYON_NUM_THREADS=1`.

#![allow(clippy::print_stdout, reason = "a measuring program")]

use carbonzone_confidence::{
    ConfidenceError, Group, Model, Options, Parameter, Placed, Relative, Rule, Term, ZoneJudge, simulate,
};
use carbonzone_zoning::{IndexInputs, IndexOptions, ZoningScheme, classify, indices};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<usize> = std::env::args().skip(1).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let cases = match given.as_slice() {
        [zones, rules, draws] => vec![[*zones, *rules, *draws]],
        _ => vec![[97, 20, 4096], [3000, 20, 4096]],
    };
    for [zones, rules, draws] in cases {
        let model = model(zones, rules)?;
        let scheme = ZoningScheme::suzhou();
        let inputs = IndexInputs {
            unit_ids: None,
            gross_t: &model.gross_t,
            sink_t: &model.sink_t,
            gdp: Some(&model.gdp),
        };
        let zoning = classify(&scheme, &[&indices(&inputs, &IndexOptions::default())?])?;
        let judge = ZoneJudge::new(&scheme, &zoning, IndexOptions::default());
        let start = Instant::now();
        let result = simulate(&model, &judge, &Options { seed: 2020, draws, drivers: true })
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
        let seconds = start.elapsed().as_secs_f64();
        let sure = result.counts();
        let threads = std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "all".to_owned());
        println!("{zones} zones, {rules} rules, {draws} draws, {threads} threads: {seconds:.2} s {sure:?}");
    }
    Ok(())
}

/// Rules whose tonnes fall off over the zones, each from another zone on; every fifth is a sink.
fn model(zones: usize, rules: usize) -> Result<Model, ConfidenceError> {
    let spread = |name: &str, percent: f64| Relative::from_half_width(name, percent);
    let mut parameters = Vec::new();
    for r in 0..rules {
        let name = format!("budget {r}");
        parameters.push(Parameter { spread: spread(&name, 20.0)?, name, group: Group::Activity });
    }
    for z in 0..zones {
        let name = format!("gdp {z}");
        parameters.push(Parameter { spread: spread(&name, 20.0)?, name, group: Group::Gdp });
    }
    let rule = |r: usize| {
        let share = |z: usize| 1e4 / (1.0 + ((z * 7 + r * 13) % zones) as f64);
        let placed = Placed { per_unit_t: (0..zones).map(share).collect(), outside_t: 0.0 };
        Rule {
            id: format!("rule {r}"),
            sector: if r % 5 == 4 { "sink" } else { "industry" }.to_owned(),
            sink: r % 5 == 4,
            terms: vec![Term { share: 1.0, parameters: vec![r] }],
            placed: vec![placed],
            choice: None,
            proxy_cv: Some(0.5),
        }
    };
    let rules: Vec<Rule> = (0..rules).map(rule).collect();
    let sum = |sink: bool, z: usize| -> f64 {
        rules.iter().filter(|r| r.sink == sink).map(|r| r.placed[0].per_unit_t[z]).sum()
    };
    Ok(Model {
        units: (0..zones).map(|z| format!("zone {z}")).collect(),
        gross_t: (0..zones).map(|z| sum(false, z)).collect(),
        sink_t: (0..zones).map(|z| sum(true, z)).collect(),
        gdp: (0..zones).map(|z| Some(100.0 + (z % 17) as f64)).collect(),
        gdp_parameter: (0..zones).map(|z| Some(rules.len() + z)).collect(),
        rules,
        parameters,
        ..Model::default()
    })
}
