//! POI: counts per group and parcel, duplicates once, traffic POI of the roads kept for the length correction.

use super::border::book_cut;
use super::per_zone::{self, InZones, ZoneWeights};
use super::poi_points::{read, report_repeated};
use super::shift::{PointsOf, warn_shift};
use super::{Ground, Notes, Proxies, Reading, land_of_proxy, schemes};
use crate::config::{PoiLayer, SeveralTypes};
use crate::load_config::Loaded;
use crate::proxy_use::ProxyUse;
use carbonzone_sheet::nearest;
use carbonzone_spatialize::PoiScheme;
use carbonzone_spatialize::surrogate::poi::{PoiPlace, of_classes, once_each, owners_of};
use carbonzone_spatialize::surrogate::points::{PointCounter, PointTally};
use carbonzone_spatialize::surrogate::sample::PointSample;
use carbonzone_types::{ExactSum, Finding, LedgerRow, Stage};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Traffic facilities on the roads, with the parcel that holds each.
#[derive(Default)]
pub struct TrafficPoints {
    /// Easting, m.
    pub xs: Vec<f64>,
    /// Northing, m.
    pub ys: Vec<f64>,
    /// Weight (1, or 1/m for a POI with m types).
    pub weights: Vec<f64>,
    /// Parcel, or [`NO_PARCEL`](carbonzone_geom::NO_PARCEL).
    pub owners: Vec<u32>,
}

/// Groups that the parcel layer always shows (docs/pipeline.md, "Fields").
const SHOWN: [&str; 4] = ["industry", "commercial", "public", "traffic"];
/// The POI that count, each with the parcel that holds it.
struct Points<'a> {
    config: &'a PoiLayer,
    scheme: PoiScheme,
    rows: Vec<PoiPlace>,
    /// Parcel, or [`NO_PARCEL`](carbonzone_geom::NO_PARCEL).
    owners: Vec<u32>,
}

impl Points<'_> {
    /// Which classes are of the group.
    fn is_of(&self, group: &str) -> Vec<bool> {
        self.scheme.classes().iter().map(|class| class.group == group).collect()
    }
}

/// Reads the POI, adds `poi:<group>` proxies and the counts per zone that GDP is shared out by; gives the traffic
/// facilities back.
pub fn load(
    ground: &Ground<'_>,
    proxies: &mut Proxies,
    weights: &mut ZoneWeights,
    notes: &mut Notes,
) -> TrafficPoints {
    let Ground { reading: Reading { loaded, .. }, parcels, .. } = *ground;
    let Some(config) = &loaded.pipeline.layers.poi else { return TrafficPoints::default() };
    let Some(points) = read_and_locate(ground, config, weights, notes) else {
        return TrafficPoints::default();
    };
    let groups = groups_needed(loaded);
    check_groups(loaded, &points.scheme, notes);
    let count = |group: &String| {
        let land = land_of_proxy(loaded, parcels, &[&format!("poi:{group}")]);
        let target = (!land.is_empty()).then(|| parcels.mask(&land));
        let mut counter = PointCounter::located(&parcels.coverage, target, config.snap_m);
        counter.add_poi(&points.rows, &points.owners, &points.is_of(group));
        (land, counter.finish())
    };
    let ((), counted) = rayon::join(
        || check_shift(ground, &points, &groups, notes),
        || groups.par_iter().with_max_len(1).map(count).collect::<Vec<_>>(),
    );
    for (group, (land, (values, tally))) in groups.iter().zip(counted) {
        let proxy = format!("poi:{group}");
        if !land.is_empty() {
            notes.proxy_use.insert(proxy.clone(), ProxyUse::of_points(&tally));
            report(config, group, &tally, &land.into_iter().collect::<Vec<_>>().join("+"), notes);
        }
        proxies.insert_shown(&format!("poi_{group}"), &proxy, config.unit(), values);
    }
    traffic(loaded, &points, notes)
}

/// Reads, cuts at the border, drops duplicates and finds the parcels; counts per zone on the way.
fn read_and_locate<'a>(
    ground: &Ground<'a>,
    config: &'a PoiLayer,
    weights: &mut ZoneWeights,
    notes: &mut Notes,
) -> Option<Points<'a>> {
    let scheme = scheme(ground.reading.loaded, config, notes)?;
    let mut read = read(ground, config, &scheme, notes)?;
    let once = |poi| once_each(poi, config.id.is_some(), config.several_types == SeveralTypes::First);
    let per_zone = per_zone::poi_groups(ground.reading.loaded);
    if let Some(area) = ground.border {
        if !per_zone.is_empty() {
            // What lies beyond the border is still part of a zone's economy if a zone holds it.
            let (all, _) = once(read.clone());
            weights.poi = Some(count_in_zones(ground, &scheme, &all, &per_zone));
        }
        let before = read.rows.len();
        read.rows.retain(|r| area.holds(r.x, r.y));
        let mut cut = ExactSum::new();
        cut.add((before - read.rows.len()) as f64);
        book_cut("poi", cut, "poi", notes);
    }
    let (rows, repeated) = once(read);
    report_repeated(&repeated, config, &scheme, notes);
    if ground.border.is_none() && !per_zone.is_empty() {
        weights.poi = Some(count_in_zones(ground, &scheme, &rows, &per_zone));
    }
    let (owners, in_parcels) = owners_of(&rows, ground.locator);
    warn_outside(config, rows.len(), in_parcels, notes);
    Some(Points { config, scheme, rows, owners })
}

