//! Vector files out: GeoPackage (several layers), Shapefile, FlatGeobuf.
//!
//! GDAL creates files, layers, columns and the tables of a spatial index. The rows of a GeoPackage then go in as ready-made
//! pages; GDAL writes them one by one only if the file is not laid out as expected.

use crate::crs::{WorkingCrs, definition_to_spatial_ref};
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::{GdalMessages, capture};
use crate::gpkg_layer::GpkgLayer;
use crate::shapes::{Multilines, NoShapes, Shapes};
use crate::stream::{LineBatch, PointBatch};
use crate::table_view::{ColumnView, TableView, Value};
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, ColumnData, NoProgress, Progress};
use gdal::errors::GdalError;
use gdal::vector::sql::Dialect;
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

impl FieldType {
    fn of_view(column: ColumnView<'_>) -> Self {
        match column {
            ColumnView::Data(data) => Self::of(data),
            ColumnView::Reals(_) => Self::Real,
            ColumnView::Texts(_) | ColumnView::Names(..) | ColumnView::Codes(..) | ColumnView::Picked(..) => {
                Self::Text
            }
            ColumnView::Ints(_) => Self::Int,
            ColumnView::Flag(..) => Self::Bool,
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
        Self::for_view(name, geometry, crs, &table.into())
    }

    fn for_view(name: &str, geometry: Option<GeometryKind>, crs: &WorkingCrs, table: &TableView<'_>) -> Self {
        Self {
            name: name.to_owned(),
            title: String::new(),
            description: String::new(),
            geometry,
            crs: if geometry.is_some() { crs.definition().to_owned() } else { String::new() },
            fields: table.columns.iter().map(|(n, c)| (n.clone(), FieldType::of_view(*c))).collect(),
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
    crs: WorkingCrs,
}

impl GpkgWriter {
    /// Creates the file, replacing one that is there.
    ///
    /// # Errors
    /// [`IoError::Write`] if the file cannot be created.
    pub fn create(path: &Path, crs: &WorkingCrs) -> Result<Self> {
        close(create_dataset(path, VectorFormat::GeoPackage)?, path)?;
        Ok(Self { path: path.to_owned(), crs: crs.clone() })
    }

    /// Writes a polygon layer with its spatial index.
    ///
    /// # Errors
    /// [`IoError::Write`] if the table has another number of rows than the coverage has features, or if GDAL
    /// refuses (disk full, bad name); [`IoError::Cancelled`] if the user asked to stop.
    pub fn polygons<'t>(
        &mut self,
        name: &str,
        description: &str,
        coverage: &Coverage,
        table: impl Into<TableView<'t>>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let table = table.into();
        let spec = LayerSpec::for_view(name, Some(GeometryKind::Polygon), &self.crs, &table)
            .described(name, description);
        self.layer(&spec, coverage, coverage.len(), &table, progress)?;
        if progress.cancelled() { Err(IoError::Cancelled) } else { Ok(()) }
    }

    /// Writes a polygon layer part by part, so that it is never in memory whole; nothing if there is no part.
    ///
    /// # Errors
    /// As [`Self::polygons`].
    pub fn polygons_in_parts(
        &mut self,
        name: &str,
        description: &str,
        parts: impl Iterator<Item = (Coverage, AttributeTable)>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut layer: Option<(LayerSpec, Output)> = None;
        for (coverage, table) in parts {
            let view = TableView::from(&table);
            let (spec, out) = if let Some(layer) = &mut layer {
                layer
            } else {
                let spec = LayerSpec::for_view(name, Some(GeometryKind::Polygon), &self.crs, &view)
                    .described(name, description);
                let out = Output::in_geopackage(&self.path, &spec)?;
                layer.insert((spec, out))
            };
            out.append(&self.path, spec, &coverage, coverage.len(), &view, progress)?;
            if progress.cancelled() {
                return Err(IoError::Cancelled);
            }
        }
        layer.map_or(Ok(()), |(_, out)| out.finish(&self.path))
    }

    /// Writes a table without geometry.
    ///
    /// # Errors
    /// As [`Self::polygons`].
    pub fn table<'t>(
        &mut self,
        name: &str,
        description: &str,
        table: impl Into<TableView<'t>>,
    ) -> Result<()> {
        let table = table.into();
        let spec = LayerSpec::for_view(name, None, &self.crs, &table).described(name, description);
        self.layer(&spec, &NoShapes, table.rows(), &table, &NoProgress)
    }

    /// Writes points.
    ///
    /// # Errors
    /// As [`Self::polygons`].
    pub fn points(&mut self, name: &str, description: &str, batch: &PointBatch) -> Result<()> {
        let spec = LayerSpec::for_table(name, Some(GeometryKind::Point), &self.crs, &batch.table)
            .described(name, description);
        check_points(&self.path, name, batch)?;
        self.layer(&spec, batch, batch.xs.len(), &(&batch.table).into(), &NoProgress)
    }

    /// Ends the file, which is whole after every layer.
    ///
    /// # Errors
    /// None so far.
    pub fn finish(self) -> Result<()> {
        Ok(())
    }

    fn layer(
        &mut self,
        spec: &LayerSpec,
        shapes: &dyn Shapes,
        n: usize,
        table: &TableView<'_>,
        progress: &dyn Progress,
    ) -> Result<()> {
        write_layer(&self.path, spec, shapes, n, table, progress)
    }
}

/// Writes a layer into a `GeoPackage` that is there.
fn write_layer(
    path: &Path,
    spec: &LayerSpec,
    shapes: &dyn Shapes,
    n: usize,
    table: &TableView<'_>,
    progress: &dyn Progress,
) -> Result<()> {
    let mut out = Output::in_geopackage(path, spec)?;
    out.append(path, spec, shapes, n, table, progress)?;
    out.finish(path)
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
    let mut dataset = open_for_update(path)?;
    if let Some(old) = crate::source::layer_names(&dataset).iter().position(|n| n == STYLES) {
        dataset.delete_layer(old).map_err(|e| IoError::write(path, e))?;
    }
    close(dataset, path)?;
    write_layer(path, &spec, &NoShapes, table.rows(), &(&table).into(), &NoProgress)
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
    spec: LayerSpec,
    out: Output,
    written: u64,
}

impl VectorWriter {
    /// Creates the file and its layer, replacing a file that is there.
    ///
    /// # Errors
    /// [`IoError::Write`] if GDAL refuses, [`IoError::UnknownCrs`] for the CRS.
    pub fn create(path: &Path, format: VectorFormat, spec: &LayerSpec) -> Result<Self> {
        let mut dataset = create_dataset(path, format)?;
        let out = if format == VectorFormat::GeoPackage {
            close(dataset, path)?;
            Output::in_geopackage(path, spec)?
        } else {
            let sink = Sink::create(&mut dataset, path, spec, format)?;
            Output::Gdal { dataset, sink }
        };
        Ok(Self { path: path.to_owned(), spec: spec.clone(), out, written: 0 })
    }

