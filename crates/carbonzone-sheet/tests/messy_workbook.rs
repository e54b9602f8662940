//! Real workbooks, made here with the mess that yearbooks have: titles, merged headers, full-width digits.

use carbonzone_sheet::{ColumnSpec, ReadOptions, SheetError, read_sheets, read_table};
use rust_xlsxwriter::{Format, FormatScript, Workbook, XlsxError};
use std::path::{Path, PathBuf};

fn columns() -> Vec<ColumnSpec> {
    vec![
        ColumnSpec::required("activity", &["activity", "指标", "项目"]),
        ColumnSpec::required("unit", &["unit", "计量单位", "单位"]),
        ColumnSpec::required("value", &["value", "2020", "2020年"]),
    ]
}

fn messy(dir: &Path) -> Result<PathBuf, XlsxError> {
    let plain = Format::new();
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明")?.write(0, 0, "合成数据")?;
    let sheet = book.add_worksheet().set_name("5-12 能源")?;
    sheet.merge_range(1, 1, 1, 4, "5-12　规模以上工业企业主要能源消费量", &plain)?;
    sheet.merge_range(2, 1, 3, 1, "指　标", &plain)?;
    sheet.merge_range(2, 2, 3, 2, "计量单位", &plain)?;
    sheet.merge_range(2, 3, 2, 4, "消费量", &plain)?;
    sheet.write(3, 3, "２０１９年")?.write(3, 4, "２０２０年")?;
    sheet.write(4, 1, "原　煤")?.write(4, 2, "万吨")?;
    sheet.write(4, 3, 5_001.5)?.write(4, 4, "５，１２０．４")?;
    sheet.write(6, 1, "焦炭")?.write(6, 2, "万吨")?.write(6, 4, "—")?;
    sheet.write(7, 1, "电力")?.write(7, 2, "亿千瓦时")?.write(7, 4, "约9")?;
    let path = dir.join("yearbook.xlsx");
    book.save(&path)?;
    Ok(path)
}

#[test]
fn a_yearbook_sheet_with_merged_headers_is_read_with_its_cells_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = messy(dir.path()).unwrap();
    let spec = columns();
    let table = read_table(&path, &ReadOptions::sheet("5-12 能源"), &spec).unwrap();
    let [activity, unit, value] = [0, 1, 2].map(|i| table.required(&spec[i]).unwrap());
    assert_eq!(table.header().label(value), "消费量 / 2020年");
    assert_eq!(table.len(), 3);
    assert_eq!(table.text(0, activity).as_deref(), Some("原 煤"));
    assert_eq!(table.text(0, unit).as_deref(), Some("万吨"));
    assert_eq!(table.number(0, value).unwrap(), Some(5120.4));
    assert_eq!(table.number(1, value).unwrap(), None);
    let error = table.number(2, value).unwrap_err().to_string();
    assert!(error.contains("sheet \"5-12 能源\", cell E8") && error.contains("约9"), "{error}");
}

#[test]
fn all_sheets_come_in_order_and_an_unknown_one_is_suggested() {
    let dir = tempfile::tempdir().unwrap();
    let path = messy(dir.path()).unwrap();
    let names: Vec<String> =
        read_sheets(&path, &ReadOptions::default()).unwrap().into_iter().map(|s| s.name).collect();
    assert_eq!(names, ["说明", "5-12 能源"]);
    let error = read_table(&path, &ReadOptions::sheet("5-13 能源"), &columns()).unwrap_err();
    assert!(error.to_string().contains("did you mean \"5-12 能源\""), "{error}");
}

#[test]
fn a_missing_file_is_fatal_and_a_truncated_workbook_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let missing = read_table(&dir.path().join("none.csv"), &ReadOptions::default(), &[]).unwrap_err();
    assert!(matches!(missing, SheetError::Missing { .. }));
    assert_eq!(missing.to_finding().severity, carbonzone_types::Severity::Fatal);
    let path = messy(dir.path()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let broken = read_table(&path, &ReadOptions::default(), &[]).unwrap_err();
    assert!(matches!(broken, SheetError::Workbook { .. }), "{broken}");
}

#[test]
fn a_raised_footnote_mark_is_no_digit_of_the_number() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("footnotes.xlsx");
    let (plain, raised) = (Format::new(), Format::new().set_font_script(FormatScript::Superscript));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "activity").unwrap();
    sheet.write_rich_string(0, 1, &[(&plain, "unit (10"), (&raised, "4"), (&plain, " t)")]).unwrap();
    sheet.write(0, 2, "2020").unwrap();
    sheet.write(1, 0, "coal").unwrap();
    sheet.write_rich_string(1, 2, &[(&plain, "2500"), (&raised, "1")]).unwrap();
    sheet.write_rich_string(2, 0, &[(&plain, "coke"), (&raised, "2")]).unwrap();
    sheet.write(2, 2, "25001").unwrap();
    book.save(&path).unwrap();
    let specs = [ColumnSpec::required("activity", &["activity"]), ColumnSpec::required("value", &["2020"])];
    let table = read_table(&path, &ReadOptions::default(), &specs).unwrap();
    let [activity, value] = [0, 1].map(|i| table.required(&specs[i]).unwrap());
    assert_eq!(table.header().label(1), "unit (10⁴ t)");
    let error = table.number(0, value).unwrap_err().to_string();
    assert!(error.contains("cell C2") && error.contains("2500¹"), "{error}");
    assert_eq!(table.text(1, activity).as_deref(), Some("coke²"));
    assert_eq!(table.number(1, value).unwrap(), Some(25001.0));
}
