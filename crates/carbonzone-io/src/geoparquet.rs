//! GeoParquet 1.1 read through the `parquet` crate: GDAL on Debian 12 has no driver for it.
//!
//! Geometry is WKB in the column `geometry`, the CRS is PROJJSON in the `geo` metadata; the nested encodings (`GeoArrow`)
//! are read too. Read are flat columns of texts, numbers and truth values; nested columns cannot be asked for.

use crate::crs::CrsPath;
use crate::decode::RawBatch;
use crate::error::{IoError, Result};
use crate::geoarrow::Nested;
use crate::layer_crs::resolve_crs;
use crate::layer_info::{LayerInfo, centre, label};
use crate::layer_reader::{Batch, Batches, LayerReader, Parts};
use crate::layer_spec::GeometryKind;
use crate::read_end::ReadEnd;
use crate::repeated::refuse_repeated;
use crate::selection::Selection;
use crate::source::{Reporter, VectorSource, listed, name_hint};
use carbonzone_types::{AttributeTable, Column, ColumnData, Finding, Findings};
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Name of the geometry column, unless the file says otherwise.
pub(crate) const GEOMETRY: &str = "geometry";

/// Where the geometry stands.
#[derive(Debug, Clone, Copy)]
enum GeometryColumn {
    Wkb(usize),
    Nested(Nested),
}

/// A GeoParquet file opened as a layer.
pub(crate) struct ParquetLayer {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    geometry: GeometryColumn,
    fields: Vec<(String, usize)>,
    filter: Option<Selection>,
    pub crs: CrsPath,
    pub rows: u64,
}

