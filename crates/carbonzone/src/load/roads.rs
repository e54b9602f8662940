//! Lines per mode: length in each parcel, and the corrected road length.

use super::border::book_cut;
use super::codes::{Codes, fields_of};
use super::parcels::ParcelSet;
use super::poi::TrafficPoints;
use super::straight;
use super::{Ground, Notes, Proxies, Reading, land_of_proxy, vector_source};
use crate::config::RoadLayer;
use crate::load_config::Loaded;
use crate::proxy_use::ProxyUse;
use carbonzone_geom::LineIndex;
use carbonzone_spatialize::surrogate::lines::{LineMeter, LineTally, RoadAssignment, length_m};
use carbonzone_spatialize::surrogate::mode_lines::ModeLines;
use carbonzone_spatialize::surrogate::points::PointCounter;
use carbonzone_spatialize::surrogate::road::{add_at, at, corrected_length, members_of, put_at};
use carbonzone_types::{ExactSum, Finding, LedgerRow, Stage};
use std::collections::BTreeMap;

/// Adds `road:<mode>` and `road_corrected`.
pub fn load(
    ground: &Ground<'_>,
    index: &LineIndex<'_>,
    traffic: &TrafficPoints,
    proxies: &mut Proxies,
    notes: &mut Notes,
) {
    let Ground { reading: Reading { loaded, .. }, parcels, .. } = *ground;
    let modes = modes_needed(loaded);
    let Some(config) = &loaded.pipeline.layers.roads else { return };
    let mut overlapping = vec![false; parcels.ids.len()];
    for (a, b, _) in ground.overlaps {
        (overlapping[*a as usize], overlapping[*b as usize]) = (true, true);
    }
    let Some(class_modes) = class_modes(loaded, config, notes) else { return };
    let mut lines: Vec<(String, ModeLines)> =
        modes.into_iter().map(|mode| (mode, ModeLines::default())).collect();
    if read(ground, config, &class_modes, &mut lines, notes).is_none() {
        return;
    }
    ground.reading.progress.begin("roads to parcels", None);
    // One meter at a time: each has an exact sum per parcel.
    let measured = lines.into_iter().map(|(mode, lines)| {
        let mask = mode_mask(loaded, parcels, &mode);
        let members = members_of(&mask);
        let meter = LineMeter::new(&parcels.coverage, index, mask, config.assignment, config.snap_m);
        let meter = match ground.border {
            Some(area) => meter.within(area.lines(), area.points()),
            None => meter,
        };
        let mut meter = meter.over_overlaps(overlapping.clone());
        count_once(&mode, config, lines, notes).measure(index, &mut meter);
        (mode, members, meter.finish())
    });
    let measured: Vec<_> = measured.collect();
    let mut shown = vec![0.0; parcels.ids.len()];
    let mut shown_corrected = vec![0.0; parcels.ids.len()];
    for (mode, members, (metres, tally)) in measured {
        report(&mode, config, &tally, notes);
        let of_members = at(&metres, &members);
        let land_m = ExactSum::of(&of_members);
        add_at(&mut shown, &members, &of_members);
        add_at(&mut shown_corrected, &members, &of_members);
        if mode == "road" {
            let corrected = correct(config, parcels, &members, &metres, traffic, notes);
            let more: Vec<f64> =
                at(&corrected, &members).iter().zip(&of_members).map(|(c, m)| c - m).collect();
            add_at(&mut shown_corrected, &members, &more);
            notes.proxy_use.insert("road_corrected".to_owned(), ProxyUse::of_lines(&tally, land_m));
            proxies.table.insert("road_corrected", "m", corrected);
        }
        notes.proxy_use.insert(format!("road:{mode}"), ProxyUse::of_lines(&tally, land_m));
        proxies.table.insert(&format!("road:{mode}"), "m", metres);
    }
    proxies.insert_shown("road_m", "road_m", "m", shown);
    proxies.insert_shown("road_corrected_m", "road_corrected_m", "m", shown_corrected);
}

/// Class to mode: the shipped scheme, then the pipeline's own table, which wins.
fn class_modes(loaded: &Loaded, config: &RoadLayer, notes: &mut Notes) -> Option<BTreeMap<String, String>> {
    let mut out = match &config.scheme {
        None => BTreeMap::new(),
        Some(name) => match carbonzone_spatialize::line_modes(name) {
            Ok(modes) => modes,
            Err(e) => {
                let finding =
                    Finding::error("road_scheme", e.to_string()).layer("roads").field("layers.roads.scheme");
                return notes.findings.refuse(loaded.at(finding, &["layers", "roads", "scheme"]));
            }
        },
    };
    out.extend(config.modes.iter().map(|(class, mode)| (class.clone(), mode.clone())));
    Some(out)
}

