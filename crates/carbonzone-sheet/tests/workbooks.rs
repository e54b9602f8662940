//! Workbooks that were never calculated, hide something, are damaged, or were made to hurt.
use crate::common;
use carbonzone_sheet::{ColumnSpec, ReadOptions, SheetError, Table, sheets_from_bytes, table_from_bytes};
use common::{
    Part, binary_number, binary_raised, binary_ref_error, binary_styled, binary_text, e, f, fv, n, ods,
    ods_of, row, s, styled, xlsb, xlsx,
};

fn columns() -> [ColumnSpec; 2] {
    [ColumnSpec::required("id", &["id"]), ColumnSpec::required("population", &["population"])]
}

fn read(bytes: &[u8]) -> Result<Table, SheetError> {
    table_from_bytes(bytes, "stats.xlsx", &ReadOptions::default(), &columns())
}

fn head() -> String {
    row(1, "", &[s("A1", "id"), s("B1", "population")])
}

fn codes(table: &Table) -> Vec<&str> {
    table.notes().iter().map(|n| n.code.as_str()).collect()
}

#[test]
fn a_formula_without_a_stored_value_is_told_with_its_cell() {
    let rows = [
        head(),
        row(2, "", &[s("A2", "Z1"), f("B2", "40+2")]),
        row(3, "", &[s("A3", "Z2"), fv("B3", "1+1", 2.0)]),
    ];
    let table = read(&xlsx(&[Part::new("2020", &rows)], "")).unwrap();
    let error = table.number(0, 1).unwrap_err();
    assert!(matches!(error, SheetError::Formula { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("sheet \"2020\", cell B2") && said.contains("=40+2"), "{said}");
    assert_eq!(table.number(1, 1).unwrap(), Some(2.0));
}

#[test]
fn a_zero_behind_a_formula_of_a_workbook_that_was_never_calculated_is_no_zero() {
    let rows = [head(), row(2, "", &[s("A2", "Z1"), fv("B2", "40+2", 0.0)])];
    let written_by_a_script = xlsx(&[Part::new("2020", &rows)], "calcId=\"124519\" fullCalcOnLoad=\"1\"");
    assert!(read(&written_by_a_script).unwrap().number(0, 1).is_err());
    let saved_by_excel = xlsx(&[Part::new("2020", &rows)], "calcId=\"191029\"");
    assert_eq!(read(&saved_by_excel).unwrap().number(0, 1).unwrap(), Some(0.0));
}

#[test]
fn a_formula_in_an_open_document_without_a_value_is_told_too() {
    let text = |t: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{t}</text:p></table:table-cell>")
    };
    let rows = format!(
        "<table:table-row>{}{}</table:table-row><table:table-row>{}<table:table-cell table:formula=\"of:=40+2\"/></table:table-row>",
        text("id"),
        text("population"),
        text("Z1")
    );
    let error = read(&ods(&rows)).unwrap().number(0, 1).unwrap_err();
    assert!(matches!(error, SheetError::Formula { .. }), "{error}");
}

#[test]
fn errors_of_the_spreadsheet_are_no_text_and_no_number() {
    let rows = [head(), row(2, "", &[e("A2", "#N/A"), e("B2", "#REF!")])];
    let table = read(&xlsx(&[Part::new("2020", &rows)], "")).unwrap();
    assert!(table.number(0, 1).unwrap_err().to_string().contains("#REF!"));
    assert!(table.unusable_cells(&[0])[0].to_string().contains("cell A2"));
}

#[test]
fn a_cell_shown_in_percent_is_no_amount() {
    let amounts =
        [("B2", 1, 0.12), ("B3", 2, 0.07), ("B4", 3, 0.125)].map(|(at, style, x)| styled(at, style, x));
    let rows: Vec<String> = std::iter::once(head())
        .chain(amounts.iter().enumerate().map(|(i, amount)| {
            row(i + 2, "", &[s(&format!("A{}", i + 2), &format!("Z{i}")), amount.clone()])
        }))
        .collect();
    let table = read(&xlsx(&[Part::new("2020", &rows)], "")).unwrap();
    assert_eq!(table.number(0, 1).unwrap(), Some(0.12));
    for (row, shown) in [(1, "\"7%\""), (2, "\"12.5%\"")] {
        let said = table.number(row, 1).unwrap_err().to_string();
        assert!(said.contains(shown) && said.contains("is a share"), "{said}");
    }
    assert_eq!([table.percent(0, 1).unwrap(), table.percent(2, 1).unwrap()], [Some(0.12), Some(12.5)]);
}

#[test]
fn the_first_sheet_that_is_not_hidden_is_read_and_told() {
    let sheet = |x: f64| [head(), row(2, "", &[s("A2", "Z1"), n("B2", x)])];
    let bytes = xlsx(&[Part::new("旧", &sheet(1.0)).hidden(), Part::new("2020", &sheet(2.0))], "");
    let table = read(&bytes).unwrap();
    assert_eq!((table.sheet_name(), table.number(0, 1).unwrap()), ("2020", Some(2.0)));
    assert!(table.notes()[0].message.contains("\"旧\" (hidden)"), "{:?}", table.notes());
    let named = table_from_bytes(&bytes, "stats.xlsx", &ReadOptions::sheet("旧"), &columns()).unwrap();
    assert_eq!(named.number(0, 1).unwrap(), Some(1.0));
    // Two visible sheets with the same columns: the choice is a warning.
    let both = xlsx(&[Part::new("2019", &sheet(1.0)), Part::new("2020", &sheet(2.0))], "");
    assert_eq!(codes(&read(&both).unwrap()), ["several_sheets"]);
    // A sheet of notes beside the data is no rival.
    let notes =
        xlsx(&[Part::new("2020", &sheet(1.0)), Part::new("说明", &[row(1, "", &[s("A1", "x")])])], "");
    assert_eq!(codes(&read(&notes).unwrap()), ["sheet_read"]);
}

#[test]
fn hidden_rows_are_read_and_told() {
    let rows = [
        head(),
        row(2, "hidden=\"1\"", &[s("A2", "Z1"), n("B2", 1.0)]),
        row(3, "", &[s("A3", "Z2"), n("B3", 2.0)]),
    ];
    let table = read(&xlsx(&[Part::new("2020", &rows)], "")).unwrap();
    assert_eq!(table.len(), 2);
    assert_eq!(codes(&table), ["hidden_rows"]);
    assert!(table.notes()[0].message.ends_with(": 2"), "{:?}", table.notes());
    let mut part = Part::new("2020", &rows[2..]);
    part.rows = format!("{}{}", head(), part.rows);
    part.after = "<cols><col min=\"2\" max=\"2\" hidden=\"1\"/></cols>";
    let table = read(&xlsx(&[part], "")).unwrap();
    assert_eq!(codes(&table), ["hidden_columns"]);
    assert_eq!(table.number(0, 1).unwrap(), Some(2.0));
}

#[test]
fn a_number_merged_over_rows_belongs_to_none_of_them() {
    let rows = [head(), row(2, "", &[s("A2", "Z1"), n("B2", 5.0)]), row(3, "", &[s("A3", "Z2")])];
    let mut part = Part::new("2020", &rows);
    part.after = "<mergeCells count=\"1\"><mergeCell ref=\"B2:B3\"/></mergeCells>";
    let table = read(&xlsx(&[part], "")).unwrap();
    for row in 0..2 {
        let said = table.number(row, 1).unwrap_err().to_string();
        assert!(said.contains("B2:B3"), "{said}");
    }
}

#[test]
fn a_value_in_the_last_cell_of_a_sheet_costs_no_memory() {
    let rows =
        [head(), row(2, "", &[s("A2", "Z1"), n("B2", 7.0)]), row(1_048_576, "", &[n("XFD1048576", 1.0)])];
    let table = read(&xlsx(&[Part::new("2020", &rows)], "")).unwrap();
    assert_eq!(table.number(0, 1).unwrap(), Some(7.0));
    // A stretch of filled cells that is too large is refused with its cell.
    let wide: Vec<String> = (2..900).map(|r| row(r, "", &[n(&format!("XFD{r}"), 1.0)])).collect();
    let error = read(&xlsx(&[Part::new("2020", &wide)], "")).unwrap_err();
    assert!(
        matches!(&error, SheetError::TooLarge { place, .. } if place.contains("sheet \"2020\"")),
        "{error}"
    );
    // The same in an open document: one cell at the end of many repeated rows.
    let far = "<table:table-row><table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row>\
               <table:table-row table:number-rows-repeated=\"900000\"><table:table-cell/></table:table-row>\
               <table:table-row><table:table-cell table:number-columns-repeated=\"16000\"/>\
               <table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
    let error = sheets_from_bytes(&ods(far), "x.ods", &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, SheetError::TooLarge { .. }), "{error}");
}

