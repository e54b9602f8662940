//! People per parcel: weighted points, polygons or a raster.

use super::border::book_cut;
use super::parcels::ParcelSet;
use super::people_density::{persons_per_unit, refuse_density, refuse_unit_of_points};
use super::people_numbers::{self, warn_against_zones, warn_density, warn_unknown};
use super::people_repeats;
use super::per_zone::{InZones, OverLand, ZoneWeights, over_land, wants_people};
use super::shift::{PointsOf, warn_shift};
use super::zones::ZoneSet;
use super::{Ground, Notes, Proxies, Reading, land_of_proxy, vector_source};
use crate::config::{PopulationKind, PopulationLayer, PopulationUnit};
use crate::load_config::Loaded;
use crate::proxy_use::ProxyUse;
use carbonzone_sheet::Unusable;
use carbonzone_spatialize::groups::sums_of;
use carbonzone_spatialize::surrogate::people::{PeoplePoints, RepeatedPeople};
use carbonzone_spatialize::surrogate::points::{PointCounter, PointTally};
use carbonzone_spatialize::surrogate::sample::PointSample;
use carbonzone_types::{ColumnData, ExactSum, Finding, LedgerRow, Severity, Stage, Statement, number_of};
use std::collections::BTreeSet;

/// People per parcel; per zone too, if GDP is shared out by them.
struct People {
    per_parcel: Vec<f64>,
    per_zone: Option<Vec<f64>>,
}

/// Adds the proxy `population` (persons per parcel).
pub fn load(ground: &Ground<'_>, proxies: &mut Proxies, weights: &mut ZoneWeights, notes: &mut Notes) {
    let Some(config) = &ground.reading.loaded.pipeline.layers.population else { return };
    if config.kind != PopulationKind::Zones && config.source.path.as_os_str().is_empty() {
        notes.findings.push(
            Finding::error("population_source", "no file with people is named")
                .layer("population")
                .field("layers.population.source")
                .hint("kind = \"zones\" takes the population of the zone table instead"),
        );
        return;
    }
    if refuse_unit_of_points(config, notes) {
        return;
    }
    let people = match config.kind {
        PopulationKind::Points => points(ground, config, notes),
        PopulationKind::Polygons => polygons(ground, config, notes),
        PopulationKind::Raster => raster(ground, config, notes),
        PopulationKind::Zones => {
            of_zones(ground, notes).map(|per_parcel| People { per_parcel, per_zone: None })
        }
    };
    if let Some(people) = people {
        proxies.insert_shown("people", "population", "persons", people.per_parcel);
        weights.people = people.per_zone;
    }
}

fn need_weight(config: &PopulationLayer, notes: &mut Notes) -> bool {
    if config.weight.is_empty() {
        notes.findings.push(
            Finding::error("population_weight", "no column with people is named")
                .input("population", &config.source.path)
                .field("layers.population.weight")
                .expected("one or more column names"),
        );
    }
    !config.weight.is_empty()
}

/// The columns with people, each with the persons that one unit of it is.
fn with_factors<'a>(
    config: &PopulationLayer,
    factors: &[f64],
    column: impl Fn(&str) -> Option<&'a ColumnData>,
) -> Vec<(&'a ColumnData, f64)> {
    config.weight.iter().zip(factors).filter_map(|(w, factor)| Some((column(w)?, *factor))).collect()
}

