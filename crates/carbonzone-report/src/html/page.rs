//! Fills the page template.

use super::pack;
use super::plot::quadrant;
use super::story::{ZoneStory, class_of, stories};
use super::{decide, glossary, paid, plans, sure, tables};
use crate::confidence::likeliest;
use crate::figure::{Drawing, Fonts, Packing, classes_of, layer_of, sector_colour};
use crate::number::{in_1e4, significant};
use crate::style::{
    Category, Class, Figure, MapLayerKind, MapStyle, Scale, basis, further_maps, headline_field, layer_title,
    raster_values_style, unit_word,
};
use crate::{Label, Lang, MapData, MapLayer, RasterContent, RenderOptions, Result, words};
use carbonzone_types::RunManifest;
use carbonzone_types::packed::base64;
use rayon::prelude::*;
use serde_json::json;

/// The page and what the user should know about it.
#[derive(Debug, Clone)]
pub struct Page {
    /// HTML.
    pub html: String,
    /// Warnings, e.g. parcels left out.
    pub warnings: Vec<String>,
}

const TEMPLATE: &str = include_str!("template.html");
const SCRIPT: &str = include_str!("app.js");
/// Filter and downloads, put into the script.
const FILTER: &str = include_str!("filter.js");
const STYLE: &str = include_str!("style.css");
/// Dots per inch of a picture in the page, unless the figures have fewer.
const SCREEN_DPI: u32 = 100;

/// `report.html` of a run.
///
/// `data` must hold one year only, `long` all of them; `record` is the manifest with what the drawing noted. `all` are the figures to show, those of other years too, and `drawings` the same
/// drawn, in the same order.
///
/// # Errors
/// Any [`ReportError`](crate::ReportError) of the style model or the figures; [`ReportError::Page`](crate::ReportError::Page) if the template fails.
pub fn page(
    (data, long): (&MapData, &MapData),
    record: &RunManifest,
    all: &[Figure],
    drawings: &[Drawing],
    options: &RenderOptions,
    fonts: &Fonts,
) -> Result<Page> {
    let mut warnings = Vec::new();
    // The map of the last window shows the classes of the last year once more.
    let window = |f: &Figure| data.study.windows.iter().any(|(w, _)| f.name == format!("risk_{w}"));
    let now = |f: &&Figure| f.year.is_none_or(|y| Some(y) == data.year()) && !window(f);
    let mut maps: Vec<Figure> = all.iter().filter(now).cloned().collect();
    maps.extend(further_maps(data, long, options)?);
    let shown = fit(data, options, &mut warnings);
    let rows = tables::listed(data);
    let all_sure = sure::all(data);
    let stories = stories(data, &rows, &all_sure);
    let marks = decide::Marks::of(data);
    let years = years(data, long);
    let mut packed = payload(&shown, &maps, &years, options, (&rows, &stories))?;
    packed["marks"] = marks.payload();
    packed["title"] = json!(title(data));
    packed["advice"] = decide::advice(data);
    packed["plans"] = json!(plans::heads(&data.manifest));
    packed["measures"] = decide::measures(data);
    packed["paid"] = json!(paid::rests_on(data));
    packed["gdpDerived"] = json!(crate::hinges::derived());
    packed["borderline"] = json!(words::borderline(data.borderline_pct()));
    packed["source"] = json!(data.manifest.source_note);
    // `<` never stands in the data block, so no text can close it.
    let payload = packed.to_string().replace('<', "\\u003c");
    let pictures = pictures(all, drawings, options.dpi.min(SCREEN_DPI), fonts)?;
    let m = record;
    let quadrant =
        quadrant(data).map(|(svg, missing, x, y)| json!({"svg": svg, "missing": missing, "x": x, "y": y}));
    let mut context = json!({
        "m": m,
        "script": SCRIPT.replacen("/* filter.js */", FILTER, 1),
        "css": STYLE,
        "payload": payload,
        "lang": match options.lang { Lang::En => "en", Lang::Zh => "zh", Lang::Both => "both" },
        "title": title(data),
        "command": command(m),
        "version": version(m),
        "data_label": m.data_label().map(words::data_label),
        "years": years.iter().map(|(year, _)| year).collect::<Vec<_>>(),
        "zone_word": unit_word(data, MapLayerKind::Zones),
        "zones_title": layer_title(data, MapLayerKind::Zones),
        "facts": facts(data),
        "reading": tables::reading(data, &decide::rules(data)),
        "filter": decide::filter(data, &marks),
        "districts": decide::districts(data, &marks),
        "sure": sure::section(data, &rows, &all_sure),
        "class_head": tables::class_of_year(data),
        "pictures": pictures,
        "quadrant": quadrant,
        "table": tables::zone_table(data, &rows, &stories, &marks),
        "zones_left_out": data.zones.table.rows() - rows.len(),
        "study_tables": tables::study_tables(data),
        "stories": stories,
        "what_if": !data.what_if.is_empty(),
        "sectors": tables::sector_rows(data),
        "inventory": tables::inventory(&m.inventory),
        "parameters": tables::flattened(&m.pipeline),
        "ledger": tables::ledger(data),
        "balances": tables::balances(data),
        "rules": tables::rules(data),
        "findings": tables::findings(record),
        "inputs": tables::inputs(data),
        "factor_sets": tables::factor_sets(data),
        "review": Label::new(
            crate::figure::review_line(&m.map_review_number, Lang::En),
            crate::figure::review_line(&m.map_review_number, Lang::Zh),
        ),
        "has_review": crate::figure::wants_review(m),
        "assumes": tables::assumes(m),
        "warnings": warnings.iter().map(|w| crate::chinese::said(w)).collect::<Vec<_>>(),
    });
    let hidden = ["m", "payload", "script", "css", "pictures", "quadrant", "table"];
    let said: String = m.statements.iter().flat_map(|s| ["\n", &s.en, "\n", &s.zh]).collect();
    context["glossary"] = glossary::terms(&context, &hidden, &format!("{TEMPLATE}{said}"));
    Ok(Page { html: super::rendered(TEMPLATE, context)?, warnings })
}

