//! A sheet as pixels.

use super::fonts::{Fonts, glyph};
use super::sheet::{Anchor, DOT, HALO, Ink, Line, Mark, Shape, Sheet, Type, hatch_lines, pieces};
use crate::Rgb;
use crate::style::Hatch;
use std::f64::consts::TAU;
use tiny_skia::{
    FillRule, FilterQuality, LineJoin, Mask, Paint, Path, PathBuilder, Pattern, Pixmap, PixmapPaint, Rect,
    SpreadMode, Stroke, StrokeDash, Transform,
};
use ttf_parser::{Face, OutlineBuilder};

/// The sheet on white, `scale` pixels for each of its own; nothing if there are too many.
pub(super) fn image(sheet: &Sheet, scale: f64, fonts: &Fonts) -> Option<Pixmap> {
    let size = |v: f64| (v * scale).round() as u32;
    let mut image = Pixmap::new(size(sheet.width), size(sheet.height))?;
    image.fill(tiny_skia::Color::WHITE);
    let page = Transform::from_scale(scale as f32, scale as f32);
    let mut canvas = Canvas { image, page, clip: None, faces: &fonts.faces() };
    sheet.marks.iter().for_each(|mark| canvas.mark(mark));
    Some(canvas.image)
}

struct Canvas<'a> {
    image: Pixmap,
    /// From the sheet to pixels.
    page: Transform,
    clip: Option<Mask>,
    faces: &'a [Face<'a>],
}

impl Canvas<'_> {
    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Shape(shape, ink) => self.shape(shape, ink),
            Mark::Text { at, turned, text, t } => self.text(*at, *turned, text, *t),
            Mark::Picture(frame, picture, _) => self.picture(*frame, picture),
            Mark::Clip(_, frame) => {
                self.clip = Mask::new(self.image.width(), self.image.height());
                if let (Some(mask), Some(path)) = (&mut self.clip, path(&Shape::Rect(*frame, 0.0))) {
                    mask.fill_path(&path, FillRule::Winding, true, self.page);
                }
            }
            Mark::EndClip => self.clip = None,
        }
    }

    fn shape(&mut self, shape: &Shape, ink: &Ink) {
        let Some(path) = path(shape) else { return };
        if let Some(color) = ink.fill {
            self.fill(&path, &paint(color, ink.opacity), FillRule::EvenOdd, self.page);
        }
        if let Some(line) = &ink.line {
            self.stroke(&path, line, self.page);
        }
        let Some((color, tile)) = ink.fill.and_then(|c| Some((c, self.tile(c, ink.hatch)?))) else { return };
        let side = 8.0 / tile.width() as f32;
        let to_sheet = Transform::from_scale(side, side);
        let shader = Pattern::new(tile.as_ref(), SpreadMode::Repeat, FilterQuality::Bilinear, 1.0, to_sheet);
        self.fill(&path, &Paint { shader, ..paint(color, 1.0) }, FillRule::EvenOdd, self.page);
    }

    fn fill(&mut self, path: &Path, paint: &Paint<'_>, rule: FillRule, to_pixels: Transform) {
        self.image.fill_path(path, paint, rule, to_pixels, self.clip.as_ref());
    }

    fn stroke(&mut self, path: &Path, line: &Line, to_pixels: Transform) {
        let stroke = Stroke {
            width: line.width,
            line_join: if line.round { LineJoin::Round } else { LineJoin::Miter },
            dash: line.dash.and_then(|dash| StrokeDash::new(dash.to_vec(), 0.0)),
            ..Stroke::default()
        };
        let paint = paint(line.color, line.opacity);
        self.image.stroke_path(path, &paint, &stroke, to_pixels, self.clip.as_ref());
    }

    /// The second sign on 8 × 8 pixels of the sheet.
    fn tile(&self, color: Rgb, hatch: Hatch) -> Option<Pixmap> {
        let side = (8.0 * self.page.sx).round();
        let image = Pixmap::new(side as u32, side as u32).filter(|_| hatch != Hatch::None)?;
        let page = Transform::from_scale(side / 8.0, side / 8.0);
        let mut tile = Canvas { image, page, clip: None, faces: self.faces };
        let ink = color.darker(0.7);
        let (lines, width) = hatch_lines(hatch);
        for ends in lines {
            tile.shape(&Shape::Line(*ends), &Ink::line(Line::new(ink, width)));
        }
        if hatch == Hatch::Dots {
            tile.shape(&Shape::Circle([4.0, 4.0, DOT]), &Ink::fill(ink));
        }
        Some(tile.image)
    }

    fn text(&mut self, [x, y]: [f64; 2], turned: bool, text: &str, t: Type) {
        let (mut path, mut end) = (PathBuilder::new(), 0.0);
        // As in an SVG, many blanks are one.
        let text: Vec<&str> = text.split([' ', '\t', '\n', '\r']).filter(|w| !w.is_empty()).collect();
        for (shift, size, piece) in pieces(&text.join(" "), t.size) {
            for (face, id) in piece.chars().filter_map(|c| glyph(self.faces, c, t.bold)) {
                let em = size as f32 / f32::from(face.units_per_em());
                let mut pen = Pen::default();
                face.outline_glyph(id, &mut pen);
                let to_sheet = Transform::from_row(em, 0.0, 0.0, -em, end, shift as f32);
                if let Some(outline) = pen.0.finish().and_then(|o| o.transform(to_sheet)) {
                    path.push_path(&outline);
                }
                end += em * f32::from(face.glyph_hor_advance(id).unwrap_or(0));
            }
        }
        let left = match t.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => end / 2.0,
            Anchor::End => end,
        };
        let Some(path) = path.finish() else { return };
        let turn = Transform::from_rotate(if turned { -90.0 } else { 0.0 });
        let at = self.page.pre_translate(x as f32, y as f32).pre_concat(turn).pre_translate(-left, 0.0);
        if t.halo {
            self.stroke(&path, &HALO, at);
        }
        self.fill(&path, &paint(t.color, 1.0), FillRule::Winding, at);
    }

    fn picture(&mut self, [x, y, w, _]: [f64; 4], picture: &Pixmap) {
        let pixels = w as f32 * self.page.sx;
        // The size of a picture is rounded: one of the same resolution is laid down pixel by pixel.
        let same = (pixels - picture.width() as f32).abs() < 1.0;
        let scale = if same { 1.0 } else { pixels / picture.width() as f32 };
        let (x, y) = (x as f32 * self.page.sx, y as f32 * self.page.sy);
        let at = Transform::from_row(scale, 0.0, 0.0, scale, x, y);
        let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
        self.image.draw_pixmap(0, 0, picture.as_ref(), &paint, at, self.clip.as_ref());
    }
}

