//! Charts of studies over years: one quantity year by year, and who moved from which class to which.

use super::page::{self, MARGIN, WIDTH};
use super::sheet::{Anchor, Ink, Line, Shape, Sheet, Type, text_width};
use crate::number::{grouped, nice_below, shortest, significant};
use crate::palette::SERIES;
use crate::style::{Figure, LineChart, TransitionChart};
use crate::{Label, Lang, MapData, Rgb};

const GREY: Rgb = Rgb(0x55, 0x55, 0x55);
/// Height of the plot of a line chart.
const PLOT: f64 = 420.0;

/// One quantity over the years with its largest value and a line of reference; years without a value break the line.
pub(crate) fn draw_line(data: &MapData, figure: &Figure, chart: &LineChart, lang: Lang) -> Sheet {
    let top = page::title_height(&figure.title, lang) + 6.0;
    let mut sheet = Sheet::new(WIDTH, top + PLOT + page::footer_height(data, lang, false));
    page::title(&mut sheet, &figure.title, lang);
    page::corner_badge(&mut sheet, data, lang, top);
    let known = || chart.values.iter().flatten().copied();
    let reference = chart.reference.as_ref().map(|(v, _)| *v);
    let (low, high) = known().chain(reference).fold((0.0f64, 0.0f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let step = nice_below(((high - low) / 5.0).max(f64::MIN_POSITIVE));
    let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
    let note = if chart.note == Label::default() { Vec::new() } else { chart.note.lines(lang) };
    let below = 34.0 + 15.0 * note.len() as f64;
    let (left, right, base, roof) = (MARGIN + 62.0, WIDTH - MARGIN - 30.0, top + PLOT - below, top + 60.0);
    let first = chart.years.first().copied().unwrap_or(0);
    let span = f64::from((chart.years.last().copied().unwrap_or(0) - first).max(1));
    let py = |v: f64| base - (base - roof) * (v - low) / (high - low).max(f64::MIN_POSITIVE);
    let px = |y: i32| left + (right - left) * f64::from(y - first) / span;
    let mut tick = low;
    while tick <= high + step / 2.0 {
        sheet.line([left, py(tick), right, py(tick)], Line::grey(0xdd, 0.7));
        sheet.text(left - 6.0, py(tick) + 4.0, &shortest(tick), Type::plain(10.5).anchor(Anchor::End));
        tick += step;
    }
    sheet.text(MARGIN, roof - 14.0, &chart.quantity.text(lang), Type::plain(11.0).bold());
    let every = chart.years.len().div_ceil(12).max(1);
    for year in chart.years.iter().step_by(every) {
        sheet.text(px(*year), base + 17.0, &year.to_string(), Type::plain(10.5).anchor(Anchor::Middle));
    }
    if let Some((value, label)) = &chart.reference {
        let y = py(*value);
        sheet.line([left, y, right, y], Line::new(Rgb(0x00, 0x72, 0xb2), 1.2).dash([6.0, 4.0]));
        let t = Type::plain(11.0).color(Rgb(0x00, 0x5a, 0x8c)).anchor(Anchor::End).halo();
        sheet.text(right - 2.0, y - 6.0, &label.text(lang), t);
    }
    for run in runs(chart) {
        let points: Vec<[f64; 2]> = run.iter().map(|(y, v)| [px(*y), py(*v)]).collect();
        let dots = points.clone();
        sheet.add(Shape::Curve(points), Ink::line(Line::new(SERIES[4], 2.4).round()));
        for [x, y] in dots {
            sheet.add(Shape::Circle([x, y, 3.2]), Ink::fill(SERIES[4]).with(Line::grey(0xff, 0.8)));
        }
    }
    let peak = chart.years.iter().zip(&chart.values).filter_map(|(y, v)| v.map(|v| (*y, v)));
    if let Some((year, value)) = peak.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) {
        let text = format!("{} ({year})", significant(value, 3));
        let half = text_width(&text, 11.5) / 2.0;
        let x = px(year).clamp(left + half, right - half);
        sheet.text(x, py(value) - 10.0, &text, Type::plain(11.5).bold().anchor(Anchor::Middle).halo());
    }
    sheet.line([left, base, right, base], Line::grey(0x33, 1.0));
    for (k, line) in note.iter().enumerate() {
        sheet.paragraph(
            left,
            base + 34.0 + 15.0 * k as f64,
            right - left,
            line,
            Type::plain(10.0).color(GREY),
        );
    }
    page::footer(&mut sheet, data, lang, false, top + PLOT);
    sheet
}

/// Consecutive entries with a value.
fn runs(chart: &LineChart) -> Vec<Vec<(i32, f64)>> {
    let mut out: Vec<Vec<(i32, f64)>> = vec![Vec::new()];
    for (year, value) in chart.years.iter().zip(&chart.values) {
        match (value, out.last_mut()) {
            (Some(v), Some(run)) => run.push((*year, *v)),
            _ => out.push(Vec::new()),
        }
    }
    out.retain(|run| !run.is_empty());
    out
}

/// Counts from every class (rows) to every class (columns); the tint is the share of the row.
pub(crate) fn draw_transitions(
    data: &MapData,
    figure: &Figure,
    chart: &TransitionChart,
    lang: Lang,
) -> Sheet {
    const NAMES: f64 = 230.0;
    const HEAD: f64 = 96.0;
    const CELL_HEIGHT: f64 = 62.0;
    let n = chart.classes.len();
    let top = page::title_height(&figure.title, lang) + 6.0;
    let content = HEAD + CELL_HEIGHT * n as f64 + 46.0;
    let mut sheet = Sheet::new(WIDTH, top + content + page::footer_height(data, lang, false));
    page::title(&mut sheet, &figure.title, lang);
    page::corner_badge(&mut sheet, data, lang, top);
    let (x0, y0) = (MARGIN + NAMES, top + HEAD);
    let width = ((WIDTH - MARGIN - x0) / n.max(1) as f64).min(190.0);
    sheet.text(MARGIN, y0 - 8.0, &(chart.from.text(lang) + " ↓"), Type::plain(11.0).color(GREY).bold());
    sheet.text(x0, y0 - 52.0, &(chart.to.text(lang) + " →"), Type::plain(11.0).color(GREY).bold());
    for (k, (label, color)) in chart.classes.iter().enumerate() {
        let color = Rgb::parse(color).unwrap_or(SERIES[k % SERIES.len()]);
        let swatch = Ink::fill(color).with(Line::grey(0x44, 0.6));
        let middle = y0 + CELL_HEIGHT * (k as f64 + 0.5);
        sheet.rect([x0 - 20.0, middle - 8.0, 12.0, 16.0], swatch);
        let lines = label.lines(lang);
        for (i, line) in lines.iter().enumerate() {
            let size = 11.0 * (1.0f64).min((NAMES - 30.0) / text_width(line, 11.0));
            let y = middle + 4.0 + 14.0 * (i as f64 - (lines.len() as f64 - 1.0) / 2.0);
            sheet.text(x0 - 28.0, y, line, Type::plain(size).anchor(Anchor::End));
            let size = 11.0 * (1.0f64).min((width - 8.0) / text_width(line, 11.0));
            let cx = x0 + width * (k as f64 + 0.5);
            let y = y0 - 20.0 - 14.0 * (lines.len() - 1 - i) as f64;
            sheet.text(cx, y, line, Type::plain(size).anchor(Anchor::Middle));
        }
        sheet.rect([x0 + width * (k as f64 + 0.5) - 14.0, y0 - 14.0, 28.0, 8.0], swatch);
    }
    for (i, row) in chart.counts.iter().enumerate() {
        let sum: u64 = row.iter().sum();
        for (j, count) in row.iter().enumerate() {
            let share = if sum > 0 { *count as f64 / sum as f64 } else { 0.0 };
            let (x, y) = (x0 + width * j as f64, y0 + CELL_HEIGHT * i as f64);
            let tint = Rgb(blend(0x00, share), blend(0x72, share), blend(0xb2, share));
            let frame = if i == j { Line::grey(0x22, 1.6) } else { Line::grey(0xbb, 0.7) };
            let cell = [x + 1.0, y + 1.0, width - 2.0, CELL_HEIGHT - 2.0];
            sheet.rect(cell, Ink::fill(tint).with(frame));
            let middle = (x + width / 2.0, y + CELL_HEIGHT / 2.0);
            let t = Type::plain(15.0).bold().anchor(Anchor::Middle);
            sheet.text(middle.0, middle.1 + 2.0, &grouped(*count as f64, 0), t);
            if sum > 0 {
                let text = format!("{} %", grouped(100.0 * share, 1));
                sheet.text(middle.0, middle.1 + 17.0, &text, Type::plain(10.0).anchor(Anchor::Middle));
            }
        }
    }
    let note = chart.note.text(lang);
    let at = y0 + CELL_HEIGHT * n as f64 + 20.0;
    sheet.paragraph(MARGIN, at, WIDTH - 2.0 * MARGIN, &note, Type::plain(10.0).color(GREY));
    page::footer(&mut sheet, data, lang, false, top + content);
    sheet
}

/// A channel between white (0) and two thirds of the way to the colour (1), so that black text stays readable.
fn blend(channel: u8, share: f64) -> u8 {
    let strength = 0.66 * share;
    (255.0 + (f64::from(channel) - 255.0) * strength).round() as u8
}

/// The state transition chart's standard note.
pub fn transition_note() -> Label {
    Label::new("percent of the row; frames: unchanged", "百分比为占行合计；粗框：不变")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_without_a_value_breaks_the_line() {
        let chart = LineChart {
            years: vec![2001, 2002, 2003, 2004],
            values: vec![Some(1.0), None, Some(2.0), Some(3.0)],
            ..LineChart::default()
        };
        assert_eq!(runs(&chart), [vec![(2001, 1.0)], vec![(2003, 2.0), (2004, 3.0)]]);
    }

    #[test]
    fn tints_stay_light_enough_for_black_text() {
        assert_eq!((blend(0x00, 0.0), blend(0x00, 1.0)), (255, 87));
    }
}
