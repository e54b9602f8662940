//! What the draws of a raster series say, and the states of a county as classes.

use carbonzone_confidence::{Confidence, UnitConfidence};
use carbonzone_types::ZoneClassRecord;
use carbonzone_zoning::ratio::BudgetState;

/// How sure every county is in every window.
pub struct WindowConfidence {
    /// Draws; units are the windows' counties judged by risk class, then the same judged by state.
    pub all: Confidence,
    pub counties: usize,
    pub windows: usize,
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
