//! The pipeline file: one TOML that describes a city, its layers, its budgets and its zoning.

use carbonzone_spatialize::surrogate::lines::RoadAssignment;
use carbonzone_spatialize::{OnMissingClass, OnZeroWeight};
use carbonzone_types::M2_PER_HECTARE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A carbonzone pipeline file. Paths are relative to the file itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// `parcels` (default); other studies have their own keys.
    #[serde(default)]
    pub study: ParcelsTag,
    /// Place, year, working CRS.
    pub city: City,
    /// Input layers.
    pub layers: Layers,
    /// Sector totals: given (`totals`) or computed from activity data (`activity`).
    pub inventory: Inventory,
    /// Sink coefficients used by the proxy `sink_area`.
    #[serde(default)]
    pub sinks: Sinks,
    /// The allocation table: which budget goes to which land by which proxy (the paper's Table 2).
    #[serde(default)]
    pub allocate: Vec<Allocate>,
    /// Grid.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// Indices and zones.
    #[serde(default)]
    pub zoning: carbonzone_zoning::ZoningConfig,
    /// How unsure the inputs are: with it, the run says how sure every zone class is.
    #[serde(default)]
    pub uncertainty: Option<crate::uncertainty::Uncertainty>,
    /// What is written.
    #[serde(default)]
    pub outputs: Outputs,
}

/// The value of `study`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParcelsTag {
    /// Parcels, grid, townships.
    #[default]
    Parcels,
}

/// Place, years, working CRS: the same in every study.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Short ASCII name: the output folder and the GeoPackage are named after it.
    pub name: String,
    /// English title on maps; default: the name.
    #[serde(default)]
    pub title_en: String,
    /// Chinese title on maps; default: the English one.
    #[serde(default)]
    pub title_zh: String,
    /// Year of the inventory, in a study of one year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// Years, ascending, in a study over years; or give `first_year` and `last_year`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<i32>,
    /// First year of a series without gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_year: Option<i32>,
    /// Last year of a series without gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_year: Option<i32>,
    /// Working CRS: projected, metres, e.g. `EPSG:4549`, WKT or PROJ text; for a study over years an equal-area one is best.
    /// Needed if there are layers.
    #[serde(default)]
    pub crs: Option<String>,
    /// Which area the shares, intensities and sinks rest on. The other one is written as a second column.
    #[serde(default)]
    pub area: AreaBasis,
    /// Parcels that cross the border of the zones.
    #[serde(default)]
    pub border: Border,
    /// True if any input is synthetic: every output then says so.
    #[serde(default)]
    pub synthetic: bool,
    /// True if the layers are real, and totals or proxies only examples: every output then says so.
    #[serde(default)]
    pub illustrative: bool,
    /// Source line below every map.
    #[serde(default)]
    pub source: String,
    /// Map review number (审图号) for the caption, if you have one.
    #[serde(default)]
    pub map_review_number: String,
}

impl City {
    /// Years of the study, ascending.
    #[must_use]
    pub fn years(&self) -> Vec<i32> {
        match (self.year, self.first_year, self.last_year) {
            (Some(year), ..) => vec![year],
            (None, Some(first), Some(last)) => (first..=last).collect(),
            _ => self.years.clone(),
        }
    }
}

/// Planar or ellipsoidal areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AreaBasis {
    /// Area in the working CRS (default).
    #[default]
    Planar,
    /// Area on the ellipsoid.
    Ellipsoidal,
}

impl AreaBasis {
    /// As in the pipeline file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planar => "planar",
            Self::Ellipsoidal => "ellipsoidal",
        }
    }
}

/// What happens to parcels that cross the outer border of the zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// Whole parcel, whole weight; the part outside goes into the ledger's outside row (default).
    #[default]
    Keep,
    /// Parcels are weighted by their part inside the zones, and carry nothing outside.
    Clip,
}

/// Input layers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// Land-use parcels.
    pub parcels: ParcelLayer,
    /// Points of interest.
    #[serde(default)]
    pub poi: Option<PoiLayer>,
    /// People: points with weights, polygons with counts, or a raster.
    #[serde(default)]
    pub population: Option<PopulationLayer>,
    /// Roads, railways, waterways.
    #[serde(default)]
    pub roads: Option<RoadLayer>,
    /// Townships or counties.
    pub zones: ZoneLayer,
    /// Known plants: placed first and subtracted from their budget.
    #[serde(default)]
    pub point_sources: Option<PointSourceLayer>,
}

