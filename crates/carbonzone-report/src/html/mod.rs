//! `report.html`: one file that opens offline, without any library.

mod comparison;
mod decide;
mod pack;
mod page;
mod plans;
mod plot;
mod sheets;
mod story;
mod sure;
mod tables;

pub use comparison::comparison;
pub use page::{Page, page};
pub use sheets::{RestsOn, UnitSheet, sheets};
pub use story::{ZoneStory, stories};
