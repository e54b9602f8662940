//! Parcels as they are kept.

use crate::load::codes::Codes;
use carbonzone_geom::Coverage;
use carbonzone_spatialize::groups::{mask_of, sums_of};
use carbonzone_spatialize::surrogate::sink::SinkTypes;
use carbonzone_types::{ExactSum, TextList};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the space type of parcels whose code no scheme row matches.
pub const UNKNOWN: &str = "unknown";

/// Parcels in canonical order; all vectors have one entry per parcel.
pub struct ParcelSet {
    /// Geometry in the working CRS.
    pub coverage: Arc<Coverage>,
    /// Unique ids.
    pub ids: TextList,
    /// Codes as given.
    pub land_use: Codes,
    /// Index into `space_types`.
    pub space_type: Vec<u16>,
    /// Names of the space types.
    pub space_types: Vec<String>,
    /// Index into `sink_types`.
    pub sink_type: Vec<u16>,
    /// Names of the sink types.
    pub sink_types: Vec<String>,
    /// Codes that the scheme knows only by their beginning: number of the code, code of the scheme.
    pub by_beginning: Vec<(u32, String)>,
    /// Area on the basis of the run, m².
    pub area_m2: Vec<f64>,
    /// Planar area, m².
    pub planar_m2: Vec<f64>,
    /// Ellipsoidal area, m².
    pub ellipsoidal_m2: Vec<f64>,
    /// Names of the land layers that the parcels come from, the lowest first; empty if there is one only.
    pub layers: Vec<String>,
    /// Index into `layers`; empty if there is one only.
    pub layer: Vec<u16>,
    /// Pairs of parcels that claim the same ground, with its planar area in m².
    pub overlaps: Vec<(u32, u32, f64)>,
}

impl ParcelSet {
    /// Marks the parcels of the named space types.
    pub fn mask<'a>(&self, space_types: impl IntoIterator<Item = &'a String>) -> Vec<bool> {
        let wanted: Vec<&String> = space_types.into_iter().collect();
        let by_type: Vec<bool> = self.space_types.iter().map(|s| wanted.contains(&s)).collect();
        mask_of(&self.space_type, &by_type)
    }

    /// Sink type of each parcel, and their names.
    pub fn sinks(&self) -> SinkTypes<'_> {
        (&self.sink_type, &self.sink_types)
    }

    /// Area per sink type in m², by name.
    pub fn area_by_sink_type(&self) -> BTreeMap<String, f64> {
        let sums = sums_of(&self.sink_type, self.sink_types.len(), &self.area_m2);
        self.sink_types.iter().cloned().zip(sums.into_iter().map(ExactSum::value)).collect()
    }
}
