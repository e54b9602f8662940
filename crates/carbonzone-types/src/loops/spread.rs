//! Values by their size, and how far they spread within classes.

/// The finite values, ascending.
pub fn ascending(values: &[Option<f64>]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The values in the space in which spread is measured: as they are, or logarithms, where values ≤ 0 take
/// the logarithm of the smallest positive value.
pub fn spread_space(sorted: &[f64], log: bool) -> Vec<f64> {
    if !log {
        return sorted.to_vec();
    }
    let least = sorted.iter().copied().find(|v| *v > 0.0).map_or(0.0, f64::ln);
    sorted.iter().map(|v| if *v > 0.0 { v.ln() } else { least }).collect()
}

/// Sum of squared deviations from the class means, classes being runs of the sorted values.
pub fn within_squares(sorted: &[f64], counts: &[u64]) -> f64 {
    let mut start = 0;
    let mut total = 0.0;
    for count in counts {
        let class = &sorted[start..start + *count as usize];
        start += *count as usize;
        let mean = class.iter().sum::<f64>() / class.len().max(1) as f64;
        total += class.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    }
    total
}