/// Modes that a rule asks for.
fn modes_needed(loaded: &Loaded) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for proxy in loaded.pipeline.allocate.iter().flat_map(|r| &r.proxies) {
        let mode = if proxy == "road_corrected" { Some("road") } else { proxy.strip_prefix("road:") };
        if let Some(mode) = mode.filter(|m| !out.iter().any(|o| o == m)) {
            out.push(mode.to_owned());
        }
    }
    out.sort();
    out
}

fn mode_mask(loaded: &Loaded, parcels: &ParcelSet, mode: &str) -> Vec<bool> {
    let own = format!("road:{mode}");
    let names: Vec<&str> = if mode == "road" { vec![&own, "road_corrected"] } else { vec![&own] };
    parcels.mask(&land_of_proxy(loaded, parcels, &names))
}

/// Where the lines of a class go.
#[derive(Clone, Copy)]
enum Way {
    /// To the mode with this number, with this weight.
    Mode(usize, f64),
    /// To a mode that no rule asks for.
    Unasked,
    LeftOut,
    Unlisted,
}

fn read(
    ground: &Ground<'_>,
    config: &RoadLayer,
    class_modes: &BTreeMap<String, String>,
    lines: &mut [(String, ModeLines)],
    notes: &mut Notes,
) -> Option<()> {
    let mut source = vector_source(ground.reading.loaded, "roads", &config.source);
    source.fields.extend(config.class.iter().flat_map(|c| fields_of(c)));
    let mut left_out = ExactSum::new();
    let mut unlisted: BTreeMap<String, (u64, ExactSum)> = BTreeMap::new();
    let no_class = vec![String::new()];
    let way = |class: &str, lines: &[(String, ModeLines)]| {
        let mode =
            if config.class.is_none() { Some("road") } else { class_modes.get(class).map(String::as_str) };
        match mode {
            None => Way::Unlisted,
            Some(carbonzone_spatialize::NO_MODE) => Way::LeftOut,
            Some(mode) => lines.iter().position(|(of, _)| of == mode).map_or(Way::Unasked, |at| {
                Way::Mode(at, config.class_weights.get(class).copied().unwrap_or(1.0))
            }),
        }
    };
    let mut straight = straight::Straight::over(&[&ground.parcels.coverage, &ground.zones.coverage]);
    let wanted = ground.reading.wanted(&source);
    let record = ground.reading.loaded.layers.lines(wanted, &mut |batch| {
        let classes = config.class.as_ref().and_then(|c| Codes::first_filled(&batch.table, c));
        let names = classes.as_ref().map_or(&no_class, |c| &c.names);
        // Where the lines of each class go, looked up once.
        let ways: Vec<Way> = names.iter().map(|class| way(class, lines)).collect();
        for i in 0..batch.len() {
            let (xs, ys) = batch.line(i);
            straight.see(xs, ys);
            let class = classes.as_ref().map_or(0, |c| c.of[batch.row(i)] as usize);
            match ways[class] {
                Way::Mode(mode, weight) => lines[mode].1.push(xs, ys, weight),
                Way::Unasked => {}
                Way::LeftOut => left_out.add(length_m(xs, ys)),
                Way::Unlisted => {
                    let entry = unlisted.entry(names[class].clone()).or_default();
                    entry.0 += 1;
                    entry.1.add(length_m(xs, ys));
                }
            }
        }
    });
    let record = notes.take(record)?;
    notes.records.push(record);
    straight.warn(config, notes);
    if left_out.value() > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "roads", left_out.value(), "m")
                .note("classes without motor traffic, or not in use (mode \"none\")"),
        );
    }
    if !unlisted.is_empty() {
        let count: u64 = unlisted.values().map(|(n, _)| n).sum();
        let metres = unlisted.values().fold(ExactSum::new(), |mut sum, (_, m)| {
            sum.merge(*m);
            sum
        });
        let list: Vec<String> = unlisted
            .iter()
            .map(|(c, (n, m))| format!("\"{c}\": {n} lines, {:.1} km", m.value() / 1e3))
            .collect();
        let message = format!("line classes without a mode: {}", list.join("; "));
        notes.findings.push(
            Finding::warning("unknown_road_class", message)
                .input("roads", &config.source.path)
                .field(config.class.clone().unwrap_or_default())
                .count(count)
                .hint("list them under [layers.roads.modes]"),
        );
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "roads", metres.value(), "m").note("line classes without a mode"),
        );
    }
    Some(())
}

