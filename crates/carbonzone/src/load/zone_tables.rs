//! Tables joined to the zones: rows by their keys, population and GDP in the units that the table names.

use super::chosen_rows::chosen_rows;
use super::mass_unit::{self, ColumnUnit};
use super::totals_row;
use super::units::{NamedUnit, Quantity, is_relative, named_unit, unit_row};
use super::zones::{CountyGdp, JoinRow, MissingCells, ZoneSet};
use super::{Notes, missing_file};
use crate::config::{MassUnit, OtherRows, TableKey, ZoneTable};
use crate::load_config::Loaded;
use carbonzone_sheet::{ColumnSpec, KeyJoin, ReadOptions, SheetError, Table, label_key, nearest, read_table};
use carbonzone_types::{Finding, InputRecord, MoneyUnit, is_amount, number_of, short_number};
use std::collections::{BTreeMap, BTreeSet};

/// What tables are joined to.
pub struct Joined<'a> {
    pub zones: &'a mut ZoneSet,
    /// Counties whose GDP is shared out.
    pub counties: &'a mut CountyGdp,
    /// Cells without a population.
    pub missing: &'a mut MissingCells,
}

/// Units of the study.
#[derive(Clone, Copy)]
struct Units<'a> {
    money: &'a MoneyUnit,
    /// Of emissions, if the pipeline file says so.
    mass: Option<MassUnit>,
}

/// One table joined to the zones; what does not match is listed, both ways. `emissions_unit`: if the pipeline file names one.
pub fn join<P>(
    loaded: &Loaded<P>,
    config: &ZoneTable,
    emissions_unit: Option<MassUnit>,
    to: &mut Joined<'_>,
    notes: &mut Notes,
) {
    let shown = config.path.display().to_string();
    let path = loaded.resolve(&config.path);
    if !path.exists() {
        notes.findings.push(missing_file("zones", &shown, &path));
        return;
    }
    let (mut rows_read, mut sheet) = (0, String::new());
    let units = Units { money: &to.zones.gdp_unit, mass: emissions_unit };
    match read_rows(&path, &shown, (config, units), notes) {
        Ok((mut rows, name, in_tonnes)) => {
            rows_read = rows.len() as u64;
            sheet = name;
            leave_out(config, &shown, &mut rows, notes);
            let units: Vec<&str> = match config.on {
                TableKey::Id => to.zones.ids.iter().map(String::as_str).collect(),
                TableKey::Name => to.zones.names.iter().map(String::as_str).collect(),
                TableKey::County => to.counties.of_zone.iter().flatten().map(String::as_str).collect(),
            };
            if config.other_rows == OtherRows::Ignore {
                ignore_others(config, &shown, &units, &mut rows, notes);
            }
            totals_row::leave_out_remarks((&shown, &config.key), &units, &mut rows, notes);
            totals_row::leave_out((&shown, &config.key), &units, &mut rows, notes);
            if config.on == TableKey::County {
                to.counties.add(config, &shown, rows, notes);
            } else {
                apply(config, &shown, &rows, to, notes);
                if config.emissions.is_some() {
                    to.zones.emissions.in_tonnes = in_tonnes;
                }
            }
        }
        Err(errors) => {
            notes.findings.items.extend(errors.iter().map(|e| e.to_finding().layer("zones").file(&shown)));
        }
    }
    if let Ok(record) = carbonzone_io::file_record("zone_table", &path, &shown) {
        notes.records.push(InputRecord { features: rows_read, layer: sheet, ..record });
    }
}

/// The factor to use for a unit that a table names, with what is to be told: the configured factor holds; without one,
/// the table's own does.
pub fn unit_to_use(
    unit: &NamedUnit,
    configured: Option<f64>,
    quantity: Quantity<'_>,
) -> (f64, Option<Finding>) {
    let (key, standard) = match quantity {
        Quantity::Persons => ("population_unit_persons", "persons".to_owned()),
        Quantity::Money(unit) if *unit == MoneyUnit::default() => {
            ("gdp_unit_1e4cny", "万元 (1e4 CNY)".to_owned())
        }
        Quantity::Money(unit) => ("layers.zones.gdp_unit", unit.plain()),
    };
    // A factor says the same as the table only in the unit of its key.
    let same =
        |factor: f64| (key != "layers.zones.gdp_unit").then(|| format!("{key} = {factor} says the same"));
    let NamedUnit { word, factor, place } = unit;
    match configured {
        Some(set) if set == *factor => (set, None),
        Some(set) => {
            let message = format!("{place} says {word}, but {key} = {set} is used");
            let finding = Finding::warning("unit_suspect", message);
            (set, Some(if factor.is_nan() { finding } else { finding.hint(format!("{key} = {factor}")) }))
        }
        None if factor.is_nan() => {
            let message =
                format!("{place} names {word}, which cannot be converted: the numbers are not used");
            let hint = if is_relative(word) && key != "population_unit_persons" {
                INDEX_HINT.to_owned()
            } else {
                unknown_unit(key)
            };
            (f64::NAN, Some(Finding::error("unit_suspect", message).hint(hint)))
        }
        None if *factor == 1.0 => (1.0, None),
        None => {
            let message =
                format!("{place} says {word}: numbers are multiplied by {factor} to give {standard}");
            (*factor, Some(Finding { hint: same(*factor), ..Finding::info("unit_converted", message) }))
        }
    }
}

