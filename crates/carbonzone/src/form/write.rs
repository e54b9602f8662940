//! A pipeline file as a workbook that is filled in: every value of it stands in a cell, so that reading gives the same pipeline.

use super::definition::{
    Both, ColumnDef, SettingKind, SheetDef, Words, form, lists, word_pairs, words_sheet,
};
use super::{LIST_MARK, key_of};
use crate::error::Result;
use carbonzone_report::Lang;
use carbonzone_sheet::column_letters;
use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, Formula, Workbook, Worksheet,
    XlsxError,
};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// What the writer of workbooks answers.
type Written = Result<(), XlsxError>;

/// Rows below the header that offer their words.
const ROWS: u32 = 200;
/// First row of data: below the help and the header.
const FIRST: u32 = 2;
/// Widths in characters.
const WIDE: f64 = 34.0;
const NARROW: f64 = 16.0;
/// Ground of headers that every row needs, and of the others.
const NEEDED: Color = Color::RGB(0x00CF_E2F3);
const OPTIONAL: Color = Color::RGB(0x00EE_F1F5);

/// The workbook of a pipeline file that is given as text, under a name; `found`: amounts of tables, to stand beside the cells of the
/// totals.
///
/// # Errors
/// If the text is no TOML, or a part of it is longer than a cell can hold.
pub fn of_text(text: &str, (name, found): (&str, &[String]), lang: Lang) -> Result<Vec<u8>> {
    let mut pipeline: Table = toml::from_str(text)?;
    if let Some(city) = pipeline.get_mut("city").and_then(Value::as_table_mut) {
        city.insert("name".to_owned(), Value::String(name.to_owned()));
    }
    Ok(with_notes(&pipeline, found, lang)?)
}

/// The workbook of a pipeline; same pipeline, same bytes.
///
/// # Errors
/// If a text is longer than a cell can hold.
pub fn bytes(pipeline: &Table, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    with_notes(pipeline, &[], lang)
}

fn with_notes(pipeline: &Table, found: &[String], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut rest = pipeline.clone();
    let layers = layer_rows(&mut rest);
    let (mut totals, rules) = (total_rows(&mut rest), rule_rows(&mut rest));
    for (at, note) in found.iter().enumerate() {
        // A row with a note alone is not read.
        totals.resize_with(totals.len().max(at + 1), RowValues::new);
        totals[at].insert("note", Value::String(note.clone()));
    }
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_ymd(2020, 1, 1)?;
    book.set_properties(&DocProperties::new().set_author("carbonzone").set_creation_datetime(&created));
    let (write, sheets) = (Sheets { lang }, &form().sheets);
    write.city(book.add_worksheet(), rest)?;
    write.sheet(book.add_worksheet(), &sheets.layers, &layers)?;
    write.sheet(book.add_worksheet(), &sheets.totals, &totals)?;
    write.sheet(book.add_worksheet(), &sheets.rules, &rules)?;
    write.words(book.add_worksheet())?;
    book.save_to_buffer()
}

/// The cells of a row by the keys of their columns.
type RowValues = BTreeMap<&'static str, Value>;

/// Takes a value out of a table by its dotted key; empty tables go with it.
fn take(table: &mut Table, key: &str) -> Option<Value> {
    let Some((first, rest)) = key.split_once('.') else { return table.remove(key) };
    let inner = table.get_mut(first)?.as_table_mut()?;
    let value = take(inner, rest);
    if inner.is_empty() {
        table.remove(first);
    }
    value
}

/// What is left of a table as `key = value` lines; nothing if nothing is left.
fn lines_of(table: &Table) -> Option<Value> {
    let mut lines = Vec::new();
    flatten(table, "", &mut |key, value| lines.push(format!("{key} = {value}")));
    (!lines.is_empty()).then(|| Value::String(lines.join("\n")))
}

/// Every value of a table by its dotted key.
fn flatten(table: &Table, above: &str, found: &mut dyn FnMut(String, &Value)) {
    for (key, value) in table {
        let bare =
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let key = if bare { key.clone() } else { Value::String(key.clone()).to_string() };
        let key = if above.is_empty() { key } else { format!("{above}.{key}") };
        match value {
            Value::Table(inner) if !inner.is_empty() => flatten(inner, &key, found),
            other => found(key, other),
        }
    }
}

/// What a cell of these words can hold so that it is read back as it is: texts, numbers, and lists of texts without marks of lists.
fn holds(value: &Value, words: Words) -> bool {
    let same = |text: &str| !text.is_empty() && key_of(words, text) == text;
    match value {
        Value::Array(items) => items
            .iter()
            .all(|i| i.as_str().is_some_and(|t| same(t) && !t.contains([',', '，', ';', '；', '、', '\n']))),
        Value::String(text) => same(text),
        Value::Integer(_) | Value::Float(_) => true,
        _ => false,
    }
}

