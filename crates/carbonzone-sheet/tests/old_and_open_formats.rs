//! Workbooks of other programs: Excel 97 (`.xls`) and the open document format (`.ods`).

use carbonzone_sheet::{ColumnSpec, ReadOptions, Table, read_table};
use std::io::Write as _;
use std::path::Path;

fn columns() -> Vec<ColumnSpec> {
    vec![
        ColumnSpec::required("activity", &["activity", "指标"]),
        ColumnSpec::required("unit", &["unit", "计量单位"]),
        ColumnSpec::required("value", &["value", "2020年"]),
    ]
}

fn expect_coal_and_power(table: &Table, spec: &[ColumnSpec]) {
    let [activity, unit, value] = [0, 1, 2].map(|i| table.required(&spec[i]).unwrap());
    let rows: Vec<_> = (0..table.len())
        .map(|r| {
            (table.text(r, activity).unwrap(), table.text(r, unit).unwrap(), table.number(r, value).unwrap())
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("原煤".to_owned(), "万吨".to_owned(), Some(5120.4)),
            ("电力".to_owned(), "亿千瓦时".to_owned(), Some(1523.25)),
        ]
    );
}

/// A minimal `.ods` spreadsheet: a title row, a header, two rows (`number-columns-repeated` as Calc writes it).
fn write_ods(path: &Path) {
    let text = |s: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{s}</text:p></table:table-cell>")
    };
    let number = |x: f64| {
        format!(
            "<table:table-cell office:value-type=\"float\" office:value=\"{x}\"><text:p>{x}</text:p></table:table-cell>"
        )
    };
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let rows = [
        row(&[
            text("能源消费量（合成数据）"),
            "<table:table-cell table:number-columns-repeated=\"3\"/>".to_owned(),
        ]),
        row(&[text("指标"), text("计量单位"), text("2019年"), text("2020年")]),
        row(&[text("原煤"), text("万吨"), number(5001.5), text("５，１２０．４")]),
        row(&[text("电力"), text("亿千瓦时"), number(1400.0), number(1523.25)]),
    ];
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" office:version=\"1.2\">\
         <office:body><office:spreadsheet><table:table table:name=\"5-12 能源\">{}</table:table>\
         </office:spreadsheet></office:body></office:document-content>",
        rows.concat()
    );
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, body) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>",
        ),
        ("content.xml", content.as_str()),
    ] {
        archive.start_file(name, stored).unwrap();
        archive.write_all(body.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn an_excel_97_workbook_is_read_like_a_new_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/yearbook.xls");
    let spec = columns();
    let table = read_table(&path, &ReadOptions::sheet("5-12 能源"), &spec).unwrap();
    expect_coal_and_power(&table, &spec);
}

#[test]
fn an_open_document_spreadsheet_is_read_like_a_workbook() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("yearbook.ods");
    write_ods(&path);
    let spec = columns();
    let table = read_table(&path, &ReadOptions::sheet("5-12 能源"), &spec).unwrap();
    expect_coal_and_power(&table, &spec);
}

/// Pages of portals that are called `.xls`: refused by what they are, not for the header that is not found in them.
#[test]
fn what_is_no_table_is_named() {
    let page = "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table><tr><td>指标</td></tr></table></html>";
    let wide: Vec<u8> = "\u{feff}<?xml version=\"1.0\"?>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files: [(&[u8], &str); 4] = [
        (page.as_bytes(), "a web page (HTML)"),
        ("\u{feff}\r\n <!DOCTYPE HTML>".as_bytes(), "a web page (HTML)"),
        (&wide, "XML"),
        (b"%PDF-1.4\n", "a PDF document"),
    ];
    for (bytes, what) in files {
        let error = carbonzone_sheet::sheets_from_bytes(bytes, "t.xls", &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains(&format!("its content is {what}")), "{error}");
    }
    let csv = carbonzone_sheet::sheets_from_bytes(b"<1 km,value\n1,2\n", "t.csv", &ReadOptions::default());
    assert_eq!(csv.unwrap()[0].rows.len(), 2);
}

#[test]
fn raised_marks_of_an_excel_97_workbook_are_no_digits() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/raised.xls");
    let spec = ["指标", "2020年", "注"].map(|name| ColumnSpec::required(name, &[name]));
    let table = read_table(&path, &ReadOptions::default(), &spec).unwrap();
    let [name, value, note] = [0, 1, 2].map(|i| table.required(&spec[i]).unwrap());
    assert_eq!(table.len(), 700);
    for row in 0..700 {
        let n = row + 1;
        let word = if n % 2 == 1 { "coal" } else { "煤" };
        assert_eq!(table.text(row, name), Some(format!("{} {n}", word.repeat(n % 7 + 1))));
        assert_eq!(table.text(row, note), Some(format!("CO2 甲{n}")), "what is lowered stays");
        assert_eq!(table.text(row, value), Some(format!("{}¹", 2000 + n)));
        let error = table.number(row, value).unwrap_err().to_string();
        assert!(error.contains(&format!("cell B{}", n + 1)), "{error}");
    }
}
