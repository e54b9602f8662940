//! The tests of this crate from outside, in one program: linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

mod common;
mod messy_workbook;
mod old_and_open_formats;
mod properties;
mod workbooks;
