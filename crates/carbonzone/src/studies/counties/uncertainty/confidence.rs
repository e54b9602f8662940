//! What the draws of a counties study say.

use carbonzone_confidence::{Confidence, UnitConfidence};

/// How sure every county is: its zone, then its economic and its ecological level; each of every year, then, with several
/// years, by the mean over them.
pub struct CountyConfidence {
    pub all: Confidence,
    pub counties: usize,
    /// Years, and the mean where there are several.
    pub bases: usize,
}

/// What of a county is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    Zone,
    /// The level of its economic index.
    Economic,
    /// The level of its ecological index.
    Ecological,
}

impl CountyConfidence {
    /// Everything.
    pub fn draws(&self) -> &Confidence {
        &self.all
    }

    /// The counties on a basis: the position of a year, or [`Self::mean`].
    pub fn of(&self, what: Judgement, basis: usize) -> &[UnitConfidence] {
        let start = (what as usize * self.bases + basis) * self.counties;
        &self.all.units[start..start + self.counties]
    }

    /// The basis of the mean over the years; none with one year.
    pub fn mean(&self) -> Option<usize> {
        self.bases.checked_sub(1).filter(|last| *last > 0)
    }

    pub fn zones_of_years(&self) -> &[UnitConfidence] {
        &self.all.units[..self.mean().unwrap_or(self.bases) * self.counties]
    }
}
