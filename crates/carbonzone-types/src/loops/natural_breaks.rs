//! Natural breaks (Jenks): the exact optimum, by dynamic programming (Wang and Song 2011, R Journal 3/2, 29–33).

/// More order statistics than this are thinned before natural breaks are sought.
pub const MAX_EXACT: usize = 50_000;

/// Upper bounds of the natural breaks of ascending finite values: exact optimum of the sum of squares
/// within at most `k` classes (fewer if there are fewer distinct values).
pub fn natural_upper_bounds(sorted: &[f64], k: usize) -> Vec<f64> {
    let values = thinned(sorted);
    // Shifting and scaling keep the optimum and avoid cancellation in the cumulative sums.
    let (first, last) = (values[0], values[values.len() - 1]);
    let scale = if last > first { last - first } else { 1.0 };
    let unit: Vec<f64> = values.iter().map(|v| (v - first) / scale).collect();
    let mut uppers: Vec<f64> = upper_bounds(&unit, k.max(1))
        .into_iter()
        .map(|upper| values[unit.partition_point(|v| *v <= upper) - 1])
        .collect();
    uppers.dedup();
    if uppers.last() != Some(&last) {
        uppers.push(last);
    }
    uppers
}

/// Every m-th order statistic and the largest, if there are very many.
fn thinned(sorted: &[f64]) -> Vec<f64> {
    let step = sorted.len().div_ceil(MAX_EXACT).max(1);
    let mut out: Vec<f64> = sorted.iter().step_by(step).copied().collect();
    if step > 1 {
        out.extend(sorted.last());
    }
    out
}

/// Upper bounds of the classes of ascending finite values that have the least sum of squared deviations from the class
/// means: at most `k`, fewer if there are fewer distinct values. Of equal optima the one with the lowest class starts.
fn upper_bounds(values: &[f64], k: usize) -> Vec<f64> {
    let n = values.len();
    let distinct = values.chunk_by(|a, b| a == b).count();
    let sums = Sums::of(values);
    let mut rows = vec![Row { cost: (0..n).map(|i| sums.squares(0, i)).collect(), start: vec![0; n] }];
    for class in 1..k.min(distinct) {
        let mut row = Row { cost: vec![0.0; n], start: vec![0; n] };
        row.fill(&rows[class - 1], &sums, class..n, class..n);
        rows.push(row);
    }
    let mut uppers = Vec::new();
    let mut end = n;
    for row in rows.iter().rev().filter(|_| n > 0) {
        uppers.push(values[end - 1]);
        end = row.start[end - 1];
    }
    uppers.reverse();
    uppers.dedup();
    uppers
}

/// For every value: the least cost if it is the last of `c` classes, and where its class starts.
struct Row {
    cost: Vec<f64>,
    start: Vec<usize>,
}

impl Row {
    /// Fills the values `ends`, whose class starts are known to lie in `starts`. The best start never falls from a value
    /// to the next, so that of the middle bounds both halves.
    fn fill(
        &mut self,
        fewer: &Self,
        sums: &Sums,
        ends: std::ops::Range<usize>,
        starts: std::ops::Range<usize>,
    ) {
        if ends.is_empty() {
            return;
        }
        let middle = ends.start + (ends.len() - 1) / 2;
        let first = starts.start.max(fewer.start[middle]);
        let mut best = (f64::INFINITY, first);
        for start in first..starts.end.min(middle + 1) {
            let cost = sums.squares(start, middle) + fewer.cost[start - 1];
            if cost < best.0 {
                best = (cost, start);
            }
        }
        (self.cost[middle], self.start[middle]) = best;
        self.fill(fewer, sums, ends.start..middle, starts.start..best.1 + 1);
        self.fill(fewer, sums, middle + 1..ends.end, best.1..starts.end);
    }
}

/// Cumulative sums, for the squares of any run of values.
struct Sums {
    /// Of the values before position `i`, moved so that the middle one is 0.
    value: Vec<f64>,
    square: Vec<f64>,
}

impl Sums {
    fn of(values: &[f64]) -> Self {
        let middle = values.get(values.len() / 2).copied().unwrap_or(0.0);
        let mut sums = Self { value: vec![0.0], square: vec![0.0] };
        let (mut value, mut square) = (0.0, 0.0);
        for v in values {
            value += v - middle;
            square += (v - middle) * (v - middle);
            sums.value.push(value);
            sums.square.push(square);
        }
        sums
    }

    /// Sum of squared deviations from the mean of the values `from..=to`.
    fn squares(&self, from: usize, to: usize) -> f64 {
        let n = (to + 1 - from) as f64;
        let mean = (self.value[to + 1] - self.value[from]) / n;
        (self.square[to + 1] - self.square[from] - n * mean * mean).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Least cost over all partitions into `k` runs, by trying them.
    fn least(values: &[f64], k: usize) -> f64 {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let alone = values.iter().map(|v| (v - mean).powi(2)).sum();
        if k == 1 || values.len() == 1 {
            return alone;
        }
        (1..values.len()).map(|i| least(&values[..i], k - 1) + least(&values[i..], 1)).fold(alone, f64::min)
    }

    fn cost(values: &[f64], uppers: &[f64]) -> f64 {
        let class = |v: f64| uppers.iter().filter(|u| v > **u).count();
        values.chunk_by(|a, b| class(*a) == class(*b)).map(|run| least(run, 1)).sum()
    }

    proptest! {
        #[test]
        fn no_partition_is_better(mut values in prop::collection::vec(-50i32..50, 1..12), k in 1usize..5) {
            values.sort_unstable();
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let uppers = upper_bounds(&values, k);
            prop_assert!(uppers.len() <= k && uppers.last() == values.last());
            prop_assert!((cost(&values, &uppers) - least(&values, k)).abs() < 1e-9);
        }
    }

    #[test]
    fn equal_values_stay_together_and_nothing_has_no_class() {
        assert_eq!(upper_bounds(&[1.0, 1.0, 1.0], 3), [1.0]);
        assert_eq!(upper_bounds(&[1.0, 2.0, 2.0, 9.0], 3), [1.0, 2.0, 9.0]);
        assert!(upper_bounds(&[], 3).is_empty());
    }
}
