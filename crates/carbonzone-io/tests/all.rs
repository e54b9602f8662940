//! The tests of this crate from outside, in one program: linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

mod broken_input;
mod cases;
mod common;
mod formats;
mod geoarrow;
mod land_cover;
mod mutations;
mod packed;
#[path = "common/pbf.rs"]
mod pbf;
mod places;
mod rasters;
mod round_trip;
mod side_by_side;
mod r#where;
mod wkb;
mod zonal;
