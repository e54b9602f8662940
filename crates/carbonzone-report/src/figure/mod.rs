//! Figures as SVG and PNG.

mod chart;
mod fonts;
mod labels;
mod map;
mod page;
mod paint;
mod study;
mod svg;

pub(crate) use chart::sector_colour;
pub use fonts::Fonts;
pub(crate) use labels::label_point;
pub(crate) use map::{classes_of, layer_of};
pub(crate) use page::{footer_lines, review_line, scale_bar_km};
pub use study::transition_note;

use crate::style::{Figure, FigureContent};
use crate::{Lang, MapData, ReportError};
use resvg::{tiny_skia, usvg};

/// A figure as SVG text, in CSS pixels (96 per inch), with its physical size in millimetres.
///
/// `data` must hold one year only. `lang` must be drawable with the fonts at hand: see [`Fonts::lang`].
///
/// # Errors
/// [`ReportError::MissingField`] or [`ReportError::EmptyLayer`] if the layer does not fit the figure.
pub fn svg(data: &MapData, figure: &Figure, lang: Lang, fonts: &Fonts) -> Result<String, ReportError> {
    match &figure.content {
        FigureContent::Map(style) => map::svg(data, figure, style, lang, fonts),
        FigureContent::Chart(kind) => Ok(chart::svg(data, figure, *kind, lang, fonts)),
        FigureContent::Series(series) => Ok(chart::series_svg(data, figure, series, lang, fonts)),
        FigureContent::Line(line) => Ok(study::line_svg(data, figure, line, lang, fonts)),
        FigureContent::Transitions(chart) => Ok(study::transition_svg(data, figure, chart, lang, fonts)),
    }
}

/// The SVG as a PNG of `dpi` dots per inch on white.
///
/// # Errors
/// [`ReportError::Raster`] if the drawing is not valid or too large.
pub fn png(svg: &str, name: &str, dpi: u32, fonts: &Fonts) -> Result<Vec<u8>, ReportError> {
    let fail = |reason: String| ReportError::Raster { figure: name.to_owned(), reason };
    let tree = usvg::Tree::from_str(svg, &fonts.options()).map_err(|e| fail(e.to_string()))?;
    let scale = dpi as f32 / 96.0;
    let size = tree.size();
    let (w, h) = ((size.width() * scale).round() as u32, (size.height() * scale).round() as u32);
    let mut image = tiny_skia::Pixmap::new(w, h).ok_or_else(|| fail(format!("{w} x {h} pixels")))?;
    image.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut image.as_mut());
    let bytes = image.encode_png().map_err(|e| fail(e.to_string()))?;
    Ok(with_resolution(bytes, dpi))
}

/// Adds the `pHYs` chunk (dots per metre) behind the header, so that the image prints at its true size.
fn with_resolution(png: Vec<u8>, dpi: u32) -> Vec<u8> {
    const HEADER: usize = 8 + 25;
    if png.len() < HEADER {
        return png;
    }
    let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend(per_metre.to_be_bytes());
    chunk.extend(per_metre.to_be_bytes());
    chunk.push(1);
    let mut crc = flate2::Crc::new();
    crc.update(&chunk);
    let mut out = png[..HEADER].to_vec();
    out.extend(9u32.to_be_bytes());
    out.extend(&chunk);
    out.extend(crc.sum().to_be_bytes());
    out.extend(&png[HEADER..]);
    out
}
