//! A map figure.

use super::labels::{Candidate, place};
use super::legend;
use super::page::{self, LEGEND, MARGIN, WIDTH};
use super::paint;
use super::sheet::{Anchor, Ink, Line, Mark, Shape, Sheet, Type};
use crate::palette::NO_DATA;
use crate::style::{Figure, Hatch, MapLayerKind, MapStyle, sure_categories};
use crate::{Lang, MapData, MapLayer, ReportError, Result, Rgb};
use carbonzone_geom::{Coverage, View, deep_point, holds};

/// Layers with more features than this are embedded as an image; the outlines of so many zones would cover the map.
const MAX_VECTOR_FEATURES: usize = 15_000;
/// Zones that may get a name, largest first: a page has room for a few hundred.
const MAX_NAMES: usize = 1_500;
/// Image pixels per CSS pixel: 300 dpi.
const IMAGE_SCALE: f64 = 300.0 / 96.0;

/// Page geometry of a map.
struct Frame {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
    view: View,
}

pub(crate) fn draw(data: &MapData, figure: &Figure, style: &MapStyle, lang: Lang) -> Result<Sheet> {
    let layer = layer_of(data, style.layer)?;
    let classes = classes_of(layer, style)?;
    let top = page::title_height(&figure.title, lang);
    let frame = frame(data, top)?;
    let height = top + frame.h + page::footer_height(data, lang, true);
    let mut sheet = Sheet::new(WIDTH, height);
    page::title(&mut sheet, &figure.title, lang);
    let edge = [frame.x, frame.y, frame.w, frame.h];
    sheet.marks.push(Mark::Clip("frame", edge));
    if style.layer == MapLayerKind::Parcels || layer.geometries() > MAX_VECTOR_FEATURES {
        draw_image(&mut sheet, layer, style, &classes, &frame, &figure.name)?;
    } else {
        draw_paths(&mut sheet, &layer.with_outlines().coverage, style, &classes, frame.view);
    }
    if data.zones.coverage.len() <= MAX_VECTOR_FEATURES {
        draw_outlines(&mut sheet, &data.zones.coverage, style.layer, frame.view);
    }
    let borderline = if style.marks_borderline() { borderline(&data.zones) } else { Vec::new() };
    draw_borderline(&mut sheet, &data.zones.coverage, &borderline, frame.view);
    draw_names(&mut sheet, data, &frame, lang);
    sheet.marks.push(Mark::EndClip);
    sheet.rect(edge, Ink::line(Line::grey(0x22, 1.0)));
    let lx = frame.x + frame.w + 14.0;
    let ly = page::badge(&mut sheet, data, lang, lx, frame.y, LEGEND - 14.0) + 10.0;
    let units = crate::words::plural_label(&crate::style::unit_word(data, style.layer));
    let ly = if style.shows_confidence() {
        let classes = sure_categories(data, style);
        legend::confidence(&mut sheet, style, &classes, &units, lang, [lx, ly])
    } else {
        page::legend(&mut sheet, style, &units, lang, lx, ly)
    };
    if !borderline.is_empty() {
        let label = crate::words::borderline(data.borderline_pct());
        legend::borderline(&mut sheet, borderline.len(), &label, lang, [lx, ly + 10.0]);
    }
    page::scale_and_north(
        &mut sheet,
        lx,
        frame.y + frame.h - 56.0,
        frame.view.scale,
        frame.w / frame.view.scale,
    );
    page::footer(&mut sheet, data, lang, true, frame.y + frame.h);
    Ok(sheet)
}

/// The layer a style draws.
pub(crate) fn layer_of(data: &MapData, kind: MapLayerKind) -> Result<&MapLayer> {
    let missing = |name: &str| ReportError::EmptyLayer { layer: name.to_owned() };
    match kind {
        MapLayerKind::Parcels => data.parcels.as_ref().ok_or_else(|| missing("parcels")),
        MapLayerKind::Grid => data.grid.as_ref().ok_or_else(|| missing("grid")),
        MapLayerKind::Zones => Ok(&data.zones),
    }
}

/// Class of every feature.
pub(crate) fn classes_of(layer: &MapLayer, style: &MapStyle) -> Result<Vec<Option<usize>>> {
    if let crate::style::Scale::Categorized { .. } = style.scale {
        let values = layer.texts(&style.field)?;
        return Ok(values.iter().map(|v| style.class_of_text(v.as_deref())).collect());
    }
    Ok(style.classes_of_numbers(&layer.numbers(&style.field)?))
}

fn frame(data: &MapData, top: f64) -> Result<Frame> {
    let [x0, y0, x1, y1] = data.frame()?;
    let w = WIDTH - 2.0 * MARGIN - LEGEND - 14.0 + 14.0;
    let (dx, dy) = ((x1 - x0).max(1.0) * 1.04, (y1 - y0).max(1.0) * 1.04);
    let h = (w * dy / dx).clamp(430.0, 780.0);
    let scale = (w / dx).min(h / dy);
    let (cx, cy) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
    let view = View { x0: cx - w / scale / 2.0, y1: cy + h / scale / 2.0, scale };
    // Page pixels are measured from the frame's corner; paths add it.
    let view_on_page = View { x0: view.x0 - MARGIN / scale, y1: view.y1 + top / scale, scale };
    Ok(Frame { x: MARGIN, y: top, w, h, view: view_on_page })
}

