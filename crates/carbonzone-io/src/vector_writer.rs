//! Vector files out: GeoPackage (several layers), Shapefile, FlatGeobuf. One transaction per layer.

use crate::crs::{WorkingCrs, definition_to_spatial_ref};
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::{GdalMessages, capture};
use crate::rtree::SpatialIndex;
use crate::stream::{LineBatch, PointBatch};
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, ColumnData, NoProgress, Progress};
use gdal::errors::GdalError;
use gdal::vector::{Feature, Geometry, LayerAccess, LayerOptions};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags};
use gdal_sys::{OGRFieldSubType, OGRFieldType, OGRwkbGeometryType as T};
use std::path::{Path, PathBuf};

/// File formats of [`VectorWriter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorFormat {
    /// GeoPackage.
    GeoPackage,
    /// ESRI Shapefile; field names are cut to ten bytes.
    Shapefile,
    /// FlatGeobuf.
    FlatGeobuf,
}

impl VectorFormat {
    fn driver(self) -> &'static str {
        match self {
            Self::GeoPackage => "GPKG",
            Self::Shapefile => "ESRI Shapefile",
            Self::FlatGeobuf => "FlatGeobuf",
        }
    }
}

/// What the features of a layer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeometryKind {
    /// Multipolygons.
    Polygon,
    /// Multilines.
    Line,
    /// Points.
    Point,
}

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// UTF-8 text.
    Text,
    /// Double precision.
    Real,
    /// 64-bit integer.
    Int,
    /// Truth value.
    Bool,
}

impl FieldType {
    /// The type of a column of a table.
    #[must_use]
    pub fn of(data: &ColumnData) -> Self {
        match data {
            ColumnData::Text(_) => Self::Text,
            ColumnData::Real(_) => Self::Real,
            ColumnData::Int(_) => Self::Int,
            ColumnData::Bool(_) => Self::Bool,
        }
    }
}

/// A layer to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerSpec {
    /// Layer (table) name.
    pub name: String,
    /// Human-readable identifier (GeoPackage only); the name if empty.
    pub title: String,
    /// Description (GeoPackage only).
    pub description: String,
    /// Geometry; `None` is a table without geometry.
    pub geometry: Option<GeometryKind>,
    /// CRS definition (anything GDAL reads); empty for none.
    pub crs: String,
    /// Columns.
    pub fields: Vec<(String, FieldType)>,
    /// Encoding of texts (Shapefile only), e.g. `GBK`; UTF-8 if `None`.
    pub encoding: Option<String>,
    /// Whether to write a spatial index (GeoPackage and FlatGeobuf).
    pub spatial_index: bool,
}

impl LayerSpec {
    /// A layer with the columns of a table, in the working CRS, with a spatial index.
    #[must_use]
    pub fn for_table(
        name: &str,
        geometry: Option<GeometryKind>,
        crs: &WorkingCrs,
        table: &AttributeTable,
    ) -> Self {
        Self {
            name: name.to_owned(),
            title: String::new(),
            description: String::new(),
            geometry,
            crs: if geometry.is_some() { crs.definition().to_owned() } else { String::new() },
            fields: table.columns.iter().map(|c| (c.name.clone(), FieldType::of(&c.data))).collect(),
            encoding: None,
            spatial_index: true,
        }
    }

    /// Sets identifier and description (builder style).
    #[must_use]
    pub fn described(mut self, title: &str, description: &str) -> Self {
        title.clone_into(&mut self.title);
        description.clone_into(&mut self.description);
        self
    }
}

/// A GeoPackage being written, layer after layer, all in the working CRS.
///
/// Contents depend only on what is written: dates are `SOURCE_DATE_EPOCH`, else 2000-01-01.
pub struct GpkgWriter {
    path: PathBuf,
    dataset: Dataset,
    crs: WorkingCrs,
}

