//! Class breaks for choropleth maps: natural breaks, quantiles, equal intervals; forced thresholds; labels
//! that are round and never false.
//!
//! A value `v` belongs to class `j` if `edges[j] < v ≤ edges[j+1]` (the first class includes its lower
//! edge). Labels are rounded to the fewest digits that leave every value in its class. For maps of dense data
//! the breaks themselves can move to round numbers ([`BreakOptions::round`]).

use crate::{Result, ZoningError};
use carbonzone_types::loops::natural_breaks::{MAX_EXACT, natural_upper_bounds};
use carbonzone_types::loops::spread::{ascending, spread_space, within_squares};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How classes are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakMethod {
    /// Natural breaks (Jenks): least sum of squares within classes, exact optimum.
    #[default]
    NaturalBreaks,
    /// Equal counts.
    Quantile,
    /// Equal widths.
    EqualInterval,
}

impl BreakMethod {
    /// Name for legends.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::NaturalBreaks => ("natural breaks (Jenks)", "自然断点法"),
            Self::Quantile => ("quantiles", "分位数法"),
            Self::EqualInterval => ("equal intervals", "等间距法"),
        }
    }
}

/// Options of [`class_breaks`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BreakOptions {
    /// Method.
    pub method: BreakMethod,
    /// Number of classes in total, 1–20.
    pub classes: usize,
    /// A value that must be a break (0 on net maps, 1 on ECC and ESC).
    pub forced: Option<f64>,
    /// Make classes on `ln v`; values ≤ 0 go to the first class.
    pub log: bool,
    /// For maps: in dense data (200 values and more) natural breaks and quantiles move to round numbers, as far as at
    /// most 0.5 % of the values change their class.
    pub round: bool,
}

impl Default for BreakOptions {
    fn default() -> Self {
        Self { method: BreakMethod::default(), classes: 5, forced: None, log: false, round: false }
    }
}

/// Classes of a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breaks {
    /// Options they were made with.
    pub options: BreakOptions,
    /// Exact edges, ascending, one more than classes: the first is the smallest, the last the largest value.
    /// Classify with these.
    pub edges: Vec<f64>,
    /// Rounded edges for labels. Inner ones separate the same values as `edges`; the outer ones enclose all.
    pub label_edges: Vec<f64>,
    /// Values in each class.
    pub counts: Vec<u64>,
    /// Goodness of variance fit, 0–1, of all values (of their logarithms with `log`); 1 if all are equal.
    pub gvf: f64,
    /// Known values.
    pub n: u64,
    /// NULL (or not finite) values.
    pub missing: u64,
    /// Position of the forced break in `edges`, if values lie on both sides of it.
    pub forced_edge: Option<usize>,
    /// True if natural breaks were found on a thinned set of order statistics (very many distinct values).
    pub thinned: bool,
}

impl Breaks {
    /// Class of a value, 0 = lowest; values outside the edges go to the outer classes; NaN: `None`.
    pub fn class_of(&self, value: f64) -> Option<usize> {
        let inner = &self.edges[1..self.edges.len() - 1];
        (!value.is_nan()).then(|| inner.iter().filter(|e| value > **e).count())
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.counts.len()
    }
}

