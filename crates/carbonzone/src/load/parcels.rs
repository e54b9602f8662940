//! Land-use parcels: geometry, code, space type, area on both bases.

use super::codes::Codes;
use super::{Notes, land_of_proxy, schemes, vector_source};
use crate::config::{AreaBasis, Border};
use crate::load_config::Loaded;
use carbonzone_geom::Coverage;
use carbonzone_inventory::{FactorLibrary, GwpSet};
use carbonzone_io::{PolygonLayer, WorkingCrs};
use carbonzone_spatialize::surrogate::sink::sink_area;
use carbonzone_spatialize::{LandUseScheme, ProxyTable};
use carbonzone_types::{
    AttributeTable, ExactSum, FactorSetRecord, Finding, LedgerRow, Progress, Stage, Statement, TextList,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Name of the space type of parcels whose code no scheme row matches.
pub const UNKNOWN: &str = "unknown";

/// Parcels in canonical order; all vectors have one entry per parcel.
pub struct ParcelSet {
    /// Geometry in the working CRS.
    pub coverage: Arc<Coverage>,
    /// Unique ids.
    pub ids: TextList,
    /// Codes as given.
    pub land_use: Codes,
    /// Index into `space_types`.
    pub space_type: Vec<u16>,
    /// Names of the space types.
    pub space_types: Vec<String>,
    /// Index into `sink_types`.
    pub sink_type: Vec<u16>,
    /// Names of the sink types.
    pub sink_types: Vec<String>,
    /// Area on the basis of the run, m².
    pub area_m2: Vec<f64>,
    /// Planar area, m².
    pub planar_m2: Vec<f64>,
    /// Ellipsoidal area, m².
    pub ellipsoidal_m2: Vec<f64>,
    /// Pairs of parcels that claim the same ground, with its planar area in m²; see [`overlaps`].
    pub overlaps: Vec<(u32, u32, f64)>,
}

/// Area of overlap below which two parcels only touch, m².
const OVERLAP_M2: f64 = 0.1;

impl ParcelSet {
    /// Marks the parcels of the named space types.
    pub fn mask<'a>(&self, space_types: impl IntoIterator<Item = &'a String>) -> Vec<bool> {
        let wanted: Vec<&String> = space_types.into_iter().collect();
        let by_type: Vec<bool> = self.space_types.iter().map(|s| wanted.contains(&s)).collect();
        self.space_type.iter().map(|&s| by_type[s as usize]).collect()
    }

    /// Area per sink type in m², by name.
    pub fn area_by_sink_type(&self) -> BTreeMap<String, f64> {
        let mut sums = vec![ExactSum::new(); self.sink_types.len()];
        for (s, a) in self.sink_type.iter().zip(&self.area_m2) {
            sums[*s as usize].add(*a);
        }
        self.sink_types.iter().cloned().zip(sums.into_iter().map(ExactSum::value)).collect()
    }
}

