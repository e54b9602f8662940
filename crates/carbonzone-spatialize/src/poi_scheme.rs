//! POI type codes to proxy groups and transport modes.

use crate::category_words::{CategoryWords, semicolons_part_categories};
use crate::code_table::{CodeTable, MatchKind, Matching, SchemeError, Shipped, mended, shipped};
use crate::poi_class::PoiClass;

/// A table of POI codes; a shipped one (`amap`, `osm`), or a user's CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoiScheme {
    /// Name.
    pub name: String,
    table: CodeTable<PoiClass>,
    /// Words of the category (`餐饮服务`), where codes are six digits in three levels: Amap.
    words: CategoryWords,
}

/// Codes of Amap are hierarchical, those of OSM match as a whole.
const SHIPPED: &[Shipped] = &[
    shipped("amap", include_str!("../data/amap.csv"), Matching::Pairs),
    shipped("osm", include_str!("../data/osm_poi.csv"), Matching::Whole),
];

impl PoiScheme {
    /// Names of the shipped schemes.
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|s| s.name).collect()
    }

    /// A shipped scheme.
    ///
    /// # Errors
    /// [`SchemeError::Unknown`] lists the shipped names.
    pub fn shipped(name: &str) -> Result<Self, SchemeError> {
        let table = CodeTable::<PoiClass>::shipped(name, SHIPPED)?;
        let words =
            if name == "amap" { CategoryWords::of_amap(table.rows()) } else { CategoryWords::default() };
        Ok(Self { name: name.to_owned(), table, words })
    }

    /// Reads a scheme from CSV text with columns `code, group` and optionally `name_zh, name_en, mode`.
    ///
    /// # Errors
    /// As [`crate::LandUseScheme::from_csv`].
    pub fn from_csv(name: &str, text: &str) -> Result<Self, SchemeError> {
        Ok(Self {
            name: name.to_owned(),
            table: CodeTable::from_csv(name, text)?,
            words: CategoryWords::default(),
        })
    }

    /// The class of one code, wherever it stands; see [`find`](Self::find).
    pub fn classify(&self, code: &str) -> Option<&PoiClass> {
        self.find("", code).map(|(row, _)| &self.table.rows()[row])
    }

    /// Number among the [classes](Self::classes) of one code that stands in a field, and how it was found. As in
    /// [`crate::LandUseScheme::find`]: `bakery` in the field `shop` is `shop=bakery`, else `bakery`, else `shop=*`. In the
    /// scheme `amap` a code that has lost its leading zero (`50000`) is mended, and categories in words of Amap, Baidu and
    /// Tencent (`公司企业;工厂`) are understood.
    pub fn find(&self, field: &str, code: &str) -> Option<(usize, MatchKind)> {
        if self.words.is_empty() {
            return self.table.find(field, code);
        }
        let six_digits = |code: &str| {
            let code = mended(code).unwrap_or_else(|| code.to_owned());
            (code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit())).then(|| format!("0{code}"))
        };
        match six_digits(code.trim()) {
            Some(code) => self.table.find("", &code).map(|(row, _)| (row, MatchKind::Mended)),
            None => self.table.find("", code).and_then(|(row, kind)| match kind {
                MatchKind::Beginning => Some((row, amap_beginning(code.trim())?)),
                kind => Some((row, kind)),
            }),
        }
        .or_else(|| {
            let found = self.words.find(code, self.table.rows())?;
            Some((found.row, if found.in_part { MatchKind::WordsInPart } else { MatchKind::Words }))
        })
    }

    /// The codes of a field with several types: `170300|060000`; of Amap also categories in words, whose levels are
    /// parted by semicolons (`餐饮服务;中餐厅;中餐厅|购物服务;商场;商场`), or by colons (`美食:中餐厅;购物:商场`); codes of digits
    /// also by commas and slashes.
    pub fn split_codes<'a>(&self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let amap = !self.words.is_empty();
        let in_words = amap && field.chars().any(char::is_alphabetic);
        let words = in_words && !semicolons_part_categories(field);
        // Between digits every one of these signs parts two codes: `170300,060000`, `["170300", "060000"]`.
        let digits = amap && !in_words;
        field
            .split(move |c| {
                matches!(c, '|' | '｜')
                    || (!words && matches!(c, ';' | '；'))
                    || (digits && matches!(c, ',' | '，' | '/' | '、'))
            })
            .map(move |code| {
                if digits { code.trim_matches(|c: char| " []()\"\t\u{a0}".contains(c)) } else { code.trim() }
            })
            .filter(|c| !c.is_empty())
    }

    /// All classes.
    pub fn classes(&self) -> &[PoiClass] {
        self.table.rows()
    }

    /// Every group of the scheme except `ignore`, once, in file order.
    pub fn groups(&self) -> Vec<String> {
        let mut groups = self.table.meanings();
        groups.retain(|g| g != "ignore");
        groups
    }
}

