//! The project file: layers in groups, one theme and one print layout per figure, relative paths.

use super::layout::{Page, layout};
use super::qml::{outline, style_of_raster, unlabelled};
use super::symbol::{Names, labeling, outline_renderer, raster_pipe, renderer};
use super::xml::{El, el, exact};
use crate::style::{Figure, FigureContent, MapLayerKind, MapStyle, layer_title};
use crate::{Label, Lang, MapData, RasterContent, RenderOptions, ReportError, words};
use std::io::Write;

/// A project, ready to be written beside the data.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    /// File name: `<name>.qgz`.
    pub file: String,
    /// The XML inside.
    pub qgs: String,
    /// The archive.
    pub qgz: Vec<u8>,
}

/// A map layer of the project.
#[derive(Debug, Clone)]
pub(crate) struct ProjectLayer {
    pub id: String,
    pub name: String,
    pub source: String,
    pub provider: &'static str,
    /// Name of the theme that shows a raster; empty for vectors.
    theme: String,
    group: usize,
    body: Vec<El>,
    labels: bool,
    visible: bool,
    temporal: bool,
    /// What the values say: shown when the mouse rests on the layer.
    meaning: String,
}

const OUTLINE_ID: &str = "lyr_zones_outline";

/// The project of a run.
///
/// `figures` must come from the same data (of the last year, if there are several).
///
/// # Errors
/// [`ReportError::Project`] if XML or archive cannot be written, [`ReportError::EmptyLayer`] without zones.
pub fn project(
    data: &MapData,
    figures: &[Figure],
    options: &RenderOptions,
) -> Result<ProjectFile, ReportError> {
    let qgs = project_xml(data, figures, options)?.document()?;
    let name = &data.manifest.name;
    let fail = |e: &dyn std::fmt::Display| ReportError::Project { reason: e.to_string() };
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let entry = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    archive.start_file(format!("{name}.qgs"), entry).map_err(|e| fail(&e))?;
    archive.write_all(qgs.as_bytes()).map_err(|e| fail(&e))?;
    let qgz = archive.finish().map_err(|e| fail(&e))?.into_inner();
    Ok(ProjectFile { file: format!("{name}.qgz"), qgs, qgz })
}

fn project_xml(data: &MapData, figures: &[Figure], options: &RenderOptions) -> Result<El, ReportError> {
    let lang = options.lang;
    let m = &data.manifest;
    let groups = groups(data);
    let layers = layers(data, figures, options)?;
    let crs = crs(data);
    let title =
        Label::new(format!("{}: carbon balance zoning", m.title_en), format!("{}碳平衡分区", m.title_zh))
            .text(lang);
    let frame = data.frame()?;
    let mut themes: Vec<El> =
        figures.iter().filter_map(|f| figure_theme(f, &layers, &groups, lang)).collect();
    // One theme per raster band, under the outlines: `grid_1km_net_t`.
    for layer in layers.iter().filter(|l| l.provider == "gdal") {
        themes.push(theme(&layer.theme, &[OUTLINE_ID.to_owned(), layer.id.clone()], &layers, &groups, lang));
    }
    let headings: Vec<(String, Label)> =
        figures.iter().filter_map(|f| Some((layer_id(&f.name), f.map()?.heading_with_unit()))).collect();
    let pages = figures.iter().enumerate().map(|(number, figure)| {
        let shown = shown_by(figure, figures);
        // The small map beside a chart has no room for names.
        let chart = figure.map().is_none();
        let plain = figures.iter().filter(|f| chart && shown.contains(&layer_id(&f.name)));
        let plain = plain.filter_map(|f| Some((layer_id(&f.name), unlabelled(f.map()?, lang)))).collect();
        layout(&Page { data, figure, number, lang, layers: &layers, shown, frame, styles: &headings, plain })
    });
    Ok(el("qgis")
        .a("version", "3.22.0")
        .a("projectname", &title)
        .child(el("title").text(title))
        .child(el("projectCrs").child(crs.clone()))
        .child(tree(&layers, &groups, lang))
        .child(canvas(frame, &crs))
        .child(el("projectlayers").children(layers.iter().map(|l| map_layer(l, &crs))))
        .child(properties())
        .child(el("visibility-presets").children(themes))
        .child(el("Layouts").children(pages))
        .child(
            el("ProjectViewSettings")
                .a("rotation", 0)
                .a("UseProjectScales", 0)
                .child(el("Scales"))
                .child(extent("DefaultViewExtent", padded(frame)).child(crs)),
        ))
}

