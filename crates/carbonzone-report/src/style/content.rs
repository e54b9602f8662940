//! What a figure is: a map, a chart, a series, a line, transitions.

use super::model::{MapStyle, Scale};
use crate::Label;
use serde::{Deserialize, Serialize};

/// A figure: its name is the file stem, the QGIS theme and the print layout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Stable name, e.g. `fig5a_parcels`.
    pub name: String,
    /// Title.
    pub title: Label,
    /// Short name for layer lists and buttons.
    pub short: Label,
    /// The year it shows, if the run has several.
    pub year: Option<i32>,
    /// Content.
    pub content: FigureContent,
}

/// What a figure shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureContent {
    /// A map.
    Map(Box<MapStyle>),
    /// A chart.
    Chart(ChartKind),
    /// Totals over the years.
    Series(Box<Series>),
    /// One quantity over the years.
    Line(Box<LineChart>),
    /// Who moved from which class to which.
    Transitions(Box<TransitionChart>),
    /// From one total to another by its effects.
    Waterfall(Box<Waterfall>),
}

/// From one total to another by its effects, t CO2e.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    /// First total with its name.
    pub before: (Label, f64),
    /// Effects in order; with the first total they add up to the last.
    pub steps: Vec<(Label, f64)>,
    /// Last total with its name.
    pub after: (Label, f64),
    /// What it is, with the unit 10⁴ t.
    pub quantity: Label,
    /// Remark below the bars.
    pub note: Label,
}

/// One quantity year by year.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LineChart {
    /// Years, ascending.
    pub years: Vec<i32>,
    /// One value per year; `None` breaks the line.
    pub values: Vec<Option<f64>>,
    /// What it is, with its unit.
    pub quantity: Label,
    /// A value to compare with, and what it stands for.
    pub reference: Option<(f64, Label)>,
    /// Remark below the years.
    pub note: Label,
}

/// Number of units by class before and after.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TransitionChart {
    /// Name and colour (`#rrggbb`) of every class.
    pub classes: Vec<(Label, String)>,
    /// `counts[from][to]`.
    pub counts: Vec<Vec<u64>>,
    /// What the rows are, e.g. `2015`.
    pub from: Label,
    /// What the columns are.
    pub to: Label,
    /// Remark below the matrix.
    pub note: Label,
}

/// Totals of all zones in tonnes CO2e, one value per year.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Years, ascending.
    pub years: Vec<i32>,
    /// Gross emissions.
    pub gross_t: Vec<f64>,
    /// Sinks, positive.
    pub sink_t: Vec<f64>,
}

/// Charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// Shares of sectors and land groups (Figure 4).
    Shares,
    /// Number of units per zone class (Figure 9b).
    ZoneCounts,
    /// Share of units per zone class (Figure 9c).
    ZoneShares,
    /// Two indices, their thresholds, and where 90 % of the draws of every unit lie.
    Quadrant,
}

impl Figure {
    /// The map style, if it is a map.
    pub fn map(&self) -> Option<&MapStyle> {
        match &self.content {
            FigureContent::Map(style) => Some(style),
            FigureContent::Chart(_)
            | FigureContent::Series(_)
            | FigureContent::Line(_)
            | FigureContent::Waterfall(_)
            | FigureContent::Transitions(_) => None,
        }
    }
}

impl Figure {
    /// Adds a remark to the classification line of the legend.
    pub(super) fn add_to_method(&mut self, note: &Label) {
        if let FigureContent::Map(style) = &mut self.content
            && let Scale::Graduated { method, .. } = &mut style.scale
            && !method.en.is_empty()
        {
            *method = method.then(note);
        }
    }
}
