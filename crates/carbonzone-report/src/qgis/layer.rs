//! A layer of the project file.

use super::list::ListedLayer;
use super::xml::{El, el};
use crate::Lang;

/// A map layer of the project.
#[derive(Debug, Clone)]
pub(crate) struct ProjectLayer {
    pub listed: ListedLayer,
    /// Name of the theme that shows a raster; empty for vectors.
    pub(super) theme: String,
    pub(super) body: Vec<El>,
    pub(super) labels: bool,
}

pub(crate) const OUTLINE_ID: &str = "lyr_zones_outline";

pub(crate) fn tree_layer(layer: &ProjectLayer, checked: bool, lang: Lang) -> El {
    el("layer-tree-layer")
        .a("id", &layer.listed.id)
        .a("name", layer.listed.name.text(lang))
        .a("source", layer.listed.source())
        .a("providerKey", layer.listed.provider())
        .a("checked", if checked { "Qt::Checked" } else { "Qt::Unchecked" })
        .a("expanded", u8::from(checked))
}
