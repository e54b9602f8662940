//! Which encoding a text file is in, decided by validity, never by statistics.

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

/// Decodes a text file: byte order mark, else UTF-8 if valid, else UTF-16 without mark, else GB18030 (covers GBK and
/// GB2312) if valid. `encoding` overrides the detection with any WHATWG label (`gbk`, `big5`, `utf-16le`, ...).
///
/// # Errors
/// [`SheetError::UnknownEncoding`] for an unknown label, [`SheetError::Encoding`] if the bytes are not valid.
pub fn decode(bytes: &[u8], file: &str, encoding: Option<&str>) -> Result<Decoded, SheetError> {
    if let Some(label) = encoding {
        let wanted = Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
            SheetError::UnknownEncoding { file: file.to_owned(), encoding: label.to_owned() }
        })?;
        return strictly(bytes, wanted)
            .ok_or_else(|| SheetError::Encoding { file: file.to_owned(), tried: wanted.name().to_owned() });
    }
    if let Some((marked, _)) = Encoding::for_bom(bytes) {
        return strictly(bytes, marked)
            .ok_or_else(|| SheetError::Encoding { file: file.to_owned(), tried: marked.name().to_owned() });
    }
    let candidates: &[&'static Encoding] = match utf16_without_mark(bytes) {
        Some(utf16) => &[utf16],
        None => &[UTF_8, GB18030],
    };
    candidates.iter().find_map(|encoding| strictly(bytes, encoding)).ok_or_else(|| SheetError::Encoding {
        file: file.to_owned(),
        tried: "UTF-8, UTF-16, GB18030".to_owned(),
    })
}

/// Decodes without replacement characters; `None` if any byte is invalid.
fn strictly(bytes: &[u8], encoding: &'static Encoding) -> Option<Decoded> {
    let (text, used, bad) = encoding.decode(bytes);
    (!bad).then(|| Decoded { text: text.into_owned(), encoding: used.name() })
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
        assert!(strictly(&GBK.encode("编码,用地\n1,林地\n").0, BIG5).is_some());
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
        assert!(error.to_string().contains("roads.csv"), "{error}");
    }
}