fn points(ground: &Ground<'_>, config: &PopulationLayer, notes: &mut Notes) -> Option<People> {
    let factors = need_weight(config, notes).then(|| persons_per_unit(config, notes)).flatten()?;
    let Ground { reading: Reading { loaded, crs, .. }, parcels, locator, .. } = *ground;
    let land = land_of_proxy(loaded, parcels, &["population"]);
    let target = (!land.is_empty()).then(|| parcels.mask(&land));
    let masks: Vec<Vec<bool>> = target.iter().cloned().collect();
    let mut counter = PointCounter::new(&parcels.coverage, locator, target, config.snap_m);
    let mut per_zone = wants_people(ground.reading.loaded).then(|| InZones::new(ground.zones, 1));
    let (mut bad, mut cut, mut sample) = (Unusable::default(), ExactSum::new(), PointSample::default());
    let mut rows = PeoplePoints::default();
    let mut source = vector_source(loaded, "population", &config.source);
    source.fields.clone_from(&config.weight);
    source.numbers.clone_from(&config.weight);
    let wanted = ground.reading.wanted(&source);
    let record = loaded.layers.points(wanted, &mut |batch| {
        let columns = with_factors(config, &factors, |w| batch.table.get(w));
        let mut weights = bad.means(&columns, (&batch.xs, &batch.ys), &batch.shares());
        rows.add(&batch.xs, &batch.ys, &weights);
        if let Some(zones) = &mut per_zone {
            zones.add(0, &batch.xs, &batch.ys, &weights);
        }
        if let Some(area) = ground.border {
            let placed = batch.xs.iter().zip(&batch.ys).zip(&mut weights);
            for (_, weight) in placed.filter(|((x, y), _)| !area.holds(**x, **y)) {
                cut.add(*weight);
                *weight = 0.0;
            }
        }
        if !masks.is_empty() {
            sample.add_weighted(&batch.xs, &batch.ys, &weights, 0);
        }
        counter.add(&batch.xs, &batch.ys, &weights);
    });
    let record = notes.take(record)?;
    notes.records.push(record);
    people_numbers::report(&bad, config, "points", notes);
    people_repeats::report(&RepeatedPeople::of_points(&rows), config, "points", notes);
    drop(rows);
    book_cut("population", cut, "persons", notes);
    let file = config.source.path.display().to_string();
    let source = PointsOf { role: "population", file: &file, declared: config.source.crs.as_deref() };
    warn_shift(source, &sample, &masks, crs, locator, notes);
    let (per_parcel, tally) = counter.finish();
    let beside = beside(parcels, &per_parcel, &land);
    let land = land.into_iter().collect::<Vec<_>>().join("+");
    report(config, &tally, (&land, &beside), notes);
    notes.proxy_use.insert("population".to_owned(), ProxyUse::of_points(&tally));
    Some(People { per_parcel, per_zone: per_zone.and_then(|zones| zones.finish().next()) })
}

/// Classes of land named where people live beside the land of their rule.
const CLASSES_TOLD: usize = 3;

/// The classes with the most of what is beside the land of a rule, with their numbers; empty if there is none.
fn beside(parcels: &ParcelSet, per_parcel: &[f64], land: &BTreeSet<String>) -> String {
    if land.is_empty() {
        return String::new();
    }
    let sums = sums_of(&parcels.space_type, parcels.space_types.len(), per_parcel);
    let named = parcels.space_types.iter().zip(sums).filter(|(class, _)| !land.contains(*class));
    let mut found: Vec<(&String, f64)> =
        named.map(|(class, sum)| (class, sum.value())).filter(|(_, n)| *n >= 0.5).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let list = found.iter().take(CLASSES_TOLD).map(|(class, n)| format!("{n:.0} in {class}"));
    list.collect::<Vec<_>>().join(", ")
}

/// What became of the people: ledger rows, and findings where much is lost.
fn report(config: &PopulationLayer, tally: &PointTally, (land, beside): (&str, &str), notes: &mut Notes) {
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
    let listed = if beside.is_empty() { String::new() } else { format!(": {beside}") };
    let beside = (other + outside) / total;
    if total > 0.0 && outside / total <= 0.1 && beside > 0.0 && beside <= 0.2 {
        let message = format!(
            "{:.0} people ({:.2} %) live outside {land} and count for nothing; {outside:.0} of them in no parcel{listed}",
            other + outside,
            100.0 * beside
        );
        notes
            .findings
            .push(Finding::info("people_outside_class", message).layer("population").file(file.clone()));
    }
    if total > 0.0 && outside / total <= 0.1 && beside > 0.2 {
        let message = format!(
            "{:.1} % of the people live outside {land} and count for nothing{listed}",
            100.0 * (other + outside) / total
        );
        notes.findings.push(
            Finding::warning("people_outside_class", message)
                .layer("population")
                .file(file.clone())
                .hint(format!(
                    "homes stand there? Let the `land` of the rule with \"population\" name these classes too; snap_m (now {} m) moves people to the nearest parcel of the class",
                    config.snap_m
                )),
        );
    }
    if total > 0.0 && outside / total > 0.1 {
        let message = format!("{:.1} % of the people are in no parcel", 100.0 * outside / total);
        notes.findings.push(
            Finding::warning("people_outside_parcels", message)
                .input("population", &config.source.path)
                .hint("is the CRS right? Set snap_m to move them to the nearest residential parcel"),
        );
    }
}

