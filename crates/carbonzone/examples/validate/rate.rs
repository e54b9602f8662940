//! Shares over seeds, with the error of sampling seeds: what happens in one city is not independent of the rest of it.

/// Cases that hold, of all cases, by seed.
#[derive(Debug, Clone, Default)]
pub struct Rate(pub Vec<(f64, f64)>);

impl Rate {
    /// Share of the cases that hold; NaN without cases.
    pub fn share(&self) -> f64 {
        let (holds, all) = self.0.iter().fold((0.0, 0.0), |sum, (k, n)| (sum.0 + k, sum.1 + n));
        holds / all
    }

    /// Standard error of the share: a ratio estimator with the seeds as clusters (Cochran 1977, section 9A.1 with equal weights).
    pub fn error(&self) -> f64 {
        let (n, share) = (self.0.len() as f64, self.share());
        let all: f64 = self.0.iter().map(|(_, n)| n).sum();
        let squares: f64 = self.0.iter().map(|(k, n)| (k - share * n).powi(2)).sum();
        (squares * n / (n - 1.0)).sqrt() / all
    }

    /// Number of cases.
    pub fn cases(&self) -> f64 {
        self.0.iter().map(|(_, n)| n).sum()
    }
}

/// The value below which a share `p` of the values lies (nearest rank).
pub fn quantile(values: &mut [f64], p: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let rank = (p * values.len() as f64).ceil().max(1.0) as usize;
    values.get(rank - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_independent_cases_is_binomial_and_that_of_copies_is_larger() {
        // 400 seeds of 25 cases that hold with probability 0.8 by a fixed pattern: 20 ± 2, as binomial cases would.
        let apart = Rate((0..400).map(|i| (if i % 2 == 0 { 18.0 } else { 22.0 }, 25.0)).collect());
        assert_eq!((apart.share(), apart.cases()), (0.8, 10_000.0));
        let binomial = (0.8_f64 * 0.2 / 10_000.0).sqrt();
        assert!((apart.error() / binomial - 1.0).abs() < 2e-3, "{} {binomial}", apart.error());
        // All 25 cases of a seed hold, or none: the error is that of 400 cases.
        let copies = Rate((0..400).map(|i| (if i % 5 == 0 { 0.0 } else { 25.0 }, 25.0)).collect());
        let of_seeds = (0.8_f64 * 0.2 / 400.0).sqrt();
        assert!((copies.error() / of_seeds - 1.0).abs() < 2e-3);
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0, 4.0], 0.9), 4.0);
        assert!(quantile(&mut [], 0.5).is_nan());
    }
}
