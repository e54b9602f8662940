//! Land layers that are laid over the parcels in their declared order: parks, water. The ground below them is cut out exactly.

use super::parcels::{self, ParcelSet};
use super::{Notes, Reading};
use crate::config::{AreaBasis, LandOver};
use carbonzone_io::WorkingCrs;
use carbonzone_types::{ExactSum, Finding, LedgerRow, M2_PER_HECTARE, Stage, TOLERANCE};
use std::collections::BTreeMap;

/// Overlap of two polygons of one layer below which they only touch, m².
const OVERLAP_M2: f64 = 1.0;

/// The parcels with every declared layer laid over them. `None`: the findings say why.
pub fn load(reading: Reading<'_>, notes: &mut Notes) -> Option<ParcelSet> {
    let Reading { loaded, crs, progress } = reading;
    let base = parcels::load(reading, None, notes);
    let layers = &loaded.pipeline.layers.land_over;
    // All are read, so that one round names everything that is wrong.
    let tops: Vec<Option<ParcelSet>> = layers.iter().map(|over| read(reading, over, notes)).collect();
    let mut set = base?;
    if !layers.is_empty() {
        set.layers = vec!["parcels".to_owned()];
        set.layer = vec![0; set.ids.len()];
    }
    for (over, top) in layers.iter().zip(tops) {
        progress.begin("lay land over parcels", None);
        let basis = loaded.pipeline.city.area;
        set = stack(set, &top?, &over.name, (crs, basis), notes).map_err(|f| notes.findings.push(f)).ok()?;
        progress.end();
    }
    Some(set)
}

/// One of the layers, read as parcels are.
fn read(reading: Reading<'_>, over: &LandOver, notes: &mut Notes) -> Option<ParcelSet> {
    let Reading { loaded, .. } = reading;
    let mut other = loaded.clone();
    other.pipeline.layers.parcels = over.as_parcels();
    let mut own = Notes::default();
    let found = parcels::load(Reading { loaded: &other, ..reading }, over.code.as_deref(), &mut own);
    // Places in the file would be those of the parcels.
    let named = |f: Finding| Finding { span: None, layer: Some(over.name.clone()), ..f };
    notes.findings.items.extend(own.findings.items.into_iter().map(named));
    let of_layer = |row: LedgerRow| LedgerRow { land_group: over.name.clone(), ..row };
    notes.ledger.rows.extend(own.ledger.rows.into_iter().map(of_layer));
    for mut record in own.records {
        record.role = format!("land_over {}", over.name);
        notes.records.push(record);
    }
    found.map(|set| apart(set, &over.name, notes))
}

/// Ground that two polygons of the layer claim goes to the lower id.
fn apart(mut set: ParcelSet, name: &str, notes: &mut Notes) -> ParcelSet {
    let pairs: Vec<(u32, u32, f64)> = carbonzone_geom::self_overlaps(&set.coverage);
    let Some(largest) = pairs.iter().map(|p| p.2).max_by(f64::total_cmp) else { return set };
    let total: ExactSum = pairs.iter().map(|p| p.2).collect();
    if largest > OVERLAP_M2 {
        let message = format!(
            "polygons of the land layer \"{name}\" overlap by {:.1} m² in {} pairs: the lower id keeps the ground",
            total.value(),
            pairs.len()
        );
        notes
            .findings
            .push(Finding::warning("land_over_overlap", message).layer(name).count(pairs.len() as u64));
    }
    let row = LedgerRow::counted(Stage::Repair, name, pairs.len() as f64, "pairs").m2(total.value());
    notes.ledger.push(row.note("shared ground goes to the lower id"));
    set.coverage = carbonzone_io::first_takes_all(&set.coverage, &pairs).into();
    set
}