/// Takes the values of columns out of a table; the rest goes into the column of other settings.
fn row_of(
    def: &SheetDef,
    mut table: Table,
    keys: impl Iterator<Item = (&'static str, &'static str)>,
) -> RowValues {
    let mut row = RowValues::new();
    for (column, key) in keys {
        let words = def.columns.iter().find(|c| c.key == column).map_or(Words::None, |c| c.words);
        match take(&mut table, key) {
            Some(value) if holds(&value, words) => {
                row.insert(column, value);
            }
            Some(value) => put_back(&mut table, key, value),
            None => {}
        }
    }
    row.extend(lines_of(&table).map(|lines| ("more", lines)));
    row
}

fn put_back(table: &mut Table, key: &str, value: Value) {
    // An empty text is the same as none.
    if value.as_str() == Some("") {
        return;
    }
    match key.split_once('.') {
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if let Some(inner) = inner.as_table_mut() {
                put_back(inner, rest, value);
            }
        }
        None => drop(table.insert(key.to_owned(), value)),
    }
}

fn layer_rows(pipeline: &mut Table) -> Vec<RowValues> {
    let mut out = Vec::new();
    let tables = take_tables(pipeline, "layers.zones.tables");
    for def in &form().layers {
        let found = match def.key.as_str() {
            "table" => tables.clone(),
            key => match take(pipeline, &format!("layers.{key}")) {
                Some(Value::Table(table)) => vec![table],
                _ => Vec::new(),
            },
        };
        for table in found {
            let mut row = row_of(&form().sheets.layers, table, def.columns());
            row.insert("layer", Value::String(def.key.clone()));
            out.push(row);
        }
    }
    out
}

/// Takes an array of tables out of the pipeline.
fn take_tables(pipeline: &mut Table, key: &str) -> Vec<Table> {
    match take(pipeline, key) {
        Some(Value::Array(items)) => {
            items.into_iter().filter_map(|i| if let Value::Table(t) = i { Some(t) } else { None }).collect()
        }
        _ => Vec::new(),
    }
}

fn total_rows(pipeline: &mut Table) -> Vec<RowValues> {
    let totals = take_tables(pipeline, "inventory.totals");
    // The unit stands beside every amount, the default too.
    let default = || Value::try_from(crate::config::MassUnit::default()).ok();
    let unit = if totals.is_empty() { None } else { take(pipeline, "inventory.unit").or_else(default) };
    let columns =
        [("sector", "sector"), ("land_group", "land_group"), ("amount", "amount"), ("source", "source")];
    let row = |table: Table| {
        let mut row = row_of(&form().sheets.totals, table, columns.into_iter());
        row.extend(unit.clone().map(|unit| ("unit", unit)));
        if row.get("amount").and_then(Value::as_float).is_some_and(f64::is_nan) {
            row.remove("amount");
        }
        row
    };
    totals.into_iter().map(row).collect()
}

fn rule_rows(pipeline: &mut Table) -> Vec<RowValues> {
    let columns = [
        ("id", "id"),
        ("activity", "activity"),
        ("land", "land"),
        ("proxies", "proxies"),
        ("share", "share"),
        ("source", "source"),
    ];
    let row = |mut table: Table| {
        let budget = take(&mut table, "budget");
        let mut row = row_of(&form().sheets.rules, table, columns.into_iter());
        let budget = budget.as_ref().and_then(Value::as_str).unwrap_or_default();
        let (sector, group) = budget.split_once(':').unwrap_or((budget, ""));
        row.insert("sector", Value::String(sector.to_owned()));
        row.insert("land_group", Value::String(group.to_owned()));
        row
    };
    take_tables(pipeline, "allocate").into_iter().map(row).collect()
}

/// Writes sheets in a language.
struct Sheets {
    lang: Lang,
}

impl Sheets {
    fn say(&self, [en, zh]: &Both) -> String {
        match self.lang {
            Lang::En => en.clone(),
            Lang::Zh => zh.clone(),
            Lang::Both if en == zh => en.clone(),
            Lang::Both => format!("{zh} {en}"),
        }
    }

    /// A key as the word that is shown.
    fn word(&self, words: Words, key: &str) -> String {
        let found = word_pairs(words).into_iter().find(|[k, ..]| k == key);
        found.map_or_else(|| key.to_owned(), |[_, en, zh]| self.say(&[en, zh]))
    }

    fn head(&self, sheet: &mut Worksheet, def: &SheetDef) -> Written {
        sheet.set_name(self.say(&def.name))?;
        sheet.write_string_with_format(0, 0, self.say(&def.help), &Format::new().set_italic())?;
        for (at, column) in def.columns.iter().enumerate() {
            let ground = if column.required { NEEDED } else { OPTIONAL };
            let format = Format::new().set_bold().set_background_color(ground).set_text_wrap();
            let format = format.set_align(FormatAlign::Top);
            sheet.write_string_with_format(1, at as u16, self.say(&column.name), &format)?;
            let wide = ["path", "land", "proxies", "source", "more", "key", "value", "note"]
                .contains(&column.key.as_str());
            sheet.set_column_width(at as u16, if wide { WIDE } else { NARROW })?;
        }
        sheet.set_freeze_panes(FIRST, 1)?;
        Ok(())
    }