/// How a code is known of which the Amap table has the beginning. All codes of the classification begin with one of the
/// table, so `170399` is no guess and `170300(工厂)` is mended; `17-03-00` or `1703,0600` is no code.
fn amap_beginning(code: &str) -> Option<MatchKind> {
    if mended(code).is_some() {
        return Some(MatchKind::Mended);
    }
    let rest = code.trim_start_matches(|c: char| c.is_ascii_digit());
    match rest {
        "" => (code.len() <= 6).then_some(MatchKind::Listed),
        rest if rest.chars().any(char::is_numeric) => None,
        _ => Some(MatchKind::Mended),
    }
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
        assert!(scheme.classify("990100").is_some_and(|c| c.group == "ignore"));
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
        let split = |scheme: &str, text: &'static str| {
            PoiScheme::shipped(scheme).unwrap().split_codes(text).collect::<Vec<_>>()
        };
        assert_eq!(split("amap", "170300|060000"), ["170300", "060000"]);
        assert_eq!(split("amap", "170300;060000"), ["170300", "060000"]);
        assert_eq!(split("osm", "bank;atm"), ["bank", "atm"]);
        assert_eq!(split("amap", "餐饮服务;中餐厅;川菜|购物服务"), ["餐饮服务;中餐厅;川菜", "购物服务"]);
        for text in ["170300,060000", "170300/060000", "[\"170300\", \"060000\"]", "170300、060000"] {
            assert_eq!(split("amap", text), ["170300", "060000"], "{text}");
        }
        assert_eq!(split("osm", "a/b,c"), ["a/b,c"]);
        assert_eq!(split("amap", "美食:中餐厅;购物:商场"), ["美食:中餐厅", "购物:商场"]);
        assert_eq!(split("amap", ""), Vec::<&str>::new());
    }

    #[test]
    fn a_value_is_looked_up_with_the_field_it_stands_in() {
        let scheme = PoiScheme::shipped("osm").unwrap();
        let group = |field: &str, code: &str| {
            scheme.find(field, code).map(|(row, _)| scheme.classes()[row].group.clone())
        };
        assert_eq!(group("shop", "knitting_wool").as_deref(), Some("commercial"));
        assert_eq!(group("office", "yes").as_deref(), Some("commercial"));
        assert_eq!(group("craft", "carpenter").as_deref(), Some("industry"));
        assert_eq!(group("amenity", "bank").as_deref(), Some("commercial"));
        assert_eq!(group("amenity", "knitting_wool"), None);
        assert_eq!(group("", "knitting_wool"), None);
        // A table of one's own may do the same.
        let own = PoiScheme::from_csv("x.csv", "code,group\nshop=*,shops\nbank,money\n").unwrap();
        assert_eq!(own.find("shop", "bakery").map(|(row, _)| row), Some(0));
        assert_eq!(own.find("amenity", "bank").map(|(row, _)| row), Some(1));
    }

    #[test]
    fn amap_codes_are_read_as_people_have_them() {
        let scheme = PoiScheme::shipped("amap").unwrap();
        let find =
            |code: &str| scheme.find("", code).map(|(row, kind)| (scheme.classes()[row].code.as_str(), kind));
        assert_eq!(find("050000"), Some(("05", MatchKind::Listed)));
        for lost in ["50000", "50000.0", " 50000", "５００００", "'50000", "50100"] {
            assert_eq!(find(lost), Some(("05", MatchKind::Mended)), "{lost}");
        }
        for odd in ["170300.0", "１７０３００", "17 0300", "'170300", "\u{3000}170300"] {
            assert_eq!(find(odd).map(|f| f.0), Some("1703"), "{odd}");
        }
        for (words, code) in [
            ("餐饮服务", "05"),
            ("餐饮", "05"),
            ("餐饮服务;中餐厅;中餐厅", "05"),
            ("公司企业;工厂;工厂", "1703"),
            ("公司企业;公司企业;公司企业", "17"),
            ("公司企业；公司；机械电子", "170204"),
            ("商务住宅;产业园区;产业园区", "1201"),
        ] {
            assert_eq!(find(words), Some((code, MatchKind::Words)), "{words}");
        }
        assert_eq!(find("随便"), None);
        for odd in ["170300(工厂)", "170300 工厂", "170399工厂"] {
            assert_eq!(find(odd), Some(("1703", MatchKind::Mended)), "{odd}");
        }
        for no_code in ["17-03-00", "170300,060000", "17030006"] {
            assert_eq!(find(no_code), None, "{no_code}");
        }
        assert_eq!(find("777"), None);
        assert_eq!(find("1703000"), None, "seven digits are no code");
    }
}
