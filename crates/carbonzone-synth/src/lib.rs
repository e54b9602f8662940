//! Synthetic cities and provinces, always labelled synthetic: nobody can ship the licensed inputs of the papers, so these make
//! look-alikes from small hand-made facts, deterministic for (seed, size), in bounded memory.
//!
//! * [`suzhou`]: parcels, roads, points of interest, population points and townships of a Suzhou-like city, 1,000 to 10,000,000 parcels.
//! * [`guiyang`]: five county-level units, 30 m land cover of 2015 and 2020, population, product and energy intensity.
//! * [`henan`]: 157 county units, 20 years of 1 km rasters (night lights, population, NPP) and 10 km climate, energy CO2 per county.
//!
//! The crate writes no files: layers go to traits ([`sink::CitySink`], [`region::RegionSink`]) that the caller implements.

pub mod arrange;
pub mod dissolve;
pub mod error;
pub mod features;
pub mod guiyang;
pub mod henan;
mod henan_facts;
pub mod kd;
pub mod noise;
pub mod partition;
pub mod projection;
pub mod region;
pub mod rng;
pub mod shape;
pub mod sink;
pub mod suzhou;
pub mod table;

pub use error::{Result, SinkError, SynthError};
pub use projection::{MovedNorth, Projection};
pub use region::{BandData, RasterSpec, RegionSink, TableSpec, ZoneRow};
pub use sink::{CitySink, ParcelRow, PoiRow, PopulationRow, RoadRow, TownshipRow, TownshipStat};
