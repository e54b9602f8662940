//! Carbon imbalance risk index by window of years (docs/method.md §13), **our definition**, and its alternatives.

use crate::ratio::{BudgetState, NEUTRAL_BAND, TransitionMatrix, source_sink_ratio};
use crate::trend::theil_sen;
use crate::{Result, ZoningError};
use carbonzone_types::loops::series::average_ranks;
use carbonzone_types::loops::window::{Years, window};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sentence that every output with a risk index carries.
pub const DEFINITION_STATEMENT: &str = "The carbon imbalance risk index (CIRI) is carbonzone's own definition: \
     the formula of the Henan paper (doi 10.13227/j.hjkx.202312162) is not published in its abstract.";

/// The same in Chinese.
pub const DEFINITION_STATEMENT_ZH: &str = "碳失衡风险指数（CIRI）为本软件自定义：河南论文（doi 10.13227/j.hjkx.202312162）的摘要未给出公式，\
     不可与论文数值直接比较。";

/// Which index is reported as the risk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskVariant {
    /// `0.5 L + 0.25 T + 0.25 P`: level, trend, persistence, on an absolute scale.
    #[default]
    Ciri,
    /// `L` alone.
    Level,
    /// Mean over the window of `ln r`, scaled by its range over all units and years.
    Minmax,
    /// Entropy-weighted ratio, slope and deficit per area, scaled over the units of the window.
    Entropy,
    /// Probability of a deficit in the next window times the scaled `ln r` of the window.
    Hazard,
}

impl RiskVariant {
    /// All variants in their order.
    pub const ALL: [Self; 5] = [Self::Ciri, Self::Level, Self::Minmax, Self::Entropy, Self::Hazard];

    /// Key as in the pipeline file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ciri => "ciri",
            Self::Level => "level",
            Self::Minmax => "minmax",
            Self::Entropy => "entropy",
            Self::Hazard => "hazard",
        }
    }
}

/// Parameters of the index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RiskOptions {
    /// Weight of the level `L`.
    pub weight_level: f64,
    /// Weight of the trend `T`.
    pub weight_trend: f64,
    /// Weight of the persistence `P`.
    pub weight_persistence: f64,
    /// Half-width of the neutral band of states.
    pub neutral_band: f64,
    /// Years with a ratio that a window needs.
    pub min_years: usize,
    /// Headline threshold: "above" means strictly above.
    pub threshold: f64,
}

impl Default for RiskOptions {
    fn default() -> Self {
        Self {
            weight_level: 0.5,
            weight_trend: 0.25,
            weight_persistence: 0.25,
            neutral_band: NEUTRAL_BAND,
            min_years: 3,
            threshold: 0.6,
        }
    }
}

impl RiskOptions {
    /// Checks that the weights are shares of 1 and the other values in range.
    ///
    /// # Errors
    /// [`ZoningError::Parameter`].
    pub fn validate(&self) -> Result<()> {
        // Once for every pixel and window: no loop.
        let (level, trend, persistence) = (self.weight_level, self.weight_trend, self.weight_persistence);
        let share = |w: f64| (0.0..=1.0).contains(&w);
        let shares = share(level) && share(trend) && share(persistence);
        if !shares || (level + trend + persistence - 1.0).abs() > 1e-9 {
            let weights = [level, trend, persistence];
            return Err(ZoningError::parameter(
                "risk weights",
                format!("{weights:?}"),
                "shares that sum to 1",
            ));
        }
        if !(0.0..1.0).contains(&self.neutral_band) {
            return Err(ZoningError::parameter("neutral_band", self.neutral_band, "0 ≤ δ < 1"));
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(ZoningError::parameter("threshold", self.threshold, "0 to 1, as the index"));
        }
        if self.min_years < 2 {
            return Err(ZoningError::parameter("min_years", self.min_years, "at least 2"));
        }
        Ok(())
    }
}

