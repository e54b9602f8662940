//! Full-width characters, odd spaces and label comparison.

/// Text as it should be read: full-width ASCII (`２０２０年（合成）`) becomes half-width, every kind of white space
/// becomes one blank, soft hyphens, zero-width characters and byte order marks vanish, ends are trimmed.
///
/// ```
/// use carbonzone_sheet::normalise_text;
/// assert_eq!(normalise_text("　２０２０年（万吨）\u{a0}"), "2020年(万吨)");
/// ```
#[must_use]
pub fn normalise_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars().filter_map(half_width) {
        if c.is_whitespace() {
            blank = !out.is_empty();
        } else {
            if blank {
                out.push(' ');
                blank = false;
            }
            out.push(c);
        }
    }
    out
}

/// The half-width form of a character; `None` for characters without width.
fn half_width(c: char) -> Option<char> {
    match c {
        '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' => None,
        '\u{3000}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '【' | '〔' => Some('['),
        '】' | '〕' => Some(']'),
        '−' | '﹣' => Some('-'),
        '﹪' => Some('%'),
        _ => Some(c),
    }
}

/// Key under which labels are compared: [`normalise_text`], lower case, without blanks, `_`, `-` and `*`.
///
/// ```
/// use carbonzone_sheet::label_key;
/// assert_eq!(label_key("Land_Group "), label_key("land group"));
/// ```
#[must_use]
pub fn label_key(text: &str) -> String {
    normalise_text(text)
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '*'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_digits_brackets_and_spaces_become_half_width() {
        assert_eq!(normalise_text("１２，３４５．６％"), "12,345.6%");
        assert_eq!(normalise_text("地区\u{3000}生产  总值\n(亿元)"), "地区 生产 总值 (亿元)");
        assert_eq!(normalise_text("\u{feff}name\u{200b}"), "name");
    }

    #[test]
    fn chinese_characters_and_units_stay_as_they_are() {
        assert_eq!(normalise_text("万吨标准煤"), "万吨标准煤");
        assert_eq!(normalise_text("kg·km²"), "kg·km²");
    }
}
