//! `plan.json`: all that the parts of a city have in common.

use carbonzone_spatialize::{AllocationRule, PlacedPointSource, ProxyTable};
use carbonzone_types::{ExactSum, Findings, GridSpec, Ledger};
use carbonzone_zoning::ZoningConfig;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the folder of a city.
pub const FORMAT: u32 = 1;

/// A file of the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Name below the folder of the city.
    pub file: String,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes.
    pub sha256: String,
}

/// A zone without its geometry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unit {
    /// Id.
    pub unit_id: String,
    /// Name.
    pub name: String,
    /// English name.
    pub name_en: Option<String>,
    /// District.
    pub district: Option<String>,
    /// Its English name.
    pub district_en: Option<String>,
    /// Area on the basis of the study, m².
    pub area_m2: f64,
    /// Planar area, m².
    pub planar_m2: f64,
    /// Residents.
    pub population_persons: Option<f64>,
    /// GDP, in the plan's unit of money.
    pub gdp: Option<f64>,
    /// GDP is derived, not statistics.
    pub gdp_derived: bool,
}

/// A city made ready: checked, mended, in its working CRS, proxies counted per parcel; parcels in parts beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// Program that wrote it.
    pub program: String,
    /// Key of the city: `city.name` of its pipeline file.
    pub city: String,
    /// English title.
    pub title_en: String,
    /// Chinese title.
    pub title_zh: String,
    /// Year.
    pub year: Option<i32>,
    /// Working CRS.
    pub crs: String,
    /// `synthetic` or `illustrative`, if it is no inventory of a real place.
    pub label: Option<String>,
    /// What the zones are: `townships`, ...
    pub zones_layer: String,
    /// Unit of GDP, e.g. `1e4 CNY`.
    pub gdp_unit: String,
    /// Zones in canonical order.
    pub units: Vec<Unit>,
    /// Their geometry.
    pub zones: Part,
    /// Space types of parcels.
    pub space_types: Vec<String>,
    /// Proxies that rules use, with their units; a column of the parts each.
    pub proxies: BTreeMap<String, String>,
    /// Rules with their budgets.
    pub rules: Vec<AllocationRule>,
    /// Known plants; `parcel` is `row` of the parts.
    pub point_sources: Vec<PlacedPointSource>,
    /// Grid.
    pub grid: GridSpec,
    /// Indices and zones.
    pub zoning: ZoningConfig,
    /// Parcels in all parts.
    pub parcels: u64,
    /// Parts.
    pub parts: Vec<Part>,
    /// What was noticed up to here.
    pub findings: Findings,
    /// What became of features and values up to here.
    pub ledger: Ledger,
}

impl Plan {
    /// The proxies without values: their units.
    pub fn units_of_proxies(&self) -> ProxyTable {
        let mut out = ProxyTable::new();
        self.proxies.iter().for_each(|(name, unit)| out.insert(name, unit, Vec::new()));
        out
    }

    /// t CO2e of the known plants of a rule.
    pub fn point_t(&self, rule: &AllocationRule) -> f64 {
        let mine = self.point_sources.iter().filter(|s| s.rule == rule.id);
        mine.map(|s| s.gross_t).collect::<ExactSum>().value()
    }

    /// Sectors in the order of columns, without the sinks.
    pub fn sectors(&self) -> Vec<String> {
        crate::sector_order(self.rules.iter().map(|r| r.sector.as_str()))
    }
}
