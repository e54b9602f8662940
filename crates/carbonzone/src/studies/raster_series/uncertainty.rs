//! `[uncertainty]` of a raster series: what is unsure about energy emissions and absorption, and how sure that leaves the risk
//! class and the state of every county in every window.

mod confidence;
mod config;

pub use confidence::{WINDOW_STATE, WindowConfidence, states};
pub use config::SeriesUncertainty;

use super::compute::{Results, YearFlows};
use super::config::RasterSeriesPipeline;
use super::inputs::Inputs;
use super::tables;
use crate::load_config::Loaded;
use crate::uncertainty::of_years::{HalfWidths, Parameters, rule};
use carbonzone_confidence::{Drawn, Group, Judge, Judged, Model, Options, Rule, simulate};
use carbonzone_types::Finding;
use carbonzone_zoning::risk::{RiskOptions, RiskVariant, WindowRisk, window_risk};

/// All that is wrong with the section, at once.
pub fn check(loaded: &Loaded<RasterSeriesPipeline>) -> Vec<Finding> {
    let Some(section) = &loaded.pipeline.uncertainty else { return Vec::new() };
    let mut look = HalfWidths::new(loaded, section.draws);
    let variant = loaded.pipeline.risk.variant;
    if !matches!(variant, RiskVariant::Ciri | RiskVariant::Level) {
        let message = format!("the risk \"{}\" of a county depends on all others", variant.key());
        let finding = Finding::error("uncertainty_variant", message)
            .expected("risk.variant = \"ciri\" or \"level\"")
            .hint("draws are judged county by county; leave [uncertainty] out for the other variants");
        look.report(finding, &[]);
    }
    look.each(&[
        ("energy_pct", section.energy_pct),
        ("energy_common_pct", section.energy_common_pct),
        ("absorption_pct", section.absorption_pct),
        ("absorption_common_pct", section.absorption_common_pct),
    ]);
    look.found()
}

/// The draws.
///
/// # Errors
/// What is wrong with the model.
pub fn confidence(
    section: &SeriesUncertainty,
    loaded: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    results: &Results,
) -> Result<WindowConfidence, Vec<Finding>> {
    let (counties, windows) = (inputs.zones.ids.len(), inputs.windows.len());
    let risk = &loaded.pipeline.risk;
    let inside = inputs.windows.iter().map(|w| {
        (0..results.years.len()).filter(|y| w.contains(results.years[*y].year)).collect::<Vec<usize>>()
    });
    let judge = WindowJudge {
        years: &results.years,
        inside: inside.collect(),
        counties,
        variant: risk.variant,
        options: &risk.options,
    };
    let options = Options { seed: section.seed, draws: section.draws, drivers: section.drivers };
    simulate(&model(section, inputs, results), &judge, &options)
        .map(|all| WindowConfidence { all, counties, windows })
        .map_err(|errors| errors.iter().map(|e| Finding::error("uncertainty", e.to_string())).collect())
}

/// Energy as emissions and the size of the absorption as sinks, by year and county; its sign is the judge's.
pub(super) fn model(section: &SeriesUncertainty, inputs: &Inputs, results: &Results) -> Model {
    let ids = &inputs.zones.ids;
    let n = ids.len();
    let mut parameters = Parameters::default();
    let mut placed = |id: &str, sink: bool, common: Option<f64>, own: Option<f64>, per_unit_t: Vec<f64>| {
        let group = if sink { Group::Factors } else { Group::Activity };
        let factor = parameters.get(format!("{id} of all counties"), group, common);
        let of: Vec<usize> =
            ids.iter().map(|c| parameters.get(format!("{id} of county {c}"), group, own)).collect();
        let units: Vec<Vec<usize>> = results.years.iter().flat_map(|_| of.iter().map(|p| vec![*p])).collect();
        (rule(id, sink, per_unit_t, factor), units)
    };
    let stack = |f: &dyn Fn(&YearFlows, usize) -> Option<f64>| -> Vec<f64> {
        let years = results.years.iter();
        years.flat_map(|y| (0..n).map(move |u| (y, u))).map(|(y, u)| f(y, u).unwrap_or(0.0)).collect()
    };
    let energy_t = stack(&|y, u| y.energy_t[u]);
    let absorbed_t = stack(&|y, u| y.absorption_t[u].map(f64::abs));
    let rules = [
        placed("energy", false, section.energy_common_pct, section.energy_pct, energy_t.clone()),
        placed("absorption", true, section.absorption_common_pct, section.absorption_pct, absorbed_t.clone()),
    ];
    let (rules, unit_parameters): (Vec<Rule>, Vec<Vec<Vec<usize>>>) = rules.into_iter().unzip();
    let units = results.years.iter().flat_map(|y| ids.iter().map(move |id| format!("{id} {}", y.year)));
    Model {
        units: units.collect(),
        gdp: vec![None; energy_t.len()],
        gdp_parameter: vec![None; energy_t.len()],
        gross_t: energy_t,
        sink_t: absorbed_t,
        rules,
        unit_parameters,
        parameters: parameters.list,
        choices: Vec::new(),
    }
}

/// Judges draws as the run was judged: risk class and state of every window.
struct WindowJudge<'a> {
    years: &'a [YearFlows],
    /// Positions of the years of each window.
    inside: Vec<Vec<usize>>,
    counties: usize,
    variant: RiskVariant,
    options: &'a RiskOptions,
}

impl WindowJudge<'_> {
    /// Risk of a county in a window under a draw.
    fn risk(&self, drawn: &Drawn<'_>, years: &[usize], county: usize) -> Result<Option<WindowRisk>, String> {
        let at = |y: &usize| y * self.counties + county;
        let energy = |y: &usize| self.years[*y].energy_t[county].map(|_| drawn.gross_t[at(y)]);
        let absorbed = |y: &usize| {
            let run_t = self.years[*y].absorption_t[county]?;
            Some(drawn.sink_t[at(y)].copysign(run_t))
        };
        let e: Vec<Option<f64>> = years.iter().map(energy).collect();
        let a: Vec<Option<f64>> = years.iter().map(absorbed).collect();
        window_risk(&e, &a, self.options).map_err(|e| e.to_string())
    }
}

impl Judge for WindowJudge<'_> {
    fn columns(&self) -> Vec<String> {
        ["ratio", self.variant.key()].map(str::to_owned).into()
    }

    fn driving(&self) -> Vec<usize> {
        vec![1]
    }

    fn judge(&self, drawn: &Drawn<'_>) -> Result<Judged, String> {
        let n = self.counties * self.inside.len();
        let (mut ratio, mut value) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut class, mut state) = (Vec::with_capacity(2 * n), Vec::with_capacity(n));
        for years in &self.inside {
            for county in 0..self.counties {
                let risk = self.risk(drawn, years, county)?;
                let shown = risk.map(|r| if self.variant == RiskVariant::Level { r.level } else { r.ciri });
                ratio.push(risk.map(|r| r.ratio).filter(|r| r.is_finite()));
                value.push(shown);
                class.push(tables::code_of(shown));
                state.push(risk.map_or(0, |r| r.state as u8 + 1));
            }
        }
        class.extend(state);
        Ok(Judged { columns: vec![ratio, value], class })
    }
}
