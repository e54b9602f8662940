//! Compensation between the units of a run: who pays, who receives, and how much.
//!
//! Tonnes become positions by one of three models, positions become money by a price, and money is settled to the fen:
//!
//! - [`Positions::benchmark`]: shares of the city, zero-sum by construction. Its signs follow the zoning: with
//!   `E_i = C_i − C·G_i/G` and `S_i = A_i − A·C_i/C`, ECC above 1 receives and ESC above 1 receives on its leg.
//! - [`Positions::ability_to_pay`]: payments of the first model, scaled by what a unit can pay.
//! - [`Positions::quota`]: a quota per unit, and who sells what is left of it to whom.
//!
//! All of it is arithmetic on shares among the units of a run: no price, no benchmark and no quota follows from the data.
//! What it does *not* do: draw, read or write, or decide which model is just.

mod config;
mod models;
mod quota;
mod settle;

pub use config::{
    Ability, Base, Compensation, Cost, Engel, ModelName, Price, Quota, QuotaBasis, QuotaIndicator,
    SHARES_ONLY, SHARES_ONLY_ZH,
};
pub use models::{Positions, UnitNumbers, pearl};
pub use quota::{Clearing, clear, entropy_weights};
pub use settle::{Flow, flows, in_fen};
