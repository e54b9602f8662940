//! Spatial statistics on units: neighbours, Moran's I, local Moran, hot spots.
//!
//! Geometry stays outside: neighbours come as index pairs (of zones that share an edge, say).

pub mod hot_spots;
pub mod lisa;
pub mod moran;
mod permutation;
pub mod weights;
