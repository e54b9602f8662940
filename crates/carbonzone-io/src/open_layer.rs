//! Opening a layer: file, layer, fields, CRS and filter are found, and the fastest way to read it.

use crate::chosen_rows::{ChosenRows, choose_rows};
use crate::columns::{ColumnsBuilder, FieldKind, FieldPlan, skip_other_fields};
use crate::crs::{CrsPath, CrsSpec};
use crate::dataset::{kind_of, layer_names, open_dataset};
use crate::dbf::DbfDigits;
use crate::decode::RawBatch;
use crate::gdal_log::{capture, failures_so_far};
use crate::geoparquet::{self, ParquetLayer};
use crate::gpkg_rows::GpkgRows;
use crate::layer_crs::resolve_crs;
use crate::read_end::ReadEnd;
use crate::source::{Reporter, VectorSource, has_extension, listed, name_hint};
use carbonzone_types::{AttributeTable, Finding, Progress};
use gdal::Dataset;
use gdal::vector::LayerAccess;

/// A layer with everything resolved, ready to be read. The id column, if one is named, comes last unless it is
/// among the columns asked for.
pub(crate) struct OpenLayer {
    pub name: String,
    pub crs: CrsPath,
    pub expected: Option<u64>,
    reader: LayerReader,
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
            LayerReader::Gdal { dataset, index, fields, digits, chosen } => {
                let columns = ColumnsBuilder::new(fields).with_digits(digits.as_ref());
                let (mut end, messages) = capture(|| {
                    gdal_batches((dataset, *index), columns, chosen.as_deref(), size, progress, sink)
                });
                end.messages = messages;
                end
            }
        }
    }
}

enum LayerReader {
    Gdal {
        dataset: Dataset,
        index: usize,
        fields: Vec<FieldPlan>,
        digits: Option<DbfDigits>,
        chosen: Option<Box<ChosenRows>>,
    },
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

fn gdal_batches(
    (dataset, index): (&Dataset, usize),
    mut columns: ColumnsBuilder<'_>,
    chosen: Option<&ChosenRows>,
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
    let mut chosen = chosen.cloned();
    loop {
        let before = failures_so_far();
        let Some(feature) = features.next() else {
            end.failed_at_end = failures_so_far() > before;
            break;
        };
        if chosen.as_mut().is_some_and(|rows| !rows.keeps(&feature)) {
            continue;
        }
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
    end.selection = chosen.iter().flat_map(ChosenRows::findings).collect();
    end
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
    let chosen = choose_rows(source, &mut layer, report);
    let (mut fields, crs, chosen) = (fields?, crs?, chosen?);
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
    let reader =
        straight.map_or(LayerReader::Gdal { dataset, index, fields, digits, chosen }, LayerReader::Gpkg);
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
