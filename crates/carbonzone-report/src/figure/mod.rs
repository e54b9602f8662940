//! Figures as SVG and PNG.

mod chart;
mod fonts;
mod indexed;
mod labels;
mod legend;
mod map;
mod page;
mod paint;
mod quadrant;
mod study;
mod svg;
mod waterfall;

pub(crate) use chart::sector_colour;
pub use fonts::Fonts;
pub(crate) use fonts::NOT_DRAWN;
pub(crate) use labels::{enlargement, label_point};
pub(crate) use map::{classes_of, layer_of};
pub(crate) use page::{footer_lines, review_line, scale_bar_km, wants_review};
pub use study::transition_note;
pub(crate) use svg::{text_width, wrap};

use crate::style::{ChartKind, Figure, FigureContent};
use crate::{Lang, MapData, ReportError};
use resvg::{tiny_skia, usvg};

/// A figure as SVG text, in CSS pixels (96 per inch), with its physical size in millimetres.
///
/// `data` must hold one year only.
///
/// # Errors
/// [`ReportError::MissingField`] or [`ReportError::EmptyLayer`] if the layer does not fit the figure.
pub fn svg(data: &MapData, figure: &Figure, lang: Lang, fonts: &Fonts) -> Result<String, ReportError> {
    match &figure.content {
        FigureContent::Map(style) => map::svg(data, figure, style, lang, fonts),
        FigureContent::Chart(ChartKind::Quadrant) => Ok(quadrant::svg(data, figure, lang, fonts)),
        FigureContent::Chart(kind) => Ok(chart::svg(data, figure, *kind, lang, fonts)),
        FigureContent::Series(series) => Ok(chart::series_svg(data, figure, series, lang, fonts)),
        FigureContent::Line(line) => Ok(study::line_svg(data, figure, line, lang, fonts)),
        FigureContent::Waterfall(chart) => Ok(waterfall::waterfall_svg(data, figure, chart, lang, fonts)),
        FigureContent::Transitions(chart) => Ok(study::transition_svg(data, figure, chart, lang, fonts)),
    }
}

/// How hard a PNG is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Quickly: files on disk.
    Quick,
    /// Tightly, with 256 colours: pictures inside a page.
    Tight,
}

/// The SVG as a PNG of `dpi` dots per inch on white, without transparency, with its physical size.
///
/// # Errors
/// [`ReportError::Raster`] if the drawing is not valid or too large.
pub fn png(svg: &str, name: &str, dpi: u32, packing: Packing, fonts: &Fonts) -> Result<Vec<u8>, ReportError> {
    let fail = |reason: String| ReportError::Raster { figure: name.to_owned(), reason };
    let tree =
        usvg::Tree::from_str(&fonts.drawable(svg), &fonts.options()).map_err(|e| fail(e.to_string()))?;
    let scale = dpi as f32 / 96.0;
    let size = tree.size();
    let (w, h) = ((size.width() * scale).round() as u32, (size.height() * scale).round() as u32);
    let mut image = tiny_skia::Pixmap::new(w, h).ok_or_else(|| fail(format!("{w} x {h} pixels")))?;
    image.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut image.as_mut());
    encoded(&image, dpi, packing).map_err(|e| fail(e.to_string()))
}

/// An opaque picture as PNG, dots per metre in the header: three bytes per pixel, or one and a table of colours.
fn encoded(image: &tiny_skia::Pixmap, dpi: u32, packing: Packing) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, image.width(), image.height());
    encoder.set_depth(png::BitDepth::Eight);
    let pixels = match packing {
        Packing::Quick => {
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_compression(png::Compression::Fast);
            image.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect()
        }
        Packing::Tight => {
            let (table, pixels) = indexed::indexed(image.data());
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(table);
            encoder.set_compression(png::Compression::High);
            encoder.set_filter(png::Filter::NoFilter);
            pixels
        }
    };
    let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
    let unit = png::Unit::Meter;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_has_its_size_its_resolution_and_white_paper() {
        let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48"><rect width="48" height="48" fill="#ff0000"/></svg>"##;
        for (packing, colours) in
            [(Packing::Quick, png::ColorType::Rgb), (Packing::Tight, png::ColorType::Indexed)]
        {
            let bytes = png(svg, "t", 192, packing, &Fonts::shipped()).unwrap();
            let mut decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let info = reader.info();
            assert_eq!((info.width, info.height, info.color_type), (192, 96, colours));
            assert_eq!(info.pixel_dims.unwrap().xppu, 7559);
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            assert_eq!((&pixels[..3], &pixels[pixels.len() - 3..]), (&[255, 0, 0][..], &[255, 255, 255][..]));
        }
    }
}