    fn sheet(&self, sheet: &mut Worksheet, def: &SheetDef, rows: &[RowValues]) -> Written {
        self.head(sheet, def)?;
        for (at, column) in def.columns.iter().enumerate() {
            let help = self.help(column.words, &column.help, &self.say(&column.name))?;
            sheet.add_data_validation(FIRST, at as u16, FIRST + ROWS, at as u16, &help)?;
            for (row, values) in rows.iter().enumerate() {
                if let Some(value) = values.get(column.key.as_str()) {
                    self.cell(sheet, FIRST + row as u32, at as u16, column, value)?;
                }
            }
        }
        Ok(())
    }

    fn cell(&self, sheet: &mut Worksheet, row: u32, column: u16, def: &ColumnDef, value: &Value) -> Written {
        let text = match value {
            Value::Integer(n) => return sheet.write_number(row, column, *n as f64).map(drop),
            Value::Float(x) => return sheet.write_number(row, column, *x).map(drop),
            Value::Array(items) => {
                let words = items.iter().filter_map(Value::as_str).map(|key| self.word(def.words, key));
                words.collect::<Vec<_>>().join(LIST_MARK)
            }
            Value::String(key) => self.word(def.words, key),
            other => other.to_string(),
        };
        let format = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        sheet.write_string_with_format(row, column, text, &format).map(drop)
    }

    /// The list of words that a cell offers, and its help.
    fn help(&self, words: Words, help: &Both, title: &str) -> Result<DataValidation, XlsxError> {
        let validation = match lists().iter().enumerate().find(|(_, list)| list.key == words) {
            Some((at, offered)) => {
                let (column, last) = (column_letters(at), word_pairs(words).len() + 1);
                let sheet = self.say(&words_sheet());
                let list = format!("='{sheet}'!${column}$2:${column}${last}");
                DataValidation::new()
                    .allow_list_formula(Formula::new(list))
                    .show_error_message(offered.closed)
            }
            None => DataValidation::new().allow_any_value(),
        };
        // Excel allows 32 characters in the title.
        let title: String = title.chars().take(32).collect();
        validation.set_input_title(title)?.set_input_message(self.say(help))
    }

    /// Settings that a planner knows first, then all others by their keys.
    fn city(&self, sheet: &mut Worksheet, mut rest: Table) -> Written {
        self.head(sheet, &form().sheets.city)?;
        let mut row = FIRST;
        for setting in &form().settings {
            let value = take(&mut rest, &setting.key).filter(|v| v.as_str() != Some(""));
            sheet.write_string(row, 0, self.say(&setting.name))?;
            let words = match setting.kind {
                SettingKind::Word(words) => words,
                SettingKind::Bool => Words::Bools,
                SettingKind::Text | SettingKind::Number => Words::None,
            };
            let help = self.help(words, &setting.help, &self.say(&setting.name))?;
            sheet.add_data_validation(row, 1, row, 1, &help)?;
            match value {
                Some(Value::Integer(n)) => sheet.write_number(row, 1, n as f64).map(drop)?,
                Some(Value::Float(x)) => sheet.write_number(row, 1, x).map(drop)?,
                Some(Value::Boolean(b)) => {
                    sheet.write_string(row, 1, self.word(Words::Bools, &b.to_string())).map(drop)?;
                }
                Some(Value::String(key)) => sheet.write_string(row, 1, self.word(words, &key)).map(drop)?,
                Some(other) => sheet.write_string(row, 1, other.to_string()).map(drop)?,
                None => {}
            }
            row += 1;
        }
        let mut others = Vec::new();
        flatten(&rest, "", &mut |key, value| others.push((key, value.to_string())));
        for (key, value) in others {
            sheet.write_string(row, 0, key)?.write_string(row, 1, value)?;
            row += 1;
        }
        Ok(())
    }

    /// The words that cells offer, one list per column.
    fn words(&self, sheet: &mut Worksheet) -> Written {
        sheet.set_name(self.say(&words_sheet()))?;
        for (at, list) in lists().iter().enumerate() {
            let at = at as u16;
            sheet.write_string_with_format(0, at, self.say(&list.name), &Format::new().set_bold())?;
            for (row, [_, en, zh]) in word_pairs(list.key).into_iter().enumerate() {
                sheet.write_string(row as u32 + 1, at, self.say(&[en, zh]))?;
            }
            sheet.set_column_width(at, NARROW)?;
        }
        Ok(())
    }
}
