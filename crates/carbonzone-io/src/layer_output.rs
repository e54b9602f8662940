//! A layer being filled. GDAL creates files, layers, columns and the tables of a spatial index. The rows of a GeoPackage then
//! go in as ready-made pages; GDAL writes them one by one only if the file is not laid out as expected.

use crate::batch::PointBatch;
use crate::error::{IoError, Result};
use crate::gdal_log::capture;
use crate::gdal_sink::{GEOMETRY_COLUMN, Sink, close, failed, open_for_update};
use crate::gpkg_layer::GpkgLayer;
use crate::layer_spec::{LayerSpec, VectorFormat};
use crate::shapes::Shapes;
use crate::table_view::TableView;
use carbonzone_types::Progress;
use gdal::Dataset;
use std::path::Path;

/// Where features go.
pub(crate) enum Output {
    /// Ready-made pages of a `GeoPackage`.
    Pages(Box<GpkgLayer>),
    /// GDAL, feature by feature.
    Gdal { dataset: Dataset, sink: Sink },
}

impl Output {
    /// Declares a layer in a `GeoPackage` that is there and opens it for filling.
    pub(crate) fn in_geopackage(path: &Path, spec: &LayerSpec) -> Result<Self> {
        let mut dataset = open_for_update(path)?;
        let mut sink = Sink::create(&mut dataset, path, spec, VectorFormat::GeoPackage)?;
        sink.finish(&dataset, path)?;
        close(dataset, path)?;
        let geometry = spec.geometry.map(|_| GEOMETRY_COLUMN);
        if let Ok(layer) = GpkgLayer::open(path, &spec.name, geometry)? {
            return Ok(Self::Pages(Box::new(layer)));
        }
        let dataset = open_for_update(path)?;
        sink.reopen(&dataset, path)?;
        Ok(Self::Gdal { dataset, sink })
    }

    pub(crate) fn append(
        &mut self,
        path: &Path,
        spec: &LayerSpec,
        shapes: &dyn Shapes,
        n: usize,
        table: &TableView<'_>,
        progress: &dyn Progress,
    ) -> Result<()> {
        check_table(path, spec, n, table)?;
        match self {
            Self::Pages(layer) => layer.append(shapes, table, n, progress),
            Self::Gdal { dataset, sink } => {
                let (result, messages) = capture(|| sink.features(dataset, n, table, progress, shapes));
                result.map_err(|e| failed(path, &spec.name, &e, &messages))
            }
        }
    }

    pub(crate) fn finish(self, path: &Path) -> Result<()> {
        match self {
            Self::Pages(layer) => layer.finish(),
            Self::Gdal { dataset, mut sink } => {
                sink.finish(&dataset, path)?;
                close(dataset, path)
            }
        }
    }
}

pub(crate) fn check_table(path: &Path, spec: &LayerSpec, n: usize, table: &TableView<'_>) -> Result<()> {
    let wrong = |text: String| Err(IoError::write(path, format!("layer \"{}\": {text}", spec.name)));
    let (given, wanted) = (table.columns.len(), spec.fields.len());
    if given != wanted {
        return wrong(format!("{given} columns given, the layer has {wanted}"));
    }
    match table.columns.iter().find(|(_, c)| c.len() != n) {
        Some((name, column)) => wrong(format!("column {name} has {} rows for {n} features", column.len())),
        None => Ok(()),
    }
}

pub(crate) fn check_points(path: &Path, layer: &str, batch: &PointBatch) -> Result<()> {
    if batch.xs.len() == batch.ys.len() {
        Ok(())
    } else {
        Err(IoError::write(path, format!("layer \"{layer}\": xs and ys differ in length")))
    }
}
