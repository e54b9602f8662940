//! Long tables of the counties study: exact names, order and units of docs/pipeline.md, "Fields".

use super::compute::{Results, YearResult};
use super::inputs::{Inputs, YearInput};
use super::uncertainty::{CountyConfidence, Judgement, levels as level_classes};
use crate::studies::place::Areas;
use crate::tables::OccurringClasses;
use crate::uncertainty;
use carbonzone_confidence::UnitConfidence;
use carbonzone_report::ZONE_OF_MEAN;
use carbonzone_types::{AttributeTable, ColumnData, M2_PER_HECTARE, M2_PER_KM2};
use carbonzone_zoning::published::PublishedComparison;
use carbonzone_zoning::scheme::Axis;
use carbonzone_zoning::{Zoned, ZoningScheme, append_zone_columns};

/// One row per county and year, years ascending, counties in canonical order.
pub fn zones(inputs: &Inputs, results: &Results, areas: Option<&Areas>) -> AttributeTable {
    let mut table = AttributeTable::new();
    for (year, result) in inputs.years.iter().zip(&results.years) {
        table.append(zones_of_year(inputs, year, result, results, areas));
    }
    crate::compensation::append_columns(&mut table, results.compensation.as_ref());
    table
}

/// Land-cover classes that absorb in any year: every year has the same columns.
fn sink_classes(inputs: &Inputs) -> Vec<&String> {
    let mut out: Vec<&String> =
        inputs.years.iter().flat_map(|y| y.sink_by_class_t.iter().map(|(c, _)| c)).collect();
    out.sort();
    out.dedup();
    out
}

fn zones_of_year(
    inputs: &Inputs,
    year: &YearInput,
    result: &YearResult,
    results: &Results,
    areas: Option<&Areas>,
) -> AttributeTable {
    let z = &inputs.zones;
    let n = z.ids.len();
    let mut table = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&z.ids))
        .with("name", ColumnData::texts(&z.names))
        .with("name_en", ColumnData::Text(z.names_en.clone()))
        .with("year", ColumnData::Int(vec![Some(i64::from(year.year)); n]));
    let area: Vec<Option<f64>> =
        areas.map_or_else(|| vec![None; n], |a| a.basis_m2.iter().copied().map(Some).collect());
    if let Some(areas) = areas {
        table.push("area_m2", ColumnData::reals(&areas.basis_m2));
        table.push(areas.other_name, ColumnData::reals(&areas.other_m2));
    }
    table.push("population_persons", ColumnData::Real(year.population.clone()));
    table.push(&z.gdp_unit.gdp_field(), ColumnData::Real(year.gdp.clone()));
    for (name, column) in inputs.sectors.iter().zip(&result.tonnes.sectors_t) {
        table.push(&format!("{name}_t"), ColumnData::reals(column));
    }
    for class in sink_classes(inputs) {
        let column = year.sink_by_class_t.iter().find(|(c, _)| c == class);
        let none = vec![0.0; n];
        table.push(&format!("sink_{class}_t"), ColumnData::reals(column.map_or(&none, |(_, t)| t)));
    }
    let t = &result.tonnes;
    table.push("gross_t", ColumnData::reals(&t.gross_t));
    table.push("sink_t", ColumnData::reals(&t.sink_t));
    table.push("net_t", ColumnData::reals(&t.net_t));
    let per = |amount: &[f64], base: &[Option<f64>], unit: f64| {
        let one = |(a, b): (&f64, &Option<f64>)| b.filter(|b| *b > 0.0).map(|b| a / (b / unit));
        ColumnData::Real(amount.iter().zip(base).map(one).collect())
    };
    table.push("gross_t_km2", per(&t.gross_t, &area, M2_PER_KM2));
    table.push("gross_t_ha", per(&t.gross_t, &area, M2_PER_HECTARE));
    table.push("sink_t_ha", per(&t.sink_t, &area, M2_PER_HECTARE));
    table.push("gross_t_per_person", per(&t.gross_t, &year.population, 1.0));
    if let Some(field) = z.gdp_unit.per_gdp_field() {
        table.push(&field, per(&t.gross_t, &year.gdp, 1.0));
    }
    let scheme = &results.scheme;
    for (axis, levels) in levels(results, &result.zoned) {
        table.push(&level_field(axis, ""), ColumnData::Text(levels));
    }
    append_zone_columns(&mut table, scheme, &result.indices, &result.zoned);
    if results.years.len() > 1 {
        table.push(ZONE_OF_MEAN, class_texts(results, |c| &c.key));
    }
    if let Some(confidence) = &results.confidence {
        let at = results.years.iter().position(|y| y.year == year.year).unwrap_or(0);
        append_confidence(&mut table, results, confidence, at);
    }
    if let Some(statistics) = &results.statistics {
        let at = results.years.iter().position(|y| y.year == year.year).unwrap_or(0);
        statistics.append_units(&mut table, at);
    }
    table
}