/// Opens the file and resolves columns, filter and CRS; `fields` are the columns to read.
pub(crate) fn open(report: &mut Reporter<'_>, fields: &[String], target: &str) -> Option<ParquetLayer> {
    let opened = File::open(&report.source.path).map_err(|e| e.to_string()).and_then(|file| {
        guarded(|| SerializedFileReader::new(file)).and_then(|r| r.map_err(|e| e.to_string()))
    });
    let reader = match opened {
        Ok(reader) => reader,
        Err(error) => {
            return report.refuse(
                Finding::error("unreadable_file", format!("cannot be opened as GeoParquet: {error}"))
                    .hint("the file is truncated, damaged or of another format: get it again"),
            );
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
        if refuse_repeated(&names, wanted, report) {
            complete = false;
        } else if let Some(index) = flat(wanted) {
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
    let filter = match report.source.filter.as_deref().map(|text| Selection::parse(text, &names)) {
        None => None,
        Some(Ok(selection)) => Some(selection),
        Some(Err(reason)) => {
            return report.refuse(
                Finding::error("bad_filter", format!("the filter is not understood: {reason}"))
                    .field("where")
                    .value(report.source.filter.clone().unwrap_or_default())
                    .expected(format!("a SQL condition on {}", listed(&names))),
            );
        }
    };
    let crs = crs_of(report, &geo["columns"][&primary], target);
    let rows = u64::try_from(metadata.num_rows()).unwrap_or(0);
    let crs = crs?;
    let path = report.source.path.clone();
    complete.then_some(ParquetLayer { path, reader, geometry, fields: plan, filter, crs, rows })
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
    if let Some(layer) =
        open(&mut Reporter { source: &source, findings: &mut findings }, &names, crate::crs::WGS84)
    {
        let size = rows.max(1);
        let mut layer = GroupAfterGroup { layer, size, group: 0, rows: 0..0, read: None };
        sample = layer.next(&mut ReadEnd::default()).map(|(_, table)| table).unwrap_or_default();
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
        return report.refuse(
            Finding::error("unsupported_encoding", format!("geometry is encoded as \"{encoding}\""))
                .expected("WKB, or a list encoding of GeoParquet 1.1 (point, linestring, polygon, multipoint, multilinestring, multipolygon)")
                .hint("write it again with encoding WKB, e.g. by GeoPandas (geometry_encoding = \"WKB\") or ogr2ogr"),
        );
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
fn crs_of(report: &mut Reporter<'_>, column: &Value, target: &str) -> Option<CrsPath> {
    resolve_crs(report, own_crs(column).as_deref(), target)
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
    /// Reads row groups side by side, or one after the other where there are few or a filter has to see the rows in their order.
    pub(crate) fn into_reader(self, size: usize) -> LayerReader {
        let groups = self.reader.metadata().row_groups();
        let small = groups.iter().all(|g| g.num_rows() <= LARGEST_PART);
        if self.filter.is_none() && groups.len() > 1 && small {
            return LayerReader::Parts(Box::new(RowGroups { first: self, more: Mutex::default() }));
        }
        LayerReader::Batches(Box::new(GroupAfterGroup {
            layer: self,
            size,
            group: 0,
            rows: 0..0,
            read: None,
        }))
    }

    fn group_checked(&self, index: usize, selection: Option<&mut Selection>) -> (Option<Group>, ReadEnd) {
        let mut end = ReadEnd::default();
        let read = guarded(|| self.group(index, selection)).and_then(|r| r.map_err(|e| e.to_string()));
        let group = read.map_err(|error| end.fail(&error)).ok();
        for column in group.iter().flat_map(|(_, table)| &table.columns) {
            if let ColumnData::Text(texts) = &column.data {
                texts.iter().flatten().for_each(|t| end.check.see(&column.name, t));
            }
        }
        (group, end)
    }

    /// Geometry and columns of one row group, the filter applied.
    fn group(&self, index: usize, selection: Option<&mut Selection>) -> Result<Group, ParquetError> {
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

/// Geometry and columns of a row group.
type Group = (Vec<Option<ByteArray>>, AttributeTable);

/// Rows of a row group up to which it is read as one part.
const LARGEST_PART: i64 = 1 << 17;

/// A file with several row groups. Each thread opens it once: the place in an open file is one for all.
struct RowGroups {
    first: ParquetLayer,
    more: Mutex<Vec<ParquetLayer>>,
}

impl RowGroups {
    fn again(&self) -> std::result::Result<ParquetLayer, String> {
        let file = File::open(&self.first.path).map_err(|e| e.to_string())?;
        let reader = guarded(|| SerializedFileReader::new(file))?.map_err(|e| e.to_string())?;
        let ParquetLayer { path, geometry, fields, filter, crs, rows, .. } = &self.first;
        let (path, fields, filter, crs) = (path.clone(), fields.clone(), filter.clone(), crs.clone());
        Ok(ParquetLayer { path, reader, geometry: *geometry, fields, filter, crs, rows: *rows })
    }
}

impl Parts for RowGroups {
    fn count(&self) -> usize {
        self.first.reader.num_row_groups()
    }

    fn read(&self, part: usize) -> (Batch, ReadEnd) {
        let lent = self.more.lock().ok().and_then(|mut all| all.pop());
        let layer = match lent.map_or_else(|| self.again(), Ok) {
            Ok(layer) => layer,
            Err(error) => {
                let mut end = ReadEnd::default();
                end.fail(&error);
                return (Batch::default(), end);
            }
        };
        let (group, mut end) = layer.group_checked(part, None);
        if let Ok(mut all) = self.more.lock() {
            all.push(layer);
        }
        let Some((geometry, table)) = group else { return (Batch::default(), end) };
        end.read = geometry.len() as u64;
        ((raw_batch(&geometry), table), end)
    }
}

fn raw_batch(geometry: &[Option<ByteArray>]) -> RawBatch {
    let mut batch = RawBatch::default();
    for bytes in geometry {
        batch.push_wkb(bytes.as_ref().map(ByteArray::data));
    }
    batch
}

/// A file read from its first row group to its last.
struct GroupAfterGroup {
    layer: ParquetLayer,
    /// Rows of a batch at most.
    size: usize,
    /// The next row group.
    group: usize,
    /// Rows of `read` that were not given yet.
    rows: std::ops::Range<usize>,
    read: Option<Group>,
}

impl Batches for GroupAfterGroup {
    fn next(&mut self, end: &mut ReadEnd) -> Option<Batch> {
        while self.rows.is_empty() {
            if self.group == self.layer.reader.num_row_groups() {
                return None;
            }
            let mut filter = self.layer.filter.take();
            let (group, of_group) = self.layer.group_checked(self.group, filter.as_mut());
            self.layer.filter = filter;
            self.group += 1;
            end.add(of_group);
            self.rows = 0..group.as_ref()?.0.len();
            self.read = group;
        }
        let (geometry, table) = self.read.as_ref()?;
        let rows = self.rows.start..self.rows.end.min(self.rows.start + self.size);
        self.rows.start = rows.end;
        end.read += rows.len() as u64;
        let order: Vec<u32> = rows.clone().map(|i| i as u32).collect();
        Some((raw_batch(&geometry[rows]), table.reordered(&order)))
    }

    fn finish(&mut self, end: &mut ReadEnd) {
        end.selection = self.layer.filter.iter().flat_map(Selection::findings).collect();
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
