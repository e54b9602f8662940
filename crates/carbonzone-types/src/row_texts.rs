//! Texts of many rows: which of them are the same. A city has a million parcels and a hundred codes.

use crate::{ColumnData, TextList};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// The texts of some rows: each distinct column and text, in the order in which they first occur, and its number per row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberedTexts {
    /// Position of the column, and text.
    pub distinct: Vec<(usize, String)>,
    /// Index into `distinct` per row.
    pub of: Vec<u32>,
}

impl NumberedTexts {
    /// The text of each row is that of the first column in which it is not blank, else the empty text of the first column.
    ///
    /// # Panics
    /// If a column has fewer rows.
    #[must_use]
    pub fn of(columns: &[&ColumnData], rows: Range<usize>) -> Self {
        let mut out = Self { distinct: Vec::new(), of: Vec::with_capacity(rows.len()) };
        let mut known: Vec<HashMap<String, u32>> = vec![HashMap::new(); columns.len()];
        let mut before: Option<u32> = None;
        for row in rows {
            let mut texts =
                columns.iter().enumerate().filter_map(|(k, column)| Some((k, column.text_in(row)?)));
            let filled = texts.find(|(_, text)| !text.trim().is_empty());
            let (field, text) = filled.unwrap_or((0, Cow::Borrowed("")));
            // Neighbours are often alike.
            let same = before.filter(|&number| {
                let (at, known) = &out.distinct[number as usize];
                *at == field && *known == text
            });
            let number = same.or_else(|| known[field].get(text.as_ref()).copied()).unwrap_or_else(|| {
                out.distinct.push((field, text.clone().into_owned()));
                known[field].insert(text.into_owned(), out.distinct.len() as u32 - 1);
                out.distinct.len() as u32 - 1
            });
            before = Some(number);
            out.of.push(number);
        }
        out
    }

    /// The texts of the rows of all parts, one after the other.
    ///
    /// # Panics
    /// If a number of a part is none of its texts.
    #[must_use]
    pub fn joined(parts: Vec<Self>) -> Self {
        let mut out =
            Self { distinct: Vec::new(), of: Vec::with_capacity(parts.iter().map(|p| p.of.len()).sum()) };
        let mut known: HashMap<(usize, String), u32> = HashMap::new();
        for part in parts {
            let number = |text: (usize, String)| {
                *known.entry(text).or_insert_with_key(|text| {
                    out.distinct.push(text.clone());
                    out.distinct.len() as u32 - 1
                })
            };
            let numbers: Vec<u32> = part.distinct.into_iter().map(number).collect();
            out.of.extend(part.of.iter().map(|&number| numbers[number as usize]));
        }
        out
    }
}

impl ColumnData {
    /// The text of a row, not copied if it is one; `None` if there is none.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn text_in(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(texts) => texts[row].as_deref().map(Cow::Borrowed),
            other => other.text_at(row).map(Cow::Owned),
        }
    }

    /// Hashes of the texts of some rows, without blanks around them; 0 where there is none. The same in every run.
    ///
    /// # Panics
    /// If there are fewer rows.
    #[must_use]
    pub fn text_keys(&self, rows: Range<usize>) -> Vec<u64> {
        let key = |row: usize| {
            let text = self.text_in(row)?;
            let text = text.trim();
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            (!text.is_empty()).then(|| hasher.finish())
        };
        rows.map(|row| key(row).unwrap_or(0)).collect()
    }
}

impl From<Vec<String>> for TextList {
    fn from(texts: Vec<String>) -> Self {
        let mut out = Self::with_room(texts.len(), texts.iter().map(String::len).sum());
        for text in &texts {
            out.push(text);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbered_as_they_first_occur_in_the_first_column_that_has_one() {
        let text = |v: &[Option<&str>]| ColumnData::Text(v.iter().map(|t| t.map(str::to_owned)).collect());
        let (a, b) = (
            text(&[Some("x"), None, Some(" "), Some("x"), None]),
            ColumnData::Int(vec![Some(1), Some(7), Some(7), None, None]),
        );
        let found = NumberedTexts::of(&[&a, &b], 0..5);
        let distinct = [(0, "x"), (1, "7"), (0, "")].map(|(k, t)| (k, t.to_owned()));
        assert_eq!((found.distinct, found.of), (distinct.to_vec(), vec![0, 1, 1, 0, 2]));
        assert_eq!(NumberedTexts::of(&[&a, &b], 4..5).of, [0]);
        let parts = [0..2, 2..4, 4..5].map(|rows| NumberedTexts::of(&[&a, &b], rows));
        assert_eq!(NumberedTexts::joined(parts.to_vec()), NumberedTexts::of(&[&a, &b], 0..5));
    }

    #[test]
    fn keys_pass_over_blanks_and_lists_keep_their_texts() {
        let column = ColumnData::texts(&["a", " a ", "", " ", "b"]);
        let keys = column.text_keys(0..5);
        assert!(keys[0] == keys[1] && keys[0] != keys[4] && keys[0] != 0);
        assert_eq!(keys[2..4], [0, 0]);
        let texts = ["µ", "", "b"].map(str::to_owned).to_vec();
        assert_eq!(TextList::from(texts.clone()), texts.iter().collect());
    }
}
