//! From one total to another by its effects, step by step.

use super::page::{self, MARGIN, WIDTH};
use super::sheet::{Anchor, Ink, Line, Sheet, Type, text_width};
use crate::number::{grouped, nice_below, shortest};
use crate::palette::NO_DATA;
use crate::style::{Figure, Waterfall};
use crate::{Label, Lang, MapData, Rgb};
use carbonzone_types::T_PER_1E4_T;

const GREY: Rgb = Rgb(0x55, 0x55, 0x55);
/// More and less, told apart without colour by the sign beside the bar.
const MORE: Rgb = Rgb(0xd5, 0x5e, 0x00);
const LESS: Rgb = Rgb(0x00, 0x72, 0xb2);
const TOTAL: Rgb = Rgb(0x66, 0x66, 0x66);
const ROW: f64 = 38.0;
const NAMES: f64 = 250.0;
const VALUES: f64 = 110.0;

/// A row of the chart: name, where its bar begins and ends, its amount, colour.
struct Bar<'a> {
    label: &'a Label,
    from: f64,
    to: f64,
    shown: String,
    color: Rgb,
}

/// The bars in 10⁴ t; `axis` is where totals begin.
fn bars(chart: &Waterfall, axis: f64) -> Vec<Bar<'_>> {
    let (before, after) = (chart.before.1 / T_PER_1E4_T, chart.after.1 / T_PER_1E4_T);
    let whole = |label, t| Bar { label, from: axis, to: t, shown: grouped(t, 2), color: TOTAL };
    let mut out = vec![whole(&chart.before.0, before)];
    let mut now = before;
    for (label, effect) in &chart.steps {
        let effect = effect / T_PER_1E4_T;
        // What is below the digits shown has no sign.
        let shown = (100.0 * effect).round();
        let sign = if shown > 0.0 { "+" } else { "" };
        let color = match shown {
            e if e > 0.0 => MORE,
            e if e < 0.0 => LESS,
            _ => NO_DATA,
        };
        out.push(Bar {
            label,
            from: now,
            to: now + effect,
            shown: format!("{sign}{}", grouped(effect, 2)),
            color,
        });
        now += effect;
    }
    out.push(whole(&chart.after.0, after));
    out
}

/// Lowest and highest value of the axis, and the distance of its ticks. It begins at 0 unless the steps would be too small to see.
fn axis(chart: &Waterfall) -> (f64, f64, f64) {
    let mut now = chart.before.1;
    let passed = chart.steps.iter().map(|(_, effect)| {
        now += effect;
        now
    });
    let all: Vec<f64> = passed.chain([chart.before.1, chart.after.1]).map(|t| t / T_PER_1E4_T).collect();
    let (least, most) = all.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
    // What is left of roundings is no step: beside it no tick would move.
    let far_from_zero = least > 0.0 && (1e-6 * most..0.5 * least).contains(&(most - least));
    let (least, most) =
        if far_from_zero { (least - 0.25 * (most - least), most) } else { (least.min(0.0), most.max(0.0)) };
    let step = nice_below(((most - least) / 5.0).max(f64::MIN_POSITIVE));
    ((least / step).floor() * step, (most / step).ceil() * step, step)
}