fn paint(color: Rgb, opacity: f32) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(color.0, color.1, color.2, (255.0 * opacity).round() as u8);
    paint
}

fn path(shape: &Shape) -> Option<Path> {
    let mut path = PathBuilder::new();
    match shape {
        Shape::Rect([x, y, w, h], 0.0) => {
            path.push_rect(Rect::from_xywh(*x as f32, *y as f32, *w as f32, *h as f32)?);
        }
        Shape::Rect([x, y, w, h], r) => {
            let corners = [(x + w - r, y + r), (x + w - r, y + h - r), (x + r, y + h - r), (x + r, y + r)];
            let arcs = (-1..).map(|k| f64::from(k) * TAU / 4.0).zip(corners);
            let points = arcs.flat_map(|(from, (x, y))| arc([x, y], *r, [from, from + TAU / 4.0]));
            add(&mut path, points, true);
        }
        Shape::Line([x1, y1, x2, y2]) => add(&mut path, [[*x1, *y1], [*x2, *y2]], false),
        Shape::Circle([x, y, r]) => path.push_circle(*x as f32, *y as f32, *r as f32),
        Shape::Ring { at, radii: [outer, inner], angles: [from, to] } => {
            let (out, back) = (arc(*at, *outer, [*from, *to]), arc(*at, *inner, [*to, *from]));
            if to - from >= TAU - 1e-9 {
                add(&mut path, out, true);
                add(&mut path, back, true);
            } else {
                add(&mut path, out.chain(back), true);
            }
        }
        Shape::Area(rings) => rings.iter().for_each(|ring| add(&mut path, ring.iter().copied(), true)),
        Shape::Curve(points) => add(&mut path, points.iter().copied(), false),
    }
    path.finish()
}

fn add(path: &mut PathBuilder, points: impl IntoIterator<Item = [f64; 2]>, closed: bool) {
    for (i, [x, y]) in points.into_iter().enumerate() {
        if i == 0 { path.move_to(x as f32, y as f32) } else { path.line_to(x as f32, y as f32) }
    }
    if closed {
        path.close();
    }
}

/// Points of an arc, so near one another that no corner is seen.
fn arc([x, y]: [f64; 2], r: f64, [from, to]: [f64; 2]) -> impl Iterator<Item = [f64; 2]> {
    let n = (4.0 * r.sqrt() * (to - from).abs()).ceil().max(1.0) as u32;
    (0..=n)
        .map(move |k| from + (to - from) * f64::from(k) / f64::from(n))
        .map(move |a| [x + r * a.cos(), y + r * a.sin()])
}

