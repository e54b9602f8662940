//! The project file: layers in groups, one theme and one print layout per figure, relative paths.

use super::borders::{boundary, district_border, has_borderline, has_districts};
use super::fields::{OWN_MEASURES, field_setup, own_measures};
use super::frame::{canvas, crs, extent, padded, properties};
use super::layer::{OUTLINE_ID, ProjectLayer, tree_layer};
use super::layout::{Page, layout};
use super::list::{LayerGroup, LayerKind, LayerList, ListedLayer, ListedTheme};
use super::qml::{outline, style_of_raster, unlabelled};
use super::symbol::{
    Names, borderline_renderer, district_renderer, labeling, outline_renderer, raster_pipe, renderer,
};
use super::xml::{El, el};
use crate::style::{CONFIDENCE_PLOT, Figure, FigureContent, MapLayerKind, MapStyle, layer_title};
use crate::{Label, Lang, MapData, RasterContent, RenderOptions, ReportError, Result, words};
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
    /// What stands in it, for programs.
    pub list: LayerList,
}

const BORDERLINE_ID: &str = "lyr_zones_borderline";
const DISTRICTS_ID: &str = "lyr_district_borders";

/// The project of a run.
///
/// `figures` must come from the same data (of the last year, if there are several); those of `further` get a layer and a
/// theme, but no page.
///
/// # Errors
/// [`ReportError::Project`] if XML or archive cannot be written, [`ReportError::EmptyLayer`] without zones.
pub fn project(
    data: &MapData,
    figures: &[Figure],
    further: &[Figure],
    options: &RenderOptions,
) -> Result<ProjectFile> {
    let all: Vec<Figure> = figures.iter().chain(further).cloned().collect();
    let layers = layers(data, &all, options)?;
    let list = list(data, &all, &layers, options.lang);
    let qgs = project_xml(data, figures, options, &layers, &list)?.document()?;
    let name = &data.manifest.name;
    let fail = |e: &dyn std::fmt::Display| ReportError::Project { reason: e.to_string() };
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let entry = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    archive.start_file(format!("{name}.qgs"), entry).map_err(|e| fail(&e))?;
    archive.write_all(qgs.as_bytes()).map_err(|e| fail(&e))?;
    let qgz = archive.finish().map_err(|e| fail(&e))?.into_inner();
    Ok(ProjectFile { file: format!("{name}.qgz"), qgs, qgz, list })
}

/// Layers, groups and themes.
fn list(data: &MapData, figures: &[Figure], layers: &[ProjectLayer], lang: Lang) -> LayerList {
    // Not every run has every layer.
    let there = |id: &String| layers.iter().any(|l| l.listed.id == *id);
    let of_figure = |f: &Figure| {
        f.map().map(|_| ListedTheme {
            key: f.name.clone(),
            name: f.short.clone(),
            layers: shown_by(data, f, std::slice::from_ref(f)).into_iter().filter(there).collect(),
        })
    };
    let mut themes: Vec<ListedTheme> = figures.iter().filter_map(of_figure).collect();
    // One theme per raster band, under the outlines: `grid_1km_net_t`.
    for layer in layers.iter().filter(|l| l.listed.kind == LayerKind::Raster) {
        themes.push(ListedTheme {
            key: layer.theme.clone(),
            name: layer.listed.name.then(&Label::new(" (raster)", "（栅格）")),
            layers: vec![OUTLINE_ID.to_owned(), layer.listed.id.clone()],
        });
    }
    // A theme is known by its name.
    let names = told_apart(themes.iter().map(|t| (&t.name, t.key.as_str())), lang);
    themes.iter_mut().zip(names).for_each(|(theme, name)| theme.name = name);
    let used = |g: &LayerGroup| layers.iter().any(|l| l.listed.group == g.key);
    LayerList {
        groups: groups(data).into_iter().filter(used).collect(),
        layers: layers.iter().map(|l| l.listed.clone()).collect(),
        themes,
    }
}

