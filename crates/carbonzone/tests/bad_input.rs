//! Rows of contract §9 as a user meets them: `carbonzone check` on a real broken city. File-level defects are
//! tested in `carbonzone-io`; here it is what reaches the person, and the exit code.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

mod common;
use common::{City, expect, run};
use std::fs;
use std::path::Path;

fn assert_mentions(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
}

#[test]
fn a_sound_city_has_no_error() {
    let city = City::new();
    let text = city.check(0);
    assert_mentions(&text, &["0 errors"]);
}

#[test]
fn every_missing_file_is_listed_at_once() {
    let city = City::new();
    fs::remove_file(city.path("layers/parcels.gpkg")).unwrap();
    fs::remove_file(city.path("layers/poi.csv")).unwrap();
    fs::remove_file(city.path("layers/township_stats.csv")).unwrap();
    let text = city.check(2);
    assert_mentions(&text, &["parcels.gpkg", "poi.csv", "township_stats.csv", "missing_file", "3 errors"]);
}

#[test]
fn an_unknown_field_lists_what_is_there_and_suggests() {
    let city = City::new();
    city.edit("land_use = \"DLBM\"", "land_use = \"DLBN\"");
    assert_mentions(&city.check(1), &["DLBN", "DLBM", "DLMC", "did you mean"]);
}

#[test]
fn an_unknown_layer_lists_what_is_there() {
    let city = City::new();
    city.edit("layer = \"parcels\"", "layer = \"parzels\"");
    assert_mentions(&city.check(1), &["parzels", "\"parcels\""]);
}

#[test]
fn an_unknown_key_of_the_pipeline_shows_its_line_and_a_suggestion() {
    let city = City::new();
    city.edit("land_use = \"DLBM\"", "landuse = \"DLBM\"");
    assert_mentions(&city.check(1), &["city.toml:", "landuse", "did you mean `land_use`?"]);
}

#[test]
fn degrees_are_refused_as_working_crs() {
    let city = City::new();
    city.edit("crs = \"EPSG:4549\"", "crs = \"EPSG:4490\"");
    assert_mentions(&city.check(1), &["EPSG:4490", "metres", "EPSG:4549"]);
}

#[test]
fn feet_are_refused_as_working_crs() {
    let city = City::new();
    city.edit("crs = \"EPSG:4549\"", "crs = \"EPSG:2249\"");
    assert_mentions(&city.check(1), &["EPSG:2249", "metres"]);
}

#[test]
fn a_class_without_parcels_but_with_a_budget_is_an_error_with_tonnes() {
    let city = City::new();
    city.edit("land = [\"facility_agri\"]", "land = [\"greenhouses\"]");
    assert_mentions(&city.check(1), &["greenhouses", "60200.0 t CO2e", "on_missing_class"]);
}

#[test]
fn a_proxy_that_is_zero_everywhere_is_an_error_and_area_heals_it() {
    let city = City::new();
    let path = city.path("layers/poi.csv");
    let text = fs::read_to_string(&path).unwrap();
    let header = text.lines().next().unwrap();
    let rest: Vec<&str> =
        text.lines().skip(1).filter(|l| !l.contains(",1703") && !l.contains(",1702")).collect();
    let rest: Vec<&str> = rest
        .into_iter()
        .filter(|l| !l.contains(",1701") && !l.contains(",1201") && !l.contains(",120202"))
        .collect();
    fs::write(&path, format!("{header}\n{}\n", rest.join("\n"))).unwrap();
    assert_mentions(&city.check(1), &["poi:industry", "zero", "124304600.0 t CO2e", "area"]);
    let toml = fs::read_to_string(city.path("city.toml")).unwrap();
    fs::write(city.path("city.toml"), toml.replace("[\"poi:industry\"]", "[\"poi:industry\", \"area\"]"))
        .unwrap();
    let (stdout, _) = city.run("out", &[]);
    assert_mentions(&stdout, &["fallbacks", "poi:industry is zero"]);
    let ledger = fs::read_to_string(city.path("out/ledger.csv")).unwrap();
    assert_mentions(&ledger, &["fallback,industry,industrial,"]);
}

#[test]
fn a_negative_sink_says_how_to_declare_a_source() {
    let city = City::new();
    city.edit("amount = 71.96", "amount = -71.96");
    assert_mentions(&city.check(1), &["-71.96", "sector = \"land\"", "gross"]);
}

#[test]
fn a_budget_without_a_rule_is_refused_with_its_tonnes() {
    let city = City::new();
    city.edit("budget = \"waste:industrial\"", "budget = \"waste:municipal_utilities\"");
    assert_mentions(&city.check(1), &["waste:industrial", "10200.0 t CO2e", "waste:municipal_utilities"]);
}

#[test]
fn rows_that_match_no_zone_are_listed_both_ways() {
    let city = City::new();
    let path = city.path("layers/township_stats.csv");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap();
    let id = second.split(',').next().unwrap();
    fs::write(&path, text.replacen(id, "999999", 1)).unwrap();
    assert_mentions(
        &city.check(1),
        &["rows that match no zone: 999999", "zones without a row", id, "nothing is filled with zero"],
    );
}