/// POI of each group in each zone.
fn count_in_zones(
    ground: &Ground<'_>,
    scheme: &PoiScheme,
    rows: &[PoiPlace],
    groups: &[&str],
) -> BTreeMap<String, Vec<f64>> {
    let mut zones = InZones::new(ground.zones, groups.len());
    for (kind, group) in groups.iter().enumerate() {
        let of_group = || rows.iter().filter(|r| scheme.classes()[r.class as usize].group == *group);
        let column = |f: fn(&PoiPlace) -> f64| of_group().map(f).collect::<Vec<f64>>();
        zones.add(kind, &column(|r| r.x), &column(|r| r.y), &column(|r| r.weight));
    }
    groups.iter().map(|g| (*g).to_owned()).zip(zones.finish()).collect()
}

/// Groups that the layer always shows, and those of the rules.
fn groups_needed(loaded: &Loaded) -> Vec<String> {
    let mut groups: Vec<String> = SHOWN.iter().map(|s| (*s).to_owned()).collect();
    let named = loaded.pipeline.allocate.iter().flat_map(|r| &r.proxies);
    for name in named.filter_map(|p| p.strip_prefix("poi:")) {
        if !groups.iter().any(|g| g == name) {
            groups.push(name.to_owned());
        }
    }
    groups
}

/// Would another offset put more points into the land of their group?
fn check_shift(ground: &Ground<'_>, points: &Points<'_>, groups: &[String], notes: &mut Notes) {
    let mut sample = PointSample::default();
    let mut masks: Vec<Vec<bool>> = Vec::new();
    for group in groups {
        let land = land_of_proxy(ground.reading.loaded, ground.parcels, &[&format!("poi:{group}")]);
        if !land.is_empty() {
            sample.add_poi(&points.rows, &points.is_of(group), masks.len() as u32);
            masks.push(ground.parcels.mask(&land));
        }
    }
    let source = &points.config.source;
    let (file, declared) = (source.path.display().to_string(), source.crs.as_deref());
    let source = PointsOf { role: "poi", file: &file, declared };
    warn_shift(source, &sample, &masks, ground.reading.crs, ground.locator, notes);
}

/// The traffic facilities on the roads.
fn traffic(loaded: &Loaded, points: &Points<'_>, notes: &mut Notes) -> TrafficPoints {
    let mut traffic = TrafficPoints::default();
    let mut other_modes: BTreeMap<&str, ExactSum> = BTreeMap::new();
    for (row, owner) in of_classes(&points.rows, &points.owners, &points.is_of("traffic")) {
        let mode = &points.scheme.classes()[row.class as usize].mode;
        if mode == "road" {
            traffic.xs.push(row.x);
            traffic.ys.push(row.y);
            traffic.weights.push(row.weight);
            traffic.owners.push(owner);
        } else {
            other_modes.entry(mode).or_default().add(row.weight);
        }
    }
    if loaded.pipeline.allocate.iter().any(|r| r.proxies.iter().any(|p| p == "road_corrected")) {
        report_other_modes(points.config, other_modes, notes);
    }
    traffic
}

/// Traffic POI of rails, water and air: counted as `poi:traffic`, but they do not correct the length of roads.
fn report_other_modes(config: &PoiLayer, modes: BTreeMap<&str, ExactSum>, notes: &mut Notes) {
    let mut list = Vec::new();
    let mut all = ExactSum::new();
    for (mode, count) in modes {
        let mode = if mode.is_empty() { "no mode" } else { mode };
        list.push(format!("{mode}: {}", count.value()));
        all.merge(count);
    }
    if list.is_empty() {
        return;
    }
    let what = format!("traffic POI of other modes than road ({})", list.join(", "));
    notes.ledger.push(
        LedgerRow::counted(Stage::Drop, "road_corrected", all.value(), "poi")
            .note(format!("{what}: not used to correct the length of roads")),
    );
    notes.findings.push(
        Finding::info("traffic_poi_other_modes", format!("{what} do not correct the length of roads"))
            .input("poi", &config.source.path)
            .count(all.value().round() as u64),
    );
}

