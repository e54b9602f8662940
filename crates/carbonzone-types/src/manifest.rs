//! `run.json`: what a run read, did and wrote (docs/pipeline.md). Also what maps, report, explain and compare read back.

use crate::Statement;
#[cfg(feature = "manifest")]
use crate::{Finding, GridSpec, LedgerRow, Residual};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything needed to repeat a run and to defend a number.
#[cfg(feature = "manifest")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunManifest {
    /// SHA-256 of this file with 64 zeros in the place of the seal: shows whether the file was edited.
    pub seal: String,
    /// carbonzone version.
    pub version: String,
    /// Commit the binary was built from, if known.
    pub commit: String,
    /// Which study type produced it: `parcels`, `counties` or `raster_series`.
    pub study: String,
    /// Command line, without passwords.
    pub command_line: Vec<String>,
    /// Real path of the pipeline file: with the name, the identity of the run.
    pub pipeline_file: String,
    /// Name of the run: folder, GeoPackage and project are named after it.
    pub name: String,
    /// English title of the place.
    pub title_en: String,
    /// Chinese title of the place.
    pub title_zh: String,
    /// Years of the run.
    pub years: Vec<i32>,
    /// True if any input is synthetic; every output says so.
    pub synthetic: bool,
    /// True if the layers are real and totals or proxies are only examples; every output says so.
    pub illustrative: bool,
    /// Source line printed below every map.
    pub source_note: String,
    /// Caption slot for the map review number (审图号); empty if the user gave none.
    pub map_review_number: String,
    /// Working CRS as given, e.g. `EPSG:4549`.
    pub crs: String,
    /// Its WKT.
    pub crs_wkt: String,
    /// `planar` or `ellipsoidal`: what `area_m2` and the shares are based on.
    pub area_basis: String,
    /// Grid, if one was made.
    pub grid: Option<GridSpec>,
    /// Layer name of the grid, e.g. `grid_1km`.
    pub grid_layer: String,
    /// Layer name of the zones, e.g. `townships`.
    pub zones_layer: String,
    /// Sector keys in column order, without `sink`.
    pub sectors: Vec<String>,
    /// Fully resolved pipeline, defaults filled in.
    pub pipeline: serde_json::Value,
    /// Inputs.
    pub inputs: Vec<InputRecord>,
    /// Factor and coefficient sets and their verification status.
    pub factor_sets: Vec<FactorSetRecord>,
    /// Inventory lines (activity × factor = result), if the totals were computed.
    pub inventory: serde_json::Value,
    /// Allocation rules as applied.
    pub rules: Vec<RuleRecord>,
    /// Known plants, placed before the rest of their budgets.
    pub point_sources: Vec<PointSourceRecord>,
    /// What carries each budget, and what of its proxy was left aside.
    pub closing: Vec<crate::ClosingRow>,
    /// Tonnes by zone and rule.
    pub contributions: Vec<Contribution>,
    /// City totals on both bases.
    pub totals: Totals,
    /// Index columns of the zones, e.g. `ccr`, `ecc`, `esc`.
    pub indicators: Vec<IndicatorRecord>,
    /// Zone classes of the scheme with counts.
    pub zone_classes: Vec<ZoneClassRecord>,
    /// How sure the zone classes are, if the pipeline file asked for it.
    pub confidence: Option<ConfidenceRecord>,
    /// Gross emissions by space type and sector, of a run on parcels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_land: Vec<crate::LandSectorRecord>,
    /// Classes under the other sets of sink coefficients, where a given total of sinks is shared out by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sink_sets: Vec<crate::SinkSetRecord>,
    /// Units that would have another class if one map point stood in another unit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_one_point: Vec<crate::OnePointRecord>,
    /// Compensation between the units, if the pipeline file asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensation: Option<crate::CompensationRecord>,
    /// Scenarios of plans, if the pipeline file has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<crate::ScenarioRecord>,
    /// Totals of other sources beside ours, if the pipeline file has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<crate::ReferenceRecord>,
    /// Clusters, hot spots, inequality, if the pipeline file asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<crate::statistics::StatisticsRecord>,
    /// What the run wants readers to know (definition is ours, factors unverified, ...), one sentence each.
    pub statements: Vec<Statement>,
    /// Further lines of the closing summary (several years, published comparison), as printed.
    pub summary: Vec<Statement>,
    /// Library versions.
    pub libraries: Libraries,
    /// Faces that the figures are drawn with.
    pub fonts: Vec<FontRecord>,
    /// Wall time per stage.
    pub stages: Vec<StageTiming>,
    /// Peak resident memory in bytes, if the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Threads used.
    pub threads: usize,
    /// Findings.
    pub findings: Vec<Finding>,
    /// Ledger.
    pub ledger: Vec<LedgerRow>,
    /// Checked balances.
    pub balances: Vec<Residual>,
    /// Files written.
    pub outputs: Vec<OutputRecord>,
}

