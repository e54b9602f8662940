//! Year by year: emissions and absorption on the grid and in counties; then ratio, trend and risk.

use super::config::{EmissionLevel, RasterSeriesPipeline};
use super::inputs::Inputs;
use super::rasters::{self, Reader};
use super::uncertainty::WindowConfidence;
use crate::compensation::Compensated;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::statistics::Statistics;
use crate::statistics::clusters::touching;
use carbonzone_geom::{OverlapMatrix, overlap_grid};
use carbonzone_inventory::equations::ecosystem::{NegativeNep, absorption_t, neps_gc_m2};
use carbonzone_io::Resample;
use carbonzone_spatialize::DownscaleError;
use carbonzone_spatialize::downscale::light::{
    Downscaled, LightFit, LightModel, PixelShares, WeightUsed, downscale, fit_light, split_total,
    usable_light,
};
use carbonzone_types::{
    ExactSum, Finding, GridSpec, Ledger, LedgerRow, Progress, ReferenceRecord, Stage, number_of,
};
use carbonzone_zoning::ZoningError;
use carbonzone_zoning::ratio::{BudgetState, Trajectory, source_sink_ratio};
use carbonzone_zoning::risk::{Panel, RiskResult, WindowRisk, panel_risk, window_risk};
use carbonzone_zoning::spatial::hot_spots::{HotSpotHistory, confidence_bin, getis_ord_star, history};
use carbonzone_zoning::spatial::moran::{Moran, PERMUTATIONS, global_moran};
use carbonzone_zoning::trend::{MannKendall, TheilSen, TrendClass, mann_kendall, theil_sen};
use rayon::prelude::*;

/// Seed of the permutations of Moran's I: fixed, so that every run gives the same bits.
const SEED: u64 = 20_241_108;

/// Cells computed per task: fixed, so that nothing depends on the number of threads.
const CHUNK: usize = 4096;

/// One year. Cells in row-major order, counties in canonical order; NaN or `None`: no data.
pub struct YearFlows {
    pub year: i32,
    /// Energy emissions per cell, t CO2.
    pub cell_energy_t: Vec<f64>,
    /// Absorption per cell, t CO2; negative where the land is a source; NaN without data.
    pub cell_absorption_t: Vec<f64>,
    /// Energy emissions per county; `None` without data.
    pub energy_t: Vec<Option<f64>>,
    /// Absorption per county (signed).
    pub absorption_t: Vec<Option<f64>>,
    /// Positive part of the absorption, cell by cell.
    pub sink_t: Vec<f64>,
    /// Negative part: land that is a source, as a magnitude.
    pub land_t: Vec<f64>,
    /// Total night light per county (radiance × m²).
    pub light: Vec<Option<f64>>,
    /// Light of all counties before the background is taken off (radiance × m²).
    pub all_light: f64,
    /// Share of the county ground whose production and respiration are known.
    pub known_ground: f64,
    /// What placed the county's emissions on cells.
    pub used: Vec<WeightUsed>,
    /// Relation of light and emissions.
    pub fit: Option<LightFit>,
}

/// Trend of one county or cell over all years.
#[derive(Debug, Clone, Copy)]
pub struct Trend {
    /// Slope of ln r per year.
    pub slope: Option<TheilSen>,
    pub test: MannKendall,
    /// Direction and significance.
    pub class: TrendClass,
}

/// Risk and trend of the cells.
pub struct CellResults {
    /// `windows[w][cell]`.
    pub windows: Vec<Vec<Option<WindowRisk>>>,
    /// Trend per cell.
    pub trend: Vec<Option<Trend>>,
}

