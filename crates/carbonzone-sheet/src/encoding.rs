//! Which encoding a text file is in, decided by validity.

use crate::SheetError;
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// Decoded text and the encoding it was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// Name of the encoding, e.g. `UTF-8` or `gb18030`.
    pub encoding: &'static str,
}

/// Decodes a text file: byte order mark, else UTF-16 without mark, else what [`detect_encoding`] finds. `encoding`
/// overrides the detection with any WHATWG label (`gbk`, `big5`, `utf-16le`, ...).
///
/// A few bytes that do not decode become U+FFFD: the reader of the lines counts and tells them.
///
/// # Errors
/// [`SheetError::UnknownEncoding`] for an unknown label, [`SheetError::Encoding`] if the bytes are not such text.
pub fn decode(bytes: &[u8], file: &str, encoding: Option<&str>) -> Result<Decoded, SheetError> {
    let refused = |tried: &str| SheetError::Encoding {
        file: file.to_owned(),
        tried: tried.to_owned(),
        line: first_bad_line(bytes),
    };
    let Some(label) = encoding else {
        let encoding = detect_encoding(bytes, true).ok_or_else(|| refused("UTF-8, UTF-16, GB18030 (GBK)"))?;
        return Ok(with_marks(bytes, encoding));
    };
    let wanted = Encoding::for_label(label.trim().as_bytes())
        .ok_or_else(|| SheetError::UnknownEncoding { file: file.to_owned(), encoding: label.to_owned() })?;
    let decoded = with_marks(bytes, wanted);
    let broken = decoded.text.matches('\u{FFFD}').count();
    let sound = decoded.text.chars().filter(|c| !c.is_ascii()).count() - broken;
    if broken > 0 && broken >= sound { Err(refused(wanted.name())) } else { Ok(decoded) }
}

/// Decodes with U+FFFD for what does not decode.
fn with_marks(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    let (text, used, _) = encoding.decode(bytes);
    Decoded { text: text.into_owned(), encoding: used.name() }
}

/// Line of the first byte that is not UTF-8.
fn first_bad_line(bytes: &[u8]) -> usize {
    let good = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
    bytes[..good].iter().filter(|b| **b == b'\n').count() + 1
}

/// The encoding of a text file by a sample of its bytes (`whole`: they are all of it): a byte order mark, UTF-16 by
/// its zero bytes, UTF-8 if it is valid or nearly so, else GB18030 (which is what GBK and GB2312 files are). One broken
/// byte does not turn UTF-8 into GB18030. `None`: it is neither.
pub fn detect_encoding(sample: &[u8], whole: bool) -> Option<&'static Encoding> {
    if let Some((marked, _)) = Encoding::for_bom(sample) {
        return Some(marked);
    }
    if let Some(utf16) = utf16_without_mark(sample) {
        return Some(utf16);
    }
    let (sound, broken) = count_utf8(sample, whole);
    if broken == 0 {
        return Some(UTF_8);
    }
    let (gb_sound, gb_broken) = count_gb18030(sample, whole);
    if sound > broken && (gb_broken > 0 || sound > 4 * broken) {
        Some(UTF_8)
    } else if gb_broken == 0 || gb_sound > 10 * gb_broken {
        Some(GB18030)
    } else {
        None
    }
}

/// Characters beyond ASCII that are valid UTF-8, and bytes that are not. A character cut by the end of a sample is no
/// evidence.
fn count_utf8(sample: &[u8], whole: bool) -> (usize, usize) {
    let (mut sound, mut broken, mut seen) = (0, 0, 0);
    for chunk in sample.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        seen += chunk.valid().len() + chunk.invalid().len();
        let cut = !whole && seen == sample.len() && chunk.invalid().len() < 4;
        broken += if cut { 0 } else { chunk.invalid().len() };
    }
    (sound, broken)
}

/// Characters beyond ASCII that are valid GB18030, and places that are not.
fn count_gb18030(sample: &[u8], whole: bool) -> (usize, usize) {
    let (text, _) = GB18030.decode_without_bom_handling(sample);
    let broken = text.matches('\u{FFFD}').count();
    let cut = usize::from(!whole && text.ends_with('\u{FFFD}'));
    (text.chars().filter(|c| !c.is_ascii()).count() - broken, broken - cut)
}