/// Names of which no two are alike in a language: a later one that is has its key beside it.
fn told_apart<'a>(named: impl Iterator<Item = (&'a Label, &'a str)>, lang: Lang) -> Vec<Label> {
    let mut out: Vec<Label> = vec![];
    for (name, key) in named {
        let taken = out.iter().any(|o| o.text(lang) == name.text(lang));
        out.push(if taken { name.then(&Label::same(format!(" [{key}]"))) } else { name.clone() });
    }
    out
}

fn project_xml(
    data: &MapData,
    figures: &[Figure],
    options: &RenderOptions,
    layers: &[ProjectLayer],
    list: &LayerList,
) -> Result<El> {
    let lang = options.lang;
    let m = &data.manifest;
    let crs = crs(data);
    let title =
        Label::new(format!("{}: carbon balance zoning", m.title_en), format!("{}碳平衡分区", m.title_zh))
            .text(lang);
    let frame = data.frame()?;
    let themes = list.themes.iter().map(|t| theme(t, &list.groups, lang));
    let headings: Vec<(String, Label)> =
        figures.iter().filter_map(|f| Some((layer_id(&f.name), f.map()?.heading_with_unit()))).collect();
    let names = told_apart(figures.iter().map(|f| (&f.short, f.name.as_str())), lang);
    let pages = figures.iter().zip(&names).enumerate().map(|(number, (figure, name))| {
        let shown = shown_by(data, figure, figures);
        // The small map beside a chart has no room for names.
        let chart = figure.map().is_none();
        let plain = figures.iter().filter(|f| chart && shown.contains(&layer_id(&f.name)));
        let plain = plain.filter_map(|f| Some((layer_id(&f.name), unlabelled(f.map()?, lang)))).collect();
        layout(&Page {
            data,
            figure,
            name: name.text(lang),
            number,
            lang,
            layers,
            shown,
            frame,
            styles: &headings,
            plain,
        })
    });
    let own = own_measures(&data.zones, m, lang);
    let variables: Vec<_> = own.into_iter().map(|all| (OWN_MEASURES, all)).collect();
    Ok(el("qgis")
        .a("version", "3.22.0")
        .a("projectname", &title)
        .child(el("title").text(title))
        .child(el("projectCrs").child(crs.clone()))
        .child(tree(layers, &list.groups, lang))
        .child(canvas(frame, &crs))
        .child(el("projectlayers").children(layers.iter().map(|l| map_layer(l, &crs, lang))))
        .child(properties(&variables))
        .child(el("visibility-presets").children(themes))
        .child(el("Layouts").children(pages))
        .child(
            el("ProjectViewSettings")
                .all("rotation=0 UseProjectScales=0")
                .child(el("Scales"))
                .child(extent("DefaultViewExtent", padded(frame)).child(crs)),
        ))
}

/// Groups, top first: zones, grid, parcels, rasters.
fn groups(data: &MapData) -> Vec<LayerGroup> {
    let group = |key: &str, name| LayerGroup { key: key.to_owned(), name };
    vec![
        group("zones", layer_title(data, MapLayerKind::Zones)),
        group("grid", layer_title(data, MapLayerKind::Grid)),
        group("parcels", layer_title(data, MapLayerKind::Parcels)),
        group(RASTERS, Label::new("Rasters", "栅格")),
    ]
}

const RASTERS: &str = "rasters";

fn group_of(kind: MapLayerKind) -> &'static str {
    match kind {
        MapLayerKind::Zones => "zones",
        MapLayerKind::Grid => "grid",
        MapLayerKind::Parcels => "parcels",
    }
}

pub(crate) fn layer_id(figure: &str) -> String {
    format!("lyr_figure_{figure}")
}

