//! Opening a layer: file, layer, fields, CRS and filter are found, and the fastest way to read it.

use crate::chosen_rows::choose_rows;
use crate::columns::{FieldKind, FieldPlan, skip_other_fields};
use crate::crs::CrsPath;
use crate::dataset::{kind_of, layer_names, open_dataset};
use crate::dbf::DbfDigits;
use crate::gdal_log::capture;
use crate::gdal_reader::{Wish, one_after_the_other, side_by_side};
use crate::geoparquet;
use crate::gpkg_rows::GpkgRows;
use crate::layer_crs::resolve_crs;
use crate::layer_reader::LayerReader;
use crate::repeated::{refuse_repeated, tell_cut};
use crate::source::{Reporter, VectorSource, has_extension, listed, name_hint};
use crate::{json_keys, json_lines};
use carbonzone_types::Finding;
use gdal::Dataset;
use gdal::vector::LayerAccess;
use std::sync::Arc;

/// A layer with everything resolved, ready to be read. The id column, if one is named, comes last unless it is
/// among the columns asked for.
pub(crate) struct OpenLayer {
    pub name: String,
    pub crs: CrsPath,
    pub expected: Option<u64>,
    pub reader: LayerReader,
}

/// What a reader is after: decides the layer of an OpenStreetMap file that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Features {
    Points,
    Lines,
    Polygons,
}

impl Features {
    /// Features of a batch at most: fixed, so that nothing depends on the number of threads.
    fn batch(self) -> usize {
        match self {
            Self::Polygons => 4096,
            Self::Points | Self::Lines => crate::point_feed::BATCH,
        }
    }
}

/// Opens the file, finds the layer, its columns and its way into the working CRS (`target`). All problems are
/// reported at once where possible; `None` if the layer cannot be used.
pub(crate) fn open_layer(report: &mut Reporter<'_>, wanted: Features, target: &str) -> Option<OpenLayer> {
    if has_extension(&report.source.path, &["parquet", "geoparquet"]) {
        let fields = report.source.wanted();
        let layer = geoparquet::open(report, &fields, target)?;
        let expected = report.source.filter.is_none().then_some(layer.rows);
        let name =
            report.source.path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        return Some(OpenLayer {
            name,
            crs: layer.crs.clone(),
            expected,
            reader: layer.into_reader(wanted.batch()),
        });
    }
    if !json_keys::check(report) || !json_lines::check(report) {
        return None;
    }
    let (opened, messages) = open_dataset(&report.source.path, report.source.encoding.as_deref());
    let dataset = match opened {
        Ok(dataset) => dataset,
        Err(error) => {
            let said = messages.summary().unwrap_or_else(|| error.to_string());
            return report.refuse(
                Finding::error("unreadable_file", format!("cannot be opened as a vector layer: {said}"))
                    .expected("GeoPackage, Shapefile, GeoJSON, FlatGeobuf, File Geodatabase, GeoParquet, CSV or OSM PBF")
                    .hint("the file is truncated, damaged or of another format: open it in QGIS, or get it again"),
            );
        }
    };
    let index = find_layer(report, wanted, &dataset)?;
    let mut layer = match dataset.layer(index) {
        Ok(layer) => layer,
        Err(error) => {
            return report
                .refuse(Finding::error("unreadable_file", format!("layer {index} cannot be read: {error}")));
        }
    };
    let name = layer.name();
    let fields = find_fields(report, &layer);
    let crs = find_crs(report, &layer, target);
    let chosen = choose_rows(report, &mut layer);
    let (mut fields, crs, chosen) = (fields?, crs?, chosen?);
    let digits = long_ids(report.source, &mut fields);
    if report.source.filter.is_none() {
        skip_other_fields(&layer, &fields);
    }
    let (expected, _) =
        capture(|| if report.source.filter.is_some() { None } else { layer.try_feature_count() });
    let wish = Wish { fields, digits, size: wanted.batch() };
    let side_by_side = if report.source.filter.is_none() {
        parts_of(report.source, &dataset.driver().short_name(), &layer, &wish, expected)
    } else {
        None
    };
    let reader = side_by_side.map_or_else(|| one_after_the_other(dataset, index, &wish, chosen), Ok);
    match reader {
        Ok(reader) => Some(OpenLayer { name, crs, expected, reader }),
        Err(error) => {
            report.refuse(Finding::error("unreadable_file", format!("layer {index} cannot be read: {error}")))
        }
    }
}