impl GpkgWriter {
    /// Creates the file, replacing one that is there.
    ///
    /// # Errors
    /// [`IoError::Write`] if the file cannot be created.
    pub fn create(path: &Path, crs: &WorkingCrs) -> Result<Self> {
        let dataset = create_dataset(path, VectorFormat::GeoPackage)?;
        Ok(Self { path: path.to_owned(), dataset, crs: crs.clone() })
    }

    /// Writes a polygon layer with its spatial index in one transaction.
    ///
    /// # Errors
    /// [`IoError::Write`] if the table has another number of rows than the coverage has features, or if GDAL
    /// refuses (disk full, bad name); [`IoError::Cancelled`] if the user asked to stop.
    pub fn polygons(
        &mut self,
        name: &str,
        description: &str,
        coverage: &Coverage,
        table: &AttributeTable,
        progress: &dyn Progress,
    ) -> Result<()> {
        let spec = LayerSpec::for_table(name, Some(GeometryKind::Polygon), &self.crs, table)
            .described(name, description);
        self.layer(&spec, |sink, dataset| sink.polygons(dataset, coverage, table, progress))?;
        if progress.cancelled() { Err(IoError::Cancelled) } else { Ok(()) }
    }

    /// Writes a table without geometry in one transaction.
    ///
    /// # Errors
    /// As [`Self::polygons`].
    pub fn table(&mut self, name: &str, description: &str, table: &AttributeTable) -> Result<()> {
        let spec = LayerSpec::for_table(name, None, &self.crs, table).described(name, description);
        self.layer(&spec, |sink, dataset| sink.rows(dataset, table))
    }

    /// Writes points in one transaction.
    ///
    /// # Errors
    /// As [`Self::polygons`].
    pub fn points(&mut self, name: &str, description: &str, batch: &PointBatch) -> Result<()> {
        let spec = LayerSpec::for_table(name, Some(GeometryKind::Point), &self.crs, &batch.table)
            .described(name, description);
        self.layer(&spec, |sink, dataset| sink.points(dataset, batch))
    }

    /// Flushes and closes the file.
    ///
    /// # Errors
    /// [`IoError::Write`], e.g. for a full disk.
    pub fn finish(self) -> Result<()> {
        close(self.dataset, &self.path)
    }

    fn layer(
        &mut self,
        spec: &LayerSpec,
        write: impl FnOnce(&mut Sink, &Dataset) -> gdal::errors::Result<u64>,
    ) -> Result<()> {
        write_layer(&mut self.dataset, &self.path, spec, write)
    }
}

fn write_layer(
    dataset: &mut Dataset,
    path: &Path,
    spec: &LayerSpec,
    write: impl FnOnce(&mut Sink, &Dataset) -> gdal::errors::Result<u64>,
) -> Result<()> {
    let mut sink = Sink::create(dataset, path, spec, VectorFormat::GeoPackage)?;
    let (result, messages) = capture(|| write(&mut sink, dataset));
    result.map_err(|e| failed(path, &spec.name, &e, &messages))?;
    sink.finish(dataset, path)
}

