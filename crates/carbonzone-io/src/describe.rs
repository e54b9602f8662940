//! What a vector file holds, before anything is decided about it: layers, fields with values, extent, CRS, encoding.

use crate::columns::{ColumnsBuilder, FieldPlan};
use crate::crs::meaningful_wkt;
use crate::dataset::{kind_of, open_dataset};
use crate::error::{IoError, Result};
use crate::gdal_log::capture;
use crate::layer_info::{LayerInfo, centre, label};
use crate::layer_spec::GeometryKind;
use crate::mojibake::TextCheck;
use crate::source::has_extension;
use crate::{geoparquet, locate};
use gdal::Dataset;
use gdal::vector::LayerAccess;
use gdal_sys::OGRwkbGeometryType as T;
use std::path::Path;

/// The layers of a vector file, each with the columns of at most `rows` features.
///
/// # Errors
/// [`IoError::Read`] if it cannot be opened.
pub fn describe(path: &Path, rows: usize) -> Result<Vec<LayerInfo>> {
    if has_extension(path, &["parquet", "geoparquet"]) {
        return geoparquet::describe(path, rows).map(|layer| vec![layer]);
    }
    let as_declared = layers_of(path, None, rows)?;
    let broken = |check: &TextCheck| check.is_suspicious();
    if has_extension(path, &["shp", "dbf"]) && as_declared.iter().any(|(_, check)| broken(check)) {
        let other = layers_of(path, Some("GBK"), rows)?;
        if other.iter().all(|(_, check)| !broken(check)) {
            let named =
                |(layer, _): (LayerInfo, TextCheck)| LayerInfo { encoding: Some("GBK".into()), ..layer };
            return Ok(other.into_iter().map(named).collect());
        }
    }
    Ok(as_declared.into_iter().map(|(layer, _)| layer).collect())
}

fn layers_of(path: &Path, encoding: Option<&str>, rows: usize) -> Result<Vec<(LayerInfo, TextCheck)>> {
    let (opened, messages) = open_dataset(path, encoding);
    let dataset =
        opened.map_err(|e| IoError::read(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
    let (layers, _) = capture(|| {
        (0..dataset.layer_count()).filter_map(|i| layer_of(&dataset, i, rows)).collect::<Vec<_>>()
    });
    Ok(layers.into_iter().filter(|(l, _)| l.name != "layer_styles").collect())
}

fn layer_of(dataset: &Dataset, index: usize, rows: usize) -> Option<(LayerInfo, TextCheck)> {
    let mut layer = dataset.layer(index).ok()?;
    let fields: Vec<FieldPlan> = layer
        .defn()
        .fields()
        .enumerate()
        .map(|(i, f)| FieldPlan { name: f.name(), index: i, kind: kind_of(&layer, i) })
        .collect();
    let mut kind = kind_of_geometry(layer.defn().geometry_type());
    let wkt = layer.spatial_ref().and_then(|s| meaningful_wkt(&s));
    let extent = layer.get_extent().ok().map(|e| [e.MinX, e.MinY, e.MaxX, e.MaxY]);
    let features = layer.try_feature_count();
    let mut columns = ColumnsBuilder::new(&fields);
    for field in &fields {
        columns.check.see("", &field.name);
    }
    for feature in layer.features().take(rows) {
        columns.push(&feature);
        // GeoJSON and others that do not declare one kind.
        let own = feature.geometry().map_or(T::wkbUnknown, gdal::vector::Geometry::geometry_type);
        kind = kind.or_else(|| kind_of_geometry(own));
    }
    let sample = columns.take();
    let info = LayerInfo {
        name: layer.name(),
        geometry: kind,
        features,
        extent,
        crs: wkt.as_deref().and_then(label),
        centre: extent.and_then(|e| centre(wkt.as_deref(), e)),
        sample,
        encoding: None,
    };
    Some((info, columns.check))
}

fn kind_of_geometry(kind: T::Type) -> Option<GeometryKind> {
    // Three dimensions and measures are 1000, 2000, 3000 above, or have the highest bit.
    match (kind & 0x7fff_ffff) % 1000 {
        T::wkbPoint | T::wkbMultiPoint => Some(GeometryKind::Point),
        T::wkbLineString | T::wkbMultiLineString | T::wkbCompoundCurve | T::wkbMultiCurve => {
            Some(GeometryKind::Line)
        }
        T::wkbPolygon | T::wkbMultiPolygon | T::wkbCurvePolygon | T::wkbMultiSurface => {
            Some(GeometryKind::Polygon)
        }
        _ => None,
    }
}

/// Unpacks all files of an archive into a folder, with their names as they were meant; gives their paths.
///
/// # Errors
/// [`IoError::Read`] if the archive is damaged or a file cannot be written.
pub fn unpack_archive(archive: &Path, into: &Path) -> Result<Vec<std::path::PathBuf>> {
    locate::unpack_all(archive, into).map_err(|e| IoError::read(archive, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_geojson_tells_its_kind_fields_and_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("街道.geojson");
        let feature = |i: i32| {
            format!(
                r#"{{"type":"Feature","properties":{{"名称":"街道{i}","pop":{i}}},"geometry":{{"type":"Polygon","coordinates":[[[120,31],[121,31],[121,32],[120,31]]]}}}}"#
            )
        };
        let all: Vec<String> = (0..3).map(feature).collect();
        std::fs::write(&path, format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, all.join(",")))
            .unwrap();
        let layers = describe(&path, 2).unwrap();
        let [layer] = layers.as_slice() else { panic!("{layers:?}") };
        assert_eq!(layer.geometry, Some(GeometryKind::Polygon));
        assert_eq!((layer.features, layer.sample.rows()), (Some(3), 2));
        assert_eq!(layer.sample.texts("名称").unwrap()[1].as_deref(), Some("街道1"));
        assert_eq!(layer.extent, Some([120.0, 31.0, 121.0, 32.0]));
        assert_eq!(layer.centre, Some([120.5, 31.5]));
        assert_eq!(layer.crs.as_deref(), Some("EPSG:4326"));
    }

    #[test]
    fn archives_are_unpacked_below_the_folder_whatever_their_members_are_called() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data.zip");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        for name in ["a/图层.csv", "../../evil.csv", "/abs.csv"] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(b"x,y\n1,2\n").unwrap();
        }
        zip.finish().unwrap();
        let into = dir.path().join("out");
        let files = unpack_archive(&path, &into).unwrap();
        assert_eq!(files.len(), 3);
        assert!(files.iter().all(|f| f.starts_with(&into) && f.is_file()), "{files:?}");
        assert!(into.join("a/图层.csv").is_file() && !dir.path().join("evil.csv").exists());
    }
}