/// The outline of a glyph, in units of its face.
#[derive(Default)]
struct Pen(PathBuilder);

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.0.quad_to(cx, cy, x, y);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.0.cubic_to(ax, ay, bx, by, x, y);
    }
    fn close(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgb = Rgb(255, 0, 0);
    const BLACK: Rgb = Rgb(0, 0, 0);
    const ALL: [f64; 4] = [0.0, 0.0, 200.0, 60.0];

    /// 200 × 60 pixels, two for each.
    fn painted(marks: impl FnOnce(&mut Sheet)) -> Pixmap {
        let mut sheet = Sheet::new(200.0, 60.0);
        marks(&mut sheet);
        image(&sheet, 2.0, &Fonts::shipped()).unwrap()
    }

    fn at(image: &Pixmap, x: u32, y: u32) -> Rgb {
        let c = image.pixel(2 * x, 2 * y).unwrap().demultiply();
        Rgb(c.red(), c.green(), c.blue())
    }

    /// Left, top, right and bottom of what is painted dark.
    fn ink(image: &Pixmap) -> [f64; 4] {
        let dark =
            (0..60 * 200).map(|k| (k % 200, k / 200)).filter(|(x, y)| at(image, *x, *y).grey() < 128.0);
        dark.fold([f64::MAX, f64::MAX, 0.0, 0.0], |b, (x, y)| {
            let (x, y) = (f64::from(x), f64::from(y));
            [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
        })
    }

    #[test]
    fn shapes_have_their_colours_within_the_clip_and_pieces_of_rings_their_holes() {
        let picture = painted(|sheet| {
            sheet.marks.push(Mark::Clip("c", [10.0, 10.0, 30.0, 30.0]));
            sheet.rect(ALL, Ink::fill(RED));
            sheet.marks.push(Mark::EndClip);
            let ring = |x, radii, angles| Shape::Ring { at: [x, 30.0], radii, angles };
            sheet.add(ring(80.0, [20.0, 10.0], [0.0, TAU]), Ink::fill(BLACK));
            sheet.add(ring(150.0, [20.0, 0.0], [-TAU / 4.0, TAU / 4.0]), Ink::fill(BLACK));
            sheet.add(Shape::Rect([100.0, 0.0, 30.0, 30.0], 10.0), Ink::fill(RED));
        });
        let white = Rgb(255, 255, 255);
        assert_eq!(
            [(5, 20), (20, 20), (45, 20), (20, 45)].map(|(x, y)| at(&picture, x, y)),
            [white, RED, white, white]
        );
        assert_eq!([(65, 30), (80, 30), (95, 30)].map(|(x, y)| at(&picture, x, y)), [BLACK, white, BLACK]);
        assert_eq!(
            [(145, 30), (160, 30), (100, 0), (115, 15)].map(|(x, y)| at(&picture, x, y)),
            [white, BLACK, white, RED]
        );
    }

    #[test]
    fn texts_stand_where_their_anchor_says_and_turned_ones_read_upwards() {
        let t = Type::plain(20.0).color(BLACK);
        for (anchor, left) in [(Anchor::Start, 100.0), (Anchor::Middle, 90.0), (Anchor::End, 80.0)] {
            let [x0, y0, x1, y1] = ink(&painted(|sheet| sheet.text(100.0, 40.0, " 碳 ", t.anchor(anchor))));
            assert!(x0 >= left && x1 <= left + 20.0 && y0 > 18.0 && y1 < 44.0, "{x0} {y0} {x1} {y1}");
        }
        let text = "AAAA".to_owned();
        let turned = painted(|s| s.marks.push(Mark::Text { at: [100.0, 58.0], turned: true, text, t }));
        let [x0, y0, x1, y1] = ink(&turned);
        assert!(x0 > 80.0 && x1 <= 100.0 && y0 < 20.0 && y1 <= 58.0, "{x0} {y0} {x1} {y1}");
    }

    #[test]
    fn small_digits_hang_below_the_line_and_halos_lie_below_the_letters() {
        let bottom =
            |text: &str| ink(&painted(|s| s.text(10.0, 40.0, text, Type::plain(30.0).color(BLACK))))[3];
        assert!(bottom("CO₂") > bottom("CO2") + 2.0);
        let light = |t: Type| {
            let picture = painted(|sheet| {
                sheet.rect(ALL, Ink::fill(BLACK));
                sheet.text(10.0, 40.0, "H", t);
            });
            let greys: Vec<f64> = (0..50).map(|x| at(&picture, x, 35).grey()).collect();
            (greys.iter().filter(|g| **g > 200.0).count(), greys.iter().filter(|g| **g < 10.0).count())
        };
        let t = Type::plain(30.0).color(BLACK);
        assert_eq!(light(t), (0, 50));
        let (halo, rest) = light(t.halo());
        assert!(halo > 1 && rest > 20 && rest < 50, "{halo} {rest}");
    }

    #[test]
    fn second_signs_lie_on_their_shape_only_at_any_resolution() {
        for hatch in [Hatch::Rising, Hatch::Falling, Hatch::Horizontal, Hatch::Cross, Hatch::Dots] {
            let mut sheet = Sheet::new(64.0, 64.0);
            sheet.rect([0.0, 0.0, 32.0, 64.0], Ink::fill(RED).hatch(hatch));
            for scale in [1.0, 1.3, 3.125] {
                let picture = image(&sheet, scale, &Fonts::shipped()).unwrap();
                let half = picture.width() / 2;
                let marked = |from: u32, to: u32| {
                    let dark = |(k, p): &(u32, &tiny_skia::PremultipliedColorU8)| {
                        (from..to).contains(&(k % picture.width())) && p.red() < 240
                    };
                    (0..).zip(picture.pixels()).filter(dark).count() as f64
                        / f64::from(picture.height() * half)
                };
                assert!((0.02..0.5).contains(&marked(0, half)), "{hatch:?} {scale} {}", marked(0, half));
                assert!(marked(half + 1, picture.width()) == 0.0, "{hatch:?} {scale}");
            }
        }
    }
}
