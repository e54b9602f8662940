//! Tables of a study: one row per unit and year.

use crate::load::chosen_rows::chosen_rows;
use crate::load::units::{Quantity, named_unit};
use crate::load::zone_tables::unit_to_use;
use crate::load::{Notes, missing_file};
use crate::load_config::Loaded;
use carbonzone_sheet::{ColumnSpec, ReadOptions, Table, read_table};
use carbonzone_types::{Finding, is_amount};
use std::path::Path;

/// The default name of the column with the year.
pub fn year_column() -> String {
    "year".to_owned()
}

#[derive(Clone, Copy)]
pub struct TableFile<'a> {
    /// Role in the pipeline file, e.g. `activity`.
    pub role: &'a str,
    /// Path as written there.
    pub path: &'a Path,
    /// Sheet of a workbook; the first without.
    pub sheet: Option<&'a str>,
    /// Text encoding of a CSV file; detected without.
    pub encoding: Option<&'a str>,
    /// SQL condition on the rows; all without.
    pub filter: Option<&'a str>,
}

/// A table with its columns found and its file recorded.
pub struct TableIn {
    table: Table,
    rows: Vec<usize>,
    columns: Vec<usize>,
    names: Vec<String>,
    role: String,
    shown: String,
}

impl TableIn {
    /// Reads it and finds the columns of the given names. `None`: the findings say why.
    pub fn read<P>(
        loaded: &Loaded<P>,
        file: TableFile<'_>,
        columns: &[&str],
        notes: &mut Notes,
    ) -> Option<Self> {
        let shown = file.path.display().to_string();
        let path = loaded.resolve(file.path);
        if !path.exists() {
            return notes.findings.refuse(missing_file(file.role, &shown, &path));
        }
        let mut options = file.sheet.map_or_else(ReadOptions::default, ReadOptions::sheet);
        options.encoding = file.encoding.map(str::to_owned);
        let names: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let specs: Vec<ColumnSpec> = columns.iter().map(|c| ColumnSpec::required(c, &[*c])).collect();
        let found = read_table(&path, &options, &specs).and_then(|table| {
            let columns = specs.iter().map(|s| table.required(s)).collect::<Result<Vec<_>, _>>()?;
            let unusable = columns.first().map_or_else(Vec::new, |key| table.unusable_cells(&[*key]));
            unusable.into_iter().next().map_or(Ok((table, columns)), Err)
        });
        let (table, columns) = match found {
            Ok(found) => found,
            Err(e) => return notes.findings.refuse(e.to_finding().layer(file.role).file(shown)),
        };
        let told =
            table.notes().iter().cloned().chain(columns.iter().skip(1).flat_map(|c| table.number_notes(*c)));
        notes.findings.items.extend(told.map(|f| f.layer(file.role).file(shown.clone())));
        let chosen = chosen_rows(&table, 0, file.filter);
        let told = chosen.findings.into_iter().map(|f| f.layer(file.role).file(shown.clone()));
        notes.findings.items.extend(told);
        if file.filter.is_some() && chosen.rows.is_empty() {
            return None;
        }
        if let Ok(mut record) = carbonzone_io::file_record(file.role, &path, &shown) {
            record.features = chosen.rows.len() as u64;
            table.sheet_name().clone_into(&mut record.layer);
            notes.records.push(record);
        }
        Some(Self { table, rows: chosen.rows, columns, names, role: file.role.to_owned(), shown })
    }

    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Number of rows that are wanted.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many persons, or units of the GDP, one unit of a column is: as configured, else as the table says, else 1.
    pub fn factor(
        &self,
        column: usize,
        quantity: Quantity<'_>,
        configured: Option<f64>,
        notes: &mut Notes,
    ) -> Option<f64> {
        let unit = named_unit(&self.table, self.columns[column], quantity);
        let (factor, told) =
            unit.map_or((configured.unwrap_or(1.0), None), |unit| unit_to_use(&unit, configured, quantity));
        let told = told.map(|f| f.layer(&self.role).file(self.shown.clone()).field(&self.names[column]));
        notes.findings.items.extend(told);
        (!factor.is_nan()).then_some(factor)
    }

    /// Text of a cell, empty if there is none; `column` counts the names given to [`Self::read`].
    pub fn text(&self, row: usize, column: usize) -> String {
        self.table.text(self.rows[row], self.columns[column]).unwrap_or_default()
    }

    /// A year; `None` with a finding if it is none.
    pub fn year(&self, row: usize, column: usize, notes: &mut Notes) -> Option<i32> {
        let year = self.amount(row, column, notes)?;
        if year.is_none_or(|y| y.fract() != 0.0) {
            let value = year.map_or_else(|| "empty".to_owned(), |y| y.to_string());
            notes
                .findings
                .push(self.finding("year", "not a year").value(value).file(self.place(row, column)));
        }
        year.filter(|y| y.fract() == 0.0).map(|y| y as i32)
    }

    /// A number ≥ 0, or nothing; `None` with a finding if it is neither.
    pub fn amount(&self, row: usize, column: usize, notes: &mut Notes) -> Option<Option<f64>> {
        match self.table.number(self.rows[row], self.columns[column]) {
            Ok(Some(v)) if !is_amount(v) => {
                notes.findings.refuse(self.not_an_amount(row, column, &v.to_string()))
            }
            Ok(found) => Some(found),
            Err(e) => notes.findings.refuse(e.to_finding().layer(&self.role)),
        }
    }

    /// A number ≥ 0; `None` with a finding if it is empty or something else.
    pub fn required_amount(&self, row: usize, column: usize, notes: &mut Notes) -> Option<f64> {
        let found = self.amount(row, column, notes)?;
        if found.is_none() {
            notes.findings.push(self.not_an_amount(row, column, "empty"));
        }
        found
    }

    fn not_an_amount(&self, row: usize, column: usize, value: &str) -> Finding {
        let name = &self.names[column];
        let message = format!("{name} must be a number ≥ 0");
        self.finding("negative_or_nan_activity", &message)
            .file(self.place(row, column))
            .feature(self.text(row, 0))
            .field(name)
            .value(value)
    }

    fn place(&self, row: usize, column: usize) -> String {
        self.table.place(self.rows[row], self.columns[column])
    }

    /// An error about this table.
    pub fn finding(&self, code: &str, message: &str) -> Finding {
        Finding::error(code, message).layer(&self.role).file(self.shown.clone())
    }

    /// A warning about this table.
    pub fn warning(&self, code: &str, message: &str) -> Finding {
        Finding::warning(code, message).layer(&self.role).file(self.shown.clone())
    }

    /// Rows whose key names no unit.
    pub fn unmatched(&self, keys: &[String], hint: &str) -> Finding {
        let shown = keys.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
        let more = if keys.len() > 20 { format!(" and {} more", keys.len() - 20) } else { String::new() };
        self.finding("unmatched_table_rows", &format!("rows that match no county: {shown}{more}"))
            .field(&self.names[0])
            .count(keys.len() as u64)
            .hint(hint)
    }
}
