//! Charts: shares of sectors and land groups, zone counts, zone shares.

use super::page::{self, MARGIN, WIDTH};
use super::sheet::{Anchor, Ink, Line, Shape, Sheet, Type, text_width};
use crate::number::{grouped, nice_below, significant};
use crate::palette::{SERIES, SINK};
use crate::style::{Category, ChartKind, Figure, Hatch, Series, zone_categories};
use crate::{Label, Lang, MapData, Rgb, words};
use carbonzone_types::T_PER_1E4_T;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

const GREY: Rgb = Rgb(0x55, 0x55, 0x55);

pub(crate) fn draw(data: &MapData, figure: &Figure, kind: ChartKind, lang: Lang) -> Sheet {
    let top = page::title_height(&figure.title, lang) + 6.0;
    let content = match kind {
        ChartKind::Shares => shares_height(data),
        ChartKind::ZoneCounts | ChartKind::ZoneShares | ChartKind::Quadrant => 420.0,
    };
    let height = top + content + page::footer_height(data, lang, false);
    let mut sheet = Sheet::new(WIDTH, height);
    page::title(&mut sheet, &figure.title, lang);
    match kind {
        ChartKind::Shares => shares(&mut sheet, data, lang, top),
        ChartKind::ZoneCounts => zone_counts(&mut sheet, data, lang, top, content),
        ChartKind::ZoneShares => zone_shares(&mut sheet, data, lang, top, content),
        // A drawing of its own: `quadrant`.
        ChartKind::Quadrant => {}
    }
    page::footer(&mut sheet, data, lang, false, top + content);
    sheet
}

/// Gross emissions, sinks and net emissions over the years.
pub(crate) fn draw_series(data: &MapData, figure: &Figure, series: &Series, lang: Lang) -> Sheet {
    const HEIGHT: f64 = 420.0;
    let top = page::title_height(&figure.title, lang) + 6.0;
    let mut sheet = Sheet::new(WIDTH, top + HEIGHT + page::footer_height(data, lang, false));
    page::title(&mut sheet, &figure.title, lang);
    page::corner_badge(&mut sheet, data, lang, top);
    let net: Vec<f64> = series.gross_t.iter().zip(&series.sink_t).map(|(g, s)| g - s).collect();
    let line = |color| Line::new(color, 2.4).round();
    let lines: [(Label, &[f64], Line); 3] = [
        (words::field("gross_t"), &series.gross_t, line(SERIES[4])),
        (words::field("net_t"), &net, line(SERIES[0]).dash([9.0, 4.0])),
        (words::field("sink_t"), &series.sink_t, line(SINK).dash([2.0, 4.0])),
    ];
    let all = || lines.iter().flat_map(|(_, v, ..)| v.iter().copied());
    let (low, high) = (all().fold(0.0f64, f64::min), all().fold(1.0f64, f64::max));
    let step = nice_below((high - low) / 5.0);
    let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
    let (left, right, base, roof) = (MARGIN + 78.0, WIDTH - MARGIN - 150.0, top + HEIGHT - 34.0, top + 60.0);
    let py = |v: f64| base - (base - roof) * (v - low) / (high - low);
    let span =
        f64::from(series.years.last().copied().unwrap_or(0) - series.years.first().copied().unwrap_or(0))
            .max(1.0);
    let px =
        |y: i32| left + (right - left) * f64::from(y - series.years.first().copied().unwrap_or(y)) / span;
    let mut tick = low;
    while tick <= high + step / 2.0 {
        sheet.line([left, py(tick), right, py(tick)], Line::grey(0xdd, 0.7));
        let text = crate::number::shortest(tick / T_PER_1E4_T);
        sheet.text(left - 6.0, py(tick) + 4.0, &text, Type::plain(10.5).anchor(Anchor::End));
        tick += step;
    }
    let unit = Label::new("10⁴ t CO₂e", "万t CO₂e").text(lang);
    sheet.text(MARGIN, roof - 14.0, &unit, Type::plain(11.0).bold());
    let every = series.years.len().div_ceil(12).max(1);
    for year in series.years.iter().step_by(every) {
        sheet.text(px(*year), base + 17.0, &year.to_string(), Type::plain(10.5).anchor(Anchor::Middle));
    }
    let mut taken: Vec<f64> = Vec::new();
    for (label, values, line) in &lines {
        let points = series.years.iter().zip(*values).map(|(y, v)| [px(*y), py(*v)]).collect();
        sheet.add(Shape::Curve(points), Ink::line(*line));
        let lowest = base - 4.0 - 12.0 * (label.lines(lang).len() as f64 - 1.0);
        let mut y = (py(values.last().copied().unwrap_or(0.0)) + 4.0).min(lowest);
        while taken.iter().any(|t| (t - y).abs() < 26.0) {
            y += 4.0;
        }
        taken.push(y);
        for (k, text) in label.lines(lang).iter().enumerate() {
            sheet.text(
                right + 10.0,
                y + 12.0 * k as f64,
                text,
                Type::plain(11.0).color(line.color.darker(0.85)),
            );
        }
    }
    sheet.line([left, base, right, base], Line::grey(0x33, 1.0));
    page::footer(&mut sheet, data, lang, false, top + HEIGHT);
    sheet
}