#[cfg(feature = "manifest")]
impl RunManifest {
    /// What the numbers are not, if they are no inventory of a real place.
    pub fn data_label(&self) -> Option<DataLabel> {
        let illustrative = self.illustrative.then_some(DataLabel::Illustrative);
        if self.synthetic { Some(DataLabel::Synthetic) } else { illustrative }
    }
}

/// What every output says of numbers that are no inventory of a real place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataLabel {
    /// Made by a program.
    Synthetic,
    /// Real layers with totals or proxies that are only examples.
    Illustrative,
}

impl DataLabel {
    /// Column of tables and layers.
    pub fn column(self) -> &'static str {
        match self {
            Self::Synthetic => "synthetic",
            Self::Illustrative => "illustrative",
        }
    }

    /// Badge of maps, layers and pages.
    pub fn badge(self) -> Statement {
        match self {
            Self::Synthetic => Statement::new("SYNTHETIC DATA – not real", "合成数据，非真实"),
            Self::Illustrative => Statement::new("ILLUSTRATIVE TOTALS – real layers", "总量为示例，图层真实"),
        }
    }

    /// The same as a sentence.
    pub fn sentence(self) -> Statement {
        match self {
            Self::Synthetic => Statement::new(
                "SYNTHETIC DATA: no number of a unit describes a real place, whatever totals the source names",
                "合成数据：各单元数值不描述任何真实地区，即使来源所列总量为真实数据",
            ),
            Self::Illustrative => Statement::new(
                "ILLUSTRATIVE TOTALS: the layers are real, the tonnes are not an inventory of the place",
                "总量为示例：图层真实，碳排放量与碳汇量不是该地区的清单数据",
            ),
        }
    }
}

/// One input file or layer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputRecord {
    /// Role in the pipeline file, e.g. `parcels`.
    pub role: String,
    /// Path as given.
    pub path: String,
    /// Layer, if the file has several.
    pub layer: String,
    /// Size in bytes (all sidecar files of a shapefile together).
    pub bytes: u64,
    /// SHA-256 of the file (for a shapefile: of .shp, .shx, .dbf, .prj and .cpg in that order).
    pub sha256: String,
    /// Features or rows read.
    pub features: u64,
    /// CRS of the source.
    pub crs: String,
}

/// A factor or coefficient set in use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FactorSetRecord {
    /// Name of the set, e.g. `lit_high`.
    pub set: String,
    /// What it is for.
    pub purpose: String,
    /// `verified_primary`, `verified_secondary`, `unverified`, `disputed`, or a mixture in words.
    pub status: String,
    /// Source.
    pub source: String,
    /// Tonnes (magnitude) that rest on it, if known.
    pub amount_t: Option<f64>,
    /// Tonnes (magnitude) that rest on unverified or disputed rows of it, if known.
    pub unverified_t: Option<f64>,
}

/// An allocation rule as it was applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleRecord {
    /// Rule id, unique in the run.
    pub id: String,
    /// Sector key or `sink`.
    pub sector: String,
    /// Activity in words.
    pub activity: String,
    /// Space types that carry it.
    pub land_groups: Vec<String>,
    /// Budget in t CO2e (sinks positive), before point sources.
    pub budget_t: f64,
    /// Where the budget comes from.
    pub budget_source: String,
    /// Placed on point sources first.
    pub point_sources_t: f64,
    /// Proxies as declared, in order.
    pub proxies: Vec<ProxyTotal>,
    /// Index into `proxies` of the one in use; `None` if nothing could be placed.
    pub used: Option<usize>,
    /// Additive smoothing of the weights (docs/adr/0005); 0: none.
    pub smoothing: f64,
    /// Sum of the weights, smoothing included; 0 if nothing was shared out.
    pub weight_total: f64,
    /// Parcels that belong to the land groups.
    pub parcels: u64,
    /// Placed on parcels, point sources included.
    pub placed_t: f64,
    /// Not placed.
    pub unallocated_t: f64,
}

