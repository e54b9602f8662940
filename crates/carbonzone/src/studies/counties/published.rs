//! Published tables as inputs.

use super::config::{CountiesPipeline, PublishedTables};
use super::inputs::{Inputs, YearInput};
use crate::load::Notes;
use crate::load::zones::ZoneSet;
use crate::load_config::Loaded;
use crate::studies::table_in::{TableFile, TableIn};
use carbonzone_io::WorkingCrs;
use carbonzone_sheet::{KeyIndex, KeyMatch, SheetError, Table, parse_number};
use carbonzone_types::{Finding, Statement, T_PER_1E4_T};
use carbonzone_zoning::published::{Printed, PublishedStudy, Table2Row, Table3Row, TextClaim, TextQuantity};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Reads the tables; counties without a layer have no geometry.
pub fn load(
    loaded: &Loaded<CountiesPipeline>,
    config: &PublishedTables,
    crs: Option<WorkingCrs>,
    zones: Option<ZoneSet>,
    notes: &mut Notes,
) -> Option<Inputs> {
    let table2 = read(loaded, &config.indicators, "published indicators", table2_row, notes);
    let table3 = read(loaded, &config.zones, "published zones", table3_row, notes);
    let text = match &config.text {
        Some(path) => read(loaded, path, "published text", text_claim, notes),
        None => Some(Vec::new()),
    };
    let (table2, table3, text) = (table2?, table3?, text?);
    let (mut units, mut names) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    for (row, name) in table2 {
        if !units.contains(&row.unit) {
            units.push(row.unit.clone());
            names.push(name);
        }
        rows.push(row);
    }
    let found: Vec<i32> = years_of(&rows);
    if found != loaded.pipeline.city.years() {
        return notes.findings.refuse(
            Finding::error("years", format!("the table has the years {found:?}"))
                .file(config.indicators.display().to_string())
                .field("city.years")
                .value(format!("{:?}", loaded.pipeline.city.years())),
        );
    }
    let years = found.iter().map(|year| year_input(*year, &units, &rows)).collect();
    notes.statements.push(Statement::new(
        "GDP, population and areas are not printed in the paper: EEC and intensities are checked for consistency \
         only and marked circular in published_vs_computed.csv.",
        "论文未列出 GDP、人口和面积：EEC 与各强度指标仅作一致性检验，在 published_vs_computed.csv 中标为 circular（循环验证）。",
    ));
    Some(Inputs {
        crs,
        zones: match_units(&units, &names, zones, notes)?,
        areas: None,
        sectors: vec!["respiration_and_energy".to_owned()],
        years,
        published: Some(PublishedStudy { table2: rows, table3, text }),
    })
}

fn years_of(rows: &[Table2Row]) -> Vec<i32> {
    let mut years: Vec<i32> = rows.iter().map(|r| r.year).collect();
    years.sort_unstable();
    years.dedup();
    years
}

fn year_input(year: i32, units: &[String], rows: &[Table2Row]) -> YearInput {
    let of = |f: fn(&Table2Row) -> &Printed| -> Vec<f64> {
        let row = |unit: &String| rows.iter().find(|r| r.year == year && &r.unit == unit);
        units.iter().map(|u| row(u).map_or(f64::NAN, |r| f(r).value * T_PER_1E4_T)).collect()
    };
    YearInput {
        year,
        sectors_t: vec![of(|r| &r.emission_1e4t)],
        sink_t: of(|r| &r.sink_1e4t),
        sink_by_class_t: Vec::new(),
        energy_tce: Vec::new(),
        class_ha: Vec::new(),
        population: vec![None; units.len()],
        gdp: vec![None; units.len()],
    }
}

/// The counties in the order of the table, with the geometry of the layer if there is one.
fn match_units(
    units: &[String],
    names: &[String],
    zones: Option<ZoneSet>,
    notes: &mut Notes,
) -> Option<ZoneSet> {
    let n = units.len();
    let Some(zones) = zones else {
        let names_en = units.iter().map(|u| Some(u.replace('_', " "))).collect();
        return Some(ZoneSet { names_en, ..ZoneSet::named(units.to_vec(), names.to_vec()) });
    };
    let order = order_of(units, names, &zones, notes);
    let pick = |v: &[Option<String>]| order.iter().map(|&i| v[i as usize].clone()).collect();
    (order.len() == n).then(|| ZoneSet {
        coverage: zones.coverage.reordered(&order),
        names_en: pick(&zones.names_en),
        district: pick(&zones.district),
        district_en: pick(&zones.district_en),
        ..ZoneSet::named(units.to_vec(), names.to_vec())
    })
}

