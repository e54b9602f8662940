//! Tables of codes: land-use classes, POI types. Shipped with the binary, or a user's CSV.

use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A scheme that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemeError {
    /// The name is not one of the shipped schemes.
    #[error("unknown scheme \"{name}\" (expected one of {known}, or the path of a CSV file)")]
    Unknown {
        /// Name given.
        name: String,
        /// Names shipped.
        known: String,
    },
    /// The CSV does not have the needed columns or values.
    #[error("{name}: row {row}: {why} (expected columns {columns})")]
    Csv {
        /// Scheme or file.
        name: String,
        /// Row, 1 = first after the header.
        row: usize,
        /// Reason.
        why: String,
        /// Columns needed.
        columns: &'static str,
    },
    /// A code occurs twice with different meanings.
    #[error("{name}: code \"{code}\" occurs twice")]
    Duplicate {
        /// Scheme or file.
        name: String,
        /// Code.
        code: String,
    },
}

/// A row of a table: a code, and what it means.
pub(crate) trait CodeRow: DeserializeOwned {
    /// Columns of the CSV, as a user reads them.
    const COLUMNS: &'static str;
    /// What a row must not leave empty.
    const NEEDED: &'static str;

    /// The code.
    fn code(&self) -> &str;

    /// What it means: a space type, a group.
    fn meaning(&self) -> &str;
}

/// A table shipped with the binary: name, CSV text, and whether codes match by their longest beginning.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    text: &'static str,
    prefix: bool,
}

pub(crate) const fn shipped(name: &'static str, text: &'static str, prefix: bool) -> Shipped {
    Shipped { name, text, prefix }
}

/// Rows by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeTable<R> {
    rows: Vec<R>,
    by_code: BTreeMap<String, usize>,
    columns: Vec<String>,
    /// Codes are hierarchical: a code means its longest known beginning. Else it must match as a whole.
    pub(crate) prefix: bool,
}

impl<R: CodeRow> CodeTable<R> {
    /// One of the shipped tables.
    pub(crate) fn shipped(name: &str, all: &[Shipped]) -> Result<Self, SchemeError> {
        match all.iter().find(|s| s.name == name) {
            Some(s) => Ok(Self { prefix: s.prefix, ..Self::from_csv(name, s.text)? }),
            None => Err(SchemeError::Unknown {
                name: name.to_owned(),
                known: all.iter().map(|s| s.name).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Reads CSV text; lines that begin with `#` are comments.
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
        Ok(Self { rows, by_code, columns, prefix: true })
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
        self.by_code.contains_key(code.trim())
    }

    /// The row of a code: by its longest known beginning, or as a whole; `landuse=forest` is then `forest`, and `3.0`
    /// (a class number stored as a real) is `3`.
    pub(crate) fn classify(&self, code: &str) -> Option<&R> {
        let code = code.trim();
        let found = if self.prefix {
            longest_prefix(&self.by_code, code)
        } else {
            exact(&self.by_code, code.strip_suffix(".0").unwrap_or(code))
        };
        found.map(|i| &self.rows[i])
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

/// Index of the key that is `code`; for `key=value` its value, or the row `key=*`.
fn exact(by_code: &BTreeMap<String, usize>, code: &str) -> Option<usize> {
    let of = |code: &str| by_code.get(code).copied();
    let (key, value) = code.split_once('=').unwrap_or(("", code));
    of(code).or_else(|| of(value)).or_else(|| of(&format!("{key}=*")))
}

/// Index of the longest key that is a prefix of `code`.
fn longest_prefix(by_code: &BTreeMap<String, usize>, code: &str) -> Option<usize> {
    let ends = code.char_indices().map(|(i, c)| i + c.len_utf8()).collect::<Vec<_>>();
    ends.iter().rev().find_map(|&end| by_code.get(&code[..end]).copied())
}
