//! Tonnes per sector.

use carbonzone_geom::OverlapMatrix;
use carbonzone_inventory::equations::net;
use carbonzone_spatialize::RuleTonnes;
use carbonzone_types::{Co2e, ExactSum, Ledger, LedgerRow, Stage};
use rayon::prelude::*;

/// Sectors of the paper in its order; others follow in the order of the allocation table.
const PAPER_ORDER: [&str; 5] = ["industry", "construction", "transport", "agriculture", "waste"];

pub(crate) const SINK: &str = "sink";

/// Units that are summed by one task, at least.
const UNITS_PER_TASK: usize = 1 << 14;

/// Tonnes of one kind of unit: one column per sector, sinks apart. All in t CO2e per year.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SectorTable {
    /// One vector per sector, in the order of [`sector_order`].
    pub sectors_t: Vec<Vec<f64>>,
    /// Sinks, ≥ 0.
    pub sink_t: Vec<f64>,
    /// Sum of the sectors.
    pub gross_t: Vec<f64>,
    /// Gross minus sinks.
    pub net_t: Vec<f64>,
}

impl SectorTable {
    /// Sums the sectors of every unit.
    pub fn new(sectors_t: Vec<Vec<f64>>, sink_t: Vec<f64>) -> Self {
        let units = (0..sink_t.len()).into_par_iter().with_min_len(UNITS_PER_TASK);
        let (gross_t, net_t) = units
            .map(|i| {
                let gross_t: f64 = sectors_t.iter().map(|s| s[i]).sum();
                (gross_t, net(Co2e(gross_t), Co2e(sink_t[i])).tonnes())
            })
            .unzip();
        Self { sectors_t, sink_t, gross_t, net_t }
    }

    /// From the columns of all sectors and, last, of the sinks.
    pub fn of_columns(mut columns: Vec<Vec<f64>>) -> Self {
        let sink_t = columns.pop().unwrap_or_default();
        Self::new(columns, sink_t)
    }

    /// The columns of all sectors and, last, of the sinks.
    pub fn columns(&self) -> impl Iterator<Item = &Vec<f64>> {
        self.sectors_t.iter().chain([&self.sink_t])
    }

    /// The exact sum of every column, that of the sinks last.
    pub fn sums(&self) -> Vec<ExactSum> {
        let columns: Vec<&Vec<f64>> = self.columns().collect();
        let sum = |part: &[f64]| part.iter().copied().collect::<ExactSum>();
        let both = |mut a: ExactSum, b: ExactSum| {
            a.merge(b);
            a
        };
        let of = |column: &&Vec<f64>| column.par_chunks(UNITS_PER_TASK).map(sum).reduce(ExactSum::new, both);
        columns.par_iter().map(of).collect()
    }

    /// Ledger rows of what lies in the units, and of what lies outside; `outside` has one value per column.
    pub fn book(&self, sectors: &[String], outside: &[f64], stages: (Stage, Stage), ledger: &mut Ledger) {
        let names = sectors.iter().map(String::as_str).chain([SINK]);
        for ((name, column), out) in names.zip(self.columns()).zip(outside) {
            ledger.push(LedgerRow::tonnes(stages.0, name, "", ExactSum::of(column)));
            ledger.push(LedgerRow::tonnes(stages.1, name, "", *out));
        }
    }

    /// The table on the targets of an overlap, and per column what lies in none.
    pub fn on(&self, weights: &OverlapMatrix) -> (Self, Vec<f64>) {
        let columns: Vec<&Vec<f64>> = self.columns().collect();
        let spread: Vec<_> =
            columns.par_iter().with_max_len(1).map(|column| weights.spread(column)).collect();
        let outside = spread.iter().map(|s| s.outside).collect();
        (Self::of_columns(spread.into_iter().map(|s| s.per_target).collect()), outside)
    }
}

/// Sectors of some rules in the order of columns, without the sinks; one entry per rule comes in.
pub fn sector_order<'a>(of_rules: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let used = of_rules.filter(|s| *s != SINK);
    let known = |wanted: &&&str| used.clone().any(|s| s == **wanted);
    let mut out: Vec<String> = PAPER_ORDER.iter().filter(known).map(|s| (*s).to_owned()).collect();
    for sector in used {
        if !out.iter().any(|s| s == sector) {
            out.push(sector.to_owned());
        }
    }
    out
}

/// A column of tonnes on `n` parcels for every sector and, last, for the sinks; `rules` with their sectors, in their order.
pub fn columns_of(sectors: &[String], n: usize, rules: &[(&str, &RuleTonnes)]) -> Vec<Vec<f64>> {
    let names: Vec<&str> = sectors.iter().map(String::as_str).chain([SINK]).collect();
    let column = |sector: &&str| {
        let mut column = vec![0.0; n];
        rules.iter().filter(|(of, _)| of == sector).for_each(|(_, tonnes)| tonnes.add_to(&mut column));
        column
    };
    names.par_iter().with_max_len(1).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_come_in_the_order_of_the_paper_and_others_behind_them() {
        let rules = ["fishery", "waste", "sink", "industry", "fishery"];
        assert_eq!(sector_order(rules.into_iter()), ["industry", "waste", "fishery"]);
    }
}
