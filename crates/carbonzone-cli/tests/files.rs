//! Nobody's files are lost: every command, every kind of place, with the built binary (docs/reliability.md).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_sheet::Cell;
use common::tiny::{Tiny, names, outputs_of, snapshot};
use common::{carbonzone, expect, run};
use std::fs;

#[test]
fn overwrite_puts_a_run_beside_the_files_of_others_and_removes_none() {
    let tiny = Tiny::new();
    let docs =
        [("mydocs/thesis.docx", "years of work"), ("mydocs/old/list.txt", "a list"), ("mydocs/a.qgz~", "x")];
    for (path, text) in docs {
        tiny.write(path, text);
    }
    fs::create_dir(tiny.at("mydocs/empty")).unwrap();
    let before = tiny.snapshot();
    let stderr = tiny.refused("mydocs", &["--no-maps"]);
    assert!(stderr.contains("mydocs") && stderr.contains("--overwrite"), "{stderr}");
    assert_eq!(tiny.snapshot(), before);
    tiny.run("mydocs", &["--overwrite"]);
    for _ in 0..2 {
        for (path, text) in docs {
            assert_eq!(tiny.read(path), text);
        }
        assert!(tiny.at("mydocs/empty").is_dir());
        assert!(
            outputs_of(&tiny.at("mydocs")).iter().all(|o| !docs.iter().any(|(d, _)| d.ends_with(o.as_str())))
        );
        // From now on the folder is that of the run: no flag is needed, and still nothing is lost.
        tiny.run("mydocs", &[]);
    }
    assert_eq!(names(tiny.dir.path()), ["city", "mydocs"]);
}

#[test]
fn a_file_of_another_under_the_name_of_a_result_is_refused_before_computing() {
    let tiny = Tiny::new();
    for file in ["ledger.csv", "tiny.gpkg", "townships.xlsx", "run.json", "report.html"] {
        let path = format!("docs_{file}/{file}");
        tiny.write(&path, "my own");
        let stderr = tiny.refused(&format!("docs_{file}"), &["--overwrite"]);
        assert!(stderr.contains(file) && stderr.contains("was not written by carbonzone"), "{stderr}");
        assert_eq!(tiny.read(&path), "my own");
        assert_eq!(names(&tiny.at(&format!("docs_{file}"))), [file]);
    }
}

#[test]
fn places_that_hold_an_input_or_lie_in_one_are_refused_even_with_overwrite() {
    let tiny = Tiny::new();
    let before = tiny.snapshot();
    let root = tiny.path("");
    for out in ["city", "city/", "city/../city", root.as_str()] {
        let stderr = tiny.refused(out, &["--overwrite"]);
        assert!(stderr.contains("holds the input"), "{out}: {stderr}");
        assert_eq!(tiny.snapshot(), before);
    }
    // An input that is a link into the folder, and one that is a link out of it.
    #[cfg(unix)]
    {
        tiny.write("data/stats.csv", &tiny.read("city/stats.csv"));
        fs::remove_file(tiny.at("city/stats.csv")).unwrap();
        std::os::unix::fs::symlink(tiny.at("data/stats.csv"), tiny.at("city/stats.csv")).unwrap();
        assert!(tiny.refused("data", &["--overwrite"]).contains("holds the input"));
        tiny.edit("\"stats.csv\"", "\"../links/stats.csv\"");
        fs::create_dir(tiny.at("links")).unwrap();
        std::os::unix::fs::symlink(tiny.at("data/stats.csv"), tiny.at("links/stats.csv")).unwrap();
        assert!(tiny.refused("links", &["--overwrite"]).contains("holds the input"));
        tiny.run("city/out", &[]);
    }
    // The usual places: below the folder of the pipeline, or beside it.
    tiny.run("city/out/tiny", &[]);
    tiny.run("out", &[]);
    // Results of a run that are read as an input are not replaced by the run that reads them.
    tiny.edit("\"parcels.geojson\"", "\"../out/tiny.gpkg\"");
    assert!(tiny.refused("out", &[]).contains("holds the input"));
}