/// Polygons with their people, spread evenly over each.
fn polygons(ground: &Ground<'_>, config: &PopulationLayer, notes: &mut Notes) -> Option<People> {
    let factors = need_weight(config, notes).then(|| persons_per_unit(config, notes)).flatten()?;
    let Ground { reading: Reading { loaded, progress, .. }, .. } = *ground;
    let mut source = vector_source(loaded, "population", &config.source);
    source.fields.clone_from(&config.weight);
    let layer = notes.take(loaded.layers.polygons(ground.reading.wanted(&source)))?;
    notes.records.push(layer.record.clone());
    let columns = with_factors(config, &factors, |w| layer.table.get(w));
    let mut bad = Unusable::default();
    let km2: Option<Vec<f64>> = config
        .unit
        .and_then(PopulationUnit::per_km2)
        .map(|per| layer.coverage.areas_m2().iter().map(|m2| m2 / 1e6 / per).collect());
    let people: Vec<f64> = (0..layer.ids.len())
        .map(|i| {
            let number = bad.mean_of(&columns, i, middle(&layer.coverage, i)).unwrap_or(0.0);
            km2.as_ref().map_or(number, |km2| number * km2[i])
        })
        .collect();
    people_numbers::report(&bad, config, "polygons", notes);
    let repeated = RepeatedPeople::of_polygons(&layer.coverage, &people);
    people_repeats::report(&repeated, config, "polygons", notes);
    progress.begin("people to parcels", None);
    let mut on_parcels = carbonzone_geom::overlap_zones(&layer.coverage, &ground.parcels.coverage);
    let shared_m2 = carbonzone_io::share_common_ground(
        &mut on_parcels,
        &layer.coverage,
        &ground.parcels.coverage,
        ground.overlaps,
    );
    let spread = on_parcels.spread(&people);
    let over = |target| carbonzone_geom::overlap_zones(&layer.coverage, target).spread(&people);
    let per_zone = wants_people(ground.reading.loaded).then(|| over(&ground.zones.coverage).per_target);
    tell_shared(config, 0.0, Some(shared_m2), notes);
    progress.end();
    outside_row(spread.outside, notes);
    note_use(ground, &spread.per_target, spread.outside, notes);
    warn_against_zones(config, spread.per_target.iter().sum(), ground.zones, notes);
    Some(People { per_parcel: spread.per_target, per_zone })
}

/// Notes what became of people that were spread over parcels.
fn note_use(ground: &Ground<'_>, per_parcel: &[f64], outside: f64, notes: &mut Notes) {
    let land = land_of_proxy(ground.reading.loaded, ground.parcels, &["population"]);
    let mask = if land.is_empty() { Vec::new() } else { ground.parcels.mask(&land) };
    notes.proxy_use.insert("population".to_owned(), ProxyUse::spread(per_parcel, &mask, outside));
}

/// Middle of the box of a polygon.
fn middle(coverage: &carbonzone_geom::Coverage, i: usize) -> [f64; 2] {
    coverage
        .bounds(i)
        .map_or([f64::NAN; 2], |[x0, y0, x1, y1]| [f64::midpoint(x0, x1), f64::midpoint(y0, y1)])
}

