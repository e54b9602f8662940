//! Allocation -> aggregation -> indices -> zones: the run between reading and writing.

use crate::closing;
use crate::compensation::Compensated;
use crate::explained::Explained;
use crate::grid;
use crate::load::parcels::MOST_PARTNERS;
use crate::load::{Inputs, Notes};
use crate::load_config::Loaded;
use crate::scenario::Scenarios;
use crate::sink_sets;
use crate::statistics::Statistics;
use crate::studies::place;
use carbonzone_confidence::Confidence;
use carbonzone_geom::{OverlapMatrix, overlap_grid, overlap_grid_and_zones};
use carbonzone_inventory::equations::net;
use carbonzone_spatialize::{Allocation, AllocationError, Parcels, allocate};
use carbonzone_types::{
    Co2e, ExactSum, Finding, GridSpec, Ledger, LedgerRow, Progress, Stage, TOLERANCE, Totals,
};
use carbonzone_zoning::{IndexInputs, IndexOptions, Indices, Zoning, ZoningScheme, classify, indices};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Sectors of the paper in its order; others follow in the order of the allocation table.
const PAPER_ORDER: [&str; 5] = ["industry", "construction", "transport", "agriculture", "waste"];

/// Tonnes of one kind of unit: one column per sector, sinks apart. All in t CO2e per year.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_field_names, reason = "the unit is part of the name")]
pub struct SectorTable {
    /// One vector per sector, in the order of [`Results::sectors`].
    pub sectors_t: Vec<Vec<f64>>,
    /// Sinks, ≥ 0.
    pub sink_t: Vec<f64>,
    /// Sum of the sectors.
    pub gross_t: Vec<f64>,
    /// Gross minus sinks.
    pub net_t: Vec<f64>,
}

impl SectorTable {
    /// Sums the sectors of every unit.
    pub fn new(sectors_t: Vec<Vec<f64>>, sink_t: Vec<f64>) -> Self {
        let gross_t: Vec<f64> = (0..sink_t.len()).map(|i| sectors_t.iter().map(|s| s[i]).sum()).collect();
        let net_t = gross_t.iter().zip(&sink_t).map(|(g, s)| net(Co2e(*g), Co2e(*s)).tonnes()).collect();
        Self { sectors_t, sink_t, gross_t, net_t }
    }
}

/// Everything a run has computed.
pub struct Results {
    /// Sector keys in column order, without `sink`.
    pub sectors: Vec<String>,
    /// Allocation: tonnes per parcel and rule, and the rules as applied.
    pub allocation: Allocation,
    /// Tonnes per parcel.
    pub parcels: SectorTable,
    /// The grid.
    pub grid: GridSpec,
    /// Cells in which a parcel lies: their numbers, ascending. Others are kept nowhere.
    pub used_cells: Vec<u32>,
    /// Tonnes per used cell.
    pub cells: SectorTable,
    /// Parcel area per used cell, m², always > 0.
    pub covered_m2: Vec<f64>,
    /// Tonnes per zone.
    pub zones: SectorTable,
    /// Zone with the largest share of each used cell, or `None`.
    pub zone_of_cell: Vec<Option<u32>>,
    /// What the tonnes of zones, cells and parcels are made of.
    pub explained: Explained,
    /// Zoning scheme in use.
    pub scheme: ZoningScheme,
    /// Index values of the zones.
    pub indices: Indices,
    /// Zone classes.
    pub zoning: Zoning,
    /// How sure they are, if the pipeline file asks for it.
    pub confidence: Option<Confidence>,
    /// Who pays whom, if the pipeline file asks for it.
    pub compensation: Option<Compensated>,
    /// What plans would change, if the pipeline file has any.
    pub scenarios: Option<Scenarios>,
    /// Clusters, hot spots, inequality, if the pipeline file asks for them.
    pub statistics: Option<Statistics>,
    /// City totals.
    pub totals: Totals,
}

