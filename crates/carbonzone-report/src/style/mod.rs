//! The one style model: every writer (QML, `layer_styles`, project, figures, page) draws what stands here.

mod catalog;
mod classify;
mod model;

pub use catalog::{
    ChartKind, Figure, FigureContent, LineChart, Series, TransitionChart, figures, figures_of_years,
    further_maps, layer_title, unit_word,
};
pub(crate) use catalog::{grid_field_style, raster_values_style};
pub use classify::{Classes, classify};
pub(crate) use model::no_data_text;
pub use model::{Category, Class, ClassKind, Hatch, MapLayerKind, MapStyle, Scale, raster_style};
