//! Zones and the rows of joined tables as they are kept.

use carbonzone_geom::Coverage;
use carbonzone_report::Label;
use carbonzone_report::names::Named;
use carbonzone_types::{ExactSum, MoneyUnit};
use std::collections::BTreeMap;

/// Zones in canonical order; all vectors have one entry per zone.
pub struct ZoneSet {
    /// Geometry in the working CRS.
    pub coverage: Coverage,
    /// Unique ids.
    pub ids: Vec<String>,
    pub names: Vec<String>,
    /// English names, where given.
    pub names_en: Vec<Option<String>>,
    pub district: Vec<Option<String>>,
    /// Its English name, where given.
    pub district_en: Vec<Option<String>>,
    /// Persons.
    pub population: Vec<Option<f64>>,
    pub gdp_unit: MoneyUnit,
    /// GDP in that unit.
    pub gdp: Vec<Option<f64>>,
    /// GDP is derived, not statistics.
    pub gdp_derived: Vec<bool>,
    /// Emissions that a table or the layer has for the zones.
    pub emissions: ZoneEmissions,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ZoneEmissions {
    /// One per zone; empty: none are given.
    pub values: Vec<Option<f64>>,
    /// In t CO2e; else in a unit that nothing names.
    pub in_tonnes: bool,
}

impl ZoneEmissions {
    /// Of all zones.
    pub fn sum(&self) -> f64 {
        self.values.iter().flatten().copied().collect::<ExactSum>().value()
    }
}

impl ZoneSet {
    /// Zones of these ids and names, of which nothing else is known.
    pub fn named(ids: Vec<String>, names: Vec<String>) -> Self {
        let n = ids.len();
        Self {
            coverage: Coverage::new(),
            ids,
            names,
            names_en: vec![None; n],
            district: vec![None; n],
            district_en: vec![None; n],
            population: vec![None; n],
            gdp_unit: MoneyUnit::default(),
            gdp: vec![None; n],
            gdp_derived: vec![false; n],
            emissions: ZoneEmissions::default(),
        }
    }

    /// The name of every zone in both languages; one that several zones bear with the district.
    pub fn shown(&self) -> Vec<Label> {
        let (ids, names) = (&self.ids, &self.names);
        let (districts, districts_en) = (&self.district, &self.district_en);
        Named { ids, names, english: &self.names_en, districts, districts_en }.shown()
    }

    /// English names of the districts, if there are any.
    pub fn english_districts(&self) -> Option<&[Option<String>]> {
        self.district_en.iter().any(Option::is_some).then_some(&*self.district_en)
    }
}

/// GDP per county as the joined tables give it.
#[derive(Default)]
pub struct CountyGdp {
    /// Name of the county of each zone, as in the layer.
    pub of_zone: Vec<Option<String>>,
    /// File, key column and rows of the tables joined on the county.
    pub tables: Vec<(String, String, Vec<JoinRow>)>,
}

/// What the table holds where a zone's population is missing, by zone: `cell C4: "—"`.
pub type MissingCells = BTreeMap<usize, String>;

/// A row of a joined table.
pub struct JoinRow {
    /// Id, name or county.
    pub key: String,
    /// Persons.
    pub population: Option<f64>,
    pub gdp: Option<f64>,
    pub emissions: Option<f64>,
    /// Cell of the population and what it holds, if that is no number.
    pub missing: Option<String>,
    /// Where the row stands: `cell A7`.
    pub place: String,
}
