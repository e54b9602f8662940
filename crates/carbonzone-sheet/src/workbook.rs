//! Spreadsheets into cells.

use crate::{Cell, Merge, Sheet, SheetError};
use calamine::{Data, Dimensions, ExcelDateTime, Range, Reader, Sheets};
use std::io::Cursor;

/// Reads every sheet of an XLSX, XLS, XLSB or ODS workbook, with merged areas where the format tells them.
pub(crate) fn sheets_of_workbook(bytes: &[u8], file: &str) -> Result<Vec<Sheet>, SheetError> {
    let broken = |message: String| SheetError::Workbook { file: file.to_owned(), message };
    let mut book =
        calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|e| broken(e.to_string()))?;
    let names = book.sheet_names();
    let mut sheets = Vec::with_capacity(names.len());
    for name in names {
        let range = match book.worksheet_range(&name) {
            Ok(range) => range,
            Err(error) => return Err(broken(format!("sheet \"{name}\": {error}"))),
        };
        let merges = merges_of(&mut book, &name);
        sheets.push(Sheet { rows: rows_of(&range), merges, name });
    }
    Ok(sheets)
}

/// Rows from A1 on: a range starts at its first used cell.
fn rows_of(range: &Range<Data>) -> Vec<Vec<Cell>> {
    let Some((top, left)) = range.start() else {
        return Vec::new();
    };
    let mut rows: Vec<Vec<Cell>> = (0..top).map(|_| Vec::new()).collect();
    for row in range.rows() {
        let mut cells = vec![Cell::Empty; left as usize];
        cells.extend(row.iter().map(cell_of));
        rows.push(cells);
    }
    rows
}

/// One cell of calamine's as ours.
fn cell_of(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(s) | Data::DateTimeIso(s) | Data::DurationIso(s) => Cell::text(s),
        Data::Float(x) => Cell::Number(*x),
        Data::Int(i) => Cell::Number(*i as f64),
        Data::Bool(b) => Cell::Bool(*b),
        Data::DateTime(t) => date_cell(*t),
        Data::Error(e) => Cell::Error(e.to_string()),
    }
}

/// A date as ISO text; a duration stays a number of days.
fn date_cell(t: ExcelDateTime) -> Cell {
    if t.is_duration() {
        return Cell::Number(t.as_f64());
    }
    let (y, mo, d, h, mi, s, _) = t.to_ymd_hms_milli();
    if (h, mi, s) == (0, 0, 0) {
        Cell::Text(format!("{y:04}-{mo:02}-{d:02}"))
    } else {
        Cell::Text(format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}"))
    }
}

/// Merged areas of a sheet; formats that do not tell them give none.
fn merges_of(book: &mut Sheets<Cursor<&[u8]>>, name: &str) -> Vec<Merge> {
    let areas: Vec<Dimensions> = match book {
        Sheets::Xlsx(x) => x.merge_cells_by_sheet_name(name).unwrap_or_default(),
        Sheets::Xls(x) => x.merge_cells_by_sheet_name(name).unwrap_or_default(),
        Sheets::Xlsb(_) | Sheets::Ods(_) => Vec::new(),
    };
    areas
        .iter()
        .map(|d| Merge {
            top: d.start.0 as usize,
            left: d.start.1 as usize,
            bottom: d.end.0 as usize,
            right: d.end.1 as usize,
        })
        .collect()
}
