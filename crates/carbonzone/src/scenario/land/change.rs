//! What a plan does to the ground.

use std::collections::BTreeMap;

/// What a plan changes.
#[derive(Debug, Clone, Default)]
pub struct LandChange {
    /// Hectares by zone, space type now and space type of the plan.
    pub moved_ha: BTreeMap<(usize, usize, usize), f64>,
    /// Tonnes that go with the ground, by rule and zone.
    pub lost_t: Vec<Vec<f64>>,
    /// Tonnes of new land, by rule and zone: assumed.
    pub new_t: Vec<Vec<f64>>,
    /// Lost and new tonnes by rule and space type.
    pub by_type_t: Vec<Vec<[f64; 2]>>,
    /// Base ground that the plan does not cover, ha: it stays as it is.
    pub unplanned_ha: f64,
    /// New land by space type, ha, that neither a parcel nor a rule of the base run knows: it has no tonnes.
    pub unheard_ha: BTreeMap<usize, f64>,
}
