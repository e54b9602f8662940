//! One city: what the run says beside what is true.

use anyhow::Context;
use carbonzone::RunResult;
use carbonzone_confidence::dirichlet_concentration;
use carbonzone_synth::suzhou::Truth;
use carbonzone_types::{AttributeTable, ExactSum, RunManifest};
use carbonzone_zoning::{IndexInputs, IndexOptions, Indices, ZoningConfig, ZoningScheme, classify, indices};
use statrs::distribution::{Beta, ContinuousCDF};
use std::collections::BTreeMap;

/// Variations at which the coverage is tried.
pub const GRID: [f64; 14] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0];

/// A rule: shares of the townships, said and true.
pub struct RuleShares {
    pub id: String,
    pub kind: String,
    /// Variation in use.
    pub cv: f64,
    /// Tonnes said and true, by township.
    pub tonnes: Vec<(f64, f64)>,
    /// Tonnes outside the townships, as the run says.
    pub outside_t: f64,
}

/// A township: how sure its class was said to be, and whether it is the true one.
pub struct Outcome {
    pub said: f64,
    pub right: bool,
    pub borderline: bool,
}

/// Everything of one seed.
pub struct Seed {
    pub rules: Vec<RuleShares>,
    /// Tonnes said and true by township, of each sector, of `gross` and `sink`.
    pub sectors: Vec<(String, Vec<(f64, f64)>)>,
    /// Townships whose true value lies in the 90 % interval, and townships with one, by column.
    pub covered: Vec<(String, (f64, f64))>,
    pub classes: Vec<Outcome>,
}

impl RuleShares {
    /// Townships in which the run places something.
    fn seen(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.tonnes.iter().filter(|(said, _)| *said > 0.0)
    }

    fn total_t(&self) -> f64 {
        self.tonnes.iter().map(|(said, _)| said).sum::<f64>() + self.outside_t
    }

    fn shares(&self) -> usize {
        self.seen().count() + usize::from(self.outside_t > 0.0)
    }

    /// Share of the tonnes that are in another township than the run says.
    pub fn misplaced(&self) -> f64 {
        let away: f64 = self.tonnes.iter().map(|(said, real)| (said - real).abs()).sum();
        0.5 * (away + self.outside_t) / self.total_t()
    }

    /// Share of the true tonnes that are in townships where the run has none.
    pub fn unseen(&self) -> f64 {
        let unseen: f64 = self.tonnes.iter().filter(|(said, _)| *said <= 0.0).map(|(_, real)| real).sum();
        unseen / self.total_t()
    }

    /// Townships whose true share lies in the central 90 % of its distribution, and all that have one. The share of one
    /// township in a Dirichlet distribution has a beta distribution.
    pub fn covered(&self, cv: f64) -> (f64, f64) {
        let n = self.shares();
        let limit = 0.9 * (n.max(1) as f64 - 1.0).sqrt();
        let Some(concentration) = dirichlet_concentration(n, cv.min(limit)) else { return (0.0, 0.0) };
        let total = self.total_t();
        let inside = |&&(said, real): &&(f64, f64)| {
            let share = said / total;
            let law = Beta::new(concentration * share, concentration * (1.0 - share));
            // Less than a thousandth of an average share is none: the law has no zero.
            let real = (real / total).min(1.0);
            law.is_ok_and(|law| law.cdf(real) <= 0.95 && law.cdf(real.max(1e-3 / n as f64)) >= 0.05)
        };
        (self.seen().filter(inside).count() as f64, self.seen().count() as f64)
    }
}

/// Compares a run with the truth.
pub fn compare(result: &RunResult, truth: &Truth) -> anyhow::Result<Seed> {
    let record = result.record();
    let table = result.unit_table()?.context("not a study of parcels")?;
    let ids = table.texts("unit_id").context("no ids")?;
    let position: BTreeMap<&str, usize> =
        truth.unit_ids.iter().enumerate().map(|(z, id)| (id.as_str(), z)).collect();
    let order: Vec<usize> = ids
        .iter()
        .map(|id| {
            position.get(id.as_deref().unwrap_or_default()).copied().context("a township without truth")
        })
        .collect::<anyhow::Result<_>>()?;
    let real = |of: &dyn Fn(&str) -> bool| -> Vec<f64> {
        let sum = |&z: &usize| {
            let kg: ExactSum =
                truth.budgets.iter().filter(|b| of(&b.budget)).map(|b| b.kg[z] as f64).collect();
            kg.value() / 1000.0
        };
        order.iter().map(sum).collect()
    };
    let said = |column: &str| reals(&table, column);
    let mut sectors = Vec::new();
    for sector in &record.sectors {
        let prefix = format!("{sector}:");
        let of = |b: &str| b.starts_with(&prefix);
        sectors.push((sector.clone(), paired(&said(&format!("{sector}_t"))?, &real(&of))));
    }
    let gross = real(&|b: &str| !b.starts_with("sink:"));
    let sink = real(&|b: &str| b.starts_with("sink:"));
    sectors.push(("gross".to_owned(), paired(&said("gross_t")?, &gross)));
    sectors.push(("sink".to_owned(), paired(&said("sink_t")?, &sink)));
    let (scheme, true_indices) = judge(record, &table, &gross, &sink)?;
    let columns = [
        ("gross_t", gross.iter().map(|t| Some(*t)).collect()),
        ("sink_t", sink.iter().map(|t| Some(*t)).collect()),
        ("ccr", true_indices.ccr.clone()),
        (scheme.economic.column.as_str(), true_indices.ecc.clone()),
        (scheme.ecological.column.as_str(), true_indices.esc.clone()),
    ];
    let covered = columns.iter().map(|(name, values)| {
        let (low, high) = (table.numbers(&format!("{name}_p05")), table.numbers(&format!("{name}_p95")));
        let (low, high) = low.zip(high).context("no intervals")?;
        let known: Vec<bool> =
            (0..values.len()).filter_map(|z| Some(low[z]? <= values[z]? && values[z]? <= high[z]?)).collect();
        Ok(((*name).to_owned(), (known.iter().filter(|k| **k).count() as f64, known.len() as f64)))
    });
    Ok(Seed {
        rules: rules(record, &ids, real),
        sectors,
        covered: covered.collect::<anyhow::Result<_>>()?,
        classes: classes(&table, &scheme, &true_indices)?,
    })
}

