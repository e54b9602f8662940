//! Which column holds the class of a feature, and by which table of codes it is read.

use super::draft::Codes;
use super::profile::{Column, Profile};
use super::words::{self, headers};
use carbonzone_sheet::label_key;
use carbonzone_spatialize::{LandUseScheme, PoiScheme, line_modes};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Chinese standards whose names of classes are known; a name that two have counts as in the first.
const STANDARDS: [&str; 3] = ["gbt21010", "gbt21010_2007", "planning2023"];
/// Of them those with codes of four digits that may begin with a zero.
const PADDED: [&str; 2] = ["gbt21010", "planning2023"];

/// Part of the rows whose code must be known.
const KNOWN: f64 = 0.6;
/// A class has at most this many values.
const MOST_CLASSES: usize = 600;

/// A column that is a class, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Classed {
    pub field: String,
    pub codes: Codes,
    /// Part of the rows whose code is known.
    pub known: f64,
    /// Meanings that occur: space types or groups.
    pub meanings: Vec<String>,
    /// Space types that occur and absorb.
    pub sinks: Vec<String>,
    /// Values that the codes do not know.
    pub unknown: Vec<String>,
    /// What the codes were before, if the layer does not hold them as they are.
    pub mended: Option<String>,
    /// Orders candidates.
    score: f64,
}

/// Land-use classes of polygons.
pub fn land_use(profile: &Profile) -> Option<Classed> {
    let all = profile.columns.iter().filter(|c| may_be_class(c, profile.rows));
    best(all.filter_map(|column| {
        let shipped = LandUseScheme::names().into_iter().filter(|n| !["worldcover", "clcd"].contains(n));
        let by_code = shipped.filter_map(|name| of_scheme(column, profile.rows, name));
        let padded = PADDED.into_iter().filter_map(|name| without_zero(column, profile.rows, name));
        best(by_code.chain(padded).chain(land_in_words(column, profile.rows)))
    }))
}

/// Codes of a raster.
pub fn land_cover(codes: &[(String, f64)]) -> Option<Classed> {
    let all: f64 = codes.iter().map(|(_, n)| n).sum();
    let values = codes.iter().map(|(code, n)| (code.clone(), *n as u64)).collect();
    let column = Column { values, filled: all as usize, ..Column::default() };
    best(["worldcover", "clcd"].into_iter().filter_map(|name| of_scheme(&column, all as usize, name)))
}

/// Types of points.
pub fn poi_type(profile: &Profile) -> Option<Classed> {
    let all = profile
        .columns
        .iter()
        .filter(|c| may_be_class(c, profile.rows) || words::fits(&c.name, &headers().poi_type) > 0.7);
    best(all.filter_map(|column| {
        let shipped = PoiScheme::names().into_iter().filter_map(|name| {
            let scheme = PoiScheme::shipped(name).ok()?;
            let of = |value: &str| {
                let code = scheme.split_codes(value).next()?.to_owned();
                let (row, _) = scheme.find(&column.name, &code)?;
                Some((scheme.classes()[row].group.clone(), String::new()))
            };
            classed(column, profile.rows, Codes::Shipped(name.to_owned()), &headers().poi_type, of)
        });
        let own = || {
            let word =
                |value: &str| words::poi(value).map(|(group, mode)| (group.to_owned(), mode.to_owned()));
            let codes = own_codes(column, |value| {
                word(value).unwrap_or_else(|| ("ignore".to_owned(), String::new()))
            });
            let found = classed(column, profile.rows, codes, &headers().poi_type, word)?;
            Some(Classed { score: 0.95 * found.score, sinks: Vec::new(), ..found })
        };
        best(shipped.chain(own()))
    }))
}

/// Classes of lines by the table of `OpenStreetMap`.
pub fn road_class(profile: &Profile) -> Option<Classed> {
    let modes = line_modes("osm").ok()?;
    best(profile.columns.iter().filter(|c| may_be_class(c, profile.rows)).filter_map(|column| {
        let of = |value: &str| Some((modes.get(value)?.clone(), String::new()));
        classed(column, profile.rows, Codes::Shipped("osm".to_owned()), &headers().road_class, of)
    }))
}

fn may_be_class(column: &Column, rows: usize) -> bool {
    let several = rows < 20 || column.distinct() * 2 <= column.filled;
    (1..=MOST_CLASSES).contains(&column.distinct()) && several
}

fn best(all: impl Iterator<Item = Classed>) -> Option<Classed> {
    all.fold(
        None,
        |best: Option<Classed>, one| {
            if best.as_ref().is_none_or(|b| one.score > b.score) { Some(one) } else { best }
        },
    )
}

fn of_scheme(column: &Column, rows: usize, name: &str) -> Option<Classed> {
    let scheme = LandUseScheme::shipped(name).ok()?;
    let of = |code: &str| {
        // A code that merely begins like one of the table may be of another one.
        let listed = scheme.lists(code) || (name.starts_with("gbt") && code.len() > 4);
        let class = scheme
            .find(&column.name, code)
            .filter(|_| listed || !code.bytes().all(|b| b.is_ascii_digit()))?
            .0;
        Some((class.space_type.clone(), class.sink_type.clone()))
    };
    classed(column, rows, Codes::Shipped(name.to_owned()), &headers().land_use, of)
}

