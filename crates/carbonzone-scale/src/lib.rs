//! A city in parts. Parcels come in batches of any size, in any order, on any number of machines; what goes between them are exact
//! sums as whole numbers ([`State`]), which an engine adds as `decimal(38,0)`. The numbers at the end have the bits of a run of the
//! whole city in one process ([docs/scale.md](../../../docs/scale.md)).
//!
//! 1. [`Weights`] of every batch (pass 1), merged; [`Shares::decide`] says once how each rule is shared out.
//! 2. [`Sums`] of every batch (pass 2): tonnes per zone, cell and sector, merged.
//! 3. [`finish`]: one rounding, the balances, the indices and classes.
//!
//! What a run of the command and a city in parts have in common is here, so that they cannot differ: [`SectorTable`],
//! [`GroundSums`] with its findings, [`zoned`], [`check_balances`].
//!
//! What it does *not* do: read files, know an engine.

mod balances;
mod batch;
mod finish;
mod ground;
mod plan;
mod sectors;
mod states;
mod sums;
mod weights;

pub use balances::check_balances;
pub use batch::{Batch, hilbert};
pub use finish::{CityResult, finish, zoned};
pub use ground::{GroundSums, ZonesOf};
pub use plan::{FORMAT, Part, Plan, Unit};
pub use sectors::{SectorTable, columns_of, sector_order};
pub use states::{State, merged};
pub use sums::Sums;
pub use weights::{Shares, Weights};