/// The command with the names of its files: where they lie on a machine is nobody's business.
fn command(record: &RunManifest) -> String {
    let name = |word: &String| {
        let (flag, value) = word.split_once('=').map_or(("", word.as_str()), |(f, v)| (f, v));
        let file = value.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(value);
        if flag.is_empty() { file.to_owned() } else { format!("{flag}={file}") }
    };
    record.command_line.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// Version and, where it is known, the commit.
pub(super) fn version(record: &RunManifest) -> String {
    let known = Some(&record.commit).filter(|c| !c.is_empty() && *c != "unknown");
    known.map_or_else(|| record.version.clone(), |commit| format!("{} ({commit})", record.version))
}

fn title(data: &MapData) -> Label {
    let (m, year) = (&data.manifest, words::year(data.year()));
    Label::new(
        format!("{}: carbon balance, {}", m.title_en, year.en).trim_end_matches(", "),
        format!("{}{}碳平衡报告", m.title_zh, year.zh),
    )
}

/// Leaves the parcels, and then the cells, out of the interactive map if there are too many.
fn fit(data: &MapData, options: &RenderOptions, warnings: &mut Vec<String>) -> MapData {
    let most = options.max_report_parcels;
    let mut keep = |layer: &Option<MapLayer>, shown: &str, what: &str| {
        let n = layer.as_ref().map_or(0, MapLayer::geometries);
        if n > most {
            warnings.push(format!(
                "report.html shows {shown} only: {n} {what} are more than {most}\nhint: open the QGIS project for the {what}"
            ));
        }
        layer.as_ref().filter(|_| n <= most).map(MapLayer::with_outlines)
    };
    let parcels = keep(&data.parcels, "grid and zones", "parcels");
    let grid = keep(&data.grid, "zones", "cells");
    MapData {
        manifest: data.manifest.clone(),
        parcels,
        grid,
        zones: data.zones.clone(),
        dissolved: data.dissolved.clone(),
        rasters: data.rasters.clone(),
        vector_files: data.vector_files.clone(),
        what_if: data.what_if.clone(),
        study: data.study.clone(),
    }
}

/// The zones of every year, for the slider; none if there is one year, or if the years have different zones.
fn years(data: &MapData, long: &MapData) -> Vec<(i32, MapLayer)> {
    if !long.long_form() {
        return Vec::new();
    }
    let mut years = long.manifest.years.clone();
    years.sort_unstable();
    years.dedup();
    let ids = data.zones.table.texts("unit_id");
    let out: Vec<(i32, MapLayer)> = years.into_iter().map(|y| (y, long.zones.of_year(y))).collect();
    if out.iter().all(|(_, zones)| zones.table.texts("unit_id") == ids) { out } else { Vec::new() }
}

fn payload(
    data: &MapData,
    maps: &[Figure],
    years: &[(i32, MapLayer)],
    options: &RenderOptions,
    (rows, stories): (&[usize], &[ZoneStory]),
) -> Result<serde_json::Value> {
    let frame = data.frame()?;
    let layers = data.parcels.iter().chain(&data.grid).chain([&data.zones]);
    let q = pack::quantum(frame, layers.map(|l| l.coverage.vertices()).sum());
    let stories: serde_json::Map<String, serde_json::Value> =
        rows.iter().zip(stories).map(|(row, story)| (row.to_string(), json!(story))).collect();
    let present: Vec<(MapLayerKind, &MapLayer)> =
        [MapLayerKind::Zones, MapLayerKind::Grid, MapLayerKind::Parcels]
            .into_iter()
            .filter_map(|kind| Some((kind, layer_of(data, kind).ok()?)))
            .collect();
    let layers: Result<Vec<serde_json::Value>> = present
        .into_par_iter()
        .map(|(kind, layer)| {
            let years = if kind == MapLayerKind::Zones { years } else { &[] };
            layer_payload(data, (layer, years), kind, maps, frame, q)
        })
        .collect();
    let mut layers = layers?;
    layers.extend(cells_of_years(data, years, options, frame, q)?);
    let sector =
        |s: &String| json!({"key": s, "label": words::sector(s), "color": sector_colour(data, s).hex()});
    Ok(json!({
        "name": data.manifest.name,
        "label": data.manifest.data_label().map(words::data_label),
        "q": q,
        "w": (frame[2] - frame[0]) / q,
        "h": (frame[3] - frame[1]) / q,
        "sectors": data.manifest.sectors.iter().map(sector).collect::<Vec<_>>(),
        "sinkColor": crate::palette::SINK.hex(),
        "years": years.iter().map(|(year, _)| year).collect::<Vec<_>>(),
        "layers": layers,
        "stories": pack::deflated(json!(stories).to_string().as_bytes()),
    }))
}

fn layer_payload(
    data: &MapData,
    (layer, years): (&MapLayer, &[(i32, MapLayer)]),
    kind: MapLayerKind,
    maps: &[Figure],
    frame: [f64; 4],
    q: f64,
) -> Result<serde_json::Value> {
    let of_layer: Vec<(&Figure, &MapStyle)> =
        maps.iter().filter_map(|f| Some((f, f.map().filter(|s| s.layer == kind)?))).collect();
    let styles: Result<Vec<serde_json::Value>> = of_layer
        .par_iter()
        .map(|(figure, style)| {
            let mut out = style_payload(
                (&figure.name, &figure.title),
                style,
                &pack::classes(&classes_of(layer, style)?),
            );
            let of_year = |(_, zones): &(i32, MapLayer)| Ok(pack::classes(&classes_of(zones, style)?));
            out["years"] = json!(years.iter().map(of_year).collect::<Result<Vec<String>>>()?);
            Ok(out)
        })
        .collect();
    let styles = styles?;
    let mut fields: Vec<String> = ["gross_t", "sink_t", "net_t", "area_m2"].map(str::to_owned).to_vec();
    fields.extend(data.manifest.sectors.iter().map(|s| format!("{s}_t")));
    for (_, style) in &of_layer {
        if !fields.contains(&style.field) {
            fields.push(style.field.clone());
        }
    }
    let mut columns = columns(layer, &fields);
    if kind == MapLayerKind::Parcels {
        for field in following(layer, &data.manifest.sectors) {
            columns.remove(field);
        }
    }
    let rows = layer.table.rows();
    let ids = layer.table.texts("unit_id").unwrap_or_else(|| vec![None; rows]);
    let ids: Vec<String> = ids.into_iter().map(Option::unwrap_or_default).collect();
    let (english, names): (Vec<String>, Vec<String>) = match kind {
        MapLayerKind::Zones => layer.labels().into_iter().map(|l| (l.en, l.zh)).unzip(),
        _ => Default::default(),
    };
    let english = (english != names).then(|| pack::texts(&english));
    let names = (kind == MapLayerKind::Zones).then(|| pack::texts(&names));
    let kinds = layer.table.texts("space_type").map(|v| space_types(&v));
    let points: Option<Vec<[f64; 2]>> = (kind == MapLayerKind::Zones).then(|| {
        let at = |i| carbonzone_geom::deep_point(&layer.coverage, i).unwrap_or([frame[0], frame[1]]);
        (0..rows)
            .into_par_iter()
            .map(at)
            .map(|[x, y]| [((x - frame[0]) / q).round(), ((y - frame[1]) / q).round()])
            .collect()
    });
    Ok(json!({
        "key": match kind { MapLayerKind::Zones => "zones", MapLayerKind::Grid => "grid", MapLayerKind::Parcels => "parcels" },
        "title": layer_title(data, kind),
        "unit": unit_word(data, kind),
        "n": rows,
        "geom": pack::geometry(&layer.coverage, [frame[0], frame[1]], q),
        "ids": pack::texts(&ids),
        "names": names,
        "namesEn": english,
        "kinds": kinds,
        "points": points,
        "columns": columns,
        "years": years.iter().map(|(_, zones)| self::columns(zones, &fields)).collect::<Vec<_>>(),
        "styles": styles,
    }))
}

/// The cells of every year as a layer of their own, from the rasters of a study that keeps its grid in them; `None` without.
fn cells_of_years(
    data: &MapData,
    years: &[(i32, MapLayer)],
    options: &RenderOptions,
    frame: [f64; 4],
    q: f64,
) -> Result<Option<serde_json::Value>> {
    let Some(grid) = data.manifest.grid.filter(|_| data.grid.is_none() && !years.is_empty()) else {
        return Ok(None);
    };
    let of_year = |(year, _): &(i32, MapLayer)| {
        data.rasters.iter().find_map(|raster| match &raster.content {
            RasterContent::Values { key, cells: Some(cells), .. }
                if key == "gross_t" && raster.year == Some(*year) && cells.len() == grid.len() =>
            {
                Some((raster, cells))
            }
            _ => None,
        })
    };
    let Some(found) = years.iter().map(of_year).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let style = raster_values_style(found[0].0, &data.rasters, options)?;
    let classes_of = |cells: &[f64]| {
        let values: Vec<Option<f64>> = cells.iter().map(|v| Some(*v).filter(|v| v.is_finite())).collect();
        style.classes_of_numbers(&values)
    };
    let classes: Vec<Vec<Option<usize>>> = found.par_iter().map(|(_, cells)| classes_of(cells)).collect();
    let packed: Vec<String> = classes.par_iter().map(|c| pack::classes(c)).collect();
    let (Some(last), Some(last_packed)) = (classes.last(), packed.last()) else { return Ok(None) };
    let (heading, m) = (&style.heading, &data.manifest);
    let title = Label::new(
        heading.en.clone() + &words::place_suffix_en(&m.title_en),
        format!("{}{}", m.title_zh, heading.zh),
    );
    let mut payload = style_payload(("grid_years", &title), &style, last_packed);
    for (k, row) in payload["rows"].as_array_mut().into_iter().flatten().enumerate() {
        row["n"] = json!(last.iter().filter(|c| **c == Some(k)).count());
    }
    payload["noData"] = json!(0);
    payload["years"] = json!(packed);
    Ok(Some(json!({
        "key": "grid",
        "title": layer_title(data, MapLayerKind::Grid),
        "unit": unit_word(data, MapLayerKind::Grid),
        "n": last.iter().flatten().count(),
        "cells": {
            "cols": grid.cols, "rows": grid.rows, "size": grid.cell / q,
            "x": (grid.x_min - frame[0]) / q, "y": (grid.y_max - frame[1]) / q,
        },
        "columns": {},
        "years": [],
        "styles": [payload],
    })))
}

/// Fields that follow from others of the layer: the page works them out (`FOLLOWING` in app.js), which saves a megabyte of a
/// hundred thousand parcels. A field stays in the page if one of its values differs from what would be worked out.
fn following(layer: &MapLayer, sectors: &[String]) -> Vec<&'static str> {
    let column = |field: &str| layer.numbers(field).ok();
    let Some(parts) = sectors.iter().map(|s| column(&format!("{s}_t"))).collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let n = layer.table.rows();
    let sum = |i: usize| parts.iter().map(|part| part[i]).sum::<Option<f64>>();
    let gross: Vec<Option<f64>> = (0..n).map(sum).collect();
    let less =
        |sink: Vec<Option<f64>>| gross.iter().zip(sink).map(|(g, s)| Some((*g)? - s?)).collect::<Vec<_>>();
    let net = column("sink_t").map(less);
    let hectares = |m2: Vec<Option<f64>>| {
        let per_ha = |(net, m2): (&Option<f64>, Option<f64>)| Some((*net)? / (m2? / 1e4));
        net.as_ref().map(|net| net.iter().zip(m2).map(per_ha).collect::<Vec<_>>())
    };
    let per_ha = column("area_m2").and_then(hectares);
    let alike = |a: &Option<f64>, b: &Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        (a, b) => a.is_none() && b.is_none(),
    };
    let follows = |(field, found): &(&'static str, Option<Vec<Option<f64>>>)| {
        let (Some(own), Some(found)) = (column(field), found) else { return false };
        own.iter().zip(found).all(|(a, b)| alike(a, b))
    };
    // In this order: each follows from those before it.
    [("gross_t", Some(gross.clone())), ("net_t", net.clone()), ("net_t_ha", per_ha)]
        .into_iter()
        .take_while(follows)
        .map(|(field, _)| field)
        .collect()
}