#[test]
fn files_links_and_read_only_folders_are_refused_by_name() {
    let tiny = Tiny::new();
    tiny.write("a_file", "text");
    tiny.write("real/notes.txt", "notes");
    let stderr = tiny.refused("a_file", &["--overwrite"]);
    assert!(stderr.contains("a_file is a file"), "{stderr}");
    let stderr = tiny.refused("a_file/out", &[]);
    assert!(stderr.contains("a_file"), "{stderr}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        symlink(tiny.at("real"), tiny.at("link")).unwrap();
        symlink("/dev/shm", tiny.at("other_disk")).unwrap();
        symlink(tiny.at("nowhere"), tiny.at("dangling")).unwrap();
        for link in ["link", "link/", "other_disk", "dangling"] {
            let stderr = tiny.refused(link, &["--overwrite"]);
            assert!(stderr.contains(link.trim_end_matches('/')) && stderr.contains("is a link"), "{stderr}");
        }
        assert!(tiny.at("link").is_symlink() && tiny.at("dangling").is_symlink());
        fs::set_permissions(tiny.at("real"), fs::Permissions::from_mode(0o555)).unwrap();
        let stderr = tiny.refused("real", &["--overwrite"]);
        assert!(stderr.contains("real is read-only"), "{stderr}");
        fs::set_permissions(tiny.at("real"), fs::Permissions::from_mode(0o755)).unwrap();
        // A parent may be a link.
        tiny.run("link/tiny", &[]);
        outputs_of(&tiny.at("real/tiny"));
    }
    assert_eq!((tiny.read("real/notes.txt").as_str(), tiny.read("a_file").as_str()), ("notes", "text"));
    // It is said before anything is read: the missing input is not even looked for.
    fs::remove_file(tiny.at("city/parcels.geojson")).unwrap();
    assert!(!tiny.refused("a_file", &[]).contains("parcels.geojson"));
}

#[test]
fn links_inside_are_kept_as_links_and_nothing_behind_them_is_touched() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    tiny.write("elsewhere/a.txt", "a");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(tiny.at("elsewhere"), tiny.at("out/folder")).unwrap();
        // A result that was moved to another place and linked back is no longer ours.
        fs::rename(tiny.at("out/tiny.gpkg"), tiny.at("elsewhere/tiny.gpkg")).unwrap();
        symlink(tiny.at("elsewhere/tiny.gpkg"), tiny.at("out/tiny.gpkg")).unwrap();
        let before = snapshot(&tiny.at("elsewhere"));
        tiny.run("out", &[]);
        assert_eq!(snapshot(&tiny.at("elsewhere")), before);
        assert!(tiny.at("out/folder").is_symlink() && tiny.at("out/tiny.edited.gpkg").is_symlink());
        outputs_of(&tiny.at("out"));
    }
}

#[test]
fn notes_are_no_outputs_and_edits_get_a_new_name_each_time() {
    let tiny = Tiny::new();
    let out = tiny.path("out");
    expect(0, &["run", &tiny.path("city/p.toml"), "--out", &out, "--quiet"]);
    let first = tiny.read("out/run.json");
    tiny.write("out/notes.txt", "my notes");
    tiny.write("out/figures/mine.png", "my figure");
    tiny.write("out/tiny.qgz", "my project");
    tiny.write("out/townships.csv", "my table");
    let (_, stderr) = expect(0, &["maps", &out, "--quiet"]);
    assert!(stderr.contains("tiny.edited.qgz"), "{stderr}");
    let listed = carbonzone::out_dir::read_manifest(&tiny.at("out")).unwrap().outputs;
    for users in ["notes.txt", "figures/mine.png", "tiny.edited.qgz"] {
        assert!(!listed.iter().any(|o| o.path == users), "{users} is no output");
    }
    // The table was not drawn anew: it stays, and is still known to have been another one.
    assert_eq!(tiny.read("out/townships.csv"), "my table");
    assert_ne!(tiny.read("out/run.json"), first);
    tiny.write("out/tiny.qgz", "my second project");
    tiny.run("out", &[]);
    for (path, text) in [
        ("notes.txt", "my notes"),
        ("figures/mine.png", "my figure"),
        ("tiny.edited.qgz", "my project"),
        ("tiny.edited-2.qgz", "my second project"),
        ("townships.edited.csv", "my table"),
    ] {
        assert_eq!(tiny.read(&format!("out/{path}")), text);
    }
    assert!(!outputs_of(&tiny.at("out")).is_empty());
    assert_eq!(names(tiny.dir.path()), ["city", "out"]);
}

