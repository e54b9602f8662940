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

use crate::number::grouped;
use crate::{ReportError, Result};
use minijinja::Environment;
use minijinja::value::{Serde, Value};

pub use comparison::comparison;
pub use page::{Page, page};
pub use plans::{PlanHead, UnitPlan, of_unit as plans_of_unit};
pub use sheets::{LargeParcel, RestsOn, UnitSheet, sheets};
pub use story::{Headline, MeasureStory, ZoneStory, stories};

/// A page made of a template; every text is escaped.
fn rendered(template: &'static str, context: serde_json::Value) -> Result<String> {
    let fail = |e: minijinja::Error| ReportError::Page { reason: e.to_string() };
    let mut env = Environment::new();
    env.add_filter("grouped", |v: f64| grouped(v, 0));
    // The name ends with .html, so that texts are escaped.
    env.add_template("page.html", template).map_err(fail)?;
    env.get_template("page.html").and_then(|t| t.render(Value::from(Serde(context)))).map_err(fail)
}
