//! Uncertainty by IPCC approach 1, error propagation (IPCC 2006 vol. 1, equations 3.1 and 3.2).

use std::collections::BTreeMap;

/// Uncertainty of a product, percent: `√Σ U²` (equation 3.1).
#[must_use]
pub fn product_pct(parts_pct: &[f64]) -> f64 {
    parts_pct.iter().map(|u| u * u).sum::<f64>().sqrt()
}

/// Uncertainty of a sum of independent terms (amount, percent), percent: `√Σ(x U)² / |Σ x|` (equation 3.2).
/// `None` if the sum is 0.
///
/// ```
/// use carbonzone_inventory::sum_pct;
/// // 30 ± 10 % and 40 ± 10 %: half-widths 3 and 4, together 5 of 70.
/// assert!((sum_pct(&[(30.0, 10.0), (40.0, 10.0)]).unwrap() - 100.0 * 5.0 / 70.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn sum_pct(terms: &[(f64, f64)]) -> Option<f64> {
    let total: f64 = terms.iter().map(|(x, _)| x).sum();
    let half_width = terms.iter().map(|(x, u)| (x * u).powi(2)).sum::<f64>().sqrt();
    (total != 0.0).then(|| half_width / total.abs())
}

/// A line's tonnes with the uncertainty of its activity data and the factor it shares with other lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UncertainTerm<'a> {
    /// Tonnes; a sink in a net total is negative.
    pub amount_t: f64,
    /// Uncertainty of the activity, percent.
    pub activity_pct: f64,
    /// Uncertainty of the factor, percent.
    pub factor_pct: f64,
    /// Factor: lines with the same one are wrong together.
    pub factor: &'a str,
}

/// Half-width (95 %) in tonnes and percent of a sum of lines: activity data are independent, lines with the same
/// factor share its error fully. With one line per factor this is equation 3.2 on products by equation 3.1.
#[must_use]
pub fn propagate(terms: &[UncertainTerm<'_>]) -> (f64, Option<f64>) {
    let mut per_factor: BTreeMap<&str, f64> = BTreeMap::new();
    let mut variance = 0.0;
    for term in terms {
        variance += (term.amount_t * term.activity_pct / 100.0).powi(2);
        *per_factor.entry(term.factor).or_default() += term.amount_t * term.factor_pct / 100.0;
    }
    variance += per_factor.values().map(|x| x * x).sum::<f64>();
    let half_width = variance.sqrt();
    let total: f64 = terms.iter().map(|t| t.amount_t).sum();
    (half_width, (total != 0.0).then(|| 100.0 * half_width / total.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_method_f_is_reproduced() {
        // Gross base without sinks: 9.14563 %.
        let terms = [
            (12430.46, 15.0),
            (6904.31, 15.0),
            (2882.76, 10.0),
            (1421.44, 30.0),
            (100.70, 40.0),
            (288.30, 40.0),
        ];
        assert!((sum_pct(&terms).unwrap() - 9.14563).abs() < 5e-6);
    }

    #[test]
    fn products_add_in_quadrature() {
        assert!((product_pct(&[3.0, 4.0]) - 5.0).abs() < 1e-12);
        assert_eq!(sum_pct(&[(1.0, 5.0), (-1.0, 5.0)]), None);
    }

    #[test]
    fn lines_that_share_a_factor_are_wrong_together() {
        let term = |amount_t, factor| UncertainTerm { amount_t, activity_pct: 0.0, factor_pct: 10.0, factor };
        let (shared, pct) = propagate(&[term(30.0, "a"), term(40.0, "a")]);
        assert!((shared - 7.0).abs() < 1e-12 && (pct.unwrap() - 10.0).abs() < 1e-12);
        let (apart, _) = propagate(&[term(30.0, "a"), term(40.0, "b")]);
        assert!((apart - 5.0).abs() < 1e-12);
    }

    #[test]
    fn without_shared_factors_propagation_is_the_ipcc_rule() {
        let terms: Vec<UncertainTerm<'_>> = [("a", 30.0, 3.0, 4.0), ("b", 50.0, 6.0, 8.0)]
            .map(|(factor, amount_t, activity_pct, factor_pct)| UncertainTerm {
                amount_t,
                activity_pct,
                factor_pct,
                factor,
            })
            .into();
        let expected = sum_pct(&[(30.0, 5.0), (50.0, 10.0)]).unwrap();
        assert!((propagate(&terms).1.unwrap() - expected).abs() < 1e-12);
    }
}
