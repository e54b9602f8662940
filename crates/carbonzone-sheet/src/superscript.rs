//! Raised characters: a workbook shows `2500` with a raised 1 as 2500¹, and the file holds the two runs `2500` and `1`. Joined
//! they would be another number.

use crate::workbook_guard::attribute;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// A text as it is shown, whose runs begin at these units of UTF-16, raised or not. `None` if nothing of it is raised.
pub(crate) fn in_runs(units: &[u16], runs: impl Iterator<Item = (usize, bool)>) -> Option<String> {
    let mut starts: Vec<(usize, bool)> = std::iter::once((0, false)).chain(runs).collect();
    starts.push((units.len(), false));
    let mut shown = Shown::default();
    for run in starts.windows(2) {
        shown.raise = run[0].1;
        shown.push(&String::from_utf16_lossy(units.get(run[0].0..run[1].0).unwrap_or_default()));
    }
    shown.take()
}

/// Shared strings of an XLSX file with raised characters, by their number, as they are shown.
pub(crate) fn in_shared_strings(text: &str) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    let mut next = 0;
    if text.contains("superscript") {
        strings(text, |place, shown| {
            if place == Place::Shared {
                found.extend(shown.map(|shown| (next, shown)));
                next += 1;
            }
        });
    }
    found
}

/// Cells of a worksheet part with raised characters, by their names, as they are shown.
pub(crate) fn in_cells(text: &str, shared: &BTreeMap<usize, String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if !shared.is_empty() || text.contains("superscript") {
        strings(text, |place, shown| match place {
            Place::Inline(cell) => found.extend(shown.map(|shown| (cell, shown))),
            Place::Number(cell, string) => {
                found.extend(shared.get(&string).map(|shown| (cell, shown.clone())));
            }
            Place::Shared => {}
        });
    }
    found
}

/// Where a text stands.
#[derive(PartialEq, Eq)]
enum Place {
    /// The next of the shared strings.
    Shared,
    /// In the cell itself.
    Inline(String),
    /// In the shared strings, under this number.
    Number(String, usize),
}

/// Every text of a part in turn: where it stands and, if some of it is raised, how it is shown. What is broken is told by the
/// parser of the cells.
fn strings(part: &str, mut see: impl FnMut(Place, Option<String>)) {
    let mut xml = quick_xml::Reader::from_str(part);
    let (mut cell, mut shared) = (String::new(), false);
    let (mut shown, mut text) = (Shown::default(), String::new());
    while let Ok(event) = xml.read_event() {
        match event {
            Event::Empty(e) if e.local_name().as_ref() == "si" => see(Place::Shared, None),
            Event::Start(e) | Event::Empty(e) => match e.local_name().as_ref() {
                "c" => {
                    cell = attribute(&e, "r").unwrap_or_default();
                    shared = attribute(&e, "t").is_some_and(|t| t == "s");
                }
                "si" | "is" => shown = Shown::default(),
                "r" => shown.raise = false,
                "rPh" => shown.phonetic = true,
                "vertAlign" => shown.raise = attribute(&e, "val").is_some_and(|v| v == "superscript"),
                "t" | "v" => text.clear(),
                _ => {}
            },
            Event::Text(t) => text.push_str(&t.xml10_content()),
            Event::CData(t) => text.push_str(&t.xml10_content()),
            Event::GeneralRef(name) => {
                let entity = format!("&{};", name.xml10_content());
                text.push_str(&unescape(&entity).unwrap_or_default());
            }
            Event::End(e) => match e.local_name().as_ref() {
                "t" => shown.push(&text),
                "v" if shared => {
                    if let Ok(number) = text.trim().parse() {
                        see(Place::Number(cell.clone(), number), None);
                    }
                }
                "rPh" => shown.phonetic = false,
                "si" => see(Place::Shared, shown.take()),
                "is" => see(Place::Inline(cell.clone()), shown.take()),
                _ => {}
            },
            Event::Eof => return,
            _ => {}
        }
    }
}

/// A text run by run.
#[derive(Default)]
pub(crate) struct Shown {
    text: String,
    raised: bool,
    /// The run is raised.
    pub raise: bool,
    /// How a word is spoken: no part of the text.
    phonetic: bool,
}

impl Shown {
    pub fn push(&mut self, run: &str) {
        if self.phonetic {
            return;
        }
        if self.raise && !run.trim().is_empty() {
            self.raised = true;
            self.text.extend(run.chars().map(raised));
        } else {
            self.text.push_str(run);
        }
    }

    pub fn take(&mut self) -> Option<String> {
        let Self { text, raised, .. } = std::mem::take(self);
        raised.then_some(text)
    }
}

/// The raised form of a digit or sign; others stay.
fn raised(c: char) -> char {
    let (plain, high) = ("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ");
    plain.chars().zip(high.chars()).find(|(p, _)| *p == c).map_or(c, |(_, high)| high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raised_runs_are_shown_raised_and_lowered_ones_are_not() {
        let part = "<sst><si><t>plain</t></si><si/><si><r><t>2500</t></r><r><rPr><vertAlign val=\"superscript\"/></rPr><t>1)</t></r></si>\
            <si><r><t>CO</t></r><r><rPr><vertAlign val=\"subscript\"/></rPr><t>2</t></r></si>\
            <si><r><t>A &amp; km</t></r><r><rPr><vertAlign val=\"superscript\"/></rPr><t>2</t></r><rPh><t>1</t></rPh><r><t>x</t></r></si></sst>";
        let found = in_shared_strings(part);
        assert_eq!(found, BTreeMap::from([(2, "2500¹⁾".to_owned()), (4, "A & km²x".to_owned())]));
        let sheet = "<c r=\"B2\" t=\"s\"><v>2</v></c><c r=\"B3\"><v>4</v></c><c r=\"B4\" t=\"s\"><v>0</v></c>\
            <c r=\"C2\" t=\"inlineStr\"><is><r><t>7</t></r><r><rPr><vertAlign val=\"superscript\"/></rPr><t>a</t></r></is></c>";
        let cells = in_cells(sheet, &found);
        assert_eq!(cells, [("B2", "2500¹⁾"), ("C2", "7a")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