/// Where features come from; shared by all layers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File, relative to the pipeline file; or a GDAL connection string such as `PG:dbname=...`.
    pub path: PathBuf,
    /// Layer name, if the file has several.
    #[serde(default)]
    pub layer: Option<String>,
    /// CRS, if the file does not say or says it wrong: `EPSG:4326`, `GCJ-02`, `BD-09`, WKT.
    #[serde(default)]
    pub crs: Option<String>,
    /// Text encoding, if the file does not say or says it wrong, e.g. `GBK`.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Keep only features for which this SQL condition holds.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Column with x or longitude (CSV).
    #[serde(default)]
    pub x: Option<String>,
    /// Column with y or latitude (CSV).
    #[serde(default)]
    pub y: Option<String>,
    /// Band of a raster, from 1. Default: the first with data; where there are several, that is a warning.
    #[serde(default)]
    pub band: Option<usize>,
    /// Value of a raster that means "no value", if the file does not say so.
    #[serde(default)]
    pub nodata: Option<f64>,
}

/// Land-use parcels.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParcelLayer {
    /// File with polygons; or a land-cover raster (GeoTIFF), whose regions of one class become parcels.
    pub source: Source,
    /// Id field; default: the feature number of the file.
    #[serde(default)]
    pub id: Option<String>,
    /// Field with the land-use code; several as `landuse|natural|leisure`: the first that is filled. Not for a raster,
    /// whose values are the codes.
    #[serde(default)]
    pub land_use: String,
    /// Field with the land-use name, if any: used to notice a wrong scheme.
    #[serde(default)]
    pub land_use_name: Option<String>,
    /// `gbt21010`, `planning2023`, `euluc`, `osm`, `corine`, `worldcover`, `clcd`, or a CSV with columns
    /// `code, space_type[, sink_type]`.
    #[serde(default = "gbt21010")]
    pub scheme: String,
    /// Field with the area that the survey gives (e.g. `TBMJ`): compared with the measured one.
    #[serde(default)]
    pub area: Option<String>,
    /// Unit of that field.
    #[serde(default)]
    pub area_unit: AreaUnit,
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
    #[must_use]
    pub fn m2(self) -> f64 {
        match self {
            Self::M2 => 1.0,
            Self::Ha => M2_PER_HECTARE,
            Self::Mu => M2_PER_HECTARE / 15.0,
            Self::Km2 => 1e6,
        }
    }

    /// As the pipeline file writes it.
    #[must_use]
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
    #[must_use]
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
    #[serde(default)]
    pub id: Option<String>,
    /// Name field: without ids, POI of the same name within 5 m are one.
    #[serde(default)]
    pub name: Option<String>,
    /// `amap`, `osm`, or a CSV with columns `code, group[, mode]`.
    #[serde(default = "amap")]
    pub groups: String,
    /// A POI outside the parcels of its class goes to the nearest one within this distance in metres.
    #[serde(default)]
    pub snap_m: f64,
    /// A POI with several codes: the first one counts, or all with weight 1/m.
    #[serde(default)]
    pub several_types: SeveralTypes,
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
    /// People outside the residential parcels go to the nearest one within this distance in metres.
    #[serde(default)]
    pub snap_m: f64,
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
    #[serde(default)]
    pub class: Option<String>,
    /// Shipped table of classes and modes: `osm`. `modes` adds to it and wins.
    #[serde(default)]
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

/// Townships or counties.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneLayer {
    /// File.
    pub source: Source,
    /// What the zones are: `townships` or `counties`; the output layer is named after it.
    #[serde(default = "townships")]
    pub kind: String,
    /// Id field.
    pub id: String,
    /// Name field.
    #[serde(default)]
    pub name: Option<String>,
    /// Field with an English name, for English maps.
    #[serde(default)]
    pub name_en: Option<String>,
    /// Field with the district the zone belongs to.
    #[serde(default)]
    pub district: Option<String>,
    /// Field of the layer with population, if it is not in a table.
    #[serde(default)]
    pub population: Option<String>,
    /// Field of the layer with GDP in 1e4 CNY, if it is not in a table; or `{ downscale = ... }`: GDP of the counties,
    /// shared out over their zones.
    #[serde(default)]
    pub gdp: Option<ZoneGdp>,
    /// Overlapping zones.
    #[serde(default)]
    pub overlap: Overlap,
    /// Tables joined to the zones.
    #[serde(default)]
    pub tables: Vec<ZoneTable>,
}

