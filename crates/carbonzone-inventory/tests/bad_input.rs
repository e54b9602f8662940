//! Bad input: every fault is reported, all at once, with sheet and cell and a hint.

use carbonzone_inventory::{
    ActivityRow, ActivitySource, ActivityTable, ElectricityBoundary, FactorLibrary, InventoryConfig,
    OtherYears, Split, UnknownRows, compute, load,
};
use carbonzone_types::{Findings, Severity};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::collections::BTreeMap;
use std::path::Path;

const ALL: [&str; 6] = ["industry", "construction", "transport", "agriculture", "waste", "sink"];

fn alone() -> InventoryConfig {
    InventoryConfig { without: ALL.map(str::to_owned).into(), ..InventoryConfig::default() }
}

fn errors(config: &InventoryConfig, rows: Vec<ActivityRow>) -> Findings {
    compute(config, &ActivityTable::of(rows), &FactorLibrary::embedded(), &BTreeMap::new())
        .expect_err("this input must be refused")
}

fn codes(findings: &Findings) -> Vec<&str> {
    findings.items.iter().filter(|f| f.severity >= Severity::Error).map(|f| f.code.as_str()).collect()
}

/// A yearbook workbook with merged headers, full-width digits, footnotes and a few faults.
fn yearbook(path: &Path) -> Result<(), XlsxError> {
    let plain = Format::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("5-12")?;
    sheet.merge_range(0, 0, 0, 4, "5-12　规模以上工业企业主要能源消费量（合成数据）", &plain)?;
    sheet.merge_range(1, 0, 2, 0, "指　标", &plain)?;
    sheet.merge_range(1, 1, 2, 1, "计量单位", &plain)?;
    sheet.merge_range(1, 2, 1, 3, "消费量", &plain)?;
    sheet.write(2, 2, "２０１９年")?.write(2, 3, "２０２０年")?;
    for (row, (name, unit, value)) in [
        ("一、原　煤", "万吨", "５，１２０．４"),
        ("　其中：无烟煤", "万吨", "—"),
        ("焦炭", "亿千瓦时", "12"),
        ("天然气", "亿立方米", "-3"),
        ("柴油", "万顿", "4"),
        ("原媒", "万吨", "1"),
        ("汽油", "万吨", "约5"),
        ("合　计", "万吨标准煤", "9999"),
    ]
    .iter()
    .enumerate()
    {
        let row = 3 + row as u32;
        sheet.write(row, 0, *name)?.write(row, 1, *unit)?.write(row, 3, *value)?;
    }
    sheet.write(12, 0, "注：本表为合成数据。")?;
    book.save(path)
}

#[test]
fn a_messy_workbook_is_read_and_every_fault_is_told_with_sheet_and_cell() {
    let dir = tempfile::tempdir().unwrap();
    yearbook(&dir.path().join("yearbook.xlsx")).unwrap();
    let config = InventoryConfig {
        year: Some(2020),
        activity: vec![ActivitySource {
            path: "yearbook.xlsx".into(),
            category: "制造业".into(),
            ..ActivitySource::default()
        }],
        ..alone()
    };
    let loaded = load(&config, dir.path());
    let findings = compute(&config, &loaded.activity, &loaded.library, &BTreeMap::new()).unwrap_err();
    let of = |code: &str| {
        findings.items.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("{code}: {findings:?}"))
    };
    assert!(of("not_a_number").message.starts_with("sheet \"5-12\", cell D10"));
    assert!(
        of("unit_does_not_fit").message.contains("cell D6")
            && of("unit_does_not_fit").message.contains("亿千瓦时")
    );
    assert_eq!(of("unit_does_not_fit").field.as_deref(), Some("unit, cell B6"));
    assert!(of("negative_activity").message.contains("cell D7"));
    assert_eq!(of("unknown_unit").value.as_deref(), Some("万顿"));
    assert!(
        of("unknown_activity").message.contains("原媒") && of("unknown_activity").message.contains("cell D9")
    );
    let missing = of("missing_value");
    assert_eq!(missing.count, Some(2), "the dash and the cell that is no number");
    assert_eq!(missing.severity, Severity::Warning, "unknown is not 0");
    assert!(missing.message.contains("2 rows of the sector \"industry\""), "{}", missing.message);
    assert_eq!(of("total_row_skipped").count, Some(1));
    assert_eq!(codes(&findings).len(), 5, "{:?}", codes(&findings));
    assert!(findings.items.iter().all(|f| !f.message.contains(&dir.path().display().to_string())));
}

