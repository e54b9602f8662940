//! Workbooks: one worksheet per table, laid out for readers where the sheet asks for it. Same input, same bytes.

use crate::formula::looks_like_formula;
use crate::write::write_bytes;
use crate::{Cell, OutSheet, SheetError};
use carbonzone_types::ColumnData;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use std::path::Path;

/// What the writer of workbooks answers.
type Written = Result<(), XlsxError>;

/// A workbook in memory, one worksheet per table: bold header, frozen below it, column widths fitted.
///
/// The creation time is fixed (2020-01-01), so the same tables give the same bytes.
///
/// # Errors
/// [`SheetError::WriteXlsx`], e.g. for a sheet name that Excel refuses or more than 1,048,576 rows.
pub fn xlsx_bytes(sheets: &[OutSheet]) -> Result<Vec<u8>, SheetError> {
    workbook(sheets)
        .and_then(|mut book| book.save_to_buffer())
        .map_err(|e| SheetError::WriteXlsx { file: "(memory)".to_owned(), message: e.to_string() })
}

/// Writes a workbook, one worksheet per table.
///
/// # Errors
/// As [`xlsx_bytes`], and [`SheetError::Io`].
pub fn write_xlsx(path: &Path, sheets: &[OutSheet]) -> Result<(), SheetError> {
    let bytes = xlsx_bytes(sheets).map_err(|e| match e {
        SheetError::WriteXlsx { message, .. } => {
            SheetError::WriteXlsx { file: path.display().to_string(), message }
        }
        other => other,
    })?;
    write_bytes(path, &bytes)
}

/// Builds the workbook.
fn workbook(sheets: &[OutSheet]) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let created = ExcelDateTime::from_ymd(2020, 1, 1)?;
    book.set_properties(&DocProperties::new().set_author("carbonzone").set_creation_datetime(&created));
    for sheet in sheets {
        fill(book.add_worksheet(), sheet)?;
    }
    Ok(book)
}

fn fill(worksheet: &mut Worksheet, sheet: &OutSheet) -> Written {
    worksheet.set_name(&sheet.name)?;
    let widths = &Widths::of(sheet);
    write_lines(worksheet, widths, 0, &sheet.preamble)?;
    let first = first_row(sheet);
    for column in 0..sheet.table.columns.len() {
        write_header(worksheet, sheet, column)?;
        write_column(worksheet, sheet, column, first, is_wrapped(sheet, widths, column))?;
        worksheet.set_column_width(column as u16, widths.shown[column])?;
    }
    write_totals(worksheet, sheet, first + sheet.table.rows() as u32)?;
    write_lines(worksheet, widths, end_of_table(sheet) + 1, &sheet.below)?;
    worksheet.set_freeze_panes(first, sheet.frozen_columns)?;
    print_setup(worksheet, sheet, widths)?;
    if let Some(title) = &sheet.title { lay_out(worksheet, sheet, &widths.shown, title) } else { Ok(()) }
}

/// Lines above or below the table; one that is longer than the table is wide is wrapped across it.
fn write_lines(worksheet: &mut Worksheet, widths: &Widths, first: u32, lines: &[String]) -> Written {
    let columns = widths.shown.len();
    let wide: f64 = widths.shown.iter().sum();
    for (row, line) in lines.iter().enumerate() {
        let (row, lines) = (first + row as u32, (text_width(line) / wide).ceil());
        if columns > 1 && lines > 1.0 {
            let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
            worksheet.merge_range(row, 0, row, columns as u16 - 1, "", &wrapped)?;
            worksheet.set_row_height(row, LINE_HEIGHT * lines)?;
            write_text(worksheet, row, 0, line, &wrapped)?;
        } else {
            write_text(worksheet, row, 0, line, &Format::new())?;
        }
    }
    Ok(())
}

