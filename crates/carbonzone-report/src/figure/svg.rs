//! A small SVG writer: elements, text with measured width, hatch patterns.

use super::fonts::is_wide;
use crate::Rgb;
use crate::style::Hatch;
use crate::xml_text::escaped;
use std::fmt::Write;

/// An SVG document under construction, in CSS pixels.
pub(crate) struct Svg {
    body: String,
    defs: String,
    patterns: Vec<(Rgb, Hatch)>,
    shapes: usize,
    width: f64,
    height: f64,
    family: String,
}

/// Where a text is anchored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy)]
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

impl Svg {
    pub fn new(width: f64, height: f64, family: String) -> Self {
        let (body, defs, patterns) = (String::new(), String::new(), Vec::new());
        Self { body, defs, patterns, shapes: 0, width, height, family }
    }

    /// Appends a raw element.
    pub fn raw(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    pub fn rect(&mut self, [x, y, w, h]: [f64; 4], attributes: &str) {
        let _ = writeln!(
            self.body,
            r#"<rect x="{}" y="{}" width="{}" height="{}" {attributes}/>"#,
            num(x),
            num(y),
            num(w),
            num(h)
        );
    }

    pub fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, attributes: &str) {
        let _ = writeln!(
            self.body,
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" {attributes}/>"#,
            num(x1),
            num(y1),
            num(x2),
            num(y2)
        );
    }

    pub fn text(&mut self, x: f64, y: f64, text: &str, t: Type) {
        let anchor = match t.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if t.bold { r#" font-weight="bold""# } else { "" };
        let halo = if t.halo {
            r##" stroke="#ffffff" stroke-width="2.4" stroke-linejoin="round" stroke-opacity="0.85" paint-order="stroke""##
        } else {
            ""
        };
        let _ = writeln!(
            self.body,
            r#"<text x="{}" y="{}" font-size="{}" fill="{}"{anchor}{weight}{halo}>{}</text>"#,
            num(x),
            num(y),
            num(t.size),
            t.color.hex(),
            with_indices(text, t.size)
        );
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

    /// Draws a shape (`path d="..."` or `rect x="..." ...`) in a colour with its second sign above it.
    ///
    /// The hatch is a second, transparent layer: a pattern with a background would show seams between its tiles.
    pub fn shape(&mut self, element: &str, color: Rgb, hatch: Hatch, attributes: &str) {
        let fill = color.hex();
        if hatch == Hatch::None {
            let _ = writeln!(self.body, r#"<{element} fill="{fill}" {attributes}/>"#);
            return;
        }
        let pattern = self.pattern(color, hatch);
        let i = self.shapes;
        self.shapes += 1;
        let _ = writeln!(self.defs, r#"<{element} id="shape{i}"/>"#);
        let _ = writeln!(
            self.body,
            r##"<use href="#shape{i}" fill="{fill}" {attributes}/><use href="#shape{i}" fill="url(#hatch{pattern})"/>"##
        );
    }

    /// A filled rectangle with its second sign.
    pub fn filled_rect(&mut self, [x, y, w, h]: [f64; 4], color: Rgb, hatch: Hatch, attributes: &str) {
        let element = format!(r#"rect x="{}" y="{}" width="{}" height="{}""#, num(x), num(y), num(w), num(h));
        self.shape(&element, color, hatch, attributes);
    }

    /// Number of the pattern of a second sign; defines it on first use.
    fn pattern(&mut self, color: Rgb, hatch: Hatch) -> usize {
        if let Some(known) = self.patterns.iter().position(|p| *p == (color, hatch)) {
            return known;
        }
        self.patterns.push((color, hatch));
        let i = self.patterns.len() - 1;
        let ink = color.darker(0.7).hex();
        let line = |d: &str, width: f64| format!(r#"<path d="{d}" stroke="{ink}" stroke-width="{width}"/>"#);
        let marks = match hatch {
            Hatch::None => String::new(),
            Hatch::Rising => line("M-1 1 1 -1M0 8 8 0M7 9 9 7", 0.75),
            Hatch::Falling => line("M-1 7 1 9M0 0 8 8M7 -1 9 1", 0.75),
            Hatch::Horizontal => line("M0 4 8 4", 0.75),
            Hatch::Cross => line("M0 4 8 4M4 0 4 8", 0.65),
            Hatch::Dots => format!(r#"<circle cx="4" cy="4" r="1.05" fill="{ink}"/>"#),
        };
        let _ = writeln!(
            self.defs,
            r#"<pattern id="hatch{i}" width="8" height="8" patternUnits="userSpaceOnUse">{marks}</pattern>"#
        );
        i
    }

    /// Adds a definition (clip path).
    pub fn define(&mut self, element: &str) {
        self.defs.push_str(element);
        self.defs.push('\n');
    }

    pub fn finish(self, title: &str) -> String {
        let (w, h) = (self.width, self.height);
        let mm = |v: f64| num(v * 25.4 / 96.0);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\" \
             font-family=\"{}\" role=\"img\">\n<title>{}</title>\n<defs>\n{}</defs>\n\
             <rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            mm(w),
            mm(h),
            num(w),
            num(h),
            escaped(&self.family),
            escaped(title),
            self.defs,
            num(w),
            num(h),
            self.body
        )
    }
}

/// Escapes a text and sets ₂, ⁴ and ² as small digits below or above the line: many faces lack these signs, and a
/// substitute face would then be used for the whole text.
fn with_indices(text: &str, size: f64) -> String {
    let mut out = String::new();
    let mut back = 0.0;
    for c in text.chars() {
        let (digit, shift) = match c {
            '₂' => ('2', 0.18 * size),
            '²' => ('2', -0.32 * size),
            '⁴' => ('4', -0.32 * size),
            other => {
                if back == 0.0 {
                    out.push_str(&escaped(&other.to_string()));
                } else {
                    // The line goes on at its old height.
                    let _ =
                        write!(out, r#"<tspan dy="{}">{}</tspan>"#, num(-back), escaped(&other.to_string()));
                    back = 0.0;
                }
                continue;
            }
        };
        let _ = write!(
            out,
            r#"<tspan dy="{}" font-size="{}">{digit}</tspan>"#,
            num(shift - back),
            num(size * 0.68)
        );
        back = shift;
    }
    out
}

/// A coordinate with at most two decimals and no trailing zeros.
pub(crate) fn num(v: f64) -> String {
    let text = format!("{v:.2}");
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    if trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
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
    fn numbers_have_no_needless_digits() {
        assert_eq!(num(1.0), "1");
        assert_eq!(num(-0.001), "0");
        assert_eq!(num(2.345_6), "2.35");
    }

    #[test]
    fn lines_break_between_words_and_between_chinese_characters() {
        assert_eq!(wrap("one two three", 10.0, 45.0), ["one two", "three"]);
        let zh = wrap("自然断点法，五类分级", 10.0, 45.0);
        assert!(zh.len() > 1 && zh.concat() == "自然断点法，五类分级" && !zh[1].starts_with('，'), "{zh:?}");
    }

    #[test]
    fn indices_are_small_digits_and_the_line_goes_on() {
        let text = with_indices("CO₂e", 10.0);
        assert_eq!(text, r#"CO<tspan dy="1.8" font-size="6.8">2</tspan><tspan dy="-1.8">e</tspan>"#);
    }

    #[test]
    fn names_with_markup_are_escaped() {
        let mut svg = Svg::new(10.0, 10.0, "sans-serif".to_owned());
        svg.text(0.0, 0.0, "A&B <c>", Type::plain(8.0));
        assert!(svg.finish("t").contains("A&amp;B &lt;c&gt;"));
    }
}
