//! GeoParquet 1.1 in and out through the `parquet` crate: GDAL on Debian 12 has no driver for it.
//!
//! Geometry is WKB in the column `geometry`, the CRS is PROJJSON in the `geo` metadata; the nested encodings (`GeoArrow`)
//! are read too. Read are flat columns of texts, numbers and truth values; nested columns cannot be asked for.

use crate::crs::{CrsPath, CrsSpec, WorkingCrs};
use crate::decode::RawBatch;
use crate::error::{IoError, Result};
use crate::geoarrow::Nested;
use crate::layer_crs::resolve_crs;
use crate::layer_info::{LayerInfo, centre, label};
use crate::layer_spec::GeometryKind;
use crate::read_end::ReadEnd;
use crate::selection::Selection;
use crate::source::{Reporter, VectorSource, listed, name_hint};
use crate::wkb_bytes::multipolygon_wkb;
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, Column, ColumnData, Finding, Findings, Progress};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::{Value, json};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Rows per row group.
const GROUP: usize = 65_536;
/// Name of the geometry column that is written.
const GEOMETRY: &str = "geometry";
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
    for column in &table.columns {
        if column.data.len() != coverage.len() {
            let what = format!("column {}", column.name);
            return Err(IoError::Length { what, expected: coverage.len(), found: column.data.len() });
        }
    }
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

/// Where the geometry stands.
#[derive(Debug, Clone, Copy)]
enum GeometryColumn {
    Wkb(usize),
    Nested(Nested),
}

/// A GeoParquet file opened as a layer.
pub(crate) struct ParquetLayer {
    reader: SerializedFileReader<File>,
    geometry: GeometryColumn,
    fields: Vec<(String, usize)>,
    filter: Option<Selection>,
    pub crs: CrsPath,
    pub rows: u64,
}

/// Opens the file and resolves columns, filter and CRS; `fields` are the columns to read.
pub(crate) fn open(
    source: &VectorSource,
    fields: &[String],
    target: &str,
    report: &mut Reporter<'_>,
) -> Option<ParquetLayer> {
    let opened = File::open(&source.path).map_err(|e| e.to_string()).and_then(|file| {
        guarded(|| SerializedFileReader::new(file)).and_then(|r| r.map_err(|e| e.to_string()))
    });
    let reader = match opened {
        Ok(reader) => reader,
        Err(error) => {
            report.add(
                Finding::error("unreadable_file", format!("cannot be opened as GeoParquet: {error}"))
                    .hint("the file is truncated, damaged or of another format: get it again"),
            );
            return None;
        }
    };
    let metadata = reader.metadata().file_metadata();
    let names: Vec<String> = metadata.schema_descr().columns().iter().map(|c| c.path().string()).collect();
    let geo = geo_of(metadata.key_value_metadata());
    let primary = geo["primary_column"].as_str().unwrap_or(GEOMETRY).to_owned();
    let geometry = find_geometry(&geo, &primary, &names, report)?;
    let flat = |name: &str| -> Option<usize> {
        let found = names
            .iter()
            .position(|n| n == name)
            .or_else(|| names.iter().position(|n| n.eq_ignore_ascii_case(name)))?;
        (metadata.schema_descr().column(found).max_rep_level() == 0).then_some(found)
    };
    let mut complete = true;
    let mut plan = Vec::new();
    for wanted in fields {
        if let Some(index) = flat(wanted) {
            plan.push((wanted.clone(), index));
        } else {
            complete = false;
            report.add(
                Finding::error("unknown_field", format!("there is no flat column \"{wanted}\""))
                    .field(wanted.clone())
                    .expected(format!("one of {}", listed(&names)))
                    .hint(name_hint(wanted, &names, "use one of the columns that exist")),
            );
        }
    }
    let filter = match source.filter.as_deref().map(|text| Selection::parse(text, &names)) {
        None => None,
        Some(Ok(selection)) => Some(selection),
        Some(Err(reason)) => {
            report.add(
                Finding::error("bad_filter", format!("the filter is not understood: {reason}"))
                    .field("where")
                    .value(source.filter.clone().unwrap_or_default())
                    .expected(format!("a SQL condition on {}", listed(&names))),
            );
            return None;
        }
    };
    let crs = crs_of(source, &geo["columns"][&primary], target, report);
    let rows = u64::try_from(metadata.num_rows()).unwrap_or(0);
    let crs = crs?;
    complete.then_some(ParquetLayer { reader, geometry, fields: plan, filter, crs, rows })
}