const INDEX_HINT: &str = "an index or a share has no unit, only its parts of the whole count: gdp_unit = \"index\" in [layers.zones]";

/// What to do about a unit that cannot be converted.
fn unknown_unit(key: &str) -> String {
    match key {
        "gdp_unit_1e4cny" => {
            "say what one unit is: gdp_unit_1e4cny = ...; GDP in another currency: gdp_unit = \"1e6 USD\" in [layers.zones]".to_owned()
        }
        "layers.zones.gdp_unit" => "gdp_unit in [layers.zones] names the currency of all GDP columns".to_owned(),
        key => format!("say what one unit is: {key} = ..."),
    }
}

/// How many units of the study one unit of a column is, if it is so many 1e4 CNY.
pub fn of_1e4cny(factor: f64, money: &MoneyUnit) -> f64 {
    // The usual unit keeps the bits of the factor.
    if *money == MoneyUnit::default() { factor } else { factor * 1e4 / money.value() }
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

/// Rows of other places, declared to be there.
fn ignore_others(
    config: &ZoneTable,
    shown: &str,
    units: &[&str],
    rows: &mut Vec<JoinRow>,
    notes: &mut Notes,
) {
    let units: Vec<String> = units.iter().map(|u| (*u).to_owned()).collect();
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let others: BTreeSet<usize> = KeyJoin::new(&units, &keys).unmatched.into_iter().collect();
    let named = |row: &usize| !rows[*row].key.is_empty();
    let others: BTreeSet<usize> = others.into_iter().filter(named).collect();
    let list: Vec<&str> = others.iter().take(5).map(|row| keys[*row]).collect();
    let message = format!(
        "{} of {} rows are of other places and are ignored as declared: {}{}",
        others.len(),
        rows.len(),
        list.join(", "),
        if others.len() > list.len() { ", ..." } else { "" }
    );
    let finding = Finding::info("other_rows_ignored", message).layer("zones").file(shown);
    let finding = finding.field(&config.key).count(others.len() as u64);
    let mut at = 0..;
    rows.retain(|_| at.next().is_none_or(|row| !others.contains(&row)));
    notes.findings.items.extend((!others.is_empty()).then_some(finding));
}

/// What to do about a key that matches no zone.
fn join_hint(table: &ZoneTable) -> &'static str {
    if table.on == TableKey::Id {
        "nothing is filled with zero: correct the key, or join on = \"name\""
    } else {
        "nothing is filled with zero: correct the names in the table, or join on = \"id\""
    }
}

/// A column with numbers and the factor of its unit.
#[derive(Clone, Copy)]
struct NumberColumn {
    column: usize,
    factor: f64,
}