fn padded([x0, y0, x1, y1]: [f64; 4]) -> [f64; 4] {
    let (dx, dy) = ((x1 - x0) * 0.03, (y1 - y0) * 0.03);
    [x0 - dx, y0 - dy, x1 + dx, y1 + dy]
}

fn extent(name: &'static str, [x0, y0, x1, y1]: [f64; 4]) -> El {
    el(name).a("xmin", exact(x0)).a("ymin", exact(y0)).a("xmax", exact(x1)).a("ymax", exact(y1))
}

/// The working CRS. `authid` is read only beside a positive `srsid`; the WKT serves where the code is unknown.
fn crs(data: &MapData) -> El {
    let m = &data.manifest;
    let system = el("spatialrefsys");
    let system = if m.crs_wkt.is_empty() { system } else { system.child(el("wkt").text(m.crs_wkt.clone())) };
    match m.crs.split_once(':') {
        Some((_, code)) if code.chars().all(|c| c.is_ascii_digit()) && !code.is_empty() => system
            .child(el("srsid").text("1"))
            .child(el("srid").text(code))
            .child(el("authid").text(m.crs.clone())),
        _ => system,
    }
}

fn properties() -> El {
    el("properties")
        .child(el("Paths").child(el("Absolute").a("type", "bool").text("false")))
        .child(el("SpatialRefSys").child(el("ProjectionsEnabled").a("type", "int").text("1")))
        .child(el("Measurement").child(el("AreaUnits").a("type", "QString").text("km2")))
}

fn canvas(frame: [f64; 4], crs: &El) -> El {
    let [x0, y0, x1, y1] = padded(frame);
    let corner = |name, v: f64| el(name).text(exact(v));
    el("mapcanvas")
        .a("name", "theMapCanvas")
        .a("annotationsVisible", 1)
        .child(el("units").text("meters"))
        .child(
            el("extent")
                .child(corner("xmin", x0))
                .child(corner("ymin", y0))
                .child(corner("xmax", x1))
                .child(corner("ymax", y1)),
        )
        .child(el("rotation").text("0"))
        .child(el("destinationsrs").child(crs.clone()))
}

/// Group titles, top first: zones, grid, parcels, rasters.
fn groups(data: &MapData) -> Vec<Label> {
    vec![
        layer_title(data, MapLayerKind::Zones),
        layer_title(data, MapLayerKind::Grid),
        layer_title(data, MapLayerKind::Parcels),
        Label::new("Rasters", "栅格"),
    ]
}

fn group_of(kind: MapLayerKind) -> usize {
    match kind {
        MapLayerKind::Zones => 0,
        MapLayerKind::Grid => 1,
        MapLayerKind::Parcels => 2,
    }
}

pub(crate) fn layer_id(figure: &str) -> String {
    format!("lyr_figure_{figure}")
}

/// Ids of the layers that a figure's theme shows, top first.
fn shown_by(figure: &Figure, figures: &[Figure]) -> Vec<String> {
    let main = if figure.map().is_some() {
        Some(figure)
    } else {
        // A chart has a small map beside it: zone classes for the zone charts, emission for the shares.
        let classes = matches!(figure.content, FigureContent::Transitions(_) | FigureContent::Line(_));
        let classes = classes || figure.name.starts_with("fig9");
        let wanted = |s: &MapStyle| if classes { s.shows_zone_classes() } else { s.field == "gross_t" };
        figures.iter().find(|f| f.map().is_some_and(|s| s.layer == MapLayerKind::Zones && wanted(s)))
    };
    let main = main.or_else(|| figures.iter().find(|f| f.map().is_some()));
    let zones = main.and_then(Figure::map).is_some_and(|s| s.layer == MapLayerKind::Zones);
    let mut ids = Vec::new();
    if !zones {
        ids.push(OUTLINE_ID.to_owned());
    }
    ids.extend(main.map(|f| layer_id(&f.name)));
    ids
}