/// Everything computed.
pub struct Results {
    pub grid: GridSpec,
    /// County area in each cell, m²; 0 outside.
    pub covered_m2: Vec<f64>,
    /// Years with data.
    pub years: Vec<YearFlows>,
    /// Risk of the counties.
    pub risk: RiskResult,
    /// Trajectory of yearly states per county.
    pub trajectories: Vec<Trajectory>,
    /// Trend per county.
    pub trends: Vec<Option<Trend>>,
    /// Gi* of the chosen risk, `[window][county]`.
    pub hot_spots: Vec<Vec<Option<f64>>>,
    /// History of hot and cold spots per county.
    pub histories: Vec<HotSpotHistory>,
    /// Global Moran's I of the chosen risk per window.
    pub moran: Vec<Option<Moran>>,
    pub cells: CellResults,
    /// Clusters, hot spots, inequality, if the pipeline file asks for them.
    pub statistics: Option<Statistics>,
    /// Totals of other sources beside ours, if the pipeline file has any.
    pub references: Vec<ReferenceRecord>,
    /// How sure classes and states are, if the pipeline file asks for it.
    pub confidence: Option<WindowConfidence>,
    /// Who pays whom, if the pipeline file asks for it.
    pub compensation: Option<Compensated>,
}

impl Results {
    /// Cells with ground of a county, ascending.
    pub fn cells_in_counties(&self) -> Vec<u32> {
        (0..self.covered_m2.len()).filter(|&c| self.covered_m2[c] > 0.0).map(|c| c as u32).collect()
    }
}

/// Computes everything. `None`: the findings say why.
pub fn compute(
    loaded: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Results> {
    let grid = grid_of(loaded, inputs, notes)?;
    progress.begin("counties on the grid", None);
    let weights = overlap_grid(&inputs.zones.coverage, &grid);
    progress.end();
    let basis = Basis { loaded, inputs, weights: &weights, grid };
    let years = all_years(basis, notes, progress)?;
    if years.is_empty() {
        return notes
            .findings
            .refuse(Finding::error("no_data", "no year has all its rasters").layer("layers"));
    }
    progress.begin("risk and trends", None);
    let found = finish(basis, years, notes);
    progress.end();
    match found {
        Ok(results) => Some(results),
        Err(e) => notes.findings.refuse(Finding::error("risk", e.to_string())),
    }
}

/// What every year is computed from.
#[derive(Clone, Copy)]
struct Basis<'a> {
    loaded: &'a Loaded<RasterSeriesPipeline>,
    inputs: &'a Inputs,
    /// Ground of the counties in the cells.
    weights: &'a OverlapMatrix,
    grid: GridSpec,
}

fn grid_of(loaded: &Loaded<RasterSeriesPipeline>, inputs: &Inputs, notes: &mut Notes) -> Option<GridSpec> {
    let zones = &inputs.zones;
    crate::grid::of_zones(&zones.coverage, &zones.ids, loaded.pipeline.aggregate.cell_m)
        .map_err(|finding| notes.findings.push(loaded.at(finding, &["aggregate", "cell_m"])))
        .ok()
}

/// Years computed at the same time at most: each holds a few grids.
const YEARS_AT_ONCE: usize = 8;

/// Every year with data, ascending. `None`: the findings say why, or the run was cancelled.
fn all_years(basis: Basis<'_>, notes: &mut Notes, progress: &dyn Progress) -> Option<Vec<YearFlows>> {
    let inputs = basis.inputs;
    let reader = Reader::new(basis.loaded, &inputs.crs, basis.grid);
    let one = |(y, year): (usize, &i32)| {
        let mut notes = Notes::default();
        let result = one_year(basis, &reader, (y, *year), &mut notes);
        progress.advance(1);
        (*year, result, notes)
    };
    let numbered: Vec<(usize, &i32)> = inputs.years.iter().enumerate().collect();
    let mut years = Vec::new();
    progress.begin("years", Some(inputs.years.len() as u64));
    for some in numbered.chunks(YEARS_AT_ONCE) {
        if progress.cancelled() {
            return None;
        }
        let done: Vec<_> = some.par_iter().copied().map(one).collect();
        for (year, result, year_notes) in done {
            rasters::merge(notes, year_notes);
            match result {
                Ok(found) => years.extend(found),
                Err(e) => return notes.findings.refuse(Finding::error("downscale", format!("{year}: {e}"))),
            }
        }
    }
    progress.end();
    Some(years)
}

