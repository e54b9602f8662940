//! Published tables as inputs.

use super::config::{CountiesPipeline, PublishedTables};
use super::inputs::{Inputs, YearInput};
use crate::load::Notes;
use crate::load::zones::ZoneSet;
use crate::load_config::Loaded;
use crate::studies::table_in::{TableFile, TableIn};
use carbonzone_geom::Coverage;
use carbonzone_io::WorkingCrs;
use carbonzone_sheet::{SheetError, Table, label_key};
use carbonzone_types::{Finding, Statement, T_PER_1E4_T};
use carbonzone_zoning::published::{Printed, PublishedStudy, Table2Row, Table3Row, TextClaim, TextQuantity};
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
        notes.findings.push(
            Finding::error("years", format!("the table has the years {found:?}"))
                .file(config.indicators.display().to_string())
                .field("city.years")
                .value(format!("{:?}", loaded.pipeline.city.years())),
        );
        return None;
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
        gdp_1e4cny: vec![None; units.len()],
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
        return Some(ZoneSet {
            coverage: Coverage::new(),
            ids: units.to_vec(),
            names: names.to_vec(),
            names_en: units.iter().map(|u| Some(u.replace('_', " "))).collect(),
            district: vec![None; n],
            population: vec![None; n],
            gdp_1e4cny: vec![None; n],
            gdp_derived: vec![false; n],
        });
    };
    let mut order = Vec::new();
    for (unit, name) in units.iter().zip(names) {
        let same = |text: &str| label_key(text) == label_key(unit) || label_key(text) == label_key(name);
        let hit = (0..zones.ids.len()).find(|&i| {
            same(&zones.ids[i]) || same(&zones.names[i]) || zones.names_en[i].as_deref().is_some_and(same)
        });
        match hit {
            Some(i) => order.push(i as u32),
            None => notes.findings.push(
                Finding::error("unmatched_zones", "no county of the layer has this id or name")
                    .layer("zones")
                    .feature(format!("{unit} ({name})")),
            ),
        }
    }
    let pick = |v: &[Option<String>]| order.iter().map(|&i| v[i as usize].clone()).collect();
    (order.len() == n).then(|| ZoneSet {
        coverage: zones.coverage.reordered(&order),
        ids: units.to_vec(),
        names: names.to_vec(),
        names_en: pick(&zones.names_en),
        district: pick(&zones.district),
        population: vec![None; n],
        gdp_1e4cny: vec![None; n],
        gdp_derived: vec![false; n],
    })
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
    let source = TableFile { role, path: file, sheet: None, encoding: None };
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
    Printed::parse(&cell).ok_or_else(|| bad(table, row, column, &cell, "a number as printed"))
}

fn year(table: &Table, row: usize) -> Result<i32, SheetOrCell> {
    let cell = text(table, row, "year")?;
    cell.parse().map_err(|_| bad(table, row, "year", &cell, "a year"))
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
    let year = text(table, row, "year")?;
    Ok(TextClaim {
        claim_id: text(table, row, "claim_id")?,
        quantity: known
            .map_err(|_| bad(table, row, "quantity", &quantity, "a quantity of docs/method.md"))?,
        unit: text(table, row, "unit")?,
        year: year.parse().ok(),
        printed: printed(table, row, "printed")?,
        reason: text(table, row, "reason")?,
    })
}
