//! A land-cover raster as the parcel layer: regions of one class, within the box of the zones.

use super::{Notes, Reading, vector_source, zones};
use crate::config::Border;
use carbonzone_io::PolygonLayer;
use carbonzone_types::Finding;

/// Reads the raster that `[layers.parcels]` names.
pub fn read(reading: Reading<'_>, notes: &mut Notes) -> Option<PolygonLayer> {
    let loaded = reading.loaded;
    let source = vector_source(loaded, "parcels", &loaded.pipeline.layers.parcels.source);
    if loaded.pipeline.city.border == Border::Keep {
        let message =
            "the land cover around the city takes part in the totals, as far as the box of the zones reaches";
        notes.findings.push(
            Finding::warning("land_cover_beyond_zones", message)
                .layer("parcels")
                .file(source.shown_path())
                .field("city.border")
                .value("keep")
                .hint("border = \"clip\" leaves out the ground outside the zones"),
        );
    }
    // Land cover comes in tiles far larger than a city. Without usable zones nothing will be computed anyway.
    let within = zones::bounds(reading);
    notes.take(carbonzone_io::read_land_cover(reading.wanted(&source), within))
}
