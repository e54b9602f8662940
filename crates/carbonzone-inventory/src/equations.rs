//! One module per equation of the Suzhou paper, with the small functions that its steps are made of.
//!
//! The public functions take plain numbers and give typed gas amounts; each is tested by hand below its code. The
//! engine in [`crate::compute()`] calls the crate-private `lines` of the module that a row's category names.

pub mod agriculture;
pub mod balance;
pub mod buildings;
pub mod combustion;
pub mod industry;
pub mod livestock;
pub mod sink;
pub mod solid_waste;
pub mod transport;
pub mod wastewater;
