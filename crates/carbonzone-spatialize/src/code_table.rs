//! Tables of codes: land-use classes, POI types. Shipped with the binary, or a user's CSV.

use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A scheme that cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum SchemeError {
    #[error("unknown scheme \"{name}\" (expected one of {known}, or the path of a CSV file)")]
    Unknown { name: String, known: String },
    #[error("{name}: row {row}: {why} (expected columns {columns})")]
    Csv { name: String, row: usize, why: String, columns: &'static str },
    #[error("{name}: code \"{code}\" occurs twice")]
    Duplicate { name: String, code: String },
}

/// A row of a table: a code, and what it means.
pub(crate) trait CodeRow: DeserializeOwned {
    /// Columns of the CSV, as a user reads them.
    const COLUMNS: &'static str;
    /// What a row must not leave empty.
    const NEEDED: &'static str;

    fn code(&self) -> &str;

    /// What it means: a space type, a group.
    fn meaning(&self) -> &str;
}

/// Which codes a row stands for besides its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matching {
    /// None: class numbers, tags, plain numbers of one length.
    Whole,
    /// Those with letters behind: `021K` is a kind of `021`.
    Letters,
    /// All that begin with it and whose digits come in pairs, two for each level (Chinese standards): `101` is not a
    /// kind of `10`.
    Pairs,
    /// All that begin with it.
    Beginnings,
}

/// A table shipped with the binary: name, CSV text, and how codes match.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    text: &'static str,
    matching: Matching,
}

pub(crate) const fn shipped(name: &'static str, text: &'static str, matching: Matching) -> Shipped {
    Shipped { name, text, matching }
}

/// How a code came to its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchKind {
    /// It stands in the table as it is.
    Listed,
    /// It stands in the table once blanks, full-width digits, a decimal `.0` or a lost leading zero are mended.
    Mended,
    /// The table has the words of the category.
    Words,
    /// The table has the coarse word of the category only, and its kinds belong to several groups.
    WordsInPart,
    /// Only its beginning stands in the table.
    Beginning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeTable<R> {
    rows: Vec<R>,
    by_code: BTreeMap<String, usize>,
    /// Codes that stand for all that begin with them.
    beginnings: BTreeMap<String, usize>,
    columns: Vec<String>,
    matching: Matching,
}