/// The county of the layer for each unit of the table: ids and names are compared as they are written before loosely. Units
/// without a county, or with more than one, and counties of several units are errors.
fn order_of(units: &[String], names: &[String], zones: &ZoneSet, notes: &mut Notes) -> Vec<u32> {
    let english: Vec<String> = zones.names_en.iter().map(|n| n.clone().unwrap_or_default()).collect();
    let columns = [&zones.ids, &zones.names, &english];
    let wanted = || units.iter().chain(names).map(String::as_str);
    let indices = columns.map(|column| KeyIndex::new(column, wanted()));
    let mut unit_of: BTreeMap<usize, &String> = BTreeMap::new();
    let mut order = Vec::new();
    for (unit, name) in units.iter().zip(names) {
        let keys = [unit, name].into_iter().filter(|key| !key.is_empty());
        let found: Vec<KeyMatch> = keys.flat_map(|key| indices.each_ref().map(|i| i.find(key))).collect();
        let exact: BTreeSet<usize> =
            found.iter().filter(|m| matches!(m, KeyMatch::Exact(_))).filter_map(|m| m.one()).collect();
        let any: BTreeSet<usize> = found.iter().filter_map(|m| m.one()).collect();
        let counties = if exact.is_empty() { any } else { exact };
        let several = counties.len() > 1 || (counties.is_empty() && found.contains(&KeyMatch::Several));
        let county = counties.first().copied().filter(|_| !several);
        let mut refuse = |code: &str, message: String| {
            let finding = Finding::error(code, message).layer("zones").feature(format!("{unit} ({name})"));
            notes.findings.push(finding);
        };
        match county {
            _ if several => {
                let list: Vec<&str> = counties.iter().map(|i| zones.ids[*i].as_str()).collect();
                let which = if list.is_empty() { String::new() } else { format!(": {}", list.join(", ")) };
                refuse(
                    "ambiguous_rows",
                    format!("several counties of the layer have this id or name{which}"),
                );
            }
            None => refuse("unmatched_zones", "no county of the layer has this id or name".to_owned()),
            Some(county) => {
                if let Some(first) = unit_of.insert(county, unit) {
                    let id = &zones.ids[county];
                    refuse("ambiguous_rows", format!("{first} and {unit} both match county {id}"));
                }
                order.push(county as u32);
            }
        }
    }
    order
}

/// Reads a table row by row; every bad cell becomes a finding.
fn read<T>(
    loaded: &Loaded<CountiesPipeline>,
    file: &Path,
    role: &str,
    row_of: fn(&Table, usize) -> Result<T, SheetOrCell>,
    notes: &mut Notes,
) -> Option<Vec<T>> {
    let shown = file.display().to_string();
    let source = TableFile { role, path: file, sheet: None, encoding: None, filter: None };
    let opened = TableIn::read(loaded, source, &[], notes)?;
    let table = opened.table();
    let before = notes.findings.items.len();
    let mut out = Vec::new();
    for row in 0..table.len() {
        match row_of(table, row) {
            Ok(value) => out.push(value),
            Err(e) => {
                notes.findings.push(e.to_finding().layer(role).file(shown.clone()));
                if matches!(e, SheetOrCell::Sheet(_)) {
                    break;
                }
            }
        }
    }
    (notes.findings.items.len() == before).then_some(out)
}

/// A missing column, or a cell that does not hold what it should.
enum SheetOrCell {
    Sheet(SheetError),
    Cell(Box<Finding>),
}

impl SheetOrCell {
    fn to_finding(&self) -> Finding {
        match self {
            Self::Sheet(e) => e.to_finding(),
            Self::Cell(f) => (**f).clone(),
        }
    }
}

fn text(table: &Table, row: usize, column: &str) -> Result<String, SheetOrCell> {
    let at = table.column(&[column]).map_err(SheetOrCell::Sheet)?;
    Ok(table.text(row, at).unwrap_or_default())
}

fn bad(table: &Table, row: usize, column: &str, value: &str, expected: &str) -> SheetOrCell {
    let at = table.find(&[column]).unwrap_or(0);
    let finding = Finding::error("published_cell", format!("{}: not {expected}", table.place(row, at)));
    SheetOrCell::Cell(Box::new(finding.field(column).value(value).expected(expected)))
}

fn printed(table: &Table, row: usize, column: &str) -> Result<Printed, SheetOrCell> {
    let cell = text(table, row, column)?;
    let number = Printed::parse(&cell).or_else(|| {
        // Separators of thousands: `1,234.50`.
        let value = parse_number(&cell).ok().flatten()?;
        let decimals = cell.split_once('.').map_or(0, |(_, digits)| digits.len() as u32);
        Some(Printed { text: cell.clone(), value, decimals })
    });
    number.ok_or_else(|| bad(table, row, column, &cell, "a number as printed"))
}

/// The year of a row; `None` if its cell is empty.
fn year_or_none(table: &Table, row: usize) -> Result<Option<i32>, SheetOrCell> {
    let cell = text(table, row, "year")?;
    if cell.is_empty() {
        return Ok(None);
    }
    let number = parse_number(cell.trim_end_matches('年')).ok().flatten();
    let year = number.filter(|y| y.fract() == 0.0 && (1.0..=9999.0).contains(y));
    year.map(|y| Some(y as i32)).ok_or_else(|| bad(table, row, "year", &cell, "a year"))
}