/// The numbers of a layer by field, packed.
fn columns(layer: &MapLayer, fields: &[String]) -> serde_json::Map<String, serde_json::Value> {
    let packed: Vec<Option<(String, serde_json::Value)>> =
        fields.par_iter().map(|f| Some((f.clone(), json!(pack::floats(&layer.numbers(f).ok()?))))).collect();
    packed.into_iter().flatten().collect()
}

/// Space types as a list of names and one code per parcel.
fn space_types(values: &[Option<String>]) -> serde_json::Value {
    let mut keys: Vec<&str> = values.iter().flatten().map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    let code = |v: &Option<String>| v.as_deref().and_then(|v| keys.binary_search(&v).ok());
    let codes: Vec<Option<usize>> = values.iter().map(code).collect();
    let labels: Vec<Label> = keys.iter().map(|k| words::land_group(k)).collect();
    json!({"labels": labels, "codes": pack::classes(&codes)})
}

fn style_payload((name, title): (&str, &Label), style: &MapStyle, classes: &str) -> serde_json::Value {
    let class = |c: &Class| json!({"label": c.label, "color": c.color.hex(), "hatch": c.hatch, "n": c.count});
    let category = |c: &Category| json!({"label": c.label, "color": c.color.hex(), "hatch": c.hatch, "n": c.count, "likeliest": c.likeliest});
    let rows: Vec<serde_json::Value> = match &style.scale {
        Scale::Graduated { classes, .. } => classes.iter().map(class).collect(),
        Scale::Categorized { categories, .. } => categories.iter().map(category).collect(),
    };
    json!({
        "name": name,
        "title": title,
        "heading": style.heading,
        "unit": style.unit,
        "field": style.field,
        "factor": style.factor,
        "method": style.note(),
        "rows": rows,
        "noData": style.no_data(),
        "classes": classes,
    })
}