/// A bar of the shares chart.
struct Bar {
    label: Label,
    amount_t: f64,
    share_pct: Option<f64>,
    net_pct: Option<f64>,
    parts: Vec<(f64, Rgb)>,
}

fn sector_bars(data: &MapData) -> Vec<Bar> {
    let total = |s: &carbonzone_types::SectorTotal| Bar {
        label: words::sector(&s.sector),
        // A sink takes away: its amount and its shares are negative, its bar has the length of its size.
        amount_t: if s.sector == "sink" { -s.amount_t } else { s.amount_t },
        share_pct: s.share_of_gross_pct,
        net_pct: s.share_of_net_pct,
        parts: vec![(s.amount_t, sector_colour(data, &s.sector))],
    };
    data.manifest.totals.sectors.iter().map(total).collect()
}

pub(crate) fn sector_colour(data: &MapData, sector: &str) -> Rgb {
    if sector == "sink" {
        return SINK;
    }
    let i = data.manifest.sectors.iter().position(|s| s == sector).unwrap_or(SERIES.len() - 1);
    SERIES[i % SERIES.len()]
}

/// Emission of the land of each space type by sector, largest first; sinks are a bar of their own.
fn land_bars(data: &MapData) -> Vec<Bar> {
    let mut groups: BTreeMap<&str, Vec<(&str, f64)>> = BTreeMap::new();
    for row in &data.manifest.by_land {
        groups.entry(&row.space_type).or_default().push((&row.sector, row.amount_t));
    }
    let gross = data.manifest.totals.gross_t;
    let mut bars: Vec<Bar> = groups
        .into_iter()
        .map(|(group, parts)| {
            let amount_t: f64 = parts.iter().map(|(_, t)| t).sum();
            Bar {
                label: words::land_group(group),
                amount_t,
                share_pct: (gross > 0.0).then(|| 100.0 * amount_t / gross),
                net_pct: None,
                parts: parts.iter().map(|(s, t)| (*t, sector_colour(data, s))).collect(),
            }
        })
        .collect();
    bars.sort_by(|a, b| b.amount_t.total_cmp(&a.amount_t).then_with(|| a.label.en.cmp(&b.label.en)));
    bars
}

const ROW: f64 = 34.0;
const PANEL_HEAD: f64 = 34.0;

fn shares_height(data: &MapData) -> f64 {
    let land = land_bars(data).len();
    let panels =
        sector_bars(data).len() as f64 * ROW + if land > 0 { PANEL_HEAD + land as f64 * ROW } else { 0.0 };
    PANEL_HEAD + panels + 30.0
}

