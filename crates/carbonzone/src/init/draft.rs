//! What a pipeline file needs to know of a folder, and how sure each answer is.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How sure a guess is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// Look at it.
    Guess,
    /// Probably right.
    Likely,
    /// The data say so.
    Sure,
}

impl Sure {
    /// In a word.
    pub fn word(self) -> &'static str {
        ["guess", "likely", "sure"][self as usize]
    }

    pub(super) fn of(share: f64) -> Self {
        match share {
            s if s >= 0.9 => Self::Sure,
            s if s >= 0.6 => Self::Likely,
            _ => Self::Guess,
        }
    }
}

/// A row of the table of guesses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Guess {
    /// What of the pipeline file it is about: `parcels`, `zones`, ...
    pub role: String,
    /// File, with layer or sheet.
    pub file: String,
    /// What was taken.
    pub taken: String,
    /// How sure it is.
    pub sure: Sure,
    /// Why.
    pub why: String,
}

/// A layer as the pipeline file names it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceDraft {
    pub path: PathBuf,
    pub layer: Option<String>,
    pub crs: Option<String>,
    pub encoding: Option<String>,
    pub xy: Option<[String; 2]>,
}

/// A table of codes.
#[derive(Debug, Clone, PartialEq)]
pub enum Codes {
    Shipped(String),
    /// Written beside the pipeline file: lines of code, meaning, more, and how often it stands in the layer.
    Own(Vec<[String; 4]>),
}

impl Codes {
    /// The name of a shipped table, or the file of one's own.
    pub fn name_or<'a>(&'a self, file: &'a str) -> &'a str {
        match self {
            Self::Shipped(name) => name,
            Self::Own(_) => file,
        }
    }
}

/// Land use.
#[derive(Debug, Clone, PartialEq)]
pub struct ParcelDraft {
    pub source: SourceDraft,
    pub id: Option<String>,
    /// Field with the class; empty for a raster.
    pub land_use: String,
    pub scheme: Codes,
    /// Space types that occur.
    pub space_types: Vec<String>,
    /// Space types that occur and absorb.
    pub sinks: Vec<String>,
    pub raster: bool,
}

/// Points with a type.
#[derive(Debug, Clone, PartialEq)]
pub struct PoiDraft {
    pub source: SourceDraft,
    pub kind: String,
    pub groups: Codes,
    /// Groups that occur.
    pub found: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PeopleDraft {
    pub source: SourceDraft,
    /// `points`, `polygons`, `raster`.
    pub kind: &'static str,
    pub weight: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RoadDraft {
    pub source: SourceDraft,
    pub class: Option<String>,
    pub scheme: Option<&'static str>,
}

/// A table joined to the zones.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDraft {
    pub path: PathBuf,
    pub sheet: Option<String>,
    pub key: String,
    pub by_name: bool,
    pub population: Option<String>,
    pub gdp: Option<String>,
    pub gdp_derived: bool,
    pub emissions: Option<String>,
}

/// Emissions of the zones.
#[derive(Debug, Clone, PartialEq)]
pub struct EmissionDraft {
    /// Column of a table, or field of the layer.
    pub column: String,
    /// It is a field of the layer.
    pub in_layer: bool,
    /// Sum over the zones, in the unit of the column.
    pub sum: f64,
    /// The power of ten of tonnes that one is, if the table says so.
    pub power: Option<i32>,
}

/// Townships or counties.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneDraft {
    pub source: SourceDraft,
    pub kind: &'static str,
    pub id: String,
    pub name: Option<String>,
    pub name_en: Option<String>,
    pub district: Option<String>,
    pub population: Option<String>,
    pub gdp: Option<String>,
    /// The GDP is an index: it has no unit.
    pub gdp_index: bool,
    pub overlap_first: bool,
    pub tables: Vec<TableDraft>,
    pub emissions: Option<EmissionDraft>,
}

impl ZoneDraft {
    /// True if the people of the zones are known.
    pub fn has_people(&self) -> bool {
        self.population.is_some() || self.tables.iter().any(|t| t.population.is_some())
    }

    /// True if the GDP of the zones is known.
    pub fn has_gdp(&self) -> bool {
        self.gdp.is_some() || self.tables.iter().any(|t| t.gdp.is_some())
    }
}

/// How far the land of a rule reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// These kinds of land too.
    Also(Vec<String>),
    /// Land with buildings.
    Built,
    /// All land that is there.
    All,
    /// The land of its class, by area: too few points tell where the tonnes are.
    AreaOnly,
}

/// Everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    pub name: String,
    pub year: i32,
    pub crs: Option<String>,
    pub clip: bool,
    pub parcels: Option<ParcelDraft>,
    pub poi: Option<PoiDraft>,
    pub people: Option<PeopleDraft>,
    pub roads: Option<RoadDraft>,
    pub zones: Option<ZoneDraft>,
    /// The one index that judges, if the other is missing.
    pub axes: Option<&'static str>,
    /// Rules, by id, whose proxy lies mostly beside the land of their class.
    pub reach: BTreeMap<&'static str, Reach>,
    /// The data or their place are Chinese.
    pub chinese: bool,
    /// Amounts found in tables, to be told beside the open totals.
    pub amounts: Vec<String>,
    /// Their unit as the pipeline file names it; two of them: none.
    pub units: BTreeSet<&'static str>,
    /// The one total of emissions, if a table has one and no more.
    pub one_total: Option<f64>,
    pub guesses: Vec<Guess>,
}

impl Draft {
    pub(super) fn tell(
        &mut self,
        role: &str,
        file: &str,
        taken: impl Into<String>,
        sure: Sure,
        why: impl Into<String>,
    ) {
        let (role, file) = (role.to_owned(), file.to_owned());
        self.guesses.push(Guess { role, file, taken: taken.into(), sure, why: why.into() });
    }
}
