//! Synthetic provinces and their partition, through the built binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

mod common;
use common::{expect, run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

#[test]
fn a_province_has_the_same_bytes_for_the_same_seed_and_cities_that_differ() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| dir.path().join(name));
    province(&a, "2", "5");
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
