//! Workbooks made part by part, as programs and accidents make them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses its own part; a test panics with the reason"
)]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

/// A cell of a worksheet part: `n("B2", 5)`, `s("A1", "id")`, `f("C2", "A2+B2")` (a formula without a value).
pub fn n(at: &str, x: f64) -> String {
    format!("<c r=\"{at}\"><v>{x}</v></c>")
}

/// A text.
pub fn s(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// A number with a cell style.
pub fn styled(at: &str, style: u32, x: f64) -> String {
    format!("<c r=\"{at}\" s=\"{style}\"><v>{x}</v></c>")
}

/// A formula without a stored value.
pub fn f(at: &str, formula: &str) -> String {
    format!("<c r=\"{at}\"><f>{formula}</f><v/></c>")
}

/// A formula with a stored value.
pub fn fv(at: &str, formula: &str, value: f64) -> String {
    format!("<c r=\"{at}\"><f>{formula}</f><v>{value}</v></c>")
}

/// An error of the spreadsheet.
pub fn e(at: &str, error: &str) -> String {
    format!("<c r=\"{at}\" t=\"e\"><v>{error}</v></c>")
}

/// A row; `more` are further attributes.
pub fn row(number: usize, more: &str, cells: &[String]) -> String {
    format!("<row r=\"{number}\" {more}>{}</row>", cells.concat())
}

/// A sheet: name, `visible` or `hidden`, rows, and what follows the rows (merged cells).
pub struct Part {
    pub name: &'static str,
    pub state: &'static str,
    pub rows: String,
    pub after: &'static str,
}

impl Part {
    pub fn new(name: &'static str, rows: &[String]) -> Self {
        Self { name, state: "visible", rows: rows.concat(), after: "" }
    }

    pub fn hidden(self) -> Self {
        Self { state: "hidden", ..self }
    }
}

/// The bytes of an XLSX file; `calc` are attributes of its `calcPr`.
pub fn xlsx(parts: &[Part], calc: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let types = "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>";
    let (mut sheets, mut links) = (String::new(), String::new());
    let mut entries = vec![
        ("[Content_Types].xml".to_owned(), types.to_owned()),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{RELS}\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
    ];
    for (i, part) in parts.iter().enumerate() {
        let id = i + 1;
        let _ = write!(
            sheets,
            "<sheet name=\"{}\" sheetId=\"{id}\" state=\"{}\" r:id=\"rId{id}\"/>",
            part.name, part.state
        );
        let _ = write!(
            links,
            "<Relationship Id=\"rId{id}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>"
        );
        entries.push((
            format!("xl/worksheets/sheet{id}.xml"),
            format!(
                "<?xml version=\"1.0\"?><worksheet xmlns=\"{MAIN}\"><sheetData>{}</sheetData>{}</worksheet>",
                part.rows, part.after
            ),
        ));
    }
    entries.push((
        "xl/workbook.xml".to_owned(),
        format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{sheets}</sheets><calcPr {calc}/></workbook>"),
    ));
    entries.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        format!("<Relationships xmlns=\"{RELS}\">{links}</Relationships>"),
    ));
    // Style 1 is a plain number, style 2 percent, style 3 a percent format of one's own.
    entries.push((
        "xl/styles.xml".to_owned(),
        format!(
            "<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"0.0%\"/></numFmts><cellStyleXfs count=\"1\"><xf numFmtId=\"9\"/></cellStyleXfs><cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"2\"/><xf numFmtId=\"9\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>"
        ),
    ));
    zipped(&entries)
}

/// The bytes of an ODS file with these table rows (`<table:table-row>...`).
pub fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
         xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" office:version=\"1.2\">\
         <office:automatic-styles>\
         <style:style style:name=\"T1\" style:family=\"text\"><style:text-properties style:text-position=\"super 58%\"/></style:style>\
         <style:style style:name=\"T2\" style:family=\"text\"><style:text-properties style:text-position=\"sub 58%\"/></style:style>\
         </office:automatic-styles><office:body><office:spreadsheet><table:table table:name=\"2020\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    ods_of(&content)
}

/// The bytes of an ODS file with this `content.xml`.
pub fn ods_of(content: &str) -> Vec<u8> {
    let manifest =
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    zipped(&[
        ("mimetype".to_owned(), "application/vnd.oasis.opendocument.spreadsheet".to_owned()),
        ("META-INF/manifest.xml".to_owned(), manifest.to_owned()),
        ("content.xml".to_owned(), content.to_owned()),
    ])
}

/// A ZIP archive with stored entries, so that a changed byte of a part is not caught by the unpacking.
pub fn zipped(entries: &[(String, String)]) -> Vec<u8> {
    zipped_bytes(entries.iter().map(|(name, body)| (name.as_str(), body.as_bytes())))
}