/// What the file holds: all flat columns of the first rows, kind and extent as its metadata tell them.
pub(crate) fn describe(path: &Path, rows: usize) -> Result<LayerInfo> {
    let unreadable = |e: String| IoError::read(path, e);
    let file = File::open(path).map_err(|e| unreadable(e.to_string()))?;
    let reader = guarded(|| SerializedFileReader::new(file)).and_then(|r| r.map_err(|e| e.to_string()));
    let reader = reader.map_err(unreadable)?;
    let metadata = reader.metadata().file_metadata();
    let geo = geo_of(metadata.key_value_metadata());
    let primary = geo["primary_column"].as_str().unwrap_or(GEOMETRY).to_owned();
    let column = &geo["columns"][&primary];
    let flat = metadata.schema_descr().columns().iter().filter(|c| c.max_rep_level() == 0);
    let names = flat.map(|c| c.path().string()).filter(|n| *n != primary && !n.contains('.'));
    let names: Vec<String> = names.collect();
    let kinds: Vec<&str> =
        column["geometry_types"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is = |word: &str| !kinds.is_empty() && kinds.iter().all(|k| k.contains(word));
    let geometry =
        [("Polygon", GeometryKind::Polygon), ("Line", GeometryKind::Line), ("Point", GeometryKind::Point)];
    let bbox: Vec<f64> = column["bbox"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let extent = match bbox.as_slice() {
        [x0, y0, x1, y1] | [x0, y0, _, x1, y1, _] => Some([*x0, *y0, *x1, *y1]),
        _ => None,
    };
    let own = own_crs(column);
    let mut findings = Findings::new();
    let source =
        VectorSource { crs: own.is_none().then(|| "EPSG:4326".to_owned()), ..VectorSource::new("", path) };
    let mut sample = AttributeTable::new();
    if let Some(layer) = open(&source, &names, crate::crs::WGS84, &mut Reporter::new(&source, &mut findings))
    {
        layer.batches(rows.max(1), &carbonzone_types::NoProgress, &mut |_, table| {
            sample = table;
            false
        });
    }
    Ok(LayerInfo {
        name: path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        geometry: geometry.into_iter().find(|(word, _)| is(word)).map(|(_, kind)| kind),
        features: u64::try_from(metadata.num_rows()).ok(),
        extent,
        crs: own.as_deref().and_then(label),
        centre: extent.and_then(|e| centre(own.as_deref(), e)),
        sample,
        encoding: None,
    })
}

fn geo_of(metadata: Option<&Vec<KeyValue>>) -> Value {
    let geo = metadata.into_iter().flatten().find(|kv| kv.key == "geo");
    geo.and_then(|kv| serde_json::from_str(kv.value.as_deref()?).ok()).unwrap_or(Value::Null)
}

/// The geometry column by its encoding. `None`: reported.
fn find_geometry(
    geo: &Value,
    primary: &str,
    names: &[String],
    report: &mut Reporter<'_>,
) -> Option<GeometryColumn> {
    let encoding = geo["columns"][primary]["encoding"].as_str().unwrap_or("WKB");
    if let Some(nested) = Nested::find(encoding, primary, names) {
        return Some(GeometryColumn::Nested(nested));
    }
    if encoding != "WKB" {
        report.add(
            Finding::error("unsupported_encoding", format!("geometry is encoded as \"{encoding}\""))
                .expected("WKB, or a list encoding of GeoParquet 1.1 (point, linestring, polygon, multipoint, multilinestring, multipolygon)")
                .hint("write it again with encoding WKB, e.g. by GeoPandas (geometry_encoding = \"WKB\") or ogr2ogr"),
        );
        return None;
    }
    let wkb = names.iter().position(|n| n == primary).map(GeometryColumn::Wkb);
    if wkb.is_none() {
        report.add(
            Finding::error("no_geometry", format!("there is no geometry column \"{primary}\""))
                .expected(format!("one of {}", listed(names)))
                .hint("the file must follow GeoParquet: metadata \"geo\" and a WKB column"),
        );
    }
    wkb
}

/// CRS by the `geo` metadata: PROJJSON; absent means WGS 84 degrees; null means unknown, as does a file without metadata.
fn crs_of(source: &VectorSource, column: &Value, target: &str, report: &mut Reporter<'_>) -> Option<CrsPath> {
    resolve_crs(&CrsSpec::parse(source.crs.as_deref()), own_crs(column).as_deref(), target, source, report)
}

fn own_crs(column: &Value) -> Option<String> {
    match column.get("crs") {
        None if column.is_null() => None,
        None => Some("OGC:CRS84".to_owned()),
        Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(object) => Some(object.to_string()),
    }
}

/// The `parquet` crate asserts on some damaged pages: a panic there is a damaged file, not a bug of ours.
fn guarded<T>(work: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_panic| "the file is damaged".to_owned())
}

impl ParquetLayer {
    /// Reads all rows in batches of at most `size`; stops early if `sink` returns false.
    pub(crate) fn batches(
        &self,
        size: usize,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(RawBatch, AttributeTable) -> bool,
    ) -> ReadEnd {
        let mut end = ReadEnd::default();
        let mut selection = self.filter.clone();
        for group in 0..self.reader.num_row_groups() {
            let read =
                guarded(|| self.group(group, selection.as_mut())).and_then(|r| r.map_err(|e| e.to_string()));
            let (geometry, table) = match read {
                Ok(columns) => columns,
                Err(error) => {
                    end.failed_at_end = true;
                    end.messages.failures.push(error);
                    end.messages.n_failures += 1;
                    return end;
                }
            };
            for column in &table.columns {
                if let ColumnData::Text(texts) = &column.data {
                    texts.iter().flatten().for_each(|t| end.check.see(&column.name, t));
                }
            }
            for start in (0..geometry.len()).step_by(size) {
                let rows: Vec<u32> = (start..(start + size).min(geometry.len())).map(|i| i as u32).collect();
                let mut batch = RawBatch::default();
                for &i in &rows {
                    batch.push_wkb(geometry[i as usize].as_ref().map(ByteArray::data));
                }
                end.read += rows.len() as u64;
                progress.advance(rows.len() as u64);
                if progress.cancelled() || !sink(batch, table.reordered(&rows)) {
                    return end;
                }
            }
        }
        end.selection = selection.iter().flat_map(Selection::findings).collect();
        end
    }

    /// Geometry and columns of one row group, the filter applied.
    fn group(
        &self,
        index: usize,
        selection: Option<&mut Selection>,
    ) -> Result<(Vec<Option<ByteArray>>, AttributeTable), ParquetError> {
        let group = self.reader.get_row_group(index)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let mut geometry = match self.geometry {
            GeometryColumn::Nested(nested) => nested.read(group.as_ref(), rows)?,
            GeometryColumn::Wkb(at) => self.wkb(group.get_column_reader(at)?, rows, at)?,
        };
        let column = |at: usize| -> Result<ColumnData, ParquetError> {
            read_column(group.get_column_reader(at)?, rows, self.max_level(at))
        };
        let mut table = AttributeTable::new();
        for (name, at) in &self.fields {
            table.columns.push(Column { name: name.clone(), data: column(*at)? });
        }
        if let Some(selection) = selection {
            let texts: Vec<(usize, Vec<Option<String>>)> = selection
                .columns()
                .into_iter()
                .map(|at| column(at).map(|d| (at, (0..rows).map(|r| d.text_at(r)).collect())))
                .collect::<Result<_, _>>()?;
            let before = selection.counts().0;
            let mut keep = Vec::new();
            for row in 0..rows {
                let cell =
                    |i: usize| texts.iter().find(|(at, _)| *at == i).and_then(|(_, t)| t[row].as_deref());
                if selection.keeps(cell, |_| format!("row {}", before + row as u64 + 1)) {
                    keep.push(row as u32);
                }
            }
            table = table.reordered(&keep);
            geometry = keep.iter().map(|&i| geometry[i as usize].clone()).collect();
        }
        Ok((geometry, table))
    }

    fn wkb(
        &self,
        reader: ColumnReader,
        rows: usize,
        column: usize,
    ) -> Result<Vec<Option<ByteArray>>, ParquetError> {
        let ColumnReader::ByteArrayColumnReader(mut reader) = reader else {
            return Err(ParquetError::General("the geometry column holds no bytes".to_owned()));
        };
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        read_all(rows, |n| reader.read_records(n, Some(&mut levels), None, &mut values).map(|x| x.0))?;
        Ok(scatter(values, &levels, rows, self.max_level(column)))
    }

    fn max_level(&self, column: usize) -> i16 {
        self.reader.metadata().file_metadata().schema_descr().column(column).max_def_level()
    }
}

/// Calls `read` until it has `rows` records.
fn read_all(
    rows: usize,
    mut read: impl FnMut(usize) -> Result<usize, ParquetError>,
) -> Result<(), ParquetError> {
    let mut done = 0;
    while done < rows {
        match read(rows - done)? {
            0 => return Err(ParquetError::General(format!("a column ends after {done} of {rows} rows"))),
            n => done += n,
        }
    }
    Ok(())
}

/// Values to rows by definition level; a required column has no levels.
fn scatter<T>(values: Vec<T>, levels: &[i16], rows: usize, max_level: i16) -> Vec<Option<T>> {
    let mut values = values.into_iter();
    (0..rows)
        .map(|i| if max_level == 0 || levels.get(i) == Some(&max_level) { values.next() } else { None })
        .collect()
}

fn read_column(reader: ColumnReader, rows: usize, max_level: i16) -> Result<ColumnData, ParquetError> {
    macro_rules! read {
        ($reader:ident, $convert:expr) => {{
            let (mut values, mut levels) = (Vec::new(), Vec::new());
            let levels_out = (max_level > 0).then_some(&mut levels);
            let mut levels_out = levels_out;
            read_all(rows, |n| {
                $reader.read_records(n, levels_out.as_deref_mut(), None, &mut values).map(|x| x.0)
            })?;
            scatter(values, &levels, rows, max_level).into_iter().map(|v| v.map($convert)).collect()
        }};
    }
    Ok(match reader {
        ColumnReader::BoolColumnReader(mut r) => ColumnData::Bool(read!(r, |v: bool| v)),
        ColumnReader::Int32ColumnReader(mut r) => ColumnData::Int(read!(r, i64::from)),
        ColumnReader::Int64ColumnReader(mut r) => ColumnData::Int(read!(r, |v: i64| v)),
        ColumnReader::FloatColumnReader(mut r) => ColumnData::Real(read!(r, f64::from)),
        ColumnReader::DoubleColumnReader(mut r) => ColumnData::Real(read!(r, |v: f64| v)),
        ColumnReader::ByteArrayColumnReader(mut r) => {
            ColumnData::Text(read!(r, |v: ByteArray| String::from_utf8_lossy(v.data()).into_owned()))
        }
        ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
            return Err(ParquetError::General("a column has a type that is not supported".to_owned()));
        }
    })
}
