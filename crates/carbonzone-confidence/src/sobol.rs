//! Shares of groups in a variance: grouped Sobol indices from pick-and-freeze samples.
//!
//! Two independent samples A and B, and for each group g the sample `A_B^g`: A with the group's numbers from B.
//! First order: Saltelli et al. 2010, table 2, row b; total: Jansen 1999 (same table, row f). Small negative values
//! are noise and stand as 0. Draws come in pairs, and each is the B of the other, so that B costs nothing.

/// Sums over the draws of one output, for `G` groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sums<const G: usize> {
    n: f64,
    sum: f64,
    squares: f64,
    first: [f64; G],
    total: [f64; G],
}

/// First-order and total share of each group in the variance of an output, 0–1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupShares {
    /// What the variance would lose on average if the group alone were known.
    pub first: Vec<f64>,
    /// What would be left on average if all but the group were known.
    pub total: Vec<f64>,
}

impl<const G: usize> Sums<G> {
    pub(crate) const NONE: Self = Self { n: 0.0, sum: 0.0, squares: 0.0, first: [0.0; G], total: [0.0; G] };

    /// Adds a draw: the output under A, under B, and under `A_B^g` for each group. `centre` keeps the squares small.
    pub(crate) fn add(&mut self, a: f64, b: f64, mixed: &[f64; G], centre: f64) {
        let (a, b) = (a - centre, b - centre);
        self.n += 1.0;
        self.sum += a + b;
        self.squares += a * a + b * b;
        for ((first, total), m) in self.first.iter_mut().zip(&mut self.total).zip(mixed) {
            let m = m - centre;
            *first += b * (m - a);
            *total += (a - m) * (a - m);
        }
    }

    /// Adds the sums of other draws.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
        for g in 0..G {
            self.first[g] += other.first[g];
            self.total[g] += other.total[g];
        }
    }

    /// The shares; `None` if the output does not vary.
    pub(crate) fn shares(&self) -> Option<GroupShares> {
        let mean = self.sum / (2.0 * self.n);
        let variance = self.squares / (2.0 * self.n) - mean * mean;
        let share = |x: &f64, of: f64| (x / (of * self.n) / variance).clamp(0.0, 1.0);
        (variance > 0.0).then(|| GroupShares {
            first: self.first.iter().map(|x| share(x, 1.0)).collect(),
            total: self.total.iter().map(|x| share(x, 2.0)).collect(),
        })
    }
}

/// Shares of groups in the variance of a function of independent groups, from `n` draws.
///
/// `sample(draw, other)` gives the numbers of all groups for a draw, of sample B if `other`; `output` maps the numbers
/// of all groups to the result.
///
/// ```
/// use carbonzone_confidence::{Key, group_shares};
/// // x + 2 y with x and y uniform: variances 1 : 4.
/// let sample = |name: &str| Key::new(1, name).uniforms(4096);
/// let (a, b) = ([sample("x"), sample("y")], [sample("x'"), sample("y'")]);
/// let number = |d: usize, g: usize, other| if other { b[g][d] } else { a[g][d] };
/// let shares = group_shares::<2>(4096, number, |v| v[0] + 2.0 * v[1]).unwrap();
/// assert!((shares.first[0] - 0.2).abs() < 0.03 && (shares.total[1] - 0.8).abs() < 0.03);
/// ```
pub fn group_shares<const G: usize>(
    n: usize,
    number: impl Fn(usize, usize, bool) -> f64,
    output: impl Fn(&[f64; G]) -> f64,
) -> Option<GroupShares> {
    let mut sums = Sums::<G>::NONE;
    let values = |draw: usize, other: &dyn Fn(usize) -> bool| -> f64 {
        output(&std::array::from_fn(|g| number(draw, g, other(g))))
    };
    let centre = if n > 0 { values(0, &|_| false) } else { 0.0 };
    for draw in 0..n {
        let mixed = std::array::from_fn(|g| values(draw, &|other| other == g));
        sums.add(values(draw, &|_| false), values(draw, &|_| true), &mixed, centre);
    }
    sums.shares()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_vary_has_no_shares() {
        assert_eq!(group_shares::<2>(16, |d, _, _| d as f64, |_| 3.0), None);
    }
}
