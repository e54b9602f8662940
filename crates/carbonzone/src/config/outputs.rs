//! Grid, and what is written.

use carbonzone_report::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Grid.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Cell size in metres; cells are snapped to multiples of it.
    #[serde(default = "thousand")]
    pub cell_m: f64,
}

impl Default for Aggregate {
    fn default() -> Self {
        Self { cell_m: thousand() }
    }
}

fn thousand() -> f64 {
    1000.0
}

/// What is written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// How much of the parcels leaves the office: `full`, `coarse` (only sums per 100 m cell) or `none`.
    #[serde(default)]
    pub parcels: ParcelDetail,
    /// Format of the parcel layer.
    #[serde(default)]
    pub parcel_format: ParcelFormat,
    /// Language of maps and report.
    #[serde(default)]
    pub language: Language,
    /// Write figures, QGIS project and report.
    #[serde(default = "yes")]
    pub maps: bool,
    /// Resolution of the PNG figures, dots per inch: an option of the command, no key of the file.
    #[serde(skip, default = "print_dpi")]
    pub dpi: u32,
}

impl Default for Outputs {
    fn default() -> Self {
        Self {
            parcels: ParcelDetail::Full,
            parcel_format: ParcelFormat::Gpkg,
            language: Language::Both,
            maps: true,
            dpi: print_dpi(),
        }
    }
}

/// What a printer shows.
fn print_dpi() -> u32 {
    300
}

fn yes() -> bool {
    true
}

/// How much of the parcels is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParcelDetail {
    /// Every parcel with all fields.
    #[default]
    Full,
    /// Only tonnes and area per 100 m cell: no outline, no id, no land-use code of a parcel.
    Coarse,
    /// Not at all.
    None,
}

/// Format of the parcel layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParcelFormat {
    /// In the run's GeoPackage.
    #[default]
    Gpkg,
    /// FlatGeobuf beside it.
    Fgb,
    /// GeoParquet beside it.
    Parquet,
    /// Not written.
    None,
}

/// Language of maps and report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
    /// Both (default).
    #[default]
    Both,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::En,
            Lang::Zh => Self::Zh,
            Lang::Both => Self::Both,
        }
    }
}
