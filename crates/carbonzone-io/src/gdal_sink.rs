//! Files and layers that GDAL makes, and features it writes one by one.

use crate::crs::definition_to_spatial_ref;
use crate::dataset::layer_names;
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::{GdalMessages, capture};
use crate::layer_spec::{FieldType, GeometryKind, LayerSpec, VectorFormat};
use crate::shapes::Shapes;
use crate::table_view::{TableView, Value};
use carbonzone_types::Progress;
use gdal::errors::GdalError;
use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, Geometry, LayerAccess, LayerOptions};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags};
use gdal_sys::{OGRFieldSubType, OGRFieldType, OGRwkbGeometryType as T};
use std::path::Path;

pub(crate) const GEOMETRY_COLUMN: &str = "geom";

pub(crate) fn create_dataset(path: &Path, format: VectorFormat) -> Result<Dataset> {
    if path.exists() {
        std::fs::remove_file(path).map_err(|e| IoError::write(path, e))?;
    }
    without_journal(path, || {
        DriverManager::get_driver_by_name(format.driver()).and_then(|d| d.create_vector_only(path))
    })
}

pub(crate) fn open_for_update(path: &Path) -> Result<Dataset> {
    if !path.exists() {
        return Err(IoError::read(path, "no such file"));
    }
    without_journal(path, || {
        Dataset::open_ex(
            path,
            DatasetOptions {
                open_flags: GdalOpenFlags::GDAL_OF_UPDATE
                    | GdalOpenFlags::GDAL_OF_VECTOR
                    | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
                ..DatasetOptions::default()
            },
        )
    })
}

/// The file is new and thrown away if the run fails: a journal would only cost time.
fn without_journal(path: &Path, open: impl FnOnce() -> gdal::errors::Result<Dataset>) -> Result<Dataset> {
    let (opened, messages) = capture(|| {
        gdal::config::set_thread_local_config_option("OGR_SQLITE_JOURNAL", "OFF")?;
        gdal::config::set_thread_local_config_option("OGR_SQLITE_SYNCHRONOUS", "OFF")?;
        let opened = open();
        gdal::config::clear_thread_local_config_option("OGR_SQLITE_JOURNAL")?;
        gdal::config::clear_thread_local_config_option("OGR_SQLITE_SYNCHRONOUS")?;
        opened
    });
    opened.map_err(|e| IoError::write(path, messages.summary().unwrap_or_else(|| e.to_string())))
}

