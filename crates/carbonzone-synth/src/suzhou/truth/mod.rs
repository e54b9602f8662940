//! A truth for the synthetic Suzhou: how many tonnes each township "really" emits and absorbs, made from what the proxies of a
//! study cannot see (sizes of firms, plants, traffic, floor area, crops, stands). The truth is **synthetic** like the city.
//!
//! [`TruthTap`] stands between the generator and its sink and looks at the rows that pass. It changes none of them, so that a city
//! with a truth is the city without one, bit for bit. What it adds comes from random numbers of its own ([`laws`]).

pub mod laws;

use std::collections::BTreeMap;

use carbonzone_geom::{Coverage, PointLocator, overlap_zones};
use carbonzone_types::ExactSum;

use crate::error::{Result, SinkError, SynthError};
use crate::projection::Projection;
use crate::rng::mix;
use crate::shape::{Point, distance};
use crate::sink::{CitySink, ParcelRow, PoiRow, PopulationRow, RoadRow, TownshipRow, TownshipStat};
use crate::suzhou::facts::{SuzhouFacts, TownKind};
use crate::suzhou::fields::shares;

/// Parcels and pieces of lines that are kept until they are measured.
const KEEP: usize = 32_768;

/// True tonnes of one budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrueBudget {
    /// `<sector>:<land group>`, as in a pipeline file.
    pub budget: String,
    /// Kilograms CO2e per year in each township (sinks positive); they sum to the budget.
    pub kg: Vec<u64>,
}

/// The truth of a city.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// Ids of the townships, as in [`TownshipRow::id`].
    pub unit_ids: Vec<String>,
    /// Names in Chinese.
    pub names_zh: Vec<String>,
    /// One entry per budget, in the order in which they were given.
    pub budgets: Vec<TrueBudget>,
}

/// What lies in each township: the matter that the laws work on.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Kind of each township.
    pub kind: Vec<TownKind>,
    /// County-level unit of each township.
    pub unit: Vec<usize>,
    /// Secondary product of each county-level unit, 10⁴ CNY.
    pub secondary_1e4cny: Vec<f64>,
    people: Vec<ExactSum>,
    area_m2: BTreeMap<&'static str, Vec<ExactSum>>,
    lines: BTreeMap<&'static str, Vec<ExactSum>>,
}

impl Ground {
    /// Number of townships.
    pub fn townships(&self) -> usize {
        self.kind.len()
    }

    /// Sum over land-use codes of area × `per_m2(code)`, per township.
    pub fn land(&self, per_m2: impl Fn(&str) -> f64) -> Vec<f64> {
        let mut out = vec![0.0; self.townships()];
        for (code, areas) in &self.area_m2 {
            let weight = per_m2(code);
            if weight > 0.0 {
                out.iter_mut().zip(areas).for_each(|(t, a)| *t += weight * a.value());
            }
        }
        out
    }

    /// People at night, persons per township, as the population points of the city have them.
    pub fn people(&self) -> Vec<f64> {
        self.people.iter().map(|sum| sum.value()).collect()
    }

    /// Metres of line × what moves on them, per township.
    pub fn traffic(&self, mode: &str) -> Vec<f64> {
        self.lines
            .get(mode)
            .map_or_else(|| vec![0.0; self.townships()], |t| t.iter().map(|sum| sum.value()).collect())
    }
}

/// Looks at the rows on their way to the sink and gives the truth at the end.
pub struct TruthTap<'a> {
    sink: &'a mut dyn CitySink,
    seed: u64,
    budgets: Vec<(String, f64)>,
    truth: Truth,
    zones: Coverage,
    ground: Ground,
    parcels: Coverage,
    codes: Vec<&'static str>,
    pieces: Vec<(Point, &'static str, f64)>,
    people: Vec<(Point, f64)>,
    projection: &'a dyn Projection,
}

impl<'a> TruthTap<'a> {
    /// Between the generator and `sink`. `budgets`: `<sector>:<land group>` and t CO2e per year (sinks positive), what the study is
    /// given. `seed` and `projection`: those of the city.
    pub fn new(
        facts: &SuzhouFacts,
        seed: u64,
        budgets: Vec<(String, f64)>,
        projection: &'a dyn Projection,
        sink: &'a mut dyn CitySink,
    ) -> Self {
        let ground = Ground {
            kind: facts.townships.iter().map(|t| t.kind).collect(),
            unit: facts.townships.iter().map(|t| t.unit).collect(),
            secondary_1e4cny: facts.units.iter().map(|u| u.gdp_1e4cny * u.secondary_pct / 100.0).collect(),
            people: vec![ExactSum::new(); facts.townships.len()],
            ..Ground::default()
        };
        Self {
            sink,
            seed: mix(seed ^ 0x7247_0047),
            budgets,
            truth: Truth::default(),
            zones: Coverage::new(),
            ground,
            parcels: Coverage::new(),
            codes: Vec::new(),
            pieces: Vec::new(),
            people: Vec::new(),
            projection,
        }
    }

