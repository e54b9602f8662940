//! What the report and the figures show of this study beside the maps of every study: changes between the years and
//! who moved from which zone to which.

use super::compute::{Results, YearResult};
use super::inputs::Inputs;
use crate::studies::cells::{label, number, text};
use carbonzone_report::style::{Figure, FigureContent, TransitionChart};
use carbonzone_report::{Label, ReportTable, StudyExtras, figure::transition_note};
use carbonzone_types::{ExactSum, RunManifest, T_PER_1E4_T};

/// Charts and tables of every pair of consecutive years.
pub fn extras(inputs: &Inputs, results: &Results, manifest: &RunManifest) -> StudyExtras {
    let mut out = StudyExtras::default();
    for pair in results.years.windows(2) {
        let [a, b] = pair else { continue };
        out.charts.push(zone_transitions(results, a, b, manifest));
        out.tables.push(changes(inputs, results, a, b));
    }
    out
}

fn zone_transitions(results: &Results, a: &YearResult, b: &YearResult, manifest: &RunManifest) -> Figure {
    let occurs = |id: u8| a.zoned.zone.contains(&id) || b.zoned.zone.contains(&id);
    let outside = |key: &str| matches!(key, "no_emission" | "undefined");
    let classes: Vec<_> =
        results.scheme.classes.iter().filter(|c| !outside(&c.key) || occurs(c.id)).collect();
    let count = |from: u8, to: u8| {
        a.zoned.zone.iter().zip(&b.zoned.zone).filter(|(x, y)| **x == from && **y == to).count() as u64
    };
    let chart = TransitionChart {
        classes: classes
            .iter()
            .map(|c| (Label::new(c.label_en.clone(), c.label_zh.clone()), c.color.clone()))
            .collect(),
        counts: classes.iter().map(|x| classes.iter().map(|y| count(x.id, y.id)).collect()).collect(),
        from: text(&a.year.to_string()),
        to: text(&b.year.to_string()),
        note: transition_note(),
    };
    let short = Label::new(
        format!("Zone transitions {}–{}", a.year, b.year),
        format!("{}—{}年分区转移", a.year, b.year),
    );
    let place = &manifest.title_en;
    let title = Label::new(
        if place.is_empty() { short.en.clone() } else { format!("{}, {place}", short.en) },
        format!("{}{}", manifest.title_zh, short.zh),
    );
    let content = FigureContent::Transitions(Box::new(chart));
    Figure { name: format!("transitions_{}_{}", a.year, b.year), title, short, year: None, content }
}

fn changes(inputs: &Inputs, results: &Results, a: &YearResult, b: &YearResult) -> ReportTable {
    let (from, to) = (a.year, b.year);
    let pct = |x: f64, y: f64| (x != 0.0).then(|| 100.0 * (y - x) / x.abs());
    let amounts = |x: f64, y: f64| {
        [number(Some(x / T_PER_1E4_T), 2), number(Some(y / T_PER_1E4_T), 2), number(pct(x, y), 2)]
    };
    let zone = |year: &YearResult, u: usize| {
        let class = results.scheme.class_of(year.zoned.zone[u]);
        class.map_or_else(|| text("–"), |c| Label::new(c.label_en.clone(), c.label_zh.clone()))
    };
    let names = inputs.zones.shown();
    let mut rows = Vec::new();
    for (u, name) in names.into_iter().enumerate() {
        let mut row = vec![name];
        for (x, y) in [
            (a.tonnes.gross_t[u], b.tonnes.gross_t[u]),
            (a.tonnes.sink_t[u], b.tonnes.sink_t[u]),
            (a.tonnes.net_t[u], b.tonnes.net_t[u]),
        ] {
            row.extend(amounts(x, y));
        }
        row.extend([zone(a, u), zone(b, u)]);
        rows.push(row);
    }
    let mut total = vec![label("All counties", "合计")];
    for (x, y) in [
        (&a.tonnes.gross_t, &b.tonnes.gross_t),
        (&a.tonnes.sink_t, &b.tonnes.sink_t),
        (&a.tonnes.net_t, &b.tonnes.net_t),
    ] {
        total.extend(amounts(ExactSum::of(x), ExactSum::of(y)));
    }
    total.extend([Label::default(), Label::default()]);
    rows.push(total);
    let mut columns = Vec::new();
    for (en, zh) in [("Emission", "碳排放"), ("Sink", "碳汇"), ("Net", "净排放")] {
        columns.push((Label::new(format!("{en} {from} (10⁴ t)"), format!("{from}年{zh}（万吨）")), true));
        columns.push((Label::new(format!("{en} {to} (10⁴ t)"), format!("{to}年{zh}（万吨）")), true));
        columns.push((label("Change (%)", "变化（%）"), true));
    }
    for year in [from, to] {
        columns.push((Label::new(format!("Zone {year}"), format!("{year}年分区")), false));
    }
    ReportTable {
        title: Label::new(format!("Changes {from}–{to}"), format!("{from}—{to}年变化")),
        ..ReportTable::shipped("changes_of_years", rows).and_columns(columns)
    }
}
