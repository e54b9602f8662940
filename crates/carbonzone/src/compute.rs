//! Allocation -> aggregation -> indices -> zones: the run between reading and writing.

mod results;

pub use results::Results;

use crate::closing;
use crate::explained::Explained;
use crate::few_points;
use crate::grid;
use crate::load::gdp::GDP_SHARED;
use crate::load::{Inputs, Notes};
use crate::load_config::Loaded;
use crate::sink_sets;
use carbonzone_geom::{OverlapMatrix, overlap_grid, overlap_grid_and_zones};
use carbonzone_inventory::totals_of;
use carbonzone_scale::{GroundSums, SectorTable, ZonesOf, columns_of, sector_order, zoned};
use carbonzone_spatialize::{Allocation, AllocationError, Parcels, allocate};
use carbonzone_types::{ExactSum, Finding, Findings, Progress, Stage, Statement, Totals};
use carbonzone_zoning::one_axis::not_judged;
use carbonzone_zoning::{IndexInputs, Indices, Zoning, ZoningScheme};
use std::collections::BTreeMap;

/// Computes everything from the inputs, which keep only the proxies that the parcel layer shows. `None`: the findings say why.
pub fn compute(
    loaded: &Loaded,
    inputs: &mut Inputs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Results> {
    let allocation = place(inputs, notes, progress)?;
    inputs.proxies.retain(|name| inputs.proxy_fields.iter().any(|(_, proxy)| proxy == name));
    let inputs = &*inputs;
    let sectors = sector_order(allocation.records.iter().map(|r| r.sector.as_str()));
    let parcels = parcel_table(&allocation, &sectors, inputs.parcels.ids.len());
    let grid = grid::choose(loaded, inputs, sectors.len(), notes)?;
    progress.begin("overlay parcels with grid and zones", None);
    let (on_grid, on_zones) = overlap_grid_and_zones(&inputs.parcels.coverage, &grid, &inputs.zones.coverage);
    progress.end();
    let (used_cells, on_grid) = on_grid.compacted();
    progress.begin("aggregate", None);
    let ((cells, cells_outside), (zones, zones_outside)) =
        rayon::join(|| parcels.on(&on_grid), || parcels.on(&on_zones));
    cells.book(&sectors, &cells_outside, (Stage::Grid, Stage::GridOutside), &mut notes.ledger);
    zones.book(&sectors, &zones_outside, (Stage::Zones, Stage::ZonesOutside), &mut notes.ledger);
    let ((explained, other_sets), (covered_m2, (zone_of_cell, found))) = rayon::join(
        || {
            rayon::join(
                || Explained::of(inputs, &allocation, (&on_zones, &on_grid), &parcels.gross_t),
                || sink_sets::others(loaded, inputs, &allocation, &on_zones, &zones),
            )
        },
        || {
            let of_cells = || zone_of_cell(&overlap_grid(&inputs.zones.coverage, &grid), &used_cells);
            rayon::join(
                || on_grid.spread(&inputs.parcels.area_m2).per_target,
                || rayon::join(of_cells, || ground(inputs, &on_zones, &parcels)),
            )
        },
    );
    notes.findings.extend(found);
    progress.end();
    let (scheme, indices, zoning) = zone(loaded, inputs, &zones, notes)?;
    let sink_sets =
        sink_sets::judge(loaded, inputs, &zones, (&scheme, &zoning), &other_sets).unwrap_or_default();
    notes.statements.extend(sink_sets::statement(
        loaded,
        zones.sink_t.len(),
        &allocation.records,
        &sink_sets,
    ));
    let totals = Totals { ccr_of_zones: indices.totals.ccr, ..totals(&sectors, &parcels) };
    Some(Results {
        sectors,
        allocation,
        parcels,
        grid,
        used_cells,
        cells,
        covered_m2,
        zones,
        zone_of_cell,
        explained,
        scheme,
        indices,
        zoning,
        sink_sets,
        confidence: None,
        compensation: None,
        scenarios: None,
        statistics: None,
        references: Vec::new(),
        totals,
    })
}

/// Allocation alone: what `check` does too.
pub fn place(inputs: &Inputs, notes: &mut Notes, progress: &dyn Progress) -> Option<Allocation> {
    let parcels = Parcels {
        area_m2: &inputs.parcels.area_m2,
        space_type: &inputs.parcels.space_type,
        space_types: &inputs.parcels.space_types,
    };
    progress.begin("allocate", None);
    let result = allocate(&parcels, &inputs.proxies, &inputs.rules, &inputs.point_sources);
    progress.end();
    notes.findings.items.extend(beginnings(inputs, result.as_ref().ok()));
    match result {
        Ok(allocation) => {
            notes.findings.items.extend(parcel_overlaps(inputs, &allocation));
            closing::of_allocation(inputs, &allocation, notes);
            notes.findings.items.extend(few_points::findings(inputs, &allocation));
            notes.findings.items.extend(allocation.findings.items.iter().cloned());
            notes.ledger.extend(allocation.ledger.clone());
            Some(allocation)
        }
        Err(errors) => {
            notes.findings.items.extend(errors.iter().map(AllocationError::to_finding));
            None
        }
    }
}

/// Codes that the scheme knows only by their beginning, with parcels, area and, once placed, the emissions on them.
fn beginnings(inputs: &Inputs, allocation: Option<&Allocation>) -> Option<Finding> {
    let parcels = &inputs.parcels;
    if parcels.by_beginning.is_empty() {
        return None;
    }
    let codes = &parcels.land_use;
    let mut met = vec![(0u64, ExactSum::new(), ExactSum::new()); codes.names.len()];
    for (&code, area) in codes.of.iter().zip(&parcels.area_m2) {
        met[code as usize].0 += 1;
        met[code as usize].1.add(*area);
    }
    for (record, tonnes) in allocation.into_iter().flat_map(|a| a.records.iter().zip(&a.per_rule)) {
        for (p, t) in tonnes.placed().filter(|_| record.sector != "sink") {
            met[codes.of[p] as usize].2.add(t);
        }
    }
    let mut list = Vec::new();
    let (mut count, mut total_t, mut longer) = (0, ExactSum::new(), false);
    for (number, class) in &parcels.by_beginning {
        let (n, area, t) = met[*number as usize];
        let code = &codes.names[*number as usize];
        let tonnes = allocation.map_or(String::new(), |_| format!(", {:.0} t CO2e", t.value()));
        list.push(format!("\"{code}\" as {class}: {n} parcels, {:.0} m²{tonnes}", area.value()));
        count += n;
        total_t.merge(t);
        // Letters behind a code mark it (0201K); further digits make another class of it.
        longer |= code
            .trim()
            .strip_prefix(class.as_str())
            .is_none_or(|rest| rest.contains(|c: char| c.is_ascii_digit()));
    }
    list.sort();
    let message = format!("codes known only by their beginning: {}", list.join("; "));
    let finding = if longer {
        Finding::warning("land_use_code_by_beginning", message)
            .hint("is it the right scheme? A CSV scheme (code, space_type) can list them")
    } else {
        Finding::info("land_use_code_by_beginning", message)
    };
    let finding = finding.layer("parcels").count(count);
    Some(match allocation {
        Some(_) => finding.amount_t(total_t.value()),
        None => finding,
    })
}

/// Ground that two parcels claim, with the tonnes that both together put there. Reported, never corrected.
fn parcel_overlaps(inputs: &Inputs, allocation: &Allocation) -> Option<Finding> {
    let pairs = &inputs.parcels.overlaps;
    if pairs.is_empty() {
        return None;
    }
    let gross_t = |p: usize| -> f64 {
        let emissions = allocation.records.iter().zip(&allocation.per_rule);
        emissions.filter(|(r, _)| r.sector != "sink").map(|(_, t)| t.on(p)).sum()
    };
    let total_m2: ExactSum = pairs.iter().map(|(_, _, m2)| *m2).collect();
    // Ground that three parcels claim is in three pairs; no parcel can have more at stake than its tonnes.
    let mut shared_m2: BTreeMap<u32, f64> = BTreeMap::new();
    for (a, b, m2) in pairs {
        *shared_m2.entry(*a).or_default() += m2;
        *shared_m2.entry(*b).or_default() += m2;
    }
    let at_stake = |(p, m2): (u32, f64)| {
        let area = inputs.parcels.planar_m2[p as usize].max(f64::MIN_POSITIVE);
        gross_t(p as usize) * (m2 / area).min(1.0)
    };
    let tonnes: ExactSum = shared_m2.into_iter().map(at_stake).collect();
    let mut largest: Vec<&(u32, u32, f64)> = pairs.iter().collect();
    largest.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    let list: Vec<String> = largest
        .iter()
        .take(5)
        .map(|(a, b, m2)| {
            let ids = &inputs.parcels.ids;
            format!("{} and {}: {m2:.1} m²", &ids[*a as usize], &ids[*b as usize])
        })
        .collect();
    let area = ExactSum::of(&inputs.parcels.planar_m2);
    let most = pairs.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).max().unwrap_or(0);
    let message = format!(
        "parcels overlap by {}{:.1} m² ({:.4} % of their area) in {} pairs: {}",
        if most >= carbonzone_geom::MOST_PARTNERS { "at least " } else { "" },
        total_m2.value(),
        100.0 * total_m2.value() / area,
        pairs.len(),
        list.join("; ")
    );
    Some(
        Finding::warning("overlapping_parcels", message)
        .layer("parcels")
        .count(pairs.len() as u64)
        .amount_t(tonnes.value())
        .hint("no tonne is lost or doubled, but both parcels weigh with their whole area; correct them if it is much"),
    )
}

