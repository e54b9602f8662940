//! Known plants: placed on the parcel that holds them before the rest of their budget is shared out.

use super::mass_unit::{self, ColumnUnit};
use super::parcels::ParcelSet;
use super::{Notes, Reading, vector_source};
use crate::config::PointSourceLayer;
use crate::load_config::suggest;
use carbonzone_geom::{NearestIndex, PointLocator};
use carbonzone_spatialize::{AllocationRule, PlacedPointSource};
use carbonzone_types::{
    ExactSum, Finding, LARGEST_AMOUNT, LedgerRow, Severity, Stage, Statement, is_amount, number_of,
    short_number,
};
use std::collections::BTreeSet;

/// A plant as read.
struct Plant {
    id: String,
    rule: String,
    tonnes: Option<f64>,
    x: f64,
    y: f64,
}

/// Reads the plants and finds their parcels.
pub fn load(
    reading: Reading<'_>,
    parcels: &ParcelSet,
    rules: &[AllocationRule],
    notes: &mut Notes,
) -> Vec<PlacedPointSource> {
    let Reading { loaded, .. } = reading;
    let Some(config) = &loaded.pipeline.layers.point_sources else { return Vec::new() };
    let plants = read(reading, config, notes);
    report_repeated(config, &plants, notes);
    let locator = PointLocator::new(&parcels.coverage);
    let all: Vec<u32> = (0..parcels.ids.len() as u32).collect();
    let nearest = NearestIndex::new(&parcels.coverage, &all);
    let mut out = Vec::new();
    for plant in plants {
        let Some(gross_t) = checked_tonnes(config, &plant, rules, notes) else { continue };
        let parcel = locator.locate(plant.x, plant.y).or_else(|| {
            let (parcel, _) = nearest.nearest_within(plant.x, plant.y, config.snap_m)?;
            let mut row = LedgerRow::counted(Stage::Snap, "point_sources", 1.0, "plants");
            row.amount_t = Some(gross_t);
            row.note = format!("{}: moved to the nearest parcel", plant.id);
            notes.ledger.push(row);
            Some(parcel)
        });
        match parcel {
            Some(parcel) => out.push(PlacedPointSource { id: plant.id, rule: plant.rule, parcel, gross_t }),
            None => notes.findings.push(
                problem(
                    config,
                    &plant,
                    "plant_outside_parcels",
                    format!("the plant stands in no parcel, nor within {} m of one", config.snap_m),
                )
                .amount_t(gross_t)
                .hint("check its coordinates and CRS, or set layers.point_sources.snap_m"),
            ),
        }
    }
    notes.statements.extend(statement(&out));
    out
}

/// The plants by their ids.
fn read(reading: Reading<'_>, config: &PointSourceLayer, notes: &mut Notes) -> Vec<Plant> {
    let Reading { loaded, .. } = reading;
    let mut source = vector_source(loaded, "point_sources", &config.source);
    source.fields = vec![config.id.clone(), config.tonnes.clone(), config.rule.clone()];
    source.numbers = vec![config.tonnes.clone()];
    let (unit, finding) = mass_unit::of_field(&config.tonnes, config.unit, mass_unit::PLANTS);
    let file = config.source.path.display().to_string();
    let told = finding.map(|f| f.layer("point_sources").file(file).field(&config.tonnes));
    notes.findings.items.extend(told);
    if unit == ColumnUnit::Unusable {
        return Vec::new();
    }
    let mut plants = Vec::new();
    let wanted = reading.wanted(&source);
    let record = loaded.layers.points(wanted, &mut |batch| {
        let text = |field: &str, i| batch.table.get(field).and_then(|c| c.text_at(i)).unwrap_or_default();
        plants.extend(batch.shares().into_iter().enumerate().map(|(i, share)| Plant {
            id: text(&config.id, i),
            rule: text(&config.rule, i),
            tonnes: batch.table.get(&config.tonnes).and_then(|c| unit.of(c.number_at(i)?)).map(|t| share * t),
            x: batch.xs[i],
            y: batch.ys[i],
        }));
    });
    let record = notes.take(record);
    notes.records.extend(record);
    plants.sort_by(|a, b| a.id.cmp(&b.id).then(a.x.total_cmp(&b.x)).then(a.y.total_cmp(&b.y)));
    plants
}

/// Plants whose id occurs again: an error if the whole row does, a warning if something differs.
fn report_repeated(config: &PointSourceLayer, plants: &[Plant], notes: &mut Notes) {
    for same in plants.chunk_by(|a, b| a.id == b.id).filter(|same| same.len() > 1 && !same[0].id.is_empty()) {
        let [first, others @ ..] = same else { continue };
        let key = |p: &Plant| (p.rule.clone(), p.tonnes.map(f64::to_bits), p.x.to_bits(), p.y.to_bits());
        let known: BTreeSet<_> = same.iter().map(key).collect();
        let count = others.len() as u64;
        let finding = if known.len() < same.len() {
            let message =
                "the plant is listed more than once with the same place, rule and tonnes".to_owned();
            problem(config, first, "repeated_plant", message)
                .hint("delete the row that is there twice: its tonnes would count twice")
        } else {
            let message = format!("{} rows have this id: their tonnes are added", same.len());
            let mut finding = problem(config, first, "repeated_plant", message);
            finding.severity = Severity::Warning;
            finding.hint("if they are the same plant in different years or sources, keep one of them")
        };
        notes.findings.push(finding.field(&config.id).count(count));
    }
}

fn problem(config: &PointSourceLayer, plant: &Plant, code: &str, message: String) -> Finding {
    let file = config.source.path.display().to_string();
    Finding::error(code, message).layer("point_sources").file(file).feature(plant.id.clone())
}

/// The plant's tonnes, if they are usable and its rule exists; else a finding.
fn checked_tonnes(
    config: &PointSourceLayer,
    plant: &Plant,
    rules: &[AllocationRule],
    notes: &mut Notes,
) -> Option<f64> {
    let Some(gross_t) = plant.tonnes.filter(|t| is_amount(*t)) else {
        let message = format!("a plant needs its tonnes, from 0 to {LARGEST_AMOUNT:e}");
        return notes.findings.refuse(
            problem(config, plant, "negative_or_nan_value", message)
                .field(&config.tonnes)
                .value(plant.tonnes.map_or_else(|| "NULL".to_owned(), short_number)),
        );
    };
    let known = || rules.iter().map(|r| r.id.as_str());
    if !known().any(|id| id == plant.rule) {
        let finding = problem(config, plant, "unknown_rule", "no allocation rule of that id".to_owned())
            .field(&config.rule)
            .value(&plant.rule)
            .expected(known().collect::<Vec<_>>().join(", "));
        return notes.findings.refuse(suggest(finding, &plant.rule, known()));
    }
    Some(gross_t)
}

/// What every reader must know of the plants.
fn statement(plants: &[PlacedPointSource]) -> Option<Statement> {
    if plants.is_empty() {
        return None;
    }
    let total: ExactSum = plants.iter().map(|plant| plant.gross_t).collect();
    let (n, t) = (plants.len(), total.value());
    let ids: Vec<&str> = plants.iter().map(|plant| plant.id.as_str()).take(5).collect();
    let ids = ids.join(", ") + if n > 5 { ", …" } else { "" };
    let known = number_of(n, "known plant was", "known plants were");
    Some(Statement::new(
        format!(
            "{known} placed where they stand with {t:.0} t CO2e, before the rest of the budget was shared out: {ids}."
        ),
        format!("{n} 个已知点源（{t:.0} t CO2e）按实际位置落位，其余预算再行分配：{ids}。"),
    ))
}
