//! A vector file with one layer, in batches: GeoPackage, Shapefile, FlatGeobuf.

use crate::batch::{LineBatch, PointBatch};
use crate::crs::WorkingCrs;
use crate::error::Result;
use crate::gdal_sink::{Sink, close, create_dataset};
use crate::layer_output::{Output, check_points};
use crate::layer_spec::{GeometryKind, LayerSpec, VectorFormat};
use crate::shapes::{Multilines, Shapes};
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, NoProgress};
use std::path::{Path, PathBuf};

/// A file with one layer, written in batches with bounded memory.
pub struct VectorWriter {
    path: PathBuf,
    spec: LayerSpec,
    out: Output,
}

impl VectorWriter {
    /// Creates the file and its layer, replacing a file that is there.
    ///
    /// # Errors
    /// [`IoError::Write`](crate::IoError::Write) if GDAL refuses, [`IoError::UnknownCrs`](crate::IoError::UnknownCrs) for the CRS.
    pub fn create(path: &Path, format: VectorFormat, spec: &LayerSpec) -> Result<Self> {
        let mut dataset = create_dataset(path, format)?;
        let out = if format == VectorFormat::GeoPackage {
            close(dataset, path)?;
            Output::in_geopackage(path, spec)?
        } else {
            let sink = Sink::create(&mut dataset, path, spec, format)?;
            Output::Gdal { dataset, sink }
        };
        Ok(Self { path: path.to_owned(), spec: spec.clone(), out })
    }

    /// Appends polygons; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`](crate::IoError::Write).
    pub fn polygons(&mut self, coverage: &Coverage, table: &AttributeTable) -> Result<()> {
        self.append(coverage, coverage.len(), table)
    }

    /// Appends points; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`](crate::IoError::Write).
    pub fn points(&mut self, batch: &PointBatch) -> Result<()> {
        check_points(&self.path, &self.spec.name, batch)?;
        self.append(batch, batch.xs.len(), &batch.table)
    }

    /// Appends lines; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`](crate::IoError::Write).
    pub fn lines(&mut self, batch: &LineBatch) -> Result<()> {
        let lines = Multilines::of(batch);
        self.append(&lines, lines.rows(), &batch.table)
    }

    /// Completes the layer, flushes and closes.
    ///
    /// # Errors
    /// [`IoError::Write`](crate::IoError::Write), e.g. for a full disk.
    pub fn finish(self) -> Result<()> {
        self.out.finish(&self.path)
    }

    fn append(&mut self, shapes: &dyn Shapes, n: usize, table: &AttributeTable) -> Result<()> {
        self.out.append(&self.path, &self.spec, shapes, n, &table.into(), &NoProgress)?;
        Ok(())
    }
}

/// Writes one polygon layer to a file of its own.
///
/// # Errors
/// [`IoError::Write`](crate::IoError::Write), [`IoError::UnknownCrs`](crate::IoError::UnknownCrs).
pub fn write_polygons(
    path: &Path,
    format: VectorFormat,
    spec: &LayerSpec,
    coverage: &Coverage,
    table: &AttributeTable,
) -> Result<()> {
    let mut writer = VectorWriter::create(path, format, spec)?;
    writer.polygons(coverage, table)?;
    writer.finish()
}

/// Writes a polygon layer as FlatGeobuf with its index.
///
/// # Errors
/// [`IoError::Write`](crate::IoError::Write), [`IoError::UnknownCrs`](crate::IoError::UnknownCrs).
pub fn write_flatgeobuf(
    path: &Path,
    coverage: &Coverage,
    table: &AttributeTable,
    crs: &WorkingCrs,
) -> Result<()> {
    let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let spec = LayerSpec::for_table(&name, Some(GeometryKind::Polygon), crs, table);
    write_polygons(path, VectorFormat::FlatGeobuf, &spec, coverage, table)
}
