//! Changes between consecutive years: totals, levels, zones.

use super::compute::Results;
use crate::error::{Doing, Result};
use crate::text_table::{Table, lines, right_align, table, tonnes};
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, Statement, compensating_rate};
use carbonzone_zoning::compare::{Comparison, compare_tables, split_years};
use carbonzone_zoning::published::PublishedComparison;

/// Columns that do not change or are labels.
const SKIP: [&str; 7] =
    ["year", "area_m2", "area_planar_m2", "area_ellipsoidal_m2", "zone_id", "eec_margin", "sec_margin"];

/// Comparison of two consecutive years.
pub struct Step {
    /// First year.
    pub from: i64,
    /// Second year.
    pub to: i64,
    /// Differences and zone transitions.
    pub comparison: Comparison,
}

/// Every consecutive pair of years of the long zone table.
///
/// # Errors
/// If the table has no `year` or `unit_id`.
pub fn steps(zones: &AttributeTable) -> Result<Vec<Step>> {
    let years = split_years(zones, "year")?;
    let mut out = Vec::new();
    for pair in years.windows(2) {
        let [(from, a), (to, b)] = pair else { continue };
        let comparison =
            compare_tables(a, b, "unit_id", "zone", &SKIP).part(|| format!("comparing {from} with {to}"))?;
        out.push(Step { from: *from, to: *to, comparison });
    }
    Ok(out)
}

/// `changes.csv`: `unit_id`, `from_year`, `to_year`, `column`, `from`, `to`, `change`, `change_pct`; the sums of all
/// counties have the unit `total`.
pub fn changes_table(results: &Results, steps: &[Step]) -> AttributeTable {
    struct Row {
        unit: String,
        years: (i64, i64),
        column: String,
        from: Option<f64>,
        to: Option<f64>,
        change: Option<f64>,
        pct: Option<f64>,
    }
    let mut rows = Vec::new();
    for (step, pair) in steps.iter().zip(results.years.windows(2)) {
        let years = (step.from, step.to);
        let sum = |v: &[f64]| ExactSum::of(v);
        let (a, b) = (&pair[0].tonnes, &pair[1].tonnes);
        for (column, from, to) in [
            ("gross_t", sum(&a.gross_t), sum(&b.gross_t)),
            ("sink_t", sum(&a.sink_t), sum(&b.sink_t)),
            ("net_t", sum(&a.net_t), sum(&b.net_t)),
        ] {
            rows.push(Row {
                unit: "total".to_owned(),
                years,
                column: column.to_owned(),
                from: Some(from),
                to: Some(to),
                change: Some(to - from),
                pct: (from != 0.0).then(|| 100.0 * (to - from) / from.abs()),
            });
        }
        rows.extend(step.comparison.differences.iter().map(|d| Row {
            unit: d.unit_id.clone(),
            years,
            column: d.column.clone(),
            from: d.from,
            to: d.to,
            change: d.change,
            pct: d.change_pct,
        }));
    }
    let real = |f: fn(&Row) -> Option<f64>| ColumnData::Real(rows.iter().map(f).collect());
    AttributeTable::new()
        .with("unit_id", ColumnData::Text(rows.iter().map(|r| Some(r.unit.clone())).collect()))
        .with("from_year", ColumnData::Int(rows.iter().map(|r| Some(r.years.0)).collect()))
        .with("to_year", ColumnData::Int(rows.iter().map(|r| Some(r.years.1)).collect()))
        .with("column", ColumnData::Text(rows.iter().map(|r| Some(r.column.clone())).collect()))
        .with("from", real(|r| r.from))
        .with("to", real(|r| r.to))
        .with("change", real(|r| r.change))
        .with("change_pct", real(|r| r.pct))
}

