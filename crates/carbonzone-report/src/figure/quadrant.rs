//! The plot of two indices: a mark for every unit, and the ellipse that holds 90 % of its draws.

use super::page::{self, LEGEND, MARGIN, WIDTH};
use super::sheet::{self, Anchor, Ink, Line, Shape, Sheet, Type};
use crate::columns::CONFIDENCE_CLASS;
use crate::confidence::{SAFETIES, suffix_of};
use crate::number::shortest;
use crate::palette::NO_DATA;
use crate::quadrant::{Axis, index_pair, outlines};
use crate::style::{Figure, headline_field, zone_categories};
use crate::{Label, Lang, MapData, Rgb, words};
use carbonzone_types::IndicatorRecord;
use std::f64::consts::TAU;

const HEIGHT: f64 = 560.0;
const GREY: Rgb = Rgb(0x55, 0x55, 0x55);

/// Place of the plot on the page and its axes.
struct Plot {
    x: Axis,
    y: Axis,
    left: f64,
    right: f64,
    roof: f64,
    base: f64,
}

impl Plot {
    fn px(&self, v: f64) -> f64 {
        self.left + (self.right - self.left) * self.x.at(v)
    }

    fn py(&self, v: f64) -> f64 {
        self.base - (self.base - self.roof) * self.y.at(v)
    }

    fn frame(&self) -> [f64; 4] {
        [self.left, self.roof, self.right - self.left, self.base - self.roof]
    }
}

/// A unit on the plot.
struct Mark {
    at: [f64; 2],
    outline: Option<Vec<[f64; 2]>>,
    color: Rgb,
    /// Position in [`SAFETIES`].
    safety: usize,
}

pub(crate) fn draw(data: &MapData, figure: &Figure, lang: Lang) -> Sheet {
    let top = page::title_height(&figure.title, lang) + 6.0;
    let mut sheet = Sheet::new(WIDTH, top + HEIGHT + page::footer_height(data, lang, false));
    page::title(&mut sheet, &figure.title, lang);
    if let Some((ix, iy)) = index_pair(data) {
        let marks = marks(data, ix, iy);
        let all = |k: usize| -> Vec<f64> {
            let outlines = marks.iter().filter_map(|m| m.outline.as_ref()).flatten();
            marks.iter().map(|m| m.at[k]).chain(middle(outlines.map(|p| p[k]).collect())).collect()
        };
        let plot = Plot {
            x: Axis::over(&all(0), ix.thresholds[0]),
            y: Axis::over(&all(1), iy.thresholds[0]),
            left: MARGIN + 58.0,
            right: WIDTH - MARGIN - LEGEND - 14.0,
            roof: top + 4.0,
            base: top + HEIGHT - 58.0,
        };
        axes(&mut sheet, &plot, (ix, iy), lang);
        plotted(&mut sheet, &plot, &marks);
        legend(&mut sheet, data, &marks, lang, top);
    }
    page::footer(&mut sheet, data, lang, false, top + HEIGHT);
    sheet
}

/// The values without the outermost hundredth on either side: one long ellipse must not press all others together.
fn middle(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let cut = values.len() / 100;
    values[cut..values.len() - cut].to_vec()
}

/// Units with both indices known and positive.
fn marks(data: &MapData, ix: &IndicatorRecord, iy: &IndicatorRecord) -> Vec<Mark> {
    let field = headline_field(&data.zones);
    let n = data.zones.table.rows();
    let mean = if suffix_of(field).is_empty() { "" } else { "_p50_of_mean" };
    let column = |key: &str| data.zones.numbers(&format!("{key}{mean}")).unwrap_or_else(|_| vec![None; n]);
    let (xs, ys) = (column(&ix.key), column(&iy.key));
    let texts = |f: &str| data.zones.table.texts(f).unwrap_or_else(|| vec![None; n]);
    let (classes, safeties) = (texts(field), texts(&format!("{CONFIDENCE_CLASS}{}", suffix_of(field))));
    let categories = zone_categories(data);
    let color = |key: &Option<String>| {
        categories.iter().find(|c| Some(&c.value) == key.as_ref()).map_or(NO_DATA, |c| c.color)
    };
    let outlines = outlines(data);
    let one = |i: usize| {
        let at = [xs[i].filter(|v| *v > 0.0)?, ys[i].filter(|v| *v > 0.0)?];
        let safety = safeties[i].as_deref().and_then(|s| SAFETIES.iter().position(|known| *known == s))?;
        Some(Mark { at, outline: outlines[i].clone(), color: color(&classes[i]), safety })
    };
    (0..n).filter_map(one).collect()
}

