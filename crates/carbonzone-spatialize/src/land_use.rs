//! Land-use codes to the paper's space types (Table 2) and sink types, by longest prefix.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One row of a land-use scheme.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LandUseClass {
    /// Code, matched as a prefix of the parcel's code.
    pub code: String,
    /// Chinese name.
    #[serde(default)]
    pub name_zh: String,
    /// English name.
    #[serde(default)]
    pub name_en: String,
    /// Space type of the paper's Table 2, e.g. `industrial`.
    pub space_type: String,
    /// Land type of the sink coefficients, e.g. `forest`; `none` if it is no sink.
    #[serde(default = "none")]
    pub sink_type: String,
}

fn none() -> String {
    "none".to_owned()
}

/// A table of land-use codes; the shipped ones, or a user's CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandUseScheme {
    /// Name, e.g. `gbt21010`.
    pub name: String,
    /// Rows by code.
    classes: Vec<LandUseClass>,
    by_code: BTreeMap<String, usize>,
}

/// How often an unknown code occurs.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeCount {
    /// The code as found.
    pub code: String,
    /// Parcels with it.
    pub count: u64,
    /// Their area in m².
    pub area_m2: f64,
}

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

/// Schemes shipped with the binary: name and CSV text.
const SHIPPED: &[(&str, &str)] = &[("gbt21010", include_str!("../data/gbt21010.csv"))];

impl LandUseScheme {
    /// Names of the shipped schemes.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// A shipped scheme.
    ///
    /// # Errors
    /// [`SchemeError::Unknown`] lists the shipped names.
    pub fn shipped(name: &str) -> Result<Self, SchemeError> {
        match SHIPPED.iter().find(|(n, _)| *n == name) {
            Some((_, text)) => Self::from_csv(name, text),
            None => Err(SchemeError::Unknown { name: name.to_owned(), known: Self::names().join(", ") }),
        }
    }

    /// Reads a scheme from CSV text with columns `code, space_type` and optionally `name_zh, name_en, sink_type`;
    /// lines that begin with `#` are comments.
    ///
    /// # Errors
    /// A missing column or an empty code or space type names the row; a code that occurs twice is refused.
    pub fn from_csv(name: &str, text: &str) -> Result<Self, SchemeError> {
        const COLUMNS: &str = "code, space_type[, name_zh, name_en, sink_type]";
        let error = |row, why: String| SchemeError::Csv { name: name.to_owned(), row, why, columns: COLUMNS };
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let mut classes: Vec<LandUseClass> = Vec::new();
        let mut by_code = BTreeMap::new();
        for (row, record) in reader.deserialize::<LandUseClass>().enumerate() {
            let class = record.map_err(|e| error(row + 1, e.to_string()))?;
            if class.code.is_empty() || class.space_type.is_empty() {
                return Err(error(row + 1, "empty code or space type".to_owned()));
            }
            if by_code.insert(class.code.clone(), classes.len()).is_some() {
                return Err(SchemeError::Duplicate { name: name.to_owned(), code: class.code });
            }
            classes.push(class);
        }
        Ok(Self { name: name.to_owned(), classes, by_code })
    }

    /// The class of a code: the row with the longest code that is a prefix of it.
    #[must_use]
    pub fn classify(&self, code: &str) -> Option<&LandUseClass> {
        longest_prefix(&self.by_code, code).map(|i| &self.classes[i])
    }

    /// All classes, in file order.
    #[must_use]
    pub fn classes(&self) -> &[LandUseClass] {
        &self.classes
    }

    /// Every space type of the scheme, once, in file order.
    #[must_use]
    pub fn space_types(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for class in &self.classes {
            if !out.contains(&class.space_type) {
                out.push(class.space_type.clone());
            }
        }
        out
    }

    /// Share of rows (by count) whose Chinese name, as found beside the code, is the scheme's name for it.
    /// `None` if no row has a name. Tells two schemes apart that use the same numbers.
    #[must_use]
    pub fn name_agreement<'a>(&self, rows: impl Iterator<Item = (&'a str, &'a str)>) -> Option<f64> {
        let (mut named, mut agree) = (0u64, 0u64);
        for (code, found) in rows.filter(|(_, found)| !found.is_empty()) {
            named += 1;
            agree += u64::from(self.classify(code).is_some_and(|c| c.name_zh == found || c.name_en == found));
        }
        (named > 0).then(|| agree as f64 / named as f64)
    }
}

/// Index of the longest key that is a prefix of `code`.
pub(crate) fn longest_prefix(by_code: &BTreeMap<String, usize>, code: &str) -> Option<usize> {
    let ends = code.char_indices().map(|(i, c)| i + c.len_utf8()).collect::<Vec<_>>();
    ends.iter().rev().find_map(|&end| by_code.get(&code[..end]).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        let scheme = LandUseScheme::shipped("gbt21010").unwrap();
        assert_eq!(scheme.classify("0809").unwrap().space_type, "municipal_utilities");
        assert_eq!(scheme.classify("0810A").unwrap().name_zh, "广场用地");
        assert_eq!(scheme.classify("0201K").unwrap().space_type, "cultivated_garden");
        assert_eq!(scheme.classify("1107A").unwrap().space_type, "water");
        assert!(scheme.classify("77").is_none());
        assert!(scheme.classify("").is_none());
    }

    #[test]
    fn a_code_that_occurs_twice_is_refused() {
        let text = "code,space_type\n1,forest\n1,water\n";
        assert!(matches!(LandUseScheme::from_csv("x.csv", text), Err(SchemeError::Duplicate { .. })));
    }

    #[test]
    fn a_missing_column_names_the_row_and_what_was_expected() {
        let message = LandUseScheme::from_csv("x.csv", "code,name_zh\n1,a\n").unwrap_err().to_string();
        assert!(message.contains("x.csv: row 1") && message.contains("space_type"), "{message}");
    }

    #[test]
    fn names_beside_the_codes_tell_schemes_apart() {
        let scheme = LandUseScheme::shipped("gbt21010").unwrap();
        // In the 2023 planning classification 1001 is industrial land.
        assert_eq!(
            scheme.name_agreement([("1001", "工业用地"), ("0601", "工业用地")].into_iter()),
            Some(0.5)
        );
        assert_eq!(scheme.name_agreement([("1001", "")].into_iter()), None);
    }
}
