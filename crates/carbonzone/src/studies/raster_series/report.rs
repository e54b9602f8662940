//! What the report, the figures and the project show of this study beside the maps of every study: the ratio over the
//! years, transitions of the carbon budget, risk by window, trajectories, correlation of the variants.

use super::compute::Results;
use super::config::SeriesRisk;
use super::inputs::Inputs;
use super::tables;
use crate::studies::cells::{count, label, number, text};
use carbonzone_report::style::{Figure, FigureContent, LineChart, TransitionChart};
use carbonzone_report::{Label, ReportTable, StudyExtras, figure::transition_note, words};
use carbonzone_types::{RunManifest, T_PER_1E4_T};
use carbonzone_zoning::ratio::BudgetState;
use carbonzone_zoning::risk::{DEFINITION_STATEMENT, DEFINITION_STATEMENT_ZH};
use carbonzone_zoning::risk::{RiskVariant, headline};
use std::collections::BTreeMap;

/// Layer of the GeoPackage with one row per county and window.
pub const WINDOWS_LAYER: &str = "risk_windows";

const STATES: [BudgetState; 3] = [BudgetState::Surplus, BudgetState::Neutral, BudgetState::Deficit];

/// Windows, charts and tables.
pub fn extras(inputs: &Inputs, results: &Results, risk: &SeriesRisk, manifest: &RunManifest) -> StudyExtras {
    let last_with_data = |w: &carbonzone_zoning::ratio::Window| {
        let year = results.years.iter().rev().map(|y| y.year).find(|y| w.contains(*y))?;
        Some((w.label(), year))
    };
    StudyExtras {
        windows: inputs.windows.iter().filter_map(last_with_data).collect(),
        zone_tables: vec![WINDOWS_LAYER.to_owned()],
        charts: vec![ratio_chart(inputs, results, manifest), transition_chart(results, manifest)],
        tables: vec![
            series(results).assuming(manifest, "series"),
            risk_by_window(inputs, results, risk),
            transitions(results).assuming(manifest, "transition_matrix"),
            trajectories(results).assuming(manifest, "trajectories"),
            correlation(results),
        ],
        outlines: Vec::new(),
    }
}

fn titled(name: &str, short: Label, content: FigureContent, manifest: &RunManifest) -> Figure {
    let place = &manifest.title_en;
    let en = if place.is_empty() { short.en.clone() } else { format!("{}, {place}", short.en) };
    let title = Label::new(en, format!("{}{}", manifest.title_zh, short.zh));
    Figure { name: name.to_owned(), title, short, year: None, content }
}

fn ratio_chart(inputs: &Inputs, results: &Results, manifest: &RunManifest) -> Figure {
    let ratios: BTreeMap<i32, f64> = tables::totals(results)
        .iter()
        .filter_map(|t| t.ratio().filter(|r| r.is_finite()).map(|r| (t.year, r)))
        .collect();
    let chart = LineChart {
        years: inputs.years.clone(),
        values: inputs.years.iter().map(|y| ratios.get(y).copied()).collect(),
        quantity: Label::new("emission / absorption", "排放量/吸收量"),
        reference: Some((1.0, Label::new("balance", "平衡"))),
        note: Label::default(),
    };
    let short = Label::new("Carbon source/sink ratio", "碳源汇比");
    titled("ratio_series", short, FigureContent::Line(Box::new(chart)), manifest)
}

fn transition_chart(results: &Results, manifest: &RunManifest) -> Figure {
    let color = |s: BudgetState| match s {
        BudgetState::Surplus => "#009e73",
        BudgetState::Neutral => "#bbbbbb",
        BudgetState::Deficit => "#d55e00",
    };
    let chart = TransitionChart {
        classes: STATES.map(|s| (state(s), color(s).to_owned())).to_vec(),
        counts: results.risk.transitions.counts.iter().map(|row| row.to_vec()).collect(),
        from: Label::new("window", "时段"),
        to: Label::new("next window", "下一时段"),
        note: Label::new(
            format!("{}; all pairs of consecutive windows together", transition_note().en),
            format!("{}；所有相邻时段合计", transition_note().zh),
        ),
    };
    let short = Label::new("Transitions of the carbon budget between windows", "碳收支状态转移");
    titled("transitions", short, FigureContent::Transitions(Box::new(chart)), manifest)
}

fn state(s: BudgetState) -> Label {
    let (en, zh) = s.label();
    Label::new(en, zh)
}

fn series(results: &Results) -> ReportTable {
    let fit: BTreeMap<i32, Option<f64>> =
        results.years.iter().map(|y| (y.year, y.fit.as_ref().and_then(|f| f.r2))).collect();
    let row = |t: &tables::YearTotals| {
        vec![
            text(&t.year.to_string()),
            number(Some((t.energy_t + t.land_t) / T_PER_1E4_T), 2),
            number(Some(t.absorption_t() / T_PER_1E4_T), 2),
            number(t.ratio().filter(|r| r.is_finite()), 3),
            number(fit.get(&t.year).copied().flatten(), 3),
        ]
    };
    ReportTable::shipped("series", tables::totals(results).iter().map(row).collect())
}