#[test]
fn cells_outside_of_every_sheet_are_told_as_damage() {
    for at in ["A99999999999", "ZZZZZZ1", "A0", "1A", "", "A1048577"] {
        let rows = [row(1, "", &[n(at, 1.0)])];
        let result =
            sheets_from_bytes(&xlsx(&[Part::new("2020", &rows)], ""), "b.xlsx", &ReadOptions::default());
        let error = result.map(|sheets| format!("{sheets:?}")).unwrap_err();
        assert!(matches!(&error, SheetError::Workbook { .. }), "{at}: {error}");
        assert!(error.to_string().contains("sheet \"2020\""), "{at}: {error}");
    }
}

#[test]
fn open_documents_that_end_too_early_or_repeat_blanks_without_end_are_refused() {
    let whole = "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body>\
                 <office:spreadsheet><table:table table:name=\"a\"><table:table-row>\
                 <table:table-cell office:value-type=\"string\"><text:p>id</text:p></table:table-cell>";
    let error = sheets_from_bytes(&ods_of(whole), "x.ods", &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("cut off"), "{error}");
    let blanks = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>\
                  <text:s text:c=\"4000000000\"/></text:p></table:table-cell></table:table-row>";
    assert!(sheets_from_bytes(&ods(blanks), "x.ods", &ReadOptions::default()).is_err());
}