/// A print is as wide as the page, and every page has the header. Rows are as high as their wrapped texts.
fn print_setup(worksheet: &mut Worksheet, sheet: &OutSheet, widths: &Widths) -> Written {
    let columns = sheet.table.columns.len();
    let printed = if sheet.printed_columns > 0 { sheet.printed_columns } else { columns };
    let width: f64 = widths.shown.iter().take(printed).sum();
    worksheet
        .set_landscape()
        .set_paper_size(if width > ON_A4 { A3 } else { A4 })
        .set_print_fit_to_pages(1, 0);
    worksheet.set_repeat_rows(sheet.preamble.len() as u32, first_row(sheet) - 1)?;
    let wrapped: Vec<usize> = (0..columns).filter(|column| is_wrapped(sheet, widths, *column)).collect();
    for row in 0..sheet.table.rows() {
        let lines = |column: &usize| {
            let text = sheet.table.columns[*column].data.text_at(row);
            text.map_or(1.0, |t| (WRAPS_EARLY * text_width(&t) / MAX_WIDTH).ceil())
        };
        let lines = wrapped.iter().map(lines).fold(1.0, f64::max);
        if lines > 1.0 {
            worksheet.set_row_height(first_row(sheet) + row as u32, LINE_HEIGHT * lines.min(MOST_LINES))?;
        }
    }
    Ok(())
}

/// True for a column with texts that are longer than it may be wide.
fn is_wrapped(sheet: &OutSheet, widths: &Widths, column: usize) -> bool {
    sheet.title.is_some() && sheet.format(column).is_none() && widths.values[column] > MAX_WIDTH
}

/// The first row below the header.
fn first_row(sheet: &OutSheet) -> u32 {
    sheet.preamble.len() as u32 + 1 + u32::from(sheet.names_below)
}

/// The first row below the table and its totals.
fn end_of_table(sheet: &OutSheet) -> u32 {
    first_row(sheet) + (sheet.table.rows() + sheet.totals.len()) as u32
}

/// The label of a column, and its name below.
fn write_header(worksheet: &mut Worksheet, sheet: &OutSheet, column: usize) -> Written {
    let row = sheet.preamble.len() as u32;
    let mut bold = Format::new().set_bold();
    if sheet.title.is_some() {
        bold = bold.set_text_wrap().set_align(FormatAlign::Top).set_background_color(HEADER);
    }
    write_text(worksheet, row, column as u16, sheet.label(column), &bold)?;
    if sheet.names_below {
        let small = Format::new().set_font_size(8).set_font_color(GREY).set_background_color(HEADER);
        let small = small.set_border_bottom(FormatBorder::Thin);
        write_text(worksheet, row + 1, column as u16, &sheet.table.columns[column].name, &small)?;
    }
    Ok(())
}

/// Filter arrows on the last row of the header, and how the sheet is printed.
fn lay_out(worksheet: &mut Worksheet, sheet: &OutSheet, widths: &[f64], title: &str) -> Written {
    let (top, first) = (sheet.preamble.len() as u32, first_row(sheet));
    let (rows, columns) = (sheet.table.rows() as u32, sheet.table.columns.len() as u16);
    if rows > 0 && columns > 0 {
        worksheet.autofilter(first - 1, 0, first + rows - 1, columns - 1)?;
    }
    worksheet.set_row_height(top, LINE_HEIGHT * header_lines(sheet, widths))?;
    if sheet.printed_columns > 0 && sheet.printed_columns < usize::from(columns) {
        let below = sheet.below.len() + usize::from(!sheet.below.is_empty());
        let last = end_of_table(sheet) + below as u32;
        worksheet.set_print_area(0, 0, last.saturating_sub(1), sheet.printed_columns as u16 - 1)?;
    }
    // An ampersand begins a code; Excel allows 255 characters.
    let title: String = title.replace('&', "&&").chars().take(200).collect();
    worksheet.set_header(format!("&L{title}"));
    worksheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

/// Lines that the longest label takes in its column.
fn header_lines(sheet: &OutSheet, widths: &[f64]) -> f64 {
    let lines = |(column, width): (usize, &f64)| -> f64 {
        sheet.label(column).split('\n').map(|part| (text_width(part) / width).ceil().max(1.0)).sum()
    };
    widths.iter().enumerate().map(lines).fold(1.0, f64::max)
}

/// Rows of totals: bold below a line, in the formats of their columns.
fn write_totals(worksheet: &mut Worksheet, sheet: &OutSheet, first: u32) -> Written {
    for (row, cells) in sheet.totals.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let mut format = Format::new().set_bold();
            if row == 0 {
                format = format.set_border_top(FormatBorder::Thin);
            }
            if let Some(shown) = sheet.format(column) {
                format = format.set_num_format(shown);
            }
            let (row, column) = (first + row as u32, column as u16);
            match cell {
                Cell::Number(x) => {
                    worksheet.write_number_with_format(row, column, *x, &format)?;
                }
                Cell::Text(text) => write_text(worksheet, row, column, text, &format)?,
                _ => {
                    worksheet.write_blank(row, column, &format)?;
                }
            }
        }
    }
    Ok(())
}