fn zipped_bytes<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, body) in entries {
        archive.start_file(name, stored).unwrap();
        archive.write_all(body).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A cell of a binary worksheet: column, its record without column and style, and the style.
pub struct BinaryCell(u32, u16, Vec<u8>, u32);

/// A number of a binary worksheet.
pub fn binary_number(column: u32, x: f64) -> BinaryCell {
    BinaryCell(column, 0x05, x.to_le_bytes().to_vec(), 0)
}

/// A number with a cell style: 1 is percent, 2 a percent format of one's own, 3 one whose sign is only text.
pub fn binary_styled(column: u32, style: u32, x: f64) -> BinaryCell {
    BinaryCell(column, 0x05, x.to_le_bytes().to_vec(), style)
}

/// A text of a binary worksheet.
pub fn binary_text(column: u32, text: &str) -> BinaryCell {
    BinaryCell(column, 0x06, wide(text), 0)
}

/// The only shared text of a binary worksheet: `2500` with a raised 1.
pub fn binary_raised(column: u32) -> BinaryCell {
    BinaryCell(column, 0x07, vec![0; 4], 0)
}

/// The error `#REF!` of a binary worksheet.
pub fn binary_ref_error(column: u32) -> BinaryCell {
    BinaryCell(column, 0x03, vec![0x17], 0)
}

/// The bytes of an XLSB file (MS-XLSB) of these sheets: name, hidden, rows of cells.
pub fn xlsb(sheets: &[(&str, bool, Vec<Vec<BinaryCell>>)]) -> Vec<u8> {
    let (mut book, mut links) = (Vec::new(), String::new());
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (i, (name, hidden, rows)) in sheets.iter().enumerate() {
        let id = i as u32 + 1;
        // BrtBundleSh: state, tab, relation, name.
        let head = [u32::from(*hidden).to_le_bytes(), id.to_le_bytes()].concat();
        record(&mut book, 0x9c, &[head, wide(&format!("rId{id}")), wide(name)].concat());
        let _ = write!(links, "<Relationship Id=\"rId{id}\" Target=\"worksheets/sheet{id}.bin\"/>");
        let mut sheet = Vec::new();
        record(&mut sheet, 0x94, &[0; 16]);
        record(&mut sheet, 0x91, &[]);
        for (row, cells) in rows.iter().enumerate() {
            record(&mut sheet, 0x00, &[(row as u32).to_le_bytes().to_vec(), vec![0; 13]].concat());
            for BinaryCell(column, kind, value, style) in cells {
                let head = [column.to_le_bytes(), style.to_le_bytes()].concat();
                record(&mut sheet, *kind, &[head, value.clone()].concat());
            }
        }
        record(&mut sheet, 0x92, &[]);
        parts.push((format!("xl/worksheets/sheet{id}.bin"), sheet));
    }
    record(&mut book, 0x90, &[]);
    record(&mut book, 0x9d, &[]);
    let links = format!("<Relationships>{links}</Relationships>").into_bytes();
    parts.extend([("xl/workbook.bin".to_owned(), book), ("xl/_rels/workbook.bin.rels".to_owned(), links)]);
    parts.push(("xl/styles.bin".to_owned(), binary_styles()));
    let mut texts = Vec::new();
    record(&mut texts, 0x9f, &[1_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat());
    // A text with one run, from its fourth character on in font 1.
    let raised = [vec![1], wide("25001"), 1_u32.to_le_bytes().to_vec(), vec![4, 0, 1, 0]].concat();
    record(&mut texts, 0x13, &raised);
    record(&mut texts, 0xa0, &[]);
    parts.push(("xl/sharedStrings.bin".to_owned(), texts));
    zipped_bytes(parts.iter().map(|(name, body)| (name.as_str(), body.as_slice())))
}

fn binary_styles() -> Vec<u8> {
    let mut styles = Vec::new();
    let formats: [(u16, &str); 2] = [(164, "0.0%"), (165, "0.0\"%\"")];
    record(&mut styles, 0x267, &2_u32.to_le_bytes());
    for (id, format) in formats {
        record(&mut styles, 0x2c, &[id.to_le_bytes().to_vec(), wide(format)].concat());
    }
    // Two fonts: height, flags, weight, raised or not, and the rest.
    for raised in [0, 1] {
        record(
            &mut styles,
            0x2b,
            &[vec![220, 0, 0, 0, 144, 1, raised, 0], vec![0; 13], wide("Arial")].concat(),
        );
    }
    record(&mut styles, 0x269, &4_u32.to_le_bytes());
    for format in [0_u16, 9, 164, 165] {
        record(&mut styles, 0x2f, &[[0; 2].to_vec(), format.to_le_bytes().to_vec(), vec![0; 12]].concat());
    }
    record(&mut styles, 0x26a, &[]);
    styles
}

/// A record: type and length in groups of seven bits, then its content.
fn record(out: &mut Vec<u8>, kind: u16, content: &[u8]) {
    let mut number = |mut n: usize| loop {
        let bits = (n & 0x7f) as u8;
        n >>= 7;
        out.push(if n > 0 { bits | 0x80 } else { bits });
        if n == 0 {
            break;
        }
    };
    number(usize::from(kind));
    number(content.len());
    out.extend_from_slice(content);
}

/// Number of characters and the text in UTF-16.
fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let bytes = units.iter().flat_map(|u| u.to_le_bytes());
    (units.len() as u32).to_le_bytes().into_iter().chain(bytes).collect()
}
