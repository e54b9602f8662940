//! Pass 2: tonnes per zone, cell and sector.

use crate::ground::GroundSums;
use crate::sectors::{SINK, SectorTable, columns_of};
use crate::states::{Reader, State, Writer};
use crate::{Batch, Plan, Shares};
use carbonzone_geom::{Coverage, OverlapMatrix, overlap_grid_and_zones};
use carbonzone_spatialize::RuleTonnes;
use carbonzone_types::{ExactSum, Findings};
use std::collections::{BTreeMap, HashMap};

/// Exact sums over some parcels of a city; a column per sector and, last, for the sinks.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    pub(crate) columns: Vec<String>,
    pub(crate) parcels: u64,
    /// Per rule: placed on parcels.
    pub(crate) placed: Vec<ExactSum>,
    /// Per column: all parcels.
    pub(crate) city: Vec<ExactSum>,
    /// Per column and zone.
    pub(crate) zones: Vec<Vec<ExactSum>>,
    pub(crate) zones_outside: Vec<ExactSum>,
    /// Per cell with a parcel: its columns, and last the area of parcels.
    pub(crate) cells: BTreeMap<u32, Vec<ExactSum>>,
    pub(crate) cells_outside: Vec<ExactSum>,
    pub(crate) ground: GroundSums,
}

const PARCELS: &str = "placed_parcels";
const PLACED: &str = "placed_t";
const CITY: &str = "city_t";
const ZONE: &str = "zone_t";
const ZONE_OUTSIDE: &str = "zone_outside_t";
const CELL: &str = "cell_t";
const CELL_OUTSIDE: &str = "cell_outside_t";
const COVERED: &str = "cell_covered_m2";
const FILLED: &str = "zone_filled_m2";
const PLANAR: &str = "planar_m2";
const OVERCOVERED: &str = "overcovered_m2";
const OUTSIDE_M2: &str = "outside_m2";
const OUTSIDE_T: &str = "outside_gross_t";
const OUTSIDE: &str = "outside_parcels";
const WHOLLY: &str = "wholly_outside_parcels";

/// Adds the columns of `table` on the targets of an overlap; `sum(column, target)` is where it goes, without a target outside.
fn spread(on: &OverlapMatrix, columns: &[&Vec<f64>], mut sum: impl FnMut(usize, Option<u32>, f64)) {
    for (c, column) in columns.iter().enumerate() {
        on.spread_each(column.iter().copied().enumerate(), |target, value| sum(c, target, value));
    }
}

impl Sums {
    /// No parcel yet.
    pub fn new(plan: &Plan) -> Self {
        let columns: Vec<String> = plan.sectors().into_iter().chain([SINK.to_owned()]).collect();
        let none = vec![ExactSum::new(); columns.len()];
        Self {
            parcels: 0,
            placed: vec![ExactSum::new(); plan.rules.len()],
            city: none.clone(),
            zones: vec![vec![ExactSum::new(); plan.units.len()]; columns.len()],
            zones_outside: none.clone(),
            cells: BTreeMap::new(),
            cells_outside: none,
            ground: GroundSums {
                filled_m2: vec![ExactSum::new(); plan.units.len()],
                ..GroundSums::default()
            },
            columns,
        }
    }

    /// Places the rules on a batch. The tonnes per parcel and rule.
    ///
    /// # Errors
    /// Weights that cannot be used.
    pub fn place(plan: &Plan, shares: &Shares, batch: &Batch) -> Result<Vec<RuleTonnes>, Findings> {
        let parcels = batch.parcels(plan);
        let of_row: HashMap<u64, u32> = if plan.point_sources.is_empty() {
            HashMap::new()
        } else {
            batch.rows.iter().zip(0u32..).map(|(row, k)| (*row, k)).collect()
        };
        let place = |share: &carbonzone_spatialize::RuleShare| {
            let mine = plan.point_sources.iter().filter(|s| s.rule == share.record.id);
            let here = mine.filter_map(|s| Some((*of_row.get(&u64::from(s.parcel))?, s.gross_t)));
            share.place(&parcels, &batch.proxies, here)
        };
        let placed: Result<_, _> = shares.rules.iter().map(place).collect();
        placed.map_err(|e| e.to_finding().layer("parcels").into())
    }

    /// The table of sectors of a batch that is placed.
    pub fn table(plan: &Plan, placed: &[RuleTonnes], parcels: usize) -> SectorTable {
        let rules: Vec<_> = plan.rules.iter().map(|r| r.sector.as_str()).zip(placed).collect();
        SectorTable::of_columns(columns_of(&plan.sectors(), parcels, &rules))
    }

