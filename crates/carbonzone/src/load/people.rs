//! People per parcel: weighted points, polygons or a raster.

use super::parcels::ParcelSet;
use super::{Notes, land_of_proxy, vector_source};
use crate::config::{PopulationKind, PopulationLayer};
use crate::load_config::Loaded;
use carbonzone_geom::PointLocator;
use carbonzone_io::WorkingCrs;
use carbonzone_spatialize::ProxyTable;
use carbonzone_spatialize::surrogate::points::PointCounter;
use carbonzone_types::{Finding, LedgerRow, Progress, Stage};

/// Adds the proxy `population` (persons per parcel).
#[expect(clippy::too_many_arguments, reason = "one loader per layer, all of the same shape")]
pub fn load(
    loaded: &Loaded,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    locator: &PointLocator<'_>,
    proxies: &mut ProxyTable,
    fields: &mut Vec<(String, String)>,
    notes: &mut Notes,
    progress: &dyn Progress,
) {
    let Some(config) = &loaded.pipeline.layers.population else { return };
    let values = match config.kind {
        PopulationKind::Points => points(loaded, config, crs, parcels, locator, notes, progress),
        PopulationKind::Polygons => polygons(loaded, config, crs, parcels, notes, progress),
        PopulationKind::Raster => raster(loaded, config, crs, parcels, notes, progress),
    };
    if let Some(values) = values {
        proxies.insert("population", "persons", values);
        fields.push(("people".to_owned(), "population".to_owned()));
    }
}

fn need_weight(config: &PopulationLayer, notes: &mut Notes) -> bool {
    if config.weight.is_empty() {
        notes.findings.push(
            Finding::error("population_weight", "no column with people is named")
                .layer("population")
                .file(config.source.path.display().to_string())
                .field("layers.population.weight")
                .expected("one or more column names"),
        );
    }
    !config.weight.is_empty()
}

fn points(
    loaded: &Loaded,
    config: &PopulationLayer,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    locator: &PointLocator<'_>,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Vec<f64>> {
    if !need_weight(config, notes) {
        return None;
    }
    let mut source = vector_source(loaded, "population", &config.source);
    source.fields.clone_from(&config.weight);
    let land = land_of_proxy(loaded, &["population"]);
    let target = (!land.is_empty()).then(|| parcels.mask(&land));
    let mut counter = PointCounter::new(&parcels.coverage, locator, target, config.snap_m);
    let mut bad = 0u64;
    let record = carbonzone_io::read_points(
        &source,
        crs,
        &mut notes.findings,
        &mut notes.ledger,
        progress,
        &mut |batch| {
            let columns: Vec<_> = config.weight.iter().filter_map(|w| batch.table.get(w)).collect();
            let weights: Vec<f64> = (0..batch.xs.len())
                .map(|i| {
                    let values: Vec<Option<f64>> = columns.iter().map(|c| c.number_at(i)).collect();
                    let usable = values.iter().all(|v| v.is_some_and(|v| v >= 0.0 && v.is_finite()));
                    bad += u64::from(!usable);
                    if usable { values.iter().flatten().sum::<f64>() / columns.len() as f64 } else { 0.0 }
                })
                .collect();
            counter.add(&batch.xs, &batch.ys, &weights);
        },
    )?;
    notes.records.push(record);
    if bad > 0 {
        notes.findings.push(
            Finding::warning("bad_population", "points without a usable number of people count for nothing")
                .layer("population")
                .file(config.source.path.display().to_string())
                .field(config.weight.join(", "))
                .expected("numbers ≥ 0")
                .count(bad),
        );
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "population", bad as f64, "points")
                .note("no usable number of people"),
        );
    }
    let (values, tally) = counter.finish();
    let (inside, snapped) = (tally.inside.value(), tally.snapped.value());
    let (other, outside) = (tally.other_class.value(), tally.outside.value());
    let total = inside + snapped + other + outside;
    let land = land.into_iter().collect::<Vec<_>>().join("+");
    if snapped > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Snap, &land, snapped, "persons")
                .note("moved to the nearest parcel of the class"),
        );
    }
    if other + outside > 0.0 {
        notes.ledger.push(LedgerRow::counted(Stage::Drop, &land, other + outside, "persons").note(format!(
            "{other:.0} in parcels of another class, {outside:.0} in no parcel; {:.1} % of all people",
            100.0 * (other + outside) / total
        )));
    }
    if total > 0.0 && outside / total > 0.1 {
        notes.findings.push(
            Finding::warning(
                "people_outside_parcels",
                format!("{:.1} % of the people are in no parcel", 100.0 * outside / total),
            )
            .layer("population")
            .file(config.source.path.display().to_string())
            .hint("is the CRS right? Set snap_m to move them to the nearest residential parcel"),
        );
    }
    Some(values)
}

fn polygons(
    loaded: &Loaded,
    config: &PopulationLayer,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Vec<f64>> {
    if !need_weight(config, notes) {
        return None;
    }
    let mut source = vector_source(loaded, "population", &config.source);
    source.fields.clone_from(&config.weight);
    let layer = carbonzone_io::read_polygons(&source, crs, &mut notes.findings, &mut notes.ledger, progress)?;
    notes.records.push(layer.record.clone());
    let columns: Vec<_> = config.weight.iter().filter_map(|w| layer.table.get(w)).collect();
    let people: Vec<f64> = (0..layer.ids.len())
        .map(|i| {
            let sum: f64 = columns.iter().map(|c| c.number_at(i).filter(|v| *v >= 0.0).unwrap_or(0.0)).sum();
            sum / columns.len().max(1) as f64
        })
        .collect();
    progress.begin("people to parcels", None);
    let spread = carbonzone_geom::overlap_zones(&layer.coverage, &parcels.coverage).spread(&people);
    progress.end();
    outside_row(spread.outside, notes);
    Some(spread.per_target)
}

fn raster(
    loaded: &Loaded,
    config: &PopulationLayer,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Vec<f64>> {
    let source = vector_source(loaded, "population", &config.source);
    let zonal = carbonzone_io::zonal_sums(&source, &parcels.coverage, crs, &mut notes.findings, progress)?;
    notes.records.push(zonal.record);
    outside_row(zonal.outside, notes);
    Some(zonal.sums)
}

fn outside_row(outside: f64, notes: &mut Notes) {
    if outside > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "population", outside, "persons")
                .note("people outside every parcel"),
        );
    }
}