impl<R: CodeRow> CodeTable<R> {
    /// One of the shipped tables.
    pub(crate) fn shipped(name: &str, all: &[Shipped]) -> Result<Self, SchemeError> {
        match all.iter().find(|s| s.name == name) {
            Some(s) => {
                let table = Self::from_csv(name, s.text)?;
                Ok(Self { matching: s.matching, beginnings: table.by_code.clone(), ..table })
            }
            None => Err(SchemeError::Unknown {
                name: name.to_owned(),
                known: all.iter().map(|s| s.name).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Reads CSV text; lines that begin with `#` are comments. A code that ends in `*` stands for all that begin with it;
    /// the others do so too, unless all of them are plain numbers of one length: those must match as a whole.
    pub(crate) fn from_csv(name: &str, text: &str) -> Result<Self, SchemeError> {
        let error =
            |row, why: String| SchemeError::Csv { name: name.to_owned(), row, why, columns: R::COLUMNS };
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().map_err(|e| error(0, e.to_string()))?;
        let columns = header.iter().map(str::to_owned).collect();
        let mut rows: Vec<R> = Vec::new();
        let mut by_code = BTreeMap::new();
        for (row, record) in reader.deserialize::<R>().enumerate() {
            let record = record.map_err(|e| error(row + 1, e.to_string()))?;
            if record.code().is_empty() || record.meaning().is_empty() {
                return Err(error(row + 1, format!("empty {}", R::NEEDED)));
            }
            if by_code.insert(record.code().to_owned(), rows.len()).is_some() {
                return Err(SchemeError::Duplicate { name: name.to_owned(), code: record.code().to_owned() });
            }
            rows.push(record);
        }
        let mut beginnings = BTreeMap::new();
        let whole = numbers_of_one_length(by_code.keys().filter(|c| starred(c).is_none()));
        for (code, &row) in &by_code {
            match starred(code) {
                Some(beginning) => drop(beginnings.insert(beginning.to_owned(), row)),
                None if whole => {}
                None => drop(beginnings.insert(code.clone(), row)),
            }
        }
        Ok(Self { rows, by_code, beginnings, columns, matching: Matching::Beginnings })
    }

    /// All rows, in file order.
    pub(crate) fn rows(&self) -> &[R] {
        &self.rows
    }

    /// True if the file has this column.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|c| c == name)
    }

    /// True if the code stands in the table as it is, not only by its beginning.
    pub(crate) fn lists(&self, code: &str) -> bool {
        matches!(self.find("", code), Some((_, MatchKind::Listed | MatchKind::Mended)))
    }

    /// Row of a code that stands in a field (empty: any field), and how it was found: as a whole, else as mended, else
    /// by its longest known beginning. In a table of tags `forest` in the field `landuse` is `landuse=forest`, else
    /// `forest`, else `landuse=*`.
    pub(crate) fn find(&self, field: &str, code: &str) -> Option<(usize, MatchKind)> {
        let code = code.trim();
        let in_field = if field.is_empty() { code.to_owned() } else { format!("{field}={code}") };
        let listed = |code: &str| self.whole(code).map(|i| (i, MatchKind::Listed));
        let mended = mended(code);
        listed(&in_field)
            .or_else(|| listed(code))
            .or_else(|| mended.as_deref().and_then(|c| self.whole(c)).map(|i| (i, MatchKind::Mended)))
            .or_else(|| {
                let i = self.longest_beginning(mended.as_deref().unwrap_or(code))?;
                // `32*` asks for it.
                let asked = starred(self.rows[i].code()).is_some();
                Some((i, if asked { MatchKind::Listed } else { MatchKind::Beginning }))
            })
    }

    /// Row with this number of the table.
    pub(crate) fn row(&self, index: usize) -> &R {
        &self.rows[index]
    }

    /// The code as a whole; for `key=value` the row `key=value`, its value, or the row `key=*`.
    fn whole(&self, code: &str) -> Option<usize> {
        let of = |code: &str| self.by_code.get(code).copied();
        let Some((key, value)) = code.split_once('=') else { return of(code) };
        of(code).or_else(|| of(value)).or_else(|| of(&format!("{key}=*")))
    }

    fn longest_beginning(&self, code: &str) -> Option<usize> {
        let digits = code.bytes().take_while(u8::is_ascii_digit).count();
        let from = match self.matching {
            Matching::Whole => return None,
            Matching::Pairs if digits % 2 == 1 => return None,
            Matching::Letters => digits,
            Matching::Pairs | Matching::Beginnings => 0,
        };
        let ends = code.char_indices().map(|(i, c)| i + c.len_utf8()).collect::<Vec<_>>();
        ends.iter()
            .rev()
            .filter(|end| **end >= from)
            .find_map(|&end| self.beginnings.get(&code[..end]).copied())
    }

    /// Every meaning, once, in file order.
    pub(crate) fn meanings(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for row in &self.rows {
            if !out.iter().any(|m| m == row.meaning()) {
                out.push(row.meaning().to_owned());
            }
        }
        out
    }
}

/// The beginning that a code such as `32*` stands for; `shop=*` is a tag.
fn starred(code: &str) -> Option<&str> {
    code.strip_suffix('*').filter(|c| !c.is_empty() && !c.ends_with('='))
}

/// True for codes such as 111, 112, 121: a longer or shorter number belongs to another table.
fn numbers_of_one_length<'a>(mut codes: impl Iterator<Item = &'a String>) -> bool {
    let Some(first) = codes.next() else { return false };
    let number = |c: &String| !c.is_empty() && c.bytes().all(|b| b.is_ascii_digit());
    number(first) && codes.all(|c| number(c) && c.len() == first.len())
}

/// A code without what spreadsheets and input methods put into it: blanks, full-width characters, the apostrophe of a
/// text cell, a decimal `.0`. `None` if there is nothing of the kind.
pub(crate) fn mended(code: &str) -> Option<String> {
    let half = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    };
    let plain: String = code.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').map(half).collect();
    let text = plain.strip_prefix('\'').unwrap_or(&plain);
    let number = |whole: &&str| !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit());
    let whole = text.split_once('.').filter(|(_, decimals)| decimals.bytes().all(|b| b == b'0'));
    let out = whole.map(|(whole, _)| whole).filter(number).unwrap_or(text);
    (out != code).then(|| out.to_owned())
}
