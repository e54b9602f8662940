//! The paper's spatialization step: sector totals go to parcels by spatial proxies.
//!
//! `SectorTotals + land-use classes + proxies -> tonnes per parcel`, and every tonne that cannot be placed is
//! named. The pieces, in the order in which a run uses them:
//!
//! 1. [`LandUseScheme`] and [`PoiScheme`]: codes to space types and POI groups, as data.
//! 2. [`surrogate`]: counts, people and corrected road length per parcel -> [`ProxyTable`].
//! 3. [`AllocationRule`] (the paper's Table 2 read as data) and [`allocate`].
//!
//! What it does *not* do: read files, or compute totals (see `carbonzone-inventory`).
//!
//! ```
//! use carbonzone_spatialize::{allocate, AllocationRule, Parcels, ProxyTable};
//! // Two industrial parcels with 1 and 3 factories share 100 t.
//! let classes = vec!["industrial".to_owned()];
//! let parcels = Parcels { area_m2: &[10.0, 10.0], space_type: &[0, 0], space_types: &classes };
//! let mut proxies = ProxyTable::new();
//! proxies.insert("poi:industry", "poi", vec![1.0, 3.0]);
//! let rule = AllocationRule::new("manufacturing", "industry", &["industrial"], 100.0, &["poi:industry", "area"])?;
//! let out = allocate(&parcels, &proxies, &[rule], &[]).unwrap();
//! assert_eq!(out.per_rule[0].per_parcel(2), [25.0, 75.0]);
//! # Ok::<(), carbonzone_types::WordError>(())
//! ```

mod allocate;
mod allocation_error;
mod category_words;
mod code_table;
pub mod downscale;
pub mod groups;
mod land_use;
mod line_scheme;
mod parcels;
mod passes;
mod poi_class;
mod poi_scheme;
mod repeats;
mod rules;
mod shares;
pub mod surrogate;

pub use allocate::{Allocation, PlacedPointSource, allocate, book};
pub use allocation_error::AllocationError;
pub use code_table::{MatchKind, SchemeError};
pub use downscale::DownscaleError;
pub use land_use::{LandUseClass, LandUseScheme};
pub use line_scheme::{NO_MODE, line_modes};
pub use parcels::{Parcels, RuleTonnes, denser_than};
pub use passes::{GroupSums, RuleShare, RuleSums, rest_of};
pub use poi_class::PoiClass;
pub use poi_scheme::PoiScheme;
pub use rules::{AllocationRule, OnMissingClass, OnZeroWeight, ProxyColumn, ProxyTable};
pub use shares::{LargestParcels, Origin, Shares};
