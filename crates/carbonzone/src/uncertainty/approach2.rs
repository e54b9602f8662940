//! The inventory's uncertainty by IPCC approach 2, beside approach 1: the draws of activity rows and factors that the zones get too.

use super::config::Uncertainty;
use super::model::line_parameters;
use carbonzone_confidence::{Parameter, Relative, quantile_of_sorted};
use carbonzone_inventory::{Inventory, InventoryLine};
use carbonzone_types::Finding;
use std::collections::BTreeMap;

/// Tonnes of a line with the names of what may be off about it.
struct Term<'a> {
    amount_t: f64,
    line: &'a InventoryLine,
}

/// Fills in the 95 % intervals of every row. Half-widths that are none are findings, and nothing is filled in.
pub fn fill(inventory: &mut Inventory, section: &Uncertainty) -> Vec<Finding> {
    let mut draws: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut findings = Vec::new();
    for line in inventory.lines.iter().filter(|l| l.counted) {
        for (name, group, half_width_pct) in line_parameters(line) {
            if draws.contains_key(&name) {
                continue;
            }
            match Relative::from_half_width(&name, half_width_pct) {
                Ok(spread) => {
                    let parameter = Parameter { name: name.clone(), group, spread };
                    draws.insert(name, parameter.draws(section.seed, section.draws));
                }
                Err(e) => findings.push(Finding::error("uncertainty_half_width", e.to_string())),
            }
        }
    }
    if findings.is_empty() {
        let rows =
            inventory.uncertainty.iter().map(|row| interval(&terms(&inventory.lines, &row.item), &draws));
        let rows: Vec<_> = rows.collect();
        inventory.uncertainty.iter_mut().zip(rows).for_each(|(row, ends)| row.approach2_t = ends);
    }
    findings
}

/// Lines of a sector, or of `gross` or `net`, in which sinks are negative.
fn terms<'a>(lines: &'a [InventoryLine], item: &str) -> Vec<Term<'a>> {
    let sign = |line: &InventoryLine| match (item, line.sector.as_str()) {
        ("net", "sink") => -1.0,
        ("gross", "sink") => 0.0,
        ("gross" | "net", _) => 1.0,
        (item, sector) => f64::from(u8::from(item == sector)),
    };
    let counted = lines.iter().filter(|l| l.counted);
    counted
        .map(|line| Term { amount_t: sign(line) * line.result_t, line })
        .filter(|t| t.amount_t != 0.0)
        .collect()
}

