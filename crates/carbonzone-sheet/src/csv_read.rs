//! CSV text into cells, keeping the row numbers that a spreadsheet program shows.

use crate::formula::unescape_formula;
use crate::{Cell, Sheet, SheetError, decode};
use std::path::Path;

/// Decoded CSV text with its delimiter: for callers that stream large files themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvText {
    /// File as the user wrote it.
    pub file: String,
    /// The text, without byte order mark.
    pub text: String,
    /// Encoding it was in.
    pub encoding: &'static str,
    /// Delimiter.
    pub delimiter: u8,
}

/// Decodes CSV bytes and finds the delimiter (`,` `;` tab or `|`), unless they are given.
///
/// # Errors
/// As [`decode`].
pub fn decode_csv(
    bytes: &[u8],
    file: &str,
    encoding: Option<&str>,
    delimiter: Option<char>,
) -> Result<CsvText, SheetError> {
    let decoded = decode(bytes, file, encoding)?;
    let delimiter = match (delimiter, announced_delimiter(&decoded.text)) {
        (Some(c), _) if c.is_ascii() => c as u8,
        (_, Some(b)) => b,
        _ => guess_delimiter(&decoded.text),
    };
    Ok(CsvText { file: file.to_owned(), text: decoded.text, encoding: decoded.encoding, delimiter })
}

/// Reads and decodes a CSV file.
///
/// # Errors
/// [`SheetError::Missing`], [`SheetError::Io`], or as [`decode`].
pub fn read_csv_text(
    path: &Path,
    encoding: Option<&str>,
    delimiter: Option<char>,
) -> Result<CsvText, SheetError> {
    let file = path.display().to_string();
    let bytes = crate::read::read_bytes(path, &file)?;
    decode_csv(&bytes, &file, encoding, delimiter)
}

impl CsvText {
    /// A reader over the records: no header, rows may differ in length, quotes understood, blank lines skipped.
    #[must_use]
    pub fn reader(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(self.text.as_bytes())
    }

    /// All cells; blank lines are empty rows, so that row numbers agree with a spreadsheet program.
    ///
    /// # Errors
    /// [`SheetError::Csv`].
    pub fn sheet(&self) -> Result<Sheet, SheetError> {
        let mut ended = self.text.clone();
        if !ended.ends_with('\n') {
            ended.push('\n');
        }
        let owned = Self { text: ended, ..self.clone() };
        let mut reader = owned.reader();
        let mut record = csv::StringRecord::new();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        loop {
            let start = reader.position().line();
            let more = reader
                .read_record(&mut record)
                .map_err(|e| SheetError::Csv { file: self.file.clone(), message: e.to_string() })?;
            if !more {
                break;
            }
            let inside: usize = record.iter().map(|f| f.matches('\n').count()).sum();
            let blank = (reader.position().line() - start).saturating_sub(inside as u64 + 1);
            rows.extend((0..blank).map(|_| Vec::new()));
            rows.push(record.iter().map(|field| Cell::text(unescape_formula(field))).collect());
        }
        if announced_delimiter(&self.text).is_some()
            && let Some(first) = rows.first_mut()
        {
            first.clear();
        }
        Ok(Sheet { name: String::new(), rows, merges: Vec::new() })
    }
}

/// The delimiter of an Excel `sep=;` first line.
fn announced_delimiter(text: &str) -> Option<u8> {
    let first = text.lines().next()?.trim_matches(['"', ' ']);
    let rest = first.strip_prefix("sep=")?.as_bytes();
    (rest.len() == 1).then(|| rest[0])
}

/// The candidate that splits most of the first lines into the same number of fields; a comma if none does.
fn guess_delimiter(text: &str) -> u8 {
    let lines: Vec<Vec<usize>> =
        text.lines().filter(|l| !l.trim().is_empty()).take(40).map(counts_outside_quotes).collect();
    let score = |k: usize| {
        let mut counts: Vec<usize> = lines.iter().map(|l| l[k]).filter(|n| *n > 0).collect();
        counts.sort_unstable();
        let longest_run = counts.chunk_by(|a, b| a == b).map(<[usize]>::len).max().unwrap_or(0);
        (longest_run, counts.iter().sum::<usize>())
    };
    let best = (0..DELIMITERS.len()).max_by_key(|k| (score(*k), std::cmp::Reverse(*k))).unwrap_or(0);
    DELIMITERS[best]
}

/// Delimiters tried, in order of preference.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How often each candidate stands outside quotes.
fn counts_outside_quotes(line: &str) -> Vec<usize> {
    let mut counts = vec![0; DELIMITERS.len()];
    let mut quoted = false;
    for b in line.bytes() {
        if b == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some(k) = DELIMITERS.iter().position(|d| *d == b) {
            counts[k] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        decode_csv(text.as_bytes(), "t.csv", None, None).unwrap().sheet().unwrap()
    }

    #[test]
    fn delimiters_are_found_even_when_numbers_hold_commas() {
        assert_eq!(sheet("a;b;c\n1,5;2;3\n").rows[1][0], Cell::text("1,5"));
        assert_eq!(sheet("a\tb\n\"1,234\"\t2\n").rows[1][1], Cell::text("2"));
        assert_eq!(sheet("title\na,b\n\"x;y\",2\n").rows[2][0], Cell::text("x;y"));
        assert_eq!(sheet("sep=;\na;b,c\n").rows[1].len(), 2);
    }

    #[test]
    fn blank_lines_and_quoted_line_ends_keep_the_row_numbers_of_a_spreadsheet() {
        let s = sheet("title\n\n\na,\"b\nc\"\n\n1,2");
        assert_eq!(s.rows.len(), 6);
        assert_eq!(s.rows[3][1], Cell::text("b\nc"));
        assert_eq!(s.rows[5], [Cell::text("1"), Cell::text("2")]);
        let crlf = sheet("a,b\r\n\r\n1,2\r\n");
        assert_eq!((crlf.rows.len(), &crlf.rows[2][0]), (3, &Cell::text("1")));
    }
}
