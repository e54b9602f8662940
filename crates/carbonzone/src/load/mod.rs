//! Reads every layer of the pipeline, once, and turns it into what allocation needs.
//!
//! `check` and `run` share this code: what one reports, the other reports.

mod apart;
pub mod border;
pub mod chosen_rows;
mod codes;
pub mod far_off;
pub mod gdp;
mod ground;
pub mod inventory;
mod land_codes;
mod land_cover;
pub mod land_over;
pub mod mass_unit;
mod notes;
mod parcel_areas;
pub mod parcels;
pub mod people;
mod people_density;
mod people_numbers;
mod people_repeats;
mod per_zone;
pub mod plans;
mod plausible;
pub mod poi;
mod poi_codes;
mod poi_points;
pub mod point_sources;
mod reading;
pub mod roads;
mod rule_land;
mod schemes;
pub mod shift;
mod source;
mod straight;
pub mod totals_row;
pub mod units;
mod zone_emissions;
pub mod zone_tables;
pub mod zones;

pub use ground::{Ground, Proxies, land_of_proxy};
pub use notes::Notes;
pub use reading::Reading;
pub use source::{CRS_EXPECTED, CRS_HINT, missing_file, vector_source, working_crs};

use crate::config::PopulationKind;
use crate::load_config::Loaded;
use carbonzone_geom::{LineIndex, PointLocator};
use carbonzone_io::{VectorSource, WorkingCrs};
use carbonzone_spatialize::{AllocationRule, PlacedPointSource, ProxyColumn, ProxyTable};
use carbonzone_types::{Finding, Progress, TextList};
use parcels::ParcelSet;
use rayon::prelude::*;
use std::collections::BTreeMap;
use zones::ZoneSet;

/// Everything a run computes with.
pub struct Inputs {
    pub crs: WorkingCrs,
    /// Parcels in canonical order.
    pub parcels: ParcelSet,
    /// Zones in canonical order.
    pub zones: ZoneSet,
    /// GDP of the zones under each proxy, if it was shared out from counties.
    pub derived_gdp: Option<gdp::DerivedGdp>,
    /// Proxies per parcel.
    pub proxies: ProxyTable,
    /// Proxy columns that go into the parcel layer: field name and proxy name.
    pub proxy_fields: Vec<(String, String)>,
    /// Allocation table with its budgets in tonnes.
    pub rules: Vec<AllocationRule>,
    /// Known plants.
    pub point_sources: Vec<PlacedPointSource>,
    /// Land of the plans, by scenario.
    pub plans: BTreeMap<String, ParcelSet>,
    /// Computed inventory, if totals were not given.
    pub inventory: Option<carbonzone_inventory::Inventory>,
}

/// Reads all layers. `None` if something essential is missing; the findings say what.
pub fn load_inputs(loaded: &Loaded, notes: &mut Notes, progress: &dyn Progress) -> Option<Inputs> {
    let crs = working_crs(loaded, &loaded.pipeline.city, Some(&loaded.pipeline.layers.zones.source), notes)?;
    let reading = Reading { loaded, crs: &crs, progress };
    // Every layer is tried, so that one run of `check` names everything that is wrong.
    let plans = plans::load(reading, notes);
    let parcels = land_over::load(reading, notes);
    let zones = zones::load(reading, notes);
    let (Some(mut parcels), Some((mut zones, counties))) = (parcels, zones) else {
        try_other_layers(reading, notes);
        let _ = inventory::load(loaded, None, notes);
        return None;
    };
    plausible::check_cover(&parcels, &zones, &crs, notes);
    rule_land::check(loaded, &parcels, notes);
    let mut proxies = Proxies::default();
    let mut per_zone = per_zone::ZoneWeights::default();
    progress.begin("index parcels", None);
    let (locator, overlaps) = PointLocator::with_common_ground(&parcels.coverage);
    progress.end();
    let clip = loaded.pipeline.city.border == crate::config::Border::Clip;
    let area = clip.then(|| border::StudyArea::new(&zones.coverage));
    let ground = Ground {
        reading,
        parcels: &parcels,
        zones: &zones,
        overlaps: &overlaps,
        locator: &locator,
        border: area.as_ref(),
    };
    let traffic = poi::load(&ground, &mut proxies, &mut per_zone, notes);
    people::load(&ground, &mut proxies, &mut per_zone, notes);
    zone_emissions::load(&ground, &mut proxies, notes);
    roads::load(&ground, &LineIndex::from_locator(&locator), &traffic, &mut proxies, notes);
    drop(locator);
    parcels.overlaps = overlaps;
    refuse_unusable(&proxies.table, &parcels, notes);
    let derived_gdp = gdp::derive(reading, &counties, per_zone, &mut zones, notes);
    let Proxies { table: mut proxies, fields: proxy_fields } = proxies;
    parcels::sink_proxy(loaded, &parcels, &mut proxies, notes);
    let (rules, inventory) = inventory::load(loaded, Some(&parcels), notes)?;
    plausible::check_per_person(&rules, &zones, notes);
    zone_emissions::check_total(&rules, &zones, notes);
    let point_sources = point_sources::load(reading, &parcels, &rules, notes);
    let plans = plans?;
    Some(Inputs {
        crs,
        parcels,
        zones,
        derived_gdp,
        proxies,
        proxy_fields,
        rules,
        point_sources,
        plans,
        inventory,
    })
}

