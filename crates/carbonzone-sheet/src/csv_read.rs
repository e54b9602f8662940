//! CSV text into cells, keeping the row numbers that a spreadsheet program shows.

use crate::csv_lines::{CsvFault, CsvLines, CsvRecord, OddLines};
use crate::formula::unescape_formula;
use crate::{Cell, Sheet, SheetError, decode};
use carbonzone_types::Finding;
use std::collections::BTreeMap;
use std::io::BufRead;
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

/// Bytes of a file, with the two ways of failing told apart.
pub(crate) fn read_bytes(path: &Path, file: &str) -> Result<Vec<u8>, SheetError> {
    let bytes = carbonzone_types::plain_file(path).and_then(|()| std::fs::read(path));
    bytes.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => SheetError::Missing { file: file.to_owned() },
        _ => SheetError::Io { file: file.to_owned(), source },
    })
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
    let bytes = read_bytes(path, &file)?;
    decode_csv(&bytes, &file, encoding, delimiter)
}

impl CsvText {
    /// The records, line by line.
    pub fn records(&self) -> CsvLines<&[u8]> {
        let mut lines = CsvLines::new(self.text.as_bytes(), self.delimiter, line_end(&self.text));
        if let Some(width) = self.usual_width() {
            lines.set_width(width);
        }
        lines
    }

    /// The number of cells that most lines have; lines of one cell are titles and notes.
    fn usual_width(&self) -> Option<usize> {
        let usual = |counts: BTreeMap<usize, usize>| {
            counts.into_iter().max_by_key(|(n, count)| (*count, *n)).map(|(n, _)| n)
        };
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        if let Some(lengths) = self.lengths_of_sound_records() {
            for n in lengths.into_iter().filter(|n| *n > 1) {
                *counts.entry(n).or_default() += 1;
            }
            return usual(counts);
        }
        for line in self.text.split(line_end(&self.text) as char).take(SAMPLE_LINES) {
            // A line with an odd number of quotes is a part of a cell, or has a stray quote.
            let closed = line.bytes().filter(|b| *b == b'"').count() % 2 == 0;
            if let Some(n) = cells_of(line, self.delimiter).filter(|n| closed && *n > 1) {
                *counts.entry(n).or_default() += 1;
            }
        }
        usual(counts)
    }

    /// Numbers of cells of the first records, if every quote closes where a cell ends.
    fn lengths_of_sound_records(&self) -> Option<Vec<usize>> {
        let mut records = CsvLines::new(self.text.as_bytes(), self.delimiter, line_end(&self.text));
        let (mut record, mut lengths) = (CsvRecord::default(), Vec::new());
        while lengths.len() < SAMPLE_LINES && records.read(&mut record).ok()? {
            lengths.push(record.len());
        }
        (records.stray_quotes.count == 0).then_some(lengths)
    }

    /// All cells; a row per record, blank lines included, so that row numbers agree with a spreadsheet program.
    ///
    /// # Errors
    /// [`SheetError::Csv`] for quotes that nobody can make sense of.
    pub fn sheet(&self) -> Result<Sheet, SheetError> {
        let (mut records, mut record) = (self.records(), CsvRecord::default());
        let (mut rows, mut lines): (Vec<Vec<Cell>>, Vec<u64>) = (Vec::new(), Vec::new());
        let broken = |e: CsvFault| SheetError::Csv { file: self.file.clone(), message: e.to_string() };
        let cell = |field: &str| Cell::text(unescape_formula(field));
        while records.read(&mut record).map_err(broken)? {
            lines.push(record.line());
            rows.push(if record.is_blank() { Vec::new() } else { record.iter().map(cell).collect() });
        }
        if announced_delimiter(&self.text).is_some()
            && let Some(first) = rows.first_mut()
        {
            first.clear();
        }
        let notes = odd_lines(&records).into_iter().map(|note| note.file(self.file.clone())).collect();
        Ok(Sheet { rows, lines, notes, ..Sheet::default() })
    }