fn land_in_words(column: &Column, rows: usize) -> Option<Classed> {
    if column.is_numeric() {
        return None;
    }
    let codes = own_codes(column, |value| land_word(value).unwrap_or_else(no_emission));
    let found = classed(column, rows, codes, &headers().land_use, land_word)?;
    // A table that was made by others is better than words.
    Some(Classed { score: 0.9 * found.score, ..found })
}

/// Land that nothing is known of: no emission, no sink.
fn no_emission() -> (String, String) {
    ("special".to_owned(), "none".to_owned())
}

/// Lines of a table of one's own for the values of a column.
fn own_codes(column: &Column, of: impl Fn(&str) -> (String, String)) -> Codes {
    let line = |(value, count): (&String, &u64)| {
        let (meaning, more) = of(value);
        [value.clone(), meaning, more, count.to_string()]
    };
    Codes::Own(column.values.iter().map(line).collect())
}

/// Space and sink type of a class in words: a name of a Chinese standard as a whole, else by what it contains.
fn land_word(value: &str) -> Option<(String, String)> {
    static NAMES: OnceLock<BTreeMap<String, (String, String)>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let schemes = STANDARDS.into_iter().filter_map(|name| LandUseScheme::shipped(name).ok());
        let mut out = BTreeMap::new();
        for class in schemes.flat_map(|s| s.classes().to_vec()).filter(|c| !c.name_zh.is_empty()) {
            out.entry(label_key(&class.name_zh)).or_insert((class.space_type, class.sink_type));
        }
        out
    });
    let by_word = || words::land(value).map(|(space, sink)| (space.to_owned(), sink.to_owned()));
    names.get(&label_key(value)).cloned().or_else(by_word)
}

/// True for a class that is no name of a standard and that a vague word decides.
pub fn is_vague(value: &str) -> bool {
    words::is_vague(value)
        && land_word(value) == words::land(value).map(|(a, b)| (a.to_owned(), b.to_owned()))
}

/// Numbers of three digits that were codes of four before a spreadsheet took the zero in front away: 601 of 0601.
fn without_zero(column: &Column, rows: usize, name: &str) -> Option<Classed> {
    let digits = |v: &&String| (3..=4).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_digit());
    let short = column.values.keys().find(|v| v.len() == 3)?;
    if !column.values.keys().all(|v| digits(&v) && !v.starts_with('0')) {
        return None;
    }
    let scheme = LandUseScheme::shipped(name).ok()?;
    let of = |value: &str| {
        let code = format!("{value:0>4}");
        let (class, _) = scheme.find(&column.name, &code).filter(|_| scheme.lists(&code))?;
        Some((class.space_type.clone(), class.sink_type.clone()))
    };
    let codes = own_codes(column, |value| of(value).unwrap_or_else(no_emission));
    let found = classed(column, rows, codes, &headers().land_use, of)?;
    let mended =
        format!("codes of {name} without the zero in front, as spreadsheets leave them: {short} is 0{short}");
    Some(Classed { score: 0.98 * found.score, mended: Some(mended), ..found })
}

