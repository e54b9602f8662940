//! The tests of this crate from outside, in one program: linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

mod cambridge;
mod city;
mod compensation;
mod confidence;
mod explain;
mod form;
mod in_process;
mod reference;
mod scenario;
mod sensitivity;
mod sheets;
mod shipped;
