//! Points counted per zone while their layer is read for the parcels: weights to share out GDP by.

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

/// POI groups that the downscaling asks for.
pub fn poi_groups(loaded: &Loaded) -> Vec<&str> {
    let proxies = loaded.pipeline.layers.zones.downscale().map_or(&[][..], |d| &d.proxies);
    proxies.iter().filter_map(|p| p.strip_prefix("poi:")).collect()
}

/// True if the downscaling asks for people.
pub fn wants_people(loaded: &Loaded) -> bool {
    loaded.pipeline.layers.zones.downscale().is_some_and(|d| d.proxies.iter().any(|p| p == "people"))
}