/// A column read by a table, if most rows are known.
fn classed(
    column: &Column,
    rows: usize,
    codes: Codes,
    names: &[String],
    of: impl Fn(&str) -> Option<(String, String)>,
) -> Option<Classed> {
    let (mut known, mut unknown) = (0, Vec::new());
    let (mut meanings, mut sinks) = (BTreeMap::new(), BTreeSet::new());
    for (value, count) in &column.values {
        if let Some((meaning, sink)) = of(value) {
            known += count;
            if !sink.is_empty() && sink != "none" {
                sinks.insert(meaning.clone());
            }
            *meanings.entry(meaning).or_insert(0) += count;
        } else {
            unknown.push(value.clone());
        }
    }
    let known = known as f64 / rows.max(1) as f64;
    let named = words::fits(&column.name, names);
    // A table with one meaning for everything explains nothing.
    let several = 1.0 + 0.05 * (meanings.len().min(6) as f64);
    (known >= KNOWN).then(|| Classed {
        field: column.name.clone(),
        codes,
        known,
        score: known * several * (1.0 + 0.5 * named),
        meanings: meanings.into_keys().collect(),
        sinks: sinks.into_iter().collect(),
        unknown,
        mended: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(columns: &[(&str, &[(&str, u64)])]) -> Profile {
        let column = |(name, values): &(&str, &[(&str, u64)])| Column {
            name: (*name).to_owned(),
            filled: values.iter().map(|(_, n)| *n as usize).sum(),
            values: values.iter().map(|(v, n)| ((*v).to_owned(), *n)).collect(),
            numbers: values.iter().filter_map(|(v, _)| v.parse().ok()).collect(),
            ..Column::default()
        };
        let columns: Vec<Column> = columns.iter().map(column).collect();
        Profile { rows: columns.iter().map(|c| c.filled).max().unwrap_or(0), columns, ..Profile::default() }
    }

    #[test]
    fn a_survey_is_read_by_its_standard_and_words_by_words() {
        let survey = profile(&[
            ("DLBM", &[("0601", 40), ("0301", 30), ("0701", 30)]),
            ("DLMC", &[("工业用地", 40), ("乔木林地", 30), ("城镇住宅用地", 30)]),
            ("JB", &[("1", 60), ("2", 40)]),
        ]);
        let found = land_use(&survey).unwrap();
        assert_eq!((found.field.as_str(), &found.codes), ("DLBM", &Codes::Shipped("gbt21010".to_owned())));
        assert_eq!(found.sinks, ["forest"]);
        let words = profile(&[("用地", &[("住宅", 50), ("工厂仓储用地", 30), ("林地", 10), ("代号7", 10)])]);
        let found = land_use(&words).unwrap();
        let Codes::Own(lines) = &found.codes else { panic!("{found:?}") };
        assert!(lines.iter().any(|l| l[0] == "工厂仓储用地" && l[1] == "industrial"), "{lines:?}");
        assert!(
            lines.iter().any(|l| l[0] == "代号7" && l[1] == "special"),
            "what is not understood emits nothing"
        );
        assert_eq!(land_use(&profile(&[("adcode", &[("320505", 1), ("320506", 1)])])), None);
    }

    #[test]
    fn every_name_of_the_chinese_standards_is_known_as_the_standard_has_it() {
        let mut known = 0;
        for (at, standard) in STANDARDS.into_iter().enumerate() {
            for class in LandUseScheme::shipped(standard).unwrap().classes() {
                let found =
                    land_word(&class.name_zh).unwrap_or_else(|| panic!("{standard}: {}", class.name_zh));
                // Some names mean other land in a later standard.
                let first = at == 0
                    && LandUseScheme::shipped(standard)
                        .unwrap()
                        .classes()
                        .iter()
                        .find(|c| label_key(&c.name_zh) == label_key(&class.name_zh))
                        == Some(class);
                assert!(
                    !first || found == (class.space_type.clone(), class.sink_type.clone()),
                    "{}",
                    class.name_zh
                );
                known += 1;
            }
        }
        assert!(known > 200, "{known}");
        for (name, space) in [("内陆滩涂", "water"), ("裸土地", "unused"), ("裸 土地", "unused")] {
            assert_eq!(land_word(name).map(|l| l.0).as_deref(), Some(space), "{name}");
        }
    }

    #[test]
    fn codes_without_their_zero_are_those_of_the_standard() {
        let numbers = profile(&[
            ("DLBM", &[("601", 40), ("301", 30), ("701", 20), ("1206", 8), ("999", 2)]),
            ("DLMC", &[("工业用地", 40), ("乔木林地", 30), ("城镇住宅用地", 20), ("裸土地", 8), ("其他", 2)]),
        ]);
        let found = land_use(&numbers).unwrap();
        let Codes::Own(lines) = &found.codes else { panic!("{found:?}") };
        assert_eq!((found.field.as_str(), found.unknown.as_slice()), ("DLBM", ["999".to_owned()].as_slice()));
        assert!(lines.contains(&["601", "industrial", "none", "40"].map(str::to_owned)), "{lines:?}");
        assert!(lines.contains(&["1206", "unused", "unused", "8"].map(str::to_owned)), "{lines:?}");
        assert!(found.mended.unwrap().contains("301 is 0301"));
        for other in [&[("1", 50), ("2", 50)], &[("320", 50), ("571", 50)], &[("0601", 50), ("301", 50)]] {
            let found = land_use(&profile(&[("code", other)]));
            assert!(found.is_none_or(|f| f.mended.is_none()), "{other:?}");
        }
    }

    #[test]
    fn points_and_lines_are_read_by_the_table_that_knows_them() {
        let amap = profile(&[("typecode", &[("050000", 30), ("170300", 20), ("141200", 20)])]);
        assert_eq!(poi_type(&amap).unwrap().codes, Codes::Shipped("amap".to_owned()));
        let own = profile(&[("category", &[("commerce", 30), ("industry", 20), ("zzz", 2)])]);
        assert!(matches!(poi_type(&own).unwrap().codes, Codes::Own(_)));
        let roads = profile(&[("fclass", &[("primary", 30), ("footway", 20)]), ("ref", &[("G2", 1)])]);
        assert_eq!(road_class(&roads).unwrap().field, "fclass");
    }

    #[test]
    fn a_raster_is_read_by_the_product_that_has_its_codes() {
        let of = |codes: &[u32]| {
            let codes: Vec<(String, f64)> = codes.iter().map(|c| (c.to_string(), 10.0)).collect();
            land_cover(&codes).map(|c| c.codes)
        };
        assert_eq!(of(&[10, 30, 40, 50, 80]), Some(Codes::Shipped("worldcover".to_owned())));
        assert_eq!(of(&[1, 2, 5, 8]), Some(Codes::Shipped("clcd".to_owned())));
        assert_eq!(of(&[201, 202, 203]), None);
    }
}
