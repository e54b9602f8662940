//! Classes, colours and labels of one map.

use crate::columns::{CONFIDENCE_CLASS, JOINT, ZONE_OF_MEAN};
use crate::words::{counted, in_brackets};
use crate::{Label, Rgb};
use carbonzone_types::loops::ranges::{self, ValueRange, ranges_of};
use serde::{Deserialize, Serialize};

/// Which layer of the run a map draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MapLayerKind {
    /// Parcels.
    Parcels,
    /// Grid cells.
    Grid,
    /// Townships, counties.
    Zones,
}

/// Second sign beside the colour, so that a grey print stays readable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hatch {
    /// Plain fill.
    #[default]
    None,
    /// Lines rising to the right.
    Rising,
    /// Lines falling to the right.
    Falling,
    /// Horizontal lines.
    Horizontal,
    /// Crossed lines.
    Cross,
    /// Dots.
    Dots,
}

/// What a class of numbers stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassKind {
    /// Values in `(lower, upper]`; the first class contains `lower`.
    Range,
    /// Values equal to the pivot (neither sink nor source).
    Exact,
}

/// A class of a graduated map. Bounds are in the unit of the field, exact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Kind.
    pub kind: ClassKind,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// Fill.
    pub color: Rgb,
    /// Second sign.
    pub hatch: Hatch,
    /// Legend text, rounded and in display units.
    pub label: Label,
    /// Units in this class.
    pub count: usize,
}

/// A category of a map of names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Value of the field.
    pub value: String,
    /// Code in rasters.
    pub code: u8,
    /// Fill.
    pub color: Rgb,
    /// Second sign.
    pub hatch: Hatch,
    /// Legend text.
    pub label: Label,
    /// Units in this category.
    pub count: usize,
    /// Units of which it is the class that most draws give, where that is not the printed one of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likeliest: Option<usize>,
}

/// How values become colours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Scale {
    /// Numbers in classes.
    Graduated {
        /// Classes in ascending order.
        classes: Vec<Class>,
        /// Units without a value.
        no_data: usize,
        /// Method, number of units and goodness of variance fit, for the legend.
        method: Label,
    },
    /// Names.
    Categorized {
        /// Categories that occur or belong to the scheme, in the scheme's order.
        categories: Vec<Category>,
        /// Units without a value.
        no_data: usize,
    },
}

/// Style of one map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapStyle {
    /// Layer drawn.
    pub layer: MapLayerKind,
    /// Field whose values are drawn.
    pub field: String,
    /// QGIS expression, if the field is no column of the layer but computed from its columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Heading of the legend.
    pub heading: Label,
    /// Unit in which the legend is written, empty if dimensionless.
    pub unit: Label,
    /// Display value = field value × `factor`.
    pub factor: f64,
    /// Scale.
    pub scale: Scale,
}

impl MapStyle {
    /// True if it shows the classes of the zoning: of a year, or by the mean over the years.
    pub fn shows_zone_classes(&self) -> bool {
        self.field == "zone" || self.field == ZONE_OF_MEAN
    }

    /// True if it shows the classes together with how sure they are.
    pub fn shows_confidence(&self) -> bool {
        self.field.split_once(JOINT).is_some_and(|(_, b)| b.contains(CONFIDENCE_CLASS))
    }

    /// True if the zones on the borderline are outlined above it: their mark is that of a year, not of a mean over years.
    pub fn marks_borderline(&self) -> bool {
        self.field.split_once(JOINT).is_some_and(|(_, b)| b == CONFIDENCE_CLASS)
    }

    /// Class index of every value; `None` for no value.
    pub fn classes_of_numbers(&self, values: &[Option<f64>]) -> Vec<Option<usize>> {
        let Scale::Graduated { classes, .. } = &self.scale else { return vec![None; values.len()] };
        let range =
            |c: &Class| ValueRange { exact: c.kind == ClassKind::Exact, lower: c.lower, upper: c.upper };
        ranges_of(values, &classes.iter().map(range).collect::<Vec<_>>())
    }

    /// Counts the units of each class anew (classes of all years, units of one year).
    pub(crate) fn count(&mut self, values: &[Option<f64>]) {
        let found: Vec<Option<usize>> = self.classes_of_numbers(values);
        if let Scale::Graduated { classes, no_data, .. } = &mut self.scale {
            let (counts, none) = ranges::counted(&found, classes.len());
            *no_data = none;
            for (class, count) in classes.iter_mut().zip(counts) {
                class.count = count;
            }
        }
    }

    /// Category index of a name; `None` for no or an unknown name.
    pub fn class_of_text(&self, value: Option<&str>) -> Option<usize> {
        let Scale::Categorized { categories, .. } = &self.scale else { return None };
        let v = value?;
        categories.iter().position(|c| c.value == v)
    }

    /// Fill and second sign of every class, in order.
    pub fn fills(&self) -> Vec<(Rgb, Hatch)> {
        match &self.scale {
            Scale::Graduated { classes, .. } => classes.iter().map(|c| (c.color, c.hatch)).collect(),
            Scale::Categorized { categories, .. } => categories.iter().map(|c| (c.color, c.hatch)).collect(),
        }
    }

    /// Legend texts and counts of every class, in order.
    pub fn entries(&self) -> Vec<(Label, String)> {
        match &self.scale {
            Scale::Graduated { classes, .. } => {
                classes.iter().map(|c| (c.label.clone(), counted(c.count, None))).collect()
            }
            Scale::Categorized { categories, .. } => {
                categories.iter().map(|c| (c.label.clone(), counted(c.count, c.likeliest))).collect()
            }
        }
    }

    /// What stands below the classes: method and goodness of fit, or what the counts in brackets are.
    pub fn note(&self) -> Label {
        match &self.scale {
            Scale::Graduated { method, .. } => method.clone(),
            Scale::Categorized { categories, .. } if categories.iter().any(|c| c.likeliest.is_some()) => {
                in_brackets()
            }
            Scale::Categorized { .. } => Label::default(),
        }
    }

    /// Units without a value.
    pub fn no_data(&self) -> usize {
        match &self.scale {
            Scale::Graduated { no_data, .. } | Scale::Categorized { no_data, .. } => *no_data,
        }
    }

    /// Heading with its unit: `Net emission (10⁴ t CO2e)`.
    pub fn heading_with_unit(&self) -> Label {
        if self.unit.en.is_empty() {
            return self.heading.clone();
        }
        Label {
            en: format!("{} ({})", self.heading.en, self.unit.en),
            zh: format!("{}（{}）", self.heading.zh, self.unit.zh),
        }
    }
}

/// The style a raster takes from a vector map of the same quantity.
pub fn raster_style(style: &MapStyle) -> MapStyle {
    let mut copy = style.clone();
    match &mut copy.scale {
        Scale::Graduated { classes, .. } => classes.iter_mut().for_each(|c| c.hatch = Hatch::None),
        Scale::Categorized { categories, .. } => categories.iter_mut().for_each(|c| c.hatch = Hatch::None),
    }
    copy
}

/// Legend text of units without a value.
pub(crate) fn no_data_text() -> Label {
    Label::new("no data", "无数据")
}
