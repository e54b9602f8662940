//! Source/sink ratio, its state, the trajectory of states and their transitions (Henan study, doi 10.13227/j.hjkx.202312162;
//! docs/method.md §13).

use crate::{Result, ZoningError};
pub use carbonzone_types::loops::window::source_sink_ratio;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// State of the carbon budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetState {
    /// Absorption exceeds emission: `r < 1 − δ`.
    Surplus,
    /// Both are about equal: `1 − δ ≤ r ≤ 1 + δ`.
    Neutral,
    /// Emission exceeds absorption: `r > 1 + δ`.
    Deficit,
}

/// Default half-width `δ` of the neutral band.
pub const NEUTRAL_BAND: f64 = 0.1;

impl BudgetState {
    /// State of a ratio with the half-width `delta` of the neutral band.
    pub fn of(ratio: f64, delta: f64) -> Self {
        if ratio < 1.0 - delta {
            Self::Surplus
        } else if ratio > 1.0 + delta {
            Self::Deficit
        } else {
            Self::Neutral
        }
    }

    /// `S`, `N` or `D`.
    pub fn letter(self) -> char {
        match self {
            Self::Surplus => 'S',
            Self::Neutral => 'N',
            Self::Deficit => 'D',
        }
    }

    /// English and Chinese label.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Surplus => ("surplus", "盈余"),
            Self::Neutral => ("neutral", "中和"),
            Self::Deficit => ("deficit", "赤字"),
        }
    }
}

/// What the trajectory of states amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrajectoryType {
    /// Surplus throughout.
    StableSurplus,
    /// Neutral throughout.
    StableNeutral,
    /// Deficit throughout.
    StableDeficit,
    /// Only steps toward surplus.
    Improving,
    /// Only steps toward deficit, other than the full path.
    Worsening,
    /// Surplus, neutral, deficit: the paper's "imbalance – neutralization – imbalance".
    SurplusNeutralDeficit,
    /// Steps both ways.
    Oscillating,
}

/// States along time, equal neighbours merged, missing years left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trajectory {
    /// Merged states.
    pub states: Vec<BudgetState>,
    /// What they amount to; `None` without any known state.
    pub kind: Option<TrajectoryType>,
}

impl Trajectory {
    /// The trajectory of a series of states.
    ///
    /// ```
    /// use carbonzone_zoning::ratio::{BudgetState::{Deficit, Neutral, Surplus}, Trajectory, TrajectoryType};
    /// let t = Trajectory::of([Some(Surplus), Some(Surplus), None, Some(Neutral), Some(Deficit)]);
    /// assert_eq!((t.text().as_str(), t.kind), ("S-N-D", Some(TrajectoryType::SurplusNeutralDeficit)));
    /// ```
    pub fn of(states: impl IntoIterator<Item = Option<BudgetState>>) -> Self {
        let mut merged: Vec<BudgetState> = states.into_iter().flatten().collect();
        merged.dedup();
        Self { kind: trajectory_type(&merged), states: merged }
    }

    /// Letters joined by hyphens, e.g. `S-N-D`; empty without any known state.
    pub fn text(&self) -> String {
        let letters: Vec<String> = self.states.iter().map(|s| s.letter().to_string()).collect();
        letters.join("-")
    }
}

fn trajectory_type(merged: &[BudgetState]) -> Option<TrajectoryType> {
    use BudgetState::{Deficit, Neutral, Surplus};
    use TrajectoryType as T;
    let rises = merged.windows(2).all(|w| w[0] < w[1]);
    let falls = merged.windows(2).all(|w| w[0] > w[1]);
    match merged {
        [] => None,
        [Surplus] => Some(T::StableSurplus),
        [Neutral] => Some(T::StableNeutral),
        [Deficit] => Some(T::StableDeficit),
        [Surplus, Neutral, Deficit] => Some(T::SurplusNeutralDeficit),
        _ if rises => Some(T::Worsening),
        _ if falls => Some(T::Improving),
        _ => Some(T::Oscillating),
    }
}

/// Transitions between consecutive windows, all units and steps together: surplus, neutral, deficit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionMatrix {
    /// `counts[from][to]`.
    pub counts: [[u64; 3]; 3],
}

impl TransitionMatrix {
    /// Counts the steps of all units; a step with a missing state at either end is left out.
    pub fn of(units: &[Vec<Option<BudgetState>>]) -> Self {
        let mut counts = [[0; 3]; 3];
        for step in units.iter().flat_map(|states| states.windows(2)) {
            if let [Some(from), Some(to)] = step {
                counts[*from as usize][*to as usize] += 1;
            }
        }
        Self { counts }
    }

