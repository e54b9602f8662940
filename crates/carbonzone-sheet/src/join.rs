//! Keys of one table found among the keys of another: as they are written first, loosely only for the rest.

use crate::{label_key, normalise_text};
use std::collections::{BTreeMap, BTreeSet};

/// The keys of units (zones, counties), to be found by the keys of table rows.
#[derive(Debug, Clone, Default)]
pub struct KeyIndex {
    exact: BTreeMap<String, Vec<usize>>,
    loose: BTreeMap<String, Vec<usize>>,
}

/// What was found for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyMatch {
    /// The unit with that key.
    Exact(usize),
    /// The one unit whose key is the same without blanks, hyphens, `_`, `*` and case, and which no row names exactly.
    Loose(usize),
    /// More than one unit.
    Several,
    /// None.
    Nothing,
}

impl KeyIndex {
    /// Indexes the keys of units; `rows` are all the keys that will be looked for.
    pub fn new<'r>(units: &[String], rows: impl IntoIterator<Item = &'r str>) -> Self {
        let named: BTreeSet<String> = rows.into_iter().map(normalise_text).collect();
        let mut index = Self::default();
        for (i, key) in units.iter().enumerate() {
            let exact = normalise_text(key);
            if !named.contains(&exact) {
                index.loose.entry(label_key(key)).or_default().push(i);
            }
            index.exact.entry(exact).or_default().push(i);
        }
        index
    }

    /// The unit of a row's key.
    #[must_use]
    pub fn find(&self, key: &str) -> KeyMatch {
        match self.exact.get(&normalise_text(key)).map(Vec::as_slice) {
            Some([i]) => return KeyMatch::Exact(*i),
            Some(_) => return KeyMatch::Several,
            None => {}
        }
        match self.loose.get(&label_key(key)).map(Vec::as_slice) {
            Some([i]) => KeyMatch::Loose(*i),
            Some(_) => KeyMatch::Several,
            None => KeyMatch::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(units: &[&str], rows: &[&str]) -> Vec<KeyMatch> {
        let units: Vec<String> = units.iter().map(|u| (*u).to_owned()).collect();
        let index = KeyIndex::new(&units, rows.iter().copied());
        rows.iter().map(|r| index.find(r)).collect()
    }

    #[test]
    fn ids_that_differ_by_a_hyphen_are_different_ids() {
        use KeyMatch::Exact;
        let ids = ["1-11", "11-1", "1-12", "11-2"];
        assert_eq!(found(&ids, &ids), [Exact(0), Exact(1), Exact(2), Exact(3)]);
        assert_eq!(found(&ids, &["11-1", "1-11"]), [Exact(1), Exact(0)]);
    }

    #[test]
    fn loose_keys_find_what_no_row_names_exactly() {
        assert_eq!(found(&["A_1", "A-2"], &["a 1", "A-2"]), [KeyMatch::Loose(0), KeyMatch::Exact(1)]);
        // "111" could be either of two zones.
        assert_eq!(found(&["1-11", "11-1"], &["111"]), [KeyMatch::Several]);
        // One of them has its own row: the other is meant.
        assert_eq!(found(&["1-11", "11-1"], &["111", "1-11"]), [KeyMatch::Loose(1), KeyMatch::Exact(0)]);
        assert_eq!(found(&["城东街道"], &["城西街道"]), [KeyMatch::Nothing]);
        assert_eq!(found(&["x", "x"], &["x"]), [KeyMatch::Several]);
    }

    #[test]
    fn full_width_and_blanks_at_the_ends_are_no_difference() {
        assert_eq!(found(&["320505001"], &["　３２０５０５００１ "]), [KeyMatch::Exact(0)]);
    }
}