fn shares(sheet: &mut Sheet, data: &MapData, lang: Lang, top: f64) {
    page::corner_badge(sheet, data, lang, top);
    let mut y = top + 4.0;
    let totals = &data.manifest.totals;
    let sectors = sector_bars(data);
    let land = land_bars(data);
    // With one panel only there is nothing to count.
    let letter = if land.is_empty() { "" } else { "(a)" };
    let head = Label::new(
        format!(
            "By sector: gross {} and net {} ×10⁴ t CO₂e; shares of gross | of net",
            significant(totals.gross_t / T_PER_1E4_T, 6),
            significant(totals.net_t / T_PER_1E4_T, 6)
        ),
        format!(
            "按部门：总排放 {} 万t，净排放 {} 万t CO₂e；占总排放 | 占净排放比例",
            significant(totals.gross_t / T_PER_1E4_T, 6),
            significant(totals.net_t / T_PER_1E4_T, 6)
        ),
    );
    y = panel(sheet, letter, &head, &sectors, lang, y);
    if !land.is_empty() {
        let head = Label::new(
            "By land use, coloured by sector; shares of gross",
            "按用地（颜色表示部门）；占总排放比例",
        );
        panel(sheet, "(b)", &head, &land, lang, y + 8.0);
    }
}

fn panel(sheet: &mut Sheet, letter: &str, head: &Label, bars: &[Bar], lang: Lang, y: f64) -> f64 {
    const NAME: f64 = 230.0;
    const VALUE: f64 = 190.0;
    let mut at = y + 12.0;
    let indent = if letter.is_empty() { 0.0 } else { 20.0 };
    if !letter.is_empty() {
        sheet.text(MARGIN, at, letter, Type::plain(12.0).bold());
    }
    for (i, line) in head.lines(lang).iter().enumerate() {
        sheet.text(MARGIN + indent, at, line, Type::plain(if i == 0 { 12.0 } else { 10.0 }).bold());
        at += 14.0;
    }
    let x = MARGIN + NAME;
    let width = WIDTH - MARGIN - VALUE - x;
    let largest = bars.iter().fold(0.0f64, |m, b| m.max(b.amount_t.abs())).max(f64::MIN_POSITIVE);
    for bar in bars {
        let middle = at + ROW / 2.0 - 2.0;
        let lines = bar.label.lines(lang);
        for (i, line) in lines.iter().enumerate() {
            let size = if i == 0 { 11.0 } else { 9.5 };
            let fitted = size * (1.0f64).min((NAME - 10.0) / text_width(line, size));
            let offset = if lines.len() == 1 { 4.0 } else { -2.0 + 12.0 * i as f64 };
            sheet.text(x - 8.0, middle + offset, line, Type::plain(fitted).anchor(Anchor::End));
        }
        let mut from = x;
        for (amount, colour) in &bar.parts {
            let w = (width * amount.abs() / largest).max(0.6);
            let hatch = if *colour == SINK { Hatch::Rising } else { Hatch::None };
            let line = Line::grey(0x33, 0.4);
            sheet.rect([from, middle - 9.0, w, 18.0], Ink::fill(*colour).hatch(hatch).with(line));
            from += w;
        }
        let pct = |p: Option<f64>| p.map_or_else(|| "–".to_owned(), |p| format!("{} %", grouped(p, 2)));
        let shares = match bar.net_pct {
            Some(_) => format!("{} | {}", pct(bar.share_pct), pct(bar.net_pct)),
            None => pct(bar.share_pct),
        };
        let unit = if lang == Lang::En { "×10⁴ t" } else { "万t" };
        let value = format!("{} {unit}", grouped(bar.amount_t / T_PER_1E4_T, 2));
        sheet.text(WIDTH - MARGIN - VALUE + 12.0, middle - 1.0, &value, Type::plain(10.5));
        sheet.text(WIDTH - MARGIN - VALUE + 12.0, middle + 11.5, &shares, Type::plain(9.5).color(GREY));
        at += ROW;
    }
    at
}

