//! The cheapest cuts of many units, and how unlike their shares are.

/// Entropy of shares that sum to 1, `−Σ p ln p / ln n`, with `n` units.
pub fn entropy(p: &[f64], n: usize) -> f64 {
    let terms = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln());
    terms.sum::<f64>() / (n.max(2) as f64).ln()
}

/// Price and cuts of a market: unit i cuts until `α_i + ρ·a_i/C_i` is the price, and all cuts sum to `reduction·ΣC`. `rise` is above 0.
pub fn cheapest_cuts(gross_t: &[f64], first_cost: &[f64], rise: f64, reduction: f64) -> (f64, Vec<f64>) {
    let total_t: f64 = gross_t.iter().sum();
    let wanted_t = reduction * total_t;
    let one = |price: f64, (c, first): (&f64, &f64)| c * ((price - first) / rise).clamp(0.0, 1.0);
    let units = || gross_t.iter().zip(first_cost);
    let sum_at = |price: f64| units().map(|unit| one(price, unit)).sum::<f64>();
    let mut bends: Vec<f64> = first_cost.iter().flat_map(|first| [*first, first + rise]).collect();
    bends.sort_by(f64::total_cmp);
    // No term falls with the price, nor does their rounded sum.
    let enough = |price: &f64| sum_at(*price) >= wanted_t;
    let above = bends.partition_point(|price| !enough(price)).min(bends.len().saturating_sub(1));
    let (low, high) = (bends[above.saturating_sub(1)], bends[above]);
    let (at_low, at_high) = (sum_at(low), sum_at(high));
    let price = if at_high > at_low {
        low + (high - low) * ((wanted_t - at_low) / (at_high - at_low)).clamp(0.0, 1.0)
    } else {
        high
    };
    // The rounding of the price must not leave a tonne over.
    let mut cut_t: Vec<f64> = units().map(|unit| one(price, unit)).collect();
    let made: f64 = cut_t.iter().sum();
    if made > 0.0 {
        for t in &mut cut_t {
            *t *= wanted_t / made;
        }
    }
    (price, cut_t)
}
