//! What every figure has around its drawing: title, badge, legend column, scale bar, north arrow, footer.

use super::sheet::{Anchor, Ink, Line, Shape, Sheet, Type, text_width, wrap};
use crate::number::nice_below;
use crate::palette::NO_DATA;
use crate::style::{Hatch, MapStyle, Scale};
use crate::{Label, Lang, MapData, Rgb, words};
use carbonzone_types::RunManifest;

/// Width of a figure in CSS pixels (180 mm would be 680; 238 mm leaves room for a legend in two languages).
pub(crate) const WIDTH: f64 = 900.0;
/// Bold faces are about an eighth wider.
const BOLD: f64 = 1.13;
pub(crate) const MARGIN: f64 = 18.0;
/// Width of the legend column.
pub(crate) const LEGEND: f64 = 236.0;
const FOOTER: Type = Type::plain(9.0).color(Rgb(0x55, 0x55, 0x55));
const DARK: Rgb = Rgb(0x22, 0x22, 0x22);
const ALERT: Rgb = Rgb(0xb2, 0x18, 0x2b);

/// Height taken by a title.
pub(crate) fn title_height(title: &Label, lang: Lang) -> f64 {
    26.0 + 20.0 * title.lines(lang).len() as f64
}

/// Writes the title at the top, centred.
pub(crate) fn title(sheet: &mut Sheet, title: &Label, lang: Lang) {
    let mut y = MARGIN + 16.0;
    for (i, line) in title.lines(lang).iter().enumerate() {
        let size = if i == 0 { 18.0 } else { 13.0 };
        let fitted = size * (1.0f64).min((WIDTH - 2.0 * MARGIN) / (BOLD * text_width(line, size)));
        sheet.text(WIDTH / 2.0, y, line, Type::plain(fitted).bold().anchor(Anchor::Middle));
        y += 21.0;
    }
}

/// The badge that says what the numbers are not; returns the baseline below it.
pub(crate) fn badge(sheet: &mut Sheet, data: &MapData, lang: Lang, x: f64, y: f64, width: f64) -> f64 {
    let Some(label) = data.manifest.data_label() else { return y };
    let lines = words::data_label(label).lines(lang);
    let height = 10.0 + 15.0 * lines.len() as f64;
    let ink = Ink::fill(Rgb(0xff, 0xf4, 0xf2)).with(Line::new(ALERT, 1.2));
    sheet.add(Shape::Rect([x, y, width, height], 3.0), ink);
    for (i, line) in lines.iter().enumerate() {
        let t = Type::plain(11.5).bold().color(ALERT).anchor(Anchor::Middle);
        sheet.text(x + width / 2.0, y + 17.0 + 15.0 * i as f64, line, t);
    }
    y + height + 16.0
}

/// The badge of a chart: small, at the right. Returns the height to keep free.
pub(crate) fn corner_badge(sheet: &mut Sheet, data: &MapData, lang: Lang, y: f64) -> f64 {
    let width = 216.0;
    badge(sheet, data, lang, WIDTH - MARGIN - width, y, width) - y
}

/// Lines of the footer: source, CRS and software, and the slot of the map review number.
pub(crate) fn footer_lines(data: &MapData, lang: Lang, map: bool) -> Vec<String> {
    let m = &data.manifest;
    let mut lines = Vec::new();
    let mut first = Label::new("Source: ", "数据来源：").then(&Label::same(m.source_note.clone()));
    if m.source_note.is_empty() {
        first = Label::default();
    }
    if !first.en.is_empty() {
        lines.push(match lang {
            Lang::Zh => first.zh,
            Lang::En => first.en,
            Lang::Both => format!("数据来源 Source: {}", m.source_note),
        });
    }
    let crs = if map && !m.crs.is_empty() { format!("CRS: {}; ", m.crs) } else { String::new() };
    let units = Label::new("amounts of carbon in CO₂ equivalent per year", "碳量均为每年二氧化碳当量");
    let version = format!("carbonzone {}", m.version);
    lines.push(match lang {
        Lang::Zh => {
            format!("{}{}；{}", crs.replace("CRS: ", "坐标系：").replace("; ", "；"), units.zh, version)
        }
        Lang::En => format!("{crs}{}; {version}", units.en),
        Lang::Both => format!("{crs}{} {}; {version}", units.zh, units.en),
    });
    if map && wants_review(m) {
        lines.push(review_line(&m.map_review_number, lang));
    }
    lines
}

/// True for maps with a review number, and for those with a title in Chinese, which need one.
pub(crate) fn wants_review(manifest: &RunManifest) -> bool {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    !manifest.map_review_number.is_empty() || manifest.title_zh.chars().any(han)
}

/// The caption slot of the map review number: the number given, else an empty slot.
pub(crate) fn review_line(number: &str, lang: Lang) -> String {
    let slot = if number.is_empty() { "______________" } else { number };
    match lang {
        Lang::En => format!("Map review number: {slot}"),
        Lang::Zh => format!("审图号：{slot}"),
        Lang::Both => format!("审图号 Map review number: {slot}"),
    }
}

