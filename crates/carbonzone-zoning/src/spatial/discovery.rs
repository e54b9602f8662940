//! Many tests at once: the false discovery rate of Benjamini and Hochberg.

use carbonzone_types::loops::clusters;

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
    clusters::false_discovery(p)
}
