//! The tests of this crate from outside, in one program: linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

mod arbitrary;
#[path = "../support/arbitrary.rs"]
mod bodies;
#[path = "../support/city.rs"]
mod city;
mod differential;
mod oracle;
mod properties;
mod robustness;