/// A reader of a layer without a condition that can do without GDAL's order of features. `None`: another format.
fn parts_of<L: LayerAccess>(
    source: &VectorSource,
    driver: &str,
    layer: &L,
    wish: &Wish,
    expected: Option<u64>,
) -> Option<LayerReader> {
    match driver {
        "GPKG" => GpkgRows::plan(&source.path, layer, &wish.fields, wish.size, expected),
        "ESRI Shapefile" if has_extension(&source.path, &["shp"]) && source.path.is_file() => {
            let shapes = usize::try_from(expected?).ok()?;
            Some(side_by_side(source.path.clone(), source.encoding.clone(), shapes, wish.clone()))
        }
        _ => None,
    }
}

/// The digits of the id column of a shapefile, if GDAL would make reals of them.
fn long_ids(source: &VectorSource, fields: &mut [FieldPlan]) -> Option<Arc<DbfDigits>> {
    let id = fields.iter_mut().find(|f| source.id.as_ref() == Some(&f.name) && f.kind == FieldKind::Real)?;
    let shapefile = has_extension(&source.path, &["shp"]) && source.path.is_file();
    let digits = shapefile.then(|| DbfDigits::read(&source.path, id.index)).flatten()?;
    id.kind = FieldKind::Digits;
    Some(Arc::new(digits))
}

pub(crate) fn find_layer(report: &mut Reporter<'_>, wanted: Features, dataset: &Dataset) -> Option<usize> {
    let (names, _) = capture(|| layer_names(dataset));
    if report.source.layer.is_none() && dataset.driver().short_name() == "OSM" {
        let name = match wanted {
            Features::Points => "points",
            Features::Lines => "lines",
            Features::Polygons => "multipolygons",
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
    if let Some(wanted) = &report.source.layer {
        let exact = names.iter().position(|n| n == wanted);
        if let Some(found) = exact.or_else(|| names.iter().position(|n| n.eq_ignore_ascii_case(wanted))) {
            return Some(found);
        }
        return report.refuse(
            Finding::error("unknown_layer", format!("there is no layer \"{wanted}\""))
                .field("layer")
                .value(wanted.clone())
                .expected(format!("one of {}", listed(&names)))
                .hint(name_hint(wanted, &names, "use one of the layers that exist")),
        );
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
        ([], 0) => report.refuse(
            Finding::error("empty_layer", "the file has no layer at all")
                .hint("it may be damaged: get it again"),
        ),
        _ => {
            let message = format!("the file has {} layers: say which one", names.len());
            report.refuse(
                Finding::error("layer_not_named", message)
                    .field("layer")
                    .expected(format!("one of {}", listed(&names)))
                    .hint("add layer = \"...\" to this input"),
            )
        }
    }
}

fn find_fields<L: LayerAccess>(report: &mut Reporter<'_>, layer: &L) -> Option<Vec<FieldPlan>> {
    let names: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    let mut plans = Vec::new();
    let wanted = report.source.wanted();
    let missing = |name: &&String| plan_field(layer, &names, name).is_none();
    if names.iter().any(|n| n.contains(char::REPLACEMENT_CHARACTER)) && wanted.iter().any(|n| missing(&n)) {
        let sought: Vec<String> = wanted.iter().filter(missing).map(|n| format!("\"{n}\"")).collect();
        let message = format!(
            "field names are not readable in the encoding of the layer, so {} cannot be found",
            sought.join(", ")
        );
        return report.refuse(
            Finding::error("wrong_encoding", message)
                .value(listed(&names))
                .hint("a shapefile without .cpg is often GBK: add encoding = \"GBK\" to this source"),
        );
    }
    for name in &wanted {
        match plan_field(layer, &names, name) {
            Some(_) if refuse_repeated(&names, name, report) => {}
            Some(plan) => {
                tell_cut(&names, name, report);
                plans.push(plan);
            }
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

fn find_crs<L: LayerAccess>(report: &mut Reporter<'_>, layer: &L, target: &str) -> Option<CrsPath> {
    let (wkt, _) = capture(|| layer.spatial_ref().and_then(|s| crate::crs::meaningful_wkt(&s)));
    resolve_crs(report, wkt.as_deref(), target)
}