pub(crate) fn close(dataset: Dataset, path: &Path) -> Result<()> {
    let (result, messages) = capture(|| dataset.close());
    result.map_err(|e| IoError::write(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
    match messages.failures.first() {
        Some(failure) => Err(IoError::write(path, failure)),
        None => Ok(()),
    }
}

pub(crate) fn failed(path: &Path, layer: &str, error: &GdalError, messages: &GdalMessages) -> IoError {
    let said = messages.summary().unwrap_or_else(|| error.to_string());
    IoError::write(path, format!("layer \"{layer}\": {said}"))
}

/// The layer that features go to, one by one.
pub(crate) struct Sink {
    name: String,
    index: usize,
    geometry: Option<GeometryKind>,
    transaction: bool,
}

impl Sink {
    /// Creates the layer; a `GeoPackage` gets its spatial index declared, which is empty so far.
    pub(crate) fn create(
        dataset: &mut Dataset,
        path: &Path,
        spec: &LayerSpec,
        format: VectorFormat,
    ) -> Result<Self> {
        let srs = if spec.crs.is_empty() { None } else { Some(definition_to_spatial_ref(&spec.crs)?) };
        let options = layer_options(spec, format);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let kind = match spec.geometry {
            None => T::wkbNone,
            Some(GeometryKind::Point) => T::wkbPoint,
            Some(GeometryKind::Line) => T::wkbMultiLineString,
            Some(GeometryKind::Polygon) => T::wkbMultiPolygon,
        };
        let index = dataset.layer_count();
        let transaction = format == VectorFormat::GeoPackage;
        let (made, messages) = capture(|| -> gdal::errors::Result<()> {
            if transaction {
                ffi::start_transaction(dataset)?;
            }
            let layer = dataset.create_layer(LayerOptions {
                name: &spec.name,
                srs: srs.as_ref(),
                ty: kind,
                options: Some(&options),
            })?;
            for (name, field) in &spec.fields {
                create_field(&layer, name, *field, format)?;
            }
            if transaction && spec.geometry.is_some() && spec.spatial_index {
                declare_index(dataset, &spec.name)?;
            }
            Ok(())
        });
        made.map_err(|e| failed(path, &spec.name, &e, &messages))?;
        Ok(Self { name: spec.name.clone(), index, geometry: spec.geometry, transaction })
    }

    /// Finds the layer again in a dataset that was opened anew.
    pub(crate) fn reopen(&mut self, dataset: &Dataset, path: &Path) -> Result<()> {
        let found = layer_names(dataset).iter().position(|n| *n == self.name);
        self.index = found.ok_or_else(|| IoError::write(path, format!("layer \"{}\" is gone", self.name)))?;
        ffi::start_transaction(dataset).map_err(|e| IoError::write(path, e))
    }

    pub(crate) fn finish(&mut self, dataset: &Dataset, path: &Path) -> Result<()> {
        if !self.transaction {
            return Ok(());
        }
        let (result, messages) = capture(|| ffi::commit_transaction(dataset));
        result.map_err(|e| failed(path, &self.name, &e, &messages))
    }

    pub(crate) fn features(
        &mut self,
        dataset: &Dataset,
        n: usize,
        table: &TableView<'_>,
        progress: &dyn Progress,
        shapes: &dyn Shapes,
    ) -> gdal::errors::Result<()> {
        let layer = dataset.layer(self.index)?;
        let mut wkb = Vec::new();
        for row in 0..n {
            let mut feature = Feature::new(layer.defn())?;
            if self.geometry.is_some() {
                wkb.clear();
                shapes.wkb(row, &mut wkb);
                if !wkb.is_empty() {
                    feature.set_geometry(Geometry::from_wkb(&wkb)?)?;
                }
            }
            for (index, (_, column)) in table.columns.iter().enumerate() {
                set_field(&mut feature, index, column.at(row))?;
            }
            feature.create(&layer)?;
            if row % 4096 == 4095 {
                progress.advance(4096);
                if progress.cancelled() {
                    return Ok(());
                }
            }
        }
        progress.advance(n as u64 % 4096);
        Ok(())
    }
}

/// Declares the spatial index of an empty layer: tables, triggers, entry among the extensions.
fn declare_index(dataset: &Dataset, table: &str) -> gdal::errors::Result<()> {
    let sql = format!("SELECT CreateSpatialIndex('{}', '{GEOMETRY_COLUMN}')", table.replace('\'', "''"));
    let (result, messages) = capture(|| dataset.execute_sql(sql, None, Dialect::DEFAULT).map(drop));
    result?;
    match messages.failures.first() {
        Some(failure) => Err(GdalError::BadArgument(failure.clone())),
        None => Ok(()),
    }
}

fn layer_options(spec: &LayerSpec, format: VectorFormat) -> Vec<String> {
    let index = if spec.spatial_index { "YES" } else { "NO" };
    match format {
        VectorFormat::GeoPackage => {
            let clash = spec.fields.iter().any(|(n, _)| n.eq_ignore_ascii_case("fid"));
            let mut options = vec![
                format!("IDENTIFIER={}", if spec.title.is_empty() { &spec.name } else { &spec.title }),
                format!("DESCRIPTION={}", spec.description),
                format!("FID={}", if clash { "ogc_fid" } else { "fid" }),
            ];
            if spec.geometry.is_some() {
                options.push(format!("GEOMETRY_NAME={GEOMETRY_COLUMN}"));
                // Ours is packed at the end.
                options.push("SPATIAL_INDEX=NO".to_owned());
            }
            options
        }
        VectorFormat::Shapefile => {
            vec![format!("ENCODING={}", spec.encoding.as_deref().unwrap_or("UTF-8"))]
        }
        VectorFormat::FlatGeobuf => vec![format!("SPATIAL_INDEX={index}")],
    }
}

fn create_field<L: LayerAccess>(
    layer: &L,
    name: &str,
    field: FieldType,
    format: VectorFormat,
) -> gdal::errors::Result<()> {
    let shapefile = format == VectorFormat::Shapefile;
    let (kind, subtype) = match field {
        FieldType::Text => (OGRFieldType::OFTString, OGRFieldSubType::OFSTNone),
        FieldType::Real => (OGRFieldType::OFTReal, OGRFieldSubType::OFSTNone),
        FieldType::Int => (OGRFieldType::OFTInteger64, OGRFieldSubType::OFSTNone),
        // A DBF has no truth values that GDAL 3.6 writes: 0 and 1 instead.
        FieldType::Bool if shapefile => (OGRFieldType::OFTInteger, OGRFieldSubType::OFSTNone),
        FieldType::Bool => (OGRFieldType::OFTInteger, OGRFieldSubType::OFSTBoolean),
    };
    ffi::create_field(layer, name, kind, subtype, None, None)
}

fn set_field(feature: &mut Feature<'_>, index: usize, value: Value<'_>) -> gdal::errors::Result<()> {
    match value {
        Value::Null => feature.set_field_null(index),
        // A C string cannot hold a zero byte.
        Value::Text(text) if text.contains('\0') => feature.set_field_string(index, &text.replace('\0', "")),
        Value::Text(text) => feature.set_field_string(index, text),
        Value::Real(x) => feature.set_field_double(index, x),
        Value::Int(x) => feature.set_field_integer64(index, x),
        Value::Bool(x) => feature.set_field_integer(index, i32::from(x)),
    }
}