    /// Adds a batch; `coverage` are its parcels, `zones` those of the plan.
    ///
    /// # Errors
    /// Weights that cannot be used.
    pub fn add(
        &mut self,
        plan: &Plan,
        shares: &Shares,
        batch: &Batch,
        coverage: &Coverage,
        zones: &Coverage,
    ) -> Result<(), Findings> {
        let placed = Self::place(plan, shares, batch)?;
        self.placed.iter_mut().zip(&placed).for_each(|(sum, tonnes)| sum.merge(tonnes.sum()));
        let table = Self::table(plan, &placed, batch.rows.len());
        let columns: Vec<&Vec<f64>> = table.columns().collect();
        for (sum, column) in self.city.iter_mut().zip(&columns) {
            column.iter().for_each(|t| sum.add(*t));
        }
        let (on_grid, on_zones) = overlap_grid_and_zones(coverage, &plan.grid, zones);
        let Self { zones: per_zone, zones_outside, cells, cells_outside, .. } = self;
        spread(&on_zones, &columns, |c, zone, t| match zone {
            Some(zone) => per_zone[c][zone as usize].add(t),
            None => zones_outside[c].add(t),
        });
        // A cell is in the grid because a parcel lies in it, whatever stands there.
        let width = columns.len() + 1;
        for cell in &on_grid.targets {
            cells.entry(*cell).or_insert_with(|| vec![ExactSum::new(); width]);
        }
        let with_area: Vec<&Vec<f64>> = columns.iter().copied().chain([&batch.area_m2]).collect();
        spread(&on_grid, &with_area, |c, cell, value| match cell {
            Some(cell) => cells.entry(cell).or_insert_with(|| vec![ExactSum::new(); width])[c].add(value),
            None if c < cells_outside.len() => cells_outside[c].add(value),
            None => {}
        });
        self.ground.merge(&GroundSums::of(&on_zones, &coverage.areas_m2(), &table.gross_t));
        self.parcels += batch.rows.len() as u64;
        Ok(())
    }

    /// As rows for an engine.
    ///
    /// # Errors
    /// A sum beyond 38 digits.
    pub fn states(&self, plan: &Plan) -> Result<Vec<State>, Findings> {
        let mut out = Writer::default();
        out.count(PARCELS, -1, "", self.parcels);
        for (rule, sum) in plan.rules.iter().zip(&self.placed) {
            out.sum(PLACED, -1, &rule.id, *sum)?;
        }
        for (c, name) in self.columns.iter().enumerate() {
            out.sum(CITY, -1, name, self.city[c])?;
            out.sum(ZONE_OUTSIDE, -1, name, self.zones_outside[c])?;
            out.sum(CELL_OUTSIDE, -1, name, self.cells_outside[c])?;
            for (zone, sum) in (0i64..).zip(&self.zones[c]) {
                out.sum(ZONE, zone, name, *sum)?;
            }
        }
        for (cell, sums) in &self.cells {
            for (name, sum) in self.columns.iter().zip(sums) {
                out.sum(CELL, i64::from(*cell), name, *sum)?;
            }
            out.zero_too(COVERED, i64::from(*cell), "", sums[self.columns.len()])?;
        }
        let ground = &self.ground;
        for (zone, sum) in (0i64..).zip(&ground.filled_m2) {
            out.sum(FILLED, zone, "", *sum)?;
        }
        out.sum(PLANAR, -1, "", ground.planar_m2)?;
        out.sum(OVERCOVERED, -1, "", ground.overcovered_m2)?;
        out.sum(OUTSIDE_M2, -1, "", ground.outside_m2)?;
        out.sum(OUTSIDE_T, -1, "", ground.outside_t)?;
        out.count(OUTSIDE, -1, "", ground.outside);
        out.count(WHOLLY, -1, "", ground.wholly_outside);
        Ok(out.finish())
    }

    /// From the rows of all batches.
    ///
    /// # Errors
    /// Rows that add up to more than 38 digits.
    pub fn from_states(plan: &Plan, states: Vec<State>) -> Result<Self, Findings> {
        let read = Reader::new(states)?;
        let mut out = Self::new(plan);
        let one = |kind: &str, name: &str| read.sum(kind, -1, name);
        out.parcels = read.count(PARCELS, -1, "");
        out.placed = plan.rules.iter().map(|r| one(PLACED, &r.id)).collect();
        let of_columns = |kind: &str| out.columns.iter().map(|name| one(kind, name)).collect();
        (out.city, out.zones_outside, out.cells_outside) =
            (of_columns(CITY), of_columns(ZONE_OUTSIDE), of_columns(CELL_OUTSIDE));
        let column: HashMap<&str, usize> = out.columns.iter().map(String::as_str).zip(0..).collect();
        for (zone, name, sum) in read.all(ZONE) {
            if let (Some(&c), Ok(zone)) = (column.get(name), usize::try_from(zone)) {
                out.zones[c][zone] = sum;
            }
        }
        let width = out.columns.len() + 1;
        let cell_of = |unit: i64| u32::try_from(unit).unwrap_or(u32::MAX);
        for (cell, _, sum) in read.all(COVERED) {
            let mut sums = vec![ExactSum::new(); width];
            sums[width - 1] = sum;
            out.cells.insert(cell_of(cell), sums);
        }
        for (cell, name, sum) in read.all(CELL) {
            if let (Some(&c), Some(sums)) = (column.get(name), out.cells.get_mut(&cell_of(cell))) {
                sums[c] = sum;
            }
        }
        for (zone, _, sum) in read.all(FILLED) {
            if let Some(filled) = usize::try_from(zone).ok().and_then(|z| out.ground.filled_m2.get_mut(z)) {
                *filled = sum;
            }
        }
        out.ground = GroundSums {
            planar_m2: one(PLANAR, ""),
            overcovered_m2: one(OVERCOVERED, ""),
            outside_m2: one(OUTSIDE_M2, ""),
            outside_t: one(OUTSIDE_T, ""),
            outside: read.count(OUTSIDE, -1, ""),
            wholly_outside: read.count(WHOLLY, -1, ""),
            filled_m2: out.ground.filled_m2,
        };
        Ok(out)
    }
}