/// What one window of one unit rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WindowRisk {
    /// `L = ΣE/(ΣE + ΣA⁺)`: 0.5 at r = 1, 0.6 at r = 1.5.
    pub level: f64,
    /// `T = (1 + τ_b(ln r))/2`.
    pub trend: f64,
    /// `P`: share of years in deficit.
    pub persistence: f64,
    /// The weighted sum.
    pub ciri: f64,
    /// `ΣE/ΣA⁺`; infinite without absorption.
    pub ratio: f64,
    /// State of that ratio.
    pub state: BudgetState,
    /// Years with a ratio.
    pub years: usize,
}

/// The index of one unit in one window.
///
/// `emission_t` and `absorption_t`: one entry per year in time order (`None`: no data), t CO2; years without
/// a ratio are left out. `None` if fewer than `min_years` years are left, or if `E = A⁺ = 0`.
///
/// # Errors
/// [`ZoningError::Length`] if the slices differ, [`ZoningError::Parameter`] for options out of range.
///
/// # Examples
/// ```
/// use carbonzone_zoning::risk::{RiskOptions, window_risk};
/// let e = [1.0, 1.2, 1.1, 1.5, 1.8].map(Some);
/// let a = [1.0, 1.0, 1.05, 1.0, 1.1].map(Some);
/// let risk = window_risk(&e, &a, &RiskOptions::default())?.ok_or("enough years")?;
/// assert!((risk.ciri - 0.655851).abs() < 5e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn window_risk(
    emission_t: &[Option<f64>],
    absorption_t: &[Option<f64>],
    options: &RiskOptions,
) -> Result<Option<WindowRisk>> {
    options.validate()?;
    ZoningError::check_len("absorption_t", absorption_t.len(), emission_t.len())?;
    let of = |years: Years| {
        let Years { level, trend, persistence, ratio, years } = years;
        let ciri = options.weight_level * level
            + options.weight_trend * trend
            + options.weight_persistence * persistence;
        let state = BudgetState::of(ratio, options.neutral_band);
        WindowRisk { level, trend, persistence, ciri, ratio, state, years }
    };
    // In deficit as `BudgetState::of` says: the band reaches from below 1 to above it.
    let deficit = 1.0 + options.neutral_band;
    Ok(window(emission_t, absorption_t, options.min_years, deficit).map(of))
}

/// Class of a risk on the absolute scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskClass {
    /// Below 0.2.
    VeryLow,
    /// 0.2 to 0.4.
    Low,
    /// 0.4 to 0.6.
    Medium,
    /// 0.6 to 0.8.
    High,
    /// 0.8 and above.
    VeryHigh,
}

impl RiskClass {
    /// All classes, lowest first.
    pub const ALL: [Self; 5] = [Self::VeryLow, Self::Low, Self::Medium, Self::High, Self::VeryHigh];

    /// Class of a value of 0–1.
    pub fn of(risk: f64) -> Self {
        match risk {
            r if r >= 0.8 => Self::VeryHigh,
            r if r >= 0.6 => Self::High,
            r if r >= 0.4 => Self::Medium,
            r if r >= 0.2 => Self::Low,
            _ => Self::VeryLow,
        }
    }

    /// Key, English and Chinese label.
    pub fn label(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::VeryLow => ("very_low", "very low", "极低"),
            Self::Low => ("low", "low", "低"),
            Self::Medium => ("medium", "medium", "中"),
            Self::High => ("high", "high", "高"),
            Self::VeryHigh => ("very_high", "very high", "极高"),
        }
    }
}

/// A panel of units and years, unit-major: entry `unit * years.len() + year`.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// Years, ascending.
    pub years: &'a [i32],
    /// Emissions, t CO2; `None`: no data.
    pub emission_t: &'a [Option<f64>],
    /// Absorption, t CO2, may be negative; `None`: no data.
    pub absorption_t: &'a [Option<f64>],
    /// Area of each unit, m².
    pub area_m2: &'a [f64],
}

