//! `border = "clip"` for points and lines: only what lies within the zones counts (docs/adr/0004).

use super::Notes;
use carbonzone_geom::{Coverage, LineIndex, PointLocator};
use carbonzone_types::{ExactSum, LedgerRow, Stage};

/// The zones as the limit of the study area.
pub struct StudyArea<'a> {
    points: PointLocator<'a>,
    lines: LineIndex<'a>,
}

impl<'a> StudyArea<'a> {
    /// The area covered by the zones.
    pub fn new(zones: &'a Coverage) -> Self {
        Self { points: PointLocator::new(zones), lines: LineIndex::new(zones) }
    }

    /// True if the point lies in a zone.
    pub fn holds(&self, x: f64, y: f64) -> bool {
        self.points.locate(x, y).is_some()
    }

    /// For lines: lengths within the zones.
    pub fn lines(&self) -> &LineIndex<'a> {
        &self.lines
    }

    pub fn points(&self) -> &PointLocator<'a> {
        &self.points
    }
}

/// Ledger row of what the border cuts off.
pub fn book_cut(role: &str, amount: ExactSum, unit: &str, notes: &mut Notes) {
    if amount.value() > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, role, amount.value(), unit)
                .note("border = clip: outside the zones"),
        );
    }
}