fn reals(table: &AttributeTable, column: &str) -> anyhow::Result<Vec<f64>> {
    let values = table.numbers(column).with_context(|| format!("no column {column}"))?;
    values.into_iter().map(|v| v.with_context(|| format!("{column} is empty"))).collect()
}

fn paired(said: &[f64], real: &[f64]) -> Vec<(f64, f64)> {
    said.iter().copied().zip(real.iter().copied()).collect()
}

/// The true indices, under the scheme of the run.
fn judge(
    record: &RunManifest,
    table: &AttributeTable,
    gross: &[f64],
    sink: &[f64],
) -> anyhow::Result<(ZoningScheme, Indices)> {
    let config: ZoningConfig = serde_json::from_value(record.pipeline["zoning"].clone())?;
    let scheme = config.resolve()?;
    let gdp = table.numbers("gdp_1e4cny").context("no GDP")?;
    let inputs = IndexInputs { unit_ids: None, gross_t: gross, sink_t: sink, gdp: Some(&gdp) };
    let options = IndexOptions {
        ecc_direction: scheme.ecc_direction,
        gdp_total: config.gdp_total,
        borderline_pct: scheme.borderline_pct,
    };
    let values = indices(&inputs, &options)?;
    Ok((scheme, values))
}

fn classes(table: &AttributeTable, scheme: &ZoningScheme, values: &Indices) -> anyhow::Result<Vec<Outcome>> {
    let zoning = classify(scheme, &[values])?;
    let said = reals(table, "zone_confidence")?;
    let zone = table.texts("zone").context("no classes")?;
    let borderline = table.get("borderline").context("no borderline")?;
    let is_borderline = |z: usize| match borderline {
        carbonzone_types::ColumnData::Bool(b) => b[z] == Some(true),
        _ => false,
    };
    let outcome = |z: usize| Outcome {
        said: said[z],
        right: scheme.class_of(zoning.overall[z]).map(|c| &c.key) == zone[z].as_ref(),
        borderline: is_borderline(z),
    };
    Ok((0..said.len()).map(outcome).collect())
}

/// Every rule that places something, with the true tonnes of its budget.
fn rules(
    record: &RunManifest,
    ids: &[Option<String>],
    real: impl Fn(&dyn Fn(&str) -> bool) -> Vec<f64>,
) -> Vec<RuleShares> {
    let position: BTreeMap<&str, usize> =
        ids.iter().enumerate().filter_map(|(z, id)| Some((id.as_deref()?, z))).collect();
    let cvs = record.confidence.as_ref().map(|c| &c.proxies);
    let mut out = Vec::new();
    for (r, rule) in record.rules.iter().enumerate().filter(|(_, r)| r.placed_t > 0.0) {
        let mut said = vec![0.0; ids.len()];
        for part in record.contributions.iter().filter(|c| c.rule == rule.id) {
            said[position[part.zone.as_str()]] += part.amount_t;
        }
        let outside = rule.placed_t - ExactSum::of(&said);
        let budget = record.pipeline["allocate"][r]["budget"].as_str().unwrap_or_default();
        let proxy = rule.used.map_or("", |u| rule.proxies[u].name.as_str());
        // A rule with a variation of its own says nothing about its kind of proxy.
        let own = record.pipeline["uncertainty"]["rules"][&rule.id].as_f64();
        let kind = proxy.split(':').next().unwrap_or(proxy).trim_end_matches("_corrected").to_owned();
        out.push(RuleShares {
            id: rule.id.clone(),
            cv: own.or_else(|| cvs.and_then(|c| c.get(&kind)).copied()).unwrap_or(0.0),
            kind: if own.is_some() { "own".to_owned() } else { kind },
            tonnes: paired(&said, &real(&|b: &str| b == budget)),
            outside_t: if outside > 1e-9 * rule.placed_t { outside } else { 0.0 },
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(tonnes: Vec<(f64, f64)>) -> RuleShares {
        RuleShares { id: String::new(), kind: String::new(), cv: 0.0, tonnes, outside_t: 0.0 }
    }

    #[test]
    fn misplaced_and_unseen_tonnes_are_shares_of_the_budget() {
        let r = rule(vec![(60.0, 50.0), (40.0, 30.0), (0.0, 20.0)]);
        assert_eq!((r.misplaced(), r.unseen()), (0.2, 0.2));
    }

    #[test]
    fn two_equal_shares_are_covered_as_the_beta_law_of_their_cv_says() {
        // n = 2, cv² = 1/3: α0 = 3 − 1 = 2, Beta(1, 1): uniform, so that 90 % lie between 0.05 and 0.95.
        let cv = (1.0_f64 / 3.0).sqrt();
        for (real, inside) in [(0.051, 2.0), (0.049, 0.0), (0.5, 2.0)] {
            assert_eq!(rule(vec![(0.5, real), (0.5, 1.0 - real)]).covered(cv), (inside, 2.0), "{real}");
        }
    }
}
