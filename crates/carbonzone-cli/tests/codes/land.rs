//! Land-use codes: which scheme they are of, and how they are written.

use crate::mini::Mini;
use crate::{assert_mentions, assert_near};

const INDUSTRY: (&str, f64, &str, &str) = ("a", 100.0, "[\"industrial\"]", "[\"area\"]");

#[test]
fn three_digits_get_the_standard_of_2007_as_hint_and_as_scheme() {
    let codes = [r#""061""#, r#""102""#, r#""011""#, r#""201""#, r#""203""#];
    let text = Mini::new(&codes, &[INDUSTRY]).check(1);
    assert_mentions(&text, &["unknown_land_use_code", "GB/T 21010-2007", "scheme = \"gbt21010_2007\""]);
    assert!(!text.contains("leading zero"), "{text}");
    let run =
        Mini::new(&codes, &[INDUSTRY]).edit("scheme = \"gbt21010\"", "scheme = \"gbt21010_2007\"").run();
    assert_near(&run.column("gross_t"), &[100.0, 0.0, 0.0, 0.0, 0.0]);
    assert!(run.silent("unknown_land_use_code") && run.silent("land_use_scheme_suspect"));
}

#[test]
fn lost_zeros_of_2017_are_still_named_so() {
    let text = Mini::new(&["601", "1003", "701"], &[INDUSTRY]).check(1);
    assert_mentions(&text, &["\"601\": 1 parcels", "leading zero"]);
    assert!(!text.contains("2007"), "{text}");
}

#[test]
fn codes_of_corine_are_no_codes_of_the_chinese_standards() {
    let codes = [r#""121""#, r#""112""#, r#""311""#, r#""512""#];
    let text = Mini::new(&codes, &[INDUSTRY]).check(1);
    assert_mentions(&text, &["unknown_land_use_code", "scheme = \"corine\"?"]);
    let planning =
        Mini::new(&codes, &[INDUSTRY]).edit("scheme = \"gbt21010\"", "scheme = \"planning2023\"").check(1);
    assert_mentions(&planning, &["\"121\": 1 parcels, 10000 m²", "\"512\""]);
    // A table of one's own with plain numbers of one length.
    let own = Mini::new(&[r#""12""#, r#""121""#], &[INDUSTRY]);
    own.write("own.csv", "code,space_type\n11,forest\n12,industrial\n");
    let run = own.edit("scheme = \"gbt21010\"", "scheme = \"own.csv\"").run();
    assert_near(&run.column("gross_t"), &[100.0, 0.0]);
    assert_eq!(run.finding("unknown_land_use_code").count, Some(1));
}

#[test]
fn corine_rasters_and_vectors_give_the_same_land() {
    let rules = [INDUSTRY, ("sink", 10.0, "[\"forest\"]", "[\"area\"]")];
    let with =
        |codes: &[&str]| Mini::new(codes, &rules).edit("scheme = \"gbt21010\"", "scheme = \"corine\"").run();
    let clc = with(&["121", "112", "311", "512"]);
    let grid = with(&["3", "2", "23", "41"]);
    assert_eq!(clc.column("gross_t"), grid.column("gross_t"));
    assert_eq!(clc.column("sink_t"), grid.column("sink_t"));
    assert!(clc.silent("corine_grid_codes"));
    assert_mentions(&grid.finding("corine_grid_codes").message, &["4 parcels", "1 = 111"]);
    // 11, 12, 31 may be meant as the second level: said aloud.
    let upper = with(&["11", "12", "23", "3"]);
    assert!(upper.finding("corine_grid_codes").severity == carbonzone_types::Severity::Info);
    let levels = Mini::new(&["11", "12", "31"], &[("a", 1.0, "[\"admin_public\"]", "[\"area\"]")])
        .edit("scheme = \"gbt21010\"", "scheme = \"corine\"")
        .run();
    assert!(levels.finding("corine_grid_codes").severity == carbonzone_types::Severity::Warning);
}

#[test]
fn a_code_known_only_by_its_beginning_is_told_with_area_and_tonnes() {
    let run = Mini::new(&[r#""0601""#, r#""060199""#, r#""0201K""#], &[INDUSTRY]).run();
    assert_near(&run.column("gross_t"), &[50.0, 50.0, 0.0]);
    let told = run.finding("land_use_code_by_beginning");
    assert_mentions(
        &told.message,
        &["\"060199\" as 0601: 1 parcels, 10000 m², 50 t CO2e", "\"0201K\" as 0201"],
    );
    assert_eq!((told.count, told.amount_t), (Some(2), Some(50.0)));
    assert!(told.severity == carbonzone_types::Severity::Warning);
    // The marks of the survey alone are no reason for a warning.
    let run = Mini::new(&[r#""0601""#, r#""0201K""#], &[INDUSTRY]).run();
    assert!(run.finding("land_use_code_by_beginning").severity == carbonzone_types::Severity::Info);
    assert!(Mini::new(&[r#""0601""#], &[INDUSTRY]).run().silent("land_use_code_by_beginning"));
}

#[test]
fn codes_are_read_as_spreadsheets_write_them_and_that_is_told() {
    let run = Mini::new(&[r#""0601""#, r#""０６０１""#, r#"" 0601""#, r#""0601.0""#], &[INDUSTRY]).run();
    assert_near(&run.column("gross_t"), &[25.0; 4]);
    let told = run.finding("land_use_code_mended");
    assert_eq!(told.count, Some(2), "{}", told.message);
    assert!(run.manifest.ledger.iter().any(|r| r.note.contains("written otherwise") && r.count == Some(2.0)));
}

#[test]
fn a_park_takes_no_building_emissions_and_absorbs_as_urban_green() {
    let rules = [
        ("public", 100.0, "[\"admin_public\"]", "[\"area\"]"),
        ("sink", 10.0, "[\"forest\", \"park\"]", "[\"sink_area\"]"),
    ];
    let run = Mini::new(&[r#""0810""#, r#""0801""#, r#""0301""#, r#""0810A""#], &rules)
        .with("[sinks]\ncoefficients_t_ha = { forest = 3.0, urban_green = 1.0 }")
        .run();
    assert_near(&run.column("gross_t"), &[0.0, 100.0, 0.0, 0.0]);
    assert_near(&run.column("sink_t"), &[2.5, 0.0, 7.5, 0.0]);
}

#[test]
fn a_hint_names_no_scheme_that_fits_nothing() {
    // Own codes that no shipped scheme knows, with a rail class as large as a junction.
    let mini =
        Mini::new(&[r#""R""#, r#""W""#, r#""W""#], &[("a", 1.0, "[\"transport_rail\"]", "[\"area\"]")]);
    mini.write("own.csv", "code,space_type\nR,transport_rail\nQ,industrial\n");
    let run = mini.edit("scheme = \"gbt21010\"", "scheme = \"own.csv\"").run();
    assert!(run.silent("land_use_scheme_suspect"));
    // Numbers that fit several schemes equally well: all are named.
    let text = Mini::new(&["1", "2", "3"], &[INDUSTRY]).check(1);
    assert_mentions(&text, &["\"euluc\" or \"corine\" or \"clcd\""]);
}
