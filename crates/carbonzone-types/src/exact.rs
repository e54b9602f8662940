//! A sum that does not depend on the order of its terms.

/// Order-independent accumulator: fixed point with a quantum of 2⁻⁶⁴ in an `i128`.
///
/// Integer addition is associative, so any order, any chunking and any number of threads give the same
/// bits. Terms of magnitude ≥ 2⁻¹¹ enter exactly; smaller ones are truncated to the quantum (5.4e-20).
/// A term that is not finite or of magnitude ≥ 2⁶² makes the sum [`f64::NAN`]: never a silently wrong number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExactSum {
    /// In quanta, or [`POISONED`]: there are millions of these, so no second field.
    fixed: i128,
}

/// Stands for "a term was refused"; far beyond any sum of terms below [`LIMIT`] that fits.
const POISONED: i128 = i128::MIN;

/// 2⁶⁴ as a float: the scale of the fixed point.
const SCALE: f64 = (1_u128 << 64) as f64;
/// 2⁶²: terms at or above this magnitude are refused.
const LIMIT: f64 = (1_u64 << 62) as f64;

/// `(term * SCALE) as i128` for a term below [`LIMIT`]: its digits, shifted to their place, what is below a quantum cut off. The
/// conversion of the language is a call, and takes three times as long.
#[inline]
fn quanta(term: f64) -> i128 {
    let bits = term.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as i32;
    // Without its first digit a number near zero is below a quantum all the same.
    let digits = i128::from((bits & ((1 << 52) - 1)) | (1 << 52));
    let shift = exponent - (1023 + 52 - 64);
    let size = match shift {
        0..=74 => digits << shift,
        -52..0 => digits >> -shift,
        _ => 0,
    };
    if term < 0.0 { -size } else { size }
}

/// 10³⁸: a state has fewer quanta in either direction.
const LARGEST_STATE: u128 = 10_u128.pow(38);

impl ExactSum {
    /// An empty sum.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one term.
    pub fn add(&mut self, term: f64) {
        self.add_fixed(if term.abs() < LIMIT { quanta(term) } else { POISONED });
    }

    /// Adds another partial sum; the result does not depend on how the terms were split.
    pub fn merge(&mut self, other: Self) {
        self.add_fixed(other.fixed);
    }

    fn add_fixed(&mut self, term: i128) {
        let refused = self.fixed == POISONED || term == POISONED;
        self.fixed = if refused { POISONED } else { self.fixed.checked_add(term).unwrap_or(POISONED) };
    }

    /// The sum, rounded once to the nearest `f64`; NaN if a term was refused.
    pub fn value(self) -> f64 {
        match self.fixed {
            POISONED => f64::NAN,
            // Most parcels have no point and no road.
            0 => 0.0,
            fixed => fixed as f64 / SCALE,
        }
    }

    /// The sum as a whole number of quanta of 2⁻⁶⁴: what an engine adds as `decimal(38,0)`, in any order, to the same bits.
    ///
    /// `None` if a term was refused, or if it has more than 38 digits (from 2⁶² on in magnitude, about 4.6e18).
    pub fn state(self) -> Option<i128> {
        (self.fixed != POISONED && self.fixed.unsigned_abs() < LARGEST_STATE).then_some(self.fixed)
    }

    /// The sum that has this [`state`](Self::state).
    pub const fn from_state(state: i128) -> Self {
        Self { fixed: state }
    }

    /// Sum of a slice.
    pub fn of(terms: &[f64]) -> f64 {
        terms.iter().copied().collect::<Self>().value()
    }
}

impl FromIterator<f64> for ExactSum {
    fn from_iter<I: IntoIterator<Item = f64>>(iter: I) -> Self {
        let mut sum = Self::new();
        iter.into_iter().for_each(|x| sum.add(x));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cancelling_terms_leave_the_small_one() {
        assert_eq!(ExactSum::of(&[1e15, 0.5, -1e15]), 0.5);
    }

    #[test]
    fn terms_become_quanta_as_by_conversion() {
        let mut terms =
            vec![0.0, -0.0, f64::MIN_POSITIVE, 5e-324, 2f64.powi(-64), 2f64.powi(-65), LIMIT.next_down()];
        terms.extend((-1074..62).flat_map(|e| [1.0, 1.5, 1.999_999_9, 1.0 / 3.0].map(|m| m * 2f64.powi(e))));
        for term in terms.into_iter().filter(|t| *t < LIMIT).flat_map(|t| [t, -t]) {
            assert_eq!(quanta(term), (term * SCALE) as i128, "{term:e}");
        }
    }

    #[test]
    fn a_nan_or_a_huge_term_poisons_the_sum() {
        assert!(ExactSum::of(&[1.0, f64::NAN]).is_nan());
        assert!(ExactSum::of(&[1.0, 1e19]).is_nan());
        assert!(ExactSum::of(&[1.0, f64::INFINITY]).is_nan());
        assert!(ExactSum::of(&[f64::NAN, 1.0, -1.0]).is_nan());
        assert!(ExactSum::of(&[4e18; 3]).is_nan(), "beyond the range of the sum");
        let mut merged = [1.0].into_iter().collect::<ExactSum>();
        merged.merge([f64::NAN].into_iter().collect());
        assert!(merged.value().is_nan());
    }

    #[test]
    fn a_state_fits_38_digits_or_there_is_none() {
        let sum = |terms: &[f64]| terms.iter().copied().collect::<ExactSum>();
        assert_eq!(sum(&[1.5, -0.25]).state(), Some(5 << 62));
        assert_eq!(ExactSum::from_state(5 << 62).value(), 1.25);
        let large = 2f64.powi(62).next_down();
        assert_eq!(sum(&[large]).state().map(|s| s.to_string().len()), Some(38));
        assert_eq!(sum(&[large, large]).state(), None, "beyond 38 digits, not beyond the sum");
        assert!(sum(&[large, large]).value() > 9e18);
        assert_eq!(sum(&[f64::NAN]).state(), None);
    }

    proptest! {
        #[test]
        fn any_term_becomes_quanta_as_by_conversion(bits in any::<u64>()) {
            let term = f64::from_bits(bits);
            if term.abs() < LIMIT {
                prop_assert_eq!(quanta(term), (term * SCALE) as i128);
            }
        }

        #[test]
        fn order_and_split_do_not_matter(mut xs in prop::collection::vec(-1e12f64..1e12, 0..60), cut in 0usize..60) {
            let whole = ExactSum::of(&xs);
            let cut = cut.min(xs.len());
            let mut parts: ExactSum = xs[cut..].iter().copied().collect();
            parts.merge(xs[..cut].iter().copied().collect());
            xs.reverse();
            prop_assert_eq!(whole.to_bits(), ExactSum::of(&xs).to_bits());
            prop_assert_eq!(whole.to_bits(), parts.value().to_bits());
        }
    }
}
