//! Spreadsheets into cells.

use crate::sheet_facts::SheetFacts;
use crate::workbook_guard::{MAX_CELLS, Place, Trouble};
use crate::xlsx_facts::XlsxFacts;
use crate::{Cell, Merge, Sheet, a1, ods_facts, xls_facts, xlsb_facts};
use calamine::{Data, Dimensions, ExcelDateTime, Ods, Range, Reader, SheetVisible, Xls, Xlsb, Xlsx};
use std::io::Cursor;

/// Rows and columns of a sheet.
const MAX_ROWS: usize = 1 << 20;

const MAX_COLUMNS: usize = 1 << 14;

/// The bytes of a workbook.
type Bytes<'a> = Cursor<&'a [u8]>;

/// Reads every sheet of an XLSX, XLS, XLSB or ODS workbook. `place` follows the reading, so that a panic can be told with
/// its place.
pub(crate) fn read(bytes: &[u8], place: &Place) -> Result<Vec<Sheet>, Trouble> {
    if bytes.starts_with(b"PK") {
        let names = crate::workbook_guard::check_zip(bytes)?;
        let has = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        return if has("content.xml") {
            crate::workbook_guard::check_ods(bytes)?;
            let facts = ods_facts::read(bytes)?;
            of_ranges(Ods::new(Cursor::new(bytes)).map_err(Trouble::broken)?, facts, place)
        } else if has("xl/workbook.bin") {
            let facts = xlsb_facts::read(bytes)?;
            of_xlsb(Xlsb::new(Cursor::new(bytes)).map_err(Trouble::broken)?, facts, place)
        } else {
            of_xlsx(Xlsx::new(Cursor::new(bytes)).map_err(Trouble::broken)?, XlsxFacts::read(bytes)?, place)
        };
    }
    let facts = xls_facts::read(&crate::workbook_guard::check_xls(bytes)?);
    of_ranges(Xls::new(Cursor::new(bytes)).map_err(Trouble::broken)?, facts, place)
}

/// The sheets with what the workbook says of each beside its cells.
fn with_facts<'a, R: Reader<Bytes<'a>>>(
    book: &R,
    facts: Vec<SheetFacts>,
) -> impl Iterator<Item = ((String, bool), SheetFacts)> + use<'a, R> {
    sheets_in(book).into_iter().zip(facts.into_iter().chain(std::iter::repeat_with(SheetFacts::default)))
}

/// A sheet of its cells and what the workbook says beside them.
fn sheet_of(name: String, hidden: bool, grid: Grid, facts: SheetFacts) -> Sheet {
    let notes = facts.hidden_parts(&name, &grid.rows);
    Sheet { rows: grid.rows, merges: facts.merges, hidden, notes, name, ..Sheet::default() }
}

/// Names of the sheets and whether they are hidden.
fn sheets_in<'a, R: Reader<Bytes<'a>>>(book: &R) -> Vec<(String, bool)> {
    let all = book.sheets_metadata().iter();
    all.map(|s| (s.name.clone(), s.visible != SheetVisible::Visible)).collect()
}

/// XLSX: cell by cell, so that an empty stretch costs nothing and a formula without a value is seen.
fn of_xlsx(mut book: Xlsx<Bytes<'_>>, book_facts: XlsxFacts, place: &Place) -> Result<Vec<Sheet>, Trouble> {
    let mut sheets = Vec::new();
    for ((name, hidden), mut facts) in with_facts(&book, book_facts.sheets) {
        place.sheet(&name);
        let mut grid = Grid::default();
        let mut cells = match book.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue, // a chart has no cells
            Err(error) => return Err(Trouble::broken(error)),
        };
        while let Some(record) = cells.next_cell_with_formula_metadata().map_err(Trouble::broken)? {
            let data = Data::from(record.value);
            let uncomputed = data == Data::Empty || (book_facts.never_computed && data == Data::Float(0.0));
            let cell = match record.formula {
                Some(formula) if uncomputed => Cell::Formula(formula_text(&formula)),
                _ => facts.shown(record.pos, cell_of(&data)),
            };
            grid.put(record.pos, cell, place)?;
        }
        drop(cells);
        facts.merges = merges_of(&book.merge_cells_by_sheet_name(&name).unwrap_or_default());
        sheets.push(sheet_of(name, hidden, grid, facts));
    }
    Ok(sheets)
}