fn one_year(
    basis: Basis<'_>,
    reader: &Reader<'_>,
    (y, year): (usize, i32),
    notes: &mut Notes,
) -> Result<Option<YearFlows>, DownscaleError> {
    let Basis { loaded, inputs, weights, .. } = basis;
    let layers = &loaded.pipeline.layers;
    // All of them are tried, so that one run names every file that is missing.
    let light = reader.band("light", &layers.light, year, Resample::Average, notes);
    let npp = reader.band("npp", &layers.npp, year, Resample::Average, notes);
    let respiration = reader.respiration(year, notes);
    let built = layers
        .built_up
        .as_ref()
        .map(|raster| reader.band("built_up", raster, year, Resample::Average, notes));
    let (Some(light), Some(npp), Some(respiration)) = (light, npp, respiration) else { return Ok(None) };
    let threshold = loaded.pipeline.emissions.light_threshold;
    let all_light = county_sums(weights, &light.iter().map(|v| usable_light(*v, 0.0)).collect::<Vec<_>>());
    let light: Vec<f64> = light.into_iter().map(|v| usable_light(v, threshold)).collect();
    let built: Option<Vec<f64>> = built
        .flatten()
        .map(|b| b.into_iter().map(|v| if v.is_finite() { v.clamp(0.0, 1.0) } else { 0.0 }).collect());

    let county_light = county_sums(weights, &light);
    let (energy_t, fit) = county_emissions(basis, &county_light, y);
    let known: Vec<f64> = energy_t.iter().map(|e| e.unwrap_or(0.0)).collect();
    let shares = PixelShares {
        offsets: &weights.offsets,
        pixels: &weights.targets,
        areas_m2: &weights.areas_m2,
        n_pixels: weights.n_targets,
    };
    let placed = downscale(&known, &shares, &light, built.as_deref())?;
    let absorption = absorb(basis, &npp, &respiration);
    book((y, year), inputs, &energy_t, &placed, &absorption, &mut notes.ledger);
    report_dark(year, &placed.used, &known, inputs, notes);
    Ok(Some(YearFlows {
        year,
        cell_energy_t: placed.pixel_t,
        cell_absorption_t: absorption.cell_t,
        energy_t,
        absorption_t: absorption.county_t,
        sink_t: absorption.sink_t,
        land_t: absorption.land_t,
        light: county_light.into_iter().map(Some).collect(),
        all_light: ExactSum::of(&all_light),
        known_ground: 1.0 - absorption.unknown_m2 / ExactSum::of(&weights.areas_m2).max(f64::MIN_POSITIVE),
        used: placed.used,
        fit,
    }))
}

/// `Σ value × area` per county.
fn county_sums(weights: &OverlapMatrix, values: &[f64]) -> Vec<f64> {
    let one = |county: usize| {
        let (cells, areas) = weights.row(county);
        cells.iter().zip(areas).map(|(c, a)| values[*c as usize] * a).collect::<ExactSum>().value()
    };
    (0..weights.len()).into_par_iter().map(one).collect()
}

/// County totals of a year: as given, or the totals of regions split by the counties' light.
fn county_emissions(basis: Basis<'_>, light: &[f64], y: usize) -> (Vec<Option<f64>>, Option<LightFit>) {
    let Basis { loaded, inputs, .. } = basis;
    let config = &loaded.pipeline.emissions;
    let region_light: Vec<Option<f64>> =
        inputs.emissions.iter().map(|r| Some(r.counties.iter().map(|c| light[*c]).sum())).collect();
    let region_total: Vec<Option<f64>> = inputs.emissions.iter().map(|r| r.emission_t[y]).collect();
    let fit = fit_light(&region_total, &region_light, config.light_model).ok();
    let mut out = vec![None; light.len()];
    for region in &inputs.emissions {
        let Some(total) = region.emission_t[y] else { continue };
        if config.level == EmissionLevel::County {
            region.counties.iter().for_each(|c| out[*c] = Some(total));
            continue;
        }
        let exponent = fit.filter(|f| f.model == LightModel::Power).map_or(1.0, |f| f.exponent);
        let estimates: Vec<f64> = region.counties.iter().map(|c| light[*c].powf(exponent)).collect();
        let parts = split_total(total, &estimates)
            .unwrap_or_else(|| vec![total / region.counties.len() as f64; region.counties.len()]);
        region.counties.iter().zip(parts).for_each(|(c, t)| out[*c] = Some(t));
    }
    (out, fit)
}

