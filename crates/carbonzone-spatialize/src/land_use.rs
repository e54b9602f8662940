//! Land-use codes to the paper's space types (Table 2) and sink types.

use crate::code_table::{CodeRow, CodeTable, MatchKind, Matching, SchemeError, Shipped, shipped};
use carbonzone_types::ExactSum;
use serde::Deserialize;

/// One row of a land-use scheme.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LandUseClass {
    /// Code; `32*` in a table of one's own stands for all that begin with 32.
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
    shipped("gbt21010", include_str!("../data/gbt21010.csv"), Matching::Pairs),
    shipped("gbt21010_2007", include_str!("../data/gbt21010_2007.csv"), Matching::Letters),
    shipped("planning2023", include_str!("../data/planning2023.csv"), Matching::Pairs),
    shipped("euluc", include_str!("../data/euluc.csv"), Matching::Whole),
    shipped("osm", include_str!("../data/osm.csv"), Matching::Whole),
    shipped("corine", include_str!("../data/corine.csv"), Matching::Whole),
    shipped("worldcover", include_str!("../data/worldcover.csv"), Matching::Whole),
    shipped("clcd", include_str!("../data/clcd.csv"), Matching::Whole),
];

impl LandUseScheme {
    /// Names of the shipped schemes.
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
    pub fn has_sink_types(&self) -> bool {
        self.table.has_column("sink_type")
    }

    /// The class of a code, wherever it stands; see [`find`](Self::find).
    pub fn classify(&self, code: &str) -> Option<&LandUseClass> {
        self.find("", code).map(|(class, _)| class)
    }

    /// The class of a code that stands in a field, and how it was found: as a whole (`natural=wood` before `wood` before
    /// `natural=*`), as a whole once blanks, full-width digits and a decimal `.0` are taken away, or by the longest code
    /// of the table that it begins with. The last is tried in Chinese standards, where two digits make a level (`0201K` is
    /// `0201`, but `101` is no kind of `10`), and in a table of one's own unless its codes are plain numbers of one length.
    pub fn find(&self, field: &str, code: &str) -> Option<(&LandUseClass, MatchKind)> {
        self.table.find(field, code).map(|(row, kind)| (self.table.row(row), kind))
    }

    /// True if the code stands in the table as it is, not only by its beginning.
    pub fn lists(&self, code: &str) -> bool {
        self.table.lists(code)
    }

    /// All classes, in file order.
    pub fn classes(&self) -> &[LandUseClass] {
        self.table.rows()
    }

    /// Every space type of the scheme, once, in file order.
    pub fn space_types(&self) -> Vec<String> {
        self.table.meanings()
    }

