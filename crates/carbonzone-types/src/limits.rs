//! The largest number that an amount of a city can be.

/// Largest amount of anything in one place of an input: t CO2e, people, 10⁴ CNY or CNY, kWh, head, m³. The Earth emits 6·10¹⁰ t CO2e
/// a year and earns 8·10¹⁴ CNY. Sums of 4,600 such amounts stay exact ([`ExactSum`](crate::ExactSum) ends at 4.6·10¹⁸).
pub const LARGEST_AMOUNT: f64 = 1e15;

/// True for 0 and every positive number up to [`LARGEST_AMOUNT`].
///
/// # Examples
/// ```
/// use carbonzone_types::is_amount;
/// assert!(is_amount(0.0) && is_amount(2.2e8));
/// assert!(!is_amount(-1.0) && !is_amount(f64::NAN) && !is_amount(1e300));
/// ```
pub fn is_amount(value: f64) -> bool {
    (0.0..=LARGEST_AMOUNT).contains(&value)
}

/// A number in a message: the absurdly large ones in powers of ten.
///
/// # Examples
/// ```
/// use carbonzone_types::short_number;
/// assert_eq!(short_number(-0.5), "-0.5");
/// assert_eq!(short_number(1e300), "1e300");
/// ```
pub fn short_number(value: f64) -> String {
    if value.abs() > LARGEST_AMOUNT { format!("{value:e}") } else { value.to_string() }
}
