//! A drawing as a list of marks; `svg` and `pixels` write it.

use super::fonts::is_wide;
use crate::Rgb;
use crate::style::Hatch;

/// A drawing under construction, in CSS pixels.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub width: f64,
    pub height: f64,
    pub marks: Vec<Mark>,
}

/// One thing on the sheet; later ones lie above earlier ones.
#[derive(Debug)]
pub(crate) enum Mark {
    Shape(Shape, Ink),
    /// `turned` reads upwards.
    Text {
        at: [f64; 2],
        turned: bool,
        text: String,
        t: Type,
    },
    /// A picture that fills a frame, and the same as PNG.
    Picture([f64; 4], tiny_skia::Pixmap, Vec<u8>),
    /// What follows is seen within this frame only, up to the end of the clip.
    Clip(&'static str, [f64; 4]),
    EndClip,
}

/// Frames are x, y, width, height.
#[derive(Debug)]
pub(crate) enum Shape {
    /// With the radius of its corners.
    Rect([f64; 4], f64),
    Line([f64; 4]),
    /// Centre and radius.
    Circle([f64; 3]),
    /// A piece of a ring around a centre between two radii and two angles; a sector if the inner radius is 0.
    Ring {
        at: [f64; 2],
        radii: [f64; 2],
        angles: [f64; 2],
    },
    /// Closed rings, filled by the even-odd rule.
    Area(Vec<Vec<[f64; 2]>>),
    Curve(Vec<[f64; 2]>),
}

/// How a shape is filled, which second sign lies on the fill, and its outline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ink {
    pub fill: Option<Rgb>,
    pub opacity: f32,
    pub hatch: Hatch,
    pub line: Option<Line>,
}

impl Ink {
    pub const fn fill(color: Rgb) -> Self {
        Self { fill: Some(color), opacity: 1.0, hatch: Hatch::None, line: None }
    }
    pub const fn line(line: Line) -> Self {
        Self { fill: None, opacity: 1.0, hatch: Hatch::None, line: Some(line) }
    }
    pub const fn with(self, line: Line) -> Self {
        Self { line: Some(line), ..self }
    }
    pub const fn hatch(self, hatch: Hatch) -> Self {
        Self { hatch, ..self }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub color: Rgb,
    pub width: f32,
    /// Lengths of dash and gap; none for a whole line.
    pub dash: Option<[f32; 2]>,
    pub opacity: f32,
    pub round: bool,
}

impl Line {
    pub const fn new(color: Rgb, width: f32) -> Self {
        Self { color, width, dash: None, opacity: 1.0, round: false }
    }
    pub const fn grey(level: u8, width: f32) -> Self {
        Self::new(Rgb(level, level, level), width)
    }
    pub const fn dash(self, dash: [f32; 2]) -> Self {
        Self { dash: Some(dash), ..self }
    }
    pub const fn opacity(self, opacity: f32) -> Self {
        Self { opacity, ..self }
    }
    /// With round corners.
    pub const fn round(self) -> Self {
        Self { round: true, ..self }
    }
}

/// Where a text is anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    pub size: f64,
    pub bold: bool,
    pub color: Rgb,
    pub anchor: Anchor,
    pub halo: bool,
}

impl Type {
    pub const fn plain(size: f64) -> Self {
        Self { size, bold: false, color: Rgb(0x22, 0x22, 0x22), anchor: Anchor::Start, halo: false }
    }
    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
    pub const fn color(self, color: Rgb) -> Self {
        Self { color, ..self }
    }
    pub const fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
    pub const fn halo(self) -> Self {
        Self { halo: true, ..self }
    }
}

/// Below a text with a halo.
pub(crate) const HALO: Line = Line::grey(0xff, 2.4).round().opacity(0.85);

impl Sheet {
    pub const fn new(width: f64, height: f64) -> Self {
        Self { width, height, marks: Vec::new() }
    }

    pub fn add(&mut self, shape: Shape, ink: Ink) {
        self.marks.push(Mark::Shape(shape, ink));
    }

    pub fn rect(&mut self, frame: [f64; 4], ink: Ink) {
        self.add(Shape::Rect(frame, 0.0), ink);
    }

    /// A line from x, y to x, y.
    pub fn line(&mut self, ends: [f64; 4], line: Line) {
        self.add(Shape::Line(ends), Ink::line(line));
    }