/// How sure zones and levels are: of the year at a position, then by the mean over the years.
fn append_confidence(
    table: &mut AttributeTable,
    results: &Results,
    confidence: &CountyConfidence,
    year: usize,
) {
    let records = results.scheme.records(&[]);
    let mut append = |basis: usize, all: &[UnitConfidence], suffix: &str| {
        let classes = uncertainty::occurring(&records, all);
        let units: Vec<_> = confidence.of(Judgement::Zone, basis).iter().map(Some).collect();
        uncertainty::append(table, &confidence.draws().columns, &units, &classes, suffix);
    };
    append(year, confidence.zones_of_years(), "");
    if let Some(mean) = confidence.mean() {
        append(mean, confidence.of(Judgement::Zone, mean), OF_MEAN);
        for (axis, levels) in levels(results, &results.zoning.mean) {
            table.push(&level_field(axis, OF_MEAN), ColumnData::Text(levels));
        }
    }
    for (basis, suffix) in [(Some(year), ""), (confidence.mean(), OF_MEAN)] {
        let Some(basis) = basis else { continue };
        for (axis, what) in axes(&results.scheme) {
            let units: Vec<_> = confidence.of(what, basis).iter().map(Some).collect();
            let field = level_field(axis, suffix);
            let classes = level_classes(axis, &[]);
            uncertainty::append_further(table, (&field, &level_prefix(axis)), &units, &classes);
        }
    }
}

/// Ending of the columns by the mean over the years.
pub(super) const OF_MEAN: &str = "_of_mean";

/// Column of the level of an index.
pub(super) fn level_field(axis: &Axis, suffix: &str) -> String {
    format!("{}_level{suffix}", axis.column)
}

/// What stands before a level in the columns of probabilities: both indices have a level `low`.
pub(super) fn level_prefix(axis: &Axis) -> String {
    format!("{}_level_", axis.column)
}

/// Both indices, and what is judged of them.
pub(super) fn axes(scheme: &ZoningScheme) -> [(&Axis, Judgement); 2] {
    [(&scheme.economic, Judgement::Economic), (&scheme.ecological, Judgement::Ecological)]
}

type Levels<'a> = [(&'a Axis, Vec<Option<String>>); 2];

fn levels<'a>(results: &'a Results, zoned: &Zoned) -> Levels<'a> {
    let (e, s) = (&results.scheme.economic, &results.scheme.ecological);
    let of = |axis: &Axis, at: &[Option<usize>]| -> Vec<Option<String>> {
        at.iter().map(|l| l.map(|l| axis.levels[l].key.clone())).collect()
    };
    [(e, of(e, &zoned.economic_level)), (s, of(s, &zoned.ecological_level))]
}

