//! Townships or counties: geometry, names, population and GDP from joined tables.

mod set;

pub use set::{CountyGdp, JoinRow, MissingCells, ZoneEmissions, ZoneSet};

use super::mass_unit::{self, ColumnUnit};
use super::units::{self, NamedUnit, Quantity};
use super::zone_tables::{self, Joined};
use super::{Notes, Reading, far_off, plausible, vector_source};
use crate::config::{Overlap, ZoneLayer};
use crate::names::clean_labels;
use carbonzone_geom::Coverage;
use carbonzone_io::PolygonLayer;
use carbonzone_sheet::ColumnNumbers;
use carbonzone_types::{
    AttributeTable, Finding, LARGEST_AMOUNT, LedgerRow, Progress, Severity, Stage, is_amount, short_number,
};
use std::collections::BTreeSet;

/// Area of overlap below which two zones only touch, m².
const OVERLAP_M2: f64 = 1.0;

/// Reads the zone layer and joins its tables; with them the counties whose GDP is to be shared out, if any.
pub fn load(reading: Reading<'_>, notes: &mut Notes) -> Option<(ZoneSet, CountyGdp)> {
    load_with_counties(reading, &reading.loaded.pipeline.layers.zones, notes)
}

/// The zone layer of the other studies: no GDP is shared out there.
pub fn load_layer<P>(reading: Reading<'_, P>, config: &ZoneLayer, notes: &mut Notes) -> Option<ZoneSet> {
    let Reading { loaded, .. } = reading;
    if config.downscale().is_some() {
        let finding = Finding::error("gdp_downscale", "GDP is shared out in the study of parcels only")
            .layer("zones")
            .hint("name a field with GDP, or join a table");
        notes.findings.push(loaded.at(finding, &["layers", "zones", "gdp"]));
    }
    load_with_counties(reading, config, notes).map(|(zones, _)| zones)
}

fn load_with_counties<P>(
    reading: Reading<'_, P>,
    config: &ZoneLayer,
    notes: &mut Notes,
) -> Option<(ZoneSet, CountyGdp)> {
    let Reading { loaded, crs, progress } = reading;
    let layer = read_layer(reading, config, notes)?;
    let file = config.source.path.display().to_string();
    let far = far_off::of_layer("zone", &layer.far, |i| layer.ids[i as usize].clone());
    far_off::warn("zones", &file, &far, notes);
    if !far_off::fits_on_earth("zones", &file, layer.far.all, || far, notes) {
        return None;
    }
    let n = layer.ids.len();
    let text = |field: &Option<String>| -> Vec<Option<String>> {
        field.as_ref().and_then(|f| layer.table.texts(f)).unwrap_or_else(|| vec![None; n])
    };
    let mut number = |field: Option<&String>, quantity: Quantity<'_>| match field {
        Some(field) => numbers_of_field(config, &layer, field, quantity, notes),
        None => vec![None; n],
    };
    let population = number(config.population.as_ref(), Quantity::Persons);
    let gdp_unit = config.money();
    let gdp = number(config.gdp_field(), Quantity::Money(&gdp_unit));
    let emissions = emissions_of_field(config, &layer, notes);
    let mut counties =
        CountyGdp { of_zone: text(&config.downscale().map(|d| d.from.clone())), ..CountyGdp::default() };
    let labels = [&config.name, &config.name_en, &config.district, &config.district_en];
    let [zh, names_en, district, district_en] = labels.map(|field| {
        let mut texts = text(field);
        clean_labels(config, field.as_deref(), &mut texts, &mut notes.findings);
        texts
    });
    let names = zh.into_iter().zip(&layer.ids).map(|(n, id)| n.unwrap_or_else(|| id.clone())).collect();
    let mut zones = ZoneSet {
        names,
        names_en,
        district,
        district_en,
        population,
        gdp_unit,
        gdp,
        gdp_derived: vec![false; n],
        emissions,
        ids: layer.ids,
        coverage: layer.coverage,
    };
    let mut missing = MissingCells::new();
    let before = notes.findings.items.len();
    for table in &config.tables {
        zone_tables::join(
            loaded,
            table,
            config.emissions_unit,
            &mut Joined { zones: &mut zones, counties: &mut counties, missing: &mut missing },
            notes,
        );
    }
    check_values(config, &zones, notes);
    // A table that could not be read is told already.
    if notes.findings.items[before..].iter().all(|f| f.severity < Severity::Error) {
        plausible::missing_population(config, &zones, &missing, notes);
    }
    plausible::check_zones(config, &zones, notes);
    report_gaps(config, &zones.coverage, notes, progress);
    carbonzone_io::check_area_scale(&zones.coverage, &zones.ids, crs, &mut notes.findings);
    Some((zones, counties))
}