    /// Appends polygons; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn polygons(&mut self, coverage: &Coverage, table: &AttributeTable) -> Result<()> {
        self.append(coverage, coverage.len(), table)
    }

    /// Appends points; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn points(&mut self, batch: &PointBatch) -> Result<()> {
        check_points(&self.path, &self.spec.name, batch)?;
        self.append(batch, batch.xs.len(), &batch.table)
    }

    /// Appends lines; the columns must be those of the layer, in order.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn lines(&mut self, batch: &LineBatch) -> Result<()> {
        let lines = Multilines::of(batch);
        self.append(&lines, lines.rows(), &batch.table)
    }

    /// Number of features written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Completes the layer, flushes and closes.
    ///
    /// # Errors
    /// [`IoError::Write`], e.g. for a full disk.
    pub fn finish(self) -> Result<()> {
        self.out.finish(&self.path)
    }

    fn append(&mut self, shapes: &dyn Shapes, n: usize, table: &AttributeTable) -> Result<()> {
        self.out.append(&self.path, &self.spec, shapes, n, &table.into(), &NoProgress)?;
        self.written += n as u64;
        Ok(())
    }
}

/// Where features go.
enum Output {
    /// Ready-made pages of a `GeoPackage`.
    Pages(Box<GpkgLayer>),
    /// GDAL, feature by feature.
    Gdal { dataset: Dataset, sink: Sink },
}

impl Output {
    /// Declares a layer in a `GeoPackage` that is there and opens it for filling.
    fn in_geopackage(path: &Path, spec: &LayerSpec) -> Result<Self> {
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

    fn append(
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

    fn finish(self, path: &Path) -> Result<()> {
        match self {
            Self::Pages(layer) => layer.finish(),
            Self::Gdal { dataset, mut sink } => {
                sink.finish(&dataset, path)?;
                close(dataset, path)
            }
        }
    }
}

fn check_table(path: &Path, spec: &LayerSpec, n: usize, table: &TableView<'_>) -> Result<()> {
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

fn check_points(path: &Path, layer: &str, batch: &PointBatch) -> Result<()> {
    if batch.xs.len() == batch.ys.len() {
        Ok(())
    } else {
        Err(IoError::write(path, format!("layer \"{layer}\": xs and ys differ in length")))
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
    without_journal(path, || {
        DriverManager::get_driver_by_name(format.driver()).and_then(|d| d.create_vector_only(path))
    })
}

fn open_for_update(path: &Path) -> Result<Dataset> {
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

/// The layer that features go to, one by one.
struct Sink {
    name: String,
    index: usize,
    geometry: Option<GeometryKind>,
    transaction: bool,
}

impl Sink {
    /// Creates the layer; a `GeoPackage` gets its spatial index declared, which is empty so far.
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
    fn reopen(&mut self, dataset: &Dataset, path: &Path) -> Result<()> {
        let found = crate::source::layer_names(dataset).iter().position(|n| *n == self.name);
        self.index = found.ok_or_else(|| IoError::write(path, format!("layer \"{}\" is gone", self.name)))?;
        ffi::start_transaction(dataset).map_err(|e| IoError::write(path, e))
    }

    fn finish(&mut self, dataset: &Dataset, path: &Path) -> Result<()> {
        if !self.transaction {
            return Ok(());
        }
        let (result, messages) = capture(|| ffi::commit_transaction(dataset));
        result.map_err(|e| failed(path, &self.name, &e, &messages))
    }

    fn features(
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

pub(crate) fn multiline_wkb(batch: &LineBatch, lines: std::ops::Range<usize>, out: &mut Vec<u8>) {
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
