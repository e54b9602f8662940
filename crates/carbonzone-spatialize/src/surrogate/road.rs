//! Road length corrected by traffic-facility POI (docs/method.md §5; the paper gives no formula, this one is ours).

use carbonzone_types::ExactSum;

/// `L*_p = (1 − λ) S_p + λ S_tot n_p / n_tot` over the road parcels.
///
/// `standard_length_m` and `facilities` are per road parcel (`S_p` in m; `n_p` counts). The mean is preserved:
/// `Σ L* = S_tot`. With no facility at all, L* = S. λ = 0 is pure length, λ = 1 pure POI share.
///
/// ```
/// use carbonzone_spatialize::surrogate::road::corrected_length;
/// assert_eq!(corrected_length(&[100.0, 100.0], &[3.0, 1.0], 0.5), [125.0, 75.0]);
/// ```
pub fn corrected_length(standard_length_m: &[f64], facilities: &[f64], lambda: f64) -> Vec<f64> {
    let total_m = ExactSum::of(standard_length_m);
    let total_n = ExactSum::of(facilities);
    if total_n <= 0.0 {
        return standard_length_m.to_vec();
    }
    standard_length_m
        .iter()
        .zip(facilities)
        .map(|(s, n)| (1.0 - lambda) * s + lambda * total_m * (n / total_n))
        .collect()
}

/// The parcels that a mask marks, ascending.
pub fn members_of(mask: &[bool]) -> Vec<usize> {
    (0..mask.len()).filter(|&p| mask[p]).collect()
}

/// Values of some parcels.
///
/// # Panics
/// If there is no such parcel.
pub fn at(values: &[f64], parcels: &[usize]) -> Vec<f64> {
    parcels.iter().map(|&p| values[p]).collect()
}

/// Adds to the values of some parcels.
///
/// # Panics
/// If there is no such parcel.
pub fn add_at(values: &mut [f64], parcels: &[usize], more: &[f64]) {
    parcels.iter().zip(more).for_each(|(&p, more)| values[p] += more);
}

/// Replaces the values of some parcels.
///
/// # Panics
/// If there is no such parcel.
pub fn put_at(values: &mut [f64], parcels: &[usize], new: &[f64]) {
    parcels.iter().zip(new).for_each(|(&p, new)| values[p] = *new);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_correction_keeps_the_total_length() {
        let corrected = corrected_length(&[10.0, 20.0, 70.0], &[1.0, 0.0, 3.0], 0.5);
        assert!((corrected.iter().sum::<f64>() - 100.0).abs() < 1e-12);
        assert_eq!(corrected, [17.5, 10.0, 72.5]);
    }

    #[test]
    fn without_facilities_or_with_lambda_zero_it_is_the_plain_length() {
        assert_eq!(corrected_length(&[1.0, 2.0], &[0.0, 0.0], 0.5), [1.0, 2.0]);
        assert_eq!(corrected_length(&[1.0, 2.0], &[5.0, 0.0], 0.0), [1.0, 2.0]);
    }
}
