//! What a counties study computes with.

use crate::load::zones::ZoneSet;
use crate::studies::place::Areas;
use carbonzone_io::WorkingCrs;
use carbonzone_zoning::published::PublishedStudy;

/// Numbers of one year, one entry per county.
#[derive(Debug, Clone, Default)]
pub struct YearInput {
    pub year: i32,
    /// Emissions per sector in the order of [`Inputs::sectors`], t CO2.
    pub sectors_t: Vec<Vec<f64>>,
    /// Sinks, t CO2, ≥ 0.
    pub sink_t: Vec<f64>,
    /// Sinks by land-cover class, t CO2.
    pub sink_by_class_t: Vec<(String, Vec<f64>)>,
    /// Energy use, tonnes of coal equivalent; empty with published totals.
    pub energy_tce: Vec<f64>,
    /// Area of each class that absorbs, hectares; in the order of `sink_by_class_t`.
    pub class_ha: Vec<Vec<f64>>,
    /// Residents.
    pub population: Vec<Option<f64>>,
    /// GDP, in the unit of the zones.
    pub gdp: Vec<Option<f64>>,
}

/// Everything read.
pub struct Inputs {
    /// Working CRS, if there are layers.
    pub crs: Option<WorkingCrs>,
    /// Counties; without geometry the coverage is empty.
    pub zones: ZoneSet,
    /// Areas of the counties, if they have polygons.
    pub areas: Option<Areas>,
    pub sectors: Vec<String>,
    /// Years, ascending.
    pub years: Vec<YearInput>,
    /// Published tables.
    pub published: Option<PublishedStudy>,
}
