//! How large a city is asked for, and what was made.

use std::collections::BTreeMap;

/// Smallest city.
pub const MIN_PARCELS: u64 = 1_000;
/// Largest city.
pub const MAX_PARCELS: u64 = 10_000_000;

/// Size and seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SynthOptions {
    /// Number of parcels, [`MIN_PARCELS`] to [`MAX_PARCELS`]. As many points of interest, twice as many population points, a quarter
    /// as many line segments.
    pub parcels: u64,
    /// Seed; outline, lakes, main lines and township borders do not depend on it.
    pub seed: u64,
}

/// Parcels of one land-use class.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ClassSummary {
    /// Number of parcels.
    pub parcels: u64,
    /// Their area in m² of the working plane.
    pub area_m2: f64,
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SynthSummary {
    /// Parcels written.
    pub parcels: u64,
    /// Line segments written.
    pub roads: u64,
    /// Points of interest written.
    pub pois: u64,
    /// Population points written.
    pub population_points: u64,
    /// Townships written.
    pub townships: u64,
    /// Sum of people at night (22 to 06) in hundredths of a person: 100 × the census population.
    pub night_person_cents: u64,
    /// Area of all townships in m² of the working plane.
    pub township_area_m2: f64,
    /// Area of all parcels in m².
    pub parcel_area_m2: f64,
    /// Parcels under 20 m².
    pub slivers: u64,
    /// Parcels of several parts.
    pub multipart: u64,
    /// Parcels with holes.
    pub with_holes: u64,
    /// By land-use code.
    pub classes: BTreeMap<&'static str, ClassSummary>,
}