impl Panel<'_> {
    /// Number of units.
    pub fn units(&self) -> usize {
        self.area_m2.len()
    }

    fn check(&self) -> Result<()> {
        let cells = self.units() * self.years.len();
        ZoningError::check_len("emission_t", self.emission_t.len(), cells)?;
        ZoningError::check_len("absorption_t", self.absorption_t.len(), cells)?;
        if !self.years.windows(2).all(|w| w[0] < w[1]) {
            return Err(ZoningError::parameter("years", format!("{:?}", self.years), "ascending years"));
        }
        Ok(())
    }

    /// Emissions and absorption of a unit in the years of a window.
    fn part(&self, unit: usize, window: crate::ratio::Window) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
        let n = self.years.len();
        let inside = |y: &usize| window.contains(self.years[*y]);
        let pick = |v: &[Option<f64>]| (0..n).filter(inside).map(|y| v[unit * n + y]).collect();
        (pick(self.emission_t), pick(self.absorption_t))
    }

    /// Ratio of every unit and year, in the order of the panel.
    pub fn ratios(&self) -> Vec<Option<f64>> {
        self.emission_t.iter().zip(self.absorption_t).map(|(e, a)| source_sink_ratio(*e, *a)).collect()
    }
}

/// Risk of every unit in every window.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskResult {
    /// Windows in time order.
    pub windows: Vec<crate::ratio::Window>,
    /// `parts[window][unit]`.
    pub parts: Vec<Vec<Option<WindowRisk>>>,
    /// `variants[v][window][unit]` in the order of [`RiskVariant::ALL`].
    pub variants: Vec<Vec<Vec<Option<f64>>>>,
    /// State transitions between consecutive windows.
    pub transitions: TransitionMatrix,
    /// `correlation[a][b]`: Spearman rank correlation of two variants over all units and windows.
    pub correlation: Vec<Vec<Option<f64>>>,
}

impl RiskResult {
    /// Values of a variant: `[window][unit]`.
    pub fn of(&self, variant: RiskVariant) -> &[Vec<Option<f64>>] {
        &self.variants[variant as usize]
    }
}

/// The risk index by window, its alternatives and their rank correlation.
///
/// # Errors
/// [`ZoningError::Length`] and [`ZoningError::Parameter`] for a panel or options that do not fit.
pub fn panel_risk(
    panel: &Panel<'_>,
    windows: &[crate::ratio::Window],
    options: &RiskOptions,
) -> Result<RiskResult> {
    panel.check()?;
    options.validate()?;
    let mut parts = Vec::with_capacity(windows.len());
    for window in windows {
        let one = |unit| {
            let (e, a) = panel.part(unit, *window);
            window_risk(&e, &a, options)
        };
        parts.push((0..panel.units()).map(one).collect::<Result<Vec<_>, _>>()?);
    }
    let transitions = TransitionMatrix::of(&states_by_unit(panel.units(), &parts));
    let variants = vec![
        each(&parts, |p| p.ciri),
        each(&parts, |p| p.level),
        minmax(panel, windows, &parts),
        entropy(panel, windows, &parts),
        hazard(&parts, &transitions),
    ];
    let flat: Vec<Vec<Option<f64>>> = variants.iter().map(|v: &Vec<Vec<_>>| v.concat()).collect();
    let correlation = flat.iter().map(|a| flat.iter().map(|b| spearman(a, b)).collect()).collect();
    Ok(RiskResult { windows: windows.to_vec(), parts, variants, transitions, correlation })
}

type Values = Vec<Vec<Option<f64>>>;

fn each(parts: &[Vec<Option<WindowRisk>>], f: fn(&WindowRisk) -> f64) -> Values {
    parts.iter().map(|units| units.iter().map(|p| p.as_ref().map(f)).collect()).collect()
}

fn states_by_unit(units: usize, parts: &[Vec<Option<WindowRisk>>]) -> Vec<Vec<Option<BudgetState>>> {
    (0..units).map(|u| parts.iter().map(|window| window[u].map(|p| p.state)).collect()).collect()
}

