//! Land-use parcels: geometry, code, space type, area on both bases.

mod set;

pub use set::{ParcelSet, UNKNOWN};

use super::codes::{Codes, fields_of};
use super::{Notes, Reading, far_off, land_codes, land_of_proxy, parcel_areas, schemes, vector_source};
use crate::config::{AreaBasis, Border};
use crate::load_config::Loaded;
use carbonzone_inventory::{FactorLibrary, GwpSet};
use carbonzone_io::PolygonLayer;
use carbonzone_report::chinese;
use carbonzone_spatialize::groups::met;
use carbonzone_spatialize::surrogate::sink::sink_area;
use carbonzone_spatialize::{LandUseScheme, ProxyTable};
use carbonzone_types::{FactorSetRecord, Finding, Statement, TextList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads one land layer, that of `[layers.parcels]`. `code`: the land use of all of it.
pub fn load(reading: Reading<'_>, code: Option<&str>, notes: &mut Notes) -> Option<ParcelSet> {
    let Reading { loaded, crs, progress } = reading;
    let config = &loaded.pipeline.layers.parcels;
    let scheme = land_use_scheme(loaded, notes);
    let raster = config.is_raster();
    let code_field = if raster { carbonzone_io::LAND_COVER_CLASS } else { &config.land_use };
    let mut layer =
        if raster { super::land_cover::read(reading, notes)? } else { read_polygons(reading, notes)? };
    notes.records.push(layer.record.clone());
    if !raster {
        let far = far_off::of_layer("parcel", &layer.far, |i| layer.ids[i as usize].clone());
        far_off::warn("parcels", &config.source.path.display().to_string(), &far, notes);
        parcel_areas::check(config, &layer, notes);
    }
    if loaded.pipeline.city.border == Border::Clip {
        super::zones::clip_to_zones(reading, &mut layer, notes)?;
    }
    let far = || far_off::of_layer("parcel", &layer.far, |i| layer.ids[i as usize].clone());
    let file = config.source.path.display().to_string();
    if !far_off::fits_on_earth("parcels", &file, layer.far.all, far, notes) {
        return None;
    }
    let scheme = scheme?;
    let table = std::mem::take(&mut layer.table);
    progress.begin("areas", None);
    let texts = std::mem::take(&mut layer.ids);
    let ids = || TextList::from(texts);
    let names_and_codes = || {
        let names = config.land_use_name.as_ref().and_then(|n| Codes::first_filled(&table, n));
        let codes = match code {
            Some(code) => Some(Codes::all_same(code, layer.coverage.len())),
            None => Codes::first_filled(&table, code_field),
        };
        (codes, names)
    };
    // PROJ looks for its operation on one thread.
    let areas = || carbonzone_io::areas_within_m2(&layer.coverage, layer.far.all, crs);
    let (areas, (ids, (land_use, names))) = rayon::join(areas, || rayon::join(ids, names_and_codes));
    progress.end();
    let land_use = land_use?;
    // Millions of texts are given back while the work goes on, if there is another thread.
    if rayon::current_num_threads() > 1 {
        rayon::spawn(move || table.give_back());
    } else {
        table.give_back();
    }
    let [planar_m2, ellipsoidal_m2] = match areas {
        Ok(areas) => areas,
        Err(e) => {
            return notes.findings.refuse(Finding::error("ellipsoidal_area", e.to_string()).layer("parcels"));
        }
    };
    let area_m2 = match loaded.pipeline.city.area {
        AreaBasis::Planar => planar_m2.clone(),
        AreaBasis::Ellipsoidal => ellipsoidal_m2.clone(),
    };
    let classes = land_codes::classify(&scheme, &land_use, &area_m2, loaded, notes);
    if code.is_none() {
        land_codes::warn_other_scheme(&scheme, &land_use, names.as_ref(), &area_m2, loaded, notes);
    }
    Some(ParcelSet {
        coverage: Arc::new(layer.coverage),
        ids,
        land_use,
        space_type: classes.space_type,
        space_types: classes.space_types,
        sink_type: classes.sink_type,
        sink_types: classes.sink_types,
        by_beginning: classes.by_beginning,
        area_m2,
        planar_m2,
        ellipsoidal_m2,
        layers: Vec::new(),
        layer: Vec::new(),
        overlaps: Vec::new(),
    })
}

/// The polygons of the layer with the fields that are needed.
fn read_polygons(reading: Reading<'_>, notes: &mut Notes) -> Option<PolygonLayer> {
    let Reading { loaded, .. } = reading;
    let config = &loaded.pipeline.layers.parcels;
    let mut source = vector_source(loaded, "parcels", &config.source);
    source.id.clone_from(&config.id);
    source.fields.extend(fields_of(&config.land_use));
    for field in [&config.land_use_name, &config.area].into_iter().flatten() {
        if !source.fields.contains(field) {
            source.fields.push(field.clone());
        }
    }
    notes.take(loaded.layers.polygons(reading.wanted(&source)))
}

/// The scheme of the layer; `None`: a finding says why.
pub fn land_use_scheme(loaded: &Loaded, notes: &mut Notes) -> Option<LandUseScheme> {
    let kind = schemes::Kind {
        layer: "parcels",
        key: "scheme",
        code: "land_use_scheme",
        names: LandUseScheme::names(),
        shipped: LandUseScheme::shipped,
        from_csv: LandUseScheme::from_csv,
    };
    let scheme = schemes::load(loaded, &loaded.pipeline.layers.parcels.scheme, &kind, notes);
    scheme.map_err(|finding| notes.findings.push(finding)).ok()
}

/// Coefficients of a shipped set in t CO2e per hectare and year, with their verification status on record.
fn shipped_coefficients(
    loaded: &Loaded,
    set: &str,
    coefficients: &mut BTreeMap<String, f64>,
    notes: &mut Notes,
) {
    let library = FactorLibrary::embedded();
    let rows: Vec<_> = library.sinks.iter().filter(|s| s.set == set).collect();
    if rows.is_empty() {
        let mut finding = Finding::error("sink_set", format!("no sink set \"{set}\""))
            .field("sinks.set")
            .expected(library.sink_sets().join(", "));
        if let Some(span) = loaded.span(&["sinks", "set"]) {
            finding = finding.span(span);
        }
        notes.findings.push(finding);
        return;
    }
    for row in &rows {
        coefficients.insert(row.land_type.clone(), row.apply(1.0).to_co2e(GwpSet::default()).tonnes());
    }
    let statuses: BTreeSet<&str> = rows.iter().map(|r| r.status.name()).collect();
    let sources: BTreeSet<&str> = rows.iter().map(|r| r.source.as_str()).collect();
    let status_zh = statuses.iter().map(|s| chinese::word(s)).collect::<Vec<_>>().join("、");
    let status = statuses.into_iter().collect::<Vec<_>>().join(", ");
    notes.statements.push(Statement::new(
        format!("Land sink weights: coefficient set \"{set}\" (verification status: {status})."),
        format!("土地碳汇权重采用系数集“{set}”（核实状态：{status_zh}）。"),
    ));
    notes.factor_sets.push(FactorSetRecord {
        set: set.to_owned(),
        purpose: "weights of the land sink (area × coefficient)".to_owned(),
        status,
        source: sources.into_iter().collect::<Vec<_>>().join("; "),
        amount_t: None,
        unverified_t: None,
    });
}

/// The coefficients of the shipped set that the parcels use and that no primary table was found for.
fn warn_unverified(loaded: &Loaded, parcels: &ParcelSet, notes: &mut Notes) {
    let sinks = &loaded.pipeline.sinks;
    let Some(set) = &sinks.set else { return };
    let areas = parcels.area_by_sink_type();
    let in_use = |land: &str| {
        areas.get(land).is_some_and(|m2| *m2 > 0.0) && !sinks.coefficients_t_ha.contains_key(land)
    };
    let library = FactorLibrary::embedded();
    let weak = library.sinks.iter().filter(|s| s.set == *set && s.status.is_weak() && in_use(&s.land_type));
    let words = |s: &carbonzone_inventory::SinkCoefficient| {
        let t_ha = s.apply(1.0).to_co2e(GwpSet::default()).tonnes();
        format!("{} ({t_ha:.3} t CO2e/ha, {})", s.land_type, s.status.name())
    };
    let list: Vec<String> = weak.map(words).collect();
    if list.is_empty() {
        return;
    }
    let message =
        format!("the land sink is shared out by coefficients that are not verified: {}", list.join(", "));
    notes.findings.push(
        Finding::warning("unverified_sink_coefficients", message)
            .layer("parcels")
            .field("sinks.set")
            .value(set.clone())
            .count(list.len() as u64)
            .hint("no primary table was found for them; your own go into [sinks.coefficients_t_ha]"),
    );
}

/// Adds the proxy `sink_area` (area × coefficient) if a rule asks for it.
pub fn sink_proxy(loaded: &Loaded, parcels: &ParcelSet, proxies: &mut ProxyTable, notes: &mut Notes) {
    let land = land_of_proxy(loaded, parcels, &["sink_area"]);
    if land.is_empty() {
        return;
    }
    let sinks = &loaded.pipeline.sinks;
    let mut coefficients = BTreeMap::new();
    if let Some(set) = &sinks.set {
        shipped_coefficients(loaded, set, &mut coefficients, notes);
    }
    coefficients.extend(sinks.coefficients_t_ha.iter().map(|(k, v)| (k.clone(), *v)));
    warn_unverified(loaded, parcels, notes);
    let mask = parcels.mask(&land);
    let met = met(&parcels.sink_type, &mask, parcels.sink_types.len());
    let types = parcels.sink_types.iter().zip(met).filter(|(_, met)| *met).map(|(name, _)| name.as_str());
    let missing: BTreeSet<&str> = types.filter(|t| *t != "none" && !coefficients.contains_key(*t)).collect();
    if !missing.is_empty() {
        let list = missing.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("no sink coefficient for {list}: counted as 0");
        notes.findings.push(
            Finding::warning("sink_coefficient_missing", message)
                .layer("parcels")
                .field("sinks")
                .hint("add it under [sinks.coefficients_t_ha], or choose another set"),
        );
    }
    proxies.insert(
        "sink_area",
        "t",
        sink_area(&parcels.area_m2, parcels.sinks(), &coefficients, Some(&mask)),
    );
}