/// A proxy that is no number on a parcel would count as zero everywhere: an error with the parcel.
fn refuse_unusable(proxies: &ProxyTable, parcels: &ParcelSet, notes: &mut Notes) {
    let names = proxies.names();
    let unusable = |name: &&str| unusable_proxy(name, proxies.get(name)?, &parcels.ids);
    let found: Vec<Option<Finding>> = names.par_iter().map(unusable).collect();
    notes.findings.items.extend(found.into_iter().flatten());
}

fn unusable_proxy(name: &str, column: &ProxyColumn, ids: &TextList) -> Option<Finding> {
    let (parcel, value, count) = column.unusable()?;
    let message = format!("the proxy \"{name}\" is no number on some parcels");
    let finding = Finding::error("unusable_proxy", message)
        .layer(name.split(':').next().unwrap_or(name))
        .feature(ids[parcel].to_owned())
        .value(value.to_string())
        .expected("numbers whose sum stays below 4.6e18")
        .count(count as u64)
        .hint(
            "a weight in the layer is far too large or infinite: correct it, or leave the row out by where",
        );
    Some(finding)
}

/// Without parcels and zones nothing can be placed; the other layers are read all the same, for their findings.
fn try_other_layers(reading: Reading<'_>, notes: &mut Notes) {
    let Reading { loaded, .. } = reading;
    let layers = &loaded.pipeline.layers;
    let mut points: Vec<VectorSource> = Vec::new();
    if let Some(poi) = &layers.poi {
        let mut source = vector_source(loaded, "poi", &poi.source);
        source.fields.extend(codes::fields_of(&poi.kind).chain(poi.id.clone()).chain(poi.name.clone()));
        source.fields.extend(poi.weight.clone());
        source.numbers.extend(poi.weight.clone());
        points.push(source);
    }
    if let Some(people) = &layers.population {
        let mut source = vector_source(loaded, "population", &people.source);
        source.fields.clone_from(&people.weight);
        source.numbers.clone_from(&people.weight);
        match people.kind {
            PopulationKind::Points => points.push(source),
            PopulationKind::Polygons => {
                let _ = notes.take(loaded.layers.polygons(reading.wanted(&source)));
            }
            PopulationKind::Raster => must_exist(loaded, "population", &people.source.path, notes),
            PopulationKind::Zones => {}
        }
    }
    if let Some(plants) = &layers.point_sources {
        let mut source = vector_source(loaded, "point_sources", &plants.source);
        source.fields = vec![plants.id.clone(), plants.tonnes.clone(), plants.rule.clone()];
        points.push(source);
    }
    for source in points {
        let _ = notes.take(loaded.layers.points(reading.wanted(&source), &mut |_| {}));
    }
    if let Some(roads) = &layers.roads {
        let mut source = vector_source(loaded, "roads", &roads.source);
        source.fields.extend(roads.class.iter().flat_map(|c| codes::fields_of(c)));
        let _ = notes.take(loaded.layers.lines(reading.wanted(&source), &mut |_| {}));
    }
    for table in &layers.zones.tables {
        must_exist(loaded, "zones", &table.path, notes);
    }
}

/// A finding if the file is not there and none says so yet.
fn must_exist(loaded: &Loaded, role: &str, path: &std::path::Path, notes: &mut Notes) {
    let shown = path.display().to_string();
    let said = notes
        .findings
        .items
        .iter()
        .any(|f| f.code == "missing_file" && f.file.as_deref() == Some(shown.as_str()));
    let virtual_path = shown.starts_with("PG:") || shown.starts_with("/vsi");
    if !said && !virtual_path && !loaded.resolve(path).exists() {
        notes.findings.push(missing_file(role, &shown, &loaded.resolve(path)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_is_no_number_names_the_first_parcel_of_it() {
        let ids: TextList = ["P1", "P2", "P3"].into_iter().collect();
        let column = |values: [f64; 3]| ProxyColumn { unit: "poi".to_owned(), values: values.into() };
        let finding = unusable_proxy("poi:industry", &column([1.0, f64::NAN, f64::INFINITY]), &ids).unwrap();
        assert_eq!((finding.layer.as_deref(), finding.feature.as_deref()), (Some("poi"), Some("P2")));
        assert_eq!((finding.value.as_deref(), finding.count), (Some("NaN"), Some(2)));
        assert_eq!(unusable_proxy("people", &column([0.0, 1e18, 2.0]), &ids), None);
    }
}
