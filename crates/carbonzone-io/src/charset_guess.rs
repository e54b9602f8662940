//! Texts that were read in the wrong one of the multi-byte encodings: a `.cpg` that says Big5 over GBK, GBK over UTF-8.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, IBM866, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_1251};

/// What texts seem to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Misread {
    /// Encoding they were read in.
    pub read_as: &'static str,
    /// Encoding they are in.
    pub meant: &'static str,
    /// How many of the texts give plausible text that way.
    pub count: u64,
    /// Place of an example, and what it should be.
    pub example: (usize, String),
}

/// Share of its characters that must be everyday ones for a text to be plausible, and above which one is not odd.
const PLAUSIBLE: f64 = 0.85;
const ODD: f64 = 0.75;
/// Share of the texts that must end like names of places and land.
const NAMES: f64 = 0.4;
/// Last characters of the names of places and land.
const ENDS: [char; 24] = [
    '镇', '道', '乡', '村', '区', '县', '市', '地', '田', '林', '园', '路', '街', '河', '湖', '面', '厂',
    '鎮', '鄉', '區', '縣', '園', '廠', '店',
];

/// The pair of encodings that turns texts of odd characters into plausible Chinese, if there is one.
pub(crate) fn misread(texts: &[String]) -> Option<Misread> {
    let read_as = [BIG5, GB18030, EUC_KR, SHIFT_JIS, EUC_JP, WINDOWS_1251, KOI8_R, IBM866];
    let pairs = read_as.into_iter().flat_map(|a| [UTF_8, GB18030, BIG5].map(|b| (a, b)));
    let found = pairs.filter(|(a, b)| a != b).filter_map(|(a, b)| weigh(texts, a, b));
    // Of several the one that turns most texts into names; the first of equals.
    found.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, misread)| misread)
}

fn weigh(texts: &[String], read_as: &'static Encoding, meant: &'static Encoding) -> Option<(f64, Misread)> {
    let turned: Vec<(usize, String)> =
        texts.iter().enumerate().filter_map(|(i, text)| Some((i, turn(text, read_as, meant)?))).collect();
    // A text or two may fit by chance; so may a few of many.
    if turned.len() < 2 || turned.len() * 2 < texts.len() {
        return None;
    }
    let before = everyday(turned.iter().map(|(i, _)| texts[*i].as_str()));
    let after = everyday(turned.iter().map(|(_, text)| text.as_str()));
    let ends = |text: &str| text.chars().last().is_some_and(|c| ENDS.contains(&c));
    let named = turned.iter().filter(|(i, text)| ends(text) && !ends(&texts[*i])).count();
    let odd = before <= ODD && after >= PLAUSIBLE;
    let names = turned.len() >= 3 && after >= PLAUSIBLE && named as f64 >= NAMES * turned.len() as f64;
    let name = |e: &'static Encoding| if e == GB18030 { "GBK" } else { e.name() };
    let score = (turned.len() + named) as f64 / texts.len() as f64 + after;
    let count = turned.len() as u64;
    let example = turned.into_iter().next()?;
    (odd || names).then(|| (score, Misread { read_as: name(read_as), meant: name(meant), count, example }))
}

/// A text written in one encoding and read in another; `None` if that cannot be done without loss, or changes nothing.
fn turn(text: &str, read_as: &'static Encoding, meant: &'static Encoding) -> Option<String> {
    let (bytes, _, unmappable) = read_as.encode(text);
    if unmappable {
        return None;
    }
    let turned = meant.decode_without_bom_handling_and_without_replacement(&bytes)?;
    (turned != text && !turned.is_ascii()).then(|| turned.into_owned())
}

/// Share of the characters beyond ASCII that everyday texts have.
fn everyday<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    let (mut all, mut good) = (0u32, 0u32);
    for text in texts {
        let hangul = text.chars().any(is_hangul);
        for c in text.chars().filter(|c| !c.is_ascii()) {
            all += 1;
            // Names of today are written in hangul or in hanja, not in both.
            good += u32::from(is_hangul(c) || is_letter_or_sign(c) || (is_common_han(c) && !hangul));
        }
    }
    f64::from(good) / f64::from(all.max(1))
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{AC00}'..='\u{D7A3}')
}

/// Kana, letters of alphabets, punctuation of East Asia.
fn is_letter_or_sign(c: char) -> bool {
    let letter = c.is_alphabetic() && c < '\u{0530}' && c != 'µ';
    letter
        || matches!(c, '\u{3000}'..='\u{3030}' | '\u{3040}'..='\u{30FF}' | '\u{FF01}'..='\u{FF5E}' | '·' | '—' | '’')
}

/// The first level of GB 2312 (rows 16 to 55) or of Big5 (A4 to C6).
fn is_common_han(c: char) -> bool {
    let mut buffer = [0; 4];
    let text = &*c.encode_utf8(&mut buffer);
    matches!(*GB18030.encode(text).0, [0xB0..=0xD7, 0xA1..=0xFE])
        || matches!(*BIG5.encode(text).0, [0xA4..=0xC6, _]) && BIG5.encode(text).0.len() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAND: [&str; 6] = ["工业用地", "城镇住宅用地", "公路用地", "乔木林地", "湖泊水面", "水田"];
    const TOWNS: [&str; 6] = ["平江街道", "观前街道", "木渎镇", "东山镇", "光福镇", "娄葑街道"];
    const TAIWAN: [&str; 5] = ["板橋區", "三重區", "新莊區", "淡水區", "工業用地"];

    fn scrambled(texts: &[&str], meant: &'static Encoding, read_as: &'static Encoding) -> Vec<String> {
        texts.iter().map(|t| read_as.decode_without_bom_handling(&meant.encode(t).0).0.into_owned()).collect()
    }

    #[test]
    fn texts_read_in_the_wrong_encoding_are_named_with_the_right_one() {
        for texts in [&LAND[..], &TOWNS[..]] {
            for read_as in [BIG5, EUC_KR, EUC_JP, WINDOWS_1251, IBM866] {
                let found = misread(&scrambled(texts, GB18030, read_as)).unwrap();
                assert_eq!(found.meant, "GBK", "{read_as:?} {found:?}");
                assert!(texts.contains(&found.example.1.as_str()), "{found:?}");
            }
            let found = misread(&scrambled(texts, UTF_8, GB18030)).unwrap();
            assert_eq!((found.read_as, found.meant), ("GBK", "UTF-8"));
        }
        let found = misread(&scrambled(&TAIWAN, BIG5, GB18030)).unwrap();
        assert_eq!((found.read_as, found.meant), ("GBK", "Big5"));
    }

    #[test]
    fn texts_that_were_read_right_raise_no_suspicion() {
        let korean = ["서울특별시", "부산광역시", "종로구", "강남구"];
        let japanese = ["工業地域", "住宅地", "トヨタ町", "さいたま市"];
        let russian = ["Москва", "Санкт-Петербург", "ТВЕРЬ", "Улица Ленина"];
        let odd = ["甪直镇", "胥江街道", "亳州", "濮阳", "泸州"];
        for texts in [&LAND[..], &TOWNS, &TAIWAN, &korean, &japanese, &russian, &odd, &["Größe", "Zürich"]]
        {
            let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
            assert_eq!(misread(&texts), None, "{texts:?}");
        }
    }
}
