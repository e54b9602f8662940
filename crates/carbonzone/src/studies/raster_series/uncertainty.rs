//! `[uncertainty]` of a raster series: what is unsure about energy emissions and absorption, and how sure that leaves the risk
//! class and the state of every county in every window.

use super::compute::{Results, YearFlows};
use super::config::RasterSeriesPipeline;
use super::inputs::Inputs;
use super::tables;
use crate::load_config::Loaded;
use crate::uncertainty::half_width;
use carbonzone_confidence::{
    Confidence, Drawn, Group, Judge, Judged, Model, Options, Parameter, Placed, Relative, Rule, Term,
    UnitConfidence, simulate,
};
use carbonzone_types::{Finding, ZoneClassRecord};
use carbonzone_zoning::ratio::BudgetState;
use carbonzone_zoning::risk::{RiskOptions, RiskVariant, WindowRisk, window_risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How unsure the inputs of a raster series are. Half-widths are those of 95 % intervals, in percent; none may be missing. What
/// is wrong about a county is wrong in the same way in every year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SeriesUncertainty {
    /// Number of draws: a power of two, 64 to 65536.
    pub draws: usize,
    /// Seed: the same seed gives the same draws.
    pub seed: u64,
    /// Find out what moves each class. About seven times the work.
    pub drivers: bool,
    /// Half-width of the energy emissions of one county.
    pub energy_pct: Option<f64>,
    /// Half-width of what all counties' energy emissions have in common: factors, the energy balance.
    pub energy_common_pct: Option<f64>,
    /// Half-width of the absorption of one county.
    pub absorption_pct: Option<f64>,
    /// Half-width of what all counties' absorption has in common: the models of production and respiration.
    pub absorption_common_pct: Option<f64>,
}

impl Default for SeriesUncertainty {
    fn default() -> Self {
        Self {
            draws: 1024,
            seed: 2020,
            drivers: true,
            energy_pct: None,
            energy_common_pct: None,
            absorption_pct: None,
            absorption_common_pct: None,
        }
    }
}

/// All that is wrong with the section, at once.
pub fn check(loaded: &Loaded<RasterSeriesPipeline>) -> Vec<Finding> {
    let Some(section) = &loaded.pipeline.uncertainty else { return Vec::new() };
    let mut out = Vec::new();
    let mut report = |finding: Finding, keys: &[&str]| {
        let keys: Vec<&str> = std::iter::once("uncertainty").chain(keys.iter().copied()).collect();
        out.push(loaded.at(finding.field(keys.join(".")), &keys));
    };
    if let Some(finding) = crate::uncertainty::draws(section.draws) {
        report(finding, &["draws"]);
    }
    let variant = loaded.pipeline.risk.variant;
    if !matches!(variant, RiskVariant::Ciri | RiskVariant::Level) {
        let message = format!("the risk \"{}\" of a county depends on all others", variant.key());
        let finding = Finding::error("uncertainty_variant", message)
            .expected("risk.variant = \"ciri\" or \"level\"")
            .hint("draws are judged county by county; leave [uncertainty] out for the other variants");
        report(finding, &[]);
    }
    let all = [
        ("energy_pct", section.energy_pct),
        ("energy_common_pct", section.energy_common_pct),
        ("absorption_pct", section.absorption_pct),
        ("absorption_common_pct", section.absorption_common_pct),
    ];
    for (key, pct) in all {
        if let Some(finding) = pct.and_then(|pct| half_width(key, pct)) {
            report(finding, &[key]);
        }
    }
    let missing: Vec<&str> = all.iter().filter(|(_, pct)| pct.is_none()).map(|(key, _)| *key).collect();
    if !missing.is_empty() {
        let finding =
            Finding::error("uncertainty_missing", format!("no half-width for {}", missing.join(", ")))
                .count(missing.len() as u64)
                .expected("half-widths of 95 % intervals in percent")
                .hint("unknown is not 0: write 0 where a number is exact");
        report(finding, &[]);
    }
    out
}