fn axes(sheet: &mut Sheet, plot: &Plot, (ix, iy): (&IndicatorRecord, &IndicatorRecord), lang: Lang) {
    for t in plot.x.ticks() {
        let x = plot.px(t);
        sheet.line([x, plot.roof, x, plot.base], Line::grey(0xe4, 0.7));
        sheet.text(x, plot.base + 15.0, &shortest(t), Type::plain(10.5).anchor(Anchor::Middle));
    }
    for t in plot.y.ticks() {
        let y = plot.py(t);
        sheet.line([plot.left, y, plot.right, y], Line::grey(0xe4, 0.7));
        sheet.text(plot.left - 6.0, y + 4.0, &shortest(t), Type::plain(10.5).anchor(Anchor::End));
    }
    let dashed = Line::grey(0x22, 1.3).dash([7.0, 4.0]);
    for t in &ix.thresholds {
        sheet.line([plot.px(*t), plot.roof, plot.px(*t), plot.base], dashed);
    }
    for t in &iy.thresholds {
        sheet.line([plot.left, plot.py(*t), plot.right, plot.py(*t)], dashed);
    }
    sheet.rect(plot.frame(), Ink::line(Line::grey(0x22, 1.0)));
    let name = |i: &IndicatorRecord| {
        let short = i.key.to_uppercase();
        let with =
            |label: &str| if label.contains(&short) { label.to_owned() } else { format!("{label} {short}") };
        Label::new(with(&i.label_en), with(&i.label_zh)).text(lang)
    };
    let bold = Type::plain(11.5).bold().anchor(Anchor::Middle);
    sheet.text(f64::midpoint(plot.left, plot.right), plot.base + 36.0, &name(ix), bold);
    let at = [MARGIN + 10.0, f64::midpoint(plot.roof, plot.base)];
    sheet.marks.push(sheet::Mark::Text { at, turned: true, text: name(iy), t: bold });
}

/// Ellipses below, surest first, then the marks: the unsure ones lie on top.
fn plotted(sheet: &mut Sheet, plot: &Plot, marks: &[Mark]) {
    sheet.marks.push(sheet::Mark::Clip("plot", plot.frame()));
    for safety in 0..SAFETIES.len() {
        for mark in marks.iter().filter(|m| m.safety == safety) {
            let Some(outline) = &mark.outline else { continue };
            let ellipse = outline.iter().map(|[x, y]| [plot.px(*x), plot.py(*y)]).collect();
            let line = Line::new(mark.color.darker(0.8), 0.9).opacity([0.35, 0.7, 1.0, 1.0][safety]);
            let ink = Ink { opacity: 0.07, ..Ink::fill(mark.color).with(line) };
            sheet.add(Shape::Area(vec![ellipse]), ink);
        }
    }
    for safety in 0..SAFETIES.len() {
        for mark in marks.iter().filter(|m| m.safety == safety) {
            symbol(sheet, plot.px(mark.at[0]), plot.py(mark.at[1]), mark.color, safety);
        }
    }
    sheet.marks.push(sheet::Mark::EndClip);
}