/// Absorption of a year.
struct Absorption {
    /// Per cell, signed; NaN without data.
    cell_t: Vec<f64>,
    /// NEP of each cell times all county ground in it, signed; NaN without data.
    by_ground_t: Vec<f64>,
    county_t: Vec<Option<f64>>,
    sink_t: Vec<f64>,
    land_t: Vec<f64>,
    /// County ground without data, m².
    unknown_m2: f64,
    negative_cells: u64,
}

fn absorb(basis: Basis<'_>, npp: &[f64], respiration: &[f64]) -> Absorption {
    let Basis { loaded, inputs, weights, .. } = basis;
    let scale = &inputs.areas.scale;
    let negative: NegativeNep = loaded.pipeline.absorption.negative_nep;
    let negative_cells = npp.iter().zip(respiration).filter(|(n, r)| n < r).count() as u64;
    let nep = neps_gc_m2(npp, respiration, negative);
    let n = weights.len();
    let mut cells = vec![ExactSum::new(); weights.n_targets];
    let (mut county_t, mut sink_t, mut land_t) = (vec![None; n], vec![0.0; n], vec![0.0; n]);
    let mut unknown = ExactSum::new();
    for county in 0..n {
        let (targets, areas) = weights.row(county);
        let (mut sink, mut land) = (ExactSum::new(), ExactSum::new());
        let mut known = false;
        for (cell, area) in targets.iter().zip(areas) {
            let t = absorption_t(nep[*cell as usize], area * scale[county]);
            if t.is_nan() {
                unknown.add(*area);
                continue;
            }
            known = true;
            cells[*cell as usize].add(t);
            if t >= 0.0 { sink.add(t) } else { land.add(-t) }
        }
        (sink_t[county], land_t[county]) = (sink.value(), land.value());
        county_t[county] = known.then(|| sink_t[county] - land_t[county]);
    }
    let ground = ground_m2(weights, scale);
    let by_ground_t = nep.iter().zip(ground).map(|(nep, m2)| absorption_t(*nep, m2)).collect();
    let cell_t = cells
        .into_iter()
        .zip(&nep)
        .map(|(sum, nep)| if nep.is_nan() { f64::NAN } else { sum.value() })
        .collect();
    Absorption { cell_t, by_ground_t, county_t, sink_t, land_t, unknown_m2: unknown.value(), negative_cells }
}

/// County ground in every cell on the basis of the study, m².
fn ground_m2(weights: &OverlapMatrix, basis: &[f64]) -> Vec<f64> {
    let mut sums = vec![ExactSum::new(); weights.n_targets];
    for (county, scale) in basis.iter().enumerate() {
        let (cells, areas) = weights.row(county);
        cells.iter().zip(areas).for_each(|(cell, area)| sums[*cell as usize].add(area * scale));
    }
    sums.into_iter().map(ExactSum::value).collect()
}

/// Books a year. Energy: the given totals, the counties, the cells. Land and sinks: NEP of a cell times the county ground in it,
/// the counties, the cells as they are written.
fn book(
    (y, year): (usize, i32),
    inputs: &Inputs,
    energy_t: &[Option<f64>],
    placed: &Downscaled,
    absorption: &Absorption,
    ledger: &mut Ledger,
) {
    let label = year.to_string();
    let mut push = |stage, sector, t| ledger.push(LedgerRow::tonnes(stage, sector, &label, t));
    let sum = |values: &mut dyn Iterator<Item = f64>| values.collect::<ExactSum>().value();
    push(Stage::Budget, "energy", sum(&mut inputs.emissions.iter().filter_map(|r| r.emission_t[y])));
    push(Stage::Placed, "energy", sum(&mut energy_t.iter().flatten().copied()));
    push(Stage::Grid, "energy", ExactSum::of(&placed.pixel_t));
    push(Stage::GridOutside, "energy", placed.unplaced_t);
    let part = |values: &[f64], sign: f64| sum(&mut values.iter().map(|t| (sign * t).max(0.0)));
    for (sector, sign, per_county) in [("land", -1.0, &absorption.land_t), ("sink", 1.0, &absorption.sink_t)]
    {
        push(Stage::Budget, sector, part(&absorption.by_ground_t, sign));
        push(Stage::Placed, sector, ExactSum::of(per_county));
        push(Stage::Grid, sector, part(&absorption.cell_t, sign));
    }
    if absorption.unknown_m2 > 0.0 {
        let row = LedgerRow {
            count: None,
            ..LedgerRow::counted(Stage::Drop, "npp", 0.0, "").m2(absorption.unknown_m2)
        };
        ledger.push(row.note(format!("{year}: ground without NPP or respiration absorbs nothing")));
    }
    if absorption.negative_cells > 0 {
        let row = LedgerRow::counted(Stage::Repair, "npp", absorption.negative_cells as f64, "cells");
        ledger.push(row.note(format!("{year}: NEP is negative; see [absorption] negative_nep")));
    }
}