/// The published zoning: by the mean of each index over the years.
pub fn overall(inputs: &Inputs, results: &Results) -> AttributeTable {
    let mean = |pick: fn(&YearResult) -> &Vec<Option<f64>>| {
        let at = |u: usize| -> Option<f64> {
            let values: Option<Vec<f64>> = results.years.iter().map(|y| pick(y)[u]).collect();
            values.map(|v| v.iter().sum::<f64>() / v.len() as f64)
        };
        ColumnData::Real((0..inputs.zones.ids.len()).map(at).collect())
    };
    let (e, s) = (&results.scheme.economic.column, &results.scheme.ecological.column);
    let mut table = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&inputs.zones.ids))
        .with("name", ColumnData::texts(&inputs.zones.names))
        .with(&format!("{e}_mean"), mean(|y| &y.indices.ecc))
        .with(&format!("{s}_mean"), mean(|y| &y.indices.esc));
    for (axis, levels) in levels(results, &results.zoning.mean) {
        table.push(&level_field(axis, ""), ColumnData::Text(levels));
    }
    table.push("zone", class_texts(results, |c| &c.key));
    table.push("zone_en", class_texts(results, |c| &c.label_en));
    table.push("zone_zh", class_texts(results, |c| &c.label_zh));
    table
}

/// A text of the class of every county by the mean over the years.
fn class_texts(results: &Results, pick: fn(&carbonzone_zoning::ZoneClass) -> &String) -> ColumnData {
    let of = |id: &u8| results.scheme.class_of(*id).map(|c| pick(c).clone());
    ColumnData::Text(results.zoning.overall.iter().map(of).collect())
}

/// Dissolved zone classes of the mean over the years: those that occur, with the last year's sums.
pub fn zone_classes(results: &Results, area_m2: &[f64]) -> (Vec<u8>, AttributeTable) {
    let classes = OccurringClasses::new(&results.scheme, &results.zoning.overall);
    let mut table = classes.table().with("area_m2", classes.sum(area_m2));
    if let Some(last) = results.years.last() {
        table.push("gross_t", classes.sum(&last.tonnes.gross_t));
        table.push("sink_t", classes.sum(&last.tonnes.sink_t));
        table.push("net_t", classes.sum(&last.tonnes.net_t));
    }
    (classes.ids(), table)
}

/// `published_vs_computed.csv`.
pub fn published(comparison: &PublishedComparison) -> AttributeTable {
    let cells = &comparison.cells;
    let text = |f: fn(&carbonzone_zoning::published::PublishedCell) -> &String| {
        ColumnData::Text(cells.iter().map(|c| Some(f(c).clone()).filter(|s| !s.is_empty())).collect())
    };
    AttributeTable::new()
        .with("table", text(|c| &c.table))
        .with("unit_id", text(|c| &c.unit))
        .with("year", ColumnData::Int(cells.iter().map(|c| c.year.map(i64::from)).collect()))
        .with("column", text(|c| &c.column))
        .with("published", text(|c| &c.published))
        .with("computed", text(|c| &c.computed))
        .with("agrees", ColumnData::Bool(cells.iter().map(|c| Some(c.agrees)).collect()))
        .with("circular", ColumnData::Bool(cells.iter().map(|c| Some(c.circular)).collect()))
        .with("reason", text(|c| &c.reason))
}

/// `consistency.csv`: what the printed numbers imply together.
pub fn consistency(comparison: &PublishedComparison) -> AttributeTable {
    let rows = &comparison.consistency;
    AttributeTable::new()
        .with("quantity", ColumnData::Text(rows.iter().map(|r| Some(r.name.clone())).collect()))
        .with("year", ColumnData::Int(rows.iter().map(|r| r.year.map(i64::from)).collect()))
        .with("value", ColumnData::Real(rows.iter().map(|r| Some(r.value)).collect()))
        .with("low", ColumnData::Real(rows.iter().map(|r| r.interval.map(|i| i.low)).collect()))
        .with("high", ColumnData::Real(rows.iter().map(|r| r.interval.map(|i| i.high)).collect()))
        .with("meaning", ColumnData::Text(rows.iter().map(|r| Some(r.meaning.clone())).collect()))
}
