//! CSV line by line, with line numbers and with doubt: what quotes may do is limited to what can be meant.
//!
//! A cell is quoted if it begins with a quote. Quoted cells may run over several lines (RFC 4180) if the quote closes
//! right before a separator and the record then has as many cells as the header. If it does not, but the line alone has
//! that many cells, the quote is text. If both hold, the file is refused: nobody can tell which was meant.

use std::collections::VecDeque;
use std::io::BufRead;
use thiserror::Error;

/// Lines that one quoted cell may run over.
const MAX_LINES: usize = 256;
/// Bytes that one record of several lines may have.
const MAX_RECORD: usize = 1 << 20;
/// Line numbers kept as examples.
const EXAMPLES: usize = 5;

/// A record that cannot be read, with its line (1-based).
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum CsvFault {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "line {line}: a quote is opened and not closed before a separator; the cell would swallow the lines below"
    )]
    Unclosed { line: u64 },
    #[error(
        "line {line}: a quote may be a stray character, or the start of a cell that ends in line {end}; both give whole rows"
    )]
    Ambiguous { line: u64, end: u64 },
}

/// One record: its cells in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsvRecord {
    text: String,
    ends: Vec<usize>,
    line: u64,
}

impl CsvRecord {
    /// Line on which the record starts, 1-based.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// True if no cell holds anything but white space.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// A cell.
    pub fn get(&self, i: usize) -> Option<&str> {
        let end = *self.ends.get(i)?;
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        Some(&self.text[start..end])
    }

    /// All cells.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// Number of cells without empty ones at the end.
    pub fn filled(&self) -> usize {
        (0..self.len())
            .rev()
            .find(|i| self.get(*i).is_some_and(|c| !c.trim().is_empty()))
            .map_or(0, |i| i + 1)
    }

    /// Whether the record fits a header of so many cells: no filled cell beyond it, none missing of those that are
    /// labelled.
    pub fn fits(&self, header: usize, labelled: usize) -> bool {
        self.len() >= labelled && (self.len() <= header || self.filled() <= header)
    }

    fn clear(&mut self, line: u64) {
        self.text.clear();
        self.ends.clear();
        self.line = line;
    }

    fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }
}

/// Places of something odd that was read all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OddLines {
    /// How many lines.
    pub count: u64,
    /// The first of them.
    pub first: Vec<u64>,
}

impl OddLines {
    /// Counts a line.
    pub fn add(&mut self, line: u64) {
        self.count += 1;
        if self.first.len() < EXAMPLES {
            self.first.push(line);
        }
    }

    /// The lines in words: `line 3`, `lines 3, 7, 9 and 12 more`; empty if there are none.
    pub fn words(&self) -> String {
        let list: Vec<String> = self.first.iter().map(ToString::to_string).collect();
        let more = self.count - self.first.len() as u64;
        match (self.count, more) {
            (0, _) => String::new(),
            (1, _) => format!("line {}", list[0]),
            (_, 0) => format!("lines {}", list.join(", ")),
            _ => format!("lines {} and {more} more", list.join(", ")),
        }
    }
}

/// How the quotes of one line are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// A cell that begins with a quote ends at a quote before a separator.
    Quoting,
    /// As long as it does so on the same line and without stray quotes; else its quotes are text.
    IfClosed,
}

/// What splitting a line left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Split {
    /// A quoted cell is open at the end of the line.
    open: bool,
    /// A quoted cell has a quote that is neither doubled nor before a separator.
    stray: bool,
}

/// Reads records from UTF-8 text.
pub struct CsvLines<R> {
    inner: R,
    delimiter: u8,
    terminator: u8,
    width: Option<usize>,
    queue: VecDeque<String>,
    spare: Vec<String>,
    raw: Vec<u8>,
    /// Number of the first line in the queue, or of the next one to be read.
    line: u64,
    bytes: u64,
    /// Lines with a quote that was taken as text.
    pub stray_quotes: OddLines,
    /// Lines with characters that could not be decoded (U+FFFD).
    pub undecodable: OddLines,
}

