//! Many tests at once: the false discovery rate of Benjamini and Hochberg.

/// Adjusted probabilities: the smallest false discovery rate at which each test is a discovery.
///
/// `q_(k) = min over j ≥ k of n p_(j)/j`, at most 1, over the known probabilities (Benjamini and Hochberg 1995, *Journal of the Royal
/// Statistical Society* B 57, 289–300). A unit is significant at the rate α where `q ≤ α`.
///
/// ```
/// use carbonzone_zoning::spatial::discovery::false_discovery;
/// let q = false_discovery(&[Some(0.04), Some(0.01), None, Some(0.02)]);
/// assert_eq!(q, [Some(0.04), Some(0.03), None, Some(0.03)]);
/// ```
pub fn false_discovery(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> = p.iter().enumerate().filter_map(|(i, p)| Some(((*p)?, i))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = order.len() as f64;
    let mut out = vec![None; p.len()];
    let mut least = 1.0f64;
    for (rank, (p, i)) in order.iter().enumerate().rev() {
        least = least.min(p * n / (rank + 1) as f64);
        out[*i] = Some(least);
    }
    out
}
