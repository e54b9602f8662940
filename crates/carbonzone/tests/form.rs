//! The pipeline as a workbook: it is the same pipeline, and what is wrong in it is told with its cells, all at once.
#![allow(clippy::unwrap_used, reason = "a test panics with the reason")]

use carbonzone::{Config, Finding, form};
use carbonzone_report::Lang;
use rust_xlsxwriter::{Formula, Workbook, Worksheet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn pipelines() -> Vec<PathBuf> {
    let mut out = vec![root().join("crates/carbonzone-cli/data/starter.toml")];
    for folder in ["pipelines", "pipelines/examples"] {
        let entries = root().join(folder).read_dir().unwrap().map(|e| e.unwrap().path());
        out.extend(entries.filter(|p| p.extension().is_some_and(|e| e == "toml")));
    }
    out.sort();
    out
}

/// Findings of a pipeline file without its name, and the pipeline with its defaults.
fn read(path: &Path) -> (serde_json::Value, Vec<String>) {
    let read = Config::read(path, &[]);
    let said = read.findings.items.iter().map(|f| format!("{} {}", f.code, f.message)).collect();
    (read.value.map(|config| config.to_json()).unwrap_or_default(), said)
}

#[test]
fn every_shipped_pipeline_is_the_same_as_a_form_in_each_language() {
    let dir = tempfile::tempdir().unwrap();
    let all = pipelines();
    assert!(all.len() > 8, "{all:?}");
    for path in all {
        let table: toml::Table = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for lang in [Lang::En, Lang::Zh, Lang::Both] {
            let book = dir.path().join("city.xlsx");
            std::fs::write(&book, form::bytes(&table, lang).unwrap()).unwrap();
            assert!(form::is_form(&book) && !form::is_form(&path));
            // An amount that is open is the same as an empty cell, and NaN is no value of JSON.
            let ((config, said), (of_form, said_of_form)) = (read(&path), read(&book));
            let text = form::read(&book).text;
            assert!(!config.is_null(), "{}: {said:?}", path.display());
            assert_eq!(of_form, config, "{} {lang:?}\n{text}\n{said_of_form:#?}", path.display());
            assert_eq!(said_of_form, said, "{}", path.display());
            // As itself again, to the byte.
            let again: toml::Table = toml::from_str(&text).unwrap();
            assert_eq!(
                form::bytes(&again, lang).unwrap(),
                std::fs::read(&book).unwrap(),
                "{}",
                path.display()
            );
        }
    }
}

/// A row of cells; empty texts are no cells.
fn row(sheet: &mut Worksheet, at: u32, cells: &[&str]) {
    for (column, text) in cells.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
        match text.parse::<f64>() {
            Ok(number) => sheet.write_number(at, column as u16, number).map(drop).unwrap(),
            Err(_) => sheet.write_string(at, column as u16, *text).map(drop).unwrap(),
        }
    }
}

/// A workbook with sheets of rows.
fn book(path: &Path, sheets: &[(&str, &[&[&str]])], more: impl Fn(&mut Workbook)) {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        rows.iter().enumerate().for_each(|(at, cells)| row(sheet, at as u32, cells));
    }
    more(&mut book);
    book.save(path).unwrap();
}

const CITY: &[&[&str]] = &[&["设置", "值"], &["名称", "x"], &["年份", "2020"], &["工作坐标系", "EPSG:4549"]];
const LAYERS: &[&[&str]] = &[
    &["图层", "文件", "编号列", "类别列", "编码表", "类型"],
    &["地块", "p.gpkg", "", "DLBM", "gbt21010", ""],
    &["分区", "z.gpkg", "id", "", "", "乡镇街道"],
];
const TOTALS: &[&[&str]] = &[&["部门", "用地组", "数量", "单位"], &["工业", "工业用地", "12.5", "万吨"]];
const RULES: &[&[&str]] = &[
    &["规则", "部门", "用地组", "分到的用地", "分配依据"],
    &["r", "工业", "工业用地", "工业用地；采矿用地", "面积"],
];

fn findings(sheets: &[(&str, &[&[&str]])], more: impl Fn(&mut Workbook)) -> Vec<Finding> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("city.xlsx");
    book(&path, sheets, more);
    let read = Config::read(&path, &[]);
    read.findings.items
}

/// The finding at a cell.
fn at<'f>(all: &'f [Finding], cell: &str, words: &str) -> &'f Finding {
    let place = cell.replace('!', "\", cell ");
    let here = |f: &&Finding| f.cell.as_deref() == Some(cell) || f.message.contains(&place);
    let found = all.iter().filter(here).find(|f| f.message.contains(words));
    assert!(found.is_some(), "nothing of \"{words}\" at {cell}: {all:#?}");
    found.unwrap()
}

