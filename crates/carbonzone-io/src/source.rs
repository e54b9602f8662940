//! Where a layer comes from, and the part of opening it that all geometry types share.

use crate::columns::{ColumnsBuilder, FieldKind, FieldPlan, skip_other_fields};
use crate::crs::{CrsPath, CrsSpec};
use crate::dbf::DbfDigits;
use crate::decode::RawBatch;
use crate::ffi;
use crate::gdal_log::{GdalMessages, capture, failures_so_far};
use crate::geoparquet::{self, ParquetLayer};
use crate::gpkg_rows::GpkgRows;
use crate::layer_crs::resolve_crs;
use crate::mojibake::TextCheck;
use carbonzone_types::{AttributeTable, Finding, Findings, Progress};
use gdal::vector::LayerAccess;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use gdal_sys::{OGRFieldSubType, OGRFieldType};
use std::path::{Path, PathBuf};

/// A vector layer (or a table of points) as the pipeline file describes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VectorSource {
    /// Role in the pipeline file, e.g. `parcels`: named in every finding.
    pub role: String,
    /// File, folder (`.gdb`) or connection string (`PG:...`).
    pub path: PathBuf,
    /// Path as the user wrote it; `path` is shown if this is empty.
    pub shown: String,
    /// Layer; needed if the file has several.
    pub layer: Option<String>,
    /// CRS that overrides the file's: anything GDAL reads, `GCJ-02` or `BD-09`.
    pub crs: Option<String>,
    /// Encoding of texts (`GBK`, `UTF-8`, ...) that overrides the file's.
    pub encoding: Option<String>,
    /// SQL condition, e.g. `hour_group = 'night'`.
    pub filter: Option<String>,
    /// Column with the feature id.
    pub id: Option<String>,
    /// Columns to read.
    pub fields: Vec<String>,
    /// Those of them that are numbers, for points: text is read as in tables (`1,950`), what is missing is told.
    pub numbers: Vec<String>,
    /// Column with the easting or longitude (CSV only; found by its name if absent).
    pub x: Option<String>,
    /// Column with the northing or latitude (CSV only; found by its name if absent).
    pub y: Option<String>,
    /// Band of a raster, from 1; the first with data if absent.
    pub band: Option<usize>,
    /// Stored value of a raster that means "no value", beside the one the file declares.
    pub nodata: Option<f64>,
}

impl VectorSource {
    /// A source with a role and a path; the rest is set on the fields.
    pub fn new(role: &str, path: impl Into<PathBuf>) -> Self {
        Self { role: role.to_owned(), path: path.into(), ..Self::default() }
    }

    /// Asks for columns (builder style).
    #[must_use]
    pub fn fields(mut self, fields: &[&str]) -> Self {
        self.fields = fields.iter().map(|f| (*f).to_owned()).collect();
        self
    }

    /// Names the id column (builder style).
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// Sets the CRS override (builder style).
    #[must_use]
    pub fn crs(mut self, crs: &str) -> Self {
        self.crs = Some(crs.to_owned());
        self
    }

    /// Names the layer (builder style).
    #[must_use]
    pub fn layer(mut self, layer: &str) -> Self {
        self.layer = Some(layer.to_owned());
        self
    }

    /// The path as shown in findings.
    #[must_use]
    pub fn shown_path(&self) -> String {
        if self.shown.is_empty() { self.path.display().to_string() } else { self.shown.clone() }
    }

    /// The columns to read: those asked for, then the id if it is not among them.
    pub(crate) fn wanted(&self) -> Vec<String> {
        let id = self.id.iter().filter(|id| !self.fields.contains(id));
        self.fields.iter().chain(id).cloned().collect()
    }

    /// True if the path is a database connection or a virtual file rather than a file on disk.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        is_virtual(&self.path)
    }

    /// True for `.csv`, `.txt` and `.tsv`.
    #[must_use]
    pub fn is_csv(&self) -> bool {
        has_extension(&self.path, &["csv", "txt", "tsv"])
    }
}

/// Findings of one source: adds its role and file to each.
pub(crate) struct Reporter<'a> {
    pub findings: &'a mut Findings,
    role: String,
    file: String,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(source: &VectorSource, findings: &'a mut Findings) -> Self {
        Self { findings, role: source.role.clone(), file: source.shown_path() }
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding.layer(self.role.clone()).file(self.file.clone()));
    }
}

