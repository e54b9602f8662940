//! QGIS 3: QML styles, rows of `layer_styles`, and the project file (.qgz).
//!
//! The format is that of QGIS 3.22, written as plain XML without any QGIS library.

mod borders;
mod fields;
mod frame;
mod graticule;
mod layer;
mod layout;
mod list;
mod project;
mod qml;
mod symbol;
mod xml;

pub use list::{LayerGroup, LayerKind, LayerList, ListedLayer, ListedTheme};
pub use project::{ProjectFile, project};
pub use qml::{layer_styles, raster_qml, sidecars, vector_qml};
pub use symbol::Names;