impl<R: BufRead> CsvLines<R> {
    /// A reader with the delimiter and the byte that ends a line (`\n`; `\r` in files of old Macintosh programs).
    pub fn new(inner: R, delimiter: u8, terminator: u8) -> Self {
        Self {
            inner,
            delimiter,
            terminator,
            width: None,
            queue: VecDeque::new(),
            spare: Vec::new(),
            raw: Vec::new(),
            line: 1,
            bytes: 0,
            stray_quotes: OddLines::default(),
            undecodable: OddLines::default(),
        }
    }

    /// Says how many cells a record has, once the header is known: it decides what a doubtful quote means.
    pub fn set_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// Bytes of text taken from the reader so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the next record; false at the end. A blank line is a record too.
    ///
    /// # Errors
    /// [`CsvFault`].
    pub fn read(&mut self, record: &mut CsvRecord) -> Result<bool, CsvFault> {
        if !self.fill(1)? {
            return Ok(false);
        }
        let line = self.line;
        let text = std::mem::take(&mut self.queue[0]);
        if text.contains('\u{FFFD}') {
            self.undecodable.add(line);
        }
        record.clear(line);
        let mut taken = 1;
        if text.as_bytes().contains(&b'"') {
            taken = self.with_quotes(&text, record)?;
        } else {
            split_plain(&text, self.delimiter, record);
        }
        self.spare.push(text);
        for below in 1..taken as u64 {
            let text = self.queue.remove(1).unwrap_or_default();
            if text.contains('\u{FFFD}') {
                self.undecodable.add(line + below);
            }
            self.spare.push(text);
        }
        self.queue.pop_front();
        self.line += taken as u64;
        Ok(true)
    }

    /// Has at least `n` lines in the queue, or says that there are not so many.
    fn fill(&mut self, n: usize) -> Result<bool, CsvFault> {
        while self.queue.len() < n {
            self.raw.clear();
            if self.inner.read_until(self.terminator, &mut self.raw)? == 0 {
                return Ok(false);
            }
            self.bytes += self.raw.len() as u64;
            if self.raw.last() == Some(&self.terminator) {
                self.raw.pop();
            }
            if self.terminator == b'\n' && self.raw.last() == Some(&b'\r') {
                self.raw.pop();
            }
            let mut text = self.spare.pop().unwrap_or_default();
            text.clear();
            text.push_str(&String::from_utf8_lossy(&self.raw));
            self.queue.push_back(text);
        }
        Ok(true)
    }

    /// A line with quotes; gives the number of lines that the record takes.
    fn with_quotes(&mut self, text: &str, record: &mut CsvRecord) -> Result<usize, CsvFault> {
        let line = self.line;
        let fits = |record: &CsvRecord, width: Option<usize>| width.is_none_or(|w| record.fits(w, w));
        let split = split_line(text, self.delimiter, Quotes::Quoting, record);
        if !split.open {
            if split.stray {
                self.stray_quotes.add(line);
                if !fits(record, self.width) {
                    record.clear(line);
                    split_line(text, self.delimiter, Quotes::IfClosed, record);
                }
            }
            return Ok(1);
        }
        let joined = self.joined(text, record)?;
        let mut alone = CsvRecord { line, ..CsvRecord::default() };
        split_line(text, self.delimiter, Quotes::IfClosed, &mut alone);
        let alone_fits = self.width.is_some_and(|w| alone.fits(w, w));
        // A single cell of several lines is a title or a note.
        match joined.filter(|_| fits(record, self.width) || (record.len() == 1 && !alone_fits)) {
            Some(lines) if alone_fits && self.next_stands_alone() => {
                Err(CsvFault::Ambiguous { line, end: line + lines as u64 - 1 })
            }
            Some(lines) => Ok(lines),
            None if alone_fits => {
                self.stray_quotes.add(line);
                *record = alone;
                Ok(1)
            }
            None => Err(CsvFault::Unclosed { line }),
        }
    }