#[test]
fn by_products_go_with_their_file_and_others_stay() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    for file in
        ["grid_1km.tif.aux.xml", "tiny.gpkg-shm", "dry_run.json", "data.db-wal", "thesis.qgz~", "my.aux.xml"]
    {
        tiny.write(&format!("out/{file}"), "x");
    }
    // Edits that stand in the log of the database only.
    tiny.write("out/tiny.gpkg-wal", "pages");
    tiny.run("out", &[]);
    let found = names(&tiny.at("out"));
    for (file, there) in [
        ("grid_1km.tif.aux.xml", false),
        ("tiny.gpkg-wal", false),
        ("tiny.edited.gpkg", true),
        ("tiny.edited.gpkg-wal", true),
        ("tiny.edited.gpkg-shm", true),
        ("dry_run.json", true),
        ("data.db-wal", true),
        ("thesis.qgz~", true),
        ("my.aux.xml", true),
    ] {
        assert_eq!(found.contains(&file.to_owned()), there, "{file} in {found:?}");
    }
}

#[test]
fn a_geopackage_that_was_only_opened_is_not_kept_as_an_edit() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    let path = tiny.at("out/tiny.gpkg");
    let mut bytes = fs::read(&path).unwrap();
    // What a program does that opens it in another journal mode and puts that back: the counters move.
    for at in [27, 95] {
        bytes[at] = bytes[at].wrapping_add(2);
    }
    fs::write(&path, &bytes).unwrap();
    tiny.run("out", &[]);
    assert!(!tiny.at("out/tiny.edited.gpkg").exists());
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    tiny.run("out", &[]);
    assert_eq!(fs::read(tiny.at("out/tiny.edited.gpkg")).unwrap(), bytes);
}

#[test]
fn the_identity_of_a_run_is_the_real_path_and_the_name_of_its_city() {
    let tiny = Tiny::new();
    tiny.make("other", ["North", "South"]);
    let run_in = |folder: &str, more: &[&str]| {
        let mut command = carbonzone();
        command.current_dir(tiny.at(folder)).args([
            "run",
            "p.toml",
            "--out",
            "../out",
            "--quiet",
            "--no-maps",
        ]);
        command.args(more).output().unwrap()
    };
    assert_eq!(run_in("city", &[]).status.code(), Some(0));
    let before = snapshot(&tiny.at("out"));
    let other = run_in("other", &[]);
    let stderr = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("was not made from p.toml"), "{stderr}");
    assert_eq!(snapshot(&tiny.at("out")), before);
    // The same file by another name is the same run; another city of the same file is not.
    tiny.run("out", &[]);
    assert!(tiny.refused("out", &["--set", "city.name=second"]).contains("was not made from"));
    assert_eq!(run_in("other", &["--overwrite"]).status.code(), Some(0));
    assert!(tiny.read("out/townships.csv").contains("North"));
}

#[test]
fn the_folder_one_stands_in_is_not_exchanged() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    let before = tiny.snapshot();
    for args in [["maps", ".", "--quiet"], ["maps", "../out", "--quiet"]] {
        let output = carbonzone().current_dir(tiny.at("out")).args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("the folder you are in"), "{stderr}");
    }
    assert_eq!(tiny.snapshot(), before);
}

