//! QML files and rows of the GeoPackage table `layer_styles`.

use super::borders::{boundary, district_border, has_borderline, has_districts};
use super::fields::field_setup;
use super::symbol::{
    Names, Outline, borderline_renderer, district_renderer, labeling, outline_renderer, outlines_renderer,
    raster_pipe, renderer,
};
use super::xml::{El, el};
use crate::style::{Figure, MapLayerKind, MapStyle, raster_style};
use crate::{Lang, LayerStyleRow, MapData, RasterContent, RasterFile, RenderOptions, Result};

/// Style of a vector layer as a QML document; `names` are written on zones.
///
/// # Errors
/// [`ReportError::Project`](crate::ReportError::Project) if the XML cannot be written.
pub fn vector_qml(style: &MapStyle, names: &Names, lang: Lang) -> Result<String> {
    let labels = style.layer == MapLayerKind::Zones;
    let root = root(style, lang).a("labelsEnabled", u8::from(labels));
    if labels { root.child(labeling(names)).document() } else { root.document() }
}

/// The style without names, for small maps.
pub(crate) fn unlabelled(style: &MapStyle, lang: Lang) -> El {
    root(style, lang).a("labelsEnabled", 0)
}

/// The style with what QGIS needs to know of the fields.
fn full_qml(style: &MapStyle, names: &Names, setup: Vec<El>, lang: Lang) -> Result<String> {
    let labels = style.layer == MapLayerKind::Zones;
    el("qgis")
        .a("version", "3.22.0")
        .a("styleCategories", super::fields::CATEGORIES)
        .a("labelsEnabled", u8::from(labels))
        .child(renderer(style, lang, outline(style.layer)))
        .children(labels.then(|| labeling(names)))
        .children(setup)
        .document()
}

fn root(style: &MapStyle, lang: Lang) -> El {
    el("qgis").a("version", "3.22.0").a("styleCategories", "Symbology|Labeling").child(renderer(
        style,
        lang,
        outline(style.layer),
    ))
}

/// Name of the row of `layer_styles` with the boundaries of the zones alone.
pub(crate) const OUTLINE_ROW: &str = "outline";

/// Name of the row with the outlines of the zones on the borderline.
pub(crate) const BORDERLINE_ROW: &str = "borderline";

/// The boundaries of the zones with their names.
fn outline_row(data: &MapData, names: &Names, lang: Lang) -> Result<LayerStyleRow> {
    let label = boundary(data);
    let root = without_fill(outline_renderer(&label.text(lang)), true).child(labeling(names));
    row_without_fill(data, OUTLINE_ROW, &root, label.en)
}

/// The outlines of the zones on the borderline.
fn borderline_row(data: &MapData, lang: Lang) -> Result<LayerStyleRow> {
    let label = crate::words::borderline(data.borderline_pct());
    let root = without_fill(borderline_renderer(&label.text(lang)), false);
    row_without_fill(data, BORDERLINE_ROW, &root, label.en)
}

fn without_fill(renderer: El, names: bool) -> El {
    let root = el("qgis").a("version", "3.22.0").a("styleCategories", "Symbology|Labeling");
    root.a("labelsEnabled", u8::from(names)).child(renderer)
}

fn row_without_fill(data: &MapData, name: &str, root: &El, about: String) -> Result<LayerStyleRow> {
    Ok(LayerStyleRow {
        table: data.zones.name.clone(),
        name: name.to_owned(),
        qml: root.document()?,
        default: false,
        description: about,
    })
}

/// Name of the row of `layer_styles` with the borders of the districts.
pub(crate) const DISTRICT_ROW: &str = "districts";

fn district_row(data: &MapData, lang: Lang) -> Result<Option<LayerStyleRow>> {
    if !has_districts(data) {
        return Ok(None);
    }
    let label = district_border();
    let root = el("qgis").a("version", "3.22.0").a("styleCategories", "Symbology|Labeling");
    Ok(Some(LayerStyleRow {
        table: data.zones.name.clone(),
        name: DISTRICT_ROW.to_owned(),
        qml: root.a("labelsEnabled", 0).child(district_renderer(&label.text(lang))).document()?,
        default: false,
        description: label.en,
    }))
}