    /// Whether the line after the current one is a whole record if its quotes are text.
    fn next_stands_alone(&self) -> bool {
        let mut next = CsvRecord::default();
        if let Some(text) = self.queue.get(1) {
            split_line(text, self.delimiter, Quotes::IfClosed, &mut next);
        }
        self.width.is_some_and(|w| next.fits(w, w))
    }

    /// The record with the lines below that its open quote takes in: their number, or `None` if it does not close well.
    fn joined(&mut self, text: &str, record: &mut CsvRecord) -> Result<Option<usize>, CsvFault> {
        let mut whole = text.to_owned();
        for lines in 2..=MAX_LINES {
            if whole.len() > MAX_RECORD || !self.fill(lines)? {
                return Ok(None);
            }
            whole.push('\n');
            whole.push_str(&self.queue[lines - 1]);
            if !self.queue[lines - 1].contains('"') {
                continue;
            }
            record.clear(self.line);
            let split = split_line(&whole, self.delimiter, Quotes::Quoting, record);
            if split.stray {
                return Ok(None);
            }
            if !split.open {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }
}

/// A line without quotes.
fn split_plain(text: &str, delimiter: u8, record: &mut CsvRecord) {
    for cell in text.split(delimiter as char) {
        record.text.push_str(cell);
        record.end_cell();
    }
}

/// Splits a line (or several joined ones) into cells.
fn split_line(text: &str, delimiter: u8, quotes: Quotes, record: &mut CsvRecord) -> Split {
    let mut rest = text;
    let mut split = Split { open: false, stray: false };
    loop {
        let mut cell = Quoted::default();
        let quoted = rest.starts_with('"');
        if quoted {
            cell = Quoted::read(rest, delimiter);
        }
        if quoted && (quotes == Quotes::Quoting || (cell.closed && !cell.stray)) {
            split.stray |= cell.stray;
            record.text.push_str(&cell.text);
            record.end_cell();
            if !cell.closed {
                split.open = true;
                return split;
            }
            rest = &rest[cell.length..];
        } else {
            let end = rest.find(delimiter as char).unwrap_or(rest.len());
            record.text.push_str(&rest[..end]);
            record.end_cell();
            rest = &rest[end..];
        }
        match rest.strip_prefix(delimiter as char) {
            Some(more) => rest = more,
            None => return split,
        }
    }
}

/// A cell that begins with a quote.
#[derive(Debug, Default)]
struct Quoted {
    text: String,
    /// Bytes up to the separator or the end of the line.
    length: usize,
    closed: bool,
    stray: bool,
}

impl Quoted {
    fn read(rest: &str, delimiter: u8) -> Self {
        let mut cell = Self::default();
        let mut at = 1;
        while let Some(quote) = rest[at..].find('"').map(|i| at + i) {
            cell.text.push_str(&rest[at..quote]);
            let behind = &rest[quote + 1..];
            let blanks = behind.len() - behind.trim_start_matches([' ', '\r']).len();
            let after = &behind[blanks..];
            if behind.starts_with('"') {
                cell.text.push('"');
                at = quote + 2;
            } else if after.is_empty() || after.starts_with(delimiter as char) {
                cell.closed = true;
                cell.length = quote + 1 + blanks;
                return cell;
            } else {
                cell.text.push('"');
                cell.stray = true;
                at = quote + 1;
            }
        }
        cell.text.push_str(&rest[at..]);
        cell.length = rest.len();
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<(u64, Vec<String>)>;

    fn read_with(text: &str, width: Option<usize>) -> Result<(Rows, OddLines), CsvFault> {
        let mut lines = CsvLines::new(text.as_bytes(), b',', b'\n');
        if let Some(width) = width {
            lines.set_width(width);
        }
        let (mut record, mut rows) = (CsvRecord::default(), Vec::new());
        while lines.read(&mut record)? {
            rows.push((record.line(), record.iter().map(str::to_owned).collect()));
        }
        Ok((rows, lines.stray_quotes))
    }

    fn rows(text: &str, width: usize) -> Vec<(u64, Vec<String>)> {
        read_with(text, Some(width)).unwrap().0
    }

    #[test]
    fn a_stray_quote_does_not_swallow_the_lines_below() {
        let text = "G0,1,\"note 0\",10\nG1,2,\"5 号楼,30\nG2,3,\"note 2\",40\n";
        let (rows, stray) = read_with(text, Some(4)).unwrap();
        assert_eq!(rows[1], (2, ["G1", "2", "\"5 号楼", "30"].map(str::to_owned).to_vec()));
        assert_eq!(rows[2].1[3], "40");
        assert_eq!(stray.words(), "line 2");
        // In the last column, with no quote below.
        let (rows, stray) = read_with("G1,2,\"5 号楼\nG2,3,x\nG3,4,y\n", Some(3)).unwrap();
        assert_eq!((rows.len(), rows[0].1[2].as_str(), stray.count), (3, "\"5 号楼", 1));
    }

    #[test]
    fn a_quoted_line_end_of_a_well_formed_file_stays_in_its_cell() {
        let got = rows("a,\"b\nc, d\n\ne\",1\nf,g,2\n", 3);
        assert_eq!(got[0].1, ["a", "b\nc, d\n\ne", "1"]);
        assert_eq!(got[1], (5, ["f", "g", "2"].map(str::to_owned).to_vec()));
        assert_eq!(rows("\"title\n2020\"\na,b,2\n", 3)[0].1, ["title\n2020"]);
        // In the last column, where the first line alone has as many cells as the header.
        assert_eq!(rows("a,1,\"first\nsecond\"\nb,2,x\n", 3)[0].1[2], "first\nsecond");
        assert_eq!(rows("a,1,\"first\r\nsecond\"\r\nb,2,x\r\n", 3)[0].1[2], "first\nsecond");
    }

    #[test]
    fn what_nobody_can_tell_is_refused_with_both_lines() {
        let error = read_with("a,1,\"x\nb,2,y\"\nc,3,z\n", Some(3)).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("line 2"), "{error}");
        let error = read_with("a,1\nb,\"2,3\nc,4\n", Some(2)).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("not closed"), "{error}");
    }

    #[test]
    fn quotes_in_the_middle_of_text_are_text() {
        assert_eq!(rows("5\" pipe,1\n", 2)[0].1, ["5\" pipe", "1"]);
        assert_eq!(rows("\"a \"\"b\"\" c\",1\n", 2)[0].1, ["a \"b\" c", "1"]);
        assert_eq!(rows("\"5 \"号\" 楼\",3\n", 2)[0].1, ["5 \"号\" 楼", "3"]);
        assert_eq!(rows("\"5\" pipe,30,\"x\"\n", 3)[0].1, ["\"5\" pipe", "30", "x"]);
        assert_eq!(rows("\"a\" ,\"1\"\n", 2)[0].1, ["a", "1"]);
        assert_eq!(rows("\"\",\"\"\n", 2)[0].1, ["", ""]);
    }

    #[test]
    fn records_know_whether_they_fit_their_header() {
        let mut lines = CsvLines::new("1,2,3\n1,2,,\n1,2\n1,2,3,4,,\n\n".as_bytes(), b',', b'\n');
        let mut record = CsvRecord::default();
        let mut fits = Vec::new();
        while lines.read(&mut record).unwrap() {
            fits.push((record.line(), record.fits(3, 3), record.is_blank()));
        }
        assert_eq!(
            fits,
            [(1, true, false), (2, true, false), (3, false, false), (4, false, false), (5, false, true)]
        );
    }

    #[test]
    fn an_open_quote_is_looked_at_in_bounded_memory() {
        let text = format!("a,\"b\n{}", "x,y\n".repeat(10_000));
        let mut lines = CsvLines::new(text.as_bytes(), b',', b'\n');
        lines.set_width(2);
        let mut record = CsvRecord::default();
        assert!(lines.read(&mut record).unwrap());
        assert!(lines.queue.len() <= MAX_LINES);
        let mut n = 1;
        while lines.read(&mut record).unwrap() {
            n += 1;
        }
        assert_eq!(n, 10_001);
    }
}
