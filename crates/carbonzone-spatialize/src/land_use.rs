//! Land-use codes to the paper's space types (Table 2) and sink types, by longest prefix.

use crate::code_table::{CodeRow, CodeTable, SchemeError, Shipped, shipped};
use carbonzone_types::ExactSum;
use serde::Deserialize;

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
    /// How far the row was checked, e.g. `verified_secondary`; empty in a user's own table.
    #[serde(default)]
    pub status: String,
}

fn none() -> String {
    "none".to_owned()
}

impl CodeRow for LandUseClass {
    const COLUMNS: &'static str = "code, space_type[, name_zh, name_en, sink_type]";
    const NEEDED: &'static str = "code or space type";

    fn code(&self) -> &str {
        &self.code
    }

    fn meaning(&self) -> &str {
        &self.space_type
    }
}

/// A table of land-use codes; the shipped ones, or a user's CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandUseScheme {
    /// Name, e.g. `gbt21010`.
    pub name: String,
    table: CodeTable<LandUseClass>,
}

const SHIPPED: &[Shipped] = &[
    shipped("gbt21010", include_str!("../data/gbt21010.csv"), true),
    shipped("planning2023", include_str!("../data/planning2023.csv"), true),
    shipped("euluc", include_str!("../data/euluc.csv"), false),
    shipped("osm", include_str!("../data/osm.csv"), false),
    shipped("corine", include_str!("../data/corine.csv"), false),
    shipped("worldcover", include_str!("../data/worldcover.csv"), false),
    shipped("clcd", include_str!("../data/clcd.csv"), false),
];

impl LandUseScheme {
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

    /// Reads a scheme from CSV text with columns `code, space_type` and optionally `name_zh, name_en, sink_type`;
    /// lines that begin with `#` are comments.
    ///
    /// # Errors
    /// A missing column or an empty code or space type names the row; a code that occurs twice is refused.
    pub fn from_csv(name: &str, text: &str) -> Result<Self, SchemeError> {
        Ok(Self { name: name.to_owned(), table: CodeTable::from_csv(name, text)? })
    }

    /// False if the file has no column `sink_type`: then no land of it absorbs by a coefficient.
    #[must_use]
    pub fn has_sink_types(&self) -> bool {
        self.table.has_column("sink_type")
    }

    /// The class of a code. Hierarchical schemes (Chinese standards, a user's CSV): the row with the longest code
    /// that is a prefix of it. Others (EULUC, OSM, CORINE, rasters): the row with this code; `landuse=forest` is
    /// `forest`, and `3.0` (a class number stored as a real) is `3`.
    #[must_use]
    pub fn classify(&self, code: &str) -> Option<&LandUseClass> {
        self.table.classify(code)
    }

    /// True if the code stands in the table as it is, not only by its beginning.
    #[must_use]
    pub fn lists(&self, code: &str) -> bool {
        self.table.lists(code)
    }

    /// All classes, in file order.
    #[must_use]
    pub fn classes(&self) -> &[LandUseClass] {
        self.table.rows()
    }

    /// Every space type of the scheme, once, in file order.
    #[must_use]
    pub fn space_types(&self) -> Vec<String> {
        self.table.meanings()
    }

    /// Area share of the rows (code, name found beside it, m²) whose name is the scheme's name for the code.
    /// `None` if no row has a name. Tells two schemes apart that use the same numbers.
    #[must_use]
    pub fn name_agreement<'a>(&self, rows: impl Iterator<Item = (&'a str, &'a str, f64)>) -> Option<f64> {
        let (mut named, mut agree) = (ExactSum::new(), ExactSum::new());
        for (code, found, area_m2) in rows.filter(|(_, found, _)| !found.is_empty()) {
            named.add(area_m2);
            if self.classify(code).is_some_and(|c| c.name_zh == found || c.name_en == found) {
                agree.add(area_m2);
            }
        }
        (named.value() > 0.0).then(|| agree.value() / named.value())
    }

    /// Area share of the codes that the scheme knows, 0 to 1. `None` without area.
    #[must_use]
    pub fn known_share<'a>(&self, rows: impl Iterator<Item = (&'a str, f64)>) -> Option<f64> {
        area_share(rows, |code| self.classify(code).is_some())
    }

    /// Area share of the codes that stand in the table as they are, not only by their beginning: tells two
    /// hierarchical schemes apart that share their first digits. `None` without area.
    #[must_use]
    pub fn listed_share<'a>(&self, rows: impl Iterator<Item = (&'a str, f64)>) -> Option<f64> {
        area_share(
            rows,
            |code| if self.table.prefix { self.lists(code) } else { self.classify(code).is_some() },
        )
    }
}

