//! Spatial statistics on units: neighbours, Moran's I, hot spots.
//!
//! Geometry stays outside: neighbours come as index pairs (of zones that share an edge, say).

pub mod hot_spots;
pub mod moran;
mod permutation;
pub mod weights;
