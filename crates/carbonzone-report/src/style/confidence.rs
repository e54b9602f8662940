//! The map that shows the class of every zone and how sure it is.

use super::catalog::Builder;
use super::content::{ChartKind, Figure, FigureContent};
use super::headline::{basis, headline_field};
use super::model::{Category, MapLayerKind, MapStyle, Scale};
use super::zones::{further_categories, zone_categories};
use crate::columns::CONFIDENCE_CLASS;
use crate::confidence::{FurtherColumns, SAFETIES, suffix_of};
use crate::{JOINT, Label, Result, words};

/// Name of the map.
pub const CONFIDENCE_MAP: &str = "fig10a_confidence";
/// Name of the plot of the indices with their ellipses.
pub const CONFIDENCE_PLOT: &str = "fig10b_indices";

/// Strength of the class colour for safe, likely and toss-up classes, and where another class is likelier.
const STRENGTH: [f64; 4] = [1.0, 0.62, 0.3, 0.06];

impl Builder<'_> {
    /// The map of classes and how sure they are, and the plot behind it; nothing where no draws were made.
    pub(super) fn confidence(&self, out: &mut Vec<Figure>) -> Result<()> {
        let class_field = headline_field(&self.data.zones);
        let sure_field = format!("{CONFIDENCE_CLASS}{}", suffix_of(class_field));
        // The mean over the years is shown once, with the last year.
        let again = !suffix_of(class_field).is_empty() && self.data.year() != self.pool.year();
        if again || self.data.manifest.confidence.is_none() || !self.data.zones.has(&sure_field) {
            return Ok(());
        }
        let study = &self.data.manifest.study;
        let (what, heading) = (words::how_sure(study), words::how_sure_legend(study));
        let of = (zone_categories(self.data), class_field, sure_field.as_str());
        out.push(self.sure_map(CONFIDENCE_MAP, &of, what, heading)?);
        for further in self.data.manifest.confidence.iter().flat_map(|c| &c.further) {
            let columns = FurtherColumns::of(&further.field);
            let safety = columns.safety();
            if columns.suffix == suffix_of(class_field) && self.data.zones.has(&safety) {
                let name = Label::new(further.label_en.clone(), further.label_zh.clone());
                let what = name.then(&words::and_its_probability());
                let of = (further_categories(further), further.field.as_str(), safety.as_str());
                out.push(self.sure_map(&format!("fig10c_{}", further.field), &of, what.clone(), what)?);
            }
        }
        let ellipses =
            self.data.manifest.confidence.iter().flat_map(|c| &c.units).any(|u| u.ellipse.is_some());
        if ellipses && crate::quadrant::index_pair(self.data).is_some() {
            out.push(self.chart(CONFIDENCE_PLOT, ChartKind::Quadrant));
        }
        Ok(())
    }

    /// A map of classes and how sure they are: classes, their field, the field with how sure they are.
    fn sure_map(
        &self,
        name: &str,
        (classes, class_field, sure_field): &(Vec<Category>, &str, &str),
        what: Label,
        heading: Label,
    ) -> Result<Figure> {
        let field = format!("{class_field}{JOINT}{sure_field}");
        let values = self.data.zones.texts(&field)?;
        let categories = categories(classes, &values);
        let no_data = values.iter().flatten().filter(|v| !categories.iter().any(|c| c.value == **v)).count()
            + values.iter().filter(|v| v.is_none()).count();
        let style = MapStyle {
            layer: MapLayerKind::Zones,
            expression: self.data.zones.expression(&field),
            field,
            heading,
            unit: Label::default(),
            factor: 1.0,
            scale: Scale::Categorized { categories, no_data },
        };
        Ok(Figure {
            name: name.to_owned(),
            title: self.title_of(&what, MapLayerKind::Zones, &basis(self.data)),
            short: what,
            year: None,
            content: FigureContent::Map(Box::new(style)),
        })
    }
}

/// Every class that occurs, at the four strengths of its colour.
fn categories(classes: &[Category], values: &[Option<String>]) -> Vec<Category> {
    let mut out = Vec::new();
    for class in classes {
        let value = |safety: &str| format!("{}{JOINT}{safety}", class.value);
        let count = |safety: &str| values.iter().filter(|v| v.as_ref() == Some(&value(safety))).count();
        if SAFETIES.iter().all(|safety| count(safety) == 0) {
            continue;
        }
        for (safety, strength) in SAFETIES.into_iter().zip(STRENGTH) {
            // The first row has the name of the class, those below it the word: a row must fit into a legend in two languages.
            let name = if safety == SAFETIES[0] { class.label.clone() } else { words::safety(safety) };
            let label = name.then(&Label::same(" ")).then(&words::safety_range(safety));
            let color = class.color.lighter(strength);
            out.push(Category {
                value: value(safety),
                color,
                label,
                count: count(safety),
                likeliest: None,
                ..class.clone()
            });
        }
    }
    out
}