/// Writes QGIS styles into the table `layer_styles` of an existing GeoPackage, replacing those that are there.
/// QGIS applies the default style of a table when it is opened.
///
/// # Errors
/// [`IoError::Read`] if the file cannot be opened for writing, [`IoError::Write`].
pub fn write_layer_styles(path: &Path, styles: &[LayerStyle]) -> Result<()> {
    let texts =
        |f: fn(&LayerStyle) -> &str| ColumnData::Text(styles.iter().map(|s| Some(f(s).to_owned())).collect());
    let table = AttributeTable::new()
        .with("f_table_catalog", texts(|_| ""))
        .with("f_table_schema", texts(|_| ""))
        .with("f_table_name", texts(|s| &s.table))
        .with("f_geometry_column", texts(|_| GEOMETRY_COLUMN))
        .with("styleName", texts(|s| &s.name))
        .with("styleQML", texts(|s| &s.qml))
        .with("styleSLD", texts(|_| ""))
        .with("useAsDefault", ColumnData::Bool(styles.iter().map(|s| Some(s.default)).collect()))
        .with("description", texts(|s| &s.description))
        .with("owner", texts(|_| ""))
        .with("ui", ColumnData::Text(vec![None; styles.len()]))
        // QGIS orders by it and finds no style without the column; a fixed time keeps the file reproducible.
        .with("update_time", texts(|_| "1970-01-01T00:00:00.000Z"));
    let spec = LayerSpec {
        name: STYLES.to_owned(),
        title: String::new(),
        description: String::new(),
        geometry: None,
        crs: String::new(),
        fields: table.columns.iter().map(|c| (c.name.clone(), FieldType::of(&c.data))).collect(),
        encoding: None,
        spatial_index: false,
    };
    let (opened, messages) = capture(|| {
        Dataset::open_ex(
            path,
            DatasetOptions {
                open_flags: GdalOpenFlags::GDAL_OF_UPDATE
                    | GdalOpenFlags::GDAL_OF_VECTOR
                    | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
                ..DatasetOptions::default()
            },
        )
    });
    let mut dataset =
        opened.map_err(|e| IoError::read(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
    if let Some(old) = crate::source::layer_names(&dataset).iter().position(|n| n == STYLES) {
        dataset.delete_layer(old).map_err(|e| IoError::write(path, e))?;
    }
    write_layer(&mut dataset, path, &spec, |sink, dataset| sink.rows(dataset, &table))?;
    close(dataset, path)
}

/// A QGIS style for a layer of a GeoPackage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerStyle {
    /// Table (layer) it belongs to.
    pub table: String,
    /// Name of the style, at most 30 characters.
    pub name: String,
    /// QML document.
    pub qml: String,
    /// Whether QGIS applies it on opening.
    pub default: bool,
    /// What it shows.
    pub description: String,
}

/// Table from which QGIS takes styles.
const STYLES: &str = "layer_styles";
/// Name of the geometry column.
const GEOMETRY_COLUMN: &str = "geom";

/// A file with one layer, written in batches with bounded memory.
pub struct VectorWriter {
    path: PathBuf,
    dataset: Dataset,
    sink: Sink,
    written: u64,
}

impl VectorWriter {
    /// Creates the file and its layer, replacing a file that is there.
    ///
    /// # Errors
    /// [`IoError::Write`] if GDAL refuses, [`IoError::UnknownCrs`] for the CRS.
    pub fn create(path: &Path, format: VectorFormat, spec: &LayerSpec) -> Result<Self> {
        let mut dataset = create_dataset(path, format)?;
        let sink = Sink::create(&mut dataset, path, spec, format)?;
        Ok(Self { path: path.to_owned(), dataset, sink, written: 0 })
    }

    /// Appends polygons; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn polygons(&mut self, coverage: &Coverage, table: &AttributeTable) -> Result<()> {
        self.append(|sink, dataset| sink.polygons(dataset, coverage, table, &NoProgress))
    }

    /// Appends points; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn points(&mut self, batch: &PointBatch) -> Result<()> {
        self.append(|sink, dataset| sink.points(dataset, batch))
    }

    /// Appends lines; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn lines(&mut self, batch: &LineBatch) -> Result<()> {
        self.append(|sink, dataset| sink.lines(dataset, batch))
    }

    /// Number of features written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Commits, flushes and closes.
    ///
    /// # Errors
    /// [`IoError::Write`], e.g. for a full disk.
    pub fn finish(mut self) -> Result<()> {
        self.sink.finish(&self.dataset, &self.path)?;
        close(self.dataset, &self.path)
    }

    fn append(&mut self, write: impl FnOnce(&mut Sink, &Dataset) -> gdal::errors::Result<u64>) -> Result<()> {
        let (result, messages) = capture(|| write(&mut self.sink, &self.dataset));
        self.written += result.map_err(|e| failed(&self.path, &self.sink.name, &e, &messages))?;
        Ok(())
    }
}