fn area_share<'a>(rows: impl Iterator<Item = (&'a str, f64)>, counts: impl Fn(&str) -> bool) -> Option<f64> {
    let (mut all, mut part) = (ExactSum::new(), ExactSum::new());
    for (code, area_m2) in rows {
        all.add(area_m2);
        if counts(code) {
            part.add(area_m2);
        }
    }
    (all.value() > 0.0).then(|| part.value() / all.value())
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
    fn a_table_of_ones_own_may_do_without_sink_types_and_says_so() {
        let without = LandUseScheme::from_csv("x.csv", "code,space_type\n1,forest\n").unwrap();
        assert!(!without.has_sink_types() && without.classify("1").unwrap().sink_type == "none");
        assert!(LandUseScheme::shipped("gbt21010").unwrap().has_sink_types());
    }

    #[test]
    fn names_beside_the_codes_tell_schemes_apart() {
        let scheme = LandUseScheme::shipped("gbt21010").unwrap();
        // In the 2023 planning classification 1001 is industrial land.
        assert_eq!(
            scheme.name_agreement([("1001", "工业用地", 3.0), ("0601", "工业用地", 1.0)].into_iter()),
            Some(0.25)
        );
        assert_eq!(scheme.name_agreement([("1001", "", 1.0)].into_iter()), None);
        let planning = LandUseScheme::shipped("planning2023").unwrap();
        assert_eq!(planning.name_agreement([("100102", "二类工业用地", 3.0)].into_iter()), Some(1.0));
    }

    #[test]
    fn the_same_number_means_industry_in_one_standard_and_railway_in_the_other() {
        let type_in = |scheme: &str, code: &str| {
            LandUseScheme::shipped(scheme).unwrap().classify(code).unwrap().space_type.clone()
        };
        assert_eq!(type_in("gbt21010", "1001"), "transport_rail");
        assert_eq!(type_in("planning2023", "1001"), "industrial");
        assert_eq!(type_in("planning2023", "100103"), "industrial");
        assert_eq!(type_in("planning2023", "1201"), "transport_rail");
    }

    #[test]
    fn class_numbers_and_tags_match_as_a_whole() {
        let euluc = LandUseScheme::shipped("euluc").unwrap();
        assert_eq!(euluc.classify("1").unwrap().name_en, "business office");
        assert_eq!(euluc.classify("10.0").unwrap().name_en, "park and green");
        assert!(euluc.classify("11").is_none(), "11 is not the 1 of business offices");
        let osm = LandUseScheme::shipped("osm").unwrap();
        assert_eq!(osm.classify("natural=wood").unwrap().sink_type, "forest");
        assert_eq!(osm.classify("forest"), osm.classify("landuse=forest"));
        assert!(osm.classify("residential2").is_none());
    }

    #[test]
    fn every_shipped_scheme_says_how_far_it_was_checked_and_uses_known_types() {
        let gb = LandUseScheme::shipped("gbt21010").unwrap();
        let mut known = gb.space_types();
        known.extend(["sea".to_owned(), "built_up".to_owned()]);
        let sinks = ["crops", "forest", "grassland", "water", "wetland", "unused", "none"];
        for name in LandUseScheme::names() {
            for class in LandUseScheme::shipped(name).unwrap().classes() {
                assert!(!class.status.is_empty(), "{name}: {}", class.code);
                assert!(known.contains(&class.space_type), "{name}: {} {}", class.code, class.space_type);
                assert!(sinks.contains(&class.sink_type.as_str()), "{name}: {}", class.code);
            }
        }
    }

    #[test]
    fn the_share_of_known_codes_is_by_area() {
        let scheme = LandUseScheme::shipped("euluc").unwrap();
        assert_eq!(scheme.known_share([("3", 1.0), ("0601", 3.0)].into_iter()), Some(0.25));
        assert_eq!(scheme.known_share(std::iter::empty()), None);
        let rows = || [("0404", 1.0), ("0101", 1.0)].into_iter();
        let planning = LandUseScheme::shipped("planning2023").unwrap();
        assert_eq!(planning.known_share(rows()), Some(1.0), "by its beginning, 04");
        assert_eq!(planning.listed_share(rows()), Some(0.5));
    }
}
