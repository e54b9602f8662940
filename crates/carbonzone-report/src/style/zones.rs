//! The map of the zone classes.

use super::catalog::Builder;
use super::content::{Figure, FigureContent};
use super::headline::headline_field;
use super::model::{Category, Hatch, MapLayerKind, MapStyle, Scale};
use crate::confidence::likeliest;
use crate::palette::SERIES;
use crate::{JOINT, Label, MapData, Result, Rgb, ZONE_OF_MEAN, words};
use carbonzone_types::{FurtherConfidence, ZoneClassRecord};

/// The classes that a map of classes and their probability shows: of the headline, or further ones.
pub(crate) fn sure_categories(data: &MapData, style: &MapStyle) -> Vec<Category> {
    let further = data.manifest.confidence.iter().flat_map(|c| &c.further);
    let field = style.field.split(JOINT).next().unwrap_or_default();
    further.into_iter().find(|f| f.field == field).map_or_else(|| zone_categories(data), further_categories)
}

/// The classes of a further judgement.
pub(super) fn further_categories(further: &FurtherConfidence) -> Vec<Category> {
    let one = |(i, class): (usize, &ZoneClassRecord)| Category {
        value: class.key.clone(),
        code: class.id,
        color: Rgb::parse(&class.color).unwrap_or(SERIES[i % SERIES.len()]),
        hatch: HATCHES[i % HATCHES.len()],
        label: Label::new(class.label_en.clone(), class.label_zh.clone()),
        count: class.count as usize,
        likeliest: None,
    };
    further.classes.iter().enumerate().map(one).collect()
}

/// Classes of the headline zoning with their counts.
pub(crate) fn zone_categories(data: &MapData) -> Vec<Category> {
    let field = headline_field(&data.zones);
    categories(data, data, field, &data.zones.texts(field).unwrap_or_default())
}

impl Builder<'_> {
    /// The map of the zone classes in a field: of the year shown, or by the mean over the years.
    pub(super) fn zones(&self, name: &str, field: &str) -> Result<Figure> {
        let values = self.data.zones.texts(field)?;
        let heading = words::zone_heading(&self.data.manifest.study);
        let many = words::zone_classes(&self.data.manifest.study);
        let categories = categories(self.data, self.pool, field, &values);
        let known = |v: &Option<String>| v.as_ref().is_some_and(|v| categories.iter().any(|c| c.value == *v));
        let no_data = values.iter().filter(|v| !known(v)).count();
        let when = if field == ZONE_OF_MEAN { words::mean_of_years() } else { words::year(self.data.year()) };
        let style = MapStyle {
            layer: MapLayerKind::Zones,
            field: field.to_owned(),
            expression: None,
            heading: if field == ZONE_OF_MEAN { heading.then(&words::bracketed(&when)) } else { heading },
            unit: Label::default(),
            factor: 1.0,
            scale: Scale::Categorized { categories, no_data },
        };
        Ok(Figure {
            name: name.to_owned(),
            title: self.title_of(&many, MapLayerKind::Zones, &when),
            short: if field == ZONE_OF_MEAN { many.then(&words::bracketed(&when)) } else { many },
            year: None,
            content: FigureContent::Map(Box::new(style)),
        })
    }
}

impl Builder<'_> {
    /// Zones near a threshold of the zoning; `None` if the table does not say it of any.
    pub(super) fn borderline(&self) -> Option<Figure> {
        let zones = &self.data.zones;
        let values = zones.table.texts("borderline")?;
        let of = |value: &str| values.iter().filter(|v| v.as_deref() == Some(value)).count();
        if of("true") == 0 {
            return None;
        }
        let category = |value: &str, code, color, hatch, label| Category {
            value: value.to_owned(),
            code,
            color,
            hatch,
            label,
            count: of(value),
            likeliest: None,
        };
        let near = Label::new("near a threshold", "临界（接近阈值）");
        let categories = vec![
            category("true", 1, SERIES[1], Hatch::Rising, near),
            category("false", 2, Rgb(0xf0, 0xf0, 0xf0), Hatch::None, Label::new("clear", "明确")),
        ];
        let no_data = values.len() - of("true") - of("false");
        let heading = Label::new("Borderline zones", "临界分区");
        let style = MapStyle {
            layer: MapLayerKind::Zones,
            field: "borderline".to_owned(),
            expression: None,
            heading: heading.clone(),
            unit: Label::default(),
            factor: 1.0,
            scale: Scale::Categorized { categories, no_data },
        };
        Some(Figure {
            name: format!("{}_borderline", zones.name),
            title: self.title_of(&heading, MapLayerKind::Zones, &words::year(self.data.year())),
            short: heading,
            year: None,
            content: FigureContent::Map(Box::new(style)),
        })
    }
}

/// Patterns of classes in their order.
const HATCHES: [Hatch; 6] =
    [Hatch::None, Hatch::Rising, Hatch::Dots, Hatch::Falling, Hatch::Horizontal, Hatch::Cross];

/// The scheme's classes in its order; the two classes outside the scheme only if a unit of any year is in them.
fn categories(data: &MapData, pool: &MapData, field: &str, values: &[Option<String>]) -> Vec<Category> {
    let likeliest = likeliest(&data.zones.table, field);
    let ever = pool.zones.table.texts("zone").unwrap_or_default();
    let mut out = Vec::new();
    for (i, class) in data.manifest.zone_classes.iter().enumerate() {
        let count = values.iter().filter(|v| v.as_deref() == Some(&class.key)).count();
        let outside_scheme = matches!(class.key.as_str(), "no_emission" | "undefined");
        if count == 0 && outside_scheme && !ever.iter().any(|v| v.as_deref() == Some(&class.key)) {
            continue;
        }
        let hatch = if outside_scheme { Hatch::None } else { HATCHES[i % HATCHES.len()] };
        out.push(Category {
            value: class.key.clone(),
            code: class.id,
            color: Rgb::parse(&class.color).unwrap_or(SERIES[i % SERIES.len()]),
            hatch,
            label: Label::new(class.label_en.clone(), class.label_zh.clone()),
            count,
            likeliest: likeliest
                .as_ref()
                .map(|all| all.iter().filter(|v| v.as_deref() == Some(&class.key)).count()),
        });
    }
    out
}
