//! What other programs are told: `--progress json`, `carbonzone layers`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use common::tiny::Tiny;
use common::{expect, run};
use serde_json::Value;

/// The lines of standard error, each of which must be an object.
fn events(stderr: &str) -> Vec<Value> {
    let line = |l: &str| {
        let value: serde_json::Result<Value> = serde_json::from_str(l);
        assert!(value.as_ref().is_ok_and(|v| v["event"].is_string()), "{l}");
        value.unwrap()
    };
    stderr.lines().map(line).collect()
}

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|e| e["event"] == kind).collect()
}

/// Begin first, end last with the exit code, and every stage that begins ends.
fn whole(events: &[Value], command: &str, exit_code: i32) {
    assert_eq!(events[0]["event"], "begin");
    assert_eq!((&events[0]["command"], &events[0]["format"]), (&Value::from(command), &Value::from(1)));
    assert_eq!(events[0]["version"], env!("CARGO_PKG_VERSION"));
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["exit_code"]), (&Value::from("end"), &Value::from(exit_code)));
    let names = |kind| -> Vec<String> {
        of(events, kind).iter().map(|e| e["stage"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("stage"), names("stage_end"));
}

#[test]
fn a_run_tells_its_stages_findings_and_layers() {
    let tiny = Tiny::new();
    // Two parcels of one id: a warning.
    let parcels = tiny.read("city/parcels.geojson").replace("\"p2\"", "\"p1\"");
    tiny.write("city/parcels.geojson", &parcels);
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out 输出"));
    let (stdout, stderr) =
        expect(0, &["run", &pipeline, "--out", &out, "--no-summary", "--progress", "json"]);
    assert_eq!(stdout, "");
    let events = events(&stderr);
    whole(&events, "run", 0);
    let stages: Vec<&str> = of(&events, "stage").iter().map(|e| e["stage"].as_str().unwrap()).collect();
    assert!(stages.contains(&"write GeoPackage") && stages.contains(&"QGIS project"), "{stages:?}");
    let written = of(&events, "stage_end").into_iter().find(|e| e["stage"] == "write GeoPackage").unwrap();
    let total = of(&events, "stage").into_iter().find(|e| e["stage"] == "write GeoPackage").unwrap();
    assert_eq!(written["done"], total["total"]);
    let manifest: Value = serde_json::from_str(&tiny.read("out 输出/run.json")).unwrap();
    let recorded = manifest["findings"].as_array().unwrap();
    assert!(!recorded.is_empty());
    let mut told: Vec<Value> = of(&events, "finding").into_iter().cloned().collect();
    for finding in &mut told {
        let fields = finding.as_object_mut().unwrap();
        fields.remove("event");
        // The record has the English sentences; programs are told the Chinese ones beside them.
        let zh = fields.remove("message_zh").unwrap();
        assert!(zh.as_str().unwrap().contains(|c: char| c > '\u{4e00}'), "{zh}");
        fields.remove("hint_zh");
    }
    assert_eq!(&told, recorded);
    let layers = of(&events, "layer");
    assert!(layers.iter().any(|l| l["table"] == "townships" && l["style"] == "fig9a_zones"), "{layers:?}");
    assert!(layers.iter().all(|l| l["run_dir"] == out.as_str()));
}

#[test]
fn what_stops_a_run_is_an_event_too() {
    let tiny = Tiny::new();
    tiny.write("city/stats.csv", "key,pop,gdp\na,100,10\n");
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out"));
    let refused = run(&["run", &pipeline, "--out", &out, "--progress", "json"]);
    let told = events(&String::from_utf8(refused.stderr).unwrap());
    whole(&told, "run", refused.status.code().unwrap());
    assert_eq!(refused.status.code(), Some(1));
    assert!(of(&told, "finding").iter().any(|f| f["severity"] == "error" && f["hint"].is_string()));
    assert!(of(&told, "layer").is_empty());
    let text = of(&told, "message")[0]["text"].as_str().unwrap();
    assert!(text.contains("nothing was written"), "{text}");
    // A missing pipeline file, and a secret in its name.
    let missing = run(&["check", &tiny.path("password=hush.toml"), "--progress", "json", "--format", "json"]);
    let stderr = String::from_utf8(missing.stderr).unwrap();
    whole(&events(&stderr), "check", 2);
    assert!(!stderr.contains("hush") && !of(&events(&stderr), "finding").is_empty(), "{stderr}");
}

#[test]
fn check_inventory_synth_and_maps_tell_programs_too() {
    let tiny = Tiny::new();
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out"));
    let (stdout, stderr) = expect(0, &["check", &pipeline, "--format", "json", "--progress", "json"]);
    let findings: Vec<Value> = serde_json::from_str(&stdout).unwrap();
    let told = events(&stderr);
    whole(&told, "check", 0);
    assert_eq!(of(&told, "finding").len(), findings.len());
    let (stdout, stderr) = expect(0, &["inventory", &pipeline, "--progress", "json"]);
    assert!(stdout.contains("industry:a"));
    whole(&events(&stderr), "inventory", 0);
    let (stdout, stderr) = expect(0, &["sensitivity", &pipeline, "--format", "json", "--progress", "json"]);
    let tried: Value = serde_json::from_str(&stdout).unwrap();
    assert!(!tried["tried"].as_array().unwrap().is_empty());
    let told = events(&stderr);
    whole(&told, "sensitivity", 0);
    assert!(!of(&told, "stage").is_empty());
    let (_, stderr) =
        expect(0, &["partition", &pipeline, "--out", &tiny.path("parts"), "--quiet", "--progress", "json"]);
    whole(&events(&stderr), "partition", 0);
    expect(0, &["run", &pipeline, "--out", &out, "--quiet"]);
    let (_, stderr) = expect(0, &["maps", &out, "--quiet", "--dpi", "36", "--progress", "json"]);
    let told = events(&stderr);
    whole(&told, "maps", 0);
    assert!(!of(&told, "layer").is_empty());
    let place = tiny.path("synth");
    let (_, stderr) = expect(
        0,
        &["synth", "suzhou", "--parcels", "1000", "--out", &place, "--quiet", "--progress", "json"],
    );
    let told = events(&stderr);
    whole(&told, "synth", 0);
    assert!(!of(&told, "stage").is_empty());
}

#[test]
fn without_the_flag_nothing_is_json() {
    let tiny = Tiny::new();
    let (_, stderr) = expect(0, &["run", &tiny.path("city/p.toml"), "--out", &tiny.path("out"), "--no-maps"]);
    assert!(!stderr.contains("\"event\""), "{stderr}");
}

#[test]
fn the_list_of_layers_names_what_is_there() {
    let tiny = Tiny::new();
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out"));
    expect(0, &["run", &pipeline, "--out", &out, "--quiet"]);
    let list: Value = serde_json::from_str(&expect(0, &["layers", &out, "--format", "json"]).0).unwrap();
    assert_eq!((&list["name"], &list["project"]), (&Value::from("tiny"), &Value::from("tiny.qgz")));
    assert_eq!(list["crs"], "EPSG:4549");
    let layers = list["layers"].as_array().unwrap();
    let groups: Vec<&Value> = list["groups"].as_array().unwrap().iter().map(|g| &g["key"]).collect();
    let styles = carbonzone_io::read_own_layer(&tiny.at("out/tiny.gpkg"), "townships").unwrap();
    for layer in layers {
        assert!(groups.contains(&&layer["group"]), "{layer}");
        assert!(tiny.at(&format!("out/{}", layer["file"].as_str().unwrap())).is_file(), "{layer}");
        assert!(!layer["name"]["zh"].as_str().unwrap().is_empty(), "{layer}");
        if layer["table"] == "townships"
            && let Some(field) = layer["field"].as_str()
        {
            assert!(styles.1.get(field).is_some(), "{layer}");
        }
    }
    assert_eq!(layers.iter().filter(|l| l["visible"] == true).count(), 1);
    let ids: Vec<&Value> = layers.iter().map(|l| &l["id"]).collect();
    for theme in list["themes"].as_array().unwrap() {
        let shown = theme["layers"].as_array().unwrap();
        assert!(!shown.is_empty() && shown.iter().all(|l| ids.contains(&l)), "{theme}");
    }
    let (table, _) = expect(0, &["layers", &out]);
    assert!(table.contains("fig9a_zones") && table.contains("tiny.qgz"), "{table}");
}

#[test]
fn a_run_without_maps_lists_its_tables_and_another_folder_is_refused() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    let list: Value =
        serde_json::from_str(&expect(0, &["layers", &tiny.path("out"), "--format", "json"]).0).unwrap();
    let tables: Vec<&str> =
        list["layers"].as_array().unwrap().iter().map(|l| l["table"].as_str().unwrap()).collect();
    assert!(tables.contains(&"townships") && tables.contains(&"grid_1km"), "{tables:?}");
    assert!(list["project"].is_null() && list["layers"][0]["style"].is_null());
    let (_, stderr) = expect(2, &["layers", &tiny.path("city")]);
    assert!(stderr.contains("finished run"), "{stderr}");
}
