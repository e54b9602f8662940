//! Names and texts of the user that become file names, columns, cells, drawings or lines on a terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use common::tiny::{Tiny, names, outputs_of};
use common::{expect, run};
use std::fs;

/// `check` and `run` refuse the city with this code and this key; nothing is written.
fn refused(tiny: &Tiny, code: &str, key: &str) {
    let pipeline = tiny.path("city/p.toml");
    let (stdout, _) = expect(1, &["check", &pipeline, "--quiet"]);
    assert!(stdout.contains(&format!("[{code}]")) && stdout.contains(key), "{stdout}");
    let output = tiny.try_run("out", &["--no-maps"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!tiny.at("out").exists());
    assert!(!stdout.contains('\u{1b}'), "no control code reaches the terminal");
}

#[test]
fn a_kind_that_is_another_file_or_layer_is_refused_at_once() {
    // The whole list is tested in the process (`names.rs` of the library).
    for kind in ["../../victim", "ledger", "CON", "a\\u001bb"] {
        let tiny = Tiny::new();
        tiny.write("victim.csv", "precious");
        tiny.edit("name = \"zname\"", &format!("name = \"zname\"\nkind = \"{kind}\""));
        refused(&tiny, "zones_kind", "layers.zones.kind");
        assert_eq!(tiny.read("victim.csv"), "precious");
    }
    let tiny = Tiny::new();
    tiny.edit("name = \"zname\"", "name = \"zname\"\nkind = \"街道\"");
    tiny.run("out", &[]);
    assert!(outputs_of(&tiny.at("out")).contains(&"街道.csv".to_owned()));
}

#[test]
fn names_of_cities_sectors_and_groups_are_checked_at_once() {
    for (from, to, code, key) in [
        ("name = \"tiny\"", "name = \"../x\"", "city_name", "city.name"),
        ("sector = \"industry\"", "sector = \"gross\"", "column_name", "inventory.totals.0.sector"),
        ("sector = \"industry\"", "sector = \"a/b\"", "column_name", "inventory.totals.0.sector"),
        ("proxies = [\"area\"]", "proxies = [\"poi:a b\", \"area\"]", "column_name", "allocate.0.proxies"),
        ("year = 2020", "year = 2020\ntitle_en = \"a\\u000bb\"", "control_character", "city.title_en"),
        ("year = 2020", "year = 2020\nsource = \"a\\u001b[31mb\"", "control_character", "city.source"),
    ] {
        let tiny = Tiny::new();
        tiny.edit(from, to);
        refused(&tiny, code, key);
    }
    let tiny = Tiny::new();
    tiny.edit("year = 2020", &format!("year = 2020\ntitle_zh = \"{}\"", "长".repeat(201)));
    refused(&tiny, "text_too_long", "city.title_zh");
}

#[test]
fn names_in_layers_with_control_characters_are_cleaned_and_told_and_every_figure_is_drawn() {
    let tiny = Tiny::named(["East\u{b}\u{1b}[31m", "We\nst"]);
    let (stdout, _) = expect(0, &["check", &tiny.path("city/p.toml"), "--quiet"]);
    assert!(stdout.contains("control_character") && !stdout.contains('\u{1b}'), "{stdout}");
    let (stdout, stderr) = expect(0, &["run", &tiny.path("city/p.toml"), "--out", &tiny.path("out")]);
    assert!(!(stdout + &stderr).contains(['\u{1b}', '\u{b}']));
    assert!(
        tiny.read("out/townships.csv").contains("East[31m")
            && tiny.read("out/townships.csv").contains("We st")
    );
    assert!(outputs_of(&tiny.at("out")).iter().any(|o| o.starts_with("figures/")));
}

#[test]
fn control_codes_of_any_value_are_shown_as_pictures() {
    let tiny = Tiny::new();
    tiny.edit("unit = \"t\"", "unit = \"\\u001b]0;title\\u0007t\"");
    let output = run(&["check", &tiny.path("city/p.toml"), "--quiet"]);
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!text.contains(['\u{1b}', '\u{7}']) && text.contains("title"), "{text}");
    // An id that occurs twice is shown in the message.
    let tiny = Tiny::new();
    let zones = tiny.read("city/zones.geojson").replace("\"zid\":\"b\"", "\"zid\":\"a\"");
    tiny.write("city/zones.geojson", &zones.replace("\"zid\":\"a\"", "\"zid\":\"\\u001b[2Ja\""));
    let (stdout, stderr) = expect(1, &["check", &tiny.path("city/p.toml"), "--quiet"]);
    assert!(!(stdout.clone() + &stderr).contains('\u{1b}') && stdout.contains("[2Ja"), "{stdout}");
}

#[test]
fn cells_that_look_like_formulas_are_texts_in_csv_and_read_back_as_they_were() {
    let tiny = Tiny::named(["=HYPERLINK(\"http://x\")", "@SUM(1+1)*cmd|' /C calc'!A0"]);
    tiny.run("out", &[]);
    let csv = tiny.read("out/townships.csv");
    assert!(csv.contains("\"'=HYPERLINK(") && csv.contains("'@SUM("), "{csv}");
    // The table that was written is joined by these very names.
    fs::copy(tiny.at("out/townships.csv"), tiny.at("city/back.csv")).unwrap();
    tiny.edit("path = \"stats.csv\"\nkey = \"key\"", "path = \"back.csv\"\nkey = \"name\"\non = \"name\"");
    tiny.edit(
        "population = \"pop\"\ngdp = \"gdp\"",
        "population = \"population_persons\"\ngdp = \"gdp_1e4cny\"",
    );
    tiny.run("again", &[]);
    assert_eq!(tiny.read("again/townships.csv"), csv);
}

#[test]
fn passwords_are_in_no_message_and_in_no_file() {
    let tiny = Tiny::new();
    let secret = "S3CRETpw";
    let source = format!("city.source=see https://ann:{secret}@example.org/x?token={secret}");
    expect(0, &["run", &tiny.path("city/p.toml"), "--out", &tiny.path("out"), "--quiet", "--set", &source]);
    for (path, bytes) in common::tiny::snapshot(&tiny.at("out")) {
        let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{} holds the password", path.display());
    }
    assert!(tiny.read("out/run.json").contains("https://ann:***@example.org"));
    for path in [
        format!("PG:host=127.0.0.1 port=1 dbname=land user=ann password='{secret}'"),
        format!("PG:postgresql://ann:{secret}@127.0.0.1:1/land"),
        format!("/vsicurl/http://ann:{secret}@127.0.0.1:1/a.gpkg?token={secret}"),
    ] {
        let tiny = Tiny::new();
        tiny.edit("path = \"parcels.geojson\"", &format!("path = \"{path}\""));
        for args in [
            &["check", &tiny.path("city/p.toml"), "--quiet"][..],
            &["check", &tiny.path("city/p.toml"), "--quiet", "--format", "json"],
            &["run", &tiny.path("city/p.toml"), "--out", &tiny.path("out"), "--quiet"],
        ] {
            let output = run(args);
            let text = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success());
            assert!(!text.contains("S3CRET") && text.contains("***"), "{text}");
        }
        assert_eq!(names(tiny.dir.path()), ["city"]);
    }
}