/// Paper sizes as the format numbers them.
const A3: u8 = 8;
const A4: u8 = 9;
/// Characters that are read with ease across an A4 page.
const ON_A4: f64 = 200.0;
/// Height of a line of the header, points.
const LINE_HEIGHT: f64 = 15.0;
/// Ground of the header.
const HEADER: Color = Color::RGB(0x00EE_F1F5);
/// The column names below the labels.
const GREY: Color = Color::RGB(0x006B_7280);
/// Widest column in characters; longer texts run into the next cell, are wrapped or are cut.
const MAX_WIDTH: f64 = 50.0;
/// Lines break at words: a text takes this much more than its letters.
const WRAPS_EARLY: f64 = 1.15;
/// Excel allows rows of 409 points.
const MOST_LINES: f64 = 27.0;
/// Widest column for the sake of a wrapped label.
const LABEL_WIDTH: f64 = 16.0;

/// Widths of the columns of a sheet in characters.
struct Widths {
    /// Of the longest value as it is shown.
    values: Vec<f64>,
    /// Of the column.
    shown: Vec<f64>,
}

impl Widths {
    fn of(sheet: &OutSheet) -> Self {
        let values: Vec<f64> =
            (0..sheet.table.columns.len()).map(|column| value_width(sheet, column)).collect();
        let shown = values.iter().enumerate().map(|(column, value)| shown_width(sheet, column, *value));
        Self { shown: shown.collect(), values }
    }
}

/// Width of a column: the longest value as it is shown, or the label, and a little air.
fn shown_width(sheet: &OutSheet, column: usize, longest: f64) -> f64 {
    let label = sheet.label(column);
    let mut width = if sheet.title.is_some() {
        let longest_word = label.split([' ', '\n']).map(text_width).fold(0.0, f64::max);
        longest_word.max(text_width(label).min(LABEL_WIDTH))
    } else {
        text_width(label)
    };
    if sheet.names_below {
        // In small letters; and the filter arrow beside it.
        width = width.max(0.75 * text_width(&sheet.table.columns[column].name) + 2.0);
    }
    longest.max(width).min(MAX_WIDTH) + 1.5
}

/// Width of the longest value as it is shown.
fn value_width(sheet: &OutSheet, column: usize) -> f64 {
    let data = &sheet.table.columns[column].data;
    let totals = sheet.totals.iter().filter_map(|row| row.get(column));
    if let Some(format) = sheet.format(column) {
        let sums = totals.filter_map(|c| if let Cell::Number(x) = c { Some(*x) } else { None });
        let numbers = (0..data.len()).filter_map(|r| data.number_at(r));
        number_width(numbers.chain(sums), format)
    } else {
        let words = totals.filter_map(Cell::raw_text);
        let texts = (0..data.len()).filter_map(|r| data.text_at(r));
        texts.chain(words).map(|t| text_width(&t)).fold(0.0, f64::max)
    }
}

/// Width of the largest number in its format.
fn number_width(numbers: impl Iterator<Item = f64>, format: &str) -> f64 {
    let decimals = format.split_once('.').map_or(0, |(_, d)| d.chars().filter(|c| *c == '0').count());
    let factor = if format.ends_with('%') { 100.0 } else { 1.0 };
    let digits = format!("{:.0}", numbers.fold(0.0f64, |m, v| m.max(v.abs() * factor))).len();
    let separators = if format.contains(',') { (digits - 1) / 3 } else { 0 };
    (digits + separators + decimals + usize::from(decimals > 0) + 2) as f64
}

/// Width of a text: Chinese characters take the place of two digits.
fn text_width(text: &str) -> f64 {
    text.chars().map(|c| if u32::from(c) >= 0x2e80 { 2.1 } else { 1.0 }).sum()
}