    /// The truth, once everything has passed.
    ///
    /// # Errors
    /// [`SynthError::Facts`] for a budget with tonnes that no law places in this city; a failing projection.
    pub fn finish(mut self) -> Result<Truth> {
        self.measure()?;
        for (budget, amount_t) in std::mem::take(&mut self.budgets) {
            let kg = (amount_t * 1000.0).round() as u64;
            let weights = laws::weights(&budget, &self.ground, self.seed);
            let weights = match weights {
                Some(w) if kg == 0 || w.iter().any(|w| *w > 0.0) => w,
                None if kg == 0 => Vec::new(),
                _ => {
                    let reason = format!("no law says where the tonnes of `{budget}` are");
                    return Err(SynthError::Facts { place: "suzhou", reason });
                }
            };
            let kg = if kg == 0 { vec![0; self.ground.townships()] } else { shares(kg, &weights) };
            self.truth.budgets.push(TrueBudget { budget, kg });
        }
        Ok(self.truth)
    }

    /// Shares out the kept parcels, lines and people over the townships.
    fn measure(&mut self) -> Result<()> {
        let n = self.ground.townships();
        let matrix = overlap_zones(&self.parcels, &self.zones);
        for (i, code) in self.codes.iter().enumerate() {
            let areas = self.ground.area_m2.entry(code).or_insert_with(|| vec![ExactSum::new(); n]);
            let (zones, m2) = matrix.row(i);
            zones.iter().zip(m2).for_each(|(z, a)| areas[*z as usize].add(*a));
        }
        let locator = PointLocator::new(&self.zones);
        for (middle, mode, weight) in &self.pieces {
            if let Some(zone) = locator.locate(middle[0], middle[1]) {
                let of = self.ground.lines.entry(mode).or_insert_with(|| vec![ExactSum::new(); n]);
                of[zone as usize].add(*weight);
            }
        }
        let mut at: Vec<Point> = self.people.iter().map(|(p, _)| *p).collect();
        self.projection.to_xy(&mut at)?;
        for (p, (_, persons)) in at.iter().zip(&self.people) {
            if let Some(zone) = locator.locate(p[0], p[1]) {
                self.ground.people[zone as usize].add(*persons);
            }
        }
        self.parcels = Coverage::new();
        self.codes.clear();
        self.pieces.clear();
        self.people.clear();
        Ok(())
    }
}

impl CitySink for TruthTap<'_> {
    fn townships(&mut self, rows: &[TownshipRow]) -> Result<(), SinkError> {
        for row in rows {
            self.zones.push_rings(&row.parts);
            self.truth.unit_ids.push(row.id.clone());
            self.truth.names_zh.push(row.name_zh.clone());
        }
        self.sink.townships(rows)
    }

    fn township_table(&mut self, rows: &[TownshipStat]) -> Result<(), SinkError> {
        self.sink.township_table(rows)
    }

    fn parcels(&mut self, rows: &[ParcelRow]) -> Result<(), SinkError> {
        for row in rows {
            self.parcels.push_rings(&row.parts);
            self.codes.push(row.code);
        }
        if self.codes.len() >= KEEP {
            self.measure()?;
        }
        self.sink.parcels(rows)
    }

    fn roads(&mut self, rows: &[RoadRow]) -> Result<(), SinkError> {
        for row in rows {
            let (mode, moved) = laws::traffic(row, self.seed);
            for ends in row.line.windows(2) {
                let middle = [f64::midpoint(ends[0][0], ends[1][0]), f64::midpoint(ends[0][1], ends[1][1])];
                self.pieces.push((middle, mode, moved * distance(ends[0], ends[1])));
            }
        }
        if self.pieces.len() >= KEEP {
            self.measure()?;
        }
        self.sink.roads(rows)
    }

    fn pois(&mut self, rows: &[PoiRow]) -> Result<(), SinkError> {
        self.sink.pois(rows)
    }

    fn population(&mut self, rows: &[PopulationRow]) -> Result<(), SinkError> {
        self.people.extend(rows.iter().map(|r| ([r.lon, r.lat], r.people_22_06)));
        if self.people.len() >= KEEP {
            self.measure()?;
        }
        self.sink.population(rows)
    }
}