#[test]
fn a_missing_gdp_leaves_the_zone_undefined_with_a_warning() {
    let city = City::new();
    let path = city.path("layers/township_stats.csv");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap().to_owned();
    let mut cells: Vec<&str> = second.split(',').collect();
    cells[3] = "";
    fs::write(&path, text.replacen(&second, &cells.join(","), 1)).unwrap();
    let (stdout, stderr) = city.run("out", &[]);
    assert_mentions(&stderr, &["missing_gdp", "1 of 97 units"]);
    assert_mentions(&stdout, &["Undefined"]);
}

#[test]
fn a_number_that_is_none_names_its_cell() {
    let city = City::new();
    let path = city.path("layers/township_stats.csv");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap().to_owned();
    let mut cells: Vec<&str> = second.split(',').collect();
    cells[3] = "12a4";
    fs::write(&path, text.replacen(&second, &cells.join(","), 1)).unwrap();
    assert_mentions(&city.check(1), &["township_stats.csv", "D2", "12a4"]);
}

#[test]
fn an_unknown_land_use_code_warns_with_count_and_area() {
    let city = City::new();
    fs::write(city.path("scheme.csv"), "code,space_type,sink_type\n01,cultivated_garden,crops\n").unwrap();
    city.edit("scheme = \"gbt21010\"", "scheme = \"scheme.csv\"");
    let text = city.check(1);
    assert_mentions(
        &text,
        &["unknown_land_use_code", "\"0601\":", "parcels", "m²", "class_absent_with_budget"],
    );
}

#[test]
fn strict_turns_warnings_into_errors() {
    let city = City::new();
    let sound = run(&["check", &city.path("city.toml"), "--quiet"]);
    let strict = run(&["check", &city.path("city.toml"), "--quiet", "--strict"]);
    assert_eq!(sound.status.code(), Some(0));
    // The synthetic city has a bow-tie and a duplicate id on purpose.
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn json_findings_are_machine_readable() {
    let city = City::new();
    city.edit("land_use = \"DLBM\"", "land_use = \"DLBN\"");
    let (stdout, _) = expect(1, &["check", &city.path("city.toml"), "--quiet", "--format", "json"]);
    let findings: Vec<serde_json::Value> = serde_json::from_str(&stdout).unwrap();
    assert!(findings.iter().any(|f| f["code"] == "unknown_field" && f["severity"] == "error"), "{stdout}");
}

#[test]
fn a_truncated_geopackage_is_refused_and_nothing_is_written() {
    let city = City::new();
    let path = city.path("layers/parcels.gpkg");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let out = run(&["run", &city.path("city.toml"), "--out", &city.path("out"), "--no-maps"]);
    assert_ne!(out.status.code(), Some(0));
    assert!(!Path::new(&city.path("out")).exists(), "nothing may be written");
    assert!(!Path::new(&city.path(".out.partial")).exists(), "nothing half-written may stay");
    assert_mentions(&String::from_utf8_lossy(&out.stderr), &["parcels.gpkg", "nothing was written"]);
}

#[test]
fn overlapping_zones_are_refused_unless_the_first_takes_all() {
    let city = City::new();
    let path = city.path("layers/townships.gpkg");
    let (coverage, table) = carbonzone_io::read_own_layer(Path::new(&path), "townships").unwrap();
    let mut moved = carbonzone_geom::Coverage::new();
    for i in 0..coverage.len() {
        let mut part = coverage.reordered(&[i as u32]);
        if i == 0 {
            part.transform(|xs, _| xs.iter_mut().for_each(|x| *x += 400.0));
        }
        moved.push_multipolygon(&part.multipolygon(0));
    }
    let crs = carbonzone_io::WorkingCrs::parse("EPSG:4549").unwrap();
    let spec = carbonzone_io::LayerSpec::for_table(
        "townships",
        Some(carbonzone_io::GeometryKind::Polygon),
        &crs,
        &table,
    );
    let mut writer =
        carbonzone_io::VectorWriter::create(Path::new(&path), carbonzone_io::VectorFormat::GeoPackage, &spec)
            .unwrap();
    writer.polygons(&moved, &table).unwrap();
    writer.finish().unwrap();
    assert_mentions(&city.check(1), &["overlapping_zones", "m²", "overlap = \"first\""]);
    city.edit("overlap = \"error\"", "overlap = \"first\"");
    city.run("out", &[]);
    assert!(city.manifest("out").balances.iter().all(|b| b.relative <= 1e-9));
}

#[test]
fn another_programs_folder_is_not_replaced() {
    let city = City::new();
    fs::create_dir(city.path("out")).unwrap();
    fs::write(city.path("out/thesis.docx"), "precious").unwrap();
    let (_, stderr) = expect(2, &["run", &city.path("city.toml"), "--out", &city.path("out"), "--no-maps"]);
    assert_mentions(&stderr, &["--overwrite"]);
    assert!(Path::new(&city.path("out/thesis.docx")).exists());
}
