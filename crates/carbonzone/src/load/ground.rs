//! What points, lines and people are measured against, and what they give.

use super::border::StudyArea;
use super::parcels::ParcelSet;
use super::reading::Reading;
use super::zones::ZoneSet;
use crate::load_config::Loaded;
use carbonzone_geom::PointLocator;
use carbonzone_spatialize::{OnMissingClass, ProxyTable};
use std::collections::BTreeSet;

/// What points and lines are measured against.
pub struct Ground<'a> {
    pub reading: Reading<'a>,
    pub parcels: &'a ParcelSet,
    pub zones: &'a ZoneSet,
    /// Pairs of parcels that share ground, and how much.
    pub overlaps: &'a [(u32, u32, f64)],
    /// Finds the parcel of a point.
    pub locator: &'a PointLocator<'a>,
    /// `border = "clip"`: only what lies in here counts.
    pub border: Option<&'a StudyArea<'a>>,
}

/// Proxies per parcel.
#[derive(Default)]
pub struct Proxies {
    /// Values per parcel.
    pub table: ProxyTable,
    /// Those that go into the parcel layer: field name and proxy name.
    pub fields: Vec<(String, String)>,
}

impl Proxies {
    /// Adds a proxy that the parcel layer shows.
    pub fn insert_shown(&mut self, field: &str, proxy: &str, unit: &str, values: Vec<f64>) {
        self.fields.push((field.to_owned(), proxy.to_owned()));
        self.table.insert(proxy, unit, values);
    }
}

/// Space types that carry the rules with this proxy: those that a rule names, or redirects to if no parcel has them.
pub fn land_of_proxy(loaded: &Loaded, parcels: &ParcelSet, proxies: &[&str]) -> BTreeSet<String> {
    let rules = loaded.pipeline.allocate.iter();
    let with_proxy = rules.filter(|rule| rule.proxies.iter().any(|p| proxies.contains(&p.as_str())));
    with_proxy
        .flat_map(|rule| match &rule.on_missing_class {
            OnMissingClass::Redirect(other) if !rule.land.iter().any(|l| parcels.space_types.contains(l)) => {
                other
            }
            _ => &rule.land,
        })
        .cloned()
        .collect()
}
