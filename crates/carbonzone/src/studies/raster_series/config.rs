//! The pipeline file of a raster series study: `study = "raster_series"`.

use crate::config::{City, JoinOn, MassUnit, Outputs, ZoneLayer, one};
use crate::studies::table_in::year_column;
use carbonzone_inventory::equations::ecosystem::NegativeNep;
use carbonzone_spatialize::downscale::light::{BACKGROUND_NW, LightModel};
use carbonzone_zoning::risk::{RiskOptions, RiskVariant};
use carbonzone_zoning::trend::SerialCorrection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Emission and absorption over years on a grid and in counties: ratio, trend, carbon imbalance risk.
///
/// File names may hold `{year}`. Paths are relative to the file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RasterSeriesPipeline {
    /// `raster_series`.
    pub study: RasterSeriesTag,
    /// Place, years, working CRS.
    pub city: City,
    /// Input layers.
    pub layers: SeriesLayers,
    /// County energy emissions.
    pub emissions: SeriesEmissions,
    /// Absorption.
    #[serde(default)]
    pub absorption: SeriesAbsorption,
    /// Grid.
    #[serde(default)]
    pub aggregate: crate::config::Aggregate,
    /// Ratio, trend and risk.
    #[serde(default)]
    pub risk: SeriesRisk,
    /// How unsure the inputs are: with it, the run says how sure every risk class and state is.
    pub uncertainty: Option<super::uncertainty::SeriesUncertainty>,
    /// Who would pay whom for emissions and sinks.
    pub compensation: Option<carbonzone_zoning::compensation::Compensation>,
    /// Clusters, hot spots, centre and spread.
    pub statistics: Option<crate::statistics::StatisticsConfig>,
    /// Totals of independent sources beside ours, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reference: BTreeMap<String, crate::reference::Reference>,
    /// What is written.
    #[serde(default)]
    pub outputs: Outputs,
}

/// The value of `study`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RasterSeriesTag {
    /// Raster series.
    RasterSeries,
}

/// Input layers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesLayers {
    /// County polygons.
    pub zones: ZoneLayer,
    /// Annual night light, e.g. `ntl_{year}.tif`.
    pub light: YearlyRaster,
    /// Built-up share (0–1), used where a county has no light.
    pub built_up: Option<YearlyRaster>,
    /// Net primary production.
    pub npp: YearlyRaster,
    /// Soil respiration, g C/m²/yr, if it is given; else temperature and precipitation are needed.
    pub respiration: Option<YearlyRaster>,
    /// Monthly mean temperature, °C: twelve bands, January first.
    pub temperature: Option<YearlyRaster>,
    /// Monthly precipitation, mm: twelve bands, January first.
    pub precipitation: Option<YearlyRaster>,
}

/// A raster per year, or one for all years.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YearlyRaster {
    /// File; `{year}` is replaced. Without it the same file serves every year.
    pub path: String,
    /// CRS, if the file does not say.
    pub crs: Option<String>,
    /// Multiplies the values, e.g. 0.1 for MOD17A3HGF counts (g C/m²). Scale tags of the file are applied before.
    #[serde(default = "one")]
    pub scale: f64,
    /// Smallest valid value before scaling; below it is nodata.
    pub valid_min: Option<f64>,
    /// Largest valid value before scaling; above it is nodata (MOD17A3HGF: 32700).
    pub valid_max: Option<f64>,
}

/// County energy emissions: one row per county (or region) and year.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesEmissions {
    /// CSV or XLSX file.
    pub path: PathBuf,
    /// Sheet of a workbook; default: the first.
    pub sheet: Option<String>,
    /// Text encoding of a CSV file; default: detected.
    pub encoding: Option<String>,
    /// SQL condition on the rows, e.g. `scenario = 'high'`.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Column that names the county (or the region, with `level = "district"` or `"total"`).
    pub key: String,
    /// Whether the key is the county's id (default) or its name.
    #[serde(default)]
    pub on: JoinOn,
    /// What a row stands for.
    #[serde(default)]
    pub level: EmissionLevel,
    /// Column with the year.
    #[serde(default = "year_column")]
    pub year: String,
    /// Column with emissions.
    pub emission: String,
    /// Unit of that column: `t`, `kt`, `1e4 t` or `Mt`.
    #[serde(default)]
    pub unit: MassUnit,
    /// Background radiance: lower light weighs nothing, nW cm⁻² sr⁻¹.
    #[serde(default = "background")]
    pub light_threshold: f64,
    /// Relation of light and emissions that is reported (and used to split totals of regions).
    #[serde(default)]
    pub light_model: LightModel,
    /// Where the table comes from.
    #[serde(default)]
    pub source: String,
}

fn background() -> f64 {
    BACKGROUND_NW
}

/// What a row of the emission table stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmissionLevel {
    /// A county.
    #[default]
    County,
    /// A district (prefecture): its total is split over its counties by their light.
    District,
    /// The whole province: split over all counties by their light.
    Total,
}

/// Absorption.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SeriesAbsorption {
    /// Pixels whose respiration exceeds their production: `keep` (they are a source) or `clamp` (0).
    pub negative_nep: NegativeNep,
}

/// Ratio, trend and risk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SeriesRisk {
    /// Years per window.
    pub window_years: u32,
    /// Which index is shown as the risk; all are written.
    pub variant: RiskVariant,
    /// Weights, neutral band, missing years, threshold.
    pub options: RiskOptions,
    /// Correction of the Mann–Kendall test for serial correlation.
    pub serial_correction: SerialCorrection,
}

impl Default for SeriesRisk {
    fn default() -> Self {
        Self {
            window_years: 5,
            variant: RiskVariant::default(),
            options: RiskOptions::default(),
            serial_correction: SerialCorrection::default(),
        }
    }
}