/// Writes the values of a column; NULL leaves the cell blank.
fn write_column(
    worksheet: &mut Worksheet,
    sheet: &OutSheet,
    column: usize,
    first: u32,
    wrapped: bool,
) -> Written {
    let data = &sheet.table.columns[column].data;
    let mut plain = Format::new();
    if sheet.title.is_some() {
        // Beside a wrapped text of many lines a number must not stand at the bottom of the row.
        plain = plain.set_align(FormatAlign::Top);
    }
    if let Some(shown) = sheet.format(column) {
        plain = plain.set_num_format(shown);
    } else if wrapped {
        plain = plain.set_text_wrap();
    }
    let fills = sheet.fills.iter().find(|(at, _)| *at == column).map_or(&[][..], |(_, colors)| colors);
    let at = column as u16;
    for row in 0..data.len() {
        let filled = fills.get(row).copied().flatten().map(|color| on_color(&plain, color));
        let (row_at, format) = (first + row as u32, filled.as_ref().unwrap_or(&plain));
        match data {
            ColumnData::Text(v) => {
                v[row].as_deref().map(|s| write_text(worksheet, row_at, at, s, format)).transpose()?;
            }
            ColumnData::Bool(v) => {
                v[row].map(|b| worksheet.write_boolean_with_format(row_at, at, b, format)).transpose()?;
            }
            numbers => {
                let number = numbers.number_at(row);
                number.map(|x| worksheet.write_number_with_format(row_at, at, x, format)).transpose()?;
            }
        }
    }
    Ok(())
}

/// The format on a ground of this colour, in black or white, whichever is read better.
fn on_color(format: &Format, color: u32) -> Format {
    let [_, r, g, b] = color.to_be_bytes().map(f64::from);
    let dark = 0.299 * r + 0.587 * g + 0.114 * b < 140.0;
    let letters = if dark { Color::White } else { Color::Black };
    format.clone().set_background_color(Color::RGB(color)).set_font_color(letters)
}

