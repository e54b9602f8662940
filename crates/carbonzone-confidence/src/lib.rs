//! How sure is the class of a unit? Monte Carlo (IPCC 2006 vol. 1 ch. 3, approach 2) over what a run rests on.
//!
//! A [`Model`] holds the tonnes that each rule puts on each unit, and what may be off: activity data and factors
//! ([`Parameter`]), the shares of a proxy ([`Rule::proxy_cv`]), the choice between sets or proxies ([`Choice`]).
//! [`simulate`] draws, asks a [`Judge`] for indices and classes of each draw, and gives back quantiles, class
//! probabilities and the share of each [`Group`] in the variance ([`Confidence`]).
//!
//! Everything acts on the unit × rule matrix: nothing is allocated again per draw. Random numbers are keyed by
//! (seed, draw, name), so the result has the same bits for any number of threads, and two runs, years or scenarios
//! with the same names share their draws.
//!
//! What it does not do: read files, know sectors or CRS, or find out how uncertain an input is.

mod distribution;
mod draw;
mod ellipse;
mod error;
mod model;
mod pair;
mod result;
mod signs;
mod simulate;
mod sobol;
mod stream;
mod zones;

pub use distribution::{HALF_WIDTH_TO_SD, NORMAL_UP_TO_CV, Relative, dirichlet_concentration};
pub use error::ConfidenceError;
pub use model::{Choice, Group, Model, Parameter, Placed, Rule, Term};
pub use pair::{Moves, moves};
pub use result::{CityRow, Confidence, OutputDrivers, Quantiles, Safety, UnitConfidence, quantile_of_sorted};
pub use signs::{Rows, SignJudge};
pub use simulate::{Drawn, Judge, Judged, Options, simulate};
pub use sobol::{GroupShares, group_shares};
pub use stream::Key;
pub use zones::ZoneJudge;
