//! Columns as bytes and bytes as text, for a page that holds them.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 (RFC 4648, section 4): the bytes as text, padded with `=`.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    let digit = |v: u8| char::from(DIGITS[usize::from(v & 63)]);
    let (whole, rest) = bytes.as_chunks::<3>();
    for [a, b, c] in whole {
        out.extend([digit(a >> 2), digit(a << 4 | b >> 4), digit(b << 2 | c >> 6), digit(*c)]);
    }
    match rest {
        [a] => out.extend([digit(a >> 2), digit(a << 4), '=', '=']),
        [a, b] => out.extend([digit(a >> 2), digit(a << 4 | b >> 4), digit(b << 2), '=']),
        _ => {}
    }
    out
}

/// Most numbers of a column that keep all seven digits of an f32; longer columns keep five (a mantissa of 16 bits).
const SHORT: usize = 10_000;

/// Numbers as f32; NULL is NaN. The first bytes of all numbers, little-endian, then the second and so on: alike bytes stand together,
/// which deflates better.
pub fn float_planes(values: &[Option<f64>]) -> Vec<u8> {
    let digits = if values.len() > SHORT { five_digits } else { std::convert::identity };
    let one = |v: &Option<f64>| digits(v.unwrap_or(f64::NAN) as f32).to_le_bytes();
    let bytes: Vec<[u8; 4]> = values.iter().map(one).collect();
    let mut planes = Vec::with_capacity(4 * bytes.len());
    for k in 0..4 {
        planes.extend(bytes.iter().map(|b| b[k]));
    }
    planes
}

fn five_digits(v: f32) -> f32 {
    if v.is_finite() { f32::from_bits((v.to_bits() + 0x40) & !0x7f) } else { v }
}

/// Class numbers as bytes; no class is 255.
pub fn class_bytes(values: &[Option<usize>]) -> Vec<u8> {
    values.iter().map(|c| c.map_or(255, |c| c.min(254) as u8)).collect()
}

/// Texts joined by line feeds.
pub fn lines(values: &[String]) -> String {
    let mut out = String::with_capacity(values.iter().map(|v| v.len() + 1).sum());
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let from = out.len();
        out.push_str(value);
        if value.contains('\n') {
            let spaced = out.split_off(from).replace('\n', " ");
            out.push_str(&spaced);
        }
    }
    out
}

/// Rows with an amount above zero, largest first; of equal ones the first row first.
pub fn largest_first(values: &[Option<f64>]) -> Vec<(f64, usize)> {
    let above = values.iter().enumerate().filter_map(|(i, t)| Some((t.filter(|t| *t > 0.0)?, i)));
    let mut out: Vec<(f64, usize)> = above.collect();
    out.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_standard_and_all_digits() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0x00, 0x10, 0x83, 0xff, 0xff, 0xff]), "ABCD////");
    }

    #[test]
    fn packed_numbers_keep_five_digits() {
        for v in [1.0f32, 123_456.79, -0.001_234_567, 539_723.0] {
            assert!(((five_digits(v) - v) / v).abs() < 1e-5);
        }
        assert_eq!(five_digits(0.0), 0.0);
    }

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(lines(&["a".to_owned(), "b\nc".to_owned(), String::new()]), "a\nb c\n");
        assert_eq!(
            largest_first(&[None, Some(1.0), Some(0.0), Some(2.0), Some(1.0)]),
            [(2.0, 3), (1.0, 1), (1.0, 4)]
        );
    }
}
