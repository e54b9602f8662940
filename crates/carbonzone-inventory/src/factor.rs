//! The factor library: emission factors, sink coefficients and crop coefficients, each with source and status.

mod crop;
mod emission;
mod library;
mod overrides;
mod parse;
mod sink;
mod status;

pub use crop::Crop;
pub use emission::{Factor, FactorGas};
pub use library::FactorLibrary;
pub use sink::{SinkCoefficient, SinkUnitBasis};
pub use status::Status;