/// Lays one layer over what is below it.
fn stack(
    below: ParcelSet,
    top: &ParcelSet,
    name: &str,
    (crs, basis): (&WorkingCrs, AreaBasis),
    notes: &mut Notes,
) -> Result<ParcelSet, Finding> {
    let prefix = format!("{name}:");
    if (0..below.ids.len()).any(|i| below.ids[i].starts_with(&prefix)) {
        let message =
            format!("ids of parcels begin with \"{prefix}\", as those of the land layer \"{name}\" will");
        return Err(Finding::error("land_over_name", message)
            .layer(name)
            .hint("give the land layer another name"));
    }
    let carved = carbonzone_io::carve(&below.coverage, &top.coverage);
    let sum = |values: &[f64]| ExactSum::of(values);
    let (before, taken) = (sum(&below.planar_m2), sum(&carved.taken_m2));
    let left = sum(&carved.coverage.areas_m2());
    if (before - taken - left).abs() > TOLERANCE * before {
        let message = format!(
            "the parcels have {before:.6} m², {taken:.6} m² go to \"{name}\", but {left:.6} m² are left"
        );
        return Err(Finding::error("land_over_balance", message)
            .layer(name)
            .expected("a difference below 1e-9 of the area")
            .hint("repair the polygons of the layer, e.g. with Fix geometries in QGIS"));
    }
    tell(&below, top, &carved, name, notes);
    let mut out = kept_of(below, &carved.kept);
    let mut coverage = carved.coverage;
    coverage
        .append(&top.coverage)
        .map_err(|e| Finding::error("unreadable_file", e.to_string()).layer(name))?;
    let rank = out.layers.len() as u16;
    out.layers.push(name.to_owned());
    out.layer.extend(std::iter::repeat_n(rank, top.ids.len()));
    let own = (0..out.ids.len()).map(|i| out.ids[i].to_owned());
    out.ids = own.chain((0..top.ids.len()).map(|i| format!("{prefix}{}", &top.ids[i]))).collect();
    let offset = out.land_use.append(&top.land_use);
    out.by_beginning.extend(top.by_beginning.iter().map(|(code, class)| (code + offset, class.clone())));
    merge(&mut out.space_types, &mut out.space_type, &top.space_types, &top.space_type);
    merge(&mut out.sink_types, &mut out.sink_type, &top.sink_types, &top.sink_type);
    [out.planar_m2, out.ellipsoidal_m2] = carbonzone_io::areas_m2(&coverage, crs)
        .map_err(|e| Finding::error("ellipsoidal_area", e.to_string()).layer(name))?;
    out.area_m2 = if basis == AreaBasis::Planar { out.planar_m2.clone() } else { out.ellipsoidal_m2.clone() };
    out.coverage = coverage.into();
    Ok(out)
}

/// What the layer replaces, by the space type that was there, and how much of it lies on no parcel.
fn tell(below: &ParcelSet, top: &ParcelSet, carved: &carbonzone_io::Carved, name: &str, notes: &mut Notes) {
    let mut replaced: BTreeMap<&str, (u64, ExactSum)> = BTreeMap::new();
    for (i, m2) in carved.taken_m2.iter().enumerate().filter(|(_, m2)| **m2 > 0.0) {
        let entry = replaced.entry(&below.space_types[below.space_type[i] as usize]).or_default();
        entry.0 += 1;
        entry.1.add(*m2);
    }
    for (space, (count, area)) in &replaced {
        let row = LedgerRow::counted(Stage::Drop, space, *count as f64, "parcels").m2(area.value());
        notes.ledger.push(row.note(format!("replaced by the land layer \"{name}\" that is laid over it")));
    }
    let (all, taken) = (ExactSum::of(&top.coverage.areas_m2()), ExactSum::of(&carved.taken_m2));
    let cut = carved.taken_m2.iter().filter(|m2| **m2 > 0.0).count();
    let gone = below.ids.len() - carved.kept.len();
    let message = format!(
        "the land layer \"{name}\" has {:.2} ha; {:.2} ha of it lie over {cut} parcels, of which {gone} are wholly below it",
        all / M2_PER_HECTARE,
        taken / M2_PER_HECTARE
    );
    let finding = Finding::info("land_over", message).layer(name).count(top.ids.len() as u64);
    notes.findings.push(if cut == 0 {
        Finding { severity: carbonzone_types::Severity::Warning, ..finding }
            .hint("do both layers cover the same ground?")
    } else {
        finding
    });
}

/// The parcels with these positions; their areas and shapes are set afterwards.
fn kept_of(set: ParcelSet, kept: &[u32]) -> ParcelSet {
    if kept.len() == set.ids.len() {
        return set;
    }
    let pick = |of: &[u16]| kept.iter().map(|&i| of[i as usize]).collect::<Vec<_>>();
    ParcelSet {
        ids: kept.iter().map(|&i| set.ids[i as usize].to_owned()).collect(),
        land_use: set.land_use.kept(kept),
        space_type: pick(&set.space_type),
        sink_type: pick(&set.sink_type),
        layer: pick(&set.layer),
        ..set
    }
}

/// Appends classes of another layer, whose names may be among the own ones.
fn merge(names: &mut Vec<String>, of: &mut Vec<u16>, more_names: &[String], more: &[u16]) {
    let mut place = |name: &String| {
        let known = names.iter().position(|n| n == name);
        known.unwrap_or_else(|| {
            names.push(name.clone());
            names.len() - 1
        }) as u16
    };
    let places: Vec<u16> = more_names.iter().map(&mut place).collect();
    of.extend(more.iter().map(|&k| places[k as usize]));
}
