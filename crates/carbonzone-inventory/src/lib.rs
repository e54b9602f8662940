//! Activity data × emission factor: sector totals by equations 1 to 7 of the Suzhou paper. Numbers only, no geometry.
//!
//! - [`InventoryConfig`] is the `[inventory]` table of a pipeline in its "activity" form.
//! - [`FactorLibrary::embedded`] holds 321 factors, 15 sink coefficients and 22 crops, each with source and verification
//!   status; users override single rows ([`FactorLibrary::read_overrides`]).
//! - [`ActivityTable::read`] reads yearbook tables (Chinese or English labels, merged headers, units such as 万吨).
//! - [`compute()`] gives an [`Inventory`]: lines (activity × factor = result, with cell, source and status), budgets per
//!   sector and land group, totals, uncertainty (IPCC approach 1), double-counting warnings.
//! - [`load`] does the reading part in one call, [`template`] makes the empty workbook, [`equations`] holds the formulas.
//!
//! Results stay in their gas (CO2, CH4, N2O, C) until the end; carbon is a type that cannot be added to CO2.
//! What it does *not* do: place anything on a map.
//!
//! ```
//! use carbonzone_inventory::{ActivityRow, ActivityTable, FactorLibrary, InventoryConfig, compute};
//! use std::collections::BTreeMap;
//!
//! let config = InventoryConfig {
//!     without: ["transport", "agriculture", "sink"].map(str::to_owned).into(),
//!     ..InventoryConfig::default()
//! };
//! let activity = ActivityTable::of(vec![
//!     ActivityRow::new("制造业", "原煤", 10.0, "万吨"),
//!     ActivityRow::new("commercial", "electricity", 1.0, "亿千瓦时"),
//!     ActivityRow::new("solid_waste", "msw_landfilled_managed", 1000.0, "t"),
//! ]);
//! let inventory = compute(&config, &activity, &FactorLibrary::embedded(), &BTreeMap::new()).unwrap();
//! assert!((inventory.sector_t("industry") - 1e5 * 1.9003).abs() < 1e-6);
//! assert!((inventory.sector_t("construction") - 59_920.0).abs() < 1e-6);
//! assert!((inventory.sector_t("waste") - 1000.0 * 0.05 * 28.0).abs() < 1e-9);   // CH4, AR5
//! assert_eq!(inventory.lines[0].land_group, "industrial");
//! ```

mod activity;
mod boundary;
mod checks;
mod complete;
mod compute;
mod config;
mod context;
pub mod equations;
mod error;
mod factor;
mod gas;
mod inventory;
mod load;
mod reliance;
mod resolve;
mod sink_choice;
mod split;
mod template;
mod totals;
mod uncertainty;
mod unit;
mod vocabulary;

pub use activity::{ActivityRow, ActivityTable};
pub use complete::check_numbers;
pub use compute::compute;
pub use config::{
    ActivitySource, AgricultureScope, ElectricityBoundary, Inclusion, InventoryConfig, Landfill, OtherYears,
    SinkBasis, Split, UnknownRows, YieldBasis,
};
pub use error::InventoryError;
pub use factor::{Crop, Factor, FactorGas, FactorLibrary, SinkCoefficient, SinkUnitBasis, Status};
pub use gas::{Amount, Ch4, Co2, GwpSet, N2o, Origin, PublishedCo2e};
pub use inventory::{
    AlternativeTotal, Budget, Inventory, InventoryLine, Reliance, SinkArea, UncertaintyRow, WeakFactor,
};
pub use load::{Loaded, load};
pub use template::template;
pub use totals::totals_of;
pub use uncertainty::{UncertainTerm, product_pct, propagate};
pub use unit::{Dimension, GJ_PER_TCE, MU_PER_HA, Unit};
pub use vocabulary::{ActivityDef, CATEGORIES, Category, FuelKind, LAND_GROUPS, Sector, Vocabulary};