fn zone_counts(sheet: &mut Sheet, data: &MapData, lang: Lang, top: f64, height: f64) {
    let y = top + page::corner_badge(sheet, data, lang, top).min(30.0);
    let all = zone_categories(data);
    let largest = all.iter().map(|c| c.count).max().unwrap_or(0).max(1) as f64;
    let step = nice_below(largest / 4.0).max(1.0);
    let high = (largest / step).ceil() * step;
    let base = top + height - 50.0;
    let space = base - y - 26.0;
    let (left, right) = (MARGIN + 50.0, WIDTH - MARGIN);
    let mut tick = 0.0;
    while tick <= high {
        let ty = base - space * tick / high;
        sheet.line([left, ty, right, ty], Line::grey(0xdd, 0.7));
        sheet.text(left - 6.0, ty + 4.0, &grouped(tick, 0), Type::plain(10.5).anchor(Anchor::End));
        tick += step;
    }
    let slot = (right - left) / all.len().max(1) as f64;
    for (i, category) in all.iter().enumerate() {
        let h = space * category.count as f64 / high;
        let w = (slot * 0.55).min(110.0);
        let cx = left + slot * (i as f64 + 0.5);
        let line = Line::grey(0x33, 0.6);
        sheet
            .rect([cx - w / 2.0, base - h, w, h], Ink::fill(category.color).hatch(category.hatch).with(line));
        let t = Type::plain(13.0).bold().anchor(Anchor::Middle);
        sheet.text(cx, base - h - 6.0, &words::counted(category.count, category.likeliest), t);
        for (k, line) in category.label.lines(lang).iter().enumerate() {
            let size = 11.0f64;
            let fitted = size * (1.0f64).min((slot - 8.0) / text_width(line, size));
            sheet.text(cx, base + 17.0 + 14.0 * k as f64, line, Type::plain(fitted).anchor(Anchor::Middle));
        }
    }
    sheet.line([left, base, right, base], Line::grey(0x33, 1.0));
    brackets(sheet, &all, lang, [left, y + 10.0]);
}

/// What the counts in brackets are, where there are any.
fn brackets(sheet: &mut Sheet, all: &[Category], lang: Lang, [x, y]: [f64; 2]) {
    let lines =
        if all.iter().any(|c| c.likeliest.is_some()) { words::in_brackets().lines(lang) } else { Vec::new() };
    for (k, line) in lines.iter().enumerate() {
        sheet.text(x, y + 13.0 * k as f64, line, Type::plain(10.5).color(GREY));
    }
}

fn zone_shares(sheet: &mut Sheet, data: &MapData, lang: Lang, top: f64, height: f64) {
    let y = top + page::corner_badge(sheet, data, lang, top).min(30.0);
    let all = zone_categories(data);
    let total = all.iter().map(|c| c.count).sum::<usize>().max(1) as f64;
    let outer = ((top + height - y) / 2.0 - 20.0).min(165.0);
    let (cx, cy, inner) = (MARGIN + 60.0 + outer, f64::midpoint(y, top + height), outer * 0.55);
    let mut from = -TAU / 4.0;
    for category in all.iter().filter(|c| c.count > 0) {
        let share = category.count as f64 / total;
        let to = from + TAU * share;
        let ring = Shape::Ring { at: [cx, cy], radii: [outer, inner], angles: [from, to] };
        sheet.add(ring, Ink::fill(category.color).hatch(category.hatch).with(Line::grey(0x33, 0.6)));
        from += TAU * share;
    }
    let unit = words::zone_word(&data.manifest.zones_layer);
    let t = Type::plain(22.0).bold().anchor(Anchor::Middle);
    sheet.text(cx, cy, &grouped(total, 0), t);
    for (i, line) in Label::new(words::plural(&unit.en), unit.zh).lines(lang).iter().enumerate() {
        let t = Type::plain(11.0).anchor(Anchor::Middle).color(GREY);
        sheet.text(cx, cy + 18.0 + 14.0 * i as f64, line, t);
    }
    let x = cx + outer + 60.0;
    let mut at = cy - 24.0 * all.len() as f64 + 14.0;
    for category in &all {
        let line = Line::grey(0x44, 0.6);
        sheet.rect([x, at - 12.0, 30.0, 18.0], Ink::fill(category.color).hatch(category.hatch).with(line));
        let pct = grouped(100.0 * category.count as f64 / total, 2);
        sheet.text(x + 42.0, at, &category.label.text(lang), Type::plain(12.0));
        sheet.text(
            x + 42.0,
            at + 15.0,
            &format!("{}, {pct} %", words::counted(category.count, category.likeliest)),
            Type::plain(11.0).color(GREY),
        );
        at += 48.0;
    }
    brackets(sheet, &all, lang, [x, at]);
}