fn parcel_table(allocation: &Allocation, sectors: &[String], n: usize) -> SectorTable {
    let rules: Vec<_> =
        allocation.records.iter().map(|r| r.sector.as_str()).zip(&allocation.per_rule).collect();
    SectorTable::of_columns(columns_of(sectors, n, &rules))
}

/// The zone that covers most of each used cell; ties go to the lower id.
fn zone_of_cell(zones_on_grid: &OverlapMatrix, used: &[u32]) -> Vec<Option<u32>> {
    let mut best: Vec<(f64, Option<u32>)> = vec![(0.0, None); used.len()];
    for zone in 0..zones_on_grid.len() {
        let (cells, areas) = zones_on_grid.row(zone);
        // Both ascend: one walk along both, from the first cell of the zone on.
        let mut at = cells.first().map_or(0, |first| used.partition_point(|u| u < first));
        for (&cell, &area) in cells.iter().zip(areas) {
            while at < used.len() && used[at] < cell {
                at += 1;
            }
            if at < used.len() && used[at] == cell && area > best[at].0 {
                best[at] = (area, Some(zone as u32));
            }
        }
    }
    best.into_iter().map(|(_, zone)| zone).collect()
}

/// How parcels and zones cover each other.
fn ground(inputs: &Inputs, on_zones: &OverlapMatrix, parcels: &SectorTable) -> Findings {
    let sums = GroundSums::of(on_zones, &inputs.parcels.planar_m2, &parcels.gross_t);
    let zones = &inputs.zones;
    let areas_m2 = zones.coverage.areas_m2();
    sums.findings(&ZonesOf { ids: &zones.ids, names: &zones.names, areas_m2: &areas_m2 })
}

