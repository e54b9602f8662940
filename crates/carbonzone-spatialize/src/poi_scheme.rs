//! POI type codes to proxy groups and transport modes, by longest prefix.

use crate::code_table::{CodeRow, CodeTable, SchemeError, Shipped, shipped};
use serde::Deserialize;

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

impl CodeRow for PoiClass {
    const COLUMNS: &'static str = "code, group[, name_zh, name_en, mode]";
    const NEEDED: &'static str = "code or group";

    fn code(&self) -> &str {
        &self.code
    }

    fn meaning(&self) -> &str {
        &self.group
    }
}

/// A table of POI codes; a shipped one (`amap`, `osm`), or a user's CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoiScheme {
    /// Name.
    pub name: String,
    table: CodeTable<PoiClass>,
}

/// Codes of Amap and of a user's CSV are hierarchical, those of OSM match as a whole.
const SHIPPED: &[Shipped] = &[
    shipped("amap", include_str!("../data/amap.csv"), true),
    shipped("osm", include_str!("../data/osm_poi.csv"), false),
];

impl PoiScheme {
    /// Names of the shipped schemes.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|s| s.name).collect()
    }

    /// A shipped scheme.
    ///
    /// # Errors
    /// [`SchemeError::Unknown`] lists the shipped names.
    pub fn shipped(name: &str) -> Result<Self, SchemeError> {
        Ok(Self { name: name.to_owned(), table: CodeTable::shipped(name, SHIPPED)? })
    }

    /// Reads a scheme from CSV text with columns `code, group` and optionally `name_zh, name_en, mode`.
    ///
    /// # Errors
    /// As [`crate::LandUseScheme::from_csv`].
    pub fn from_csv(name: &str, text: &str) -> Result<Self, SchemeError> {
        Ok(Self { name: name.to_owned(), table: CodeTable::from_csv(name, text)? })
    }

    /// The class of one code: by its longest known beginning, in the scheme `osm` as a whole (`amenity=bank` is
    /// `bank`; `shop=bakery` is a shop even if no row lists bakeries).
    #[must_use]
    pub fn classify(&self, code: &str) -> Option<&PoiClass> {
        self.table.classify(code)
    }

    /// All classes.
    #[must_use]
    pub fn classes(&self) -> &[PoiClass] {
        self.table.rows()
    }

    /// Every group of the scheme except `ignore`, once, in file order.
    #[must_use]
    pub fn groups(&self) -> Vec<String> {
        let mut groups = self.table.meanings();
        groups.retain(|g| g != "ignore");
        groups
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
