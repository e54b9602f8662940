//! Suspicion of a wrong text encoding.

use crate::charset_guess;
use crate::source::Reporter;
use carbonzone_types::Finding;
use encoding_rs::{Encoding, GB18030, UTF_8};
use std::collections::HashSet;

/// Watches texts while they are read.
#[derive(Debug, Default)]
pub(crate) struct TextCheck {
    seen: u64,
    broken: u64,
    first: Option<(String, String)>,
    misread: u64,
    misread_first: Option<(String, String, String, &'static Encoding)>,
    /// The first texts with their fields: a few do not tell of their encoding, many together do.
    sample: Vec<(String, String)>,
    /// Texts with which nothing is wrong: names of land repeat.
    good: HashSet<String>,
}

/// What `unscramble` takes texts to be read as.
const SINGLE: &str = "Latin-1";
/// Good texts that are known again.
const KNOWN: usize = 400;
/// Texts that are kept to look for their encoding.
const SAMPLE: usize = 400;

impl TextCheck {
    /// Looks at one text of a field.
    pub(crate) fn see(&mut self, field: &str, text: &str) {
        if text.is_ascii() {
            return;
        }
        self.seen += 1;
        if self.sample.len() == SAMPLE && self.good.contains(text) {
            return;
        }
        // The second is what is left where U+FFFD itself was read as GBK.
        if text.contains('\u{FFFD}') || text.contains("锟斤拷") {
            self.broken += 1;
            self.first.get_or_insert_with(|| (field.to_owned(), text.to_owned()));
        } else if let Some((meant, encoding)) = unscramble(text) {
            self.misread += 1;
            self.misread_first.get_or_insert_with(|| (field.to_owned(), text.to_owned(), meant, encoding));
        } else {
            if self.sample.len() < SAMPLE {
                self.sample.push((field.to_owned(), text.to_owned()));
            }
            if self.good.len() < KNOWN {
                self.good.insert(text.to_owned());
            }
        }
    }

    /// Adds what was seen in the texts that follow.
    pub(crate) fn add(&mut self, more: Self) {
        self.seen += more.seen;
        self.broken += more.broken;
        self.misread += more.misread;
        self.first = self.first.take().or(more.first);
        self.misread_first = self.misread_first.take().or(more.misread_first);
        self.sample.extend(more.sample);
        self.sample.truncate(SAMPLE);
    }

    /// True if texts could not be decoded, or a fifth of them looks like those of another encoding.
    pub(crate) fn is_suspicious(&self) -> bool {
        self.broken > 0 || (self.misread > 0 && self.misread * 5 >= self.seen)
    }

    /// Characters that could not be decoded are told elsewhere.
    pub(crate) fn forgive_broken(&mut self) {
        self.first = None;
    }

    /// Reports texts that are in another of the encodings of East Asia, or of Cyrillic, than they were read in.
    fn report_charset(&self, report: &mut Reporter<'_>) {
        let texts: Vec<String> = self.sample.iter().map(|(_, text)| text.clone()).collect();
        let Some(found) = charset_guess::misread(&texts) else { return };
        let (at, right) = found.example;
        let (field, value) = &self.sample[at];
        let message = format!(
            "{} of {} non-ASCII texts look like {} read as {}",
            found.count,
            texts.len(),
            found.meant,
            found.read_as
        );
        report.add(
            Finding::warning("wrong_encoding", message)
                .field(field.clone())
                .value(value.clone())
                .expected(right)
                .count(found.count)
                .hint(format!("add encoding = \"{}\" to this input", found.meant)),
        );
    }