/// A formula as it is shown; cells of a shared formula do not repeat it.
fn formula_text(formula: &calamine::XlsxFormulaMetadata) -> String {
    use calamine::XlsxFormulaMetadata as F;
    match formula {
        F::Normal { formula } | F::Shared { formula, .. } => format!("={formula}"),
        _ => "shared with a cell above".to_owned(),
    }
}

/// XLSB: cell by cell; its formulas always have a value.
fn of_xlsb(mut book: Xlsb<Bytes<'_>>, facts: Vec<SheetFacts>, place: &Place) -> Result<Vec<Sheet>, Trouble> {
    let mut sheets = Vec::new();
    for ((name, hidden), facts) in with_facts(&book, facts) {
        place.sheet(&name);
        let mut grid = Grid::default();
        let mut cells = book.worksheet_cells_reader(&name).map_err(Trouble::broken)?;
        while let Some(cell) = cells.next_cell().map_err(Trouble::broken)? {
            let (at, value) = (cell.get_position(), cell_of(&Data::from(cell.get_value().clone())));
            grid.put(at, facts.shown(at, value), place)?;
        }
        drop(cells);
        sheets.push(sheet_of(name, hidden, grid, facts));
    }
    Ok(sheets)
}

/// XLS and ODS: calamine gives whole ranges; how large they get was checked before.
fn of_ranges<'a, R: Reader<Bytes<'a>>>(
    mut book: R,
    facts: Vec<SheetFacts>,
    place: &Place,
) -> Result<Vec<Sheet>, Trouble> {
    let mut sheets = Vec::new();
    for ((name, hidden), facts) in with_facts(&book, facts) {
        place.sheet(&name);
        let range = book.worksheet_range(&name).map_err(|e| Trouble::broken(format!("{e:?}")))?;
        let formulas = book.worksheet_formula(&name).unwrap_or_default();
        let mut grid = Grid::default();
        let start = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let at = (start.0 + row as u32, start.1 + column as u32);
            grid.put(at, facts.shown(at, cell_of(data)), place)?;
        }
        put_formulas(&range, &formulas, &mut grid, place)?;
        sheets.push(sheet_of(name, hidden, grid, facts));
    }
    Ok(sheets)
}

/// Formulas without a value. A formula may show nothing (`=""`): only if none of the sheet has a value, they were never
/// calculated.
fn put_formulas(
    values: &Range<Data>,
    formulas: &Range<String>,
    grid: &mut Grid,
    place: &Place,
) -> Result<(), Trouble> {
    let start = formulas.start().unwrap_or_default();
    let all: Vec<((u32, u32), &String)> = formulas
        .used_cells()
        .map(|(row, column, text)| ((start.0 + row as u32, start.1 + column as u32), text))
        .collect();
    let blank = |at: (u32, u32)| match values.get_value(at) {
        None | Some(Data::Empty) => true,
        Some(Data::String(s)) => s.is_empty(),
        Some(_) => false,
    };
    if all.iter().all(|(at, _)| blank(*at)) {
        for (at, text) in all {
            grid.put(at, Cell::Formula(format!("={}", text.trim_start_matches(['=', ':']))), place)?;
        }
    }
    Ok(())
}

/// Rows that grow with their cells.
#[derive(Default)]
struct Grid {
    rows: Vec<Vec<Cell>>,
    /// Cells in them, empty ones included.
    cells: usize,
}

impl Grid {
    fn put(&mut self, (row, column): (u32, u32), cell: Cell, place: &Place) -> Result<(), Trouble> {
        let (row, column) = (row as usize, column as usize);
        place.cell(row, column);
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            return Err(Trouble::broken(format!("cell {} is outside of every sheet", a1(row, column))));
        }
        if cell.is_empty() {
            return Ok(());
        }
        if self.rows.len() <= row {
            self.rows.resize_with(row + 1, Vec::new);
        }
        let cells = &mut self.rows[row];
        if cells.len() <= column {
            self.cells += column + 1 - cells.len();
            if self.cells > MAX_CELLS {
                return Err(Trouble::TooLarge(format!(
                    "the sheet reaches to cell {} with more than {MAX_CELLS} cells",
                    a1(row, column)
                )));
            }
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
        Ok(())
    }
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

/// Merged areas as ours.
fn merges_of(areas: &[Dimensions]) -> Vec<Merge> {
    let merge = |d: &Dimensions| Merge {
        top: d.start.0 as usize,
        left: d.start.1 as usize,
        bottom: d.end.0 as usize,
        right: d.end.1 as usize,
    };
    areas.iter().map(merge).collect()
}
