//! POI type codes to proxy groups and transport modes, by longest prefix.

use crate::land_use::{SchemeError, exact, longest_prefix};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One row of a POI scheme.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PoiClass {
    /// Code, matched as a prefix.
    pub code: String,
    /// Chinese name.
    #[serde(default)]
    pub name_zh: String,
    /// English name.
    #[serde(default)]
    pub name_en: String,
    /// Proxy group, e.g. `industry`; `ignore` counts for nothing.
    pub group: String,
    /// Transport mode of a traffic facility (`road`, `rail`, `water`, `air`), else empty.
    #[serde(default)]
    pub mode: String,
}

/// A table of POI codes; a shipped one (`amap`, `osm`), or a user's CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoiScheme {
    /// Name.
    pub name: String,
    classes: Vec<PoiClass>,
    by_code: BTreeMap<String, usize>,
    /// Codes are hierarchical (Amap, a user's CSV); else they match as a whole (OSM).
    prefix: bool,
}

const SHIPPED: &[(&str, &str, bool)] =
    &[("amap", include_str!("../data/amap.csv"), true), ("osm", include_str!("../data/osm_poi.csv"), false)];

impl PoiScheme {
    /// Names of the shipped schemes.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, ..)| *name).collect()
    }

    /// A shipped scheme.
    ///
    /// # Errors
    /// [`SchemeError::Unknown`] lists the shipped names.
    pub fn shipped(name: &str) -> Result<Self, SchemeError> {
        match SHIPPED.iter().find(|(n, ..)| *n == name) {
            Some((_, text, prefix)) => Ok(Self { prefix: *prefix, ..Self::from_csv(name, text)? }),
            None => Err(SchemeError::Unknown { name: name.to_owned(), known: Self::names().join(", ") }),
        }
    }

    /// Reads a scheme from CSV text with columns `code, group` and optionally `name_zh, name_en, mode`.
    ///
    /// # Errors
    /// As [`crate::LandUseScheme::from_csv`].
    pub fn from_csv(name: &str, text: &str) -> Result<Self, SchemeError> {
        const COLUMNS: &str = "code, group[, name_zh, name_en, mode]";
        let error = |row, why: String| SchemeError::Csv { name: name.to_owned(), row, why, columns: COLUMNS };
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let mut classes: Vec<PoiClass> = Vec::new();
        let mut by_code = BTreeMap::new();
        for (row, record) in reader.deserialize::<PoiClass>().enumerate() {
            let class = record.map_err(|e| error(row + 1, e.to_string()))?;
            if class.code.is_empty() || class.group.is_empty() {
                return Err(error(row + 1, "empty code or group".to_owned()));
            }
            if by_code.insert(class.code.clone(), classes.len()).is_some() {
                return Err(SchemeError::Duplicate { name: name.to_owned(), code: class.code });
            }
            classes.push(class);
        }
        Ok(Self { name: name.to_owned(), classes, by_code, prefix: true })
    }

    /// The class of one code: by its longest known beginning, in the scheme `osm` as a whole (`amenity=bank` is
    /// `bank`; `shop=bakery` is a shop even if no row lists bakeries).
    #[must_use]
    pub fn classify(&self, code: &str) -> Option<&PoiClass> {
        let found =
            if self.prefix { longest_prefix(&self.by_code, code) } else { exact(&self.by_code, code.trim()) };
        found.map(|i| &self.classes[i])
    }

    /// All classes.
    #[must_use]
    pub fn classes(&self) -> &[PoiClass] {
        &self.classes
    }

    /// Every group of the scheme except `ignore`, once, in file order.
    #[must_use]
    pub fn groups(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for class in self.classes.iter().filter(|c| c.group != "ignore") {
            if !out.contains(&class.group) {
                out.push(class.group.clone());
            }
        }
        out
    }
}

/// The codes of a field with several types, as Amap writes them: `170300|060000`.
pub fn split_codes(field: &str) -> impl Iterator<Item = &str> {
    field.split(['|', ';']).map(str::trim).filter(|c| !c.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn company_offices_are_commercial_but_metal_and_machinery_are_industry() {
        let scheme = PoiScheme::shipped("amap").unwrap();
        let group = |code: &str| scheme.classify(code).unwrap().group.as_str();
        assert_eq!(group("170200"), "commercial");
        assert_eq!(group("170204"), "industry");
        assert_eq!(group("170300"), "industry");
        assert_eq!(group("090100"), "public");
        assert_eq!(scheme.classify("150904").unwrap().mode, "road");
        assert_eq!(scheme.classify("150200").unwrap().mode, "rail");
        assert!(scheme.classify("990").is_some_and(|c| c.group == "ignore"));
    }

    #[test]
    fn osm_tags_are_read_with_and_without_their_key() {
        let scheme = PoiScheme::shipped("osm").unwrap();
        let group = |code: &str| scheme.classify(code).map(|c| c.group.clone());
        assert_eq!(group("amenity=bank").as_deref(), Some("commercial"));
        assert_eq!(group("bank"), group("amenity=bank"));
        assert_eq!(group("shop=knitting_wool").as_deref(), Some("commercial"));
        assert_eq!(group("man_made=works").as_deref(), Some("industry"));
        assert_eq!(scheme.classify("bus_stop").unwrap().mode, "road");
        assert_eq!(group("banking"), None);
    }

    #[test]
    fn several_codes_in_one_field_are_split() {
        assert_eq!(split_codes("170300|060000").collect::<Vec<_>>(), ["170300", "060000"]);
        assert_eq!(split_codes("").count(), 0);
    }
}