/// Rows of the table and the name of its sheet.
fn read_rows(
    path: &std::path::Path,
    shown: &str,
    (config, Units { money, mass }): (&ZoneTable, Units<'_>),
    notes: &mut Notes,
) -> Result<(Vec<JoinRow>, String, bool), Vec<SheetError>> {
    let mut options = config.sheet.as_deref().map_or_else(ReadOptions::default, ReadOptions::sheet);
    options.encoding.clone_from(&config.encoding);
    let spec = |key: &str, column: &str| ColumnSpec::required(key, &[column]);
    let key = spec("key", &config.key);
    let population = config.population.as_ref().map(|c| spec("population", c));
    let gdp = config.gdp.as_ref().map(|c| spec("gdp", c));
    let emissions = config.emissions.as_ref().map(|c| spec("emissions", c));
    let all = [Some(&key), population.as_ref(), gdp.as_ref(), emissions.as_ref()];
    let specs: Vec<ColumnSpec> = all.into_iter().flatten().cloned().collect();
    let table = read_table(path, &options, &specs).map_err(|e| vec![e])?;
    let mut told: Vec<Finding> = table.notes().to_vec();
    let mut errors = Vec::new();
    let mut find = |spec: Option<&ColumnSpec>| match spec.map(|s| table.required(s)) {
        Some(Ok(column)) => Some(column),
        Some(Err(e)) => {
            errors.push(e);
            None
        }
        None => None,
    };
    let (key, population, gdp) = (find(Some(&key)), find(population.as_ref()), find(gdp.as_ref()));
    let emissions = find(emissions.as_ref());
    let mut number_column = |column: Option<usize>, configured: Option<f64>, quantity: Quantity<'_>| {
        column.map(|column| {
            told.extend(table.number_notes(column));
            let unit =
                named_unit(&table, column, quantity).map(|unit| unit_to_use(&unit, configured, quantity));
            let (factor, finding) = unit.unwrap_or((configured.unwrap_or(1.0), None));
            told.extend(finding.map(|f| f.field(table.header().label(column))));
            NumberColumn { column, factor }
        })
    };
    let population = number_column(population, config.population_unit_persons, Quantity::Persons);
    let configured = config.gdp_unit_1e4cny.map(|factor| of_1e4cny(factor, money));
    let gdp = number_column(gdp, configured, Quantity::Money(money));
    let emissions = emissions.map(|column| {
        told.extend(table.number_notes(column));
        let (unit, finding) = mass_unit::of_column(&table, column, mass);
        told.extend(finding.map(|f| f.field(table.header().label(column))));
        (column, unit)
    });
    notes.findings.items.extend(told.into_iter().map(|f| f.layer("zones").file(shown)));
    let mut rows = Vec::new();
    if let Some(key) = key {
        errors.extend(table.unusable_cells(&[key]));
        let (first, condition) =
            (usize::from(unit_row(&table, Quantity::Money(money))), config.filter.as_deref());
        let chosen = chosen_rows(&table, first, condition);
        notes.findings.items.extend(chosen.findings.into_iter().map(|f| f.layer("zones").file(shown)));
        for row in chosen.rows {
            rows.extend(row_of(&table, row, key, ([population, gdp], emissions), &mut errors));
        }
    }
    let in_tonnes = emissions.is_some_and(|(_, unit)| matches!(unit, ColumnUnit::Tonnes(_)));
    if errors.is_empty() { Ok((rows, table.sheet_name().to_owned(), in_tonnes)) } else { Err(errors) }
}

/// One row; `None` for a row without key and numbers, e.g. a note.
fn row_of(
    table: &Table,
    row: usize,
    key: usize,
    ([population, gdp], emissions): ([Option<NumberColumn>; 2], Option<(usize, ColumnUnit)>),
    errors: &mut Vec<SheetError>,
) -> Option<JoinRow> {
    let mut number = |column: Option<NumberColumn>| {
        let column = column?;
        match table.number(row, column.column) {
            // Without a unit that can be converted there is no number; that is told once.
            Ok(value) => value.map(|v| v * column.factor).filter(|v| !v.is_nan()),
            Err(e) => {
                errors.push(e);
                None
            }
        }
    };
    let (persons, gdp) = (number(population), number(gdp));
    let tonnes = number(emissions.map(|(column, _)| NumberColumn { column, factor: 1.0 }));
    let emissions = emissions.and_then(|(_, unit)| unit.of(tonnes?));
    let missing = population.filter(|_| persons.is_none()).map(|at| {
        let held = table.text(row, at.column).map_or_else(|| "empty".to_owned(), |t| format!("\"{t}\""));
        format!("cell {}: {held}", table.a1(row, at.column))
    });
    let name = table.text(row, key);
    if name.is_none() && persons.is_none() && gdp.is_none() && tonnes.is_none() {
        return None;
    }
    let place = format!("cell {}", table.a1(row, key));
    Some(JoinRow { key: name.unwrap_or_default(), population: persons, gdp, emissions, missing, place })
}