/// A proxy with its denominator over the land groups of a rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProxyTotal {
    /// Proxy name, e.g. `poi:industry`.
    pub name: String,
    /// Unit of the measure: `poi`, `persons`, `m`, `m2`, ...
    pub unit: String,
    /// Sum of the measure over the parcels of the land groups.
    pub total: f64,
}

/// A known plant that was placed where it stands, before the rest of its budget was shared out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PointSourceRecord {
    /// Id in the user's file.
    pub id: String,
    /// Rule whose budget it is part of.
    pub rule: String,
    /// Id of the parcel it stands on.
    pub parcel: String,
    /// Emission, t CO2e.
    pub gross_t: f64,
}

/// Tonnes that a rule brings to a zone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contribution {
    /// Zone id.
    pub zone: String,
    /// Rule id.
    pub rule: String,
    /// Tonnes CO2e (sinks positive).
    pub amount_t: f64,
}

/// What the draws of `[uncertainty]` say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfidenceRecord {
    /// Seed of the draws.
    pub seed: u64,
    /// Number of draws.
    pub draws: u64,
    /// Units whose class is safe (95 % or more), likely (75 % or more), less than that.
    pub counts: [u64; 3],
    /// How many of the last have another class in more draws than the one printed.
    pub other_likelier: u64,
    /// Units with an index on the borderline of its threshold.
    pub borderline: u64,
    /// How many of those that are not safe lie on the borderline.
    pub unsure_borderline: u64,
    /// Coefficient of variation of an average share, by kind of proxy.
    pub proxies: BTreeMap<String, f64>,
    /// The same by rule, as it was used.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, f64>,
    /// Totals of the city: sectors, `gross`, `sink`, `net`; approach 2 of IPCC 2006 vol. 1 ch. 3.
    pub city: Vec<CityUncertainty>,
    /// Units in the order of the zone table.
    pub units: Vec<UncertainUnit>,
    /// Further classes that were judged in the same draws, e.g. the state of a county in its window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<FurtherConfidence>,
}

/// How sure a further class of the units is. The columns beside `field` are `p_<prefix><class>`, `<field>_confidence`,
/// `<field>_confidence_class` and `<field>_confidence_driver`; where `field` ends in `_of_mean`, so do they.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FurtherConfidence {
    /// Text column with the class.
    pub field: String,
    /// What stands before the class in the names of the columns of probabilities.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Its name.
    pub label_en: String,
    /// Its name.
    pub label_zh: String,
    /// Columns of the indices that decide it.
    pub indices: Vec<String>,
    /// Classes, with the units of the headline.
    pub classes: Vec<ZoneClassRecord>,
    /// Units of the headline whose class is safe, likely, less than that.
    pub counts: [u64; 3],
    /// How many of the last have another class in more draws than the one printed.
    pub other_likelier: u64,
    /// Units, as in [`ConfidenceRecord::units`].
    pub units: Vec<UncertainUnit>,
}

/// A total of the city with its uncertainty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CityUncertainty {
    /// Sector key, `gross`, `sink` or `net`.
    pub item: String,
    /// Amount of the run, t CO2e.
    pub amount_t: f64,
    /// Half-width of the 95 % interval, 1.96 standard deviations, t.
    pub half_width_t: f64,
    /// 5 % of the draws lie below, t.
    pub p05_t: f64,
    /// Median, t.
    pub p50_t: f64,
    /// 95 % of the draws lie below, t.
    pub p95_t: f64,
}

/// How sure the class of a unit is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UncertainUnit {
    /// Unit id.
    pub unit_id: String,
    /// Year of the class, in a study over years; none: the class by the mean over the years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// Probability of the class printed.
    pub confidence: f64,
    /// Monte Carlo error of that probability, `√(p(1 − p)/N)`.
    pub error: f64,
    /// Largest group of reasons that the class could be another; empty if it never is.
    pub driver: String,
    /// Total Sobol index of each group, by output: an index column, or `class`.
    pub drivers: BTreeMap<String, BTreeMap<String, f64>>,
    /// Where 90 % of the draws of its two indices lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ellipse: Option<Ellipse>,
}