pub(crate) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| extensions.iter().any(|x| e.eq_ignore_ascii_case(x)))
}

pub(crate) fn is_virtual(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.starts_with("/vsi")
        || ["PG:", "postgresql:", "postgres:", "MySQL:"].iter().any(|p| text.starts_with(p))
}

/// The names that exist, for a message: at most 30 of them.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let text = names.iter().take(30).map(|n| format!("\"{}\"", n.as_ref())).collect::<Vec<_>>().join(", ");
    if names.len() > 30 { format!("{text} and {} more", names.len() - 30) } else { text }
}

/// The name that is most like `wanted`, if one is like it at all.
pub(crate) fn did_you_mean<S: AsRef<str>>(wanted: &str, names: &[S]) -> Option<String> {
    let wanted = wanted.to_lowercase();
    names
        .iter()
        .map(|n| (strsim::jaro_winkler(&wanted, &n.as_ref().to_lowercase()), n.as_ref()))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| name.to_owned())
}

/// "did you mean ...?" as a hint, else the fallback.
pub(crate) fn name_hint<S: AsRef<str>>(wanted: &str, names: &[S], fallback: &str) -> String {
    did_you_mean(wanted, names)
        .map_or_else(|| fallback.to_owned(), |name| format!("did you mean \"{name}\"?"))
}

/// A layer with everything resolved, ready to be read. The id column, if one is named, comes last unless it is
/// among the columns asked for.
pub(crate) struct OpenLayer {
    pub name: String,
    pub crs: CrsPath,
    pub expected: Option<u64>,
    reader: LayerReader,
}

enum LayerReader {
    Gdal { dataset: Dataset, index: usize, fields: Vec<FieldPlan>, digits: Option<DbfDigits> },
    Gpkg(GpkgRows),
    Parquet(Box<ParquetLayer>),
}

/// What a reader is after: decides the layer of an OpenStreetMap file that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Points,
    Lines,
    Polygons,
}

/// How reading ended.
#[derive(Debug, Default)]
pub(crate) struct ReadEnd {
    pub read: u64,
    pub failed_at_end: bool,
    pub messages: GdalMessages,
    pub check: TextCheck,
}

impl OpenLayer {
    /// Reads all features in batches of `size`; stops early if `sink` returns false or the user asked to.
    pub(crate) fn batches(
        &self,
        size: usize,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(RawBatch, AttributeTable) -> bool,
    ) -> ReadEnd {
        match &self.reader {
            LayerReader::Parquet(layer) => layer.batches(size, progress, sink),
            LayerReader::Gpkg(rows) => {
                // Curves are turned into lines by GDAL, which may have something to say.
                let (mut end, messages) = capture(|| rows.batches(size, progress, sink));
                end.messages.add(messages);
                end
            }
            LayerReader::Gdal { dataset, index, fields, digits } => {
                let columns = ColumnsBuilder::new(fields).with_digits(digits.as_ref());
                let (mut end, messages) =
                    capture(|| gdal_batches(dataset, *index, columns, size, progress, sink));
                end.messages = messages;
                end
            }
        }
    }
}

fn gdal_batches(
    dataset: &Dataset,
    index: usize,
    mut columns: ColumnsBuilder<'_>,
    size: usize,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(RawBatch, AttributeTable) -> bool,
) -> ReadEnd {
    let mut end = ReadEnd::default();
    let Ok(mut layer) = dataset.layer(index) else {
        end.failed_at_end = true;
        return end;
    };
    let mut batch = RawBatch::default();
    let mut features = layer.features();
    loop {
        let before = failures_so_far();
        let Some(feature) = features.next() else {
            end.failed_at_end = failures_so_far() > before;
            break;
        };
        batch.push(&feature);
        columns.push(&feature);
        end.read += 1;
        if batch.len() == size {
            progress.advance(size as u64);
            if progress.cancelled() || !sink(batch.hand_out(), columns.take()) {
                end.check = columns.check;
                return end;
            }
        }
    }
    progress.advance(batch.len() as u64);
    if batch.len() > 0 {
        sink(batch, columns.take());
    }
    end.check = columns.check;
    end
}

