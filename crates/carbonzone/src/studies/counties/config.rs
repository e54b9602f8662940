//! The pipeline file of a counties study: `study = "counties"`.

use crate::config::{City, JoinOn, Outputs, ZoneLayer};
use crate::studies::table_in::year_column;
use carbonzone_inventory::equations::county::CountyFactors;
use carbonzone_zoning::ZoningConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Counties in several years: emissions from population and energy, sinks from land cover, zones by levels.
///
/// The totals come either from activity data and land cover (`activity`, `layers.land_cover`) or from published
/// tables (`published`). Paths are relative to the file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountiesPipeline {
    /// `counties`.
    pub study: CountiesTag,
    /// Place, years, working CRS.
    pub city: City,
    /// Input layers.
    #[serde(default)]
    pub layers: CountiesLayers,
    /// Population, GDP and energy per county and year.
    pub activity: Option<ActivityTable>,
    /// Emission factors of the county method.
    #[serde(default)]
    pub factors: CountyFactors,
    /// Sink coefficients by land-cover class.
    #[serde(default)]
    pub sinks: CountySinkConfig,
    /// Published totals to start from and to compare with.
    pub published: Option<PublishedTables>,
    /// Indices and zones; default: the three levels of the Guiyang paper.
    #[serde(default = "guiyang_scheme")]
    pub zoning: ZoningConfig,
    /// How unsure the inputs are: with it, the run says how sure every zone class is.
    pub uncertainty: Option<super::uncertainty::CountyUncertainty>,
    /// Who would pay whom for emissions and sinks.
    pub compensation: Option<carbonzone_zoning::compensation::Compensation>,
    /// Clusters, hot spots, centre and spread, inequality, what made emissions change.
    pub statistics: Option<crate::statistics::StatisticsConfig>,
    /// Totals of independent sources beside ours, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reference: BTreeMap<String, crate::reference::Reference>,
    /// What is written.
    #[serde(default)]
    pub outputs: Outputs,
}

fn guiyang_scheme() -> ZoningConfig {
    ZoningConfig {
        scheme: carbonzone_zoning::config::SchemeName::GuiyangThreeLevels,
        ..ZoningConfig::default()
    }
}

/// The value of `study`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountiesTag {
    /// Counties.
    Counties,
}

/// Input layers of a counties study.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountiesLayers {
    /// County polygons. Optional with published totals: without them there are tables and no maps.
    pub zones: Option<ZoneLayer>,
    /// One categorical raster per year.
    #[serde(default)]
    pub land_cover: Vec<LandCoverRaster>,
}

/// A land-cover raster.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandCoverRaster {
    /// Year.
    pub year: i32,
    /// GeoTIFF.
    pub path: PathBuf,
    /// CRS, if the file does not say.
    pub crs: Option<String>,
}

/// Population, GDP and energy, one row per county and year.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityTable {
    /// CSV or XLSX file.
    pub path: PathBuf,
    /// Sheet of a workbook; default: the first.
    pub sheet: Option<String>,
    /// Text encoding of a CSV file; default: detected.
    pub encoding: Option<String>,
    /// SQL condition on the rows, e.g. `scenario = 'high'`.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Column that names the county.
    pub key: String,
    /// Whether the key is the county's id (default) or its name.
    #[serde(default)]
    pub on: JoinOn,
    /// Column with the year.
    #[serde(default = "year_column")]
    pub year: String,
    /// Column with residents.
    pub population: String,
    /// How many persons one unit of the population column is, e.g. 10000 for 万人; default: what the table says, else 1.
    pub population_unit_persons: Option<f64>,
    /// Column with GDP.
    pub gdp: String,
    /// How many 1e4 CNY one unit of the GDP column is, e.g. 10000 for 亿元; default: what the table says, else 1 (万元).
    pub gdp_unit_1e4cny: Option<f64>,
    /// Column with energy per GDP, tonnes of coal equivalent per unit of `layers.zones.gdp_unit` (1e4 CNY);
    /// `energy_tce_per_1e4cny` is the same.
    #[serde(alias = "energy_tce_per_1e4cny")]
    pub energy_tce_per_gdp: String,
    /// Where the table comes from.
    #[serde(default)]
    pub source: String,
}

/// Sink coefficients by land-cover class.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CountySinkConfig {
    /// Raster value to class; values not listed absorb nothing and are reported with their area.
    pub classes: BTreeMap<String, String>,
    /// t per hectare and year by class; default: Table 1 of the Guiyang paper.
    pub coefficients_t_ha: BTreeMap<String, f64>,
    /// Where the coefficients come from.
    pub source: String,
}

impl Default for CountySinkConfig {
    fn default() -> Self {
        let table = carbonzone_inventory::equations::county::guiyang_sink_coefficients();
        Self {
            classes: BTreeMap::new(),
            coefficients_t_ha: table.into_iter().map(|c| (c.land_type, c.t_per_ha)).collect(),
            source: "Guiyang paper, Table 1".to_owned(),
        }
    }
}

/// Published tables of the Guiyang paper (or tables of the same shape).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedTables {
    /// CSV with year, unit, `unit_zh`, `emission_1e4t`, `sink_1e4t`, `emission_intensity_t_ha`, `sink_intensity_t_ha`, eec, sec.
    pub indicators: PathBuf,
    /// CSV with unit, `eec_level`, `sec_level`, zone.
    pub zones: PathBuf,
    /// CSV with `claim_id`, quantity, unit, year, printed, reason: numbers of the text.
    pub text: Option<PathBuf>,
    /// Where the tables come from.
    #[serde(default)]
    pub source: String,
}
