//! The mass balance: every tonne, and everything dropped, snapped or repaired, has a row (docs/adr/0004).

use crate::ExactSum;
use serde::{Deserialize, Serialize};

/// Relative residual above which a run fails.
pub const TOLERANCE: f64 = 1e-9;

/// Where in the flow a ledger row belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What the inventory hands to a land group.
    Budget,
    /// What was placed on parcels (or units).
    Placed,
    /// What could not be placed, by declaration.
    Unallocated,
    /// What lies in the grid.
    Grid,
    /// What lies outside the grid.
    GridOutside,
    /// What lies in zones.
    Zones,
    /// What lies outside every zone.
    ZonesOutside,
    /// A proxy gave way to the next of its chain (part of placed, not added to it).
    Fallback,
    /// A point or line was moved to a parcel within the snapping distance.
    Snap,
    /// An input was left out.
    Drop,
    /// An input was changed to be usable.
    Repair,
    /// Difference between both sides of a balance.
    Residual,
}

impl Stage {
    /// Name as written in `ledger.csv`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Placed => "placed",
            Self::Unallocated => "unallocated",
            Self::Grid => "grid",
            Self::GridOutside => "grid_outside",
            Self::Zones => "zones",
            Self::ZonesOutside => "zones_outside",
            Self::Fallback => "fallback",
            Self::Snap => "snap",
            Self::Drop => "drop",
            Self::Repair => "repair",
            Self::Residual => "residual",
        }
    }
}

/// One row of `ledger.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Stage.
    pub stage: Stage,
    /// Sector key; `sink` for sinks (positive); empty where none applies.
    pub sector: String,
    /// Land group, layer or table concerned.
    pub land_group: String,
    /// Tonnes CO2e per year.
    pub amount_t: Option<f64>,
    /// Square metres.
    pub amount_m2: Option<f64>,
    /// How many, in `unit`.
    pub count: Option<f64>,
    /// What `count` counts: `poi`, `persons`, `m`, `parcels`, ...
    pub unit: String,
    /// Why.
    pub note: String,
}

impl LedgerRow {
    /// A row of tonnes.
    #[must_use]
    pub fn tonnes(stage: Stage, sector: &str, land_group: &str, amount_t: f64) -> Self {
        Self {
            stage,
            sector: sector.to_owned(),
            land_group: land_group.to_owned(),
            amount_t: Some(amount_t),
            amount_m2: None,
            count: None,
            unit: String::new(),
            note: String::new(),
        }
    }

    /// A row that counts things.
    #[must_use]
    pub fn counted(stage: Stage, land_group: &str, count: f64, unit: &str) -> Self {
        Self {
            stage,
            sector: String::new(),
            land_group: land_group.to_owned(),
            amount_t: None,
            amount_m2: None,
            count: Some(count),
            unit: unit.to_owned(),
            note: String::new(),
        }
    }

    /// Adds an area.
    #[must_use]
    pub fn m2(mut self, m2: f64) -> Self {
        self.amount_m2 = Some(m2);
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// A balance that was checked: `left = right` up to `relative`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Residual {
    /// Sector key.
    pub sector: String,
    /// Which balance, in words: `budget = placed + unallocated`.
    pub balance: String,
    /// Left side, tonnes.
    pub left_t: f64,
    /// Right side, tonnes.
    pub right_t: f64,
    /// `|left - right| / max(|left|, |right|)`; absolute tonnes where both are below 1e-6 t.
    pub relative: f64,
}

/// All rows of a run, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger {
    /// The rows.
    pub rows: Vec<LedgerRow>,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a row.
    pub fn push(&mut self, row: LedgerRow) {
        self.rows.push(row);
    }

    /// Appends all rows of another ledger.
    pub fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// Tonnes of one stage and sector.
    #[must_use]
    pub fn total_t(&self, stage: Stage, sector: &str) -> f64 {
        self.rows
            .iter()
            .filter(|r| r.stage == stage && r.sector == sector)
            .filter_map(|r| r.amount_t)
            .collect::<ExactSum>()
            .value()
    }

    /// The three balances of docs/adr/0004 for every sector that has a budget, whether they hold or not.
    /// Balances whose stages are absent (no grid, no zones) are left out.
    #[must_use]
    pub fn balances(&self) -> Vec<Residual> {
        let mut sectors: Vec<&str> = Vec::new();
        for row in self.rows.iter().filter(|r| r.stage == Stage::Budget) {
            if !sectors.contains(&row.sector.as_str()) {
                sectors.push(&row.sector);
            }
        }
        let has = |stage| self.rows.iter().any(|r| r.stage == stage);
        let mut out = Vec::new();
        for sector in sectors {
            let sum = |stage| self.total_t(stage, sector);
            let mut check = |balance: &str, left_t: f64, right_t: f64| {
                let scale = left_t.abs().max(right_t.abs());
                let difference = (left_t - right_t).abs();
                let relative = if scale > 1e-6 { difference / scale } else { difference };
                out.push(Residual {
                    sector: sector.to_owned(),
                    balance: balance.to_owned(),
                    left_t,
                    right_t,
                    relative: if difference.is_nan() { f64::INFINITY } else { relative },
                });
            };
            check(
                "budget = placed + unallocated",
                sum(Stage::Budget),
                sum(Stage::Placed) + sum(Stage::Unallocated),
            );
            if has(Stage::Grid) {
                check(
                    "placed = grid + outside",
                    sum(Stage::Placed),
                    sum(Stage::Grid) + sum(Stage::GridOutside),
                );
            }
            if has(Stage::Zones) {
                check(
                    "placed = zones + outside",
                    sum(Stage::Placed),
                    sum(Stage::Zones) + sum(Stage::ZonesOutside),
                );
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_tonne_shows_as_a_residual() {
        let mut ledger = Ledger::new();
        ledger.push(LedgerRow::tonnes(Stage::Budget, "industry", "industrial", 1000.0));
        ledger.push(LedgerRow::tonnes(Stage::Placed, "industry", "industrial", 999.0));
        let balances = ledger.balances();
        assert_eq!(balances.len(), 1);
        assert!(balances[0].relative > TOLERANCE);
        ledger.push(LedgerRow::tonnes(Stage::Unallocated, "industry", "industrial", 1.0));
        assert!(ledger.balances()[0].relative <= TOLERANCE);
    }

    #[test]
    fn nan_never_balances() {
        let mut ledger = Ledger::new();
        ledger.push(LedgerRow::tonnes(Stage::Budget, "waste", "x", f64::NAN));
        assert!(ledger.balances()[0].relative > TOLERANCE);
    }
}