fn report_dark(year: i32, used: &[WeightUsed], totals: &[f64], inputs: &Inputs, notes: &mut Notes) {
    for (which, what) in [(WeightUsed::BuiltUp, "built-up area"), (WeightUsed::Area, "plain area")] {
        let counties: Vec<usize> = (0..used.len()).filter(|&c| used[c] == which && totals[c] > 0.0).collect();
        if let Some(first) = counties.first() {
            let amount: ExactSum = counties.iter().map(|c| totals[*c]).collect();
            let counted = number_of(counties.len(), "county without light is", "counties without light are");
            let message = format!("{year}: {counted} placed by {what}");
            notes.ledger.push(LedgerRow {
                count: Some(counties.len() as f64),
                unit: "counties".to_owned(),
                note: message.clone(),
                ..LedgerRow::tonnes(Stage::Fallback, "energy", "light", amount.value())
            });
            notes.findings.push(
                Finding::warning("fallback", message)
                    .layer("light")
                    .feature(inputs.zones.names[*first].clone())
                    .count(counties.len() as u64)
                    .amount_t(amount.value()),
            );
        }
    }
}

fn finish(basis: Basis<'_>, years: Vec<YearFlows>, notes: &mut Notes) -> Result<Results, ZoningError> {
    let Basis { loaded, inputs, weights, grid } = basis;
    let config = &loaded.pipeline.risk;
    let (n, m) = (inputs.zones.ids.len(), years.len());
    let by_unit = |pick: fn(&YearFlows) -> &Vec<Option<f64>>| -> Vec<Option<f64>> {
        (0..n).flat_map(|u| years.iter().map(move |y| pick(y)[u])).collect()
    };
    let (emission_t, absorption_t) = (by_unit(|y| &y.energy_t), by_unit(|y| &y.absorption_t));
    let labels: Vec<i32> = years.iter().map(|y| y.year).collect();
    let area_m2 = inputs.zones.coverage.areas_m2();
    let panel =
        Panel { years: &labels, emission_t: &emission_t, absorption_t: &absorption_t, area_m2: &area_m2 };
    let risk = panel_risk(&panel, &inputs.windows, &config.options)?;
    let ratios = panel.ratios();
    let of_unit = |u: usize| &ratios[u * m..(u + 1) * m];
    let state = |r: &Option<f64>| r.map(|r| BudgetState::of(r, config.options.neutral_band));
    let trajectories = (0..n).map(|u| Trajectory::of(of_unit(u).iter().map(state))).collect();
    let times: Vec<f64> = labels.iter().map(|y| f64::from(*y)).collect();
    let trends = (0..n).map(|u| trend(&times, of_unit(u), config.serial_correction)).collect();
    let (hot_spots, moran) = spatial(inputs, risk.of(config.variant), notes)?;
    let bins = |u: usize| hot_spots.iter().map(|w| w[u].map(confidence_bin)).collect::<Vec<_>>();
    let histories = (0..n).map(|u| history(&bins(u))).collect();
    let cells = cells(basis, &years, &labels)?;
    Ok(Results {
        grid,
        covered_m2: weights.covered_m2(),
        years,
        risk,
        trajectories,
        trends,
        hot_spots,
        histories,
        moran,
        cells,
        statistics: None,
        references: Vec::new(),
        confidence: None,
        compensation: None,
    })
}