/// Says how many people, or the people of how much ground, lie under several parcels.
fn tell_shared(config: &PopulationLayer, persons: f64, m2: Option<f64>, notes: &mut Notes) {
    let how_much = match m2 {
        Some(m2) if m2 > 0.0 => format!("{m2:.1} m² of the ground with people"),
        None if persons > 0.0 => format!("{persons:.1} people"),
        _ => return,
    };
    let row = LedgerRow::counted(Stage::Repair, "population", persons, "persons");
    let row = m2.into_iter().fold(row, LedgerRow::m2);
    notes.ledger.push(row.note("under several parcels that overlap: shared between them, counted once"));
    let words = "lie under several parcels that overlap: they are shared between them, counted once";
    notes.findings.push(
        Finding::info("people_over_overlaps", format!("{how_much} {words}"))
            .input("population", &config.source.path),
    );
}

fn raster(ground: &Ground<'_>, config: &PopulationLayer, notes: &mut Notes) -> Option<People> {
    let Ground { reading: Reading { loaded, .. }, .. } = *ground;
    let mut source = vector_source(loaded, "population", &config.source);
    source.per_km2 = config.unit.and_then(PopulationUnit::per_km2);
    let parcels = &ground.parcels.coverage;
    let wanted = ground.reading.wanted(&source);
    let mut zonal = notes.take(loaded.layers.sums(wanted, parcels))?;
    notes.records.push(zonal.record.clone());
    if refuse_density(config, zonal.per_area.as_deref(), notes) {
        return None;
    }
    let too_often = carbonzone_io::share_common_sums(&mut zonal.sums, parcels, ground.overlaps, |common| {
        // What is wrong with the raster has just been said.
        Some(loaded.layers.sums(wanted, common).value?.sums)
    })?;
    tell_shared(config, too_often, None, notes);
    outside_row(zonal.outside + too_often, notes);
    note_use(ground, &zonal.sums, zonal.outside + too_often, notes);
    warn_unknown(
        config,
        &land_of_proxy(loaded, ground.parcels, &["population"]),
        ground.parcels,
        &zonal.known,
        notes,
    );
    warn_against_zones(config, zonal.sums.iter().sum(), ground.zones, notes);
    let m2 = parcels.areas_m2().into_iter().collect::<ExactSum>().value();
    warn_density(config, zonal.densest.as_ref(), (zonal.sums.iter().sum(), m2), notes);
    let mut per_zone = None;
    if wants_people(ground.reading.loaded) {
        // What is wrong with the raster has just been said.
        per_zone = Some(loaded.layers.sums(wanted, &ground.zones.coverage).value?.sums);
    }
    Some(People { per_parcel: zonal.sums, per_zone })
}

/// The people of each zone over its parcels of the class, by area: `N_p = Σ_z N_z a(p ∩ z) / Σ_q a(q ∩ z)`.
fn of_zones(ground: &Ground<'_>, notes: &mut Notes) -> Option<Vec<f64>> {
    let Ground { reading: Reading { loaded, progress, .. }, parcels, zones, .. } = *ground;
    let known = zones.population.iter().flatten().count();
    // A zone table that could not be read is told already.
    let told = |f: &Finding| f.severity >= Severity::Error && f.layer.as_deref() == Some("zones");
    if known == 0 && notes.findings.items.iter().any(told) {
        return None;
    }
    if known == 0 {
        return notes.findings.refuse(
            Finding::error("population_of_zones", "kind = \"zones\", but no zone has a population")
                .layer("population")
                .field("layers.zones.tables.population")
                .expected("a population column of the zone layer or of a joined table"),
        );
    }
    let land = land_of_proxy(loaded, parcels, &["population"]);
    let mask = if land.is_empty() { vec![true; parcels.ids.len()] } else { parcels.mask(&land) };
    progress.begin("people to parcels", None);
    let OverLand { per_parcel: people, land_m2, .. } = over_land(ground, &mask, &zones.population);
    progress.end();
    let land = land.into_iter().collect::<Vec<_>>().join("+");
    refuse_unknown_zones(loaded, zones, &land_m2, &land, notes)?;
    let homeless = tell_homeless(zones, &land_m2, &land, notes);
    note_use(ground, &people, homeless, notes);
    let of = if land.is_empty() { "own" } else { &land };
    notes.statements.push(Statement::new(
        format!(
            "People: population of {known} zones, spread evenly over their {of} parcels; differences within a zone are those of area, not of people."
        ),
        format!("人口：{known} 个单元的人口在其{}地块上均匀分布；单元内部的差异只反映面积，不反映人口。",
            if land.is_empty() { String::new() } else { format!(" {land} ") }),
    ));
    Some(people)
}