#[test]
fn inputs_stay_as_they_are_byte_for_byte() {
    let tiny = Tiny::new();
    let before = snapshot(&tiny.at("city"));
    expect(0, &["check", &tiny.path("city/p.toml"), "--quiet"]);
    expect(0, &["run", &tiny.path("city/p.toml"), "--out", &tiny.path("out"), "--quiet"]);
    expect(0, &["inventory", &tiny.path("city/p.toml")]);
    assert_eq!(snapshot(&tiny.at("city")), before);
    // A finished run is read, not written, by what only shows it.
    let before = snapshot(&tiny.at("out"));
    let out = tiny.path("out");
    expect(0, &["show", &out]);
    expect(0, &["explain", &out, "--township", "a"]);
    expect(0, &["compare", &out, &out]);
    assert_eq!(snapshot(&tiny.at("out")), before);
}

#[test]
fn single_files_are_never_written_over() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    let out = tiny.path("out");
    tiny.write("mine.xlsx", "my yearbook");
    tiny.write("mine.csv", "my table");
    tiny.write("mine/pipeline.toml", "my pipeline");
    let (xlsx, csv) = (tiny.path("mine.xlsx"), tiny.path("mine.csv"));
    let before = tiny.snapshot();
    let (city, new) = (tiny.path("city"), tiny.path("new.html"));
    let (input, record) = (tiny.path("city/stats.csv"), tiny.path("out/run.json"));
    let pipeline = tiny.path("city/p.toml");
    for args in [
        &["inventory", "--template", &xlsx][..],
        &["inventory", &pipeline, "--export", &csv],
        &["inventory", &pipeline, "--export", &input],
        &["compare", &out, &out, "--export", &csv],
        &["compare", &out, &out, "--report", &csv],
        // The report is refused, and the table is not written either.
        &["compare", &out, &out, "--export", &new, "--report", &record],
        &["sheets", &out, "--out", &csv],
        &["sheets", &out, "--out", &record],
        &["sensitivity", &pipeline, "--out", &csv],
        &["init", &tiny.path("mine")],
        &["init", &tiny.path("mine"), "--from", &city],
    ] {
        let (_, stderr) = expect(2, args);
        assert!(stderr.contains("not written over"), "{args:?}: {stderr}");
    }
    for out in [&csv, &tiny.path("mine"), &city] {
        let (_, stderr) = expect(2, &["partition", &pipeline, "--out", out]);
        assert!(stderr.contains("exists"), "{stderr}");
    }
    assert_eq!(tiny.snapshot(), before);
    expect(0, &["inventory", "--template", &tiny.path("new.xlsx")]);
    expect(0, &["compare", &out, &out, "--export", &tiny.path("new.csv")]);
}