/// Reads the parcel layer.
pub fn load(
    loaded: &Loaded,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<ParcelSet> {
    let config = &loaded.pipeline.layers.parcels;
    let scheme = land_use_scheme(loaded, notes);
    let raster = config.is_raster();
    let code_field = if raster { carbonzone_io::LAND_COVER_CLASS } else { &config.land_use };
    let mut layer = if raster {
        super::land_cover::read(loaded, crs, notes, progress)?
    } else {
        read_polygons(loaded, crs, notes, progress)?
    };
    notes.records.push(layer.record.clone());
    if loaded.pipeline.city.border == Border::Clip {
        super::zones::clip_to_zones(loaded, crs, &mut layer, notes, progress)?;
    }
    let scheme = scheme?;
    let land_use = Codes::first_filled(&layer.table, code_field)?;
    let names = config.land_use_name.as_ref().and_then(|n| Codes::first_filled(&layer.table, n));
    layer.table = AttributeTable::new();
    let ids = std::mem::take(&mut layer.ids).into_iter().collect();
    progress.begin("areas", None);
    let planar_m2 = layer.coverage.areas_m2();
    let ellipsoidal_m2 = match carbonzone_io::ellipsoidal_areas_m2(&layer.coverage, crs) {
        Ok(areas) => areas,
        Err(e) => {
            notes.findings.push(Finding::error("ellipsoidal_area", e.to_string()).layer("parcels"));
            return None;
        }
    };
    progress.end();
    let area_m2 = match loaded.pipeline.city.area {
        AreaBasis::Planar => planar_m2.clone(),
        AreaBasis::Ellipsoidal => ellipsoidal_m2.clone(),
    };
    let classes = classify(&scheme, &land_use, &area_m2, loaded, notes);
    warn_other_scheme(&scheme, &land_use, names.as_ref(), &area_m2, loaded, notes);
    Some(ParcelSet {
        coverage: Arc::new(layer.coverage),
        ids,
        land_use,
        space_type: classes.space_type,
        space_types: classes.space_types,
        sink_type: classes.sink_type,
        sink_types: classes.sink_types,
        area_m2,
        planar_m2,
        ellipsoidal_m2,
        overlaps: Vec::new(),
    })
}

/// Pairs of parcels that claim the same ground, on so many threads of their own: the layers that are read meanwhile leave time between
/// their batches.
pub fn overlaps(coverage: &Coverage, threads: usize) -> Vec<(u32, u32, f64)> {
    let find = || carbonzone_geom::self_overlaps(coverage);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let mut found = pool.map_or_else(|_no_threads| find(), |pool| pool.install(find));
    found.retain(|(_, _, m2)| *m2 > OVERLAP_M2);
    found
}

/// The polygons of the layer with the fields that are needed.
fn read_polygons(
    loaded: &Loaded,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<PolygonLayer> {
    let config = &loaded.pipeline.layers.parcels;
    let mut source = vector_source(loaded, "parcels", &config.source);
    source.id.clone_from(&config.id);
    source.fields.extend(fields_of(&config.land_use));
    source.fields.extend(config.land_use_name.clone());
    carbonzone_io::read_polygons(&source, crs, &mut notes.findings, &mut notes.ledger, progress)
}

/// Fields of a setting such as `landuse|natural|leisure`.
pub fn fields_of(setting: &str) -> impl Iterator<Item = String> {
    setting.split('|').map(str::trim).filter(|f| !f.is_empty()).map(str::to_owned)
}

/// Value per row of the first of the fields that is not empty; empty text if all are.
pub fn first_filled(table: &AttributeTable, setting: &str) -> Option<Vec<String>> {
    let mut out: Option<Vec<String>> = None;
    for field in fields_of(setting) {
        let column = table.texts(&field)?;
        match &mut out {
            None => out = Some(column.into_iter().map(Option::unwrap_or_default).collect()),
            Some(values) => {
                for (value, more) in values.iter_mut().zip(column).filter(|(v, _)| v.is_empty()) {
                    *value = more.unwrap_or_default();
                }
            }
        }
    }
    out
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
    let scheme = schemes::load(loaded, &loaded.pipeline.layers.parcels.scheme, &kind);
    scheme.map_err(|finding| notes.findings.push(finding)).ok()
}

struct Classes {
    space_type: Vec<u16>,
    space_types: Vec<String>,
    sink_type: Vec<u16>,
    sink_types: Vec<String>,
}

fn intern(names: &mut Vec<String>, name: &str) -> u16 {
    if let Some(i) = names.iter().position(|n| n == name) {
        return i as u16;
    }
    names.push(name.to_owned());
    (names.len() - 1) as u16
}

fn classify(
    scheme: &LandUseScheme,
    codes: &Codes,
    area_m2: &[f64],
    loaded: &Loaded,
    notes: &mut Notes,
) -> Classes {
    let (mut space_types, mut sink_types) = (Vec::new(), Vec::new());
    let mut class_of = |code: &String| match scheme.classify(code) {
        Some(c) => (intern(&mut space_types, &c.space_type), intern(&mut sink_types, &c.sink_type)),
        None => (intern(&mut space_types, UNKNOWN), intern(&mut sink_types, "none")),
    };
    let classes: Vec<(u16, u16)> = codes.names.iter().map(&mut class_of).collect();
    let mut unknown: BTreeMap<&str, (u64, ExactSum)> = BTreeMap::new();
    for (&code, area) in codes.of.iter().zip(area_m2) {
        if space_types[classes[code as usize].0 as usize] == UNKNOWN {
            let entry = unknown.entry(&codes.names[code as usize]).or_default();
            entry.0 += 1;
            entry.1.add(*area);
        }
    }
    report_unknown(&unknown, scheme, loaded, notes);
    Classes {
        space_type: codes.of.iter().map(|&code| classes[code as usize].0).collect(),
        space_types,
        sink_type: codes.of.iter().map(|&code| classes[code as usize].1).collect(),
        sink_types,
    }
}

fn report_unknown(
    unknown: &BTreeMap<&str, (u64, ExactSum)>,
    scheme: &LandUseScheme,
    loaded: &Loaded,
    notes: &mut Notes,
) {
    if unknown.is_empty() {
        return;
    }
    let config = &loaded.pipeline.layers.parcels;
    let count: u64 = unknown.values().map(|(n, _)| n).sum();
    let area = unknown.values().fold(ExactSum::new(), |mut sum, (_, a)| {
        sum.merge(*a);
        sum
    });
    let list: Vec<String> = unknown
        .iter()
        .map(|(code, (n, a))| format!("\"{code}\": {n} parcels, {:.0} m²", a.value()))
        .collect();
    notes.findings.push(
        Finding::warning(
            "unknown_land_use_code",
            format!("codes that scheme \"{}\" does not know: {}", scheme.name, list.join("; ")),
        )
        .layer("parcels")
        .file(config.source.path.display().to_string())
        .field(&config.land_use)
        .expected(format!("codes of {}", scheme.name))
        .count(count)
        .hint(if unknown.keys().any(|code| scheme.lists(&format!("0{code}"))) {
            "codes have lost their leading zero (601 for 0601): export the field as text"
        } else {
            "these parcels carry no emission and no sink; a CSV scheme (code, space_type) can add them"
        }),
    );
    let mut row = LedgerRow::counted(Stage::Drop, "parcels", count as f64, "parcels").m2(area.value());
    row.note = format!("land-use code unknown to scheme {}: no emission, no sink", scheme.name);
    notes.ledger.push(row);
}

/// Area (m²) by code and name: what there is to judge the scheme by.
struct NamedArea<'a> {
    code: &'a str,
    name: &'a str,
    m2: f64,
}

fn named_areas<'a>(codes: &'a Codes, names: Option<&'a Codes>, area_m2: &[f64]) -> Vec<NamedArea<'a>> {
    let mut sums: BTreeMap<(u32, u32), ExactSum> = BTreeMap::new();
    for (row, area) in area_m2.iter().enumerate() {
        sums.entry((codes.of[row], names.map_or(0, |n| n.of[row]))).or_default().add(*area);
    }
    let named = sums.into_iter().map(|((code, name), sum)| NamedArea {
        code: &codes.names[code as usize],
        name: names.map_or("", |n| &n.names[name as usize]),
        m2: sum.value(),
    });
    named.collect()
}

/// Codes and names tell whether the codes belong to another scheme that uses the same numbers.
fn warn_other_scheme(
    own: &LandUseScheme,
    codes: &Codes,
    names: Option<&Codes>,
    area_m2: &[f64],
    loaded: &Loaded,
    notes: &mut Notes,
) {
    let others = LandUseScheme::names().into_iter().filter(|n| *n != own.name);
    let others: Vec<LandUseScheme> = others.filter_map(|n| LandUseScheme::shipped(n).ok()).collect();
    let areas = named_areas(codes, names, area_m2);
    let by_name = names.and_then(|_| suspect_by_name(own, &others, &areas));
    let Some((other, why)) = by_name.or_else(|| suspect_by_code(own, &others, &areas)) else {
        return;
    };
    notes.findings.push(
        Finding::warning("land_use_scheme_suspect", why)
            .layer("parcels")
            .file(loaded.pipeline.layers.parcels.source.path.display().to_string())
            .field(&loaded.pipeline.layers.parcels.land_use)
            .hint(format!("scheme = \"{other}\"?")),
    );
}

/// The names beside the codes are those of another scheme.
fn suspect_by_name(
    own: &LandUseScheme,
    others: &[LandUseScheme],
    areas: &[NamedArea<'_>],
) -> Option<(String, String)> {
    let rows = || areas.iter().map(|a| (a.code, a.name, a.m2));
    let own_share = own.name_agreement(rows())?;
    let (share, other) = others
        .iter()
        .filter_map(|other| Some((other.name_agreement(rows())?, other)))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (share > own_share + 0.2).then(|| {
        let why = format!(
            "the land-use names agree with scheme \"{}\" on {:.1} % of the area, with \"{}\" on {:.1} %",
            own.name,
            own_share * 100.0,
            other.name,
            share * 100.0
        );
        (other.name.clone(), why)
    })
}

/// Share of the city that rail land hardly ever exceeds; 1001 is railway in one standard and industry in another.
const MUCH_RAIL: f64 = 0.03;

/// Without names: another scheme knows far more of the area, or makes industry of what would be a sea of railways.
fn suspect_by_code(
    own: &LandUseScheme,
    others: &[LandUseScheme],
    areas: &[NamedArea<'_>],
) -> Option<(String, String)> {
    let rows = || areas.iter().map(|a| (a.code, a.m2));
    let total: f64 = rows().map(|(_, m2)| m2).collect::<ExactSum>().value();
    let share_of = |scheme: &LandUseScheme, space_type: &str| {
        let part = rows().filter(|(c, _)| scheme.classify(c).is_some_and(|k| k.space_type == space_type));
        part.map(|(_, a)| a).collect::<ExactSum>().value() / total
    };
    let shipped = LandUseScheme::names().contains(&own.name.as_str());
    // A user's table may name only the beginnings of codes.
    let own_share = if shipped { own.listed_share(rows()) } else { own.known_share(rows()) }?;
    let own_rail = share_of(own, "transport_rail");
    let (share, other) = others
        .iter()
        .filter_map(|other| Some((other.listed_share(rows())?, other)))
        .filter(|(share, other)| {
            let knows_more = *share > own_share + 0.1 && *share > 0.5;
            let plausible = own_rail > MUCH_RAIL
                && share_of(other, "transport_rail") < own_rail / 3.0
                && *share > own_share - 0.02;
            knows_more || plausible
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    let describe = |scheme: &LandUseScheme, share: f64| {
        format!(
            "\"{}\" lists the codes of {:.1} % of the area and makes {:.1} % of it industrial, {:.1} % railway",
            scheme.name,
            share * 100.0,
            share_of(scheme, "industrial") * 100.0,
            share_of(scheme, "transport_rail") * 100.0
        )
    };
    let why = format!(
        "the codes fit another scheme better: {}; {}",
        describe(own, own_share),
        describe(other, share)
    );
    Some((other.name.clone(), why))
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
    let status = statuses.into_iter().collect::<Vec<_>>().join(", ");
    notes.statements.push(Statement::new(
        format!("Land sink weights: coefficient set \"{set}\" (verification status: {status})."),
        format!("土地碳汇权重采用系数集“{set}”（核实状态：{status}）。"),
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

/// Adds the proxy `sink_area` (area × coefficient) if a rule asks for it.
pub fn sink_proxy(loaded: &Loaded, parcels: &ParcelSet, proxies: &mut ProxyTable, notes: &mut Notes) {
    let land = land_of_proxy(loaded, &["sink_area"]);
    if land.is_empty() {
        return;
    }
    let sinks = &loaded.pipeline.sinks;
    let mut coefficients = BTreeMap::new();
    if let Some(set) = &sinks.set {
        shipped_coefficients(loaded, set, &mut coefficients, notes);
    }
    coefficients.extend(sinks.coefficients_t_ha.iter().map(|(k, v)| (k.clone(), *v)));
    let mask = parcels.mask(&land);
    let types: Vec<&str> = parcels
        .sink_type
        .iter()
        .zip(&mask)
        .map(|(&s, &m)| if m { parcels.sink_types[s as usize].as_str() } else { "none" })
        .collect();
    let missing: BTreeSet<&str> =
        types.iter().copied().filter(|t| *t != "none" && !coefficients.contains_key(*t)).collect();
    if !missing.is_empty() {
        let list = missing.into_iter().collect::<Vec<_>>().join(", ");
        notes.findings.push(
            Finding::warning(
                "sink_coefficient_missing",
                format!("no sink coefficient for {list}: counted as 0"),
            )
            .layer("parcels")
            .field("sinks")
            .hint("add it under [sinks.coefficients_t_ha], or choose another set"),
        );
    }
    proxies.insert("sink_area", "t", sink_area(&parcels.area_m2, &types, &coefficients));
}
