//! Where a layer lies, before anything else is known about it.

use crate::crs::{CrsPath, CrsSpec, WGS84};
use crate::dataset::open_dataset;
use crate::gdal_log::capture;
use crate::locate::locate;
use crate::open_layer::{Features, find_layer};
use crate::source::{Reporter, VectorSource};
use carbonzone_types::Findings;
use gdal::vector::LayerAccess;

/// Longitude and latitude of the middle of a vector layer; `None` if the file does not tell. What is wrong with the file is
/// said when it is read.
pub fn layer_centre(source: &VectorSource) -> Option<[f64; 2]> {
    let mut silent = Findings::new();
    let mut report = Reporter { source, findings: &mut silent };
    let located = locate(&mut report)?;
    let dataset = open_dataset(&located.source.path, source.encoding.as_deref()).0.ok()?;
    let index = find_layer(&mut report, Features::Polygons, &dataset)?;
    let layer = dataset.layer(index).ok()?;
    let (extent, _) = capture(|| layer.get_extent().ok());
    let (wkt, _) = capture(|| layer.spatial_ref().and_then(|s| crate::crs::meaningful_wkt(&s)));
    let path = CrsPath::new(&CrsSpec::parse(source.crs.as_deref()), wkt.as_deref(), WGS84).ok()??;
    let extent = extent?;
    let (mut lon, mut lat) =
        ([f64::midpoint(extent.MinX, extent.MaxX)], [f64::midpoint(extent.MinY, extent.MaxY)]);
    path.transformer().ok()?.apply(&mut lon, &mut lat).ok()?;
    (lon[0].is_finite() && lon[0].abs() <= 180.0 && lat[0].abs() <= 90.0).then_some([lon[0], lat[0]])
}
