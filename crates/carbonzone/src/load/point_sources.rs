//! Known plants: placed on the parcel that holds them before the rest of their budget is shared out.

use super::parcels::ParcelSet;
use super::{Notes, vector_source};
use crate::load_config::Loaded;
use carbonzone_geom::{NearestIndex, PointLocator};
use carbonzone_io::WorkingCrs;
use carbonzone_spatialize::{AllocationRule, PlacedPointSource};
use carbonzone_types::{ExactSum, Finding, LedgerRow, Progress, Stage};

/// Reads the plants and finds their parcels.
pub fn load(
    loaded: &Loaded,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    rules: &[AllocationRule],
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Vec<PlacedPointSource> {
    let Some(config) = &loaded.pipeline.layers.point_sources else { return Vec::new() };
    let mut source = vector_source(loaded, "point_sources", &config.source);
    source.fields = vec![config.id.clone(), config.tonnes.clone(), config.rule.clone()];
    let mut read = Vec::new();
    let record = carbonzone_io::read_points(
        &source,
        crs,
        &mut notes.findings,
        &mut notes.ledger,
        progress,
        &mut |batch| {
            for i in 0..batch.xs.len() {
                let text =
                    |field: &str| batch.table.get(field).and_then(|c| c.text_at(i)).unwrap_or_default();
                let tonnes = batch.table.get(&config.tonnes).and_then(|c| c.number_at(i));
                read.push((text(&config.id), text(&config.rule), tonnes, batch.xs[i], batch.ys[i]));
            }
        },
    );
    notes.records.extend(record);
    read.sort_by(|a, b| a.0.cmp(&b.0).then(a.3.total_cmp(&b.3)).then(a.4.total_cmp(&b.4)));
    let locator = PointLocator::new(&parcels.coverage);
    let all: Vec<u32> = (0..parcels.ids.len() as u32).collect();
    let nearest = NearestIndex::new(&parcels.coverage, &all);
    let file = config.source.path.display().to_string();
    let mut out = Vec::new();
    for (id, rule, tonnes, x, y) in read {
        let problem = |code: &str, message: String| {
            Finding::error(code, message).layer("point_sources").file(file.clone()).feature(id.clone())
        };
        let Some(gross_t) = tonnes.filter(|t| *t >= 0.0 && t.is_finite()) else {
            notes.findings.push(
                problem("negative_or_nan_value", "a plant needs its tonnes ≥ 0".to_owned())
                    .field(&config.tonnes)
                    .value(tonnes.map_or_else(|| "NULL".to_owned(), |t| t.to_string())),
            );
            continue;
        };
        if !rules.iter().any(|r| r.id == rule) {
            notes.findings.push(
                problem("unknown_rule", "no allocation rule of that id".to_owned())
                    .field(&config.rule)
                    .value(rule)
                    .expected(rules.iter().map(|r| r.id.as_str()).collect::<Vec<_>>().join(", ")),
            );
            continue;
        }
        let parcel = locator.locate(x, y).or_else(|| {
            let found = nearest.nearest_within(x, y, config.snap_m);
            if found.is_some() {
                let mut row = LedgerRow::counted(Stage::Snap, "point_sources", 1.0, "plants");
                row.amount_t = Some(gross_t);
                row.note = format!("{id}: moved to the nearest parcel");
                notes.ledger.push(row);
            }
            found.map(|(p, _)| p)
        });
        match parcel {
            Some(parcel) => out.push(PlacedPointSource { id, rule, parcel, gross_t }),
            None => notes.findings.push(
                problem(
                    "plant_outside_parcels",
                    format!("the plant stands in no parcel, nor within {} m of one", config.snap_m),
                )
                .amount_t(gross_t)
                .hint("check its coordinates and CRS, or set layers.point_sources.snap_m"),
            ),
        }
    }
    if !out.is_empty() {
        let total: ExactSum = out.iter().map(|plant| plant.gross_t).collect();
        notes.statements.push(format!(
            "{} known plants with {:.0} t CO2e were placed where they stand, before the rest of their budgets was shared out: {}.",
            out.len(),
            total.value(),
            out.iter().map(|plant| plant.id.as_str()).take(5).collect::<Vec<_>>().join(", ")
                + if out.len() > 5 { ", …" } else { "" },
        ));
    }
    out
}
