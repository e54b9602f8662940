//! Counties over years (the Guiyang study): read, compute, book, write.

mod activity;
mod changes;
mod closing;
mod compensation;
mod compute;
pub mod config;
mod inputs;
mod land_cover;
mod published;
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
use crate::statistics::Statistics;
use crate::statistics::clusters::centroids;
use crate::statistics::subject::{Places, Subject, UnitYear};
use crate::study::{Computed, Run, Study};
use carbonzone_types::{Findings, Progress, RunManifest};
use config::CountiesPipeline;

/// Counties over years.
pub struct Counties;

impl Study for Counties {
    type Pipeline = CountiesPipeline;
    type Inputs = inputs::Inputs;
    type Results = compute::Results;

    fn check(config: &Loaded<CountiesPipeline>) -> Findings {
        inputs::check_config(config)
    }

    fn load(
        config: &Loaded<CountiesPipeline>,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<inputs::Inputs> {
        inputs::load(config, notes, observer)
    }

    fn compute(
        config: &Loaded<CountiesPipeline>,
        inputs: &mut inputs::Inputs,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<compute::Results> {
        let mut results = compute::compute(config, inputs, notes)?;
        closing::note(inputs, notes);
        if let Some(section) = &config.pipeline.uncertainty {
            observer.begin("draw", None);
            let found = uncertainty::confidence(section, inputs, &results, config.pipeline.zoning.gdp_total);
            observer.end();
            results.confidence = Some(found.map_err(|findings| notes.findings.items.extend(findings)).ok()?);
        }
        results.compensation = compensation::of_counties(config, inputs, &results, notes)?;
        if let Some(section) = &config.pipeline.statistics {
            let subject = subject(config, inputs, &results);
            results.statistics = Some(Statistics::compute(section, &subject, notes, observer));
        }
        let ours: Vec<Ours> = results.years.iter().map(|y| ours(inputs, y)).collect();
        results.references = reference::compare(&config.pipeline.reference, &inputs.zones, &ours, notes)?;
        Some(results)
    }

    fn record(computed: Computed<'_, Self>) -> RunManifest {
        write::manifest(computed)
    }

    fn output<'a>(run: &'a Run<Self>, _outputs: &Outputs) -> Result<Output<'a>> {
        write::output(run)
    }
}

/// Our totals of a year, as other sources are compared with them.
fn ours(inputs: &inputs::Inputs, year: &compute::YearResult) -> Ours {
    let t = &year.tonnes;
    let sectors = inputs.sectors.iter().map(String::as_str);
    let sectors: Vec<(&str, &[f64])> = sectors.zip(t.sectors_t.iter().map(Vec::as_slice)).collect();
    Ours::of_units(year.year, &sectors, &t.sink_t, t.gross_t.iter().copied().map(Some).collect())
}

/// What statistics need: the counties in every year, and their centroids.
fn subject<'a>(
    config: &'a Loaded<CountiesPipeline>,
    inputs: &'a inputs::Inputs,
    results: &compute::Results,
) -> Subject<'a> {
    let zones = &inputs.zones;
    let of_year = |(input, result): (&inputs::YearInput, &compute::YearResult)| UnitYear {
        year: input.year,
        people: input.population.clone(),
        gdp: input.gdp.clone(),
        sectors_t: result.tonnes.sectors_t.clone(),
        gross_t: result.tonnes.gross_t.iter().copied().map(Some).collect(),
        sink_t: result.tonnes.sink_t.clone(),
    };
    let amounts = |year: &compute::YearResult| {
        let tonnes = &year.tonnes;
        let sectors = inputs.sectors.iter().map(String::as_str).zip(&tonnes.sectors_t);
        let all = sectors.chain([("gross", &tonnes.gross_t), ("sink", &tonnes.sink_t)]);
        all.map(|(kind, t)| (year.year, kind.to_owned(), t.clone())).collect::<Vec<_>>()
    };
    let drawn = !zones.coverage.is_empty();
    Subject {
        layer: config.pipeline.layers.zones.as_ref().map_or("counties", |z| &z.kind),
        ids: &zones.ids,
        names: &zones.names,
        shown: zones.shown(),
        districts: &zones.district,
        gdp_unit: &zones.gdp_unit,
        coverage: &zones.coverage,
        area_m2: inputs.areas.as_ref().map_or(&[][..], |a| &a.basis_m2),
        years: inputs.years.iter().zip(&results.years).map(of_year).collect(),
        cells: None,
        places: Places {
            points: centroids(&zones.coverage),
            cells: false,
            amounts: results.years.iter().filter(|_| drawn).flat_map(amounts).collect(),
        },
    }
}