fn zone(
    loaded: &Loaded,
    inputs: &Inputs,
    zones: &SectorTable,
    notes: &mut Notes,
) -> Option<(ZoningScheme, Indices, Zoning)> {
    let config = &loaded.pipeline.zoning;
    let mut fail = |e: carbonzone_zoning::ZoningError| {
        let mut finding = Finding::error("zoning", e.to_string());
        if let Some(span) = loaded.span(&["zoning"]) {
            finding = finding.span(span);
        }
        notes.findings.push(finding);
    };
    let index_inputs = IndexInputs {
        unit_ids: Some(&inputs.zones.ids),
        gross_t: &zones.gross_t,
        sink_t: &zones.sink_t,
        gdp: Some(&inputs.zones.gdp),
    };
    let (scheme, values, zoning) = zoned(config, &index_inputs).map_err(&mut fail).ok()?;
    for finding in &values.findings.items {
        notes.findings.push(finding.clone().layer("zones"));
    }
    notes.statements.extend(not_judged(&scheme, zones.gross_t.len(), &values.totals));
    // Where the run shared it out itself, it says by what.
    if scheme.economic.is_judged() && !notes.statements.iter().any(|s| s.en.starts_with(GDP_SHARED)) {
        notes.statements.extend(derived_gdp(&inputs.zones.gdp_derived));
    }
    Some((scheme, values, zoning))
}

/// That the GDP behind the economic index is no statistics.
fn derived_gdp(derived: &[bool]) -> Option<Statement> {
    let (n, all) = (derived.iter().filter(|d| **d).count(), derived.len());
    (n > 0).then(|| {
        Statement::new(
            format!(
                "GDP of {n} of {all} units is derived, not statistics; how, the file does not say. The economic index and every class rest \
                 on it: if it was shared out by people or points that place emissions too, the index is in part compared with itself"
            ),
            format!(
                "{all} 个单元中 {n} 个的 GDP 为推算值，非统计值；文件未说明推算方法。经济指数及各分区均以此为据：若按同样用于分配排放的人口或兴趣点推算，\
                 该指数部分是与自身比较"
            ),
        )
    })
}

fn totals(sectors: &[String], parcels: &SectorTable) -> Totals {
    let mut sums = parcels.sums();
    let sink_t = sums.pop().unwrap_or_default();
    let gross_t = sums.iter().fold(ExactSum::new(), |mut all, sum| {
        all.merge(*sum);
        all
    });
    let rows: Vec<(String, f64)> =
        sectors.iter().cloned().zip(sums.into_iter().map(ExactSum::value)).collect();
    totals_of(&rows, gross_t.value(), sink_t.value())
}
