//! `report.html`: one file that opens offline, without any library.

mod comparison;
mod decide;
mod glossary;
mod pack;
mod page;
mod paid;
mod plans;
mod plot;
mod sheets;
mod story;
mod sure;
mod tables;

pub use comparison::comparison;
pub use page::{Page, page};
pub use plans::{PlanHead, UnitPlan, of_unit as plans_of_unit};
pub use sheets::{LargeParcel, RestsOn, UnitSheet, sheets};
pub use story::{Headline, MeasureStory, ZoneStory, stories};