fn apply(config: &ZoneTable, shown: &str, rows: &[JoinRow], to: &mut Joined<'_>, notes: &mut Notes) {
    let zones = &mut *to.zones;
    let keys = if config.on == TableKey::Id { zones.ids.clone() } else { zones.names.clone() };
    let row_keys: Vec<&str> = rows.iter().map(|r| r.key.as_str()).collect();
    let join = KeyJoin::new(&keys, &row_keys);
    let mut matched = vec![false; zones.ids.len()];
    let mut twice = GivenTwice::default();
    for (row, unit) in rows.iter().zip(&join.unit_of) {
        let Some(i) = *unit else { continue };
        matched[i] = true;
        twice.compare(&zones.ids[i], ("population", zones.population[i], row.population));
        twice.compare(&zones.ids[i], ("GDP", zones.gdp[i], row.gdp));
        zones.population[i] = row.population.or(zones.population[i]);
        if let Some(cell) = &row.missing {
            to.missing.insert(i, format!("{shown}, {cell}"));
        }
        if row.emissions.is_some() {
            let n = zones.ids.len();
            zones.emissions.values.resize(n, None);
            zones.emissions.values[i] = row.emissions;
        }
        if row.gdp.is_some() {
            zones.gdp[i] = row.gdp;
            zones.gdp_derived[i] = config.gdp_derived;
        }
    }
    twice.tell(shown, notes);
    tell_loose(&join.loose, (shown, &config.key), notes);
    let unmatched_zones: Vec<String> = (0..matched.len())
        .filter(|i| !matched[*i])
        .map(|i| format!("{} ({})", zones.ids[i], zones.names[i]))
        .collect();
    let hint = join_hint(config);
    let mut report = |code, message, list: &[String]| {
        report_list(code, message, list, (shown, &config.key), hint, notes);
    };
    // Only those that are listed: a wrong key column has as many as there are rows.
    let guess = |key: &str| match nearest(key, keys.iter().map(String::as_str), 1).first() {
        Some(near) => format!("{key} (did you mean {near}?)"),
        None => key.to_owned(),
    };
    let mut unmatched_rows: Vec<String> = join.unmatched.iter().map(|row| rows[*row].key.clone()).collect();
    unmatched_rows.iter_mut().take(20).for_each(|key| *key = guess(key));
    report("unmatched_table_rows", "rows that match no zone", &unmatched_rows);
    report("unmatched_zones", "zones without a row", &unmatched_zones);
    report("ambiguous_rows", "rows that match several zones, or a zone twice", &join.ambiguous);
}

/// Numbers of zones that the layer or a table before gives otherwise.
#[derive(Default)]
struct GivenTwice(BTreeMap<&'static str, Vec<String>>);

impl GivenTwice {
    fn compare(&mut self, id: &str, (what, before, now): (&'static str, Option<f64>, Option<f64>)) {
        if let Some((before, now)) = before.zip(now).filter(|(a, b)| a.to_bits() != b.to_bits()) {
            let line = format!("{id}: {}, before {}", short_number(now), short_number(before));
            self.0.entry(what).or_default().push(line);
        }
    }

    fn tell(self, file: &str, notes: &mut Notes) {
        for (what, lines) in self.0 {
            let more = if lines.len() > 5 { ", ..." } else { "" };
            let list = lines.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            let message = format!(
                "{what} of {} is given otherwise by the layer or by a table before; the number of this table is used: {list}{more}",
                number_of(lines.len(), "zone", "zones")
            );
            let finding = Finding::warning("given_twice", message).layer("zones").file(file);
            let finding = finding.count(lines.len() as u64);
            notes
                .findings
                .push(finding.hint("leave out the field or table that is not meant (another year?)"));
        }
    }
}

/// Keys that were found only without blanks, hyphens and case.
pub fn tell_loose(pairs: &[String], (file, field): (&str, &str), notes: &mut Notes) {
    if pairs.is_empty() {
        return;
    }
    let list = pairs.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
    let more = if pairs.len() > 10 { format!(" and {} more", pairs.len() - 10) } else { String::new() };
    notes.findings.push(
        Finding::info("loose_keys", format!("keys matched without blanks, hyphens and case: {list}{more}"))
            .layer("zones")
            .file(file)
            .field(field)
            .count(pairs.len() as u64),
    );
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

impl CountyGdp {
    /// Adds the rows of a table that is joined on the county.
    pub fn add(&mut self, table: &ZoneTable, shown: &str, rows: Vec<JoinRow>, notes: &mut Notes) {
        let negative: Vec<String> =
            rows.iter().filter(|r| r.gdp.is_some_and(|g| !is_amount(g))).map(|r| r.key.clone()).collect();
        let field = table.gdp.clone().unwrap_or_default();
        let hint = "GDP must be a number ≥ 0";
        report_list(
            "negative_or_nan_value",
            "counties with an unusable GDP",
            &negative,
            (shown, &field),
            hint,
            notes,
        );
        self.tables.push((shown.to_owned(), table.key.clone(), rows));
    }
}