/// Style of a raster band as a QML document.
///
/// # Errors
/// [`ReportError::Project`](crate::ReportError::Project) if the XML cannot be written.
pub fn raster_qml(style: &MapStyle, band: u32, lang: Lang) -> Result<String> {
    el("qgis")
        .all("version=3.22.0 styleCategories=AllStyleCategories")
        .child(raster_pipe(&raster_style(style), band, lang))
        .document()
}

pub(crate) fn outline(kind: MapLayerKind) -> Outline {
    match kind {
        MapLayerKind::Zones => Outline::Thin,
        MapLayerKind::Grid | MapLayerKind::Parcels => Outline::Seamless,
    }
}

/// The figure that a layer shows unless asked otherwise: zones their class, everything else net emission.
pub(crate) fn default_figure(figures: &[Figure], kind: MapLayerKind) -> Option<&Figure> {
    let of_layer = |f: &&Figure| f.map().is_some_and(|s| s.layer == kind);
    let wanted = |style: &MapStyle| match kind {
        MapLayerKind::Zones => style.shows_zone_classes(),
        MapLayerKind::Grid | MapLayerKind::Parcels => style.field.starts_with("net_t"),
    };
    let best = figures.iter().filter(of_layer).find(|f| f.map().is_some_and(wanted));
    best.or_else(|| figures.iter().find(of_layer))
}

/// Name of a map's row in `layer_styles`, whose column holds 30 characters: that of the figure; of further maps, which are
/// named `<table>_<field>`, the field.
pub(crate) fn style_row_name(figure: &Figure, table: &str) -> String {
    let field = figure.map().filter(|s| figure.name == format!("{table}_{}", s.field)).map(|s| &s.field);
    field.unwrap_or(&figure.name).chars().take(30).collect()
}

/// Rows of `layer_styles`: for every table its default style and all others as alternatives.
///
/// # Errors
/// [`ReportError::Project`](crate::ReportError::Project) if the XML cannot be written.
pub fn layer_styles(
    data: &MapData,
    figures: &[Figure],
    further: &[Figure],
    lang: Lang,
) -> Result<Vec<LayerStyleRow>> {
    let mut rows = Vec::new();
    let names = Names::of(&data.zones, lang);
    let tables = [
        (MapLayerKind::Parcels, data.parcels.as_ref()),
        (MapLayerKind::Grid, data.grid.as_ref()),
        (MapLayerKind::Zones, Some(&data.zones)),
    ];
    for (kind, layer) in tables {
        let Some(layer) = layer else { continue };
        let default = default_figure(figures, kind).map(|f| f.name.as_str());
        for figure in figures.iter().chain(further) {
            let Some(style) = figure.map().filter(|s| s.layer == kind) else { continue };
            if figure.year.is_some_and(|y| Some(y) != data.year()) {
                continue;
            }
            rows.push(LayerStyleRow {
                table: layer.name.clone(),
                name: style_row_name(figure, &layer.name),
                qml: full_qml(
                    style,
                    &names,
                    field_setup(layer, &data.manifest, Some(&style.field), lang),
                    lang,
                )?,
                default: default == Some(figure.name.as_str()),
                description: figure.title.text(Lang::En),
            });
        }
    }
    rows.push(outline_row(data, &names, lang)?);
    rows.extend(district_row(data, lang)?);
    if has_borderline(data, figures) {
        rows.push(borderline_row(data, lang)?);
    }
    let zones = figures.iter().find(|f| f.map().is_some_and(|s| s.field == "zone"));
    if let (Some(table), Some(figure)) = (&data.dissolved, zones)
        && let Some(style) = figure.map()
    {
        let mut plain = style.clone();
        plain.layer = MapLayerKind::Grid; // no names: a dissolved zone has none
        rows.push(LayerStyleRow {
            table: table.clone(),
            name: style_row_name(figure, &data.zones.name),
            qml: vector_qml(&plain, &names, lang)?,
            default: true,
            description: figure.title.text(Lang::En),
        });
    }
    if let Some((figure, style)) = zones.and_then(|f| Some((f, f.map()?))) {
        for table in &data.study.zone_tables {
            rows.push(LayerStyleRow {
                table: table.clone(),
                name: style_row_name(figure, &data.zones.name),
                qml: vector_qml(style, &names, lang)?,
                default: true,
                description: figure.short.text(Lang::En),
            });
        }
    }
    for (table, label) in &data.study.outlines {
        rows.push(LayerStyleRow {
            table: table.clone(),
            name: "outlines".to_owned(),
            qml: without_fill(outlines_renderer(&label.text(lang)), false).document()?,
            default: true,
            description: label.en.clone(),
        });
    }
    Ok(rows)
}