#[test]
fn a_guessed_pipeline_writes_over_no_table_and_no_archive_of_the_user() {
    let tiny = Tiny::new();
    let city = tiny.path("city");
    fs::remove_file(tiny.at("city/p.toml")).unwrap();
    for (file, text) in [
        ("land_use.csv", "my table of codes"),
        ("poi_groups.csv", "my groups"),
        ("unpacked/a.shp", "my layer"),
        ("pipeline.toml", "my pipeline"),
    ] {
        tiny.write(&format!("mine/{file}"), text);
        let output = run(&["init", &tiny.path("mine"), "--from", &city, "--quiet"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(tiny.read(&format!("mine/{file}")), text, "{stderr}");
        // A table of codes is in the way only where one is guessed.
        // 1: written, but what was found is not enough to run.
        let written = output.status.code() != Some(2);
        assert!(written || stderr.contains("not written over"), "{stderr}");
        assert!(written || names(&tiny.at("mine")).len() == 1, "{file}: a part is left");
        fs::remove_dir_all(tiny.at("mine")).unwrap();
    }
}

#[test]
fn odd_output_folders_are_used_or_refused_and_nothing_beside_them_changes() {
    let tiny = Tiny::new();
    tiny.write("home/.profile", "my shell");
    tiny.write("home/.git/config", "[core]");
    tiny.write("home/.git/objects/ab/cd", "a commit");
    tiny.write("home/thesis.docx", "years of work");
    tiny.write("home/.hidden/run.json", "{}");
    let before = tiny.snapshot();
    let long = format!("{}/x", "n".repeat(300));
    // A name that no disk takes, one with a line break, right-to-left marks, dots, spaces, a file as a folder.
    for name in [
        long.as_str(),
        "a\nb",
        "\u{202e}gpj.exe",
        "...",
        " ",
        "-o",
        "con",
        "home/thesis.docx/out",
        "a/../b",
        "NUL\u{7}",
        "苏州 2020",
    ] {
        let output = tiny.try_run(name, &["--no-maps"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{name:?}: {stderr}");
        assert!(!stderr.contains(['\u{7}', '\u{202e}']), "{name:?}: {stderr}");
        let after = tiny.snapshot();
        assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)), "{name:?}");
        if output.status.success() {
            outputs_of(&tiny.at(name));
        }
    }
    // Onto a folder with a repository, hidden files and a home: beside them, and they stay, also when the run is made again.
    for _ in 0..2 {
        tiny.run("home", &["--overwrite"]);
        let after = tiny.snapshot();
        assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
        outputs_of(&tiny.at("home"));
    }
    // Onto a folder that holds another run further down: that one stays whole.
    tiny.run("all/deep/run", &[]);
    let inner = snapshot(&tiny.at("all/deep/run"));
    tiny.refused("all", &["--no-maps"]);
    tiny.run("all", &["--overwrite"]);
    assert_eq!(snapshot(&tiny.at("all/deep/run")), inner);
    outputs_of(&tiny.at("all"));
}

#[cfg(unix)]
#[test]
fn loops_of_links_and_names_that_differ_in_case_only_are_left_alone() {
    use std::os::unix::fs::symlink;
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    fs::create_dir(tiny.at("out/sub")).unwrap();
    symlink("../sub", tiny.at("out/sub/again")).unwrap();
    symlink("self", tiny.at("out/self")).unwrap();
    tiny.write("out/RUN.JSON", "my own record");
    tiny.write("out/.hidden", "mine");
    // A result that the user made read-only, unchanged and changed.
    let set = |file: &str| {
        let mut rights = fs::metadata(tiny.at(file)).unwrap().permissions();
        rights.set_readonly(true);
        fs::set_permissions(tiny.at(file), rights).unwrap();
    };
    set("out/ledger.csv");
    tiny.write("out/townships.csv", "my numbers");
    set("out/townships.csv");
    let text = tiny.run("out", &[]);
    assert_eq!(tiny.read("out/RUN.JSON"), "my own record");
    assert_eq!(tiny.read("out/.hidden"), "mine");
    assert_eq!(fs::read_link(tiny.at("out/self")).unwrap().to_str(), Some("self"));
    assert_eq!(fs::read_link(tiny.at("out/sub/again")).unwrap().to_str(), Some("../sub"));
    assert_eq!(tiny.read("out/townships.edited.csv"), "my numbers", "{text}");
    outputs_of(&tiny.at("out"));
    symlink("loop", tiny.at("loop")).unwrap();
    tiny.refused("loop", &["--no-maps"]);
    tiny.refused("loop/out", &["--no-maps"]);
}

#[test]
fn a_synthetic_place_replaces_only_what_it_wrote() {
    let tiny = Tiny::new();
    let synth =
        |out: &str| run(&["synth", "suzhou", "--parcels", "1000", "--quiet", "--out", &tiny.path(out)]);
    assert!(synth("place").status.success());
    tiny.write("place/thesis.docx", "years of work");
    tiny.write("place/poi.csv", "my corrected points");
    assert!(synth("place").status.success());
    assert_eq!(tiny.read("place/thesis.docx"), "years of work");
    assert_eq!(tiny.read("place/poi.edited.csv"), "my corrected points");
    assert!(tiny.read("place/poi.csv").starts_with("id,name"));
    // A folder that only has such a label, and any other folder.
    for label in ["SYNTHETIC.txt", "letter.txt"] {
        let path = format!("docs_{label}/{label}");
        tiny.write(&path, "SYNTHETIC DATA of somebody else");
        assert_eq!(synth(&format!("docs_{label}")).status.code(), Some(2));
        assert_eq!(names(&tiny.at(&format!("docs_{label}"))), [label]);
    }
}

#[test]
fn the_workbook_has_headers_in_words_totals_and_the_records_of_the_run() {
    let tiny = Tiny::new();
    tiny.edit("[inventory]\n", "[outputs]\nlanguage = \"en\"\n[inventory]\n");
    tiny.run("en", &[]);
    tiny.edit("language = \"en\"", "language = \"zh\"");
    tiny.run("zh", &[]);
    let read = |folder: &str| {
        let path = tiny.at(&format!("{folder}/townships.xlsx"));
        carbonzone_sheet::read_sheets(&path, &carbonzone_sheet::ReadOptions::default()).unwrap()
    };
    let sheets = read("en");
    let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
    for name in ["townships", "sectors", "zone_classes", "rules", "indices", "ledger", "notes"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let townships = &sheets[0];
    let column = |name: &str| {
        let at = townships.rows[1].iter().position(|c| *c == Cell::text(name));
        at.unwrap_or_else(|| panic!("no column {name}"))
    };
    let gross = column("gross_t");
    assert_eq!(townships.cell(0, gross), &Cell::text("Gross emission\n(t CO₂e)"));
    // Two zones, then their total: 1000 t, 300 persons, 1000 t / 30 (10⁴ CNY), 50 t of sinks for 1000 t.
    assert_eq!(townships.cell(4, 0), &Cell::text("Total"));
    for (field, total) in [
        ("gross_t", 1000.0),
        ("population_persons", 300.0),
        ("gross_t_per_1e4cny", 1000.0 / 30.0),
        ("esc", 1.0),
    ] {
        let Cell::Number(found) = townships.cell(4, column(field)) else { panic!("{field} has no total") };
        assert!((found - total).abs() < 1e-9, "{field}: {found}, not {total}");
    }
    // A cell that is shown in percent reads as the share it shows.
    assert_eq!(townships.cell(4, column("ccr")), &Cell::text("5%"));
    let ledger = sheets.iter().find(|s| s.name == "ledger").unwrap();
    // Below the rows, after an empty one, stands what the sheet assumes.
    assert_eq!(ledger.rows.len() - 4, tiny.read("en/ledger.csv").lines().count() - 1);
    assert!(ledger.cell(ledger.rows.len() - 1, 0).raw_text().is_some_and(|t| t.starts_with("Books what")));
    let zh = read("zh");
    assert_eq!(zh[0].cell(0, gross), &Cell::text("碳排放总量\n(t CO₂e)"));
    assert_eq!((zh[0].cell(1, gross), zh[0].cell(4, 0)), (&Cell::text("gross_t"), &Cell::text("合计")));
    // What was written can be read as a table of zones again: the total is known as one.
    tiny.edit("path = \"stats.csv\"\nkey = \"key\"\npopulation = \"pop\"\ngdp = \"gdp\"",
        "path = \"../zh/townships.xlsx\"\nsheet = \"townships\"\nkey = \"unit_id\"\npopulation = \"population_persons\"\ngdp = \"gdp_1e4cny\"");
    tiny.run("again", &[]);
    let rows = |folder: &str| tiny.read(&format!("{folder}/townships.csv"));
    assert_eq!(rows("again"), rows("zh"));
}
