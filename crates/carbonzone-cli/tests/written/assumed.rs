//! Every table of a run says what it assumes: CSV, sheets of workbooks, tables of GeoPackages, tables of the report.

use std::collections::BTreeMap;
use std::path::Path;

/// Cells of the first line of a CSV and of the others that the column of this name has.
fn column(path: &Path, name: &str) -> Option<Vec<String>> {
    let sheet =
        carbonzone_sheet::read_sheets(path, &carbonzone_sheet::ReadOptions::default()).unwrap().remove(0);
    let text = |row: &[carbonzone_sheet::Cell], at: usize| {
        row.get(at).and_then(carbonzone_sheet::Cell::raw_text).unwrap_or_default()
    };
    let at = (0..sheet.rows[0].len())
        .find(|at| text(&sheet.rows[0], *at).trim_start_matches('\u{feff}') == name)?;
    Some(sheet.rows[1..].iter().map(|row| text(row, at)).collect())
}

/// A sheet with a sentence above or below its rows: a row with one long text and nothing else.
fn has_sentence(sheet: &carbonzone_sheet::Sheet) -> bool {
    let texts = |row: &Vec<carbonzone_sheet::Cell>| -> Vec<String> {
        row.iter().filter_map(carbonzone_sheet::Cell::raw_text).filter(|t| !t.is_empty()).collect()
    };
    sheet.rows.iter().map(texts).any(|row| matches!(&row[..], [one] if one.chars().count() > 12))
}

/// What is wrong with the tables of a run; by kind of table how many there are.
pub fn unsaid(out: &Path) -> (Vec<String>, BTreeMap<&'static str, usize>) {
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::new());
    let mut look = |kind: &'static str, table: String, says: bool| {
        *seen.entry(kind).or_insert(0) += 1;
        if !says {
            wrong.push(format!("{kind}: {table}"));
        }
    };
    for file in std::fs::read_dir(out).unwrap().map(|e| e.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        match file.extension().and_then(|e| e.to_str()).unwrap_or_default() {
            "csv" => {
                let said = column(&file, "assumes");
                look("csv", name, said.is_some_and(|cells| cells.iter().all(|text| text.len() > 12)));
            }
            "xlsx" => {
                let sheets =
                    carbonzone_sheet::read_sheets(&file, &carbonzone_sheet::ReadOptions::default()).unwrap();
                for s in &sheets {
                    look("sheet", format!("{name}: {}", s.name), has_sentence(s));
                }
            }
            "gpkg" => {
                for (table, description) in descriptions(&file) {
                    // What it holds, then what it assumes; styles are no table of the run.
                    let says = table == "layer_styles"
                        || description.split(". ").count() > 1 && description.len() > 60;
                    look("layer", format!("{name}: {table}: {description}"), says);
                }
            }
            "html" => {
                let page = std::fs::read_to_string(&file).unwrap();
                let body = page.split("<script").next().unwrap();
                for section in body.split("<section").skip(1).map(|s| s.split("</section>").next().unwrap()) {
                    let title = section.split("<h2").nth(1).unwrap_or_default().chars().take(160).collect();
                    let tables = section.matches("<table").count();
                    // Further judgements of how sure a class is, balances and ledger share a sentence.
                    let shared = section.contains("id=\"sure-h\"") || section.contains("id=\"ledger-h\"");
                    let needed = if shared { tables.min(1) } else { tables };
                    look("section", title, section.matches("small assumes").count() >= needed);
                }
            }
            _ => {}
        }
    }
    (wrong, seen)
}

/// Names and descriptions of the tables of a GeoPackage.
fn descriptions(path: &Path) -> Vec<(String, String)> {
    let file = rusqlite::Connection::open(path).unwrap();
    let mut rows = file.prepare("SELECT table_name, description FROM gpkg_contents").unwrap();
    let found = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    found.collect::<rusqlite::Result<_>>().unwrap()
}

/// Panics with the tables that say nothing.
pub fn everything_is_said(out: &Path, kinds: &[&str]) {
    let (wrong, seen) = unsaid(out);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(kinds.iter().all(|kind| seen.get(kind).is_some_and(|n| *n > 1)), "{seen:?}");
}