/// How sure every county is in every window.
pub struct WindowConfidence {
    /// Draws; units are the windows' counties judged by risk class, then the same judged by state.
    all: Confidence,
    counties: usize,
    windows: usize,
}

impl WindowConfidence {
    /// Everything.
    pub fn draws(&self) -> &Confidence {
        &self.all
    }

    /// The risk classes of a window's counties.
    pub fn risk(&self, window: usize) -> &[UnitConfidence] {
        &self.all.units[window * self.counties..(window + 1) * self.counties]
    }

    /// Their states: the code of a state is its place among surplus, neutral and deficit, from 1 on.
    pub fn states(&self, window: usize) -> &[UnitConfidence] {
        self.risk(self.windows + window)
    }
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
    let mut parameters = Vec::new();
    let mut add = |name: String, group: Group, pct: Option<f64>| {
        // The check has refused what is no half-width.
        let spread =
            pct.and_then(|pct| Relative::from_half_width(&name, pct).ok()).unwrap_or(Relative::Exact);
        parameters.push(Parameter { name, group, spread });
        parameters.len() - 1
    };
    let mut rule = |id: &str, sink: bool, common: Option<f64>, own: Option<f64>, per_unit_t: Vec<f64>| {
        let group = if sink { Group::Factors } else { Group::Activity };
        let factor = add(format!("{id} of all counties"), group, common);
        let of: Vec<usize> = ids.iter().map(|c| add(format!("{id} of county {c}"), group, own)).collect();
        let units: Vec<Vec<usize>> = results.years.iter().flat_map(|_| of.iter().map(|p| vec![*p])).collect();
        let rule = Rule {
            id: id.to_owned(),
            sector: if sink { "sink" } else { id }.to_owned(),
            sink,
            terms: vec![Term { share: 1.0, parameters: vec![factor] }],
            placed: vec![Placed { per_unit_t, outside_t: 0.0 }],
            choice: None,
            proxy_cv: None,
        };
        (rule, units)
    };
    let stack = |f: &dyn Fn(&YearFlows, usize) -> Option<f64>| -> Vec<f64> {
        let years = results.years.iter();
        years.flat_map(|y| (0..n).map(move |u| (y, u))).map(|(y, u)| f(y, u).unwrap_or(0.0)).collect()
    };
    let energy_t = stack(&|y, u| y.energy_t[u]);
    let absorbed_t = stack(&|y, u| y.absorption_t[u].map(f64::abs));
    let rules = [
        rule("energy", false, section.energy_common_pct, section.energy_pct, energy_t.clone()),
        rule("absorption", true, section.absorption_common_pct, section.absorption_pct, absorbed_t.clone()),
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
        parameters,
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

/// Column of the state of a county in the window of a year.
pub const WINDOW_STATE: &str = "window_state";

/// Colours of surplus, neutral and deficit (`ColorBrewer` `PRGn`, colour-blind safe).
const STATE_COLORS: [&str; 3] = ["#1b7837", "#d9d9d9", "#762a83"];

/// The states as classes, with the number of counties in each.
pub fn states(of: &[UnitConfidence]) -> Vec<ZoneClassRecord> {
    let one = |(state, color): (BudgetState, &str)| {
        let (id, (key, zh)) = (state as u8 + 1, state.label());
        ZoneClassRecord {
            id,
            key: key.to_owned(),
            label_en: format!("{}{}", key[..1].to_uppercase(), &key[1..]),
            label_zh: zh.to_owned(),
            color: color.to_owned(),
            count: of.iter().filter(|u| u.printed == id).count() as u64,
            ..ZoneClassRecord::default()
        }
    };
    let states = [BudgetState::Surplus, BudgetState::Neutral, BudgetState::Deficit];
    states.into_iter().zip(STATE_COLORS).map(one).collect()
}
