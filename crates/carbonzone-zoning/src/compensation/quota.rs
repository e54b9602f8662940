//! Entropy weights, and the price at which cuts clear.

use crate::{Result, ZoningError};
use carbonzone_types::loops::balance::first_below_zero;
use carbonzone_types::loops::clearing;

/// Entropy weights of indicators: `e_j = −Σ p ln p / ln n`, `w_j = (1 − e_j)/Σ(1 − e_j)`, with `p` the units' shares.
///
/// `shares[j]` are the shares of indicator j, which sum to 1; `n` is the number of units. One indicator has weight 1.
///
/// # Errors
/// [`ZoningError::Parameter`] if no indicator differs between the units: then none says how to share out.
pub fn entropy_weights(shares: &[Vec<f64>], n: usize) -> Result<Vec<f64>> {
    if shares.len() == 1 {
        return Ok(vec![1.0]);
    }
    let spread: Vec<f64> = shares.iter().map(|p| (1.0 - clearing::entropy(p, n)).max(0.0)).collect();
    let sum: f64 = spread.iter().sum();
    if sum <= 1e-12 {
        return Err(ZoningError::parameter(
            "quota.indicators",
            "all alike",
            "an indicator that differs between units",
        ));
    }
    Ok(spread.into_iter().map(|s| s / sum).collect())
}

/// Where a market of cuts clears.
#[derive(Debug, Clone, PartialEq)]
pub struct Clearing {
    /// Price, CNY per tonne: the marginal cost of every unit that cuts some, but not all.
    pub price: f64,
    /// Cut of each unit, t.
    pub cut_t: Vec<f64>,
}

/// The cheapest cuts that sum to `reduction·ΣC`: unit i cuts until `α_i + ρ·a_i/C_i` is the price, at most all it emits.
///
/// The sum of the cuts rises with the price and is linear between the prices at which a unit starts or ends to cut, so
/// the price is exact, not searched for.
///
/// # Errors
/// [`ZoningError::Parameter`] if costs are negative or no numbers.
pub fn clear(gross_t: &[f64], first_cost: &[f64], rise: f64, reduction: f64) -> Result<Clearing> {
    if !(rise.is_finite() && rise > 0.0) {
        return Err(ZoningError::parameter("quota.cost.rise_cny_per_t", rise, "a number > 0"));
    }
    if let Some((_, bad)) = first_below_zero(first_cost) {
        return Err(ZoningError::parameter("quota.cost.first_cny_per_t", bad, "a number ≥ 0"));
    }
    let (price, cut_t) = clearing::cheapest_cuts(gross_t, first_cost, rise, reduction);
    Ok(Clearing { price, cut_t })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_that_all_units_share_alike_has_no_weight() {
        let even = vec![0.25; 4];
        let one_has_all = vec![1.0, 0.0, 0.0, 0.0];
        let half = vec![0.5, 0.5, 0.0, 0.0];
        // e = 1, 0 and ln 2 / ln 4 = 1/2: weights 0, 1 and 1/2 of their sum.
        let weights = entropy_weights(&[even.clone(), one_has_all, half], 4).unwrap();
        for (w, expected) in weights.iter().zip([0.0, 2.0 / 3.0, 1.0 / 3.0]) {
            assert!((w - expected).abs() < 1e-15, "{weights:?}");
        }
        assert!(entropy_weights(&[even.clone(), even], 4).is_err());
    }

    #[test]
    fn the_cheap_unit_cuts_first_and_the_costs_of_the_last_tonnes_are_equal() {
        // Unit 0 from 0 CNY, unit 1 from 100 CNY on, both 100 CNY dearer at the end.
        let found = clear(&[100.0, 300.0], &[0.0, 100.0], 100.0, 0.2).unwrap();
        assert_eq!(found.cut_t, [80.0, 0.0]);
        assert!((found.price - 80.0).abs() < 1e-12);
        // 160 t: all of unit 0, and 60 of unit 1 at 100 + 100·60/300.
        let found = clear(&[100.0, 300.0], &[0.0, 100.0], 100.0, 0.4).unwrap();
        assert!((found.price - 120.0).abs() < 1e-12, "{found:?}");
        assert!((found.cut_t[0] - 100.0).abs() < 1e-9 && (found.cut_t[1] - 60.0).abs() < 1e-9);
        // Equal costs: everybody by the same share.
        let found = clear(&[100.0, 300.0], &[50.0, 50.0], 100.0, 0.1).unwrap();
        assert!((found.cut_t[0] - 10.0).abs() < 1e-12 && (found.cut_t[1] - 30.0).abs() < 1e-12);
        assert_eq!(clear(&[100.0, 300.0], &[50.0, 50.0], 100.0, 0.0).unwrap().cut_t, [0.0, 0.0]);
        assert!(clear(&[1.0], &[-1.0], 1.0, 0.1).is_err() && clear(&[1.0], &[1.0], 0.0, 0.1).is_err());
    }
}
