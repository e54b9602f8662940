//! The page that shows what is different between two runs.

use crate::ReportError;
use base64::Engine;
use minijinja::Environment;
use minijinja::value::{Serde, Value};

const TEMPLATE: &str = include_str!("comparison.html");

/// The page of a comparison, with everything inside it.
///
/// The context has the texts as they are shown; `maps` have a `title` and their `svg`, which becomes a picture inside the page.
///
/// # Errors
/// [`ReportError::Page`] if the template fails.
pub fn comparison(context: &serde_json::Value) -> Result<String, ReportError> {
    let fail = |e: minijinja::Error| ReportError::Page { reason: e.to_string() };
    let mut context = context.clone();
    for map in context["maps"].as_array_mut().into_iter().flatten() {
        let encoded =
            base64::engine::general_purpose::STANDARD.encode(map["svg"].as_str().unwrap_or_default());
        map["source"] = format!("data:image/svg+xml;base64,{encoded}").into();
    }
    let mut env = Environment::new();
    // The name ends with .html: every text is escaped.
    env.add_template("comparison.html", TEMPLATE).map_err(fail)?;
    env.get_template("comparison.html").and_then(|t| t.render(Value::from(Serde(context)))).map_err(fail)
}