#[test]
fn parts_of_a_row_beside_it_are_told_and_parts_of_what_is_not_counted_are_not() {
    let row = |name: &str, value: f64| ActivityRow::new("制造业", name, value, "万吨");
    let config = InventoryConfig { year: None, ..alone() };
    let told = |rows: Vec<ActivityRow>| {
        let of = ActivityTable::of(rows);
        let done = compute(&config, &of, &FactorLibrary::embedded(), &BTreeMap::new()).unwrap();
        done.findings.items.into_iter().find(|f| f.code == "part_beside_whole")
    };
    let found =
        told(vec![row("原煤", 100.0), row("其中：烟煤", 60.0), row("#无烟煤", 40.0), row("焦炭", 1.0)])
            .unwrap();
    assert_eq!((found.severity, found.count), (Severity::Warning, Some(2)));
    assert!(found.message.contains("无烟煤) of 原煤"), "{}", found.message);
    // The parts of a total that is left out, and marks of a list whose first row has one too.
    assert_eq!(told(vec![row("合计", 100.0), row("其中：烟煤", 60.0), row("其中：无烟煤", 40.0)]), None);
    assert_eq!(told(vec![row("#烟煤", 60.0), row("#无烟煤", 40.0)]), None);
}

#[test]
fn the_good_rows_of_that_workbook_count() {
    let dir = tempfile::tempdir().unwrap();
    let csv = "5-12 规模以上工业企业主要能源消费量,,,\n指标,计量单位,消费量,\n,,2019,2020\n一、原煤,万吨,1,\"5,120.4\"\n";
    std::fs::write(dir.path().join("y.csv"), csv).unwrap();
    let config = InventoryConfig {
        year: Some(2020),
        activity: vec![ActivitySource {
            path: "y.csv".into(),
            category: "制造业".into(),
            ..ActivitySource::default()
        }],
        ..alone()
    };
    let loaded = load(&config, dir.path());
    let inventory = compute(&config, &loaded.activity, &loaded.library, &BTreeMap::new()).unwrap();
    assert!((inventory.sector_t("industry") / (5120.4e4 * 1.9003) - 1.0).abs() < 1e-12);
    assert_eq!(inventory.lines[0].cell, "D4");
}

#[test]
fn a_first_row_without_a_plain_number_is_not_taken_for_a_header() {
    let dir = tempfile::tempdir().unwrap();
    let config = InventoryConfig {
        year: Some(2020),
        activity: vec![ActivitySource { path: "y.csv".into(), ..ActivitySource::default() }],
        ..alone()
    };
    let result = |cell: &str| {
        let row = |fuel: &str, value: &str| {
            format!("industry,manufacturing_energy,{fuel},万吨,{value},industrial\n")
        };
        let csv = "sector,category,activity,unit,value,land_group\n".to_owned()
            + &row("原煤", cell)
            + &row("焦炭", "50");
        std::fs::write(dir.path().join("y.csv"), csv).unwrap();
        let loaded = load(&config, dir.path());
        compute(&config, &loaded.activity, &loaded.library, &BTreeMap::new())
    };
    // An amount that could be a year: 2,000 × 10⁴ t of coal at 1.9003, 50 × 10⁴ t of coke.
    let tonnes = |cell: &str| result(cell).unwrap().sector_t("industry");
    assert!((tonnes("2000") - tonnes("0") - 2000e4 * 1.9003).abs() < 1e-3);
    for cell in ["约100", "90-110", "100①"] {
        let findings = result(cell).unwrap_err();
        let told = findings.items.iter().find(|f| f.code == "not_a_number");
        assert!(
            told.is_some_and(|f| f.message.contains("E2") && f.message.contains(cell)),
            "{cell}: {findings:?}"
        );
    }
}

