//! Points counted per zone while their layer is read for the parcels: weights to share out GDP by.

use super::Ground;
use super::zones::ZoneSet;
use crate::load_config::Loaded;
use carbonzone_geom::{NO_PARCEL, PointLocator};
use carbonzone_types::ExactSum;
use std::collections::BTreeMap;

/// Weights of the zones that come from the layers of the parcels, counted while those are read.
#[derive(Default)]
pub struct ZoneWeights {
    /// POI of each group that is asked for, per zone; `None`: they could not be read.
    pub poi: Option<BTreeMap<String, Vec<f64>>>,
    /// People per zone, if they are asked for and stand in a layer of their own.
    pub people: Option<Vec<f64>>,
}

/// Counts kinds of points in zones, wherever they stand in them.
pub struct InZones<'a> {
    locator: PointLocator<'a>,
    sums: Vec<Vec<ExactSum>>,
}

impl<'a> InZones<'a> {
    /// Nothing counted yet.
    pub fn new(zones: &'a ZoneSet, kinds: usize) -> Self {
        let locator = PointLocator::new(&zones.coverage);
        Self { locator, sums: vec![vec![ExactSum::new(); zones.ids.len()]; kinds] }
    }

    /// Adds points of a kind.
    pub fn add(&mut self, kind: usize, xs: &[f64], ys: &[f64], weights: &[f64]) {
        let owners = self.locator.locate_all(xs, ys);
        for (owner, weight) in owners.into_iter().zip(weights).filter(|(o, _)| *o != NO_PARCEL) {
            self.sums[kind][owner as usize].add(*weight);
        }
    }

    /// Weight per kind and zone.
    pub fn finish(self) -> impl Iterator<Item = Vec<f64>> {
        self.sums.into_iter().map(|zones| zones.into_iter().map(ExactSum::value).collect())
    }
}

/// What each zone has, over its parcels of the land that carries it.
pub struct OverLand {
    /// Amount per parcel: `w_p = Σ_z N_z a(p ∩ z) / Σ_q a(q ∩ z)`.
    pub per_parcel: Vec<f64>,
    /// That land per zone, m².
    pub land_m2: Vec<f64>,
    /// What each zone has more, or less, than it was given when each parcel is cut by area at the borders.
    pub moved: Vec<f64>,
}

/// Amounts of the zones over the parcels of `mask`, by area.
pub fn over_land(ground: &Ground<'_>, mask: &[bool], amounts: &[Option<f64>]) -> OverLand {
    let (parcels, zones) = (&ground.parcels.coverage, &ground.zones.coverage);
    let by_parcel = carbonzone_geom::overlap_zones(parcels, zones);
    let mut land_m2 = vec![ExactSum::new(); zones.len()];
    let members = || (0..mask.len()).filter(|&p| mask[p]);
    for p in members() {
        let (targets, areas) = by_parcel.row(p);
        targets.iter().zip(areas).for_each(|(&z, &m2)| land_m2[z as usize].add(m2));
    }
    let land_m2: Vec<f64> = land_m2.into_iter().map(ExactSum::value).collect();
    let mut per_parcel = vec![0.0; mask.len()];
    let mut cut = vec![ExactSum::new(); zones.len()];
    let whole_m2 = parcels.areas_m2();
    for p in members() {
        let (targets, areas) = by_parcel.row(p);
        let own = |(&z, &m2): (&u32, &f64)| Some(amounts[z as usize]? * m2 / land_m2[z as usize]);
        let amount = targets.iter().zip(areas).filter_map(own).collect::<ExactSum>().value();
        per_parcel[p] = amount;
        targets.iter().zip(areas).for_each(|(&z, &m2)| cut[z as usize].add(amount * m2 / whole_m2[p]));
    }
    let moved = cut.into_iter().enumerate().map(|(z, sum)| match amounts[z] {
        Some(amount) if land_m2[z] > 0.0 => sum.value() - amount,
        _ => 0.0,
    });
    OverLand { moved: moved.collect(), per_parcel, land_m2 }
}

/// POI groups that the downscaling asks for.
pub fn poi_groups(loaded: &Loaded) -> Vec<&str> {
    let proxies = loaded.pipeline.layers.zones.downscale().map_or(&[][..], |d| &d.proxies);
    proxies.iter().filter_map(|p| p.strip_prefix("poi:")).collect()
}

/// True if the downscaling asks for people.
pub fn wants_people(loaded: &Loaded) -> bool {
    loaded.pipeline.layers.zones.downscale().is_some_and(|d| d.proxies.iter().any(|p| p == "people"))
}