/// Class breaks of the known values.
///
/// With a forced break, at least one class lies on each side of it that has values, and the classes are
/// shared between the sides so that the sum of squares within classes is least; a value equal to the forced
/// break belongs to the lower side. There are fewer classes than asked for if there are fewer distinct
/// values. NULL and not finite values are counted as missing.
///
/// # Errors
/// [`ZoningError::TooFew`] without any known value; [`ZoningError::Parameter`] for a class count outside
/// 1–20, for fewer than two classes with a forced break, or for a forced break that is not finite (with
/// `log`: not positive).
///
/// # Examples
/// ```
/// use carbonzone_zoning::breaks::{BreakOptions, class_breaks};
/// let values = [1.0, 1.2, 8.0, 8.5, 30.0].map(Some);
/// let breaks = class_breaks(&values, &BreakOptions { classes: 3, ..BreakOptions::default() })?;
/// assert_eq!(breaks.edges, [1.0, 1.2, 8.5, 30.0]);
/// assert_eq!(breaks.label_edges, [1.0, 1.2, 10.0, 30.0]);
/// assert_eq!(breaks.counts, [2, 2, 1]);
/// # Ok::<(), carbonzone_zoning::ZoningError>(())
/// ```
pub fn class_breaks(values: &[Option<f64>], options: &BreakOptions) -> Result<Breaks> {
    check_options(options)?;
    let sorted = ascending(values);
    let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
        return Err(ZoningError::TooFew { method: "class breaks".to_owned(), found: 0, needed: 1 });
    };
    let uppers = match options.forced.filter(|f| min <= *f && *f < max) {
        Some(forced) => uppers_around(&sorted, forced, options),
        None => upper_bounds(&sorted, options.classes, options),
    };
    let uppers = match options.method {
        BreakMethod::NaturalBreaks | BreakMethod::Quantile if options.round => {
            rounded_where_dense(&sorted, uppers, options.forced)
        }
        _ => uppers,
    };
    let forced_edge = options.forced.and_then(|f| uppers.iter().position(|u| *u == f)).map(|i| i + 1);
    let mut edges = vec![min];
    edges.extend_from_slice(&uppers);
    let counts = class_counts(&sorted, &uppers);
    Ok(Breaks {
        options: *options,
        label_edges: label_edges(&sorted, &edges, options.forced),
        gvf: goodness_of_variance_fit(&spread_space(&sorted, options.log), &counts),
        n: sorted.len() as u64,
        missing: (values.len() - sorted.len()) as u64,
        thinned: options.method == BreakMethod::NaturalBreaks && sorted.len() > MAX_EXACT,
        forced_edge: forced_edge.filter(|i| *i + 1 < edges.len()),
        edges,
        counts,
    })
}

fn check_options(options: &BreakOptions) -> Result<()> {
    let least = if options.forced.is_some() { 2 } else { 1 };
    if !(least..=20).contains(&options.classes) {
        return Err(ZoningError::parameter("classes", options.classes, format!("{least}–20")));
    }
    match options.forced {
        Some(f) if !f.is_finite() => Err(ZoningError::parameter("forced", f, "a finite number")),
        Some(f) if options.log && f <= 0.0 => {
            Err(ZoningError::parameter("forced", f, "a number > 0 with log classes"))
        }
        _ => Ok(()),
    }
}

/// Upper bounds with a break at `forced`, some values being ≤ and some > it.
fn uppers_around(sorted: &[f64], forced: f64, options: &BreakOptions) -> Vec<f64> {
    let split = sorted.partition_point(|v| *v <= forced);
    let (low, high) = sorted.split_at(split);
    let (low_space, high_space) = (spread_space(low, options.log), spread_space(high, options.log));
    let candidate = |below: usize| {
        let mut a = upper_bounds(low, below, options);
        let b = upper_bounds(high, options.classes - below, options);
        let cost = within_squares(&low_space, &class_counts(low, &a))
            + within_squares(&high_space, &class_counts(high, &b));
        if let Some(last) = a.last_mut() {
            *last = forced;
        }
        a.extend(b);
        (cost, a)
    };
    let candidates = (1..options.classes).map(candidate);
    let best = candidates.min_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map(|(_, uppers)| uppers).unwrap_or_default()
}

/// Upper bound of each class of sorted values; the last is the largest value.
fn upper_bounds(sorted: &[f64], k: usize, options: &BreakOptions) -> Vec<f64> {
    match options.method {
        BreakMethod::NaturalBreaks if options.log => natural_log(sorted, k),
        BreakMethod::NaturalBreaks => natural_upper_bounds(sorted, k),
        BreakMethod::Quantile => quantile_bounds(sorted, k),
        BreakMethod::EqualInterval => equal_bounds(sorted, k, options.log),
    }
}

/// Natural breaks on logarithms, given back as the original values.
fn natural_log(sorted: &[f64], k: usize) -> Vec<f64> {
    let space = spread_space(sorted, true);
    let uppers = natural_upper_bounds(&space, k);
    uppers.iter().map(|u| sorted[space.partition_point(|v| v <= u) - 1]).collect()
}

