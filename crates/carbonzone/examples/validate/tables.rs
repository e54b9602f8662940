//! All seeds together: tables for people, rows for programs, and the bands.

use crate::measure::{GRID, Outcome, RuleShares, Seed};
use crate::rate::{Rate, quantile};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Bands of the share of townships whose true value lies in its 90 % interval. Outside of it `make validate` fails.
const BAND: [f64; 2] = [0.82, 0.97];

/// A number of a table.
struct Row {
    table: &'static str,
    item: String,
    measure: String,
    value: f64,
    error: Option<f64>,
}

/// The result.
pub struct Tables(Vec<Row>);

type Collected<'a> = Box<dyn Fn(&Seed) -> (f64, f64) + 'a>;

fn rate(seeds: &[Seed], of: Collected<'_>) -> Rate {
    Rate(seeds.iter().map(of).collect())
}

impl Tables {
    /// Sums up.
    pub fn of(seeds: &[Seed]) -> Self {
        let mut out = Self(Vec::new());
        out.sectors(seeds);
        out.rules(seeds);
        out.columns(seeds);
        out.classes(seeds);
        out
    }

    fn push(&mut self, table: &'static str, item: &str, measure: &str, value: f64, error: Option<f64>) {
        self.0.push(Row { table, item: item.to_owned(), measure: measure.to_owned(), value, error });
    }

    fn push_rate(&mut self, table: &'static str, item: &str, measure: &str, rate: &Rate) {
        self.push(table, item, measure, 100.0 * rate.share(), Some(100.0 * rate.error()));
    }

    fn sectors(&mut self, seeds: &[Seed]) {
        let Some(first) = seeds.first() else { return };
        for (k, (sector, _)) in first.sectors.iter().enumerate() {
            let misplaced = |seed: &Seed| {
                let tonnes = &seed.sectors[k].1;
                let away: f64 = tonnes.iter().map(|(said, real)| (said - real).abs()).sum();
                (0.5 * away, tonnes.iter().map(|(_, real)| real).sum())
            };
            let mut errors: Vec<f64> = seeds
                .iter()
                .flat_map(|seed| &seed.sectors[k].1)
                .filter(|(_, real)| *real > 0.0)
                .map(|(said, real)| 100.0 * (said / real - 1.0).abs())
                .collect();
            self.push_rate("sector", sector, "misplaced_pct", &rate(seeds, Box::new(misplaced)));
            self.push("sector", sector, "median_error_pct", quantile(&mut errors, 0.5), None);
            self.push("sector", sector, "p90_error_pct", quantile(&mut errors, 0.9), None);
        }
    }

    fn rules(&mut self, seeds: &[Seed]) {
        let ids: BTreeSet<(&str, &str)> =
            seeds.iter().flat_map(|s| &s.rules).map(|r| (r.kind.as_str(), r.id.as_str())).collect();
        for (kind, id) in &ids {
            let pick = move |r: &RuleShares| r.id == *id;
            self.shares("rule", &format!("{id} ({kind})"), seeds, &pick);
        }
        for kind in ids.iter().map(|(kind, _)| *kind).collect::<BTreeSet<_>>() {
            self.shares("proxy", kind, seeds, &move |r: &RuleShares| r.kind == kind);
        }
    }

    fn shares(
        &mut self,
        table: &'static str,
        item: &str,
        seeds: &[Seed],
        pick: &dyn Fn(&RuleShares) -> bool,
    ) {
        let of = |seed: &Seed, f: &dyn Fn(&RuleShares) -> (f64, f64)| {
            let all = seed.rules.iter().filter(|r| pick(r)).map(f);
            all.fold((0.0, 0.0), |sum, (k, n)| (sum.0 + k, sum.1 + n))
        };
        let over = |f: &dyn Fn(&RuleShares) -> (f64, f64)| Rate(seeds.iter().map(|s| of(s, f)).collect());
        let cv = seeds.iter().flat_map(|s| &s.rules).find(|r| pick(r)).map_or(f64::NAN, |r| r.cv);
        self.push(table, item, "cv", cv, None);
        self.push_rate(table, item, "covered_pct", &over(&|r| r.covered(r.cv)));
        self.push_rate(table, item, "misplaced_pct", &over(&|r| (r.misplaced(), 1.0)));
        self.push_rate(table, item, "unseen_pct", &over(&|r| (r.unseen(), 1.0)));
        let coverage: Vec<f64> = GRID.iter().map(|cv| over(&|r| r.covered(*cv)).share()).collect();
        self.push(table, item, "cv_for_90_pct", crossing(&coverage, 0.9), None);
    }

    fn columns(&mut self, seeds: &[Seed]) {
        let Some(first) = seeds.first() else { return };
        for (k, (column, _)) in first.covered.iter().enumerate() {
            let covered = rate(seeds, Box::new(move |seed| seed.covered[k].1));
            self.push_rate("column", column, "covered_pct", &covered);
        }
    }