/// Writes a text; one that begins as a formula does stays a text even when somebody edits the cell.
fn write_text(worksheet: &mut Worksheet, row: u32, column: u16, text: &str, format: &Format) -> Written {
    // A cell of Excel holds 32,767 UTF-16 units: a quarter of that many characters always fit. The whole text is in run.json.
    let long = (text.len() > 8_000).then(|| text.char_indices().nth(8_000)).flatten();
    let cut = long.map(|(at, _)| format!("{} …", &text[..at]));
    let text = cut.as_deref().unwrap_or(text);
    if looks_like_formula(text) {
        worksheet.write_string_with_format(row, column, text, &format.clone().set_quote_prefix())?;
    } else {
        worksheet.write_string_with_format(row, column, text, format)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, sheets_from_bytes};
    use carbonzone_types::AttributeTable;

    fn sample() -> AttributeTable {
        AttributeTable::new()
            .with("unit_id", ColumnData::texts(&["木渎镇", "a,\"b\""]))
            .with("gross_t", ColumnData::Real(vec![Some(0.1 + 0.2), None]))
            .with("count", ColumnData::Int(vec![Some(3), None]))
            .with("gdp_derived", ColumnData::Bool(vec![Some(true), None]))
    }

    #[test]
    fn a_text_longer_than_a_cell_is_cut_there_and_the_workbook_is_written() {
        let long = "碳".repeat(40_000);
        let table = AttributeTable::new().with("text", ColumnData::texts(&[&long]));
        let bytes = xlsx_bytes(&[OutSheet::new("findings", table)]).unwrap();
        let read = sheets_from_bytes(&bytes, "t.xlsx", &ReadOptions::default()).unwrap();
        assert_eq!(read[0].rows.last().unwrap()[0], Cell::text(&format!("{} …", "碳".repeat(8_000))));
    }

    #[test]
    fn a_workbook_reads_back_to_the_same_values() {
        let sheets = [OutSheet::new("townships", sample()).with_preamble(["合成数据"])];
        let read =
            sheets_from_bytes(&xlsx_bytes(&sheets).unwrap(), "t.xlsx", &ReadOptions::default()).unwrap();
        assert_eq!(read[0].name, "townships");
        assert_eq!(read[0].rows[0][0], Cell::text("合成数据"));
        assert_eq!(
            read[0].rows[2],
            [Cell::text("木渎镇"), Cell::Number(0.1 + 0.2), Cell::Number(3.0), Cell::Bool(true)]
        );
        assert_eq!(read[0].cell(3, 1), &Cell::Empty);
    }

    #[test]
    fn the_same_tables_give_the_same_bytes_at_any_time() {
        let sheets = [OutSheet::new("a", sample())];
        let first = xlsx_bytes(&sheets).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert_eq!(first, xlsx_bytes(&sheets).unwrap());
    }

    #[test]
    fn a_format_changes_what_is_shown_and_not_what_is_stored() {
        let format = |name: &str| if name == "gross_t" { "#,##0.0" } else { "" };
        let sheet = OutSheet::new("t", sample()).with_formats(format).with_frozen_columns(2);
        assert_eq!(Widths::of(&sheet).shown[1], 8.5);
        // 木渎镇 or "a,\"b\"" under the label unit_id.
        assert_eq!(Widths::of(&sheet).shown[0], 8.5);
        let read = sheets_from_bytes(&xlsx_bytes(&[sheet]).unwrap(), "t.xlsx", &ReadOptions::default());
        assert_eq!(read.unwrap()[0].rows[1][1], Cell::Number(0.1 + 0.2));
    }

    #[test]
    fn a_sheet_name_that_excel_refuses_is_an_error() {
        let error = xlsx_bytes(&[OutSheet::new("a/b", sample())]).unwrap_err();
        assert!(matches!(error, SheetError::WriteXlsx { .. }), "{error}");
    }

    #[test]
    fn every_sheet_prints_on_one_page_in_width_with_its_header_and_whole_texts() {
        let note = "each tonne is accounted for ".repeat(20);
        let table = sample().with("note", ColumnData::Text(vec![Some("word ".repeat(40)), None]));
        let plain = OutSheet::new("ledger", table).with_preamble([note.as_str(), "short"]);
        let bytes = xlsx_bytes(&[
            plain.clone(),
            OutSheet { name: "findings".to_owned(), ..plain.for_readers("readers") },
        ])
        .unwrap();
        let part = |name: &str| crate::workbook_guard::entry_text(&bytes, name, 1 << 20).unwrap();
        for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
            let page = part(sheet);
            for needle in ["fitToHeight=\"0\"", "<mergeCell ref=\"A1:E1\"/>"] {
                assert!(page.contains(needle), "{needle} is not in {page}");
            }
            assert!(!page.contains("A2:E2"), "a short line stays as it is");
        }
        // 200 letters in a column of 50 characters take five lines of 15 points.
        assert!(part("xl/worksheets/sheet2.xml").contains("ht=\"75\""));
        assert!(part("xl/workbook.xml").contains("ledger!$3:$3"), "the header is repeated");
        // Every cell of that tall row stands at its top.
        let (page, styles) = (part("xl/worksheets/sheet2.xml"), part("xl/styles.xml"));
        let formats: Vec<&str> = styles.split("<cellXfs").nth(1).unwrap().split("<xf ").skip(1).collect();
        let row = page.split("<row r=\"4\"").nth(1).unwrap().split("</row>").next().unwrap();
        let used = row.split(" s=\"").skip(1).map(|s| s.split('"').next().unwrap().parse::<usize>().unwrap());
        let used: Vec<usize> = used.collect();
        assert!(used.len() >= 5 && used.iter().all(|s| formats[*s].contains("vertical=\"top\"")), "{row}");
        let read = sheets_from_bytes(&bytes, "t.xlsx", &ReadOptions::default()).unwrap();
        assert_eq!(read[0].cell(0, 0), &Cell::text(&note));
    }

    #[test]
    fn a_sheet_for_readers_has_filter_colours_totals_and_printed_header() {
        let sheet = OutSheet::new("townships", sample())
            .with_labels(["编号", "碳排放总量\n(t)", "数", "推算"])
            .with_names_below()
            .with_frozen_columns(1)
            .with_fill("unit_id", vec![Some(0x002E_7D32), None])
            .with_fill("no_such_column", vec![Some(0)])
            .with_totals(vec![vec![Cell::text("合计"), Cell::Number(0.3)]])
            .for_readers("A & B");
        let bytes = xlsx_bytes(std::slice::from_ref(&sheet)).unwrap();
        let part = |name: &str| crate::workbook_guard::entry_text(&bytes, name, 1 << 20).unwrap();
        let page = part("xl/worksheets/sheet1.xml");
        for needle in [
            "<autoFilter ref=\"A2:D4\"/>",
            "fitToHeight=\"0\"",
            "orientation=\"landscape\"",
            "&amp;LA &amp;&amp; B",
            "topLeftCell=\"B3\"",
        ] {
            assert!(page.contains(needle), "{needle} is not in {page}");
        }
        assert!(part("xl/workbook.xml").contains("townships!$1:$2"), "the header is repeated");
        assert!(part("xl/styles.xml").contains("FF2E7D32"), "the colour of the class");
        let read = sheets_from_bytes(&bytes, "t.xlsx", &ReadOptions::default()).unwrap();
        assert_eq!(read[0].cell(1, 0), &Cell::text("unit_id"));
        assert_eq!(read[0].rows[4][..2], [Cell::text("合计"), Cell::Number(0.3)]);
    }
}
