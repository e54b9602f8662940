//! Which borders are drawn over the maps, and what they are called.

use crate::style::{Figure, MapStyle};
use crate::{Label, MapData, words};

/// Zones for which QGIS can put districts together while it draws.
const MOST_ZONES_OF_DISTRICTS: usize = 1000;

/// True if zones of several districts are named, and not too many to put together.
pub(crate) fn has_districts(data: &MapData) -> bool {
    let named = data.zones.table.texts("district").unwrap_or_default();
    let mut known: Vec<&str> = named.iter().flatten().map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    known.len() > 1 && known.len() < named.len() && named.len() <= MOST_ZONES_OF_DISTRICTS
}

pub(crate) fn district_border() -> Label {
    Label::new("District border", "区县界线")
}

/// True if a map outlines the zones on the borderline and they are marked.
pub(crate) fn has_borderline(data: &MapData, figures: &[Figure]) -> bool {
    figures.iter().filter_map(Figure::map).any(MapStyle::marks_borderline) && data.zones.has("borderline")
}

pub(crate) fn boundary(data: &MapData) -> Label {
    let one = words::zone_word(&data.manifest.zones_layer);
    Label { en: format!("{} boundary", one.en), zh: format!("{}界线", one.zh) }
}