/// Ids of the layers that a figure's theme shows, top first.
fn shown_by(data: &MapData, figure: &Figure, figures: &[Figure]) -> Vec<String> {
    let main = if figure.map().is_some() {
        Some(figure)
    } else {
        // A chart has a small map beside it: zone classes for the zone charts, emission for the shares.
        let classes = matches!(
            figure.content,
            FigureContent::Transitions(_) | FigureContent::Line(_) | FigureContent::Waterfall(_)
        );
        let classes = classes || figure.name.starts_with("fig9") || figure.name == CONFIDENCE_PLOT;
        let wanted = |s: &MapStyle| if classes { s.shows_zone_classes() } else { s.field == "gross_t" };
        figures.iter().find(|f| f.map().is_some_and(|s| s.layer == MapLayerKind::Zones && wanted(s)))
    };
    let main = main.or_else(|| figures.iter().find(|f| f.map().is_some()));
    let zones = main.and_then(Figure::map).is_some_and(|s| s.layer == MapLayerKind::Zones);
    let mut ids = Vec::new();
    if has_districts(data) && figure.map().is_some() {
        ids.push(DISTRICTS_ID.to_owned());
    }
    if !zones {
        ids.push(OUTLINE_ID.to_owned());
    }
    if figure.map().is_some_and(MapStyle::marks_borderline) {
        ids.push(BORDERLINE_ID.to_owned());
    }
    ids.extend(main.map(|f| layer_id(&f.name)));
    ids
}

/// A layer of a table of the GeoPackage.
fn of_table(data: &MapData, id: String, kind: MapLayerKind, table: &str, name: Label) -> ListedLayer {
    ListedLayer {
        id,
        kind: LayerKind::Vector,
        group: group_of(kind).to_owned(),
        name,
        file: format!("{}.gpkg", data.manifest.name),
        table: Some(table.to_owned()),
        filter: None,
        band: None,
        field: None,
        style: None,
        meaning: Label::default(),
        visible: false,
        temporal: false,
    }
}

/// Name of the style of a map in `layer_styles`: its own; maps of other years take that of the last year.
fn style_name(data: &MapData, figures: &[Figure], figure: &Figure, table: &str) -> Option<String> {
    let own = |f: &&Figure| f.year.is_none() || f.year == data.year();
    let style = figure.map()?;
    let alike = |f: &&Figure| f.map().is_some_and(|s| s.layer == style.layer && s.field == style.field);
    let found = Some(figure).filter(own).or_else(|| figures.iter().filter(own).find(alike))?;
    Some(super::qml::style_row_name(found, table))
}

fn layers(data: &MapData, figures: &[Figure], options: &RenderOptions) -> Result<Vec<ProjectLayer>> {
    let lang = options.lang;
    let long = data.long_form();
    let names = Names::of(&data.zones, lang);
    let year_of = |layer: &crate::MapLayer| data.year().filter(|_| long && layer.has("year"));
    let only = |year: Option<i32>| year.map(|y| format!("\"year\" = {y}"));
    let outlines =
        of_table(data, OUTLINE_ID.to_owned(), MapLayerKind::Zones, &data.zones.name, boundary(data));
    let mut out = vec![ProjectLayer {
        listed: ListedLayer {
            filter: only(year_of(&data.zones)),
            style: Some(super::qml::OUTLINE_ROW.to_owned()),
            ..outlines
        },
        theme: String::new(),
        body: [outline_renderer(&boundary(data).text(lang)), labeling(&names)]
            .into_iter()
            .chain(field_setup(&data.zones, &data.manifest, None, lang))
            .collect(),
        labels: true,
    }];
    if has_borderline(data, figures) {
        let id = BORDERLINE_ID.to_owned();
        let label = words::borderline(data.borderline_pct());
        let renderer = borderline_renderer(&label.text(lang));
        let listed = of_table(data, id, MapLayerKind::Zones, &data.zones.name, label);
        out.push(ProjectLayer {
            listed: ListedLayer {
                filter: out[0].listed.filter.clone(),
                style: Some(super::qml::BORDERLINE_ROW.to_owned()),
                ..listed
            },
            theme: String::new(),
            body: vec![renderer],
            labels: false,
        });
    }
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
        body.extend(field_setup(layer, &data.manifest, Some(&style.field), lang));
        let base = of_table(data, layer_id(&figure.name), style.layer, &layer.name, figure.short.clone());
        out.push(ProjectLayer {
            listed: ListedLayer {
                filter: only(year_of(layer).map(|last| figure.year.unwrap_or(last))),
                field: Some(style.field.clone()),
                style: style_name(data, figures, figure, &layer.name),
                meaning: meaning(data, &style.field),
                visible: figure.name == "fig9a_zones",
                ..base
            },
            theme: String::new(),
            body,
            labels: zones,
        });
    }
    show_something(&mut out);
    out.splice(0..0, districts(data, only(year_of(&data.zones)), lang));
    out.extend(dissolved(data, figures, lang));
    out.extend(rasters(data, figures, options)?);
    out.extend(temporal(data, figures, lang));
    let order: Vec<String> = groups(data).into_iter().map(|g| g.key).collect();
    out.sort_by_key(|l| order.iter().position(|key| *key == l.listed.group));
    Ok(out)
}

