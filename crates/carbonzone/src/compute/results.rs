//! What a run of parcels has computed.

use crate::compensation::Compensated;
use crate::explained::Explained;
use crate::scenario::Scenarios;
use crate::sink_sets::Judged;
use crate::statistics::Statistics;
use carbonzone_confidence::Confidence;
use carbonzone_scale::SectorTable;
use carbonzone_spatialize::Allocation;
use carbonzone_types::{GridSpec, ReferenceRecord, Totals};
use carbonzone_zoning::{Indices, Zoning, ZoningScheme};

/// Everything a run has computed.
pub struct Results {
    /// Sector keys in column order, without `sink`.
    pub sectors: Vec<String>,
    /// Allocation: tonnes per parcel and rule, and the rules as applied.
    pub allocation: Allocation,
    /// Tonnes per parcel.
    pub parcels: SectorTable,
    pub grid: GridSpec,
    /// Cells in which a parcel lies: their numbers, ascending. Others are kept nowhere.
    pub used_cells: Vec<u32>,
    /// Tonnes per used cell.
    pub cells: SectorTable,
    /// Parcel area per used cell, m², always > 0.
    pub covered_m2: Vec<f64>,
    /// Tonnes per zone.
    pub zones: SectorTable,
    /// Zone with the largest share of each used cell, or `None`.
    pub zone_of_cell: Vec<Option<u32>>,
    /// What the tonnes of zones, cells and parcels are made of.
    pub explained: Explained,
    /// Zoning scheme in use.
    pub scheme: ZoningScheme,
    /// Index values of the zones.
    pub indices: Indices,
    /// Zone classes.
    pub zoning: Zoning,
    /// Classes of the zones under other sets of sink coefficients.
    pub sink_sets: Vec<Judged>,
    /// How sure they are, if the pipeline file asks for it.
    pub confidence: Option<Confidence>,
    /// Who pays whom, if the pipeline file asks for it.
    pub compensation: Option<Compensated>,
    /// What plans would change, if the pipeline file has any.
    pub scenarios: Option<Scenarios>,
    /// Clusters, hot spots, inequality, if the pipeline file asks for them.
    pub statistics: Option<Statistics>,
    /// Totals of other sources beside ours, if the pipeline file has any.
    pub references: Vec<ReferenceRecord>,
    /// City totals.
    pub totals: Totals,
}
