//! What a raster series computes with.

use crate::load::zones::ZoneSet;
use crate::studies::place::Areas;
use carbonzone_io::WorkingCrs;
use carbonzone_zoning::ratio::Window;

/// Counties, years, windows and totals.
pub struct Inputs {
    pub crs: WorkingCrs,
    /// Counties in canonical order.
    pub zones: ZoneSet,
    /// Areas of the counties.
    pub areas: Areas,
    /// Years, ascending.
    pub years: Vec<i32>,
    /// Windows of years.
    pub windows: Vec<Window>,
    /// Emissions by region (county position, or group of counties) and year, t CO2.
    pub emissions: Vec<RegionSeries>,
}

/// Emissions of a region in every year of the study.
#[derive(Debug, Clone)]
pub struct RegionSeries {
    /// Counties of the region, by position.
    pub counties: Vec<usize>,
    /// t CO2 per year of the study; `None`: no row.
    pub emission_t: Vec<Option<f64>>,
}