fn year(table: &Table, row: usize) -> Result<i32, SheetOrCell> {
    year_or_none(table, row)?.ok_or_else(|| bad(table, row, "year", "", "a year"))
}

fn table2_row(table: &Table, row: usize) -> Result<(Table2Row, String), SheetOrCell> {
    let cells = Table2Row {
        year: year(table, row)?,
        unit: text(table, row, "unit")?,
        emission_1e4t: printed(table, row, "emission_1e4t")?,
        sink_1e4t: printed(table, row, "sink_1e4t")?,
        emission_intensity_t_ha: printed(table, row, "emission_intensity_t_ha")?,
        sink_intensity_t_ha: printed(table, row, "sink_intensity_t_ha")?,
        eec: printed(table, row, "eec")?,
        sec: printed(table, row, "sec")?,
    };
    Ok((cells, text(table, row, "unit_zh")?))
}

fn table3_row(table: &Table, row: usize) -> Result<Table3Row, SheetOrCell> {
    Ok(Table3Row {
        unit: text(table, row, "unit")?,
        eec_level: text(table, row, "eec_level")?,
        sec_level: text(table, row, "sec_level")?,
        zone: text(table, row, "zone")?,
    })
}

fn text_claim(table: &Table, row: usize) -> Result<TextClaim, SheetOrCell> {
    let quantity = text(table, row, "quantity")?;
    let known = serde_json::from_value::<TextQuantity>(quantity.clone().into());
    Ok(TextClaim {
        claim_id: text(table, row, "claim_id")?,
        quantity: known
            .map_err(|_| bad(table, row, "quantity", &quantity, "a quantity of docs/method.md"))?,
        unit: text(table, row, "unit")?,
        year: year_or_none(table, row)?,
        printed: printed(table, row, "printed")?,
        reason: text(table, row, "reason")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_sheet::{ReadOptions, table_from_bytes};

    fn layer(rows: &[(&str, &str, Option<&str>)]) -> ZoneSet {
        let texts = |of: fn(&(&str, &str, Option<&str>)) -> String| rows.iter().map(of).collect();
        let names_en = rows.iter().map(|r| r.2.map(str::to_owned)).collect();
        ZoneSet { names_en, ..ZoneSet::named(texts(|r| r.0.to_owned()), texts(|r| r.1.to_owned())) }
    }

    fn order(units: &[(&str, &str)], zones: &ZoneSet) -> (Vec<u32>, Vec<String>) {
        let (ids, names): (Vec<String>, Vec<String>) =
            units.iter().map(|(unit, name)| ((*unit).to_owned(), (*name).to_owned())).unzip();
        let mut notes = Notes::default();
        let order = order_of(&ids, &names, zones, &mut notes);
        let said = notes.findings.items.into_iter().map(|f| format!("{}: {}", f.code, f.message)).collect();
        (order, said)
    }

    #[test]
    fn counties_are_found_as_they_are_written_before_loosely() {
        let zones = layer(&[("11-1", "甲", None), ("1-11", "乙", None), ("c", "丙县", Some("Bing Xian"))]);
        let (found, said) = order(&[("1-11", "乙"), ("11-1", "甲"), ("Bing_Xian", "")], &zones);
        assert_eq!((found, said), (vec![1, 0, 2], vec![]));
    }

    #[test]
    fn units_that_match_no_county_or_one_county_twice_are_named() {
        let zones = layer(&[("a", "Lake Town", None), ("b", "Mill", None)]);
        let (_, said) = order(&[("Lake_Town", ""), ("LakeTown", "")], &zones);
        assert!(said[0].contains("Lake_Town and LakeTown both match county a"), "{said:?}");
        let (_, said) = order(&[("x", "")], &zones);
        assert!(said[0].starts_with("unmatched_zones"), "{said:?}");
        let (_, said) = order(&[("a", "Mill")], &zones);
        assert!(said[0].starts_with("ambiguous_rows") && said[0].ends_with(": a, b"), "{said:?}");
    }

    #[test]
    fn printed_numbers_and_years_are_read_as_in_every_table() {
        let csv = "year,n\n\"2,015\",\"1,234.50\"\n2015年,0.10\n,x\n二〇一五,12%\n";
        let table = table_from_bytes(csv.as_bytes(), "t.csv", &ReadOptions::default(), &[]).unwrap();
        let number = |row| printed(&table, row, "n").ok().map(|p| (p.value, p.decimals));
        assert_eq!((number(0), number(1)), (Some((1234.5, 2)), Some((0.1, 2))));
        assert_eq!((number(2), number(3)), (None, None), "12 % is printed with no decimals of a share");
        let years: Vec<Option<Option<i32>>> = (0..4).map(|row| year_or_none(&table, row).ok()).collect();
        assert_eq!(years, [Some(Some(2015)), Some(Some(2015)), Some(None), None]);
    }
}
