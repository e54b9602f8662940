//! The factor library: emission factors, sink coefficients and crop coefficients, each with source and status.

mod crop;
mod library;
mod overrides;
mod parse;
mod sink;
mod status;

pub use crop::Crop;
pub use library::{Factor, FactorGas, FactorLibrary};
pub use sink::{SinkCoefficient, SinkUnitBasis};
pub use status::Status;