/// Numbers of a field of the layer: text is read as in tables, a unit in the field's name is heeded.
fn numbers_of_field(
    config: &ZoneLayer,
    layer: &PolygonLayer,
    field: &str,
    quantity: Quantity<'_>,
    notes: &mut Notes,
) -> Vec<Option<f64>> {
    let mut values = plain_numbers(config, layer, field, notes);
    let file = config.source.path.display().to_string();
    let told = |finding: Finding| finding.layer("zones").file(file.clone());
    if let Some((word, factor)) = units::in_label(field, quantity) {
        let unit = NamedUnit { word, factor, place: format!("the field name \"{field}\"") };
        let (factor, finding) = zone_tables::unit_to_use(&unit, None, quantity);
        notes.findings.items.extend(finding.map(|f| told(f.field(field))));
        for value in &mut values {
            *value = value.map(|v| v * factor).filter(|v| !v.is_nan());
        }
    }
    values
}

/// Numbers of a field of the layer as they stand there.
fn plain_numbers(
    config: &ZoneLayer,
    layer: &PolygonLayer,
    field: &str,
    notes: &mut Notes,
) -> Vec<Option<f64>> {
    let Some(column) = layer.table.get(field) else { return vec![None; layer.ids.len()] };
    let mut numbers = ColumnNumbers::new(field);
    let values = numbers.read_column(column, &|row| layer.ids[row].clone());
    let file = config.source.path.display().to_string();
    // What is missing is told with what follows from it.
    let found = numbers.findings().into_iter().filter(|f| f.code != "missing_value");
    notes.findings.items.extend(found.map(|f| f.layer("zones").file(file.clone())));
    values
}

/// Emissions of the zones that stand in the layer.
fn emissions_of_field(config: &ZoneLayer, layer: &PolygonLayer, notes: &mut Notes) -> ZoneEmissions {
    let Some(field) = &config.emissions else { return ZoneEmissions::default() };
    let (unit, finding) = mass_unit::of_field(field, config.emissions_unit, mass_unit::ZONES);
    let file = config.source.path.display().to_string();
    notes.findings.items.extend(finding.map(|f| f.layer("zones").file(file).field(field)));
    let values = plain_numbers(config, layer, field, notes);
    ZoneEmissions {
        values: values.into_iter().map(|v| unit.of(v?)).collect(),
        in_tonnes: matches!(unit, ColumnUnit::Tonnes(_)),
    }
}

/// Zone polygons: unique ids, overlaps resolved or refused.
fn read_layer<P>(reading: Reading<'_, P>, config: &ZoneLayer, notes: &mut Notes) -> Option<PolygonLayer> {
    let Reading { loaded, progress, .. } = reading;
    let mut source = vector_source(loaded, "zones", &config.source);
    source.id = Some(config.id.clone());
    let from = config.downscale().map(|d| &d.from);
    let labels = [&config.name, &config.name_en, &config.district, &config.district_en];
    let amounts = [&config.population, &config.emissions];
    for field in labels.into_iter().chain(amounts).flatten().chain(config.gdp_field()).chain(from) {
        if !source.fields.contains(field) {
            source.fields.push(field.clone());
        }
    }
    let layer = notes.take(loaded.layers.polygons(reading.wanted(&source)))?;
    notes.records.push(layer.record.clone());
    refuse_duplicates(config, &layer, notes);
    Some(resolve_overlaps(config, layer, notes, progress))
}

/// The reader renames a repeated id to `id#2`; for zones that is an error, since tables join on the id.
fn refuse_duplicates(config: &ZoneLayer, layer: &PolygonLayer, notes: &mut Notes) {
    let known: BTreeSet<&str> = layer.ids.iter().map(String::as_str).collect();
    for id in &layer.ids {
        if let Some((stem, number)) = id.rsplit_once('#')
            && number.parse::<u32>().is_ok()
            && known.contains(stem)
        {
            notes.findings.push(
                Finding::error("duplicate_zone_id", "the id occurs more than once")
                    .input("zones", &config.source.path)
                    .field(&config.id)
                    .value(stem)
                    .expected("one feature per zone")
                    .hint("merge the parts into one multipolygon, or name a field that is unique"),
            );
        }
    }
}