/// Leaves out what lies on other lines of the mode: both directions of a street drawn as two lines are one street.
fn count_once(mode: &str, config: &RoadLayer, lines: ModeLines, notes: &mut Notes) -> ModeLines {
    let (lines, doubled_m) = lines.once();
    let Some(doubled_m) = doubled_m else { return lines };
    let km = doubled_m / 1e3;
    let message = format!("{km:.3} km of {mode} lie on other lines of this mode and count once");
    notes.findings.push(
        Finding::warning("lines_on_lines", message)
            .input("roads", &config.source.path)
            .hint("streets drawn once per direction, or several routes over one street; where classes differ the heavier one counts"),
    );
    notes.ledger.push(
        LedgerRow::counted(Stage::Drop, &format!("road:{mode}"), doubled_m, "m")
            .note("on other lines of the mode (within 1 cm): counted once"),
    );
    lines
}

/// Percentage of the length of a mode above which what is assigned to no parcel is a finding.
const MUCH_UNASSIGNED_PCT: f64 = 20.0;

fn report(mode: &str, config: &RoadLayer, tally: &LineTally, notes: &mut Notes) {
    let (total, used) = (tally.total.value(), tally.in_class.value());
    let (other, snapped) = (tally.in_other.value(), tally.snapped.value());
    if snapped > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Snap, &format!("road:{mode}"), snapped, "m").note(format!(
                "outside the parcels of the class, assigned by rule within {} m",
                config.snap_m
            )),
        );
    }
    book_cut(&format!("road:{mode}"), tally.beyond, "m", notes);
    let mut told = |metres: f64, code: &str, note: &str| {
        if metres > 1e-3 {
            let row = LedgerRow::counted(Stage::Repair, &format!("road:{mode}"), metres, "m");
            notes.ledger.push(row.note(note));
            let message = format!("{:.3} km of {mode} {note}", metres / 1e3);
            let file = config.source.path.display().to_string();
            notes.findings.push(Finding::info(code, message).layer("roads").file(file));
        }
    };
    told(
        tally.along_edge.value(),
        "roads_along_edges",
        "run along the edge of a parcel of the class: counted there, not in the neighbour",
    );
    told(
        tally.shared.value(),
        "roads_over_overlaps",
        "lie in several parcels that overlap: shared between them, counted once",
    );
    let dropped = (total - used - snapped).max(0.0);
    if dropped > 1e-6 * total.max(1.0) {
        let share = 100.0 * dropped / total;
        notes.ledger.push(LedgerRow::counted(Stage::Drop, &format!("road:{mode}"), dropped, "m").note(format!(
            "{share:.1} % of the length lies outside the parcels of the class ({:.1} km of it in other parcels)",
            other / 1e3
        )));
        if share > MUCH_UNASSIGNED_PCT {
            let message = format!(
                "{:.1} km of {mode}, {share:.1} % of the length, is assigned to no parcel of the class ({:.1} km of it lies in other parcels)",
                dropped / 1e3,
                other / 1e3
            );
            notes.findings.push(
                Finding::warning("roads_outside_parcels", message)
                    .input("roads", &config.source.path)
                    .hint(if other > dropped / 2.0 {
                        "most of it lies in parcels of other classes: let the rule name them in `land`, or correct the scheme".to_owned()
                    } else if config.assignment == RoadAssignment::Inside {
                        "roads are often the gaps between parcels: assignment = \"nearest\" or \"both_sides\" with snap_m".to_owned()
                    } else {
                        format!("no parcel of the class lies within snap_m = {} m: a larger snap_m reaches farther; is the class complete?", config.snap_m)
                    }),
            );
        }
    }
}

/// Length corrected by the traffic facilities of the roads.
fn correct(
    config: &RoadLayer,
    parcels: &ParcelSet,
    members: &[usize],
    metres: &[f64],
    traffic: &TrafficPoints,
    notes: &mut Notes,
) -> Vec<f64> {
    let mut mask = vec![false; metres.len()];
    for &p in members {
        mask[p] = true;
    }
    let mut counter = PointCounter::located(&parcels.coverage, Some(mask), config.poi_snap_m);
    counter.add_located(&traffic.xs, &traffic.ys, &traffic.weights, &traffic.owners);
    let (facilities, tally) = counter.finish();
    let dropped = tally.other_class.value() + tally.outside.value();
    if tally.snapped.value() > 0.0 {
        notes
            .ledger
            .push(LedgerRow::counted(Stage::Snap, "road_corrected", tally.snapped.value(), "poi").note(
                format!("traffic POI moved to the nearest road parcel within {} m", config.poi_snap_m),
            ));
    }
    if dropped > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "road_corrected", dropped, "poi")
                .note(format!("traffic POI farther than {} m from every road parcel", config.poi_snap_m)),
        );
    }
    let (standard, counts) = (at(metres, members), at(&facilities, members));
    let mut out = metres.to_vec();
    put_at(&mut out, members, &corrected_length(&standard, &counts, config.lambda));
    out
}