    /// The table as plain CSV (commas, every cell quoted where needed, rows as long as the header, without the lines that
    /// begin with `#`) for a reader that knows no other form, with what was noticed.
    ///
    /// # Errors
    /// As [`CsvText::sheet`]; [`SheetError::Ragged`] for rows that are longer or shorter than the header.
    pub fn plain(&self) -> Result<(String, Vec<Finding>), SheetError> {
        let lines = self.text.split_inclusive(line_end(&self.text) as char);
        let uncommented: String = lines
            .map(|l| if l.starts_with('#') { l.trim_start_matches(|c| c != '\r' && c != '\n') } else { l })
            .collect();
        let sheet = Self { text: uncommented, ..self.clone() }.sheet()?;
        let Some(header) = sheet.rows.iter().position(|r| !r.is_empty()) else {
            return Ok((String::new(), sheet.notes));
        };
        check_widths(&sheet, &self.file, header, header + 1)?;
        let width = sheet.rows[header].len();
        let mut out = csv::Writer::from_writer(Vec::new());
        let broken =
            |e: &dyn std::fmt::Display| SheetError::Csv { file: self.file.clone(), message: e.to_string() };
        for row in sheet.rows.iter().skip(header).filter(|r| !r.is_empty()) {
            let cells = (0..width).map(|c| row.get(c).and_then(Cell::raw_text).unwrap_or_default());
            out.write_record(cells).map_err(|e| broken(&e))?;
        }
        let bytes = out.into_inner().map_err(|e| broken(&e))?;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), sheet.notes))
    }
}

/// Warnings about lines that were read although something is odd with them.
pub fn odd_lines<R: BufRead>(records: &CsvLines<R>) -> Vec<Finding> {
    let mut notes = Vec::new();
    let (stray, broken) = (&records.stray_quotes, &records.undecodable);
    if stray.count > 0 {
        let message = format!("a quote that opens nothing is taken as text: {}", stray.words());
        notes.push(
            Finding::warning("stray_quote", message)
                .count(stray.count)
                .hint("write a quote inside a quoted cell twice, or leave it out"),
        );
    }
    if broken.count > 0 {
        let message = format!(
            "bytes that are not in the encoding of the file are read as \u{FFFD}: {}",
            broken.words()
        );
        notes.push(
            Finding::warning("undecodable_bytes", message)
                .count(broken.count)
                .hint("correct these lines, or name the encoding if it is another: encoding = \"GBK\""),
        );
    }
    notes
}

/// Refuses rows of a CSV file that have another number of cells than the header. A row of one cell is a note.
pub(crate) fn check_widths(sheet: &Sheet, file: &str, header: usize, first: usize) -> Result<(), SheetError> {
    let head = &sheet.rows[header];
    let labelled = head.iter().rposition(|c| !c.is_empty()).map_or(0, |i| i + 1);
    let (mut odd, mut example) = (OddLines::default(), None);
    for (row, cells) in sheet.rows.iter().enumerate().skip(first) {
        let filled = cells.iter().rposition(|c| !c.is_empty()).map_or(0, |i| i + 1);
        let note = filled <= 1 && (cells.len() == 1 || cells.len() >= labelled);
        if !note && filled > 0 && (cells.len() < labelled || filled > head.len()) {
            odd.add(sheet.lines[row]);
            example.get_or_insert(row);
        }
    }
    let Some(row) = example else { return Ok(()) };
    let cells = &sheet.rows[row];
    let of = if odd.count > 1 { format!("; so have {}", odd.words()) } else { String::new() };
    Err(SheetError::Ragged {
        place: file.to_owned(),
        message: format!("line {} has {} cells, the header {labelled}{of}", sheet.lines[row], cells.len()),
        hint: ragged_hint(cells.iter().filter_map(Cell::raw_text).collect::<Vec<_>>().as_slice(), labelled),
    })
}

