//! Numbers as people read them: amounts with their unit, thousands separators, rounded breaks, round scale-bar lengths.

use crate::Label;
use carbonzone_types::T_PER_1E4_T;

/// A threshold or limit with at most four digits and none too many: `1`, `1.118`.
pub fn limit(value: f64) -> String {
    shortest(format!("{value:.3e}").parse().unwrap_or(value))
}

/// `1234567.891` with `decimals = 1` as `1,234,567.9`; a true minus sign for negative numbers.
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::with_capacity(text.len() + 8);
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if value < 0.0 && !zero {
        out.push('\u{2212}');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A number with about `digits` significant digits, grouped.
pub fn significant(value: f64, digits: i32) -> String {
    grouped(value, decimals_for(value, digits))
}

fn decimals_for(value: f64, digits: i32) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    let magnitude = value.abs().log10().floor() as i32;
    (digits - 1 - magnitude).clamp(0, 9) as usize
}

/// A rounded number with no more decimals than it has (at most nine), grouped.
pub fn shortest(value: f64) -> String {
    let near = |d: usize| {
        let scale = 10f64.powi(d as i32);
        ((value * scale).round() / scale - value).abs() <= 1e-9 * value.abs()
    };
    grouped(value, (0..9).find(|d| near(*d)).unwrap_or(9))
}

/// Largest of 1, 2, 5 × 10ⁿ that is not above `value`.
pub fn nice_below(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|k| k * power).find(|k| *k <= value).unwrap_or(power)
}

/// Tonnes as people read them, in the unit of the largest amount of their list: `1,234 t`, from a million on `123.45 ×10⁴ t` or
/// `123.45 万吨`.
pub(crate) fn tonnes(t: f64, largest: f64) -> Label {
    if largest < 1e6 {
        return Label::same(format!("{} t", significant(t, 4)));
    }
    let number =
        if t.abs() < T_PER_1E4_T { significant(t / T_PER_1E4_T, 3) } else { grouped(t / T_PER_1E4_T, 2) };
    Label::new(format!("{number} ×10⁴ t"), format!("{number} 万吨"))
}

/// Tonnes in units of 10⁴ t, whatever their size.
pub(crate) fn in_1e4(t: f64) -> Label {
    let number = grouped(t / T_PER_1E4_T, 2);
    Label::new(format!("{number} ×10⁴ t"), format!("{number} 万吨"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_unit_in_both_languages() {
        assert_eq!(tonnes(2_402_797.0, 3e6), Label::new("240.28 ×10⁴ t", "240.28 万吨"));
        assert_eq!(tonnes(1234.0, 1234.0), Label::same("1,234 t"));
        // One unit for a list, and what is small in it is not shown as nothing.
        assert_eq!(tonnes(1234.0, 2_402_797.0), Label::new("0.123 ×10⁴ t", "0.123 万吨"));
        assert_eq!(in_1e4(5000.0).zh, "0.50 万吨");
    }

    #[test]
    fn thousands_are_separated_and_minus_is_a_minus() {
        assert_eq!(grouped(1_234_567.891, 1), "1,234,567.9");
        assert_eq!(grouped(-999.6, 0), "−1,000");
        assert_eq!(grouped(-0.001, 1), "0.0");
        assert_eq!(grouped(12.0, 0), "12");
    }

    #[test]
    fn rounded_numbers_keep_the_digits_they_have() {
        assert_eq!(shortest(0.1 + 0.2), "0.3");
        assert_eq!(shortest(-29_558.6), "−29,558.6");
        assert_eq!(shortest(0.0), "0");
        assert_eq!(shortest(30_000.0 * 1e-4), "3");
    }

    #[test]
    fn scale_bars_are_round() {
        assert_eq!(nice_below(7.3), 5.0);
        assert_eq!(nice_below(1999.0), 1000.0);
        assert_eq!(nice_below(0.03), 0.02);
    }
}
