//! On which basis the headline zoning rests.

use crate::{Label, MapData, MapLayer, ZONE_OF_MEAN, words};

/// The field of the headline zoning: by the mean over the years where there is one.
pub(crate) fn headline_field(zones: &MapLayer) -> &'static str {
    if zones.has(ZONE_OF_MEAN) { ZONE_OF_MEAN } else { "zone" }
}

/// What the headline zoning rests on: `mean of 2015 and 2020`, else the year.
pub(crate) fn basis(data: &MapData) -> Label {
    if headline_field(&data.zones) == ZONE_OF_MEAN {
        words::mean_of_years()
    } else {
        words::year(data.year())
    }
}