/// 2.5 % and 97.5 % of the sums over the draws.
fn interval(terms: &[Term<'_>], draws: &BTreeMap<String, Vec<f64>>) -> Option<[f64; 2]> {
    let mut sums: Vec<f64> = vec![0.0; draws.values().next()?.len()];
    for term in terms {
        let [activity, factor] = line_parameters(term.line).map(|(name, ..)| draws.get(&name));
        for ((sum, a), f) in sums.iter_mut().zip(activity?).zip(factor?) {
            *sum += term.amount_t * a * f;
        }
    }
    sums.sort_unstable_by(f64::total_cmp);
    Some([quantile_of_sorted(&sums, 0.025)?, quantile_of_sorted(&sums, 0.975)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_inventory::{ActivitySource, InventoryConfig, compute, load};

    /// An inventory of the shipped yearbook, with half-widths of our own.
    fn inventory(activity_pct: f64, factor_pct: impl Fn(&str) -> f64) -> Inventory {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/suzhou");
        let source = ActivitySource { path: "yearbook.csv".to_owned(), ..ActivitySource::default() };
        let config =
            InventoryConfig { year: Some(2020), activity: vec![source], ..InventoryConfig::default() };
        let read = load(&config, &root);
        let areas = ["forest", "grassland", "water", "urban_green", "unused", "orchard", "wetland"];
        let areas = areas.map(|kind| (kind.to_owned(), 1e8)).into();
        let mut out = compute(&config, &read.activity, &read.library, &areas)
            .unwrap_or_else(|findings| panic!("{findings:?}"));
        for line in &mut out.lines {
            line.activity_uncertainty_pct = activity_pct;
            line.factor_uncertainty_pct = factor_pct(&line.factor_id);
        }
        out
    }

    #[test]
    fn a_sum_of_one_factor_has_the_interval_of_the_factor() {
        // Every line of a sector off by its factor alone, and only raw coal's factor is off: linear, so that the interval is
        // known: sum ± 1.96 · tonnes of raw coal · cv, up to the 1/√N of a quantile.
        let mut found = inventory(0.0, |id| if id == "fuel.cn.raw_coal" { 20.0 } else { 0.0 });
        assert!(fill(&mut found, &Uncertainty::default()).is_empty());
        let coal: f64 =
            found.counted("industry").filter(|l| l.factor_id == "fuel.cn.raw_coal").map(|l| l.result_t).sum();
        let row = found.uncertainty.iter().find(|r| r.item == "industry").unwrap();
        let [low, high] = row.approach2_t.unwrap();
        assert!(coal > 0.0);
        // Latin hypercube: a quantile of one parameter is good to a stratum.
        for (end, expected) in [(low, row.amount_t - 0.2 * coal), (high, row.amount_t + 0.2 * coal)] {
            assert!((end - expected).abs() < 1e-3 * coal, "{end} {expected}");
        }
        let agriculture = found.uncertainty.iter().find(|r| r.item == "agriculture").unwrap();
        let [low, high] = agriculture.approach2_t.unwrap();
        let same = |t: f64| (t / agriculture.amount_t - 1.0).abs() < 1e-12;
        assert!(same(low) && same(high), "nothing of it is off: {low} {high}");
    }

    #[test]
    fn small_errors_agree_with_approach_1() {
        let mut found = inventory(5.0, |_| 5.0);
        assert!(fill(&mut found, &Uncertainty::default()).is_empty());
        let terms_of = |item: &str| {
            let all = terms(&found.lines, item);
            let term =
                |t: &Term<'_>| (t.amount_t, t.line.factor_id.clone(), line_parameters(t.line)[0].0.clone());
            all.iter().map(term).collect::<Vec<_>>()
        };
        for row in found.uncertainty.iter().filter(|r| r.amount_t != 0.0) {
            // First-order error propagation, with one error per cell of the yearbook and one per factor.
            let (mut cells, mut factors) = (BTreeMap::new(), BTreeMap::new());
            for (amount_t, factor, cell) in terms_of(&row.item) {
                *cells.entry(cell).or_insert(0.0) += 0.05 * amount_t;
                *factors.entry(factor).or_insert(0.0) += 0.05 * amount_t;
            }
            let half: f64 = cells.values().chain(factors.values()).map(|t: &f64| t * t).sum::<f64>().sqrt();
            let [low, high] = row.approach2_t.unwrap();
            // 4,096 draws: the standard error of a 97.5 % quantile is 2.7 % of the half-width at most; three of them.
            let drawn = 0.5 * (high - low);
            assert!((drawn / half - 1.0).abs() < 0.06, "{}: {drawn} {half}", row.item);
            assert!((0.5 * (high + low) - row.amount_t).abs() < 0.08 * half, "{}", row.item);
        }
    }

    #[test]
    fn half_widths_that_are_none_are_all_named() {
        let mut found = inventory(5.0, |id| if id.starts_with("fuel.cn.raw") { -1.0 } else { 5.0 });
        let findings = fill(&mut found, &Uncertainty::default());
        assert!(!findings.is_empty() && findings.iter().all(|f| f.code == "uncertainty_half_width"));
        assert!(findings.iter().any(|f| f.message.contains("fuel.cn.raw_coal")), "{findings:?}");
        assert!(found.uncertainty.iter().all(|row| row.approach2_t.is_none()));
    }
}
