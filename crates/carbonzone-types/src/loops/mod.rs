//! Loops over many units, pixels and draws, without generics at the border.
//!
//! The crates that know what the numbers mean are compiled without optimising (docs/adr/0026-levels-and-units.md); this one is not.

pub mod balance;
pub mod class_table;
pub mod clearing;
pub mod clusters;
pub mod ecosystem;
pub mod natural_breaks;
pub mod neighbours;
mod permutation;
pub mod positions;
pub mod ranges;
pub mod series;
pub mod spread;
pub mod window;
