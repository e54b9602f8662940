//! GeoParquet 1.1 written through the `parquet` crate: WKB in the column `geometry`, the CRS as PROJJSON.

use crate::crs::WorkingCrs;
use crate::error::{IoError, Result, check_rows};
use crate::geoparquet::GEOMETRY;
use crate::wkb_bytes::multipolygon_wkb;
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, ColumnData};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::{Value, json};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows per row group.
const GROUP: usize = 65_536;
/// Name of the covering column.
const BBOX: &str = "bbox";
/// Its fields.
const CORNERS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// Writes a polygon layer as GeoParquet 1.1 in the working CRS (WKB, Snappy). Bytes depend only on the content.
///
/// # Errors
/// [`IoError::Length`] if the table does not fit the coverage, [`IoError::Write`].
pub fn write_geoparquet(
    path: &Path,
    coverage: &Coverage,
    table: &AttributeTable,
    crs: &WorkingCrs,
) -> Result<()> {
    check_rows(table, coverage.len())?;
    let geo = geo_metadata(coverage, crs)?;
    write_file(path, coverage, table, &geo, false).map_err(|e| IoError::write(path, e))
}

/// [`write_geoparquet`] with a covering column `bbox`, by which readers leave out row groups that are elsewhere.
///
/// # Errors
/// As [`write_geoparquet`].
pub fn write_geoparquet_part(
    path: &Path,
    coverage: &Coverage,
    table: &AttributeTable,
    crs: &WorkingCrs,
) -> Result<()> {
    check_rows(table, coverage.len())?;
    let mut geo = geo_metadata(coverage, crs)?;
    let corner = |name: &&str| ((*name).to_owned(), json!([BBOX, name]));
    let covering: serde_json::Map<String, Value> = CORNERS.iter().map(corner).collect();
    geo["columns"][GEOMETRY]["covering"] = json!({ "bbox": covering });
    write_file(path, coverage, table, &geo, true).map_err(|e| IoError::write(path, e))
}

fn geo_metadata(coverage: &Coverage, crs: &WorkingCrs) -> Result<Value> {
    let text = crs
        .spatial_ref()?
        .to_projjson()
        .map_err(|e| IoError::UnknownCrs { text: crs.definition().to_owned(), reason: e.to_string() })?;
    let projjson: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let mut geometry = json!({
        "encoding": "WKB",
        "geometry_types": ["MultiPolygon"],
        "crs": projjson,
        "edges": "planar",
    });
    if let (Some(bounds), Some(object)) = (coverage.total_bounds(), geometry.as_object_mut()) {
        object.insert("bbox".to_owned(), json!(bounds));
    }
    Ok(json!({ "version": "1.1.0", "primary_column": GEOMETRY, "columns": { GEOMETRY: geometry } }))
}

fn write_file(
    path: &Path,
    coverage: &Coverage,
    table: &AttributeTable,
    geo: &Value,
    boxes: bool,
) -> Result<(), ParquetError> {
    let mut fields = vec![Arc::new(
        Type::primitive_type_builder(GEOMETRY, Physical::BYTE_ARRAY)
            .with_repetition(Repetition::OPTIONAL)
            .build()?,
    )];
    for column in &table.columns {
        let (physical, logical) = match column.data {
            ColumnData::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnData::Real(_) => (Physical::DOUBLE, None),
            ColumnData::Int(_) => (Physical::INT64, None),
            ColumnData::Bool(_) => (Physical::BOOLEAN, None),
        };
        fields.push(Arc::new(
            Type::primitive_type_builder(&column.name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical)
                .build()?,
        ));
    }
    if boxes {
        fields.push(Arc::new(bbox_type()?));
    }
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("carbonzone".to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new("geo".to_owned(), Some(geo.to_string()))]))
        .build();
    let mut writer = SerializedFileWriter::new(File::create(path)?, schema, Arc::new(properties))?;
    for start in (0..coverage.len()).step_by(GROUP) {
        let rows = start..(start + GROUP).min(coverage.len());
        let mut group = writer.next_row_group()?;
        let mut index = 0;
        while let Some(mut column) = group.next_column()? {
            match index {
                0 => write_geometry(column.untyped(), coverage, rows.clone())?,
                i if i > table.columns.len() => {
                    write_corner(column.untyped(), coverage, rows.clone(), i - 1 - table.columns.len())?;
                }
                i => write_column(column.untyped(), &table.columns[i - 1].data, rows.clone())?,
            }
            column.close()?;
            index += 1;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn write_geometry(
    writer: &mut ColumnWriter<'_>,
    coverage: &Coverage,
    rows: std::ops::Range<usize>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::with_capacity(rows.len()));
    for i in rows {
        let mut wkb = Vec::new();
        multipolygon_wkb(coverage, i, &mut wkb);
        levels.push(i16::from(!wkb.is_empty()));
        if !wkb.is_empty() {
            values.push(ByteArray::from(wkb));
        }
    }
    if let ColumnWriter::ByteArrayColumnWriter(writer) = writer {
        writer.write_batch(&values, Some(&levels), None)?;
    }
    Ok(())
}

fn bbox_type() -> Result<Type, ParquetError> {
    let corner = |name: &&str| {
        let double = Type::primitive_type_builder(name, Physical::DOUBLE);
        double.with_repetition(Repetition::REQUIRED).build().map(Arc::new)
    };
    let corners = CORNERS.iter().map(corner).collect::<Result<_, _>>()?;
    Type::group_type_builder(BBOX).with_repetition(Repetition::REQUIRED).with_fields(corners).build()
}

fn write_corner(
    writer: &mut ColumnWriter<'_>,
    coverage: &Coverage,
    rows: std::ops::Range<usize>,
    corner: usize,
) -> Result<(), ParquetError> {
    let values: Vec<f64> = rows.map(|i| coverage.bounds(i).map_or(f64::NAN, |b| b[corner])).collect();
    if let ColumnWriter::DoubleColumnWriter(writer) = writer {
        writer.write_batch(&values, None, None)?;
    }
    Ok(())
}

fn write_column(
    writer: &mut ColumnWriter<'_>,
    data: &ColumnData,
    rows: std::ops::Range<usize>,
) -> Result<(), ParquetError> {
    fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
        values.iter().map(|v| i16::from(v.is_some())).collect()
    }
    match (writer, data) {
        (ColumnWriter::ByteArrayColumnWriter(w), ColumnData::Text(v)) => {
            let v = &v[rows];
            let values: Vec<ByteArray> = v.iter().flatten().map(|t| ByteArray::from(t.as_str())).collect();
            w.write_batch(&values, Some(&levels(v)), None)?;
        }
        (ColumnWriter::DoubleColumnWriter(w), ColumnData::Real(v)) => {
            let v: Vec<Option<f64>> = v[rows].iter().map(|x| x.filter(|x| !x.is_nan())).collect();
            let values: Vec<f64> = v.iter().flatten().copied().collect();
            w.write_batch(&values, Some(&levels(&v)), None)?;
        }
        (ColumnWriter::Int64ColumnWriter(w), ColumnData::Int(v)) => {
            let v = &v[rows];
            let values: Vec<i64> = v.iter().flatten().copied().collect();
            w.write_batch(&values, Some(&levels(v)), None)?;
        }
        (ColumnWriter::BoolColumnWriter(w), ColumnData::Bool(v)) => {
            let v = &v[rows];
            let values: Vec<bool> = v.iter().flatten().copied().collect();
            w.write_batch(&values, Some(&levels(v)), None)?;
        }
        _ => return Err(ParquetError::General("column type does not match the schema".to_owned())),
    }
    Ok(())
}
