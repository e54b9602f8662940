//! Townships or counties: geometry, names, population and GDP from joined tables.

use super::gdp::CountyGdp;
use super::{Notes, missing_file, vector_source};
use crate::config::{Overlap, TableKey, ZoneLayer, ZoneTable};
use crate::load_config::Loaded;
use crate::names::clean_labels;
use carbonzone_geom::Coverage;
use carbonzone_io::{PolygonLayer, WorkingCrs};
use carbonzone_sheet::{ColumnSpec, ReadOptions, SheetError, label_key, nearest, read_table};
use carbonzone_types::{AttributeTable, Finding, InputRecord, LedgerRow, Progress, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// Area of overlap below which two zones only touch, m².
const OVERLAP_M2: f64 = 1.0;

/// Zones in canonical order; all vectors have one entry per zone.
pub struct ZoneSet {
    /// Geometry in the working CRS.
    pub coverage: Coverage,
    /// Unique ids.
    pub ids: Vec<String>,
    /// Names.
    pub names: Vec<String>,
    /// English names, where given.
    pub names_en: Vec<Option<String>>,
    /// District.
    pub district: Vec<Option<String>>,
    /// Persons.
    pub population: Vec<Option<f64>>,
    /// GDP in 1e4 CNY.
    pub gdp_1e4cny: Vec<Option<f64>>,
    /// GDP is derived, not statistics.
    pub gdp_derived: Vec<bool>,
}

/// Reads the zone layer and joins its tables; with them the counties whose GDP is to be shared out, if any.
pub fn load(
    loaded: &Loaded,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<(ZoneSet, CountyGdp)> {
    load_with_counties(loaded, &loaded.pipeline.layers.zones, crs, notes, progress)
}

/// The zone layer of the other studies: no GDP is shared out there.
pub fn load_layer<P>(
    loaded: &Loaded<P>,
    config: &ZoneLayer,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<ZoneSet> {
    if config.downscale().is_some() {
        let finding = Finding::error("gdp_downscale", "GDP is shared out in the study of parcels only")
            .layer("zones")
            .hint("name a field with GDP, or join a table");
        notes.findings.push(loaded.at(finding, &["layers", "zones", "gdp"]));
    }
    load_with_counties(loaded, config, crs, notes, progress).map(|(zones, _)| zones)
}

fn load_with_counties<P>(
    loaded: &Loaded<P>,
    config: &ZoneLayer,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<(ZoneSet, CountyGdp)> {
    let layer = read_layer(loaded, config, crs, notes, progress)?;
    let n = layer.ids.len();
    let text = |field: &Option<String>| -> Vec<Option<String>> {
        field.as_ref().and_then(|f| layer.table.texts(f)).unwrap_or_else(|| vec![None; n])
    };
    let number = |field: &Option<String>| -> Vec<Option<f64>> {
        let column = field.as_ref().and_then(|f| layer.table.get(f));
        (0..n).map(|i| column.and_then(|c| c.number_at(i))).collect()
    };
    let mut counties =
        CountyGdp { of_zone: text(&config.downscale().map(|d| d.from.clone())), ..CountyGdp::default() };
    let [zh, names_en, district] = [&config.name, &config.name_en, &config.district].map(|field| {
        let mut texts = text(field);
        clean_labels(config, field.as_deref(), &mut texts, &mut notes.findings);
        texts
    });
    let names = zh.into_iter().zip(&layer.ids).map(|(n, id)| n.unwrap_or_else(|| id.clone())).collect();
    let mut zones = ZoneSet {
        names,
        names_en,
        district,
        population: number(&config.population),
        gdp_1e4cny: number(&config.gdp_field().cloned()),
        gdp_derived: vec![false; n],
        ids: layer.ids,
        coverage: layer.coverage,
    };
    for table in &config.tables {
        join(loaded, table, &mut zones, &mut counties, notes);
    }
    check_values(config, &zones, notes);
    report_gaps(config, &zones.coverage, notes, progress);
    Some((zones, counties))
}

/// Zone polygons: unique ids, overlaps resolved or refused.
fn read_layer<P>(
    loaded: &Loaded<P>,
    config: &ZoneLayer,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<PolygonLayer> {
    let mut source = vector_source(loaded, "zones", &config.source);
    source.id = Some(config.id.clone());
    let from = config.downscale().map(|d| &d.from);
    let labels = [&config.name, &config.name_en, &config.district, &config.population];
    for field in labels.into_iter().flatten().chain(config.gdp_field()).chain(from) {
        if !source.fields.contains(field) {
            source.fields.push(field.clone());
        }
    }
    let layer = carbonzone_io::read_polygons(&source, crs, &mut notes.findings, &mut notes.ledger, progress)?;
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
                    .layer("zones")
                    .file(config.source.path.display().to_string())
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
    let list: Vec<String> = pairs
        .iter()
        .take(10)
        .map(|(a, b, m2)| format!("{} and {}: {m2:.0} m²", layer.ids[*a as usize], layer.ids[*b as usize]))
        .collect();
    let message = format!("zones overlap by {total:.0} m² in {} pairs: {}", pairs.len(), list.join("; "));
    let mut finding = match config.overlap {
        Overlap::Error => Finding::error("overlapping_zones", message),
        Overlap::First => Finding::warning("overlapping_zones", message),
    };
    finding = finding.layer("zones").file(config.source.path.display().to_string()).count(pairs.len() as u64);
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
        notes.findings.push(
            Finding::warning(
                "zone_gaps",
                format!("{} gaps between the zones: {total:.0} m² in all, the largest {largest:.0} m²", gaps.len()),
            )
            .layer("zones")
            .file(config.source.path.display().to_string())
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

/// One table joined to the zones; what does not match is listed, both ways.
fn join<P>(
    loaded: &Loaded<P>,
    table: &ZoneTable,
    zones: &mut ZoneSet,
    counties: &mut CountyGdp,
    notes: &mut Notes,
) {
    let shown = table.path.display().to_string();
    let path = loaded.resolve(&table.path);
    if !path.exists() {
        notes.findings.push(missing_file("zones", &shown, &path));
        return;
    }
    let mut rows_read = 0;
    check_units(table, &shown, notes);
    match read_rows(&path, table) {
        Ok(mut rows) => {
            rows_read = rows.len() as u64;
            leave_out(table, &shown, &mut rows, notes);
            if table.on == TableKey::County {
                counties.add(table, &shown, rows, notes);
            } else {
                apply(table, &shown, &rows, zones, notes);
            }
        }
        Err(errors) => {
            for e in errors {
                notes.findings.push(e.to_finding().layer("zones").file(shown.clone()));
            }
        }
    }
    if let Ok(record) = carbonzone_io::file_record("zone_table", &path, &shown) {
        notes.records.push(InputRecord { features: rows_read, ..record });
    }
}

/// A header that names another unit than the one configured.
fn check_units(table: &ZoneTable, shown: &str, notes: &mut Notes) {
    let columns = [
        (&table.population, table.population_unit_persons, "万人", "population_unit_persons", "persons"),
        (&table.gdp, table.gdp_unit_1e4cny, "亿", "gdp_unit_1e4cny", "万元 (1e4 CNY)"),
    ];
    for (column, unit, word, key, read_as) in columns {
        if let Some(column) = column.as_ref().filter(|c| c.contains(word) && unit == 1.0) {
            notes.findings.push(
                Finding::warning("unit_suspect", format!("the column says {word}, but is read as {read_as}"))
                    .layer("zones")
                    .file(shown)
                    .field(column)
                    .hint(format!("{key} = 10000")),
            );
        }
    }
}

/// Rows that are declared to be no zone, e.g. a total.
fn leave_out(table: &ZoneTable, shown: &str, rows: &mut Vec<JoinRow>, notes: &mut Notes) {
    let skip: Vec<String> = table.skip.iter().map(|key| label_key(key)).collect();
    let before = rows.len();
    rows.retain(|row| !skip.contains(&label_key(&row.key)));
    if rows.len() < before {
        let count = (before - rows.len()) as u64;
        notes.findings.push(
            Finding::info("skipped_rows", format!("rows left out as declared: {}", table.skip.join(", ")))
                .layer("zones")
                .file(shown)
                .count(count),
        );
    }
}

/// What to do about a key that matches no zone.
fn join_hint(table: &ZoneTable, unmatched: &[String]) -> String {
    let total = ["合计", "总计", "全市", "小计", "total", "sum"];
    if let Some(key) = unmatched.iter().find(|key| total.contains(&label_key(key).to_lowercase().as_str())) {
        return format!("nothing is filled with zero; a row of totals is left out by skip = [\"{key}\"]");
    }
    if table.on == TableKey::Id {
        "nothing is filled with zero: correct the key, or join on = \"name\"".to_owned()
    } else {
        "nothing is filled with zero: correct the names in the table, or join on = \"id\"".to_owned()
    }
}

/// A row of a joined table.
pub struct JoinRow {
    /// Id, name or county.
    pub key: String,
    /// Persons.
    pub population: Option<f64>,
    /// GDP.
    pub gdp_1e4cny: Option<f64>,
}

fn read_rows(path: &std::path::Path, table: &ZoneTable) -> Result<Vec<JoinRow>, Vec<SheetError>> {
    let mut options = table.sheet.as_deref().map_or_else(ReadOptions::default, ReadOptions::sheet);
    options.encoding.clone_from(&table.encoding);
    let spec = |key: &str, column: &str| ColumnSpec::required(key, &[column]);
    let key = spec("key", &table.key);
    let population = table.population.as_ref().map(|c| spec("population", c));
    let gdp = table.gdp.as_ref().map(|c| spec("gdp", c));
    let specs: Vec<ColumnSpec> =
        [Some(&key), population.as_ref(), gdp.as_ref()].into_iter().flatten().cloned().collect();
    let sheet = read_table(path, &options, &specs).map_err(|e| vec![e])?;
    let mut errors = Vec::new();
    let mut find = |spec: Option<&ColumnSpec>| match spec.map(|s| sheet.required(s)) {
        Some(Ok(column)) => Some(column),
        Some(Err(e)) => {
            errors.push(e);
            None
        }
        None => None,
    };
    let (key, population, gdp) = (find(Some(&key)), find(population.as_ref()), find(gdp.as_ref()));
    let mut rows = Vec::new();
    if let Some(key) = key {
        for row in 0..sheet.len() {
            let mut number = |column: Option<usize>| match column.map(|c| sheet.number(row, c)) {
                Some(Ok(value)) => value,
                Some(Err(e)) => {
                    errors.push(e);
                    None
                }
                None => None,
            };
            let (population, gdp) = (number(population), number(gdp));
            if let Some(key) = sheet.text(row, key) {
                rows.push(JoinRow {
                    key,
                    population: population.map(|p| p * table.population_unit_persons),
                    gdp_1e4cny: gdp.map(|g| g * table.gdp_unit_1e4cny),
                });
            }
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

fn apply(table: &ZoneTable, shown: &str, rows: &[JoinRow], zones: &mut ZoneSet, notes: &mut Notes) {
    let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let keys = if table.on == TableKey::Id { &zones.ids } else { &zones.names };
    for (i, key) in keys.iter().enumerate() {
        by_key.entry(label_key(key)).or_default().push(i);
    }
    let mut matched = vec![false; zones.ids.len()];
    let mut unmatched_rows = Vec::new();
    let mut ambiguous = Vec::new();
    for row in rows {
        match by_key.get(&label_key(&row.key)).map(Vec::as_slice) {
            Some([i]) => {
                if matched[*i] {
                    ambiguous.push(row.key.clone());
                }
                matched[*i] = true;
                zones.population[*i] = row.population.or(zones.population[*i]);
                if row.gdp_1e4cny.is_some() {
                    zones.gdp_1e4cny[*i] = row.gdp_1e4cny;
                    zones.gdp_derived[*i] = table.gdp_derived;
                }
            }
            Some(_) => ambiguous.push(row.key.clone()),
            None => unmatched_rows.push(row.key.clone()),
        }
    }
    let unmatched_zones: Vec<String> = (0..matched.len())
        .filter(|i| !matched[*i])
        .map(|i| format!("{} ({})", zones.ids[i], zones.names[i]))
        .collect();
    let hint = join_hint(table, &unmatched_rows);
    let mut report = |code, message, list: &[String]| {
        report_list(code, message, list, (shown, &table.key), &hint, notes);
    };
    let with_guess: Vec<String> = unmatched_rows
        .iter()
        .map(|key| match nearest(key, keys.iter().map(String::as_str), 1).first() {
            Some(near) => format!("{key} (did you mean {near}?)"),
            None => key.clone(),
        })
        .collect();
    report("unmatched_table_rows", "rows that match no zone", &with_guess);
    report("unmatched_zones", "zones without a row", &unmatched_zones);
    report("ambiguous_rows", "rows that match several zones, or a zone twice", &ambiguous);
}

/// An error that lists the rows or units concerned; nothing if there are none.
pub fn report_list(
    code: &str,
    message: &str,
    list: &[String],
    (file, field): (&str, &str),
    hint: &str,
    notes: &mut Notes,
) {
    if list.is_empty() {
        return;
    }
    let more = if list.len() > 20 { format!(" and {} more", list.len() - 20) } else { String::new() };
    let shown_list = list.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
    notes.findings.push(
        Finding::error(code, format!("{message}: {shown_list}{more}"))
            .layer("zones")
            .file(file)
            .field(field)
            .count(list.len() as u64)
            .hint(hint),
    );
}

fn check_values(config: &ZoneLayer, zones: &ZoneSet, notes: &mut Notes) {
    let mut negative = |what: &str, values: &[Option<f64>]| {
        for (i, v) in values.iter().enumerate().filter_map(|(i, v)| v.map(|v| (i, v))) {
            if !(v >= 0.0 && v.is_finite()) {
                notes.findings.push(
                    Finding::error("negative_or_nan_value", format!("{what} must be a number ≥ 0"))
                        .layer("zones")
                        .file(config.source.path.display().to_string())
                        .feature(zones.ids[i].clone())
                        .field(what)
                        .value(v.to_string()),
                );
            }
        }
    };
    negative("gdp", &zones.gdp_1e4cny);
    negative("population", &zones.population);
}

/// Box of the zones in the working CRS, `[x0, y0, x1, y1]`; `None` if they cannot be read (which is said elsewhere).
pub fn bounds(loaded: &Loaded, crs: &WorkingCrs, progress: &dyn Progress) -> Option<[f64; 4]> {
    let source = vector_source(loaded, "zones", &loaded.pipeline.layers.zones.source);
    let mut silent = Notes::default();
    let layer =
        carbonzone_io::read_polygons(&source, crs, &mut silent.findings, &mut silent.ledger, progress)?;
    layer.coverage.total_bounds()
}

/// `border = clip`: cuts the parcels that cross the border of the zones. Called while parcels are loaded.
pub fn clip_to_zones(
    loaded: &Loaded,
    crs: &WorkingCrs,
    parcels: &mut PolygonLayer,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<()> {
    let mut silent = Notes::default();
    let zones = read_layer(loaded, &loaded.pipeline.layers.zones, crs, &mut silent, progress);
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
    parcels.coverage = coverage;
    let after: f64 = parcels.coverage.areas_m2().iter().sum();
    progress.end();
    let mut row = LedgerRow::counted(Stage::Drop, "parcels", dropped as f64, "parcels").m2(before - after);
    "border = clip: ground outside the zones is cut off".clone_into(&mut row.note);
    notes.ledger.push(row);
    Some(())
}
