//! The map that shows the class of every zone and how sure it is.

use super::catalog::Builder;
use super::content::{ChartKind, Figure, FigureContent};
use super::model::{Category, MapLayerKind, MapStyle, Scale};
use super::zones::{basis, headline_field, zone_categories};
use crate::confidence::{CONFIDENCE_CLASS, SAFETIES, suffix_of};
use crate::{JOINT, Label, ReportError, words};

/// Name of the map.
pub const CONFIDENCE_MAP: &str = "fig10a_confidence";
/// Name of the plot of the indices with their ellipses.
pub const CONFIDENCE_PLOT: &str = "fig10b_indices";

/// Strength of the class colour for safe, likely and toss-up classes.
const STRENGTH: [f64; 3] = [1.0, 0.55, 0.18];

impl Builder<'_> {
    /// The map of classes and how sure they are, and the plot behind it; nothing where no draws were made.
    pub(super) fn confidence(&self, out: &mut Vec<Figure>) -> Result<(), ReportError> {
        let class_field = headline_field(&self.data.zones);
        let sure_field = format!("{CONFIDENCE_CLASS}{}", suffix_of(class_field));
        // The mean over the years is shown once, with the last year.
        let again = !suffix_of(class_field).is_empty() && self.data.year() != self.pool.year();
        if again || self.data.manifest.confidence.is_none() || !self.data.zones.has(&sure_field) {
            return Ok(());
        }
        let field = format!("{class_field}{JOINT}{sure_field}");
        let values = self.data.zones.texts(&field)?;
        let categories = categories(&zone_categories(self.data), &values);
        let no_data = values.iter().flatten().filter(|v| !categories.iter().any(|c| c.value == **v)).count()
            + values.iter().filter(|v| v.is_none()).count();
        let what = words::how_sure(&self.data.manifest.study);
        let when = basis(self.data);
        let style = MapStyle {
            layer: MapLayerKind::Zones,
            expression: self.data.zones.expression(&field),
            field,
            heading: words::how_sure_legend(&self.data.manifest.study),
            unit: Label::default(),
            factor: 1.0,
            scale: Scale::Categorized { categories, no_data },
        };
        out.push(Figure {
            name: CONFIDENCE_MAP.to_owned(),
            title: self.title_of(&what, MapLayerKind::Zones, &when),
            short: what,
            year: None,
            content: FigureContent::Map(Box::new(style)),
        });
        let ellipses =
            self.data.manifest.confidence.iter().flat_map(|c| &c.units).any(|u| u.ellipse.is_some());
        if ellipses && crate::quadrant::index_pair(self.data).is_some() {
            out.push(self.chart(CONFIDENCE_PLOT, ChartKind::Quadrant));
        }
        Ok(())
    }
}

/// Every class that occurs, at the three strengths of its colour.
fn categories(classes: &[Category], values: &[Option<String>]) -> Vec<Category> {
    let mut out = Vec::new();
    for class in classes {
        let value = |safety: &str| format!("{}{JOINT}{safety}", class.value);
        let count = |safety: &str| values.iter().filter(|v| v.as_ref() == Some(&value(safety))).count();
        if SAFETIES.iter().all(|safety| count(safety) == 0) {
            continue;
        }
        for (safety, strength) in SAFETIES.into_iter().zip(STRENGTH) {
            let (word, range) = (words::safety(safety), words::safety_range(safety));
            let label = class.label.then(&Label::new(
                format!(": {} ({})", word.en, range.en),
                format!("：{}（{}）", word.zh, range.zh),
            ));
            let color = class.color.lighter(strength);
            out.push(Category { value: value(safety), color, label, count: count(safety), ..class.clone() });
        }
    }
    out
}
