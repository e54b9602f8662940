//! What of a run can be loaded into a map, for programs: `layers.json`, read by `carbonzone layers`.

use crate::Label;
use serde::{Deserialize, Serialize};

/// Layers, top first, with their groups and themes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerList {
    /// Groups, top first.
    pub groups: Vec<LayerGroup>,
    /// Layers, top first.
    pub layers: Vec<ListedLayer>,
    /// Which layers to show together.
    pub themes: Vec<ListedTheme>,
}

/// A group of layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerGroup {
    /// Stable name: `zones`, `grid`, `parcels`, `rasters`.
    pub key: String,
    /// Name for people.
    pub name: Label,
}

/// What a layer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LayerKind {
    /// Features with geometries.
    Vector,
    /// A band of a raster.
    Raster,
}

/// A layer with one style; the same table may stand in several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedLayer {
    /// Stable id, that of the layer in the project file.
    pub id: String,
    /// Kind.
    pub kind: LayerKind,
    /// Group it belongs to.
    pub group: String,
    /// Name for people.
    pub name: Label,
    /// File in the run folder.
    pub file: String,
    /// Table of the `GeoPackage`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub table: Option<String>,
    /// SQL condition for the rows to show (one year of several).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub filter: Option<String>,
    /// Band of the raster, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub band: Option<u32>,
    /// Field that the colours follow; absent for outlines.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// Style: its name in the table `layer_styles` of the `GeoPackage`, or the `.qml` file of a raster. Absent where only
    /// the project file has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub style: Option<String>,
    /// What the values say, empty if the name says it.
    #[serde(skip_serializing_if = "is_empty", default)]
    pub meaning: Label,
    /// Shown when everything is loaded.
    pub visible: bool,
    /// True if it follows the temporal controller.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub temporal: bool,
}

fn is_empty(label: &Label) -> bool {
    label.en.is_empty()
}

impl ListedLayer {
    /// Data source as QGIS writes it, relative to the run folder.
    pub(crate) fn source(&self) -> String {
        let mut out = format!("./{}", self.file);
        if let Some(table) = &self.table {
            out = format!("{out}|layername={table}");
        }
        match &self.filter {
            Some(filter) => format!("{out}|subset={filter}"),
            None => out,
        }
    }

    pub(crate) fn provider(&self) -> &'static str {
        match self.kind {
            LayerKind::Vector => "ogr",
            LayerKind::Raster => "gdal",
        }
    }
}

/// Layers to show together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedTheme {
    /// Stable name: that of the figure.
    pub key: String,
    /// Name for people.
    pub name: Label,
    /// Ids of the layers, top first.
    pub layers: Vec<String>,
}