/// Opens a dataset read-only and returns what GDAL said.
pub(crate) fn open_dataset(
    path: &Path,
    encoding: Option<&str>,
) -> (gdal::errors::Result<Dataset>, GdalMessages) {
    let mut options: Vec<String> = Vec::new();
    if let Some(encoding) = encoding
        && (has_extension(path, &["shp", "dbf"]) || path.is_dir())
    {
        // What calls itself GBK holds the characters of GB18030, which contains GBK.
        let gbk = ["gbk", "gb2312", "cp936", "936"].contains(&encoding.to_lowercase().as_str());
        options.push(format!("ENCODING={}", if gbk { "GB18030" } else { encoding }));
    }
    if has_extension(path, &["csv", "txt", "tsv"]) {
        options.push("AUTODETECT_TYPE=YES".to_owned());
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    capture(|| {
        Dataset::open_ex(
            path,
            DatasetOptions {
                open_flags: GdalOpenFlags::GDAL_OF_READONLY
                    | GdalOpenFlags::GDAL_OF_VECTOR
                    | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
                open_options: Some(&options),
                ..DatasetOptions::default()
            },
        )
    })
}

/// Opens the file, finds the layer, its columns and its way into the working CRS (`target`). All problems are
/// reported at once where possible; `None` if the layer cannot be used.
pub(crate) fn open_layer(
    source: &VectorSource,
    wanted: Wanted,
    target: &str,
    report: &mut Reporter<'_>,
) -> Option<OpenLayer> {
    if has_extension(&source.path, &["parquet", "geoparquet"]) {
        let layer = geoparquet::open(source, &source.wanted(), target, report)?;
        let expected = source.filter.is_none().then_some(layer.rows);
        let name = source.path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        return Some(OpenLayer {
            name,
            crs: layer.crs.clone(),
            expected,
            reader: LayerReader::Parquet(Box::new(layer)),
        });
    }
    let (opened, messages) = open_dataset(&source.path, source.encoding.as_deref());
    let dataset = match opened {
        Ok(dataset) => dataset,
        Err(error) => {
            let said = messages.summary().unwrap_or_else(|| error.to_string());
            report.add(
                Finding::error("unreadable_file", format!("cannot be opened as a vector layer: {said}"))
                    .expected("GeoPackage, Shapefile, GeoJSON, FlatGeobuf, File Geodatabase, GeoParquet, CSV or OSM PBF")
                    .hint("the file is truncated, damaged or of another format: open it in QGIS, or get it again"),
            );
            return None;
        }
    };
    let index = find_layer(source, wanted, &dataset, report)?;
    let mut layer = match dataset.layer(index) {
        Ok(layer) => layer,
        Err(error) => {
            report.add(Finding::error("unreadable_file", format!("layer {index} cannot be read: {error}")));
            return None;
        }
    };
    let name = layer.name();
    let fields = find_fields(source, &layer, report);
    let crs = find_crs(source, &layer, target, report);
    let filtered = apply_filter(source, &mut layer, report);
    let (mut fields, crs, ()) = (fields?, crs?, filtered?);
    let digits = long_ids(source, &mut fields);
    if source.filter.is_none() {
        skip_other_fields(&layer, &fields);
    }
    let (expected, _) = capture(|| if source.filter.is_some() { None } else { layer.try_feature_count() });
    let straight = if source.filter.is_none() {
        GpkgRows::plan(&source.path, &dataset.driver().short_name(), &layer, &fields)
    } else {
        None
    };
    let reader = straight.map_or(LayerReader::Gdal { dataset, index, fields, digits }, LayerReader::Gpkg);
    Some(OpenLayer { name, crs, expected, reader })
}

/// The digits of the id column of a shapefile, if GDAL would make reals of them.
fn long_ids(source: &VectorSource, fields: &mut [FieldPlan]) -> Option<DbfDigits> {
    let id = fields.iter_mut().find(|f| source.id.as_ref() == Some(&f.name) && f.kind == FieldKind::Real)?;
    let shapefile = has_extension(&source.path, &["shp"]) && source.path.is_file();
    let digits = shapefile.then(|| DbfDigits::read(&source.path, id.index)).flatten()?;
    id.kind = FieldKind::Digits;
    Some(digits)
}

/// Names of the layers of a dataset, in file order.
pub(crate) fn layer_names(dataset: &Dataset) -> Vec<String> {
    (0..dataset.layer_count()).filter_map(|i| dataset.layer(i).ok()).map(|l| l.name()).collect()
}

pub(crate) fn find_layer(
    source: &VectorSource,
    wanted: Wanted,
    dataset: &Dataset,
    report: &mut Reporter<'_>,
) -> Option<usize> {
    let (names, _) = capture(|| layer_names(dataset));
    if source.layer.is_none() && dataset.driver().short_name() == "OSM" {
        let name = match wanted {
            Wanted::Points => "points",
            Wanted::Lines => "lines",
            Wanted::Polygons => "multipolygons",
        };
        if let Some(found) = names.iter().position(|n| n == name) {
            report.add(
                Finding::info("osm_layer", format!("of the OpenStreetMap file the layer \"{name}\" is read"))
                    .field("layer")
                    .expected(format!("one of {}", listed(&names))),
            );
            return Some(found);
        }
    }
    if let Some(wanted) = &source.layer {
        let exact = names.iter().position(|n| n == wanted);
        if let Some(found) = exact.or_else(|| names.iter().position(|n| n.eq_ignore_ascii_case(wanted))) {
            return Some(found);
        }
        report.add(
            Finding::error("unknown_layer", format!("there is no layer \"{wanted}\""))
                .field("layer")
                .value(wanted.clone())
                .expected(format!("one of {}", listed(&names)))
                .hint(name_hint(wanted, &names, "use one of the layers that exist")),
        );
        return None;
    }
    let spatial: Vec<usize> = (0..names.len())
        .filter(|&i| {
            dataset.layer(i).is_ok_and(|l| l.defn().geometry_type() != gdal_sys::OGRwkbGeometryType::wkbNone)
        })
        .filter(|&i| names[i] != "layer_styles")
        .collect();
    match (spatial.as_slice(), names.len()) {
        ([only], _) => Some(*only),
        ([], 1) => Some(0),
        ([], 0) => {
            report.add(
                Finding::error("empty_layer", "the file has no layer at all")
                    .hint("it may be damaged: get it again"),
            );
            None
        }
        _ => {
            report.add(
                Finding::error(
                    "layer_not_named",
                    format!("the file has {} layers: say which one", names.len()),
                )
                .field("layer")
                .expected(format!("one of {}", listed(&names)))
                .hint("add layer = \"...\" to this input"),
            );
            None
        }
    }
}

fn find_fields<L: LayerAccess>(
    source: &VectorSource,
    layer: &L,
    report: &mut Reporter<'_>,
) -> Option<Vec<FieldPlan>> {
    let names: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    let mut plans = Vec::new();
    let wanted = source.wanted();
    let missing = |name: &&String| plan_field(layer, &names, name).is_none();
    if names.iter().any(|n| n.contains(char::REPLACEMENT_CHARACTER)) && wanted.iter().any(|n| missing(&n)) {
        let sought: Vec<String> = wanted.iter().filter(missing).map(|n| format!("\"{n}\"")).collect();
        report.add(
            Finding::error(
                "wrong_encoding",
                format!(
                    "field names are not readable in the encoding of the layer, so {} cannot be found",
                    sought.join(", ")
                ),
            )
            .value(listed(&names))
            .hint("a shapefile without .cpg is often GBK: add encoding = \"GBK\" to this source"),
        );
        return None;
    }
    for name in &wanted {
        match plan_field(layer, &names, name) {
            Some(plan) => plans.push(plan),
            None => report.add(
                Finding::error(
                    "unknown_field",
                    format!("layer \"{}\" has no field \"{name}\"", layer.name()),
                )
                .field(name.clone())
                .expected(format!("one of {}", listed(&names)))
                .hint(name_hint(name, &names, "use one of the fields that exist")),
            ),
        }
    }
    (plans.len() == wanted.len()).then_some(plans)
}

fn plan_field<L: LayerAccess>(layer: &L, names: &[String], wanted: &str) -> Option<FieldPlan> {
    let index = names
        .iter()
        .position(|n| n == wanted)
        .or_else(|| names.iter().position(|n| n.to_lowercase() == wanted.to_lowercase()));
    if let Some(index) = index {
        return Some(FieldPlan { name: wanted.to_owned(), index, kind: kind_of(layer, index) });
    }
    if let Some(tags) = names.iter().position(|n| n == "other_tags") {
        return Some(FieldPlan { name: wanted.to_owned(), index: tags, kind: FieldKind::Tag });
    }
    ["fid", "ogc_fid"].iter().any(|f| wanted.eq_ignore_ascii_case(f)).then(|| FieldPlan {
        name: wanted.to_owned(),
        index: 0,
        kind: FieldKind::Fid,
    })
}

/// The column type for an OGR field.
pub(crate) fn kind_of<L: LayerAccess>(layer: &L, index: usize) -> FieldKind {
    match ffi::field_types(layer, index) {
        (OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64, OGRFieldSubType::OFSTBoolean) => {
            FieldKind::Bool
        }
        (OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64, _) => FieldKind::Int,
        (OGRFieldType::OFTReal, _) => FieldKind::Real,
        _ => FieldKind::Text,
    }
}

fn find_crs<L: LayerAccess>(
    source: &VectorSource,
    layer: &L,
    target: &str,
    report: &mut Reporter<'_>,
) -> Option<CrsPath> {
    let spec = CrsSpec::parse(source.crs.as_deref());
    let (wkt, _) = capture(|| layer.spatial_ref().and_then(|s| crate::crs::meaningful_wkt(&s)));
    resolve_crs(&spec, wkt.as_deref(), target, source, report)
}

fn apply_filter<L: LayerAccess>(
    source: &VectorSource,
    layer: &mut L,
    report: &mut Reporter<'_>,
) -> Option<()> {
    let Some(filter) = &source.filter else { return Some(()) };
    // Some drivers look at the condition only when the first feature is asked for.
    let (result, messages) = capture(|| {
        layer.set_attribute_filter(filter)?;
        drop(layer.features().next());
        Ok(())
    });
    let refused = |m: &GdalMessages| {
        m.failures.iter().any(|f| f.contains("column") || f.contains("SQL") || f.contains("syntax"))
    };
    let result: gdal::errors::Result<()> = result;
    if result.is_err() || refused(&messages) {
        let said = messages.summary().or_else(|| result.err().map(|e| e.to_string())).unwrap_or_default();
        let names: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
        report.add(
            Finding::error("bad_filter", format!("the filter is not understood: {said}"))
                .field("where")
                .value(filter.clone())
                .expected(format!("a SQL condition on {}", listed(&names)))
                .hint("texts in single quotes, field names in double quotes: \"type\" = 'night'"),
        );
        return None;
    }
    Some(())
}

/// Reports how the reading of a layer ended: fewer features than announced or a failure at the end is an error,
/// failures on the way are a warning.
pub(crate) fn check_reading(
    source: &VectorSource,
    end: &ReadEnd,
    expected: Option<u64>,
    report: &mut Reporter<'_>,
) -> bool {
    let (read, failed_at_end, messages) = (end.read, end.failed_at_end, &end.messages);
    end.check.report(report);
    let short = expected.is_some_and(|e| read < e);
    // One broken feature is a warning; many are a broken file.
    let broken = messages.n_failures * 10 > read;
    // A GeoPackage's count may be stale and a shapefile's holds deleted rows; these formats know theirs.
    let exact = read == 0 || has_extension(&source.path, &["fgb", "parquet", "geoparquet"]);
    if failed_at_end || broken || (short && (exact || !messages.failures.is_empty())) {
        let said = messages.summary().unwrap_or_else(|| "the file ends there".to_owned());
        let announced = expected.map_or(String::new(), |e| format!(" of {e}"));
        report.add(
            Finding::error(
                "truncated_file",
                format!("reading stopped after {read}{announced} features: {said}"),
            )
            .count(expected.map_or(0, |e| e.saturating_sub(read)))
            .hint("the file is damaged or its download was cut off: get it again"),
        );
        return false;
    }
    if short {
        report.add(
            Finding::warning(
                "feature_count",
                format!("the file announces {} features, {read} could be read", expected.unwrap_or(0)),
            )
            .hint("rebuild the layer (e.g. export it again from QGIS) if features are missing"),
        );
    }
    if let Some(said) = messages.summary() {
        report.add(
            Finding::warning("reader_message", format!("while reading, GDAL said: {said}"))
                .count(messages.n_failures),
        );
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_only_if_it_is_near() {
        let names = ["DLBM", "DLMC", "BSM"];
        assert_eq!(did_you_mean("dlbn", &names).as_deref(), Some("DLBM"));
        assert_eq!(did_you_mean("population", &names), None);
    }
}
