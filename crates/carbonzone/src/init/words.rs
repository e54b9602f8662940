//! Words in headers and values, Chinese and English, and what they stand for: `data/init.toml`.

use carbonzone_sheet::label_key;
use serde::Deserialize;
use std::sync::LazyLock;

/// Words of headers, by what the column holds.
#[derive(Deserialize)]
pub struct Headers {
    pub people: Vec<String>,
    pub gdp: Vec<String>,
    pub id: Vec<String>,
    pub name: Vec<String>,
    pub name_en: Vec<String>,
    pub district: Vec<String>,
    pub land_use: Vec<String>,
    pub poi_type: Vec<String>,
    pub road_class: Vec<String>,
    pub x: Vec<String>,
    pub y: Vec<String>,
    pub amount: Vec<String>,
    pub emissions: Vec<String>,
}

/// What values with one of these words are.
#[derive(Deserialize)]
struct Meant {
    is: [String; 2],
    words: Vec<String>,
}

#[derive(Deserialize)]
struct Values {
    land: Vec<Meant>,
    poi: Vec<Meant>,
    built: Vec<String>,
    /// Words that name no land cover.
    vague: Vec<String>,
}

#[derive(Deserialize)]
struct Known {
    headers: Headers,
    values: Values,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/init.toml")).expect("a test reads the shipped file")
});

/// Words of headers.
pub fn headers() -> &'static Headers {
    &KNOWN.headers
}

/// How well a header fits one of the words: 1 as a whole, less as one of its words or its beginning; 0 not at all.
pub fn fits(header: &str, words: &[String]) -> f64 {
    let key = label_key(header);
    let words_of = header.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty());
    // `pop2019` is `pop`, and `co2` is `co2`.
    let both = words_of.flat_map(|p| [p, p.trim_end_matches(|c: char| c.is_ascii_digit())]);
    let parts: Vec<String> = both.map(label_key).filter(|p| !p.is_empty()).collect();
    let of = |(place, word): (usize, &String)| {
        let order = 0.2 * place as f64 / words.len() as f64;
        let word = label_key(word);
        let wide = !word.is_ascii();
        if key == word {
            1.0 - 0.1 * order
        } else if parts.contains(&word) {
            0.8 - order
        } else if (wide && key.contains(&word)) || (word.len() > 3 && key.starts_with(&word)) {
            0.7 - order
        } else {
            0.0
        }
    };
    words.iter().enumerate().map(of).fold(0.0, f64::max)
}

/// The best of these headers, if one fits.
pub fn best<'a>(headers: impl IntoIterator<Item = &'a str>, words: &[String]) -> Option<(&'a str, f64)> {
    let scored = headers.into_iter().map(|h| (h, fits(h, words))).filter(|(_, score)| *score > 0.0);
    scored.fold(
        None,
        |best: Option<(&str, f64)>, one| if best.is_none_or(|b| one.1 > b.1) { Some(one) } else { best },
    )
}

/// Space and sink type of a class in words.
pub fn land(value: &str) -> Option<(&'static str, &'static str)> {
    found(value, &KNOWN.values.land)
}

/// True for a row of land use, land-use change and forestry, or of sinks, in a table of national amounts.
pub fn is_land(label: &str) -> bool {
    let lower = label.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    says(&["sink", "removal", "forest", "碳汇", "吸收", "土地利用", "林业"])
        || (says(&["lulucf", "land use"]) && !says(&["without", "excl", "不含"]))
}

/// True if a class is known by a word only that says little of what is there: fields, parks and parking lots are open land.
pub fn is_vague(value: &str) -> bool {
    let (lower, vague) = (value.to_lowercase(), &KNOWN.values.vague);
    let is_plain = |p: &&str| !p.is_empty() && !vague.iter().any(|v| v == p);
    let mut rest = lower.split(|c: char| !c.is_alphanumeric()).filter(is_plain).collect::<Vec<_>>().join(" ");
    for word in vague.iter().filter(|w| !w.is_ascii()) {
        rest = rest.replace(word.as_str(), " ");
    }
    land(value).is_some() && land(value) != land(&rest)
}

/// Land with buildings.
pub fn built() -> Vec<&'static str> {
    KNOWN.values.built.iter().map(String::as_str).collect()
}

/// Group and mode of a type of POI in words.
pub fn poi(value: &str) -> Option<(&'static str, &'static str)> {
    found(value, &KNOWN.values.poi)
}

fn found(value: &str, rows: &'static [Meant]) -> Option<(&'static str, &'static str)> {
    let lower = value.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect();
    let joined = parts.join("_");
    let holds = |word: &String| {
        if word.is_ascii() {
            parts.contains(&word.as_str()) || (word.contains('_') && joined.contains(word.as_str()))
        } else {
            lower.contains(word.as_str())
        }
    };
    let meant = rows.iter().find(|row| row.words.iter().any(holds))?;
    Some((&meant.is[0], &meant.is[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_as_a_whole_by_a_word_and_in_chinese() {
        assert!(
            fits("POPU", &headers().people) > 0.9
                && fits("pop_2019", &headers().people) > 0.5
                && fits("常住人口（万人）", &headers().people) > 0.5
        );
        assert_eq!(fits("popcorn", &headers().people), 0.0);
        assert!(fits("co2_mt_2017", &headers().amount) > 0.5 && fits("area_km2", &headers().amount) == 0.0);
        assert_eq!(best(["area", "gdp_1e4cny", "name"], &headers().gdp).unwrap().0, "gdp_1e4cny");
        assert_eq!(best(["parcel_id", "LOC_ID"], &headers().id).unwrap().0, "parcel_id");
        assert_eq!(best(["shape"], &headers().id), None);
    }

    #[test]
    fn values_in_words_have_a_space_type() {
        for (word, expected) in [
            ("residential", "urban_residential"),
            ("一类居住用地", "urban_residential"),
            ("农村宅基地", "rural_homestead"),
            ("Open Space", "grassland"),
            ("wetland", "water"),
            ("industrial/warehouse", "industrial"),
            ("公园绿地", "park"),
        ] {
            assert_eq!(land(word).map(|(space, _)| space), Some(expected), "{word}");
        }
        assert_eq!(land("zq17"), None);
        for (word, vague) in [
            ("open", true),
            ("Open Space", true),
            ("recreation", true),
            ("其他用地", true),
            ("open grassland", false),
            ("green park", false),
            ("residential", false),
            ("zq17", false),
        ] {
            assert_eq!(is_vague(word), vague, "{word}");
        }
        assert_eq!(poi("餐饮服务").unwrap().0, "commercial");
        assert_eq!(poi("bus_stop"), Some(("traffic", "road")));
    }
}
