//! Uncertainty by IPCC approach 1, error propagation (IPCC 2006 vol. 1, equations 3.1 and 3.2).

use std::collections::BTreeMap;

/// Uncertainty of a product, percent: `√Σ U²` (equation 3.1).
pub fn product_pct(parts_pct: &[f64]) -> f64 {
    parts_pct.iter().map(|u| u * u).sum::<f64>().sqrt()
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

    fn term(amount_t: f64, factor: &str, activity_pct: f64, factor_pct: f64) -> UncertainTerm<'_> {
        UncertainTerm { amount_t, activity_pct, factor_pct, factor }
    }

    #[test]
    fn the_example_of_method_f_is_reproduced() {
        // Gross base without sinks, 10⁴ t: 9.14563 %.
        let terms = [
            term(12430.46, "a", 15.0, 0.0),
            term(6904.31, "b", 15.0, 0.0),
            term(2882.76, "c", 10.0, 0.0),
            term(1421.44, "d", 30.0, 0.0),
            term(100.70, "e", 40.0, 0.0),
            term(288.30, "f", 40.0, 0.0),
        ];
        assert!((propagate(&terms).1.unwrap() - 9.14563).abs() < 5e-6);
    }

    #[test]
    fn products_add_in_quadrature() {
        assert!((product_pct(&[3.0, 4.0]) - 5.0).abs() < 1e-12);
        assert_eq!(propagate(&[term(1.0, "a", 5.0, 0.0), term(-1.0, "b", 5.0, 0.0)]).1, None);
    }

    #[test]
    fn lines_that_share_a_factor_are_wrong_together() {
        let (shared, pct) = propagate(&[term(30.0, "a", 0.0, 10.0), term(40.0, "a", 0.0, 10.0)]);
        assert!((shared - 7.0).abs() < 1e-12 && (pct.unwrap() - 10.0).abs() < 1e-12);
        let (apart, _) = propagate(&[term(30.0, "a", 0.0, 10.0), term(40.0, "b", 0.0, 10.0)]);
        assert!((apart - 5.0).abs() < 1e-12);
    }

    #[test]
    fn without_shared_factors_propagation_is_the_ipcc_rule() {
        // 30 ± 5 % and 50 ± 10 % (each from 3-4-5 triangles): half-widths 1.5 and 5.
        let terms = [term(30.0, "a", 3.0, 4.0), term(50.0, "b", 6.0, 8.0)];
        let (half_width, pct) = propagate(&terms);
        assert!((half_width - 1.5f64.hypot(5.0)).abs() < 1e-12);
        assert!((pct.unwrap() - 100.0 * 1.5f64.hypot(5.0) / 80.0).abs() < 1e-12);
    }
}
