//! The page that shows what is different between two runs.

use crate::Result;
use carbonzone_types::packed::base64;

const TEMPLATE: &str = include_str!("comparison.html");

/// The page of a comparison, with everything inside it.
///
/// The context has the texts as they are shown; `maps` have a `title` and their `svg`, which becomes a picture inside the page.
///
/// # Errors
/// [`ReportError::Page`](crate::ReportError::Page) if the template fails.
pub fn comparison(context: &serde_json::Value) -> Result<String> {
    let mut context = context.clone();
    for map in context["maps"].as_array_mut().into_iter().flatten() {
        let encoded = base64(map["svg"].as_str().unwrap_or_default().as_bytes());
        map["source"] = format!("data:image/svg+xml;base64,{encoded}").into();
    }
    super::rendered(TEMPLATE, context)
}
