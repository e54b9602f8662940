//! Where features come from, and the layers of parcels, POI, people, roads and plants.

use super::budgets::MassUnit;
use carbonzone_spatialize::surrogate::lines::RoadAssignment;
use carbonzone_types::M2_PER_HECTARE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where features come from; shared by all layers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File, relative to the pipeline file; or a GDAL connection string such as `PG:dbname=...`.
    pub path: PathBuf,
    /// Layer name, if the file has several.
    pub layer: Option<String>,
    /// CRS, if the file does not say or says it wrong: `EPSG:4326`, `GCJ-02`, `BD-09`, WKT.
    pub crs: Option<String>,
    /// Text encoding, if the file does not say or says it wrong, e.g. `GBK`.
    pub encoding: Option<String>,
    /// Keep only features for which this SQL condition holds.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Column with x or longitude (CSV).
    pub x: Option<String>,
    /// Column with y or latitude (CSV).
    pub y: Option<String>,
    /// Band of a raster, from 1. Default: the first with data; where there are several, that is a warning.
    pub band: Option<usize>,
    /// Value of a raster that means "no value", if the file does not say so.
    pub nodata: Option<f64>,
}

/// Land-use parcels.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParcelLayer {
    /// File with polygons; or a land-cover raster (GeoTIFF), whose regions of one class become parcels.
    pub source: Source,
    /// Id field; default: the feature number of the file.
    pub id: Option<String>,
    /// Field with the land-use code; several as `landuse|natural|leisure`: the first that is filled. Not for a raster,
    /// whose values are the codes.
    #[serde(default)]
    pub land_use: String,
    /// Field with the land-use name, if any: used to notice a wrong scheme.
    pub land_use_name: Option<String>,
    /// `gbt21010`, `planning2023`, `euluc`, `osm`, `corine`, `worldcover`, `clcd`, or a CSV with columns
    /// `code, space_type[, sink_type]`.
    #[serde(default = "gbt21010")]
    pub scheme: String,
    /// Field with the area that the survey gives (e.g. `TBMJ`): compared with the measured one.
    pub area: Option<String>,
    /// Unit of that field.
    #[serde(default)]
    pub area_unit: AreaUnit,
}

/// Land that is laid over the parcels: where it lies, it replaces them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandOver {
    /// What it is called in ids (`parks:12`), ledger and `explain`.
    pub name: String,
    /// File with polygons.
    pub source: Source,
    /// Id field; default: numbers.
    pub id: Option<String>,
    /// Field with the land-use code, as in `[layers.parcels]`.
    #[serde(default)]
    pub land_use: String,
    /// Or the land-use code of all of it.
    pub code: Option<String>,
    /// Scheme of the codes, as in `[layers.parcels]`.
    #[serde(default = "gbt21010")]
    pub scheme: String,
}

impl LandOver {
    /// The layer as one of parcels.
    pub fn as_parcels(&self) -> ParcelLayer {
        ParcelLayer {
            source: self.source.clone(),
            id: self.id.clone(),
            land_use: self.land_use.clone(),
            land_use_name: None,
            scheme: self.scheme.clone(),
            area: None,
            area_unit: AreaUnit::default(),
        }
    }
}

/// Units of area.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AreaUnit {
    /// Square metres.
    #[default]
    M2,
    /// Hectares, 公顷.
    Ha,
    /// 亩: 15 to the hectare.
    Mu,
    /// Square kilometres.
    Km2,
}

impl AreaUnit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::M2, Self::Ha, Self::Mu, Self::Km2];

    /// Square metres in one of it.
    pub fn m2(self) -> f64 {
        match self {
            Self::M2 => 1.0,
            Self::Ha => M2_PER_HECTARE,
            Self::Mu => M2_PER_HECTARE / 15.0,
            Self::Km2 => 1e6,
        }
    }

    /// As the pipeline file writes it.
    pub fn key(self) -> &'static str {
        match self {
            Self::M2 => "m2",
            Self::Ha => "ha",
            Self::Mu => "mu",
            Self::Km2 => "km2",
        }
    }
}

impl ParcelLayer {
    /// True if the source is a land-cover raster, by its extension.
    pub fn is_raster(&self) -> bool {
        let extension = self.source.path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        ["tif", "tiff", "img", "asc", "jp2"].iter().any(|e| extension.eq_ignore_ascii_case(e))
    }
}

fn gbt21010() -> String {
    "gbt21010".to_owned()
}

