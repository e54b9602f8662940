//! Keys of one table found among the keys of another: as they are written first, loosely only for the rest.

use crate::{label_key, normalise_text};
use std::collections::{BTreeMap, BTreeSet};

/// The keys of units (zones, counties), to be found by the keys of table rows.
#[derive(Debug, Clone, Default)]
pub struct KeyIndex {
    exact: BTreeMap<String, Vec<usize>>,
    loose: BTreeMap<String, Vec<usize>>,
}

/// The rows of a table joined to units, at most one row to each; what does not fit is told in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyJoin {
    /// The unit of each row; `None` where there is none, or more than one.
    pub unit_of: Vec<Option<usize>>,
    /// Rows without a unit, by their position.
    pub unmatched: Vec<usize>,
    /// Keys that differ from those of their units: `Lake-Town = Lake Town`.
    pub loose: Vec<String>,
    /// Rows that match several units, and units that several rows match, each with all the keys concerned.
    pub ambiguous: Vec<String>,
}

impl KeyJoin {
    /// Joins rows to units by their keys.
    pub fn new(units: &[String], rows: &[&str]) -> Self {
        let index = KeyIndex::new(units, rows.iter().copied());
        let mut join = Self::default();
        let mut rows_of: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (row, key) in rows.iter().enumerate() {
            let found = index.find(key);
            join.unit_of.push(found.one());
            match found {
                KeyMatch::Loose(unit) => join.loose.push(format!("{key} = {}", units[unit])),
                KeyMatch::Several => join.ambiguous.push(index.several_words(key, units)),
                KeyMatch::Nothing => join.unmatched.push(row),
                KeyMatch::Exact(_) => {}
            }
            if let Some(unit) = found.one() {
                rows_of.entry(unit).or_default().push(key);
            }
        }
        for (unit, keys) in rows_of.into_iter().filter(|(_, keys)| keys.len() > 1) {
            join.ambiguous.push(format!("{} has {} rows ({})", units[unit], keys.len(), keys.join(", ")));
        }
        join
    }
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

impl KeyMatch {
    /// The unit, if there is exactly one.
    pub fn one(self) -> Option<usize> {
        match self {
            Self::Exact(unit) | Self::Loose(unit) => Some(unit),
            Self::Several | Self::Nothing => None,
        }
    }
}

/// A key without blanks, hyphens and case, and without what spreadsheets put around ids: `'3205`, `="3205"`, `3205.0`.
fn loose_key(key: &str) -> String {
    let key = label_key(key);
    let bare = key.trim_start_matches(['\'', '’', '=', '"']).trim_end_matches('"');
    let whole = bare.strip_suffix(".0").filter(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
    whole.unwrap_or(bare).to_owned()
}

impl KeyIndex {
    /// Indexes the keys of units; `rows` are all the keys that will be looked for.
    pub fn new<'r>(units: &[String], rows: impl IntoIterator<Item = &'r str>) -> Self {
        let named: BTreeSet<String> = rows.into_iter().map(normalise_text).collect();
        let mut index = Self::default();
        for (i, key) in units.iter().enumerate() {
            let exact = normalise_text(key);
            if !named.contains(&exact) {
                index.loose.entry(loose_key(key)).or_default().push(i);
            }
            index.exact.entry(exact).or_default().push(i);
        }
        index
    }

    /// The units that a key could mean, in words.
    pub fn several_words(&self, key: &str, units: &[String]) -> String {
        let exact = self.exact.get(&normalise_text(key));
        let found = exact.or_else(|| self.loose.get(&loose_key(key))).map_or(&[][..], Vec::as_slice);
        let names: Vec<&str> = found.iter().map(|i| units[*i].as_str()).collect();
        format!("{key} could be any of {}", names.join(", "))
    }

    /// The unit of a row's key.
    pub fn find(&self, key: &str) -> KeyMatch {
        match self.exact.get(&normalise_text(key)).map(Vec::as_slice) {
            Some([i]) => return KeyMatch::Exact(*i),
            Some(_) => return KeyMatch::Several,
            None => {}
        }
        match self.loose.get(&loose_key(key)).map(Vec::as_slice) {
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
    fn what_spreadsheets_put_around_ids_is_a_loose_match() {
        let rows = ["'320505001", "=\"320505002\"", "320505003.0"];
        let units = ["320505001", "320505002", "320505003"];
        assert_eq!(found(&units, &rows), [KeyMatch::Loose(0), KeyMatch::Loose(1), KeyMatch::Loose(2)]);
        // Excel's 3.20505E+08 is no id any more: digits are lost.
        assert_eq!(found(&units, &["3.20505E+08"]), [KeyMatch::Nothing]);
        assert_eq!(found(&["1.0", "v2.0"], &["v2"]), [KeyMatch::Nothing], "versions are no numbers");
    }

    #[test]
    fn a_join_names_every_key_that_is_ambiguous() {
        let units: Vec<String> = ["Lake Town", "1-11", "11-1", "x"].map(str::to_owned).to_vec();
        let join = KeyJoin::new(&units, &["LakeTown", "lake-town", "111", "y", "x"]);
        assert_eq!(join.unit_of, [Some(0), Some(0), None, None, Some(3)]);
        assert_eq!(join.unmatched, [3]);
        assert_eq!(join.loose, ["LakeTown = Lake Town", "lake-town = Lake Town"]);
        assert_eq!(
            join.ambiguous,
            ["111 could be any of 1-11, 11-1", "Lake Town has 2 rows (LakeTown, lake-town)"]
        );
    }

    #[test]
    fn full_width_and_blanks_at_the_ends_are_no_difference() {
        assert_eq!(found(&["320505001"], &["　３２０５０５００１ "]), [KeyMatch::Exact(0)]);
    }
}
