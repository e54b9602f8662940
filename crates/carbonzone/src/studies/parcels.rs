//! Parcels, grid, townships (the Suzhou study).

mod record;
mod write;

pub(crate) use write::unit_table;

use crate::compute::{self, Results};
use crate::config::{Outputs, Pipeline};
use crate::error::Result;
use crate::load::{self, Inputs, Notes};
use crate::load_config::Loaded;
use crate::output::Output;
use crate::reference::{self, Ours};
use crate::statistics::subject::{self, Cells, Places, Subject, UnitYear};
use crate::statistics::{Statistics, StatisticsConfig};
use crate::studies::place::Areas;
use crate::study::{Computed, OfParcels, Run, Study, with_settings};
use crate::{check_pipeline, compensation, scenario, uncertainty};
use carbonzone_types::{Findings, Progress, RunManifest};

/// Parcels, grid, townships.
pub struct Parcels;

impl OfParcels for Parcels {}

impl Study for Parcels {
    type Pipeline = Pipeline;
    type Inputs = Inputs;
    type Results = Results;
    const LOAD_DESPITE_ERRORS: bool = true;

    fn check(config: &Loaded) -> Findings {
        check_pipeline::check(config)
    }

    fn load(config: &Loaded, notes: &mut Notes, observer: &dyn Progress) -> Option<Inputs> {
        load::load_inputs(config, notes, observer)
    }

    fn compute(
        config: &Loaded,
        inputs: &mut Inputs,
        notes: &mut Notes,
        observer: &dyn Progress,
    ) -> Option<Results> {
        let mut results = compute::compute(config, inputs, notes, observer)?;
        let again = |set: &[String]| with_settings::<Self>(config, set, observer);
        let drawn = uncertainty::draw(config, (inputs, &results), &again, notes, observer).ok()?;
        results.compensation = compensated(config, inputs, &results, drawn.as_ref(), notes)?;
        results.scenarios = scenario::compute(config, inputs, &results, drawn.as_ref(), notes)?;
        results.confidence = drawn.map(|d| d.confidence);
        if let Some(section) = &config.pipeline.statistics {
            let areas = Areas::of(&config.pipeline.city, &inputs.zones.coverage, &inputs.crs, notes)?;
            let subject = subject(config, inputs, &results, &areas, section);
            results.statistics = Some(Statistics::compute(section, &subject, notes, observer));
        }
        results.references =
            reference::compare(&config.pipeline.reference, &inputs.zones, &[ours(config, &results)], notes)?;
        Some(results)
    }

    fn record(computed: Computed<'_, Self>) -> RunManifest {
        record::build(computed)
    }

    fn output<'a>(run: &'a Run<Self>, outputs: &Outputs) -> Result<Output<'a>> {
        write::output(run, outputs)
    }
}

/// Who pays whom, if the pipeline file asks for it. `None`: the findings say why not.
fn compensated(
    config: &Loaded,
    inputs: &Inputs,
    results: &Results,
    drawn: Option<&uncertainty::Drawn>,
    notes: &mut Notes,
) -> Option<Option<compensation::Compensated>> {
    let zones = &inputs.zones;
    let numbers = || compensation::Numbers {
        gross_t: results.zones.gross_t.clone(),
        sink_t: results.zones.sink_t.clone(),
        area: zones.coverage.areas_m2().into_iter().map(Some).collect(),
        ..compensation::Numbers::of(zones)
    };
    let rows = compensation::Rows::default();
    let draws = drawn.map(|d| compensation::Draws { model: &d.model, options: d.options, rows });
    compensation::asked(config.pipeline.compensation.as_ref(), numbers, draws.as_ref(), notes)
}

/// Our totals, of the whole city, and gross emissions of the townships, as other sources are compared with them.
fn ours(config: &Loaded, results: &Results) -> Ours {
    let totals = &results.totals;
    let sectors = totals.sectors.iter().map(|s| (s.sector.clone(), s.amount_t));
    Ours {
        year: config.pipeline.city.years().last().copied(),
        totals: sectors.chain([("gross".to_owned(), totals.gross_t)]).collect(),
        gross_t: results.zones.gross_t.iter().copied().map(Some).collect(),
    }
}

/// What statistics need: townships, used cells, tonnes of every sector in the cells.
fn subject<'a>(
    config: &'a Loaded,
    inputs: &'a Inputs,
    results: &'a Results,
    areas: &'a Areas,
    section: &StatisticsConfig,
) -> Subject<'a> {
    let (zones, cells) = (&inputs.zones, &results.cells);
    let known = |tonnes: &[f64]| tonnes.iter().copied().map(Some).collect::<Vec<_>>();
    let year = config.pipeline.city.years().last().copied().unwrap_or_default();
    let net = section.value.of_cells() == crate::statistics::config::ClusterValue::NetTKm2;
    let of_cells = if net { &cells.net_t } else { &cells.gross_t };
    let kinds = results.sectors.iter().zip(&cells.sectors_t).map(|(name, t)| (name.clone(), t));
    let kinds = kinds.chain([("gross".to_owned(), &cells.gross_t), ("sink".to_owned(), &cells.sink_t)]);
    Subject {
        layer: &config.pipeline.layers.zones.kind,
        ids: &zones.ids,
        names: &zones.names,
        shown: zones.shown(),
        districts: &zones.district,
        gdp_unit: &zones.gdp_unit,
        coverage: &zones.coverage,
        area_m2: &areas.basis_m2,
        years: vec![UnitYear {
            year,
            people: zones.population.clone(),
            gdp: zones.gdp.clone(),
            sectors_t: results.zones.sectors_t.clone(),
            gross_t: known(&results.zones.gross_t),
            sink_t: results.zones.sink_t.clone(),
        }],
        cells: section.grid.then(|| {
            let layer = results.grid.layer_name();
            Cells::new(&results.grid, layer, &results.used_cells, of_cells.iter().copied().map(Some))
        }),
        places: Places {
            points: subject::centres(&results.grid, &results.used_cells),
            cells: true,
            amounts: kinds.map(|(kind, tonnes)| (year, kind, tonnes.clone())).collect(),
        },
    }
}