fn townships() -> String {
    "townships".to_owned()
}

/// GDP of the zones that is in no table.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ZoneGdp {
    /// Field of the layer, 1e4 CNY.
    Field(String),
    /// Derived from the GDP of the counties.
    Derived(Box<DerivedGdp>),
}

impl<'de> Deserialize<'de> for ZoneGdp {
    /// By hand, so that a wrong key inside the table is named as everywhere else.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = ZoneGdp;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a field name, or a table with `downscale`")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ZoneGdp, E> {
                Ok(ZoneGdp::Field(name.to_owned()))
            }
            fn visit_map<M: serde::de::MapAccess<'de>>(self, map: M) -> Result<ZoneGdp, M::Error> {
                DerivedGdp::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    .map(|derived| ZoneGdp::Derived(Box::new(derived)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// GDP derived from that of larger units.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedGdp {
    /// How it is shared out.
    pub downscale: Downscale,
}

/// GDP of counties to their zones, in proportion to a proxy; marked as derived everywhere. The counties' GDP comes from
/// a table with `on = "county"`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Downscale {
    /// Field of the zone layer that names the county of each zone.
    pub from: String,
    /// Proxies in order: `poi:<group>`, `people`, `light`, `area`. A county where the first is zero takes the next; the
    /// zone classes under each are written side by side.
    pub proxies: Vec<String>,
    /// Raster of night light for the proxy `light`.
    #[serde(default)]
    pub light: Option<Source>,
}

/// What to do with ground claimed by two zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Refuse the run (default).
    #[default]
    Error,
    /// The zone with the lower id takes it.
    First,
}

/// A table with numbers per zone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneTable {
    /// CSV or XLSX file.
    pub path: PathBuf,
    /// Sheet of a workbook; default: the first.
    #[serde(default)]
    pub sheet: Option<String>,
    /// Text encoding of a CSV file; default: detected.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Column that names the zone.
    pub key: String,
    /// Whether the key is the zone's id (default), its name, or its county (for `gdp.downscale`).
    #[serde(default)]
    pub on: TableKey,
    /// Column with population.
    #[serde(default)]
    pub population: Option<String>,
    /// How many persons one unit of the population column is, e.g. 10000 for 万人; default: what the table says, else 1.
    #[serde(default)]
    pub population_unit_persons: Option<f64>,
    /// Keys of rows that are no zone and are left out, e.g. `["合计"]`.
    #[serde(default)]
    pub skip: Vec<String>,
    /// Column with GDP.
    #[serde(default)]
    pub gdp: Option<String>,
    /// How many 1e4 CNY one unit of the GDP column is, e.g. 10000 for 亿元; default: what the table says, else 1 (万元).
    #[serde(default)]
    pub gdp_unit_1e4cny: Option<f64>,
    /// True if GDP is not statistics but derived, e.g. downscaled: written to `gdp_derived`.
    #[serde(default)]
    pub gdp_derived: bool,
}

/// The default of a unit or scale that changes nothing.
pub(crate) fn one() -> f64 {
    1.0
}

/// What the key of a zone table names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableKey {
    /// Zone id.
    #[default]
    Id,
    /// Zone name (brackets, blanks and full-width forms are normalised).
    Name,
    /// County of the zones: its GDP is shared out by `gdp.downscale`.
    County,
}

impl ZoneLayer {
    /// The downscaling of GDP, if one is asked for.
    #[must_use]
    pub fn downscale(&self) -> Option<&Downscale> {
        match &self.gdp {
            Some(ZoneGdp::Derived(derived)) => Some(&derived.downscale),
            _ => None,
        }
    }

