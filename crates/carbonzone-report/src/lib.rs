//! Maps, figures, the QGIS project and the report page of a run.
//!
//! One [`style`] model decides classes, breaks, colours and labels (English and Chinese). Every writer draws from
//! it, so they cannot disagree: the [`figure`]s (SVG, PNG), the QML styles, the rows of the GeoPackage table
//! `layer_styles` and the project file ([`qgis`]), and the offline page `report.html` ([`html`]).
//!
//! Input is plain data ([`MapData`]); files are written by [`render`] only. What this crate does *not* do: read or
//! write geodata (the binary does, through `carbonzone-io`), compute anything but classes, or know any city.

pub mod assumptions;
pub mod chinese;
mod columns;
pub mod confidence;
mod data;
mod error;
mod field_words;
pub mod figure;
mod gradient;
pub mod hinges;
pub mod html;
mod lang;
pub mod measures;
pub mod names;
pub mod number;
pub mod palette;
pub mod qgis;
mod quadrant;
mod render;
mod report_table;
pub mod style;
pub mod words;
mod xml_text;

pub use columns::{JOINT, ZONE_OF_MEAN};
pub use data::{
    BreakMethod, Cells, ClassScale, LayerStyleRow, MapData, MapLayer, RasterContent, RasterFile,
    RenderOptions, Rendered, StudyExtras, What,
};
pub use error::{ReportError, Result};
pub use lang::{Label, Lang};
pub use palette::{Palette, Rgb, level_colors};
pub use render::{LAYER_LIST, render};
pub use report_table::ReportTable;