    /// Area share of the rows (code, name found beside it, m²) whose name is the scheme's name for the code.
    /// `None` if no row has a name. Tells two schemes apart that use the same numbers.
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
    pub fn known_share<'a>(&self, rows: impl Iterator<Item = (&'a str, f64)>) -> Option<f64> {
        area_share(rows, |code| self.classify(code).is_some())
    }

    /// Area share of the codes that stand in the table as they are, not only by their beginning: tells two
    /// hierarchical schemes apart that share their first digits. `None` without area.
    pub fn listed_share<'a>(&self, rows: impl Iterator<Item = (&'a str, f64)>) -> Option<f64> {
        area_share(rows, |code| self.lists(code))
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
        assert_eq!(scheme.find("", "0201K").unwrap().1, MatchKind::Beginning);
        assert_eq!(scheme.find("", "0809").unwrap().1, MatchKind::Listed);
    }

    #[test]
    fn class_numbers_of_other_tables_do_not_become_classes_of_the_chinese_standards() {
        // Level-3 codes of CORINE and level-II codes of EULUC have three digits; levels of the standards have two each.
        for scheme in ["gbt21010", "planning2023"] {
            let scheme = LandUseScheme::shipped(scheme).unwrap();
            for code in ["111", "112", "121", "311", "512", "101", "201", "501", "505"] {
                assert_eq!(scheme.classify(code), None, "{}: {code}", scheme.name);
            }
        }
    }

    #[test]
    fn plain_numbers_of_one_length_match_as_a_whole() {
        let own = LandUseScheme::from_csv("x.csv", "code,space_type\n11,forest\n12,water\n").unwrap();
        assert!(own.classify("11").is_some() && own.classify("112").is_none() && own.classify("1").is_none());
        // Asked for, a beginning counts.
        let own = LandUseScheme::from_csv("x.csv", "code,space_type\n11*,forest\n12*,water\n").unwrap();
        assert_eq!(own.find("", "112").unwrap().1, MatchKind::Listed, "it was asked for");
        assert!(own.classify("211").is_none());
        // Codes of several lengths are levels.
        let own = LandUseScheme::from_csv("x.csv", "code,space_type\n1,forest\n12,water\n").unwrap();
        assert_eq!(own.classify("13").unwrap().space_type, "forest");
    }

    #[test]
    fn codes_are_read_as_spreadsheets_and_input_methods_write_them() {
        let scheme = LandUseScheme::shipped("gbt21010").unwrap();
        for code in [" 0601", "０６０１", "'0601", "0601.0", "06 01", "\u{3000}0601\u{a0}"] {
            assert_eq!(scheme.classify(code).unwrap().space_type, "industrial", "{code:?}");
        }
        assert_eq!(scheme.find("", "０６０１").unwrap().1, MatchKind::Mended);
    }

    #[test]
    fn corine_is_known_by_clc_code_and_by_grid_code() {
        let scheme = LandUseScheme::shipped("corine").unwrap();
        let type_of = |code: &str| scheme.classify(code).unwrap().space_type.clone();
        // Grid codes follow the order of the CLC codes: 1 = 111, 3 = 121, 23 = 311, 44 = 523.
        for (grid, clc) in [("1", "111"), ("3", "121"), ("23", "311"), ("41", "512"), ("44", "523")] {
            assert_eq!(
                scheme.classify(grid).unwrap().name_en,
                scheme.classify(clc).unwrap().name_en,
                "{grid}"
            );
        }
        assert_eq!(type_of("12"), "cultivated_garden");
        assert!(
            scheme.classify("45").is_none()
                && scheme.classify("48").is_none()
                && scheme.classify("1111").is_none()
        );
    }

    #[test]
    fn three_digits_are_the_standard_of_2007_and_the_second_survey() {
        let scheme = LandUseScheme::shipped("gbt21010_2007").unwrap();
        let type_of = |code: &str| scheme.classify(code).map(|c| c.space_type.as_str());
        assert_eq!(type_of("011"), Some("cultivated_garden"));
        assert_eq!(type_of("061"), Some("industrial"));
        assert_eq!(type_of("102"), Some("transport_road"));
        assert_eq!(type_of("021K"), Some("cultivated_garden"));
        assert_eq!(type_of("201"), Some("built_up"), "a whole city");
        assert_eq!(type_of("0601"), None);
        assert_eq!(type_of("11"), None, "a lost zero is not guessed");
        assert_eq!(scheme.classes().len(), 57 + 5);
    }

    #[test]
    fn parks_are_no_administration_land_and_absorb_as_urban_green() {
        for (scheme, code) in [
            ("gbt21010", "0810"),
            ("gbt21010_2007", "087"),
            ("planning2023", "1401"),
            ("euluc", "10"),
            ("osm", "leisure=park"),
            ("corine", "141"),
        ] {
            let class = LandUseScheme::shipped(scheme).unwrap().classify(code).unwrap().clone();
            assert_eq!(
                (class.space_type.as_str(), class.sink_type.as_str()),
                ("park", "urban_green"),
                "{scheme} {code}"
            );
        }
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
        let sinks = ["crops", "forest", "grassland", "water", "wetland", "unused", "urban_green", "none"];
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
        assert_eq!(planning.known_share(rows()), Some(1.0), "0404 by its beginning, 04");
        assert_eq!(planning.listed_share(rows()), Some(0.5));
    }
}