/// Writes one polygon layer to a file of its own.
///
/// # Errors
/// [`IoError::Write`], [`IoError::UnknownCrs`].
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

/// Writes a polygon layer as a Shapefile, texts in `encoding` (e.g. `GBK`; UTF-8 if `None`).
///
/// # Errors
/// [`IoError::Write`], [`IoError::UnknownCrs`].
pub fn write_shapefile(
    path: &Path,
    coverage: &Coverage,
    table: &AttributeTable,
    crs: &WorkingCrs,
    encoding: Option<&str>,
) -> Result<()> {
    let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut spec = LayerSpec::for_table(&name, Some(GeometryKind::Polygon), crs, table);
    spec.encoding = encoding.map(str::to_owned);
    write_polygons(path, VectorFormat::Shapefile, &spec, coverage, table)
}

/// Writes a polygon layer as FlatGeobuf with its index.
///
/// # Errors
/// [`IoError::Write`], [`IoError::UnknownCrs`].
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

fn create_dataset(path: &Path, format: VectorFormat) -> Result<Dataset> {
    if path.exists() {
        std::fs::remove_file(path).map_err(|e| IoError::write(path, e))?;
    }
    let (made, messages) = capture(|| {
        // The file is new and thrown away if the run fails: a journal would only cost time.
        gdal::config::set_thread_local_config_option("OGR_SQLITE_JOURNAL", "OFF")?;
        gdal::config::set_thread_local_config_option("OGR_SQLITE_SYNCHRONOUS", "OFF")?;
        let made =
            DriverManager::get_driver_by_name(format.driver()).and_then(|d| d.create_vector_only(path));
        gdal::config::clear_thread_local_config_option("OGR_SQLITE_JOURNAL")?;
        gdal::config::clear_thread_local_config_option("OGR_SQLITE_SYNCHRONOUS")?;
        made
    });
    made.map_err(|e| IoError::write(path, messages.summary().unwrap_or_else(|| e.to_string())))
}

