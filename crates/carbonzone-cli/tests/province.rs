//! Synthetic provinces and their partition, through the built binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use common::{expect, run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in dir.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                out.insert(path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn province(folder: &Path, cities: &str, seed: &str) {
    let out = folder.display().to_string();
    expect(
        0,
        &[
            "synth",
            "suzhou",
            "--parcels",
            "1000",
            "--cities",
            cities,
            "--seed",
            seed,
            "--quiet",
            "--out",
            &out,
        ],
    );
}

/// The two cities of seed 5 in a folder of its own; they are made once.
fn two_cities() -> tempfile::TempDir {
    static ONCE: OnceLock<BTreeMap<PathBuf, Vec<u8>>> = OnceLock::new();
    let all = ONCE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        province(&dir.path().join("p"), "2", "5");
        files(&dir.path().join("p"))
    });
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in all {
        let path = dir.path().join("p").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    dir
}

#[test]
fn a_province_has_the_same_bytes_for_the_same_seed_and_cities_that_differ() {
    let dir = two_cities();
    let [a, b, c] = ["p", "b", "c"].map(|name| dir.path().join(name));
    province(&b, "2", "5");
    province(&c, "1", "6");
    let (first, again, other) = (files(&a), files(&b), files(&c));
    assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    assert!(first.iter().all(|(name, bytes)| again[name] == *bytes), "the same seed gives other bytes");
    let parcels =
        |all: &BTreeMap<PathBuf, Vec<u8>>, city: &str| all[&Path::new(city).join("parcels.gpkg")].clone();
    assert_ne!(parcels(&first, "city-01"), parcels(&first, "city-02"));
    assert_ne!(parcels(&first, "city-01"), parcels(&other, "city-01"));
    let label = String::from_utf8(first[Path::new("SYNTHETIC.txt")].clone()).unwrap();
    assert!(label.contains("2 cities of 1000 parcels, seed 5"), "{label}");
    let pipeline = |city: &str| a.join(city).join("pipeline.toml").display().to_string();
    let (first, _) = expect(0, &["check", &pipeline("city-01"), "--quiet", "--format", "json"]);
    let (second, _) = expect(0, &["check", &pipeline("city-02"), "--quiet", "--format", "json"]);
    assert!(!first.contains("\"error\"") && !second.contains("\"error\""), "{first}{second}");
    // Points that GCJ-02 moved and the parcels they belong to went north together.
    assert!(!second.contains("different_places") && !second.contains("shift"), "{second}");
}

#[test]
fn a_province_that_cannot_be_made_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("p").display().to_string();
    for (more, said) in [
        (&["suzhou", "--cities", "0"][..], "--cities 0: expected 1 to 25"),
        (&["suzhou", "--cities", "26"], "--cities 26: expected 1 to 25"),
        (&["henan", "--cities", "2"], "--cities is for suzhou"),
        (&["suzhou", "--cities", "2", "--truth"], "cannot be used with"),
    ] {
        let told = run(&[&["synth", "--quiet", "--out", &out], more].concat());
        let stderr = String::from_utf8_lossy(&told.stderr);
        assert_eq!(told.status.code(), Some(2), "{more:?}: {stderr}");
        assert!(stderr.contains(said), "{more:?}: {stderr}");
        assert!(!Path::new(&out).exists(), "{more:?}");
    }
}

