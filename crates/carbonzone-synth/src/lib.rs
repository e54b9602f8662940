//! Synthetic cities and provinces, always labelled synthetic: nobody can ship the licensed inputs of the papers, so these make
//! look-alikes from small hand-made facts, deterministic for (seed, size), in bounded memory.
//!
//! * [`suzhou`]: parcels, roads, points of interest, population points and townships of a Suzhou-like city, 1,000 to 10,000,000 parcels.
//!
//! The crate writes no files: layers go to traits ([`sink::CitySink`]) that the caller implements.

pub mod arrange;
pub mod dissolve;
pub mod error;
pub mod features;
pub mod kd;
pub mod noise;
pub mod partition;
pub mod projection;
pub mod rng;
pub mod shape;
pub mod sink;
pub mod suzhou;
pub mod table;

pub use error::{SinkError, SynthError};
pub use projection::{GaussKruger, Projection};
pub use sink::{CitySink, ParcelRow, PoiRow, PopulationRow, RoadRow, TownshipRow, TownshipStat};