/// Borders of the districts above everything, where zones name them.
fn districts(data: &MapData, filter: Option<String>, lang: Lang) -> Option<ProjectLayer> {
    if !has_districts(data) {
        return None;
    }
    let label = district_border();
    let base = of_table(data, DISTRICTS_ID.to_owned(), MapLayerKind::Zones, &data.zones.name, label.clone());
    Some(ProjectLayer {
        listed: ListedLayer {
            filter,
            style: Some(super::qml::DISTRICT_ROW.to_owned()),
            visible: true,
            ..base
        },
        theme: String::new(),
        body: vec![district_renderer(&label.text(lang))],
        labels: false,
    })
}

fn rasters(data: &MapData, figures: &[Figure], options: &RenderOptions) -> Result<Vec<ProjectLayer>> {
    let mut out: Vec<ProjectLayer> = Vec::new();
    for raster in &data.rasters {
        let Some(style) = style_of_raster(data, raster, figures, options)? else { continue };
        let stem = raster.file.rsplit_once('.').map_or(raster.file.as_str(), |(s, _)| s);
        // The file beside a raster styles the first band that is shown.
        let first = out.iter().all(|l| l.listed.file != raster.file);
        let year =
            raster.year.map_or_else(Label::default, |y| Label::new(format!(", {y}"), format!("（{y}年）")));
        let name = style.heading_with_unit().then(&year);
        // Two rasters of one quantity are told apart by their files.
        let known = out.iter().any(|l| l.listed.name == name);
        let file = if known { Label::same(format!(" ({stem})")) } else { Label::default() };
        out.push(ProjectLayer {
            listed: ListedLayer {
                id: format!("lyr_raster_{}_{}", identifier(stem), raster.band),
                kind: LayerKind::Raster,
                group: RASTERS.to_owned(),
                name: name.then(&file),
                file: raster.file.clone(),
                table: None,
                filter: None,
                band: Some(raster.band),
                field: Some(style.field.clone()),
                style: first.then(|| format!("{stem}.qml")),
                meaning: Label::default(),
                visible: false,
                temporal: false,
            },
            theme: match &raster.content {
                RasterContent::GridField(field) => format!("{}_{field}", identifier(stem)),
                RasterContent::ZoneCodes | RasterContent::Values { .. } => {
                    format!("{}_raster", identifier(stem))
                }
            },
            body: vec![raster_pipe(&style, raster.band, options.lang)],
            labels: false,
        });
    }
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

/// Without zone classes the first map is visible on opening.
fn show_something(layers: &mut [ProjectLayer]) {
    if layers.iter().all(|l| !l.listed.visible)
        && let Some(first) =
            layers.iter_mut().find(|l| ![OUTLINE_ID, BORDERLINE_ID].contains(&l.listed.id.as_str()))
    {
        first.listed.visible = true;
    }
}

fn dissolved(data: &MapData, figures: &[Figure], lang: Lang) -> Option<ProjectLayer> {
    let table = data.dissolved.as_ref()?;
    let figure = figures.iter().find(|f| f.map().is_some_and(|s| s.field == "zone"))?;
    let style = figure.map()?;
    let name = Label::new("Carbon balance zones, dissolved", "碳平衡分区（合并）");
    let base = of_table(data, "lyr_zones_dissolved".to_owned(), MapLayerKind::Zones, table, name);
    Some(ProjectLayer {
        listed: ListedLayer {
            field: Some(style.field.clone()),
            style: Some(super::qml::style_row_name(figure, &data.zones.name)),
            ..base
        },
        theme: String::new(),
        body: vec![renderer(style, lang, outline(MapLayerKind::Zones))],
        labels: false,
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
    let id = "lyr_zones_temporal".to_owned();
    let base = of_table(data, id, MapLayerKind::Zones, &data.zones.name, name);
    Some(ProjectLayer {
        listed: ListedLayer {
            field: Some(style.field.clone()),
            style: style_name(data, figures, figure, &data.zones.name),
            temporal: true,
            ..base
        },
        theme: String::new(),
        body: [renderer(style, lang, outline(MapLayerKind::Zones)), labeling(&names)]
            .into_iter()
            .chain(field_setup(&data.zones, &data.manifest, Some(&style.field), lang))
            .collect(),
        labels: true,
    })
}

fn map_layer(layer: &ProjectLayer, crs: &El, lang: Lang) -> El {
    let listed = &layer.listed;
    let base = if listed.kind == LayerKind::Raster {
        el("maplayer").a("type", "raster")
    } else {
        el("maplayer")
            .all("type=vector geometry=Polygon")
            .a("labelsEnabled", u8::from(layer.labels))
            .all("simplifyDrawingHints=1 simplifyLocal=1 simplifyDrawingTol=1 simplifyMaxScale=1")
            .all("simplifyAlgorithm=0 hasScaleBasedVisibilityFlag=0")
    };
    let provider = el("provider").text(listed.provider());
    let provider = if listed.kind == LayerKind::Vector { provider.a("encoding", "UTF-8") } else { provider };
    let time = listed.temporal.then(|| {
        // Mode 4: start and end from expressions; every feature lasts the whole of its year.
        el("temporal")
            .all("enabled=1 mode=4 limitMode=0")
            .a("startExpression", "make_datetime(\"year\",1,1,0,0,0)")
            .a("endExpression", "make_datetime(\"year\",12,31,23,59,59)")
            .all("durationUnit=min fixedDuration=0 accumulate=0")
            .child(el("fixedRange").child(el("start")).child(el("end")))
    });
    let meaning = listed.meaning.text(lang);
    base.child(el("id").text(listed.id.clone()))
        .child(el("datasource").text(listed.source()))
        .child(el("layername").text(listed.name.text(lang)))
        .children((!meaning.is_empty()).then(|| el("abstract").text(meaning)))
        .child(el("srs").child(crs.clone()))
        .child(provider)
        .children(time)
        .children(layer.body.clone())
}

fn tree(layers: &[ProjectLayer], groups: &[LayerGroup], lang: Lang) -> El {
    let group = |(index, group): (usize, &LayerGroup)| {
        let members = layers.iter().filter(|l| l.listed.group == group.key);
        el("layer-tree-group")
            .a("name", group.name.text(lang))
            .a("checked", "Qt::Checked")
            .a("expanded", u8::from(index == 0))
            .children(members.map(|l| tree_layer(l, l.listed.visible, lang)))
    };
    el("layer-tree-group").children(groups.iter().enumerate().map(group))
}

fn theme(theme: &ListedTheme, groups: &[LayerGroup], lang: Lang) -> El {
    let shown = |id: &String| el("layer").a("id", id).a("visible", 1).a("expanded", 1).a("style", "default");
    let open = |group: &LayerGroup| el("checked-group-node").a("id", group.name.text(lang));
    el("visibility-preset")
        .a("name", theme.name.text(lang))
        .a("has-expanded-info", 1)
        .a("has-checked-group-info", 1)
        .children(theme.layers.iter().map(shown))
        .children(groups.iter().map(open))
}
