//! A layer in a few words: name, kind, place, columns.

use crate::crs::{CrsPath, CrsSpec, WGS84};
use crate::layer_spec::GeometryKind;
use carbonzone_types::AttributeTable;

/// A layer of a vector file.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerInfo {
    /// Name in the file.
    pub name: String,
    /// What it is made of; `None`: a table, or of several kinds.
    pub geometry: Option<GeometryKind>,
    /// Number of features, if the file tells.
    pub features: Option<u64>,
    /// `[x0, y0, x1, y1]` in its own CRS.
    pub extent: Option<[f64; 4]>,
    /// Authority code or name of its CRS; `None`: it has none.
    pub crs: Option<String>,
    /// Longitude and latitude of the middle, by its own CRS.
    pub centre: Option<[f64; 2]>,
    /// All columns of the first features.
    pub sample: AttributeTable,
    /// Encoding that the texts need and the file does not name.
    pub encoding: Option<String>,
}

/// The same of something without features, e.g. a raster: its place only.
pub fn describe_place(name: &str, wkt: Option<&str>, extent: [f64; 4]) -> LayerInfo {
    LayerInfo {
        name: name.to_owned(),
        geometry: None,
        features: None,
        extent: Some(extent),
        crs: wkt.and_then(label),
        centre: centre(wkt, extent),
        sample: AttributeTable::new(),
        encoding: None,
    }
}

/// Authority code or name of a CRS.
pub(crate) fn label(definition: &str) -> Option<String> {
    let srs = crate::crs::definition_to_spatial_ref(definition).ok()?;
    Some(crate::crs::label(&srs))
}

/// Longitude and latitude of the middle of an extent.
pub(crate) fn centre(wkt: Option<&str>, [x0, y0, x1, y1]: [f64; 4]) -> Option<[f64; 2]> {
    let path = CrsPath::new(&CrsSpec::FromLayer, wkt, WGS84).ok()??;
    let (mut lon, mut lat) = ([f64::midpoint(x0, x1)], [f64::midpoint(y0, y1)]);
    path.transformer().ok()?.apply(&mut lon, &mut lat).ok()?;
    (lon[0].is_finite() && lon[0].abs() <= 180.0 && lat[0].abs() <= 90.0).then_some([lon[0], lat[0]])
}