fn resolve_overlaps(
    config: &ZoneLayer,
    mut layer: PolygonLayer,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> PolygonLayer {
    progress.begin("zone overlaps", None);
    let pairs: Vec<(u32, u32, f64)> = carbonzone_geom::self_overlaps(&layer.coverage)
        .into_iter()
        .filter(|(_, _, m2)| *m2 > OVERLAP_M2)
        .collect();
    progress.end();
    if pairs.is_empty() {
        return layer;
    }
    let total: f64 = pairs.iter().map(|(_, _, m2)| m2).sum();
    let mut largest: Vec<&(u32, u32, f64)> = pairs.iter().collect();
    largest.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    let list: Vec<String> = largest
        .iter()
        .take(10)
        .map(|(a, b, m2)| format!("{} and {}: {m2:.0} m²", layer.ids[*a as usize], layer.ids[*b as usize]))
        .collect();
    let message = format!("zones overlap by {total:.0} m² in {} pairs: {}", pairs.len(), list.join("; "));
    let mut finding = match config.overlap {
        Overlap::Error => Finding::error("overlapping_zones", message),
        Overlap::First => Finding::warning("overlapping_zones", message),
    };
    finding = finding.input("zones", &config.source.path).count(pairs.len() as u64);
    if config.overlap == Overlap::Error {
        finding = finding
            .expected("zones that do not overlap")
            .hint("overlap = \"first\" gives the ground to the lower id");
        notes.findings.push(finding);
        return layer;
    }
    notes.findings.push(finding);
    let mut row = LedgerRow::counted(Stage::Repair, "zones", pairs.len() as f64, "pairs").m2(total);
    "overlap = first: shared ground goes to the lower id".clone_into(&mut row.note);
    notes.ledger.push(row);
    layer.coverage = carbonzone_io::first_takes_all(&layer.coverage, &pairs);
    layer
}

/// Area of a gap below which it is only the rounding of two borders, m².
const GAP_M2: f64 = 1.0;

/// Ground between the zones that belongs to none of them: holes of their union.
fn report_gaps(config: &ZoneLayer, zones: &Coverage, notes: &mut Notes, progress: &dyn Progress) {
    progress.begin("zone gaps", None);
    let mut gaps: Vec<f64> = Vec::new();
    for (_, shape) in carbonzone_io::dissolve(zones, &vec![0; zones.len()]) {
        let mut union = Coverage::new();
        union.push_multipolygon(&shape);
        gaps.extend(union.rings(0).filter(|r| r.ring > 0).map(|r| ring_m2(r.xs, r.ys)));
    }
    progress.end();
    gaps.retain(|m2| *m2 > GAP_M2);
    gaps.sort_by(|a, b| b.total_cmp(a));
    let total: f64 = gaps.iter().sum();
    if let Some(largest) = gaps.first() {
        let message = format!(
            "{} gaps between the zones: {total:.0} m² in all, the largest {largest:.0} m²",
            gaps.len()
        );
        notes.findings.push(
            Finding::warning("zone_gaps", message)
                .input("zones", &config.source.path)
                .count(gaps.len() as u64)
                .hint("what lies there belongs to no zone and counts as outside; an enclave of another city is no fault"),
        );
    }
}

/// Area of a closed ring, m² (shoelace formula, from its first vertex).
fn ring_m2(xs: &[f64], ys: &[f64]) -> f64 {
    let (Some(x0), Some(y0)) = (xs.first(), ys.first()) else { return 0.0 };
    let twice: f64 = xs
        .windows(2)
        .zip(ys.windows(2))
        .map(|(x, y)| (x[0] - x0) * (y[1] - y0) - (x[1] - x0) * (y[0] - y0))
        .sum();
    twice.abs() / 2.0
}

fn check_values(config: &ZoneLayer, zones: &ZoneSet, notes: &mut Notes) {
    let mut negative = |what: &str, values: &[Option<f64>]| {
        for (i, v) in values.iter().enumerate().filter_map(|(i, v)| v.map(|v| (i, v))) {
            if !is_amount(v) {
                let message = format!("{what} must be a number from 0 to {LARGEST_AMOUNT:e}");
                notes.findings.push(
                    Finding::error("negative_or_nan_value", message)
                        .input("zones", &config.source.path)
                        .feature(zones.ids[i].clone())
                        .field(what)
                        .value(short_number(v)),
                );
            }
        }
    };
    negative("gdp", &zones.gdp);
    negative("population", &zones.population);
    negative("emissions", &zones.emissions.values);
}

/// Box of the zones in the working CRS, `[x0, y0, x1, y1]`; `None` if they cannot be read (which is said elsewhere).
pub fn bounds(reading: Reading<'_>) -> Option<[f64; 4]> {
    let Reading { loaded, .. } = reading;
    let source = vector_source(loaded, "zones", &loaded.pipeline.layers.zones.source);
    loaded.layers.polygons(reading.wanted(&source)).value?.coverage.total_bounds()
}

/// `border = clip`: cuts the parcels that cross the border of the zones. Called while parcels are loaded.
pub fn clip_to_zones(reading: Reading<'_>, parcels: &mut PolygonLayer, notes: &mut Notes) -> Option<()> {
    let Reading { loaded, progress, .. } = reading;
    let mut silent = Notes::default();
    let zones = read_layer(reading, &loaded.pipeline.layers.zones, &mut silent);
    let Some(zones) = zones else {
        notes.findings.extend(silent.findings);
        return None;
    };
    progress.begin("clip parcels to zones", None);
    let before: f64 = parcels.coverage.areas_m2().iter().sum();
    let (coverage, kept) = carbonzone_io::clip_to(&parcels.coverage, &zones.coverage);
    let dropped = parcels.ids.len() - kept.len();
    parcels.ids = kept.iter().map(|&i| parcels.ids[i as usize].clone()).collect();
    parcels.table = AttributeTable::reordered(&parcels.table, &kept);
    parcels.far = carbonzone_geom::far_off(&coverage);
    parcels.coverage = coverage;
    let after: f64 = parcels.coverage.areas_m2().iter().sum();
    progress.end();
    let mut row = LedgerRow::counted(Stage::Drop, "parcels", dropped as f64, "parcels").m2(before - after);
    "border = clip: ground outside the zones is cut off".clone_into(&mut row.note);
    notes.ledger.push(row);
    Some(())
}
