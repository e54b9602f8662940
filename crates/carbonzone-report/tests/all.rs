//! The tests of this crate from outside, in one program: linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

mod chinese;
mod clusters;
mod common;
mod confidence;
mod golden;
mod many_zones;
mod waterfall;
