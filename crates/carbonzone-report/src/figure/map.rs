//! A map figure.

use super::fonts::Fonts;
use super::labels::{Candidate, contains, label_point, place};
use super::legend;
use super::page::{self, LEGEND, MARGIN, WIDTH};
use super::paint::{self, View};
use super::svg::{Anchor, Svg, Type, num};
use crate::palette::NO_DATA;
use crate::style::{Figure, Hatch, MapLayerKind, MapStyle, sure_categories};
use crate::{Lang, MapData, MapLayer, ReportError, Rgb};
use base64::Engine;
use carbonzone_geom::Coverage;
use std::fmt::Write;

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

pub(crate) fn svg(
    data: &MapData,
    figure: &Figure,
    style: &MapStyle,
    lang: Lang,
    fonts: &Fonts,
) -> Result<String, ReportError> {
    let layer = layer_of(data, style.layer)?;
    let classes = classes_of(layer, style)?;
    let top = page::title_height(&figure.title, lang);
    let frame = frame(data, top)?;
    let height = top + frame.h + page::footer_height(data, lang, true);
    let mut svg = Svg::new(WIDTH, height, page::family(fonts));
    page::title(&mut svg, &figure.title, lang);
    svg.define(&format!(
        r#"<clipPath id="frame"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>"#,
        num(frame.x),
        num(frame.y),
        num(frame.w),
        num(frame.h)
    ));
    svg.raw(r#"<g clip-path="url(#frame)">"#);
    if style.layer == MapLayerKind::Parcels || layer.geometries() > MAX_VECTOR_FEATURES {
        draw_image(&mut svg, layer, style, &classes, &frame, &figure.name)?;
    } else {
        draw_paths(&mut svg, &layer.with_outlines().coverage, style, &classes, frame.view);
    }
    if data.zones.coverage.len() <= MAX_VECTOR_FEATURES {
        draw_outlines(&mut svg, &data.zones.coverage, style.layer, frame.view);
    }
    let borderline = if style.marks_borderline() { borderline(&data.zones) } else { Vec::new() };
    draw_borderline(&mut svg, &data.zones.coverage, &borderline, frame.view);
    draw_names(&mut svg, data, &frame, lang);
    svg.raw("</g>");
    svg.rect([frame.x, frame.y, frame.w, frame.h], r##"fill="none" stroke="#222222" stroke-width="1""##);
    let lx = frame.x + frame.w + 14.0;
    let ly = page::badge(&mut svg, data, lang, lx, frame.y, LEGEND - 14.0) + 10.0;
    let units = crate::words::plural_label(&crate::style::unit_word(data, style.layer));
    let ly = if style.shows_confidence() {
        let classes = sure_categories(data, style);
        legend::confidence(&mut svg, style, &classes, &units, lang, [lx, ly])
    } else {
        page::legend(&mut svg, style, &units, lang, lx, ly)
    };
    if !borderline.is_empty() {
        let label = crate::words::borderline(data.borderline_pct());
        legend::borderline(&mut svg, borderline.len(), &label, lang, [lx, ly + 10.0]);
    }
    page::scale_and_north(
        &mut svg,
        lx,
        frame.y + frame.h - 56.0,
        frame.view.scale,
        frame.w / frame.view.scale,
    );
    page::footer(&mut svg, data, lang, true, frame.y + frame.h);
    Ok(svg.finish(&figure.title.text(lang)))
}

/// The layer a style draws.
pub(crate) fn layer_of(data: &MapData, kind: MapLayerKind) -> Result<&MapLayer, ReportError> {
    let missing = |name: &str| ReportError::EmptyLayer { layer: name.to_owned() };
    match kind {
        MapLayerKind::Parcels => data.parcels.as_ref().ok_or_else(|| missing("parcels")),
        MapLayerKind::Grid => data.grid.as_ref().ok_or_else(|| missing("grid")),
        MapLayerKind::Zones => Ok(&data.zones),
    }
}

/// Class of every feature.
pub(crate) fn classes_of(layer: &MapLayer, style: &MapStyle) -> Result<Vec<Option<usize>>, ReportError> {
    if let crate::style::Scale::Categorized { .. } = style.scale {
        let values = layer.texts(&style.field)?;
        return Ok(values.iter().map(|v| style.class_of_text(v.as_deref())).collect());
    }
    let values = layer.numbers(&style.field)?;
    Ok(values.into_iter().map(|v| style.class_of_number(v)).collect())
}

fn frame(data: &MapData, top: f64) -> Result<Frame, ReportError> {
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

fn draw_paths(svg: &mut Svg, coverage: &Coverage, style: &MapStyle, classes: &[Option<usize>], view: View) {
    let mut groups: Vec<(Option<usize>, Rgb, Hatch)> =
        style.fills().into_iter().enumerate().map(|(i, (c, h))| (Some(i), c, h)).collect();
    groups.push((None, NO_DATA, Hatch::Cross));
    for (class, color, hatch) in groups {
        let members = (0..classes.len()).filter(|i| classes[*i] == class);
        let d: String = members.map(|i| path(coverage, i, view)).collect();
        if d.is_empty() {
            continue;
        }
        let element = format!(r#"path d="{d}" fill-rule="evenodd""#);
        svg.shape(&element, color, hatch, &format!(r#"stroke="{}" stroke-width="0.25""#, color.hex()));
    }
}

fn draw_image(
    svg: &mut Svg,
    layer: &MapLayer,
    style: &MapStyle,
    classes: &[Option<usize>],
    frame: &Frame,
    name: &str,
) -> Result<(), ReportError> {
    let size = ((frame.w * IMAGE_SCALE).round() as usize, (frame.h * IMAGE_SCALE).round() as usize);
    let view = View {
        x0: frame.view.x0 + frame.x / frame.view.scale,
        y1: frame.view.y1 - frame.y / frame.view.scale,
        scale: frame.view.scale * IMAGE_SCALE,
    };
    let fail = |reason: &str| ReportError::Raster { figure: name.to_owned(), reason: reason.to_owned() };
    let image = paint::image(layer, classes, &style.fills(), NO_DATA, view, size)
        .ok_or_else(|| fail("the image is too large"))?;
    let png = image.encode_png().map_err(|e| fail(&e.to_string()))?;
    svg.raw(&format!(
        r#"<image x="{}" y="{}" width="{}" height="{}" href="data:image/png;base64,{}"/>"#,
        num(frame.x),
        num(frame.y),
        num(frame.w),
        num(frame.h),
        base64::engine::general_purpose::STANDARD.encode(png)
    ));
    Ok(())
}

/// Outlines of the zones: white under dark, so that they stand out on any class.
fn draw_outlines(svg: &mut Svg, zones: &Coverage, kind: MapLayerKind, view: View) {
    let d: String = (0..zones.len()).map(|i| path(zones, i, view)).collect();
    if kind == MapLayerKind::Parcels {
        svg.raw(&format!(
            r##"<path d="{d}" fill="none" stroke="#ffffff" stroke-width="1.3" stroke-opacity="0.7" stroke-linejoin="round"/>"##
        ));
    }
    svg.raw(&format!(
        r##"<path d="{d}" fill="none" stroke="#333333" stroke-width="0.55" stroke-linejoin="round"/>"##
    ));
}

/// Zones with an index on the borderline of its threshold.
fn borderline(zones: &MapLayer) -> Vec<usize> {
    let marked = zones.table.texts("borderline").unwrap_or_default();
    (0..marked.len()).filter(|i| matches!(marked[*i].as_deref(), Some("true" | "1"))).collect()
}

/// A heavy dashed outline around each of them.
fn draw_borderline(svg: &mut Svg, zones: &Coverage, rows: &[usize], view: View) {
    let d: String = rows.iter().map(|i| path(zones, *i, view)).collect();
    if !d.is_empty() {
        svg.raw(&format!(r#"<path d="{d}" fill="none" {}/>"#, legend::BORDERLINE));
    }
}

fn draw_names(svg: &mut Svg, data: &MapData, frame: &Frame, lang: Lang) {
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
            let [x, y] = label_point(zones, i)?;
            let inside = move |px: f64, py: f64| contains(zones, i, px / v.scale + v.x0, v.y1 - py / v.scale);
            let at = [(x - v.x0) * v.scale, (v.y1 - y) * v.scale];
            Some(Candidate { at, text: names[i].clone(), inside: Box::new(inside) })
        })
        .collect();
    let area = [frame.x, frame.y, frame.x + frame.w, frame.y + frame.h];
    for label in place(&candidates, area) {
        svg.text(label.x, label.y, &label.text, Type::plain(label.size).anchor(Anchor::Middle).halo());
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

/// SVG path of a feature; vertices nearer than 0.3 pixels (0.08 mm) to the one before are left out.
fn path(coverage: &Coverage, i: usize, view: View) -> String {
    const NEAR: f64 = 0.3;
    let mut d = String::new();
    for ring in coverage.rings(i) {
        let n = ring.xs.len();
        let mut last: Option<(f64, f64)> = None;
        for k in 0..n.saturating_sub(1) {
            let (x, y) = ((ring.xs[k] - view.x0) * view.scale, (view.y1 - ring.ys[k]) * view.scale);
            let near = last.is_some_and(|(a, b)| (a - x).abs() < NEAR && (b - y).abs() < NEAR);
            if near {
                continue;
            }
            let _ = write!(d, "{}{} {}", if last.is_none() { "M" } else { "L" }, num(x), num(y));
            last = Some((x, y));
        }
        if last.is_some() {
            d.push('Z');
        }
    }
    d
}
