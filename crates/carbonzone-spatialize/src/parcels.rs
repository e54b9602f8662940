//! Parcels as the allocation sees them, and the tonnes of a rule on them.

use carbonzone_geom::OverlapMatrix;
use carbonzone_types::{ExactSum, M2_PER_HECTARE};
use rayon::prelude::*;

/// What allocation needs to know of the parcels; all slices have one entry per parcel.
#[derive(Debug, Clone, Copy)]
pub struct Parcels<'a> {
    /// Area in m²; the proxy `area` and the smoothing term.
    pub area_m2: &'a [f64],
    /// Index into `space_types`.
    pub space_type: &'a [u16],
    /// Names of the space types.
    pub space_types: &'a [String],
}

/// Parcels with more tonnes per hectare than `most_t_ha`, ascending.
///
/// # Panics
/// If there are fewer areas than tonnes.
pub fn denser_than(t: &[f64], area_m2: &[f64], most_t_ha: f64) -> Vec<usize> {
    let parcels = (0..t.len()).into_par_iter().with_min_len(PARCELS_PER_TASK);
    parcels.filter(|&p| area_m2[p] > 0.0 && t[p] / (area_m2[p] / M2_PER_HECTARE) > most_t_ha).collect()
}

/// Parcels that are looked at by one task, at least.
const PARCELS_PER_TASK: usize = 1 << 14;

/// Tonnes of one rule, on the parcels that get any: most rules concern a small part of a city.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleTonnes {
    /// Parcels, ascending.
    parcels: Vec<u32>,
    /// t CO2e on each of them, not 0.
    tonnes: Vec<f64>,
    /// Weight of each of them; 0 where only a plant stands.
    weights: Vec<f64>,
}

impl RuleTonnes {
    /// What the members get, and what point sources add.
    pub(crate) fn new(
        members: impl Iterator<Item = (u32, f64, f64)>,
        points: impl Iterator<Item = (u32, f64)>,
    ) -> Self {
        let mut all: Vec<(u32, f64, f64)> = members.filter(|(_, t, _)| *t != 0.0).collect();
        let shared = all.len();
        all.extend(points.map(|(parcel, t)| (parcel, t, 0.0)));
        if all.len() > shared {
            // Stable: on a parcel, the share of the rule comes first, then its plants in their order.
            all.sort_by_key(|(parcel, ..)| *parcel);
        }
        let mut out = Self::default();
        for same in all.chunk_by(|a, b| a.0 == b.0) {
            out.parcels.push(same[0].0);
            out.tonnes.push(same.iter().map(|(_, t, _)| t).sum());
            out.weights.push(same[0].2);
        }
        out
    }

    /// Parcels, ascending, with the weight by which each shares in the rule (0 where only a plant stands) and its t CO2e.
    pub fn weighted(&self) -> impl Iterator<Item = (usize, f64, f64)> {
        let parcels = self.parcels.iter().map(|&p| p as usize);
        parcels.zip(&self.weights).zip(&self.tonnes).map(|((p, w), t)| (p, *w, *t))
    }

    /// Sum of the tonnes.
    pub fn sum(&self) -> ExactSum {
        self.tonnes.iter().copied().collect()
    }

    /// Parcels, ascending, and t CO2e on each.
    pub fn placed(&self) -> impl Iterator<Item = (usize, f64)> {
        self.parcels.iter().map(|&p| p as usize).zip(self.tonnes.iter().copied())
    }

    /// How many parcels have more than nothing, and the one that has most with its t CO2e, of equal ones the first.
    pub fn carrying(&self) -> (u64, Option<(u32, f64)>) {
        let (mut carrying, mut largest): (u64, Option<(u32, f64)>) = (0, None);
        for (&parcel, &t) in self.parcels.iter().zip(&self.tonnes).filter(|(_, t)| **t > 0.0) {
            carrying += 1;
            if largest.is_none_or(|(_, most)| t > most) {
                largest = Some((parcel, t));
            }
        }
        (carrying, largest)
    }

    /// t CO2e on each target.
    pub fn on_targets(&self, on: &OverlapMatrix) -> Vec<f64> {
        on.spread_some(self.placed()).per_target
    }

    /// t CO2e on a parcel.
    pub fn on(&self, parcel: usize) -> f64 {
        self.parcels.binary_search(&(parcel as u32)).map_or(0.0, |k| self.tonnes[k])
    }

    /// Adds the tonnes to a column with one value per parcel.
    ///
    /// # Panics
    /// If the column is shorter than the layer.
    pub fn add_to(&self, column: &mut [f64]) {
        self.parcels.iter().zip(&self.tonnes).for_each(|(&p, t)| column[p as usize] += t);
    }

    /// A column with one value per parcel of a layer of `n`.
    ///
    /// # Panics
    /// If the layer has more parcels.
    pub fn per_parcel(&self, n: usize) -> Vec<f64> {
        let mut column = vec![0.0; n];
        self.add_to(&mut column);
        column
    }
}