/// Class `j` ends at the order statistic `ceil(n (j+1) / k)`; ties widen a class.
fn quantile_bounds(sorted: &[f64], k: usize) -> Vec<f64> {
    let n = sorted.len();
    let mut uppers: Vec<f64> = (1..=k).map(|j| sorted[(n * j).div_ceil(k) - 1]).collect();
    uppers.dedup();
    uppers
}

fn equal_bounds(sorted: &[f64], k: usize, log: bool) -> Vec<f64> {
    let space = spread_space(sorted, log);
    let (lo, hi, max) = (space[0], space[space.len() - 1], sorted[sorted.len() - 1]);
    if lo == hi {
        return vec![max];
    }
    let edge = |j: usize| lo + (hi - lo) * j as f64 / k as f64;
    let mut uppers: Vec<f64> = (1..k).map(|j| if log { edge(j).exp() } else { edge(j) }).collect();
    uppers.push(max);
    uppers
}

/// Share of all values that rounding a break may move to the next class.
const ROUNDING_SHARE: f64 = 0.005;

/// Breaks in dense data at round numbers: each inner break moves to the roundest number that changes the class of at
/// most 0.5 % of all values, so that a legend reads 0 – 3,500 and not 0 – 3,551, and says what the classes are.
///
/// Below 200 values nothing moves. A forced break stays.
fn rounded_where_dense(sorted: &[f64], mut uppers: Vec<f64>, forced: Option<f64>) -> Vec<f64> {
    let allowed = (sorted.len() as f64 * ROUNDING_SHARE) as usize;
    let last = uppers.len().saturating_sub(1);
    if allowed == 0 {
        return uppers;
    }
    for j in 0..last {
        let edge = uppers[j];
        if Some(edge) == forced {
            continue;
        }
        let lower = if j == 0 { sorted[0] } else { uppers[j - 1] };
        let end = sorted.partition_point(|v| *v <= edge);
        let below = sorted[end.saturating_sub(allowed + 1)];
        let above = sorted.get(end + allowed).copied().unwrap_or(f64::INFINITY);
        let room = 0.25 * if edge > lower { edge - lower } else { f64::INFINITY }.min(uppers[j + 1] - edge);
        let gap = sorted[end - 1]..sorted.get(end).copied().unwrap_or(f64::INFINITY);
        let round = round_between(edge, below.max(edge - room), above.min(edge + room));
        // In a gap between two values the break itself stays and only its label is rounded.
        if !gap.contains(&round) && round > lower && round < uppers[j + 1] {
            uppers[j] = round;
        }
    }
    uppers
}

fn class_counts(sorted: &[f64], uppers: &[f64]) -> Vec<u64> {
    let mut done = 0;
    let last = uppers.len().saturating_sub(1);
    let mut count = |(j, upper): (usize, &f64)| {
        let end = if j == last { sorted.len() } else { sorted.partition_point(|v| v <= upper) };
        let n = end - done;
        done = end;
        n as u64
    };
    uppers.iter().enumerate().map(&mut count).collect()
}

/// `1 − SDCM/SDAM`; 1 if all values are equal.
fn goodness_of_variance_fit(sorted: &[f64], counts: &[u64]) -> f64 {
    let around_mean = within_squares(sorted, &[sorted.len() as u64]);
    if around_mean > 0.0 { 1.0 - within_squares(sorted, counts) / around_mean } else { 1.0 }
}

/// Rounded edges: inner ones lie in the gap between the classes, the outer ones enclose the data.
fn label_edges(sorted: &[f64], edges: &[f64], forced: Option<f64>) -> Vec<f64> {
    let last = edges.len() - 1;
    // An outer edge is rounded by the width of its own class: one value far away must not round the others away.
    let width = |j: usize| {
        let own = edges[j + 1] - edges[j];
        if own > 0.0 { own } else { edges[last] - edges[0] }
    };
    let round = |(j, edge): (usize, &f64)| {
        if Some(*edge) == forced && j > 0 && j < last {
            return *edge;
        }
        if j == 0 {
            return round_outward(*edge, if last > 0 { width(0) } else { 0.0 }, f64::floor);
        }
        if j == last {
            return round_outward(*edge, width(last - 1), f64::ceil);
        }
        let end = sorted.partition_point(|v| v <= edge);
        let below = if end > 0 { sorted[end - 1] } else { f64::NEG_INFINITY };
        let above = sorted.get(end).copied().unwrap_or(f64::INFINITY);
        // A class of one value has no width: only the class above limits the rounding.
        let width = if *edge > edges[j - 1] { edge - edges[j - 1] } else { f64::INFINITY };
        let room = 0.25 * width.min(edges[j + 1] - edge);
        round_between(*edge, below.max(edge - room), above.min(edge + room))
    };
    edges.iter().enumerate().map(round).collect()
}