fn risk_by_window(inputs: &Inputs, results: &Results, risk: &SeriesRisk) -> ReportTable {
    let mut rows = Vec::new();
    for (w, window) in inputs.windows.iter().enumerate() {
        for variant in RiskVariant::ALL {
            let h = headline(&results.risk.of(variant)[w], risk.options.threshold);
            let moran = results.moran[w].as_ref().filter(|_| variant == risk.variant);
            rows.push(vec![
                text(&window.label()),
                text(variant.key()),
                count(h.above as u64),
                count(h.known as u64),
                number(h.share_pct, 1),
                number(moran.map(|m| m.i), 3),
            ]);
        }
    }
    let above = risk.options.threshold;
    let note = Label::new(DEFINITION_STATEMENT, DEFINITION_STATEMENT_ZH);
    let mut table = ReportTable { note, ..ReportTable::shipped("risk_by_window", rows) };
    table
        .columns
        .insert(2, (Label::new(format!("Counties above {above}"), format!("高于{above}的县区数")), true));
    table
}

fn transitions(results: &Results) -> ReportTable {
    let m = &results.risk.transitions;
    let row = |from: BudgetState| {
        let cells = STATES.map(|to| {
            let share =
                m.probability(from, to).map_or_else(String::new, |p| format!(" ({:.1} %)", 100.0 * p));
            text(&format!("{}{share}", m.counts[from as usize][to as usize]))
        });
        [state(from)].into_iter().chain(cells).collect()
    };
    ReportTable::shipped("budget_transitions", STATES.into_iter().map(row).collect())
        .and_columns(STATES.map(|s| (state(s), true)))
}

fn trajectories(results: &Results) -> ReportTable {
    let mut rows = Vec::new();
    let mut add = |what: Label, keys: Vec<String>| {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for key in keys {
            *counts.entry(key).or_default() += 1;
        }
        rows.extend(counts.into_iter().map(|(k, n)| vec![what.clone(), words::kind(&k), count(n)]));
    };
    let key = |v: serde_json::Value| v.as_str().unwrap_or("unknown").to_owned();
    let kinds = results.trajectories.iter().map(|t| key(serde_json::to_value(t.kind).unwrap_or_default()));
    add(label("trajectory of yearly states", "逐年状态轨迹"), kinds.collect());
    let trends = results.trends.iter().flatten().map(|t| t.class.label().0.to_owned());
    add(label("trend of the ratio (Mann–Kendall)", "源汇比趋势（Mann–Kendall）"), trends.collect());
    let histories = results.histories.iter().map(|h| key(serde_json::to_value(h).unwrap_or_default()));
    add(label("hot spots along time (Gi*)", "冷热点演变（Gi*）"), histories.collect());
    ReportTable::shipped("trajectories", rows)
}

fn correlation(results: &Results) -> ReportTable {
    let row = |(v, values): (RiskVariant, &Vec<Option<f64>>)| {
        [text(v.key())].into_iter().chain(values.iter().map(|r| number(*r, 3))).collect()
    };
    let rows = RiskVariant::ALL.into_iter().zip(&results.risk.correlation).map(row).collect();
    let table = ReportTable::shipped("correlation", rows)
        .and_columns(RiskVariant::ALL.map(|v| (text(v.key()), true)));
    ReportTable { note: agreement(&results.risk.correlation), ..table }
}

/// Which indices are one ranking on several scales in this run, and which can differ.
fn agreement(correlation: &[Vec<Option<f64>>]) -> Label {
    const SAME: f64 = 0.999;
    let level = RiskVariant::ALL.iter().position(|v| *v == RiskVariant::Level);
    let with_level = |i: usize| level.and_then(|l| correlation.get(l)?.get(i).copied().flatten());
    let (same, other): (Vec<usize>, Vec<usize>) =
        (0..RiskVariant::ALL.len()).partition(|i| with_level(*i).is_some_and(|r| r >= SAME));
    let names = |of: &[usize]| of.iter().map(|i| RiskVariant::ALL[*i].key()).collect::<Vec<_>>();
    let base = Label::new("over all counties and windows", "全部县区与时段");
    if same.len() < 2 {
        return base;
    }
    base.then(&Label::new(
        format!(
            "; {} rank counties alike (rank correlation at least {SAME}: the source/sink ratio on different scales): only {} can change the order",
            names(&same).join(", "),
            names(&other).join(" and ")
        ),
        format!(
            "；{} 的排序几乎完全相同（秩相关不低于 {SAME}：同为源汇比，只是标度不同），仅 {} 可改变排序",
            names(&same).join("、"),
            names(&other).join("、")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_that_are_one_ranking_are_said_to_be() {
        let n = RiskVariant::ALL.len();
        let one_ranking = |v: RiskVariant| !matches!(v, RiskVariant::Ciri | RiskVariant::Entropy);
        let rho = |i: usize, j: usize| {
            let alike = i == j || (one_ranking(RiskVariant::ALL[i]) && one_ranking(RiskVariant::ALL[j]));
            Some(if alike { 1.0 } else { 0.8 })
        };
        let table: Vec<Vec<Option<f64>>> = (0..n).map(|i| (0..n).map(|j| rho(i, j)).collect()).collect();
        let note = agreement(&table);
        assert!(note.en.contains("level, minmax, hazard rank counties alike"), "{}", note.en);
        assert!(note.zh.contains("ciri、entropy 可改变排序"), "{}", note.zh);
        assert_eq!(agreement(&vec![vec![None; n]; n]).en, "over all counties and windows");
    }
}