fn draw_paths(
    sheet: &mut Sheet,
    coverage: &Coverage,
    style: &MapStyle,
    classes: &[Option<usize>],
    view: View,
) {
    let mut groups: Vec<(Option<usize>, Rgb, Hatch)> =
        style.fills().into_iter().enumerate().map(|(i, (c, h))| (Some(i), c, h)).collect();
    groups.push((None, NO_DATA, Hatch::Cross));
    for (class, color, hatch) in groups {
        let members = (0..classes.len()).filter(|i| classes[*i] == class);
        let area = rings(coverage, members, view);
        if !area.is_empty() {
            sheet.add(Shape::Area(area), Ink::fill(color).hatch(hatch).with(Line::new(color, 0.25)));
        }
    }
}

fn draw_image(
    sheet: &mut Sheet,
    layer: &MapLayer,
    style: &MapStyle,
    classes: &[Option<usize>],
    frame: &Frame,
    name: &str,
) -> Result<()> {
    let size = ((frame.w * IMAGE_SCALE).round() as usize, (frame.h * IMAGE_SCALE).round() as usize);
    let view = View {
        x0: frame.view.x0 + frame.x / frame.view.scale,
        y1: frame.view.y1 - frame.y / frame.view.scale,
        scale: frame.view.scale * IMAGE_SCALE,
    };
    let fail = |reason: &str| ReportError::Raster { figure: name.to_owned(), reason: reason.to_owned() };
    let image = paint::image(layer, classes, &style.fills(), NO_DATA, view, size)
        .ok_or_else(|| fail("the image is too large"))?;
    let png = super::transparent(&image).map_err(|e| fail(&e.to_string()))?;
    sheet.marks.push(Mark::Picture([frame.x, frame.y, frame.w, frame.h], image, png));
    Ok(())
}

/// Outlines of the zones: white under dark, so that they stand out on any class.
fn draw_outlines(sheet: &mut Sheet, zones: &Coverage, kind: MapLayerKind, view: View) {
    let area = rings(zones, 0..zones.len(), view);
    if kind == MapLayerKind::Parcels {
        sheet.add(Shape::Area(area.clone()), Ink::line(Line::grey(0xff, 1.3).opacity(0.7).round()));
    }
    sheet.add(Shape::Area(area), Ink::line(Line::grey(0x33, 0.55).round()));
}

/// Zones with an index on the borderline of its threshold.
fn borderline(zones: &MapLayer) -> Vec<usize> {
    let marked = zones.table.texts("borderline").unwrap_or_default();
    (0..marked.len()).filter(|i| matches!(marked[*i].as_deref(), Some("true" | "1"))).collect()
}

/// A heavy dashed outline around each of them.
fn draw_borderline(sheet: &mut Sheet, zones: &Coverage, rows: &[usize], view: View) {
    let area = rings(zones, rows.iter().copied(), view);
    if !area.is_empty() {
        sheet.add(Shape::Area(area), Ink::line(legend::BORDERLINE));
    }
}

fn draw_names(sheet: &mut Sheet, data: &MapData, frame: &Frame, lang: Lang) {
    let zones = &data.zones.coverage;
    let names = names_shown(&data.zones, lang);
    let areas = zones.areas_m2();
    let mut order: Vec<usize> = (0..zones.len()).filter(|i| !names[*i].is_empty()).collect();
    order.sort_by(|a, b| areas[*b].total_cmp(&areas[*a]).then(a.cmp(b)));
    order.truncate(MAX_NAMES);
    let v = frame.view;
    let candidates: Vec<Candidate<'_>> = order
        .into_iter()
        .filter_map(|i| {
            let [x, y] = deep_point(zones, i)?;
            let inside = move |px: f64, py: f64| holds(zones, i, px / v.scale + v.x0, v.y1 - py / v.scale);
            let at = [(x - v.x0) * v.scale, (v.y1 - y) * v.scale];
            Some(Candidate { at, text: names[i].clone(), inside: Box::new(inside) })
        })
        .collect();
    let area = [frame.x, frame.y, frame.x + frame.w, frame.y + frame.h];
    for label in place(&candidates, area) {
        sheet.text(label.x, label.y, &label.text, Type::plain(label.size).anchor(Anchor::Middle).halo());
    }
}

/// For an English map the English name if there is one, else the name, else nothing.
fn names_shown(zones: &MapLayer, lang: Lang) -> Vec<String> {
    let english = zones.table.texts("name_en").unwrap_or_else(|| vec![None; zones.table.rows()]);
    let names = zones.table.texts("name").unwrap_or_else(|| vec![None; zones.table.rows()]);
    let choose = |(name, en): (Option<String>, Option<String>)| {
        if lang == Lang::En { en.or(name) } else { name.or(en) }.unwrap_or_default()
    };
    names.into_iter().zip(english).map(choose).collect()
}

/// Rings of features on the page; vertices nearer than 0.3 pixels (0.08 mm) to the one before are left out.
fn rings(coverage: &Coverage, features: impl Iterator<Item = usize>, view: View) -> Vec<Vec<[f64; 2]>> {
    const NEAR: f64 = 0.3;
    let thinned = |ring: carbonzone_geom::Ring<'_>| {
        let mut points: Vec<[f64; 2]> = Vec::new();
        for k in 0..ring.xs.len().saturating_sub(1) {
            let [x, y] = [(ring.xs[k] - view.x0) * view.scale, (view.y1 - ring.ys[k]) * view.scale];
            let near = points.last().is_some_and(|[a, b]| (a - x).abs() < NEAR && (b - y).abs() < NEAR);
            if !near {
                points.push([x, y]);
            }
        }
        points
    };
    features.flat_map(|i| coverage.rings(i)).map(thinned).filter(|points| !points.is_empty()).collect()
}