pub(crate) fn footer_height(data: &MapData, lang: Lang, map: bool) -> f64 {
    let width = WIDTH - 2.0 * MARGIN;
    let n: usize = footer_lines(data, lang, map).iter().map(|l| wrap(l, FOOTER.size, width).len()).sum();
    8.0 + 12.5 * n as f64 + MARGIN * 0.6
}

/// Writes the footer from `y` downwards.
pub(crate) fn footer(sheet: &mut Sheet, data: &MapData, lang: Lang, map: bool, y: f64) {
    let mut baseline = y + 14.0;
    for line in footer_lines(data, lang, map) {
        for piece in wrap(&line, FOOTER.size, WIDTH - 2.0 * MARGIN) {
            sheet.text(MARGIN, baseline, &piece, FOOTER);
            baseline += 12.5;
        }
    }
}

/// Writes the legend; returns the baseline below it. `units` is what the right column counts.
pub(crate) fn legend(sheet: &mut Sheet, style: &MapStyle, units: &Label, lang: Lang, x: f64, y: f64) -> f64 {
    let width = LEGEND - 14.0;
    let mut at = y;
    for (i, line) in style.heading_with_unit().lines(lang).iter().enumerate() {
        let t = if i == 0 { Type::plain(13.0).bold() } else { Type::plain(11.0).bold() };
        at = sheet.paragraph(x, at, width / BOLD, line, t);
    }
    at += 4.0;
    let entries = style.entries();
    for ((label, count), (color, hatch)) in entries.iter().zip(style.fills()) {
        at = entry(sheet, [x, at], (label, count), (color, hatch), lang);
    }
    if style.no_data() > 0 {
        let label = crate::style::no_data_text();
        let n = words::counted(style.no_data(), None);
        at = entry(sheet, [x, at], (&label, &n), (NO_DATA, Hatch::Cross), lang);
    }
    at += 6.0;
    let small = Type::plain(9.0).color(Rgb(0x55, 0x55, 0x55));
    let units = Label::new(format!("right column: number of {}", units.en), format!("右列：{}数", units.zh));
    let note = style.note();
    // The method stands above the remark on the right column, what its brackets are below it.
    let notes = if matches!(style.scale, Scale::Graduated { .. }) { [note, units] } else { [units, note] };
    for line in notes.iter().filter(|n| !n.en.is_empty()).flat_map(|n| n.lines(lang)) {
        at = sheet.paragraph(x, at, width, &line, small);
    }
    at
}

/// One legend row: swatch, label, count.
fn entry(
    sheet: &mut Sheet,
    [x, y]: [f64; 2],
    (label, n): (&Label, &str),
    (color, hatch): (Rgb, Hatch),
    lang: Lang,
) -> f64 {
    const SWATCH: f64 = 24.0;
    const SIZE: f64 = 11.0;
    sheet.rect([x, y - 10.0, SWATCH, 14.0], Ink::fill(color).hatch(hatch).with(Line::grey(0x44, 0.6)));
    let right = x + LEGEND - 14.0;
    sheet.text(right, y, n, Type::plain(SIZE).color(Rgb(0x55, 0x55, 0x55)).anchor(Anchor::End));
    let width = LEGEND - 14.0 - SWATCH - 8.0 - text_width(n, SIZE) - 6.0;
    let mut at = y;
    for line in &label.lines(lang) {
        at = sheet.paragraph(x + SWATCH + 8.0, at, width, line, Type::plain(SIZE)).max(at);
    }
    at.max(y + 18.0) + 3.0
}

/// Length of a scale bar in km: a round number of about a quarter of the map width.
pub(crate) fn scale_bar_km(map_width_m: f64) -> f64 {
    nice_below(map_width_m / 1000.0 / 3.5)
}

/// Draws scale bar and north arrow; `px_per_m` is the scale of the map. Returns the baseline below.
pub(crate) fn scale_and_north(sheet: &mut Sheet, x: f64, y: f64, px_per_m: f64, map_width_m: f64) -> f64 {
    let km = scale_bar_km(map_width_m).min(nice_below((LEGEND - 70.0) / px_per_m / 1000.0));
    let length = km * 1000.0 * px_per_m;
    let bar_y = y + 34.0;
    let half = length / 2.0;
    let [dark, light] = [DARK, Rgb(0xff, 0xff, 0xff)].map(|c| Ink::fill(c).with(Line::new(DARK, 0.7)));
    sheet.rect([x, bar_y, half, 5.0], dark);
    sheet.rect([x + half, bar_y, half, 5.0], light);
    let t = Type::plain(10.0).anchor(Anchor::Middle);
    let text = |v: f64| crate::number::shortest(v);
    sheet.text(x, bar_y - 4.0, "0", t.anchor(Anchor::Start));
    sheet.text(x + half, bar_y - 4.0, &text(km / 2.0), t);
    sheet.text(x + length, bar_y - 4.0, &format!("{} km", text(km)), t);
    let nx = x + LEGEND - 34.0;
    let arrow = [[0.0, -22.0], [9.0, 8.0], [0.0, 1.0], [-9.0, 8.0]].map(|[x, y]| [nx + x, bar_y + y]);
    sheet.add(Shape::Area(vec![arrow.to_vec()]), Ink::fill(DARK));
    sheet.text(nx, bar_y - 26.0, "N", Type::plain(12.0).bold().anchor(Anchor::Middle));
    bar_y + 18.0
}
