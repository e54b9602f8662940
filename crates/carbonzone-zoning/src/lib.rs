//! Indices of carbon balance, zoning schemes, class breaks, trends and imbalance risk.
//!
//! The last numerical step of the three studies: numbers per spatial unit in, indices, zones and risk out.
//!
//! - [`indices`](mod@indices): CCR, ECC and ESC of the Suzhou paper (eq. 8–10; ESC is the SEC of the Guiyang paper).
//! - [`scheme`]: zoning schemes as data, Table 4 of the Suzhou paper among them (levels, zone table, labels, colours) and their application.
//! - [`guidance`]: what is characteristic of a zone class and what is advised there.
//! - [`what_if`](mod@what_if): which units would change zone if one of their numbers changed a little.
//! - [`meaning`](mod@meaning): what each index says, in English and Chinese, for tables, maps and reports.
//! - [`breaks`]: class breaks for maps, with forced thresholds and labels that never lie.
//! - [`published`]: the Guiyang paper cell by cell.
//! - [`ratio`], [`trend`], [`risk`]: source/sink ratio and state, trend and imbalance risk over a series of years.
//! - [`lmdi`], [`decoupling`]: what made emissions change, and whether they follow the economy.
//! - [`compensation`]: who pays whom, by three models, to the fen.
//! - [`inequality`](mod@inequality): Lorenz, Gini, Theil of emissions against people, GDP, area.
//! - [`spatial`]: neighbours, Moran's I, clusters, hot spots, ellipse; [`compare`]: differences between two runs or years.
//!
//! What it does *not* do: read or write files, know geometry, or decide what goes on a map.
//!
//! ```
//! use carbonzone_zoning::indices::{IndexInputs, IndexOptions, indices};
//! use carbonzone_zoning::{ZoningScheme, classify};
//!
//! let gdp = [Some(60.0), Some(40.0)];
//! let inputs = IndexInputs { unit_ids: None, gross_t: &[30.0, 70.0], sink_t: &[1.0, 1.0], gdp: Some(&gdp) };
//! let ix = indices(&inputs, &IndexOptions::default())?;
//! assert_eq!(ix.ecc[0], Some(2.0)); // (60/100) / (30/100)
//! let scheme = ZoningScheme::suzhou();
//! let zoning = classify(&scheme, &[&ix])?;
//! assert_eq!(scheme.class_of(zoning.overall[0]).map(|c| c.key.as_str()), Some("low_carbon_economic"));
//! # Ok::<(), carbonzone_zoning::ZoningError>(())
//! ```

pub mod breaks;
mod classify;
pub mod compare;
pub mod compensation;
pub mod config;
pub mod decoupling;
mod error;
pub mod guidance;
pub mod indices;
pub mod inequality;
pub mod lmdi;
pub mod meaning;
pub mod measures;
pub mod one_axis;
mod printed;
pub mod published;
pub mod ratio;
pub mod risk;
pub mod scheme;
pub mod spatial;
pub mod trend;
pub mod what_if;

pub use breaks::{BreakMethod, BreakOptions, Breaks, class_breaks};
pub use classify::{ClassRule, LevelCuts, Zoned, Zoning, append_zone_columns, classify, classify_with};
pub use config::ZoningConfig;
pub use error::{Result, ZoningError};
pub use guidance::ZoneGuidance;
pub use indices::{
    EccDirection, IndexInputs, IndexOptions, IndexTotals, Indices, Quotients, indices, quotients,
};
pub use meaning::{Index, balance_state};
pub use scheme::{LevelRule, ZoneClass, ZoningScheme};
pub use what_if::{Quantity, WhatIf, what_if};
