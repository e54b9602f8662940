//! `carbonzone init NAME --form FILE.xlsx`, and every command that takes a pipeline on the workbook.
#![allow(clippy::unwrap_used, reason = "a test panics with the reason")]

use crate::common;
use common::{City, carbonzone, expect};
use std::path::Path;

/// The pipeline file of a city as a workbook beside it.
fn as_form(city: &City, lang: carbonzone_report::Lang) -> String {
    let table: toml::Table =
        toml::from_str(&std::fs::read_to_string(city.path("city.toml")).unwrap()).unwrap();
    let book = city.path("城市.xlsx");
    std::fs::write(&book, carbonzone::form::bytes(&table, lang).unwrap()).unwrap();
    book
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_city_from_its_form_is_the_city_from_its_pipeline_file() {
    let city = City::new();
    let book = as_form(&city, carbonzone_report::Lang::Zh);
    let out = city.path("form");
    expect(0, &["run", &book, "--quiet", "--no-maps", "--out", &out]);
    let (toml, form) = (City::finished().dir.path().join("out"), city.dir.path().join("form"));
    let files: Vec<String> = toml
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| ["csv", "geojson", "tif"].iter().any(|e| n.ends_with(e)))
        .collect();
    assert!(files.len() > 6, "{files:?}");
    for name in &files {
        assert!(bytes(&toml, name) == bytes(&form, name), "{name} differs");
    }
    // The other commands read it too.
    expect(0, &["check", &book, "--quiet"]);
    let (stdout, _) = expect(0, &["inventory", &book]);
    assert!(stdout.contains("12430") || stdout.contains("124"), "{stdout}");
}

#[test]
fn an_empty_form_is_written_once_and_asks_for_its_totals_in_both_languages() {
    let dir = tempfile::tempdir().unwrap();
    let here = |name: &str| dir.path().join(name).display().to_string();
    let (stdout, _) = expect(0, &["init", &here("mycity"), "--form", &here("city.xlsx")]);
    assert!(stdout.contains("carbonzone check"), "{stdout}");
    assert!(!dir.path().join("mycity").exists(), "the workbook is all");
    let (_, refused) = expect(2, &["init", &here("mycity"), "--form", &here("city.xlsx")]);
    assert!(refused.contains("not written over"), "{refused}");
    let (_, refused) = expect(2, &["init", &here("mycity"), "--form", &here("city.csv")]);
    assert!(refused.contains(".xlsx"), "{refused}");
    let (told, _) = expect(2, &["check", &here("city.xlsx")]);
    assert!(told.contains("totals!C3") && told.contains("put the number of your city here"), "{told}");
    expect(0, &["init", &here("我的"), "--form", &here("城市.xlsx"), "--lang", "zh"]);
    let output = carbonzone().args(["check", &here("城市.xlsx"), "--lang", "zh"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("总量!C3") && told.contains("请在此填写本市的数"), "{told}");
}