/// A deterministic stream of numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    /// One to eight changes: bytes set, bits flipped, pieces cut out or doubled, the end cut off.
    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..=self.next(8) {
            let at = self.next(out.len());
            let end = (at + 1 + self.next(64)).min(out.len());
            match self.next(6) {
                0 => out[at] = [0, 0xff, b'9', b'<', 0x80][self.next(5)],
                1 => out[at] ^= 1 << self.next(8),
                2 => drop(out.drain(at..end)),
                3 => {
                    let piece = out[at..end].to_vec();
                    out.splice(at..at, piece);
                }
                4 if self.next(4) == 0 => out.truncate(at.max(8)),
                _ => out[at] = b'0' + self.next(10) as u8,
            }
            if out.len() < 8 {
                break;
            }
        }
        out
    }
}

/// Whatever is done to a workbook, reading it ends, with sheets or with an error that names the file.
#[test]
fn damaged_workbooks_of_every_kind_end_in_a_message() {
    let rows = [
        head(),
        row(2, "", &[s("A2", "Z1"), n("B2", 100.5)]),
        row(3, "", &[s("A3", "Z2"), f("B3", "SUM(B1:B2)")]),
    ];
    let cells = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>id</text:p></table:table-cell>\
                 <table:table-cell table:number-columns-repeated=\"3\" office:value-type=\"float\" office:value=\"12.5\"/></table:table-row>";
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let kinds = [
        ("a.xlsx", xlsx(&[Part::new("2020", &rows)], "")),
        ("a.ods", ods(&cells.repeat(3))),
        ("a.xls", std::fs::read(data.join("yearbook.xls")).unwrap()),
        ("raised.xls", std::fs::read(data.join("raised.xls")).unwrap()),
    ];
    let (mut dice, mut refused) = (Dice(2020), 0);
    for (name, bytes) in &kinds {
        for _ in 0..120 {
            let damaged = dice.mutate(bytes);
            if let Err(error) = sheets_from_bytes(&damaged, name, &ReadOptions::default()) {
                refused += 1;
                assert!(error.to_string().contains(name), "{error}");
            }
        }
    }
    assert!((100..480).contains(&refused), "{refused} of 480 refused");
}

#[test]
fn a_binary_workbook_is_read_like_any_other() {
    let header = || vec![binary_text(0, "id"), binary_text(1, "population")];
    let old = vec![header(), vec![binary_text(0, "Z1"), binary_number(1, 1.0)]];
    let rows = vec![
        vec![binary_text(0, "各乡镇人口（合成）")],
        header(),
        vec![binary_text(0, "Z1"), binary_number(1, 9000.5)],
        vec![binary_text(0, "玉山镇"), binary_text(1, "５，０００")],
        vec![binary_text(0, "Z3"), binary_ref_error(1)],
    ];
    let table = read(&xlsb(&[("旧", true, old), ("2020", false, rows)])).unwrap();
    assert_eq!((table.sheet_name(), table.len()), ("2020", 3));
    assert_eq!(codes(&table), ["sheet_read"], "the hidden sheet is named");
    assert_eq!(table.number(0, 1).unwrap(), Some(9000.5));
    assert_eq!((table.text(1, 0).as_deref(), table.number(1, 1).unwrap()), (Some("玉山镇"), Some(5000.0)));
    let error = table.number(2, 1).unwrap_err().to_string();
    assert!(error.contains("cell B5") && error.contains("#REF!"), "{error}");
}

