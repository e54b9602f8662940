//! The legend of the map of classes and their probability: a row per class, a column per step of probability.

use super::page::LEGEND;
use super::sheet::{Anchor, Ink, Line, Sheet, Type, text_width};
use crate::confidence::SAFETIES;
use crate::palette::NO_DATA;
use crate::style::{Category, Hatch, MapStyle, Scale, no_data_text};
use crate::{JOINT, Label, Lang, Rgb, words};

/// Line around zones on the borderline.
pub(super) const BORDERLINE: Line = Line::grey(0, 2.0).dash([5.0, 2.5]).round();

const WIDTH: f64 = LEGEND - 14.0;
const GREY: Rgb = Rgb(0x55, 0x55, 0x55);
const FRAME: Line = Line::grey(0x44, 0.6);
/// Bold faces are about an eighth wider.
const BOLD: f64 = 1.13;

/// Writes the legend; returns the baseline below it.
pub(super) fn confidence(
    sheet: &mut Sheet,
    style: &MapStyle,
    classes: &[Category],
    units: &Label,
    lang: Lang,
    [x, y]: [f64; 2],
) -> f64 {
    let Scale::Categorized { categories, no_data } = &style.scale else { return y };
    let mut at = y;
    for (i, line) in style.heading.lines(lang).iter().enumerate() {
        let t = if i == 0 { Type::plain(13.0).bold() } else { Type::plain(11.0).bold() };
        at = sheet.paragraph(x, at, WIDTH / BOLD, line, t);
    }
    at = heads(sheet, lang, [x, at + 4.0]);
    for class in classes {
        let of = |safety: &str| {
            let value = format!("{}{JOINT}{safety}", class.value);
            categories.iter().find(|c| c.value == value)
        };
        if of(SAFETIES[0]).is_none() {
            continue;
        }
        for line in class.label.lines(lang) {
            let size = 11.0 * (1.0f64).min(WIDTH / text_width(&line, 11.0));
            sheet.text(x, at, &line, Type::plain(size));
            at += 14.0;
        }
        for (k, entry) in SAFETIES.into_iter().filter_map(of).enumerate() {
            swatch(sheet, [x + step() * k as f64, at], entry.color, entry.hatch, entry.count);
        }
        at += 26.0;
    }
    if *no_data > 0 {
        swatch(sheet, [x, at], NO_DATA, Hatch::Cross, *no_data);
        sheet.text(x + step(), at, &no_data_text().text(lang), Type::plain(11.0));
        at += 22.0;
    }
    let note = Label::new(format!("numbers: {}", units.en), format!("数字：{}数", units.zh));
    for line in note.lines(lang) {
        at = sheet.paragraph(x, at, WIDTH, &line, Type::plain(9.0).color(GREY));
    }
    at
}

fn step() -> f64 {
    WIDTH / SAFETIES.len() as f64
}

/// Words and probabilities above the columns.
fn heads(sheet: &mut Sheet, lang: Lang, [x, y]: [f64; 2]) -> f64 {
    let mut below = y;
    for (k, key) in SAFETIES.into_iter().enumerate() {
        let mut at = y;
        let lines = words::safety(key).lines(lang).into_iter().chain(words::safety_range(key).lines(lang));
        for line in lines {
            at =
                sheet.paragraph(x + step() * k as f64, at, step() - 5.0, &line, Type::plain(9.5).color(GREY));
        }
        below = below.max(at);
    }
    below + 8.0
}

fn swatch(sheet: &mut Sheet, [x, y]: [f64; 2], color: Rgb, hatch: Hatch, count: usize) {
    sheet.rect([x, y - 10.0, 30.0, 15.0], Ink::fill(color).hatch(hatch).with(FRAME));
    sheet.text(x + 34.0, y + 2.0, &count.to_string(), Type::plain(11.0).color(GREY));
}

/// Row of the zones on the borderline.
pub(super) fn borderline(sheet: &mut Sheet, count: usize, label: &Label, lang: Lang, [x, y]: [f64; 2]) {
    sheet.rect([x + 1.0, y - 9.0, 34.0, 13.0], Ink::line(BORDERLINE));
    let t = Type::plain(11.0);
    sheet.text(x + WIDTH, y, &count.to_string(), t.color(GREY).anchor(Anchor::End));
    let mut at = y;
    for line in label.lines(lang) {
        at = sheet.paragraph(x + 42.0, at, WIDTH - 42.0 - 24.0, &line, t);
    }
}
