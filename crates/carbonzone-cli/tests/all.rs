//! The tests of this crate from outside, in one program: linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

#[path = "written/assumed.rs"]
mod assumed;
mod bad_input;
mod cli;
mod common;
mod determinism;
mod files;
mod form;
mod golden;
mod init;
mod inventory;
#[path = "written/language.rs"]
mod language;
mod names;
#[path = "written/nations.rs"]
mod nations;
#[path = "written/page.rs"]
mod page;
mod postgis;
mod programs;
mod province;
mod sensitivity;
mod statistics;
mod studies;
mod suzhou;