#[test]
fn raised_marks_of_binary_workbooks_and_open_documents_are_no_digits() {
    let rows = vec![
        vec![binary_text(0, "id"), binary_text(1, "population")],
        vec![binary_text(0, "Z1"), binary_raised(1)],
    ];
    let binary = xlsb(&[("2020", false, rows)]);
    let cell =
        |text: &str| format!("<table:table-cell office:value-type=\"string\">{text}</table:table-cell>");
    let row = |a: &str, b: &str| format!("<table:table-row>{}{}</table:table-row>", cell(a), cell(b));
    // Line breaks and blanks of a file that is set out for people are no text.
    let raised = "\n  <office:annotation><text:p>7</text:p></office:annotation><text:p>2500<text:span text:style-name=\"T1\">1</text:span></text:p>";
    let lowered = "<text:p>CO<text:span text:style-name=\"T2\">2</text:span> &amp;</text:p>";
    let open =
        ods(&[row("<text:p>id</text:p>", "<text:p>population</text:p>"), row(lowered, raised)].concat());
    for bytes in [binary, open] {
        let table = read(&bytes).unwrap();
        assert_eq!(table.text(0, 1).as_deref(), Some("2500¹"));
        let error = table.number(0, 1).unwrap_err().to_string();
        assert!(error.contains("cell B2") && error.contains("2500¹"), "{error}");
        assert!(["Z1", "CO2 &"].contains(&table.text(0, 0).unwrap().as_str()));
    }
}

#[test]
fn a_cell_shown_in_percent_is_no_amount_in_binary_workbooks_either() {
    let styled = |id: &str, style, x| vec![binary_text(0, id), binary_styled(1, style, x)];
    let rows = vec![
        vec![binary_text(0, "id"), binary_text(1, "population")],
        styled("Z0", 0, 0.12),
        styled("Z1", 1, 0.07),
        styled("Z2", 2, 0.125),
        styled("Z3", 3, 12.0),
    ];
    expect_shares(&read(&xlsb(&[("2020", false, rows)])).unwrap());
}

/// 0.12 as an amount, 7 % and 12.5 % as shares, and 12 with a sign that is only text.
fn expect_shares(table: &Table) {
    for (row, shown) in [(1, "\"7%\""), (2, "\"12.5%\"")] {
        let said = table.number(row, 1).unwrap_err().to_string();
        assert!(said.contains(shown) && said.contains("is a share"), "{said}");
    }
    assert_eq!([0, 3].map(|row| table.number(row, 1).unwrap()), [Some(0.12), Some(12.0)]);
    assert_eq!([2, 3].map(|row| table.percent(row, 1).unwrap()), [Some(12.5), Some(12.0)]);
}

#[test]
fn a_cell_shown_in_percent_is_no_amount_in_open_documents_either() {
    let text = |t: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{t}</text:p></table:table-cell>")
    };
    let value =
        |kind: &str, x: f64| format!("<table:table-cell office:value-type=\"{kind}\" office:value=\"{x}\"/>");
    let row = |id: &str, cell: String| format!("<table:table-row>{}{cell}</table:table-row>", text(id));
    let rows = [
        row("id", text("population")),
        row("Z0", value("float", 0.12)),
        row("Z1", value("percentage", 0.07)),
        row("Z2", value("percentage", 0.125)),
        row("Z3", value("float", 12.0)),
    ];
    expect_shares(&read(&ods(&rows.concat())).unwrap());
    // Calc repeats equal cells; a blank row above moves all.
    let repeated = "<table:table-row table:number-rows-repeated=\"2\"><table:table-cell office:value-type=\"string\"><text:p>Z9</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated=\"2\" office:value-type=\"percentage\" office:value=\"0.5\"/></table:table-row>";
    let blank = "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell/></table:table-row>";
    let table = read(&ods(&[blank, &rows[0], &rows[1], repeated].concat())).unwrap();
    assert_eq!(table.number(0, 1).unwrap(), Some(0.12));
    for row in [1, 2] {
        assert!(table.number(row, 1).unwrap_err().to_string().contains("\"50%\""));
    }
}

