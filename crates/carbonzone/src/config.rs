//! The pipeline file: one TOML that describes a city, its layers, its budgets and its zoning.

mod budgets;
mod city;
mod outputs;
mod sources;
mod zones;

pub(crate) use budgets::one;
pub use budgets::{Allocate, Inventory, MassUnit, Sinks, Total};
pub use city::{AreaBasis, Border, City};
pub use outputs::{Aggregate, Language, Outputs, ParcelDetail, ParcelFormat};
pub use sources::{
    AreaUnit, LandOver, ParcelLayer, PoiLayer, PointSourceLayer, PopulationKind, PopulationLayer,
    PopulationUnit, RoadLayer, SeveralTypes, Source,
};
pub use zones::{DerivedGdp, Downscale, JoinOn, OtherRows, Overlap, TableKey, ZoneGdp, ZoneLayer, ZoneTable};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    pub uncertainty: Option<crate::uncertainty::Uncertainty>,
    /// Who would pay whom for emissions and sinks.
    pub compensation: Option<carbonzone_zoning::compensation::Compensation>,
    /// What plans would change, by name.
    #[serde(default)]
    pub scenario: BTreeMap<String, crate::scenario::config::Scenario>,
    /// Clusters, hot spots, centre and spread, inequality.
    pub statistics: Option<crate::statistics::StatisticsConfig>,
    /// Totals of independent sources beside ours, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reference: BTreeMap<String, crate::reference::Reference>,
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

/// Input layers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// Land-use parcels.
    pub parcels: ParcelLayer,
    /// Land laid over the parcels, the last on top: parks, water.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub land_over: Vec<LandOver>,
    /// Points of interest.
    pub poi: Option<PoiLayer>,
    /// People: points with weights, polygons with counts, or a raster.
    pub population: Option<PopulationLayer>,
    /// Roads, railways, waterways.
    pub roads: Option<RoadLayer>,
    /// Townships or counties.
    pub zones: ZoneLayer,
    /// Known plants: placed first and subtracted from their budget.
    pub point_sources: Option<PointSourceLayer>,
}
