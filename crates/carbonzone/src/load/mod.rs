//! Reads every layer of the pipeline, once, and turns it into what allocation needs.
//!
//! `check` and `run` share this code: what one reports, the other reports.

pub mod border;
pub mod gdp;
pub mod inventory;
mod land_cover;
pub mod parcels;
pub mod people;
pub mod poi;
pub mod point_sources;
pub mod roads;
pub mod shift;
pub mod zones;

use crate::config::{PopulationKind, Source};
use crate::load_config::Loaded;
use carbonzone_geom::{LineIndex, PointLocator};
use carbonzone_io::{VectorSource, WorkingCrs};
use carbonzone_spatialize::{AllocationRule, PlacedPointSource, ProxyTable};
use carbonzone_types::{FactorSetRecord, Finding, Findings, InputRecord, Ledger, Progress};
use parcels::ParcelSet;
use std::collections::BTreeSet;
use zones::ZoneSet;

/// Everything a run computes with.
pub struct Inputs {
    /// Working CRS.
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
    /// Computed inventory, if totals were not given.
    pub inventory: Option<carbonzone_inventory::Inventory>,
}

/// What is collected on the way.
#[derive(Default)]
pub struct Notes {
    /// Findings.
    pub findings: Findings,
    /// Ledger rows of drops, snaps and repairs.
    pub ledger: Ledger,
    /// Inputs read.
    pub records: Vec<InputRecord>,
    /// Factor and coefficient sets in use.
    pub factor_sets: Vec<FactorSetRecord>,
    /// Sentences that every reader must see.
    pub statements: Vec<String>,
}

/// A source of the pipeline file as the I/O crate wants it.
pub fn vector_source<P>(loaded: &Loaded<P>, role: &str, source: &Source) -> VectorSource {
    let mut out = VectorSource::new(role, loaded.resolve(&source.path));
    out.shown = source.path.display().to_string();
    out.layer.clone_from(&source.layer);
    out.crs.clone_from(&source.crs);
    out.encoding.clone_from(&source.encoding);
    out.filter.clone_from(&source.filter);
    out.x.clone_from(&source.x);
    out.y.clone_from(&source.y);
    out
}

/// Space types that the rules with this proxy name.
pub fn land_of_proxy(loaded: &Loaded, proxies: &[&str]) -> BTreeSet<String> {
    loaded
        .pipeline
        .allocate
        .iter()
        .filter(|rule| rule.proxies.iter().any(|p| proxies.contains(&p.as_str())))
        .flat_map(|rule| rule.land.iter().cloned())
        .collect()
}

/// Reads all layers. `None` if something essential is missing; the findings say what.
pub fn load_inputs(loaded: &Loaded, notes: &mut Notes, progress: &dyn Progress) -> Option<Inputs> {
    let crs = match WorkingCrs::parse(&loaded.pipeline.city.crs) {
        Ok(crs) => crs,
        Err(e) => {
            let mut finding = Finding::error("working_crs", e.to_string())
                .field("city.crs")
                .value(&loaded.pipeline.city.crs)
                .expected("a projected CRS in metres, e.g. EPSG:4549")
                .hint("Suzhou: EPSG:4549; Guiyang: EPSG:4507; Henan: EPSG:4547 or ESRI:102025");
            if let Some(span) = loaded.span(&["city", "crs"]) {
                finding = finding.span(span);
            }
            notes.findings.push(finding);
            return None;
        }
    };
    // Every layer is tried, so that one run of `check` names everything that is wrong.
    let parcels = parcels::load(loaded, &crs, notes, progress);
    let zones = zones::load(loaded, &crs, notes, progress);
    let (Some(parcels), Some((mut zones, counties))) = (parcels, zones) else {
        try_other_layers(loaded, &crs, notes, progress);
        let _ = inventory::load(loaded, None, notes);
        return None;
    };
    let mut proxies = ProxyTable::new();
    let mut proxy_fields = Vec::new();
    {
        progress.begin("index parcels", None);
        let locator = PointLocator::new(&parcels.coverage);
        progress.end();
        let clip = loaded.pipeline.city.border == crate::config::Border::Clip;
        let area = clip.then(|| border::StudyArea::new(&zones.coverage));
        let border = area.as_ref();
        let fields = &mut proxy_fields;
        let traffic =
            poi::load(loaded, &crs, &parcels, &locator, border, &mut proxies, fields, notes, progress);
        people::load(loaded, &crs, &parcels, &zones, &locator, border, &mut proxies, fields, notes, progress);
        let lines = LineIndex::from_locator(&locator);
        roads::load(loaded, &crs, &parcels, &lines, border, &traffic, &mut proxies, fields, notes, progress);
    }
    let derived_gdp = gdp::derive(loaded, &crs, &counties, &mut zones, notes, progress);
    parcels::sink_proxy(loaded, &parcels, &mut proxies, notes);
    let (rules, inventory) = inventory::load(loaded, Some(&parcels), notes)?;
    let point_sources = point_sources::load(loaded, &crs, &parcels, &rules, notes, progress);
    Some(Inputs { crs, parcels, zones, derived_gdp, proxies, proxy_fields, rules, point_sources, inventory })
}

/// Without parcels and zones nothing can be placed; the other layers are read all the same, for their findings.
fn try_other_layers(loaded: &Loaded, crs: &WorkingCrs, notes: &mut Notes, progress: &dyn Progress) {
    let layers = &loaded.pipeline.layers;
    let mut points: Vec<VectorSource> = Vec::new();
    if let Some(poi) = &layers.poi {
        let mut source = vector_source(loaded, "poi", &poi.source);
        source.fields.extend(parcels::fields_of(&poi.kind).chain(poi.id.clone()).chain(poi.name.clone()));
        points.push(source);
    }
    if let Some(people) = &layers.population {
        let mut source = vector_source(loaded, "population", &people.source);
        source.fields.clone_from(&people.weight);
        match people.kind {
            PopulationKind::Points => points.push(source),
            PopulationKind::Polygons => {
                let (findings, ledger) = (&mut notes.findings, &mut notes.ledger);
                let _ = carbonzone_io::read_polygons(&source, crs, findings, ledger, progress);
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
        let (findings, ledger) = (&mut notes.findings, &mut notes.ledger);
        let _ = carbonzone_io::read_points(&source, crs, findings, ledger, progress, &mut |_| {});
    }
    if let Some(roads) = &layers.roads {
        let mut source = vector_source(loaded, "roads", &roads.source);
        source.fields.extend(roads.class.iter().flat_map(|c| parcels::fields_of(c)));
        let (findings, ledger) = (&mut notes.findings, &mut notes.ledger);
        let _ = carbonzone_io::read_lines(&source, crs, findings, ledger, progress, &mut |_| {});
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
        notes.findings.push(
            Finding::fatal("missing_file", "no such file")
                .layer(role)
                .file(shown)
                .hint("paths are relative to the pipeline file"),
        );
    }
}