/// What may have gone wrong in a row of the wrong length.
pub fn ragged_hint(cells: &[String], header: usize) -> String {
    let thousands = cells.windows(2).any(|pair| {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let rest = pair[1].split('.').next().unwrap_or("");
        digits(&pair[0]) && pair[0].len() <= 3 && digits(rest) && rest.len() == 3
    });
    if cells.len() > header && thousands {
        "\nhint: numbers with thousands separators must stand in quotes: \"1,950\"".to_owned()
    } else if cells.len() > header {
        "\nhint: a cell that holds the separator must stand in quotes".to_owned()
    } else {
        "\nhint: a cell is missing, or the line is cut off; write an empty cell where there is no value"
            .to_owned()
    }
}

/// The byte that ends a line: `\r` only if there is no `\n`.
pub fn line_end(text: &str) -> u8 {
    if text.contains('\r') && !text.contains('\n') { b'\r' } else { b'\n' }
}

/// Lines looked at to find the usual number of cells.
const SAMPLE_LINES: usize = 2000;

/// Cells of a line; `None` if it is blank, or a quote stays open.
fn cells_of(line: &str, delimiter: u8) -> Option<usize> {
    let mut lines = CsvLines::new(line.as_bytes(), delimiter, b'\n');
    let mut record = CsvRecord::default();
    lines.read(&mut record).ok().filter(|more| *more && !record.is_blank()).map(|_| record.len())
}

/// The delimiter of an Excel `sep=;` first line.
fn announced_delimiter(text: &str) -> Option<u8> {
    let first = text.lines().next()?.trim_matches(['"', ' ']);
    let rest = first.strip_prefix("sep=")?.as_bytes();
    (rest.len() == 1).then(|| rest[0])
}

/// The candidate that splits most of the first lines into the same number of fields; a comma if none does.
pub fn guess_delimiter(text: &str) -> u8 {
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
        let old_mac = sheet("a,b\r1,2\r");
        assert_eq!(old_mac.rows[1], [Cell::text("1"), Cell::text("2")]);
    }

    fn ragged(text: &str) -> String {
        let s = sheet(text);
        check_widths(&s, "t.csv", 0, 1).unwrap_err().to_string()
    }

    #[test]
    fn rows_of_another_length_than_the_header_are_named_by_their_line() {
        let said = ragged("id,pop,gdp\nZ1,1,000,10\nZ2,2,000,20\n");
        assert!(said.contains("line 2 has 4 cells, the header 3; so have lines 2, 3"), "{said}");
        assert!(said.contains("\"1,950\""), "{said}");
        assert!(ragged("id,pop,gdp\nZ1,1,2\nZ2,7\n").contains("line 3 has 2 cells, the header 3"));
        // The line of the file, not the row of the table, behind a cell of two lines.
        assert!(ragged("id,note,gdp\nZ1,\"a\nb\",2\nZ2,7\n").contains("line 4"));
    }

    #[test]
    fn empty_cells_at_the_end_and_notes_below_are_no_fault() {
        for text in
            ["id,pop\nZ1,1,,\n", "id,pop,,\nZ1,1\n", "id,pop\nZ1,1\n\n注：合成\n", "id,pop\nZ1,\n,,,\n"]
        {
            let s = sheet(text);
            assert!(check_widths(&s, "t.csv", 0, 1).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_table_in_any_form_becomes_plain_csv() {
        let csv =
            decode_csv("code;space_type\n\"A;1\";\"x \"\"y\"\"\"\n".as_bytes(), "t.csv", None, None).unwrap();
        assert_eq!(csv.plain().unwrap().0, "code,space_type\nA;1,\"x \"\"y\"\"\"\n");
        let noted =
            decode_csv("# a, \"b\ncode,space_type\nA,home\n# c\n".as_bytes(), "t.csv", None, None).unwrap();
        assert_eq!(noted.plain().unwrap().0, "code,space_type\nA,home\n");
        let cut = decode_csv(b"code,space_type,sink\nA,home\n", "t.csv", None, None).unwrap();
        assert!(cut.plain().is_err());
    }
}
