//! Allocation -> aggregation -> indices -> zones: the run between reading and writing.

use crate::explained::Explained;
use crate::load::{Inputs, Notes};
use crate::load_config::Loaded;
use crate::studies::place;
use carbonzone_geom::{OverlapMatrix, overlap_grid, overlap_grid_and_zones};
use carbonzone_spatialize::{Allocation, AllocationError, Parcels, allocate};
use carbonzone_types::{ExactSum, Finding, GridSpec, Ledger, LedgerRow, Progress, Stage, TOLERANCE, Totals};
use carbonzone_zoning::{IndexInputs, IndexOptions, Indices, Zoning, ZoningScheme, classify, indices};
use rayon::prelude::*;

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
        let net_t = gross_t.iter().zip(&sink_t).map(|(g, s)| g - s).collect();
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
    /// Tonnes per cell.
    pub cells: SectorTable,
    /// Parcel area per cell, m².
    pub covered_m2: Vec<f64>,
    /// Tonnes per zone.
    pub zones: SectorTable,
    /// Zone with the largest share of each cell, or `None`.
    pub zone_of_cell: Vec<Option<u32>>,
    /// What the tonnes of zones, cells and parcels are made of.
    pub explained: Explained,
    /// Zoning scheme in use.
    pub scheme: ZoningScheme,
    /// Index values of the zones.
    pub indices: Indices,
    /// Zone classes.
    pub zoning: Zoning,
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
    let grid = grid_of(loaded, inputs, notes)?;
    progress.begin("overlay parcels with grid and zones", None);
    let (on_grid, on_zones) = overlap_grid_and_zones(&inputs.parcels.coverage, &grid, &inputs.zones.coverage);
    progress.end();
    report_overcover(inputs, &on_zones, notes);
    progress.begin("aggregate", None);
    let (cells, cells_outside) = aggregate(&parcels, &on_grid);
    let (zones, zones_outside) = aggregate(&parcels, &on_zones);
    book(&sectors, &cells, &cells_outside, (Stage::Grid, Stage::GridOutside), &mut notes.ledger);
    book(&sectors, &zones, &zones_outside, (Stage::Zones, Stage::ZonesOutside), &mut notes.ledger);
    let covered_m2 = on_grid.spread(&inputs.parcels.area_m2).per_target;
    let explained = Explained::of(inputs, &allocation, (&on_zones, &on_grid), &parcels.gross_t);
    let zone_of_cell = zone_of_cell(&overlap_grid(&inputs.zones.coverage, &grid));
    report_outside(inputs, &on_zones, &parcels, notes);
    progress.end();
    let (scheme, indices, zoning) = zone(loaded, inputs, &zones, notes)?;
    let totals = totals(&sectors, &parcels);
    Some(Results {
        sectors,
        allocation,
        parcels,
        grid,
        cells,
        covered_m2,
        zones,
        zone_of_cell,
        explained,
        scheme,
        indices,
        zoning,
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
    match result {
        Ok(allocation) => {
            report_parcel_overlaps(inputs, &allocation, notes);
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

/// Ground that two parcels claim, with the tonnes that both together put there. Reported, never corrected.
fn report_parcel_overlaps(inputs: &Inputs, allocation: &Allocation, notes: &mut Notes) {
    let pairs = &inputs.parcels.overlaps;
    if pairs.is_empty() {
        return;
    }
    let gross_m2 = |p: usize| {
        let emissions = allocation.records.iter().zip(&allocation.per_rule);
        let gross: f64 = emissions.filter(|(r, _)| r.sector != "sink").map(|(_, t)| t.on(p)).sum();
        gross / inputs.parcels.planar_m2[p].max(f64::MIN_POSITIVE)
    };
    let total_m2: ExactSum = pairs.iter().map(|(_, _, m2)| *m2).collect();
    let tonnes: ExactSum =
        pairs.iter().map(|(a, b, m2)| m2 * (gross_m2(*a as usize) + gross_m2(*b as usize))).collect();
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
    notes.findings.push(
        Finding::warning(
            "overlapping_parcels",
            format!(
                "parcels overlap by {:.1} m² ({:.4} % of their area) in {} pairs: {}",
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

/// Extent: bounding box of zones and parcels, snapped outward to whole cells.
fn grid_of(loaded: &Loaded, inputs: &Inputs, notes: &mut Notes) -> Option<GridSpec> {
    let boxes = [inputs.parcels.coverage.total_bounds(), inputs.zones.coverage.total_bounds()];
    let bounds = boxes
        .into_iter()
        .flatten()
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    let cell = loaded.pipeline.aggregate.cell_m;
    let grid = bounds.and_then(|b| GridSpec::covering(b, cell));
    if grid.is_none() {
        notes.findings.push(
            Finding::error("grid", format!("no grid of {cell} m cells covers the layers {bounds:?}"))
                .field("aggregate.cell_m")
                .hint("is a layer in a wrong CRS, or the cell far too small?"),
        );
    }
    grid
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

/// The zone that covers most of each cell; ties go to the lower id.
fn zone_of_cell(zones_on_grid: &OverlapMatrix) -> Vec<Option<u32>> {
    let mut best: Vec<(f64, Option<u32>)> = vec![(0.0, None); zones_on_grid.n_targets];
    for zone in 0..zones_on_grid.offsets.len().saturating_sub(1) {
        let (cells, areas) = zones_on_grid.row(zone);
        for (&cell, &area) in cells.iter().zip(areas) {
            if area > best[cell as usize].0 {
                best[cell as usize] = (area, Some(zone as u32));
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

/// The hard stop of contract §6: every balance within the tolerance, or findings that name the row.
pub fn check_balances(notes: &mut Notes) -> Vec<carbonzone_types::Residual> {
    let balances = notes.ledger.balances();
    for b in &balances {
        let mut row = LedgerRow::tonnes(Stage::Residual, &b.sector, "", b.left_t - b.right_t);
        row.note = format!("{}: relative {:.3e}", b.balance, b.relative);
        notes.ledger.push(row);
        if b.relative > TOLERANCE {
            notes.findings.push(
                Finding::error(
                    "mass_balance",
                    format!(
                        "sector {}: {} does not hold: {} t against {} t",
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