    /// The field with GDP, if it is in the layer.
    #[must_use]
    pub fn gdp_field(&self) -> Option<&String> {
        match &self.gdp {
            Some(ZoneGdp::Field(field)) => Some(field),
            _ => None,
        }
    }
}

/// Key of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinOn {
    /// Zone id.
    #[default]
    Id,
    /// Zone name (brackets, blanks and full-width forms are normalised).
    Name,
}

/// Known plants.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointSourceLayer {
    /// File.
    pub source: Source,
    /// Id field.
    pub id: String,
    /// Field with t CO2e per year.
    pub tonnes: String,
    /// Field with the id of the allocation rule whose budget it is part of.
    pub rule: String,
    /// A plant outside every parcel goes to the nearest one within this distance, metres.
    #[serde(default)]
    pub snap_m: f64,
}

/// Sector totals.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// Unit of `totals.amount`: `t`, `1e4 t` (default) or `Mt`.
    #[serde(default)]
    pub unit: MassUnit,
    /// Totals per sector and land group.
    #[serde(default)]
    pub totals: Vec<Total>,
    /// Totals computed from activity data.
    #[serde(default)]
    pub activity: Option<carbonzone_inventory::InventoryConfig>,
}

/// Unit of given totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum MassUnit {
    /// Tonnes.
    #[serde(rename = "t")]
    Tonnes,
    /// 万吨.
    #[default]
    #[serde(rename = "1e4 t")]
    TenThousandTonnes,
    /// Million tonnes.
    #[serde(rename = "Mt")]
    MillionTonnes,
}

impl MassUnit {
    /// An amount of a file in tonnes, scaled as the decimal number that stands there: 12430.46 × 10⁴ t are
    /// 124304600 t, not 124304599.99999999 t.
    #[must_use]
    pub fn in_tonnes(self, amount: f64) -> f64 {
        let power = match self {
            Self::Tonnes => 0,
            Self::TenThousandTonnes => 4,
            Self::MillionTonnes => 6,
        };
        carbonzone_types::decimal_scaled(amount, power)
    }
}

/// A given total.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// Sector key, or `sink` (positive).
    pub sector: String,
    /// Land group; the budget is called `<sector>:<land_group>` in `[[allocate]]`.
    pub land_group: String,
    /// Amount in `inventory.unit`.
    pub amount: f64,
    /// Splits the total over transport modes: budgets `<sector>:<land_group>_<mode>`. Must sum to 1.
    #[serde(default)]
    pub mode_share: BTreeMap<String, f64>,
    /// Where the number comes from.
    #[serde(default)]
    pub source: String,
}

/// Sink coefficients.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sinks {
    /// Shipped set: `lit_low`, `lit_high`, `guiyang`.
    #[serde(default)]
    pub set: Option<String>,
    /// Own coefficients by sink type in t CO2e per hectare and year; they win over the set.
    #[serde(default)]
    pub coefficients_t_ha: BTreeMap<String, f64>,
}

/// One row of the allocation table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocate {
    /// Unique id.
    pub id: String,
    /// Activity in words.
    #[serde(default)]
    pub activity: String,
    /// Budget: `<sector>:<land_group>` of the inventory.
    pub budget: String,
    /// Share of the budget that this row takes; the rows of a budget must sum to 1.
    #[serde(default = "one")]
    pub share: f64,
    /// Land groups (space types of the land-use scheme) that carry it.
    pub land: Vec<String>,
    /// Proxies in order: `poi:<group>`, `population`, `road:<mode>`, `road_corrected`, `sink_area`, `area`.
    pub proxies: Vec<String>,
    /// No parcel of the class.
    #[serde(default)]
    pub on_missing_class: OnMissingClass,
    /// All proxies zero.
    #[serde(default)]
    pub on_zero_weight: OnZeroWeight,
    /// Additive smoothing: weight = proxy + smoothing × area / mean area. 0 (default) is the paper.
    #[serde(default)]
    pub smoothing: f64,
    /// Where the rule comes from.
    #[serde(default)]
    pub source: String,
}

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
}

impl Default for Outputs {
    fn default() -> Self {
        Self {
            parcels: ParcelDetail::Full,
            parcel_format: ParcelFormat::Gpkg,
            language: Language::Both,
            maps: true,
        }
    }
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