/// Range of the finite values.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((lo, hi)) => Some((lo.min(v), hi.max(v))),
    })
}

/// `(v − min)/(max − min)`; infinities take the ends, a constant gives 0.
fn scaled(v: f64, (lo, hi): (f64, f64)) -> f64 {
    if v >= hi && hi > lo {
        1.0
    } else if v <= lo {
        0.0
    } else if hi > lo {
        (v - lo) / (hi - lo)
    } else {
        f64::from(v > hi)
    }
}

fn minmax(panel: &Panel<'_>, windows: &[crate::ratio::Window], parts: &[Vec<Option<WindowRisk>>]) -> Values {
    let logs: Vec<Option<f64>> = panel.ratios().into_iter().map(|r| r.map(f64::ln)).collect();
    let bounds = range(logs.iter().flatten().copied()).unwrap_or((0.0, 0.0));
    let n = panel.years.len();
    let one = |window: &crate::ratio::Window, unit: usize| {
        let years = (0..n).filter(|y| window.contains(panel.years[*y]));
        let values: Vec<f64> = years.filter_map(|y| logs[unit * n + y]).map(|v| scaled(v, bounds)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let row = |(window, units): (&crate::ratio::Window, &Vec<Option<WindowRisk>>)| {
        units.iter().enumerate().map(|(u, p)| p.map(|_| one(window, u))).collect()
    };
    windows.iter().zip(parts).map(row).collect()
}

/// Entropy weights of indicators in columns, each scaled to 0–1 over its known units: `e = −Σ p ln p / ln n`,
/// `w = (1 − e)/Σ(1 − e)`; equal weights if no column tells the units apart.
pub fn entropy_weights(columns: &[Vec<f64>]) -> Vec<f64> {
    let information = |column: &Vec<f64>| {
        let (n, sum) = (column.len() as f64, column.iter().sum::<f64>());
        if sum <= 0.0 || n < 2.0 {
            return 0.0;
        }
        let h: f64 = column.iter().map(|v| v / sum).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
        1.0 - h / n.ln()
    };
    let gains: Vec<f64> = columns.iter().map(information).collect();
    let total: f64 = gains.iter().sum();
    if total <= 0.0 {
        return vec![1.0 / columns.len().max(1) as f64; columns.len()];
    }
    gains.iter().map(|g| g / total).collect()
}

fn entropy(panel: &Panel<'_>, windows: &[crate::ratio::Window], parts: &[Vec<Option<WindowRisk>>]) -> Values {
    windows.iter().zip(parts).map(|(window, units)| entropy_of_window(panel, *window, units)).collect()
}

fn entropy_of_window(
    panel: &Panel<'_>,
    window: crate::ratio::Window,
    units: &[Option<WindowRisk>],
) -> Vec<Option<f64>> {
    let times: Vec<f64> =
        panel.years.iter().filter(|y| window.contains(**y)).map(|y| f64::from(*y)).collect();
    let known: Vec<usize> = (0..units.len()).filter(|&u| units[u].is_some()).collect();
    let indicators = |u: usize| {
        let (e, a) = panel.part(u, window);
        let logs: Vec<Option<f64>> =
            e.iter().zip(&a).map(|(e, a)| source_sink_ratio(*e, *a).map(f64::ln)).collect();
        let slope = theil_sen(&times, &logs).map_or(0.0, |fit| fit.slope);
        let both: Vec<(f64, f64)> = e.iter().zip(&a).filter_map(|(e, a)| e.zip(*a)).collect();
        let deficit = both.iter().map(|(e, a)| e - a).sum::<f64>() / both.len() as f64;
        let area = panel.area_m2[u];
        [units[u].map_or(0.0, |p| p.ratio), slope, if area > 0.0 { deficit / area } else { 0.0 }]
    };
    let rows: Vec<[f64; 3]> = known.iter().map(|&u| indicators(u)).collect();
    let column = |j: usize| {
        let bounds = range(rows.iter().map(|r| r[j])).unwrap_or((0.0, 0.0));
        rows.iter().map(|r| scaled(r[j], bounds)).collect::<Vec<f64>>()
    };
    let columns = [column(0), column(1), column(2)];
    let weights = entropy_weights(&columns);
    let mut out = vec![None; units.len()];
    for (i, &u) in known.iter().enumerate() {
        out[u] = Some(columns.iter().zip(&weights).map(|(c, w)| c[i] * w).sum());
    }
    out
}

fn hazard(parts: &[Vec<Option<WindowRisk>>], transitions: &TransitionMatrix) -> Values {
    let bounds = range(parts.iter().flatten().flatten().map(|p| p.ratio.ln())).unwrap_or((0.0, 0.0));
    // A state from which no step starts is taken to stay.
    let to_deficit = |state: BudgetState| {
        let stays = f64::from(state == BudgetState::Deficit);
        transitions.probability(state, BudgetState::Deficit).unwrap_or(stays)
    };
    let one = |p: &WindowRisk| to_deficit(p.state) * scaled(p.ratio.ln(), bounds);
    parts.iter().map(|units| units.iter().map(|p| p.as_ref().map(one)).collect()).collect()
}

/// Spearman rank correlation of the pairs in which both values are known; `None` with fewer than two pairs
/// or a constant side.
pub fn spearman(a: &[Option<f64>], b: &[Option<f64>]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> = a.iter().zip(b).filter_map(|(a, b)| a.zip(*b)).collect();
    let ranks = |pick: fn(&(f64, f64)) -> f64| average_ranks(&pairs.iter().map(pick).collect::<Vec<_>>());
    let (x, y) = (ranks(|p| p.0), ranks(|p| p.1));
    let mean = f64::midpoint(pairs.len() as f64, 1.0);
    let product =
        |u: &[f64], v: &[f64]| -> f64 { u.iter().zip(v).map(|(u, v)| (u - mean) * (v - mean)).sum() };
    let spread = (product(&x, &x) * product(&y, &y)).sqrt();
    (pairs.len() >= 2 && spread > 0.0).then(|| product(&x, &y) / spread)
}

/// Units above the threshold in a window: count, known units, share in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// Units strictly above.
    pub above: u64,
    /// Units with a value.
    pub known: u64,
    /// `100 · above / known`; `None` without known units.
    pub share_pct: Option<f64>,
}

/// How many units lie above a threshold (the paper's headline: > 0.6).
pub fn headline(values: &[Option<f64>], threshold: f64) -> Headline {
    let known = values.iter().flatten().count() as u64;
    let above = values.iter().flatten().filter(|v| **v > threshold).count() as u64;
    Headline { above, known, share_pct: (known > 0).then(|| 100.0 * above as f64 / known as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratio::windows;

    #[test]
    fn the_window_of_method_e5_gives_its_printed_values() {
        let e = [1.0, 1.2, 1.1, 1.5, 1.8].map(Some);
        let a = [1.0, 1.0, 1.05, 1.0, 1.1].map(Some);
        let risk = window_risk(&e, &a, &RiskOptions::default()).unwrap().unwrap();
        // Printed to six decimals.
        for (value, printed) in
            [(risk.level, 0.561_702), (risk.trend, 0.9), (risk.persistence, 0.6), (risk.ciri, 0.655_851)]
        {
            assert!((value - printed).abs() < 5e-7, "{value} {printed}");
        }
    }

    #[test]
    fn balance_is_one_half_and_half_as_much_again_is_six_tenths() {
        let level = |r: f64| {
            window_risk(&[Some(r); 5], &[Some(1.0); 5], &RiskOptions::default()).unwrap().unwrap().level
        };
        assert_eq!(level(1.0), 0.5);
        assert_eq!(level(1.5), 0.6);
        assert_eq!(RiskClass::of(0.6), RiskClass::High);
        assert_eq!(RiskClass::of(0.599), RiskClass::Medium);
    }

    #[test]
    fn two_known_years_are_too_few_and_three_suffice() {
        let e = [Some(1.0), None, Some(1.0), None, Some(2.0)];
        let a = [Some(1.0); 5];
        let options = RiskOptions::default();
        assert_eq!(window_risk(&e, &a, &options).unwrap().map(|r| r.years), Some(3));
        let e = [Some(1.0), None, Some(1.0), None, None];
        assert_eq!(window_risk(&e, &a, &options).unwrap(), None);
        assert_eq!(window_risk(&[Some(0.0); 5], &[Some(0.0); 5], &options).unwrap(), None);
    }

    #[test]
    fn without_absorption_the_level_and_persistence_are_one() {
        let risk = window_risk(&[Some(3.0); 5], &[Some(-1.0); 5], &RiskOptions::default()).unwrap().unwrap();
        assert_eq!((risk.level, risk.persistence, risk.trend, risk.ratio), (1.0, 1.0, 0.5, f64::INFINITY));
    }

    #[test]
    fn entropy_weights_by_hand() {
        // Column one separates the units completely (p = 1, 0): e = 0. Column two not at all: e = 1.
        assert_eq!(entropy_weights(&[vec![1.0, 0.0], vec![0.5, 0.5]]), [1.0, 0.0]);
        assert_eq!(entropy_weights(&[vec![0.0, 0.0], vec![0.0, 0.0]]), [0.5, 0.5]);
    }

    #[test]
    fn spearman_uses_average_ranks_and_known_pairs() {
        let a = [Some(1.0), Some(2.0), None, Some(3.0), Some(4.0)];
        let b = [Some(10.0), Some(20.0), Some(0.0), Some(30.0), Some(40.0)];
        assert_eq!(spearman(&a, &b), Some(1.0));
        let down: Vec<Option<f64>> = b.iter().map(|v| v.map(|v| -v)).collect();
        assert_eq!(spearman(&a, &down), Some(-1.0));
        assert_eq!(spearman(&a, &[Some(1.0); 5]), None);
    }

    #[test]
    fn a_panel_gives_every_variant_in_the_unit_interval_and_a_symmetric_correlation() {
        let years: Vec<i32> = (2001..=2010).collect();
        let (mut e, mut a) = (Vec::new(), Vec::new());
        for unit in 0..6 {
            for y in 0..10 {
                e.push(Some(0.4 + 0.3 * f64::from(unit) + 0.05 * f64::from(unit * y)));
                a.push(Some(1.0 + 0.1 * f64::from((y * 7 + unit) % 4)));
            }
        }
        e[13] = None;
        let panel = Panel { years: &years, emission_t: &e, absorption_t: &a, area_m2: &[1e6; 6] };
        let w = windows(2001, 2010, 5, 3).unwrap();
        let result = panel_risk(&panel, &w, &RiskOptions::default()).unwrap();
        for variant in RiskVariant::ALL {
            let values = result.of(variant).concat();
            assert_eq!(values.len(), 12);
            assert!(values.iter().flatten().all(|v| (0.0..=1.0 + 1e-12).contains(v)), "{}", variant.key());
        }
        assert_eq!(result.parts[0][1].unwrap().years, 4);
        for i in 0..5 {
            // Exactly 1 up to one rounding.
            assert!((result.correlation[i][i].unwrap() - 1.0).abs() < 1e-12);
            for j in 0..5 {
                assert_eq!(result.correlation[i][j], result.correlation[j][i]);
            }
        }
        let top = headline(&result.of(RiskVariant::Ciri)[1], 0.6);
        assert_eq!(top.known, 6);
    }

    #[test]
    fn weights_must_be_shares_of_one() {
        let options = RiskOptions { weight_level: 0.6, ..RiskOptions::default() };
        assert!(options.validate().is_err());
    }
}
