//! The words of a pipeline file as types: sector, land group, proxy, and the key of a budget.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A word that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordError {
    /// As written.
    pub word: String,
    /// What would be one.
    pub expected: &'static str,
}

impl fmt::Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\": expected {}", self.word, self.expected)
    }
}

impl std::error::Error for WordError {}

/// The conversions by which serde reads and writes a word as text.
macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = WordError;
            fn try_from(word: String) -> Result<Self, WordError> {
                word.parse()
            }
        }
        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.to_string()
            }
        }
    };
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The key as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = WordError;
            fn from_str(word: &str) -> Result<Self, WordError> {
                let whole = !word.is_empty() && word.trim() == word && !word.contains([':', '\n']);
                whole
                    .then(|| Self(word.to_owned()))
                    .ok_or_else(|| WordError { word: word.to_owned(), expected: $expected })
            }
        }
        as_text!($name);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }
        impl PartialEq<String> for $name {
            fn eq(&self, other: &String) -> bool {
                self.0 == *other
            }
        }
        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

word!(
    /// Key of a sector: an emission sector of a pipeline (`industry`, `respiration`, ...) or [`Sector::SINK`].
    Sector,
    "the key of a sector, e.g. industry, land or sink"
);

impl Sector {
    /// Key of the sinks, which are positive and no emission.
    pub const SINK: &'static str = "sink";

    /// True for the sinks.
    pub fn is_sink(&self) -> bool {
        self.0 == Self::SINK
    }
}

word!(
    /// Name of a space type that carries budgets, e.g. `industrial`.
    LandGroup,
    "the name of a space type, e.g. industrial"
);

/// Sector and land group of a budget, written `industry:industrial`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BudgetKey {
    /// Sector.
    pub sector: Sector,
    /// Land group; that of a pooled or published budget may name several (`forest_grassland_water`).
    pub land_group: LandGroup,
}

impl FromStr for BudgetKey {
    type Err = WordError;
    fn from_str(word: &str) -> Result<Self, WordError> {
        let fault = || WordError { word: word.to_owned(), expected: "<sector>:<land group>" };
        let (sector, land_group) = word.split_once(':').ok_or_else(fault)?;
        Ok(Self {
            sector: sector.parse().map_err(|_| fault())?,
            land_group: land_group.parse().map_err(|_| fault())?,
        })
    }
}

as_text!(BudgetKey);

impl fmt::Display for BudgetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sector, self.land_group)
    }
}

/// What a budget is shared out by, written as in a pipeline file, e.g. `poi:industry`. [`Proxy::kind`] takes it apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Proxy(String);

/// The kinds of proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind<'a> {
    /// `area`: the area of the parcel.
    Area,
    /// `sink_area`: area × sink coefficient of the land.
    SinkArea,
    /// `population`: people.
    Population,
    /// `zone_emissions`: the emissions that the zone table has for each zone.
    ZoneEmissions,
    /// `poi:<group>`: POI of a group.
    Poi(&'a str),
    /// `road:<mode>`: length of the lines of a mode.
    Road(&'a str),
    /// `road_corrected`: road length corrected by traffic POI.
    RoadCorrected,
}

impl Proxy {
    /// What a proxy may be called, for messages.
    pub const FORMS: &'static str =
        "poi:<group>, population, zone_emissions, road:<mode>, road_corrected, sink_area, area";

    /// Area of the parcel.
    pub fn area() -> Self {
        Self("area".to_owned())
    }

    /// The word as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is.
    ///
    /// # Panics
    /// Never: only a word that has a kind becomes a proxy.
    pub fn kind(&self) -> ProxyKind<'_> {
        kind_of(&self.0).expect("parsed before")
    }
}

fn kind_of(word: &str) -> Option<ProxyKind<'_>> {
    match word {
        "area" => Some(ProxyKind::Area),
        "sink_area" => Some(ProxyKind::SinkArea),
        "population" => Some(ProxyKind::Population),
        "zone_emissions" => Some(ProxyKind::ZoneEmissions),
        "road_corrected" => Some(ProxyKind::RoadCorrected),
        _ => match word.split_once(':')? {
            ("poi", group) if !group.is_empty() => Some(ProxyKind::Poi(group)),
            ("road", mode) if !mode.is_empty() => Some(ProxyKind::Road(mode)),
            _ => None,
        },
    }
}

impl FromStr for Proxy {
    type Err = WordError;
    fn from_str(word: &str) -> Result<Self, WordError> {
        match kind_of(word) {
            Some(_) => Ok(Self(word.to_owned())),
            None => Err(WordError { word: word.to_owned(), expected: Self::FORMS }),
        }
    }
}

as_text!(Proxy);

impl std::borrow::Borrow<str> for Proxy {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_key_is_a_sector_and_a_land_group_of_any_pipeline() {
        let key: BudgetKey = "respiration:urban_residential".parse().unwrap();
        assert_eq!((key.sector.as_str(), key.land_group.as_str()), ("respiration", "urban_residential"));
        assert_eq!(key.to_string(), "respiration:urban_residential");
        assert!(!key.sector.is_sink() && "sink".parse::<Sector>().unwrap().is_sink());
        for wrong in ["industry", ":industrial", "industry:", "a:b:c", ""] {
            let error = wrong.parse::<BudgetKey>().unwrap_err();
            assert!(error.to_string().contains("<sector>:<land group>"), "{error}");
        }
        assert!(" sink".parse::<Sector>().is_err() && "".parse::<LandGroup>().is_err());
    }

    #[test]
    fn proxies_are_what_a_pipeline_may_name() {
        let kind = |word: &str| word.parse::<Proxy>().unwrap().kind().to_owned_text();
        assert_eq!(kind("poi:industry"), "Poi(\"industry\")");
        assert_eq!(kind("road:rail"), "Road(\"rail\")");
        assert_eq!(kind("population"), "Population");
        assert_eq!(kind("sink_area"), "SinkArea");
        assert_eq!(kind("zone_emissions"), "ZoneEmissions");
        assert_eq!(Proxy::area().kind(), ProxyKind::Area);
        for wrong in ["poi:", "road:", "people", "POI:industry", ""] {
            assert!(wrong.parse::<Proxy>().unwrap_err().to_string().contains("poi:<group>"), "{wrong}");
        }
    }

    impl ProxyKind<'_> {
        fn to_owned_text(self) -> String {
            format!("{self:?}")
        }
    }
}