pub(crate) fn draw(data: &MapData, figure: &Figure, chart: &Waterfall, lang: Lang) -> Sheet {
    let top = page::title_height(&figure.title, lang) + 6.0;
    let (low, high, step) = axis(chart);
    let rows = bars(chart, low);
    let content = 44.0 + ROW * rows.len() as f64 + 84.0;
    let mut sheet = Sheet::new(WIDTH, top + content + page::footer_height(data, lang, false));
    page::title(&mut sheet, &figure.title, lang);
    page::corner_badge(&mut sheet, data, lang, top);
    let (left, right, roof) = (MARGIN + NAMES, WIDTH - MARGIN - VALUES, top + 44.0);
    let base = roof + ROW * rows.len() as f64;
    let px = |v: f64| left + (right - left) * (v - low) / (high - low).max(f64::MIN_POSITIVE);
    sheet.text(MARGIN, roof - 14.0, &chart.quantity.text(lang), Type::plain(11.0).bold());
    let mut tick = low;
    while tick <= high + step / 2.0 {
        sheet.line([px(tick), roof, px(tick), base], Line::grey(0xdd, 0.7));
        sheet.text(px(tick), base + 16.0, &shortest(tick), Type::plain(10.5).anchor(Anchor::Middle));
        tick += step;
    }
    for (i, bar) in rows.iter().enumerate() {
        let y = roof + ROW * i as f64;
        let lines = bar.label.lines(lang);
        for (k, line) in lines.iter().enumerate() {
            let size = 11.0 * (1.0f64).min((NAMES - 14.0) / text_width(line, 11.0));
            let at = y + ROW / 2.0 + 4.0 + 13.0 * (k as f64 - (lines.len() as f64 - 1.0) / 2.0);
            sheet.text(left - 8.0, at, line, Type::plain(size).anchor(Anchor::End));
        }
        let (x0, x1) = (px(bar.from.min(bar.to)), px(bar.from.max(bar.to)));
        let ink = Ink::fill(bar.color).with(Line::grey(0x33, 0.5));
        sheet.rect([x0, y + 7.0, (x1 - x0).max(0.8), ROW - 14.0], ink);
        if i + 1 < rows.len() {
            let x = px(bar.to);
            sheet.line([x, y + ROW - 7.0, x, y + ROW + 7.0], Line::grey(0x77, 0.8).dash([2.0, 2.0]));
        }
        sheet.text(x1 + 6.0, y + ROW / 2.0 + 4.0, &bar.shown, Type::plain(11.0).bold().halo());
    }
    sheet.line([left, roof, left, base], Line::grey(0x33, 1.0));
    let cut = if low == 0.0 {
        Label::default()
    } else {
        Label::new(" The axis does not begin at 0.", "坐标轴不从 0 开始。")
    };
    let note = chart.note.then(&cut).text(lang);
    sheet.paragraph(MARGIN, base + 38.0, WIDTH - 2.0 * MARGIN, &note, Type::plain(10.0).color(GREY));
    page::footer(&mut sheet, data, lang, false, top + content);
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(before: f64, effects: [f64; 2]) -> Waterfall {
        let step = |name: &str, t: f64| (Label::same(name), t * T_PER_1E4_T);
        Waterfall {
            before: step("base", before),
            steps: vec![step("land", effects[0]), step("factor", effects[1])],
            after: step("plan", before + effects[0] + effects[1]),
            ..Waterfall::default()
        }
    }

    #[test]
    fn bars_lead_from_one_total_to_the_other() {
        let chart = chart(100.0, [20.0, -50.0]);
        let rows = bars(&chart, 0.0);
        let ends: Vec<(f64, f64)> = rows.iter().map(|b| (b.from, b.to)).collect();
        assert_eq!(ends, [(0.0, 100.0), (100.0, 120.0), (120.0, 70.0), (0.0, 70.0)]);
        assert_eq!(rows[1].shown, "+20.00");
        assert_eq!(rows[2].color, LESS);
        let (low, high, _) = axis(&chart);
        assert!(low == 0.0 && high >= 120.0);
    }

    #[test]
    fn small_steps_between_large_totals_are_seen_and_a_sink_can_lie_below_zero() {
        let (low, high, step) = axis(&chart(24_000.0, [300.0, -500.0]));
        assert!(low > 20_000.0 && low < 23_800.0 && high >= 24_300.0 && step > 0.0);
        let (low, high, _) = axis(&chart(10.0, [-30.0, 5.0]));
        assert!(low <= -20.0 && high >= 10.0);
        let (low, high, _) = axis(&chart(0.0, [0.0, 0.0]));
        assert!(low <= 0.0 && high >= 0.0);
        // A plan that changes nothing, but for roundings.
        let (low, high, step) = axis(&chart(24_000.0, [4e-12, -4e-12]));
        assert!(low == 0.0 && (high - low) / step < 20.0, "{low} {high} {step}");
    }
}