/// An ellipse around the draws of two positive indices, in their natural logarithms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ellipse {
    /// Mean of the logarithms.
    pub centre: [f64; 2],
    /// Half axes, the longer one first. They are scaled so that the share of draws asked for lies inside, whatever their
    /// distribution.
    pub half_axes: [f64; 2],
    /// Direction of the longer half axis, radians from the first index to the second.
    pub angle_rad: f64,
}

/// City totals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Gross emissions, t CO2e.
    pub gross_t: f64,
    /// Sinks, t CO2e, positive.
    pub sink_t: f64,
    /// Gross minus sinks.
    pub net_t: f64,
    /// The city's CCR: sinks over gross of the whole inventory, what lies outside every zone included; `None` if gross
    /// is 0, or if the study judges by `source_sink_ratio` instead.
    pub ccr: Option<f64>,
    /// CCR of the zones together, the base of ESC: without what lies outside every zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ccr_of_zones: Option<f64>,
    /// Energy emissions over absorption (sinks minus land that is a source), in studies that judge by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sink_ratio: Option<f64>,
    /// One row per sector, then `sink`.
    pub sectors: Vec<SectorTotal>,
}

/// A sector's total and its share on both bases.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SectorTotal {
    /// Sector key or `sink`.
    pub sector: String,
    /// Tonnes (sinks positive).
    pub amount_t: f64,
    /// Percent of gross emissions; of the sinks below zero.
    pub share_of_gross_pct: Option<f64>,
    /// Percent of net emissions (sinks count negative).
    pub share_of_net_pct: Option<f64>,
}

/// An index column of the zone layer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndicatorRecord {
    /// Column name.
    pub key: String,
    /// English label.
    pub label_en: String,
    /// Chinese label.
    pub label_zh: String,
    /// Unit, empty if dimensionless.
    pub unit: String,
    /// Thresholds that zoning uses (e.g. `[1.0]`): forced class breaks on maps.
    pub thresholds: Vec<f64>,
    /// True if a value on a threshold belongs to the level above it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub equal_is_above: bool,
    /// How it is computed and what its value says: the one text for tables, maps, report and `explain`.
    pub meaning: Statement,
}

/// A zone class of the scheme.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneClassRecord {
    /// Code as in `zones.tif` and `zone_id`.
    pub id: u8,
    /// Key as in `zone`.
    pub key: String,
    /// English label.
    pub label_en: String,
    /// Chinese label.
    pub label_zh: String,
    /// Hex colour.
    pub color: String,
    /// Zones of this class (of the last year, if several).
    pub count: u64,
    /// What is characteristic of it and what is advised there.
    #[serde(skip_serializing_if = "GuidanceRecord::is_empty")]
    pub guidance: GuidanceRecord,
}

/// Characteristics and measures of a zone class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuidanceRecord {
    /// What is characteristic of the class.
    pub characteristics: Statement,
    /// What is advised, in order.
    pub measures: Vec<Statement>,
    /// Where the texts come from.
    pub source: String,
}

impl GuidanceRecord {
    /// True if nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Versions of the native libraries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Libraries {
    /// GDAL.
    pub gdal: String,
    /// PROJ.
    pub proj: String,
}

/// A face of the figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FontRecord {
    /// Family.
    pub family: String,
    /// Version.
    pub version: String,
    /// Where it is from: shipped with carbonzone, or installed on the machine.
    pub origin: String,
    /// The characters it was needed for; empty: all that it has.
    pub characters: String,
}

/// Time of a stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageTiming {
    /// Stage name.
    pub stage: String,
    /// Seconds on the clock.
    pub seconds: f64,
    /// CPU seconds of all threads meanwhile; divided by `seconds`: how many were busy.
    pub cpu_seconds: f64,
}

/// One output file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputRecord {
    /// Path relative to the run folder.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
    /// Of a GeoPackage: the counters of its header that every program changes when it opens the file, hex. With them in their
    /// places the file has its SHA-256 again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub counters: String,
    /// What it is.
    pub what: String,
}

#[cfg(all(test, feature = "manifest"))]
mod tests {
    use super::*;

    #[test]
    fn statements_of_earlier_runs_are_read_as_both_languages() {
        let json = r#"{"statements": ["Old.", {"en": "New.", "zh": "新。"}]}"#;
        let manifest: RunManifest = serde_json::from_str(json).unwrap();
        assert_eq!(manifest.statements, [Statement::new("Old.", "Old."), Statement::new("New.", "新。")]);
    }
}