/// Full, half, empty or dotted circle: safe, likely, toss-up, another class is likelier.
fn symbol(sheet: &mut Sheet, x: f64, y: f64, color: Rgb, safety: usize) {
    const R: f64 = 4.6;
    let (white, circle) = (Rgb(0xff, 0xff, 0xff), Shape::Circle([x, y, R]));
    let line = if safety == 0 { Line::grey(0x33, 0.7) } else { Line::new(color.darker(0.7), 1.7) };
    let ink = match safety {
        0 => Ink::fill(color).with(line),
        1 => {
            sheet.add(Shape::Circle([x, y, R]), Ink::fill(white));
            let right_half = [-TAU / 4.0, TAU / 4.0];
            sheet.add(Shape::Ring { at: [x, y], radii: [R, 0.0], angles: right_half }, Ink::fill(color));
            Ink::line(line)
        }
        2 => Ink::fill(white).with(line),
        _ => Ink::fill(white).with(line.dash([1.6, 1.8])),
    };
    sheet.add(circle, ink);
}

fn legend(sheet: &mut Sheet, data: &MapData, marks: &[Mark], lang: Lang, top: f64) {
    let x = WIDTH - MARGIN - LEGEND + 14.0;
    let width = LEGEND - 14.0;
    let mut y = page::badge(sheet, data, lang, x, top + 4.0, width) + 12.0;
    let head = |sheet: &mut Sheet, y: f64, text: &Label| {
        let mut at = y;
        for line in text.lines(lang) {
            at = sheet.paragraph(x, at, width, &line, Type::plain(12.0).bold());
        }
        at + 3.0
    };
    y = head(sheet, y, &words::zone_heading(&data.manifest.study));
    for class in zone_categories(data) {
        let n = marks.iter().filter(|m| m.color == class.color).count();
        if n == 0 {
            continue;
        }
        let ink = Ink::fill(class.color).hatch(class.hatch).with(Line::grey(0x44, 0.6));
        sheet.rect([x, y - 10.0, 24.0, 13.0], ink);
        y = entry(sheet, x, y, &class.label, n, lang);
    }
    y = head(sheet, y + 10.0, &Label::new("How sure the class is", "分区可信度"));
    for (safety, key) in SAFETIES.into_iter().enumerate() {
        symbol(sheet, x + 12.0, y - 4.0, Rgb(0x66, 0x66, 0x66), safety);
        let (word, range) = (words::safety(key), words::safety_range(key));
        let label = word.then(&Label::new(format!(" ({})", range.en), format!("（{}）", range.zh)));
        y = entry(sheet, x, y, &label, marks.iter().filter(|m| m.safety == safety).count(), lang);
    }
    let small = Type::plain(9.5).color(GREY);
    let one = words::zone_word(&data.manifest.zones_layer);
    let notes = [
        Label::new(
            format!("ellipse: 90 % of the draws of a {}", one.en),
            format!("椭圆：该{} 90 % 的抽样位于其内", one.zh),
        ),
        Label::new("dashed: thresholds between the classes", "虚线：分区阈值"),
        Label::new(
            format!("right column: number of {}", words::plural(&one.en)),
            format!("右列：{}数", one.zh),
        ),
    ];
    y += 8.0;
    let hidden = data.zones.table.rows() - marks.len();
    let missing = Label::new(
        format!("not shown: {hidden} with an index that is unknown or 0"),
        format!("未显示：{hidden} 个指标未知或为 0"),
    );
    for note in notes.iter().chain((hidden > 0).then_some(&missing)) {
        for line in note.lines(lang) {
            y = sheet.paragraph(x, y, width, &line, small);
        }
    }
}

fn entry(sheet: &mut Sheet, x: f64, y: f64, label: &Label, count: usize, lang: Lang) -> f64 {
    const SIZE: f64 = 11.0;
    sheet.text(x + LEGEND - 14.0, y, &count.to_string(), Type::plain(SIZE).color(GREY).anchor(Anchor::End));
    let mut at = y;
    for line in label.lines(lang) {
        at = sheet.paragraph(x + 32.0, at, LEGEND - 14.0 - 32.0 - 24.0, &line, Type::plain(SIZE));
    }
    at.max(y + 18.0) + 3.0
}