    pub fn text(&mut self, x: f64, y: f64, text: &str, t: Type) {
        self.marks.push(Mark::Text { at: [x, y], turned: false, text: text.to_owned(), t });
    }

    /// Writes a paragraph broken at `width`; returns the baseline after the last line.
    pub fn paragraph(&mut self, x: f64, y: f64, width: f64, text: &str, t: Type) -> f64 {
        let mut baseline = y;
        for line in wrap(text, t.size, width) {
            self.text(x, baseline, &line, t);
            baseline += t.size * 1.35;
        }
        baseline
    }

    /// The texts in the characters that are drawn.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        let texts =
            self.marks.iter().filter_map(|m| if let Mark::Text { text, .. } = m { Some(text) } else { None });
        texts.flat_map(|text| pieces(text, 1.0)).map(|(_, _, piece)| piece)
    }
}

/// A text in pieces of one size: how far each lies below the line, its size, its characters. ₂, ⁴ and ² are small digits below or
/// above the line: many faces lack these signs, and a substitute face would then be used for the whole text.
pub(crate) fn pieces(text: &str, size: f64) -> Vec<(f64, f64, String)> {
    let mut out: Vec<(f64, f64, String)> = Vec::new();
    for c in text.chars() {
        let (shift, size, c) = match c {
            '₂' => (0.18 * size, 0.68 * size, '2'),
            '²' => (-0.32 * size, 0.68 * size, '2'),
            '⁴' => (-0.32 * size, 0.68 * size, '4'),
            other => (0.0, size, other),
        };
        match out.last_mut() {
            Some(last) if last.0 == shift => last.2.push(c),
            _ => out.push((shift, size, c.to_string())),
        }
    }
    out
}

/// Radius of the dot of a second sign.
pub(crate) const DOT: f64 = 1.05;

/// Lines of a second sign in its tile of 8 × 8 pixels, and their width; dots have none.
pub(crate) const fn hatch_lines(hatch: Hatch) -> (&'static [[f64; 4]], f32) {
    match hatch {
        Hatch::None | Hatch::Dots => (&[], 0.0),
        Hatch::Rising => (&[[-1.0, 1.0, 1.0, -1.0], [0.0, 8.0, 8.0, 0.0], [7.0, 9.0, 9.0, 7.0]], 0.75),
        Hatch::Falling => (&[[-1.0, 7.0, 1.0, 9.0], [0.0, 0.0, 8.0, 8.0], [7.0, -1.0, 9.0, 1.0]], 0.75),
        Hatch::Horizontal => (&[[0.0, 4.0, 8.0, 4.0]], 0.75),
        Hatch::Cross => (&[[0.0, 4.0, 8.0, 4.0], [4.0, 0.0, 4.0, 8.0]], 0.65),
    }
}

/// Estimated width of a text in pixels: a full em for CJK characters, about half of one for others.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    text.chars()
        .map(|c| match c {
            c if is_wide(c) => 1.0,
            'i' | 'l' | 'j' | '.' | ',' | ';' | ':' | '\'' | '|' | ' ' | '(' | ')' => 0.31,
            'm' | 'w' | 'M' | 'W' => 0.88,
            c if c.is_ascii_uppercase() => 0.66,
            _ => 0.56,
        })
        .sum::<f64>()
        * size
}

/// Breaks a text into lines of at most `width` pixels: between words, and anywhere between CJK characters.
pub(crate) fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut pieces: Vec<String> = Vec::new();
    for c in text.chars() {
        match pieces.last_mut() {
            Some(last) if !is_wide(c) && c != ' ' && last.chars().all(|p| !is_wide(p) && p != ' ') => {
                last.push(c);
            }
            // Closing marks never begin a line.
            Some(last) if matches!(c, '，' | '。' | '；' | '、' | '）' | '：') => last.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    for piece in pieces {
        if !line.is_empty() && text_width(&line, size) + text_width(piece.trim_end(), size) > width {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        if !(line.is_empty() && piece == " ") {
            line.push_str(&piece);
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_between_chinese_characters() {
        assert_eq!(wrap("one two three", 10.0, 45.0), ["one two", "three"]);
        let zh = wrap("自然断点法，五类分级", 10.0, 45.0);
        assert!(zh.len() > 1 && zh.concat() == "自然断点法，五类分级" && !zh[1].starts_with('，'), "{zh:?}");
    }
}
