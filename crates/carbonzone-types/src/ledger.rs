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

    /// True if its tonnes stand on a side of a balance.
    fn is_balanced(self) -> bool {
        self <= Self::ZonesOutside
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

    fn is_of(&self, year: Option<i32>) -> bool {
        year.is_none_or(|year| self.land_group.parse() == Ok(year))
    }

    /// Adds an area.
    pub fn m2(mut self, m2: f64) -> Self {
        self.amount_m2 = Some(m2);
        self
    }

    /// Adds a note.
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
    /// Year, in studies over years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
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
    pub fn total_t(&self, stage: Stage, sector: &str) -> f64 {
        self.rows
            .iter()
            .filter(|r| r.stage == stage && r.sector == sector)
            .filter_map(|r| r.amount_t)
            .collect::<ExactSum>()
            .value()
    }

    /// The three balances of docs/adr/0004 for every sector that has a budget, whether they hold or not.
    /// Balances whose stages are absent (no grid, no zones) are left out. Studies over years name the year as the
    /// land group of every row: each year is then balanced for itself, so that no balance adds up two years.
    pub fn balances(&self) -> Vec<Residual> {
        let mut out = Vec::new();
        for year in self.years() {
            for sector in self.budgeted(year) {
                self.balances_of(sector, year, &mut out);
            }
        }
        out
    }

    /// Years of the balanced rows in order of appearance; `[None]` if some row names none.
    fn years(&self) -> Vec<Option<i32>> {
        let mut years = Vec::new();
        for row in self.rows.iter().filter(|r| r.stage.is_balanced()) {
            match row.land_group.parse() {
                Ok(year) if years.contains(&Some(year)) => {}
                Ok(year) => years.push(Some(year)),
                Err(_) => return vec![None],
            }
        }
        years
    }

    /// Sectors with a budget (in that year), in order of appearance.
    fn budgeted(&self, year: Option<i32>) -> Vec<&str> {
        let mut sectors: Vec<&str> = Vec::new();
        for row in self.rows.iter().filter(|r| r.stage == Stage::Budget && r.is_of(year)) {
            if !sectors.contains(&row.sector.as_str()) {
                sectors.push(&row.sector);
            }
        }
        sectors
    }

    fn balances_of(&self, sector: &str, year: Option<i32>, out: &mut Vec<Residual>) {
        let sum = |stage| {
            let rows = self.rows.iter().filter(|r| r.stage == stage && r.sector == sector && r.is_of(year));
            rows.filter_map(|r| r.amount_t).collect::<ExactSum>().value()
        };
        let has = |stage| self.rows.iter().any(|r| r.stage == stage);
        let mut check = |balance: &str, left_t: f64, right_t: f64| {
            let scale = left_t.abs().max(right_t.abs());
            let difference = (left_t - right_t).abs();
            let relative = if scale > 1e-6 { difference / scale } else { difference };
            out.push(Residual {
                sector: sector.to_owned(),
                year,
                balance: balance.to_owned(),
                left_t,
                right_t,
                relative: if difference.is_nan() { f64::INFINITY } else { relative },
            });
        };
        let placed = sum(Stage::Placed);
        check("budget = placed + unallocated", sum(Stage::Budget), placed + sum(Stage::Unallocated));
        if has(Stage::Grid) {
            check("placed = grid + outside", placed, sum(Stage::Grid) + sum(Stage::GridOutside));
        }
        if has(Stage::Zones) {
            check("placed = zones + outside", placed, sum(Stage::Zones) + sum(Stage::ZonesOutside));
        }
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
    fn every_year_of_a_study_is_balanced_for_itself() {
        let mut ledger = Ledger::new();
        for (year, placed) in [("2015", 9.0), ("2020", 11.0)] {
            ledger.push(LedgerRow::tonnes(Stage::Budget, "respiration", year, 10.0));
            ledger.push(LedgerRow::tonnes(Stage::Placed, "respiration", year, placed));
        }
        let balances = ledger.balances();
        let sides: Vec<_> = balances.iter().map(|b| (b.year, b.left_t, b.right_t)).collect();
        // Added up, what one year lost would hide what the other has too much.
        assert_eq!(sides, [(Some(2015), 10.0, 9.0), (Some(2020), 10.0, 11.0)]);
        // A land group that happens to be a number is no year while other rows name none.
        ledger.push(LedgerRow::tonnes(Stage::Zones, "respiration", "", 20.0));
        assert!(ledger.balances().iter().all(|b| b.year.is_none() && b.relative == 0.0));
    }

    #[test]
    fn nan_never_balances() {
        let mut ledger = Ledger::new();
        ledger.push(LedgerRow::tonnes(Stage::Budget, "waste", "x", f64::NAN));
        assert!(ledger.balances()[0].relative > TOLERANCE);
    }
}