#[test]
fn a_cell_shown_in_percent_is_no_amount_in_excel_97_either() {
    let text = |row, column, text: &str| xls_cell(0x204, (row, column, 0), &xls_text(text));
    let value = |row, style, x: f64| xls_cell(0x203, (row, 1, style), &x.to_le_bytes());
    let mut cells = vec![text(0, 0, "id"), text(0, 1, "population")];
    for (row, (style, x)) in (1..).zip([(0, 0.12), (1, 0.07), (2, 0.125), (3, 12.0)]) {
        cells.extend([text(row, 0, &format!("Z{row}")), value(row, style, x)]);
    }
    expect_shares(&read(&xls(&cells)).unwrap());
    // Several small numbers in one record: 7 % and 1 in D1 and E1; a hidden row.
    let rk =
        |style: u16, x: i32| [style.to_le_bytes().to_vec(), (x << 2 | 3).to_le_bytes().to_vec()].concat();
    let many = [vec![0, 0, 1, 0], rk(1, 7), rk(0, 10_000), vec![2, 0]].concat();
    let mut hidden = [0; 16];
    (hidden[0], hidden[12]) = (1, 0x20);
    let records = [xls_record(0x208, &hidden), text(1, 0, "x"), text(0, 0, "id"), xls_record(0xbd, &many)];
    let sheets = sheets_from_bytes(&xls(&records), "a.xls", &ReadOptions::default()).unwrap();
    let shown: Vec<_> = (1..3).map(|column| sheets[0].cell(0, column).raw_text().unwrap()).collect();
    assert_eq!(shown, ["7%", "100"]);
    assert_eq!((sheets[0].notes[0].code.as_str(), sheets[0].notes.len()), ("hidden_rows", 1));
}

fn xls_record(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

fn xls_cell(kind: u16, (row, column, style): (u16, u16, u16), value: &[u8]) -> Vec<u8> {
    xls_record(kind, &[&[row, column, style].map(u16::to_le_bytes).concat()[..], value].concat())
}

fn xls_text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_le_bytes()[..], &[0], text.as_bytes()].concat()
}

/// A minimal workbook of Excel 97 with these records in its sheet; styles as in the other formats.
fn xls(records: &[Vec<u8>]) -> Vec<u8> {
    use std::io::Write as _;
    let begin = |kind: u16| {
        xls_record(0x809, &[&[0x0600, kind].map(u16::to_le_bytes).concat()[..], &[0; 12]].concat())
    };
    let format = |id: u16, text: &str| xls_record(0x41e, &[&id.to_le_bytes()[..], &xls_text(text)].concat());
    let style = |format: u16| xls_record(0xe0, &[&[0, 0][..], &format.to_le_bytes(), &[0; 16]].concat());
    let mut book = begin(0x0005);
    book.extend([format(164, "0.0%"), format(165, "0.0\"%\"")].concat());
    book.extend([0, 9, 164, 165].map(style).concat());
    let name = [&[0, 0, 4, 0][..], b"2020"].concat();
    let start = (book.len() + 4 + 4 + name.len() + 4) as u32;
    book.extend(xls_record(0x85, &[&start.to_le_bytes()[..], &name].concat()));
    let end = xls_record(0x0a, &[]);
    book.extend([end.clone(), begin(0x0010), records.concat(), end].concat());
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    file.create_stream("/Workbook").unwrap().write_all(&book).unwrap();
    file.into_inner().into_inner()
}

#[test]
fn hidden_rows_and_merged_numbers_are_told_in_open_documents_too() {
    let cell = |more: &str, x: f64| {
        format!("<table:table-cell {more} office:value-type=\"float\" office:value=\"{x}\"/>")
    };
    let text = |t: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{t}</text:p></table:table-cell>")
    };
    let head = format!("<table:table-row>{}{}</table:table-row>", text("id"), text("population"));
    let hidden = format!(
        "<table:table-row table:visibility=\"filter\">{}{}</table:table-row>",
        text("Z1"),
        cell("table:number-rows-spanned=\"2\"", 5.0)
    );
    let covered = format!("<table:table-row>{}<table:covered-table-cell/></table:table-row>", text("Z2"));
    let table = read(&ods(&[head, hidden, covered].concat())).unwrap();
    assert_eq!(codes(&table), ["hidden_rows"]);
    let error = table.number(0, 1).unwrap_err();
    assert!(matches!(error, SheetError::MergedNumber { .. }), "{error}");
}

#[test]
fn a_workbook_that_unpacks_to_more_than_a_gigabyte_is_refused_before_it_is_unpacked() {
    let mut bytes = xlsx(&[Part::new("2020", &[head(), row(2, "", &[s("A2", "Z1"), n("B2", 1.0)])])], "");
    assert!(read(&bytes).is_ok());
    // The directory of the archive says that its last part has 1.5 GB.
    let last = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bytes[last + 24..last + 28].copy_from_slice(&1_500_000_000_u32.to_le_bytes());
    let error = read(&bytes).unwrap_err();
    assert!(matches!(error, SheetError::TooLarge { .. }), "{error}");
    assert!(error.to_string().contains("unpack to 1.5 GB; at most 1 GB is read"), "{error}");
}
