//! Exact sums as rows that an engine can add up.

use carbonzone_types::{ExactSum, Finding, Findings};
use std::collections::BTreeMap;

/// One exact sum: rows with the same kind, unit and name are added, in any order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// What is summed, such as `zone_t`.
    pub kind: String,
    /// Zone, cell or land group; -1 where none applies.
    pub unit: i64,
    /// Rule or sector; empty where none applies.
    pub name: String,
    /// Quanta of 2⁻⁶⁴ of the sum, or a number of things; fits `decimal(38,0)`.
    pub state: i128,
}

/// Makes states.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<State>);

impl Writer {
    pub(crate) fn count(&mut self, kind: &str, unit: i64, name: &str, n: u64) {
        if n > 0 {
            let (kind, name) = (kind.to_owned(), name.to_owned());
            self.0.push(State { kind, unit, name, state: i128::from(n) });
        }
    }

    pub(crate) fn sum(&mut self, kind: &str, unit: i64, name: &str, sum: ExactSum) -> Result<(), Finding> {
        if sum != ExactSum::new() {
            self.zero_too(kind, unit, name, sum)?;
        }
        Ok(())
    }

    /// Zero is written as well: that there is a row says something.
    pub(crate) fn zero_too(
        &mut self,
        kind: &str,
        unit: i64,
        name: &str,
        sum: ExactSum,
    ) -> Result<(), Finding> {
        let state = sum.state().ok_or_else(|| {
            let message = format!("a sum leaves the range that engines add exactly: {kind} {name}");
            Finding::error("sum_out_of_range", message)
                .value(sum.value().to_string())
                .expected("less than 4.6e18")
                .hint("a weight or an amount is far too large: correct it")
        })?;
        self.0.push(State { kind: kind.to_owned(), unit, name: name.to_owned(), state });
        Ok(())
    }

    pub(crate) fn finish(self) -> Vec<State> {
        self.0
    }
}

/// States by what they are; those of the same kind, unit and name are added.
#[derive(Debug)]
pub(crate) struct Reader(BTreeMap<String, BTreeMap<(i64, String), i128>>);

impl Reader {
    pub(crate) fn new(states: Vec<State>) -> Result<Self, Finding> {
        let mut all: BTreeMap<String, BTreeMap<(i64, String), i128>> = BTreeMap::new();
        for State { kind, unit, name, state } in states {
            let sum = all.entry(kind).or_default().entry((unit, name)).or_default();
            let fits = |sum: &i128| sum.unsigned_abs() < 10_u128.pow(38);
            *sum = sum.checked_add(state).filter(fits).ok_or_else(|| {
                Finding::error("sum_out_of_range", "the states of the parts add up to more than 38 digits")
                    .expected("less than 4.6e18")
            })?;
        }
        Ok(Self(all))
    }

    pub(crate) fn count(&self, kind: &str, unit: i64, name: &str) -> u64 {
        u64::try_from(self.get(kind, unit, name)).unwrap_or_default()
    }

    pub(crate) fn sum(&self, kind: &str, unit: i64, name: &str) -> ExactSum {
        ExactSum::from_state(self.get(kind, unit, name))
    }

    fn get(&self, kind: &str, unit: i64, name: &str) -> i128 {
        self.0.get(kind).and_then(|of| of.get(&(unit, name.to_owned()))).copied().unwrap_or_default()
    }

    pub(crate) fn all<'a>(&'a self, kind: &str) -> impl Iterator<Item = (i64, &'a str, ExactSum)> {
        let of = self.0.get(kind).into_iter().flatten();
        of.map(|((unit, name), state)| (*unit, name.as_str(), ExactSum::from_state(*state)))
    }
}

/// One row per kind, unit and name, ascending, with the sum of their states: what an engine does with `GROUP BY`.
///
/// # Errors
/// States that add up to more than 38 digits.
pub fn merged(states: Vec<State>) -> Result<Vec<State>, Findings> {
    let read = Reader::new(states)?;
    let rows = read.0.into_iter().flat_map(|(kind, of)| {
        of.into_iter().map(move |((unit, name), state)| State { kind: kind.clone(), unit, name, state })
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(kind: &str, unit: i64, state: i128) -> State {
        State { kind: kind.to_owned(), unit, name: String::new(), state }
    }

    #[test]
    fn states_of_the_same_thing_are_added_and_too_much_is_refused() {
        let rows = vec![state("zone_t", 1, 5), state("city_t", -1, 7), state("zone_t", 1, -2)];
        assert_eq!(merged(rows).unwrap(), [state("city_t", -1, 7), state("zone_t", 1, 3)]);
        let large = 10_i128.pow(38) - 1;
        let refused = merged(vec![state("zone_t", 1, large), state("zone_t", 1, 1)]).unwrap_err();
        assert_eq!(refused.items[0].code, "sum_out_of_range");
        let mut writer = Writer::default();
        let refused = writer.sum("zone_t", 0, "industry", [f64::NAN].into_iter().collect()).unwrap_err();
        assert_eq!(refused.code, "sum_out_of_range");
    }
}
