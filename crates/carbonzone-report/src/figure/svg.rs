//! A sheet as SVG text.

use super::sheet::{Anchor, DOT, HALO, Ink, Line, Mark, Shape, Sheet, Type, hatch_lines, pieces};
use crate::Rgb;
use crate::style::Hatch;
use crate::xml_text::escaped;
use carbonzone_types::packed::base64;
use std::f64::consts::TAU;
use std::fmt::Write;

/// The document; `title` is for those who hear the page.
pub(super) fn document(sheet: &Sheet, title: &str, family: &str) -> String {
    let mut svg = Svg::default();
    for mark in &sheet.marks {
        match mark {
            Mark::Shape(shape, ink) => svg.shape(shape, ink),
            Mark::Text { at, turned, text, t } => svg.text(*at, *turned, text, *t),
            Mark::Picture(frame, _, png) => {
                let png = base64(png);
                let _ =
                    writeln!(svg.body, r#"<image {} href="data:image/png;base64,{png}"/>"#, place(*frame));
            }
            Mark::Clip(id, frame) => {
                let _ = writeln!(svg.defs, r#"<clipPath id="{id}"><rect {}/></clipPath>"#, place(*frame));
                let _ = writeln!(svg.body, r#"<g clip-path="url(#{id})">"#);
            }
            Mark::EndClip => svg.body.push_str("</g>\n"),
        }
    }
    let (w, h) = (sheet.width, sheet.height);
    let mm = |v: f64| num(v * 25.4 / 96.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\" \
         font-family=\"{}\" role=\"img\">\n<title>{}</title>\n<defs>\n{}</defs>\n\
         <rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>\n{}</svg>\n",
        mm(w),
        mm(h),
        num(w),
        num(h),
        escaped(family),
        escaped(title),
        svg.defs,
        num(w),
        num(h),
        svg.body
    )
}

#[derive(Default)]
struct Svg {
    body: String,
    defs: String,
    patterns: Vec<(Rgb, Hatch)>,
    shapes: usize,
}

impl Svg {
    fn text(&mut self, [x, y]: [f64; 2], turned: bool, text: &str, t: Type) {
        let anchor = match t.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if t.bold { r#" font-weight="bold""# } else { "" };
        let halo = if t.halo { format!(r#"{} paint-order="stroke""#, outline(&HALO)) } else { String::new() };
        let turn =
            if turned { format!(r#" transform="rotate(-90 {} {})""#, num(x), num(y)) } else { String::new() };
        let _ = writeln!(
            self.body,
            r#"<text x="{}" y="{}" font-size="{}" fill="{}"{anchor}{weight}{halo}{turn}>{}</text>"#,
            num(x),
            num(y),
            num(t.size),
            t.color.hex(),
            with_indices(text, t.size)
        );
    }

    /// The second sign is another, transparent layer: a pattern with a background would show seams between its tiles.
    fn shape(&mut self, shape: &Shape, ink: &Ink) {
        let line = ink.line.as_ref().map(outline).unwrap_or_default();
        let element = element(shape, ink.fill.is_some());
        let fill = match ink.fill {
            Some(color) => format!(r#" fill="{}""#, color.hex()),
            None if matches!(shape, Shape::Line(_)) => String::new(),
            None => r#" fill="none""#.to_owned(),
        };
        let opacity =
            if ink.opacity < 1.0 { format!(r#" fill-opacity="{}""#, ink.opacity) } else { String::new() };
        let Some(color) = ink.fill.filter(|_| ink.hatch != Hatch::None) else {
            let _ = writeln!(self.body, "<{element}{fill}{opacity}{line}/>");
            return;
        };
        let pattern = self.pattern(color, ink.hatch);
        let i = self.shapes;
        self.shapes += 1;
        let _ = writeln!(self.defs, r#"<{element} id="shape{i}"/>"#);
        let _ = writeln!(
            self.body,
            r##"<use href="#shape{i}"{fill}{opacity}{line}/><use href="#shape{i}" fill="url(#hatch{pattern})"/>"##
        );
    }

    /// Number of the pattern of a second sign; defines it on first use.
    fn pattern(&mut self, color: Rgb, hatch: Hatch) -> usize {
        if let Some(known) = self.patterns.iter().position(|p| *p == (color, hatch)) {
            return known;
        }
        self.patterns.push((color, hatch));
        let i = self.patterns.len() - 1;
        let ink = color.darker(0.7).hex();
        let (lines, width) = hatch_lines(hatch);
        let d = lines.iter().fold(String::new(), |path, [a, b, c, d]| path + &format!("M{a} {b} {c} {d}"));
        let marks = if hatch == Hatch::Dots {
            format!(r#"<circle cx="4" cy="4" r="{DOT}" fill="{ink}"/>"#)
        } else {
            format!(r#"<path d="{d}" stroke="{ink}" stroke-width="{width}"/>"#)
        };
        let _ = writeln!(
            self.defs,
            r#"<pattern id="hatch{i}" width="8" height="8" patternUnits="userSpaceOnUse">{marks}</pattern>"#
        );
        i
    }
}

/// Name and geometry of an element.
fn element(shape: &Shape, filled: bool) -> String {
    match shape {
        Shape::Rect(frame, 0.0) => format!("rect {}", place(*frame)),
        Shape::Rect(frame, corner) => format!(r#"rect {} rx="{corner}""#, place(*frame)),
        Shape::Line([x1, y1, x2, y2]) => {
            format!(r#"line x1="{}" y1="{}" x2="{}" y2="{}""#, num(*x1), num(*y1), num(*x2), num(*y2))
        }
        Shape::Circle([x, y, r]) => format!(r#"circle cx="{}" cy="{}" r="{r}""#, num(*x), num(*y)),
        Shape::Ring { at, radii, angles } => ring(*at, *radii, *angles),
        Shape::Area(rings) => {
            let d: String = rings.iter().map(|ring| path(ring) + "Z").collect();
            let rule = if filled && rings.len() > 1 { r#" fill-rule="evenodd""# } else { "" };
            format!(r#"path d="{d}"{rule}"#)
        }
        Shape::Curve(points) => format!(r#"path d="{}""#, path(points)),
    }
}

fn path(points: &[[f64; 2]]) -> String {
    let mut d = String::with_capacity(14 * points.len());
    for (i, [x, y]) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if i == 0 { "M" } else { "L" }, num(*x), num(*y));
    }
    d
}

/// A piece of a ring between two angles; the whole ring as two circles, because an arc from a point to itself is
/// nothing.
fn ring([cx, cy]: [f64; 2], [outer, inner]: [f64; 2], [from, to]: [f64; 2]) -> String {
    let p = |r: f64, a: f64| format!("{} {}", num(cx + r * a.cos()), num(cy + r * a.sin()));
    let (o, i) = (num(outer), num(inner));
    if to - from >= TAU - 1e-9 {
        let circle = |r: f64, n: &str| {
            let (a, b) = (p(r, 0.0), p(r, TAU / 2.0));
            format!("M{a} A{n} {n} 0 1 1 {b} A{n} {n} 0 1 1 {a} Z")
        };
        return format!(r#"path d="{} {}" fill-rule="evenodd""#, circle(outer, &o), circle(inner, &i));
    }
    let large = i32::from(to - from > TAU / 2.0);
    let (a, b, c, d) = (p(outer, from), p(outer, to), p(inner, to), p(inner, from));
    let back = if inner > 0.0 { format!(" L{c} A{i} {i} 0 {large} 0 {d}") } else { String::new() };
    format!(r#"path d="M{a} A{o} {o} 0 {large} 1 {b}{back} Z""#)
}

fn place([x, y, w, h]: [f64; 4]) -> String {
    format!(r#"x="{}" y="{}" width="{}" height="{}""#, num(x), num(y), num(w), num(h))
}

/// Attributes of a line.
fn outline(line: &Line) -> String {
    let mut out = format!(r#" stroke="{}" stroke-width="{}""#, line.color.hex(), line.width);
    if let Some([dash, gap]) = line.dash {
        let _ = write!(out, r#" stroke-dasharray="{dash} {gap}""#);
    }
    if line.round {
        out.push_str(r#" stroke-linejoin="round""#);
    }
    if line.opacity < 1.0 {
        let _ = write!(out, r#" stroke-opacity="{}""#, line.opacity);
    }
    out
}

/// A text with its small digits.
fn with_indices(text: &str, size: f64) -> String {
    let mut out = String::new();
    let mut back = 0.0;
    for (shift, own, piece) in pieces(text, size) {
        let _ = if own < size {
            write!(out, r#"<tspan dy="{}" font-size="{}">{piece}</tspan>"#, num(shift - back), num(own))
        } else if back == 0.0 {
            write!(out, "{}", escaped(&piece))
        } else {
            // The line goes on at its old height.
            let (first, rest) = piece.split_at(piece.chars().next().map_or(0, char::len_utf8));
            write!(out, r#"<tspan dy="{}">{}</tspan>{}"#, num(-back), escaped(first), escaped(rest))
        };
        back = shift;
    }
    out
}

/// A coordinate with at most two decimals and no trailing zeros.
pub(super) fn num(v: f64) -> String {
    let text = format!("{v:.2}");
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    if trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
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
    fn indices_are_small_digits_and_the_line_goes_on() {
        let text = with_indices("CO₂e", 10.0);
        assert_eq!(text, r#"CO<tspan dy="1.8" font-size="6.8">2</tspan><tspan dy="-1.8">e</tspan>"#);
    }

    #[test]
    fn names_with_markup_are_escaped() {
        let mut sheet = Sheet::new(10.0, 10.0);
        sheet.text(0.0, 0.0, "A&B <c>", Type::plain(8.0));
        assert!(document(&sheet, "t", "sans-serif").contains("A&amp;B &lt;c&gt;"));
    }

    #[test]
    fn the_ring_of_a_single_class_is_drawn_whole() {
        let element = ring([100.0, 100.0], [50.0, 25.0], [-TAU / 4.0, -TAU / 4.0 + TAU]);
        // Two circles: an arc that ends where it begins would draw nothing.
        assert_eq!(element.matches('A').count(), 4, "{element}");
        assert!(element.contains("evenodd") && element.contains("M150 100 A50 50 0 1 1 50 100"), "{element}");
        let half = ring([100.0, 100.0], [50.0, 25.0], [0.0, TAU / 2.0]);
        assert_eq!(half.matches('A').count(), 2, "{half}");
    }
}