    /// Probability of going from one state to another; `None` if no step starts there.
    pub fn probability(&self, from: BudgetState, to: BudgetState) -> Option<f64> {
        let row = &self.counts[from as usize];
        let total: u64 = row.iter().sum();
        (total > 0).then(|| row[to as usize] as f64 / total as f64)
    }
}

/// A run of years that is judged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First year.
    pub first: i32,
    /// Last year.
    pub last: i32,
}

impl Window {
    /// `2016–2020` with an ASCII hyphen.
    pub fn label(self) -> String {
        format!("{}-{}", self.first, self.last)
    }

    /// True if the year lies in the window.
    pub fn contains(self, year: i32) -> bool {
        (self.first..=self.last).contains(&year)
    }
}

/// Consecutive windows of `length` years from the first to the last year; a remainder becomes a shorter
/// last window if it has at least `min_years` years.
///
/// # Errors
/// [`ZoningError::Parameter`] if the years are the wrong way round or `length` is 0.
pub fn windows(first: i32, last: i32, length: u32, min_years: u32) -> Result<Vec<Window>> {
    if length == 0 {
        return Err(ZoningError::parameter("window_years", length, "at least 1"));
    }
    if last < first {
        return Err(ZoningError::parameter("years", format!("{first} to {last}"), "first ≤ last"));
    }
    let all = (first..=last)
        .step_by(length as usize)
        .map(|start| Window { first: start, last: last.min(start.saturating_add_unsigned(length - 1)) });
    let years = |w: &Window| (w.last - w.first + 1).unsigned_abs();
    Ok(all.filter(|w| years(w) == length || years(w) >= min_years).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use BudgetState::{Deficit as D, Neutral as N, Surplus as S};

    #[test]
    fn the_edges_of_the_neutral_band_are_neutral() {
        let states: Vec<_> =
            [0.89, 0.9, 1.0, 1.1, 1.11, f64::INFINITY].map(|r| BudgetState::of(r, 0.1)).into();
        assert_eq!(states, [S, N, N, N, D, D]);
    }

    #[test]
    fn missing_negative_and_empty_budgets_have_no_ratio() {
        assert_eq!(source_sink_ratio(None, Some(1.0)), None);
        assert_eq!(source_sink_ratio(Some(f64::NAN), Some(1.0)), None);
        assert_eq!(source_sink_ratio(Some(-1.0), Some(1.0)), None);
        assert_eq!(source_sink_ratio(Some(0.0), Some(1.0)), Some(0.0));
        assert_eq!(source_sink_ratio(Some(0.0), Some(-1.0)), Some(f64::INFINITY));
    }

    #[test]
    fn every_kind_of_trajectory_has_its_name() {
        use TrajectoryType as T;
        let kind = |states: &[BudgetState]| Trajectory::of(states.iter().copied().map(Some)).kind;
        assert_eq!(kind(&[S, S]), Some(T::StableSurplus));
        assert_eq!(kind(&[N]), Some(T::StableNeutral));
        assert_eq!(kind(&[D, D, D]), Some(T::StableDeficit));
        assert_eq!(kind(&[D, N]), Some(T::Improving));
        assert_eq!(kind(&[D, S]), Some(T::Improving));
        assert_eq!(kind(&[S, D]), Some(T::Worsening));
        assert_eq!(kind(&[N, D]), Some(T::Worsening));
        assert_eq!(kind(&[S, N, D]), Some(T::SurplusNeutralDeficit));
        assert_eq!(kind(&[S, N, S]), Some(T::Oscillating));
        assert_eq!(kind(&[]), None);
    }

    #[test]
    fn transitions_are_counted_per_step_and_normalised_by_row() {
        let units = [vec![Some(S), Some(N), Some(D), Some(D)], vec![Some(D), None, Some(S), Some(D)]];
        let m = TransitionMatrix::of(&units);
        assert_eq!(m.counts, [[0, 1, 1], [0, 0, 1], [0, 0, 1]]);
        assert_eq!(m.probability(S, D), Some(0.5));
        assert_eq!(TransitionMatrix::default().probability(S, D), None);
    }

    #[test]
    fn twenty_years_make_four_windows_and_a_short_rest_needs_three_years() {
        let labels = |first, last| -> Vec<String> {
            windows(first, last, 5, 3).unwrap().into_iter().map(Window::label).collect()
        };
        assert_eq!(labels(2001, 2020), ["2001-2005", "2006-2010", "2011-2015", "2016-2020"]);
        assert_eq!(labels(2001, 2008), ["2001-2005", "2006-2008"]);
        assert_eq!(labels(2001, 2007), ["2001-2005"]);
        assert!(windows(2005, 2001, 5, 3).is_err());
    }
}