/// `value` rounded to multiples of `10^exponent`, without the noise of a division by a power of ten.
fn rounded(value: f64, exponent: i32, mode: fn(f64) -> f64) -> f64 {
    if exponent >= 0 {
        let step = 10f64.powi(exponent);
        mode(value / step) * step
    } else {
        let inverse = 10f64.powi(-exponent);
        mode(value * inverse) / inverse
    }
}

/// The roundest number in `[below, above)`, nearest to `edge`; `edge` itself if there is none. The caller
/// bounds the interval to the gap between the classes and to a quarter of the narrower class.
fn round_between(edge: f64, below: f64, above: f64) -> f64 {
    let magnitude =
        edge.abs().max(below.abs().min(above.abs())).max(f64::MIN_POSITIVE).log10().floor() as i32;
    for exponent in (magnitude - 16..=magnitude + 1).rev() {
        let nearest = rounded(edge, exponent, f64::round);
        let up = rounded(edge, exponent, f64::ceil);
        if let Some(r) = [nearest, up].into_iter().find(|r| below <= *r && *r < above) {
            return r;
        }
    }
    edge
}

/// The roundest number outside `edge` (`floor` or `ceil`) that is off by at most 2 % of the width of its class.
fn round_outward(edge: f64, span: f64, mode: fn(f64) -> f64) -> f64 {
    if span == 0.0 || edge == 0.0 {
        return edge;
    }
    let magnitude = edge.abs().max(span).log10().floor() as i32;
    for exponent in (magnitude - 16..=magnitude + 1).rev() {
        let r = rounded(edge, exponent, mode);
        let outside = if mode(0.5) == 0.0 { r <= edge } else { r >= edge };
        if outside && (r - edge).abs() <= 0.02 * span {
            return r;
        }
    }
    edge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_far_away_does_not_round_the_lowest_class_away() {
        // Sinks of at most 20 t/ha beside a point on a sliver of land with 26 million.
        let mut values: Vec<f64> = (0..=40).map(|i| f64::from(i) / 2.0 - 19.7).collect();
        values.extend((1..200).map(|i| f64::from(i) * 7.0));
        values.push(26_344_800.0);
        let options = with(BreakMethod::Quantile, 5, Some(0.0), false);
        let breaks = class_breaks(&some(&values), &options).unwrap();
        let (first, last) = (breaks.label_edges[0], *breaks.label_edges.last().unwrap());
        assert!((-20.5..=-19.7).contains(&first), "{first}");
        assert!((26_344_800.0..27_000_000.0).contains(&last), "{last}");
    }

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().map(|v| Some(*v)).collect()
    }

    fn with(method: BreakMethod, classes: usize, forced: Option<f64>, log: bool) -> BreakOptions {
        BreakOptions { method, classes, forced, log, round: true }
    }

    /// Least sum of squares over all ways to cut `sorted` into `k` runs, by exhaustion.
    fn best_by_exhaustion(sorted: &[f64], k: usize) -> f64 {
        if k == 1 {
            return within_squares(sorted, &[sorted.len() as u64]);
        }
        (1..=sorted.len() - (k - 1))
            .map(|i| within_squares(&sorted[..i], &[i as u64]) + best_by_exhaustion(&sorted[i..], k - 1))
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn natural_breaks_are_the_optimum_over_all_partitions() {
        let values = [0.3, 0.5, 1.1, 2.0, 2.2, 4.7, 4.9, 9.0, 9.1, 15.0, 15.5, 40.0];
        for k in 1..=5 {
            let options = with(BreakMethod::NaturalBreaks, k, None, false);
            let breaks = class_breaks(&some(&values), &options).unwrap();
            let cost = within_squares(&values, &breaks.counts);
            // Rounding of a dozen squares.
            assert!((cost - best_by_exhaustion(&values, k)).abs() < 1e-9, "k = {k}");
        }
    }

    #[test]
    fn a_forced_break_has_classes_on_both_sides_and_five_in_total() {
        let values: Vec<f64> = (-3..40).map(|i| f64::from(i) * 2.5 + 0.1).collect();
        let options = with(BreakMethod::NaturalBreaks, 5, Some(0.0), false);
        let breaks = class_breaks(&some(&values), &options).unwrap();
        assert_eq!(breaks.classes(), 5);
        let at = breaks.forced_edge.unwrap();
        assert_eq!(breaks.edges[at], 0.0);
        assert!((1..=4).contains(&at));
        assert_eq!(breaks.counts[..at].iter().sum::<u64>(), 3);
        assert_eq!(breaks.label_edges[at], 0.0);
    }

    #[test]
    fn a_value_on_the_forced_break_is_on_the_low_side() {
        let options = with(BreakMethod::NaturalBreaks, 5, Some(1.0), true);
        let values = [0.1, 0.2, 1.0, 1.5, 9.0, 40.0, 45.0, 0.9];
        let breaks = class_breaks(&some(&values), &options).unwrap();
        let at = breaks.forced_edge.unwrap();
        assert!(breaks.class_of(1.0).unwrap() < at);
        assert_eq!(breaks.class_of(1.0 + 1e-9), Some(at));
        assert_eq!(breaks.counts[..at].iter().sum::<u64>(), 4);
    }

    #[test]
    fn a_class_of_one_value_has_a_round_label_too() {
        let mut values = vec![-539_723.027_339, -170_402.8, -33_545.2, -15_446.6];
        values.extend((1..200).map(|i| f64::from(i) * 37.0));
        let options = with(BreakMethod::NaturalBreaks, 5, Some(0.0), false);
        let breaks = class_breaks(&some(&values), &options).unwrap();
        assert_eq!(breaks.counts[0], 1);
        assert_eq!(breaks.label_edges[..2], [-540_000.0, -500_000.0]);
    }

    #[test]
    fn breaks_in_dense_data_lie_on_round_numbers_and_the_classes_are_what_the_label_says() {
        let values: Vec<f64> = (0..20_000).map(|i| f64::from(i).powf(1.7) * 0.013_7 + 0.001).collect();
        let options = with(BreakMethod::NaturalBreaks, 5, None, false);
        let breaks = class_breaks(&some(&values), &options).unwrap();
        let optimum = natural_upper_bounds(&values, 5);
        for j in 1..5 {
            let (edge, label) = (breaks.edges[j], breaks.label_edges[j]);
            assert_eq!(edge, label, "the legend says the break");
            let digits = format!("{edge:e}").split('e').next().unwrap().trim_matches(['-', '.']).len();
            assert!(digits <= 4, "{edge}");
            let moved = values.iter().filter(|v| (**v <= edge) != (**v <= optimum[j - 1])).count();
            assert!(moved <= values.len() / 200, "{moved} values change their class at {edge}");
        }
        assert_eq!(breaks.counts.iter().sum::<u64>(), 20_000);
    }

    #[test]
    fn a_forced_break_outside_the_data_makes_no_empty_class() {
        let options = with(BreakMethod::NaturalBreaks, 3, Some(0.0), false);
        let breaks = class_breaks(&some(&[1.0, 2.0, 5.0, 9.0]), &options).unwrap();
        assert_eq!(breaks.forced_edge, None);
        assert!(breaks.counts.iter().all(|c| *c > 0));
    }

    #[test]
    fn quantiles_have_equal_counts_and_ties_stay_together() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let breaks = class_breaks(&some(&values), &with(BreakMethod::Quantile, 5, None, false)).unwrap();
        assert_eq!(breaks.counts, [4; 5]);
        let ties = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0];
        let breaks = class_breaks(&some(&ties), &with(BreakMethod::Quantile, 4, None, false)).unwrap();
        assert_eq!(breaks.counts, [6, 2]);
    }

    #[test]
    fn equal_intervals_may_be_empty_but_keep_their_width() {
        let breaks =
            class_breaks(&some(&[0.0, 1.0, 9.0, 10.0]), &with(BreakMethod::EqualInterval, 5, None, false))
                .unwrap();
        assert_eq!(breaks.edges, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(breaks.counts, [2, 0, 0, 0, 2]);
        let log =
            class_breaks(&some(&[1.0, 50.0, 10_000.0]), &with(BreakMethod::EqualInterval, 4, None, true));
        // exp(ln 10) is 10 to the last bits.
        assert!(
            log.unwrap()
                .edges
                .iter()
                .zip([1.0, 10.0, 100.0, 1e3, 1e4])
                .all(|(a, b)| (a / b - 1.0).abs() < 1e-12)
        );
    }

    #[test]
    fn logarithmic_classes_fill_a_skewed_distribution() {
        let values: Vec<f64> = (0..97).map(|i| 0.09 * (45.47f64 / 0.09).powf(f64::from(i) / 96.0)).collect();
        let plain = class_breaks(&some(&values), &with(BreakMethod::NaturalBreaks, 5, None, false)).unwrap();
        let log = class_breaks(&some(&values), &with(BreakMethod::NaturalBreaks, 5, None, true)).unwrap();
        assert!(plain.counts[0] > 50);
        assert!(log.counts.iter().all(|c| (15..=25).contains(c)), "{:?}", log.counts);
    }

    #[test]
    fn values_at_or_below_zero_fall_into_the_first_logarithmic_class() {
        let options = with(BreakMethod::NaturalBreaks, 3, None, true);
        let breaks = class_breaks(&some(&[0.0, -2.0, 0.1, 1.0, 10.0, 11.0]), &options).unwrap();
        assert_eq!(breaks.class_of(0.0), Some(0));
        assert_eq!(breaks.edges[0], -2.0);
        assert_eq!(breaks.counts.iter().sum::<u64>(), 6);
    }

    #[test]
    fn one_distinct_value_is_one_class_with_perfect_fit() {
        let breaks = class_breaks(&some(&[4.0; 7]), &BreakOptions::default()).unwrap();
        assert_eq!(
            (breaks.edges.as_slice(), breaks.counts.as_slice(), breaks.gvf),
            ([4.0, 4.0].as_slice(), [7].as_slice(), 1.0)
        );
    }

    #[test]
    fn null_and_not_finite_values_are_missing_and_nothing_known_is_an_error() {
        let breaks =
            class_breaks(&[Some(1.0), None, Some(f64::NAN), Some(2.0)], &BreakOptions::default()).unwrap();
        assert_eq!((breaks.n, breaks.missing), (2, 2));
        assert!(matches!(class_breaks(&[None], &BreakOptions::default()), Err(ZoningError::TooFew { .. })));
        assert!(class_breaks(&[Some(1.0)], &with(BreakMethod::Quantile, 1, Some(0.0), false)).is_err());
        assert!(class_breaks(&[Some(1.0)], &with(BreakMethod::Quantile, 5, Some(0.0), true)).is_err());
    }

    #[test]
    fn gvf_of_two_clean_clusters_by_hand() {
        // SDAM around 3: 4+1+1+4 = 10 (values 1 2 4 5); SDCM: 0.5+0.5 = 1.
        let options = with(BreakMethod::NaturalBreaks, 2, None, false);
        assert_eq!(class_breaks(&some(&[1.0, 2.0, 4.0, 5.0]), &options).unwrap().gvf, 0.9);
    }

    #[test]
    fn very_many_values_are_thinned_and_still_cover_the_range() {
        let values: Vec<f64> = (0..120_000).map(|i| f64::from(i % 60_013).powi(2)).collect();
        let breaks = class_breaks(&some(&values), &BreakOptions::default()).unwrap();
        assert!(breaks.thinned);
        assert_eq!(breaks.counts.iter().sum::<u64>(), 120_000);
        assert_eq!(breaks.edges[5], 60_012.0f64.powi(2));
    }
}