/// UTF-16 text with ASCII in it has a zero byte in most of its odd (LE) or even (BE) places.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let enough = |n: usize| n * 10 > sample.len() / 2;
    match (zeros(0), zeros(1)) {
        (0, odd) if enough(odd) => Some(UTF_16LE),
        (even, 0) if enough(even) => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, GBK};

    #[test]
    fn utf8_utf16_and_gbk_are_told_apart_by_validity() {
        let text = "指标,单位\n原煤,万吨\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.iter().copied()).collect();
        let cases: [(Vec<u8>, &str); 5] = [
            (text.as_bytes().to_vec(), "UTF-8"),
            (format!("\u{feff}{text}").into_bytes(), "UTF-8"),
            (GBK.encode(text).0.into_owned(), "gb18030"),
            (marked, "UTF-16LE"),
            (utf16, "UTF-16LE"),
        ];
        for (bytes, expected) in cases {
            let decoded = decode(&bytes, "t.csv", None).unwrap();
            assert_eq!((decoded.text.as_str(), decoded.encoding), (text, expected));
        }
    }

    #[test]
    fn a_short_gbk_table_is_gbk_however_few_its_bytes() {
        // Too short for statistics, and the last is valid Big5 too.
        for text in ["联通", "镇,人口\n甲,1\n", "乡镇,人口\n", "编码,用地\n1,林地\n"] {
            let bytes = GBK.encode(text).0.into_owned();
            assert_eq!(decode(&bytes, "t.csv", None).unwrap().text, text);
        }
        assert!(!BIG5.decode(&GBK.encode("编码,用地\n1,林地\n").0).2);
    }

    #[test]
    fn one_broken_byte_does_not_change_the_encoding() {
        let text = "编码,名称\n1,机械厂\n2,商店\n3,林地\n";
        let mut utf8 = text.as_bytes().to_vec();
        utf8.insert(16, 0xff);
        let decoded = decode(&utf8, "poi.csv", None).unwrap();
        assert_eq!((decoded.encoding, decoded.text.matches('\u{FFFD}').count()), ("UTF-8", 1));
        // Cut in the middle of a character, as a broken download is.
        assert_eq!(decode(&text.as_bytes()[..31], "poi.csv", None).unwrap().encoding, "UTF-8");
        let mut gbk = GBK.encode(&text.repeat(4)).0.into_owned();
        gbk.insert(11, 0xff);
        let decoded = decode(&gbk, "poi.csv", None).unwrap();
        assert_eq!((decoded.encoding, decoded.text.contains("商店")), ("gb18030", true));
        assert!(decoded.text.contains('\u{FFFD}'));
    }

    #[test]
    fn four_byte_characters_of_gb18030_are_read_whatever_the_label_says() {
        let (bytes, _, _) = GB18030.encode("镇\n㐀庄\n");
        assert!(bytes.len() > 8, "㐀 takes four bytes");
        for label in [None, Some("gbk"), Some("gb2312"), Some("GB18030")] {
            assert_eq!(decode(&bytes, "t.csv", label).unwrap().text, "镇\n㐀庄\n", "{label:?}");
        }
    }

    #[test]
    fn an_override_is_obeyed_and_checked() {
        let bytes = BIG5.encode("台北").0.into_owned();
        assert_eq!(decode(&bytes, "t.csv", Some("big5")).unwrap().text, "台北");
        assert!(matches!(decode(&[0xff, 0xff], "t.csv", Some("utf-8")), Err(SheetError::Encoding { .. })));
        assert!(matches!(decode(b"a", "t.csv", Some("klingon")), Err(SheetError::UnknownEncoding { .. })));
    }

    #[test]
    fn bytes_that_fit_no_encoding_are_an_error_that_names_the_file() {
        let error = decode(&[b'a', 0xff, 0xff, b'\n'], "roads.csv", None).unwrap_err();
        assert!(error.to_string().contains("roads.csv") && error.to_string().contains("line 1"), "{error}");
    }
}
