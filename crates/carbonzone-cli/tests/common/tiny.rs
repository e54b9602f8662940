//! The smallest city that makes every file of a run: two zones, three parcels, everything as text.

use super::{carbonzone, expect};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

const PIPELINE: &str = r#"
[city]
name = "tiny"
year = 2020
crs = "EPSG:4549"
[layers.parcels]
source = { path = "parcels.geojson", crs = "EPSG:4549" }
id = "pid"
land_use = "code"
scheme = "scheme.csv"
[layers.zones]
source = { path = "zones.geojson", crs = "EPSG:4549" }
id = "zid"
name = "zname"
[[layers.zones.tables]]
path = "stats.csv"
key = "key"
population = "pop"
gdp = "gdp"
[inventory]
unit = "t"
[[inventory.totals]]
sector = "industry"
land_group = "a"
amount = 1000.0
[[inventory.totals]]
sector = "sink"
land_group = "d"
amount = 50.0
[[allocate]]
id = "r1"
budget = "industry:a"
land = ["ind"]
proxies = ["area"]
[[allocate]]
id = "r2"
budget = "sink:d"
land = ["wood"]
proxies = ["area"]
"#;

/// A square of `side` metres as a GeoJSON feature.
fn square(x: f64, y: f64, side: f64, properties: &str) -> String {
    let (x, y) = (500_000.0 + x, 3_400_000.0 + y);
    let (x1, y1) = (x + side, y + side);
    format!(
        r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"Polygon","coordinates":[[[{x},{y}],[{x1},{y}],[{x1},{y1}],[{x},{y1}],[{x},{y}]]]}}}}"#
    )
}

fn collection(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

/// The city in a folder of its own.
pub struct Tiny {
    pub dir: tempfile::TempDir,
}

impl Tiny {
    /// Makes it in `city/`.
    pub fn new() -> Self {
        Self::named(["East", "West"])
    }

    /// The same with other names of its zones.
    pub fn named(zones: [&str; 2]) -> Self {
        let tiny = Self { dir: tempfile::tempdir().unwrap() };
        tiny.make("city", zones);
        tiny
    }

    /// Makes one more in another folder.
    pub fn make(&self, folder: &str, zones: [&str; 2]) {
        let zone = |x, id: &str, name: &str| {
            square(
                x,
                0.0,
                1000.0,
                &format!(r#""zid":"{id}","zname":{}"#, serde_json::to_string(name).unwrap()),
            )
        };
        let parcel =
            |x, y, id: &str, code: &str| square(x, y, 400.0, &format!(r#""pid":"{id}","code":"{code}""#));
        let zones = [zone(0.0, "a", zones[0]), zone(1000.0, "b", zones[1])];
        let parcels =
            [parcel(0.0, 0.0, "p1", "1"), parcel(1100.0, 0.0, "p2", "1"), parcel(500.0, 500.0, "p3", "2")];
        for (file, text) in [
            ("zones.geojson", collection(&zones)),
            ("parcels.geojson", collection(&parcels)),
            ("scheme.csv", "code,space_type\n1,ind\n2,wood\n".to_owned()),
            ("stats.csv", "key,pop,gdp\na,100,10\nb,200,20\n".to_owned()),
            ("p.toml", PIPELINE.to_owned()),
        ] {
            self.write(&format!("{folder}/{file}"), &text);
        }
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn path(&self, path: &str) -> String {
        self.at(path).display().to_string()
    }

    /// Writes a file of the user.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        let bytes = std::fs::read(self.at(path));
        assert!(bytes.is_ok(), "{path}: {bytes:?}");
        String::from_utf8_lossy(&bytes.unwrap()).into_owned()
    }

    /// Changes the pipeline.
    pub fn edit(&self, from: &str, to: &str) {
        let text = self.read("city/p.toml");
        assert!(text.contains(from), "the pipeline has no `{from}`");
        self.write("city/p.toml", &text.replacen(from, to, 1));
    }

    /// `carbonzone run` into a folder, whatever comes of it.
    pub fn try_run(&self, out: &str, more: &[&str]) -> Output {
        let mut command = carbonzone();
        command.args(["run", &self.path("city/p.toml"), "--out", &self.path(out), "--quiet"]).args(more);
        command.output().unwrap()
    }

    /// `carbonzone run` without maps; gives standard error.
    pub fn run(&self, out: &str, more: &[&str]) -> String {
        let (pipeline, out) = (self.path("city/p.toml"), self.path(out));
        let args = [&["run", &pipeline, "--out", &out, "--quiet", "--no-maps"], more].concat();
        expect(0, &args).1
    }

    /// `carbonzone run` that must be refused with exit code 2; gives standard error.
    pub fn refused(&self, out: &str, more: &[&str]) -> String {
        let output = self.try_run(out, more);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        stderr
    }

    /// Every file with its bytes, links with their targets.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        snapshot(self.dir.path())
    }
}

/// Every file below a folder with its bytes, links with their targets.
pub fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let bytes = |path: &Path| match std::fs::read_link(path) {
        Ok(to) => to.display().to_string().into_bytes(),
        Err(_) => std::fs::read(path).unwrap(),
    };
    let files = carbonzone::exchange::walk(dir).unwrap().into_iter().filter(|e| !e.folder);
    files.map(|e| (e.path.clone(), bytes(&dir.join(&e.path)))).collect()
}

/// Names at the top of a folder, sorted.
pub fn names(dir: &Path) -> Vec<String> {
    let mut out: Vec<String> =
        dir.read_dir().unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    out.sort();
    out
}

/// The files that `run.json` records; panics unless each is there with the bytes that are recorded.
pub fn outputs_of(dir: &Path) -> Vec<String> {
    let manifest = carbonzone::out_dir::read_manifest(dir).unwrap();
    for output in &manifest.outputs {
        let found = carbonzone::exchange::digest(&dir.join(&output.path)).unwrap();
        assert_eq!(found.sha256, output.sha256, "{} is not what run.json records", output.path);
    }
    manifest.outputs.into_iter().map(|o| o.path).collect()
}