#[test]
fn a_missing_file_is_fatal_and_names_the_path_as_written() {
    let config = InventoryConfig {
        activity: vec![ActivitySource { path: "none.xlsx".into(), ..ActivitySource::default() }],
        overrides: vec!["mine.csv".into()],
        ..alone()
    };
    let loaded = load(&config, Path::new("nowhere"));
    let findings = compute(&config, &loaded.activity, &loaded.library, &BTreeMap::new()).unwrap_err();
    assert_eq!(findings.exit_code(), 2);
    let files: Vec<&str> = findings.items.iter().filter_map(|f| f.file.as_deref()).collect();
    assert_eq!(files, ["mine.csv", "none.xlsx"]);
    assert!(findings.items.iter().all(|f| !f.message.contains("nowhere")));
}

#[test]
fn duplicates_years_nan_and_unknown_words_are_errors() {
    let row = |category: &str, activity: &str, value: f64, unit: &str| {
        ActivityRow::new(category, activity, value, unit)
    };
    let mut old = row("commercial", "lpg", 1.0, "t");
    old.year = Some(2019);
    let mut group = row("commercial", "natural_gas", 1.0, "亿立方米");
    group.land_group = "comercial".into();
    let config = InventoryConfig { year: Some(2020), ..alone() };
    let findings = errors(
        &config,
        vec![
            row("manufacturing_energy", "raw_coal", 1.0, "万吨"),
            row("制造业", "原煤", 2.0, "万吨"),
            row("manufacturing_energy", "coke", f64::NAN, "t"),
            row("manufacturing_enrgy", "coke", 1.0, "t"),
            row("", "diesel", 1.0, "t"),
            row("commercial", "electricity", 1.0, "万吨标准煤"),
            row("crops", "lotus", 1.0, "t"),
            row("manufacturing_energy", "gasoline", 1.0, ""),
            old,
            group,
        ],
    );
    let mut found = codes(&findings);
    found.sort_unstable();
    let mut expected = vec![
        "ambiguous_activity",
        "duplicate_row",
        "missing_unit",
        "not_finite",
        "unit_does_not_fit",
        "unknown_activity",
        "unknown_category",
        "unknown_land_group",
        "year_mismatch",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    let hint = |code: &str| {
        findings.items.iter().find(|f| f.code == code).and_then(|f| f.hint.clone()).unwrap_or_default()
    };
    assert!(hint("unknown_category").contains("manufacturing_energy"));
    assert!(hint("unknown_land_group").contains("commercial"));
    assert!(hint("unit_does_not_fit").contains("ambiguous"));
}

#[test]
fn several_years_without_a_configured_one_are_refused() {
    let of = |activity: &str, year: i32| ActivityRow {
        year: Some(year),
        ..ActivityRow::new("manufacturing_energy", activity, 1.0, "t")
    };
    assert_eq!(codes(&errors(&alone(), vec![of("raw_coal", 2019), of("coke", 2020)])), ["year_mismatch"]);
    let one_year = ActivityTable::of(vec![of("raw_coal", 2020), of("diesel", 2020)]);
    let inventory = compute(&alone(), &one_year, &FactorLibrary::embedded(), &BTreeMap::new()).unwrap();
    assert_eq!(inventory.year, Some(2020));
}

#[test]
fn missing_sectors_are_named_unless_declared_absent() {
    let rows = || vec![ActivityRow::new("manufacturing_energy", "raw_coal", 1.0, "t")];
    let findings = errors(&InventoryConfig::default(), rows());
    assert_eq!(codes(&findings), ["missing_mandatory_rows"; 5]);
    assert!(
        compute(&alone(), &ActivityTable::of(rows()), &FactorLibrary::embedded(), &BTreeMap::new()).is_ok()
    );
    let gas_only = vec![ActivityRow::new("commercial", "natural_gas", 1.0, "亿立方米")];
    assert_eq!(codes(&errors(&alone(), gas_only)), ["missing_mandatory_rows"]);
}

#[test]
fn the_consumption_boundary_needs_the_electricity_of_industry() {
    let config = InventoryConfig { electricity_boundary: ElectricityBoundary::Consumption, ..alone() };
    let findings = errors(&config, vec![ActivityRow::new("commercial", "electricity", 1.0, "亿千瓦时")]);
    assert_eq!(codes(&findings), ["missing_mandatory_rows"]);
    assert!(findings.items[0].message.contains("consumption"));
}

#[test]
fn by_activity_needs_a_land_group_in_every_emission_row() {
    let config = InventoryConfig { split: Split::ByActivity, ..alone() };
    let findings = errors(&config, vec![ActivityRow::new("manufacturing_energy", "raw_coal", 1.0, "t")]);
    assert_eq!(codes(&findings), ["missing_land_group"]);
}

#[test]
fn exclusive_rows_negative_sinks_and_over_recovery_are_refused() {
    let findings = errors(
        &alone(),
        vec![
            ActivityRow::new("inputs", "cultivated_area", 10.0, "ha"),
            ActivityRow::new("inputs", "pesticide", 1.0, "t"),
            ActivityRow::new("livestock", "pig", 10.0, "头"),
            ActivityRow::new("livestock", "pig_slaughtered", 10.0, "头"),
        ],
    );
    assert_eq!(codes(&findings), ["exclusive_rows", "exclusive_rows"]);
    let recovered = vec![
        ActivityRow::new("solid_waste", "msw_landfilled_managed", 100.0, "t"),
        ActivityRow::new("solid_waste", "ch4_recovered_landfill", 50.0, "t"),
    ];
    assert_eq!(codes(&errors(&alone(), recovered)), ["negative_budget"]);
    let mut library = FactorLibrary::embedded();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine.csv"), "id,value\nlit_high.water,-0.5\n").unwrap();
    let _ = library.read_overrides(&dir.path().join("mine.csv")).unwrap();
    let rows = ActivityTable::of(vec![ActivityRow::new("land", "water", 10.0, "ha")]);
    let findings = compute(&alone(), &rows, &library, &BTreeMap::new()).unwrap_err();
    assert_eq!(codes(&findings), ["negative_sink"]);
    assert!(findings.items[0].hint.as_deref().unwrap().contains("emission sector `land`"));
}

#[test]
fn faults_of_the_configuration_are_found_before_any_row() {
    let mut config = alone();
    config.fuel_set = "fuel.china".into();
    config.sink_set = "lit_hihg".into();
    config.grid_factor = "electricity.EastChina.2031".into();
    config.glass_cullet_fraction = 1.5;
    config.without.push("industri".into());
    config.shares.insert("construction".into(), [("commercial".to_owned(), 0.7)].into());
    let findings = errors(&config, Vec::new());
    let mut found = codes(&findings);
    found.sort_unstable();
    assert_eq!(
        found,
        ["bad_share", "bad_value", "unknown_factor", "unknown_sector", "unknown_set", "unknown_set"]
    );
}

#[test]
fn rows_of_other_years_and_unknown_rows_may_be_skipped_on_purpose() {
    let dir = tempfile::tempdir().unwrap();
    let csv = "activity,unit,year,value\n原煤,万吨,2019,1\n原煤,万吨,2020,2\n营业收入,亿元,2020,3\n";
    std::fs::write(dir.path().join("y.csv"), csv).unwrap();
    let source = ActivitySource {
        path: "y.csv".into(),
        category: "制造业".into(),
        other_years: OtherYears::Skip,
        unknown: UnknownRows::Skip,
        value_column: "value".into(),
        ..ActivitySource::default()
    };
    let config = InventoryConfig { year: Some(2020), activity: vec![source], ..alone() };
    let loaded = load(&config, dir.path());
    let inventory = compute(&config, &loaded.activity, &loaded.library, &BTreeMap::new()).unwrap();
    assert!((inventory.sector_t("industry") - 2e4 * 1.9003).abs() < 1e-9);
    let notes: Vec<&str> = inventory.findings.items.iter().map(|f| f.code.as_str()).collect();
    assert!(notes.contains(&"other_year_skipped") && notes.contains(&"unknown_row_skipped"), "{notes:?}");
}