fn close(dataset: Dataset, path: &Path) -> Result<()> {
    let (result, messages) = capture(|| dataset.close());
    result.map_err(|e| IoError::write(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
    match messages.failures.first() {
        Some(failure) => Err(IoError::write(path, failure)),
        None => Ok(()),
    }
}

fn failed(path: &Path, layer: &str, error: &GdalError, messages: &GdalMessages) -> IoError {
    let said = messages.summary().unwrap_or_else(|| error.to_string());
    IoError::write(path, format!("layer \"{layer}\": {said}"))
}

/// The layer that features go to.
struct Sink {
    name: String,
    index: usize,
    fields: Vec<FieldType>,
    geometry: Option<GeometryKind>,
    transaction: bool,
    /// What builds the index at the end: `Err` holds why ours cannot, then GDAL does it the slow way.
    rtree: Option<std::result::Result<SpatialIndex, GdalError>>,
}

impl Sink {
    fn create(dataset: &mut Dataset, path: &Path, spec: &LayerSpec, format: VectorFormat) -> Result<Self> {
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
        let indexed = transaction && spec.geometry.is_some() && spec.spatial_index;
        let (made, messages) = capture(|| -> gdal::errors::Result<Option<_>> {
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
            Ok(indexed.then(|| SpatialIndex::declare(dataset, &spec.name, GEOMETRY_COLUMN)))
        });
        let rtree = made.map_err(|e| failed(path, &spec.name, &e, &messages))?;
        let fields = spec.fields.iter().map(|(_, f)| *f).collect();
        Ok(Self { name: spec.name.clone(), index, fields, geometry: spec.geometry, transaction, rtree })
    }

    fn finish(&mut self, dataset: &Dataset, path: &Path) -> Result<()> {
        if !self.transaction {
            return Ok(());
        }
        let rtree = self.rtree.take();
        let (result, messages) = capture(|| {
            match rtree {
                Some(Ok(rtree)) => rtree.write(dataset)?,
                Some(Err(_)) => crate::rtree::create_by_gdal(dataset, &self.name, GEOMETRY_COLUMN)?,
                None => {}
            }
            ffi::commit_transaction(dataset)
        });
        result.map_err(|e| failed(path, &self.name, &e, &messages))
    }

    fn polygons(
        &mut self,
        dataset: &Dataset,
        coverage: &Coverage,
        table: &AttributeTable,
        progress: &dyn Progress,
    ) -> gdal::errors::Result<u64> {
        self.features(dataset, coverage.len(), table, progress, |i, wkb| {
            multipolygon_wkb(coverage, i, wkb);
            let part = |f: u32| coverage.ring_off[coverage.part_off[f as usize] as usize] as usize;
            let vertices = part(coverage.feat_off[i])..part(coverage.feat_off[i + 1]);
            bounds_of(&coverage.xs[vertices.clone()], &coverage.ys[vertices])
        })
    }

    fn points(&mut self, dataset: &Dataset, batch: &PointBatch) -> gdal::errors::Result<u64> {
        if batch.ys.len() != batch.xs.len() {
            return Err(GdalError::BadArgument("xs and ys differ in length".to_owned()));
        }
        self.features(dataset, batch.xs.len(), &batch.table, &NoProgress, |i, wkb| {
            wkb.extend_from_slice(&[1, 1, 0, 0, 0]);
            wkb.extend_from_slice(&batch.xs[i].to_le_bytes());
            wkb.extend_from_slice(&batch.ys[i].to_le_bytes());
            bounds_of(&batch.xs[i..=i], &batch.ys[i..=i])
        })
    }

    fn lines(&mut self, dataset: &Dataset, batch: &LineBatch) -> gdal::errors::Result<u64> {
        // Lines of each row: rows ascend, so they are neighbours.
        let rows = batch.table_rows();
        let mut first = vec![0usize; rows + 1];
        batch.rows.iter().for_each(|&r| first[r as usize + 1] += 1);
        for row in 0..rows {
            first[row + 1] += first[row];
        }
        self.features(dataset, rows, &batch.table, &NoProgress, |i, wkb| {
            multiline_wkb(batch, first[i]..first[i + 1], wkb);
            let vertices = batch.offsets[first[i]] as usize..batch.offsets[first[i + 1]] as usize;
            bounds_of(&batch.xs[vertices.clone()], &batch.ys[vertices])
        })
    }

    fn rows(&mut self, dataset: &Dataset, table: &AttributeTable) -> gdal::errors::Result<u64> {
        self.features(dataset, table.rows(), table, &NoProgress, |_, _| None)
    }

    /// Writes `n` features; `geometry` appends the WKB of feature `i` (nothing: no geometry) and gives its box.
    fn features(
        &mut self,
        dataset: &Dataset,
        n: usize,
        table: &AttributeTable,
        progress: &dyn Progress,
        geometry: impl Fn(usize, &mut Vec<u8>) -> Option<[f64; 4]>,
    ) -> gdal::errors::Result<u64> {
        let mismatch = |text: String| Err(GdalError::BadArgument(text));
        if table.columns.len() != self.fields.len() {
            return mismatch(format!(
                "{} columns given, the layer has {}",
                table.columns.len(),
                self.fields.len()
            ));
        }
        if let Some(bad) = table.columns.iter().find(|c| c.data.len() != n) {
            return mismatch(format!("column {} has {} rows for {n} features", bad.name, bad.data.len()));
        }
        let layer = dataset.layer(self.index)?;
        let mut wkb = Vec::new();
        for row in 0..n {
            let mut feature = Feature::new(layer.defn())?;
            let mut bounds = None;
            if self.geometry.is_some() {
                wkb.clear();
                bounds = geometry(row, &mut wkb);
                if !wkb.is_empty() {
                    feature.set_geometry(Geometry::from_wkb(&wkb)?)?;
                }
            }
            for (index, column) in table.columns.iter().enumerate() {
                set_field(&mut feature, index, &column.data, row)?;
            }
            feature.create(&layer)?;
            if let (Some(Ok(rtree)), Some(bounds), Some(id)) = (&mut self.rtree, bounds, feature.fid()) {
                rtree.add(id as i64, bounds);
            }
            if row % 4096 == 4095 {
                progress.advance(4096);
                if progress.cancelled() {
                    return Ok(row as u64);
                }
            }
        }
        progress.advance(n as u64 % 4096);
        Ok(n as u64)
    }
}

/// `[x0, y0, x1, y1]`; `None` without vertices. Coordinates that are not numbers are passed over.
fn bounds_of(xs: &[f64], ys: &[f64]) -> Option<[f64; 4]> {
    let range =
        |v: &[f64]| v.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    let ((x0, x1), (y0, y1)) = (range(xs), range(ys));
    (x0 <= x1 && y0 <= y1).then_some([x0, y0, x1, y1])
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

fn set_field(
    feature: &mut Feature<'_>,
    index: usize,
    data: &ColumnData,
    row: usize,
) -> gdal::errors::Result<()> {
    match data {
        ColumnData::Text(v) => match &v[row] {
            // A C string cannot hold a zero byte.
            Some(text) if text.contains('\0') => feature.set_field_string(index, &text.replace('\0', "")),
            Some(text) => feature.set_field_string(index, text),
            None => feature.set_field_null(index),
        },
        ColumnData::Real(v) => match v[row] {
            Some(x) if !x.is_nan() => feature.set_field_double(index, x),
            _ => feature.set_field_null(index),
        },
        ColumnData::Int(v) => match v[row] {
            Some(x) => feature.set_field_integer64(index, x),
            None => feature.set_field_null(index),
        },
        ColumnData::Bool(v) => match v[row] {
            Some(x) => feature.set_field_integer(index, i32::from(x)),
            None => feature.set_field_null(index),
        },
    }
}

fn header(out: &mut Vec<u8>, kind: u32, count: usize) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

fn coordinates(out: &mut Vec<u8>, xs: &[f64], ys: &[f64]) {
    out.extend_from_slice(&(xs.len() as u32).to_le_bytes());
    for (x, y) in xs.iter().zip(ys) {
        out.extend_from_slice(&x.to_le_bytes());
        out.extend_from_slice(&y.to_le_bytes());
    }
}

/// Appends feature `i` as a little-endian ISO WKB `MultiPolygon`; nothing for a feature without geometry.
pub(crate) fn multipolygon_wkb(coverage: &Coverage, i: usize, out: &mut Vec<u8>) {
    let parts = coverage.feat_off[i] as usize..coverage.feat_off[i + 1] as usize;
    if parts.is_empty() {
        return;
    }
    header(out, T::wkbMultiPolygon, parts.len());
    for p in parts {
        let rings = coverage.part_off[p] as usize..coverage.part_off[p + 1] as usize;
        header(out, T::wkbPolygon, rings.len());
        for r in rings {
            let range = coverage.ring_off[r] as usize..coverage.ring_off[r + 1] as usize;
            coordinates(out, &coverage.xs[range.clone()], &coverage.ys[range]);
        }
    }
}

fn multiline_wkb(batch: &LineBatch, lines: std::ops::Range<usize>, out: &mut Vec<u8>) {
    if lines.is_empty() {
        return;
    }
    header(out, T::wkbMultiLineString, lines.len());
    for i in lines {
        let (xs, ys) = batch.line(i);
        out.push(1);
        out.extend_from_slice(&T::wkbLineString.to_le_bytes());
        coordinates(out, xs, ys);
    }
}
