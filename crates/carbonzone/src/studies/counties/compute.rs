//! Indices, levels, zones and changes of the counties.

use super::config::CountiesPipeline;
use super::inputs::{Inputs, YearInput};
use super::uncertainty::CountyConfidence;
use crate::compensation::Compensated;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::statistics::Statistics;
use crate::tables::OccurringClasses;
use carbonzone_scale::SectorTable;
use carbonzone_types::{ExactSum, Finding, Ledger, LedgerRow, ReferenceRecord, Stage};
use carbonzone_zoning::Zoned;
use carbonzone_zoning::published::{PublishedComparison, compare_published};
use carbonzone_zoning::{
    IndexInputs, Indices, WhatIf, Zoning, ZoningError, ZoningScheme, classify, indices, one_axis, what_if,
};

/// Change of one number of one unit in the story of the report, percent.
const WHAT_IF_PCT: f64 = 5.0;

/// One year, one entry per county.
pub struct YearResult {
    pub year: i32,
    /// Emissions and sinks.
    pub tonnes: SectorTable,
    /// Index values.
    pub indices: Indices,
    /// Levels and zones by the cuts of all years together.
    pub zoned: Zoned,
}

/// Everything computed.
pub struct Results {
    pub scheme: ZoningScheme,
    /// Cuts, and the zoning by the mean over the years.
    pub zoning: Zoning,
    /// Years, ascending.
    pub years: Vec<YearResult>,
    /// How sure zones and levels are, if the pipeline file asks for it.
    pub confidence: Option<CountyConfidence>,
    /// Who pays whom, if the pipeline file asks for it.
    pub compensation: Option<Compensated>,
    /// Clusters, hot spots, inequality, changes, if the pipeline file asks for them.
    pub statistics: Option<Statistics>,
    /// Totals of other sources beside ours, if the pipeline file has any.
    pub references: Vec<ReferenceRecord>,
    /// Comparison with the published cells.
    pub comparison: Option<PublishedComparison>,
    /// What the last year's zones would be if one number were a little different.
    pub what_if: Vec<WhatIf>,
}

impl Results {
    /// Of the counties alone; what the pipeline file asks for besides comes later.
    fn of(scheme: ZoningScheme, zoning: Zoning, years: Vec<YearResult>) -> Self {
        Self {
            scheme,
            zoning,
            years,
            confidence: None,
            compensation: None,
            statistics: None,
            references: Vec::new(),
            comparison: None,
            what_if: Vec::new(),
        }
    }
}

/// Computes everything. `None`: the findings say why.
pub fn compute(loaded: &Loaded<CountiesPipeline>, inputs: &Inputs, notes: &mut Notes) -> Option<Results> {
    match try_compute(loaded, inputs, notes) {
        Ok(results) => {
            book(loaded, inputs, &results, &mut notes.ledger);
            Some(results)
        }
        Err(e) => {
            let finding = Finding::error("zoning", e.to_string()).layer("zones");
            notes.findings.refuse(loaded.at(finding, &["zoning"]))
        }
    }
}

fn try_compute(
    loaded: &Loaded<CountiesPipeline>,
    inputs: &Inputs,
    notes: &mut Notes,
) -> Result<Results, ZoningError> {
    let config = &loaded.pipeline.zoning;
    let scheme = config.resolve()?;
    if let Some(study) = &inputs.published {
        let comparison = compare_published(study, &scheme)?;
        let years = results_by_year(inputs, comparison.indices.clone(), &comparison.zoning);
        let zoning = comparison.zoning.clone();
        return Ok(Results { comparison: Some(comparison), ..Results::of(scheme, zoning, years) });
    }
    let options = scheme.index_options(config.gdp_total);
    let tables: Vec<SectorTable> = inputs.years.iter().map(tonnes).collect();
    let mut values = Vec::new();
    for (year, table) in inputs.years.iter().zip(&tables) {
        let found = indices(&index_inputs(inputs, year, table), &options)?;
        for finding in found.findings.items.iter().filter(|f| one_axis::concerns(&scheme, f)) {
            let message = format!("{}: {}", year.year, finding.message);
            notes.findings.push(Finding { message, ..finding.clone() }.layer("zones"));
        }
        values.push(found);
    }
    let zoning = classify(&scheme, &values.iter().collect::<Vec<_>>())?;
    let what_if = match (inputs.years.last(), tables.last()) {
        (Some(year), Some(table)) => {
            what_if(&scheme, &zoning, &index_inputs(inputs, year, table), &options, WHAT_IF_PCT)?
        }
        _ => Vec::new(),
    };
    let years = results_by_year(inputs, values, &zoning);
    Ok(Results { what_if, ..Results::of(scheme, zoning, years) })
}

fn index_inputs<'a>(inputs: &'a Inputs, year: &'a YearInput, table: &'a SectorTable) -> IndexInputs<'a> {
    IndexInputs {
        unit_ids: Some(&inputs.zones.ids),
        gross_t: &table.gross_t,
        sink_t: &table.sink_t,
        gdp: Some(&year.gdp),
    }
}

fn tonnes(year: &YearInput) -> SectorTable {
    SectorTable::new(year.sectors_t.clone(), year.sink_t.clone())
}

fn results_by_year(inputs: &Inputs, values: Vec<Indices>, zoning: &Zoning) -> Vec<YearResult> {
    inputs
        .years
        .iter()
        .zip(values)
        .zip(&zoning.years)
        .map(|((year, indices), zoned)| YearResult {
            year: year.year,
            tonnes: tonnes(year),
            indices,
            zoned: zoned.clone(),
        })
        .collect()
}

/// Books every year. The budget is the formula at the level of the city: a factor times the sum of what it stands for; placed is
/// the sum of the counties, and zones the sum of the classes. Published totals have no formula, so they have no budget.
fn book(loaded: &Loaded<CountiesPipeline>, inputs: &Inputs, results: &Results, ledger: &mut Ledger) {
    let factors = &loaded.pipeline.factors;
    let known = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<ExactSum>().value();
    for (year, result) in inputs.years.iter().zip(&results.years) {
        let label = year.year.to_string();
        let by_class = |column: &[f64]| {
            let classes = OccurringClasses::new(&results.scheme, &result.zoned.zone);
            classes.sums(column).into_iter().collect::<ExactSum>().value()
        };
        let mut push = |stage, sector: &str, t| ledger.push(LedgerRow::tonnes(stage, sector, &label, t));
        if inputs.published.is_none() {
            let persons = known(&year.population) / 1e4;
            push(Stage::Budget, "respiration", factors.respiration_t_per_1e4_persons * persons);
            push(Stage::Budget, "energy", factors.energy_t_per_tce * ExactSum::of(&year.energy_tce));
            let t_ha = &loaded.pipeline.sinks.coefficients_t_ha;
            let sinks = year.sink_by_class_t.iter().zip(&year.class_ha);
            let sink_t: ExactSum =
                sinks.map(|((class, _), ha)| t_ha.get(class).unwrap_or(&0.0) * ExactSum::of(ha)).collect();
            push(Stage::Budget, "sink", sink_t.value());
        }
        let names = inputs.sectors.iter().map(String::as_str).chain(["sink"]);
        for (name, column) in names.zip(year.sectors_t.iter().chain([&year.sink_t])) {
            push(Stage::Placed, name, ExactSum::of(column));
            push(Stage::Zones, name, by_class(column));
        }
    }
}