/// Every figure as a picture: SVG where that is small, else PNG.
fn pictures(all: &[Figure], drawings: &[Drawing], dpi: u32, fonts: &Fonts) -> Result<Vec<serde_json::Value>> {
    const LARGE: usize = 250_000;
    all.par_iter()
        .zip(drawings)
        .map(|(figure, drawing)| {
            let source = if drawing.svg().len() <= LARGE {
                format!("data:image/svg+xml;base64,{}", base64(drawing.svg().as_bytes()))
            } else {
                format!(
                    "data:image/png;base64,{}",
                    base64(&drawing.png(&figure.name, dpi, Packing::Tight, fonts)?)
                )
            };
            Ok(json!({"name": figure.name, "title": figure.title, "source": source}))
        })
        .collect()
}

fn facts(data: &MapData) -> Vec<serde_json::Value> {
    let t = &data.manifest.totals;
    let mut out = vec![
        json!({"label": Label::new("Gross emission", "碳排放总量"), "value": in_1e4(t.gross_t)}),
        json!({"label": Label::new("Sinks", "碳汇总量"), "value": in_1e4(t.sink_t)}),
        json!({"label": Label::new("Net emission", "净碳排放"), "value": in_1e4(t.net_t)}),
    ];
    if let Some(ccr) = t.ccr {
        let value = format!("{} %", significant(100.0 * ccr, 3));
        out.push(json!({"label": words::city_ccr(), "value": Label::same(value)}));
    }
    if let Some(ratio) = t.source_sink_ratio {
        let value = significant(ratio, 3);
        out.push(json!({"label": words::source_sink_ratio(), "value": Label::same(value)}));
    }
    // The headline zoning; the manifest counts the classes of all years together.
    let zones = data.zones.table.texts(headline_field(&data.zones)).unwrap_or_default();
    let likeliest = likeliest(&data.zones.table, headline_field(&data.zones));
    let when =
        if data.zones.has(crate::ZONE_OF_MEAN) { words::bracketed(&basis(data)) } else { Label::default() };
    for class in &data.manifest.zone_classes {
        let of = |all: &[Option<String>]| all.iter().filter(|z| z.as_deref() == Some(&class.key)).count();
        let (n, modal) = (of(&zones), likeliest.as_ref().map(|all| of(all)));
        if n + modal.unwrap_or(0) > 0 {
            let (label, _) = class_of(data, Some(&class.key));
            let value = Label::same(n.to_string());
            let more = modal.map(|m| {
                Label::new(
                    format!("printed; {m} by the likeliest class"),
                    format!("所列；按最可能分区为 {m}"),
                )
            });
            out.push(json!({"label": label.then(&when), "value": value, "color": class.color, "more": more}));
        }
    }
    out
}
