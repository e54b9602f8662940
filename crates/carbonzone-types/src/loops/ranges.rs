//! Values to the classes of a map: loops over rows.

use crate::M2_PER_HECTARE;

/// A class: the values in `(lower, upper]`, or those that are `lower` exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueRange {
    /// Only `lower` itself.
    pub exact: bool,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Class of every value: the exact one, else the first whose upper bound is not below it, else the last; `None` for no value.
pub fn ranges_of(values: &[Option<f64>], classes: &[ValueRange]) -> Vec<Option<usize>> {
    let of = |v: f64| {
        let exact = classes.iter().position(|c| c.exact && c.lower == v);
        let range = || classes.iter().position(|c| !c.exact && v <= c.upper);
        let last = || classes.iter().rposition(|c| !c.exact).filter(|_| !v.is_nan());
        exact.or_else(range).or_else(last)
    };
    values.iter().map(|v| v.and_then(of)).collect()
}

/// How many values there are of each class, and how many of none.
pub fn counted(found: &[Option<usize>], classes: usize) -> (Vec<usize>, usize) {
    let (mut counts, mut none) = (vec![0; classes], 0);
    for class in found {
        match class.and_then(|c| counts.get_mut(c)) {
            Some(count) => *count += 1,
            None => none += usize::from(class.is_none()),
        }
    }
    (counts, none)
}

/// Without what is not finite.
pub fn finite(mut values: Vec<Option<f64>>) -> Vec<Option<f64>> {
    for value in &mut values {
        *value = value.filter(|v| v.is_finite());
    }
    values
}

/// How many values are finite, how many are the pivot exactly, and the values without the missing ones and the pivot.
pub fn apart(values: &[Option<f64>], pivot: Option<f64>) -> (usize, usize, Vec<Option<f64>>) {
    let known = values.iter().flatten().filter(|v| v.is_finite()).count();
    let is_pivot = |v: &Option<f64>| pivot.is_some() && *v == pivot;
    let exact = values.iter().filter(|v| is_pivot(v)).count();
    (known, exact, values.iter().copied().filter(|v| v.is_some() && !is_pivot(v)).collect())
}

/// Least and largest value; `None` without any.
pub fn least_and_largest(values: &[Option<f64>]) -> Option<(f64, f64)> {
    let known = || values.iter().flatten().copied();
    known().next()?;
    Some((known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max)))
}

/// Tonnes per hectare; none without an area.
pub fn per_hectare(tonnes: &[Option<f64>], area_m2: &[Option<f64>]) -> Vec<Option<f64>> {
    let one = |(t, m2): (&Option<f64>, &Option<f64>)| {
        t.zip(m2.filter(|m2| *m2 > 0.0)).map(|(t, m2)| t / (m2 / M2_PER_HECTARE))
    };
    tonnes.iter().zip(area_m2).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_the_class_below_and_exact_values_to_their_own() {
        let class = |exact, lower, upper| ValueRange { exact, lower, upper };
        let classes =
            [class(false, -5.0, -1.0), class(true, 0.0, 0.0), class(false, 0.0, 2.0), class(false, 2.0, 9.0)];
        let values = [-9.0, -1.0, 0.0, 2.0, 2.1, 99.0, f64::NAN].map(Some);
        let found = [0, 0, 1, 2, 3, 3].map(Some);
        assert_eq!(ranges_of(&values, &classes), [&found[..], &[None]].concat());
        assert_eq!(ranges_of(&[None, Some(1.0)], &[]), [None; 2]);
    }

    #[test]
    fn values_are_told_apart_and_counted() {
        let values = [Some(0.0), None, Some(f64::INFINITY), Some(2.0), Some(-1.0)];
        assert_eq!(apart(&values, Some(0.0)), (3, 1, vec![values[2], values[3], values[4]]));
        assert_eq!(apart(&values, None), (3, 0, vec![values[0], values[2], values[3], values[4]]));
        assert_eq!(finite(values.to_vec())[2], None);
        assert_eq!(least_and_largest(&values), Some((-1.0, f64::INFINITY)));
        assert_eq!(least_and_largest(&[None]), None);
        assert_eq!(counted(&[Some(1), None, Some(1), Some(0)], 3), (vec![1, 2, 0], 1));
        assert_eq!(
            per_hectare(&[Some(3.0), Some(1.0), None], &[Some(2e4), Some(0.0), Some(1.0)]),
            [Some(1.5), None, None]
        );
    }
}