/// Computes everything from the inputs. `None`: the findings say why.
pub fn compute(
    loaded: &Loaded,
    inputs: &Inputs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Results> {
    let allocation = place(inputs, notes, progress)?;
    let sectors = sector_order(&allocation);
    let parcels = parcel_table(&allocation, &sectors, inputs.parcels.ids.len());
    let grid = grid::choose(loaded, inputs, sectors.len(), notes)?;
    progress.begin("overlay parcels with grid and zones", None);
    let (on_grid, on_zones) = overlap_grid_and_zones(&inputs.parcels.coverage, &grid, &inputs.zones.coverage);
    progress.end();
    let (used_cells, on_grid) = on_grid.compacted();
    report_overcover(inputs, &on_zones, notes);
    report_overfull(inputs, &on_zones, notes);
    progress.begin("aggregate", None);
    let (cells, cells_outside) = aggregate(&parcels, &on_grid);
    let (zones, zones_outside) = aggregate(&parcels, &on_zones);
    book(&sectors, &cells, &cells_outside, (Stage::Grid, Stage::GridOutside), &mut notes.ledger);
    book(&sectors, &zones, &zones_outside, (Stage::Zones, Stage::ZonesOutside), &mut notes.ledger);
    let covered_m2 = on_grid.spread(&inputs.parcels.area_m2).per_target;
    let explained = Explained::of(inputs, &allocation, (&on_zones, &on_grid), &parcels.gross_t);
    let other_sets = sink_sets::others(loaded, inputs, &allocation, &on_zones, &zones);
    let zone_of_cell = zone_of_cell(&overlap_grid(&inputs.zones.coverage, &grid), &used_cells);
    report_outside(inputs, &on_zones, &parcels, notes);
    progress.end();
    let (scheme, indices, zoning) = zone(loaded, inputs, &zones, notes)?;
    let moved = sink_sets::statement(loaded, inputs, &zones, (&scheme, &zoning), &other_sets);
    notes.statements.extend(moved);
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
        confidence: None,
        compensation: None,
        scenarios: None,
        statistics: None,
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
    report_beginnings(inputs, result.as_ref().ok(), notes);
    match result {
        Ok(allocation) => {
            report_parcel_overlaps(inputs, &allocation, notes);
            closing::of_allocation(inputs, &allocation, notes);
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
fn report_beginnings(inputs: &Inputs, allocation: Option<&Allocation>, notes: &mut Notes) {
    let parcels = &inputs.parcels;
    if parcels.by_beginning.is_empty() {
        return;
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
    notes.findings.push(match allocation {
        Some(_) => finding.amount_t(total_t.value()),
        None => finding,
    });
}

/// Ground that two parcels claim, with the tonnes that both together put there. Reported, never corrected.
fn report_parcel_overlaps(inputs: &Inputs, allocation: &Allocation, notes: &mut Notes) {
    let pairs = &inputs.parcels.overlaps;
    if pairs.is_empty() {
        return;
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
    notes.findings.push(
        Finding::warning(
            "overlapping_parcels",
            format!(
                "parcels overlap by {}{:.1} m² ({:.4} % of their area) in {} pairs: {}",
                if most >= MOST_PARTNERS { "at least " } else { "" },
                total_m2.value(),
                100.0 * total_m2.value() / area,
                pairs.len(),
                list.join("; ")
            ),
        )
        .layer("parcels")
        .count(pairs.len() as u64)
        .amount_t(tonnes.value())
        .hint("no tonne is lost or doubled, but both parcels weigh with their whole area; correct them if it is much"),
    );
}

fn sector_order(allocation: &Allocation) -> Vec<String> {
    let used: Vec<&str> =
        allocation.records.iter().map(|r| r.sector.as_str()).filter(|s| *s != "sink").collect();
    let mut out: Vec<String> =
        PAPER_ORDER.iter().filter(|s| used.contains(s)).map(|s| (*s).to_owned()).collect();
    for sector in used {
        if !out.iter().any(|s| s == sector) {
            out.push(sector.to_owned());
        }
    }
    out
}

fn parcel_table(allocation: &Allocation, sectors: &[String], n: usize) -> SectorTable {
    let sum_of = |sector: &str| {
        let mut column = vec![0.0; n];
        for (record, tonnes) in allocation.records.iter().zip(&allocation.per_rule) {
            if record.sector == sector {
                tonnes.add_to(&mut column);
            }
        }
        column
    };
    let columns = sectors.par_iter().map(|s| sum_of(s)).collect();
    SectorTable::new(columns, sum_of("sink"))
}

fn aggregate(parcels: &SectorTable, weights: &OverlapMatrix) -> (SectorTable, Vec<f64>) {
    let mut columns: Vec<&Vec<f64>> = parcels.sectors_t.iter().collect();
    columns.push(&parcels.sink_t);
    let spread: Vec<_> = columns.par_iter().map(|c| weights.spread(c)).collect();
    let outside = spread.iter().map(|s| s.outside).collect();
    let mut per_target: Vec<Vec<f64>> = spread.into_iter().map(|s| s.per_target).collect();
    let sink_t = per_target.pop().unwrap_or_default();
    (SectorTable::new(per_target, sink_t), outside)
}

fn book(
    sectors: &[String],
    table: &SectorTable,
    outside: &[f64],
    stages: (Stage, Stage),
    ledger: &mut Ledger,
) {
    let names = sectors.iter().map(String::as_str).chain(["sink"]);
    let columns = table.sectors_t.iter().chain([&table.sink_t]);
    for ((name, column), out) in names.zip(columns).zip(outside) {
        ledger.push(LedgerRow::tonnes(stages.0, name, "", ExactSum::of(column)));
        ledger.push(LedgerRow::tonnes(stages.1, name, "", *out));
    }
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

fn report_overcover(inputs: &Inputs, on_zones: &OverlapMatrix, notes: &mut Notes) {
    let excess = ExactSum::of(&on_zones.overcovered_m2);
    let area = ExactSum::of(&inputs.parcels.planar_m2);
    if excess > 1e-9 * area {
        notes.findings.push(
            Finding::warning("zones_claim_twice", format!("zones claim {excess:.1} m² of parcel area twice"))
                .layer("zones")
                .hint("shares are taken of the pieces, so no tonne is lost or doubled"),
        );
    }
}

/// Zones may have so much more ground in parcels than they have themselves before it is told.
const OVERFULL: f64 = 0.01;

/// Zones in which the parcels have more ground than the zone: parcels lie on each other.
fn report_overfull(inputs: &Inputs, on_zones: &OverlapMatrix, notes: &mut Notes) {
    let areas = inputs.zones.coverage.areas_m2();
    let mut filled = vec![ExactSum::new(); areas.len()];
    for parcel in 0..on_zones.len() {
        let (zones, m2) = on_zones.row(parcel);
        zones.iter().zip(m2).for_each(|(zone, m2)| filled[*zone as usize].add(*m2));
    }
    let mut full: Vec<(f64, usize)> = filled
        .into_iter()
        .map(ExactSum::value)
        .zip(&areas)
        .enumerate()
        .filter(|(_, (m2, area))| **area > 0.0 && *m2 > (1.0 + OVERFULL) * **area)
        .map(|(zone, (m2, area))| (m2 / area, zone))
        .collect();
    full.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let name = |(ratio, zone): &(f64, usize)| {
        format!("{} ({}) {:.1} %", inputs.zones.ids[*zone], inputs.zones.names[*zone], 100.0 * ratio)
    };
    let list: Vec<String> = full.iter().take(5).map(name).collect();
    if let Some((_, zone)) = full.first() {
        notes.findings.push(
            Finding::warning(
                "parcels_exceed_zone",
                format!("{} zones have more ground in parcels than they have themselves: {}", full.len(), list.join(", ")),
            )
            .layer("parcels")
            .feature(inputs.zones.ids[*zone].clone())
            .expected("at most 101 %")
            .count(full.len() as u64)
            .hint("parcels lie on each other, or are there twice: no tonne is doubled, but each weighs with its whole area"),
        );
    }
}

/// Parcels that lie outside every zone, whole or in part.
fn report_outside(inputs: &Inputs, on_zones: &OverlapMatrix, parcels: &SectorTable, notes: &mut Notes) {
    let mut whole = 0u64;
    let (mut gross, mut area) = (ExactSum::new(), ExactSum::new());
    for (p, outside) in on_zones.outside_m2.iter().enumerate() {
        let total = inputs.parcels.planar_m2[p];
        if *outside > 1e-6 * total {
            area.add(*outside);
            gross.add(parcels.gross_t[p] * outside / total);
            whole += u64::from(on_zones.row(p).0.is_empty());
        }
    }
    if area.value() > 0.0 {
        let count = on_zones
            .outside_m2
            .iter()
            .zip(&inputs.parcels.planar_m2)
            .filter(|(o, a)| **o > 1e-6 * **a)
            .count();
        notes.findings.push(
            Finding::warning(
                "parcels_outside_zones",
                format!(
                    "{count} parcels lie outside every zone, {whole} of them entirely: {:.3} km²",
                    area.value() / 1e6
                ),
            )
            .layer("parcels")
            .count(count as u64)
            .amount_t(gross.value())
            .hint("reported in the ledger as zones_outside; border = \"clip\" cuts them before weighting"),
        );
    }
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
    let scheme = config.resolve().map_err(&mut fail).ok()?;
    let index_inputs = IndexInputs {
        unit_ids: Some(&inputs.zones.ids),
        gross_t: &zones.gross_t,
        sink_t: &zones.sink_t,
        gdp: Some(&inputs.zones.gdp_1e4cny),
    };
    let options = IndexOptions {
        ecc_direction: scheme.ecc_direction,
        gdp_total: config.gdp_total,
        borderline_pct: scheme.borderline_pct,
    };
    let values = indices(&index_inputs, &options).map_err(&mut fail).ok()?;
    let zoning = classify(&scheme, &[&values]).map_err(&mut fail).ok()?;
    for finding in &values.findings.items {
        notes.findings.push(finding.clone().layer("zones"));
    }
    Some((scheme, values, zoning))
}

fn totals(sectors: &[String], parcels: &SectorTable) -> Totals {
    let gross_t = parcels.sectors_t.iter().flatten().copied().collect::<ExactSum>().value();
    let amounts = parcels.sectors_t.iter().map(|column| ExactSum::of(column));
    let rows: Vec<(String, f64)> = sectors.iter().cloned().zip(amounts).collect();
    place::totals(&rows, gross_t, ExactSum::of(&parcels.sink_t))
}

/// The hard stop of docs/adr/0004: every balance within the tolerance, or findings that name the row.
pub fn check_balances(notes: &mut Notes) -> Vec<carbonzone_types::Residual> {
    let balances = notes.ledger.balances();
    for b in &balances {
        let year = b.year.map(|y| y.to_string()).unwrap_or_default();
        let mut row = LedgerRow::tonnes(Stage::Residual, &b.sector, &year, b.left_t - b.right_t);
        row.note = format!("{}: relative {:.3e}", b.balance, b.relative);
        notes.ledger.push(row);
        if b.relative > TOLERANCE {
            notes.findings.push(
                Finding::error(
                    "mass_balance",
                    format!(
                        "sector {} {year}: {} does not hold: {} t against {} t",
                        b.sector, b.balance, b.left_t, b.right_t
                    ),
                )
                .expected(format!("a relative residual of at most {TOLERANCE:e}"))
                .value(format!("{:e}", b.relative))
                .amount_t((b.left_t - b.right_t).abs())
                .hint("this is a defect of carbonzone: please report it with run.json"),
            );
        }
    }
    balances
}
