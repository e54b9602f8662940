//! People per parcel: weighted points, polygons or a raster.

use super::border::{StudyArea, book_cut};
use super::parcels::ParcelSet;
use super::shift::{ShiftSample, warn_shift};
use super::zones::ZoneSet;
use super::{Notes, land_of_proxy, vector_source};
use crate::config::{PopulationKind, PopulationLayer};
use crate::load_config::Loaded;
use carbonzone_geom::{Coverage, PointLocator};
use carbonzone_io::WorkingCrs;
use carbonzone_spatialize::ProxyTable;
use carbonzone_spatialize::surrogate::points::{PointCounter, PointTally};
use carbonzone_types::{ExactSum, Finding, InputRecord, LedgerRow, Progress, Stage};

/// Adds the proxy `population` (persons per parcel).
#[expect(clippy::too_many_arguments, reason = "one loader per layer, all of the same shape")]
pub fn load(
    loaded: &Loaded,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    zones: &ZoneSet,
    locator: &PointLocator<'_>,
    border: Option<&StudyArea<'_>>,
    proxies: &mut ProxyTable,
    fields: &mut Vec<(String, String)>,
    notes: &mut Notes,
    progress: &dyn Progress,
) {
    let Some(config) = &loaded.pipeline.layers.population else { return };
    if config.kind != PopulationKind::Zones && config.source.path.as_os_str().is_empty() {
        notes.findings.push(
            Finding::error("population_source", "no file with people is named")
                .layer("population")
                .field("layers.population.source")
                .hint("kind = \"zones\" takes the population of the zone table instead"),
        );
        return;
    }
    let values = match config.kind {
        PopulationKind::Points => points(loaded, config, crs, parcels, locator, border, notes, progress),
        PopulationKind::Polygons => polygons(loaded, config, crs, parcels, notes, progress),
        PopulationKind::Raster => raster(loaded, config, crs, parcels, notes, progress),
        PopulationKind::Zones => of_zones(loaded, parcels, zones, notes, progress),
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

#[expect(clippy::too_many_arguments, reason = "one loader per layer, all of the same shape")]
fn points(
    loaded: &Loaded,
    config: &PopulationLayer,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    locator: &PointLocator<'_>,
    border: Option<&StudyArea<'_>>,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Vec<f64>> {
    if !need_weight(config, notes) {
        return None;
    }
    let land = land_of_proxy(loaded, &["population"]);
    let target = (!land.is_empty()).then(|| parcels.mask(&land));
    let masks: Vec<Vec<bool>> = target.iter().cloned().collect();
    let mut counter = PointCounter::new(&parcels.coverage, locator, target, config.snap_m);
    let (mut bad, mut cut, mut sample) = (0u64, ExactSum::new(), ShiftSample::default());
    let record = each_batch(loaded, config, crs, notes, progress, &mut |xs, ys, people| {
        bad += people.iter().filter(|p| p.is_none()).count() as u64;
        let mut weights: Vec<f64> = people.iter().map(|p| p.unwrap_or(0.0)).collect();
        for ((&x, &y), weight) in xs.iter().zip(ys).zip(&mut weights) {
            if border.is_some_and(|area| !area.holds(x, y)) {
                cut.add(*weight);
                *weight = 0.0;
            } else if !masks.is_empty() && *weight > 0.0 {
                sample.add(x, y, 0);
            }
        }
        counter.add(xs, ys, &weights);
    })?;
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
    book_cut("population", cut, "persons", notes);
    let file = config.source.path.display().to_string();
    if !masks.is_empty() {
        let declared = config.source.crs.as_deref();
        warn_shift("population", &file, declared, &sample, &masks, crs, locator, notes);
    }
    let (values, tally) = counter.finish();
    let land = land.into_iter().collect::<Vec<_>>().join("+");
    report(config, &tally, &land, notes);
    Some(values)
}

/// Takes eastings, northings and people of a batch.
pub type PeopleSink<'a> = dyn FnMut(&[f64], &[f64], &[Option<f64>]) + 'a;

/// Streams the points with their people (the mean of the columns); `None` where a number is not usable.
pub fn each_batch(
    loaded: &Loaded,
    config: &PopulationLayer,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
    sink: &mut PeopleSink<'_>,
) -> Option<InputRecord> {
    let mut source = vector_source(loaded, "population", &config.source);
    source.fields.clone_from(&config.weight);
    let (findings, ledger) = (&mut notes.findings, &mut notes.ledger);
    carbonzone_io::read_points(&source, crs, findings, ledger, progress, &mut |batch| {
        let columns: Vec<_> = config.weight.iter().filter_map(|w| batch.table.get(w)).collect();
        let people: Vec<Option<f64>> = (0..batch.xs.len())
            .map(|i| {
                let values: Option<Vec<f64>> =
                    columns.iter().map(|c| c.number_at(i).filter(|v| *v >= 0.0 && v.is_finite())).collect();
                values.map(|v| v.iter().sum::<f64>() / columns.len() as f64)
            })
            .collect();
        sink(&batch.xs, &batch.ys, &people);
    })
}

/// What became of the people: ledger rows, and findings where much is lost.
fn report(config: &PopulationLayer, tally: &PointTally, land: &str, notes: &mut Notes) {
    let file = config.source.path.display().to_string();
    let (inside, snapped) = (tally.inside.value(), tally.snapped.value());
    let (other, outside) = (tally.other_class.value(), tally.outside.value());
    let total = inside + snapped + other + outside;
    if snapped > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Snap, land, snapped, "persons")
                .note("moved to the nearest parcel of the class"),
        );
    }
    if other + outside > 0.0 {
        notes.ledger.push(LedgerRow::counted(Stage::Drop, land, other + outside, "persons").note(format!(
            "{other:.0} in parcels of another class, {outside:.0} in no parcel; {:.1} % of all people",
            100.0 * (other + outside) / total
        )));
    }
    let beside = (other + outside) / total;
    if total > 0.0 && outside / total <= 0.1 && beside > 0.0 && beside <= 0.2 {
        notes.findings.push(
            Finding::info(
                "people_outside_class",
                format!(
                    "{:.0} people ({:.2} %) live outside {land} and count for nothing; {outside:.0} of them in no parcel",
                    other + outside,
                    100.0 * beside
                ),
            )
            .layer("population")
            .file(file.clone()),
        );
    }
    if total > 0.0 && outside / total <= 0.1 && beside > 0.2 {
        notes.findings.push(
            Finding::warning(
                "people_outside_class",
                format!(
                    "{:.1} % of the people live outside {land} and count for nothing",
                    100.0 * (other + outside) / total
                ),
            )
            .layer("population")
            .file(file.clone())
            .hint(format!(
                "snap_m (now {} m) moves them to the nearest parcel of the class; is the class complete?",
                config.snap_m
            )),
        );
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
}

