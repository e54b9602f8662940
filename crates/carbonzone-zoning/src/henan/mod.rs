//! Carbon imbalance over time (docs/method.md §13, after the Henan paper's framework).
//!
//! The paper's risk index is not defined in its abstract: [`risk`] is **our** definition and every output
//! must say so ([`DEFINITION_STATEMENT`]).
//!
//! - [`downscale`]: county totals to pixels by night lights, with the mass forced.
//! - [`respiration`]: NPP minus soil respiration gives NEP, in CO2.
//! - [`ratio`]: source/sink ratio, state, trajectory, transition matrix.
//! - [`trend`]: Theil–Sen slope and Mann–Kendall test.
//! - [`risk`]: the carbon imbalance risk index by window, its named alternatives, their rank correlation.

pub mod downscale;
pub mod ratio;
pub mod respiration;
pub mod risk;
pub mod trend;

/// The sentence that every output with a risk index carries.
pub const DEFINITION_STATEMENT: &str = "The carbon imbalance risk index (CIRI) is carbonzone's own definition: \
     the formula of the Henan paper (doi 10.13227/j.hjkx.202312162) is not published in its abstract.";

/// The same sentence in Chinese.
pub const DEFINITION_STATEMENT_ZH: &str = "碳失衡风险指数（CIRI）为本软件自定义：河南论文（doi 10.13227/j.hjkx.202312162）的摘要未给出公式，\
     不可与论文数值直接比较。";
