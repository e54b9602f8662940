//! A GeoPackage with several layers, tables and styles.

use crate::crs::WorkingCrs;
use crate::dataset::layer_names;
use crate::error::{IoError, Result};
use crate::gdal_sink::{GEOMETRY_COLUMN, close, create_dataset, open_for_update};
use crate::layer_output::Output;
use crate::layer_spec::{FieldType, GeometryKind, LayerSpec, VectorFormat};
use crate::shapes::{NoShapes, Shapes};
use crate::table_view::TableView;
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, ColumnData, NoProgress, Progress};
use std::path::{Path, PathBuf};

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

    /// Begins a table without geometry that is filled part by part, so that it is never in memory whole; `columns` are those of
    /// every part.
    ///
    /// # Errors
    /// As [`Self::polygons`].
    pub fn table_in_parts(
        &mut self,
        name: &str,
        description: &str,
        columns: &TableView<'_>,
    ) -> Result<GpkgTable<'_>> {
        let spec = LayerSpec::for_view(name, None, &self.crs, columns).described(name, description);
        Ok(GpkgTable { out: Output::in_geopackage(&self.path, &spec)?, path: &self.path, spec })
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

/// A table of a GeoPackage being filled; without [`Self::finish`] the file is not whole.
pub struct GpkgTable<'g> {
    path: &'g Path,
    spec: LayerSpec,
    out: Output,
}

impl GpkgTable<'_> {
    /// Appends rows.
    ///
    /// # Errors
    /// As [`GpkgWriter::table`].
    pub fn append(&mut self, table: &TableView<'_>) -> Result<()> {
        self.out.append(self.path, &self.spec, &NoShapes, table.rows(), table, &NoProgress)
    }

    /// Ends the table.
    ///
    /// # Errors
    /// As [`GpkgWriter::table`].
    pub fn finish(self) -> Result<()> {
        self.out.finish(self.path)
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
    if let Some(old) = layer_names(&dataset).iter().position(|n| n == STYLES) {
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