/// `plan.json` of a city of a partition.
fn plan(folder: &Path, city: &str) -> carbonzone_scale::Plan {
    let text = std::fs::read_to_string(folder.join(format!("city={city}")).join("plan.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_province_becomes_parts_with_every_parcel_once_and_a_city_with_errors_stops_no_other() {
    let dir = two_cities();
    let [cities, parts] = ["p", "parts"].map(|name| dir.path().join(name));
    let second = cities.join("city-02/pipeline.toml");
    let broken = std::fs::read_to_string(&second).unwrap().replace("DLBM", "NOWHERE");
    std::fs::write(&second, broken).unwrap();
    let [from, to] = [&cities, &parts].map(|p| p.display().to_string());
    let (_, stderr) = expect(1, &["partition", &from, "--out", &to, "--rows", "300", "--quiet"]);
    assert!(stderr.contains("NOWHERE"), "{stderr}");
    let plan = plan(&parts, "city-01");
    assert_eq!((plan.city.as_str(), plan.parcels, plan.parts.len()), ("city-01", 1000, 4));
    assert_eq!(plan.label.as_deref(), Some("synthetic"));
    assert_eq!(plan.parts.iter().map(|p| p.rows).collect::<Vec<_>>(), [300, 300, 300, 100]);
    let mut rows = Vec::new();
    for part in &plan.parts {
        let path = parts.join("city=city-01").join(&part.file);
        assert_eq!(carbonzone_io::size_and_sha256(&path).unwrap(), (part.bytes, part.sha256.clone()));
        let crs = carbonzone_io::WorkingCrs::parse(&plan.crs).unwrap();
        let source = carbonzone_io::VectorSource {
            fields: vec!["row".to_owned(), "space_type".to_owned(), "poi:industry".to_owned()],
            ..carbonzone_io::VectorSource::new("parcels", &path)
        };
        let wanted = carbonzone_io::Wanted { source: &source, crs: &crs, progress: &carbonzone::NoProgress };
        let read = carbonzone_io::read_polygons(wanted);
        assert!(!read.findings.blocks(), "{:?}", read.findings);
        let layer = read.value.unwrap();
        rows.extend(layer.table.numbers("row").unwrap().into_iter().flatten().map(|r| r as u64));
    }
    rows.sort_unstable();
    assert_eq!(rows, (0..1000).collect::<Vec<_>>());
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(parts.join("province.json")).unwrap()).unwrap();
    assert_eq!(record["failed"][0]["city"], "city-02");
    assert_eq!(record["failed"][0]["findings"][0]["severity"], "error");
    assert!(!parts.join("city=city-02").exists());
    // What is there is never written over.
    let before = files(&parts);
    let (_, stderr) = expect(2, &["partition", &from, "--out", &to]);
    assert!(stderr.contains("exists"), "{stderr}");
    assert_eq!(before, files(&parts));
}

#[test]
fn names_that_are_taken_twice_folders_without_cities_and_other_studies_are_refused() {
    let dir = two_cities();
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let first = path("p/city-01/pipeline.toml");
    let copy = path("copy.toml");
    std::fs::copy(&first, &copy).unwrap();
    let unknown = path("p/city-01/unknown.toml");
    let text = std::fs::read_to_string(&first).unwrap();
    std::fs::write(&unknown, text.replace("[city]", "[city]\ncolour = \"red\"")).unwrap();
    let henan = common::root().join("pipelines/henan.toml").display().to_string();
    for (code, named, said) in [
        (1, &[&first, &copy][..], "several pipeline files make the city \"city-01\""),
        (2, &[&path("empty")], "there is no pipeline.toml in this folder"),
        (2, &[&path("nowhere.toml")], "cannot read the pipeline file"),
        (1, &[&unknown], "colour"),
    ] {
        let out = path("out");
        let mut args = vec!["partition", "--out", &out];
        args.extend(named.iter().map(|s| s.as_str()));
        let (_, stderr) = expect(code, &args);
        assert!(stderr.contains(said), "{named:?}: {stderr}");
        assert!(!Path::new(&out).exists() && !Path::new(&path("out.partial")).exists(), "{named:?}");
    }
    let (_, stderr) = expect(2, &["partition", &first, "--out", &path("out"), "--rows", "0"]);
    assert!(stderr.contains("--rows"), "{stderr}");
    let stderr = run(&["partition", &henan, "--out", &path("out")]).stderr;
    assert!(!stderr.is_empty() && !Path::new(&path("out")).exists());
}