/// Points of interest.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoiLayer {
    /// File.
    pub source: Source,
    /// Field with the type code; several as `amenity|shop|office`: the first that is filled.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id field: duplicates are counted once.
    pub id: Option<String>,
    /// Name field: without ids, POI of the same name within 5 m are one.
    pub name: Option<String>,
    /// `amap`, `osm`, or a CSV with columns `code, group[, mode]`.
    #[serde(default = "amap")]
    pub groups: String,
    /// Column with what a POI counts, e.g. employees, turnover or floor area; default: each counts 1.
    pub weight: Option<String>,
    /// A POI outside the parcels of its class goes to the nearest one within this distance in metres.
    #[serde(default)]
    pub snap_m: f64,
    /// A POI with several codes: the first one counts, or all with weight 1/m.
    #[serde(default)]
    pub several_types: SeveralTypes,
}

impl PoiLayer {
    /// What counts are of: POI, or the column with their weights.
    pub fn unit(&self) -> &str {
        self.weight.as_deref().unwrap_or("poi")
    }
}

fn amap() -> String {
    "amap".to_owned()
}

/// What a POI with several codes counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeveralTypes {
    /// Its first code.
    #[default]
    First,
    /// Every code, with weight 1/m.
    All,
}

/// People.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopulationLayer {
    /// Points (with `weight`), polygons (with `weight`; shared out by area) or a raster (persons per pixel). Not for
    /// `kind = "zones"`.
    #[serde(default)]
    pub source: Source,
    /// Columns with people; several are averaged (e.g. the night hour groups). Not needed for a raster.
    #[serde(default)]
    pub weight: Vec<String>,
    /// `points` (default), `polygons`, `raster` or `zones`.
    #[serde(default)]
    pub kind: PopulationKind,
    /// What the numbers of a raster or of polygons are: `persons` (in the pixel, in the polygon), `persons/km2` or
    /// `persons/ha`. Without it they are persons; layers that speak of a density are then refused.
    pub unit: Option<PopulationUnit>,
    /// People outside the residential parcels go to the nearest one within this distance in metres.
    #[serde(default)]
    pub snap_m: f64,
}

/// What numbers of people are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PopulationUnit {
    /// Persons in the pixel or the polygon.
    #[serde(rename = "persons")]
    Persons,
    /// Persons per square kilometre.
    #[serde(rename = "persons/km2")]
    PerKm2,
    /// Persons per hectare.
    #[serde(rename = "persons/ha")]
    PerHectare,
}

impl PopulationUnit {
    /// The ground in km² that the numbers are for; `None` for plain persons.
    pub fn per_km2(self) -> Option<f64> {
        match self {
            Self::Persons => None,
            Self::PerKm2 => Some(1.0),
            Self::PerHectare => Some(0.01),
        }
    }
}

/// How people are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PopulationKind {
    /// Points with weights.
    #[default]
    Points,
    /// Polygons with counts, shared out by area.
    Polygons,
    /// Persons per pixel, shared out by exact coverage.
    Raster,
    /// The population of the zones, shared out by area over their parcels of the class: for want of anything better.
    Zones,
}

/// Roads, railways, waterways.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoadLayer {
    /// File.
    pub source: Source,
    /// Field with the class, e.g. OSM `fclass`; several as `highway|railway|waterway`. Without it every line is a road.
    pub class: Option<String>,
    /// Shipped table of classes and modes: `osm`. `modes` adds to it and wins.
    pub scheme: Option<String>,
    /// Class to transport mode (`road`, `rail`, `water`, `air`; `none`: left out on purpose). Classes not listed are
    /// left out and reported.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    /// Weight of a class in the standard length; default 1.
    #[serde(default)]
    pub class_weights: BTreeMap<String, f64>,
    /// Which parcel a stretch of road belongs to.
    #[serde(default)]
    pub assignment: RoadAssignment,
    /// Reach of the rules `nearest` and `both_sides`, metres.
    #[serde(default)]
    pub snap_m: f64,
    /// Weight of the traffic POI in the corrected length, 0 to 1 (docs/method.md §5; ours).
    #[serde(default = "half")]
    pub lambda: f64,
    /// Traffic POI beside the roads go to the nearest road parcel within this distance, metres.
    #[serde(default = "fifty")]
    pub poi_snap_m: f64,
}

fn half() -> f64 {
    0.5
}

fn fifty() -> f64 {
    50.0
}

/// Known plants.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointSourceLayer {
    /// File.
    pub source: Source,
    /// Id field.
    pub id: String,
    /// Field with t CO2e per year, or in the unit that its name says (`CO2_kt`).
    pub tonnes: String,
    /// Unit of that field, of CO2e: `t`, `kt`, `1e4 t` or `Mt`; default: what its name says, else `t`.
    pub unit: Option<MassUnit>,
    /// Field with the id of the allocation rule whose budget it is part of.
    pub rule: String,
    /// A plant outside every parcel goes to the nearest one within this distance, metres.
    #[serde(default)]
    pub snap_m: f64,
}