#[test]
fn a_form_by_hand_needs_few_columns_and_its_words_are_those_of_a_pipeline_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("城市.xlsx");
    book(
        &path,
        &[("城市", CITY), ("图层", LAYERS), ("总量", TOTALS), ("规则", RULES), ("#记事", &[&["随便"]])],
        |_| {},
    );
    let config = Config::read(&path, &[]).value.unwrap().to_json();
    assert_eq!(config["allocate"][0]["land"], serde_json::json!(["industrial", "mining"]));
    assert_eq!(config["allocate"][0]["budget"], "industry:industrial");
    assert_eq!(config["inventory"]["unit"], "1e4 t");
    assert_eq!(config["layers"]["zones"]["kind"], "townships");
    // A value from outside wins as it does over a file of text.
    let set = ["city.year=2021".to_owned()];
    assert_eq!(Config::read(&path, &set).value.unwrap().to_json()["city"]["year"], 2021);
}

#[test]
fn everything_that_is_wrong_in_a_form_is_told_at_once_with_its_cell() {
    let city: &[&[&str]] = &[
        &["设置", "值"],
        &["名称", "x"],
        &["年份", "二〇二〇"],
        &["工作坐标系", "4549"],
        &["成果语言", "cn"],
        &["名稱呢", "y"],
        &["年份", "2021"],
        &["aggregate.cel_m", "500"],
    ];
    let layers: &[&[&str]] = &[
        &["图层", "文件", "编号列", "类别列", "编码表", "类型", "吸附距离（米）", "颜色"],
        &["地块", "p.gpkg", "", "DLBM", "gbt21010", "", "", ""],
        &["分区", "z.gpkg", "id", "", "", "townships", "", ""],
        &["分区", "z2.gpkg", "id", "", "", "", "", ""],
        &["道路们", "r.shp", "", "", "", "", "", ""],
        &["兴趣点", "poi.csv", "", "t", "", "", "near", ""],
        &["人口", "people.csv", "code", "", "", "点儿", "", ""],
    ];
    let totals: &[&[&str]] = &[
        &["部门", "用地组", "数量", "单位"],
        &["工业", "工业用地", "", "万吨"],
        &["建筑", "商业服务业用地", "约 12", "吨"],
        &["碳汇", "", "5", ""],
    ];
    let rules: &[&[&str]] = &[
        &["规则", "部门", "用地组", "分到的用地", "分配依据"],
        &["r", "工业", "工业用地", "工业用地", "工业兴趣"],
        &["s", "建筑", "住宅", "商业服务业用地", ""],
    ];
    let told = findings(
        &[("城市", city), ("图层", layers), ("总量", totals), ("规则", rules), ("汇总", &[&["a"]])],
        |book| {
            let sheet = book.worksheet_from_name("规则").unwrap();
            sheet.write_formula(3, 0, Formula::new("=A1&A2")).unwrap();
            sheet.write_formula(3, 1, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        },
    );
    for (cell, words) in [
        ("城市!B3", "a text where a number is needed"),
        ("城市!B4", "`city.crs` needs a text"),
        ("城市!B5", "`outputs.language` has no value"),
        ("城市!A6", "there is no setting"),
        ("城市!A7", "two rows set"),
        ("城市!B8", "unknown key `cel_m`"),
        ("图层!H1", "no column"),
        ("图层!A4", "two rows are the layer"),
        ("图层!A5", "there is no layer"),
        ("图层!G6", "a text where a number is needed"),
        ("图层!C7", "has no use for this column"),
        ("图层!F7", "has no value"),
        ("总量!C2", "has no amount yet"),
        ("总量!C3", "a text where a number is needed"),
        ("总量!D3", "two units"),
        ("总量!B4", "the cell is empty"),
        ("规则!E2", "unknown proxy"),
        ("规则!E3", "the cell is empty"),
        ("规则!A4", "has no stored value"),
        ("规则!B4", "holds the error #DIV/0!"),
    ] {
        at(&told, cell, words);
    }
    assert!(told.iter().any(|f| f.code == "form_sheet" && f.message.contains("汇总")), "{told:#?}");
    assert!(told.iter().all(|f| f.span.is_none()), "a workbook has no lines: {told:#?}");
    assert_eq!(at(&told, "城市!B4", "").hint.as_deref(), Some("write in the cell: EPSG:4549"));
    assert_eq!(at(&told, "城市!B5", "").hint.as_deref(), Some("did you mean \"zh\"?"));
    assert_eq!(at(&told, "总量!C2", "").hint.as_deref(), Some("put the number of your city here"));
}

#[test]
fn sheets_and_columns_that_are_missing_are_named() {
    let totals: &[&[&str]] = &[&["部门", "数量"], &["工业", "1"]];
    let told = findings(&[("城市", CITY), ("图层", LAYERS), ("总量", totals)], |_| {});
    let said = |words: &str| told.iter().any(|f| f.message.contains(words));
    assert!(said("the sheet \"规则\" (rules) is missing"), "{told:#?}");
    assert!(said("no column \"land_group\"") || said("no column") && said("用地组"), "{told:#?}");
    let empty =
        findings(&[("城市", CITY), ("图层", LAYERS), ("总量", &[TOTALS[0]]), ("规则", RULES)], |_| {});
    assert!(empty.iter().any(|f| f.code == "inventory"), "totals without a row: {empty:#?}");
}