fn layers(
    data: &MapData,
    figures: &[Figure],
    options: &RenderOptions,
) -> Result<Vec<ProjectLayer>, ReportError> {
    let lang = options.lang;
    let table = |name: &str, year: Option<i32>| {
        let base = format!("./{}.gpkg|layername={name}", data.manifest.name);
        year.map_or(base.clone(), |y| format!("{base}|subset=\"year\" = {y}"))
    };
    let long = data.long_form();
    let names = Names::of(&data.zones, lang);
    let year_of = |layer: &crate::MapLayer| data.year().filter(|_| long && layer.has("year"));
    let mut out = vec![ProjectLayer {
        id: OUTLINE_ID.to_owned(),
        name: boundary(data).text(lang),
        source: table(&data.zones.name, year_of(&data.zones)),
        provider: "ogr",
        theme: String::new(),
        group: 0,
        body: vec![outline_renderer(&boundary(data).text(lang)), labeling(&names)],
        labels: true,
        visible: false,
        temporal: false,
        meaning: String::new(),
    }];
    for figure in figures {
        let Some(style) = figure.map() else { continue };
        let layer = match style.layer {
            MapLayerKind::Parcels => data.parcels.as_ref(),
            MapLayerKind::Grid => data.grid.as_ref(),
            MapLayerKind::Zones => Some(&data.zones),
        };
        let Some(layer) = layer else { continue };
        let zones = style.layer == MapLayerKind::Zones;
        let mut body = vec![renderer(style, lang, outline(style.layer))];
        if zones {
            body.push(labeling(&names));
        }
        out.push(ProjectLayer {
            id: layer_id(&figure.name),
            name: figure.short.text(lang),
            source: table(&layer.name, year_of(layer).map(|last| figure.year.unwrap_or(last))),
            provider: "ogr",
            theme: String::new(),
            group: group_of(style.layer),
            body,
            labels: zones,
            visible: figure.name == "fig9a_zones",
            temporal: false,
            meaning: meaning(data, &style.field).text(lang),
        });
    }
    show_something(&mut out);
    out.extend(dissolved(data, figures, &table, lang));
    for raster in &data.rasters {
        let Some(style) = style_of_raster(data, raster, figures, options)? else { continue };
        let stem = raster.file.rsplit_once('.').map_or(raster.file.as_str(), |(s, _)| s);
        out.push(ProjectLayer {
            id: format!("lyr_raster_{}_{}", identifier(stem), raster.band),
            name: format!("{} ({stem})", style.heading_with_unit().text(lang)),
            source: format!("./{}", raster.file),
            provider: "gdal",
            theme: match &raster.content {
                RasterContent::GridField(field) => format!("{}_{field}", identifier(stem)),
                RasterContent::ZoneCodes | RasterContent::Values { .. } => {
                    format!("{}_raster", identifier(stem))
                }
            },
            group: 3,
            body: vec![raster_pipe(&style, raster.band, lang)],
            labels: false,
            visible: false,
            temporal: false,
            meaning: String::new(),
        });
    }
    out.extend(temporal(data, figures, lang));
    out.sort_by_key(|l| l.group);
    Ok(out)
}

/// What the values of an index say; empty for other fields.
fn meaning(data: &MapData, field: &str) -> Label {
    let index = data.manifest.indicators.iter().find(|i| i.key == field);
    index.map_or_else(Label::default, |i| Label::new(i.meaning.en.clone(), i.meaning.zh.clone()))
}

