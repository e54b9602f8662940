//! Emission and absorption over years on a grid and in counties (the Henan study): read, compute, book, write.

mod closing;
mod compensation;
mod compute;
pub mod config;
mod inputs;
mod rasters;
mod report;
mod tables;
mod uncertainty;
mod write;

use crate::config::Outputs;
use crate::error::Result;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::output::Output;
use crate::reference::{self, Ours};
use crate::statistics::config::ClusterValue;
use crate::statistics::subject::{self, Cells, Places, Subject, UnitYear};
use crate::statistics::{Statistics, StatisticsConfig};
use crate::study::{Computed, Run, Study};
use carbonzone_types::{Findings, Progress, RunManifest};
use config::RasterSeriesPipeline;

/// Emission and absorption rasters over years.
pub struct RasterSeries;

impl Study for RasterSeries {
    type Pipeline = RasterSeriesPipeline;
    type Inputs = inputs::Inputs;
    type Results = compute::Results;

    fn check(config: &Loaded<RasterSeriesPipeline>) -> Findings {
        inputs::check_config(config)
    }

    fn load(
        config: &Loaded<RasterSeriesPipeline>,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<inputs::Inputs> {
        // Before anything else, so that every missing file is named beside what is wrong with the others.
        rasters::report_missing(config, notes);
        inputs::load(config, notes, observer)
    }

    fn compute(
        config: &Loaded<RasterSeriesPipeline>,
        inputs: &mut inputs::Inputs,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<compute::Results> {
        let mut results = compute::compute(config, inputs, notes, observer)?;
        closing::note(inputs, &results.years, notes);
        if let Some(section) = &config.pipeline.uncertainty {
            observer.begin("draw", None);
            let found = uncertainty::confidence(section, config, inputs, &results);
            observer.end();
            results.confidence = Some(found.map_err(|findings| notes.findings.items.extend(findings)).ok()?);
        }
        results.compensation = compensation::of_series(config, inputs, &results, notes)?;
        if let Some(section) = &config.pipeline.statistics {
            let subject = subject(config, inputs, &results, section);
            results.statistics = Some(Statistics::compute(section, &subject, notes, observer));
        }
        let ours: Vec<Ours> = results.years.iter().map(ours).collect();
        results.references = reference::compare(&config.pipeline.reference, &inputs.zones, &ours, notes)?;
        Some(results)
    }

    fn record(computed: Computed<'_, Self>) -> RunManifest {
        write::manifest(computed)
    }

    fn output<'a>(run: &'a Run<Self>, _outputs: &Outputs) -> Result<Output<'a>> {
        Ok(write::output(run))
    }
}

/// Our totals of a year, as other sources are compared with them; counties without data have none.
fn ours(flows: &compute::YearFlows) -> Ours {
    let energy: Vec<f64> = flows.energy_t.iter().flatten().copied().collect();
    let gross = flows.energy_t.iter().zip(&flows.land_t).map(|(e, land)| e.map(|e| e + land)).collect();
    Ours::of_units(flows.year, &[("energy", &energy), ("land", &flows.land_t)], &flows.sink_t, gross)
}

/// What statistics need: the counties in every year, the cells of the last one, energy emissions of the cells in every year.
fn subject<'a>(
    config: &'a Loaded<RasterSeriesPipeline>,
    inputs: &'a inputs::Inputs,
    results: &compute::Results,
    section: &StatisticsConfig,
) -> Subject<'a> {
    let zones = &inputs.zones;
    let n = zones.ids.len();
    // The tables of the zones hold one year: the last one.
    let last_year = results.years.last().map(|y| y.year);
    let of_last = |values: &[Option<f64>], year: i32| {
        if Some(year) == last_year { values.to_vec() } else { vec![None; n] }
    };
    let of_year = |flows: &compute::YearFlows| UnitYear {
        year: flows.year,
        people: of_last(&zones.population, flows.year),
        gdp: of_last(&zones.gdp, flows.year),
        sectors_t: Vec::new(),
        gross_t: flows.energy_t.iter().zip(&flows.land_t).map(|(e, land)| e.map(|e| e + land)).collect(),
        sink_t: flows.sink_t.clone(),
    };
    let used = results.cells_in_counties();
    let net = section.value.of_cells() == ClusterValue::NetTKm2;
    let per_cell = |flows: &compute::YearFlows, cell: u32| {
        let (energy, absorbed) = (flows.cell_energy_t[cell as usize], flows.cell_absorption_t[cell as usize]);
        // Land that is a source emits; where production is unknown so is the cell.
        let land = if net { -absorbed } else { (-absorbed).max(0.0) };
        Some(energy + land).filter(|t| t.is_finite() && !absorbed.is_nan())
    };
    let last = results.years.last().filter(|_| section.grid);
    let energy = |flows: &compute::YearFlows| {
        let tonnes = used.iter().map(|&c| Some(flows.cell_energy_t[c as usize]).filter(|t| t.is_finite()));
        (flows.year, "energy".to_owned(), tonnes.map(|t| t.unwrap_or(0.0)).collect())
    };
    Subject {
        layer: &config.pipeline.layers.zones.kind,
        ids: &zones.ids,
        names: &zones.names,
        shown: zones.shown(),
        districts: &zones.district,
        gdp_unit: &zones.gdp_unit,
        coverage: &zones.coverage,
        area_m2: &inputs.areas.basis_m2,
        years: results.years.iter().map(of_year).collect(),
        cells: last.map(|flows| {
            let layer = results.grid.layer_name();
            Cells::new(&results.grid, layer, &used, used.iter().map(|&c| per_cell(flows, c)))
        }),
        places: Places {
            points: subject::centres(&results.grid, &used),
            cells: true,
            amounts: results.years.iter().map(energy).collect(),
        },
    }
}
