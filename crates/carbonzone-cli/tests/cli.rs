//! The command line itself: help, schema, starter, completions, factors, template.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use common::{expect, root, run};

#[test]
fn help_teaches_the_first_steps() {
    let (stdout, _) = expect(0, &["--help"]);
    for needle in ["carbonzone init", "Exit codes", "explain", "inventory"] {
        assert!(stdout.contains(needle), "{stdout}");
    }
    assert_eq!(run(&["no-such-command"]).status.code(), Some(2));
}

#[test]
fn the_schema_knows_every_key_of_the_shipped_pipeline() {
    let (stdout, _) = expect(0, &["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let text = schema.to_string();
    let toml: toml::Table =
        toml::from_str(&std::fs::read_to_string(root().join("pipelines/suzhou.toml")).unwrap()).unwrap();
    for key in toml.keys() {
        assert!(text.contains(&format!("\"{key}\"")), "{key}");
    }
    assert!(text.contains("\"snap_m\"") && text.contains("\"default\""));
}

#[test]
fn init_writes_a_starter_once() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("mycity").display().to_string();
    let (stdout, _) = expect(0, &["init", &target]);
    assert!(stdout.contains("carbonzone check"));
    expect(2, &["init", &target]);
    let (_, stderr) = (
        String::new(),
        String::from_utf8_lossy(&run(&["run", &format!("{target}/pipeline.toml")]).stderr).into_owned(),
    );
    assert!(stderr.contains("parcels.gpkg") && stderr.contains("roads.shp"), "{stderr}");
}

#[test]
fn completions_exist_for_the_usual_shells() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(expect(0, &["completions", shell]).0.contains("carbonzone"));
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_program_quietly() {
    let mut child = common::carbonzone()
        .args(["schema"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_starter_is_refused_until_its_numbers_are_filled_in() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("mycity").display().to_string();
    expect(0, &["init", &target]);
    let (stdout, _) = expect(2, &["check", &format!("{target}/pipeline.toml")]);
    assert_eq!(stdout.matches("put the number of your city here").count(), 4, "{stdout}");
}

#[test]
fn a_bad_override_and_a_bad_file_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("mycity").display().to_string();
    expect(0, &["init", &target]);
    let file = format!("{target}/pipeline.toml");
    let (stdout, _) = expect(1, &["check", &file, "--set", "snap_m=50"]);
    assert!(stdout.contains("--set snap_m=50"), "{stdout}");
    let (stdout, _) = expect(2, &["check", &target]);
    assert!(stdout.contains("this is a folder"), "{stdout}");
    let (stdout, _) = expect(2, &["check", &file, "--set", "layers.poi.snap_m=-5", "--set", "city.year=99"]);
    assert!(stdout.contains("layers.poi.snap_m = -5") && stdout.contains("a year such as 2020"), "{stdout}");
}

#[test]
fn all_that_is_wrong_with_a_pipeline_file_is_told_in_one_round() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("city.toml");
    let text = "[city]\nname = “suzhou”\ntitle_zh = \"苏州\"\nyear = \"2020\"\ncsr = \"EPSG:4549\"\n\
        [layers.parcels]\nsource = { path = \"D:\\data\\地块.gpkg\" }\nland_use = \"DLBM\"\n\
        [layers.zones]\nsource = { path = \"zones.gpkg\" }\n\
        [outputs]\nlanguage = \"cn\"\n\
        [[inventory.totals]]\nsector = \"industry\"\nland_group = \"industrial\"\namount ＝ 1,000\n\
        [[allocate]]\nid = \"works\"\nbudget = \"industry:industral\"\nland = \"industrial\"\nproxies = [\"poi-industry\"]\n";
    let expected = [
        ("city.toml:2", "write: name = \"suzhou\""),
        ("city.toml:4", "write: year = 2020"),
        ("city.toml:5", "did you mean `crs`? write: crs = \"EPSG:4549\""),
        ("city.toml:7", "write: source = { path = 'D:\\data\\地块.gpkg' }"),
        ("city.toml:9", "add the line: id = \"id\""),
        ("city.toml:12", "did you mean \"zh\"? write: language = \"zh\""),
        ("city.toml:16", "write: amount = 1000"),
        ("city.toml:19", "did you mean \"industry:industrial\"?"),
        ("city.toml:20", "write: land = [\"industrial\"]"),
        ("city.toml:21", "did you mean \"poi:industry\"?"),
    ];
    // In UTF-8, and in GBK as an editor in China may save it.
    let in_gbk = |c: char| match c {
        '苏' => vec![0xcb, 0xd5],
        '州' => vec![0xd6, 0xdd],
        '地' => vec![0xb5, 0xd8],
        '块' => vec![0xbf, 0xe9],
        '“' => vec![0xa1, 0xb0],
        '”' => vec![0xa1, 0xb1],
        '＝' => vec![0xa3, 0xbd],
        ascii => vec![ascii as u8],
    };
    for bytes in [text.as_bytes().to_vec(), text.chars().flat_map(in_gbk).collect()] {
        std::fs::write(&path, &bytes).unwrap();
        let (stdout, _) = expect(1, &["check", &path.display().to_string()]);
        for (place, hint) in expected {
            assert!(stdout.contains(place) && stdout.contains(hint), "{place} {hint}\n{stdout}");
        }
        assert_eq!(stdout.contains("info[pipeline_encoding]"), bytes != text.as_bytes(), "{stdout}");
        assert!(stdout.contains("10 errors"), "{stdout}");
    }
}

#[test]
fn factors_carry_source_and_status() {
    let (stdout, _) = expect(0, &["factors", "--csv"]);
    let header = stdout.lines().next().unwrap();
    for column in ["id", "value", "unit", "status", "source"] {
        assert!(header.split(',').any(|c| c == column), "{header}");
    }
    assert!(stdout.lines().count() > 250);
    let (_, stderr) = expect(2, &["factors", "--sector", "magic"]);
    assert!(stderr.contains("hint: one of"));
}

#[test]
fn the_template_is_a_workbook() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("yearbook.xlsx");
    expect(0, &["inventory", "--template", &path.display().to_string()]);
    assert!(std::fs::metadata(path).unwrap().len() > 5_000);
}

#[test]
fn the_shipped_pipelines_are_valid() {
    for entry in std::fs::read_dir(root().join("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let out = run(&["check", &path.display().to_string(), "--quiet"]);
            let text =
                String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
            assert!(!text.contains("pipeline_file"), "{}: {text}", path.display());
        }
    }
}

#[test]
fn maps_refuses_numbers_of_classes_and_resolutions_that_make_no_map() {
    for (option, values) in [("--classes", ["2", "10", "many"]), ("--dpi", ["35", "1201", "-1"])] {
        for value in values {
            let out = run(&["maps", "no-such-run", &format!("{option}={value}")]);
            let stderr = String::from_utf8_lossy(&out.stderr);
            assert_eq!(out.status.code(), Some(2), "{stderr}");
            assert!(stderr.contains(option) && stderr.contains(value), "{stderr}");
        }
    }
    let (help, _) = expect(0, &["maps", "--help"]);
    assert!(help.contains("3 to 9") && help.contains("36 to 1200"), "{help}");
}