/// Trend of ln r; `None` with fewer than three years.
fn trend(
    times: &[f64],
    ratios: &[Option<f64>],
    correction: carbonzone_zoning::trend::SerialCorrection,
) -> Option<Trend> {
    let logs: Vec<Option<f64>> = ratios.iter().map(|r| r.map(f64::ln)).collect();
    let test = mann_kendall(&logs, correction).ok()?;
    let slope = theil_sen(times, &logs).ok();
    let class = TrendClass::of(slope.map(|s| s.slope), test.z);
    Some(Trend { slope, test, class })
}

type Spatial = (Vec<Vec<Option<f64>>>, Vec<Option<Moran>>);

/// Gi* and Moran's I of the risk in every window; counties are neighbours if they share a corner.
fn spatial(inputs: &Inputs, risk: &[Vec<Option<f64>>], notes: &mut Notes) -> Result<Spatial, ZoningError> {
    let n = inputs.zones.ids.len();
    let weights = touching(&inputs.zones.coverage, true)?;
    let islands = weights.islands();
    if !islands.is_empty() {
        let names: Vec<&str> =
            islands.iter().take(10).map(|i| inputs.zones.names[*i as usize].as_str()).collect();
        let message =
            format!("{} counties share no corner with another: {}", islands.len(), names.join(", "));
        notes.findings.push(Finding::info("islands", message).layer("zones").count(islands.len() as u64));
    }
    let rows = weights.row_standardised();
    let known = |values: &Vec<Option<f64>>| values.iter().flatten().count() >= 3;
    let mut hot_spots = Vec::new();
    let mut moran = Vec::new();
    for values in risk {
        hot_spots.push(if known(values) { getis_ord_star(&weights, values)? } else { vec![None; n] });
        moran.push(global_moran(&rows, values, PERMUTATIONS, SEED).ok());
    }
    Ok((hot_spots, moran))
}

/// Risk and trend of every cell, in fixed chunks.
fn cells(basis: Basis<'_>, years: &[YearFlows], labels: &[i32]) -> Result<CellResults, ZoningError> {
    let Basis { loaded, inputs, grid, .. } = basis;
    let n = grid.len();
    let config = &loaded.pipeline.risk;
    let times: Vec<f64> = labels.iter().map(|y| f64::from(*y)).collect();
    let inside: Vec<Vec<usize>> = inputs
        .windows
        .iter()
        .map(|w| (0..labels.len()).filter(|y| w.contains(labels[*y])).collect())
        .collect();
    let some = |v: f64| (!v.is_nan()).then_some(v);
    let one = |cell: usize| -> Result<(Vec<Option<WindowRisk>>, Option<Trend>), ZoningError> {
        let e: Vec<Option<f64>> = years.iter().map(|y| some(y.cell_energy_t[cell])).collect();
        let a: Vec<Option<f64>> = years.iter().map(|y| some(y.cell_absorption_t[cell])).collect();
        let pick = |v: &[Option<f64>], at: &[usize]| at.iter().map(|&y| v[y]).collect::<Vec<_>>();
        let windows: Result<Vec<_>, _> =
            inside.iter().map(|at| window_risk(&pick(&e, at), &pick(&a, at), &config.options)).collect();
        let ratios: Vec<Option<f64>> = e.iter().zip(&a).map(|(e, a)| source_sink_ratio(*e, *a)).collect();
        Ok((windows?, trend(&times, &ratios, config.serial_correction)))
    };
    let starts: Vec<usize> = (0..n).step_by(CHUNK).collect();
    let parts: Result<Vec<Vec<_>>, ZoningError> =
        starts.into_par_iter().map(|start| (start..n.min(start + CHUNK)).map(one).collect()).collect();
    let mut out = CellResults {
        windows: vec![Vec::with_capacity(n); inputs.windows.len()],
        trend: Vec::with_capacity(n),
    };
    for (windows, trend) in parts?.into_iter().flatten() {
        out.windows.iter_mut().zip(windows).for_each(|(all, w)| all.push(w));
        out.trend.push(trend);
    }
    Ok(out)
}
