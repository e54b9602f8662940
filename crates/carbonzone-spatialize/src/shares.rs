//! What the tonnes of units are made of: every rule and every known plant, spread over parcels, cells and zones; and the
//! parcels that weigh most in each unit.

use crate::allocate::{Allocation, PlacedPointSource};
use carbonzone_geom::OverlapMatrix;
use rayon::prelude::*;

/// Where a part comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Position of a rule.
    Rule(usize),
    /// Position of a plant.
    Plant(usize),
}

/// Parts of the units of one layer; one entry per unit and part.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shares {
    /// Position of the unit.
    pub unit: Vec<u32>,
    /// Position of the part.
    pub part: Vec<u32>,
    /// Measure of the unit.
    pub weight: Vec<f64>,
    /// t CO2e.
    pub amount_t: Vec<f64>,
}

impl Shares {
    /// Adds a part of a unit.
    pub fn push(&mut self, unit: usize, part: usize, weight: f64, amount_t: f64) {
        self.unit.push(unit as u32);
        self.part.push(part as u32);
        self.weight.push(weight);
        self.amount_t.push(amount_t);
    }

    /// The parts of every cell or zone, by unit and then in the order of `origins`; a part without tonnes is left out.
    pub fn on_units(
        on: &OverlapMatrix,
        allocation: &Allocation,
        plants: &[PlacedPointSource],
        origins: &[Origin],
    ) -> Self {
        let spread = |origin: &Origin| {
            let items = || placed(allocation, plants, *origin);
            let weights = on.spread_some(items().map(|(p, w, _)| (p, w)));
            let tonnes = on.spread_some(items().map(|(p, _, t)| (p, t)));
            (weights.per_target, tonnes.per_target)
        };
        let per_part: Vec<(Vec<f64>, Vec<f64>)> = origins.par_iter().map(spread).collect();
        let mut out = Self::default();
        for target in 0..on.n_targets {
            for (part, (weights, tonnes)) in per_part.iter().enumerate() {
                if tonnes[target] != 0.0 {
                    out.push(target, part, weights[target], tonnes[target]);
                }
            }
        }
        out
    }

    /// The parcels of the part at this position.
    pub fn on_parcels(
        allocation: &Allocation,
        plants: &[PlacedPointSource],
        (part, origin): (usize, Origin),
    ) -> Self {
        let mut out = Self::default();
        for (parcel, weight, tonnes) in placed(allocation, plants, origin) {
            out.push(parcel, part, weight, tonnes);
        }
        out
    }
}

/// Parcels of a part with weight and tonnes; those of a rule without what its plants bring.
fn placed<'a>(
    allocation: &'a Allocation,
    plants: &'a [PlacedPointSource],
    origin: Origin,
) -> Box<dyn Iterator<Item = (usize, f64, f64)> + 'a> {
    match origin {
        Origin::Plant(k) => Box::new(std::iter::once((plants[k].parcel as usize, 1.0, plants[k].gross_t))),
        Origin::Rule(r) => {
            let mine: Vec<&PlacedPointSource> =
                plants.iter().filter(|s| s.rule == allocation.records[r].id).collect();
            let own = move |(parcel, weight, tonnes): (usize, f64, f64)| {
                let of_plants: f64 =
                    mine.iter().filter(|s| s.parcel as usize == parcel).map(|s| s.gross_t).sum();
                (parcel, weight, tonnes - of_plants)
            };
            Box::new(allocation.per_rule[r].weighted().filter(|(_, weight, _)| *weight > 0.0).map(own))
        }
    }
}

/// The parcels that weigh most in each unit.
#[derive(Debug, Default)]
pub struct LargestParcels {
    /// Per unit: parcel, share of the parcel that lies in it, t CO2e of that share.
    pub per_unit: Vec<Vec<(u32, f64, f64)>>,
}

/// Parcels listed per unit.
const MOST: usize = 5;

impl LargestParcels {
    /// The parcels with the largest gross emissions in each target.
    pub fn of(on: &OverlapMatrix, gross_t: &[f64]) -> Self {
        let mut per_unit = vec![Vec::new(); on.n_targets];
        for (parcel, gross) in gross_t.iter().enumerate() {
            let all = on.denominator_m2(parcel);
            let (targets, areas) = on.row(parcel);
            for (target, area) in targets.iter().zip(areas) {
                let share = if all > 0.0 { area / all } else { 0.0 };
                insert(&mut per_unit[*target as usize], (parcel as u32, share, gross * share));
            }
        }
        Self { per_unit }
    }
}

/// Keeps the largest few, largest first; of equals the first.
fn insert(list: &mut Vec<(u32, f64, f64)>, entry: (u32, f64, f64)) {
    let at = list.iter().position(|known| entry.2 > known.2).unwrap_or(list.len());
    if at < MOST {
        list.truncate(MOST - 1);
        list.insert(at, entry);
    }
}