    fn classes(&mut self, seeds: &[Seed]) {
        let bins: [(&str, [f64; 2]); 5] = [
            ("all", [0.0, 1.1]),
            ("0.95 or more", [0.95, 1.1]),
            ("0.75 to 0.95", [0.75, 0.95]),
            ("0.5 to 0.75", [0.5, 0.75]),
            ("below 0.5", [0.0, 0.5]),
        ];
        for (item, [from, to]) in bins {
            let within = move |o: &&Outcome| o.said >= from && o.said < to;
            let count = move |seed: &Seed, f: &dyn Fn(&Outcome) -> f64| {
                let list = seed.classes.iter().filter(within);
                list.fold((0.0, 0.0), |sum, o| (sum.0 + f(o), sum.1 + 1.0))
            };
            let right = rate(seeds, Box::new(move |s| count(s, &|o| f64::from(u8::from(o.right)))));
            let said = rate(seeds, Box::new(move |s| count(s, &|o| o.said)));
            let border = rate(seeds, Box::new(move |s| count(s, &|o| f64::from(u8::from(o.borderline)))));
            let all: f64 = seeds.iter().map(|s| s.classes.len() as f64).sum();
            self.push("class", item, "townships_pct", 100.0 * right.cases() / all, None);
            self.push("class", item, "said_pct", 100.0 * said.share(), None);
            self.push_rate("class", item, "true_class_pct", &right);
            self.push("class", item, "borderline_pct", 100.0 * border.share(), None);
        }
    }

    /// Rows `table,item,measure,value,standard_error`.
    pub fn csv(&self) -> String {
        let mut out = "table,item,measure,value,standard_error,synthetic\n".to_owned();
        for row in &self.0 {
            let error = row.error.map(|e| e.to_string()).unwrap_or_default();
            let _ = writeln!(out, "{},{},{},{},{error},true", row.table, row.item, row.measure, row.value);
        }
        out
    }

    /// One table per kind of row.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for table in ["sector", "rule", "proxy", "column", "class"] {
            let rows = || self.0.iter().filter(|r| r.table == table);
            let mut measures: Vec<&str> = Vec::new();
            let mut items: Vec<&str> = Vec::new();
            for row in rows() {
                if !measures.contains(&row.measure.as_str()) {
                    measures.push(&row.measure);
                }
                if !items.contains(&row.item.as_str()) {
                    items.push(&row.item);
                }
            }
            let _ = writeln!(out, "| {table} | {} |", measures.join(" | "));
            let _ = writeln!(out, "|---|{}", "---|".repeat(measures.len()));
            for item in items {
                let cells: Vec<String> = measures
                    .iter()
                    .map(|m| rows().find(|r| r.item == item && r.measure == *m).map_or(String::new(), shown))
                    .collect();
                let _ = writeln!(out, "| {item} | {} |", cells.join(" | "));
            }
            out.push('\n');
        }
        out
    }

    /// Coverages outside the band, in words.
    pub fn outside_band(&self) -> Vec<String> {
        let judged =
            self.0.iter().filter(|r| matches!(r.table, "proxy" | "column") && r.measure == "covered_pct");
        judged
            .filter(|r| !(100.0 * BAND[0]..=100.0 * BAND[1]).contains(&r.value))
            .map(|r| format!("{} {}: {} %, expected {BAND:?}", r.table, r.item, shown(r)))
            .collect()
    }
}

fn shown(row: &Row) -> String {
    let digits = if row.measure.starts_with("cv") { 2 } else { 1 };
    match row.error {
        Some(error) => format!("{:.digits$} ± {error:.digits$}", row.value),
        None => format!("{:.digits$}", row.value),
    }
}

/// The variation at which the coverage first reaches `level`, between the values of [`GRID`] by its logarithm; infinite if never.
fn crossing(coverage: &[f64], level: f64) -> f64 {
    let Some(at) = coverage.iter().position(|c| *c >= level) else { return f64::INFINITY };
    let Some(before) = at.checked_sub(1) else { return GRID[0] };
    let part = (level - coverage[before]) / (coverage[at] - coverage[before]);
    (GRID[before].ln() + part * (GRID[at] / GRID[before]).ln()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variation_for_a_coverage_lies_between_its_neighbours() {
        let mut coverage = vec![0.5; GRID.len()];
        coverage[4] = 0.8;
        coverage[5..].fill(1.0);
        assert!((crossing(&coverage, 0.9) - (0.25_f64 * 0.3).sqrt()).abs() < 1e-12);
        assert_eq!(crossing(&[1.0; GRID.len()], 0.9), GRID[0]);
        assert_eq!(crossing(&[0.0; GRID.len()], 0.9), f64::INFINITY);
    }

    #[test]
    fn a_coverage_outside_the_band_is_named() {
        let mut tables = Tables(Vec::new());
        tables.push("proxy", "poi", "covered_pct", 50.0, Some(1.0));
        tables.push("proxy", "area", "covered_pct", 90.0, Some(1.0));
        tables.push("rule", "mining", "covered_pct", 10.0, Some(1.0));
        let outside = tables.outside_band();
        assert_eq!(outside.len(), 1);
        assert!(outside[0].contains("proxy poi: 50.0 ± 1.0 %"), "{outside:?}");
    }
}