/// ASCII letters, digits and underscores only.
fn identifier(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn boundary(data: &MapData) -> Label {
    let one = words::zone_word(&data.manifest.zones_layer);
    Label { en: format!("{} boundary", one.en), zh: format!("{}界线", one.zh) }
}

/// Without zone classes the first map is visible on opening.
fn show_something(layers: &mut [ProjectLayer]) {
    if layers.iter().all(|l| !l.visible)
        && let Some(first) = layers.iter_mut().find(|l| l.id != OUTLINE_ID)
    {
        first.visible = true;
    }
}

fn dissolved(
    data: &MapData,
    figures: &[Figure],
    table: &dyn Fn(&str, Option<i32>) -> String,
    lang: Lang,
) -> Option<ProjectLayer> {
    let name = data.dissolved.as_ref()?;
    let style = figures.iter().filter_map(Figure::map).find(|s| s.field == "zone")?;
    Some(ProjectLayer {
        id: "lyr_zones_dissolved".to_owned(),
        name: Label::new("Carbon balance zones, dissolved", "碳平衡分区（合并）").text(lang),
        source: table(name, None),
        provider: "ogr",
        theme: String::new(),
        group: 0,
        body: vec![renderer(style, lang, outline(MapLayerKind::Zones))],
        labels: false,
        visible: false,
        temporal: false,
        meaning: String::new(),
    })
}

/// With several years: one layer that follows QGIS's temporal controller.
fn temporal(data: &MapData, figures: &[Figure], lang: Lang) -> Option<ProjectLayer> {
    if !data.long_form() {
        return None;
    }
    let of_zones = |f: &&Figure| f.map().is_some_and(|s| s.layer == MapLayerKind::Zones);
    let figure = figures
        .iter()
        .filter(of_zones)
        .find(|f| f.map().is_some_and(|s| s.field == "zone"))
        .or_else(|| figures.iter().find(of_zones))?;
    let style = figure.map()?;
    let names = Names::of(&data.zones, lang);
    let name = figure.short.then(&Label::new(" (temporal)", "（时间序列）"));
    Some(ProjectLayer {
        id: "lyr_zones_temporal".to_owned(),
        name: name.text(lang),
        source: format!("./{}.gpkg|layername={}", data.manifest.name, data.zones.name),
        provider: "ogr",
        theme: String::new(),
        group: 0,
        body: vec![renderer(style, lang, outline(MapLayerKind::Zones)), labeling(&names)],
        labels: true,
        visible: false,
        temporal: true,
        meaning: String::new(),
    })
}

fn map_layer(layer: &ProjectLayer, crs: &El) -> El {
    let base = if layer.provider == "gdal" {
        el("maplayer").a("type", "raster")
    } else {
        el("maplayer")
            .a("type", "vector")
            .a("geometry", "Polygon")
            .a("labelsEnabled", u8::from(layer.labels))
            .a("simplifyDrawingHints", 1)
            .a("simplifyLocal", 1)
            .a("simplifyDrawingTol", 1)
            .a("simplifyMaxScale", 1)
            .a("simplifyAlgorithm", 0)
            .a("hasScaleBasedVisibilityFlag", 0)
    };
    let provider = el("provider").text(layer.provider);
    let provider = if layer.provider == "ogr" { provider.a("encoding", "UTF-8") } else { provider };
    let time = layer.temporal.then(|| {
        // Mode 4: start and end from expressions; every feature lasts the whole of its year.
        el("temporal")
            .a("enabled", 1)
            .a("mode", 4)
            .a("limitMode", 0)
            .a("startExpression", "make_datetime(\"year\",1,1,0,0,0)")
            .a("endExpression", "make_datetime(\"year\",12,31,23,59,59)")
            .a("durationUnit", "min")
            .a("fixedDuration", 0)
            .a("accumulate", 0)
            .child(el("fixedRange").child(el("start")).child(el("end")))
    });
    base.child(el("id").text(layer.id.clone()))
        .child(el("datasource").text(layer.source.clone()))
        .child(el("layername").text(layer.name.clone()))
        .children((!layer.meaning.is_empty()).then(|| el("abstract").text(layer.meaning.clone())))
        .child(el("srs").child(crs.clone()))
        .child(provider)
        .children(time)
        .children(layer.body.clone())
}

pub(crate) fn tree_layer(layer: &ProjectLayer, checked: bool) -> El {
    el("layer-tree-layer")
        .a("id", &layer.id)
        .a("name", &layer.name)
        .a("source", &layer.source)
        .a("providerKey", layer.provider)
        .a("checked", if checked { "Qt::Checked" } else { "Qt::Unchecked" })
        .a("expanded", u8::from(checked))
}

fn tree(layers: &[ProjectLayer], groups: &[Label], lang: Lang) -> El {
    let group = |(index, title): (usize, &Label)| {
        let members: Vec<El> =
            layers.iter().filter(|l| l.group == index).map(|l| tree_layer(l, l.visible)).collect();
        (!members.is_empty()).then(|| {
            el("layer-tree-group")
                .a("name", title.text(lang))
                .a("checked", "Qt::Checked")
                .a("expanded", u8::from(index == 0))
                .children(members)
        })
    };
    el("layer-tree-group").children(groups.iter().enumerate().filter_map(group))
}

fn figure_theme(figure: &Figure, layers: &[ProjectLayer], groups: &[Label], lang: Lang) -> Option<El> {
    figure.map()?;
    let ids = shown_by(figure, std::slice::from_ref(figure));
    Some(theme(&figure.name, &ids, layers, groups, lang))
}

fn theme(name: &str, ids: &[String], layers: &[ProjectLayer], groups: &[Label], lang: Lang) -> El {
    let shown =
        ids.iter().map(|id| el("layer").a("id", id).a("visible", 1).a("expanded", 1).a("style", "default"));
    let used = groups
        .iter()
        .enumerate()
        .filter(|(i, _)| layers.iter().any(|l| l.group == *i))
        .map(|(_, title)| el("checked-group-node").a("id", title.text(lang)));
    el("visibility-preset")
        .a("name", name)
        .a("has-expanded-info", 1)
        .a("has-checked-group-info", 1)
        .children(shown)
        .children(used)
}