/// The style of a raster file.
///
/// # Errors
/// [`ReportError::Breaks`](crate::ReportError::Breaks) if the classes of a raster's own values cannot be found.
pub(crate) fn style_of_raster(
    data: &MapData,
    raster: &RasterFile,
    figures: &[Figure],
    options: &RenderOptions,
) -> Result<Option<MapStyle>> {
    let with_field = |kind: MapLayerKind, field: &str| {
        figures.iter().filter_map(Figure::map).find(|s| s.layer == kind && s.field == field)
    };
    Ok(match &raster.content {
        RasterContent::GridField(field) => match with_field(MapLayerKind::Grid, field) {
            Some(style) => Some(raster_style(style)),
            None => crate::style::grid_field_style(data, field, options)?.map(|s| raster_style(&s)),
        },
        RasterContent::ZoneCodes => with_field(MapLayerKind::Zones, "zone").map(raster_style),
        RasterContent::Values { .. } => {
            Some(crate::style::raster_values_style(raster, &data.rasters, options)?)
        }
    })
}

/// `(file name, QML)` for every loose vector and raster file.
///
/// A multi-table GeoPackage never gets one: QGIS would apply it to every table.
///
/// # Errors
/// [`ReportError::Project`](crate::ReportError::Project) or [`ReportError::Breaks`](crate::ReportError::Breaks).
pub fn sidecars(
    data: &MapData,
    figures: &[Figure],
    options: &RenderOptions,
    lang: Lang,
) -> Result<Vec<(String, String)>> {
    let mut out: Vec<(String, String)> = Vec::new();
    let names = Names::of(&data.zones, lang);
    let base = |file: &str| format!("{}.qml", file.rsplit_once('.').map_or(file, |(stem, _)| stem));
    for (file, table) in &data.vector_files {
        let kind = match table {
            t if *t == data.zones.name => MapLayerKind::Zones,
            t if data.grid.as_ref().is_some_and(|l| l.name == *t) => MapLayerKind::Grid,
            t if data.parcels.as_ref().is_some_and(|l| l.name == *t) => MapLayerKind::Parcels,
            _ => continue,
        };
        if let Some(style) = default_figure(figures, kind).and_then(Figure::map) {
            let layer = match kind {
                MapLayerKind::Zones => Some(&data.zones),
                MapLayerKind::Grid => data.grid.as_ref(),
                MapLayerKind::Parcels => data.parcels.as_ref(),
            };
            let setup = layer.map(|l| field_setup(l, &data.manifest, Some(&style.field), lang));
            out.push((base(file), full_qml(style, &names, setup.unwrap_or_default(), lang)?));
        }
    }
    for raster in &data.rasters {
        if let Some(style) = style_of_raster(data, raster, figures, options)? {
            let name = base(&raster.file);
            if out.iter().all(|(n, _)| *n != name) {
                out.push((name, raster_qml(&style, raster.band, lang)?));
            }
        }
    }
    Ok(out)
}
