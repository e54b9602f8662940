//! `report.html`: one file that opens offline, without any library.

mod decide;
mod pack;
mod page;
mod plot;
mod sheets;
mod story;
mod sure;
mod tables;

pub use page::{Page, page};
pub use sheets::{RestsOn, UnitSheet, sheets};
pub use story::{ZoneStory, stories};