fn scheme(loaded: &Loaded, config: &PoiLayer, notes: &mut Notes) -> Option<PoiScheme> {
    let kind = schemes::Kind {
        layer: "poi",
        key: "groups",
        code: "poi_scheme",
        names: PoiScheme::names(),
        shipped: PoiScheme::shipped,
        from_csv: PoiScheme::from_csv,
    };
    let scheme = schemes::load(loaded, &config.groups, &kind, notes);
    scheme.map_err(|finding| notes.findings.push(finding)).ok()
}

/// A rule that names a group which the scheme does not have is a mistake in the pipeline file.
fn check_groups(loaded: &Loaded, scheme: &PoiScheme, notes: &mut Notes) {
    let known = scheme.groups();
    for (i, rule) in loaded.pipeline.allocate.iter().enumerate() {
        for group in rule.proxies.iter().filter_map(|p| p.strip_prefix("poi:")) {
            if let Some(finding) = unknown_group(&known, group, &format!("rule \"{}\"", rule.id)) {
                let finding = finding.layer("poi");
                notes.findings.push(loaded.at(finding, &["allocate", &i.to_string(), "proxies"]));
            }
        }
    }
}

/// What to say of a POI group that does not exist; `place` is where it is named.
pub fn unknown_group(known: &[String], group: &str, place: &str) -> Option<Finding> {
    if known.iter().any(|k| k == group) {
        return None;
    }
    let finding = Finding::error("unknown_poi_group", format!("{place}: no POI group \"{group}\""))
        .expected(known.join(", "));
    Some(match nearest(group, known.iter().map(String::as_str), 1).first() {
        Some(name) => finding.hint(format!("did you mean \"poi:{name}\"?")),
        None => finding,
    })
}

/// Groups that the scheme of the POI layer knows.
pub fn known_groups(loaded: &Loaded, notes: &mut Notes) -> Option<Vec<String>> {
    scheme(loaded, loaded.pipeline.layers.poi.as_ref()?, notes).map(|s| s.groups())
}

/// Far from the parcels: another CRS, or another place.
fn warn_outside(config: &PoiLayer, total: usize, inside: usize, notes: &mut Notes) {
    let share = inside as f64 / total.max(1) as f64;
    if inside < total && share >= 0.5 {
        let message =
            format!("{} of {total} POI ({:.2} %) lie in no parcel", total - inside, 100.0 * (1.0 - share));
        notes.findings.push(
            Finding::info("points_outside_parcels", message)
                .input("poi", &config.source.path)
                .count((total - inside) as u64),
        );
    }
    if total > 0 && share < 0.5 {
        let message = format!("only {:.1} % of the POI lie in any parcel", share * 100.0);
        notes.findings.push(
            Finding::warning("points_outside_parcels", message)
                .input("poi", &config.source.path)
                .count((total - inside) as u64)
                .hint("is the CRS right? Points of Amap need crs = \"GCJ-02\", of Baidu \"BD-09\""),
        );
    }
}

/// Share of a group beside its land above which it is a warning, not only said.
const MUCH_DROPPED: f64 = 0.3;

fn report(config: &PoiLayer, group: &str, tally: &PointTally, land: &str, notes: &mut Notes) {
    let value = |sum: ExactSum| sum.value();
    let dropped = value(tally.other_class) + value(tally.outside);
    if value(tally.snapped) > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Snap, land, value(tally.snapped), config.unit())
                .note(format!("poi:{group}: moved to the nearest parcel of the class")),
        );
    }
    if dropped > 0.0 {
        let total = dropped + value(tally.inside) + value(tally.snapped);
        notes.ledger.push(LedgerRow::counted(Stage::Drop, land, dropped, config.unit()).note(format!(
            "poi:{group}: {} in parcels of another class, {} in no parcel; {:.1} % of the group",
            value(tally.other_class),
            value(tally.outside),
            100.0 * dropped / total
        )));
        let message = format!(
            "{:.1} % of the {} of group \"{group}\" lie outside {land} and count for nothing",
            100.0 * dropped / total,
            config.weight.as_ref().map_or("POI".to_owned(), |weight| format!("weight ({weight}) of the POI")),
        );
        let finding = if dropped / total > MUCH_DROPPED {
            Finding::warning("poi_outside_class", message).hint(format!(
                "snap_m (now {} m) moves them to the nearest parcel of the class; is the class complete?",
                config.snap_m
            ))
        } else {
            Finding::info("poi_outside_class", message)
        };
        notes.findings.push(finding.input("poi", &config.source.path).count(dropped.round().max(1.0) as u64));
    }
}
