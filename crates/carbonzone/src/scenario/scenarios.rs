//! All plans of a run.

use super::project::Projected;

/// All scenarios of a run, with what they are compared with.
pub struct Scenarios {
    /// Space types: of the run, of the plans, and the one for ground without a parcel.
    pub types: Vec<String>,
    /// Hectares of the base run by zone and space type; the last row is what lies in no zone.
    pub land_ha: Vec<Vec<f64>>,
    /// In the order of their names.
    pub all: Vec<Projected>,
}
