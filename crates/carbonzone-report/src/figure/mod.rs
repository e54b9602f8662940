//! Figures as SVG and PNG.

mod chart;
mod face;
mod fonts;
mod labels;
mod legend;
mod machine;
mod map;
mod page;
mod paint;
mod pixels;
mod png;
mod quadrant;
mod sheet;
mod study;
mod svg;
mod waterfall;

pub(crate) use chart::sector_colour;
pub use fonts::Fonts;
pub(crate) use fonts::OF_DRAWING;
pub(crate) use labels::enlargement;
pub(crate) use map::{classes_of, layer_of};
pub(crate) use page::{footer_lines, review_line, scale_bar_km, wants_review};
pub(crate) use sheet::{text_width, wrap};
pub use study::transition_note;

use crate::style::{ChartKind, Figure, FigureContent};
use crate::{Lang, MapData, ReportError, Result};
use png::Channels;
use sheet::Sheet;

/// A figure, drawn: its SVG text, and what pictures of it are painted from.
#[derive(Debug)]
pub struct Drawing {
    svg: String,
    sheet: Sheet,
}

/// Draws a figure.
///
/// `data` must hold one year only.
///
/// # Errors
/// [`ReportError::MissingField`] or [`ReportError::EmptyLayer`] if the layer does not fit the figure.
pub fn draw(data: &MapData, figure: &Figure, lang: Lang, fonts: &Fonts) -> Result<Drawing> {
    let sheet = match &figure.content {
        FigureContent::Map(style) => map::draw(data, figure, style, lang)?,
        FigureContent::Chart(ChartKind::Quadrant) => quadrant::draw(data, figure, lang),
        FigureContent::Chart(kind) => chart::draw(data, figure, *kind, lang),
        FigureContent::Series(series) => chart::draw_series(data, figure, series, lang),
        FigureContent::Line(line) => study::draw_line(data, figure, line, lang),
        FigureContent::Waterfall(chart) => waterfall::draw(data, figure, chart, lang),
        FigureContent::Transitions(chart) => study::draw_transitions(data, figure, chart, lang),
    };
    Ok(Drawing { svg: svg::document(&sheet, &figure.title.text(lang), &fonts.family()), sheet })
}

/// How hard a PNG is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Quickly: files on disk.
    Quick,
    /// Tightly, with 256 colours: pictures inside a page.
    Tight,
}

impl Drawing {
    /// The figure as SVG text, in CSS pixels (96 per inch), with its physical size in millimetres.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// What is written in the figure, in the characters that are drawn.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.sheet.texts()
    }

    /// The figure as a PNG of `dpi` dots per inch on white, without transparency, with its physical size.
    ///
    /// # Errors
    /// [`ReportError::Raster`] if the picture is too large.
    pub fn png(&self, name: &str, dpi: u32, packing: Packing, fonts: &Fonts) -> Result<Vec<u8>> {
        let fail = |reason: String| ReportError::Raster { figure: name.to_owned(), reason };
        let Sheet { width, height, .. } = self.sheet;
        let image = pixels::image(&self.sheet, f64::from(dpi) / 96.0, fonts)
            .ok_or_else(|| fail(format!("{width} x {height} at {dpi} dpi")))?;
        encoded(&image, dpi, packing).map_err(|e| fail(e.to_string()))
    }
}

/// An opaque picture as PNG, dots per metre in the header: three bytes per pixel, or one and a table of colours.
fn encoded(image: &tiny_skia::Pixmap, dpi: u32, packing: Packing) -> std::io::Result<Vec<u8>> {
    let size = [image.width(), image.height()];
    let per_metre = Some((f64::from(dpi) / 0.0254).round() as u32);
    match packing {
        Packing::Quick => {
            png::png(size, Channels::Rgb, &carbonzone_geom::pixels::opaque(image.data()), 1, per_metre)
        }
        Packing::Tight => {
            let (table, pixels) = carbonzone_geom::pixels::indexed(image.data());
            png::png(size, Channels::Indexed(&table), &pixels, 9, per_metre)
        }
    }
}

/// A picture within a figure as PNG, with its transparency.
fn transparent(image: &tiny_skia::Pixmap) -> std::io::Result<Vec<u8>> {
    let pixels = carbonzone_geom::pixels::straight(image.data());
    png::png([image.width(), image.height()], Channels::Rgba, &pixels, 6, None)
}

#[cfg(test)]
mod tests {
    use super::sheet::Ink;
    use super::*;

    #[test]
    fn a_png_has_its_size_its_resolution_and_white_paper() {
        let mut sheet = Sheet::new(96.0, 48.0);
        sheet.rect([0.0, 0.0, 48.0, 48.0], Ink::fill(crate::Rgb(255, 0, 0)));
        let drawing = Drawing { svg: String::new(), sheet };
        for packing in [Packing::Quick, Packing::Tight] {
            let bytes = drawing.png("t", 192, packing, &Fonts::shipped()).unwrap();
            let (chunks, lines) = png::tests::parts(&bytes);
            assert_eq!(chunks[0].1[..8], [0, 0, 0, 192, 0, 0, 0, 96]);
            assert_eq!((&*chunks[1].0, &chunks[1].1[..4]), ("pHYs", &7559_u32.to_be_bytes()[..]));
            let (first, last) = match packing {
                // From the second row on, what differs from the row above: nothing.
                Packing::Quick => (lines[1..4].to_vec(), lines[1 + 3 * 191..=3 * 192].to_vec()),
                Packing::Tight => {
                    let colour = |i: u8| chunks[2].1[3 * usize::from(i)..][..3].to_vec();
                    (colour(lines[1]), colour(*lines.last().unwrap()))
                }
            };
            assert_eq!((first, last), (vec![255, 0, 0], vec![255; 3]));
        }
    }
}
