//! The one style model: every writer (QML, `layer_styles`, project, figures, page) draws what stands here.

mod catalog;
mod classify;
mod clusters;
mod compensation;
mod confidence;
mod content;
mod further;
mod headline;
mod model;
mod zones;

pub use catalog::{figures, figures_of_years, layer_title, unit_word};
pub use classify::{Classes, classify};
pub(crate) use clusters::words_of;
pub use clusters::{CLUSTER, HOT_SPOT};
pub use compensation::COMPENSATION_MAP;
pub use confidence::{CONFIDENCE_MAP, CONFIDENCE_PLOT};
pub use content::{ChartKind, Figure, FigureContent, LineChart, Series, TransitionChart, Waterfall};
pub use further::{further_maps, project_maps};
pub(crate) use further::{grid_field_style, raster_values_style};
pub(crate) use headline::{basis, headline_field};
pub(crate) use model::no_data_text;
pub use model::{Category, Class, ClassKind, Hatch, MapLayerKind, MapStyle, Scale, raster_style};
pub(crate) use zones::{sure_categories, zone_categories};
