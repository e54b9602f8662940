//! Where the synthetic layers go: typed rows in small batches, so that a city of ten million parcels needs little memory.

use crate::error::SinkError;
use crate::shape::Parts;

/// No batch is longer than this.
pub const MAX_BATCH: usize = 2048;

/// One parcel of the land survey.
#[derive(Debug, Clone, PartialEq)]
pub struct ParcelRow {
    /// Identifier: code of the county-level unit and a number, `320506-0001234`. One duplicate is made on purpose.
    pub id: String,
    /// Land-use code, GB/T 21010-2017 or third survey (`DLBM`).
    pub code: &'static str,
    /// Land-use name in Chinese (`DLMC`).
    pub name_zh: &'static str,
    /// Parts, each an outer ring and holes, in metres of the working plane. Rings are closed (the first vertex repeated); outer rings
    /// counter-clockwise, holes clockwise. One parcel is a bow-tie on purpose.
    pub parts: Parts,
}

/// One piece of a road, railway or waterway.
#[derive(Debug, Clone, PartialEq)]
pub struct RoadRow {
    /// Number from 1.
    pub id: u64,
    /// `motorway`, `trunk`, `primary`, `secondary`, `tertiary`, `residential`, `service`, `rail`, `waterway`.
    pub class: &'static str,
    /// Chinese name; empty for most small streets.
    pub name_zh: String,
    /// Vertices in metres of the working plane.
    pub line: Vec<[f64; 2]>,
}

/// One point of interest.
#[derive(Debug, Clone, PartialEq)]
pub struct PoiRow {
    /// Identifier, `B` and a number.
    pub id: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Longitude in GCJ-02 degrees.
    pub lon_gcj02: f64,
    /// Latitude in GCJ-02 degrees.
    pub lat_gcj02: f64,
    /// Amap type codes of six digits, joined by `|` when there are several.
    pub typecode: &'static str,
}

/// People seen by a cellular network around one point, mean of a weekday, by hour group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PopulationRow {
    /// Longitude, WGS 84 degrees.
    pub lon: f64,
    /// Latitude, WGS 84 degrees.
    pub lat: f64,
    /// Persons, 22:00 to 06:00 (two decimals; the sum over all points is the census population).
    pub people_22_06: f64,
    /// Persons, 06:00 to 10:00.
    pub people_06_10: f64,
    /// Persons, 10:00 to 17:00.
    pub people_10_17: f64,
    /// Persons, 17:00 to 22:00.
    pub people_17_22: f64,
}

/// One township or subdistrict.
#[derive(Debug, Clone, PartialEq)]
pub struct TownshipRow {
    /// Identifier: unit code and three digits.
    pub id: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Name of the county-level unit in Chinese.
    pub district_zh: String,
    /// Name of the county-level unit in English.
    pub district_en: String,
    /// Parts as in [`ParcelRow::parts`].
    pub parts: Parts,
}

/// One row of the township table.
#[derive(Debug, Clone, PartialEq)]
pub struct TownshipStat {
    /// Identifier as in [`TownshipRow::id`].
    pub id: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Resident population, persons.
    pub population_persons: u64,
    /// Gross domestic product, 10⁴ CNY.
    pub gdp_1e4cny: f64,
}

/// Receives the layers of a synthetic city. Townships and their table come first, each in one call; then parcels, roads, points of
/// interest and population points come mixed, in batches of at most [`MAX_BATCH`] rows.
pub trait CitySink {
    /// Township polygons.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn townships(&mut self, rows: &[TownshipRow]) -> Result<(), SinkError>;
    /// Township table.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn township_table(&mut self, rows: &[TownshipStat]) -> Result<(), SinkError>;
    /// Parcels.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn parcels(&mut self, rows: &[ParcelRow]) -> Result<(), SinkError>;
    /// Roads, railways and waterways.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn roads(&mut self, rows: &[RoadRow]) -> Result<(), SinkError>;
    /// Points of interest.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn pois(&mut self, rows: &[PoiRow]) -> Result<(), SinkError>;
    /// Population points.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn population(&mut self, rows: &[PopulationRow]) -> Result<(), SinkError>;
}
