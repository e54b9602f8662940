//! Spatial statistics on units: neighbours, Moran's I of all and of each, hot spots, false discoveries, centre and ellipse.
//!
//! Geometry stays outside: neighbours come as index pairs (of zones that share an edge, say).

pub mod centre;
pub mod discovery;
pub mod hot_spots;
pub mod local;
pub mod moran;
mod neighbours;
pub mod normal;
pub mod weights;