fn polygons(
    loaded: &Loaded,
    config: &PopulationLayer,
    crs: &WorkingCrs,
    parcels: &ParcelSet,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Vec<f64>> {
    let (coverage, people) = polygon_people(loaded, config, crs, notes, progress)?;
    progress.begin("people to parcels", None);
    let spread = carbonzone_geom::overlap_zones(&coverage, &parcels.coverage).spread(&people);
    progress.end();
    outside_row(spread.outside, notes);
    Some(spread.per_target)
}

/// Polygons with their people.
pub fn polygon_people(
    loaded: &Loaded,
    config: &PopulationLayer,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<(Coverage, Vec<f64>)> {
    if !need_weight(config, notes) {
        return None;
    }
    let mut source = vector_source(loaded, "population", &config.source);
    source.fields.clone_from(&config.weight);
    let layer = carbonzone_io::read_polygons(&source, crs, &mut notes.findings, &mut notes.ledger, progress)?;
    notes.records.push(layer.record.clone());
    let columns: Vec<_> = config.weight.iter().filter_map(|w| layer.table.get(w)).collect();
    let people = (0..layer.ids.len())
        .map(|i| {
            let sum: f64 = columns.iter().map(|c| c.number_at(i).filter(|v| *v >= 0.0).unwrap_or(0.0)).sum();
            sum / columns.len().max(1) as f64
        })
        .collect();
    Some((layer.coverage, people))
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

/// The people of each zone over its parcels of the class, by area: `N_p = Σ_z N_z a(p ∩ z) / Σ_q a(q ∩ z)`.
fn of_zones(
    loaded: &Loaded,
    parcels: &ParcelSet,
    zones: &ZoneSet,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Vec<f64>> {
    let known = zones.population.iter().flatten().count();
    if known == 0 {
        notes.findings.push(
            Finding::error("population_of_zones", "kind = \"zones\", but no zone has a population")
                .layer("population")
                .field("layers.zones.tables.population")
                .expected("a population column of the zone layer or of a joined table"),
        );
        return None;
    }
    let land = land_of_proxy(loaded, &["population"]);
    let mask = if land.is_empty() { vec![true; parcels.ids.len()] } else { parcels.mask(&land) };
    progress.begin("people to parcels", None);
    let by_parcel = carbonzone_geom::overlap_zones(&parcels.coverage, &zones.coverage);
    progress.end();
    let mut land_m2 = vec![ExactSum::new(); zones.ids.len()];
    let members = || (0..mask.len()).filter(|&p| mask[p]);
    for p in members() {
        let (targets, areas) = by_parcel.row(p);
        targets.iter().zip(areas).for_each(|(&z, &m2)| land_m2[z as usize].add(m2));
    }
    let land_m2: Vec<f64> = land_m2.into_iter().map(ExactSum::value).collect();
    let mut people = vec![0.0; mask.len()];
    for p in members() {
        let (targets, areas) = by_parcel.row(p);
        people[p] = targets
            .iter()
            .zip(areas)
            .map(|(&z, &m2)| zones.population[z as usize].unwrap_or(0.0) * m2 / land_m2[z as usize])
            .collect::<ExactSum>()
            .value();
    }
    let homeless: ExactSum =
        (0..land_m2.len()).filter(|&z| land_m2[z] <= 0.0).filter_map(|z| zones.population[z]).collect();
    let land = land.into_iter().collect::<Vec<_>>().join("+");
    if homeless.value() > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, &land, homeless.value(), "persons")
                .note("zones without a parcel of the class"),
        );
    }
    notes.statements.push(format!(
        "People: population of {known} zones, spread evenly over their {} parcels; differences within a zone are those of area, not of people.",
        if land.is_empty() { "own" } else { &land }
    ));
    Some(people)
}

fn outside_row(outside: f64, notes: &mut Notes) {
    if outside > 0.0 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "population", outside, "persons")
                .note("people outside every parcel"),
        );
    }
}