    /// Reports the suspicion, if there is one.
    pub(crate) fn report(&self, report: &mut Reporter<'_>) {
        self.report_charset(report);
        if let Some((field, value)) = &self.first {
            let message = format!(
                "{} of {} non-ASCII texts hold characters that could not be decoded",
                self.broken, self.seen
            );
            report.add(
                Finding::warning("wrong_encoding", message)
                    .field(field.clone())
                    .value(value.clone())
                    .count(self.broken)
                    .hint("the file is in another encoding: add encoding = \"GBK\" (or \"UTF-8\") to this input"),
            );
        }
        if let Some((field, value, meant, encoding)) = &self.misread_first {
            // One odd name is no evidence; a fifth of them is.
            if self.misread * 5 >= self.seen {
                let name = if *encoding == GB18030 { "GBK" } else { encoding.name() };
                let message = format!(
                    "{} of {} non-ASCII texts look like {name} read as {SINGLE}",
                    self.misread, self.seen
                );
                report.add(
                    Finding::warning("wrong_encoding", message)
                        .field(field.clone())
                        .value(value.clone())
                        .expected(meant.clone())
                        .count(self.misread)
                        .hint(format!("add encoding = \"{name}\" to this input")),
                );
            }
        }
    }
}

/// What a text would be if its characters, taken as Latin-1 (or Windows-1252) bytes, were UTF-8 or GBK: only if
/// that gives plausible text.
fn unscramble(text: &str) -> Option<(String, &'static Encoding)> {
    let bytes = as_single_bytes(text)?;
    if let Ok(utf8) = std::str::from_utf8(&bytes) {
        return Some((utf8.to_owned(), UTF_8));
    }
    let (decoded, had_errors) = GB18030.decode_without_bom_handling(&bytes);
    let foreign: Vec<char> = decoded.chars().filter(|c| !c.is_ascii()).collect();
    let common = foreign.iter().filter(|c| is_everyday(**c)).count();
    // Two bytes make one character. Two accented letters of a European name side by side (Größe, créée) make one too, but
    // hardly ever two, and small letters none of everyday text.
    let plausible = !had_errors && foreign.len() >= 2 && common == foreign.len();
    plausible.then(|| (decoded.into_owned(), GB18030))
}

/// The bytes of a text all of whose characters exist in Latin-1 or Windows-1252; at least two in a row high.
fn as_single_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut run, mut longest) = (0, 0);
    for c in text.chars() {
        let byte = if let Ok(byte) = u8::try_from(u32::from(c)) {
            byte
        } else {
            let mut buffer = [0; 4];
            let (encoded, _, unmappable) = encoding_rs::WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
            if unmappable || encoded.len() != 1 {
                return None;
            }
            encoded[0]
        };
        run = if byte >= 0x80 { run + 1 } else { 0 };
        longest = longest.max(run);
        bytes.push(byte);
    }
    (longest >= 2).then_some(bytes)
}

/// The characters of everyday text: the first level of GB 2312 (its rows 16 to 55) and punctuation.
fn is_everyday(c: char) -> bool {
    if matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}' | '·') {
        return true;
    }
    let mut buffer = [0; 4];
    let (bytes, _, _) = GB18030.encode(c.encode_utf8(&mut buffer));
    matches!(*bytes, [0xB0..=0xD7, 0xA1..=0xFE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::VectorSource;
    use carbonzone_types::Findings;

    fn findings_of(texts: &[&str]) -> Findings {
        let mut check = TextCheck::default();
        for text in texts {
            check.see("name", text);
        }
        let mut findings = Findings::new();
        check.report(&mut Reporter { source: &VectorSource::new("roads", "r.shp"), findings: &mut findings });
        findings
    }

    #[test]
    fn gbk_read_as_latin1_is_named_with_the_right_text() {
        let (bytes, _, _) = GB18030.encode("人民路");
        let scrambled: String = bytes.iter().map(|b| char::from(*b)).collect();
        let findings = findings_of(&[&scrambled]);
        assert_eq!(findings.items[0].expected.as_deref(), Some("人民路"));
        assert!(findings.items[0].hint.as_ref().unwrap().contains("GBK"));
    }

    #[test]
    fn utf8_read_as_windows_1252_is_named() {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling("Zürich 苏州".as_bytes());
        let findings = findings_of(&[&text]);
        assert!(findings.items[0].hint.as_ref().unwrap().contains("UTF-8"), "{findings:?}");
    }

    #[test]
    fn undecodable_characters_are_counted_with_an_example() {
        let findings = findings_of(&["苏州", "苏\u{FFFD}"]);
        assert_eq!(findings.items.len(), 1);
        assert_eq!(findings.items[0].count, Some(1));
    }

    #[test]
    fn european_and_chinese_names_raise_no_suspicion() {
        for text in [
            "Zürich",
            "Château-d'Œx",
            "São Paulo",
            "Ærøskøbing",
            "苏州市",
            "Bräunlingen",
            "Łódź",
            "Größe",
            "Schloßäcker",
            "créée",
            "l’été – Noël",
            "ÄÖÜ",
            "RÉÉL",
            "Šžáry",
            "«Élan»",
        ] {
            assert_eq!(findings_of(&[text]).items.len(), 0, "{text}");
        }
    }
}