/// A zone with parcels to place people on, but without a population: unknown is not zero.
fn refuse_unknown_zones(
    loaded: &Loaded,
    zones: &ZoneSet,
    land_m2: &[f64],
    land: &str,
    notes: &mut Notes,
) -> Option<()> {
    let unknown: Vec<usize> =
        (0..land_m2.len()).filter(|&z| land_m2[z] > 0.0 && zones.population[z].is_none()).collect();
    if unknown.is_empty() {
        return Some(());
    }
    let rules: Vec<&str> = loaded
        .pipeline
        .allocate
        .iter()
        .filter(|rule| rule.proxies.iter().any(|p| p == "population"))
        .map(|rule| rule.id.as_str())
        .collect();
    let (own, all): (ExactSum, ExactSum) =
        (unknown.iter().map(|&z| land_m2[z]).collect(), land_m2.iter().copied().collect());
    let message = format!(
        "{} without a population, with {:.1} % of the {} ground: {} could place nothing there, and too much elsewhere",
        number_of(unknown.len(), "zone is", "zones are"),
        100.0 * own.value() / all.value(),
        if land.is_empty() { "parcels'" } else { land },
        rules.iter().map(|r| format!("rule \"{r}\"")).collect::<Vec<_>>().join(", "),
    );
    notes.findings.refuse(
        Finding::error("zone_without_population", message)
            .input("population", &loaded.pipeline.layers.zones.source.path)
            .feature(unknown.iter().take(20).map(|&z| format!("{} ({})", zones.ids[z], zones.names[z])).collect::<Vec<_>>().join(", "))
            .field("population")
            .value("(missing)")
            .expected("a number of persons for every zone; 0 where nobody lives")
            .count(unknown.len() as u64)
            .hint("fill the cell (a number too wide for a DBF column is written as *****), or take people from points, polygons or a raster"),
    )
}

/// People of zones that have no parcel to be placed on; gives their number.
fn tell_homeless(zones: &ZoneSet, land_m2: &[f64], land: &str, notes: &mut Notes) -> f64 {
    let without: Vec<usize> = (0..land_m2.len())
        .filter(|&z| land_m2[z] <= 0.0 && zones.population[z].unwrap_or(0.0) > 0.0)
        .collect();
    let homeless: ExactSum = without.iter().filter_map(|&z| zones.population[z]).collect();
    if without.is_empty() {
        return 0.0;
    }
    notes.ledger.push(
        LedgerRow::counted(Stage::Drop, land, homeless.value(), "persons")
            .note("zones without a parcel of the class"),
    );
    let all = zones.population.iter().flatten().copied().collect::<ExactSum>().value();
    let message = format!(
        "{:.0} people live in zones without a {land} parcel and count for nothing ({:.1} % of all)",
        homeless.value(),
        100.0 * homeless.value() / all
    );
    notes.findings.push(
        Finding::warning("people_outside_class", message)
            .layer("population")
            .feature(without.iter().take(20).map(|&z| zones.ids[z].as_str()).collect::<Vec<_>>().join(", "))
            .count(without.len() as u64)
            .hint("the tonnes of their homes go to the other zones: let the `land` of the rule with \"population\" name the land they live on"),
    );
    homeless.value()
}

fn outside_row(outside: f64, notes: &mut Notes) {
    if outside > 1e-9 {
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "population", outside, "persons")
                .note("people outside every parcel"),
        );
    }
}