/// `transitions.csv`: level and zone of every county in consecutive years.
pub fn transitions_table(zones: &AttributeTable, results: &Results) -> Result<AttributeTable> {
    let years = split_years(zones, "year")?;
    let kinds = [
        format!("{}_level", results.scheme.economic.column),
        format!("{}_level", results.scheme.ecological.column),
        "zone".to_owned(),
    ];
    let mut columns: [Vec<Option<String>>; 5] = Default::default();
    let (mut from_year, mut to_year, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for pair in years.windows(2) {
        let [(y0, a), (y1, b)] = pair else { continue };
        let ids = a.texts("unit_id").unwrap_or_default();
        let names = a.texts("name").unwrap_or_default();
        for kind in &kinds {
            let (from, to) = (a.texts(kind).unwrap_or_default(), b.texts(kind).unwrap_or_default());
            for u in 0..ids.len() {
                let row =
                    [ids[u].clone(), names[u].clone(), Some(kind.clone()), from[u].clone(), to[u].clone()];
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
                from_year.push(Some(*y0));
                to_year.push(Some(*y1));
                changed.push(Some(from[u] != to[u]));
            }
        }
    }
    let [ids, names, kind, from, to] = columns;
    Ok(AttributeTable::new()
        .with("unit_id", ColumnData::Text(ids))
        .with("name", ColumnData::Text(names))
        .with("from_year", ColumnData::Int(from_year))
        .with("to_year", ColumnData::Int(to_year))
        .with("what", ColumnData::Text(kind))
        .with("from", ColumnData::Text(from))
        .with("to", ColumnData::Text(to))
        .with("changed", ColumnData::Bool(changed)))
}

/// Totals per year, changes, zones per year, and how many published cells agree, for the closing summary.
pub fn summary(results: &Results) -> Vec<Statement> {
    let mut out = lines(&totals_by_year(results));
    for pair in results.years.windows(2) {
        let moved = pair[0].zoned.zone.iter().zip(&pair[1].zoned.zone).filter(|(a, b)| a != b).count();
        let (n, from, to) = (pair[0].zoned.zone.len(), pair[0].year, pair[1].year);
        out.push(Statement::new(
            format!(
                "{moved} of {n} counties are in another class in {to} than in {from}, each year for itself"
            ),
            format!("按各年分别判断，{n} 个区县中 {moved} 个在 {to} 年与 {from} 年的分区不同"),
        ));
    }
    if let Some(comparison) = &results.comparison {
        published(comparison, &mut out);
    }
    out
}

fn totals_by_year(results: &Results) -> Table {
    let mut totals = table(&[
        "year · 年份",
        "gross t · 碳排放",
        "sink t · 碳汇",
        "net t · 净排放",
        "gross % · 变化",
        "CCR % · 碳补偿率",
    ]);
    let mut before: Option<f64> = None;
    for year in &results.years {
        let sum = |v: &[f64]| ExactSum::of(v);
        let (gross, sink) = (sum(&year.tonnes.gross_t), sum(&year.tonnes.sink_t));
        let change = before.filter(|b| *b > 0.0).map(|b| format!("{:+.2}", 100.0 * (gross - b) / b));
        totals.add_row(vec![
            year.year.to_string(),
            tonnes(gross),
            tonnes(sink),
            tonnes(sum(&year.tonnes.net_t)),
            change.unwrap_or_default(),
            compensating_rate(sink, gross).map_or_else(String::new, |ccr| format!("{:.4}", 100.0 * ccr)),
        ]);
        before = Some(gross);
    }
    right_align(&mut totals);
    totals
}

/// How many printed cells the computation gives again, and those that it does not.
fn published(comparison: &PublishedComparison, out: &mut Vec<Statement>) {
    let count = |circular: bool| {
        let cells = comparison.cells.iter().filter(|c| c.circular == circular);
        let all = cells.clone().count();
        (cells.filter(|c| c.agrees).count(), all)
    };
    let ((open, all_open), (circular, all_circular)) = (count(false), count(true));
    out.push(Statement::new(
        format!(
            "published   {open} of {all_open} recomputed cells agree; {circular} of {all_circular} circular cells are consistent"
        ),
        format!("论文数值    {all_open} 个重算单元格中 {open} 个一致；{all_circular} 个循环单元格中 {circular} 个自洽"),
    ));
    for cell in comparison.cells.iter().filter(|c| !c.agrees) {
        let year = cell.year.map(|y| format!(" {y}")).unwrap_or_default();
        let place = format!("  {} {}{year} {}", cell.table, cell.unit, cell.column);
        out.push(Statement::new(
            format!("{place}: printed {}, computed {}", cell.published, cell.computed),
            format!("{place}：论文 {}，计算 {}", cell.published, cell.computed),
        ));
    }
}
