//! What is written: format, kind of geometry, columns.

use crate::crs::WorkingCrs;
use crate::table_view::{ColumnView, TableView};
use carbonzone_types::{AttributeTable, ColumnData};

/// File formats of [`VectorWriter`](crate::VectorWriter).
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
    pub(crate) fn driver(self) -> &'static str {
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
    pub fn for_table(
        name: &str,
        geometry: Option<GeometryKind>,
        crs: &WorkingCrs,
        table: &AttributeTable,
    ) -> Self {
        Self::for_view(name, geometry, crs, &table.into())
    }

    pub(crate) fn for_view(
        name: &str,
        geometry: Option<GeometryKind>,
        crs: &WorkingCrs,
        table: &TableView<'_>,
    ) -> Self {
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
    pub fn described(mut self, title: &str, description: &str) -> Self {
        title.clone_into(&mut self.title);
        description.clone_into(&mut self.description);
        self
    }
}
